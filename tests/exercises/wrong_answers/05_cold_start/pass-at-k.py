# ruff: noqa
# %% draw with replacement
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return 1 - (1 - c / n) ** k

# %% all k are wrong
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return math.comb(n - c, k) / math.comb(n, k)

# %% That is pass@1
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return c / n

# %% separate events
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return min(1.0, k * c / n)

# %% Only k are drawn
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return 1.0 if c else 0.0

# %% One is enough
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return 1.0 if c >= k else 0.0

# %% all k are right
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return math.comb(c, k) / math.comb(n, k)

# %% draws of right answers only
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return 1 - math.comb(c, k) / math.comb(n, k)

# %% per cent
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return 100 * (1 - math.comb(n - c, k) / math.comb(n, k))

# %% stops with OverflowError
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     return 1 - float(math.comb(n - c, k)) / float(math.comb(n, k))

# %% stops with ValueError
# -     return 1 - math.comb(n - c, k) / math.comb(n, k)
# +     f = math.factorial
# +     return 1 - f(n - c) * f(n - k) / (f(n) * f(n - c - k))

# %% wrong way round
# -     drawn = solved / p if stop else k
# +     drawn = k if stop else solved / p

# %% do not look at it
# -     drawn = solved / p if stop else k
# +     drawn = solved / p

# %% Some problems get no answer
# -     return tokens * drawn / solved
# +     return tokens * drawn

# %% costs at most
# -     return tokens * drawn / solved
# +     return tokens * k if stop else tokens * drawn / solved

# %% multiply by the share
# -     return tokens * drawn / solved
# +     return tokens * k * solved

# %% chance of a single answer
# -     return tokens * drawn / solved
# +     return tokens * k / p

# %% ask for k good answers
# -     solved = 1 - (1 - p) ** k
# +     solved = 1 - p**k

# %% share that gets none
# -     solved = 1 - (1 - p) ** k
# +     solved = (1 - p) ** k

# %% one answer a problem
# -     return tokens * drawn / solved
# +     return tokens / solved

# %% Asked are tokens
# -     return tokens * drawn / solved
# +     return drawn / solved
