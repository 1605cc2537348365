"""The records: which seeds they may hold."""

from itertools import combinations

from deepseek_book_utils.records import DEVELOPMENT_SEEDS, RECORD_SEEDS, TEST_SEEDS


def test_no_seed_serves_two_ends() -> None:
    for one, other in combinations((DEVELOPMENT_SEEDS, RECORD_SEEDS, TEST_SEEDS), 2):
        assert not set(one) & set(other)
