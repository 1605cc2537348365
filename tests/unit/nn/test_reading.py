"""Sentences of docstrings and a classifier that reads them, on modules and texts made by hand."""

import pytest
import torch

from deepseek_book_utils.nn import docstrings as module
from deepseek_book_utils.nn.docstrings import (
    BLANK,
    LIBRARIES,
    UNKNOWN,
    docstrings,
    files_of,
    first_sentences,
    numbered,
    sentences_of,
    vocabulary_of,
    words_in,
)
from deepseek_book_utils.nn.encoder import EncoderSettings
from deepseek_book_utils.nn.fitting import FitSettings
from deepseek_book_utils.nn.reading import Classifier, fit_classifier, in_any_order

SOURCE = '''
"""The module's own is no function's."""
def one():
    """Return one. And a second sentence.

    More.
    """
class Two:
    """Two lines
    of a sentence

    then others"""
    def none(self): pass
'''


def test_the_first_sentence_of_functions_and_classes() -> None:
    assert sorted(first_sentences(SOURCE)) == ["", "Return one", "Two lines\nof a sentence"]
    assert words_in("Return x_1, Two-fold!") == ["return", "x", "two", "fold"]


def test_sentences_of_a_library(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    for name in ("a", "b"):
        functions = [
            f'def f{i}():\n    """Numpy says {w} of the many words {name}."""' for i, w in enumerate("xyz")
        ]
        (tmp_path / f"{name}.py").write_text("\n".join(functions))
    monkeypatch.setattr(module, "files_of", lambda library: sorted(tmp_path.glob("*.py")))
    monkeypatch.setattr(module, "PER_FILE", 2)
    found = sentences_of("numpy", 4)
    assert len({tuple(words) for words in found}) == 4
    assert all(words[0] == "says" and words[1] in "xy" and len(words) == 7 for words in found)
    with pytest.raises(ValueError, match="has 4 sentences"):
        sentences_of("numpy", 5)


def test_real_libraries_lie_on_this_machine() -> None:
    assert not any({"test", "tests"} & set(path.parts[-3:]) for path in files_of("numpy"))
    with pytest.raises(ValueError, match="not installed"):
        files_of("no_such_library")


def test_shared_sentences_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sentences_of", lambda library, each: [["same"], [library, "own"]])
    texts, numbers = docstrings(2)
    assert texts == [[library, "own"] for library in LIBRARIES] and numbers == list(range(6))


def test_words_become_numbers() -> None:
    known = vocabulary_of([["a", "b", "a"], ["b", "a", "c"]])
    assert known == {"a": 2, "b": 3}
    assert numbered([["a", "c"], ["b"]], known).tolist() == [[2, UNKNOWN], [3, BLANK]]


def reader() -> Classifier:
    torch.manual_seed(0)
    return Classifier(EncoderSettings(vocabulary=9, width=8, layers=1, heads=2, expansion=1), 3)


def test_the_mean_is_taken_over_words_alone() -> None:
    model = reader()
    short, padded = torch.tensor([[2, 3, 4]]), torch.tensor([[2, 3, 4, BLANK, BLANK]])
    assert torch.allclose(model(short), model(padded), atol=1e-6)
    vectors = model.encoder(short, short != BLANK)
    assert torch.allclose(model(short), model.out(vectors.mean(dim=1)), atol=1e-6)


def test_it_learns_a_word_and_hides_words() -> None:
    tokens = torch.tensor([[2 + i % 3, 5, 6, 7] for i in range(30)])
    classes = torch.arange(30) % 3
    model = reader()
    losses = fit_classifier(model, tokens, classes, FitSettings(updates=60, learning_rate=1e-2), 0)
    assert losses[-1] < 0.1 * losses[0] and (model(tokens).argmax(dim=1) == classes).all()
    hidden = fit_classifier(
        reader(), tokens, classes, FitSettings(updates=60, learning_rate=1e-2), 0, hide=0.5
    )
    assert hidden[-1] > 0.3  # half of the time the word that tells is hidden


class Notes(torch.nn.Module):
    """Keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.bias, self.read = torch.nn.Parameter(torch.zeros(3)), []

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        self.read.append(tokens)
        return self.bias.expand(len(tokens), 3)


def test_hidden_are_the_words_that_the_dice_say_and_no_padding() -> None:
    tokens = torch.tensor([[2, 3, 4, BLANK, BLANK], [5, 6, 7, 8, 2]])
    once = FitSettings(updates=1)
    order = torch.randperm(2, generator=torch.Generator().manual_seed(4))
    drawn = torch.rand(2, 5, generator=torch.Generator().manual_seed(4))
    for share in (float(drawn[1].sort().values[2]), 1.0):  # a draw that is the share itself hides nothing
        notes = Notes()
        fit_classifier(notes, tokens, torch.tensor([0, 1]), once, 4, share)
        words = zip(tokens[order].flatten().tolist(), drawn.flatten().tolist(), strict=True)
        expected = [UNKNOWN if word != BLANK and draw < share else word for word, draw in words]
        assert notes.read[0].flatten().tolist() == expected


def test_any_order_is_that_of_the_dice() -> None:
    tokens = torch.tensor([[2, 3, 4, 5, BLANK], [6, 7, BLANK, BLANK, BLANK]])
    keys = torch.rand(2, 5, generator=torch.Generator().manual_seed(3)).tolist()
    for row, texts, found in zip(
        keys, tokens.tolist(), in_any_order(tokens, torch.Generator().manual_seed(3)).tolist(), strict=True
    ):
        words = [word for word in texts if word != BLANK]
        expected = [word for _, word in sorted(zip(row, words, strict=False))]
        assert found == expected + [BLANK] * (5 - len(words))


def test_any_order_keeps_words_and_padding() -> None:
    tokens = torch.tensor([[2, 3, 4, 5, 6, 7, 8, BLANK], [2, 3, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK]])
    mixed = in_any_order(tokens, torch.Generator().manual_seed(1))
    assert mixed.sort(dim=1).values.equal(tokens.sort(dim=1).values)
    assert (mixed == BLANK).equal(tokens == BLANK) and not mixed.equal(tokens)
