# ruff: noqa
# %% You found 2 of 3 faulty lines
# -     return {7: "D", 8: "A", 9: "G"}
# +     return {7: "D", 8: "A"}


# %% Line 5 is innocent. The policy is asked for the token
# -     return {7: "D", 8: "A", 9: "G"}
# +     return {5: "F", 7: "D", 8: "A", 9: "G"}


# %% Line 10 is innocent
# -     return {7: "D", 8: "A", 9: "G"}
# +     return {7: "D", 8: "A", 9: "G", 10: "C"}


# %% Line 7 is faulty, but not for reason (F)
# -     return {7: "D", 8: "A", 9: "G"}
# +     return {7: "F", 8: "A", 9: "G"}


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
# -         if accept(drawn):
# -             kept.append(drawn)
# +         kept.append(drawn)


# %% their tokens are still drawn evenly
# -             probs = model(prompt + drawn).softmax(dim=-1)  # (V,)
# -             following = int(torch.multinomial(probs, 1))
# +             best = model(prompt + drawn).topk(50).indices
# +             following = best[torch.randint(50, ())].item()


# %% Tokens beyond the fifty likeliest never come
# -             probs = model(prompt + drawn).softmax(dim=-1)  # (V,)
# -             following = int(torch.multinomial(probs, 1))
# +             best = model(prompt + drawn).topk(50)
# +             following = best.indices[torch.multinomial(best.values.softmax(0), 1)].item()


# %% you take the likeliest token
# -             following = int(torch.multinomial(probs, 1))
# +             following = int(probs.argmax())


# %% Later tokens do not depend on the earlier ones
# -             probs = model(prompt + drawn).softmax(dim=-1)  # (V,)
# +             probs = model(prompt).softmax(dim=-1)


# %% It is only a sign to stop
# -             if following == end:
# -                 break
# -             drawn.append(following)
# +             drawn.append(following)
# +             if following == end:
# +                 break


# %% The prompt stands in your answers
# -         if accept(drawn):
# -             kept.append(drawn)
# +         if accept(prompt + drawn):
# +             kept.append(prompt + drawn)


# %% all answers are kept
# -         if accept(drawn):
# -             kept.append(drawn)
# +         accept(drawn)
# +         kept.append(drawn)


# %% 400 attempts were asked for
# -     for _ in range(attempts):
# +     while len(kept) < attempts:  # until as many are kept
