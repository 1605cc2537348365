# ruff: noqa
# %% numpy, and an interpolation
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return np.float64(peak) * (step + 1) / warm_up
    p = np.interp(step, [warm_up, total], [0.0, 1.0])
    return np.float32(floor + (peak - floor) * np.cos(np.pi * p / 2) ** 2)


# %% a tensor
def learning_rate(step, warm_up, total, peak, floor):
    if warm_up and step + 1 <= warm_up:
        return torch.tensor(peak) * ((step + 1) / warm_up)
    p = torch.tensor((step - warm_up) / (total - warm_up)).clamp(max=1)
    return torch.lerp(
        torch.tensor(float(floor)), torch.tensor(float(peak)), (1 + torch.cos(p * torch.pi)) / 2
    )
