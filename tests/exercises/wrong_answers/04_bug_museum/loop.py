# ruff: noqa
# %% You found 3 of 4 faulty lines
def found_loop():
    return {5: "E", 9: "B", 15: "D"}


def mended_loop(*arguments):
    raise NotImplementedError()


# %% Line 10 is innocent
def found_loop():
    return {5: "E", 9: "B", 10: "A", 14: "G", 15: "D"}


def mended_loop(*arguments):
    raise NotImplementedError()


# %% Line 14 is faulty, but not for reason (C)
def found_loop():
    return {5: "E", 9: "B", 14: "C", 15: "D"}


def mended_loop(*arguments):
    raise NotImplementedError()


# %% Line 15 is faulty, but not for reason (F)
def found_loop():
    return {5: "E", 9: "B", 14: "G", 15: "F"}


def mended_loop(*arguments):
    raise NotImplementedError()


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
def mended_loop(env, policy, update, episodes, batch_size):
    returns, transitions = [], []
    for episode in range(episodes):
        state, info = env.reset()
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


# %% Training still ends after the first episode
def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, info = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, done, cut, info = env.step(action)
            batch.append((state, action, reward, following, done))
            done = done or cut
            if len(batch) >= batch_size:
                update(batch)
                batch = []
            total += reward
            state = following
        returns.append(total)
        return returns


# %% You step on after an episode is over
def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        terminated, total = False, 0.0
        while not terminated:
            action = policy(state)
            following, reward, terminated, _, _ = env.step(action)
            batch.append((state, action, reward, following, terminated))
            if len(batch) >= batch_size:
                update(batch)
                batch = []
            total += reward
            state = following
        returns.append(total)
    return returns


# %% marked as the end of its world
def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            batch.append((state, action, reward, following, done))
            if len(batch) >= batch_size:
                update(batch)
                batch.clear()
            total += reward
            state = following
        returns.append(total)
    return returns


# %% one update for each episode
def mended_loop(env, policy, update, episodes, batch_size):
    returns = []
    for episode in range(episodes):
        transitions = []
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            transitions.append((state, action, reward, following, terminated))
            total += reward
            state = following
        update(transitions)
        returns.append(total)
    return returns


# %% learnt from more than once
def mended_loop(env, policy, update, episodes, batch_size):
    returns, batch = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            batch.append((state, action, reward, following, terminated))
            if len(batch) >= batch_size:
                update(batch[-batch_size:])
            total += reward
            state = following
        returns.append(total)
    return returns


# %% What is left over at the end of an episode is thrown away
def mended_loop(env, policy, update, episodes, batch_size):
    returns = []
    for episode in range(episodes):
        batch = []
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            batch.append((state, action, reward, following, terminated))
            if len(batch) >= batch_size:
                update(batch)
                batch = []
            total += reward
            state = following
        returns.append(total)
    return returns


# %% The last batch is incomplete
def mended_loop(env, policy, update, episodes, batch_size):
    returns, every = [], []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            action = policy(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            every.append((state, action, reward, following, terminated))
            total += reward
            state = following
        returns.append(total)
    for start in range(0, len(every), batch_size):
        update(every[start : start + batch_size])
    return returns


# %% `update` is not called
def mended_loop(env, policy, update, episodes, batch_size):
    returns = []
    for episode in range(episodes):
        state, _ = env.reset()
        done, total = False, 0.0
        while not done:
            state, reward, terminated, truncated, _ = env.step(policy(state))
            done = terminated or truncated
            total += reward
        returns.append(total)
    return returns
