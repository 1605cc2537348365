"""Right answers that look unusual pass: in other states of torch, with other results, by other ways."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.exercises.source import SOURCES, Exercise, answers_in, exercises_of, namespace_of

EXERCISES = {f"{path.stem}/{e.name}": (path, e) for path in SOURCES for e in exercises_of(path)}
UNUSUAL = {
    f"{path.stem}/{answer.exercise}: {answer.says}": (path, answer)
    for path in SOURCES
    for answer in answers_in("unusual_answers", path)
}


def switch_gradients_off() -> None:
    torch.set_grad_enabled(False)


# What a function returns, if it is a tensor without a gradient, in another container or with other digits.
RETURNS: dict[str, Callable[[Tensor], Any]] = {
    "numpy": lambda value: value.numpy(),
    "a list": lambda value: value.tolist(),
    "float64": lambda value: value.double() if value.is_floating_point() else value,
    "float32 and not contiguous": lambda value: torch.stack(
        [value.float() if value.is_floating_point() else value] * 2, dim=-1
    )[..., 0],
}
STATES: dict[str, Callable[[], None]] = {
    "float64 by default": lambda: torch.set_default_dtype(torch.float64),
    "without gradients": lambda: switch_gradients_off(),
    "deterministic": lambda: torch.use_deterministic_algorithms(True),
}
# Whose functions return no tensor, or one that a gradient must flow through.
NO_TENSORS = {
    "01_llm_intro/first-weights",
    "01_llm_intro/pipeline-bubble",
    "01_llm_intro/straight-through",
    "02_deep_learning_and_rl/learning-rate",
    "03_nlp/byte-pairs",
    "03_nlp/beam-search",
    "03_nlp/forced-loss",
    "04_r1_zero/verifier",
    "04_r1_zero/language-reward",
    "04_r1_zero/k3-kl",
    "04_r1_zero/clipped-loss",
    "04_policy_optimisation/preference-loss",
    "05_cold_start/readable",
    "05_cold_start/answer-loss",
    "05_cold_start/rejection-filter",
    "05_cold_start/pass-at-k",
    "05_cold_start/forgetting",
    "05_cold_start/conservative-loss",
    "05_cold_start/tokens-read",
    "06_distillation/hint-loss",
    "06_distillation/between",
}


# The engine that takes this answer computes with numpy arrays alone.
ARRAYS = {"02_deep_learning_and_rl/softmax-backward": "numpy"}


@pytest.fixture(autouse=True)
def torch_as_it_was() -> Iterator[None]:
    yield
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.use_deterministic_algorithms(False)


def run(path: Path, exercise: Exercise, answer: str, change: Callable[[Any], Any] = lambda f: f) -> None:
    """Raise what a student would be told of an answer; `change` is made to each function that is checked."""
    names = namespace_of(path, "ada")
    exec(answer, names)
    own = {
        key: change(value)
        for key, value in names.items()
        if isinstance(value, FunctionType) and value.__module__ == "__main__"
    }
    exec(exercise.check, names | own)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes_in_another_state_of_torch(name: str, state: str) -> None:
    path, exercise = EXERCISES[name]
    STATES[state]()
    run(path, exercise, exercise.answer)


def converting(function: Callable[..., Any], convert: Callable[[Tensor], Any], seen: list) -> Callable:
    """The function, with its results converted; `seen` gets an entry for each."""

    def other(value: Any) -> Any:
        if isinstance(value, tuple) and type(value) is tuple:
            return tuple(other(part) for part in value)
        if isinstance(value, list) and value and all(isinstance(part, Tensor) for part in value):
            return [other(part) for part in value]
        if isinstance(value, np.ndarray):
            value = torch.from_numpy(value)
        if not isinstance(value, Tensor) or value.requires_grad:
            return value
        seen.append(value)
        return convert(value)

    return lambda *arguments, **options: other(function(*arguments, **options))


KINDS = [
    (name, kind)
    for name in EXERCISES
    for kind in RETURNS
    if "museum" not in name and name not in NO_TENSORS and ARRAYS.get(name, kind) == kind
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_the_solution_passes_with_another_kind_of_result(name: str, kind: str) -> None:
    path, exercise = EXERCISES[name]
    seen: list[Tensor] = []

    run(path, exercise, exercise.answer, lambda function: converting(function, RETURNS[kind], seen))
    assert seen


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_answer_by_another_way_passes(name: str) -> None:
    path, answer = UNUSUAL[name]
    run(path, EXERCISES[f"{path.stem}/{answer.exercise}"][1], answer.code)


def test_there_are_enough_of_them() -> None:
    assert len(EXERCISES) * len(STATES) + len(KINDS) + len(UNUSUAL) >= 150
