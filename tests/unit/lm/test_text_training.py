"""A GPT on real text: what is held out, what counting achieves, and the loop's edges."""

import copy
import math
import zlib

import pytest
import torch
import torch.nn.functional as F

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.text_training import (
    TextSettings,
    bigram_loss,
    held_out_loss,
    manual_bytes,
    manual_paragraphs,
    rows_of,
    text_optimizers,
    train_on_text,
)
from deepseek_book_utils.nn.muon import Muon


def small() -> GPT:
    torch.manual_seed(0)
    return GPT(GPTSettings(256, width=16, layers=1, heads=2, key_heads=2, hidden=32, context=16))


def test_the_manual_has_two_parts_that_share_no_paragraph() -> None:
    paragraphs = manual_paragraphs()
    assert len(paragraphs) == len({*paragraphs}) > 1000 and all(paragraphs)
    parts = [bytes(part.tolist()).decode() for part in manual_bytes()]
    assert sorted("\n\n".join(parts).split("\n\n")) == sorted(paragraphs)
    assert 0.05 < len(parts[1]) / len(parts[0]) < 0.2
    assert not {*parts[0].split("\n\n")} & {*parts[1].split("\n\n")}
    assert "The Python" in parts[0] and min(map(len, parts)) > 20_000


def test_paragraphs_stand_in_the_order_of_their_pages(monkeypatch) -> None:
    pages = {"b": "two\n\n  \n\none\n", "a": "\n\none\n\n  three"}
    monkeypatch.setattr("pydoc_data.topics.topics", pages)
    assert manual_paragraphs() == ["one", "  three", "two"]


def test_a_checksum_chooses_the_tenth() -> None:
    paragraphs = manual_paragraphs()
    for part, held_out in zip(manual_bytes(), (False, True), strict=True):
        own = [p for p in paragraphs if (zlib.crc32(p.encode()) % 10 == 0) is held_out]
        assert bytes(part.tolist()).decode() == "\n\n".join(own)


def test_counting_pairs_by_hand() -> None:
    text = torch.tensor([0, 1, 0, 1, 0, 2])  # 0 -> 1 twice, 0 -> 2 once, 1 -> 0 twice
    p = [(2 + 0.01) / (3 + 0.03), (2 + 0.01) / (2 + 0.03)]
    expected = -(math.log(p[0]) + math.log(p[1])) / 2
    assert bigram_loss(text, torch.tensor([0, 1, 0]), 3) == pytest.approx(expected, rel=1e-6)
    found = bigram_loss(text, torch.tensor([0, 1]), 3)
    assert found == pytest.approx(-math.log(p[0]), rel=1e-6) and type(found) is float


def test_rows_follow_the_text_and_reach_its_end() -> None:
    text, dice = torch.arange(9), torch.Generator().manual_seed(0)
    inputs, targets = rows_of(text, TextSettings(batch_size=200, length=4), dice)
    assert inputs.shape == targets.shape == (200, 4)
    assert torch.equal(targets, inputs + 1)
    assert {*inputs[:, 0].tolist()} == {0, 1, 2, 3, 4}


def test_every_weight_has_one_optimizer() -> None:
    model = small()
    muon, adam = text_optimizers(model, TextSettings())
    inside = {id(w) for group in muon.param_groups for w in group["params"]}
    outside = {id(w) for group in adam.param_groups for w in group["params"]}
    assert inside == {id(w) for name, w in model.named_parameters() if "blocks" in name and w.ndim == 2}
    assert inside | outside == {id(w) for w in model.parameters()} and not inside & outside
    model.blocks.requires_grad_(False)
    assert len(text_optimizers(model, TextSettings())) == 1


def test_the_rates_rise_and_fall_and_another_loss_may_be_learned(monkeypatch) -> None:
    rates: list[float] = []
    step = torch.optim.AdamW.step
    monkeypatch.setattr(
        torch.optim.AdamW, "step", lambda self: (rates.append(self.param_groups[0]["lr"]), step(self))[1]
    )
    settings = TextSettings(updates=8, batch_size=2, length=8, warm_up=4, learning_rate=1.0, floor=0.2)
    seen: list[torch.Size] = []

    def loss_of(model: GPT, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        seen.append(inputs.shape)
        return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()) * 0 + model.words.weight.sum()

    losses = train_on_text(small(), torch.arange(100), settings, 0, loss_of)
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 0.8, 0.6, 0.4])
    assert len(losses) == len(seen) == 8 and {*seen} == {(2, 8)} and losses[-1] < losses[0]


def test_the_loop_by_hand() -> None:
    """Rates that rise for three updates and fall; a gradient that is shortened; Muon and AdamW."""
    ours, text = small(), torch.randint(256, (60,), generator=torch.Generator().manual_seed(1))
    theirs = copy.deepcopy(ours)
    settings = TextSettings(updates=7, batch_size=2, length=8, warm_up=3, floor=0.4, max_grad_norm=0.05)
    losses = train_on_text(ours, text, settings, seed=5)
    matrices = [weight for weight in theirs.blocks.parameters() if weight.ndim == 2]
    others = [weight for weight in theirs.parameters() if all(weight is not matrix for matrix in matrices)]
    inside, outside = Muon(matrices, lr=1.0), torch.optim.AdamW(others, betas=(0.9, 0.95), weight_decay=0)
    dice = torch.Generator().manual_seed(5)
    for update, rate in enumerate((1 / 3, 2 / 3, 1.0, 1.0, 0.85, 0.7, 0.55)):
        starts = torch.randint(60 - 8, (2, 1), generator=dice).flatten().tolist()
        inputs = torch.stack([text[start : start + 8] for start in starts])
        targets = torch.stack([text[start + 1 : start + 9] for start in starts])
        loss = F.cross_entropy(theirs(inputs).flatten(0, 1), targets.flatten())
        weights = list(theirs.parameters())
        slopes = torch.autograd.grad(loss, weights)
        length = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        assert length > 0.05
        for weight, slope in zip(weights, slopes, strict=True):
            weight.grad = slope * 0.05 / length
        inside.param_groups[0]["lr"], outside.param_groups[0]["lr"] = 2e-2 * rate, 5e-3 * rate
        inside.step(), outside.step()
        assert losses[update] == pytest.approx(loss.item(), rel=1e-4)
    assert {type(loss) for loss in losses} == {float}
    for weight, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(weight, other, rtol=1e-3, atol=1e-5)
    assert torch.equal(ours.positions.weight[8:], small().positions.weight[8:])  # nothing reached these


def test_the_loss_of_a_text_is_the_mean_over_its_rows() -> None:
    model = small().train()
    text = torch.randint(256, (50,), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = torch.cat([model(text[start : start + 16][None])[0] for start in (0, 16, 32)])
    assert held_out_loss(model, text, 16) == pytest.approx(
        F.cross_entropy(logits, text[1:49]).item(), rel=1e-5
    )
    first = F.cross_entropy(logits[:16], text[1:17]).item()
    assert held_out_loss(model, text, 16, rows=1) == pytest.approx(first, rel=1e-5)
    assert model.training
    for tokens, whole in ((33, 2), (48, 2), (49, 3)):  # the last row needs a token after it
        assert held_out_loss(model, text[:tokens], 16) == held_out_loss(model, text, 16, rows=whole)
    assert type(held_out_loss(model, text, 16)) is float


def test_a_text_without_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="64 tokens has no row of 64"):
        train_on_text(small(), torch.arange(64), TextSettings(), 0)
