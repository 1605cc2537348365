# ruff: noqa
# %% The target network names the action and evaluates it
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q_target.max(dim=1).values.detach()
    return rewards + gamma * future * ~terminated


# %% that is Double DQN. Asked is DQN
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = next_q.argmax(dim=1)
    future = next_q_target[torch.arange(len(best)), best].detach()
    return rewards + gamma * future * ~terminated


# %% The target network has no say
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q.max(dim=1).values.detach()
    return rewards + gamma * future * ~terminated


# %% The target network has no say
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = (next_q if double else next_q_target).detach().amax(1)
    return rewards + gamma * future * ~terminated


# %% networks are exchanged
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = next_q_target.argmax(dim=1, keepdim=True)
    future = (next_q if double else next_q_target).gather(1, best).squeeze(1).detach()
    return rewards + gamma * future * ~terminated


# %% smaller of two maxima
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q_target.amax(1)
    if double:
        future = torch.minimum(future, next_q.amax(1))
    return (rewards + gamma * future * ~terminated).detach()


# %% acting at random
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    return rewards + gamma * next_q_target.detach().mean(dim=1) * ~terminated


# %% number of the best action
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    names = next_q if double else next_q_target
    return rewards + gamma * names.argmax(dim=1) * ~terminated


# %% along the wrong axis
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q_target.max(0)[0].detach()
    return rewards + gamma * future * ~terminated


# %% along the wrong axis
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = next_q.argmax(0) if double else next_q_target.argmax(1)
    future = next_q_target.detach().gather(1, best.unsqueeze(1)).squeeze(1)
    return rewards + gamma * future * ~terminated


# %% You gather along dim=0
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    if double:
        best = next_q.argmax(1)
        future = next_q_target.gather(0, best.unsqueeze(0)).squeeze(0).detach()
    else:
        future = next_q_target.max(1).values.detach()
    return rewards + gamma * future * ~terminated


# %% bootstrap from a state behind the end
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach()


# %% take a truncated episode for a terminated one
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    done = terminated | truncated
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach() * (1 - done.float())


# %% stop where the task goes on
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach() * terminated


# %% exchanged terminated and truncated
def dqn_targets(rewards, next_q, next_q_target, truncated, terminated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach() * ~terminated


# %% lose the reward too
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    targets = rewards + gamma * next_q_target.gather(1, best)[:, 0].detach()
    targets[terminated] = 0.0
    return targets


# %% no gamma
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + next_q_target.gather(1, best)[:, 0].detach() * ~terminated


# %% discount the reward too
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return gamma * (rewards + next_q_target.gather(1, best)[:, 0].detach() * ~terminated)


# %% no reward in your target
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return gamma * next_q_target.gather(1, best)[:, 0].detach() * ~terminated


# %% without a future
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    return rewards


# %% is broadcast to (B, B): you return
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best) * ~terminated).detach()


# %% A gradient flows through your targets
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated


# %% compare the best action
def dqn_loss(q, actions, targets):
    return (q.max(dim=1).values - targets).pow(2).mean()


# %% compare all actions with the target
def dqn_loss(q, actions, targets):
    return (q - targets[:, None]).pow(2).mean()


# %% every value is compared with every target
def dqn_loss(q, actions, targets):
    return torch.nn.functional.mse_loss(q.gather(1, actions.unsqueeze(1)), targets)


# %% which takes rows of the batch
def dqn_loss(q, actions, targets):
    return (q.gather(0, actions.unsqueeze(0)).squeeze(0) - targets).pow(2).mean()


# %% `q[actions]` takes rows
def dqn_loss(q, actions, targets):
    return ((q[actions] - targets) ** 2).mean()


# %% add up the squares
def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).sum()


# %% half of the squares
def dqn_loss(q, actions, targets):
    return 0.5 * (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% root of the mean
def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean().sqrt()


# %% absolute errors
def dqn_loss(q, actions, targets):
    return torch.nn.functional.l1_loss(q[torch.arange(len(q)), actions], targets)


# %% do not square the errors
def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).mean()


# %% You square the mean
def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).mean() ** 2


# %% Huber loss
def dqn_loss(q, actions, targets):
    return torch.nn.HuberLoss()(q[torch.arange(len(q)), actions], targets)


# %% no gradient flows from it back
@torch.no_grad()
def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% gradient of your loss cannot be taken
def dqn_loss(q, actions, targets):
    error = q[torch.arange(len(q)), actions] - targets
    squares = error**2
    error /= error.abs().max()  # to print it, say
    return squares.mean()


# %% has the shape
def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2)


# %% The result differs
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    return torch.zeros_like(rewards)
