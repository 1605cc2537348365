"""Every page of the site: alone on its host, without errors, accessible, no broken link."""

import json
import os
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.site.conftest import HEIGHT, Visit, laid_out, wait_until
from tests.site.contrast import LOOKS, violations

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html") if "_static" not in p.parts)


class Links(HTMLParser):
    """Collect the ids of a page and the addresses that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note id, href and src of one tag."""
        values = dict(attrs)
        self.ids.add(values.get("id") or "")
        if tag == "a":
            self.ids.add(values.get("name") or "")
        self.addresses += [values[key] or "" for key in ("href", "src") if values.get(key)]


@cache
def parsed(page: str) -> Links:
    """The ids and addresses of a built page."""
    links = Links()
    links.feed((SITE / page).read_text(encoding="utf8"))
    return links


def test_the_site_is_built(site: Path) -> None:
    toc = re.findall(r"(?:root|file): (\S+)", (site.parents[1] / "_toc.yml").read_text())
    assert {f"{name}.html" for name in toc} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_page_stands_alone(desk: Visit, server: str) -> None:
    desk.page.wait_for_timeout(200)
    assert [url for url in desk.requests if not url.startswith((server, "data:", "blob:"))] == []
    assert desk.errors == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_page_forbids_other_hosts_before_its_first_script(page: str) -> None:
    html = (SITE / page).read_text(encoding="utf8")
    assert 0 < html.find('http-equiv="Content-Security-Policy"') < html.find("<script")


@pytest.mark.parametrize("from_disk", [False, True], ids=["served", "from disk"])
def test_a_script_cannot_ask_another_host(from_disk: bool, site: Path, server: str, visit: Callable) -> None:
    seen = visit(f"{site.as_uri() + '/' if from_disk else server}book/notation.html")
    ask = "fetch('https://example.org').then(() => 'asked').catch(() => 'refused')"
    assert seen.page.evaluate(ask) == "refused"
    assert any("Content Security Policy" in error for error in seen.errors)


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_from_disk(page: str, site: Path, visit: Callable) -> None:
    seen = visit((site / page).as_uri())
    seen.page.wait_for_timeout(200)
    assert [url for url in seen.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert seen.errors == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_page_is_accessible(desk: Visit) -> None:
    with laid_out(desk.page):
        for look, (scheme, width, _) in LOOKS.items():
            desk.page.set_viewport_size({"width": width, "height": HEIGHT})
            desk.page.emulate_media(color_scheme=scheme)
            wait_until(desk.page, "s => document.documentElement.dataset.theme == s", arg=scheme)
            assert violations(desk.page, look) == [], look


GOOD = '<span class="k">for</span> <span class="k">each</span> '
WIDE = '<p style="width: 900px">'
BAD = {
    "one of many, by its own colour": f'<pre>{GOOD * 4}<span class="k" style="color: #bbb">word</span></pre>',
    "by its place": f"<style>.k:nth-child(8) {{ color: #bbb }}</style><pre>{GOOD * 4}</pre>",
    "by the box around it": f'<p>{GOOD * 2}</p><p style="background: #555">{GOOD}</p>',
    "the first are hidden": f"<details>{'<i>one</i> ' * 4}</details><p><i>two</i></p>",
    "the first are one letter": "<i>1</i> " * 4 + "<i>two</i>",
    "the first are cut off": '<div style="overflow: auto; width: 90px" tabindex="0">'
    + f'{WIDE}<i style="margin-left: 500px">one</i></p>' * 4
    + f"{WIDE}<i>two</i></p></div>",
}


@pytest.mark.parametrize("html", BAD.values(), ids=BAD)
def test_a_poor_contrast_is_found_among_many(html: str, tmp_path: Path, visit: Callable) -> None:
    head = '<!doctype html><html lang="en"><title>t</title><style>i { color: #bbb }</style><main><h1>t</h1>'
    (tmp_path / "page.html").write_text(head + html, encoding="utf8")
    seen = visit((tmp_path / "page.html").as_uri())
    assert [rule for rule, _ in violations(seen.page, "light")] == ["color-contrast"]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    broken = []
    for address in parsed(page).addresses:
        parts = urlsplit(urljoin(f"http://book/{page}", address))
        if parts.netloc != "book" or parts.scheme != "http":
            continue
        target = unquote(parts.path).lstrip("/")
        if not (SITE / target).is_file():
            broken.append(address)
        elif parts.fragment and target.endswith(".html"):
            broken += [address] if unquote(parts.fragment) not in parsed(target).ids else []
    assert broken == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_set_before_the_first_paint(scheme: str, server: str, browser: Browser) -> None:
    context = browser.new_context(color_scheme=scheme)
    context.add_init_script("localStorage.setItem('code', 'hidden')")
    context.route("**/*.js*", lambda route: route.abort())  # no script but the first one, in the page itself
    page = context.new_page()
    page.goto(f"{server}book/notation.html", wait_until="domcontentloaded")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.className") == "no-code"
    context.close()


def test_the_themes_icon_library_is_gone(site: Path) -> None:
    assert not [path for path in site.rglob("*") if "fontawesome" in path.name]
    assert "searchindex.js" not in (site / "book" / "notation.html").read_text(encoding="utf8")


def test_chapters_have_their_buttons_and_cost(site: Path) -> None:
    chapters = json.loads((site.parent / "seconds.json").read_text())
    assert chapters
    repository = os.environ.get("BOOK_REPOSITORY_URL")
    if repository is None:
        config = (site.parents[1] / "_config.yml").read_text()
        repository = re.search(r"^  url: (\S+)", config, re.M)[1]
    for name, run in chapters.items():
        addresses = parsed(f"{name}.html").addresses
        path = f"{repository.removeprefix('https://github.com/')}/blob/main/{name}.ipynb"
        assert f"https://colab.research.google.com/github/{path}" in addresses
        assert f"{repository}/blob/main/{name}.ipynb" in addresses
        assert f"../_sources/{name}.ipynb" in addresses and (site / "_sources" / f"{name}.ipynb").is_file()
        assert run["code_cells"] > 0 and "of CPU time" in (site / f"{name}.html").read_text()
    costs = (site / "book" / "how_to_use.html").read_text().split('id="costs"')[-1].split("</table>")[0]
    assert len(re.findall(r"about \d+\smin<", costs)) == len(chapters)  # read and run, a row a chapter


def test_all_pages_say_the_same_minutes(site: Path) -> None:
    chapters = json.loads((site.parent / "seconds.json").read_text())
    headers = "".join((site / f"{name}.html").read_text() for name in chapters)
    shown = [
        re.findall(r"<summary>about (\d+)\sminutes", headers),
        re.findall(r"(\d+)\smin to read", (site / "book" / "preface.html").read_text()),
        re.findall(r"about (\d+)\smin<", (site / "book" / "how_to_use.html").read_text()),
    ]
    assert len(shown[0]) == len(chapters) and shown[0] == shown[1] == shown[2]
    parts = re.findall(r"section by section</summary>(.*?)</details>", headers, re.DOTALL)
    sums = [sum(map(int, re.findall(r"</a>\s(\d+)", part))) for part in parts]
    assert sums == [int(minutes) for minutes in shown[0]]


def test_one_switch_hides_all_code(server: str, visit: Callable) -> None:
    page = visit(f"{server}notebooks/02_deep_learning_and_rl.html").page
    code, figures = page.locator("div.cell_input:visible"), page.locator("figure:visible")
    before, drawn = code.count(), figures.count()
    page.get_by_role("button", name="Hide all code").click()
    assert before and not code.count() and figures.count() == drawn
    page.reload()
    assert not code.count() and figures.count() == drawn  # the browser remembers
    page.get_by_role("button", name="Show all code").click()
    assert code.count() == before


def test_a_fold_says_what_a_press_does(server: str, visit: Callable) -> None:
    fold = (
        visit(f"{server}notebooks/02_deep_learning_and_rl.html").page.locator("details.hide > summary").first
    )
    assert fold.inner_text().strip() == "Show the code"
    fold.press("Enter")
    assert fold.inner_text().strip() == "Hide the code"


def test_on_this_page_follows_the_reader(server: str, visit: Callable) -> None:
    """A section is current while its heading is in the upper third of the window, or above it."""
    page = visit(f"{server}notebooks/02_deep_learning_and_rl.html", width=1440).page
    current = "(id) => document.querySelector('#pst-page-toc-nav [aria-current]')?.hash == id"
    links = page.locator("#pst-page-toc-nav a")
    for name in (links.nth(5).get_attribute("href"), links.nth(2).get_attribute("href")):
        page.evaluate("id => { location.hash = id }", name)
        page.wait_for_timeout(300)
        page.evaluate("scrollBy(0, 900)")
        wait_until(page, current, arg=name)
    page.evaluate("(id) => scrollBy(0, document.querySelector(id).getBoundingClientRect().top - 200)", name)
    wait_until(page, current, arg=name)
    page.set_viewport_size({"width": 1440, "height": HEIGHT // 2})
    wait_until(page, current, arg=links.nth(1).get_attribute("href"))


def test_a_fork_gets_its_own_address(monkeypatch: pytest.MonkeyPatch, book_site: SimpleNamespace) -> None:
    monkeypatch.setenv("BOOK_REPOSITORY_URL", "https://github.com/reader/fork/")
    config = SimpleNamespace(html_theme_options={"repository_url": "https://github.com/a/b"})
    book_site.repository.place_repository(None, config)
    assert config.html_theme_options["repository_url"] == "https://github.com/reader/fork"
    assert "https://github.com/reader/fork/issues" in config.html_theme_options["extra_footer"]
