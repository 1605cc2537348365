"""The miniature behind the service: problems are read strictly, and a batch changes no answer."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.lm.sampling import generate
from deepseek_book_utils.model_files import save_model
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page
from deepseek_book_utils.reasoning.fine_tuning.stages import StageSettings
from deepseek_book_utils.reasoning.language import BOOK, BOS, EOS, PAD, TOKEN_ID, encode, held_out_problems
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings
from deepseek_book_utils.serving.__main__ import main
from deepseek_book_utils.serving.client import ask
from deepseek_book_utils.serving.miniature import (
    MODES,
    NEW,
    answer_problems,
    load_answers,
    make_models,
    path_of,
    read_problem,
)

TEXTS = [problem.prompt.removeprefix("<bos> ") for problem in held_out_problems(48)]


@pytest.fixture(scope="module")
def base() -> LanguageModel:
    """Read enough to write chains; still unsure of many words, so that near-ties occur."""
    torch.manual_seed(0)
    model = LanguageModel(MINIATURE)
    pretrain(model, PretrainSettings(updates=40, documents=16), 0, sample_page)
    return model.double()


def test_answers_are_the_same_alone_and_in_any_batch(base: LanguageModel) -> None:
    answer = answer_problems(base, BOOK)
    together = answer(TEXTS)
    assert len({reply["response"] for reply in together}) > 20
    assert [answer([text])[0] for text in TEXTS[:16]] == together[:16]
    assert answer(TEXTS[::-1]) == together[::-1]
    for size in (3, 7):
        parts = [answer(TEXTS[i : i + size]) for i in range(0, len(TEXTS), size)]
        assert sum(parts, []) == together


def test_answers_are_those_of_a_plain_greedy_loop(base: LanguageModel) -> None:
    """Without cache, batch or padding: the whole text is read for every word."""
    for text, reply in zip(TEXTS[:3], answer_problems(base, BOOK)(TEXTS[:3]), strict=True):
        tokens = encode([BOOK, *text.split()])
        start = len(tokens)
        while len(tokens) < start + NEW and tokens[-1] != TOKEN_ID[EOS]:
            logits = base(torch.tensor([tokens]))[0, -1].index_fill(0, torch.tensor(TOKEN_ID[PAD]), -1e9)
            tokens.append(int(logits.argmax()))
        assert encode(reply["response"]) == tokens[start:]


def test_a_problem_may_begin_with_bos() -> None:
    for text in ("<bos> 9 a *3 b -1 ?", " 9 a *3\tb -1 ? "):
        assert read_problem(text) == ["9", "a", "*3", "b", "-1", "?"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("9 a *3 b +8 ?", "'\\+8' is not a word"),
        ("what is 9 times 3", "'what' is not a word of this language"),
        ("9 a *3 b -1", "is not a problem. Write a start digit"),
        ("9 a *3 d -1 ?", "alphabetical order"),
        ("<book> 9 a *3 ?", "is not a problem"),
        ("9 " + "a +1 " * 200 + "?", "has 402 words, and the model reads 165 at most"),
    ],
)
def test_what_is_no_problem_is_refused_with_an_example(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        read_problem(text)


def test_the_longest_problem_fits_and_one_step_more_does_not(base: LanguageModel) -> None:
    def chain(steps: int) -> str:
        return " ".join(["9", *(f"{'abcdefghijkl'[i % 12]} +1" for i in range(steps)), "?"])

    assert answer_problems(base)([chain(81)])
    with pytest.raises(ValueError, match="reads 165 at most"):
        read_problem(chain(82))
    prompt = torch.tensor([encode(["<bos>", *chain(82).split()])])
    with pytest.raises(ValueError, match="exceed"):
        generate(base, prompt, 1, torch.Generator(), NEW, end=TOKEN_ID[EOS], pad=TOKEN_ID[PAD])


def test_both_models_are_made_and_loaded(base: LanguageModel, tmp_path: Path) -> None:
    rl = R1ZeroSettings(updates=1, prompts=2, group_size=2)
    settings = StageSettings(rl=rl, cold_documents=8)
    make_models(tmp_path, 3, settings, base=lambda seed: base.float())
    answers = load_answers(tmp_path)
    assert list(answers) == ["supervised", "rl"]
    found = [answer(TEXTS[:8]) for answer in answers.values()]
    assert found[0] != found[1]
    path_of(tmp_path, "rl").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="rl.safetensors is damaged"):
        load_answers(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ([], "Name the folder of the models with --models. .*--make` makes them"),
        (["--models", "nowhere"], "no model at nowhere/supervised.safetensors.*--make` makes the models"),
        (["--models", "nowhere", "--queue", "0"], "queue = 0 makes no sense: take queue >= 1"),
        (["--models", "nowhere", "--port", "99999"], "port must be 0-65535"),
    ],
)
def test_the_command_says_what_it_needs(
    arguments: list[str], advice: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert re.search(advice, str(ended.value), re.DOTALL)


def test_the_command_serves_the_models_of_a_folder(base: LanguageModel, tmp_path: Path) -> None:
    for mode, opening in zip(MODES, (BOOK, BOS), strict=True):
        save_model(path_of(tmp_path, mode), base.float(), opening=opening)
    expected = {mode: answer(TEXTS[:4]) for mode, answer in load_answers(tmp_path).items()}
    command = [sys.executable, "-m", "deepseek_book_utils.serving", "--models", str(tmp_path), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        url = re.search(r"http://127.0.0.1:\d+", server.stdout.readline())[0]
        for mode in MODES:
            for text, found in zip(TEXTS[:4], expected[mode], strict=True):
                assert ask(url, text, mode).body == {"mode": mode} | found
        assert ask(url, "what is 9 times 3", "rl").status == 422
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.communicate()
