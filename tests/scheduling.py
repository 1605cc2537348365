"""Which tests go to one worker together: those that share what is slow to make."""

import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# Files whose tests share nothing, and would keep one worker busy for long.
ALONE = re.compile(r"/learning/|/notebooks/|/test_mutants\.py|/test_mechanical_mutants\.py|/test_unusual\.py")


def page_of(test: str) -> str:
    """The page that a test of the site visits, as its name has it; "" for any other test."""
    found = re.search(r"/site/.*\[([^\]]*?\.html)", test)
    return found[1] if found else ""


def group_of(test: str) -> str:
    """Tests of one page share the page, those of one file a class that went through nbgrader, or a model."""
    if "/site/" in test:
        return page_of(test) or test
    return test if ALONE.search(test) else test.split("::")[0]


class Together(LoadScopeScheduling):
    """Tests of the same group go to one worker, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        """xdist's hook for it."""
        return group_of(nodeid)
