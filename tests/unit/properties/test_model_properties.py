"""What holds for every row of logits, every schedule, every step of an optimizer and every checkpoint."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepseek_book_utils.lm.decoding import (
    DecodingSettings,
    apply_temperature,
    decoding_probs,
    keep_min_p,
    keep_top_k,
    keep_top_p,
)
from deepseek_book_utils.lm.sampling import draw
from deepseek_book_utils.nn.optimizers import AdamSettings, LAMBSettings, SGDSettings, adam, adamw, lamb, sgd
from deepseek_book_utils.nn.schedules import PlateauSettings, PlateauState, pick_schedule, reduce_on_plateau
from deepseek_book_utils.training import load_checkpoint, save_checkpoint
from tests.unit.properties.drawing import BAD, finite, numbers, tensors

V = 5
LOGITS = tensors(2, V, largest=1e4)
DECODING = st.builds(
    DecodingSettings,
    temperature=st.sampled_from([0.0, 0.1, 1.0, 10.0]),
    top_k=st.none() | st.integers(1, 7),
    top_p=st.floats(0.01, 1),
    min_p=st.floats(0, 1),
)


@given(LOGITS, DECODING)
def test_every_filter_leaves_a_distribution_with_the_most_probable_word(logits, settings) -> None:
    probs = decoding_probs(logits, settings)
    assert finite(probs) and torch.allclose(probs.sum(dim=1), torch.ones(2)) and (probs >= 0).all()
    best = logits.gather(1, probs.argmax(dim=1, keepdim=True))  # one of them, where several are equal
    assert (best >= logits.amax(dim=1, keepdim=True) - 0.01).all()


@given(LOGITS, st.integers(1, 7), st.floats(0.01, 1), st.floats(0, 1))
def test_a_filter_cuts_or_keeps_and_changes_nothing_else(logits, k, p, m) -> None:
    for kept in (keep_top_k(logits, k), keep_top_p(logits, p), keep_min_p(logits, m)):
        left = kept > -math.inf
        assert torch.equal(kept[left], logits[left]) and left.any(dim=1).all()
    assert ((keep_top_k(logits, k) > -math.inf).sum(dim=1) >= min(k, V)).all()


@given(
    LOGITS, st.sampled_from([0.0, 0.5, 1.0]), st.lists(st.integers(0, V - 1), max_size=V), st.integers(0, 9)
)
def test_what_is_drawn_is_not_forbidden_and_has_the_policys_probability(
    logits, temperature, forbidden, seed
) -> None:
    generator = torch.Generator().manual_seed(seed)
    if len(set(forbidden)) == V:
        with pytest.raises(ValueError, match="No token can be drawn"):
            draw(logits, forbidden, temperature, generator)
        return
    tokens, log_probs = draw(logits, forbidden, temperature, generator)
    assert not set(tokens.tolist()) & set(forbidden) and finite(log_probs)
    assert torch.equal(log_probs, logits.log_softmax(dim=1).gather(1, tokens[:, None])[:, 0])


@given(LOGITS, BAD, st.integers(0, V - 1), st.sampled_from([0.0, 0.5, 1.0]))
def test_nan_never_becomes_a_word(logits, bad, place, temperature) -> None:
    logits[0, place] = bad
    if bad == -math.inf:
        assert finite(draw(logits, [], temperature, torch.Generator())[1])
        assert (apply_temperature(logits, temperature)[0, place] == -math.inf).all()
    else:
        with pytest.raises(ValueError, match="No token can be drawn"):
            draw(logits, [], temperature, torch.Generator())
        with pytest.raises(ValueError, match="No distribution"):
            apply_temperature(logits, temperature)


OPTIMIZERS = st.sampled_from(
    [
        (sgd, SGDSettings(momentum=0.9, nesterov=True, weight_decay=0.1)),
        (adam, AdamSettings(weight_decay=0.1)),
        (adamw, AdamSettings(weight_decay=0.1)),
        (lamb, LAMBSettings()),
    ]
)


@given(OPTIMIZERS, tensors(3, largest=1e6), st.lists(tensors(3, largest=1e6), min_size=1, max_size=4))
def test_a_step_is_finite_and_leaves_its_arguments_alone(optimizer, weights, gradients) -> None:
    rule, settings = optimizer
    state, before = None, weights.clone()
    for gradient in gradients:
        kept, old = gradient.clone(), weights.clone()
        new, state = rule(weights, gradient, state, settings)
        assert finite(new) and torch.equal(gradient, kept) and torch.equal(weights, old)
        weights = new
    again = before
    state = None
    for gradient in gradients:
        again, state = rule(again, gradient, state, settings)
    assert torch.equal(again, weights)


@given(OPTIMIZERS)
def test_without_a_gradient_and_weights_nothing_moves(optimizer) -> None:
    rule, settings = optimizer
    zero = torch.zeros(3)
    assert torch.equal(rule(zero, zero, None, settings)[0], zero)


SCHEDULES = st.sampled_from(
    [
        ("constant", {}),
        ("step", {"every": 3, "factor": 0.5}),
        ("exponential", {"factor": 0.9}),
        ("cosine", {"total": 7}),
    ]
)


@given(SCHEDULES, st.integers(0, 5), st.integers(0, 10**6))
def test_a_factor_lies_between_0_and_1_and_falls_after_the_warm_up(schedule, warm_up, step) -> None:
    name, options = schedule
    factor = pick_schedule(name, warm_up, **options)
    assert 0 <= factor(step) <= 1
    assert factor(step + 1) <= factor(step) if step >= warm_up else factor(step + 1) >= factor(step) * 0.5
    with pytest.raises(ValueError, match="count the steps from 0"):
        factor(-1 - step)


@given(st.lists(st.floats(0, 1e6) | st.just(math.nan), max_size=20))
def test_a_plateau_lowers_the_rate_and_never_loses_it(losses) -> None:
    state, settings = PlateauState(1.0), PlateauSettings(factor=0.5, patience=2, minimum=0.01)
    for loss in losses:
        after = reduce_on_plateau(state, loss, settings)
        assert 0.01 <= after.learning_rate <= state.learning_rate and not after.best > state.best
        state = after


@settings(max_examples=12)  # each is a file, written through to the disk
@given(st.dictionaries(st.text(max_size=5), numbers(1e3) | st.booleans() | tensors(2), max_size=3))
def test_what_was_saved_is_loaded(tmp_path_factory, state) -> None:
    path = tmp_path_factory.getbasetemp() / "state.pt"
    save_checkpoint(path, state)
    assert repr(load_checkpoint(path)) == repr(state)


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_no_changed_byte_is_loaded(tmp_path_factory, place, change) -> None:
    path = tmp_path_factory.getbasetemp() / "changed.pt"
    save_checkpoint(path, {"weights": torch.arange(4.0)})
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= change
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        load_checkpoint(path)
