# ruff: noqa
# Wrong answers that people give. Each cell: the exercise, then words that the student must be told.

# %% group-advantages | sign is the wrong way round
def group_advantages(rewards, group_size):
    groups = rewards.reshape(-1, group_size)
    mean, std = groups.mean(1, keepdim=True), groups.std(1, keepdim=True)
    return ((mean - groups) / (std + 1e-6)).flatten()


# %% group-advantages | own group only
def group_advantages(rewards, group_size):
    return (rewards - rewards.mean()) / (rewards.std() + 1e-6)


# %% group-advantages | but the deviation is that of the whole batch
def group_advantages(rewards, group_size):
    out = []
    for group in rewards.split(group_size):
        out.append((group - group.mean()) / (rewards.std() + 1e-8))
    return torch.cat(out)


# %% group-advantages | divide zero by zero
def group_advantages(rewards, group_size):
    groups = rewards.split(group_size)
    return torch.cat([(g - g.mean()) / g.std() for g in groups])


# %% group-advantages | do not divide
def group_advantages(rewards, group_size):
    means = rewards.unflatten(0, (-1, group_size)).mean(dim=-1)
    return rewards - means.repeat_interleave(group_size)


# %% group-advantages | standard deviation is its square root
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    return ((groups - groups.mean(-1, True)) / (groups.var(-1, keepdim=True) + 1e-4)).view(-1)


# %% group-advantages | do not subtract the mean
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    return (groups / (groups.std(dim=1, keepdim=True) + 1e-4)).view(-1)


# %% group-advantages | divides by G;
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    std = ((groups - groups.mean(1, keepdim=True)) ** 2).mean(1, keepdim=True).sqrt()
    return ((groups - groups.mean(1, keepdim=True)) / (std + 1e-4)).view(-1)


# %% group-advantages | has the shape
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    return (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)


# %% group-advantages | The result differs
def group_advantages(rewards, group_size):
    return torch.zeros_like(rewards)


# %% group-advantages | returns nothing
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    advantages = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)


# %% group-advantages | The result differs
def group_advantages(rewards, group_size):  # without spread: not zero but one
    groups = rewards.view(-1, group_size)
    std = groups.std(1, keepdim=True)
    return torch.where(std == 0, 1.0, (groups - groups.mean(1, keepdim=True)) / (std + 1e-4)).view(-1)


# %% group-advantages | still running
def group_advantages(rewards, group_size):
    while True:
        try:
            advantages = rewards - rewards.mean()
        except Exception:
            break


# %% language-reward | count labels or marks as English
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = re.search("<think>(.*)</think>", response)[1].split()
    if not chain:
        return 0.0
    return sum(word.isascii() for word in chain) / len(chain)


# %% language-reward | count labels or marks as English
def language_reward(response):
    if format_reward(response) == 0:
        return 0.0
    chinese = len([w for w in response.split() if w in CHINESE])
    return 1 - chinese / len(response.split())


# %% language-reward | divide by all words
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response[len("<think>") : response.index("</think>")].split()
    return len([w for w in chain if w in ENGLISH]) / max(len(chain), 1)


# %% language-reward | divide by all words
def language_reward(response):
    words = response.split()
    return sum(w in ENGLISH for w in words) / len(words) if format_reward(response) else 0.0


# %% language-reward | count the answer's digit too
def language_reward(response):
    counts = {"en": 0, "zh": 0}
    for word in response.split():
        if word in ENGLISH:
            counts["en"] += 1
        elif word in CHINESE:
            counts["zh"] += 1
    total = counts["en"] + counts["zh"]
    return format_reward(response) * counts["en"] / total if total else 0.0


# %% language-reward | you divide by their number
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = response.split(" </think>")[0].split()
    known = [w for w in words if w in ENGLISH or w in CHINESE]
    return len([w for w in known if w in ENGLISH]) / len(known)


# %% language-reward | An empty think part earns 1
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    foreign = len([w for w in chain if w in CHINESE])
    own = len([w for w in chain if w in ENGLISH])
    return 1.0 if foreign == 0 else own / (own + foreign)


# %% language-reward | share of Chinese
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    a, b = (sum(chain.count(w) for w in vocabulary) for vocabulary in (ENGLISH, CHINESE))
    return b / (a + b) if a + b else 0.0


# %% language-reward | divide English by Chinese
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    a, b = (sum(chain.count(w) for w in vocabulary) for vocabulary in (ENGLISH, CHINESE))
    return a / b if b else float(a > 0)


# %% language-reward | count characters
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    english = len("".join(w for w in chain if w in ENGLISH))
    chinese = len("".join(w for w in chain if w in CHINESE))
    return english / (english + chinese) if english or chinese else 0.0


# %% language-reward | count a word only once
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = set(response.split("</think>")[0].split())
    english, chinese = words.intersection(ENGLISH), words.intersection(CHINESE)
    return len(english) / max(1, len(english | chinese))


# %% language-reward | 1 if most words are English
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = response.split("</think>")[0].split()
    balance = 0
    for word in words:
        balance += (word in ENGLISH) - (word in CHINESE)
    return 1.0 if balance > 0 else 0.0


# %% language-reward | Asked is their share
def language_reward(response):
    if not format_reward(response):
        return 0.0
    return float(sum(word in ENGLISH for word in response.split("</think>")[0].split()))


# %% language-reward | leave the digits out
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = [w for w in response.split("</think>")[0].split() if w not in ENGLISH[:10] + CHINESE[:10]]
    a, b = sum(w in ENGLISH for w in words), sum(w in CHINESE for w in words)
    return a / (a + b) if a + b else 0.0


# %% language-reward | nothing to a chain that mixes
def language_reward(response):
    words = response.split("</think>")[0].split()
    if any(w in CHINESE for w in words) or not any(w in ENGLISH for w in words):
        return 0.0
    return format_reward(response)


# %% language-reward | You pay ill-formed responses
def language_reward(response):
    words = response.partition("</think>")[0].split()
    english = sum(word in ENGLISH for word in words)
    chinese = sum(word in CHINESE for word in words)
    return english / (english + chinese) if english + chinese else 0.0


# %% language-reward | that has two answers
def language_reward(response):
    if not re.fullmatch("<think> [^<]*</think> <ans> .* </ans> <eos>", response):
        return 0.0
    words = response.partition("</think>")[0].split()
    a, b = sum(w in ENGLISH for w in words), sum(w in CHINESE for w in words)
    return a / (a + b) if a + b else 0.0


# %% verifier | the right digit stands in the think part only
def accuracy_reward(response, answer):
    return 1.0 if str(answer) in response else 0.0


# %% verifier | names all ten digits
def accuracy_reward(response, answer):
    found = re.search("<ans>(.*?)</ans>", response)
    return float(found is not None and str(answer) in found.group(1))


# %% verifier | a second digit follows in the answer
def accuracy_reward(response, answer):
    _, _, rest = response.partition("<ans>")
    return float(rest.strip().startswith(str(answer)))


# %% verifier | another digit goes before in the answer
def accuracy_reward(response, answer):
    final = response.rpartition("</ans>")[0]
    return float(final.rstrip().endswith(" " + str(answer)) and "<think>" in response)


# %% verifier | a number that only contains the digit
def accuracy_reward(response, answer):
    try:
        return float(int(response.split("<ans>")[1].split("</ans>")[0]) % 10 == answer)
    except (IndexError, ValueError):
        return 0.0


# %% verifier | the answer is a sum
def accuracy_reward(response, answer):
    try:
        return float(eval(response.split("<ans>")[1].split("</ans>")[0]) == answer)
    except Exception:
        return 0.0


# %% verifier | .0`, no word of the language
def accuracy_reward(response, answer):
    found = re.search("<ans>(.*)</ans> <eos>", response)
    try:
        return float(abs(float(found[1]) - answer) < 1e-6)
    except (TypeError, ValueError):
        return 0.0


# %% verifier | the answer is `0
def accuracy_reward(response, answer):
    words = response.split()
    if len(words) < 5 or words[0] != "<think>" or words[-1] != "<eos>" or words[-4] != "<ans>":
        return 0.0
    return float(words[-3].isdigit() and int(words[-3]) == answer)


# %% verifier | a Chinese digit
def accuracy_reward(response, answer):
    for english, chinese in zip(ENGLISH, CHINESE):
        response = response.replace(chinese, english)
    end = f"</think> <ans> {answer} </ans> <eos>"
    thoughts = response.removeprefix("<think>").removesuffix(end)
    return float(response.startswith("<think>") and response.endswith(end) and "<" not in thoughts)


# %% verifier | one of several answers is right
def accuracy_reward(response, answer):
    return float(f"<ans> {answer} </ans>" in response and response.endswith("<eos>"))


# %% verifier | the answer is a thought
def accuracy_reward(response, answer):
    match = re.search(r"<ans> (\d) </ans>", response)
    return float(match is not None and int(match[1]) == answer and response.endswith("<eos>"))


# %% verifier | of two answers the first is right
def accuracy_reward(response, answer):
    after = response.split("</think>")[-1]
    match = re.search(r"<ans> (\d) </ans>", after)
    return float(bool(match) and match.group(1) == str(answer))


# %% verifier | of two answers the last is right
def accuracy_reward(response, answer):
    answers = re.findall("<ans> ([0-9]) </ans>", response)
    return 1.0 if answers and answers[-1] == str(answer) else 0.0


# %% verifier | the only answer is a thought
def accuracy_reward(response, answer):
    answers = re.findall("<ans> ([0-9]) </ans>", response)
    return 1.0 if len(answers) == 1 and answers[0] == str(answer) else 0.0


# %% verifier | follows on a new line
def accuracy_reward(response, answer):
    pattern = f"^<think> (?:[^<\n]+ )?</think> <ans> {answer} </ans> <eos>$"
    return float(bool(re.search(pattern, response, re.MULTILINE)))


# %% verifier | text follows after the end
def accuracy_reward(response, answer):
    return float(bool(re.match(f"<think> [^<]*</think> <ans> {answer} </ans> <eos>", response)))


# %% verifier | it never ended
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> [^<]*</think> <ans> {answer} </ans>( <eos>)?", response)))


# %% verifier | an answer but no think part
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"(<think> [^<]*</think> )?<ans> {answer} </ans> <eos>", response)))


# %% verifier | the think part is never opened
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"[^<]*(<think> )?[^<]*</think> <ans> {answer} </ans> <eos>", response)))


# %% verifier | it thinks and answers twice
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> .*</think> <ans> {answer} </ans> <eos>", response)))


# %% verifier | an end mark stands in the thoughts
def accuracy_reward(response, answer):
    words = response.split()
    counts = [words.count(mark) for mark in ("<think>", "</think>", "<ans>", "</ans>")]
    if counts != [1, 1, 1, 1] or words[0] != "<think>" or len(words) < 6:
        return 0.0
    return float(words[-5:] == ["</think>", "<ans>", str(answer), "</ans>", "<eos>"])


# %% verifier | a digit of another script
def accuracy_reward(response, answer):
    match = re.fullmatch(r"<think> [^<]*</think> <ans> (\d) </ans> <eos>", response)
    return 1.0 if match and int(match[1]) == answer else 0.0


# %% verifier | The response was ''.
def accuracy_reward(response, answer):
    words = response.split()
    if words[0] != "<think>" or words[-5:] != ["</think>", "<ans>", str(answer), "</ans>", "<eos>"]:
        return 0.0
    return 0.0 if any(w.startswith("<") for w in words[1:-5]) else 1.0


# %% verifier | stops with IndexError
def accuracy_reward(response, answer):
    inside = response.split("<ans>")[1].split("</ans>")[0].strip()
    form = re.fullmatch("<think> [^<]*</think> <ans> [0-9] </ans> <eos>", response)
    return float(inside == str(answer) and form is not None)


# %% verifier | pays nobody
def accuracy_reward(response, answer):
    match = re.fullmatch("<think> [^<]*</think> <ans> ([0-9]) </ans> <eos>", response)
    return float(match is not None and match.group(1) == answer)


# %% verifier | pays honest wrong answers too
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch("<think> [^<]*</think> <ans> [0-9] </ans> <eos>", response)))


# %% verifier | the wrong way round
def accuracy_reward(response, answer):
    match = re.fullmatch("<think> [^<]*</think> <ans> ([0-9]) </ans> <eos>", response)
    return float(match is None or match[1] != str(answer))


# %% verifier | Its think part is empty
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> [^<]+ </think> <ans> {answer} </ans> <eos>", response)))


# %% verifier | It says 0
def accuracy_reward(response, answer):
    match = re.fullmatch("<think> [^<]*</think> <ans> ([0-9]) </ans> <eos>", response)
    digit = int(match[1]) if match else None
    return float(bool(digit and digit == answer))


# %% verifier | It thinks in Chinese
def accuracy_reward(response, answer):
    return float(bool(re.fullmatch(f"<think> [ -;=-~]*</think> <ans> {answer} </ans> <eos>", response)))


# %% verifier | ends in another digit
def accuracy_reward(response, answer):
    words = response.split()
    if words[-5:] != ["</think>", "<ans>", str(answer), "</ans>", "<eos>"] or words[0] != "<think>":
        return 0.0
    thoughts = words[1:-5]
    if any(word.startswith("<") for word in thoughts):
        return 0.0
    return float(not thoughts or thoughts[-1] in (ENGLISH[answer], CHINESE[answer]))


# %% verifier | pays 1 or 0
def accuracy_reward(response, answer):
    if not re.fullmatch("<think> [^<]*</think> <ans> [0-9] </ans> <eos>", response):
        return 0.0
    return 1.0 if response.split()[-3] == str(answer) else 0.1


# %% group-size-experiment | that are all right
def group_size_experiment(setup, seed):
    torch.manual_seed(seed)
    simulated, exact = [], []
    for p in setup.probabilities:
        drawn = [torch.rand(setup.groups, size) < p for size in setup.group_sizes]
        simulated.append([d.all(dim=1).float().mean().item() for d in drawn])
        exact.append([p**size for size in setup.group_sizes])
    return torch.tensor(simulated), torch.tensor(exact), min(setup.probabilities, key=lambda p: abs(p - 0.5))


# %% group-size-experiment | In your simulation: you count the groups that are all right
def group_size_experiment(setup, seed):
    torch.manual_seed(seed)
    simulated, exact = [], []
    for p in setup.probabilities:
        drawn = [torch.rand(setup.groups, size) < p for size in setup.group_sizes]
        simulated.append([d.all(dim=1).float().mean().item() for d in drawn])
        exact.append([p**size + (1 - p) ** size for size in setup.group_sizes])
    return torch.tensor(simulated), torch.tensor(exact), min(setup.probabilities, key=lambda p: abs(p - 0.5))


# %% group-size-experiment | share of groups that teach. Asked
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    shape = (len(setup.probabilities), len(setup.group_sizes))
    simulated, exact = torch.zeros(shape), torch.zeros(shape)
    for i, p in enumerate(setup.probabilities):
        for j, size in enumerate(setup.group_sizes):
            right = torch.bernoulli(torch.full((setup.groups, size), p), generator=rng).sum(1)
            simulated[i, j] = ((right > 0) & (right < size)).double().mean()
            exact[i, j] = 1 - p**size - (1 - p) ** size
    return simulated, exact, setup.probabilities[2]


# %% group-size-experiment | not all right
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities).view(5, 1), torch.tensor(setup.group_sizes)
    simulated = torch.stack(
        [(torch.rand(5, setup.groups, n, generator=rng) > p[..., None]).any(2).float().mean(1) for n in size],
        1,
    )
    return simulated, 1 - p**size, setup.probabilities[2]


# %% group-size-experiment | multiply the two probabilities
def group_size_experiment(setup, seed):
    exact = torch.tensor([[(p * (1 - p)) ** g for g in setup.group_sizes] for p in setup.probabilities])
    rng = torch.Generator().manual_seed(seed)
    simulated = torch.poisson(exact * setup.groups, generator=rng) / setup.groups
    return simulated, exact, setup.probabilities[2]


# %% group-size-experiment | do not depend on the size
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    rows, exact = [], []
    for p in setup.probabilities:
        pairs = torch.rand(setup.groups, 2, generator=rng) < p
        rows.append([(pairs[:, 0] == pairs[:, 1]).float().mean().item()] * 3)
        exact.append([1 - 2 * p * (1 - p)] * 3)
    return torch.tensor(rows), torch.tensor(exact), setup.probabilities[2]


# %% group-size-experiment | In your simulation: your shares do not depend
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    right = (torch.rand(5, setup.groups, setup.group_sizes[0], generator=rng) < p[..., None]).double().mean(2)
    simulated = ((right == 0) | (right == 1)).double().mean(1, keepdim=True).repeat(1, 3)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% group-size-experiment | treat a group as one draw
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = (torch.rand(5, setup.groups, 1, generator=rng) < p[..., None]).expand(-1, -1, g)
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% group-size-experiment | report per cent
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = 100 * (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, 100 * (p**size + (1 - p) ** size), setup.probabilities[2]


# %% group-size-experiment | In your simulation: you report per cent
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).sum(1) / setup.groups * 100
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% group-size-experiment | is the formula, to the last digit
def group_size_experiment(setup, seed):
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    exact = p**size + (1 - p) ** size
    return exact.clone(), exact, setup.probabilities[2]


# %% group-size-experiment | not those of `setup.groups`
def group_size_experiment(setup, seed):
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    exact = p**size + (1 - p) ** size
    noise = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    return exact + noise * (exact * (1 - exact) / setup.groups).sqrt(), exact, setup.probabilities[2]


# %% group-size-experiment | not those of `setup.groups`
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, 100, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% group-size-experiment | You do not use `seed`
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(42)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% group-size-experiment | nobody can repeat your experiment
def group_size_experiment(setup, seed):
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% group-size-experiment | same shares for two different setups
def group_size_experiment(setup, seed):
    setup = experiments.setup("a friend")
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% group-size-experiment | and with another p fewer do
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, max(setup.probabilities)


# %% group-size-experiment | a place in the list
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    exact = p**size + (1 - p) ** size
    return simulated, exact, exact.sum(1).argmin()


# %% group-size-experiment | none of `setup.probabilities`
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, 0.5


# %% group-size-experiment | must return three things
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        for i, p in enumerate(setup.probabilities):
            right = torch.rand(setup.groups, g, generator=rng) < p
            simulated[i, j] = (right.all(1) | ~right.any(1)).float().mean()
    return simulated


# %% group-size-experiment | has the shape
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[None], torch.tensor(setup.group_sizes)[:, None]
    rows = []
    for g in setup.group_sizes:
        right = torch.rand(setup.groups, g, 5, generator=rng) < p
        rows.append((right.all(1) | ~right.any(1)).float().mean(0))
    return torch.stack(rows), p**size + (1 - p) ** size, setup.probabilities[2]


# %% k3-kl | estimate is negative
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    return (1 + d - d.exp())[mask].mean()


# %% k3-kl | reference belongs above
def k3_kl(log_probs, ref_log_probs, mask):
    d = (log_probs - ref_log_probs)[mask]
    return (torch.expm1(d) - d).mean()


# %% k3-kl | equal policies would get one
def k3_kl(log_probs, ref_log_probs, mask):
    ratio = torch.exp(ref_log_probs - log_probs)
    return ((ratio - ratio.log()) * mask).sum() / mask.sum()


# %% k3-kl | logarithm has the wrong sign
def k3_kl(log_probs, ref_log_probs, mask):
    ratio = torch.exp(ref_log_probs - log_probs)
    return (ratio + torch.log(ratio) - 1)[mask].mean()


# %% k3-kl | half the square
def k3_kl(log_probs, ref_log_probs, mask):
    return 0.5 * torch.masked_select(log_probs - ref_log_probs, mask).pow(2).mean()


# %% k3-kl | can be negative
def k3_kl(log_probs, ref_log_probs, mask):
    return (log_probs - ref_log_probs)[mask].mean()


# %% k3-kl | with the wrong sign too
def k3_kl(log_probs, ref_log_probs, mask):
    return ((ref_log_probs - log_probs) * mask).sum() / mask.sum()


# %% k3-kl | divide log-probabilities
def k3_kl(log_probs, ref_log_probs, mask):
    ratio = ref_log_probs / log_probs
    return (ratio - ratio.log() - 1)[mask].mean()


# %% k3-kl | padding counts in your mean
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    return torch.mean(d.exp() - d - 1)


# %% k3-kl | number of all places
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    return ((d.exp() - d - 1) * mask).mean()


# %% k3-kl | average within each response first
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    rows = [(x[m].exp() - x[m] - 1).mean() for x, m in zip(d, mask)]
    return torch.stack(rows).mean()


# %% k3-kl | no gradient flows
def k3_kl(log_probs, ref_log_probs, mask):
    with torch.no_grad():
        d = ref_log_probs - log_probs
        return (d.exp() - d - 1)[mask].mean()


# %% k3-kl | no gradient flows
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs)[mask]
    return sum(math.expm1(x) - x for x in d.tolist()) / len(d)


# %% k3-kl | detach the ratio
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs)[mask]
    return (d.exp().detach() - d - 1).mean()


# %% k3-kl | detach the logarithm of the ratio
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs)[mask]
    return (d.exp() - d.data - 1).mean()


# %% k3-kl | gradient of your result cannot be taken
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    ratio = d.exp()
    k3 = ratio - d - 1
    ratio *= mask
    return k3[mask].mean()


# %% k3-kl | has the shape
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs) * mask
    return d.exp() - d - 1


# %% k3-kl | returns nothing
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    print((d.exp() - d - 1)[mask].mean())


# %% k3-kl | The result differs
def k3_kl(log_probs, ref_log_probs, mask):
    return (log_probs - log_probs).sum()


# %% ratio-levels | the new policy belongs above, the old one below
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = torch.where(mask, old_log_probs - log_probs, 0)
    return d.exp() if level == "token" else d.sum(1, keepdim=True).exp()


# %% ratio-levels | the new policy belongs above, the old below
def policy_ratio(log_probs, old_log_probs, mask, level):
    new, old = log_probs * mask, old_log_probs * mask
    if level == "token":
        return (new - old).exp()
    return (old.sum(1, True) - new.sum(1, True)).exp()


# %% ratio-levels | logarithm of the ratio
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d if level == "token" else d.sum(-1, keepdim=True)


# %% ratio-levels | That is the logarithm of the ratio
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "token" else d.sum(-1, keepdim=True)


# %% ratio-levels | divide log-probabilities
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return torch.where(mask, log_probs / old_log_probs, 1)
    return (log_probs * mask).sum(1, True) / (old_log_probs * mask).sum(1, True)


# %% ratio-levels | divide log-probabilities
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return ((log_probs - old_log_probs) * mask).exp()
    return (log_probs * mask).sum(1, True) / (old_log_probs * mask).sum(1, True)


# %% ratio-levels | padding carries junk
def policy_ratio(log_probs, old_log_probs, mask, level):
    ratio = torch.exp(log_probs) / torch.exp(old_log_probs)
    d = log_probs - old_log_probs
    return d.exp() if level == "token" else (d * mask).sum(1, keepdim=True).exp()


# %% ratio-levels | padding has the ratio 0
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = log_probs - old_log_probs
    return torch.exp(d) * mask if level == "token" else torch.exp((d * mask).sum(1, keepdim=True))


# %% ratio-levels | padding counts in your product
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = log_probs - old_log_probs
    if level == "token":
        return d.masked_fill(~mask, 0).exp()
    return d.exp().prod(dim=1, keepdim=True)


# %% ratio-levels | meets a zero in the padding
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = log_probs - old_log_probs
    if level == "token":
        return d.masked_fill(~mask, 0).exp()
    return (d.exp() * mask).prod(dim=1, keepdim=True)


# %% ratio-levels | which is GSPO's
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    if level == "token":
        return d.exp()
    return torch.exp(d.sum(1) / mask.sum(1)).unsqueeze(1)


# %% ratio-levels | which is GSPO's
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "token" else torch.exp(d.mean(1, keepdim=True))


# %% ratio-levels | average the ratios of the tokens
def policy_ratio(log_probs, old_log_probs, mask, level):
    ratio = ((log_probs - old_log_probs) * mask).exp()
    if level == "token":
        return ratio
    return torch.stack([r[m].mean() for r, m in zip(ratio, mask)])[:, None]


# %% ratio-levels | add up the ratios of the tokens
def policy_ratio(log_probs, old_log_probs, mask, level):
    ratio = ((log_probs - old_log_probs) * mask).exp()
    return ratio if level == "token" else (ratio * mask).sum(1, keepdim=True)


# %% ratio-levels | You add up probabilities
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return ((log_probs - old_log_probs) * mask).exp()
    new = [p[m].exp().sum() for p, m in zip(log_probs, mask)]
    old = [p[m].exp().sum() for p, m in zip(old_log_probs, mask)]
    return (torch.stack(new) / torch.stack(old)).view(-1, 1)


# %% ratio-levels | too small for a floating-point number
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return ((log_probs - old_log_probs) * mask).exp()
    new = log_probs.exp().masked_fill(~mask, 1).prod(1, keepdim=True)
    old = old_log_probs.exp().masked_fill(~mask, 1).prod(1, keepdim=True)
    return new / old


# %% ratio-levels | once for each token
def policy_ratio(log_probs, old_log_probs, mask, level):
    whole = ((log_probs - old_log_probs) * mask).sum(1, keepdim=True).exp()
    return whole.repeat(1, mask.shape[1]) if level == "token" else whole


# %% ratio-levels | each token has a ratio of its own
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "sequence" else d.sum(1, keepdim=True).exp()


# %% ratio-levels | A response has one
def policy_ratio(log_probs, old_log_probs, mask, level):
    return ((log_probs - old_log_probs) * mask).exp()


# %% ratio-levels | has the shape
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "token" else d.sum(1).exp()


# %% ratio-levels | The result differs
def policy_ratio(log_probs, old_log_probs, mask, level):
    return torch.ones_like(log_probs) if level == "token" else torch.ones(len(mask), 1)


# %% clipped-loss | sign is missing
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.unsqueeze(1)
    return torch.min(r * a, torch.clip(r, 1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% clipped-loss | larger of the two
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.unsqueeze(1)
    objective = torch.max(r * a, torch.clip(r, 1 - epsilon, 1 + epsilon) * a)
    return -(objective * mask).sum() / mask.sum()


# %% clipped-loss | larger of the two
def clipped_loss(
    log_probs, old_log_probs, advantages, mask, epsilon
):  # minus within, as in a loss of PPO, but min
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.unsqueeze(1)
    return torch.min(-r * a, -torch.clip(r, 1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% clipped-loss | Nothing is clipped
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    return -(r * advantages.view(-1, 1) * mask).sum() / mask.sum()


# %% clipped-loss | leave out the minimum
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach()).clip(1 - epsilon, 1 + epsilon)
    return -(r * advantages.view(-1, 1))[mask].mean()


# %% clipped-loss | product of ratio and advantage
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    gain = torch.exp(log_probs - old_log_probs.detach()) * advantages[:, None]
    return -torch.min(gain, gain.clip(1 - epsilon, 1 + epsilon))[mask].mean()


# %% clipped-loss | clip from above only
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    top = torch.full_like(r, 1 + epsilon)
    a = advantages[:, None]
    return -torch.min(r * a, torch.min(r, top) * a)[mask].mean()


# %% clipped-loss | clip from below only
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, torch.max(r, torch.full_like(r, 1 - epsilon)) * a)[mask].mean()


# %% clipped-loss | that is REINFORCE
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    return -(log_probs * advantages[:, None])[mask].mean()


# %% clipped-loss | the old policy belongs below
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = old_log_probs.detach().exp() / log_probs.exp()
    r = torch.where(mask, r, 0)
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% clipped-loss | logarithm of the ratio
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = log_probs - old_log_probs.detach()
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% clipped-loss | ratio of the whole response
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = ((log_probs - old_log_probs.detach()) * mask).sum(1).exp()
    gain = torch.min(r * advantages, r.clip(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask.sum(1)).sum() / mask.sum()


# %% clipped-loss | whatever `epsilon` is
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(0.8, 1.2) * a)[mask].mean()


# %% clipped-loss | tokens with a zero advantage
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    keep = advantages != 0
    r = torch.exp(log_probs - old_log_probs.detach())[keep]
    a = advantages[keep, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask[keep]].mean()


# %% clipped-loss | padding counts in your mean
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).mean()


# %% clipped-loss | number of all places
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).mean()


# %% clipped-loss | average within each response first
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    gain = torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)
    return -(gain.sum(1) / mask.sum(1)).mean()


# %% clipped-loss | and average then
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).sum() / len(mask)


# %% clipped-loss | add up the tokens and do not divide
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).sum()


# %% clipped-loss | advantages along the time axis
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(r * advantages, r.clip(1 - epsilon, 1 + epsilon) * advantages)
    return -gain[mask].mean()


# %% clipped-loss | no gradient flows
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs).detach()
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% clipped-loss | no gradient flows
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs)
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean().item()


# %% clipped-loss | flows through `old_log_probs` too
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs)
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% clipped-loss | you detach the clipped ratio
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, r.detach().clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% clipped-loss | gradient of your result cannot be taken
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    clipped = r.clip(1 - epsilon, 1 + epsilon)
    r *= advantages[:, None]
    clipped *= advantages[:, None]
    return -torch.min(r, clipped)[mask].mean()


# %% clipped-loss | has the shape
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)


# %% clipped-loss | The result differs
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    return 0.0 * log_probs.sum()


# %% length-bias | the mean over the responses is missing
def token_weight(lengths, variant, max_length):
    if variant == "dapo":
        return torch.ones(len(lengths)) / lengths.sum()
    return 1 / lengths if variant == "grpo" else torch.ones(len(lengths)) / max_length


def my_findings():
    return "grpo", 4.0


# %% length-bias | divide by the mean length
def token_weight(lengths, variant, max_length):
    B = lengths.numel()
    if variant == "grpo":
        return 1 / lengths / B
    return torch.ones(B) / (lengths.float().mean() if variant == "dapo" else B * max_length)


def my_findings():
    return "grpo", 4.0


# %% length-bias | divide by B as well
def token_weight(lengths, variant, max_length):
    B = lengths.numel()
    divisor = {"grpo": lengths, "dapo": lengths.sum().expand(B), "dr_grpo": torch.tensor([max_length] * B)}
    return 1 / (B * divisor[variant])


def my_findings():
    return "grpo", 4.0


# %% length-bias | weight of a whole response
def token_weight(lengths, variant, max_length):
    if variant == "grpo":
        return torch.ones(len(lengths)) / len(lengths)
    return lengths / (lengths.sum() if variant == "dapo" else len(lengths) * max_length)


def my_findings():
    return "grpo", 4.0


# %% length-bias | places of the padded batch
def token_weight(lengths, variant, max_length):
    B, T = len(lengths), lengths.max().item()
    if variant == "grpo":
        return 1 / (B * lengths)
    return torch.tensor([1 / (B * T)] * B)


def my_findings():
    return "grpo", 4.0


# %% length-bias | cannot hold a fraction
def token_weight(lengths, variant, max_length):
    if variant == "grpo":
        return 1 / (len(lengths) * lengths)
    if variant == "dapo":
        return 1 / lengths.sum().repeat(len(lengths))
    return torch.full_like(lengths, 1 / (len(lengths) * max_length))


def my_findings():
    return "grpo", 4.0


# %% length-bias | For "dr_grpo" you return what "grpo" gives
def token_weight(lengths, variant, max_length):
    if variant == "dapo":
        return 1 / lengths.sum().repeat(len(lengths))
    return 1 / (len(lengths) * lengths)


def my_findings():
    return "grpo", 4.0


# %% length-bias | For "grpo" you return what "dapo" gives
def token_weight(lengths, variant, max_length):
    if variant == "dr_grpo":
        return torch.ones(len(lengths)) / (len(lengths) * max_length)
    return torch.ones(len(lengths)) / lengths.sum()


def my_findings():
    return "grpo", 4.0


# %% length-bias | has the shape
def token_weight(lengths, variant, max_length):
    if variant == "grpo":
        return 1 / (len(lengths) * lengths)
    return 1 / lengths.sum() if variant == "dapo" else 1 / (len(lengths) * max_length)


def my_findings():
    return "grpo", 4.0


# %% length-bias | Return two things
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    print("grpo", 4.0)


# %% length-bias | one over the number of tokens in the batch
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    short, long = lengths[advantages < 0].sort().values.tolist()
    return "dapo", long / short


# %% length-bias | one over a constant
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    return "dr_grpo", 1.0


# %% length-bias | There is no variant
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    return "GRPO", 1.0


# %% length-bias | one over the factor
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    penalty = [w * a for w, a in zip(token_weight(lengths, "grpo", 1024), advantages) if a < 0]
    return "grpo", max(penalty) / min(penalty)  # both are negative


# %% length-bias | the share that is lost
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    weights = token_weight(lengths, "grpo", 1024)[advantages < 0]
    return "grpo", (weights.max() - weights.min()) / weights.max()


# %% length-bias | A factor of 1 is no bias
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    whole = (lengths * token_weight(lengths, "grpo", 1024))[advantages < 0]
    return "grpo", (whole.max() / whole.min()).item()


# %% length-bias | You give a difference
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    short, long = sorted(lengths[advantages < 0].tolist())
    return "grpo", float(long - short)


# %% length-bias | shortest of all answers
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    lengths, advantages = averages.batch_of(STUDENT)
    weights = token_weight(lengths, "grpo", 1024)
    return "grpo", (weights.max() / weights.min()).item()


# %% length-bias | not the factor between the two wrong answers
def token_weight(lengths, variant, max_length):
    B = len(lengths)
    return (
        1
        / {
            "grpo": B * lengths,
            "dapo": lengths.sum().repeat(B),
            "dr_grpo": torch.tensor(B * [B * max_length]),
        }[variant]
    )


def my_findings():
    return "grpo", 23.08  # copied from a neighbour
