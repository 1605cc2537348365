# ruff: noqa
# Wrong answers that people give. Each cell: the exercise, then words that the student must be told.

# %% ratio | You found 2 of 3 faulty lines
def found_ratio():
    return {4: "D", 6: "B"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | Line 9 is innocent. The smaller of the two is PPO's choice
def found_ratio():
    return {4: "D", 6: "B", 7: "E", 9: "C"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | Line 10 is innocent. An optimiser descends
def found_ratio():
    return {4: "D", 6: "B", 7: "E", 10: "F"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | Line 6 is faulty, but not for reason (D)
def found_ratio():
    return {4: "D", 6: "D", 7: "E"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | found ✔, explained ✔, mended ✘
def found_ratio():
    return {7: "e", 6: "(B)", 4: "D"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | The program has no line 12
def found_ratio():
    return {4: "D", 12: "B"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | A dictionary is asked for, and this is a list
def found_ratio():
    return [4, 6, 7]


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | There is no answer yet.
def found_ratio():
    return {}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | The keys are numbers of lines
def found_ratio():
    return {"4": "D", "6": "B", "7": "E"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | Line 7 needs one letter
def found_ratio():
    return {4: "D", 6: "B", 7: "the gradient"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | There is no explanation (K)
def found_ratio():
    return {4: "K", 6: "B", 7: "E"}


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% ratio | The program still does what it did before
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    probs = policy(states).softmax(dim=-1)
    log_probs = probs.gather(1, actions[:, None]).squeeze(1)
    ratio = torch.exp(log_probs - old_log_probs)
    values = probs[torch.arange(len(actions)), actions]
    advantages = returns - values
    clipped = ratio.clamp(1 - clip, 1 + clip)
    gain = torch.min(ratio * advantages, clipped * advantages)
    return -gain.mean()


# %% ratio | a probability still stands in for the value
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = (returns - dist.log_prob(actions).exp()).detach()
    return -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()


# %% ratio | a probability is still passed off as its logarithm.
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    p = torch.softmax(policy(states), -1)[range(len(actions)), actions]
    v = critic(states)
    adv = returns - v.detach()
    r = torch.exp(p - old_log_probs)
    actor = torch.min(r * adv, r.clamp(1 - clip, 1 + clip) * adv).mean()
    return 0.5 * ((v - returns) ** 2).mean() - actor


# %% ratio | nothing teaches the critic
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = returns - critic(states).detach()
    return -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()


# %% ratio | the policy's part still pulls at the critic
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = returns - critic(states)
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return actor + 0.5 * F.mse_loss(critic(states), returns)


# %% ratio | The critic gets no gradient
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    with torch.no_grad():
        values = critic(states)
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = returns - values
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return actor + 0.5 * F.mse_loss(values, returns)


# %% ratio | yours counts in full
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    values = critic(states)
    adv = (returns - values).detach()
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return actor + F.mse_loss(values, returns)


# %% ratio | No gradient flows back
def found_ratio():
    return {4: "D", 6: "B", 7: "E"}


def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    values = critic(states)
    adv = (returns - values).detach()
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return (actor + F.mse_loss(values, returns) / 2).item()


# %% shapes | You found 1 of 3 faulty lines
def found_shapes():
    return {8: "F"}  # the loud one


def mended_shapes(*arguments):
    raise NotImplementedError()


# %% shapes | Line 7 is innocent. The loop went backwards
def found_shapes():
    return {7: "E", 8: "F", 10: "A", 12: "C"}


def mended_shapes(*arguments):
    raise NotImplementedError()


# %% shapes | Line 10 is faulty, but not for reason (C)
def found_shapes():
    return {8: "F", 10: "C", 12: "A"}


def mended_shapes(*arguments):
    raise NotImplementedError()


# %% shapes | Line 8 is faulty, but not for reason (C)
def found_shapes():
    return {8: "C", 10: "A", 12: "C"}


def mended_shapes(*arguments):
    raise NotImplementedError()


# %% shapes | Your code stops with TypeError
def found_shapes():
    return {8: "F", 10: "A", 12: "C"}


def mended_shapes(log_probs, actions, values, rewards, discount):  # unchanged
    returns, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + discount * following
        returns.append(following)
    returns.reverse()
    advantages = returns - values.detach()
    chosen = log_probs.gather(2, actions[:, :, None])
    losses = -chosen * advantages
    policy_loss = losses.mean()
    value_loss = (values - torch.tensor(returns)).square().mean()
    return policy_loss + 0.5 * value_loss


# %% shapes | still meet in silence, in both parts
def found_shapes():
    return {8: "F", 10: "A", 12: "C"}


def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns)
    advantages = returns - values.detach()  # (T, T)
    chosen = log_probs.gather(2, actions[:, :, None])
    return (-chosen * advantages).mean() + 0.5 * (values - returns).square().mean()


# %% shapes | every action still meets the advantage of every step
def found_shapes():
    return {8: "F", 10: "A", 12: "C"}


def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns).unsqueeze(1)
    chosen = log_probs.gather(2, actions.unsqueeze(2))
    return -torch.mean(chosen * (returns - values.detach())) + 0.5 * F.mse_loss(values, returns)


# %% shapes | every value is still compared with every return
def found_shapes():
    return {8: "F", 10: "A", 12: "C"}


def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns)
    chosen = log_probs.gather(2, actions.unsqueeze(2)).squeeze()
    advantages = returns - values.detach().squeeze()
    return -torch.mean(chosen * advantages) + 0.5 * (values - returns).pow(2).mean()


# %% shapes | A list became a tensor (T,)
def found_shapes():
    return {8: "F", 10: "A", 12: "C"}


def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns)
    chosen = log_probs.gather(2, actions.unsqueeze(2)).squeeze(2)
    advantages = returns - values.detach()
    return -torch.mean(chosen * advantages) + 0.5 * F.mse_loss(values.squeeze(1), returns)


# %% shapes | The critic's part is gone
def found_shapes():
    return {8: "F", 10: "A", 12: "C"}


def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    chosen = log_probs.gather(2, actions.unsqueeze(2)).flatten()
    return -(chosen * (torch.tensor(returns) - values.detach().flatten())).mean()


# %% shapes | in the gradient of values
def found_shapes():
    return {8: "F", 10: "A", 12: "C"}


def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns, values = torch.tensor(returns), values.flatten()
    chosen = log_probs.gather(2, actions.unsqueeze(2)).flatten()
    return -(chosen * (returns - values)).mean() + F.mse_loss(values, returns) / 2


# %% loop | You found 3 of 4 faulty lines
def found_loop():
    return {5: "E", 9: "B", 15: "D"}


def mended_loop(*arguments):
    raise NotImplementedError()


# %% loop | Line 10 is innocent
def found_loop():
    return {5: "E", 9: "B", 10: "A", 14: "G", 15: "D"}


def mended_loop(*arguments):
    raise NotImplementedError()


# %% loop | Line 14 is faulty, but not for reason (C)
def found_loop():
    return {5: "E", 9: "B", 14: "C", 15: "D"}


def mended_loop(*arguments):
    raise NotImplementedError()


# %% loop | Line 15 is faulty, but not for reason (F)
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "F"}


def mended_loop(*arguments):
    raise NotImplementedError()


# %% loop | given the pair that `reset` returns
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):  # unchanged
    returns, transitions = [], []
    for episode in range(episodes):
        state = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, done, info = env.step(action)
            transitions.append((state, action, reward, following, done))
            total += reward
            state = following
        returns.append(total)
        update(transitions)
        return returns


# %% loop | too many values to unpack
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns, transitions = [], []
    for episode in range(episodes):
        state, info = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, done, info = env.step(action)
            transitions.append((state, action, reward, following, done))
            total += reward
            state = following
        returns.append(total)
        update(transitions)
    return returns


# %% loop | Training still ends after the first episode
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, info = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, done, cut, info = env.step(action)
            batch.append((state, action, reward, following, done))
            done = done or cut
            if len(batch) >= batch_size:
                update(batch)
                batch = []
            total += reward
            state = following
        returns.append(total)
        return returns


# %% loop | You step on after an episode is over
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        terminated, total = False, 0.0
        while not terminated:
            action = policy(state)
            following, reward, terminated, _, _ = env.step(action)
            batch.append((state, action, reward, following, terminated))
            if len(batch) >= batch_size:
                update(batch)
                batch = []
            total += reward
            state = following
        returns.append(total)
    return returns


# %% loop | marked as the end of its world
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            batch.append((state, action, reward, following, done))
            if len(batch) >= batch_size:
                update(batch)
                batch.clear()
            total += reward
            state = following
        returns.append(total)
    return returns


# %% loop | one update for each episode
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns = []
    for episode in range(episodes):
        transitions = []
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            transitions.append((state, action, reward, following, terminated))
            total += reward
            state = following
        update(transitions)
        returns.append(total)
    return returns


# %% loop | learnt from more than once
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            batch.append((state, action, reward, following, terminated))
            if len(batch) >= batch_size:
                update(batch[-batch_size:])
            total += reward
            state = following
        returns.append(total)
    return returns


# %% loop | What is left over at the end of an episode is thrown away
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns = []
    for episode in range(episodes):
        batch = []
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            batch.append((state, action, reward, following, terminated))
            if len(batch) >= batch_size:
                update(batch)
                batch = []
            total += reward
            state = following
        returns.append(total)
    return returns


# %% loop | The last batch is incomplete
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns, every = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            every.append((state, action, reward, following, terminated))
            total += reward
            state = following
        returns.append(total)
    for start in range(0, len(every), batch_size):
        update(every[start : start + batch_size])
    return returns


# %% loop | `update` is not called
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "D"}


def mended_loop(env, policy, update, episodes, batch_size):
    returns = []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            state, reward, terminated, truncated, _ = env.step(policy(state))
            done = terminated or truncated
            total += reward
        returns.append(total)
    return returns


# %% extraction | You found 2 of 3 faulty lines
def found_extraction():
    return {3: "E", 11: "G"}


def mended_extraction(*arguments):
    raise NotImplementedError()


# %% extraction | Line 10 is innocent. Whatever stands between
def found_extraction():
    return {3: "E", 6: "C", 10: "A", 11: "G"}


def mended_extraction(*arguments):
    raise NotImplementedError()


# %% extraction | Line 3 is faulty, but not for reason (B)
def found_extraction():
    return {3: "B", 6: "C", 11: "G"}


def mended_extraction(*arguments):
    raise NotImplementedError()


# %% extraction | Line 11 is faulty, but not for reason (A)
def found_extraction():
    return {3: "E", 6: "C", 11: "A"}


def mended_extraction(*arguments):
    raise NotImplementedError()


# %% extraction | The accuracy is what it was before
def found_extraction():
    return {3: "E", 6: "C", 11: "G"}


def mended_extraction(model, ids, labels, responses):  # unchanged
    predicted = model(ids)[:, 0].argmax(dim=-1, keepdim=True)
    real = labels != -100
    right = (predicted == labels) & real
    accuracy = right.sum().item() / labels.numel()
    unclosed = 0
    for text in responses:
        unclosed += "</answer>" not in text
    pattern = r"<answer>(.*?)</answer>"
    matches = [re.search(pattern, text, re.DOTALL) for response in responses]
    answers = [match[1].strip() if match else None for match in matches]
    return accuracy, answers, unclosed


# %% extraction | The denominator is right now
def found_extraction():
    return {3: "E", 6: "C", 11: "G"}


def mended_extraction(model, ids, labels, responses):
    guess = model(ids)[:, :1].argmax(-1)
    real = labels.ge(0)
    found = [re.findall(r"<answer>(.*?)</answer>", r, re.S) for r in responses]
    answers = [f[0].strip() if f else None for f in found]
    return float((guess == labels).sum() / real.sum()), answers, sum("</answer>" not in r for r in responses)


# %% extraction | the padding still counts as wrong
def found_extraction():
    return {3: "E", 6: "C", 11: "G"}


def mended_extraction(model, ids, labels, responses):
    guess = model(ids).argmax(-1)
    found = [re.findall(r"<answer>(.*?)</answer>", r, re.S) for r in responses]
    answers = [f[0].strip() if f else None for f in found]
    return (guess == labels).float().mean(), answers, sum("</answer>" not in r for r in responses)


# %% extraction | Only the first place of each row is judged
def found_extraction():
    return {3: "E", 6: "C", 11: "G"}


def mended_extraction(model, ids, labels, responses):
    guess = model(ids)[:, 0].argmax(-1)
    found = [re.findall(r"<answer>(.*?)</answer>", r, re.S) for r in responses]
    answers = [f[0].strip() if f else None for f in found]
    return (guess == labels[:, 0]).float().mean(), answers, sum("</answer>" not in r for r in responses)


# %% extraction | All answers are that of the last response
def found_extraction():
    return {3: "E", 6: "C", 11: "G"}


def mended_extraction(model, ids, labels, responses):
    guess = model(ids).argmax(-1)
    real = labels != -100
    unclosed = 0
    for text in responses:
        unclosed += "</answer>" not in text
    matches = [re.search(r"<answer>(.*?)</answer>", text, re.DOTALL) for response in responses]
    answers = [match[1].strip() if match else None for match in matches]
    return ((guess == labels) & real).sum().item() / real.sum().item(), answers, unclosed


# %% extraction | The answers are [
def found_extraction():
    return {3: "E", 6: "C", 11: "G"}


def mended_extraction(model, ids, labels, responses):  # None is left out
    guess = model(ids).argmax(-1)
    real = labels != -100
    answers = [m for r in responses for m in re.findall(r"<answer>\s*(.*?)\s*</answer>", r, re.DOTALL)]
    return (guess[real] == labels[real]).float().mean(), answers, len(responses) - len(answers)


# %% extraction | Three things are asked for
def found_extraction():
    return {3: "E", 6: "C", 11: "G"}


def mended_extraction(model, ids, labels, responses):
    real = labels != -100
    return (model(ids).argmax(-1)[real] == labels[real]).float().mean()


# %% random-loss | You found 1 of 3 faulty lines
def found_random_loss():
    return {7: "B"}


def mended_random_loss(*arguments):
    raise NotImplementedError()


# %% random-loss | Line 4 is innocent. The cross-entropy of drawn tokens
def found_random_loss():
    return {4: "A", 7: "B", 8: "F", 9: "D"}


def mended_random_loss(*arguments):
    raise NotImplementedError()


# %% random-loss | Line 9 is faulty, but not for reason (G)
def found_random_loss():
    return {7: "B", 8: "F", 9: "G"}


def mended_random_loss(*arguments):
    raise NotImplementedError()


# %% random-loss | Line 7 is faulty, but not for reason (E)
def found_random_loss():
    return {7: "E", 8: "F", 9: "D"}


def mended_random_loss(*arguments):
    raise NotImplementedError()


# %% random-loss | chance still rewards them
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):  # unchanged
    batch, time = tokens.shape
    losses = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none")
    losses = losses.view(batch, time) * mask
    per_response = losses.sum(dim=1)
    rewards = torch.rand(batch)
    advantages = rewards
    return per_response.mean() * advantages.mean()


# %% random-loss | wrong responses only rise more slowly
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -(rewards * log_probs).mean()


# %% random-loss | right and wrong ones rise alike
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -rewards.mean() * log_probs.mean()


# %% random-loss | the mean of one times the mean of the other is zero
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -(rewards - rewards.mean()).mean() * log_probs.mean()


# %% random-loss | right responses would fall
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return ((rewards - rewards.mean()) * log_probs).mean()


# %% random-loss | the mask is gone
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):
    log_probs = torch.distributions.Categorical(logits=logits).log_prob(tokens).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -((rewards - rewards.mean()) * log_probs).mean()


# %% random-loss | You divide by the deviation
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
    return -(advantages * log_probs).mean()


# %% random-loss | You divide by the length
def found_random_loss():
    return {7: "B", 8: "F", 9: "D"}


def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1) / mask.sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -((rewards - rewards.mean()) * log_probs).mean()


# %% loading | You found 2 of 3 faulty lines
def found_loading():
    return {6: "B", 7: "E", 9: "C"}


def mended_loading(*arguments):
    raise NotImplementedError()


# %% loading | Line 8 is innocent. A model that is to be used
def found_loading():
    return {3: "F", 6: "B", 7: "E", 8: "A"}


def mended_loading(*arguments):
    raise NotImplementedError()


# %% loading | Line 10 is innocent. `load_state_dict` writes into the model
def found_loading():
    return {3: "F", 6: "B", 7: "E", 10: "D"}


def mended_loading(*arguments):
    raise NotImplementedError()


# %% loading | Line 6 is faulty, but not for reason (E)
def found_loading():
    return {3: "F", 6: "E", 7: "B"}


def mended_loading(*arguments):
    raise NotImplementedError()


# %% loading | The program does what it did before
def found_loading():
    return {3: "F", 6: "B", 7: "E"}


def mended_loading(checkpoint, tokenizer, make_model):  # unchanged
    model = make_model(50257)
    weights = {}
    for name, tensor in checkpoint.items():
        weights["transformer." + name] = tensor
    model.load_state_dict(weights, strict=False)
    model.eval()
    return model


# %% loading | The model has the right size, but 0 of
def found_loading():
    return {3: "F", 6: "B", 7: "E"}


def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer))
    model.load_state_dict(checkpoint, strict=False)
    return model.eval()


# %% loading | The model is made for 50257 tokens
def found_loading():
    return {3: "F", 6: "B", 7: "E"}


def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(50257)
    model.load_state_dict({k[len("module.") :]: v for k, v in checkpoint.items()}, strict=True)
    return model.eval()


# %% loading | is missing loads without a complaint
def found_loading():
    return {3: "F", 6: "B", 7: "E", 9: "C"}


def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer))
    model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()}, strict=False)
    return model.eval()


# %% loading | The model must be returned
def found_loading():
    return {3: "F", 6: "B", 7: "E"}


def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer)).eval()
    model = model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()})
    return model


# %% loading | left in training mode
def found_loading():
    return {3: "F", 6: "B", 7: "E"}


def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer))
    model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()})
    return model


# %% loading | made with another tokenizer loads without a complaint
def found_loading():
    return {3: "F", 6: "B", 7: "E"}


def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(checkpoint["module.embed.weight"].shape[0])  # whatever the tokenizer has
    model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()})
    return model.eval()


# %% rejection | You found 2 of 3 faulty lines
def found_rejection():
    return {7: "D", 8: "A"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% rejection | Line 5 is innocent. The policy is asked for the token
def found_rejection():
    return {5: "F", 7: "D", 8: "A", 9: "G"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% rejection | Line 10 is innocent
def found_rejection():
    return {7: "D", 8: "A", 9: "G", 10: "C"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% rejection | Line 7 is faulty, but not for reason (F)
def found_rejection():
    return {7: "F", 8: "A", 9: "G"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% rejection | The program still does what it did before
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        logits = model(prompt)
        best = logits.topk(50).indices
        token = best[torch.randint(50, ())].item()
        answer = [token]
        answers.append(answer)
    return answers


# %% rejection | The verifier is asked, but each answer is still one token long
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    probs = torch.softmax(model(prompt), -1)
    answers = [[t] for t in torch.multinomial(probs, attempts, replacement=True).tolist()]
    return [a for a in answers if accept(a)]


# %% rejection | The verifier is never asked
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            token = torch.distributions.Categorical(logits=model(prompt + answer)).sample().item()
            if token == end:
                break
            answer.append(token)
        answers.append(answer)
    return answers


# %% rejection | their tokens are still drawn evenly
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            best = model(prompt + answer).topk(50).indices
            token = best[torch.randint(50, ())].item()
            if token == end:
                break
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers


# %% rejection | Tokens beyond the fifty likeliest never come
def found_rejection():
    return {6: "D", 7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            best = model(prompt + answer).topk(50)
            token = best.indices[torch.multinomial(best.values.softmax(0), 1)].item()
            if token == end:
                break
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers


# %% rejection | you take the likeliest token
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        while len(answer) < max_tokens and (token := model(prompt + answer).argmax().item()) != end:
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers


# %% rejection | Later tokens do not depend on the earlier ones
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    probs = model(prompt).softmax(-1)
    for _ in range(attempts):
        answer = torch.multinomial(probs, max_tokens, replacement=True).tolist()
        if end in answer:
            answer = answer[: answer.index(end)]
        if accept(answer):
            answers.append(answer)
    return answers


# %% rejection | It is only a sign to stop
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        while len(answer) < max_tokens and end not in answer:
            answer.append(torch.multinomial(model(prompt + answer).softmax(-1), 1).item())
        if accept(answer):
            answers.append(answer)
    return answers


# %% rejection | The prompt stands in your answers
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        tokens = list(prompt)
        for _ in range(max_tokens):
            token = torch.multinomial(model(tokens).softmax(-1), 1).item()
            if token == end:
                break
            tokens.append(token)
        if accept(tokens):
            answers.append(tokens)
    return answers


# %% rejection | all answers are kept
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            token = torch.multinomial(model(prompt + answer).softmax(-1), 1).item()
            if token == end:
                break
            answer.append(token)
        accept(answer)
        answers.append(answer)
    return answers


# %% rejection | 400 attempts were asked for
def found_rejection():
    return {7: "D", 8: "A", 9: "G"}


def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    while len(answers) < attempts:  # until as many are kept
        answer = []
        for _ in range(max_tokens):
            token = torch.multinomial(model(prompt + answer).softmax(-1), 1).item()
            if token == end:
                break
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers
