"""For tests of what runs and what the cache keeps: there a kernel adds nothing but its start."""

import pytest

from tools import build
from tools.cache import Run


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count chapters as executed, without a kernel; a long cell takes long. Return their names in order."""
    names: list[str] = []

    async def mark(chapters, _folder, _jobs, _timeout, finished) -> None:
        for chapter in chapters:
            names.append(chapter.name.removeprefix("notebooks/"))
            for count, (_, cell) in enumerate(chapter.cells, start=1):
                cell.execution_count = count
            length = sum(len(cell.source) for _, cell in chapter.cells)
            finished(chapter, Run(len(chapter.cells), float(length), 1))

    monkeypatch.setattr(build, "run_all", mark)
    return names
