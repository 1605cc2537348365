# ruff: noqa
# %% The sign is missing
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return F.logsigmoid(beta * (up - down)).mean()


# %% exchanged chosen and rejected
def dpo_loss(rejected, chosen, ref_rejected, ref_chosen, rejected_mask, chosen_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% There is no beta
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(up - down).mean()


# %% You divide by beta
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid((up - down) / beta).mean()


# %% Beta stands outside
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -beta * F.logsigmoid(up - down).mean()


# %% You leave the reference out
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = (chosen * chosen_mask).sum(1)
    down = (rejected * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% Beta multiplies the policy's part alone
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up, ref_up = ((x * chosen_mask).sum(1) for x in (chosen, ref_chosen.detach()))
    down, ref_down = ((x * rejected_mask).sum(1) for x in (rejected, ref_rejected.detach()))
    return -F.logsigmoid(beta * (up - down) - (ref_up - ref_down)).mean()


# %% You average over the tokens of a response
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1) / chosen_mask.sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1) / rejected_mask.sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% The padding counts
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = (chosen - ref_chosen.detach()).sum(1)
    down = (rejected - ref_rejected.detach()).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% mask of the chosen responses for the rejected ones
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    margins = (chosen - ref_chosen.detach()) - (rejected - ref_rejected.detach())
    return -F.logsigmoid(beta * (margins * chosen_mask).sum(1)).mean()


# %% There is no logarithm
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -torch.sigmoid(beta * (up - down)).mean()


# %% For margins in the thousands your loss is
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -torch.sigmoid(beta * (up - down)).log().mean()


# %% For margins in the thousands your loss is
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return torch.log(1 + torch.exp(-beta * (up - down))).mean()


# %% large losses become small
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -(torch.sigmoid(beta * (up - down)) + 1e-8).log().mean()


# %% large losses become small
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -torch.sigmoid(beta * (up - down)).clamp(min=1e-12).log().mean()


# %% flows through the reference too
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).mean()


# %% no gradient flows from it back to `rejected`
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected) * rejected_mask).sum(1).detach()
    return -F.logsigmoid(beta * (up - down)).mean()


# %% You add up the pairs
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down)).sum()


# %% You add up the margins of all pairs
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum()
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum()
    return -F.logsigmoid(beta * (up - down))


# %% has the shape
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -F.logsigmoid(beta * (up - down))


# %% There is no sigmoid
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    up = ((chosen - ref_chosen.detach()) * chosen_mask).sum(1)
    down = ((rejected - ref_rejected.detach()) * rejected_mask).sum(1)
    return -(beta * (up - down)).mean()


# %% token by token
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    margins = (chosen - ref_chosen.detach()) - (rejected - ref_rejected.detach())
    return -F.logsigmoid(beta * margins)[chosen_mask & rejected_mask].mean()
