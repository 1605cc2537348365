"""The sentences of chapter 3's reacting figures, against values worked out by hand."""

import math

import pytest
import torch

from deepseek_book_utils.figures.ch03.beams import beams_figure
from deepseek_book_utils.figures.ch03.future import future_figure
from deepseek_book_utils.figures.ch03.lookup import lookup_figure, weights_of
from deepseek_book_utils.figures.ch03.merges import merges_figure
from deepseek_book_utils.figures.ch03.pictures import (
    chain_picture,
    look_picture,
    norms_picture,
    transformer_picture,
)
from deepseek_book_utils.figures.ch03.remedies import remedies_figure
from deepseek_book_utils.lm.beam_search import BeamSettings, beam_search
from deepseek_book_utils.lm.tokenizers import Tokenizer, count_words, train_bpe
from tests.unit.figures.test_reasoning import sentences


def test_what_is_left_of_a_gradient() -> None:
    curves = {"none": [[1e-4, 1e-2, 1.0], [1e-6, 1e-3, 1.0], [1e-8, 1e-4, 1.0]], "gate": [[0.1, 0.5, 1.0]]}
    rows = sentences(remedies_figure(curves, "none", "gate"))
    assert rows[0] == (
        {},
        "2 steps back, 10 to the power −6.0 of the gradient is left in the plain network, and 10 to the "
        "power −1.0 with this remedy: gate. A factor of 0.70 at each step would leave 10 to the power −0.3.",
    )
    assert rows[-1][0] == {"rate": 0.95} and "10 to the power 0.0." in rows[-1][1]
    with pytest.raises(ValueError, match="one length"):
        remedies_figure({"none": [[1.0]], "gate": [[1.0, 2.0]]}, "none", "gate")


def test_three_places_for_a_mask() -> None:
    """Scores of 0, 0 and ln 2: the weights are a quarter, a quarter and a half."""
    q = torch.full((1, 3, 4), 1.0)
    k = torch.zeros(1, 3, 4)
    k[0, 2] = math.log(2) / 2
    assert weights_of(q[0], k[0], 1, "before the softmax").tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert weights_of(q[0], k[0], 1, "after the softmax").tolist() == pytest.approx([0.25, 0.25, 0.0])
    assert weights_of(q[0], k[0], 1, "none").tolist() == pytest.approx([0.25, 0.25, 0.5])
    rows = {tuple(change.items()): text for change, text in sentences(lookup_figure(["a", "b", "c"], q, k))}
    assert rows[()] == (
        "Head 1, word 1 (a), mask: before the softmax. The weights sum to 1.00; 0.00 of it lies on words "
        "that come later. It looks most at word 1 (a): 1.00."
    )
    assert "sum to 1.00; 0.75 of it" in rows[("mask", "none"),]
    assert "sum to 0.25; 0.00 of it" in rows[("mask", "after the softmax"),]
    with pytest.raises(ValueError, match="one of each"):
        lookup_figure(["a"], q, k)


def test_which_predictions_move() -> None:
    causal = [[1.0, 2.0, 0.5], [0.0, 4.0, 1.0], [0.0, 0.0, 3.0]]
    rows = sentences(future_figure(["x", "y", "z"], {"causal": causal, "none": [[1.0] * 3] * 3}))
    assert rows[0][1] == (
        "Mask: causal. Word 2 (y) is replaced. Of 1 predictions before it 0 move; of the 2 from it on 2 "
        "move, at most by 4.0."
    )
    assert "before it 1 move" in rows[-1][1]
    with pytest.raises(ValueError, match="3 rows"):
        future_figure(["x", "y", "z"], {"causal": causal[:2]})


def test_a_wider_beam_finds_the_better_text() -> None:
    """Words a, b and the end: a is likelier at first, but what follows b is sure."""

    def next_word(words: torch.Tensor) -> torch.Tensor:
        table = {(): [0.6, 0.4, 1e-9], (0,): [0.3, 0.3, 0.4], (1,): [1e-9, 1e-9, 1.0]}
        rows = [table.get(tuple(row), [1e-9, 1e-9, 1.0]) for row in words.tolist()]
        return torch.tensor(rows).log()

    rows = sentences(
        beams_figure(
            beam_search,
            next_word,
            2,
            ["a", "b", "."],
            lambda words: "".join("ab."[w] for w in words),
            "b.",
            BeamSettings(length_penalty=0.0, longest=4),
            widths=2,
        )
    )
    assert (
        f"It writes a., with log-probability {math.log(0.24):.2f}: wrong.".replace("-1", "−1") in rows[0][1]
    )
    assert f"It writes b., with log-probability {math.log(0.4):.2f}: right.".replace("-0", "−0") in rows[1][1]


def test_a_sentence_after_some_merges() -> None:
    merges = train_bpe(count_words(["aa aa aa ab"]), 256 + 3)
    texts = {"Latin": "aa ab", "Chinese": "词"}

    def size(count: int, text: str) -> int:
        return len(Tokenizer(merges[:count]).encode(text))

    rows = sentences(merges_figure(merges, size, texts, {"Latin": ["aa", " ab"], "Chinese": ["词"]}, 0))
    assert rows[0][1] == (
        "Latin, 0 merges: 5 tokens for 5 characters, which are 5 bytes. DeepSeek's tokenizer takes 2."
    )
    chinese = [text for change, text in rows if change.get("text") == "Chinese"]
    assert all("3 tokens for 1 characters, which are 3 bytes" in text for text in chinese)
    with pytest.raises(ValueError, match="both of each"):
        merges_figure(merges, size, texts, {"Latin": []}, 0)


def test_still_pictures_say_their_parts() -> None:
    assert "A factor J stands on each arrow" in chain_picture().html
    assert "straight to each of the five others" in look_picture().html
    assert "from the memory to the decoder&#x27;s second attention" in transformer_picture().html
    assert "the norm takes the sum" in norms_picture().html
