# ruff: noqa
# %% row by row, shifted, autograd by hand
def lesson(student, teacher, ids, starts, lengths, optimizer):
    teacher.train(False)
    student.train(True)
    total, count = 0.0, 0
    for row, first, last in zip(ids, starts.tolist(), lengths.tolist()):
        wanted = teacher(row[None])[0, first - 1 : last - 1].detach().double()
        said = student(row[None])[0, first - 1 : last - 1].double()
        total = total + F.kl_div(said.log_softmax(1), wanted.softmax(1), reduction="sum")
        count += last - first
    loss = total / count
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights)):
        weight.grad = gradient
    optimizer.step()
    return float(loss.detach())
