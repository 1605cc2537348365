"""The sentences of chapter 5's reacting figures, against values worked out by hand."""

import pytest

from deepseek_book_utils.figures.ch05.rejection import rejection_figure
from deepseek_book_utils.figures.ch05.stages import MEASURES, STAGES, stages_figure
from tests.unit.figures.test_reasoning import sentences

ROWS = {"R1-Zero": 0.8, "Dev1": 0.6, "Dev2": 0.7, "Dev3": 0.75, "R1": 0.9}
SEED = {stage: dict.fromkeys(MEASURES.values(), value) for stage, value in ROWS.items()}


def test_what_each_stage_gains_and_loses() -> None:
    higher = {stage: {key: value + 0.1 for key, value in row.items()} for stage, row in SEED.items()}
    rows = sentences(stages_figure([SEED, higher]))
    assert rows[0] == (
        {},
        "Our reasoning: R1-Zero 0.85, Dev1 0.65, Dev2 0.75, Dev3 0.80, R1 0.95. R1 gains most (+0.15), "
        "Dev1 loses most (−0.20). The paper's AIME 2024: 0.78, 0.59, 0.74, 0.78, 0.80.",
    )
    assert [settings.get("m") for settings, _ in rows] == [None, *list(MEASURES)[1:]]
    assert "The paper's IFEval" in rows[3][1] and "paper" not in rows[2][1]


def test_where_nothing_is_lost_no_loss_is_told() -> None:
    rising = {stage: dict.fromkeys(MEASURES.values(), 0.1 * i) for i, stage in enumerate(STAGES)}
    assert "loses" not in sentences(stages_figure([rising]))[1][1]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="lacks Dev2 lists"):
        stages_figure([SEED | {"Dev2": {key: 0.5 for key in MEASURES.values() if key != "lists"}}])
    with pytest.raises(ValueError, match="at least one seed"):
        stages_figure([])


def test_a_filter_and_its_price() -> None:
    right = [[True, True, True, True], [True, False, False, False]]
    formed = [[True, True, True, False], [False, False, False, False]]
    clear = [[True, True, False, False], [False, False, False, False]]
    rows = sentences(rejection_figure([right, formed, clear], [10] * 4 + [30] * 4))
    assert rows[0] == (  # (1 - (1 - 1/2)^4) / 2; 20 tokens / (2/8)
        {},
        "Filter: right and readable. 2 of 8 answers pass. With 4 tries a problem has a kept answer with "
        "probability 0.47 on average; a kept answer costs 80 tokens of writing.",
    )
    by_settings = {(s.get("f"), s.get("k")): text for s, text in rows}
    assert "5 of 8 answers pass. With 1 tries" in by_settings["right", 1]
    assert "probability 0.63" in by_settings["right", 1]  # (1 + 1/4) / 2


def test_filters_that_do_not_fit_are_refused() -> None:
    rows = [[True, False]]
    with pytest.raises(ValueError, match="3 filters"):
        rejection_figure([rows, rows], [1, 1])
    with pytest.raises(ValueError, match="stricter"):
        rejection_figure([rows, [[True, True]], rows], [1, 1])
