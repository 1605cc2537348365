# ruff: noqa
# %% recursion, and a power
def full_step(direction, product, max_kl):
    curved = float((direction * product(direction)).sum())
    return direction.numpy() * math.sqrt(2 * max_kl) * curved**-0.5


def backtrack(theta, step, evaluate, max_kl, tries):
    old = evaluate(theta)[0]

    def attempt(left, s):
        if left == 0:
            return theta
        gain, kl = evaluate(theta + s)
        return theta + s if gain > old and not kl > max_kl and kl == kl else attempt(left - 1, s / 2)

    return attempt(tries, step)
