"""A published folder is a whole site for its address, or what it was before."""

from pathlib import Path

import pytest

from tools.publish import MARK, NotPublished, publish

URL = "https://example.org/book"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small built site."""
    folder = tmp_path / "html"
    (folder / "_static").mkdir(parents=True)
    for name, text in {
        MARK: "key",
        "index.html": "<p>",
        "_static/book.css": "p {}",
        "sitemap.xml": f"<loc>{URL}/",
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("before", ["nothing", "an empty folder", "an older site"])
def test_the_folder_becomes_the_site(before: str, site: Path, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "public"
    if before != "nothing":
        target.mkdir(parents=True)
    if before == "an older site":
        (target / MARK).write_text("other key")
        (target / "gone.html").write_text("a page that is no more")
    assert publish(site, target, URL) == 5
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files == {MARK, "index.html", "_static/book.css", "sitemap.xml", ".nojekyll"}
    assert [path.name for path in target.parent.iterdir()] == ["public"]  # nothing is left beside it


@pytest.mark.parametrize(
    ("spoil", "url", "fix"),
    [
        (lambda site, target: (site / MARK).unlink(), URL, "make book"),
        (lambda site, target: None, "", "BOOK_SITE_URL=https://"),
        (lambda site, target: None, "example.org/book", "BOOK_SITE_URL=https://"),
        (
            lambda site, target: None,
            "https://example.org/other",
            "make book BOOK_SITE_URL=https://example.org/other/",
        ),
        (lambda site, target: (site / "sitemap.xml").unlink(), URL, "make book BOOK_SITE_URL"),
        (lambda site, target: (target / "thesis.tex").write_text("years"), URL, "name an empty folder"),
    ],
    ids=[
        "not built",
        "no address",
        "half an address",
        "another address",
        "built for nobody",
        "a full folder",
    ],
)
def test_a_folder_is_left_alone(spoil, url: str, fix: str, site: Path, tmp_path: Path) -> None:
    target = tmp_path / "public"
    target.mkdir()
    spoil(site, target)
    before = sorted(target.iterdir())
    with pytest.raises(NotPublished, match=fix):
        publish(site, target, url)
    assert sorted(target.iterdir()) == before


def test_wheels_of_former_releases_stay(site: Path, tmp_path: Path) -> None:
    target = tmp_path / "public"
    for folder, names in {site: ["b-2.whl"], target: ["a-1.whl", "b-2.whl"]}.items():
        (folder / "wheels").mkdir(parents=True)
        for name in names:
            (folder / "wheels" / name).write_text(f"{folder.name} {name}")
    (target / MARK).write_text("other key")
    publish(site, target, URL)
    wheels = {path.name: path.read_text() for path in (target / "wheels").iterdir()}
    assert wheels == {"a-1.whl": "public a-1.whl", "b-2.whl": "html b-2.whl"}
