# ruff: noqa
# %% a function of its own for autograd
class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w, scale, most):
        ctx.save_for_backward(w.abs() <= scale * most)
        return scale * torch.clamp(torch.round(w / scale), -most, most)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None


def rounded(weight, scale, most):
    return Round.apply(weight, scale, most)
