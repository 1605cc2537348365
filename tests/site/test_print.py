"""The printed book: every page once, bookmarks, links that stay inside, light whatever the screen is."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pypdf import PdfReader

from tools.build import ROOT
from tools.pdf import reading_order


def test_two_pages_become_one_book(site: Path, tmp_path: Path) -> None:
    to = tmp_path / "book.pdf"
    command = [sys.executable, "-m", "tools.pdf", "book/how_to_use", "book/notation", "--to", str(to)]
    subprocess.run(command, cwd=ROOT, check=True)  # a process of its own: one has one browser's loop
    book = PdfReader(to)
    starts = {item.title: book.get_destination_page_number(item) for item in book.outline}
    assert list(starts) == ["How to use this book", "Notation"]
    links = [one.get_object().get("/A", {}) for page in book.pages for one in page.get("/Annots") or ()]
    inside = [link for link in links if link.get("/S") == "/GoTo" and not isinstance(link["/D"], str)]
    notation = book.pages[starts["Notation"]].indirect_reference
    assert notation in [link["/D"][0] for link in inside]
    first = book.pages[0].extract_text()
    assert "How to use this book" in first and "Back to top" not in first


def test_where_no_browser_starts_one_learns_how_to_get_one() -> None:
    command, nowhere = [sys.executable, "-m", "tools.pdf", "book/notation"], {"CHROMIUM": "/nowhere"}
    run = subprocess.run(command, cwd=ROOT, env=os.environ | nowhere, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1 and "make browser" in run.stderr and "/nowhere" in run.stderr


def test_all_pages_of_the_table_of_contents_are_printed_in_its_order() -> None:
    names = reading_order(ROOT)
    assert names[0] == "book/preface" and len(set(names)) == len(names) > 15
    assert names.index("notebooks/01_llm_intro") < names.index("notebooks/06_distillation")


def test_long_code_breaks_between_pages(server: str, visit: Callable) -> None:
    page = visit(f"{server}notebooks/03_nlp.html").page
    page.emulate_media(media="print")
    shown, kept = page.evaluate("""() => {
      const style = (e) => getComputedStyle(e);
      const boxes = (e) => e.matches('article') ? [] : [e, ...boxes(e.parentElement)];
      const keeps = (e) => style(e).breakInside != 'auto' || !/block/.test(style(e).display);
      const all = [...document.querySelectorAll('article .cell_input pre')];
      const shown = all.filter((e) => e.checkVisibility());
      return [shown.length, shown.flatMap(boxes).filter(keeps).map((e) => e.className)];
    }""")
    assert shown > 20 and kept == []
