# ruff: noqa
# %% the mean over the responses is missing
def token_weight(lengths, variant, max_length):
    if variant == "dapo":
        return torch.ones(len(lengths)) / lengths.sum()
    return 1 / lengths if variant == "grpo" else torch.ones(len(lengths)) / max_length


# %% divide by the mean length
def token_weight(lengths, variant, max_length):
    B = lengths.numel()
    if variant == "grpo":
        return 1 / lengths / B
    return torch.ones(B) / (lengths.float().mean() if variant == "dapo" else B * max_length)


# %% divide by B as well
def token_weight(lengths, variant, max_length):
    B = lengths.numel()
    divisor = {"grpo": lengths, "dapo": lengths.sum().expand(B), "dr_grpo": torch.tensor([max_length] * B)}
    return 1 / (B * divisor[variant])


# %% weight of a whole response
def token_weight(lengths, variant, max_length):
    if variant == "grpo":
        return torch.ones(len(lengths)) / len(lengths)
    return lengths / (lengths.sum() if variant == "dapo" else len(lengths) * max_length)


# %% places of the padded batch
def token_weight(lengths, variant, max_length):
    B, T = len(lengths), lengths.max().item()
    if variant == "grpo":
        return 1 / (B * lengths)
    return torch.tensor([1 / (B * T)] * B)


# %% cannot hold a fraction
def token_weight(lengths, variant, max_length):
    if variant == "grpo":
        return 1 / (len(lengths) * lengths)
    if variant == "dapo":
        return 1 / lengths.sum().repeat(len(lengths))
    return torch.full_like(lengths, 1 / (len(lengths) * max_length))


# %% For "dr_grpo" you return what "grpo" gives
def token_weight(lengths, variant, max_length):
    if variant == "dapo":
        return 1 / lengths.sum().repeat(len(lengths))
    return 1 / (len(lengths) * lengths)


# %% For "grpo" you return what "dapo" gives
def token_weight(lengths, variant, max_length):
    if variant == "dr_grpo":
        return torch.ones(len(lengths)) / (len(lengths) * max_length)
    return torch.ones(len(lengths)) / lengths.sum()


# %% has the shape
def token_weight(lengths, variant, max_length):
    if variant == "grpo":
        return 1 / (len(lengths) * lengths)
    return 1 / lengths.sum() if variant == "dapo" else 1 / (len(lengths) * max_length)


# %% Return two things
def my_findings():
    print("grpo", 4.0)


# %% one over the number of tokens in the batch
def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    short, long = lengths[advantages < 0].sort().values.tolist()
    return "dapo", long / short


# %% one over a constant
def my_findings():
    return "dr_grpo", 1.0


# %% There is no variant
def my_findings():
    return "GRPO", 1.0


# %% one over the factor
def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    penalty = [w * a for w, a in zip(token_weight(lengths, "grpo", 1024), advantages) if a < 0]
    return "grpo", max(penalty) / min(penalty)  # both are negative


# %% the share that is lost
def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    weights = token_weight(lengths, "grpo", 1024)[advantages < 0]
    return "grpo", (weights.max() - weights.min()) / weights.max()


# %% A factor of 1 is no bias
def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    whole = (lengths * token_weight(lengths, "grpo", 1024))[advantages < 0]
    return "grpo", (whole.max() / whole.min()).item()


# %% You give a difference
def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    short, long = sorted(lengths[advantages < 0].tolist())
    return "grpo", float(long - short)


# %% shortest of all answers
# -     weights = token_weight(lengths, "grpo", max_length=1024)[advantages < 0]
# +     weights = token_weight(lengths, "grpo", 1024)


# %% not the factor between the two wrong answers
def my_findings():
    return "grpo", 23.08  # copied from a neighbour
