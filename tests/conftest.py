"""What all tests share: one thread a process, no hub, kernels with an IPython profile of their own."""

import os
from pathlib import Path

import pytest

for variable, value in {
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
}.items():
    os.environ.setdefault(variable, value)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


def pytest_configure(config: pytest.Config) -> None:
    profile = ROOT / "_build" / "ipython-tests" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # the kernel's warning about its local connection is no news to anyone
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n")
    os.environ["IPYTHONDIR"] = str(profile.parent)
    os.environ.setdefault("MPLBACKEND", "agg")  # tests open no windows
