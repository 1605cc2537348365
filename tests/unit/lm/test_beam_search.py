"""Where a search stops, worked out on paper; the reference tests compare it with transformers."""

import torch
from torch import Tensor

from deepseek_book_utils.lm.beam_search import BeamSettings, beam_search, greedy_search

END = 2


def test_a_tie_with_the_worst_finished_text_ends_the_search() -> None:
    """All have the same score after two words; the third would make the last one better: log(1/4) / 3."""
    after = {(): [0.25, 0.25, 0.5], (0,): [0.0, 0.0, 1.0], (1,): [1.0, 0.0, 0.0], (1, 0): [0.0, 0.0, 1.0]}

    def next_word(words: Tensor) -> Tensor:
        return torch.tensor([after.get(tuple(row), [1.0, 0.0, 0.0]) for row in words.tolist()]).log()

    found = beam_search(next_word, END, BeamSettings(2, length_penalty=1.0, longest=6))
    assert {beam.words for beam in found} == {(END,), (0, END)}
    assert found[0].score == found[1].score


def greedy(wanted: list[list[int]], longest: int) -> list[list[int]]:
    """The texts where the best word at every step is the one that stands there."""

    def next_word(words: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(torch.tensor(wanted)[:, words.shape[1]], 9)

    return greedy_search(next_word, len(wanted), END, longest).tolist()


def test_a_text_that_ended_is_filled_while_another_goes_on() -> None:
    assert greedy([[5, END, 7, 7], [6, 6, 6, END]], 4) == [[5, END, END, END], [6, 6, 6, END]]


def test_a_text_is_as_long_as_it_may_be() -> None:
    texts = [[1, 1, 1, 1], [3, 3, 3, 3], [4, 4, 4, 4]]
    for longest in (1, 2, 3):
        assert greedy(texts, longest) == [text[:longest] for text in texts]
