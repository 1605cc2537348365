# ruff: noqa
# %% the last word is Chinese
# -     if english and chinese:
# -         return False

# %% the last word is Chinese
def readable(words, steps):
    """Asks about the language of the operations alone."""
    plain = [TO_ENGLISH.get(word, word) for word in words]
    shown = [word for word in words if TO_ENGLISH.get(word, word) in OPERATIONS]
    if len({word in CHINESE for word in shown}) > 1:
        return False
    return [(a, b) for a, b in zip(["", *plain], plain) if b in OPERATIONS] == steps


# %% All of it is Chinese
# -     if english and chinese:
# +     if chinese:

# %% All of it is Chinese
# -     plain = [TO_ENGLISH.get(word, word) for word in words]
# +     plain = words

# %% a step is missing
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return all(pair in steps for pair in pairs if pair[1] in OPERATIONS)

# %% a step stands twice
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return list(dict.fromkeys(pair for pair in pairs if pair[1] in OPERATIONS)) == steps

# %% a step stands twice
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return set(pair for pair in pairs if pair[1] in OPERATIONS) == set(steps)

# %% two steps have changed places
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return sorted(pair for pair in pairs if pair[1] in OPERATIONS) == sorted(steps)

# %% a label stands without its operation
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return [word for word in plain if word in [label for label, _ in steps]] == [label for label, _ in steps]

# %% an operation stands without its label
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return [word for word in plain if word in OPERATIONS] == [operation for _, operation in steps]

# %% at the very beginning
# -     pairs = list(pairwise(["", *plain]))
# +     pairs = list(pairwise(plain))

# %% an operation stands behind `check`
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return [p for p in pairs if p[1] in OPERATIONS and p[0] != "check"] == steps

# %% `check` and a digit
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return "check" not in plain and [pair for pair in pairs if pair[1] in OPERATIONS] == steps

# %% Only its steps are judged
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return plain[0] in "0123456789" and [pair for pair in pairs if pair[1] in OPERATIONS] == steps

# %% and it is:
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return pairs == steps

# %% stops with IndexError
# -     pairs = list(pairwise(["", *plain]))
# +     pairs = [("", plain[0]), *pairwise(plain)]

# %% Asked is `True` or `False`
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     return sum(pair[1] in OPERATIONS for pair in pairs)

# %% returns nothing
# -     return [pair for pair in pairs if pair[1] in OPERATIONS] == steps
# +     print([pair for pair in pairs if pair[1] in OPERATIONS] == steps)
