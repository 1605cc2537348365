"""Rows, weights and gradients that are shared, by numbers worked out on paper."""

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.parallel.data import add_gradients, average_gradients, own_part, same_start


def test_every_process_has_its_own_rows(threads) -> None:
    batch = torch.arange(12).view(6, 2)
    found = threads(3).run(lambda rank: own_part(batch))
    assert [part.tolist() for part in found] == [
        [[0, 1], [2, 3]],
        [[4, 5], [6, 7]],
        [[8, 9], [10, 11]],
    ]
    with pytest.raises(
        ValueError, match="6 rows cannot be shared evenly by 4 processes: take a multiple of 4"
    ):
        threads(4).run(lambda rank: own_part(batch))


def test_all_begin_with_the_weights_and_statistics_of_the_first(threads) -> None:
    models = [nn.BatchNorm1d(2) for _ in range(3)]
    for number, model in enumerate(models):
        nn.init.constant_(model.weight, number + 1.0)
        model.running_mean.fill_(number + 5.0)
    threads(3).run(lambda rank: same_start(models[rank]))
    for model in models:
        assert model.weight.tolist() == [1.0, 1.0] and model.running_mean.tolist() == [5.0, 5.0]


def weights(rank: int) -> list[nn.Parameter]:
    """A matrix with a gradient, a frozen weight, one without a gradient in process 0, and one without any."""
    made = [nn.Parameter(torch.zeros(shape)) for shape in ((2, 2), (1,), (3,), (2,))]
    made[0].grad = torch.tensor([[1.0, 2.0], [3.0, 4.0]]) * 10**rank
    made[1].requires_grad_(False)
    if rank:
        made[2].grad = torch.tensor([6.0, 0.0, -6.0]) * rank
    return made


@pytest.mark.parametrize(("share", "parts"), [(add_gradients, 1), (average_gradients, 3)])
def test_gradients_of_all_are_added_or_averaged(threads, share, parts: int) -> None:
    def work(rank: int) -> list[Tensor | None]:
        own = weights(rank)
        share(iter(own))
        return [weight.grad for weight in own]

    for matrix, frozen, vector, never in threads(3).run(work):
        assert frozen is None
        assert torch.equal(matrix, torch.tensor([[111.0, 222.0], [333.0, 444.0]]) / parts)
        assert torch.equal(vector, torch.tensor([18.0, 0.0, -18.0]) / parts)
        assert torch.equal(never, torch.zeros(2))
