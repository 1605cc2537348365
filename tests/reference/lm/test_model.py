"""The small model against slow formulations of it, and its sampler against its training pass."""

import math
import random
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from deepseek_book_utils.lm import model as model_module
from deepseek_book_utils.lm.cache import padded_mask
from deepseek_book_utils.lm.model import (
    LanguageModel,
    rotate,
    rotation_angles,
)
from deepseek_book_utils.lm.pretraining import (
    PretrainSettings,
    make_optimizers,
    pack,
    pretraining_loss,
)
from deepseek_book_utils.lm.sampling import Rollouts, draw, response_log_probs
from deepseek_book_utils.reasoning.base import MINIATURE, encode_prompts, sample_page, write
from deepseek_book_utils.reasoning.language import (
    BOOK,
    BOS,
    EOS,
    PAD,
    TOKEN_ID,
    VOCABULARY,
    encode,
    sample_problem,
)
from deepseek_book_utils.reasoning.pen import Pen


@pytest.fixture
def model() -> LanguageModel:
    """Random weights large enough that every context has its own opinion; a new model's head is zero."""
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=32, layers=3, heads=4, context=160))
    for name, weight in model.named_parameters():
        torch.nn.init.normal_(weight, std=1.0 if "embeddings" in name else 2.0 * weight.shape[1] ** -0.5)
    with torch.no_grad():  # channel 0 is the same at every position, and the head reads padding off it: never
        for table in model.embeddings:
            table.weight[:, 0] = 1.0
        for block in model.blocks:
            block.out.weight[0], block.down.weight[0] = 0.0, 0.0
            block.down.weight *= 0.3
        model.head.weight[TOKEN_ID[PAD]] = 0.0
        model.head.weight[TOKEN_ID[PAD], 0] = -300.0
    return model


# --- the forward pass ---------------------------------------------------------------------------------------


def norm(x: list[float]) -> list[float]:
    scale = math.sqrt(sum(v * v for v in x) / len(x) + torch.finfo(torch.float64).eps)
    return [v / scale for v in x]


def times(matrix: list[list[float]], x: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, x, strict=True)) for row in matrix]


def turn(x: list[float], position: int, base: float = 1000.0) -> list[float]:
    """RoPE by its matrix: pair (2i, 2i + 1) turns by position * base^(-2i/D)."""
    out = []
    for i in range(0, len(x), 2):
        angle = position * base ** (-i / len(x))
        cos, sin = math.cos(angle), math.sin(angle)
        out += [x[i] * cos - x[i + 1] * sin, x[i] * sin + x[i + 1] * cos]
    return out


def slow_logits(model: LanguageModel, tokens: list[int]) -> list[list[float]]:
    """The model by explicit loops, one position after another, from the description and not from the code."""
    starts = {TOKEN_ID[BOS], TOKEN_ID[BOOK]}
    tables = [table.weight.tolist() for table in model.embeddings]
    stream = []
    for t, token in enumerate(tokens):
        begin = max((s for s in range(t + 1) if tokens[s] in starts), default=0)
        seen = [tokens[t - d] if t - d >= begin else TOKEN_ID[PAD] for d in range(len(tables))]
        assert seen[0] == token
        rows = [table[word] for table, word in zip(tables, seen, strict=True)]
        stream.append([sum(values) for values in zip(*rows, strict=True)])
    for block in model.blocks:
        qkv, out, up, down = (m.weight.tolist() for m in (block.qkv, block.out, block.up, block.down))
        C, H = len(stream[0]), block.heads
        D = C // H
        projected = [times(qkv, norm(x)) for x in stream]
        mixed = []
        for t, x in enumerate(stream):
            attended: list[float] = []
            for h in range(H):
                at = [slice(part * C + h * D, part * C + (h + 1) * D) for part in range(3)]
                query = turn([1.2 * v for v in norm(projected[t][at[0]])], t)
                scores = []
                for s in range(t + 1):
                    key = turn([1.2 * v for v in norm(projected[s][at[1]])], s)
                    scores.append(sum(a * b for a, b in zip(query, key, strict=True)) / math.sqrt(D))
                weights = [math.exp(score - max(scores)) for score in scores]
                values = [projected[s][at[2]] for s in range(t + 1)]
                attended += [
                    sum(w * v[d] for w, v in zip(weights, values, strict=True)) / sum(weights)
                    for d in range(D)
                ]
            x = [a + b for a, b in zip(x, times(out, attended), strict=True)]
            hidden = [max(v, 0.0) ** 2 for v in times(up, norm(x))]
            mixed.append([a + b for a, b in zip(x, times(down, hidden), strict=True)])
        stream = mixed
    head = model.head.weight.tolist()
    return [times(head, norm(x)) for x in stream]


def test_forward_equals_explicit_loops(model) -> None:
    model = model.double()
    model.angles = rotation_angles(160, 8).double()  # in float32 they are known to seven digits
    tokens = encode("<bos> 9 a *3 b -1 ? <think> 9 a *3 7 <book> 三 a")
    expected = torch.tensor(slow_logits(model, tokens), dtype=torch.float64)
    assert torch.allclose(model(torch.tensor([tokens]))[0], expected, rtol=0, atol=1e-5)


def test_rotate_equals_transformers() -> None:
    """Which pairs the channels i and i + D/2, where RoFormer (eq. 34) and DeepSeek pair neighbours."""
    angles = rotation_angles(context=50, head_size=16)
    x = torch.randn(2, 3, 50, 16, generator=torch.Generator().manual_seed(0))
    cos, sin = (torch.cat((f(angles), f(angles)), dim=-1)[None] for f in (torch.cos, torch.sin))
    halves = torch.cat((x[..., ::2], x[..., 1::2]), dim=-1)
    expected, _ = apply_rotary_pos_emb(halves, halves, cos, sin)
    turned = rotate(x, angles)
    assert torch.allclose(torch.cat((turned[..., ::2], turned[..., 1::2]), dim=-1), expected, atol=1e-6)


def test_only_distances_count() -> None:
    angles = rotation_angles(context=100, head_size=16)
    q, k = torch.randn(2, 1, 16, generator=torch.Generator().manual_seed(0))
    score = {p: (rotate(q, angles[p + 5 : p + 6]) * rotate(k, angles[p : p + 1])).sum() for p in (0, 7, 90)}
    assert score[0].item() == pytest.approx(score[7].item(), abs=1e-5)
    assert score[0].item() == pytest.approx(score[90].item(), abs=1e-5)


def test_padding_on_the_left_changes_nothing(model) -> None:
    prompt = "<bos> 9 a *3 b -1 ?"
    alone = encode_prompts([prompt])
    padded = encode_prompts([prompt, "<bos> 4 a *3 b -1 c +2 d +2 e *7 f +1 ?"])[:1]
    assert padded.shape[1] == alone.shape[1] + 8
    logits = model(padded, mask=padded_mask(padded == TOKEN_ID[PAD]))[:, 8:]
    assert torch.allclose(logits, model(alone), atol=1e-4)


def test_selected_positions_are_those_of_the_whole_pass(model) -> None:
    tokens = torch.randint(4, len(VOCABULARY), (3, 20), generator=torch.Generator().manual_seed(0))
    select = torch.rand(3, 20, generator=torch.Generator().manual_seed(1)) < 0.3
    assert torch.allclose(model(tokens, select=select), model(tokens)[select], atol=1e-5)


# --- the sampler --------------------------------------------------------------------------------------------

UNEQUAL_PROMPTS = [
    "<bos> 9 a *3 ?",
    "<book> 4 k *3 l -1 a +2 b *7 c -5 ?",
    "<bos> 0 c -1 d *9 e +1 ?",
]


def plain_log_probs(model: LanguageModel, rollouts: Rollouts) -> Tensor:
    """Those of one pass over every row, prompt and response together; (B, T)."""
    tokens = torch.cat((rollouts.prompts, rollouts.responses), dim=1)
    log_probs = model(tokens, mask=padded_mask(tokens == TOKEN_ID[PAD])).log_softmax(dim=-1)[
        :, rollouts.prompts.shape[1] - 1 : -1
    ]
    return log_probs.gather(2, rollouts.responses[:, :, None])[:, :, 0]


@torch.no_grad()
def worst_difference(model: LanguageModel, rollouts: Rollouts) -> float:
    """Between the log-probabilities of the sampler, of the training pass and of the plain pass."""
    trained = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
    found = torch.stack((rollouts.log_probs, trained)) - plain_log_probs(model, rollouts)
    return found.abs()[:, rollouts.loss_mask].max().item()


@pytest.mark.parametrize("pen", [Pen(0, 0, 0), Pen(0.5, 0.5, 0.5)])
def test_sampler_log_probs_are_those_of_the_training_pass(pen, model) -> None:
    """Left padding, rows that end early and leave the batch, slips, document starts in mid-response."""
    rollouts = write(model, UNEQUAL_PROMPTS, 40, torch.Generator().manual_seed(3), pen, 80)
    ends = rollouts.lengths[rollouts.ended]
    assert 20 < len(ends) < 120 and ends.max() - ends.min() > 30  # at many places
    assert (rollouts.responses == TOKEN_ID[BOS]).any()
    assert worst_difference(model, rollouts) < 1e-5


def test_gradients_of_the_training_pass_are_those_of_the_plain_pass(model) -> None:
    """Each prompt is read once for all of its rows, and receives what each of them has to say."""
    rollouts = write(model, UNEQUAL_PROMPTS, 6, torch.Generator().manual_seed(3), Pen(), 20)
    order = torch.randperm(
        18, generator=torch.Generator().manual_seed(4)
    )  # rows of a minibatch come shuffled
    prompts, responses = rollouts.prompts[order], rollouts.responses[order]
    loss_mask = rollouts.loss_mask[order]
    rollouts = replace(rollouts, prompts=prompts, responses=responses, loss_mask=loss_mask)
    mask = rollouts.loss_mask & (torch.rand(rollouts.loss_mask.shape) < 0.5)
    weights = torch.randn(mask.shape, generator=torch.Generator().manual_seed(5)) * mask
    ours, plain = (
        torch.cat(
            [g.flatten() for g in torch.autograd.grad((found * weights).sum(), list(model.parameters()))]
        )
        for found in (
            response_log_probs(model, rollouts.prompts, rollouts.responses, mask),
            plain_log_probs(model, rollouts),
        )
    )
    assert (ours - plain).norm() < 1e-4 * plain.norm()


def test_forbidden_words_leave_the_first_ratio_at_one(model) -> None:
    """Otherwise a control that forbids `check` trains on ratios that are wrong from the start."""
    rollouts = write(
        model, UNEQUAL_PROMPTS, 40, torch.Generator().manual_seed(3), Pen(), 40, forbidden=("check", "查")
    )
    assert not torch.isin(rollouts.responses, torch.tensor(encode("check 查"))).any()
    assert worst_difference(model, rollouts) < 1e-5


def test_sampler_of_a_prompt_shorter_than_the_neighbourhood(model) -> None:
    rollouts = write(model, ["<bos>"], 20, torch.Generator().manual_seed(0), Pen(0, 0, 0), 20)
    assert worst_difference(model, rollouts) < 1e-5


@torch.no_grad()
def test_greedy_sampling_takes_the_likeliest_word(model) -> None:
    rollouts = write(
        model, UNEQUAL_PROMPTS, 2, torch.Generator().manual_seed(0), Pen(0, 0, 0), 15, temperature=0.0
    )
    tokens = torch.cat((rollouts.prompts, rollouts.responses), dim=1)
    Tp = rollouts.prompts.shape[1]
    likeliest = model(tokens, mask=padded_mask(tokens == TOKEN_ID[PAD]))[:, Tp - 1 : -1].argmax(dim=-1)
    assert (likeliest == rollouts.responses)[rollouts.loss_mask].all()
    assert torch.equal(rollouts.responses[::2], rollouts.responses[1::2])


# --- draws follow the distribution --------------------------------------------------------------------------


def excess(counts: Tensor, p: Tensor) -> float:
    """Standard deviations of chi-square above its mean; words expected less than 10 times are pooled."""
    expected = p.double() * counts.sum()
    rare = expected < 10
    counts = torch.cat((counts[~rare].double(), counts[rare].sum().double()[None]))
    expected = torch.cat((expected[~rare], expected[rare].sum()[None]))
    keep = expected > 0
    statistic = ((counts - expected)[keep] ** 2 / expected[keep]).sum()
    freedom = int(keep.sum()) - 1
    return ((statistic - freedom) / math.sqrt(2 * freedom)).item()


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_draws_follow_the_distribution(temperature) -> None:
    logits = 1.5 * torch.randn(len(VOCABULARY), generator=torch.Generator().manual_seed(0))
    tokens, log_probs = draw(
        logits.repeat(200_000, 1),
        [],
        temperature,
        torch.Generator().manual_seed(1),
    )
    counts = torch.bincount(tokens, minlength=len(VOCABULARY))
    assert abs(excess(counts, (logits / temperature).softmax(dim=0))) < 4
    assert excess(counts, (logits / (temperature * 1.05)).softmax(dim=0)) > 20  # the test has power
    assert torch.allclose(log_probs, logits.log_softmax(dim=0)[tokens])  # at temperature 1, whatever was used


@torch.no_grad()
def test_sampled_pairs_follow_the_distribution(model) -> None:
    """First words, and second words after the commonest first, in a group of ten thousand."""
    generator = torch.Generator().manual_seed(0)
    rollouts = write(model, UNEQUAL_PROMPTS[:2], 10_000, generator, Pen(0, 0, 0), 2)
    for n in range(2):
        first, second = rollouts.responses[n * 10_000 : (n + 1) * 10_000].T
        counts = torch.bincount(first, minlength=len(VOCABULARY))
        prompt = rollouts.prompts[n * 10_000][None]
        p = model(prompt, mask=padded_mask(prompt == TOKEN_ID[PAD]))[0, -1].softmax(dim=0)
        assert abs(excess(counts, p)) < 4
        common = counts.masked_fill(torch.arange(len(counts)) == TOKEN_ID[EOS], 0).argmax()
        longer = torch.cat((prompt, common[None, None]), dim=1)
        p = model(longer, mask=padded_mask(longer == TOKEN_ID[PAD]))[0, -1].softmax(dim=0)
        assert abs(excess(torch.bincount(second[first == common], minlength=len(VOCABULARY)), p)) < 4


def test_rows_of_a_group_are_independent_draws(model) -> None:
    rollouts = write(model, UNEQUAL_PROMPTS[:1], 50, torch.Generator().manual_seed(0), Pen(), 10)
    assert len({tuple(row) for row in rollouts.responses.tolist()}) > 40


# --- packing ------------------------------------------------------------------------------------------------


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


# --- optimizers ---------------------------------------------------------------------------------------------


def test_muon_is_torchs_and_every_weight_has_one_optimizer(model) -> None:
    optimizers = make_optimizers(model, PretrainSettings())
    assert [type(optimizer) for optimizer in optimizers] == [torch.optim.Muon, torch.optim.AdamW]
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
