"""Numbers and units stay together in text, code is left as it is; costs show a GPU if one was used."""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest
from docutils import nodes

NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from 15.6 % to\n71 %", "from 15.6_% to\n71_%"),
        ("<p>6% of it</p>", "<p>6_% of it</p>"),
        ('<span class="a">70</span>\nkB', '<span class="a">70</span>_kB'),
        ("<b>9</b>%, 5 min 3 s", "<b>9</b>_%, 5_min 3_s"),
        ("8 MiB, 3 sums, 4 msec", "8_MiB, 3 sums, 4 msec"),
        ('<a href="x?q=2%20a">a</a>', '<a href="x?q=2%20a">a</a>'),
        ("<pre>6 % 4</pre><code>7%</code><svg><text>1 s</text></svg>",) * 2,
        ('<figure class="dv" data-dv="x"><p>1 %</p></figure>1 %',
         '<figure class="dv" data-dv="x"><p>1 %</p></figure>1_%'),
    ],
)  # fmt: skip
def test_numbers_keep_their_units(before: str, after: str, part: Callable[[str], ModuleType]) -> None:
    assert part("unbroken").joined(before) == after.replace("_", NO_BREAK)


def test_long_code_may_break(part: Callable[[str], ModuleType]) -> None:
    code = '<code><span class="pre">{}</span></code>'
    assert "long" not in part("unbroken").joined(code.format("--student"))
    assert "long" in part("unbroken").joined(code.format("reasoning.fine_tuning.preferences"))


@pytest.mark.parametrize("gpu", [{}, {"a": {"seconds": 3, "device": "X", "date": "d", "commit": "c"}}])
def test_the_costs_have_a_column_for_the_gpu_if_one_was_used(
    gpu: dict, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    header = part("chapter_header")
    run = {"cpu_seconds": 1.0, "peak_mib": 512}
    monkeypatch.setattr(header, "load", lambda app, name: gpu if "gpu" in name else {"a": run, "b": run})
    monkeypatch.setattr(header, "reading_minutes", lambda app, name: 7)
    monkeypatch.setattr(header, "page_link", lambda app, here, name: nodes.Text(name))
    page = nodes.paragraph("", "", header.cost_table())
    header.fill_tables(SimpleNamespace(), page, "book/how_to_use")
    told = page.astext()
    assert "about 7 min" in told and ("GPU" in told) == ("not recorded" in told) == bool(gpu)
