# ruff: noqa
# %% You return nats
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return -p * math.log(p) - (1 - p) * math.log(1 - p)

# %% an entropy is never below 0
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return p * math.log2(p) + (1 - p) * math.log2(1 - p)

# %% *right* alone
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return -p * math.log2(p)

# %% *wrong* alone
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return -(1 - p) * math.log2(1 - p)

# %% what *right* tells
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return -math.log2(p)

# %% You add both up
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return -math.log2(p) - math.log2(1 - p)

# %% one bit, whatever p is
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return 1.0

# %% variance of the verdict
# -     return -p * math.log2(p) - (1 - p) * math.log2(1 - p)
# +     return p * (1 - p)

# %% For p = 0 you return 1
# -     if p in (0, 1):
# -         return 0.0
# +     if p in (0, 1):
# +         return 1.0

# %% stops with ValueError
# -     if p in (0, 1):
# -         return 0.0

# %% For p = 1 you return
# -     if p in (0, 1):
# -         return 0.0
# +     if p == 0:
# +         return 0.0
# +     if p == 1:
# +         return 2.0

# %% You return nats
# -     return nats.mean() / math.log(2)
# +     return nats.mean()

# %% multiply by log 2
# -     return nats.mean() / math.log(2)
# +     return nats.mean() * math.log(2)

# %% a surprise is minus a logarithm
# -     return nats.mean() / math.log(2)
# +     return -nats.mean() / math.log(2)

# %% and these are nats
# -     return nats.mean() / math.log(2)
# +     return -nats.mean()

# %% Padding counts
# -     nats = -(log_probs * mask).sum(dim=1)  # (B, T) -> (B,)
# +     nats = -log_probs.sum(dim=1)

# %% add the chains up
# -     return nats.mean() / math.log(2)
# +     return nats.sum() / math.log(2)

# %% bits of a word
# -     return nats.mean() / math.log(2)
# +     return nats.sum() / mask.sum() / math.log(2)

# %% A chain is a whole
# -     return nats.mean() / math.log(2)
# +     return (nats / mask.sum(dim=1)).mean() / math.log(2)

# %% Divide by the chains
# -     return nats.mean() / math.log(2)
# +     return nats.sum() / mask.numel() / math.log(2)

# %% median chain
# -     return nats.mean() / math.log(2)
# +     return nats.median() / math.log(2)

# %% never comes
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return (1 - 2.0**-bits) ** words

# %% how often it comes on average
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return words * 2.0**-bits

# %% Two words may both be it
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return min(1.0, words * 2.0**-bits)

# %% Once is enough
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return 2.0 ** (-bits * words)

# %% chance of one word
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return 2.0**-bits

# %% bits for nats
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return 1 - (1 - math.exp(-bits)) ** words

# %% a limit for rare words
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return -math.expm1(-words * 2.0**-bits)

# %% One word is missing
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return 1 - (1 - 2.0**-bits) ** (words - 1)

# %% per cent
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return 100 * (1 - (1 - 2.0**-bits) ** words)

# %% 1 minus a number so small
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return 1 - (1 - 2.0**-bits) ** words

# %% 1 minus a number so small
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     return 1 - math.exp(words * math.log1p(-(2.0**-bits)))

# %% The result differs
# -     return -math.expm1(words * math.log1p(-(2.0**-bits)))
# +     p = 2.0**-bits
# +     return words * p if p < 1e-3 else 1 - (1 - p) ** words
