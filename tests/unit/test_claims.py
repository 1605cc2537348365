"""Claims and glued numbers, as a kernel publishes them."""

from typing import Any

import numpy as np
import pytest
import torch
from myst_nb.core.variables import format_plain_text
from myst_nb.ext.glue import GLUE_PREFIX, extract_glue_data_cell
from nbformat.v4 import new_code_cell, new_output

from deepseek_book_utils import claims

Published = list[tuple[dict[str, Any], dict[str, Any] | None]]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    seen: Published = []
    monkeypatch.setattr(claims.InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr(claims, "display", lambda bundle, raw, metadata: seen.append((bundle, metadata)))
    return seen


def test_a_claim_shows_its_evidence_and_reaches_the_scoreboard(published: Published) -> None:
    claims.claim("A < B", holds=True, evidence="1 & 2", paper="3", name="order")
    bundle = published[0][0]
    expected = {"name": "order", "statement": "A < B", "holds": True, "evidence": "1 & 2", "paper": "3"}
    assert bundle["application/vnd.deepseek-book.claim+json"] == expected
    assert "A &lt; B" in bundle["text/html"] and "1 &amp; 2" in bundle["text/html"]
    assert bundle["text/plain"] == "Claim (holds): A < B Measured: 1 & 2 Paper: 3"


def test_a_false_claim_is_shown_and_stops_the_run(published: Published) -> None:
    with pytest.raises(claims.ClaimFailed, match="order: A < B Measured: 1 and 0. Correct the text"):
        claims.claim("A < B", holds=False, evidence="1 and 0", name="order")
    assert "does not hold" in published[0][0]["text/html"]
    assert published[0][0][claims.CLAIM]["holds"] is False


def test_holds_must_be_a_bool() -> None:
    for almost in (1, np.bool_(True), torch.tensor(True), "yes"):
        with pytest.raises(TypeError, match="bool"):
            claims.claim("A", holds=almost, evidence="", name="a")  # type: ignore[arg-type]


def test_outside_of_a_kernel_a_claim_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(claims.InteractiveShell, "initialized", lambda: False)
    claims.claim("A < B", holds=True, evidence="1, 2", name="order")
    claims.glue("x", 1)
    assert capsys.readouterr().out == "Claim (holds): A < B Measured: 1, 2\n"


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.71234, ".2f", "0.71"),
        (np.float32(0.5), ".1f", "0.5"),
        (torch.tensor(3), "", "3"),
        ("five <b>", "", "five <b>"),
    ],
)
def test_the_page_quotes_a_glued_value(published: Published, value: Any, spec: str, text: str) -> None:
    assert claims.GLUE == GLUE_PREFIX
    claims.glue("key", value)
    data, metadata = published[0]
    cell = new_code_cell(outputs=[new_output("display_data", data=data, metadata=metadata)])
    ((key, output),) = extract_glue_data_cell(cell)
    assert key == "key" and cell.outputs == []  # nothing shows
    assert format_plain_text(output["data"]["text/plain"], spec) == text


def test_glue_refuses_what_prose_cannot_quote() -> None:
    for value in ([1], None, True):
        with pytest.raises(TypeError, match="a number or a string"):
            claims.glue("key", value)  # type: ignore[arg-type]
