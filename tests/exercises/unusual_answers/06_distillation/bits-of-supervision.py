# ruff: noqa
# %% torch and fractions
from fractions import Fraction


def verdict_bits(p):
    chances = torch.tensor([p, 1 - p], dtype=torch.float64)
    return torch.special.entr(chances).sum() / math.log(2)


def chain_bits(log_probs, mask):
    each = [-sum(row[real].tolist()) / math.log(2) for row, real in zip(log_probs, mask)]
    return sum(each) / len(each)


def chance_to_meet(bits, words):
    p = Fraction(2.0**-bits)
    if words * p < Fraction(1, 10**6):
        return float(words * p)
    return 1 - (1 - float(p)) ** words
