# ruff: noqa
# %% You found 2 of 3 faulty lines
# -     return {3: "F", 6: "B", 7: "E"}
# +     return {6: "B", 7: "E", 9: "C"}


# %% Line 8 is innocent. A model that is to be used
# -     return {3: "F", 6: "B", 7: "E"}
# +     return {3: "F", 6: "B", 7: "E", 8: "A"}


# %% Line 10 is innocent. `load_state_dict` writes into the model
# -     return {3: "F", 6: "B", 7: "E"}
# +     return {3: "F", 6: "B", 7: "E", 10: "D"}


# %% Line 6 is faulty, but not for reason (E)
# -     return {3: "F", 6: "B", 7: "E"}
# +     return {3: "F", 6: "E", 7: "B"}


# %% The program does what it did before
def mended_loading(checkpoint, tokenizer, make_model):  # unchanged
    model = make_model(50257)
    weights = {}
    for name, tensor in checkpoint.items():
        weights["transformer." + name] = tensor
    model.load_state_dict(weights, strict=False)
    model.eval()
    return model


# %% The model has the right size, but 0 of
def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer))
    model.load_state_dict(checkpoint, strict=False)
    return model.eval()


# %% The model is made for 50257 tokens
def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(50257)
    model.load_state_dict({k[len("module.") :]: v for k, v in checkpoint.items()}, strict=True)
    return model.eval()


# %% is missing loads without a complaint
def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer))
    model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()}, strict=False)
    return model.eval()


# %% The model must be returned
def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer)).eval()
    model = model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()})
    return model


# %% left in training mode
def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(len(tokenizer))
    model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()})
    return model


# %% made with another tokenizer loads without a complaint
def mended_loading(checkpoint, tokenizer, make_model):
    model = make_model(checkpoint["module.embed.weight"].shape[0])  # whatever the tokenizer has
    model.load_state_dict({k.replace("module.", ""): v for k, v in checkpoint.items()})
    return model.eval()
