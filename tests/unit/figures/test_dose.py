"""The sentences of the figure on dose and response, against values worked out by hand."""

from deepseek_book_utils.figures.ch04.dose import dose_figure
from tests.unit.figures.test_reasoning import sentences


def test_a_habit_takes_over_where_more_than_half_of_the_answers_check() -> None:
    rare = {"share": 0.03, "before": [0.02, 0.04], "after": [0.5, 0.99], "accuracy": [0.75, 0.876]}
    often = {"share": 0.25, "before": [0.2, 0.2], "after": [1, 1], "accuracy": [0.9, 0.9]}
    curves = {"curves": [[0, 1], [0, 1]]}
    rows = sentences(dose_figure([rare | curves, often | curves], 0))
    assert rows[0][1] == (
        "3 % of the web's pages check. Before RL 2 to 4 % of the answers check, after it 50 to 99 %. "
        "Checking takes over in 1 of 2 seeds; pass@1 0.75 to 0.88."
    )
    assert rows[2][0] == {"dose": "25 %"}
    assert "Before RL 20 % of the answers check, after it 100 %" in rows[2][1]
