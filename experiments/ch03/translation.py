"""Numbers and dates between English and Chinese: what was never seen, what is longer, how it is searched.

For every seed: one small Transformer learns both directions of numbers of up to four digits and of dates,
and is asked for values and days that it never saw, for numbers whose English has a length that it never
saw, and for numbers of five digits. On the way, half trained: the right next word after the right words and
after its own, and greedy search against beams.
"""

from collections.abc import Sequence
from typing import Any

import torch

from deepseek_book_utils.lm.beam_search import BeamSettings, beam_search
from deepseek_book_utils.nn.sequences.transformer import Transformer, TransformerSettings, writer
from deepseek_book_utils.translation.learning import (
    Example,
    TranslationSettings,
    exact_match,
    train_translation,
    translate,
)
from deepseek_book_utils.translation.pairs import (
    END,
    START,
    TOKEN_ID,
    VOCABULARY,
    Pair,
    as_tokens,
    both_directions,
    split_dates,
    split_numbers,
    words_of,
    written,
)
from experiments.measuring import Stopwatch

DIGITS, LONGER, EACH, HELD, YEARS = (1, 2, 3, 4), (5,), 2000, 200, (1990, 2040)
MISSING = 5  # numbers whose English has so many words and hyphens are not learned from
SIZES = TransformerSettings(vocabulary=len(VOCABULARY), context=40, layers=1, expansion=2)
TRAINING = TranslationSettings()
HALF = 300  # updates after which searches are compared
BEAMS = {"beam_4": BeamSettings(width=4), "beam_4_no_penalty": BeamSettings(width=4, length_penalty=0.0)}
SETTINGS = {
    "digits": DIGITS,
    "longer": LONGER,
    "each": EACH,
    "held": HELD,
    "years": YEARS,
    "missing": MISSING,
    "sizes": SIZES,
    "training": TRAINING,
    "half": HALF,
    "beams": BEAMS,
}


def length(pair: Pair) -> int:
    """Words and hyphens of the English side."""
    return len(words_of(pair.english))


def two_ways(model: Transformer, pairs: Sequence[Pair]) -> list[float]:
    """Exact matches into Chinese and into English."""
    examples = both_directions(pairs)
    return [exact_match(model, examples[: len(pairs)]), exact_match(model, examples[len(pairs) :])]


def next_words(model: Transformer, examples: Sequence[Example]) -> float:
    """Share of the words that are found after the right words before them."""
    sources, targets = as_tokens(examples)
    with torch.no_grad():
        guesses = model(sources, targets[:, :-1]).argmax(dim=-1)
    asked = targets[:, 1:]
    real = asked != model.settings.padding
    return (guesses == asked)[real].float().mean().item()


def searched(model: Transformer, examples: Sequence[Example], settings: BeamSettings) -> float:
    """Share of the examples that beam search translates right."""
    sources, _ = as_tokens(examples)
    right = 0
    for source, (_, _, target) in zip(sources, examples, strict=True):
        row = source[source != model.settings.padding][None]
        best = beam_search(writer(model, row, TOKEN_ID[START]), TOKEN_ID[END], settings)[0]
        right += written(best.words) == target
    return right / len(examples)


def half_trained(model: Transformer, examples: Sequence[Example]) -> dict[str, float]:
    """Forced and free, greedy and with beams, on the same examples."""
    few = examples[::4]
    return {
        "forced": next_words(model, examples),
        "free": exact_match(model, examples),
        "greedy": exact_match(model, few),
        **{name: searched(model, few, settings) for name, settings in BEAMS.items()},
    }


def run_seed(seed: int) -> dict[str, Any]:
    """One model; seconds are CPU seconds of training on one thread."""
    numbers = split_numbers(seed, DIGITS, LONGER, EACH, HELD)
    dates = split_dates(seed, EACH, HELD, YEARS)
    train = [pair for pair in numbers.train if length(pair) != MISSING]
    missing = [pair for pair in (*numbers.train, *numbers.values) if length(pair) == MISSING][:HELD]
    values = [pair for pair in numbers.values if length(pair) != MISSING]
    torch.manual_seed(seed)
    model, found = Transformer(SIZES), dict[str, Any]()
    watch = Stopwatch()

    def look(update: int) -> None:
        if update == HALF:
            with watch.paused():
                found["half"] = half_trained(model, both_directions(values))

    examples = both_directions([*train, *dates.train])
    train_translation(model, examples, TRAINING, seed, look)
    found["seconds"] = watch.seconds()
    parts = {"values": values, "missing": missing, "longer": numbers.lengths, "dates": dates.values}
    found |= {name: two_ways(model, pairs) for name, pairs in parts.items()}
    longer = both_directions(numbers.lengths[:3])
    found["examples"] = [
        [*example[1:], text] for example, text in zip(longer, translate(model, longer), strict=True)
    ]
    found["learned_from"] = len(examples)
    print(f"seed {seed}: {found}", flush=True)
    return found
