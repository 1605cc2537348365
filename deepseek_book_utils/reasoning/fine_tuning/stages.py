"""DeepSeek-R1's four stages in miniature (arXiv 2501.12948, sections 2.3.1 to 2.3.4).

1. Cold start: the base reads a few hundred good answers (`cold_start`).
2. Reinforcement learning on reasoning, with the language reward.
3. Rejection sampling: the best answers of stage 2, and general documents, teach the
   *base* anew.
4. Reinforcement learning for all scenarios: reasoning, lists and wishes.

The paper calls what stands after them Dev1, Dev2, Dev3 and R1. Left out: reward models,
since all our tasks can be judged by rules, and the many kinds of general data.
"""

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch

from ...lm.model import LanguageModel
from ...lm.pretraining import Document
from ...settings import check_ranges
from ..evaluation import fraction, summarise
from ..instructions import (
    INSTRUCTIONS,
    WORD_ID,
    Asked,
    ListProblem,
    Wish,
    decode_words,
    encode_words,
    general_document,
    mixed_problems,
    obeys,
    parts,
)
from ..language import BOOK, EOS, PAD, Problem, sample_problem
from ..pen import Pen, slip_of_the_pen
from ..r1_zero import R1ZeroSettings, train_r1_zero
from ..rewards import RewardWeights, accuracy_reward, reward
from ..tasks import Task, sample_responses
from .cold_start import FineTuneSettings, cold_start_documents, fine_tune, readable


@dataclass(frozen=True)
class StageSettings:
    """The whole recipe; raises ValueError on values without sense."""

    cold_documents: int = 300  # stage 1
    cold_checks: float = 0.5  # of its answers: they check every value
    cold: FineTuneSettings = FineTuneSettings()
    rl: R1ZeroSettings = R1ZeroSettings()  # stages 2 and 4
    language: float = 1.0  # what the language reward weighs
    problems: int = 600  # stage 3: asked of the second stage's policy
    answers: int = 4  # to each; the right and readable ones are kept
    general_documents: int = 600
    obeys: float = 0.85  # their writers obey each instruction this often
    broken: float = 0.10  # and break the form this often
    second: FineTuneSettings = FineTuneSettings(epochs=2, learning_rate=1e-3)
    reasoning: float = 0.5  # stage 4: share of problems of arithmetic
    lists: float = 0.2  # and of lists; the rest are wishes

    def __post_init__(self) -> None:
        shares = ("cold_checks", "obeys", "broken", "reasoning", "lists")
        counts = ("cold_documents", "problems", "answers", "general_documents")
        check_ranges(self, count=counts, fraction=shares, not_negative=("language",))
        if self.reasoning + self.lists > 1:
            raise ValueError(
                f"reasoning + lists = {self.reasoning + self.lists}: take shares whose "
                "sum is at most 1."
            )


def worth(text: str, asked: Asked, weights: RewardWeights) -> float:
    """What a response earns: reasoning by the rules of R1-Zero, the rest by what its
    instructions ask for, and by its form.
    """
    if isinstance(asked, Problem):
        return reward(text, asked, weights)
    formed = parts(text) is not None
    return weights.accuracy * obeys(text, asked) + weights.format * formed


def right(text: str, asked: Asked) -> bool:
    """Whether a response solves its problem, or obeys its instructions."""
    if isinstance(asked, Problem):
        return accuracy_reward(text, asked.answer) == 1
    return obeys(text, asked)


def measure(texts: Sequence[str], asked: Sequence[Asked]) -> dict[str, float]:
    """What `summarise` says of the problems of arithmetic, the share of readable
    answers to them, and of lists and wishes the share that is obeyed; groups as there.
    """
    G = len(texts) // len(asked)
    rows = {
        kind: [i for i in range(len(texts)) if isinstance(asked[i // G], kind)]
        for kind in (Problem, ListProblem, Wish)
    }
    found: dict[str, float] = {}
    reasoning = [texts[i] for i in rows[Problem]]
    if reasoning:
        problems = [one for one in asked if isinstance(one, Problem)]
        found = summarise(reasoning, problems)
        clear = sum(readable(t, problems[i // G]) for i, t in enumerate(reasoning))
        found["readable"] = clear / len(reasoning)
    for name, kind in (("lists", ListProblem), ("wishes", Wish)):
        obeyed = sum(right(texts[i], asked[i // G]) for i in rows[kind])
        found[name] = fraction(obeyed, len(rows[kind]))
    return found


def scenarios(
    reasoning: float = 1.0,
    lists: float = 0.0,
    rewards: RewardWeights = RewardWeights(),
    pen: Pen = Pen(),
    textbook: bool = False,
) -> Task:
    """Problems of arithmetic, lists and, for the rest, wishes, in these shares;
    `textbook` opens the prompt with `<book>`.
    """

    def prompt(asked: Asked) -> list[int]:
        ids = encode_words(asked.prompt)
        return [WORD_ID[BOOK], *ids[1:]] if textbook else ids

    only = reasoning == 1
    return Task(
        name=f"scenarios {reasoning=} {lists=} {rewards} {pen} {textbook=}",
        sample=sample_problem if only else mixed_problems(reasoning, lists),
        encode=prompt,
        decode=decode_words,
        right=right,
        reward=partial(worth, weights=rewards),
        measure=measure,
        end=WORD_ID[EOS],
        pad=WORD_ID[PAD],
        alter=partial(slip_of_the_pen, pen=pen),
        forbidden=tuple(encode_words(INSTRUCTIONS)),
    )


def rejection_sample(
    policy: LanguageModel, task: Task, problems: int, answers: int, seed: int
) -> list[Document]:
    """Answers of the policy to new problems of arithmetic that are right and readable,
    as documents to learn from: what it drew carries loss; the question, and what the
    pen wrote instead, do not.
    """
    rng = random.Random(seed)
    device = next(policy.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    kept: list[Document] = []
    for start in range(0, problems, 64):
        asked = [sample_problem(rng) for _ in range(min(64, problems - start))]
        rollouts, texts = sample_responses(policy, task, asked, answers, generator)
        for i, text in enumerate(texts):
            problem, length = asked[i // answers], int(rollouts.lengths[i])
            if right(text, problem) and readable(text, problem):
                ids = task.encode(problem)
                response = rollouts.responses[i, :length].tolist()
                chosen = rollouts.loss_mask[i, :length].float().tolist()
                kept.append((ids + response, [0.0] * len(ids) + chosen))
    return kept


def general_documents(settings: StageSettings, seed: int) -> list[Document]:
    """Answers to lists and wishes by writers who obey most of the time."""
    rng = random.Random(seed)
    pages = [
        general_document(rng, settings.obeys, settings.broken)
        for _ in range(settings.general_documents)
    ]
    return [(encode_words(words), weights) for words, weights in pages]


def run_stages(
    base: LanguageModel, settings: StageSettings, seed: int, pen: Pen = Pen()
) -> dict[str, LanguageModel]:
    """The models after each stage: dev1, dev2, dev3 and r1. The base stays as it is."""
    rewards = RewardWeights(language=settings.language)
    models = {"dev1": copy.deepcopy(base)}
    documents = cold_start_documents(
        settings.cold_documents, seed, settings.cold_checks
    )
    fine_tune(models["dev1"], documents, settings.cold, seed)

    reasoning = scenarios(rewards=rewards, pen=pen)
    models["dev2"] = copy.deepcopy(models["dev1"])
    train_r1_zero(models["dev2"], reasoning, settings.rl, seed)

    documents = rejection_sample(
        models["dev2"], reasoning, settings.problems, settings.answers, seed
    )
    documents += general_documents(settings, seed)
    models["dev3"] = copy.deepcopy(base)
    fine_tune(models["dev3"], documents, settings.second, seed)

    everything = scenarios(settings.reasoning, settings.lists, rewards, pen)
    models["r1"] = copy.deepcopy(models["dev3"])
    train_r1_zero(models["r1"], everything, settings.rl, seed + 1)
    return models
