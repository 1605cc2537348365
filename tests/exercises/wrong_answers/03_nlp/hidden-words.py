# ruff: noqa
# %% Your mask is turned round
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return ~((places <= places[:, None]) & (tokens[:, None, :] != padding))

# %% Padding is seen
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places <= places[:, None]).expand(len(tokens), -1, -1)

# %% Later words are seen
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (tokens[:, None, :] != padding).expand(-1, len(places), -1)

# %% hide everything from padding
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     real = tokens != padding
# +     return (places <= places[:, None]) & real[:, None, :] & real[:, :, None]

# %% padding at place t
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places <= places[:, None]) & (tokens[:, :, None] != padding)

# %% nothing before
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places >= places[:, None]) & (tokens[:, None, :] != padding)

# %% Rows and columns
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places >= places[:, None]) & (tokens[:, :, None] != padding)

# %% may look at itself
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places < places[:, None]) & (tokens[:, None, :] != padding)

# %% Both must hold
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places <= places[:, None]) | (tokens[:, None, :] != padding)

# %% always token 0
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places <= places[:, None]) & (tokens[:, None, :] != 0)

# %% You see padding
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return (places <= places[:, None]) & (tokens[:, None, :] == padding)

# %% other values than
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     seen = (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return torch.zeros(seen.shape).masked_fill(~seen, -math.inf)

# %% has the shape
# -     return (places <= places[:, None]) & (tokens[:, None, :] != padding)
# +     return places <= places[:, None]

# %% may look nowhere gets nan
# -     return weights.masked_fill(hidden, 0) @ v
# +     return weights @ v

# %% gets the mean of all values
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# -     return weights.masked_fill(hidden, 0) @ v
# +     return scores.masked_fill(hidden, -1e9).softmax(dim=-1) @ v

# %% The mask changes nothing
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# -     return weights.masked_fill(hidden, 0) @ v
# +     return scores.softmax(dim=-1) @ v

# %% behind the softmax alone
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# +     weights = scores.softmax(dim=-1)

# %% A score of 0 hides nothing
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# -     return weights.masked_fill(hidden, 0) @ v
# +     return (scores * ~hidden).softmax(dim=-1) @ v

# %% takes weight away
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# +     weights = (scores * ~hidden).softmax(dim=-1)

# %% Your mask is turned round
# -     hidden = ~mask[:, None]  # (B, 1, T, S)
# +     hidden = mask[:, None]

# -     return weights.masked_fill(hidden, 0) @ v
# +     return weights.nan_to_num() @ v

# %% not divided by the root
# -     scores = q @ k.mT / q.shape[-1] ** 0.5  # (B, H, T, S)
# +     scores = q @ k.mT

# %% You divide by D
# -     scores = q @ k.mT / q.shape[-1] ** 0.5  # (B, H, T, S)
# +     scores = q @ k.mT / q.shape[-1]

# %% the number of keys
# -     scores = q @ k.mT / q.shape[-1] ** 0.5  # (B, H, T, S)
# +     scores = q @ k.mT / k.shape[-2] ** 0.5

# %% of all channels
# -     scores = q @ k.mT / q.shape[-1] ** 0.5  # (B, H, T, S)
# +     scores = q @ k.mT / (q.shape[1] * q.shape[-1]) ** 0.5

# %% Your columns add up
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# +     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-2)

# -     return weights.masked_fill(hidden, 0) @ v
# +     return weights.nan_to_num().masked_fill(hidden, 0) @ v

# %% All heads look at the same places
# -     scores = q @ k.mT / q.shape[-1] ** 0.5  # (B, H, T, S)
# +     scores = (q @ k.mT).mean(dim=1, keepdim=True) / q.shape[-1] ** 0.5

# %% The softmax is missing
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# +     weights = scores

# %% Your weights are equal
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# +     weights = (scores * 0).masked_fill(hidden, -math.inf).softmax(dim=-1)

# %% You weigh each key by itself
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# +     weights = scores.masked_fill(hidden, -math.inf).sigmoid()

# %% Your score for hidden places
# -     weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
# +     weights = scores.masked_fill(hidden, -20).softmax(dim=-1)
