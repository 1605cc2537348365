"""Tasks for MAML: what is drawn, under which names, and what is refused."""

import math
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.nn.digits import digit_arrays
from deepseek_book_utils.nn.meta_learning import (
    MAMLSettings,
    accuracies,
    adapt,
    class_error,
    digit_tasks,
    draw_sinusoids,
    errors_of_steps,
    forward,
    meta_learn,
    meta_loss,
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


def test_new_weights_are_as_wide_as_relus_need() -> None:
    """He et al. (arXiv 1502.01852): a variance of 2 / inputs; biases of zero."""
    weights = new_weights((400, 300, 2), torch.Generator().manual_seed(0))
    assert [tuple(weight.shape) for weight in weights] == [(400, 300), (300,), (300, 2), (2,)]
    assert weights[0].var().item() == pytest.approx(2 / 400, rel=0.02)
    assert weights[2].var().item() == pytest.approx(2 / 300, rel=0.2)
    assert abs(weights[0].mean().item()) < 1e-3
    assert not weights[1].any() and not weights[3].any() and all(weight.requires_grad for weight in weights)


@pytest.mark.parametrize("method", ["second order", "joint"])
def test_the_outer_loop_by_hand(method) -> None:
    """Adam as written by Kingma and Ba, its rate along half a cosine, gradients cut to a length."""
    settings = MAMLSettings(
        method, sizes=(1, 4, 1), updates=6, tasks=3, learning_rate=0.02, max_grad_norm=0.5, inner_steps=2
    )

    def draw(count: int, generator: torch.Generator):
        return draw_sinusoids(5, count, generator)

    found = meta_learn(draw, squared_error, settings, seed=3)
    generator = torch.Generator().manual_seed(3)
    weights = new_weights(settings.sizes, generator)
    first = [torch.zeros_like(weight) for weight in weights]
    second = [torch.zeros_like(weight) for weight in weights]
    lengths = []
    for t in range(1, 7):
        error = meta_loss(weights, draw(3, generator), squared_error, settings)
        slopes = torch.autograd.grad(error, weights)
        lengths.append(math.sqrt(sum(slope.square().sum().item() for slope in slopes)))
        cut = min(1.0, 0.5 / (lengths[-1] + 1e-6))
        rate = 0.02 * (1 + math.cos(math.pi * (t - 1) / 6)) / 2
        moved = []
        for i, (weight, slope) in enumerate(zip(weights, slopes, strict=True)):
            first[i] = 0.9 * first[i] + 0.1 * cut * slope
            second[i] = 0.999 * second[i] + 0.001 * (cut * slope) ** 2
            step = first[i] / (1 - 0.9**t) / ((second[i] / (1 - 0.999**t)).sqrt() + 1e-8)
            moved.append((weight - rate * step).detach().requires_grad_())
        weights = moved
    torch.testing.assert_close(found, weights, rtol=1e-3, atol=1e-5)
    assert max(lengths) > 0.5  # some gradient was cut


def test_errors_of_steps_are_those_of_adapted_weights() -> None:
    generator = torch.Generator().manual_seed(0)
    weights, tasks = new_weights((1, 8, 1), generator), draw_sinusoids(5, 3, generator)
    rows = errors_of_steps(weights, tasks, squared_error, 2, 0.01)
    for steps, row in enumerate(rows):
        own = adapt(weights, tasks.inputs, tasks.answers, squared_error, steps, 0.01)
        torch.testing.assert_close(row, squared_error(forward(own, tasks.test_inputs), tasks.test_answers))
    assert not rows.requires_grad and not torch.allclose(rows[1], rows[2])


def test_some_and_all_points_named_right() -> None:
    weights = [torch.eye(3), torch.zeros(3)]
    tasks = digit_tasks((0, 1, 2), 3, 1, 1)(2, torch.Generator().manual_seed(0))
    seen = torch.eye(3).expand(2, 3, 3)
    tasks = tasks._replace(test_inputs=seen, test_answers=torch.tensor([[0, 1, 2], [2, 1, 0]]))
    assert accuracies(weights, tasks).tolist() == pytest.approx([1.0, 1 / 3])


@pytest.mark.parametrize("ways", [1, 4])
def test_ways_are_at_least_two_and_at_most_the_classes(ways) -> None:
    with pytest.raises(ValueError, match="take 2 to 3 of these classes"):
        digit_tasks((1, 4, 8), ways, shots=1, points=1)
    digit_tasks((1, 4, 8), 2, 1, 1), digit_tasks((1, 4, 8), 3, 1, 1)


def test_two_sizes_are_a_network() -> None:
    assert len(new_weights(MAMLSettings(sizes=(3, 2)).sizes, torch.Generator())) == 2


def test_the_same_generator_draws_the_same_digits() -> None:
    one, two = (digit_tasks((1, 4, 8), 2, 2, 3)(4, torch.Generator().manual_seed(5)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert one.inputs.dtype == torch.float32


def test_names_are_learned_as_numbers_are() -> None:
    """One step on classes by hand; joint training takes none."""
    weights = new_weights((64, 3), torch.Generator().manual_seed(0))
    tasks = digit_tasks((1, 4, 8), 3, 2, 1)(2, torch.Generator().manual_seed(1))
    settings = MAMLSettings("first order", sizes=(64, 3), inner_steps=1, inner_learning_rate=0.1)
    errors = []
    for x, y, x2, y2 in zip(*tasks, strict=True):
        error = torch.nn.functional.cross_entropy(x @ weights[0] + weights[1], y)
        matrix, bias = (
            w - 0.1 * slope for w, slope in zip(weights, torch.autograd.grad(error, weights), strict=True)
        )
        errors.append(torch.nn.functional.cross_entropy(x2 @ matrix + bias, y2))
    torch.testing.assert_close(meta_loss(weights, tasks, class_error, settings), torch.stack(errors).mean())
    rows = errors_of_steps(weights, tasks, class_error, 1, 0.1)
    torch.testing.assert_close(rows[1], torch.stack(errors).detach())
    joint = meta_loss(weights, tasks, class_error, replace(settings, method="joint"))
    torch.testing.assert_close(joint, rows[0].mean())
    named = [(x @ weights[0] + weights[1]).argmax(dim=1) for x in tasks.test_inputs[:, :2]]
    right = [(n == y).float().mean() for n, y in zip(named, tasks.test_answers[:, :2], strict=True)]
    fewer = tasks._replace(test_inputs=tasks.test_inputs[:, :2], test_answers=tasks.test_answers[:, :2])
    assert accuracies(weights, fewer).tolist() == torch.stack(right).tolist()
