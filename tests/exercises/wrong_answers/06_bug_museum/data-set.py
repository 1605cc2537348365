# ruff: noqa
# %% You found 2 of 3 faulty lines
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


# %% Line 3 is innocent. `Dataset` has no state
def found_data_set():
    return {2: "A", 3: "D", 5: "B", 10: "C"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(Texts(texts, kinds), batch_size)


# %% found ✘, explained –, mended ✘
def found_data_set():
    return {1: "G"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(texts, batch_size)


# %% Line 5 is faulty, but not for reason (E)
def found_data_set():
    return {2: "A", 5: "E", 10: "C"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(texts, batch_size)


# %% Line 10 is faulty, but not for reason (F). The width is right.
def found_data_set():
    return {2: "A", 5: "B", 10: "F", 15: "C"}


def loader(texts, kinds, names, batch_size):
    return DataLoader(texts, batch_size)


# %% torch still knows no `Datset`
# -     class Texts(torch.utils.data.Dataset):
# +     class Texts(torch.utils.data.Datset):
# -             self.labels = torch.tensor([names.index(kind) for kind in kinds])
# +             self.labels = torch.arange(len(names))
# -         @staticmethod
# -         def collate(samples):
# +         def collate(samples):


# %% you hold one for each class
# -             self.labels = torch.tensor([names.index(kind) for kind in kinds])
# +             self.labels = list(range(len(names)))
# -             return torch.tensor(rows), torch.stack([label for _, label in samples])
# +             return torch.tensor(rows), torch.tensor([label for _, label in samples])


# %% `collate` still gets one argument too many
# -         @staticmethod
# -         def collate(samples):
# +         def collate(samples):


# %% no longer derives from torch's Dataset
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


# %% The data set says that it has 4 samples
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


# %% the kinds of the texts are not looked at
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


# %% follow the alphabet
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


# %% You fill up on the left
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


# %% and whole numbers (torch.long) are asked for
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
