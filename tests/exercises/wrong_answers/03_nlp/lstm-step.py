# ruff: noqa
# %% Input gate and forget gate have changed places
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     f, i, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)

# %% Candidate and output gate have changed places
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     i, f, o, g = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)

# %% you read f, i, o, g
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     f, i, o, g = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)

# %% four rows of each number together
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).unflatten(1, (-1, 4)).unbind(2)

# %% not through a sigmoid
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = f.sigmoid() * c + i.sigmoid() * g.sigmoid()

# %% The candidate's tanh is missing
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = f.sigmoid() * c + i.sigmoid() * g

# %% Input and forget gate are two
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()

# %% The gate says what is kept
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = (1 - f.sigmoid()) * c + i.sigmoid() * g.tanh()

# %% The forget gate keeps h
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = f.sigmoid() * h + i.sigmoid() * g.tanh()

# %% nothing is remembered
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = i.sigmoid() * g.tanh()

# %% Everything is kept
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = c + i.sigmoid() * g.tanh()

# %% Everything is written
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = f.sigmoid() * c + g.tanh()

# %% Nothing new is written
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# +     c = f.sigmoid() * c

# %% The bias is missing
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T).chunk(4, dim=1)

# %% You add the bias twice
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     i, f, g, o = (x @ weight_ih.T + bias + h @ weight_hh.T + bias).chunk(4, dim=1)

# %% do not read the old h
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     i, f, g, o = (x @ weight_ih.T + bias).chunk(4, dim=1)

# %% do not read the word x
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     i, f, g, o = (h @ weight_hh.T + bias).chunk(4, dim=1)

# %% The gates read c
# -     i, f, g, o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(4, dim=1)
# +     i, f, g, o = (x @ weight_ih.T + c @ weight_hh.T + bias).chunk(4, dim=1)

# %% shown without its tanh
# -     return o.sigmoid() * c.tanh(), c
# +     return o.sigmoid() * c, c

# %% The output gate is missing
# -     return o.sigmoid() * c.tanh(), c
# +     return c.tanh(), c

# %% You show the old c
# -     c = f.sigmoid() * c + i.sigmoid() * g.tanh()
# -     return o.sigmoid() * c.tanh(), c
# +     return o.sigmoid() * c.tanh(), f.sigmoid() * c + i.sigmoid() * g.tanh()

# %% return the output gate alone
# -     return o.sigmoid() * c.tanh(), c
# +     return o.sigmoid(), c

# %% have changed places
# -     return o.sigmoid() * c.tanh(), c
# +     return c, o.sigmoid() * c.tanh()

# %% Return two tensors
# -     return o.sigmoid() * c.tanh(), c
# +     return o.sigmoid() * c.tanh()

# %% Return two tensors
# -     return o.sigmoid() * c.tanh(), c
# +     h = o.sigmoid() * c.tanh()

# %% This is the gate's value
# -     return math.log(gate / (1 - gate))
# +     return gate

# %% after one step
# -     gate = share ** (1 / steps)
# +     gate = share

# %% Your sign is turned round
# -     return math.log(gate / (1 - gate))
# +     return math.log((1 - gate) / gate)

# %% share to the power of n
# -     gate = share ** (1 / steps)
# +     gate = share**steps

# %% the same part of the first number
# -     gate = share ** (1 / steps)
# +     gate = 1 - (1 - share) / steps

# %% another inverse
# -     return math.log(gate / (1 - gate))
# +     return math.log(gate)

# %% A gate is a sigmoid
# -     return math.log(gate / (1 - gate))
# +     return math.atanh(gate)

# %% You divide the bias by n
# -     gate = share ** (1 / steps)
# -     return math.log(gate / (1 - gate))
# +     return math.log(share / (1 - share)) / steps

# %% Take the natural logarithm
# -     return math.log(gate / (1 - gate))
# +     return math.log2(gate / (1 - gate))
