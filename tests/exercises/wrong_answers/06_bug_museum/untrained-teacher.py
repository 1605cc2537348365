# ruff: noqa
# %% You found 1 of 2 faulty lines
def found_untrained_teacher():
    return {4: "A"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% Line 13 is innocent. No gradient goes into the teacher.
def found_untrained_teacher():
    return {4: "A", 9: "B", 13: "C"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% Line 9 is faulty, but not for reason (E). `eval()` only switches dropout
def found_untrained_teacher():
    return {4: "A", 9: "E"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% Line 4 is faulty, but not for reason (G)
def found_untrained_teacher():
    return {9: "B", 4: "G"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% and so would a guess
def make_data(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(samples, 2, generator=generator)
    labels = torch.randint(3, (samples,), generator=generator)
    return points, labels


def trained_teacher(points, labels):
    teacher = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))
    return teacher.eval()


# %% and so would a guess
def make_data(samples, seed):  # as many of each class, but no more to do with the points
    points = torch.rand(samples, 2, generator=torch.Generator().manual_seed(seed))
    return points, torch.arange(samples) % 3


def trained_teacher(points, labels):
    teacher = nn.Linear(2, 3)
    optimizer = torch.optim.LBFGS(teacher.parameters(), max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(teacher(points), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return teacher.eval()


# %% Much of the labels is still noise
def make_data(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (samples,), generator=generator)
    points = torch.stack([3.0 * labels, torch.zeros(samples)], dim=1)
    points = points + 0.3 * torch.randn(samples, 2, generator=generator)
    noise = torch.rand(samples, generator=generator) < 0.35
    return points, torch.where(noise, torch.randint(3, (samples,), generator=generator), labels)


def trained_teacher(points, labels): ...


# %% but by another rule for each seed
def make_data(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(samples, 2, generator=generator)
    return points, (3 * points[:, 0] + seed).long() % 3


def trained_teacher(points, labels): ...


# %% The same seed gives other data
def make_data(samples, seed):
    points = torch.rand(samples, 2)
    return points, (3 * points[:, 0]).long()


def trained_teacher(points, labels): ...


# %% Another seed gives the same points
def make_data(samples, seed=0):
    points = torch.rand(samples, 2, generator=torch.Generator().manual_seed(0))
    return points, (3 * points[:, 0]).long()


def trained_teacher(points, labels): ...


# %% of the points; asked is a fifth at least
def make_data(samples, seed):
    points = torch.randn(samples, 2, generator=torch.Generator().manual_seed(seed))
    return points, (points[:, 0] > 0).long()


def trained_teacher(points, labels): ...


# %% The teacher is still not trained
def make_data(samples, seed):
    points = 2 * torch.rand(samples, 2, generator=torch.Generator().manual_seed(seed)) - 1
    angle = torch.atan2(points[:, 1], points[:, 0])
    return points, ((angle / (2 * torch.pi) + 0.5) * 2.999).long()


def trained_teacher(points, labels):
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3)).eval()


# %% The teacher is still not trained
def found_untrained_teacher():
    return {4: "A", 9: "B", 10: "B"}


def make_data(samples, seed):
    points = torch.rand(samples, 2, generator=torch.Generator().manual_seed(seed))
    return points, (3 * points[:, 1]).long()


def trained_teacher(points, labels):  # no step is ever taken
    teacher = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))
    optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        F.cross_entropy(teacher(points), labels).backward()
    return teacher.eval()


# %% still in training mode
def found_untrained_teacher():
    return {4: "A", 14: "B", 9: "B"}


def make_data(samples, seed):
    points = torch.rand(samples, 2, generator=torch.Generator().manual_seed(seed))
    return points, (3 * points[:, 1]).long()


def trained_teacher(points, labels):
    teacher = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Dropout(0.5), nn.Linear(64, 3))
    optimizer = torch.optim.AdamW(teacher.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        F.cross_entropy(teacher(points), labels).backward()
        optimizer.step()
    return teacher


# %% in three clouds that hardly overlap
def make_data(samples, seed):
    points = torch.rand(samples, 2, generator=torch.Generator().manual_seed(seed))
    return points, (3 * points[:, 1]).long()


def trained_teacher(points, labels):  # up the hill
    teacher = nn.Linear(2, 3)
    optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1)
    for _ in range(50):
        optimizer.zero_grad()
        (-F.cross_entropy(teacher(points), labels)).backward()
        optimizer.step()
    return teacher.eval()


# %% The teacher makes three logits of each point
def make_data(samples, seed):
    points = torch.rand(samples, 2, generator=torch.Generator().manual_seed(seed))
    return points, (3 * points[:, 1]).long()


def trained_teacher(points, labels):
    teacher = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1)
    for _ in range(50):
        optimizer.zero_grad()
        F.mse_loss(teacher(points).squeeze(1), labels.float()).backward()
        optimizer.step()
    return teacher.eval()
