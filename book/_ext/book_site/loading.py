"""What a page loads: only what it shows, and its theme before its first paint.

The theme (pydata-sphinx-theme) draws icons with a library of two thousand, 1.5 MB; book.css draws its ten.
It chooses light or dark with its last script, so that a first visit begins in neither; here the first script
does it; without scripts book.css follows the system. The theme loads the search index on every page, and then
Sphinx does not mark what a search has found; the index belongs to the page of the search. The theme asks each
piece of code how wide that is, also in closed folds, so that a chapter is laid out ninety times, and again
after each figure that is drawn; here it asks what is shown and near the window, and book.js has it ask again
when more comes near or a fold opens. sphinx-copybutton gives all code its button at once; here a piece of
code has it when it comes near.
"""

from __future__ import annotations

import re
import shutil
from functools import cache, partial
from pathlib import Path

from sphinx.application import Sphinx

from .head import with_one_sheet, with_waiting_scripts
from .used_styles import with_what_is_used, words

# The theme that the reader chose, else the system's, and hidden code; a browser may refuse to remember.
THEME = """<script>
    (() => {
      const page = document.documentElement.dataset, system = matchMedia("(prefers-color-scheme: dark)");
      const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
      page.mode = kept("mode") || "auto";
      page.theme = page.mode === "auto" ? (system.matches ? "dark" : "light") : page.mode;
      document.documentElement.classList.toggle("no-code", kept("code") === "hidden");
    })();
  </script>"""
THEIRS = re.compile(r'<script data-cfasync="false">.*?</script>', re.DOTALL)
ICONS = re.compile(r'\s*<script defer src="[^"]*/fontawesome\.js[^"]*"></script>')
SEARCH = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
# Its label would hide "Show the code" from a voice, and a summary may not hold paragraphs.
FOLD = re.compile(r'<summary aria-label="Toggle hidden content">(.*?)</summary>', re.DOTALL)
# The theme's column of chapters holds the title too, which belongs to no region of the page.
COLUMN = '<div id="pst-primary-sidebar" '
GLYPHS = re.compile(r"[^{}]*\.fa-[^{}]*\{[^{}]*\}")
PARAGRAPH = re.compile(r"<(/?)p\b")
FONTS = re.compile(r"@font-face\{[^{}]*Font Awesome[^{}]*\}")
# Characters of that font, which would be empty boxes in another one.
CHARACTERS = re.compile(r'(--pst-(?:icon-[a-z-]+|breadcrumb-divider):)"[^"]*"')

# The theme makes what scrolls a stop of the Tab key: in each place in turn it measures, then changes.
ONE_BY_ONE = re.compile(
    r"(document\.querySelectorAll\([^()]*\.join\([^()]*\)\))\.forEach\((\w)=>\{\2\.tabIndex=([^{}]*)\}\)"
)
MEASURED = (
    r"[...\1].filter(\2=>\2.checkVisibility({contentVisibilityAuto:true}))"
    r".map(\2=>[\2,\3]).forEach(([\2,stop])=>{\2.tabIndex=stop})"
)
AT_ONCE = re.compile(r"\bcodeCells\.forEach\(")
WHEN_NEAR = """;((all, act) => {
    const near = new IntersectionObserver((seen) => seen.forEach(({isIntersecting, target}) => {
      if (!isIntersecting) return;
      near.unobserve(target);
      act(target, [...all].indexOf(target));
    }), {rootMargin: "100%"});
    all.forEach((one) => near.observe(one));
  })(codeCells, """


def lean(page: str, searches: bool) -> str:
    """A page with what it needs; the page that searches keeps the index."""
    page = THEIRS.sub(THEME, page)
    page = FOLD.sub(lambda fold: "<summary>" + PARAGRAPH.sub(r"<\1span", fold[1]) + "</summary>", page)
    page = ICONS.sub("", page)
    page = page.replace(COLUMN, f'{COLUMN}role="complementary" aria-label="The book" ')
    first = VIEWPORT.search(page)
    if first:
        page = page[: first.end()] + VIEWPORT.sub("", page[first.end() :])
    return page if searches else SEARCH.sub("", page)


def lean_style(css: str) -> str:
    """The theme's style sheet without its icons and their fonts."""
    return CHARACTERS.sub(r'\1""', FONTS.sub("", GLYPHS.sub("", css)))


def lean_script(script: str, known: re.Pattern[str], lean: str) -> str:
    """A script with `lean` in the one place that has the `known` form.

    Raises ValueError if there is not one such place: another release of the theme or of sphinx-copybutton.
    """
    text, places = known.subn(lean, script)
    if places != 1:
        raise ValueError(
            f"A script has {places} places of the form {known.pattern}, not one. Read its new release, and "
            "mend that form in book_site/loading.py."
        )
    return text


def slim(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite the finished pages and the theme's style sheet and script; take away what no page asks for."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    sheet.write_text(lean_style(sheet.read_text(encoding="utf8")), encoding="utf8")
    for name, known, better in (
        ("scripts/pydata-sphinx-theme.js", ONE_BY_ONE, MEASURED),
        ("copybutton.js", AT_ONCE, WHEN_NEAR),
    ):
        script = static / name
        script.write_text(lean_script(script.read_text(encoding="utf8"), known, better), encoding="utf8")
    pages = {
        path: lean(path.read_text(encoding="utf8"), path.name == "search.html")
        for path in set(out.rglob("*.html")) - set(static.rglob("*.html"))  # there lies a template
    }
    scripts = [path.read_text(encoding="utf8") for path in static.rglob("*.js")]
    shorten = cache(partial(with_what_is_used, known=words([*pages.values(), *scripts])))
    for path, page in pages.items():
        page = with_one_sheet(page, path.parent, static, shorten)
        path.write_text(with_waiting_scripts(page, path.parent), encoding="utf8")
    shutil.rmtree(static / "vendor" / "fontawesome")
    for pattern in ("scripts/fontawesome.js*", "scripts/*.map", "styles/*.map"):
        for path in static.glob(pattern):
            path.unlink()


def setup(app: Sphinx) -> None:
    """Connect the function above."""
    app.connect("build-finished", slim, priority=900)  # the theme writes a style sheet then, too
