"""What all tests share: one thread a process, no hub, kernels with an IPython profile of their own."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.scheduling import Together

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


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make once what every test would pay for."""
    if hasattr(session.config, "workerinput"):  # a worker of xdist: it has imported all that any test needs
        gc.collect()
        gc.freeze()  # nearly a million objects, which the collector need not look at again
    # workers that build an optimizer need torch._dynamo, seconds each: their server imports it for all
    processes = sys.modules.get("deepseek_book_utils.parallel.processes")
    if processes and sys.platform == "linux":
        processes.CONTEXT.set_forkserver_preload([processes.__name__, "torch._dynamo"])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Workers take groups of tests one by one."""
    return Together(config, log)
