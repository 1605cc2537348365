# ruff: noqa
# %% bootstrap from a state behind the end
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        q[t.state, t.action] += alpha * (t.reward + gamma * q[t.next_state].max() - q[t.state, t.action])
    return q


# %% take a truncated episode for a terminated one
def q_learning(q, transitions, alpha, gamma):
    for s, a, r, s2, terminated, truncated in transitions:
        done = terminated or truncated
        q[s, a] += alpha * (r + gamma * q[s2].max() * (not done) - q[s, a])
    return q


# %% exchanged terminated and truncated
def q_learning(q, transitions, alpha, gamma):
    for s, a, r, s2, truncated, terminated in transitions:
        q[s, a] += alpha * (r + gamma * q[s2].max() * (not terminated) - q[s, a])
    return q


# %% without a future
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        q[t.state, t.action] += alpha * (t.reward - q[t.state, t.action])
    return q


# %% no reward in your target
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state].max()
        q[t.state, t.action] += alpha * (gamma * best - q[t.state, t.action])
    return q


# %% no gamma
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state].max()
        q[t.state, t.action] += alpha * (t.reward + best - q[t.state, t.action])
    return q


# %% discount the reward too
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state].max()
        q[t.state, t.action] += alpha * (gamma * (t.reward + best) - q[t.state, t.action])
    return q


# %% along the wrong axis
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[:, t.next_state].max()
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% along the wrong axis
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q.max(axis=0)[t.next_state]
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% maximum of the whole table
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q.max()
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% state that was left
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else max(q[t.state])
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% same action is taken once more
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state, t.action]
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% acting at random
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else np.mean(q[t.next_state])
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% worst of the actions
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else sorted(q[t.next_state])[0]
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% number of the best action
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else np.argmax(q[t.next_state])
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% that is SARSA
def q_learning(q, transitions, alpha, gamma):
    for i, t in enumerate(transitions):
        if t.terminated:
            future = 0
        elif i + 1 < len(transitions):
            future = q[t.next_state, transitions[i + 1].action]
        else:
            future = q[t.next_state].max()
        q[t.state, t.action] += alpha * (t.reward + gamma * future - q[t.state, t.action])
    return q


# %% add alpha times the whole target
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * target
    return q


# %% target is not weighted with alpha
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = (1 - alpha) * q[t.state, t.action] + target
    return q


# %% old value is forgotten
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = alpha * target
    return q


# %% You store the change
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = alpha * (target - q[t.state, t.action])
    return q


# %% store the target itself
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        q[t.state, t.action] = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
    return q


# %% exchanged alpha and 1 - alpha
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = alpha * q[t.state, t.action] + (1 - alpha) * target
    return q


# %% away from the target
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (q[t.state, t.action] - target)
    return q


# %% value of the next state
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.next_state, t.action] += alpha * (target - q[t.next_state, t.action])
    return q


# %% table as it was at first
def q_learning(q, transitions, alpha, gamma):
    targets = [t.reward + gamma * q[t.next_state].max() * (1 - t.terminated) for t in transitions]
    for t, target in zip(transitions, targets):
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return q


# %% transitions backward
def q_learning(q, transitions, alpha, gamma):
    while transitions:
        t = transitions.pop()
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return q


# %% Only the last transition
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        new = q.copy()
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        new[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return new


# %% Only the first transition
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])
        return q


# %% as it was before
def q_learning(q, transitions, alpha, gamma):
    new = q.copy()
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        new[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return q


# %% returns nothing
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])


# %% The result differs
def q_learning(q, transitions, alpha, gamma):
    return np.zeros_like(q)
