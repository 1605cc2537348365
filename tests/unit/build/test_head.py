"""The head of a page: what it waits for, in which order it runs."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
HEAD = """<html><head><meta http-equiv="Content-Security-Policy" content="x"/>
  <script>
    let theme;
  </script>
  <link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />
<link rel="preload" as="script" href="../_static/late.js" />
    <link rel="stylesheet" type="text/css" href="../_static/formulas.css" />
    <link rel="stylesheet" type="text/css" media="print" href="../_static/paper.css" />
    <link rel="stylesheet" type="text/css" href="../_static/own.css?v=1" />
    <script src="../_static/documentation_options.js?v=1"></script>
    <script src="../_static/doctools.js?v=1"></script>
    <script>var same = 1;</script>
    <script data-a="b" src="../_static/tabs.js"></script><script>var same = 1;</script>
    <script>OPTIONS.page = 1;</script><script type="application/json">{}</script>
    <script src="../_static/book.js?v=1"></script>%s</head>
<body><script>drawn()</script><script defer src="../_static/late.js"></script></body></html>"""
SEARCH = '\n  <script src="../_static/searchtools.js"></script>\n  <script src="../searchindex.js"></script>'


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The extension's module."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    yield importlib.import_module("book_site.head")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a page, beside what the page asks for."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_static" / "styles").mkdir(parents=True)
    (tmp_path / "_static" / "basic.css").write_text('@charset "UTF-8";\na { color: red }')
    (tmp_path / "_static" / "styles" / "theme.css").write_text('/* first */\n@import "../basic.css";\n')
    (tmp_path / "_static" / "own.css").write_text('@charset "UTF-8";\nb { content: "书" }', encoding="utf8")
    (tmp_path / "_static" / "documentation_options.js").write_text("const OPTIONS = {};\n")
    return tmp_path / "book"


def test_the_style_sheets_are_one_in_their_order(head: ModuleType, folder: Path) -> None:
    static = folder.parent / "_static"
    page = head.with_one_sheet(HEAD % "", folder, static, lambda css: css.replace("red", "blue"))
    [joined] = static.glob("book-*.css")
    sheets = re.findall(r'<link [^>]*rel="stylesheet"[^>]*>', page)
    assert [re.search(r'href="([^"]*)"', sheet)[1] for sheet in sheets] == [
        f"../_static/{joined.name}",
        "../_static/formulas.css",
        "../_static/paper.css",
    ]
    rules = joined.read_text(encoding="utf8").split("\n")
    assert [rule for rule in rules if rule] == [
        '@charset "UTF-8";',
        "/* first */",
        "a { color: blue }",
        'b { content: "书" }',
    ]
    (static / "own.css").write_text("b { color: blue }")  # a change has an address of its own
    assert head.with_one_sheet(HEAD % "", folder, static, str) != page


def test_scripts_wait_and_run_in_their_order(head: ModuleType, folder: Path) -> None:
    page = head.with_waiting_scripts(HEAD % "", folder)
    before, after = page.split("</head>")
    first, *others = re.findall(r"<script([^>]*)>(.*?)</script>", before, re.DOTALL)
    assert first[0] == "" and [line.strip() for line in first[1].split("\n") if line.strip()] == [
        "let theme;",
        "const OPTIONS = {};",
        "var same = 1;",
        "OPTIONS.page = 1;",
    ]
    assert [attributes for attributes, _ in others] == [
        ' defer src="../_static/doctools.js?v=1"',
        ' defer data-a="b" src="../_static/tabs.js"',
        ' type="application/json"',
        ' defer src="../_static/book.js?v=1"',
    ]
    assert before.index("Policy") < before.index("<script") < before.index('rel="stylesheet"')
    assert after == HEAD.split("</head>")[1]
    assert head.with_waiting_scripts("<html><p>x</p>", folder) == "<html><p>x</p>"


def test_a_search_begins_when_the_book_is_ready_for_it(head: ModuleType, folder: Path) -> None:
    page = head.with_waiting_scripts(HEAD % SEARCH, folder)
    places = [page.index(name) for name in ("doctools.js", "searchtools.js", "book.js", "searchindex.js")]
    assert places == sorted(places) and page.count("book.js") == 1
