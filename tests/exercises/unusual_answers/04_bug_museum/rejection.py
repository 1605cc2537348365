# ruff: noqa
# %% recursion, and draws by hand
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    import random

    random.seed(torch.randint(10**6, ()).item())

    def draw(answer):
        if len(answer) == max_tokens:
            return answer
        weights = model([*prompt, *answer]).exp().tolist()
        token = random.choices(range(len(weights)), weights)[0]
        return answer if token == end else draw([*answer, token])

    return list(filter(accept, [draw([]) for _ in range(attempts)]))
