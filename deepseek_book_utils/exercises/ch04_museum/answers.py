"""The bug museum, first wing: programs that read answers, and that draw them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..checking import Wrong, ask
from ..museum import UNCHANGED, Answer, Defect, Exhibit, visit

# --- reading answers ---

EXTRACTION = Exhibit(
    lines=13,
    letters="ABCDEFG",
    defects={
        3: Defect(
            "E",
            "Write the shape of `predicted` beside line 3. How many guesses does each row make?",
            {"B": "The largest logit is the largest probability. But how many places are looked at?"},
        ),
        6: Defect(
            "C",
            "Let a model be right at every place. Is its accuracy 1, if there is padding?",
            {"E": "That is decided earlier. What is divided by here?"},
        ),
        11: Defect(
            "G",
            "Compare the answers with each other. Do they differ?",
            {"A": "The question mark makes `.*?` as short as can be. Read the rest of the line."},
        ),
    },
    innocent={
        4: "It is true where a label stands, and false at padding.",
        5: "Two tables of true and false are joined by `&`, place by place.",
        9: "A truth value counts as 0 or 1.",
        10: "Whatever stands between the first pair of tags, as little as possible.",
        12: "The first group is what stands between the tags; `match[0]` would hold the tags too.",
    },
    also={5: "E"},
)


def extraction(answer: Answer, seed: int) -> None:
    """Grades `found_extraction` and `mended_extraction(model, ids, labels, responses)`."""
    visit(EXTRACTION, answer, mended_extraction, seed)


def labelled(batch: int, time: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Logits (B, T, 30), and labels (B, T) with padding; the first guess of a row fits one place at most."""
    guesses = torch.stack([torch.randperm(30, generator=generator)[:time] for _ in range(batch)])
    logits = torch.nn.functional.one_hot(guesses, 30) * 5.0 - 9
    labels = guesses.clone()
    labels[0, 1] = (labels[0, 1] + 1) % 30  # one error
    for row in range(1, batch):
        labels[row, time - row % (time - 2) :] = -100
    return logits + torch.rand(logits.shape, generator=generator), labels


def mended_extraction(mended: Callable[..., Any], seed: int) -> None:
    """Grades the mended evaluation: the accuracy, the answers, and how many were never closed."""
    generator = torch.Generator().manual_seed(seed)
    for batch, time in ((4, 6), (5, 9)):
        logits, labels = labelled(batch, time, generator)
        numbers = torch.randint(10, 99, (batch,), generator=generator).tolist()
        numbers[-1] = 100  # the last answer is that of no other response
        texts = [f"<think>...</think> <answer> {n}\n</answer>" for n in numbers]
        texts[1] = f"<think>never closed <answer>{numbers[1]}"
        texts[2] += "<answer>0</answer>"  # the first counts
        answers = [str(n) for n in numbers]
        ids = torch.randint(30, labels.shape, generator=generator)
        expected = [*answers[:1], None, *answers[2:]]
        got = ask(
            lambda x=logits, i=ids, y=labels, s=texts: mended(
                lambda given: x if torch.equal(given, i) else x.flip(2), i.clone(), y.clone(), list(s)
            )
        )
        if not isinstance(got, tuple | list) or len(got) != 3:
            raise Wrong(
                "Three things are asked for: the accuracy, the answers, and how many were never closed."
            )
        judge_accuracy(ask(lambda g=got: float(g[0])), logits.argmax(-1), labels)
        if not isinstance(got[1], list):
            raise Wrong(f"The answers must be a list, and this is a {type(got[1]).__name__}.")
        if not ask(lambda g=got, e=expected: bool(g[1] == e)):
            if got[1] and all(found == "100" for found in got[1]):
                raise Wrong(
                    "All answers are that of the last response.",
                    "The comprehension must read the variable that it runs through.",
                )
            raise Wrong(f"The answers are {got[1]!r:.80}, and should be {expected}.")
        if not ask(lambda g=got: bool(g[2] == 1)):
            raise Wrong("One response is never closed by `</answer>`, and the count says otherwise.")


def judge_accuracy(got: float, guesses: Tensor, labels: Tensor) -> None:
    """Raises Wrong unless this is the share of right guesses among the real labels."""
    real = labels != -100
    right = guesses == labels
    total, hits = int(real.sum()), int(right[real].sum())
    first = int((guesses[:, :1] == labels)[real].sum())
    told = {
        hits / total: ("", ""),
        first / labels.numel(): (
            "The accuracy is what it was before.",
            "Write the shapes behind lines 3 to 6.",
        ),
        first / total: (
            "The denominator is right now, but each row still makes one guess, for its whole sequence.",
            "Take the largest logit at every place: `argmax` over the last dimension, without `[:, 0]`.",
        ),
        hits / labels.numel(): (
            "Every place has its guess now, but the padding still counts as wrong.",
            "Divide by the number of labels that are real.",
        ),
        int(right[:, 0].sum()) / len(labels): (
            "Only the first place of each row is judged. Every label has a place of its own.",
            "`argmax(-1)` of all logits (B, T, V) gives (B, T).",
        ),
    }
    for value, (misconception, hint) in told.items():
        if abs(got - value) < 1e-5:
            if misconception:
                raise Wrong(misconception, hint)
            return
    raise Wrong(f"The accuracy is {got:.6g}, and should be {hits / total:.6g}: {hits} of {total} labels.")


# --- drawing answers ---

REJECTION = Exhibit(
    lines=10,
    letters="ABCDEFG",
    defects={
        7: Defect(
            "D",
            "Let the policy be sure of one token, at 99 %. How often is that token drawn here?",
            {"F": "The prompt does not change, so nor do its logits. But how are the fifty weighed?"},
        ),
        8: Defect(
            "A",
            "How long is an answer? Who decides when it ends?",
            {"D": "That is how the token was drawn. What about those that should follow?"},
        ),
        9: Defect(
            "G",
            "Why is it called rejection sampling? Which argument is never read?",
            {"A": "That is why it is short. But would a wrong answer be turned away here?"},
        ),
    },
    innocent={
        4: "Each attempt is drawn afresh.",
        5: "The policy is asked for the token after the prompt; at the beginning of an answer that is right.",
        6: "`indices` are tokens. The whole distribution is better; the harm is done in the next line.",
        10: "All that was kept is returned.",
    },
    also={5: "A", 6: "D"},
)
SIZE, ATTEMPTS = 100, 400
COMMON, TAIL, AGAIN = 0.25, 0.3, 0.6  # chance of token 0 first, of any token past 50 first, of 2 after 0


def rejection(answer: Answer, seed: int) -> None:
    """Grades `found_rejection` and `mended_rejection(model, prompt, accept, attempts, end, max_tokens)`."""
    visit(REJECTION, answer, mended_rejection, seed)


def small_policy(prompt: int, end: int) -> Callable[[list[int]], Tensor]:
    """tokens -> logits (V,) of the next: a long tail after the prompt, later by what came last."""
    first = torch.full((SIZE,), 1e-9)
    first[:50], first[50:end] = (1 - TAIL - COMMON) / 49, TAIL / (end - 50)
    first[0] = COMMON
    after_zero, later = torch.full((2, SIZE), 1e-9)
    after_zero[2], after_zero[end] = AGAIN, 1 - AGAIN
    later[2], later[end] = 0.1, 0.9

    def model(tokens: list[int]) -> Tensor:
        if len(tokens) == prompt:
            return first.log()
        return (after_zero if int(tokens[-1]) == 0 else later).log()

    return model


def mended_rejection(mended: Callable[..., Any], seed: int) -> None:
    """Grades the mended sampling, also with another end, another length and fewer attempts."""
    for attempts, end, longest in ((ATTEMPTS, 99, 3), (ATTEMPTS - 50, 98, 2)):
        compare_rejection(mended, seed, attempts, end, longest)


def compare_rejection(mended: Callable[..., Any], seed: int, attempts: int, end: int, longest: int) -> None:
    """Grades one call by all answers that the verifier was shown, and by those that were kept."""
    prompt = torch.randint(3, 90, (2 + seed % 4,), generator=torch.Generator().manual_seed(seed)).tolist()
    shown: list[list[int]] = []

    def accept(answer: list[int]) -> bool:
        if not isinstance(answer, list) or not all(type(token) is int for token in answer):
            raise TypeError("an answer is a list of whole numbers")
        shown.append(list(answer))
        return sum(answer) % 2 == 0

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        kept = ask(
            lambda: mended(small_policy(len(prompt), end), list(prompt), accept, attempts, end, longest)
        )
    if not isinstance(kept, list):
        raise Wrong(f"A list of answers is asked for, and this is a {type(kept).__name__}.")
    if not shown:
        whole = any(isinstance(answer, list) and len(answer) > 1 for answer in kept)
        raise Wrong(
            "The verifier is never asked, so nothing is rejected." if whole else UNCHANGED,
            "Keep an answer only where `accept(answer)` is true.",
        )
    if len(shown) != attempts:
        raise Wrong(
            f"{attempts} attempts were asked for, and the verifier saw {len(shown)} answers.",
            "Show it each answer once, when the answer is whole.",
        )
    judge_drawn(shown, prompt, end, longest)
    if ask(lambda: bool(kept == shown)):
        raise Wrong("The verifier is asked, but what it says changes nothing: all answers are kept.")
    if not ask(lambda: bool(kept == [answer for answer in shown if sum(answer) % 2 == 0])):
        raise Wrong("What is kept is not what the verifier accepted.", "Keep the answers as they were drawn.")


def judge_drawn(drawn: list[list[int]], prompt: list[int], end: int, most: int) -> None:
    """Raises Wrong unless these are whole answers from the policy's distribution, within five deviations."""
    if all(answer[: len(prompt)] == prompt for answer in drawn):
        raise Wrong("The prompt stands in your answers. An answer begins after it.")
    if any(end in answer for answer in drawn):
        raise Wrong("The token that ends an answer stands in it. It is only a sign to stop.")
    longest = max(len(answer) for answer in drawn)
    if longest <= 1:
        raise Wrong(
            "The verifier is asked, but each answer is still one token long.",
            "Append the token, ask the policy again, and stop at `end`.",
        )
    if longest > most:
        raise Wrong(f"An answer has {longest} tokens, and `max_tokens` is {most}.")
    starts = [answer[0] if answer else end for answer in drawn]
    common = starts.count(0) / len(starts)
    tail = sum(50 <= start < end for start in starts) / len(starts)
    if common == 1:
        raise Wrong(
            "Every attempt begins alike: you take the likeliest token instead of drawing one.",
            "`torch.multinomial(probs, 1)` draws.",
        )
    if common < COMMON / 2:
        raise Wrong(
            "The answers are whole now, but their tokens are still drawn evenly: the policy has no say.",
            "`torch.multinomial(logits.softmax(-1), 1)` draws with the policy's probabilities.",
        )
    if tail == 0:
        raise Wrong(
            "Tokens beyond the fifty likeliest never come, so these are not the policy's own answers.",
            "Draw from the softmax of all logits.",
        )
    seconds = [answer[1] if len(answer) > 1 else end for answer in drawn if answer and answer[0] == 0]
    again = seconds.count(2) / max(len(seconds), 1)
    if again < AGAIN / 3:
        raise Wrong(
            "Later tokens do not depend on the earlier ones.",
            "The policy must be given the prompt and what was drawn so far.",
        )
    if abs(common - COMMON) > 0.11 or abs(tail - TAIL) > 0.12 or abs(again - AGAIN) > 0.25:
        raise Wrong(
            f"The answers are not distributed as the policy's: token 0 comes first in {common:.0%} of them, "
            f"and should in {COMMON:.0%}.",
            "Softmax of the logits as they are, without a temperature.",
        )
