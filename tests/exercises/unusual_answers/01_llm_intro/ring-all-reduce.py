# ruff: noqa
# %% the other way round the chunks, and lists
def ring_all_reduce(parts, pass_on):
    n = len(parts)
    sums = [[chunk.clone() for chunk in process] for process in parts]
    for finished in (False, True):
        for step in range(n - 1):
            first = n + 5 if finished else n + 4
            sent = [(first + i - step) % n for i in range(n)]
            got = pass_on(torch.stack([sums[i][sent[i]] for i in range(n)]))
            for i in range(n):
                place = sent[i - 1]
                sums[i][place] = got[i] if finished else sums[i][place] + got[i]
    return torch.stack([torch.stack(process) for process in sums])
