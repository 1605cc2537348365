"""The joint loss by hand, the policy gradient against its exact expectation, and what the service gets."""

import math
import random
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.reasoning.reading import question_answering as qa
from deepseek_book_utils.reasoning.reading.docstrings import QUESTIONS, Reading, readings, vocabulary_of
from deepseek_book_utils.reasoning.reading.question_answering import (
    AnsweringSettings,
    QuestionAnsweringModel,
    answer_with,
    best_spans,
    joint_loss,
    measure_answering,
    overlap_f1,
    policy_loss,
    read_text,
    tokens_of,
    train_answering,
)

SENTENCES = ("Return the sum of items", "Return True if items are equal", "Return the name for a file in use")
DATA = [reading for sentence in SENTENCES for reading in readings(sentence)]
SMALL = AnsweringSettings(updates=3, batch_size=4, samples=2, warm_up=2)


def model(seed: int = 0) -> QuestionAnsweringModel:
    torch.manual_seed(seed)
    return QuestionAnsweringModel(vocabulary_of(DATA, least=1), width=8)


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_f1_by_counting_words() -> None:
    for a in range(5):
        for b in range(5):
            for wanted in ((0, 0), (1, 3), (2, 4)):
                ours, theirs = set(range(a, b + 1)), set(range(wanted[0], wanted[1] + 1))
                common = len(ours & theirs)
                expected = 0.0
                if common:
                    precision, recall = common / len(ours), common / len(theirs)
                    expected = 2 * precision * recall / (precision + recall)
                assert overlap_f1(torch.tensor([a, b]), torch.tensor(wanted)).item() == pytest.approx(
                    expected
                )


def test_log_probs_lie_in_the_sentence_and_sum_to_one() -> None:
    tokens, inside, wanted = tokens_of(DATA, model().vocabulary)
    for log_probs in model()(tokens, inside).values():
        assert torch.allclose(log_probs.exp().sum(dim=2), torch.ones(len(DATA), 2))
        assert not log_probs.exp()[:, 0][~inside].any() and not log_probs.exp()[:, 1][~inside].any()
        assert log_probs.gather(2, wanted[:, :, None]).isfinite().all()


def test_padding_and_company_change_no_answer() -> None:
    network = model()
    together = network(*tokens_of(DATA, network.vocabulary)[:2])["rl"]
    for reading, row in zip(DATA, together, strict=True):
        alone = network(*tokens_of([reading], network.vocabulary)[:2])["rl"][0]
        assert torch.allclose(alone.exp(), row[:, : alone.shape[1]].exp(), atol=1e-5)


def test_the_joint_loss_by_hand() -> None:
    """CE + w (-A log pi), with the same draws, in plain Python."""
    network, settings = model(), replace(SMALL, supervised_weight=0.7, policy_weight=2.5)
    tokens, inside, wanted = tokens_of(DATA, network.vocabulary)
    log_probs = network(tokens, inside)
    loss, told = joint_loss(log_probs, wanted, settings, dice(3))
    flat = log_probs["rl"].detach().exp().flatten(0, 1)
    drawn = torch.multinomial(flat, 2, replacement=True, generator=dice(3)).tolist()
    imitation = policy = reward = 0.0
    for i in range(len(DATA)):
        for part in (0, 1):
            imitation -= log_probs["supervised"][i, part, wanted[i, part]].item() / len(DATA)
        spans = [(drawn[2 * i][k], drawn[2 * i + 1][k]) for k in range(2)]
        rewards = [overlap_f1(torch.tensor(span), wanted[i]).item() for span in spans]
        for (first, last), r in zip(spans, rewards, strict=True):
            log_pi = log_probs["rl"][i, 0, first].item() + log_probs["rl"][i, 1, last].item()
            policy -= (r - sum(rewards) / 2) * log_pi / (2 * len(DATA))
            reward += r / (2 * len(DATA))
    assert loss.item() == pytest.approx(0.7 * imitation + 2.5 * policy, rel=1e-4)
    assert told == {"cross_entropy": pytest.approx(imitation), "reward": pytest.approx(reward)}


def test_the_policy_gradient_is_the_gradient_of_the_expected_reward() -> None:
    """One question of four words, all sixteen answers weighed exactly, against very many draws.

    The mean of K rewards as baseline keeps (K - 1) / K of the gradient.
    """
    logits = torch.randn(1, 2, 4, generator=dice(1), dtype=torch.float64).requires_grad_()
    wanted = torch.tensor([[1, 2]])
    probs = logits.softmax(dim=2)[0]
    expected = sum(
        probs[0, a] * probs[1, b] * overlap_f1(torch.tensor([a, b]), wanted[0]).double()
        for a in range(4)
        for b in range(4)
    )
    (exact,) = torch.autograd.grad(expected, logits)
    K = 200_000
    loss, reward = policy_loss(logits.log_softmax(dim=2), wanted, K, dice(2))
    (found,) = torch.autograd.grad(loss, logits)
    assert torch.allclose(-found * K / (K - 1), exact, atol=4e-3) and exact.abs().max() > 0.05
    assert reward.item() == pytest.approx(expected.item(), abs=4e-3)


def test_best_spans_by_trying_all() -> None:
    log_probs = torch.randn(6, 2, 5, generator=dice(4)).log_softmax(dim=2)
    spans, sure = best_spans(log_probs)
    for row, span, p in zip(log_probs, spans.tolist(), sure, strict=True):
        score = {(a, b): (row[0, a] + row[1, b]).item() for a in range(5) for b in range(a, 5)}
        assert tuple(span) == max(score, key=score.__getitem__)
        assert p.item() == pytest.approx(math.exp(max(score.values())), rel=1e-5)


@pytest.mark.parametrize("alone", ["supervised", "rl"])
def test_one_weight_at_zero_leaves_the_other_head_alone(alone) -> None:
    off = "policy_weight" if alone == "supervised" else "supervised_weight"
    network, before = model(), dict(model().named_parameters())
    history = train_answering(network, DATA, replace(SMALL, weight_decay=0, **{off: 0.0}), seed=0)
    for name, parameter in network.named_parameters():
        other = name.startswith("heads") and alone not in name
        assert torch.equal(parameter, before[name]) == other, name
    assert [set(row) for row in history] == [{"cross_entropy" if alone == "supervised" else "reward"}] * 3


def test_seeds_repeat_and_kinds_come_equally_often(monkeypatch) -> None:
    firsts: list[int] = []
    loss = qa.joint_loss

    def counting(log_probs, wanted, settings, dice):
        firsts.extend(wanted[:, 0].tolist())
        return loss(log_probs, wanted, settings, dice)

    monkeypatch.setattr(qa, "joint_loss", counting)
    many = [DATA[0]] * 50 + [Reading("of", SENTENCES[0], 4, 4)]
    settings = replace(SMALL, updates=5, batch_size=40)
    histories = [train_answering(model(), many, settings, seed) for seed in (1, 1, 2)]
    assert histories[0] == histories[1] != histories[2]
    assert 0.4 < sum(first == 7 for first in firsts) / len(firsts) < 0.6


def test_measuring_counts_right_answers(monkeypatch) -> None:
    spans = tokens_of(DATA, model().vocabulary)[2].clone()
    spans[0, 1] -= 1
    monkeypatch.setattr(qa, "best_spans", lambda log_probs: (spans, torch.ones(len(DATA))))
    found = measure_answering(model(), DATA, "rl")
    assert {type(share) for share in found.values()} == {float}
    assert DATA[0].end - DATA[0].start == 1  # two words, and one of them was found
    assert found["exact"] == pytest.approx(1 - 1 / len(DATA))
    assert found["f1"] == pytest.approx(1 - (1 - 2 / 3) / len(DATA))


def test_the_service_gets_pieces_of_the_text() -> None:
    texts = ["Of what? Return  the SUM of items", "When? Return True if items (all) are equal."]
    for mode in ("supervised", "rl"):
        answer = answer_with(model(), mode)
        found = answer(texts)
        for text, one in zip(texts, found, strict=True):
            assert one["answer"] and one["answer"] in text.partition("?")[2]
            assert 0 < one["probability"] <= 1
        assert found == [answer([text])[0] for text in texts]
    with pytest.raises(ValueError, match="No head for 'both': this model has supervised, rl"):
        answer_with(model(), "both")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Return the sum of items", "Write a question, then a sentence"),
        ("Why? Return the sum of items", f"Questions are {', '.join(QUESTIONS)}"),
        ("when? ", "The sentence has 0 words and marks: write 1 to 24"),
        ("when? " + "word " * 25, "The sentence has 25 words"),
    ],
)
def test_texts_that_cannot_be_read(text, message) -> None:
    with pytest.raises(ValueError, match=message):
        read_text(text)
    with pytest.raises(ValueError, match=message):
        answer_with(model(), "rl")([text])


def test_questions_are_understood_with_small_words_around() -> None:
    for asked, expected in (("Of what", "of"), ("what does it return", "what"), ("When", "when")):
        assert read_text(f"{asked}? Return it")[0] == expected
    assert read_text("what? Nothing") == ("what", " Nothing")  # one word is a sentence


def test_nothing_to_learn_from() -> None:
    with pytest.raises(ValueError, match="No questions to learn from"):
        train_answering(model(), [], SMALL, 0)
    with pytest.raises(ValueError, match="supervised_weight and policy_weight are both 0"):
        AnsweringSettings(supervised_weight=0.0, policy_weight=0.0)


def test_the_loop_by_hand() -> None:
    """AdamW as its paper has it, on gradients of one length at most, with a rate that rises, then falls."""
    settings = replace(SMALL, updates=5, max_grad_norm=0.05, learning_rate=0.02, weight_decay=0.1)
    network, other = model().double(), model().double()
    history = train_answering(network, DATA, settings, seed=6)
    tokens, inside, wanted = tokens_of(DATA, other.vocabulary)
    kinds = dict.fromkeys(one.question for one in DATA)
    pools = [[i for i, one in enumerate(DATA) if one.question == kind] for kind in kinds]
    rng, draws = random.Random(6), dice(6)
    first = [torch.zeros_like(p) for p in other.parameters()]
    second = [torch.zeros_like(p) for p in other.parameters()]
    for t in range(1, 6):
        rows = [rng.choice(rng.choice(pools)) for _ in range(4)]
        loss, told = joint_loss(other(tokens[rows], inside[rows]), wanted[rows], settings, draws)
        assert history[t - 1] == pytest.approx(told, rel=1e-9)
        slopes = torch.autograd.grad(loss, list(other.parameters()), materialize_grads=True)
        norm = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        assert norm > 0.05
        rate = 0.02 * min(1, t / 2) * (1 + math.cos(math.pi * (t - 1) / 5)) / 2
        with torch.no_grad():
            for i, (p, slope) in enumerate(zip(other.parameters(), slopes, strict=True)):
                g = slope * 0.05 / (norm + 1e-6)  # torch keeps a norm of 0 from dividing
                first[i] = 0.9 * first[i] + 0.1 * g
                second[i] = 0.98 * second[i] + 0.02 * g * g
                step = first[i] / (1 - 0.9**t) / ((second[i] / (1 - 0.98**t)).sqrt() + 1e-8)
                p.sub_(rate * (step + 0.1 * p))
    for mine, theirs in zip(network.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


def test_answers_are_cut_out_of_the_text_to_the_letter() -> None:
    """Every span that a head may choose is cut out of the text from its first to its last letter."""
    network, text = model(), "what? Return the  sum, of items"
    pieces = ["Return", "the", "sum", ",", "of", "items"]
    starts = [text.partition("?")[2].index(piece) for piece in pieces]
    for a in range(6):
        for b in range(a, 6):
            chosen = torch.tensor([[a + 3, b + 3]])
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(qa, "best_spans", lambda _, chosen=chosen: (chosen, torch.tensor([0.123456])))
                (found,) = answer_with(network, "rl")([text])
            sentence = text.partition("?")[2]
            assert found == {
                "answer": sentence[starts[a] : starts[b] + len(pieces[b])],
                "probability": 0.1235,
            }


def test_sizes_of_the_model() -> None:
    """A linear head for each mode, on two layers that read the longest sentence with its question."""
    network = model()
    assert network.encoder.settings.layers == 2 and network.encoder.settings.context == 24 + 3
    assert [tuple(head.weight.shape) for head in network.heads.values()] == [(2, 8), (2, 8)]
    longest = "what? " + "sum " * 24
    assert answer_with(network, "rl")([longest])[0]["answer"]
