"""Tasks for MAML: what is drawn, under which names, and what is refused."""

import pytest
import torch

from deepseek_book_utils.nn.digits import digit_arrays
from deepseek_book_utils.nn.meta_learning import (
    MAMLSettings,
    accuracies,
    digit_tasks,
    draw_sinusoids,
    errors_of_steps,
    forward,
    meta_learn,
    new_weights,
    squared_error,
    with_new_head,
)


def test_sinusoids_lie_in_the_ranges_of_the_paper() -> None:
    tasks = draw_sinusoids(10, 2000, torch.Generator().manual_seed(0))
    assert tasks.inputs.shape == tasks.test_answers.shape == (2000, 10, 1)
    x, y = torch.cat((tasks.inputs, tasks.test_inputs), 1), torch.cat((tasks.answers, tasks.test_answers), 1)
    assert x.min() >= -5 and x.max() <= 5 and x.std() == pytest.approx(10 / 12**0.5, rel=0.02)
    # every task is amplitude * sin(x - phase): two numbers explain twenty points
    basis = torch.cat((x.sin(), x.cos()), dim=2)
    found = torch.linalg.lstsq(basis, y).solution[..., 0]
    torch.testing.assert_close(basis @ found[..., None], y, atol=1e-3, rtol=0)
    amplitude, phase = found.norm(dim=1), torch.atan2(-found[:, 1], found[:, 0])
    assert amplitude.min() > 0.09 and amplitude.max() < 5.01 and phase.min() > -0.01
    assert amplitude.mean() == pytest.approx(2.55, abs=0.1) and phase.mean() == pytest.approx(1.57, abs=0.1)


def test_digits_get_new_names_and_no_picture_stands_on_both_sides() -> None:
    pictures, shown = (torch.tensor(x) for x in digit_arrays())
    digit_of = {tuple(p.tolist()): int(d) for p, d in zip(pictures.float(), shown, strict=True)}
    draw = digit_tasks((6, 7, 9), ways=2, shots=3, points=5)
    tasks = draw(20, torch.Generator().manual_seed(0))
    assert tasks.inputs.shape == (20, 6, 64) and tasks.test_answers.shape == (20, 10)
    seen = set()
    for x, y, x2, y2 in zip(*tasks, strict=True):
        names = {}
        for picture, name in zip([*x, *x2], [*y.tolist(), *y2.tolist()], strict=True):
            assert (
                names.setdefault(name, digit_of[tuple(picture.tolist())]) == digit_of[tuple(picture.tolist())]
            )
        assert set(names) == {0, 1} and names[0] != names[1]
        assert not {tuple(p.tolist()) for p in x} & {tuple(p.tolist()) for p in x2}
        seen |= set(names.items())
    assert seen == {(name, digit) for name in (0, 1) for digit in (6, 7, 9)}
    with pytest.raises(ValueError, match="take 2 to 3"):
        digit_tasks((6, 7, 9), ways=4, shots=1, points=1)


def test_without_new_names_a_digit_keeps_its_place() -> None:
    pictures, shown = (torch.tensor(x) for x in digit_arrays())
    digit_of = {tuple(p.tolist()): int(d) for p, d in zip(pictures.float(), shown, strict=True)}
    tasks = digit_tasks((7, 2, 5), 3, 1, 4, renamed=False)(6, torch.Generator().manual_seed(0))
    for x, y in zip(tasks.test_inputs, tasks.test_answers, strict=True):
        assert [digit_of[tuple(p.tolist())] for p in x] == [(7, 2, 5)[name] for name in y.tolist()]


def test_a_new_head_knows_nothing_and_keeps_the_rest() -> None:
    weights = new_weights((3, 5, 4, 6), torch.Generator().manual_seed(0))
    changed = with_new_head(weights, 2)
    assert [tuple(weight.shape) for weight in changed] == [(3, 5), (5,), (5, 4), (4,), (4, 2), (2,)]
    assert all(a is b for a, b in zip(changed[:4], weights[:4], strict=True))
    assert not forward(changed, torch.randn(1, 7, 3)).any()


def test_a_row_for_every_step() -> None:
    generator = torch.Generator().manual_seed(0)
    weights, tasks = new_weights((1, 8, 1), generator), draw_sinusoids(5, 3, generator)
    rows = errors_of_steps(weights, tasks, squared_error, 4, 0.0)
    assert rows.shape == (5, 3) and torch.equal(rows[0], rows[4])
    rows = errors_of_steps(
        weights, tasks._replace(test_inputs=tasks.inputs, test_answers=tasks.answers), squared_error, 4, 1e-4
    )
    assert (rows[1:] < rows[:-1]).all()  # on the points that are learned from


def test_accuracies_count() -> None:
    weights = [torch.eye(2), torch.zeros(2)]
    tasks = digit_tasks((0, 1), 2, 1, 1)(1, torch.Generator().manual_seed(0))
    tasks = tasks._replace(
        test_inputs=torch.tensor([[[1.0, 0], [0, 1]]]), test_answers=torch.tensor([[0, 0]])
    )
    assert accuracies(weights, tasks).tolist() == [0.5]


def test_settings_and_seeds() -> None:
    with pytest.raises(ValueError, match="method = 'third order'"):
        MAMLSettings(method="third order")
    with pytest.raises(ValueError, match="name what goes in"):
        MAMLSettings(sizes=(1,))

    def draw(count: int, generator: torch.Generator):
        return draw_sinusoids(3, count, generator)

    small = MAMLSettings(sizes=(1, 4, 1), updates=3, tasks=2)
    one, two = (meta_learn(draw, squared_error, small, 7) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
