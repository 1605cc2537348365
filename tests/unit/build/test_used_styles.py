"""A style sheet keeps what may select something, and loses the rest."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
KNOWN = ['<p class="shown a-b">', "add(`bs-tip-${side}`)", "toggle('lit', 'top')"]


@pytest.fixture
def used_styles(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The extension's module."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    yield importlib.import_module("book_site.used_styles")


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("p{color:red}", "p{color:red}"),
        (".shown > p::before{}", ".shown > p::before{}"),
        (".gone p{}", ""),
        (".shown.gone{}", ""),
        (".a{} .a-b{}", ".a-b{}"),
        (".shown,.gone,#lit{}", ".shown,#lit{}"),
        ("#gone{}", ""),
        (".bs-tip-start .lit{} .bs-top{}", ".bs-tip-start .lit{}"),
        (".lit\\:top{} .lit\\:gone{}", ".lit\\:top{}"),
        (":not(.gone) p, :is(.gone,.shown){}", ":not(.gone) p,:is(.gone,.shown){}"),
        ('[data-x=".gone"]{}', '[data-x=".gone"]{}'),
        ("@media print{.gone{} .lit{color:red}}", "@media print{\n.lit{color:red}\n}"),
        ("@media print{.gone{}} @supports (x:y){@media print{.gone{}}}", ""),
        ("@font-face{src:url(a)}", "@font-face{src:url(a)}"),
        ("@keyframes gone{to{top:0}}", "@keyframes gone{to{top:0}}"),
        ("/* plain */ /*! Copyright: me */ p{}", "/*! Copyright: me */\np{}"),
        (".lit{& .gone{top:0}}", ".lit{& .gone{top:0}}"),
    ],
)
def test_rules_stay_that_may_select_something(css: str, kept: str, used_styles: ModuleType) -> None:
    assert used_styles.with_what_is_used(css, used_styles.words(KNOWN)).strip() == kept


def test_a_broken_style_sheet_is_an_error(used_styles: ModuleType) -> None:
    with pytest.raises(ValueError, match="line 2 of the joined style sheet"):
        used_styles.with_what_is_used("p{}\n}", frozenset())
