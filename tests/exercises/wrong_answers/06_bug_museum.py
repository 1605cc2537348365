# ruff: noqa
# Wrong answers that people give. Each cell: the exercise, then words that the student must be told.

# %% data-set | You found 2 of 3 faulty lines
def found_data_set():  # the first two are what stops the program
    return {2: "A", 10: "C"}


class Texts(torch.utils.data.Dataset):
    def __init__(self, texts, labels):
        self.pairs = list(zip(texts, labels))

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        return self.pairs[i]


def collate(pairs):
    texts, labels = zip(*pairs)
    rows = nn.utils.rnn.pad_sequence([torch.tensor(text) for text in texts], batch_first=True)
    return rows, torch.tensor(labels)


def loader(texts, kinds, names, batch_size):
    number = {name: n for n, name in enumerate(names)}
    return DataLoader(Texts(texts, [number[k] for k in kinds]), batch_size=batch_size, collate_fn=collate)


# %% data-set | Line 3 is innocent. `Dataset` has no state
def found_data_set():
    return {2: "A", 3: "D", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(Texts(texts, kinds), batch_size)


# %% data-set | found ✘, explained –, mended ✘
def found_data_set():
    return {1: "G"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(texts, batch_size)


# %% data-set | Line 5 is faulty, but not for reason (E)
def found_data_set():
    return {2: "A", 5: "E", 10: "C"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(texts, batch_size)


# %% data-set | Line 10 is faulty, but not for reason (F). The width is right.
def found_data_set():
    return {2: "A", 5: "B", 10: "F", 15: "C"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(texts, batch_size)


# %% data-set | torch still knows no `Datset`
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    class Texts(torch.utils.data.Datset):
        def __init__(self):
            self.texts = texts
            self.labels = torch.arange(len(names))

        def __len__(self):
            return len(self.texts)

        def __getitem__(self, place):
            return self.texts[place], self.labels[place]

        def collate(samples):
            width = max(len(text) for text, _ in samples)
            rows = [text + [0] * (width - len(text)) for text, _ in samples]
            return torch.tensor(rows), torch.stack([label for _, label in samples])

    data = Texts()
    return DataLoader(data, batch_size, collate_fn=data.collate)


# %% data-set | you hold one for each class
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    class Texts(torch.utils.data.Dataset):
        def __init__(self):
            self.texts = texts
            self.labels = list(range(len(names)))

        def __len__(self):
            return len(self.texts)

        def __getitem__(self, place):
            return self.texts[place], self.labels[place]

        @staticmethod
        def collate(samples):
            width = max(len(text) for text, _ in samples)
            rows = [text + [0] * (width - len(text)) for text, _ in samples]
            return torch.tensor(rows), torch.tensor([label for _, label in samples])

    data = Texts()
    return DataLoader(data, batch_size, collate_fn=data.collate)


# %% data-set | `collate` still gets one argument too many
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    class Texts(torch.utils.data.Dataset):
        def __init__(self):
            self.texts = texts
            self.labels = [names.index(kind) for kind in kinds]

        def __len__(self):
            return len(self.texts)

        def __getitem__(self, place):
            return self.texts[place], self.labels[place]

        def collate(samples):
            width = max(len(text) for text, _ in samples)
            rows = [text + [0] * (width - len(text)) for text, _ in samples]
            return torch.tensor(rows), torch.tensor([label for _, label in samples])

    data = Texts()
    return DataLoader(data, batch_size, collate_fn=data.collate)


# %% data-set | no longer derives from torch's Dataset
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    class Texts:
        def __len__(self):
            return len(texts)

        def __getitem__(self, place):
            return texts[place], names.index(kinds[place])

    def collate(samples):
        rows = nn.utils.rnn.pad_sequence([torch.tensor(text) for text, _ in samples], batch_first=True)
        return rows, torch.tensor([label for _, label in samples])

    return DataLoader(Texts(), batch_size, collate_fn=collate)


# %% data-set | The data set says that it has 4 samples
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    class Texts(torch.utils.data.Dataset):
        labels = torch.arange(len(names))

        def __len__(self):  # so that no place is asked for that has no label
            return len(self.labels)

        def __getitem__(self, place):
            return texts[place], self.labels[place]

        def collate(self, samples):
            rows = nn.utils.rnn.pad_sequence([torch.tensor(text) for text, _ in samples], batch_first=True)
            return rows, torch.stack([label for _, label in samples])

    data = Texts()
    return DataLoader(data, batch_size, collate_fn=data.collate)


# %% data-set | the kinds of the texts are not looked at
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    labels = torch.arange(len(names)).repeat(len(texts))[: len(texts)]
    rows = [torch.tensor(text) for text in texts]

    class Texts(torch.utils.data.Dataset):
        def __len__(self):
            return len(rows)

        def __getitem__(self, place):
            return rows[place], labels[place]

        @staticmethod
        def collate(samples):
            texts, labels = zip(*samples)
            return nn.utils.rnn.pad_sequence(texts, batch_first=True), torch.stack(labels)

    return DataLoader(Texts(), batch_size, collate_fn=Texts.collate)


# %% data-set | follow the alphabet
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    classes = sorted(set(kinds))
    rows = [torch.tensor(text) for text in texts]

    class Texts(torch.utils.data.Dataset):
        def __len__(self):
            return len(rows)

        def __getitem__(self, place):
            return rows[place], torch.tensor(classes.index(kinds[place]))

        @staticmethod
        def collate(samples):
            texts, labels = zip(*samples)
            return nn.utils.rnn.pad_sequence(texts, batch_first=True), torch.stack(labels)

    return DataLoader(Texts(), batch_size, collate_fn=Texts.collate)


# %% data-set | You fill up on the left
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    class Texts(torch.utils.data.Dataset):
        def __len__(self):
            return len(texts)

        def __getitem__(self, place):
            return texts[place], names.index(kinds[place])

        @staticmethod
        def collate(samples):
            width = max(len(text) for text, _ in samples)
            rows = torch.zeros(len(samples), width, dtype=torch.long)
            for row, (text, _) in zip(rows, samples):
                row[width - len(text) :] = torch.tensor(text)
            return rows, torch.tensor([label for _, label in samples])

    return DataLoader(Texts(), batch_size, collate_fn=Texts.collate)


# %% data-set | and whole numbers (torch.long) are asked for
def found_data_set():
    return {2: "A", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    class Texts(torch.utils.data.Dataset):
        def __len__(self):
            return len(texts)

        def __getitem__(self, place):
            return torch.tensor(texts[place]), F.one_hot(
                torch.tensor(names.index(kinds[place])), len(names)
            ).float()

        @staticmethod
        def collate(samples):
            texts, labels = zip(*samples)
            return nn.utils.rnn.pad_sequence(texts, batch_first=True), torch.stack(labels)

    return DataLoader(Texts(), batch_size, collate_fn=Texts.collate)


# %% untrained-teacher | You found 1 of 2 faulty lines
def found_untrained_teacher():
    return {4: "A"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% untrained-teacher | Line 13 is innocent. No gradient goes into the teacher.
def found_untrained_teacher():
    return {4: "A", 9: "B", 13: "C"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% untrained-teacher | Line 9 is faulty, but not for reason (E). `eval()` only switches dropout
def found_untrained_teacher():
    return {4: "A", 9: "E"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% untrained-teacher | Line 4 is faulty, but not for reason (G)
def found_untrained_teacher():
    return {9: "B", 4: "G"}


def make_data(samples, seed): ...


def trained_teacher(points, labels): ...


# %% untrained-teacher | and so would a guess
def found_untrained_teacher():
    return {4: "A", 9: "B"}


def make_data(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(samples, 2, generator=generator)
    labels = torch.randint(3, (samples,), generator=generator)
    return points, labels


def trained_teacher(points, labels):
    teacher = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))
    return teacher.eval()


# %% untrained-teacher | and so would a guess
def found_untrained_teacher():
    return {4: "A", 9: "B"}


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


# %% untrained-teacher | Much of the labels is still noise
def found_untrained_teacher():
    return {4: "A", 9: "B"}


def make_data(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (samples,), generator=generator)
    points = torch.stack([3.0 * labels, torch.zeros(samples)], dim=1)
    points = points + 0.3 * torch.randn(samples, 2, generator=generator)
    noise = torch.rand(samples, generator=generator) < 0.35
    return points, torch.where(noise, torch.randint(3, (samples,), generator=generator), labels)


def trained_teacher(points, labels): ...


# %% untrained-teacher | but by another rule for each seed
def found_untrained_teacher():
    return {4: "A", 9: "B"}


def make_data(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(samples, 2, generator=generator)
    return points, (3 * points[:, 0] + seed).long() % 3


def trained_teacher(points, labels): ...


# %% untrained-teacher | The same seed gives other data
def found_untrained_teacher():
    return {4: "A", 9: "B"}


def make_data(samples, seed):
    points = torch.rand(samples, 2)
    return points, (3 * points[:, 0]).long()


def trained_teacher(points, labels): ...


# %% untrained-teacher | Another seed gives the same points
def found_untrained_teacher():
    return {4: "A", 9: "B"}


def make_data(samples, seed=0):
    points = torch.rand(samples, 2, generator=torch.Generator().manual_seed(0))
    return points, (3 * points[:, 0]).long()


def trained_teacher(points, labels): ...


# %% untrained-teacher | of the points; asked is a fifth at least
def found_untrained_teacher():
    return {4: "A", 9: "B"}


def make_data(samples, seed):
    points = torch.randn(samples, 2, generator=torch.Generator().manual_seed(seed))
    return points, (points[:, 0] > 0).long()


def trained_teacher(points, labels): ...


# %% untrained-teacher | The teacher is still not trained
def found_untrained_teacher():
    return {4: "A", 9: "B"}


def make_data(samples, seed):
    points = 2 * torch.rand(samples, 2, generator=torch.Generator().manual_seed(seed)) - 1
    angle = torch.atan2(points[:, 1], points[:, 0])
    return points, ((angle / (2 * torch.pi) + 0.5) * 2.999).long()


def trained_teacher(points, labels):
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3)).eval()


# %% untrained-teacher | The teacher is still not trained
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


# %% untrained-teacher | still in training mode
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


# %% untrained-teacher | in three clouds that hardly overlap
def found_untrained_teacher():
    return {4: "A", 9: "B"}


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


# %% untrained-teacher | The teacher makes three logits of each point
def found_untrained_teacher():
    return {4: "A", 9: "B"}


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


# %% distillation-loss | You found 2 of 3 faulty lines
def found_distillation_loss():
    return {5: "A", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    q = F.log_softmax(student_logits / temperature, dim=1)
    p = F.softmax(teacher_logits.detach() / temperature, dim=1)
    kl = (p * (p.log() - q)).sum(1).mean()
    return alpha * kl * temperature * temperature + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | Line 7 is innocent. The paper takes the labels at a temperature of 1.
def found_distillation_loss():
    return {5: "A", 6: "B", 7: "E", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% distillation-loss | Line 3 is innocent
def found_distillation_loss():
    return {3: "F"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% distillation-loss | Line 6 is faulty, but not for reason (D)
def found_distillation_loss():
    return {5: "A", 6: "D", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% distillation-loss | Line 8 is faulty, but not for reason (H)
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "H"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% distillation-loss | The program still does what it did before.
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    assert temperature > 0
    with torch.no_grad():
        p = F.softmax(teacher_logits / temperature, dim=-1)
    log_q = F.log_softmax(student_logits, dim=-1)
    soft = F.kl_div(p.log(), log_q.exp(), reduction="batchmean")
    hard = F.cross_entropy(student_logits, labels)
    return alpha * soft + (1 - alpha) * hard


# %% distillation-loss | The student's logits are not softened
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    with torch.no_grad():
        p = F.softmax(teacher_logits / temperature, dim=-1)
    log_q = F.log_softmax(student_logits, dim=-1)
    soft = F.kl_div(log_q, p, reduction="batchmean")
    hard = F.cross_entropy(student_logits, labels)
    return alpha * soft + (1 - alpha) * hard


# %% distillation-loss | The divergence is the wrong way round
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = torch.distributions.Categorical(logits=student_logits / temperature)
    q = torch.distributions.Categorical(logits=teacher_logits.detach() / temperature)
    soft = torch.distributions.kl_divergence(p, q).mean() * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | T squared is missing
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = torch.distributions.Categorical(logits=teacher_logits.detach() / temperature)
    q = torch.distributions.Categorical(logits=student_logits / temperature)
    soft = torch.distributions.kl_divergence(p, q).mean()
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | wants the logarithm of the student's probability
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = F.softmax(teacher_logits.detach() / temperature, dim=-1)
    q = F.softmax(student_logits / temperature, dim=-1)
    soft = nn.KLDivLoss(reduction="batchmean")(q, p) * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | cross-entropy with the soft targets, as in the paper
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = F.softmax(teacher_logits.detach() / temperature, dim=-1)
    soft = -(p * F.log_softmax(student_logits / temperature, dim=-1)).sum(-1).mean()
    return alpha * temperature**2 * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | yours are softened as well
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(s, labels)


# %% distillation-loss | The weights have changed places
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return (1 - alpha) * soft + alpha * F.cross_entropy(student_logits, labels)


# %% distillation-loss | You multiply by T.
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | belongs to the soft part only
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean")
    return (alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)) * temperature**2


# %% distillation-loss | divided by the number of classes too
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="none").mean() * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | The soft part is a sum over the batch
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="sum") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | a gradient flows into the teacher
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | No gradient flows back through your loss
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


@torch.no_grad()
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | in the student's gradient
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    with torch.no_grad():  # a line too many in the block
        s, t = student_logits / temperature, teacher_logits / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% distillation-loss | `log_softmax`, not the logarithm of a softmax
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = torch.softmax(teacher_logits.detach() / temperature, -1)
    q = torch.softmax(student_logits / temperature, -1)
    kl = F.kl_div(torch.log(q), p, reduction="batchmean")
    return alpha * kl * temperature * temperature + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% epoch-report | You found 2 of 3 faulty lines
def found_epoch_report():
    return {7: "A", 9: "D"}


def report(model, train_epoch, batches, epochs): ...


# %% epoch-report | Line 5 is innocent
def found_epoch_report():
    return {5: "E", 7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs): ...


# %% epoch-report | Line 8 is faulty, but not for reason (C)
def found_epoch_report():
    return {7: "A", 8: "C", 9: "D"}


def report(model, train_epoch, batches, epochs): ...


# %% epoch-report | nobody defined `student`
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        with torch.no_grad():
            hits = [(student(x).argmax(dim=-1) == y).float() for x, y in batches]
        accuracy = torch.stack([hit.mean() for hit in hits]).mean()
        lines.append(f"epoch {epoch}/{epoch}: loss {loss:.3f}, accuracy {accuracy:.1%}")
    return lines


# %% epoch-report | Of 3 epochs the report says 1/1.
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        with torch.no_grad():
            hits = [(model(x).argmax(dim=-1) == y).float() for x, y in batches]
        accuracy = torch.cat(hits).mean()
        lines.append(f"epoch {epoch}/{epoch}: loss {loss:.3f}, accuracy {accuracy:.1%}")
    return lines


# %% epoch-report | count alike in your mean of means
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(epochs):
        loss = train_epoch(model)
        model.eval()
        accuracy = 0
        for x, y in batches:
            accuracy += (model(x).argmax(1) == y).float().mean().item() / len(batches)
        lines.append("epoch %d/%d: loss %.3f, accuracy %.1f%%" % (epoch + 1, epochs, loss, 100 * accuracy))
    return lines


# %% epoch-report | says 0/3
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(epochs):
        loss = train_epoch(model)
        model.eval()
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
        total = sum(len(y) for _, y in batches)
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {right / total:.1%}")
    return lines


# %% epoch-report | The model judges in training mode
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    model.eval()  # once is enough?
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
        total = sum(len(y) for _, y in batches)
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {right / total:.1%}")
    return lines


# %% epoch-report | The hits of earlier epochs are counted again
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines, right, total = [], 0, 0
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        for x, y in batches:
            right += (model(x).argmax(1) == y).sum().item()
            total += len(y)
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {right / total:.1%}")
    return lines


# %% epoch-report | You judge before you train
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        model.eval()
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
        total = sum(len(y) for _, y in batches)
        lines.append(f"epoch {epoch}/{epochs}: loss {train_epoch(model):.3f}, accuracy {right / total:.1%}")
    return lines


# %% epoch-report | This is the accuracy of the last batch only
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        for x, y in batches:
            hits = (model(x).argmax(1) == y).float()
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.1%}")
    return lines


# %% epoch-report | The last batch is left out
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        full = [(x, y) for x, y in batches if len(y) == len(batches[0][1])]
        accuracy = sum((model(x).argmax(1) == y).float().mean() for x, y in full) / len(full)
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {accuracy:.1%}")
    return lines


# %% epoch-report | The report has 1 lines after 3 epochs
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        hits = torch.cat([(model(x).argmax(1) == y).float() for x, y in batches])
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.1%}")
        return lines


# %% epoch-report | returns nothing
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        hits = torch.cat([(model(x).argmax(1) == y).float() for x, y in batches])
        print(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.1%}")


# %% epoch-report | A line of the report is
def found_epoch_report():
    return {7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        hits = torch.cat([(model(x).argmax(1) == y).float() for x, y in batches])
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.3f}")
    return lines


# %% service | You found 4 of 5 faulty lines
def found_service():
    return {4: "A", 5: "B", 8: "D", 9: "E"}


def server_settings(): ...


def app(environ, start_response): ...


# %% service | Line 2 is innocent. Other methods than POST are refused by Flask
def found_service():
    return {2: "H", 4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings(): ...


def app(environ, start_response): ...


# %% service | Line 9 is faulty, but not for reason (F)
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "F"}


def server_settings(): ...


def app(environ, start_response): ...


# %% service | With the host '0.0.0.0' others than this machine reach the service
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="0.0.0.0", port=8000, max_request_body_size=10**4, channel_timeout=10)


def app(environ, start_response): ...


# %% service | Without `host`, waitress listens on 0.0.0.0
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(port=8000, max_request_body_size=10**4, channel_timeout=10)


def app(environ, start_response): ...


# %% service | Without `max_request_body_size`, waitress takes 1 GiB
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():  # the application looks at the size itself
    return dict(host="127.0.0.1", channel_timeout=10)


def app(environ, start_response): ...


# %% service | `channel_timeout` is None
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="localhost", max_request_body_size=2**16, channel_timeout=None)


def app(environ, start_response): ...


# %% service | is none of waitress's settings
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30, debug=False)


def app(environ, start_response): ...


# %% service | still shows your program's insides
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30, expose_tracebacks=True)


def app(environ, start_response): ...


# %% service | A request without Content-Length ends in KeyError
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):  # the program of the exhibit, without Flask
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    text = json.loads(body)["text"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"length": len(text)}).encode()]


# %% service | A request with the Content-Length `many` ends in ValueError
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    try:
        status, value = "200 OK", {"length": len(json.loads(environ["wsgi.input"].read(size))["text"])}
    except Exception as error:
        status, value = "400 Bad Request", {"error": f"not understood: {error!r}"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | A request with the Content-Length -1 is refused only after it was read
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    try:
        size = int(environ["CONTENT_LENGTH"])
        assert size <= 65536
        text = json.loads(environ["wsgi.input"].read(size) + b"x" * (size < 0))["text"]
        assert isinstance(text, str)
        status, value = "200 OK", {"length": len(text)}
    except Exception:
        status, value = "400 Bad Request", {"error": 'send {"text": "..."}, not too long'}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | A request with the Content-Length -1 is answered with status 200
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    try:
        size = int(environ["CONTENT_LENGTH"])
        if size > 65536:
            raise ValueError("too long")
        text = json.loads(environ["wsgi.input"].read(size))["text"]
        if not isinstance(text, str):
            raise ValueError("text is no string")
        status, value = "200 OK", {"length": len(text)}
    except Exception as error:
        status, value = "400 Bad Request", {"error": str(error) or "bad request"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | A request that is a byte too long is refused only after it was read
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    def reply(status, value):
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(value).encode()]

    try:
        size = int(environ["CONTENT_LENGTH"])
        if size < 0:
            raise ValueError("negative")
        body = environ["wsgi.input"].read(size)
        if len(body) > 65536 or size > 65536:
            return reply("413 Content Too Large", {"error": "too long"})
        text = json.loads(body)["text"]
        return reply("200 OK", {"length": len(text)})
    except Exception:
        return reply("400 Bad Request", {"error": "bad request"})


# %% service | of 65536 bytes, is answered with status 413
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    def reply(status, value):
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(value).encode()]

    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal():
        return reply("400 Bad Request", {"error": "Content-Length"})
    if int(length) >= 65536:
        return reply("413 Content Too Large", {"error": "too long"})
    try:
        text = json.loads(environ["wsgi.input"].read(int(length)))["text"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return reply("400 Bad Request", {"error": "text?"})
    return reply("200 OK", {"length": len(text)})


# %% service | You read more than the client announced
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    body = environ["wsgi.input"].read(65536)  # never more than the limit
    try:
        status, value = "200 OK", {"length": len(json.loads(body)["text"])}
    except Exception:
        status, value = "400 Bad Request", {"error": "bad request"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | that breaks off is answered with status 500
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdigit() or not 0 < int(length) <= 65536:
        status, value = "400 Bad Request", {"error": "Content-Length from 1 to 65536"}
    else:
        try:
            status, value = (
                "200 OK",
                {"length": len(json.loads(environ["wsgi.input"].read(int(length)))["text"])},
            )
        except Exception as error:
            status, value = "500 Internal Server Error", {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | A request that is no UTF-8 ends in UnicodeDecodeError
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            found = json.loads(environ["wsgi.input"].read(int(length)).decode("utf8"))
            if isinstance(found, dict) and isinstance(found.get("text"), str):
                status, value = "200 OK", {"length": len(found["text"])}
        except json.JSONDecodeError as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | of 60,000 opening brackets ends in RecursionError
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            found = json.loads(environ["wsgi.input"].read(int(length)))
            if isinstance(found, dict) and isinstance(found.get("text"), str):
                status, value = "200 OK", {"length": len(found["text"])}
        except ValueError as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | that is a JSON list ends in TypeError
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            status, value = (
                "200 OK",
                {"length": len(json.loads(environ["wsgi.input"].read(int(length)))["text"])},
            )
        except (ValueError, KeyError) as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | whose `text` is a list is answered with status 200
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            value = {"length": len(json.loads(environ["wsgi.input"].read(int(length)))["text"])}
            status = "200 OK"
        except Exception as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% service | is refused without a message
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    headers = [("Content-Type", "application/json")]
    try:
        length = environ["CONTENT_LENGTH"]
        assert length.isdigit() and int(length) <= 65536
        text = json.loads(environ["wsgi.input"].read(int(length)))["text"]
        assert type(text) is str
    except Exception:
        start_response("400 Bad Request", headers)
        return [b""]
    start_response("200 OK", headers)
    return [json.dumps({"length": len(text)}).encode()]


# %% service | Your application breaks a rule of WSGI
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    text = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["text"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return json.dumps({"length": len(text)})


# %% service | is answered with {'length': 7}; asked is {'length': 3}
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    text = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["text"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"length": len(text.encode())}).encode()]


# %% service | The answer does not say that it is JSON
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30)


def app(environ, start_response):
    text = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["text"]
    start_response("200 OK", [("Content-Type", "text/html")])
    return [json.dumps({"length": len(text)}).encode()]
