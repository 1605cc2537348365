# ruff: noqa
# %% complex numbers; plain numbers
def rotate(x, positions, base):
    pairs = torch.view_as_complex(x.reshape(len(x), -1, 2).contiguous().double())
    theta = torch.tensor([base ** (-2 * i / x.shape[1]) for i in range(pairs.shape[1])], dtype=torch.float64)
    return torch.view_as_real(pairs * torch.exp(1j * torch.outer(positions.double(), theta))).reshape(x.shape)


def alibi(heads, length):
    rows = []
    for h in range(1, heads + 1):
        m = 1 / 2 ** (8 * h / heads)
        rows.append([[-m * (t - s) if s < t else 0.0 for s in range(length)] for t in range(length)])
    return rows


# %% in place, pair by pair; a sum of ones
def rotate(x, positions, base):
    for i in range(0, x.shape[1], 2):
        a = positions.to(x.dtype) / base ** (i / x.shape[1])
        x[:, i], x[:, i + 1] = (
            x[:, i] * a.cos() - x[:, i + 1] * a.sin(),
            x[:, i + 1] * a.cos() + x[:, i] * a.sin(),
        )
    return x


def alibi(heads, length):
    distance = torch.ones(length, length).tril(-1).cumsum(0)
    start = 2 ** (-8 / heads)
    return torch.stack([-distance * start**h for h in range(1, heads + 1)])


# %% a matrix of turns for each word; numpy
def rotate(x, positions, base):
    rows = []
    for word, m in zip(x, positions.tolist()):
        blocks = []
        for i in range(len(word) // 2):
            a = m * base ** (-2 * i / len(word))
            blocks.append(torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]))
        rows.append(torch.block_diag(*blocks) @ word)
    return torch.stack(rows)


def alibi(heads, length):
    import numpy as np

    t, s = np.indices((length, length))
    return -np.maximum(t - s, 0) * 2.0 ** (-8 * np.arange(1, heads + 1) / heads)[:, None, None]
