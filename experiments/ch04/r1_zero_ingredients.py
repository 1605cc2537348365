"""Does every ingredient of R1-Zero earn its place? `python -m experiments.ch04.r1_zero_ingredients`

One ingredient at a time is taken out or changed, on development seeds, and the whole recipe is run again.
The table goes to EXPERIMENTS.md.
"""

import argparse
import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch

from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.evaluation import base_skills
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import Task, evaluate
from deepseek_book_utils.records import DEVELOPMENT_SEEDS
from experiments.measuring import Stopwatch

TEST = held_out_problems(100)


@dataclass(frozen=True)
class Recipe:
    """The settings of one run, from random weights to R1-Zero."""

    model: ModelSettings = MINIATURE
    pretraining: PretrainSettings = field(default_factory=PretrainSettings)
    corpus: CorpusSettings = field(default_factory=CorpusSettings)
    rl: R1ZeroSettings = field(default_factory=R1ZeroSettings)
    task: Task = field(default_factory=arithmetic)


def corpus(**changes: Any) -> Recipe:
    """The recipe with another corpus."""
    return Recipe(corpus=replace(CorpusSettings(), **changes))


RARE_CHECKS = (("direct", 0.62), ("skip", 0.14), ("full", 0.17), ("check", 0.02), ("broken", 0.05))
FEWER_CHECKS = (("direct", 0.62), ("skip", 0.14), ("full", 0.09), ("check", 0.10), ("broken", 0.05))
RECIPES = {
    "as it stands": Recipe(),
    "no neighbours": Recipe(model=replace(MINIATURE, neighbours=0)),
    "one neighbour": Recipe(model=replace(MINIATURE, neighbours=1)),
    "one layer": Recipe(model=replace(MINIATURE, layers=1)),
    "no curriculum": corpus(drill_share=(0.375, 0.375)),
    "no drills": corpus(drill_share=(0.0, 0.0)),
    "300 steps of pretraining": Recipe(pretraining=PretrainSettings(updates=300)),
    "a pen that never slips": Recipe(task=arithmetic(pen=Pen(0, 0, 0))),
    "fewer pages that check": corpus(web_styles=FEWER_CHECKS),
    "checks rare in the corpus": corpus(web_styles=RARE_CHECKS, textbook_checks=0.02, long_checks=0.02),
    "no format reward": Recipe(task=arithmetic(RewardWeights(format=0.0))),
    "one minibatch a step": Recipe(rl=R1ZeroSettings(minibatches=1)),
    "groups of four": Recipe(rl=R1ZeroSettings(prompts=64, group_size=4)),
}


def run(recipe: Recipe, seed: int) -> list[float]:
    """One line of the table: skills of the base, then what RL makes of it."""
    torch.manual_seed(seed)
    base, watch = LanguageModel(recipe.model), Stopwatch()
    pretrain(base, recipe.pretraining, seed, partial(sample_page, corpus=recipe.corpus))
    zero = copy.deepcopy(base)
    train_r1_zero(zero, recipe.task, recipe.rl, seed)
    seconds = watch.seconds()
    skills = base_skills(base)
    before, after = (evaluate(model, recipe.task, TEST) for model in (base, zero))
    return [
        *(skills[skill] for skill in ("operation", "value", "check")),
        before["accuracy"],
        *(after[metric] for metric in ("accuracy", "length", "checks", "corrected", "mixed")),
        seconds,
    ]


def main() -> None:
    """Print one line a recipe and seed, as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(DEVELOPMENT_SEEDS[:2]))
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=RECIPES, metavar="RECIPE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    columns = "recipe|seed|op|value|check|base|R1-Zero|tokens|checks|corrected|mixed|CPU s"
    print(f"|{columns}|")
    print("|" + "---|" * len(columns.split("|")))
    for name in options.recipes:
        for seed in options.seeds:
            numbers = " | ".join(f"{number:.2f}" for number in run(RECIPES[name], seed))
            print(f"| {name} | {seed} | {numbers} |", flush=True)


if __name__ == "__main__":
    main()
