"""The sentences of chapter 4's reacting figures, against values worked out by hand."""

import json
import math
import re
from html import unescape
from typing import Any

import pytest
from torch import Tensor

from deepseek_book_utils.figures.ch04 import decomposition, language, learning
from deepseek_book_utils.figures.ch04.answers import clipping, group_advantages, writing
from deepseek_book_utils.figures.ch04.answers.decoding import decoding_figure
from deepseek_book_utils.interactive import Picture
from deepseek_book_utils.lm.decoding import DecodingSettings, decoding_probs
from deepseek_book_utils.reasoning.evaluation import read_steps
from deepseek_book_utils.reasoning.grpo import clipped_objective
from deepseek_book_utils.reasoning.grpo import group_advantages as advantages_of
from deepseek_book_utils.reasoning.language import VOCABULARY
from deepseek_book_utils.reasoning.rewards import accuracy_reward

RIGHT = "<think> 9 a *3 7 check 7 b -1 6 </think> <ans> 6 </ans> <eos>"
WRONG = "<think> 九 a 乘三 六 查 七 等 九 a 乘三 七 b -1 8 </think> <ans> 8 </ans> <eos>"


def sentences(picture: Picture) -> list[tuple[dict[str, Any], str]]:
    rows = re.findall(r'<tr data-set="(.*?)"><td>.*?</td><td>(.*?)</td>', picture.html)
    return [(json.loads(unescape(settings)), unescape(sentence)) for settings, sentence in rows]


def test_three_of_eight_right() -> None:
    group = {
        "prompt": "<bos> 9 a *3 b -1 ?",
        "rewards": [1.0] * 3 + [0.0] * 5,
        "chains": [RIGHT] * 3 + [WRONG] * 5,
    }
    rows = sentences(group_advantages.group_advantages_figure([group, group], advantages_of))
    assert "advantages from −0.72 to +1.21" in rows[0][1]  # (0 - 3/8) and (1 - 3/8) over 0.5175
    assert rows[1][1] == "All eight answers earn 1.2: every advantage is 0, and this group teaches nothing."
    assert rows[2][0] == {"scale": "no"} and "advantages from −0.38 to +0.63" in rows[2][1]
    assert "weighs 1.3 times as much" in rows[3][1]  # 20 tokens against 15
    assert rows[-1][0] == {"group": "2: 9 a *3 b -1 ?"}
    with pytest.raises(ValueError, match="8 rewards and 8 chains"):
        group_advantages.group_advantages_figure([group | {"rewards": [1.0]}], advantages_of)


def test_clipping_ends_the_push_but_not_the_pull_back() -> None:
    histogram = {"step": 3, "edges": [0.0, 0.8, 1.2, 2.0], "counts": [1, 6, 3]}
    picture = clipping.clipping_figure([histogram], 3, clipped_objective)
    rows = {str(settings): sentence for settings, sentence in sentences(picture)}
    assert rows["{}"].startswith(
        "ρ = 1.40: the objective is 1.20, its gradient 0: the token is pushed up no further."
    )
    assert rows["{}"].endswith("At step 3, 30.0 % of all ratios lie above 1.20.")
    assert "its gradient 1: the token is still pushed up" in rows["{'rho': 0.6}"]
    wrong = rows[str({"rho": 0.6, "advantage": clipping.SIGNS[1]})]
    assert "objective is −0.80, its gradient 0" in wrong and "10.0 % of all ratios lie below 0.80" in wrong
    assert "its gradient −1: the token is still pushed down" in rows[str({"advantage": clipping.SIGNS[1]})]
    wide = rows[str({"rho": 0.05, "epsilon": "10", "advantage": clipping.SIGNS[1]})]
    assert wide.endswith("No ratio can fall below 0, so nothing is clipped.")


def test_every_digit_of_a_chain_is_computed_again() -> None:
    curve = {"accuracy": [0.1, 0.5, 0.75], "length": [12.0, 14.0, 18.24]}
    problem = {"prompt": "<bos> 9 a *3 b -1 ?", "answer": 6}
    chains = {"steps": [0, 2], "problems": [problem], "texts": [[[RIGHT]], [[RIGHT, WRONG]]]}
    runs = {"recorded": [{"seed": 1, **curve}], "live": curve}
    rows = sentences(learning.learning_figure(runs, chains, read_steps, accuracy_reward))
    assert rows[0][1] == (
        "Step 2: accuracy 0.75 and 18.2 tokens on average, against 0.10 and 12.0 at the start. Below, "
        "answers of step 2: 1 of 2 right; 5 steps, 2 of them wrong; 2 checks, 1 wait."
    )
    with pytest.raises(ValueError, match="must start at step 0 and end within"):
        learning.learning_figure(runs, chains | {"steps": [0, 3]}, read_steps, accuracy_reward)


def test_languages_are_counted_by_word() -> None:
    chains = {"steps": [0, 2], "letters": [["ENE", "N"], ["ENCC", "C"]]}
    rows = sentences(language.language_figure(chains, [[0, 0.5, 1], [0, 0.5, 0.5]], [[0, 0, 0.1]]))
    assert rows[0][1] == (
        "Step 2, your run: 75 % of the words are Chinese, and 1 of 2 chains mix both. In the record 0.75 "
        "of the chains mix without a reward for one language, and 0.10 with it."
    )
    assert rows[1][1].startswith("Step 0, your run: 0 % of the words are Chinese, and 0 of 2 chains mix")
    nothing = language.language_figure({"steps": [0], "letters": [["N"]]}, [[0.0]], [[0.0]])
    assert sentences(nothing)[0][1].startswith("Step 0, your run: no chain holds a word, and 0 of 1")
    with pytest.raises(ValueError, match="at step 2, but the recorded curves end at 1"):
        language.language_figure(chains, [[0, 1]], [[0, 1]])


def test_a_band_holds_every_curve() -> None:
    assert language.band([[0, 1], [1, 0.5]]) == {"mean": [0.5, 0.75], "low": [0, 0.5], "high": [1, 1]}


def decoded(logits: Tensor, *filters: Any) -> Tensor:
    return decoding_probs(logits, DecodingSettings(*filters))


def test_what_temperature_and_filters_leave() -> None:
    words = [math.log(p) for p in (0.5, 0.3, 0.15, 0.05)]
    prompt = {"context": "<bos>", "logits": words + [-40.0] * (len(VOCABULARY) - 4)}
    picture = decoding_figure([prompt | {"name": "one"}, prompt | {"name": "two"}], decoded)
    rows = {str(settings): sentence for settings, sentence in sentences(picture)}
    best = VOCABULARY[0]
    # .5 + .3 is less than .9, so the third stays: .5 / .95 and .15 / .95
    three = f"Of {len(VOCABULARY)} words 3 can be drawn: {best} with 52.6 %, the least probable of them with "
    assert rows["{}"] == three + "15.8 %."
    assert rows["{'T': 0}"] == f"Of {len(VOCABULARY)} words one can be drawn: {best}, always."
    assert rows["{'p': 0.5}"] == rows["{'T': 0}"]
    assert rows["{'p': 1, 'k': 3}"] == three + "15.8 %."
    # at T = 2 the square roots count; all words stay, and the others have e^-20
    assert f"words {len(VOCABULARY)} can be drawn: {best} with 37.9 %" in rows["{'T': 2, 'p': 1}"]
    assert rows["{'T': 2, 'p': 1}"].endswith("with under 0.1 %.")
    assert rows["{'T': 2, 'p': 1, 'm': 0.1}"].endswith("with 12.0 %.")
    with pytest.raises(ValueError, match="one a word"):
        decoding_figure([{"name": "one", "context": "", "logits": [0.0]}], decoded)


def test_slips_of_the_pen_are_counted() -> None:
    answers = [
        {"words": ["4", "a", "+1", "7"], "chosen": [True, True, True, False]},
        {"words": ["4", "5"], "chosen": [True, True]},
        {"words": ["1", "2", "3"], "chosen": [False, True, False]},
    ]
    rows = sentences(writing.writing_figure("<bos> 4 a +1 ?", answers))
    assert [sentence for _, sentence in rows] == [
        "4 words; the pen changed 1 word, and the loss leaves it out.",
        "2 words, all chosen by the policy: all carry loss.",
        "3 words; the pen changed 2 words, and the loss leaves them out.",
    ]
    with pytest.raises(ValueError, match="give one a word"):
        writing.writing_figure("", [{"words": ["1"], "chosen": []}])


def test_what_is_had_without_training_is_a_share_of_the_gain() -> None:
    def run(*right: float) -> dict[str, dict[str, float]]:
        return {
            name: {"maj@1": one, "maj@2": 0.5} for name, one in zip(decomposition.RUNGS, right, strict=True)
        }

    live = run(0.2, 0.5, 0.6, 0.7, 0.8, 0.95, 1.0)
    rows = sentences(decomposition.decomposition_figure(live, []))
    assert rows[0][1] == (
        "One answer: the base is right in 0.20 of cases, with a prompt in 0.50, with prompt and both rules "
        "in 0.80; R1-Zero in 0.95, with both rules in 1.00. Without training one gets 80 % of what R1-Zero "
        "gains."
    )
    assert rows[1][0] == {"k": "2"} and rows[1][1].startswith(
        "A vote of 2 answers: the base is right in 0.50"
    )
    assert rows[1][1].endswith("one gets all of what R1-Zero gains.")
    seeds = [run(0.1, 0.5, 0.6, 0.7, 0.9, 0.9, 0.9), run(0.3, 0.5, 0.6, 0.7, 0.7, 0.9, 0.9)]
    recorded = sentences(decomposition.decomposition_figure(live, seeds))
    assert "with prompt and both rules in 0.80; R1-Zero in 0.90" in recorded[0][1]
    assert recorded[0][1].endswith("86 % of what R1-Zero gains.")  # .6 of .7
    with pytest.raises(ValueError, match="every run needs the rungs"):
        decomposition.decomposition_figure({"base": {"maj@1": 1.0}}, [])
