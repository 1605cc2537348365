# ruff: noqa
# %% count labels or marks as English
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = re.search("<think>(.*)</think>", response)[1].split()
    if not chain:
        return 0.0
    return sum(word.isascii() for word in chain) / len(chain)


# %% count labels or marks as English
def language_reward(response):
    if format_reward(response) == 0:
        return 0.0
    chinese = len([w for w in response.split() if w in CHINESE])
    return 1 - chinese / len(response.split())


# %% divide by all words
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response[len("<think>") : response.index("</think>")].split()
    return len([w for w in chain if w in ENGLISH]) / max(len(chain), 1)


# %% divide by all words
def language_reward(response):
    words = response.split()
    return sum(w in ENGLISH for w in words) / len(words) if format_reward(response) else 0.0


# %% count the answer's digit too
def language_reward(response):
    counts = {"en": 0, "zh": 0}
    for word in response.split():
        if word in ENGLISH:
            counts["en"] += 1
        elif word in CHINESE:
            counts["zh"] += 1
    total = counts["en"] + counts["zh"]
    return format_reward(response) * counts["en"] / total if total else 0.0


# %% you divide by their number
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = response.split(" </think>")[0].split()
    known = [w for w in words if w in ENGLISH or w in CHINESE]
    return len([w for w in known if w in ENGLISH]) / len(known)


# %% An empty think part earns 1
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    foreign = len([w for w in chain if w in CHINESE])
    own = len([w for w in chain if w in ENGLISH])
    return 1.0 if foreign == 0 else own / (own + foreign)


# %% share of Chinese
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    a, b = (sum(chain.count(w) for w in vocabulary) for vocabulary in (ENGLISH, CHINESE))
    return b / (a + b) if a + b else 0.0


# %% divide English by Chinese
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    a, b = (sum(chain.count(w) for w in vocabulary) for vocabulary in (ENGLISH, CHINESE))
    return a / b if b else float(a > 0)


# %% count characters
def language_reward(response):
    if not format_reward(response):
        return 0.0
    chain = response.split("</think>")[0].split()
    english = len("".join(w for w in chain if w in ENGLISH))
    chinese = len("".join(w for w in chain if w in CHINESE))
    return english / (english + chinese) if english or chinese else 0.0


# %% count a word only once
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = set(response.split("</think>")[0].split())
    english, chinese = words.intersection(ENGLISH), words.intersection(CHINESE)
    return len(english) / max(1, len(english | chinese))


# %% 1 if most words are English
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = response.split("</think>")[0].split()
    balance = 0
    for word in words:
        balance += (word in ENGLISH) - (word in CHINESE)
    return 1.0 if balance > 0 else 0.0


# %% Asked is their share
def language_reward(response):
    if not format_reward(response):
        return 0.0
    return float(sum(word in ENGLISH for word in response.split("</think>")[0].split()))


# %% leave the digits out
def language_reward(response):
    if not format_reward(response):
        return 0.0
    words = [w for w in response.split("</think>")[0].split() if w not in ENGLISH[:10] + CHINESE[:10]]
    a, b = sum(w in ENGLISH for w in words), sum(w in CHINESE for w in words)
    return a / (a + b) if a + b else 0.0


# %% nothing to a chain that mixes
def language_reward(response):
    words = response.split("</think>")[0].split()
    if any(w in CHINESE for w in words) or not any(w in ENGLISH for w in words):
        return 0.0
    return format_reward(response)


# %% You pay ill-formed responses
# -     if not format_reward(response):
# -         return 0.0


# %% that has two answers
def language_reward(response):
    if not re.fullmatch("<think> [^<]*</think> <ans> .* </ans> <eos>", response):
        return 0.0
    words = response.partition("</think>")[0].split()
    a, b = sum(w in ENGLISH for w in words), sum(w in CHINESE for w in words)
    return a / (a + b) if a + b else 0.0
