# ruff: noqa
# %% episode by episode
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    totals = [torch.zeros(layer.shape[1:]) for layer in gradients]
    for i in range(len(gradients[0])):
        norm = math.sqrt(sum(float((layer[i] ** 2).sum()) for layer in gradients))
        factor = 1.0 if norm <= max_norm else max_norm / norm
        for total, layer in zip(totals, gradients):
            total += factor * layer[i]
    deviation = noise_multiplier * max_norm
    return tuple(
        (t + torch.empty_like(t).normal_(0, 1, generator=generator) * deviation) / expected_count
        for t in totals
    )
