"""The sampler against a loop over one row at a time, and against draws worked out on paper."""

import math

import pytest
import torch
from torch import Tensor, tensor

from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.lm.sampling import draw, generate, pad_left, response_log_probs

START, END, PAD, V, NEW = 1, 2, 13, 14, 5
PROMPTS = [
    [START, 5],
    [START, 9, 4, 7],
    [START],
    [START, 3, 3],
    [START, 8, 8, 10, 4],
    [START, 10],
    [START, 7],
]


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(1)  # texts end at many lengths
    made = LanguageModel(ModelSettings(V, PAD, (START,), width=16, layers=2, heads=2, context=14))
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return made


def rule(token: int, before: int, previous: int) -> tuple[int, bool]:
    """What is written for a drawn token, by the two words before it, and whether that is another one."""
    if (token + before + previous) % 3:
        return token, False
    return 3 + (token + 5 * before + 7 * previous) % 9, True


def alter(tokens: Tensor, before: Tensor, previous: Tensor, _: torch.Generator) -> tuple[Tensor, Tensor]:
    rows = zip(tokens.tolist(), before.tolist(), previous.tolist(), strict=True)
    written = [rule(*row) for row in rows]
    return tensor([token for token, _ in written]), tensor([altered for _, altered in written])


@torch.no_grad()
def write_alone(
    model: LanguageModel, prompt: list[int], forbidden: list[int]
) -> list[tuple[int, float, bool]]:
    """One greedy response without a cache: its words, their log-probabilities, and which it chose itself."""
    text, found = [PAD, *prompt], []
    while len(found) < NEW and text[-1] != END:
        log_probs = model(tensor([text[1:]]))[0, -1].log_softmax(0).tolist()
        token = max((t for t in range(V) if t not in (PAD, *forbidden)), key=lambda t: log_probs[t])
        written, altered = rule(token, text[-2], text[-1])
        text.append(written)
        found.append((written, log_probs[token], not altered))
    return found


def batches(lengths: list[int]) -> list[int]:
    """How many rows are read at each step: those that ended leave once fewer than 85 % still run."""
    sizes, batch = [], lengths
    for t in range(1, max(lengths) + 1):
        sizes.append(len(batch))
        running = [length for length in batch if length > t]
        batch = running if len(running) < 0.85 * len(batch) else batch
    return sizes


@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("forbidden", [[], [4, 8]])
def test_greedy_rows_are_those_that_are_written_alone(model, group: int, forbidden: list[int]) -> None:
    """Left padding, words that are altered, rows that end and leave, and the padding behind them."""
    options = {"end": END, "pad": PAD, "alter": alter, "forbidden": forbidden}
    read: list[int] = []
    note = model.register_forward_hook(lambda _, arguments, __: read.append(len(arguments[0])))
    found = generate(model, pad_left(PROMPTS, PAD), group, torch.Generator(), NEW, 0.0, **options)
    note.remove()
    alone = [write_alone(model, prompt, forbidden) for prompt in PROMPTS for _ in range(group)]
    lengths = [len(row) for row in alone]
    assert found.lengths.tolist() == lengths and len({*lengths}) > 2
    assert found.ended.tolist() == [row[-1][0] == END for row in alone] and {*found.ended.tolist()} == {
        True,
        False,
    }
    assert read == batches(lengths)
    for i, row in enumerate(alone):
        rest, own = found.responses.shape[1] - len(row), found.loss_mask[i].tolist()
        assert found.responses[i].tolist() == [token for token, _, _ in row] + [PAD] * rest
        assert own == [chosen for _, _, chosen in row] + [False] * rest
        expected = [log_prob for _, log_prob, _ in row] + [0.0] * rest
        assert found.log_probs[i].tolist() == pytest.approx(expected, abs=1e-5)
    trained = response_log_probs(model, found.prompts, found.responses, found.loss_mask)
    torch.testing.assert_close(trained, found.log_probs * found.loss_mask, rtol=0, atol=1e-5)
    assert found.loss_mask.any(dim=1).all() and not found.loss_mask.all()


def test_before_a_prompt_of_one_word_stands_padding(model) -> None:
    options = {"end": END, "pad": PAD, "alter": alter}
    found = generate(model, tensor([[START]]), 1, torch.Generator(), NEW, 0.0, **options)
    assert found.responses[0].tolist() == [token for token, _, _ in write_alone(model, [START], [])]


def test_the_least_and_the_most_that_can_be_sampled(model) -> None:
    dice, options = torch.Generator().manual_seed(0), {"end": END, "pad": PAD}
    least = generate(model, tensor([[START]]), 1, dice, 1, **options)
    assert least.responses.shape == (1, 1) and least.prompts.tolist() == [[START]] and least.loss_mask.all()
    generate(model, tensor([[START, 5]]), 1, dice, 12, **options)  # to the end of the context
    ended = generate(
        model, tensor([[START]]), 3, dice, 9, forbidden=[t for t in range(V) if t != END], **options
    )
    assert ended.responses.tolist() == [[END]] * 3
    assert ended.log_probs.shape == ended.loss_mask.shape == (3, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group_size": 0}, "at least one response a prompt"),
        ({"max_new_tokens": 0}, "one new token"),
        ({"end": PAD}, "choose another pad"),
        ({"max_new_tokens": 13}, "context of 14. Lower max_new_tokens"),
    ],
)
def test_what_cannot_be_sampled_is_refused(model, change: dict, message: str) -> None:
    options = {"group_size": 1, "max_new_tokens": 2, "end": END, "pad": PAD} | change
    with pytest.raises(ValueError, match=message):
        generate(model, tensor([[START, 5]]), generator=torch.Generator(), **options)


class Half:
    """A policy that looks at one word, and speaks in bfloat16; it is its own memory."""

    table = torch.linspace(-3, 3, V * V).view(V, V).bfloat16()

    def read(self, prompts: Tensor) -> "Half":
        return self

    def keep(self, rows: Tensor) -> None:
        pass

    def __call__(self, tokens: Tensor, cache: "Half", select: Tensor) -> Tensor:
        return self.table[tokens[select]]


def test_log_probs_of_a_policy_in_half_precision_are_whole() -> None:
    prompts, responses = tensor([[START, 4], [START, 5]]), tensor([[6, 7], [8, END]])
    found = response_log_probs(Half(), prompts, responses, tensor([[True, True], [False, True]]))
    table = Half.table.float().log_softmax(dim=1)
    torch.testing.assert_close(
        found, torch.stack((table[[4, 6], [6, 7]], table[[5, 8], [8, END]] * tensor([0, 1])))
    )


def test_prompts_are_padded_on_the_left() -> None:
    assert pad_left([[5, 6, 7], [8]], 3).tolist() == [[5, 6, 7], [3, 3, 8]]
    for rows in ([], [[5], []]):
        with pytest.raises(ValueError, match="at least one prompt, none empty"):
            pad_left(rows, 3)


@pytest.mark.parametrize("prompts", [torch.zeros(0, 3, dtype=torch.long), tensor([[START, 5], [START, PAD]])])
def test_no_prompt_and_an_empty_one_are_refused(model, prompts: Tensor) -> None:
    with pytest.raises(ValueError, match="at least one prompt, none empty"):
        generate(model, prompts, 1, torch.Generator(), 2, end=END, pad=PAD)


def test_a_draw_by_its_dice() -> None:
    """Gumbel (1954): the largest of log p / T - log(-log u); a u of 0 forbids nothing."""
    logits, dice = tensor([[0.5, 2.0, -1.0, 1.0]]).bfloat16().repeat(50, 1), torch.Generator().manual_seed(4)
    tokens, log_probs = draw(logits, [1], 0.5, dice)
    u = torch.rand(50, 4, generator=torch.Generator().manual_seed(4)).tolist()
    exact = logits[0].double().log_softmax(0)
    scores = [[exact[i].item() / 0.5 - math.log(-math.log(row[i])) for i in (0, 2, 3)] for row in u]
    assert tokens.tolist() == [(0, 2, 3)[row.index(max(row))] for row in scores] and len(tokens.unique()) > 1
    torch.testing.assert_close(log_probs, exact[tokens].float())


def test_dice_may_show_zero(monkeypatch) -> None:
    monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.zeros(shape))
    assert draw(tensor([[0.0, 3.0, 1.0]]), [], 1.0, torch.Generator())[0].tolist() == [1]
