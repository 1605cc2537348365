"""The kept base is the one that training gives: made once, whole or not at all, renewed if damaged."""

import threading
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning import pretrained
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.instructions import WIDER, GeneralSettings, sample_wider_page
from deepseek_book_utils.reasoning.pretrained import base_key, makers, pretrained_base
from tools.closure import closure_of

TINY = PretrainSettings(updates=2, documents=2)


def weights(model: LanguageModel) -> torch.Tensor:
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


def test_it_is_what_training_gives_and_leaves_the_random_state_alone(tmp_path: Path) -> None:
    torch.manual_seed(3)
    model = LanguageModel(MINIATURE)
    pretrain(model, TINY, 3, sample_page)
    torch.manual_seed(7)
    expected = torch.rand(2)
    for _ in ("made", "loaded"):
        torch.manual_seed(7)
        assert torch.equal(weights(pretrained_base(3, TINY, tmp_path)), weights(model))
        assert torch.equal(torch.rand(2), expected)


def test_it_is_trained_once_for_each_seed_and_settings(tmp_path: Path, monkeypatch) -> None:
    trained = []
    monkeypatch.setattr(pretrained, "pretrain", lambda *arguments: trained.append(arguments))
    other, web = PretrainSettings(updates=3, documents=2), CorpusSettings(better_language=0.5)
    for seed, settings in ((1, TINY), (1, TINY), (2, TINY), (1, other), (2, TINY)):
        pretrained_base(seed, settings, tmp_path)
    assert len(trained) == 3
    for _ in range(2):
        pretrained_base(1, TINY, tmp_path, corpus=web)
    assert len(trained) == 4
    pretrained_base(1, TINY, tmp_path, anew=True)
    assert len(trained) == 5


def test_it_reads_the_corpus_that_was_asked_for(tmp_path: Path) -> None:
    drills = CorpusSettings(drill_share=(1.0, 1.0))
    torch.manual_seed(3)
    model = LanguageModel(MINIATURE)
    pretrain(model, TINY, 3, partial(sample_page, corpus=drills))
    assert torch.equal(weights(pretrained_base(3, TINY, tmp_path, drills)), weights(model))


def test_with_general_pages_it_is_the_wider_one(tmp_path: Path) -> None:
    for general in (GeneralSettings(), GeneralSettings(share=1.0)):
        torch.manual_seed(3)
        model = LanguageModel(WIDER)
        pretrain(model, TINY, 3, partial(sample_wider_page, general=general))
        for _ in ("made", "loaded"):
            assert torch.equal(weights(pretrained_base(3, TINY, tmp_path, general=general)), weights(model))
    assert len(list(tmp_path.glob("*.pt"))) == 2


def test_an_interruption_leaves_nothing_and_a_damaged_file_is_replaced(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    def cut(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(pretrained, "pretrain", cut)
        pretrained_base(1, TINY, tmp_path)
    assert list(tmp_path.glob("*.pt")) == []
    whole = weights(pretrained_base(1, TINY, tmp_path))
    (file,) = tmp_path.glob("*.pt")
    file.write_bytes(file.read_bytes()[:1000])
    assert torch.equal(weights(pretrained_base(1, TINY, tmp_path)), whole)
    assert "trained again" in capsys.readouterr().out
    assert torch.equal(weights(pretrained_base(1, TINY, tmp_path)), whole)
    assert capsys.readouterr().out == ""


def test_two_who_ask_at_once_train_it_once(tmp_path: Path, monkeypatch) -> None:
    """The lock holds a file, so it parts two threads as it parts two processes."""
    trained = []

    def slowly(*arguments: object) -> None:
        trained.append(arguments)
        time.sleep(1)  # the other asks by now

    monkeypatch.setattr(pretrained, "pretrain", slowly)
    both = [threading.Thread(target=pretrained_base, args=(1, TINY, tmp_path)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(trained) == 1 and len(list(tmp_path.glob("*.pt"))) == 1


def test_the_key_covers_all_code_that_makes_a_base(root: Path) -> None:
    package = root / "deepseek_book_utils"
    run = {path for path in closure_of("deepseek_book_utils.reasoning.base", root) if path.suffix == ".py"}
    run |= set(closure_of("deepseek_book_utils.lm.pretraining", root))
    missing = {path for path in run - set(makers()) if path.name != "__init__.py"}
    assert missing == set(), f"add to MAKERS: {sorted(p.relative_to(package) for p in missing)}"


def test_other_code_is_another_key(monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "lm").mkdir()
    (tmp_path / "lm" / "model.py").write_text("a")
    monkeypatch.setattr(pretrained, "PACKAGE", tmp_path)
    before = base_key(TINY, CorpusSettings())
    (tmp_path / "lm" / "model.py").write_text("b")
    assert base_key(TINY, CorpusSettings()) != before
