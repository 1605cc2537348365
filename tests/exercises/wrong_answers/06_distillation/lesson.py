# ruff: noqa
# %% chains that are not good
# -         if good[i] and key not in seen and len(row) <= width:
# +         if key not in seen and len(row) <= width:

# %% stands there twice
# -         if good[i] and key not in seen and len(row) <= width:
# +         if good[i] and len(row) <= width:

# %% written to another question
# -         row, key = [*question, *chain, end], (tuple(question), tuple(chain))
# +         row, key = [*question, *chain, end], tuple(chain)

# %% one chain of each question
# -         row, key = [*question, *chain, end], (tuple(question), tuple(chain))
# +         row, key = [*question, *chain, end], tuple(question)

# %% cut rows that are too long
# -         row, key = [*question, *chain, end], (tuple(question), tuple(chain))
# +         row, key = [*question, *chain, end][:width], (tuple(question), tuple(chain))

# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([0] * len(question) + [1] * (len(row) - len(question)) + padding)

# %% drop a row that fits
# -         if good[i] and key not in seen and len(row) <= width:
# +         if good[i] and key not in seen and len(row) < width:

# %% The end is missing
# -         row, key = [*question, *chain, end], (tuple(question), tuple(chain))
# +         row, key = [*question, *chain], (tuple(question), tuple(chain))

# %% padding is made of ends
# -             rows.append(row + padding)
# +             rows.append(row + [end] * len(padding))

# %% on the left
# -             rows.append(row + padding)
# +             rows.append(padding + row)

# %% question is missing
# -         row, key = [*question, *chain, end], (tuple(question), tuple(chain))
# +         row, key = [*chain, end], (tuple(question), tuple(chain))

# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([1] * (len(chain) + 1) + padding)

# %% question carries loss
# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([1] * len(row) + padding)

# %% end carries no loss
# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([0] * len(question) + [1] * len(chain) + [0] + padding)

# %% Padding carries loss
# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([0] * len(question) + [1] * (width - len(question)))

# %% one place too early
# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([0] * (len(question) - 1) + [1] * (len(chain) + 1) + [0] + padding)

# %% never learns how to begin
# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([0] * (len(question) + 1) + [1] * len(chain) + padding)

# %% turned round
# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             weights.append([1] * len(question) + [0] * (len(chain) + 1) + [1] * len(padding))

# %% divide the weights
# -             weights.append([0] * len(question) + [1] * (len(chain) + 1) + padding)
# +             n = len(chain) + 1
# +             weights.append([0] * len(question) + [1 / n] * n + padding)

# %% Return two things
# -     return torch.tensor(rows), torch.tensor(weights)
# +     return torch.tensor(rows)

# %% The rows are no tensor
# -     return torch.tensor(rows), torch.tensor(weights)
# +     return [[*q, *c, end] for q, c in zip(questions, chains)], weights

# %% Your weights have the shape
# -     return torch.tensor(rows), torch.tensor(weights)
# +     return torch.tensor(rows), torch.tensor(weights)[:, 1:]

# %% The result differs
# -     return torch.tensor(rows), torch.tensor(weights)
# +     return torch.tensor(rows), torch.tensor(weights) * 0
