"""Which tests go to one worker together: those that share what is slow to make."""

from collections.abc import Callable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class Together(LoadScopeScheduling):
    """Tests of the same group go to one worker, the largest groups first; a group may be one test."""

    def __init__(self, config: pytest.Config, log: Any, group_of: Callable[[str], str]) -> None:
        super().__init__(config, log)
        self.group_of = group_of

    def _split_scope(self, nodeid: str) -> str:
        """xdist's hook for it."""
        return self.group_of(nodeid)
