"""Batches of like length, texts without empty columns, translations against a model that is asked by hand."""

import math

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from deepseek_book_utils.nn.sequences.transformer import Transformer, TransformerSettings, forced_loss
from deepseek_book_utils.translation.learning import (
    TranslationSettings,
    alike,
    exact_match,
    train_translation,
    translate,
    trimmed,
)
from deepseek_book_utils.translation.pairs import (
    END,
    START,
    TOKEN_ID,
    VOCABULARY,
    as_tokens,
    both_directions,
    number_pair,
    written,
)

EXAMPLES = both_directions([number_pair(n) for n in (7, 45, 302, 1234, 5000, 12, 9, 8888)])


def small() -> Transformer:
    torch.manual_seed(0)
    return Transformer(TransformerSettings(len(VOCABULARY), width=16, layers=1, heads=2, expansion=1))


def test_batches_hold_every_example_once_and_like_lengths_together() -> None:
    sources, targets = as_tokens(EXAMPLES)
    batches = alike(sources, targets, 4, torch.Generator().manual_seed(0))
    lengths = (sources != 0).sum(dim=1) + (targets != 0).sum(dim=1)
    for _ in range(3):  # three rounds over 16 examples
        drawn = [next(batches) for _ in range(4)]
        assert sorted(torch.cat(drawn).tolist()) == list(range(16))
        spans = sorted((lengths[batch].min().item(), lengths[batch].max().item()) for batch in drawn)
        assert all(high <= low for (_, high), (low, _) in zip(spans, spans[1:], strict=False))
    assert [b.tolist() for b in drawn] != sorted(b.tolist() for b in drawn) or spans[0] != spans[-1]


def test_batches_by_hand() -> None:
    """Twenty batches drawn, sorted by how many words both texts have, cut apart, shuffled; no other dice."""
    dice = torch.Generator().manual_seed(3)
    sources, targets = (torch.randint(0, 2, (45, 6), generator=dice) for _ in range(2))
    words = [(a != 0).sum().item() + (b != 0).sum().item() for a, b in zip(sources, targets, strict=True)]
    found, dice = (
        alike(sources, targets, 2, torch.Generator().manual_seed(5)),
        torch.Generator().manual_seed(5),
    )
    for _ in range(2):
        drawn = torch.randperm(45, generator=dice).tolist()[:40]
        drawn.sort(key=words.__getitem__)
        for i in torch.randperm(20, generator=dice).tolist():
            assert next(found).tolist() == drawn[2 * i : 2 * i + 2]


def test_only_columns_of_padding_are_cut() -> None:
    tokens = torch.tensor([[5, 6, 0, 0], [5, 0, 0, 0]])
    assert trimmed(tokens).tolist() == [[5, 6], [5, 0]]
    assert trimmed(torch.tensor([[0, 5], [0, 6]])).tolist() == [[5], [6]]


def test_translations_are_the_best_words_one_after_the_other() -> None:
    model = small().eval()
    texts = translate(model, EXAMPLES, longest=5)
    for example, text in zip(EXAMPLES, texts, strict=True):
        source, _ = as_tokens([example])
        words = [TOKEN_ID[START]]
        for _ in range(5):
            words.append(int(model(source, torch.tensor([words]))[0, -1].argmax()))
            if words[-1] == TOKEN_ID[END]:
                break
        assert text == written(words[1:])


def test_a_share_of_exact_matches() -> None:
    model = small().eval()
    texts = translate(model, EXAMPLES)
    told = [(into, source, text) for (into, source, _), text in zip(EXAMPLES, texts, strict=True)]
    assert exact_match(model, told) == 1
    assert exact_match(model, [*told[:12], *((into, source, "no") for into, source, _ in told[12:])]) == 0.75


def test_training_tells_who_watches_and_can_be_repeated() -> None:
    settings, seen = TranslationSettings(updates=3, batch_size=4, warm_up=2, shift=3), []
    one = train_translation(small(), EXAMPLES, settings, seed=1, watch=seen.append)
    assert seen == [1, 2, 3] and len(one) == 3
    assert one == train_translation(small(), EXAMPLES, settings, seed=1)
    assert one != train_translation(small(), EXAMPLES, settings, seed=2)


def test_the_loop_by_hand() -> None:
    """AdamW as its paper has it, on gradients of one length at most, with a rate that rises, then falls."""
    settings = TranslationSettings(
        5, 4, learning_rate=0.02, warm_up=2, weight_decay=0.3, max_grad_norm=0.05, shift=3
    )
    model, other = small(), small()
    losses = train_translation(model, EXAMPLES, settings, seed=6)
    sources, targets = as_tokens(EXAMPLES)
    dice, shifts = torch.Generator().manual_seed(6), set()
    batches, weights = alike(sources, targets, 4, dice), list(other.parameters())
    first, second = ([torch.zeros_like(p) for p in weights] for _ in range(2))
    for t in range(1, 6):
        rows = next(batches)
        shifts.add(shift := int(torch.randint(4, (1,), generator=dice)))
        source = torch.cat([torch.zeros(4, shift, dtype=torch.long), trimmed(sources[rows])], dim=1)
        loss = forced_loss(other, source, trimmed(targets[rows]))
        assert type(losses[t - 1]) is float and losses[t - 1] == pytest.approx(loss.item(), rel=1e-4)
        slopes = torch.autograd.grad(loss, weights, materialize_grads=True)
        norm = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        assert norm > 0.05
        rate = 0.02 * (t / 2 if t <= 2 else (1 + math.cos(math.pi * (t - 3) / 3)) / 2)
        with torch.no_grad():
            for i, (p, slope) in enumerate(zip(weights, slopes, strict=True)):
                g = slope * 0.05 / norm
                first[i] = 0.9 * first[i] + 0.1 * g
                second[i] = 0.98 * second[i] + 0.02 * g * g
                step = first[i] / (1 - 0.9**t) / ((second[i] / (1 - 0.98**t)).sqrt() + 1e-8)
                p.sub_(rate * (step + 0.3 * p))
    assert len(shifts) > 1
    one, two = parameters_to_vector(model.parameters()), parameters_to_vector(weights)
    assert (one - two).norm() < 0.01 * (two - parameters_to_vector(small().parameters())).norm()


def test_a_shifted_source_is_the_same_words_at_later_places() -> None:
    """With padding in front nothing but positions changes, so a shift changes the losses."""
    plain = train_translation(small(), EXAMPLES, TranslationSettings(updates=2, batch_size=16), seed=1)
    moved = train_translation(
        small(), EXAMPLES, TranslationSettings(updates=2, batch_size=16, shift=9), seed=1
    )
    assert plain != moved


def test_settings_without_sense() -> None:
    for change in ({"updates": 0}, {"learning_rate": 0.0}, {"shift": -1}, {"max_grad_norm": 0.0}):
        with pytest.raises(ValueError, match=next(iter(change))):
            TranslationSettings(**change)
