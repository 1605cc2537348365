# ruff: noqa
# %% keep wrong answers too
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if readable[i] and taken[problems[i]] < most:

# %% nobody can read
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if right[i] and taken[problems[i]] < most:

# %% whatever they say
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if taken[problems[i]] < most:

# %% They must be both
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if (right[i] or readable[i]) and taken[problems[i]] < most:

# %% all good answers
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if right[i] and readable[i]:

# %% one answer too many
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if right[i] and readable[i] and taken[problems[i]] <= most:

# %% one answer too few
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if right[i] and readable[i] and taken[problems[i]] + 1 < most:

# %% all problems together
# -         if right[i] and readable[i] and taken[problems[i]] < most:
# +         if right[i] and readable[i] and len(kept) < most:

# %% answers that are thrown away
def keep_best(problems, right, readable, lengths, most):
    seen, kept = Counter(), []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        seen[problems[i]] += 1
        if right[i] and readable[i] and seen[problems[i]] <= most:
            kept.append(i)
    return kept, len(kept) / len(lengths)


# %% the first ones that come
# -     for i in sorted(range(len(lengths)), key=lengths.__getitem__):
# +     for i in range(len(lengths)):

# %% and sort then
# -     for i in sorted(range(len(lengths)), key=lengths.__getitem__):
# +     for i in range(len(lengths)):

# -     return kept, len(kept) / len(lengths)
# +     return sorted(kept, key=lambda i: lengths[i]), len(kept) / len(lengths)

# %% The longest come first
# -     for i in sorted(range(len(lengths)), key=lengths.__getitem__):
# +     for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):

# %% take the later
# -     for i in sorted(range(len(lengths)), key=lengths.__getitem__):
# +     for i in sorted(range(len(lengths)), key=lambda i: (lengths[i], -i)):

# %% in another order
# -     return kept, len(kept) / len(lengths)
# +     return sorted(kept), len(kept) / len(lengths)

# %% in another order
# -     return kept, len(kept) / len(lengths)
# +     return sorted(kept, key=lambda i: problems[i]), len(kept) / len(lengths)

# %% in another order
# -     return kept, len(kept) / len(lengths)
# +     return kept[::-1], len(kept) / len(lengths)

# %% count places from 1
# -     return kept, len(kept) / len(lengths)
# +     return [i + 1 for i in kept], len(kept) / len(lengths)

# %% Asked is the share
# -     return kept, len(kept) / len(lengths)
# +     return kept, len(kept)

# %% per cent
# -     return kept, len(kept) / len(lengths)
# +     return kept, 100 * len(kept) / len(lengths)

# %% share that is thrown away
# -     return kept, len(kept) / len(lengths)
# +     return kept, 1 - len(kept) / len(lengths)

# %% the wrong way round
# -     return kept, len(kept) / len(lengths)
# +     return kept, len(lengths) / len(kept)

# %% Divide by all
# -     return kept, len(kept) / len(lengths)
# +     return kept, len(kept) / sum(right)

# %% Return two things
# -     return kept, len(kept) / len(lengths)
# +     return kept

# %% list of places
# -     return kept, len(kept) / len(lengths)
# +     return len(kept), len(kept) / len(lengths)

# %% The result differs
# -     return kept, len(kept) / len(lengths)
# +     return [0], 0.5
