# ruff: noqa
# %% KL is *half* of s.As
def full_step(direction, product, max_kl):
    return (max_kl / (direction @ product(direction))).sqrt() * direction


# %% The root is missing
def full_step(direction, product, max_kl):
    return 2 * max_kl / (direction @ product(direction)) * direction


# %% no matrix in the length
def full_step(direction, product, max_kl):
    return math.sqrt(2 * max_kl) / direction.norm() * direction


# %% You return the factor
def full_step(direction, product, max_kl):
    return math.sqrt(2 * max_kl / float(direction @ product(direction)))


# %% fraction is upside down
def full_step(direction, product, max_kl):
    return ((direction @ product(direction)) / (2 * max_kl)).sqrt() * direction


# %% You look at the KL alone
def backtrack(theta, step, evaluate, max_kl, tries):
    for j in range(tries):
        new = theta + step / 2**j
        if evaluate(new)[1] <= max_kl:
            return new
    return theta


# %% You look at the KL alone
def backtrack(theta, step, evaluate, max_kl, tries):
    for j in range(tries):
        new = theta + step / 2**j
        if evaluate(new)[1] > max_kl:
            continue
        return new
    return theta


# %% You look at the objective alone
def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        if evaluate(theta + step / 2**j)[0] > start:
            return theta + step / 2**j
    return theta


# %% It must do both
def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        value, kl = evaluate(theta + step / 2**j)
        if value > start or kl <= max_kl:
            return theta + step / 2**j
    return theta


# %% leaves the objective as it was
def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        value, kl = evaluate(theta + step / 2**j)
        if value >= start and kl <= max_kl:
            return theta + step / 2**j
    return theta


# %% KL that is exactly max_kl
def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        value, kl = evaluate(theta + step / 2**j)
        if value > start and kl < max_kl:
            return theta + step / 2**j
    return theta


# %% Every comparison with nan is false
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


# %% Where no step is good, you take the last one
def backtrack(theta, step, evaluate, max_kl, tries):
    start = evaluate(theta)[0]
    for j in range(tries):
        new = theta + step / 2**j
        value, kl = evaluate(new)
        if value > start and kl <= max_kl:
            break
    return new


# %% you take a still shorter one
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    share = 1.0
    for _ in range(tries):
        value, kl = evaluate(theta + share * step)
        if value > start and kl <= max_kl:
            break
        share /= 2
    return theta + share * step


# %% You leave out the full step
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    share = 1.0
    for _ in range(tries):
        share /= 2
        value, kl = evaluate(theta + share * step)
        if value > start and kl <= max_kl:
            return theta + share * step
    return theta


# %% what has already been halved
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        step = step * 0.5**j
        value, kl = evaluate(theta + step)
        if value > start and kl <= max_kl:
            return theta + step
    return theta


# %% You shrink by 0.8
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta + 0.8**j * step)
        if value > start and kl <= max_kl:
            return theta + 0.8**j * step
    return theta


# %% Do you go backwards
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta - 0.5**j * step)
        if value > start and kl <= max_kl:
            return theta - 0.5**j * step
    return theta


# %% It is maximised
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value < start and kl <= max_kl:
            return theta + 0.5**j * step
    return theta


# %% the step that gains most
def backtrack(theta, step, evaluate, max_kl, tries):
    best, found = evaluate(theta)[0], theta
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > best and kl <= max_kl:
            best, found = value, theta + 0.5**j * step
    return found


# %% You go on after a good step
def backtrack(theta, step, evaluate, max_kl, tries):
    start, found = evaluate(theta)[0], theta
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > start and kl <= max_kl:
            found = theta + 0.5**j * step
    return found


# %% caller's `theta` in place
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        theta += 0.5**j * step
        value, kl = evaluate(theta)
        if value > start and kl <= max_kl:
            return theta
        theta -= 0.5**j * step
    return theta


# %% caller's `step` in place
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for _ in range(tries):
        value, kl = evaluate(theta + step)
        if value > start and kl <= max_kl:
            return theta + step
        step *= 0.5
    return theta


# %% one try too many
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries + 1):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > start and kl <= max_kl:
            return theta + 0.5**j * step
    return theta


# %% times the step. Asked are the new parameters
def backtrack(theta, step, evaluate, max_kl, tries):
    start, _ = evaluate(theta)
    for j in range(tries):
        value, kl = evaluate(theta + 0.5**j * step)
        if value > start and kl <= max_kl:
            return 0.5**j * step
    return 0 * step


# %% Where long steps keep the KL small but make the objective worse, you take 0 of the step
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


# %% You always try five times
# -     for j in range(tries):
# +     for j in range(5):
