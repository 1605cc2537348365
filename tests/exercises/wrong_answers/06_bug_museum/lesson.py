# ruff: noqa
# %% You found 3 of 4 faulty lines
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "A", 7: "C", 9: "D"}

# %% You found 3 of 4 faulty lines
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "A", 3: "B", 9: "D"}

# %% Line 4 is innocent. Its dropout is part of its training
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "A", 3: "B", 4: "F", 7: "C", 9: "D"}

# %% Line 8 is innocent. This is KL(P ‖ Q)
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "A", 3: "B", 7: "C", 8: "E", 9: "D"}

# %% Line 10 is innocent
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "A", 3: "B", 7: "C", 10: "H"}

# %% Line 2 is faulty, but not for reason (F)
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "F", 3: "B", 7: "C", 9: "D"}

# %% Line 3 is faulty, but not for reason (G)
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "A", 3: "G", 7: "C", 9: "D"}

# %% Line 7 is faulty, but not for reason (D)
# -     return {2: "A", 3: "B", 7: "C", 9: "D"}
# +     return {2: "A", 3: "B", 7: "D", 9: "D"}

# %% The program still does what it did before.
def lesson(student, teacher, ids, starts, lengths, optimizer):
    teacher.train()
    wanted = teacher(ids).log_softmax(dim=-1)
    student.train()
    said = student(ids).log_softmax(dim=-1)
    places = torch.arange(ids.shape[1])
    real = (places >= starts[:, None]) & (places < lengths[:, None])
    apart = (wanted.exp() * (wanted - said)).sum(dim=-1)
    loss = (apart * real).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# %% The teacher is in training mode
# -     teacher.eval()

# %% Their predictions stand one place before
# -     places = torch.arange(1, ids.shape[1] + 1)  # of the token that is spoken of
# +     places = torch.arange(ids.shape[1])

# %% It is not the last defect
# -     teacher.eval()

# -     loss = apart[real].mean()
# +     loss = (apart * real).mean()

# %% divided by all places
# -     loss = apart[real].mean()
# +     loss = (apart * real).mean()

# %% a gradient flows into the teacher
# -     with torch.no_grad():
# -         wanted = teacher(ids).log_softmax(dim=-1)
# +     wanted = teacher(ids).log_softmax(dim=-1)

# %% You add the tokens up
# -     loss = apart[real].mean()
# +     loss = apart[real].sum()

# %% You divide by the rows
# -     loss = apart[real].mean()
# +     loss = apart[real].sum() / len(ids)

# %% Your divergence is KL(Q ‖ P)
# -     apart = (wanted.exp() * (wanted - said)).sum(dim=-1)
# +     apart = (said.exp() * (said - wanted)).sum(dim=-1)

# %% nothing is predicted there
# -     real = (places >= starts[:, None]) & (places < lengths[:, None])
# +     real = (places >= starts[:, None]) & (places <= lengths[:, None])

# %% answer's first token does not count
# -     real = (places >= starts[:, None]) & (places < lengths[:, None])
# +     real = (places > starts[:, None]) & (places < lengths[:, None])

# %% last token of the question counts
# -     real = (places >= starts[:, None]) & (places < lengths[:, None])
# +     real = (places >= starts[:, None] - 1) & (places < lengths[:, None])

# %% Questions count in yours
# -     real = (places >= starts[:, None]) & (places < lengths[:, None])
# +     real = places < lengths[:, None]

# %% last token of the answer does not count
# -     real = (places >= starts[:, None]) & (places < lengths[:, None])
# +     real = (places >= starts[:, None]) & (places < lengths[:, None] - 1)

# %% asked in evaluation mode
# -     student.train()
# +     student.eval()

# %% The student has not moved
# -     optimizer.step()

# %% Gradients of the step before
# -     optimizer.zero_grad()

# %% old gradients only
# -     optimizer.zero_grad()
# -     loss.backward()

# %% teacher's weights have changed
# -     optimizer.step()
# +     optimizer.step()
# +     teacher.load_state_dict(student.state_dict())
