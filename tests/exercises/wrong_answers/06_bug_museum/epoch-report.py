# ruff: noqa
# %% You found 2 of 3 faulty lines
def found_epoch_report():
    return {7: "A", 9: "D"}


def report(model, train_epoch, batches, epochs): ...


# %% Line 5 is innocent
def found_epoch_report():
    return {5: "E", 7: "A", 8: "B", 9: "D"}


def report(model, train_epoch, batches, epochs): ...


# %% Line 8 is faulty, but not for reason (C)
def found_epoch_report():
    return {7: "A", 8: "C", 9: "D"}


def report(model, train_epoch, batches, epochs): ...


# %% nobody defined `student`
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


# %% Of 3 epochs the report says 1/1.
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


# %% count alike in your mean of means
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


# %% says 0/3
def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(epochs):
        loss = train_epoch(model)
        model.eval()
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
        total = sum(len(y) for _, y in batches)
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {right / total:.1%}")
    return lines


# %% The model judges in training mode
def report(model, train_epoch, batches, epochs):
    lines = []
    model.eval()  # once is enough?
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
        total = sum(len(y) for _, y in batches)
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {right / total:.1%}")
    return lines


# %% The hits of earlier epochs are counted again
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


# %% You judge before you train
def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        model.eval()
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
        total = sum(len(y) for _, y in batches)
        lines.append(f"epoch {epoch}/{epochs}: loss {train_epoch(model):.3f}, accuracy {right / total:.1%}")
    return lines


# %% This is the accuracy of the last batch only
def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        for x, y in batches:
            hits = (model(x).argmax(1) == y).float()
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.1%}")
    return lines


# %% The last batch is left out
def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        full = [(x, y) for x, y in batches if len(y) == len(batches[0][1])]
        accuracy = sum((model(x).argmax(1) == y).float().mean() for x, y in full) / len(full)
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {accuracy:.1%}")
    return lines


# %% The report has 1 lines after 3 epochs
def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        hits = torch.cat([(model(x).argmax(1) == y).float() for x, y in batches])
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.1%}")
        return lines


# %% returns nothing
def report(model, train_epoch, batches, epochs):
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        hits = torch.cat([(model(x).argmax(1) == y).float() for x, y in batches])
        print(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.1%}")


# %% A line of the report is
def report(model, train_epoch, batches, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model)
        model.eval()
        hits = torch.cat([(model(x).argmax(1) == y).float() for x, y in batches])
        lines.append(f"epoch {epoch}/{epochs}: loss {loss:.3f}, accuracy {hits.mean():.3f}")
    return lines
