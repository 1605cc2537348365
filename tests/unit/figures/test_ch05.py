"""The sentences of chapter 5's reacting figures, against values worked out by hand."""

import pytest
import torch

from deepseek_book_utils.figures.ch05.cold_documents import cold_documents_figure
from deepseek_book_utils.figures.ch05.one_step import PLACES, one_step_figure
from deepseek_book_utils.figures.ch05.pictures import batches_over_time
from deepseek_book_utils.figures.ch05.rejection import rejection_figure
from deepseek_book_utils.figures.ch05.stages import MEASURES, STAGES, stages_figure
from deepseek_book_utils.nn.meta_learning import adapt
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


def test_the_steps_that_a_cold_start_saves() -> None:
    flat, late = [0.6] * 6, [0.1, 0.2, 0.6, 0.8, 0.8, 0.8]  # means of three: .3, .53, .73, .8
    rows = sentences(cold_documents_figure({0: [flat, late], 300: [[0.75] * 6, late], 30: [late, late]}))
    assert rows[0] == (
        {},
        "Steps to an accuracy of 0.70, by seed: without a cold start never and 2; after 300 answers 0 and 2.",
    )
    by_settings = {tuple(s.items()): text for s, text in rows}
    assert by_settings[("documents", "30"),].endswith("never and 2; after 30 answers 2 and 2.")
    assert by_settings[("documents", "0"),].endswith("without a cold start never and 2.")
    assert by_settings[("bar", 0.5),].endswith("without a cold start 0 and 1; after 300 answers 0 and 1.")


def test_doses_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="0 answers"):
        cold_documents_figure({300: [[0.1, 0.2, 0.3]], 30: [[0.1, 0.2, 0.3]]})
    with pytest.raises(ValueError, match="one length"):
        cold_documents_figure({0: [[0.1, 0.2, 0.3]], 30: [[0.1, 0.2, 0.3, 0.4]]})


def line(slope: float, height: float) -> list[torch.Tensor]:
    """A network 1-2-2-1 that draws height + slope x, in two halves."""
    w1 = torch.tensor([[1.0, -1.0]])
    return [w1, torch.zeros(2), torch.eye(2), torch.zeros(2), slope * w1.T, torch.tensor([height])]


def test_a_step_of_a_line_by_hand() -> None:
    # y = 0 everywhere but at one place: a step from the zero line moves the height by 2 rate mean(y)
    rows = sentences(one_step_figure({"A": (line(0, 0), 0.1), "B": (line(1, 0), 1e-9)}, adapt))
    assert "Before any step" in {s.get("steps"): text for s, text in rows}[0]
    y = [float(round(4 * 3.5 * torch.tensor(x - 1.0).sin().item()) / 4) for x in PLACES]
    mean, square = sum(y) / 5, sum(v * v for v in y) / 5
    # with an output layer of zeros only that layer moves: height 0.2 mean(y), slopes 0.2 mean(y relu(x))
    up, down = (sum(v * max(0, sign * x) for v, x in zip(y, PLACES, strict=True)) / 5 for sign in (1, -1))
    drawn = [0.2 * (mean + up * max(0, x) + down * max(0, -x)) for x in PLACES]
    after = sum((d - v) ** 2 for d, v in zip(drawn, y, strict=True)) / 5
    straight = sum((x - v) ** 2 for x, v in zip(PLACES, y, strict=True)) / 5
    assert rows[0][1] == (
        f"One step changes the mean squared error on these points for A from {square:.2f} to {after:.2f}, "
        f"and for B from {straight:.2f} to {straight:.2f}."
    )


def test_starts_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="two starts"):
        one_step_figure({"A": (line(0, 0), 0.1)}, adapt)
    wide = [
        torch.zeros(1, 3),
        torch.zeros(3),
        torch.zeros(3, 2),
        torch.zeros(2),
        torch.zeros(2, 1),
        torch.zeros(1),
    ]
    with pytest.raises(ValueError, match="must be 1-2-2-1"):
        one_step_figure({"A": (line(0, 0), 0.1), "B": (wide, 0.1)}, adapt)


def test_batches_grow_with_the_crowd_by_hand() -> None:
    # a batch of n takes n + 1 seconds; three clients ask at 0, 1 and 2
    found = batches_over_time(3, (1, 3), (2.0, 4.0), until=8, gap=1.0)
    # alone 0-2; then clients 1 and 2, and 0 again: 2-6; all three once more: 6-10
    assert found == [(0.0, 2.0, 1), (2.0, 6.0, 3), (6.0, 10.0, 3)]
    assert max(size for *_, size in batches_over_time(9, (1, 2), (1.0, 1.5), until=5)) == 2
