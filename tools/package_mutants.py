"""Mutants of the algorithms that chapters show, against their own tests: `make mutants`.

Every module with a shown symbol gets one small fault at a time (`tools.mutants`), and its tests run until one
fails (`tools.mutant_runs`). A mutant that none notices must stand in `tests/equivalent_package_mutants/`,
with the reason why it is right too. What an error message says is not mutated; that the error comes is.
"""

import argparse
import ast
import contextlib
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
import pytest

from tools.mutant_runs import PACKAGE, ROOT, Outcome, Trial
from tools.mutants import Mutant, mutants_of
from tools.sync import header_of, symbols_of

UNIT, REFERENCE, PROPERTIES = "tests/unit", "tests/reference", "tests/unit/properties"
DEFAULTS = f"{UNIT}/test_defaults.py::test_the_defaults_are_what_they_were[{{}}]"
RANGES = f"{UNIT}/test_settings.py::test_every_field_out_of_range_is_named[{{}}]"
# Test files of a module that do not carry its name.
MORE_TESTS: dict[str, tuple[str, ...]] = {
    "lm/cache": (f"{REFERENCE}/lm/test_model.py",),
    "lm/decoding": (f"{PROPERTIES}/test_model_properties.py",),
    "lm/model": (
        f"{UNIT}/lm/test_cache.py",
        f"{UNIT}/lm/test_reuse.py",
    ),
    "lm/pretraining": (f"{UNIT}/reasoning/test_adamw.py",),
    "lm/sampling": (f"{PROPERTIES}/test_model_properties.py",),
    "nn/autograd": (
        f"{PROPERTIES}/test_autograd_properties.py",
        f"{REFERENCE}/nn/test_static_graph.py",
    ),
    "nn/encoder": (f"{PROPERTIES}/test_encoder_properties.py",),
    "nn/fitting": (
        f"{UNIT}/nn/test_transfer.py",
        f"{UNIT}/nn/test_robustness.py",
        f"{UNIT}/nn/test_continual.py",
    ),
    "nn/optimizers": (f"{UNIT}/nn/test_digits.py",),
    "nn/static_graph": (f"{UNIT}/nn/test_autograd.py",),
    "reasoning/arithmetic": (f"{UNIT}/reasoning/test_rules.py",),
    "reasoning/base": (
        f"{UNIT}/reasoning/test_pretrained.py",
        f"{REFERENCE}/lm/test_pretraining.py",
    ),
    "reasoning/evaluation": (f"{UNIT}/reasoning/test_skills.py", f"{UNIT}/reasoning/test_styles.py"),
    "reasoning/fine_tuning/cold_start": (f"{UNIT}/reasoning/test_adamw.py",),
    "reasoning/fine_tuning/distillation": (f"{UNIT}/reasoning/test_adamw.py",),
    "reasoning/fine_tuning/preferences": (
        f"{PROPERTIES}/test_reasoning_properties.py",
        f"{UNIT}/reasoning/test_adamw.py",
    ),
    "reasoning/grpo": (f"{PROPERTIES}/test_reasoning_properties.py",),
    "reasoning/multi_task": (f"{UNIT}/reasoning/test_adamw.py",),
    "reasoning/r1_zero": (f"{UNIT}/reasoning/test_adamw.py",),
    "reasoning/reading/question_answering": (f"{UNIT}/reasoning/test_adamw.py",),
    "reasoning/rewards": (f"{PROPERTIES}/test_reasoning_properties.py",),
    "reasoning/tasks": (
        f"{UNIT}/reasoning/test_evaluation.py",
        f"{UNIT}/reasoning/test_rules.py",
        f"{UNIT}/reasoning/test_r1_zero_loop.py",
    ),
    "rl/advantages": (
        f"{UNIT}/rl/policy/test_policy_edges.py",
        f"{PROPERTIES}/test_rl_properties.py",
    ),
    "rl/networks": (
        f"{UNIT}/rl/value/test_dqn.py",
        f"{REFERENCE}/rl/value/test_dqn.py",
    ),
    "rl/policy/a3c": (f"{REFERENCE}/rl/policy/test_actor_critic.py",),
    "rl/policy/actor_critic": (
        f"{PROPERTIES}/test_rl_properties.py",
        f"{UNIT}/rl/policy/test_policy_edges.py",
        f"{UNIT}/rl/test_loops.py",
    ),
    "rl/policy/natural_gradient": (
        f"{UNIT}/rl/policy/test_policy_edges.py",
        f"{UNIT}/rl/policy/test_trpo.py",
        f"{REFERENCE}/rl/policy/test_trpo.py",
        f"{PROPERTIES}/test_rl_properties.py",
    ),
    "rl/policy/ppo": (
        f"{PROPERTIES}/test_rl_properties.py",
        f"{UNIT}/rl/policy/test_policy_edges.py",
        f"{UNIT}/rl/test_loops.py",
    ),
    "rl/policy/private_policy": (
        f"{PROPERTIES}/test_rl_properties.py",
        f"{UNIT}/rl/policy/test_policy_edges.py",
    ),
    "rl/policy/rollout_workers": (
        f"{UNIT}/rl/policy/test_distributed.py",
        f"{REFERENCE}/rl/policy/test_distributed.py",
    ),
    "rl/policy/trpo": (
        f"{UNIT}/rl/policy/test_policy_edges.py",
        f"{UNIT}/rl/test_loops.py",
    ),
    "rl/replay": (
        f"{PROPERTIES}/test_rl_properties.py",
        f"{REFERENCE}/rl/value/test_dqn.py",
    ),
    "rl/rewards/reward_learning": (f"{REFERENCE}/rl/rewards/test_reward_models.py",),
    "rl/rewards/reward_models": (f"{UNIT}/rl/rewards/test_reward_learning.py",),
    "rl/rewards/shaping": (
        f"{UNIT}/rl/value/test_sparse.py",
        f"{REFERENCE}/rl/value/test_sparse.py",
    ),
    "rl/rollouts": (
        f"{UNIT}/rl/test_environments.py",
        f"{UNIT}/rl/policy/test_policy_edges.py",
        f"{UNIT}/rl/value/test_dqn.py",
    ),
    "rl/value/dqn": (
        f"{PROPERTIES}/test_rl_properties.py",
        f"{UNIT}/rl/test_loops.py",
    ),
    "rl/value/exploration": (
        f"{UNIT}/rl/value/test_sparse.py",
        f"{REFERENCE}/rl/value/test_sparse.py",
    ),
}


def shown_modules(root: Path = ROOT) -> list[str]:
    """The modules with a symbol that a chapter shows, as `nn/autograd`."""
    found = set()
    for path in sorted((root / "notebooks").glob("[!.]*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            header = header_of(cell.source) if cell.cell_type == "code" else ""
            if header.startswith(PACKAGE):
                found.add(symbols_of(header)[0].rpartition(".")[0])
    return sorted(module.removeprefix(f"{PACKAGE}.").replace(".", "/") for module in found)


def files_of(module: str, root: Path = ROOT) -> list[str]:
    """The test files of a module: those that carry its name in its folder, those named above, and the tests
    of its settings classes.
    """
    named = [
        path.relative_to(root).as_posix()
        for base in (UNIT, REFERENCE)
        for pattern in ("test_{}.py", "test_{}_*.py")
        for path in sorted((root / base / module).parent.glob(pattern.format(Path(module).name)))
    ]
    defaults = (root / UNIT / "defaults.txt").read_text("utf-8")
    kinds = re.findall(rf"^{module}\.(\w+)$", defaults, flags=re.MULTILINE)
    settings = [DEFAULTS.format(module), *map(RANGES.format, kinds)] if kinds else []
    return [*named, *MORE_TESTS.get(module, ()), *settings]


def named_mutants(source: str) -> list[tuple[str, Mutant]]:
    """Every mutant outside of error messages, under its function or class, its fault, and a number if there
    are several of that name: `loss: 0 -> 1 #2`.
    """
    raised = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise)]
    messages = {line for node in raised for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    found, count = [], Counter[str]()
    for mutant in mutants_of(source):
        if mutant.line not in messages:
            key = f"{mutant.function}: {mutant.fault}"
            count[key] += 1
            found.append((f"{key} #{count[key]}" if count[key] > 1 else key, mutant))
    return found


def try_module(
    module: str,
    every: int = 1,
    tests: Sequence[str] = (),
    wanted: Callable[[str], bool] = bool,
) -> list[Outcome]:
    """Each `every`-th mutant of a module whose name is wanted, and whether its tests noticed.

    Raises RuntimeError if the tests fail without a mutant, or cannot be collected.
    """
    source = (ROOT / PACKAGE / f"{module}.py").read_text("utf-8")
    trial = Trial(module, [pair for pair in named_mutants(source)[::every] if wanted(pair[0])])
    with contextlib.redirect_stdout(io.StringIO()) as said, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYPOTHESIS_PROFILE", "mutants")  # a failure is enough, nobody reads the smallest one
        options = ["-q", "--tb=native", "-p", "no:cacheprovider", *(tests or files_of(module))]
        code = pytest.main(options, plugins=[trial])
    if code not in (0, 5) or len(trial.outcomes) < len(trial.mutants):
        raise RuntimeError(f"{module}: pytest stopped with {code}:\n{said.getvalue()}")
    return trial.outcomes


def report(module: str, outcomes: list[Outcome], reasons: dict[str, str]) -> list[str]:
    """Print the score of a module; what is wrong, as lines: survivors without a reason."""
    survivors = [outcome for outcome in outcomes if not outcome.noticed]
    unknown = [one for one in survivors if one.key not in reasons]
    noticed, argued = len(outcomes) - len(survivors), len(survivors) - len(unknown)
    score = 100 * noticed / max(1, len(outcomes))
    print(
        f"{module:34} {noticed:4} of {len(outcomes):4} noticed, {score:5.1f} %; {argued} equivalent",
        flush=True,
    )
    return [f"{module}.py:{one.mutant.line}: {one.key}" for one in unknown]


def main(arguments: list[str] | None = None) -> int:
    """Try the modules; 1 if a mutant survived without a reason."""
    from tests.equivalent_package_mutants import EQUIVALENT

    parser = argparse.ArgumentParser(prog="python -m tools.package_mutants", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help="such as nn/autograd; else all shown ones"
    )
    parser.add_argument("--every", type=int, default=1, help="try every so many-th mutant only")
    options = parser.parse_args(arguments)
    wrong = []
    for module in options.modules or shown_modules():
        outcomes = try_module(module, options.every)
        wrong += report(module, outcomes, EQUIVALENT.get(module, {}))
        if options.every == 1:
            alive = {one.key for one in outcomes if not one.noticed}
            idle = set(EQUIVALENT.get(module, {})) - alive
            wrong += [f"{module}: listed as equivalent, and noticed: {key}" for key in sorted(idle)]
    print(*wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
