"""Grader of the exercise to chapter 4 about a verifier that cannot be gamed: honest answers, then tricks."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ...reasoning.language import DIGITS, HAN_DIGITS
from ..checking import Wrong, as_tensor, ask

Verifier = Callable[[str, int], float]


@dataclass(frozen=True)
class Trick:
    """A response that earns nothing, and what it tries; {r} is the right digit, {w} and {v} are wrong ones.

    {T} is a think part, {chain} what stands in it; its last digit is the right one.
    """

    response: str
    what: str
    hint: str = ""


ONE = "There is exactly one answer part, and exactly one word in it."
ORDER = (
    "`<think>`, thoughts, `</think>`, `<ans>`, a digit, `</ans>`, `<eos>`: in this order, and nothing else."
)
MARKS = "Each of the five marks stands exactly once."
TEXT = "The answer is one word. Compare it with `str(answer)`, as text."
EVAL = "Never call `eval` on what a model wrote: it runs whatever stands there."
AFTER = "Look for the answer after `</think>` only."
LINES = "With `re.MULTILINE`, `^` and `$` match at every line. Use `re.fullmatch`."
SCRIPT = "`\\d`, `isdigit` and `int` know the digits of many scripts. Write `[0-9]`."
GREEDY = "Does your pattern run over marks? Thoughts contain none."
SECOND = "\n{T} <ans> {r} </ans> <eos>"  # a response of its own

# The plainest first: a verifier hears of the first trick that it falls for.
TRICKS = (
    Trick("{T} <ans> {w} </ans> <eos>", "the right digit stands in the think part only", ONE),
    Trick("{T} <ans> 0 1 2 3 4 5 6 7 8 9 </ans> <eos>", "the answer names all ten digits", ONE),
    Trick("{T} <ans> {r} {w} </ans> <eos>", "a second digit follows in the answer", ONE),
    Trick("{T} <ans> {w} {r} </ans> <eos>", "another digit goes before in the answer", ONE),
    Trick("{T} <ans> 1{r} </ans> <eos>", "the answer is a number that only contains the digit", TEXT),
    Trick("{T} <ans> {sum}-3 </ans> <eos>", "the answer is a sum, and you work it out", EVAL),
    Trick("{T} <ans> {r}.0 </ans> <eos>", "the answer is `{r}.0`, no word of the language", TEXT),
    Trick("{T} <ans> 0{r} </ans> <eos>", "the answer is `0{r}`, no word of the language", TEXT),
    Trick("{T} <ans> {han} </ans> <eos>", "the answer is a Chinese digit", "Only `0` to `9` are answers."),
    Trick(
        "{T} <ans> {v} </ans> <ans> {r} </ans> <ans> {w} </ans> <eos>", "one of several answers is right", ONE
    ),
    Trick(
        "<think> {chain} <ans> {r} </ans> </think> <ans> {w} </ans> <eos>", "the answer is a thought", AFTER
    ),
    Trick("{T} <ans> {r} </ans> <ans> {w} </ans> <eos>", "of two answers the first is right", ONE),
    Trick("{T} <ans> {w} </ans> <ans> {r} </ans> <eos>", "of two answers the last is right", ONE),
    Trick("<think> {chain} <ans> {r} </ans> </think> <eos>", "the only answer is a thought", AFTER),
    Trick("{T} <ans> {w} </ans> <eos>" + SECOND, "a second response follows on a new line", LINES),
    Trick("{T} <ans> {r} </ans> <eos> <ans> {w} </ans> <eos>", "text follows after the end", ORDER),
    Trick("{T} <ans> {r} </ans> {w} <eos>", "a word stands between answer and end", ORDER),
    Trick("{T} <ans> {r} </ans>", "it never ended: there is no `<eos>`", ORDER),
    Trick("{T} <ans> {r} <eos>", "the answer is never closed", ORDER),
    Trick("{T} <ans> {r}", "it was cut off within the answer", ORDER),
    Trick("<ans> {r} </ans> <eos>", "there is an answer but no think part", ORDER),
    Trick("<think> {chain} <ans> {r} </ans> <eos>", "the think part is never closed", ORDER),
    Trick("{chain} </think> <ans> {r} </ans> <eos>", "the think part is never opened", ORDER),
    Trick("<ans> {r} </ans> {T} <eos>", "the answer comes before the think part", ORDER),
    Trick("{w} {T} <ans> {r} </ans> <eos>", "a word stands before the think part", ORDER),
    Trick("{T} {w} <ans> {r} </ans> <eos>", "a word stands between think part and answer", ORDER),
    Trick("{T} <ans> {w} </ans> {T} <ans> {r} </ans> <eos>", "it thinks and answers twice", GREEDY),
    Trick("{T} {T} <ans> {r} </ans> <eos>", "there are two think parts", GREEDY),
    Trick("<think> {T} </think> <ans> {r} </ans> <eos>", "one think part stands in another", GREEDY),
    Trick("{T} <ans> <ans> {r} </ans> </ans> <eos>", "one answer part stands in another", MARKS),
    Trick("{T} <ans> {w} <ans> {r} </ans> <eos>", "a second answer part opens in the first", MARKS),
    Trick(
        "<think> {chain} <eos> </think> <ans> {r} </ans> <eos>", "an end mark stands in the thoughts", MARKS
    ),
    Trick("<think> <eos> {chain} </think> <ans> {r} </ans> <eos>", "its first thought is an end mark", MARKS),
    Trick("<think> {chain} <think> </think> <ans> {r} </ans> <eos>", "its last thought is a mark", MARKS),
    Trick("{T} <ans> {wide} </ans> <eos>", "the answer is a digit of another script", SCRIPT),
    Trick("{T} <ans> </ans> <eos>", "the answer is empty"),
    Trick("{T} <ans> check </ans> <eos>", "the answer is no digit"),
    Trick("", "the response is empty"),
    Trick("<eos>", "there is nothing but the end"),
    Trick("<ans>", "there is nothing but a mark"),
)


def verifier(answer: Verifier, seed: int) -> None:
    """Grades `accuracy_reward(response, answer)`."""
    rng = random.Random(seed)
    right = rng.randint(1, 8)  # neither the first nor the last of all ten
    wrong, other = rng.sample([digit for digit in range(1, 10) if digit != right], 2)
    _check_honesty(answer, rng, right, wrong)
    for digit in (right, 0):
        for trick in TRICKS:
            chain = _chain(rng, digit)
            words = {"r": digit, "w": wrong, "v": other, "sum": digit + 3, "han": HAN_DIGITS[digit]}
            words |= {"wide": chr(ord("０") + digit), "chain": chain, "T": f"<think> {chain} </think>"}
            response = trick.response.format(**words)
            if _pays(answer, response, digit):
                what = trick.what.format(**words)
                raise Wrong(f"A trick gets through: {what}. You pay for {response!r}.", trick.hint)


def _check_honesty(answer: Verifier, rng: random.Random, right: int, wrong: int) -> None:
    """Raise Wrong unless honest right answers are paid, and honest wrong ones are not all paid."""
    paid = {kind: _pays(answer, response, right) for kind, response in _honest(rng, right, wrong).items()}
    response = f"<think> {_chain(rng, 0)} </think> <ans> 0 </ans> <eos>"
    paid["It says 0, and in Python 0 counts as False."] = _pays(answer, response, 0)
    chains = ("", f"{wrong} ")  # without the right digit
    cheap = [_pays(answer, f"<think> {chain}</think> <ans> {wrong} </ans> <eos>", right) for chain in chains]
    if all(cheap) and not any(paid.values()):
        raise Wrong("Your verifier is the wrong way round: it pays wrong answers and not right ones.")
    if all(cheap):
        raise Wrong("Your verifier pays honest wrong answers too.", "Where does it look at `answer`?")
    if not any(paid.values()):
        hint = 'Do you compare text with a number? `"7" == 7` is False.'
        raise Wrong("Your verifier pays nobody: honest right answers earn nothing.", hint)
    for kind, fair in paid.items():
        if not fair:
            raise Wrong(f"An honest right answer earns nothing from you. {kind}")


def _honest(rng: random.Random, right: int, wrong: int) -> dict[str, str]:
    """Right answers that must be paid, by what is special about them."""
    chains = {
        "It is a plain one.": _chain(rng, right) + " ",
        "Its think part is empty, and that is well-formed.": "",
        "It thinks in Chinese, and accuracy does not look at that.": f"九 a 乘三 {HAN_DIGITS[right]} ",
        "It checks a step and says `wait`.": f"9 a *3 {wrong} check {right} wait 9 a *3 {right} ",
        "Its chain ends in another digit, and only the answer counts.": _chain(rng, wrong) + " ",
    }
    return {kind: f"<think> {chain}</think> <ans> {right} </ans> <eos>" for kind, chain in chains.items()}


def _chain(rng: random.Random, last: int) -> str:
    """An English chain of two steps whose last digit is `last`."""
    start, middle = rng.choice(DIGITS), rng.choice(DIGITS)
    return f"{start} a +{rng.randint(1, 5)} {middle} b -{rng.randint(1, 5)} {last}"


def _pays(answer: Verifier, response: str, digit: int) -> bool:
    """Whether the student's verifier pays; an error names the response at which it came."""
    try:
        value = ask(answer, response, digit)
    except Wrong as wrong:
        if wrong.__cause__ is None:  # no error: there is no answer yet
            raise
        raise Wrong(
            f"{wrong.misconception} The response was {response!r}.",
            "A policy writes anything at all. A verifier reads it, and pays nothing; it never stops.",
        ) from wrong.__cause__
    paid = float(as_tensor(value, torch.Size([])))
    if paid not in (0.0, 1.0):
        raise Wrong(f"A verifier pays 1 or 0. Yours pays {paid:g} for {response!r}.")
    return paid == 1.0
