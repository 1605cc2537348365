"""The pictures of the front page show what the records say, and the README's picture is made from them."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deepseek_book_utils.records import load_record
from tools import front_pictures, readme_picture
from tools.build import chapters
from tools.sketch import Frame, drawing, fan, line, mean

FRAME = Frame(10, 110, 20, 70, (0, 2), (0, 5))
SVG = "{http://www.w3.org/2000/svg}"


def points(svg: str, mark: str) -> list[list[tuple[float, float]]]:
    """The corners of every line that carries this mark."""
    found = re.findall(rf'<polyline class="{mark}" points="([^"]*)"', svg)
    return [[(float(x), float(y)) for x, y in (p.split(",") for p in one.split())] for one in found]


def test_a_line_goes_from_corner_to_corner() -> None:
    assert points(line(FRAME, [(0, 0), (1, 2.5), (2, 5)], "la"), "la") == [[(10, 70), (60, 45), (110, 20)]]


def test_a_fan_has_every_seed_and_their_mean() -> None:
    drawn = fan(FRAME, [[0, 0, 4], [2, 0, 5]], "a")
    assert points(drawn, "sa") == [[(10, 70), (60, 70), (110, 30)], [(10, 50), (60, 70), (110, 20)]]
    assert points(drawn, "la") == [[(10, 60), (60, 70), (110, 25)]]
    with pytest.raises(ValueError):
        mean([[1, 2], [1]])


def test_a_drawing_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="needs alt"):
        drawing(10, 10, " ", [])


def test_every_chapter_has_a_picture_within_its_edges(root: Path) -> None:
    assert list(front_pictures.PICTURES) == chapters(root)
    for name, draw in front_pictures.PICTURES.items():
        picture = ElementTree.fromstring(draw())
        width, height = (float(number) for number in picture.attrib["viewBox"].split()[2:])
        assert re.search(r"\d", picture.attrib["aria-label"]), f"{name}: the words carry no number"
        for element in picture.iter("polyline"):
            for x, y in (map(float, point.split(",")) for point in element.attrib["points"].split()):
                assert 0 <= x <= width and 0 <= y <= height, name
        for element in picture.iter("text"):
            letter = 7.2 if element.get("class") == "soft" else 8.6  # pixels: none is wider on average
            end = float(element.attrib["x"]) + letter * len(element.text or "")
            assert end <= width, f"{name}: {element.text}"


def test_the_journey_says_what_the_record_says() -> None:
    seeds = load_record("ch04/r1_zero")["seeds"]
    found = front_pictures.journey()
    last = sum(seed["zero"]["history"]["accuracy"][-1] for seed in seeds) / len(seeds)
    assert found["ends"]["accuracy"][1] == pytest.approx(last)
    for wide in (True, False):
        words = "".join(ElementTree.fromstring(front_pictures.journey_picture(wide)).itertext())
        assert f"{100 * last:.0f}\u202f%" in words
        assert len(points(front_pictures.journey_picture(wide), "sa")) == 4 * len(seeds)


def test_the_picture_of_the_readme_is_of_today(root: Path) -> None:
    stored = (root / readme_picture.TARGET).read_text(encoding="utf8")
    assert stored == readme_picture.picture(root), "Fix: python -m tools.readme_picture"
    assert str(readme_picture.TARGET) in (root / "README.md").read_text(encoding="utf8")


def test_the_command_draws_the_picture_of_the_readme(tmp_path: Path, root: Path) -> None:
    sheet = tmp_path / "book" / "_static" / "book.css"
    sheet.parent.mkdir(parents=True)
    sheet.write_bytes((root / "book" / "_static" / "book.css").read_bytes())
    assert readme_picture.main(tmp_path) == 0
    picture = ElementTree.parse(tmp_path / readme_picture.TARGET).getroot()
    assert (
        picture.tag == f"{SVG}svg"
        and "right answers to last-digit arithmetic go from" in picture.attrib["aria-label"]
    )
    style = picture.find(f"{SVG}style")
    assert style is not None and "light-dark(" in (style.text or "")
    used = set(re.findall(r"var\((--\w+)\)", ElementTree.tostring(picture, encoding="unicode")))
    assert used and all(f"{name}:" in (style.text or "") for name in used)


def test_a_style_sheet_without_sketches_is_refused() -> None:
    with pytest.raises(ValueError, match="rules that begin with"):
        readme_picture.style("html {}")
