"""DPO by hand: the loss, what it refuses, the pairs, and the loop that reads them."""

import math
import random
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import Rollouts
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.fine_tuning import preferences
from deepseek_book_utils.reasoning.fine_tuning.preferences import (
    DPOSettings,
    Pairs,
    dpo_loss,
    join_pairs,
    pair_log_probs,
)
from deepseek_book_utils.reasoning.language import EOS, PAD, TOKEN_ID, Problem, encode

RIGHT = "<think> 9 a *3 7 </think> <ans> 7 </ans> <eos>"
WRONG = "<think> </think> <ans> 2 </ans> <eos>"
PROBLEM = Problem(9, ("*3",))
ODD = replace(arithmetic(), right=lambda text, _: encode(text)[0] % 2 == 1)  # a rule for random policies


def double(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def test_loss_by_hand() -> None:
    policy_chosen = double(-3.0, -5.0).requires_grad_()
    policy_rejected = double(-4.0, -6.0).requires_grad_()
    result = dpo_loss(policy_chosen, policy_rejected, double(-4.0, -4.0), double(-3.0, -9.0), beta=0.5)
    assert result.chosen_rewards.tolist() == [0.5, -0.5]
    assert result.rejected_rewards.tolist() == [-0.5, 1.5]
    assert result.margins.tolist() == [1.0, -2.0]
    expected = (math.log1p(math.exp(-1.0)) + math.log1p(math.exp(2.0))) / 2
    assert result.loss.item() == pytest.approx(expected, rel=1e-12)
    result.loss.backward()
    # -beta sigmoid(-margin) / N for the chosen answer, the opposite for the rejected one
    push = [0.5 / (1 + math.exp(m)) / 2 for m in (1.0, -2.0)]
    assert policy_chosen.grad.tolist() == pytest.approx([-p for p in push], rel=1e-12)
    assert policy_rejected.grad.tolist() == pytest.approx(push, rel=1e-12)


def test_at_the_reference_the_loss_is_log_two() -> None:
    values = double(-3.0, -50.0)
    result = dpo_loss(values, values - 7, values, values - 7, beta=0.1)
    assert result.loss.item() == pytest.approx(math.log(2)) and not result.margins.any()


def test_only_the_policy_has_a_gradient() -> None:
    four = [double(-1.0, -2.0).requires_grad_() for _ in range(4)]
    result = dpo_loss(*four, beta=0.1)
    result.loss.backward()
    assert four[0].grad is not None and four[1].grad is not None
    assert four[2].grad is None and four[3].grad is None
    assert not result.margins.requires_grad and not result.chosen_rewards.requires_grad


def test_far_margins_stay_finite() -> None:
    policy = double(-1e4, 0.0).requires_grad_()
    result = dpo_loss(policy, -1e4 - policy, double(0.0, 0.0), double(0.0, 0.0), beta=1.0)
    result.loss.backward()
    assert result.loss.item() == pytest.approx(1e4 / 2) and policy.grad.isfinite().all()


def test_bad_input_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="one sum an answer"):
        dpo_loss(torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 3), 0.1)
    with pytest.raises(ValueError, match="one sum an answer"):
        dpo_loss(torch.zeros(2), torch.zeros(3), torch.zeros(2), torch.zeros(2), 0.1)
    with pytest.raises(ValueError, match="N >= 1"):
        dpo_loss(*[torch.zeros(0)] * 4, 0.1)
    for beta in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="take > 0"):
            dpo_loss(*[torch.zeros(2)] * 4, beta)
    for change in (
        {"rounds": 0},
        {"rounds": 7, "problems": 6},
        {"batch_size": 0},
        {"group_size": 1},
        {"beta": 0.0},
    ):
        with pytest.raises(ValueError, match="take .* >|problem a round"):
            DPOSettings(**change)
    assert DPOSettings(group_size=2, problems=3, rounds=3).group_size == 2  # the smallest that make sense


def tiny() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=32, layers=1, context=64))
    torch.nn.init.normal_(model.head.weight, std=0.2)
    return model


def written(texts: list[str], log_probs: float = -0.5) -> Rollouts:
    """Rollouts with these answers to PROBLEM, in which the pen slipped at the third word."""
    width = max(len(text.split()) for text in texts)
    ids = [encode(text) for text in texts]
    responses = torch.tensor([row + [TOKEN_ID[PAD]] * (width - len(row)) for row in ids])
    chosen = responses != TOKEN_ID[PAD]
    chosen[:, 2] = False
    prompts = torch.tensor([encode(PROBLEM.prompt)] * len(texts))
    log_probs = torch.full(responses.shape, log_probs)
    return Rollouts(prompts, responses, log_probs, chosen, TOKEN_ID[EOS], TOKEN_ID[PAD])


def sample(monkeypatch: pytest.MonkeyPatch, texts: list[str], **settings) -> Pairs:
    monkeypatch.setattr(preferences, "sample_responses", lambda *_, **__: (written(texts), texts))
    return preferences.sample_pairs(
        tiny(),
        arithmetic(),
        [PROBLEM],
        DPOSettings(group_size=len(texts), **settings),
        random.Random(0),
        torch.Generator().manual_seed(0),
    )


def test_each_pair_is_one_right_and_one_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = sample(monkeypatch, [WRONG, RIGHT, WRONG, RIGHT, WRONG])
    assert pairs.prompts.shape == (2, len(encode(PROBLEM.prompt)))
    right, wrong = encode(RIGHT), encode(WRONG)
    assert all(row[: len(right)] == right for row in pairs.responses[0].tolist())
    assert all(row[: len(wrong)] == wrong for row in pairs.responses[1].tolist())
    # summed over what the policy chose: neither the slip nor padding
    assert pairs.reference[0].tolist() == [-0.5 * (len(right) - 1)] * 2
    assert pairs.reference[1].tolist() == [-0.5 * (len(wrong) - 1)] * 2
    assert len(sample(monkeypatch, [RIGHT] * 6 + [WRONG] * 5, pairs=3).prompts) == 3


def test_groups_are_whole_and_kept_apart() -> None:
    """Each group has one right answer, the last one; its partner is of the same group."""
    right, settings = [False, False, True] * 2, DPOSettings(group_size=3)
    partners = set()
    for seed in range(30):
        rows = preferences.right_and_wrong(right, settings, random.Random(seed))
        assert [right for right, _ in rows] == [2, 5]
        partners |= {wrong for _, wrong in rows}
    assert partners == {0, 1, 3, 4}


@pytest.mark.parametrize("texts", [[RIGHT] * 4, [WRONG] * 4])
def test_nothing_to_prefer_is_refused(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="nothing to prefer"):
        sample(monkeypatch, texts)


def test_pairs_of_unequal_widths_are_joined() -> None:
    """Two parts of three pairs and of one, each number once: every pair is found again, in order."""
    numbers = torch.arange(10.0, 200.0)

    def part(N: int, Tp: int, T: int) -> Pairs:
        prompts, responses = numbers[: N * Tp].view(N, Tp), -numbers[: 2 * N * T].view(2, N, T)
        return Pairs(prompts + 100 * N, responses, responses % 2 == 0, responses[..., 0])

    parts = [part(3, 3, 5), part(1, 4, 2)]
    joined = join_pairs(parts, 7)
    expected = [(part, row) for part in parts for row in range(len(part.prompts))]
    assert len(joined.prompts) == len(expected)
    for i, (one, row) in enumerate(expected):
        prompt = one.prompts[row].tolist()
        assert joined.prompts[i].tolist() == [7.0] * (4 - len(prompt)) + prompt
        for side in (0, 1):
            answer, mask = one.responses[side, row].tolist(), one.mask[side, row].tolist()
            assert joined.responses[side, i].tolist() == answer + [7.0] * (5 - len(answer))
            assert joined.mask[side, i].tolist() == mask + [False] * (5 - len(mask))
            assert joined.reference[side, i] == one.reference[side, row]


def test_problems_are_asked_sixteen_at_a_time_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt of every pair says which of 35 problems its answers belong to."""
    problems, sizes = [Problem(n % 10, ("*3",) * (1 + n // 10)) for n in range(35)], []

    def answered(model, task, asked, G, *_):
        sizes.append(len(asked))
        texts = [
            text.replace(" 7 </ans>", f" {one.answer} </ans>") for one in asked for text in (WRONG, RIGHT)
        ]
        rollouts = written(texts)
        rows = [encode(one.prompt) for one in asked for _ in range(2)]
        prompts = torch.tensor([[0] * (12 - len(row)) + row for row in rows])
        return replace(rollouts, prompts=prompts), texts

    monkeypatch.setattr(preferences, "sample_responses", answered)
    pairs = preferences.sample_pairs(
        tiny(), arithmetic(), problems, DPOSettings(group_size=2), random.Random(0), torch.Generator()
    )
    assert sizes == [16, 16, 3]
    expected = [one for one in problems if one.answer != 2]  # else both answers are right
    assert [[word for word in row if word] for row in pairs.prompts.tolist()] == [
        encode(one.prompt) for one in expected
    ]


def test_an_update_by_hand() -> None:
    """What it says, and the gradient that it leaves, at its second step too; a margin of 0 is in no order."""
    model, settings = tiny(), DPOSettings(group_size=64, max_new_tokens=8, max_grad_norm=1e9, beta=0.3)
    problems, generator = [Problem(9, ("*3",)), Problem(2, ("+1", "-3"))], torch.Generator().manual_seed(0)
    pairs = preferences.sample_pairs(model, ODD, problems, settings, random.Random(0), generator)
    weights, optimizer = list(model.parameters()), torch.optim.AdamW(model.parameters(), 1e-3)
    noise = torch.randn(pairs.reference.shape, generator=generator)
    noise[:, 0] = 0
    for _ in range(2):
        policy = pair_log_probs(model, pairs)
        pairs = pairs._replace(reference=policy.detach() + noise)
        margins = 0.3 * ((policy[0] - pairs.reference[0]) - (policy[1] - pairs.reference[1]))
        loss = torch.log1p((-margins).exp()).mean()
        slopes = torch.autograd.grad(loss, weights)
        said = preferences.dpo_update(model, optimizer, pairs, settings)
        assert margins[0] == 0 and 0 < (margins > 0).sum() < len(margins) - 1
        assert {type(value) for value in said.values()} == {float}
        assert said == pytest.approx(
            {
                "loss": loss.item(),
                "margin": margins.mean().item(),
                "ordered": sum(margin > 0 for margin in margins.tolist()) / len(margins),
                "chosen": -noise[0].mean().item(),
                "rejected": -noise[1].mean().item(),
            },
            rel=1e-3,
            abs=1e-5,
        )
        for weight, slope in zip(weights, slopes, strict=True):
            torch.testing.assert_close(weight.grad, slope, rtol=1e-3, atol=1e-6)


def test_every_round_reads_each_of_its_pairs_once_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    batches: list[list[int]] = []

    def five(model, task, problems, *_):
        asked.append(len(problems))
        return Pairs(torch.arange(5)[:, None], torch.zeros(2, 5, 1), torch.ones(2, 5, 1), torch.zeros(2, 5))

    def note(model, optimizer, pairs, settings):
        assert optimizer.param_groups[0]["lr"] == 0.07
        batches.append(pairs.prompts[:, 0].tolist())
        return {}

    monkeypatch.setattr(preferences, "sample_pairs", five)
    monkeypatch.setattr(preferences, "dpo_update", note)
    settings = DPOSettings(7, rounds=2, epochs=2, batch_size=4, learning_rate=0.07)
    history = preferences.train_dpo(tiny(), ODD, settings, 0)
    assert asked == [3, 3] and [len(batch) for batch in batches] == [4, 4, 2] * 2
    read = [row for batch in batches for row in batch]
    assert all(sorted(read[start : start + 5]) == [0, 1, 2, 3, 4] for start in range(0, 20, 5))
    assert history == [{"round": number, "pairs": 5} for number in (1, 1, 1, 2, 2, 2)]


def test_reference_is_the_policy_that_wrote() -> None:
    """The sampler's log-probabilities serve as reference: before the first update they are the policy's."""
    model, problems = tiny(), [Problem(9, ("*3",)), Problem(2, ("+1", "-3"))]
    settings = DPOSettings(group_size=64, max_new_tokens=8, pairs=64)
    pairs = preferences.sample_pairs(
        model, ODD, problems, settings, random.Random(0), torch.Generator().manual_seed(0)
    )
    assert len(pairs.prompts) > 10
    assert torch.allclose(pair_log_probs(model, pairs), pairs.reference, atol=1e-4)


def test_runs_repeat_and_watch_sees_every_update() -> None:
    settings = DPOSettings(problems=8, group_size=8, rounds=2, batch_size=4, max_new_tokens=8, epochs=2)
    seen: list[int] = []
    model = tiny()
    before = [p.clone() for p in model.parameters()]
    first = preferences.train_dpo(model, ODD, settings, 3, seen.append)
    assert seen == list(range(1, len(first) + 1))
    assert any(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert first == preferences.train_dpo(tiny(), ODD, settings, 3)
    assert first != preferences.train_dpo(tiny(), ODD, settings, 4)
    starts = [first[0], next(step for step in first if step["round"] == 2)]
    for step in starts:  # every round starts from the policy that wrote its pairs
        assert step["loss"] == pytest.approx(math.log(2), abs=1e-4)
        assert step["chosen"] == pytest.approx(0, abs=1e-4)
    rounds = {step["round"]: step["pairs"] for step in first}
    updates = sum(math.ceil(2 * pairs / 4) for pairs in rounds.values())
    assert len(first) == updates and set(rounds) == {1, 2}


@pytest.mark.parametrize("longest", [1e-3, 1e-2])
def test_a_long_gradient_is_shortened(longest: float) -> None:
    """What the last update left behind is exactly as long as the setting allows."""
    settings = DPOSettings(problems=8, group_size=8, max_new_tokens=8, max_grad_norm=longest)
    model = tiny()
    preferences.train_dpo(model, ODD, settings, 0)
    norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    assert norm.item() == pytest.approx(longest, rel=1e-3)
