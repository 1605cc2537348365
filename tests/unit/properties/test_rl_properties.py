"""What holds for every rollout, minibatch and table of values."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepseek_book_utils.lm.decoding import epsilon_greedy_probs
from deepseek_book_utils.rl.advantages import compute_gae, n_step_returns, normalise_advantages
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.policy.actor_critic import a2c_loss
from deepseek_book_utils.rl.policy.natural_gradient import conjugate_gradient, mean_kl, surrogate
from deepseek_book_utils.rl.policy.ppo import Experience, ppo_loss
from deepseek_book_utils.rl.policy.privacy import epsilon_spent
from deepseek_book_utils.rl.policy.private_policy import clip_rows
from deepseek_book_utils.rl.replay import ReplayBuffer
from deepseek_book_utils.rl.value.dqn import double_dqn_targets, dqn_loss, dqn_targets
from tests.unit.properties.drawing import FILLERS, finite, masks, numbers, tensors, whole

T, N, A = 3, 2, 2
TABLE = tensors(T, N)
FRACTIONS = st.floats(0, 1)


def rollout(rewards, over, late, real) -> Step:
    return Step(rewards, rewards, rewards, rewards, over, late & ~over, real)


@given(TABLE, masks(T, N), masks(T, N), masks(T, N), TABLE, tensors(N), FRACTIONS, FRACTIONS, FILLERS)
def test_advantages_and_returns_do_not_see_rewards_of_resets(
    r, over, late, real, values, last, discount, decay, filler
):
    step = rollout(r, over, late, real)
    filled = step._replace(rewards=r.masked_fill(~real, filler))
    gae = compute_gae(step, values, last, discount, decay)
    returns = n_step_returns(step, values, last, discount)
    assert finite(gae, returns) and (gae[~real] == 0).all() and torch.equal(returns[~real], values[~real])
    assert torch.equal(gae, compute_gae(filled, values, last, discount, decay))
    assert torch.equal(returns, n_step_returns(filled, values, last, discount))


@given(tensors(8, largest=1e6), masks(8), FILLERS)
def test_normalised_advantages_are_small_and_centred(advantages, real, filler) -> None:
    scaled = normalise_advantages(advantages, real)
    assert finite(scaled) and (scaled[~real] == 0).all() and scaled.abs().max() <= 8**0.5
    assert scaled.sum().abs() < 1e-2
    assert torch.equal(scaled, normalise_advantages(advantages.masked_fill(~real, filler), real))


@given(numbers(1e6), masks(8))
def test_equal_advantages_say_nothing(number, real) -> None:
    assert (normalise_advantages(torch.full((8,), number), real) == 0).all()


@given(
    tensors(4, A, largest=100),
    tensors(4),
    whole(4, below=A),
    tensors(4, largest=1e4),
    tensors(4),
    tensors(4),
    masks(4),
    FILLERS,
)
def test_losses_are_finite_and_do_not_see_resets(
    logits, values, actions, old, advantages, returns, real, filler
) -> None:
    def judged(logits, values, old, advantages, returns):
        logits, values = logits.clone().requires_grad_(), values.clone().requires_grad_()
        table = Experience(logits, actions, old, advantages, returns, real)
        found = [
            *ppo_loss(logits, values, table, 0.2, 0.5, 0.01),
            *a2c_loss(logits, values, actions, returns, real),
        ]
        return [x.detach() for x in found], *torch.autograd.grad(found[0] + found[6], [logits, values])

    tables = [logits, values, old, advantages, returns]
    expected = judged(*tables)
    assert finite(*expected)
    filled = [x.masked_fill(~(real if x.ndim == 1 else real[:, None]), filler) for x in tables]
    found = judged(*filled)
    assert all(torch.equal(a, b) for a, b in zip(expected[0], found[0], strict=True))
    assert torch.equal(expected[1], found[1]) and torch.equal(expected[2], found[2])


@given(tensors(4, A, largest=1e3), tensors(4, A, largest=1e3), whole(4, below=A), tensors(4))
def test_no_distance_to_itself_and_a_finite_one_to_any_other(old, new, actions, advantages) -> None:
    assert finite(mean_kl(old, new), surrogate(old, new, actions, advantages))
    assert mean_kl(old, new) >= -1e-4 and mean_kl(old, old) == 0
    assert surrogate(old, old, actions, advantages) == advantages.mean()


@given(tensors(3, largest=10), st.lists(st.floats(0.1, 10), min_size=3, max_size=3))
def test_conjugate_gradients_solve_diagonals_and_zero(b, diagonal) -> None:
    weights = torch.tensor(diagonal)
    x = conjugate_gradient(lambda v: weights * v, b)
    assert torch.allclose(weights * x, b, atol=1e-2 * (1 + b.abs().max().item()))
    assert (conjugate_gradient(lambda v: weights * v, torch.zeros(3)) == 0).all()


@given(tensors(3, 4, largest=1e6), st.floats(1e-3, 1e3))
def test_no_row_stays_longer_than_allowed(rows, longest) -> None:
    clipped = clip_rows(rows, longest)
    assert finite(clipped) and (clipped.norm(dim=1) <= longest * (1 + 1e-4)).all()
    short = rows.norm(dim=1) <= longest * (1 - 1e-4)
    assert torch.equal(clipped[short], rows[short])


@given(tensors(3), masks(3), tensors(3, A), tensors(3, A), whole(3, below=A), FRACTIONS, FILLERS)
def test_after_the_end_nothing_is_expected(rewards, over, after, online, actions, discount, filler) -> None:
    filled = after.masked_fill(over[:, None], filler)
    for target in (
        dqn_targets(rewards, over, after, discount),
        double_dqn_targets(rewards, over, after, online, discount),
    ):
        assert finite(target) and torch.equal(target[over], rewards[over])
        assert (
            finite(dqn_loss(after, actions, target))
            and dqn_loss(after, actions, after.gather(1, actions[:, None])[:, 0]) == 0
        )
    assert torch.equal(
        dqn_targets(rewards, over, filled, discount), dqn_targets(rewards, over, after, discount)
    )
    assert finite(double_dqn_targets(rewards, over, filled, online, discount))


@given(tensors(3, 4, largest=1e6), FRACTIONS)
def test_epsilon_greedy_is_a_distribution(values, epsilon) -> None:
    probs = epsilon_greedy_probs(values, epsilon)
    assert (probs >= 0).all() and torch.allclose(probs.sum(dim=1), torch.ones(3))


@given(masks(3), st.integers(0, 5))
def test_the_memory_holds_what_was_real(real, asked) -> None:
    step = Step(torch.rand(3, 2), torch.arange(3), torch.rand(3), torch.rand(3, 2), real, ~real, real)
    memory = ReplayBuffer(4, 2)
    memory.add(step)
    assert len(memory) == real.sum()
    if 1 <= asked <= len(memory):
        assert set(memory.sample(asked).actions.tolist()) <= set(torch.arange(3)[real].tolist())
    else:
        with pytest.raises(ValueError, match="sampled before it is filled"):
            memory.sample(asked)


@given(st.floats(0.5, 50), st.floats(0.001, 1), st.integers(0, 1000), st.floats(1e-8, 0.5))
def test_more_noise_never_tells_more(noise, rate, steps, delta) -> None:
    orders = (1.5, 2.0, 8.0, 64.0)
    spent = epsilon_spent(noise, rate, steps, delta, orders)
    assert (
        spent >= 0 and finite(spent) and epsilon_spent(2 * noise, rate, steps, delta, orders) <= spent + 1e-9
    )
