# ruff: noqa
# %% plain numbers
def token_weight(lengths, variant, max_length):
    n = [int(l) for l in lengths]
    below = {
        "grpo": [len(n) * l for l in n],
        "dapo": [sum(n)] * len(n),
        "dr_grpo": [len(n) * max_length] * len(n),
    }
    return [1 / b for b in below[variant]]


def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    wrong = sorted(int(l) for l, a in zip(lengths, advantages) if a < 0)
    return "grpo", wrong[1] / wrong[0]
