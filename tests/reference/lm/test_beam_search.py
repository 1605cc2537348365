"""Beam search against transformers' `generate` on the same scores, and against all texts there are."""

import itertools

import pytest
import torch
from torch import Tensor
from transformers import BartConfig, BartForConditionalGeneration

from deepseek_book_utils.lm.beam_search import BeamSettings, NextWord, beam_search, greedy_search

V, PAD, END, START = 12, 1, 2, 3


@pytest.fixture(scope="module")
def bart() -> BartForConditionalGeneration:
    """Random weights, so large that every beginning has its own opinion, and ends that are not rare."""
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=V,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=64,
        pad_token_id=PAD,
        bos_token_id=0,
        eos_token_id=END,
        decoder_start_token_id=START,
        forced_eos_token_id=None,
    )
    model = BartForConditionalGeneration(config).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:  # neither norms nor biases: what stands there would speak everywhere
            torch.nn.init.normal_(parameter, std=0.5)
    model.final_logits_bias[0, END], model.final_logits_bias[0, PAD] = 3.5, -1e4
    return model


def next_word_of(bart: BartForConditionalGeneration, source: Tensor) -> NextWord:
    @torch.no_grad()
    def next_word(words: Tensor) -> Tensor:
        begun = torch.nn.functional.pad(words, (1, 0), value=START)
        logits = bart(input_ids=source.expand(len(words), -1), decoder_input_ids=begun).logits
        return logits[:, -1].float().log_softmax(-1)

    return next_word


@pytest.mark.parametrize("width", [1, 2, 4])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 2.5])
def test_texts_and_scores_equal_transformers(bart, width: int, length_penalty: float) -> None:
    settings = BeamSettings(width, length_penalty, longest=9)
    dice, ends, lengths = torch.Generator().manual_seed(width), 0, set()
    for _ in range(8):
        source = torch.randint(4, V, (1, 5), generator=dice)
        theirs = bart.generate(
            source,
            num_beams=width,
            num_return_sequences=width,
            do_sample=False,
            **({"length_penalty": length_penalty, "early_stopping": False} if width > 1 else {}),
            max_new_tokens=9,
            return_dict_in_generate=True,
            output_scores=True,
        )
        ours = beam_search(next_word_of(bart, source), END, settings)
        assert len(ours) == width
        for beam, row in zip(ours, theirs.sequences.tolist(), strict=True):
            assert list(beam.words) == row[1 : 1 + len(beam.words)]
            assert set(row[1 + len(beam.words) :]) <= {PAD, END}
            ends += beam.words[-1] == END
            lengths.add(len(beam.words))
        if width > 1:
            found = torch.tensor([beam.score for beam in ours])
            assert torch.allclose(found, theirs.sequences_scores, rtol=1e-4, atol=1e-5)
    assert ends and (len(lengths) > 1 or width == 1)  # texts end early and late


def test_greedy_equals_transformers_and_a_beam_of_one(bart) -> None:
    source = torch.randint(4, V, (6, 5), generator=torch.Generator().manual_seed(5))
    theirs = bart.generate(source, num_beams=1, do_sample=False, max_new_tokens=9)[:, 1:]
    ours = greedy_search(next_word_of_rows(bart, source), len(source), END, 9)
    assert torch.equal(ours, theirs.masked_fill(theirs == PAD, END)[:, : ours.shape[1]])
    for row in range(6):
        [beam] = beam_search(next_word_of(bart, source[row : row + 1]), END, BeamSettings(1, longest=9))
        assert list(beam.words) == ours[row, : len(beam.words)].tolist()


def next_word_of_rows(bart: BartForConditionalGeneration, source: Tensor) -> NextWord:
    ones = [next_word_of(bart, row[None]) for row in source]
    return lambda words: torch.cat([one(row[None]) for one, row in zip(ones, words, strict=True)])


def table(words: Tensor) -> Tensor:
    """Log-probabilities that depend on all words so far."""
    rows = []
    for row in words.tolist():
        dice = torch.Generator().manual_seed(hash(tuple(row)) % 2**31)
        rows.append((2 * torch.randn(4, generator=dice)).log_softmax(-1))
    return torch.stack(rows)


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_a_wide_beam_finds_the_best_of_all_texts(length_penalty: float) -> None:
    """Four words, the last one the end, up to four long: 3^4 + ... texts, one by one."""
    everything = []
    for length in range(1, 5):
        for words in itertools.product(range(4), repeat=length):
            if 3 in words[:-1] or (length < 4 and words[-1] != 3):
                continue
            log_prob = sum(
                table(torch.tensor([words[:t]], dtype=torch.long))[0, words[t]].item() for t in range(length)
            )
            everything.append((log_prob / length**length_penalty, words))
    best = max(everything)
    found = beam_search(table, 3, BeamSettings(200, length_penalty, longest=4))
    assert found[0].words == best[1]
    assert found[0].score == pytest.approx(best[0], abs=1e-5)
    assert len(found) == len(everything) == 1 + 3 + 9 + 27 * 4


def test_greedy_discards_the_best_text_early() -> None:
    """Word 0 is more probable at first, and all that follows it is not: 0.6 * 0.4 < 0.4 * 0.9."""
    after = {(): [0.6, 0.4, 0.0], (0,): [0.4, 0.3, 0.3], (1,): [0.05, 0.05, 0.9]}

    def next_word(words: Tensor) -> Tensor:
        return torch.tensor([after.get(tuple(row), [0.0, 0.0, 1.0]) for row in words.tolist()]).log()

    assert greedy_search(next_word, 1, 2, 5).tolist() == [[0, 0, 2]]
    [best, *_] = beam_search(next_word, 2, BeamSettings(2, length_penalty=0.0, longest=5))
    assert best.words == (1, 2) and best.log_prob == pytest.approx(torch.tensor(0.36).log().item())
    with pytest.raises(ValueError, match="at least one word"):
        greedy_search(next_word, 1, 2, 0)
