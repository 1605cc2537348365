"""Threads in the place of processes."""

from collections.abc import Callable

import pytest

from deepseek_book_utils.parallel import data, group, pipeline, tensor
from tests.unit.parallel.threads import Threads


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Threads]:
    """Makes a group of so many threads, which the package's parallel modules take for torch.distributed."""

    def make(size: int) -> Threads:
        made = Threads(size)
        for module in (data, group, pipeline, tensor):
            monkeypatch.setattr(module, "dist", made)
        return made

    return make
