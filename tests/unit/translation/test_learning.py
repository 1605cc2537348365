"""Batches of like length, texts without empty columns, translations against a model that is asked by hand."""

import pytest
import torch

from deepseek_book_utils.nn.sequences.transformer import Transformer, TransformerSettings
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
