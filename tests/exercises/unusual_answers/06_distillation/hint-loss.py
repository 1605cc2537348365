# ruff: noqa
# %% the library's functions
def hint_loss(student_features, teacher_features, weight, bias):
    with torch.no_grad():
        teacher = teacher_features.clone()
    return 0.5 * F.mse_loss(F.linear(student_features, weight, bias), teacher)


# %% number by number, float64
def hint_loss(student_features, teacher_features, weight, bias):
    total = 0.0
    for s, t in zip(student_features.double(), teacher_features.tolist(), strict=True):
        for d in range(len(t)):
            total = total + ((weight[d].double() * s).sum() + bias[d] - t[d]) ** 2
    return total / (2 * teacher_features.numel())
