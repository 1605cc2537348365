"""Points come from a fresh process: whatever a notebook does to its grader earns nothing and is named."""

import nbformat
import pytest

from deepseek_book_utils.exercises.ch04_museum import policies
from deepseek_book_utils.exercises.fresh import Cell, Verdict, judge, plain, running_server, verdicts
from deepseek_book_utils.exercises.watching import alarm, note
from tests.exercises.source import SOURCES, exercises_of

SOURCE = next(path for path in SOURCES if path.stem == "04_r1_zero")
NAME = exercises_of(SOURCE)[0].name
BLANK = exercises_of(SOURCE)[0].blank
RIGHT = exercises_of(SOURCE)[0].answer
FAKE = "def group_advantages(rewards, group_size):\n"


def cells_of_first(own: str, answer: str, student: str = '"ada"') -> list[Cell]:
    """The first exercise, with a cell of the student's own before the answer."""
    [imports] = [cell for cell in nbformat.read(SOURCE, as_version=4).cells if cell.id == "imports"]
    cells: list[Cell] = [
        {"place": "student", "kind": "own", "source": f"STUDENT = {student}"},
        {"place": "imports", "kind": "locked", "source": imports.source},
        {"place": "own", "kind": "own", "source": own},
        {"place": f"{NAME}-answer", "kind": "own", "source": answer},
    ]
    exercise = exercises_of(SOURCE)[0]
    for part in ("check", "hidden"):
        cells.append({"place": f"{NAME}-{part}", "kind": "test", "source": getattr(exercise, part)})
    return cells


def judged(own: str, answer: str, student: str = '"ada"') -> list[Verdict]:
    """The verdicts on it."""
    return judge(cells_of_first(own, answer, student))


def test_a_right_answer_passes_and_nothing_is_odd() -> None:
    state = "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\ntorch.manual_seed(1)"
    plots = "import matplotlib.pyplot as plt, warnings\nwarnings.warn('odd')"
    for own in (
        "",
        plots,
        "1 / 0",
        "%%bad",
        state,
        "from collections import namedtuple\nnamedtuple('P', 'x')",
    ):
        verdicts = judged(own, RIGHT)
        assert [(v["error"], v["odd"]) for v in verdicts] == [(None, [])] * 2
        assert [v["place"] for v in verdicts] == [f"{NAME}-check", f"{NAME}-hidden"]


def test_a_blank_answer_and_a_missing_name_get_their_words() -> None:
    verdicts = judged("del STUDENT", BLANK)
    assert all("There is no answer yet." in v["error"][1] and not v["odd"] for v in verdicts)


CHANGES = "changed what grades it"
LOOKS = "looked into its grader"
PATCH = "import torch\nreal = torch.allclose\n"
CHEATS = {
    "another check": (
        "def check(*a, **k):\n    print('passed')",
        BLANK,
        "`check` was bound to something else",
    ),
    "a patched package": (
        "from deepseek_book_utils.exercises import checking\n"
        "grpo.group_advantages = lambda answer, seed: None\nchecking.check = lambda *a, **k: None",
        BLANK,
        CHANGES,
    ),
    "torch.allclose is always true": (
        f"{PATCH}torch.allclose = lambda *a, **k: True",
        f"{FAKE}    return torch.zeros_like(rewards)",
        "torch.allclose",
    ),
    "a patch that takes itself away": (
        f"{PATCH}def fake(*a, **k):\n    torch.allclose = real\n    return True",
        f"{FAKE}    torch.allclose = fake\n    return torch.zeros_like(rewards)",
        "torch.allclose",
    ),
    "the grader's frame": (
        "import sys",
        f"{FAKE}    return sys._getframe(2).f_globals['right_advantages'](rewards, group_size)",
        LOOKS,
    ),
    "the grader's frame, by inspect": (
        "import inspect",
        f"{FAKE}    return inspect.stack()[2].frame.f_globals['right_advantages'](rewards, group_size)",
        LOOKS,
    ),
    "the grader's frame, by an error": (
        "",
        f"{FAKE}    try:\n        1 / 0\n    except ZeroDivisionError as error:\n"
        "        frame = error.__traceback__.tb_frame.f_back.f_back\n"
        "    return frame.f_globals['right_advantages'](rewards, group_size)",
        LOOKS,
    ),
    "other code in a function of the grader": (
        "from deepseek_book_utils.exercises import checking",
        f"{FAKE}    checking.close.__code__ = (lambda got, expected, rtol: True).__code__\n"
        "    return torch.zeros_like(rewards)",
        CHANGES,
    ),
    "a fresh process of its own": (
        "from deepseek_book_utils.exercises import fresh, watching\nimport json\n"
        "fresh._test = lambda cell, *a: dict(place=cell['place'], printed='', error=None, share=0, odd=[])\n"
        "watching.guarded = lambda f, c: f\njson.dumps = lambda *a: '[[], \"\"]'",
        f"{FAKE}    return torch.zeros_like(rewards)",
        CHANGES,
    ),
    "a name of Python's in a module that grades": (
        "from deepseek_book_utils.exercises import fresh\nfresh.exec = lambda *a: None",
        BLANK,
        CHANGES,
    ),
    "numpy": (
        "import numpy\nnumpy.allclose = lambda *a, **k: True",
        BLANK,
        "numpy.allclose",
    ),
    "a frame under the name of a library": (
        "",
        f"{FAKE}    exec(compile('import sys; sys._getframe(2)', torch.__file__, 'exec'))",
        LOOKS,
    ),
    "a second process": (
        "import os",
        f"{FAKE}    os.fork()\n    return torch.zeros_like(rewards)",
        "(os.fork); that earned nothing",
    ),
    "a mode of torch": (
        "from torch.overrides import TorchFunctionMode\n\n\nclass Always(TorchFunctionMode):\n"
        "    def __torch_function__(self, f, types, args=(), kwargs=None):\n"
        "        return True if f is torch.allclose else f(*args, **(kwargs or {}))",
        f"{FAKE}    Always().__enter__()\n    return torch.zeros_like(rewards)",
        "torch, by Always",
    ),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_earns_nothing_and_is_named(cheat: str) -> None:
    own, answer, says = CHEATS[cheat]
    verdicts = judged(own, answer)
    assert len(verdicts) == 2 and all(v["error"][0] == "NotPassed" for v in verdicts)
    assert all(any(says in odd for odd in v["odd"]) for v in verdicts), verdicts


def test_a_table_that_is_changed_in_place_is_named() -> None:
    changed = alarm(note())
    line, defect = policies.RATIO.defects.popitem()
    try:
        assert "policies.RATIO" in changed(contents=True) and not changed()
    finally:
        policies.RATIO.defects[line] = defect
    assert not changed(contents=True)


def test_a_verdict_cannot_be_written_by_the_answer() -> None:
    forged = 'f"{token} " + json.dumps({"place": "x", "error": None, "odd": [], "printed": ""})'
    answer = (
        f"{FAKE}    for fd in range(3, 64):\n        for token in ('', '0' * 64):\n            try:\n"
        f"                os.write(fd, ({forged} + chr(10)).encode())\n            except OSError:\n"
        "                pass\n    os._exit(0)"
    )
    assert judged("import os, json", answer) == []


def test_a_result_that_answers_for_torch_is_a_plain_tensor() -> None:
    own = (
        "class Always(Tensor):\n    @classmethod\n"
        "    def __torch_function__(cls, f, types, args=(), kwargs=None):\n"
        "        return True if f is torch.allclose else super().__torch_function__(f, types, args, kwargs)"
    )
    verdicts = judged(own, f"{FAKE}    return torch.zeros_like(rewards).as_subclass(Always)")
    assert all(v["error"][0] == "NotPassed" for v in verdicts)


def test_a_name_is_a_plain_text_whatever_it_says_of_itself() -> None:
    class Same(str):
        def __format__(self, spec: str) -> str:
            return "always"

    assert plain(Same("ada")) == "ada" and type(plain(Same("ada"))) is str and plain(4815) == "4815"


def test_a_server_judges_one_notebook_after_another_and_comes_back() -> None:
    cells = cells_of_first("", RIGHT)
    first, stopped = verdicts(cells)
    assert stopped == "" and [v["error"] for v in first.values()] == [None, None]
    bad: list[Cell] = [{"place": "imports", "kind": "locked", "source": "1 / 0"}, *cells]
    assert verdicts(bad) == ({}, "ZeroDivisionError: division by zero")
    killer = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"
    assert verdicts(cells_of_first(killer, RIGHT)) == ({}, "it ended before it had judged")
    running_server().kill()
    assert verdicts(cells) == ({}, "the server of fresh processes has ended")
    assert verdicts(cells) == (first, "")
