"""Which chapter takes what from which: the file is true to the notebooks, the figure to the file."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tools.build import chapters
from tools.dependencies import FILE, dependency_figure, headings, load_chapters, shared_code

NEED = {"from": "notebooks/01_a", "kind": "needs", "what": "the word"}
ENTRY = {"short": "S", "builds": "B", "finding": "F", "skip": "W", "takes": []}


def small_book(root: Path, *entries: dict) -> Path:
    """A book of two chapters: the first shows `f` and `g`, the second imports both, and what nobody shows."""
    shown = ["# sync: deepseek_book_utils.nn.x.f, g\ndef f(): ...", "from deepseek_book_utils.nn.x import f"]
    taken = "from deepseek_book_utils.nn.x import g, hidden\nfrom deepseek_book_utils.nn.x import f as name"
    (root / "notebooks").mkdir()
    (root / "book").mkdir()
    for name, sources in {"01_a": shown, "02_b": [taken]}.items():
        found = [{"cell_type": "markdown", "source": [f"# {name[1]} Title\n", "\n", "## Part\n"]}]
        found += [{"cell_type": "code", "source": source.splitlines(True)} for source in sources]
        (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps({"cells": found}))
    (root / "_toc.yml").write_text("root: notebooks/01_a\nchapters:\n- file: notebooks/02_b\n")
    (root / FILE).write_text(yaml.safe_dump([{**ENTRY, "chapter": "notebooks/01_a"}, *entries]))
    return root


def test_code_of_another_chapter_is_found_by_its_home(tmp_path: Path) -> None:
    found = shared_code(small_book(tmp_path))
    assert found == {"notebooks/01_a": {}, "notebooks/02_b": {"notebooks/01_a": ["g", "f"]}}


def test_an_entry_carries_title_and_needs(tmp_path: Path) -> None:
    first, second = load_chapters(
        small_book(tmp_path, {**ENTRY, "chapter": "notebooks/02_b", "takes": [NEED]})
    )
    assert (first.number, first.title, second.number) == ("1", "1 Title", "2")
    assert [(need.giver, need.kind, need.what) for need in second.takes] == [tuple(NEED.values())]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chapter": "notebooks/03_c"}, "must have the chapters of _toc.yml"),
        ({"more": "x"}, "must have exactly the keys"),
        ({"takes": [{**NEED, "kind": "likes"}]}, "write from, kind"),
        ({"takes": [{**NEED, "from": "notebooks/03_c"}]}, "no other chapter"),
        ({"takes": [{**NEED, "from": "notebooks/02_b"}]}, "no other chapter"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    root = small_book(tmp_path, {**ENTRY, "chapter": "notebooks/02_b", **change})
    with pytest.raises(ValueError, match=message):
        load_chapters(root)


def test_every_section_that_the_file_names_is_there(root: Path) -> None:
    for one in load_chapters(root):
        there = headings(root, one.chapter)
        named = re.findall(r"\*([^*]+)\*", " ".join([one.skip, *(need.what for need in one.takes)]))
        missing = [name for name in named if name not in there and name != "Stage"]
        assert missing == [], f"{one.chapter} has no such section; it has {there}"


def test_what_is_needed_comes_before_and_the_title_of_the_figure_holds(root: Path) -> None:
    found, order = load_chapters(root), chapters(root)
    needs = [(need.giver, one.chapter) for one in found for need in one.takes if need.kind == "needs"]
    assert all(order.index(giver) < order.index(taker) for giver, taker in needs)
    givers = [giver for giver, _ in needs]
    counts = {giver: givers.count(giver) for giver in order}
    assert max(counts, key=counts.__getitem__) == "notebooks/02_deep_learning_and_rl"
    assert counts["notebooks/04_policy_optimisation"] == 0


def test_the_figure_has_an_arrow_for_every_need(root: Path) -> None:
    found = load_chapters(root)
    for wide in (True, False):
        picture = ElementTree.fromstring(dependency_figure(found, wide))
        width, height = (float(number) for number in picture.attrib["viewBox"].split()[2:])
        for kind, mark in (("needs", "a"), ("helps", "b")):
            count = sum(need.kind == kind for one in found for need in one.takes)
            arrows = [path for path in picture.iter("path") if path.attrib["class"] == f"l{mark}"]
            heads = [head for head in picture.iter("polygon") if head.attrib["class"] == f"p{mark}"]
            assert len(arrows) == len(heads) == count > 0
        for path in picture.iter("path"):
            places = [float(number) for number in re.findall(r"-?\d+", path.attrib["d"])]
            bow = (places[0] + 3 * places[2]) / 4  # as far as a curve with such corners goes
            assert 0 <= bow <= width and all(0 <= y <= height for y in places[1::2])
        assert "5 needs 4b" in picture.attrib["aria-label"]
