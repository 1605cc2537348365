"""Grader of the exercise to chapter 4 about a reward by rule: the language-consistency reward."""

import random
from collections.abc import Callable

import torch
from torch import Tensor

from ...reasoning.corpus import speak
from ...reasoning.language import CHINESE, DIGITS, ENGLISH, HAN_DIGITS, sample_problem
from ...reasoning.rewards import language_reward as right_reward
from ..checking import Mistake, Wrong, as_tensor, ask, compare

Reward = Callable[[str], float]
Share = Callable[[list[str], int, int], float]  # of a chain's words, English words, Chinese words

FORM = "<think> {} </think> <ans> {} </ans> <eos>"
ILL_FORMED = {
    "<think> {} </think> <ans> 7 </ans>": "never ends: it has no `<eos>`",
    "<think> {}": "was cut off while it thought",
    "{} <ans> 7 </ans> <eos>": "has no think part",
    "<think> {} </think> <ans> 7 </ans> <ans> 8 </ans> <eos>": "has two answers",
    "<think> {0} </think> <think> {0} </think> <ans> 7 </ans> <eos>": "has two think parts",
}


def language_reward(answer: Reward, seed: int) -> None:
    """Grades `language_reward(response)`."""
    rng = random.Random(seed)
    mixed = [
        FORM.format(_chain(rng, steps), rng.randrange(10)) for steps in ("ecccc", "ceee", "eec", "ccee" * 3)
    ]
    right = torch.tensor([right_reward(response) for response in mixed])
    compare(_paid(answer, mixed), right, _mistakes(mixed), " for chains that mix languages")
    _check_balance(answer)
    pure = [FORM.format(_chain(rng, steps), rng.randrange(10)) for steps in ("eee", "ccccc")]
    compare(_paid(answer, pure), torch.tensor([1.0, 0.0]), [], " for an English and a Chinese chain")
    _check_silence(answer, "<think> </think> <ans> 7 </ans> <eos>", "An empty think part")
    _check_silence(answer, FORM.format("a b c", 7), "A think part of labels alone")
    paid = _paid(answer, [form.format(_chain(rng, "eee")) for form in ILL_FORMED])
    if paid.all():
        raise Wrong(
            "You pay ill-formed responses. They earn nothing, whatever their language.",
            "`format_reward(response)` is 1 only if the form is kept.",
        )
    for kind, value in zip(ILL_FORMED.values(), paid.tolist(), strict=True):
        if value != 0:
            raise Wrong(f"You pay {value:g} to a response that {kind}. An ill-formed response earns nothing.")


def _chain(rng: random.Random, steps: str) -> str:
    """The words of a think part with one step for each letter: `e` an English one, `c` a Chinese one."""
    problem = sample_problem(rng, len(steps), len(steps))
    words = speak([DIGITS[problem.start]], steps[0] == "c")
    for label, operation, language in zip(problem.labels, problem.operations, steps, strict=True):
        step = [operation, rng.choice(DIGITS), "check", rng.choice(DIGITS)]
        words += [label, *speak(step[: rng.choice((2, 4))], language == "c")]
    return " ".join(words)


def _paid(answer: Reward, responses: list[str]) -> Tensor:
    """What the student's reward pays for each response."""
    return torch.stack([as_tensor(ask(answer, response), torch.Size([])) for response in responses])


def _check_silence(answer: Reward, response: str, what: str) -> None:
    """Raise Wrong unless a think part without a word of either language earns nothing."""
    try:
        value = _paid(answer, [response]).item()
    except Wrong as wrong:
        if not isinstance(wrong.__cause__, ZeroDivisionError):
            raise
        hint = "Return 0 before you divide."
        raise Wrong(f"{what} has no word of either language, and you divide by their number.", hint) from None
    if value != 0:
        hint = "If silence were a perfect language, the policy would learn to be silent."
        raise Wrong(f"{what} earns {value:g} from you. Without a word there is nothing to pay for.", hint)


def _check_balance(answer: Reward) -> None:
    """As many words of one language as of the other: a difference is zero, and the share is not."""
    value = _paid(answer, [FORM.format("9 a 九", 9)]).item()
    if value == 0:
        raise Wrong(
            "A chain with as many Chinese words as English ones earns nothing from you. Its share is 1/2.",
            "Test the *sum* of both before you divide by it.",
        )


def _mistakes(responses: list[str]) -> list[Mistake]:
    """What misconceptions would pay for chains that mix languages."""
    chains = [response.partition(" </think>")[0].split()[1:] for response in responses]

    def each(share: Share) -> Tensor:
        return torch.tensor([share(chain, *_count(chain, ENGLISH, CHINESE)) for chain in chains])

    def labelled(marks: int) -> Tensor:
        return each(lambda w, e, c: (len(w) - c + marks) / (len(w) + marks))

    def all_words(marks: int) -> Tensor:
        return each(lambda w, e, c: e / (len(w) + marks))

    def letters(chain: list[str], e: int, c: int) -> float:
        english, chinese = (sum(len(w) for w in chain if w in words) for words in (ENGLISH, CHINESE))
        return english / (english + chinese)

    def once(chain: list[str], e: int, c: int) -> float:
        english, chinese = _count(list(set(chain)), ENGLISH, CHINESE)
        return english / (english + chinese)

    def no_digits(chain: list[str], e: int, c: int) -> float:
        english, chinese = _count([w for w in chain if w not in (*DIGITS, *HAN_DIGITS)], ENGLISH, CHINESE)
        return english / (english + chinese)

    # A response has six words more than its chain: five marks and the answer's digit.
    labels = "You count labels or marks as English. They stand in both languages and belong to neither."
    divided = "You divide by all words, labels or marks too. They belong to neither language."
    whole = "You count the answer's digit too. Only the think part is the chain of thought."
    divide, cut = "Divide by English words plus Chinese words.", "Leave out what comes after `</think>`."
    count = "You count the English words. Asked is their share."
    digits = "You leave the digits out. `7` is an English word here, and `七` is a Chinese one."
    majority = "You pay 1 if most words are English, else 0. Asked is the share."
    return [
        *(Mistake(labelled(marks), labels) for marks in (0, 1, 2, 6)),
        *(Mistake(all_words(marks), divided, divide) for marks in (0, 1, 2, 6)),
        Mistake(each(lambda w, e, c: (e + 1) / (e + c + 1)), whole, cut),
        Mistake(each(lambda w, e, c: (e + 1) / (len(w) + 6)), divided, divide),
        Mistake(each(lambda w, e, c: c / (e + c)), "You pay the share of Chinese. Asked is that of English."),
        Mistake(
            each(lambda w, e, c: e / c), "You divide English by Chinese. Asked is a share of both.", divide
        ),
        Mistake(each(lambda w, e, c: e), count, divide),
        Mistake(each(lambda w, e, c: 100 * e / (e + c)), "You pay per cent. A share lies between 0 and 1."),
        Mistake(each(letters), "You count characters. A word is one word, be it `check` or `7`."),
        Mistake(each(once), "You count a word only once. Each time it stands there counts."),
        Mistake(each(no_digits), digits),
        Mistake(each(lambda w, e, c: e > c), majority),
        Mistake(
            each(lambda w, e, c: 0), "You pay nothing to a chain that mixes. Asked is its share of English."
        ),
        Mistake(
            each(lambda w, e, c: 1), "You pay a chain that mixes in full. Asked is its share of English."
        ),
    ]


def _count(chain: list[str], *languages: tuple[str, ...]) -> tuple[int, ...]:
    """How many words of the chain belong to each language."""
    return tuple(sum(word in words for word in chain) for words in languages)
