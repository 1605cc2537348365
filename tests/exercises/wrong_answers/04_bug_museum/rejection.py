# ruff: noqa
# %% You found 2 of 3 faulty lines
def found_rejection():
    return {7: "D", 8: "A"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% Line 5 is innocent. The policy is asked for the token
def found_rejection():
    return {5: "F", 7: "D", 8: "A", 9: "G"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% Line 10 is innocent
def found_rejection():
    return {7: "D", 8: "A", 9: "G", 10: "C"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% Line 7 is faulty, but not for reason (F)
def found_rejection():
    return {7: "F", 8: "A", 9: "G"}


def mended_rejection(*arguments):
    raise NotImplementedError()


# %% The program still does what it did before
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        logits = model(prompt)
        best = logits.topk(50).indices
        token = best[torch.randint(50, ())].item()
        answer = [token]
        answers.append(answer)
    return answers


# %% The verifier is asked, but each answer is still one token long
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    probs = torch.softmax(model(prompt), -1)
    answers = [[t] for t in torch.multinomial(probs, attempts, replacement=True).tolist()]
    return [a for a in answers if accept(a)]


# %% The verifier is never asked
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            token = torch.distributions.Categorical(logits=model(prompt + answer)).sample().item()
            if token == end:
                break
            answer.append(token)
        answers.append(answer)
    return answers


# %% their tokens are still drawn evenly
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            best = model(prompt + answer).topk(50).indices
            token = best[torch.randint(50, ())].item()
            if token == end:
                break
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers


# %% Tokens beyond the fifty likeliest never come
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            best = model(prompt + answer).topk(50)
            token = best.indices[torch.multinomial(best.values.softmax(0), 1)].item()
            if token == end:
                break
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers


# %% you take the likeliest token
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        while len(answer) < max_tokens and (token := model(prompt + answer).argmax().item()) != end:
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers


# %% Later tokens do not depend on the earlier ones
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    probs = model(prompt).softmax(-1)
    for _ in range(attempts):
        answer = torch.multinomial(probs, max_tokens, replacement=True).tolist()
        if end in answer:
            answer = answer[: answer.index(end)]
        if accept(answer):
            answers.append(answer)
    return answers


# %% It is only a sign to stop
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        while len(answer) < max_tokens and end not in answer:
            answer.append(torch.multinomial(model(prompt + answer).softmax(-1), 1).item())
        if accept(answer):
            answers.append(answer)
    return answers


# %% The prompt stands in your answers
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        tokens = list(prompt)
        for _ in range(max_tokens):
            token = torch.multinomial(model(tokens).softmax(-1), 1).item()
            if token == end:
                break
            tokens.append(token)
        if accept(tokens):
            answers.append(tokens)
    return answers


# %% all answers are kept
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    for _ in range(attempts):
        answer = []
        for _ in range(max_tokens):
            token = torch.multinomial(model(prompt + answer).softmax(-1), 1).item()
            if token == end:
                break
            answer.append(token)
        accept(answer)
        answers.append(answer)
    return answers


# %% 400 attempts were asked for
def mended_rejection(model, prompt, accept, attempts, end, max_tokens):
    answers = []
    while len(answers) < attempts:  # until as many are kept
        answer = []
        for _ in range(max_tokens):
            token = torch.multinomial(model(prompt + answer).softmax(-1), 1).item()
            if token == end:
                break
            answer.append(token)
        if accept(answer):
            answers.append(answer)
    return answers
