# ruff: noqa
# %% the right digit stands in the think part only
def accuracy_reward(response, answer):
    return 1.0 if str(answer) in response else 0.0


# %% names all ten digits
def accuracy_reward(response, answer):
    found = re.search("<ans>(.*?)</ans>", response)
    return float(found is not None and str(answer) in found.group(1))


# %% a second digit follows in the answer
def accuracy_reward(response, answer):
    _, _, rest = response.partition("<ans>")
    return float(rest.strip().startswith(str(answer)))


# %% another digit goes before in the answer
def accuracy_reward(response, answer):
    final = response.rpartition("</ans>")[0]
    return float(final.rstrip().endswith(" " + str(answer)) and "<think>" in response)


# %% a number that only contains the digit
def accuracy_reward(response, answer):
    try:
        return float(int(response.split("<ans>")[1].split("</ans>")[0]) % 10 == answer)
    except (IndexError, ValueError):
        return 0.0


# %% the answer is a sum
def accuracy_reward(response, answer):
    try:
        return float(eval(response.split("<ans>")[1].split("</ans>")[0]) == answer)
    except Exception:
        return 0.0


# %% .0`, no word of the language
def accuracy_reward(response, answer):
    found = re.search("<ans>(.*)</ans> <eos>", response)
    try:
        return float(abs(float(found[1]) - answer) < 1e-6)
    except (TypeError, ValueError):
        return 0.0


# %% the answer is `0
def accuracy_reward(response, answer):
    words = response.split()
    if len(words) < 5 or words[0] != "<think>" or words[-1] != "<eos>" or words[-4] != "<ans>":
        return 0.0
    return float(words[-3].isdigit() and int(words[-3]) == answer)


# %% a Chinese digit
def accuracy_reward(response, answer):
    for english, chinese in zip(ENGLISH, CHINESE):
        response = response.replace(chinese, english)
    end = f"</think> <ans> {answer} </ans> <eos>"
    thoughts = response.removeprefix("<think>").removesuffix(end)
    return float(response.startswith("<think>") and response.endswith(end) and "<" not in thoughts)


# %% one of several answers is right
def accuracy_reward(response, answer):
    return float(f"<ans> {answer} </ans>" in response and response.endswith("<eos>"))


# %% the answer is a thought
def accuracy_reward(response, answer):
    match = re.search(r"<ans> (\d) </ans>", response)
    return float(match is not None and int(match[1]) == answer and response.endswith("<eos>"))


# %% of two answers the first is right
def accuracy_reward(response, answer):
    after = response.split("</think>")[-1]
    match = re.search(r"<ans> (\d) </ans>", after)
    return float(bool(match) and match.group(1) == str(answer))


# %% of two answers the last is right
def accuracy_reward(response, answer):
    answers = re.findall("<ans> ([0-9]) </ans>", response)
    return 1.0 if answers and answers[-1] == str(answer) else 0.0


# %% the only answer is a thought
def accuracy_reward(response, answer):
    answers = re.findall("<ans> ([0-9]) </ans>", response)
    return 1.0 if len(answers) == 1 and answers[0] == str(answer) else 0.0


# %% follows on a new line
def accuracy_reward(response, answer):
    pattern = f"^<think> (?:[^<\n]+ )?</think> <ans> {answer} </ans> <eos>$"
    return float(bool(re.search(pattern, response, re.MULTILINE)))


# %% text follows after the end
def accuracy_reward(response, answer):
    return float(bool(re.match(f"<think> [^<]*</think> <ans> {answer} </ans> <eos>", response)))


# %% it never ended
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> [^<]*</think> <ans> {answer} </ans>( <eos>)?", response)))


# %% an answer but no think part
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"(<think> [^<]*</think> )?<ans> {answer} </ans> <eos>", response)))


# %% the think part is never opened
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"[^<]*(<think> )?[^<]*</think> <ans> {answer} </ans> <eos>", response)))


# %% it thinks and answers twice
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> .*</think> <ans> {answer} </ans> <eos>", response)))


# %% an end mark stands in the thoughts
def accuracy_reward(response, answer):
    words = response.split()
    counts = [words.count(mark) for mark in ("<think>", "</think>", "<ans>", "</ans>")]
    if counts != [1, 1, 1, 1] or words[0] != "<think>" or len(words) < 6:
        return 0.0
    return float(words[-5:] == ["</think>", "<ans>", str(answer), "</ans>", "<eos>"])


# %% a digit of another script
def accuracy_reward(response, answer):
    match = re.fullmatch(r"<think> [^<]*</think> <ans> (\d) </ans> <eos>", response)
    return 1.0 if match and int(match[1]) == answer else 0.0


# %% The response was ''.
def accuracy_reward(response, answer):
    words = response.split()
    if words[0] != "<think>" or words[-5:] != ["</think>", "<ans>", str(answer), "</ans>", "<eos>"]:
        return 0.0
    return 0.0 if any(w.startswith("<") for w in words[1:-5]) else 1.0


# %% stops with IndexError
def accuracy_reward(response, answer):
    inside = response.split("<ans>")[1].split("</ans>")[0].strip()
    form = re.fullmatch("<think> [^<]*</think> <ans> [0-9] </ans> <eos>", response)
    return float(inside == str(answer) and form is not None)


# %% pays nobody
def accuracy_reward(response, answer):
    match = re.fullmatch("<think> [^<]*</think> <ans> ([0-9]) </ans> <eos>", response)
    return float(match is not None and match.group(1) == answer)


# %% pays honest wrong answers too
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch("<think> [^<]*</think> <ans> [0-9] </ans> <eos>", response)))


# %% the wrong way round
def accuracy_reward(response, answer):
    match = re.fullmatch("<think> [^<]*</think> <ans> ([0-9]) </ans> <eos>", response)
    return float(match is None or match[1] != str(answer))


# %% Its think part is empty
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> [^<]+ </think> <ans> {answer} </ans> <eos>", response)))


# %% It says 0
def accuracy_reward(response, answer):
    match = re.fullmatch("<think> [^<]*</think> <ans> ([0-9]) </ans> <eos>", response)
    digit = int(match[1]) if match else None
    return float(bool(digit and digit == answer))


# %% It thinks in Chinese
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> [ -;=-~]*</think> <ans> {answer} </ans> <eos>", response)))


# %% ends in another digit
def accuracy_reward(response, answer):
    words = response.split()
    if words[-5:] != ["</think>", "<ans>", str(answer), "</ans>", "<eos>"] or words[0] != "<think>":
        return 0.0
    thoughts = words[1:-5]
    if any(word.startswith("<") for word in thoughts):
        return 0.0
    return float(not thoughts or thoughts[-1] in (ENGLISH[answer], CHINESE[answer]))


# %% pays 1 or 0
def accuracy_reward(response, answer):
    if not re.fullmatch("<think> [^<]*</think> <ans> [0-9] </ans> <eos>", response):
        return 0.0
    return 1.0 if response.split()[-3] == str(answer) else 0.1
