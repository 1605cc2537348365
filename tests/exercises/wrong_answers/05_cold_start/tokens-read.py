# ruff: noqa
# %% does not grow
# -         return prompts * sum(range(whole, whole + new))
# +         return prompts * new * whole

# %% Nobody reads it
# -         return prompts * sum(range(whole, whole + new))
# +         return prompts * sum(range(whole + 1, whole + new + 1))

# %% read the last one
# -         return prompts * sum(range(whole, whole + new))
# +         return prompts * sum(range(whole + 1, whole + new + 1))

# %% full length each time
# -         return prompts * sum(range(whole, whole + new))
# +         return prompts * new * (whole + new)

# %% prefix is missing in each reading
# -         whole = prefix + length
# +         whole = length

# %% Without a cache nothing is kept
# -         return prompts * sum(range(whole, whole + new))
# +         return prefix + prompts * sum(range(length, length + new))

# %% count one prompt
# -         return prompts * sum(range(whole, whole + new))
# +         return sum(range(whole, whole + new))

# %% what 'cached' reads
# -     if way == "plain":
# +     if way == "nothing":

# %% what 'cached' reads
# -     readers = 1 if way == "shared" else prompts
# +     readers = prompts

# %% what 'shared' reads
# -     readers = 1 if way == "shared" else prompts
# +     readers = 1

# %% read the last new token
# -     return readers * prefix + prompts * (length + new - 1)
# +     return readers * prefix + prompts * (length + new)

# %% new tokens are read too
# -     return readers * prefix + prompts * (length + new - 1)
# +     return readers * prefix + prompts * length

# %% for each prompt
# -     return readers * prefix + prompts * (length + new - 1)
# +     return prompts * (length + new - 1)

# %% first reading is missing
# -     return readers * prefix + prompts * (length + new - 1)
# +     return prompts * (new - 1)

# %% must be read once
# -     readers = 1 if way == "shared" else prompts
# +     readers = 0 if way == "shared" else prompts

# %% shared in yours
# -     return readers * prefix + prompts * (length + new - 1)
# +     if way == "shared":
# +         return prefix + length + prompts * (new - 1)
# +     return readers * prefix + prompts * (length + new - 1)

# %% keep keys or values
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return tokens * layers * (heads // group) * head_size * number

# %% keys of its own
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * tokens * layers * heads * head_size * number

# %% keep `group` heads
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * tokens * layers * group * head_size * number

# %% multiply by `group`
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * tokens * layers * heads * group * head_size * number

# %% keep a single head
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * tokens * layers * head_size * number

# %% Asked are bytes
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * tokens * layers * (heads // group) * head_size

# %% return bits
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 16 * tokens * layers * (heads // group) * head_size * number

# %% count one layer
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * tokens * (heads // group) * head_size * number

# %% count one token
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * layers * (heads // group) * head_size * number

# %% one number a head
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 2 * tokens * layers * (heads // group) * number

# %% keep queries too
# -     return 2 * tokens * layers * (heads // group) * head_size * number
# +     return 3 * tokens * layers * (heads // group) * head_size * number
