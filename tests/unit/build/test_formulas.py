"""Formulas as MathML: structure and spaces worked out by hand from The TeXbook, and what is refused."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from docutils import nodes
from fontTools.ttLib import TTFont


@pytest.fixture
def shown(part: Callable) -> Callable[..., str]:
    """A formula as a string, without the element around it."""

    def convert(tex: str, display: str = "inline") -> str:
        whole = ElementTree.tostring(part("core_mathml").mathml(tex, display), encoding="unicode")
        return re.sub("^<math[^>]*>|</math>$", "", whole)

    return convert


def spaces(markup: str, word: str) -> tuple[str | None, ...]:
    """The spaces before and behind an operator."""
    [element] = [one for one in ElementTree.fromstring(f"<a>{markup}</a>").iter() if one.text == word]
    return element.get("lspace"), element.get("rspace")


@pytest.mark.parametrize(
    ("tex", "markup"),
    [
        ("x", "<mi>x</mi>"),
        (r"\Phi", '<mi mathvariant="normal">Φ</mi>'),  # TeX's capital Greek is upright, a lone mi leans
        (r"\pi_\theta", "<msub><mi>π</mi><mi>θ</mi></msub>"),
        (r"\frac{1}{T}", "<mfrac><mn>1</mn><mi>T</mi></mfrac>"),
        (r"\mathbb{E}", "<mi>𝔼</mi>"),
        (r"\mathcal N", "<mi>𝒩</mi>"),  # browsers know no mathvariant="script"
        (r"\mathrm{KL}", "<mi>KL</mi>"),
        (r"\text{max\_kl}", "<mtext>max_kl</mtext>"),
        (r"\text{of $s$ here}", "<mrow><mtext>of\xa0</mtext><mi>s</mi><mtext>\xa0here</mtext></mrow>"),
        (r"\hat m", '<mover accent="true"><mi>m</mi><mo stretchy="false">^</mo></mover>'),
        (r"Q^*", "<msup><mi>Q</mi><mo>∗</mo></msup>"),
    ],
)
def test_a_formula_is_what_browsers_draw(tex: str, markup: str, shown: Callable) -> None:
    assert shown(tex) == markup


def test_limits_stand_below_in_display_and_beside_in_a_line(shown: Callable) -> None:
    for tex in (r"\sum_i x", r"\max_a x", r"\operatorname*{argmax}_a x"):
        for display in ("inline", "block"):
            assert re.match(r'<mrow><munder><mo[^>]* movablelimits="true"', shown(tex, display)), (
                tex,
                display,
            )


@pytest.mark.parametrize(
    ("tex", "word", "expected"),
    [
        (r"\beta \log \pi", "log", ("0.1667em", "0.1667em")),  # Ord Op Ord
        (r"\log(x)", "log", ("0", "0")),  # Op Open
        (r"x = \max |w|", "max", ("0", "0.1667em")),  # Rel has its own space, a bar is Ord
        (r"-\log p", "log", ("0.1667em", "0.1667em")),  # a sign in front is Ord
        (r"a - \log p", "log", ("0", "0.1667em")),  # one between is Bin
        (r"(a) \exp -x", "exp", ("0.1667em", "0.1667em")),
        (r"x_{i,<t}", "<", ("0", "0")),  # none in scripts
        (r"w / s", "/", (None, None)),  # Ord, no operator
        (r"\lVert x \rVert", "‖", None),
    ],
)
def test_spaces_are_those_of_tex(tex: str, word: str, expected: tuple | None, shown: Callable) -> None:
    markup = shown(tex)
    if expected is None:
        assert markup.count('lspace="0" rspace="0"') == 2 and word in markup
    else:
        assert spaces(markup, word) == expected


def test_a_sign_in_front_is_no_operation(shown: Callable) -> None:
    for tex, prefix in {"-x": 1, "(-x)": 1, "a = -x": 1, "a - x": 0, "(a) - x": 0}.items():
        assert shown(tex).count('form="prefix">−') == prefix, tex


def test_lines_of_an_aligned_formula_are_rows(shown: Callable) -> None:
    table = ElementTree.fromstring(shown(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "block"))
    assert table.tag == "mtable" and table.get("displaystyle") == "true"
    assert ["".join(cell.itertext()) for cell in table.iter("mtd")] == ["a", "=b", "c", "=d"]


def test_the_power_of_a_large_bracket_is_that_of_all_in_it(shown: Callable) -> None:
    power = ElementTree.fromstring(shown(r"\bigl( x \bigr)^2"))[0]
    assert power.tag == "msup" and "".join(power[0].itertext()) == "(x)"


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"x \foo y", r"unknown: \\foo"),
        (r"\frac{1}{", "cannot be read"),
        (r"x \bigr)^2", "no partner"),
        (r"\sqrt{\frac{a}{b}}", "write a power"),
    ],
)
def test_what_cannot_be_shown_is_refused(tex: str, message: str, part: Callable) -> None:
    core = part("core_mathml")
    with pytest.raises(core.FormulaError, match=message):
        core.mathml(tex, "inline")


def test_an_unknown_command_is_a_warning_with_its_page_and_formula(
    part: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    formulas, seen = part("formulas"), []
    monkeypatch.setattr(
        formulas.LOG, "warning", lambda text, *all, location: seen.append((text % all, location))
    )
    node = nodes.math("", r"a \foo b")
    page = SimpleNamespace(body=[])
    with pytest.raises(nodes.SkipNode):
        formulas.visit_inline(page, node)
    assert seen == [(r"unknown: \foo, in the formula a \foo b", node)]


def test_a_page_as_text_has_letters_and_no_tex(part: Callable) -> None:
    formulas, page = part("formulas"), nodes.paragraph()
    page += nodes.math("", r"\pi_\theta(a \mid s)")
    app = SimpleNamespace(builder=SimpleNamespace(format="html"))
    formulas.read_letters(app, page, "page")
    assert page.astext() == "πθ(a∣s)" and formulas.tex_of(page[0]) == r"\pi_\theta(a \mid s)"


def test_the_font_has_what_is_shown_upright_and_leaning_and_refuses_the_rest(part: Callable) -> None:
    font = part("math_font")
    found = TTFont(io.BytesIO(font.woff("hxθϵ(′")))
    assert (
        set("hxθϵ(′√\u210e𝑥𝜃𝜖 \xa0") <= set(map(chr, found.getBestCmap()))
        and ord("a") not in found.getBestCmap()
    )
    assert "MATH" in found and found.flavor == "woff"
    with pytest.raises(font.FontError, match="优"):
        font.woff("x优")
