# ruff: noqa
# %% steps counted on a drawing, and a search by halves
def bubble(stages, pieces):
    ends = max(stage + piece + 1 for stage in range(stages) for piece in range(pieces))
    return 1 - pieces / ends


def pieces_for(stages, most):
    low, high = 0, 1 << 20
    while high - low > 1:
        middle = (low + high) // 2
        if (stages - 1) / (middle + stages - 1) > most:
            low = middle
        else:
            high = middle
    return high
