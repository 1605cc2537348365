"""What a source runs: against a small repository worked out by hand, and against Python's own imports."""

import importlib
import sys
from pathlib import Path

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

from tools.closure import closure_of
from tools.package import SyncError

ROOT = Path(__file__).resolve().parents[3]
BOOK = "deepseek_book_utils"
FILES = {
    f"{BOOK}/__init__.py": "",
    f"{BOOK}/rl/__init__.py": "",
    f"{BOOK}/rl/ppo.py": "import torch\nfrom . import tasks\ndef train():\n    from ..nn.adam import step\n",
    f"{BOOK}/rl/tasks.py": f"import {BOOK}.nn.schedules as schedules\n",
    f"{BOOK}/rl/lake.py": "",
    f"{BOOK}/nn/__init__.py": "from .names import NAMES\n",
    f"{BOOK}/nn/names.py": "NAMES = []\n",
    f"{BOOK}/nn/adam.py": "from . import adam\n",
    f"{BOOK}/nn/schedules.py": "",
    f"{BOOK}/nn/other.py": "",
    f"{BOOK}/figures/__init__.py": "",
    f"{BOOK}/figures/ravine.py": f"from {BOOK}.interactive import asset\nasset('ravine.js')\n",
    f"{BOOK}/figures/ravine.js": "",
    f"{BOOK}/figures/figure.css": "",
    f"{BOOK}/interactive.py": "def asset(name): ...\n\ndef page():\n    return f'{asset(\"figure.css\")}'\n",
    f"{BOOK}/recorded/ch02/rl.json": "{}",
    "experiments/__init__.py": "",
    "experiments/rl.py": f"from {BOOK}.rl.ppo import train\n",
    "script.py": "import experiments.rl\n",
}
PPO = "rl/__init__ rl/ppo rl/tasks nn/__init__ nn/names nn/adam nn/schedules __init__"
OF_PPO = {f"{BOOK}/{name}.py" for name in PPO.split()}
OF_RL = {*OF_PPO, "experiments/__init__.py", "experiments/rl.py"}
OF_NOTEBOOK = {f"{BOOK}/{name}" for name in ("__init__.py", "interactive.py", "recorded/ch02/rl.json")}
OF_NOTEBOOK |= {f"{BOOK}/figures/{name}" for name in ("__init__.py", "ravine.py", "ravine.js", "figure.css")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    cells = [f"from {BOOK}.figures import ravine", f"import {BOOK}.records as r\nr.load_record('ch02/rl')"]
    write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), tmp_path / "02.ipynb")
    return tmp_path


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (f"{BOOK}.rl.ppo", OF_PPO),
        ("experiments.rl", OF_RL),
        (f"{BOOK}/rl/ppo.py", OF_PPO),
        ("script.py", {*OF_RL, "script.py"}),
        ("02.ipynb", {*OF_NOTEBOOK, "02.ipynb"}),
        (BOOK, {f"{BOOK}/__init__.py"}),
    ],
)
def test_the_closure_is_whole_and_no_more(repository: Path, start: str, expected: set[str]) -> None:
    found = [path.relative_to(repository).as_posix() for path in closure_of(start, repository)]
    assert found == sorted(expected)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("experiments.r1", "no module `experiments.r1`. Fix: "),
        ("missing.py", "no file .*missing.py. Fix: "),
        ("computed.py", "computed.py, line 1: `load_record` gets no literal name. Fix: "),
        ("absent.py", "absent.py, line 1: there is no .*absent.json. Fix: "),
    ],
)
def test_what_cannot_be_followed_is_named(repository: Path, start: str, message: str) -> None:
    (repository / "computed.py").write_text("load_record(name)")
    (repository / "absent.py").write_text("load_record('absent')")
    with pytest.raises(SyncError, match=message):
        closure_of(start, repository)


def own_modules() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in (BOOK, "experiments")]


@pytest.mark.parametrize("module", ["experiments.ch04.preferences", "experiments.ch02.a3c"])
def test_python_imports_nothing_that_the_closure_lacks(module: str) -> None:
    before = {name: sys.modules.pop(name) for name in own_modules()}
    try:
        importlib.import_module(module)
        loaded = {Path(sys.modules[name].__file__) for name in own_modules()}
    finally:
        for name in own_modules():
            del sys.modules[name]
        sys.modules.update(before)
    assert len(loaded) > 5 and loaded <= set(closure_of(module, ROOT))
