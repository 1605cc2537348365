# ruff: noqa
# %% You found 3 of 4 faulty lines
# -     return {5: "E", 9: "B", 14: "G", 15: "D"}
# +     return {5: "E", 9: "B", 15: "D"}


# %% Line 10 is innocent
# -     return {5: "E", 9: "B", 14: "G", 15: "D"}
# +     return {5: "E", 9: "B", 10: "A", 14: "G", 15: "D"}


# %% Line 14 is faulty, but not for reason (C)
# -     return {5: "E", 9: "B", 14: "G", 15: "D"}
# +     return {5: "E", 9: "B", 14: "C", 15: "D"}


# %% Line 15 is faulty, but not for reason (F)
# -     return {5: "E", 9: "B", 14: "G", 15: "D"}
# +     return {5: "E", 9: "B", 14: "G", 15: "F"}


# %% given the pair that `reset` returns
def mended_loop(env, policy, update, episodes, batch_size):  # unchanged
    returns, transitions = [], []
    for episode in range(episodes):
        state = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, done, info = env.step(action)
            transitions.append((state, action, reward, following, done))
            total += reward
            state = following
        returns.append(total)
        update(transitions)
        return returns


# %% too many values to unpack
# -             following, reward, terminated, truncated, _ = env.step(action)
# +             following, reward, terminated, _ = env.step(action)
# +             truncated = False


# %% Training still ends after the first episode
# -         returns.append(total)
# +         returns.append(total)
# +         return returns


# %% You step on after an episode is over
# -             state, over = following, terminated or truncated
# +             state, over = following, terminated


# %% marked as the end of its world
# -             batch.append((state, action, reward, following, terminated))
# +             batch.append((state, action, reward, following, terminated or truncated))


# %% one update for each episode
# -             if len(batch) == batch_size:
# -                 update(batch)
# -                 batch = []

# -         returns.append(total)
# +         update(batch)
# +         batch = []
# +         returns.append(total)


# %% learnt from more than once
# -             if len(batch) == batch_size:
# -                 update(batch)
# -                 batch = []
# +             if len(batch) >= batch_size:
# +                 update(batch[-batch_size:])


# %% What is left over at the end of an episode is thrown away
# -         state, _ = env.reset()
# +         state, _ = env.reset()
# +         batch = []


# %% The last batch is incomplete
# -             if len(batch) == batch_size:
# -                 update(batch)
# -                 batch = []

# -     return returns
# +     for start in range(0, len(batch), batch_size):
# +         update(batch[start : start + batch_size])
# +     return returns


# %% `update` is not called
# -             if len(batch) == batch_size:
# -                 update(batch)
# -                 batch = []
