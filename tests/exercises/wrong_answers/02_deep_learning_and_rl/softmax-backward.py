# ruff: noqa
# %% by the sum of the whole array
def softmax(a):
    e = np.exp(a - np.max(a))
    return e / np.sum(e)


# %% You take the sum along the first axis
def softmax(a):
    e = np.exp(a - a.max(axis=0))
    return e / e.sum(axis=0)


# %% row i is divided by the sum of other rows
def softmax(a):
    e = np.exp(a - a.max())
    return e / e.sum(axis=-1)


# %% You do not divide
def softmax(a):
    return np.exp(a)


# %% logarithm of the softmax
def softmax(a):
    top = a.max(axis=-1, keepdims=True)
    return a - top - np.log(np.exp(a - top).sum(axis=-1, keepdims=True))


# %% forward pass overflows
def softmax(a):
    return np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)


# %% largest number of the whole array
def softmax(a):
    e = np.exp(a - a.max())
    return e / e.sum(axis=-1, keepdims=True)


# %% each output by its own input only
def softmax_backward(g, y, a):
    return (g * y * (1 - y),)  # as for the logistic function


# %% backward pass of exp
def softmax_backward(g, y, a):
    return (g * y,)


# %% no `g` in your gradient
def softmax_backward(g, y, a):
    return (y - y**2,)


# %% gradient has the wrong sign
def softmax_backward(g, y, a):
    gradient = np.zeros_like(a)
    for place in np.ndindex(*a.shape[:-1]):
        jacobian = np.outer(y[place], y[place]) - np.diag(y[place])
        gradient[place] = jacobian @ g[place]
    return (gradient,)


# %% sum g y over the whole array
def softmax_backward(g, y, a):
    return (y * (g - np.sum(g * y)),)


# %% You sum along the first axis
def softmax_backward(g, y, a):
    return (y * (g - sum(g * y)),)  # Python's sum goes along the first axis


# %% row i gets the sums of other rows
def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1)),)


# %% You subtract the sum of g
def softmax_backward(g, y, a):
    return (y * (g - g.sum(axis=-1, keepdims=True)),)


# %% plain mean of g
def softmax_backward(g, y, a):
    return ((g - g.mean(axis=-1, keepdims=True)) * y,)


# %% factor y in front is missing
def softmax_backward(g, y, a):
    return (g - (g * y).sum(axis=-1, keepdims=True),)


# %% softmax and cross-entropy in one
def softmax_backward(g, y, a):
    return (y - g,)


# %% input a where the output y belongs
def softmax_backward(g, a, y):  # the arguments in another order
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% You return an array
def softmax_backward(g, y, a):
    return y * (g - (g * y).sum(axis=-1, keepdims=True))


# %% You return 3 gradients
def softmax_backward(g, y, a):
    gradient = y * (g - (g * y).sum(axis=-1, keepdims=True))
    return gradient, np.zeros_like(y), np.zeros_like(a)


# %% changes its input `a` in place
def softmax(a):
    a -= a.max(axis=-1, keepdims=True)
    np.exp(a, out=a)
    return a / a.sum(axis=-1, keepdims=True)


# %% changes the output `y` in place
def softmax_backward(g, y, a):
    s = (g * y).sum(axis=-1, keepdims=True)
    y *= g - s
    return (y,)


# %% changes `g` in place
def softmax_backward(g, y, a):
    g -= (g * y).sum(axis=-1, keepdims=True)
    g *= y
    return (g,)


# %% has the shape
def softmax_backward(g, y, a):
    jacobian = y[..., :, None] * (np.eye(y.shape[-1]) - y[..., None, :])
    return (jacobian,)


# %% returns nothing
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    e / e.sum(axis=-1, keepdims=True)


# %% The result differs in the backward pass
def softmax_backward(g, y, a):
    return (np.zeros_like(a),)


# %% overflows where one row holds both 1000 and -1000
# -     powers = np.exp(a - a.max(axis=-1, keepdims=True))  # (..., C), none above 1
# +     powers = np.exp(a - a.min(axis=-1, keepdims=True))
