"""Colab-like environments, one without the package and one with it, and its wheel, without a network."""

import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from deepseek_book_utils.lm.open_weights.smollm2 import kept_folder
from tools.sync import ROOT
from tools.wheel import build_wheel

COLAB = ROOT / ".venv-colab"
REQUIREMENTS = ROOT / "tests" / "notebooks" / "requirements-colab.txt"
STUBS = ROOT / "tests" / "notebooks" / "colab_stubs"
# Bases that `make book` trained: a chapter that only starts from one loads it, as on a reader's machine.
BASES = ROOT / "_build" / "artefacts"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as the site carries it."""
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


def make_runtime(folder: Path) -> Path:
    """A virtual environment in `folder` with Colab's packages, without the book's; returns its Python.

    It sees the packages of .venv-colab and installs into itself, so tests run side by side.
    """
    stamp = COLAB / ".installed"
    if not stamp.is_file() or stamp.stat().st_mtime < REQUIREMENTS.stat().st_mtime:
        pytest.fail(f"{COLAB.name} is missing or older than {REQUIREMENTS.name}. Fix: make notebooks")
    venv.create(folder, symlinks=True)
    [packages], [own] = ((v / "lib").glob("python3*/site-packages") for v in (COLAB, folder))
    (own / "colab.pth").write_text(f"{packages.resolve()}\n")
    return folder / "bin" / "python"


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The Python of a runtime in which a notebook has installed the package already."""
    python = make_runtime(tmp_path_factory.mktemp("furnished") / "venv")
    command = [str(python), "-m", "pip", "install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    return python


@pytest.fixture
def colab(tmp_path: Path, wheel: Path) -> dict[str, str]:
    """The variables of a runtime, and `tmp_path` as the home of whoever works in it."""
    cache = tmp_path / ".cache" / "deepseek_book_utils"
    cache.mkdir(parents=True)
    for base in BASES.glob("base-*.pt"):
        shutil.copy(base, cache)
    inherited = ("LANG", "LC_ALL", "TMPDIR", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
    kept = {name: os.environ[name] for name in inherited if name in os.environ}
    return kept | {
        "HOME": str(tmp_path),
        "IPYTHONDIR": os.environ["IPYTHONDIR"],
        "PYTHONPATH": str(STUBS),
        "DEEPSEEK_BOOK_MODELS": str(kept_folder()),  # converted once, by `make book` or a test before
        "DEEPSEEK_BOOK_PACKAGE": f"deepseek-book-utils @ {wheel.as_uri()}",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
