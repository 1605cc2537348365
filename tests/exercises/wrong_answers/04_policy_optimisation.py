# ruff: noqa
# Wrong answers that people give. Each cell: the exercise, then words that the student must be told.

# %% generalised-advantages | truncated episode for a terminated one
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    done = (terminated | truncated).double()
    advantages, last = torch.zeros_like(rewards), 0.0
    for t in reversed(range(len(rewards))):
        nxt = last_value if t == len(rewards) - 1 else values[t + 1]
        delta = rewards[t] + gamma * nxt * (1 - done[t]) - values[t]
        last = delta + gamma * lam * (1 - done[t]) * last
        advantages[t] = last
    return advantages


# %% generalised-advantages | bootstrap where the task is over
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    nxt = torch.cat([values[1:], last_value.unsqueeze(0)])
    delta = rewards + gamma * nxt - values
    out, run = [], torch.zeros_like(last_value)
    for t in range(len(rewards) - 1, -1, -1):
        run = torch.where(terminated[t] | truncated[t], delta[t], delta[t] + gamma * lam * run)
        out.insert(0, run)
    return torch.stack(out)


# %% generalised-advantages | exchanged terminated and truncated
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    nxt = torch.cat([values[1:], last_value.unsqueeze(0)])
    delta = rewards + gamma * nxt * ~truncated - values
    out, run = [], torch.zeros_like(last_value)
    for t in range(len(rewards) - 1, -1, -1):
        run = torch.where(terminated[t] | truncated[t], delta[t], delta[t] + gamma * lam * run)
        out.insert(0, run)
    return torch.stack(out)


# %% generalised-advantages | runs on where the time has run out
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    advantages = torch.zeros_like(rewards)
    adv = torch.zeros_like(last_value)
    for t in reversed(range(rewards.shape[0])):
        following = values[t + 1] if t + 1 < rewards.shape[0] else last_value
        alive = 1.0 - terminated[t].double()
        delta = rewards[t] + gamma * following * alive - values[t]
        adv = delta + gamma * lam * alive * adv
        advantages[t] = adv
    return advantages


# %% generalised-advantages | runs on where the task is over
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~truncated[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | runs through every end
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after
        advantages[t] = after
    return advantages


# %% generalised-advantages | do not look at the ends of episodes at all
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following - values
    T = len(rewards)
    rows = []
    for t in range(T):
        weights = (gamma * lam) ** torch.arange(T - t, dtype=torch.float64)
        rows.append((weights[:, None] * errors[t:]).sum(0))
    return torch.stack(rows)


# %% generalised-advantages | There is no lambda in your recursion
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | There is no lambda in your recursion
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):  # returns minus values
    returns, following = torch.empty_like(values), last_value
    after = torch.cat((values[1:], last_value[None]))
    for t in reversed(range(len(rewards))):
        following = torch.where(truncated[t], after[t], following)
        following = torch.where(terminated[t], 0.0, following)
        following = returns[t] = rewards[t] + gamma * following
    return returns - values


# %% generalised-advantages | exchanged gamma and lambda
def gae(rewards, values, last_value, terminated, truncated, lam, gamma):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | There is no gamma in your recursion
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | There is no gamma in your delta
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | for V(s_t+1): one step off
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + gamma * values[t] * ~terminated[t] - values[t]
        after = delta + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | These are returns
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages + values


# %% generalised-advantages | error of one step
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    return rewards + gamma * following * ~terminated - values


# %% generalised-advantages | The future after the last step is missing
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], torch.zeros(1, values.shape[1])))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | Your recursion begins with `last_value`
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), last_value
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | the value before the step. Asked is that after it
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    following = torch.where(truncated, values, following)
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | multiply by 1 - lambda
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return (1 - lam) * advantages


# %% generalised-advantages | normalise the advantages
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8)


# %% generalised-advantages | it holds the past
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in range(len(rewards)):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% generalised-advantages | You go along the environments
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[:, 1:], last_value[:, None]), dim=1)
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros(len(values))
    for t in reversed(range(rewards.shape[1])):
        after = errors[:, t] + gamma * lam * after * ~(terminated | truncated)[:, t]
        advantages[:, t] = after
    return advantages


# %% generalised-advantages | returns nothing
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values


# %% clip-and-count | The sign is missing
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a)
    return gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | larger of the two products
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.max(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | You clip the logarithm of the ratio
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    log_ratio = log_probs - old_log_probs.detach()
    ratio = log_ratio.exp()
    gain = torch.min(ratio * a, log_ratio.clamp(-epsilon, epsilon).exp() * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | leave out the minimum
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    loss = -(ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
    return loss, ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | whatever the sign of its advantage
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return -(ratio.clamp_max(1 + epsilon) * a).mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | clip the product
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, (ratio * a).clamp(1 - epsilon, 1 + epsilon))
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | Nothing is clipped
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return -(ratio * a).mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | change the caller's tensors in place
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    advantages -= advantages.mean()
    advantages /= advantages.std() + 1e-8
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | do not normalise
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | but do not divide
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = advantages - advantages.mean()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | divides by B - 1
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std(unbiased=False) + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | flows through `old_log_probs` too
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs)
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | no gradient flows
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs).detach()
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | half of your gradient is missing
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    clipped = ratio.detach().clamp(1 - epsilon, 1 + epsilon)
    return -torch.min(ratio * a, clipped * a).mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | the old policy belongs below
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(old_log_probs.detach() - log_probs)
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip-and-count | takes the clipped product
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    plain, clipped = ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a
    return -torch.min(plain, clipped).mean(), (clipped < plain).float().mean()


# %% clip-and-count | count with the logarithm
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    log_ratio = log_probs - old_log_probs.detach()
    ratio = log_ratio.exp()
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), (log_ratio.abs() > epsilon).float().mean()


# %% clip-and-count | Asked is their share
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).sum()


# %% clip-and-count | not what lies below
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), (ratio > 1 + epsilon).float().mean()


# %% clip-and-count | Return two numbers
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return -torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()


# %% solve-by-products | That is steepest descent
def conjugate_gradient(product, b, steps, tolerance):
    x, r = torch.zeros_like(b), b
    for _ in range(steps):
        if r.norm() <= tolerance:
            break
        ar = product(r)
        alpha = (r @ r) / (r @ ar)
        x, r = x + alpha * r, r - alpha * ar
    return x


# %% solve-by-products | beta is upside down
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + rr / new * p, new
    return x


# %% solve-by-products | Is the old r.r still there
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        rr = r @ r
        p = r + (r @ r) / rr * p
    return x


# %% solve-by-products | no matrix below
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ p)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | alpha is upside down
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = (p @ ap) / rr
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | p and r are one tensor
def conjugate_gradient(product, b, steps, tolerance):
    x, r = torch.zeros_like(b), b.clone()
    p, rr = r, r @ r
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | change the caller's `b` in place
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p = torch.zeros_like(b), b, b.clone()
    rr = r @ r
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | You build the matrix
def conjugate_gradient(product, b, steps, tolerance):
    matrix = torch.stack([product(e) for e in torch.eye(len(b), dtype=b.dtype)])
    return torch.linalg.solve(matrix, b)


# %% solve-by-products | That is too much work
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(len(b)):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | You move x along the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * r, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | You add to the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r + alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | It is alpha Ap
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        alpha = rr / (p @ product(p))
        x, r = x + alpha * p, r - alpha * p
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | begins with the old residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x = x + alpha * p
        left = r - alpha * ap
        p = r + (left @ left) / rr * p
        r, rr = left, left @ left
    return x


# %% solve-by-products | You begin at x = b.
def conjugate_gradient(product, b, steps, tolerance):
    x = b.clone()
    r = b - product(x)
    p, rr = r.clone(), r @ r
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | You return the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return r


# %% solve-by-products | one step too few
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(1, steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | That is too much work
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p = torch.zeros_like(b), b.clone(), b.clone()
    for _ in range(steps):
        if r.norm() <= tolerance:
            break
        alpha = (r @ r) / (p @ product(p))
        x, rr = x + alpha * p, r @ r
        r = r - alpha * product(p)
        p = r + (b - product(x)) @ r / rr * p
    return x


# %% solve-by-products | You go on after the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        ap = product(p)
        alpha = rr / (p @ ap + 1e-30)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / (rr + 1e-30) * p, new
    return x


# %% solve-by-products | divide zero by zero
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        if new.sqrt() < tolerance:
            break
        p, rr = r + new / rr * p, new
    return x


# %% solve-by-products | still larger than the tolerance
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance or (tolerance > 0 and rr < b @ b):
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% step-back | KL is *half* of s.As
def full_step(direction, product, max_kl):
    return (max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    return theta


# %% step-back | The root is missing
def full_step(direction, product, max_kl):
    return 2 * max_kl / (direction @ product(direction)) * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    return theta


# %% step-back | no matrix in the length
def full_step(direction, product, max_kl):
    return math.sqrt(2 * max_kl) / direction.norm() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    return theta


# %% step-back | You return the factor
def full_step(direction, product, max_kl):
    return math.sqrt(2 * max_kl / float(direction @ product(direction)))


def backtrack(theta, step, evaluate, max_kl, tries):
    return theta


# %% step-back | fraction is upside down
def full_step(direction, product, max_kl):
    return ((direction @ product(direction)) / (2 * max_kl)).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    return theta


# %% step-back | You look at the KL alone
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    for j in range(tries):
        new = theta + step / 2**j
        if evaluate(new)[1] <= max_kl:
            return new
    return theta


# %% step-back | You look at the KL alone
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    for j in range(tries):
        new = theta + step / 2**j
        if evaluate(new)[1] > max_kl:
            continue
        return new
    return theta


# %% step-back | You look at the objective alone
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        if evaluate(theta + step / 2**j)[0] > start:
            return theta + step / 2**j
    return theta


# %% step-back | It must do both
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        value, kl = evaluate(theta + step / 2**j)
        if value > start or kl <= max_kl:
            return theta + step / 2**j
    return theta


# %% step-back | leaves the objective as it was
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        value, kl = evaluate(theta + step / 2**j)
        if value >= start and kl <= max_kl:
            return theta + step / 2**j
    return theta


# %% step-back | KL that is exactly max_kl
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        value, kl = evaluate(theta + step / 2**j)
        if value > start and kl < max_kl:
            return theta + step / 2**j
    return theta


# %% step-back | Every comparison with nan is false
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        value, kl = evaluate(theta + step / 2**j)
        if kl > max_kl:
            continue
        if value <= start:
            continue
        return theta + step / 2**j
    return theta


# %% step-back | Where no step is good, you take the last one
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        new = theta + step / 2**j
        value, kl = evaluate(new)
        if value > start and kl <= max_kl:
            break
    return new


# %% step-back | you take a still shorter one
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    share = 1.0
    for _ in range(tries):
        value, kl = evaluate(theta + share * step)
        if value > start and kl <= max_kl:
            break
        share /= 2
    return theta + share * step


# %% step-back | You leave out the full step
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    share = 1.0
    for _ in range(tries):
        share /= 2
        value, kl = evaluate(theta + share * step)
        if value > start and kl <= max_kl:
            return theta + share * step
    return theta


# %% step-back | what has already been halved
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        step = step * 0.5**j
        value, kl = evaluate(theta + step)
        if value > start and kl <= max_kl:
            return theta + step
    return theta


# %% step-back | You shrink by 0.8
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta + 0.8**j * step)
        if value > start and kl <= max_kl:
            return theta + 0.8**j * step
    return theta


# %% step-back | Do you go backwards
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta - 0.5**j * step)
        if value > start and kl <= max_kl:
            return theta - 0.5**j * step
    return theta


# %% step-back | It is maximised
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value < start and kl <= max_kl:
            return theta + 0.5**j * step
    return theta


# %% step-back | the step that gains most
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    best, found = evaluate(theta)[0], theta
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > best and kl <= max_kl:
            best, found = value, theta + 0.5**j * step
    return found


# %% step-back | You go on after a good step
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, found = evaluate(theta)[0], theta
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > start and kl <= max_kl:
            found = theta + 0.5**j * step
    return found


# %% step-back | caller's `theta` in place
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        theta += 0.5**j * step
        value, kl = evaluate(theta)
        if value > start and kl <= max_kl:
            return theta
        theta -= 0.5**j * step
    return theta


# %% step-back | caller's `step` in place
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for _ in range(tries):
        value, kl = evaluate(theta + step)
        if value > start and kl <= max_kl:
            return theta + step
        step *= 0.5
    return theta


# %% step-back | one try too many
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries + 1):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > start and kl <= max_kl:
            return theta + 0.5**j * step
    return theta


# %% step-back | times the step. Asked are the new parameters
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > start and kl <= max_kl:
            return 0.5**j * step
    return 0 * step


# %% step-back | Where long steps keep the KL small but make the objective worse, you take 0 of the step
def full_step(direction, product, max_kl):
    return (2 * max_kl / (direction @ product(direction))).sqrt() * direction


def backtrack(theta, step, evaluate, max_kl, tries):  # better than the try before
    before, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > before and kl <= max_kl:
            return theta + 0.5**j * step
        if value == value and j > 1:
            before = min(value, before)
        if j == 1 and kl < max_kl:
            return theta
    return theta


# %% nucleus-and-min-p | You drop the token with which the sum reaches p
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    values[values.cumsum(-1) > p] = 0
    probs = torch.zeros_like(values).scatter(-1, indices, values)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs[probs < p * probs.max(-1, keepdim=True).values] = 0
    return probs / probs.sum(-1, keepdim=True)


# %% nucleus-and-min-p | You drop the token with which the sum reaches p
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    remove = values.cumsum(-1) > p
    remove[:, 0] = False
    probs = torch.zeros_like(values).scatter(-1, indices, values.masked_fill(remove, 0))
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs[probs < p * probs.max(-1, keepdim=True).values] = 0
    return probs / probs.sum(-1, keepdim=True)


# %% nucleus-and-min-p | one token too many
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    out = torch.zeros_like(values)
    for b in range(len(values)):
        n = int((values[b].cumsum(0) < p).sum()) + 2
        out[b, indices[b, :n]] = values[b, :n]
    return out / out.sum(1, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | Your result is still sorted
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    before = values.cumsum(-1) - values
    kept = values * (before < p)
    return kept / kept.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | You put the sorted values back with `gather
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    kept = kept / kept.sum(-1, keepdim=True)
    return kept.gather(-1, indices)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | you lay it over the unsorted ones
def top_p_probs(logits, p):
    probs = logits.softmax(-1)
    values = probs.sort(dim=-1, descending=True).values
    kept = probs * (values.cumsum(-1) - values < p)
    return kept / kept.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | What is left does not sum to one
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    return torch.zeros_like(kept).scatter(-1, indices, kept)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | least likely tokens
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1)
    kept = values * (values.cumsum(-1) <= p)
    probs = torch.zeros_like(kept).scatter(-1, indices, kept)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | whose own probability is at least p
def top_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs = probs * (probs >= p)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | You sum logits
def top_p_probs(logits, p):
    values, indices = logits.sort(dim=-1, descending=True)
    before = values.cumsum(-1) - values
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, before < p)
    return logits.masked_fill(~keep, -torch.inf).softmax(-1)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | You set logits to 0
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, values.cumsum(-1) - values < p)
    return (logits * keep).softmax(-1)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | These are logits
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, values.cumsum(-1) - values < p)
    return logits.masked_fill(~keep, float("-inf"))


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | You work down the columns
def top_p_probs(logits, p):
    values, indices = logits.softmax(0).sort(dim=0, descending=True)
    kept = values * (values.cumsum(0) - values < p)
    probs = torch.zeros_like(kept).scatter(0, indices, kept)
    return probs / probs.sum(0, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | as many tokens as the first
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    n = int((values.cumsum(-1)[0] < p).sum()) + 1
    kept = torch.zeros_like(values).scatter(-1, indices[:, :n], values[:, :n])
    return kept / kept.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | Of equally likely tokens you keep all
def top_p_probs(logits, p):
    probs = logits.softmax(-1)
    values = probs.sort(dim=-1, descending=True).values
    n = (values.cumsum(-1) < p).sum(-1, keepdim=True)
    probs = probs * (probs >= values.gather(-1, n))
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    return logits.softmax(-1)


# %% nucleus-and-min-p | You compare with p itself
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    probs = torch.zeros_like(kept).scatter(-1, indices, kept)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs = probs * (probs >= p)
    return probs / probs.sum(-1, keepdim=True)


# %% nucleus-and-min-p | In min-p: You compare logits
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    probs = torch.zeros_like(kept).scatter(-1, indices, kept)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    return logits.masked_fill(logits < p * logits.amax(-1, keepdim=True), -torch.inf).softmax(-1)


# %% nucleus-and-min-p | For p = 1 you keep no token
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    probs = torch.zeros_like(kept).scatter(-1, indices, kept)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs = probs * (probs > p * probs.amax(-1, keepdim=True))
    return probs / probs.sum(-1, keepdim=True)


# %% nucleus-and-min-p | In min-p: What is left does not sum to one
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    probs = torch.zeros_like(kept).scatter(-1, indices, kept)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    return probs * (probs >= p * probs.amax(-1, keepdim=True))


# %% nucleus-and-min-p | largest of the whole batch
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    probs = torch.zeros_like(kept).scatter(-1, indices, kept)
    return probs / probs.sum(-1, keepdim=True)


def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    keep = probs >= p * probs.max()
    return probs * keep / (probs * keep).sum(-1, keepdim=True)


# %% preference-loss | The sign is missing
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return F.logsigmoid(beta * (up - down)).mean()


# %% preference-loss | exchanged chosen and rejected
def dpo_loss(rejected, chosen, ref_rejected, ref_chosen, rejected_mask, chosen_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% preference-loss | There is no beta
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(up - down).mean()


# %% preference-loss | You divide by beta
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid((up - down) / beta).mean()


# %% preference-loss | Beta stands outside
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -beta * F.logsigmoid(up - down).mean()


# %% preference-loss | You leave the reference out
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = (chosen * chosen_mask).sum(1)
    down = (rejected * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% preference-loss | Beta multiplies the policy's part alone
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up, ref_up = ((x * chosen_mask).sum(1) for x in (chosen, ref_chosen.detach()))
    down, ref_down = ((x * rejected_mask).sum(1) for x in (rejected, ref_rejected.detach()))
    return -F.logsigmoid(beta * (up - down) - (ref_up - ref_down)).mean()


# %% preference-loss | You average over the tokens of a response
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1) / chosen_mask.sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1) / rejected_mask.sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% preference-loss | The padding counts
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = (chosen - ref_chosen.detach()).sum(1)
    down = (rejected - ref_rejected.detach()).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% preference-loss | mask of the chosen responses for the rejected ones
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    margins = (chosen - ref_chosen.detach()) - (rejected - ref_rejected.detach())
    return -F.logsigmoid(beta * (margins * chosen_mask).sum(1)).mean()


# %% preference-loss | There is no logarithm
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -torch.sigmoid(beta * (up - down)).mean()


# %% preference-loss | For margins in the thousands your loss is
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -torch.sigmoid(beta * (up - down)).log().mean()


# %% preference-loss | For margins in the thousands your loss is
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return torch.log(1 + torch.exp(-beta * (up - down))).mean()


# %% preference-loss | large losses become small
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -(torch.sigmoid(beta * (up - down)) + 1e-8).log().mean()


# %% preference-loss | large losses become small
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -torch.sigmoid(beta * (up - down)).clamp(min=1e-12).log().mean()


# %% preference-loss | flows through the reference too
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% preference-loss | no gradient flows from it back to `rejected`
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected) * rejected_mask).sum(1).detach()
    return -F.logsigmoid(beta * (up - down)).mean()


# %% preference-loss | You add up the pairs
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).sum()


# %% preference-loss | You add up the margins of all pairs
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum()
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum()
    return -F.logsigmoid(beta * (up - down))


# %% preference-loss | has the shape
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down))


# %% preference-loss | There is no sigmoid
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -(beta * (up - down)).mean()


# %% preference-loss | token by token
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    margins = (chosen - ref_chosen.detach()) - (rejected - ref_rejected.detach())
    return -F.logsigmoid(beta * margins)[chosen_mask & rejected_mask].mean()


# %% shaped-rewards | You keep the potential of the state in which the task ends
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following - potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | truncated episode for a terminated one
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    done = terminated | truncated
    return rewards + gamma * following * (1 - done.float()) - potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | exchanged terminated and truncated
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~truncated - potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | no gamma in your shaping
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + following.masked_fill(terminated, 0) - potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | the wrong way round
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + potentials - gamma * following * ~terminated


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | Your gamma stands before
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + following * ~terminated - gamma * potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | You discount the potential of s_t too
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * (following * ~terminated - potentials)


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | The reward itself is lost
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | You pay for being somewhere
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~terminated


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | leave out the shaping of the step that ends the task
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + torch.where(terminated, 0.0, gamma * following - potentials)


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | That belongs to another episode
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    following = torch.where(truncated, last_potential, following)
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | The potential after the last step is missing
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.zeros_like(potentials)
    following[:-1] = potentials[1:]
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | You take the step before
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    before = torch.cat((potentials[:1], potentials[:-1]))
    return rewards + gamma * potentials * ~terminated - before


def optimal_q(transitions, rewards, gamma):
    raise NotImplementedError


# %% shaped-rewards | You sweep once
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    return (transitions * (rewards + gamma * q.max(dim=1).values)).sum(-1)


# %% shaped-rewards | You stop too early
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(10):
        q = (transitions * (rewards + gamma * q.max(dim=1).values)).sum(-1)
    return q


# %% shaped-rewards | You average over the actions
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = (transitions * (rewards + gamma * q.mean(dim=1))).sum(-1)
    return q


# %% shaped-rewards | without their probabilities
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = rewards.sum(-1) + gamma * transitions @ q.max(dim=1).values
    return q


# %% shaped-rewards | You discount the reward too
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = gamma * (transitions * (rewards + q.max(dim=1).values)).sum(-1)
    return q


# %% shaped-rewards | has the shape
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    return rewards + gamma * following * ~terminated - potentials


def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = (transitions * (rewards + gamma * q.max(dim=1).values)).sum(-1)
    return q.max(dim=1).values


# %% one-private-gradient | Nothing is clipped
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    out = []
    for g in gradients:
        total = g.sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | clip each parameter tensor by itself
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    out = []
    for g in gradients:
        norms = g.flatten(1).norm(dim=1)
        factors = (max_norm / norms).clamp(max=1)
        total = (g * factors.view(-1, *[1] * (g.ndim - 1))).sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | You clip the mean
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    means = [g.mean(0) for g in gradients]
    norm = math.sqrt(sum(float(m.square().sum()) for m in means))
    noise = noise_multiplier * max_norm / expected_count
    return [m * min(1, max_norm / norm) + noise * torch.randn(m.shape, generator=generator) for m in means]


# %% one-private-gradient | You clip the sum
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    sums = [g.sum(0) for g in gradients]
    norm = math.sqrt(sum(float(m.square().sum()) for m in sums))
    factor, noise = min(1, max_norm / norm), noise_multiplier * max_norm
    return [(m * factor + noise * torch.randn(m.shape, generator=generator)) / expected_count for m in sums]


# %% one-private-gradient | You make short gradients longer
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", max_norm / norms, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | You clip every number by itself
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    out = []
    for g in gradients:
        total = g.clamp(-max_norm, max_norm).sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | by the number of episodes that came
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator)) / len(g)
        )
    return out


# %% one-private-gradient | You do not divide
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
    return out


# %% one-private-gradient | leave out the root of the norm
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients)
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | Your minimum is a maximum
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(min=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | You throw away episodes
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    out = []
    for g in gradients:
        total = g[norms <= max_norm].sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | makes your result NaN
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    out = []
    for g in gradients:
        shape = (-1, *[1] * (g.ndim - 1))
        total = (g / norms.view(shape) * norms.clamp(max=max_norm).view(shape)).sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | There is no noise
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    return [torch.einsum("b,b...->...", factors, g) / expected_count for g in gradients]


# %% one-private-gradient | Your noise is not multiplied by C
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * torch.randn(total.shape, generator=generator)) / expected_count
        )
    return out


# %% one-private-gradient | You add the noise after dividing
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        mean = torch.einsum("b,b...->...", factors, g) / expected_count
        out.append(mean + noise_multiplier * max_norm * torch.randn(mean.shape, generator=generator))
    return out


# %% one-private-gradient | variance of the noise for its standard deviation
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        noise = (noise_multiplier * max_norm) ** 2 * torch.randn(total.shape, generator=generator)
        out.append((total + noise) / expected_count)
    return out


# %% one-private-gradient | You add noise to every episode
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        clipped = g * factors.view(-1, *[1] * (g.ndim - 1))
        clipped = clipped + noise_multiplier * max_norm * torch.randn(g.shape, generator=generator)
        out.append(clipped.sum(0) / expected_count)
    return out


# %% one-private-gradient | Many parameters get the same noise
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn((), generator=generator)) / expected_count
        )
    return out


# %% one-private-gradient | you draw from torch's global one
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append((total + noise_multiplier * max_norm * torch.randn_like(total)) / expected_count)
    return out


# %% one-private-gradient | you seed your own
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    generator = torch.Generator().manual_seed(0)
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | Your noise is uniform
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.rand(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | When no episode comes you add no noise
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    if len(gradients[0]) == 0:
        return [torch.zeros(g.shape[1:]) for g in gradients]
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | caller's gradients in place
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        g *= factors.view(-1, *[1] * (g.ndim - 1))
        total = g.sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one-private-gradient | one gradient for each episode
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    return [g * factors.view(-1, *[1] * (g.ndim - 1)) / expected_count for g in gradients]
