"""Tasks beside reasoning: write out a list, and solve a problem as the reader wishes.

A *list* asks for its entries in an order and a language: `<bos> <reverse> <chinese> a
*3 b -1 ?` is answered by `<think> </think> <ans> b 减一 a 乘三 </ans> <eos>`. A *wish*
is a problem of arithmetic, in a language and in a form: `<show>` asks for every step,
`<brief>` for the answer alone. A wish is judged by what it asks for, and not by the
answer, as instructions are in IFEval (Zhou et al., arXiv 2311.07911).

The six words of instruction come after all others, so that the words of the miniature
keep their numbers. DeepSeek-R1's last two stages train on such general tasks (arXiv
2501.12948, sections 2.3.3 and 2.3.4); theirs are judged by a reward model, ours by
rules.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..settings import check_ranges
from .base import MINIATURE
from .corpus import (
    CorpusSettings,
    Document,
    last_digit,
    sample_document,
    speak,
    write_chain,
)
from .language import (
    BOOK,
    BOS,
    DIGITS,
    EOS,
    LABELS,
    TO_CHINESE,
    TO_ENGLISH,
    VOCABULARY,
    Problem,
    held_out_problems,
    sample_problem,
)

ORDERS, TONGUES, FORMS = (
    ("<forward>", "<reverse>"),
    ("<english>", "<chinese>"),
    ("<brief>", "<show>"),
)
INSTRUCTIONS = (*ORDERS, *TONGUES, *FORMS)
WORDS = (*VOCABULARY, *INSTRUCTIONS)
WORD_ID = {word: i for i, word in enumerate(WORDS)}
WIDER = replace(MINIATURE, vocabulary=len(WORDS))  # the miniature, six words richer


@dataclass(frozen=True)
class ListProblem:
    """Operations to be written out under their labels, in an order and a language."""

    order: str  # one of ORDERS
    tongue: str  # one of TONGUES
    problem: Problem  # its operations; what it starts from does not matter

    @property
    def entries(self) -> list[tuple[str, str]]:
        """Labels and operations, as they are given."""
        return list(zip(self.problem.labels, self.problem.operations, strict=True))

    @property
    def prompt(self) -> str:
        listed = " ".join(word for entry in self.entries for word in entry)
        return f"{BOS} {self.order} {self.tongue} {listed} ?"

    @property
    def answer(self) -> list[str]:
        """The words of the right answer."""
        entries = self.entries[:: -1 if self.order == "<reverse>" else 1]
        words = [word for entry in entries for word in entry]
        return speak(words, chinese=self.tongue == "<chinese>")


@dataclass(frozen=True)
class Wish:
    """A problem of arithmetic, to be solved in a language and a form."""

    tongue: str  # one of TONGUES
    form: str  # one of FORMS
    problem: Problem

    @property
    def prompt(self) -> str:
        asked = self.problem.prompt.removeprefix(f"{BOS} ")
        return f"{BOS} {self.tongue} {self.form} {asked}"


Asked = Problem | ListProblem | Wish


def encode_words(text: str | Sequence[str]) -> list[int]:
    """Token numbers of a text of blank-separated words, instructions among them; raises
    ValueError on any other word.
    """
    words = text.split() if isinstance(text, str) else text
    for word in words:
        if word not in WORD_ID:
            raise ValueError(f"{word!r} is no word: take one of {', '.join(WORDS)}.")
    return [WORD_ID[word] for word in words]


def decode_words(tokens: Sequence[int]) -> str:
    """The text of token numbers, padding (0) left out."""
    return " ".join(WORDS[i] for i in tokens if i)


def sample_list(rng: random.Random) -> ListProblem:
    """A training list of 3 to 6 operations."""
    return ListProblem(
        rng.choice(ORDERS), rng.choice(TONGUES), sample_problem(rng, 3, 6)
    )


def sample_wish(rng: random.Random) -> Wish:
    """A training problem of 3 to 7 steps with a wish for language and form."""
    return Wish(rng.choice(TONGUES), rng.choice(FORMS), sample_problem(rng))


def held_out_lists(count: int, seed: int = 0) -> list[ListProblem]:
    """Test lists: each opens with three operations that no training text contains."""
    rng = random.Random(seed)
    problems = held_out_problems(count, 3, 6, seed)
    return [ListProblem(rng.choice(ORDERS), rng.choice(TONGUES), p) for p in problems]


def held_out_wishes(count: int, seed: int = 0) -> list[Wish]:
    """Test wishes, of problems that no training text contains."""
    rng = random.Random(seed)
    problems = held_out_problems(count, seed=seed)
    return [Wish(rng.choice(TONGUES), rng.choice(FORMS), p) for p in problems]


# --- what an answer is worth ----------------------------------------------------------

SHAPE = re.compile(
    r"<think> ((?:(?!</?think>|</?ans>)\S+ )*)</think> "
    r"<ans> ((?:(?!</?think>|</?ans>)\S+ )+)</ans> <eos>"
)


def parts(response: str) -> tuple[list[str], list[str]] | None:
    """The words of the think part and those of the answer; None if the form is broken:
    exactly one think part, then one answer that is not empty, then the end.
    """
    match = SHAPE.fullmatch(response)
    return (match[1].split(), match[2].split()) if match else None


def steps_shown(words: Sequence[str]) -> list[str]:
    """The labels among the words, in order; a step written again counts once."""
    labels = [word for word in words if word in LABELS]
    return [label for i, label in enumerate(labels) if i == 0 or labels[i - 1] != label]


def obeys(response: str, asked: ListProblem | Wish) -> bool:
    """Whether a response has the form, and all that its instructions ask for."""
    found = parts(response)
    if found is None:
        return False
    thought, answer = found
    if isinstance(asked, ListProblem):
        return answer == asked.answer
    own, other = (
        (TO_CHINESE, TO_ENGLISH)
        if asked.tongue == "<english>"
        else (TO_ENGLISH, TO_CHINESE)
    )
    spoken = thought + answer
    if any(word in other for word in spoken) or not any(w in own for w in answer):
        return False
    wanted = [] if asked.form == "<brief>" else asked.problem.labels
    return steps_shown(thought) == wanted if wanted else not thought


# --- documents ------------------------------------------------------------------------


@dataclass(frozen=True)
class GeneralSettings:
    """How often general documents occur, and how well their writers obey; raises
    ValueError on what is no probability.
    """

    share: float = 0.40  # of what is no drill
    wish_share: float = 0.35  # of general documents; the others are lists
    textbook_share: float = 0.40  # of general documents; textbooks always obey
    obeys: float = 0.70  # the web obeys each instruction this often
    broken: float = 0.10  # answers of the web whose form is broken

    def __post_init__(self) -> None:
        shares = ("share", "wish_share", "textbook_share", "obeys", "broken")
        check_ranges(self, fraction=shares)


def broken_form(rng: random.Random, response: list[str]) -> list[str]:
    """The response without one of its marks."""
    at = rng.choice([i for i, word in enumerate(response[:-1]) if word[0] == "<"])
    return response[:at] + response[at + 1 :]


def written_answer(
    rng: random.Random, asked: ListProblem | Wish, corpus: CorpusSettings
) -> list[str]:
    """A response that obeys; the steps of a wish have their writer's own errors."""
    if isinstance(asked, ListProblem):
        return ["<think>", "</think>", "<ans>", *asked.answer, "</ans>", EOS]
    problem, language = asked.problem, asked.tongue.strip("<>")
    thought: list[str] = []
    answer = DIGITS[problem.answer]
    if asked.form == "<show>":
        thought, _ = write_chain(rng, problem, "full", language, corpus)
        answer = last_digit(thought)
    if language == "chinese":
        answer = TO_CHINESE[answer]
    return ["<think>", *thought, "</think>", "<ans>", answer, "</ans>", EOS]


def other(rng: random.Random, pair: tuple[str, str], word: str, obeyed: float) -> str:
    """The word with probability `obeyed`, else the other of the pair."""
    return word if rng.random() < obeyed else pair[1 - pair.index(word)]


def general_document(
    rng: random.Random,
    obeyed: float,
    broken: float,
    opening: str = BOS,
    wish_share: float = 0.5,
    corpus: CorpusSettings = CorpusSettings(),
) -> Document:
    """A list or a wish, and an answer whose writer obeys each instruction with
    probability `obeyed` and breaks the form with probability `broken`.
    """
    asked: ListProblem | Wish
    done: ListProblem | Wish
    if rng.random() < wish_share:
        asked = sample_wish(rng)
        form = other(rng, FORMS, asked.form, obeyed)
        done = replace(
            asked, tongue=other(rng, TONGUES, asked.tongue, obeyed), form=form
        )
    else:
        asked = sample_list(rng)
        order = other(rng, ORDERS, asked.order, obeyed)
        done = replace(
            asked, tongue=other(rng, TONGUES, asked.tongue, obeyed), order=order
        )
    response = written_answer(rng, done, corpus)
    if rng.random() < broken:
        response = broken_form(rng, response)
    prompt = [opening, *asked.prompt.split()[1:]]
    return prompt + response, [0.0] * len(prompt) + [1.0] * len(response)


def sample_wider_page(
    rng: random.Random,
    progress: float,
    corpus: CorpusSettings = CorpusSettings(),
    general: GeneralSettings = GeneralSettings(),
) -> tuple[list[int], list[float]]:
    """Token ids and loss weights of one document of the wider corpus: that of the
    miniature, where a share of what is no drill is general.
    """
    words, weights = sample_document(rng, progress, corpus)
    drill = "?" not in words
    if not drill and rng.random() < general.share:
        textbook = rng.random() < general.textbook_share
        words, weights = general_document(
            rng,
            1.0 if textbook else general.obeys,
            0.0 if textbook else general.broken,
            BOOK if textbook else BOS,
            general.wish_share,
            corpus,
        )
    return encode_words(words), weights


Sampler = Callable[[random.Random], Asked]


def mixed_problems(reasoning: float, lists: float) -> Sampler:
    """Samples problems of arithmetic, lists and, for the rest, wishes, in shares."""

    def sample(rng: random.Random) -> Asked:
        chance = rng.random()
        if chance < reasoning:
            return sample_problem(rng)
        return sample_list(rng) if chance < reasoning + lists else sample_wish(rng)

    return sample
