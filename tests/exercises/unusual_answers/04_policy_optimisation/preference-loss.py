# ruff: noqa
# %% softplus, and response by response
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    losses = []
    for i in range(len(chosen)):
        w = (chosen[i] - ref_chosen[i].detach())[chosen_mask[i]].sum()
        l = (rejected[i] - ref_rejected[i].detach())[rejected_mask[i]].sum()
        losses.append(F.softplus(-beta * (w - l)))
    return sum(losses) / len(losses)


# %% logaddexp
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta):
    w = chosen.masked_fill(~chosen_mask, 0).sum(-1) - ref_chosen.detach().masked_fill(~chosen_mask, 0).sum(-1)
    l = rejected.masked_fill(~rejected_mask, 0).sum(-1) - ref_rejected.detach().masked_fill(
        ~rejected_mask, 0
    ).sum(-1)
    return torch.logaddexp(torch.zeros_like(w), beta * (l - w)).mean()
