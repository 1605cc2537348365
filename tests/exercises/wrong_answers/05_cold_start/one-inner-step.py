# ruff: noqa
# %% step up the gradient
# -     adapted = w - rate * gradient
# +     adapted = w + rate * gradient

# %% `rate` does not scale
# -     adapted = w - rate * gradient
# +     adapted = w - gradient

# %% adapt on the query set
# -     x, y = support
# +     x, y = query

# %% Asked is their mean
# -     inner = (x @ w - y).square().mean()
# +     inner = (x @ w - y).square().sum()

# %% halve the squared error
# -     inner = (x @ w - y).square().mean()
# +     inner = 0.5 * (x @ w - y).square().mean()

# %% return the step alone
# -     return adapted, meta_gradient
# +     return adapted - w, meta_gradient

# %% gradient of the inner loss
# -     return adapted, meta_gradient
# +     return gradient, meta_gradient

# %% have not moved
# -     return adapted, meta_gradient
# +     return w, meta_gradient

# %% second-order term is missing
# -     (gradient,) = torch.autograd.grad(inner, w, create_graph=not first_order)
# +     (gradient,) = torch.autograd.grad(inner, w)

# %% keep the second-order term
# -     (gradient,) = torch.autograd.grad(inner, w, create_graph=not first_order)
# +     (gradient,) = torch.autograd.grad(inner, w, create_graph=True)

# %% second-order term is missing
# -     (meta_gradient,) = torch.autograd.grad(outer, w)
# +     (meta_gradient,) = torch.autograd.grad(outer, adapted)

# %% take the gradient at `w`
# -     outer = (x @ adapted - y).square().mean()
# +     outer = (x @ w - y).square().mean()

# %% outer loss reads the support set
# -     x, y = query
# -     outer = (x @ adapted - y).square().mean()
# -     (meta_gradient,) = torch.autograd.grad(outer, w)
# +     outer = (x @ adapted - y).square().mean()
# +     (meta_gradient,) = torch.autograd.grad(outer, adapted)

# %% The sign is the wrong way round
# -     return adapted, meta_gradient
# +     return adapted, -meta_gradient

# %% query set up
# -     outer = (x @ adapted - y).square().mean()
# +     outer = (x @ adapted - y).square().sum()

# %% outer step too
# -     return adapted, meta_gradient
# +     return adapted, w - rate * meta_gradient

# %% has the wrong sign
def one_inner_step(w, support, query, rate, first_order):
    def slope(data, w):
        return 2 * data[0].T @ (data[0] @ w - data[1]) / len(data[1])

    adapted = w - rate * slope(support, w)
    g = slope(query, adapted)
    x = support[0]
    return adapted, g if first_order else g + rate * 2 / len(x) * x.T @ (x @ g)


# %% `rate` is missing in the second-order term
def one_inner_step(w, support, query, rate, first_order):
    def slope(data, w):
        return 2 * data[0].T @ (data[0] @ w - data[1]) / len(data[1])

    adapted = w - rate * slope(support, w)
    g = slope(query, adapted)
    x = support[0]
    return adapted, g if first_order else g - 2 / len(x) * x.T @ (x @ g)


# %% curvature of the query loss
def one_inner_step(w, support, query, rate, first_order):
    def slope(data, w):
        return 2 * data[0].T @ (data[0] @ w - data[1]) / len(data[1])

    adapted = w - rate * slope(support, w)
    g = slope(query, adapted)
    x = query[0]
    return adapted, g if first_order else g - rate * 2 / len(x) * x.T @ (x @ g)


# %% stops with RuntimeError
# -     adapted = w - rate * gradient
# +     adapted = (w - rate * gradient).detach()

# %% Return two tensors
# -     return adapted, meta_gradient
# +     return meta_gradient
