"""Packing keeps every document to itself; the optimizers are torch's."""

import random

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.lm import model as model_module
from deepseek_book_utils.lm.model import (
    LanguageModel,
)
from deepseek_book_utils.lm.pretraining import (
    PretrainSettings,
    make_optimizers,
    pack,
    pretraining_loss,
)
from deepseek_book_utils.nn.muon import Muon
from deepseek_book_utils.reasoning.base import sample_page
from deepseek_book_utils.reasoning.language import (
    EOS,
    PAD,
    TOKEN_ID,
    encode,
    sample_problem,
)


def loss_alone(model: LanguageModel, documents: list, row: int) -> Tensor:
    """Every document by itself, without rows, masks or padding."""
    total = weight = torch.zeros(())
    for ids, weights in documents:
        tokens = torch.tensor([ids[: row + 1]])
        w = torch.tensor(weights[1 : tokens.shape[1]])
        losses = F.cross_entropy(model(tokens[:, :-1])[0], tokens[0, 1:], reduction="none")
        total, weight = total + (losses * w).sum(), weight + w.sum()
    return total / weight


def some_documents(count: int = 60) -> list:
    rng = random.Random(0)
    return [sample_page(rng, i / count) for i in range(count)]


@pytest.mark.parametrize("row", [96, 40])  # in rows of 40 some documents are cut
def test_packed_loss_is_the_loss_of_each_document_alone(row, model) -> None:
    documents = some_documents()
    assert any(len(words) > 41 for words, _ in documents)
    packed = pretraining_loss(model, *pack(documents, row, TOKEN_ID[PAD]))
    alone = loss_alone(model, documents, row)
    assert packed.item() == pytest.approx(alone.item(), rel=1e-5)
    ours, theirs = (
        torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])
        for loss in (packed, alone)
    )
    assert (ours - theirs).norm() < 1e-4 * theirs.norm()


def test_a_leak_between_documents_would_show(model, monkeypatch) -> None:
    """The neighbour embeddings of a document's first words once came from the document before it."""
    documents = some_documents()
    alone = loss_alone(model, documents, 96)

    def leaking(tokens: Tensor, count: int, *_) -> list[Tensor]:
        return [F.pad(tokens[:, : -i - 1], (i + 1, 0), value=TOKEN_ID[PAD]) for i in range(count)]

    monkeypatch.setattr(model_module, "left_neighbours", leaking)
    leaked = pretraining_loss(model, *pack(documents, 96, TOKEN_ID[PAD]))
    assert abs(leaked - alone) > 100 * 1e-5 * alone


@torch.no_grad()
def test_another_neighbour_in_the_row_changes_nothing(model) -> None:
    """Word by word: the logits of a document do not depend on what else its row holds."""
    rng = random.Random(1)
    long = (encode(sample_problem(rng, 7, 7).prompt), [1.0] * 17)
    a = (encode("<book> 3 a +1 4"), [1.0] * 5)
    b = (encode("<bos> 七 c 乘三 一"), [1.0] * 5)
    after = []
    for first in (a, b):
        first = (first[0] + [TOKEN_ID[EOS]] * 20, first[1] + [1.0] * 20)  # the longest lies first
        inputs, _, _, mask = pack([first, long], 60, TOKEN_ID[PAD])
        assert inputs.shape[0] == 1
        after.append(model(inputs, mask=mask)[0, 25 : 25 + 17])
    assert torch.equal(*after)


def test_every_weight_has_one_optimizer(model) -> None:
    optimizers = make_optimizers(model, PretrainSettings())
    assert [type(optimizer) for optimizer in optimizers] == [Muon, torch.optim.AdamW]
    owned = [weight for o in optimizers for group in o.param_groups for weight in group["params"]]
    assert sorted(map(id, owned)) == sorted(map(id, model.parameters()))
    muon = {id(weight) for weight in optimizers[0].param_groups[0]["params"]}
    assert muon == {id(weight) for weight in model.blocks.parameters()}


def test_a_muon_step_is_nearly_orthogonal(model) -> None:
    """What sets Muon apart: the singular values of its step are all about the same."""
    muon, _ = make_optimizers(model, PretrainSettings())
    weight = model.blocks[0].up.weight
    before = weight.detach().clone()
    weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)) ** 3
    muon.step()
    step = torch.linalg.svdvals(weight.detach() - before)
    assert step.max() < 2 * step.min()
    gradient = torch.linalg.svdvals(weight.grad)
    assert gradient.max() > 3 * gradient.min()
