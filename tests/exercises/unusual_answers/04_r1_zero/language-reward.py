# ruff: noqa
# %% one after another, as a tensor
def language_reward(response):
    counts = torch.zeros(2)
    for word in response.split():
        if word == "</think>":
            break
        counts += torch.tensor([word in ENGLISH, word in CHINESE]).float()
    return counts[0] / counts.sum().clamp(min=1) * bool(format_reward(response))
