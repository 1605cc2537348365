"""A fresh Colab-like environment for every test, and the book's wheel, without a network."""

import os
import venv
from pathlib import Path

import pytest

from tools.sync import ROOT
from tools.wheel import build_wheel

COLAB = ROOT / ".venv-colab"
REQUIREMENTS = ROOT / "tests" / "notebooks" / "requirements-colab.txt"
STUBS = ROOT / "tests" / "notebooks" / "colab_stubs"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as the site carries it."""
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def colab(tmp_path: Path, wheel: Path) -> dict[str, str]:
    """The variables of a runtime of its own: Colab's packages without the book's, in `tmp_path/venv`.

    The runtime sees the packages of .venv-colab and installs into itself, so tests run side by side.
    """
    stamp = COLAB / ".installed"
    if not stamp.is_file() or stamp.stat().st_mtime < REQUIREMENTS.stat().st_mtime:
        pytest.fail(f"{COLAB.name} is missing or older than {REQUIREMENTS.name}. Fix: make notebooks")
    runtime = tmp_path / "venv"
    venv.create(runtime, symlinks=True)
    [packages], [own] = ((v / "lib").glob("python3*/site-packages") for v in (COLAB, runtime))
    (own / "colab.pth").write_text(f"{packages.resolve()}\n")
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {
        "PATH": f"{runtime / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "IPYTHONDIR": os.environ["IPYTHONDIR"],
        "PYTHONPATH": str(STUBS),
        "DEEPSEEK_BOOK_PACKAGE": f"deepseek-book-utils @ {wheel.as_uri()}",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
