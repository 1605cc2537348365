# ruff: noqa
# %% torch's own cell, and a search by halves
def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    cell = torch.nn.LSTMCell(x.shape[1], h.shape[1]).to(x.dtype)
    with torch.no_grad():
        cell.weight_ih.copy_(weight_ih)
        cell.weight_hh.copy_(weight_hh)
        cell.bias_ih.copy_(bias)
        cell.bias_hh.zero_()
        return cell(x, (h, c))


def bias_for(share, steps):
    low, high = -50.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        if (1 + math.exp(-middle)) ** -steps < share:
            low = middle
        else:
            high = middle
    return low


# %% text by text, a list; torch
def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    H, new_h, new_c = h.shape[1], [], []
    for n in range(len(x)):
        a = weight_ih @ x[n] + weight_hh @ h[n] + bias
        keep, write = 1 / (1 + (-a[H : 2 * H]).exp()), 1 / (1 + (-a[:H]).exp())
        new_c.append(keep * c[n] + write * torch.tanh(a[2 * H : 3 * H]))
        new_h.append(torch.sigmoid(a[3 * H :]) * torch.tanh(new_c[-1]))
    return [torch.stack(new_h), torch.stack(new_c)]


def bias_for(share, steps):
    return torch.logit(torch.tensor(share) ** (1 / steps))


# %% in place, numpy
def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    gates = (
        torch.cat((x, h, torch.ones(len(x), 1)), 1) @ torch.cat((weight_ih, weight_hh, bias[:, None]), 1).T
    )
    i, f, g, o = gates.split(c.shape[1], dim=-1)
    c *= torch.sigmoid(f)
    c += torch.sigmoid(i) * torch.tanh(g)
    h.copy_(torch.sigmoid(o) * torch.tanh(c))
    return h, c


def bias_for(share, steps):
    import numpy as np

    return -np.log(np.power(share, -1 / steps) - 1)
