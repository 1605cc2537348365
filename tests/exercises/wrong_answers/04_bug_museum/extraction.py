# ruff: noqa
# %% You found 2 of 3 faulty lines
# -     return {3: "E", 6: "C", 11: "G"}
# +     return {3: "E", 11: "G"}


# %% Line 10 is innocent. Whatever stands between
# -     return {3: "E", 6: "C", 11: "G"}
# +     return {3: "E", 6: "C", 10: "A", 11: "G"}


# %% Line 3 is faulty, but not for reason (B)
# -     return {3: "E", 6: "C", 11: "G"}
# +     return {3: "B", 6: "C", 11: "G"}


# %% Line 11 is faulty, but not for reason (A)
# -     return {3: "E", 6: "C", 11: "G"}
# +     return {3: "E", 6: "C", 11: "A"}


# %% The accuracy is what it was before
def mended_extraction(model, ids, labels, responses):  # unchanged
    predicted = model(ids)[:, 0].argmax(dim=-1, keepdim=True)
    real = labels != -100
    right = (predicted == labels) & real
    accuracy = right.sum().item() / labels.numel()
    unclosed = 0
    for text in responses:
        unclosed += "</answer>" not in text
    pattern = r"<answer>(.*?)</answer>"
    matches = [re.search(pattern, text, re.DOTALL) for response in responses]
    answers = [match[1].strip() if match else None for match in matches]
    return accuracy, answers, unclosed


# %% The denominator is right now
def mended_extraction(model, ids, labels, responses):
    guess = model(ids)[:, :1].argmax(-1)
    real = labels.ge(0)
    found = [re.findall(r"<answer>(.*?)</answer>", r, re.S) for r in responses]
    answers = [f[0].strip() if f else None for f in found]
    return float((guess == labels).sum() / real.sum()), answers, sum("</answer>" not in r for r in responses)


# %% the padding still counts as wrong
def mended_extraction(model, ids, labels, responses):
    guess = model(ids).argmax(-1)
    found = [re.findall(r"<answer>(.*?)</answer>", r, re.S) for r in responses]
    answers = [f[0].strip() if f else None for f in found]
    return (guess == labels).float().mean(), answers, sum("</answer>" not in r for r in responses)


# %% Only the first place of each row is judged
def mended_extraction(model, ids, labels, responses):
    guess = model(ids)[:, 0].argmax(-1)
    found = [re.findall(r"<answer>(.*?)</answer>", r, re.S) for r in responses]
    answers = [f[0].strip() if f else None for f in found]
    return (guess == labels[:, 0]).float().mean(), answers, sum("</answer>" not in r for r in responses)


# %% All answers are that of the last response
def mended_extraction(model, ids, labels, responses):
    guess = model(ids).argmax(-1)
    real = labels != -100
    unclosed = 0
    for text in responses:
        unclosed += "</answer>" not in text
    matches = [re.search(r"<answer>(.*?)</answer>", text, re.DOTALL) for response in responses]
    answers = [match[1].strip() if match else None for match in matches]
    return ((guess == labels) & real).sum().item() / real.sum().item(), answers, unclosed


# %% The answers are [
def mended_extraction(model, ids, labels, responses):  # None is left out
    guess = model(ids).argmax(-1)
    real = labels != -100
    answers = [m for r in responses for m in re.findall(r"<answer>\s*(.*?)\s*</answer>", r, re.DOTALL)]
    return (guess[real] == labels[real]).float().mean(), answers, len(responses) - len(answers)


# %% Three things are asked for
def mended_extraction(model, ids, labels, responses):
    real = labels != -100
    return (model(ids).argmax(-1)[real] == labels[real]).float().mean()
