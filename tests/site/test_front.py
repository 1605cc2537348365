"""The front page: what it is and what to click on the first screen, and a way into a chapter."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = "book/preface.html"


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_first_screen_says_what_to_click(width: int, server: str, visit: Callable) -> None:
    page = visit(server + HERE, width=width, java_script_enabled=False).page
    starts = page.locator(".starts a")
    assert [link.get_attribute("href") for link in starts.all()] == [
        "../notebooks/02_deep_learning_and_rl.html",
        "../notebooks/04_r1_zero.html",
    ]
    for link in starts.all():
        box = link.bounding_box()
        assert box and box["y"] + box["height"] < 700 and box["height"] >= 44  # pixels: a thumb's
    figure = page.locator(".journey svg:visible")
    box = figure.bounding_box()
    assert figure.count() == 1 and box and box["y"] < 800
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert "last-digit arithmetic" in (figure.get_attribute("aria-label") or "")


def test_every_chapter_has_its_picture_its_minutes_and_its_time(
    site: Path, server: str, visit: Callable
) -> None:
    page = visit(server + HERE).page
    items = page.locator(".chapter-list li")
    chapters = list(json.loads((site.parent / "seconds.json").read_text()))
    links = [item.locator("h3 a").get_attribute("href") for item in items.all()]
    assert links == [f"../{name}.html" for name in chapters]
    for item in items.all():
        told = item.locator(".cost").inner_text()
        assert re.fullmatch(r"\d+\smin to read · (\d+\smin )?\d+\ss to run", told)
        picture = item.get_by_role("img")
        assert picture.is_visible() and re.search(r"\d", picture.get_attribute("aria-label") or "")


def test_next_leads_into_a_chapter(server: str, visit: Callable) -> None:
    page = visit(server + HERE).page
    assert (
        page.locator(".prev-next-footer a.right-next").get_attribute("href")
        == "../notebooks/01_llm_intro.html"
    )


def test_the_facts_count_what_the_build_found(site: Path, server: str, visit: Callable) -> None:
    board = (site / "book" / "scoreboard.html").read_text()
    names = visit(server + HERE).page.locator(".facts dt").all_inner_texts()
    made = board.count('id="claim-')
    assert names[1] == f"{made} claims"
    told = board.split('id="what-did-not-reproduce')[1].split("</section>")[0]
    quoted = told.count('href="#claim-')
    assert names[2] == f"{quoted} disappointments"


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_of_dependencies_has_its_figure_and_tables(width: int, server: str, visit: Callable) -> None:
    page = visit(f"{server}book/dependencies.html", width=width).page
    assert page.locator(".journey svg:visible").count() == 1
    assert page.locator("table.needs tbody tr").count() == 7
    assert "train_r1_zero" in page.locator("table.shared").inner_text()
