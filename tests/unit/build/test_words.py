"""Words within reach: Chinese is marked, a term leads to the glossary, the search knows pieces of words."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document

KNOWN = {"loss": "term-loss", "损失": "term-loss", "value": "term-value", "价值": "term-value"} | {
    "值": "term-query",
    "policy gradient": "term-pg",
    "policy": "term-policy",
    "perplexity": "term-perplexity",
}


@pytest.mark.parametrize(
    ("html", "marked"),
    [
        ("<p>a 损失 b</p>", '<p>a <span lang="zh-Hans">损失</span> b</p>'),
        ("<p>“三 加 四，等于” x</p>", '<p>“<span lang="zh-Hans">三 加 四，等于</span>” x</p>'),
        *((same, same) for same in ('<dt lang="zh-Hans" id="a">优势<a>#</a></dt>', '<p title="优势">a</p>')),
        *(
            (same, same)
            for same in ("<script>'优<势'</script>", "<option>优势</option>", "<svg><text>优</text></svg>")
        ),
    ],
)
def test_chinese_is_marked_where_it_is_text(html: str, marked: str, part: Callable) -> None:
    assert part("accessible").marked(html) == marked


def test_what_scrolls_has_a_name(part: Callable) -> None:
    output = '<div class="output stream highlight"><div class="highlight"><pre>a</pre></div></div>'
    table = '<div class="pst-scrollable-table-container"><table>'
    page = part("accessible").named(f"<pre>b</pre>{output}{table}")
    names = [("pre", "Code"), ("pre", "What the cell prints"), ("div", "Table")]
    found = BeautifulSoup(page, "html.parser").find_all(role="group")
    assert [(box.name, box["aria-label"]) for box in found] == names


def test_a_link_that_is_a_year_has_the_name_of_its_work(part: Callable) -> None:
    year = (
        '<a class="reference internal" href="../book/references.html#id2" title="A. B. Work, 2020.">2020</a>'
    )
    other = '<a class="reference internal" href="x.html" title="A.">In 2020</a>'
    found = BeautifulSoup(part("accessible").named(year + other), "html.parser").find_all("a")
    assert [one.get("aria-label") for one in found] == ["A. B. Work, 2020.", None]


def chapter(*children: nodes.Node) -> nodes.document:
    """A chapter of these nodes."""
    page = new_document("page", get_default_settings(Parser))
    page += nodes.section("", nodes.title("", "Perplexity"), *children)
    return page


def links(page: nodes.document, part: Callable) -> list[tuple[str, str]]:
    """Words and anchors of the terms that become links; the text of the page stays as it was."""
    before = page.astext()
    part("terms").linked(page, KNOWN, "glossary.html")
    assert page.astext().replace("\n", "") == before.replace("\n", "")
    found = [node for node in page.findall(nodes.reference) if "term" in node["classes"]]
    return [(node.astext(), node["refuri"].partition("#")[2]) for node in found]


def words(*pieces: str) -> nodes.paragraph:
    """A paragraph; a piece between stars is emphasised."""
    made = [nodes.emphasis("", p[1:-1]) if p[0] == "*" else nodes.Text(p) for p in pieces]
    return nodes.paragraph("", "", *made)


def test_the_first_use_of_a_term_leads_to_the_glossary(part: Callable) -> None:
    page = chapter(
        words("Policy gradients and perplexity, then perplexity again."), words("A policy gradient.")
    )
    assert links(page, part) == [("Policy gradients", "term-pg"), ("perplexity", "term-perplexity")]


def test_a_word_of_every_day_is_a_term_where_it_is_marked(part: Callable) -> None:
    assert links(chapter(words("Its value falls, its loss too.")), part) == []
    page = chapter(words("A ", "*loss*", " (损失) and ", "*values*", "."), words("*loss*"))
    assert links(page, part) == [("loss", "term-loss"), ("values", "term-value")]


def test_the_chinese_name_says_which_term_it_is(part: Callable) -> None:
    page = chapter(words("A ", "*value*", " (值) of a key; the return (价值)."))
    assert links(page, part) == [("value", "term-query"), ("价值", "term-value")]


@pytest.mark.parametrize("kind", [nodes.literal, nodes.literal_block, nodes.reference, nodes.math])
def test_code_and_links_stay_as_they_are(kind: type, part: Callable) -> None:
    assert links(chapter(nodes.paragraph("", "", kind("", "", nodes.Text("perplexity")))), part) == []


def test_what_a_cell_prints_stays_as_it_is(part: Callable) -> None:
    output = nodes.container("", words("perplexity"), classes=["cell_output"])
    assert links(chapter(output), part) == []


def test_the_search_knows_the_pieces_of_chinese_and_the_names_of_letters(part: Callable) -> None:
    split = part("search_words").SearchBook({}).split
    assert {"近端策略", "策略", "近", "端策"} <= set(split("PPO 近端策略 (a)"))
    assert {"pi", "theta", "epsilon"} <= set(split(r"\pi_\theta \varepsilon"))
    assert "rho" in split("ratio ρ") and "group_advantages" in split("group_advantages(x)")
    assert set(split("plain words")) == {"plain", "words"}
