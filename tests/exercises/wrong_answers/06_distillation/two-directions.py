# ruff: noqa
# %% you return the reverse divergence
# -     if direction == "reverse":
# +     if direction == "forward":

# %% you return the forward divergence
# -     if direction == "reverse":
# -         log_p, log_q = log_q, log_p
# +     log_p, log_q = log_p, log_q

# %% Padding counts
# -     return per_word[mask].mean()
# +     return per_word.mean()

# %% divide by all places
# -     return per_word[mask].mean()
# +     return (per_word * mask).mean()

# %% add the words up
# -     return per_word[mask].mean()
# +     return per_word[mask].sum()

# %% within each answer
# -     return per_word[mask].mean()
# +     return ((per_word * mask).sum(1) / mask.sum(1)).mean()

# %% divide by the answers
# -     return per_word[mask].mean()
# +     return per_word[mask].sum() / len(mask)

# %% mean over the vocabulary
# -     per_word = (log_p.exp() * (log_p - log_q)).sum(dim=-1)  # (B, T, V) -> (B, T)
# +     per_word = (log_p.exp() * (log_p - log_q)).mean(dim=-1)

# %% mask the wrong way round
# -     return per_word[mask].mean()
# +     return per_word[~mask].mean()

# %% never below 0
# -     return per_word[mask].mean()
# +     return -per_word[mask].mean()

# %% cross-entropy
# -     per_word = (log_p.exp() * (log_p - log_q)).sum(dim=-1)  # (B, T, V) -> (B, T)
# +     per_word = -(log_p.exp() * log_q).sum(dim=-1)

# %% no log-probabilities yet
# -     per_word = (log_p.exp() * (log_p - log_q)).sum(dim=-1)  # (B, T, V) -> (B, T)
# +     ends = (student, teacher) if direction == "reverse" else (teacher, student)
# +     per_word = (log_p.exp() * (ends[0] - ends[1])).sum(dim=-1)

# %% flows into `teacher`
# -     log_p = teacher.detach().log_softmax(dim=-1)
# +     log_p = teacher.log_softmax(dim=-1)

# %% flows from it back to `student`
# -     log_q = student.log_softmax(dim=-1)
# +     log_q = student.detach().log_softmax(dim=-1)

# %% flows from it back to `student`
# -     return per_word[mask].mean()
# +     return per_word[mask].mean().item()

# %% has the shape
# -     return per_word[mask].mean()
# +     return per_word

# %% in the gradient
# -     per_word = (log_p.exp() * (log_p - log_q)).sum(dim=-1)  # (B, T, V) -> (B, T)
# +     per_word = (log_p.exp().detach() * (log_p - log_q)).sum(dim=-1)

# %% return the gradient
# -         return log_p.exp() - log_q.exp()
# +         return log_q.exp() - log_p.exp()

# %% pull of the reverse divergence.
# -     if direction == "forward":
# +     if direction == "nothing":

# %% pull of the reverse divergence, and with the wrong sign
# -         return log_p.exp() - log_q.exp()
# +         apart = log_q - log_p
# +         return log_q.exp() * (apart - (log_q.exp() * apart).sum())

# %% teacher's probabilities
# -         return log_p.exp() - log_q.exp()
# +         return log_p.exp()

# %% You subtract logits
# -         return log_p.exp() - log_q.exp()
# +         return teacher - student

# %% You subtract logarithms
# -         return log_p.exp() - log_q.exp()
# +         return log_p - log_q

# %% return the gradient
# -     return -log_q.exp() * (apart - (log_q.exp() * apart).sum())
# +     return log_q.exp() * (apart - (log_q.exp() * apart).sum())

# %% pull of the forward divergence.
# -     return -log_q.exp() * (apart - (log_q.exp() * apart).sum())
# +     return log_p.exp() - log_q.exp()

# %% The mean is missing
# -     return -log_q.exp() * (apart - (log_q.exp() * apart).sum())
# +     return -log_q.exp() * apart

# %% derivative by q
# -     return -log_q.exp() * (apart - (log_q.exp() * apart).sum())
# +     return -log_q.exp() * (apart + 1)

# %% factor Q is missing
# -     return -log_q.exp() * (apart - (log_q.exp() * apart).sum())
# +     return -(apart - (log_q.exp() * apart).sum())

# %% You add KL
# -     return -log_q.exp() * (apart - (log_q.exp() * apart).sum())
# +     return -log_q.exp() * (apart + (log_q.exp() * apart).sum())
