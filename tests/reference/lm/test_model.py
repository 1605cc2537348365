"""The small model against slow formulations of it."""

import math

import pytest
import torch
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from deepseek_book_utils.lm.cache import padded_mask
from deepseek_book_utils.lm.model import (
    LanguageModel,
    rotate,
    rotation_angles,
)
from deepseek_book_utils.reasoning.language import (
    BOOK,
    BOS,
    PAD,
    TOKEN_ID,
    VOCABULARY,
    encode,
)
from tests.writing import encode_prompts


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
