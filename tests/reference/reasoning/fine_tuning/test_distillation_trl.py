"""Divergences of whole vocabularies against trl's GKD, and the estimate from single words against both."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaForCausalLM

from deepseek_book_utils.reasoning.fine_tuning.distillation import (
    sampled_reverse_kl,
    sampled_reverse_loss,
    token_divergence,
)
from tests.reference.reasoning.trl_side import Batch, distance, gradients, toy_llama

from trl.experimental.gkd import GKDTrainer  # isort: skip  # after trl_side, which silences its warning

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
BETAS = (0.0, 0.1, 0.5, 0.9, 1.0)


def answers(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Logits (B, T, V) of the words of each response."""
    ids = torch.cat((batch.prompts, batch.responses), dim=1)
    mask = torch.cat((batch.prompt_mask, batch.mask), dim=1)
    logits = model(input_ids=ids, attention_mask=mask).logits
    return logits[:, batch.prompts.shape[1] - 1 : -1]


def both(policy, batch: Batch) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        wanted = answers(toy_llama(32, seed=5).double(), batch)
    return answers(policy, batch), wanted


def trl_loss(policy, batch: Batch, beta: float, temperature: float = 1.0) -> Tensor:
    labels = batch.responses.masked_fill(batch.mask == 0, -100)
    return GKDTrainer.generalized_jsd_loss(*both(policy, batch), labels, beta, temperature)


def our_loss(policy, batch: Batch, beta: float, temperature: float = 1.0) -> Tensor:
    return token_divergence(*both(policy, batch), beta, temperature)[batch.mask.bool()].mean()


@pytest.mark.parametrize("temperature", [1.0, 3.0])
@pytest.mark.parametrize("beta", BETAS)
def test_loss_and_gradient_equal_trl(policy, batch, beta: float, temperature: float) -> None:
    theirs, ours = (loss(policy, batch, beta, temperature) for loss in (trl_loss, our_loss))
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9)
    assert distance(gradients(policy, ours), gradients(policy, theirs)) < 1e-5


MISTAKES = {
    "the other direction": lambda p, b, beta: our_loss(p, b, 1 - beta),
    "padding carries loss": lambda p, b, beta: token_divergence(*both(p, b), beta).mean(),
    "a mean of means": lambda p, b, beta: (
        (token_divergence(*both(p, b), beta) * b.mask).sum(1) / b.mask.sum(1)
    ).mean(),
    "T squared": lambda p, b, beta: 4 * our_loss(p, b, beta, 2.0),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("beta", [0.0, 0.1, 1.0])
def test_a_mistake_would_show(policy, batch, mistake: str, beta: float) -> None:
    theirs = gradients(policy, trl_loss(policy, batch, beta))
    assert distance(gradients(policy, MISTAKES[mistake](policy, batch, beta)), theirs) > 0.01


def test_the_estimate_is_right_on_average() -> None:
    """Every word weighed by its probability: value and gradient are those of torch's reverse KL. The gradient
    of the plain estimate is zero on average.
    """
    dice = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 6, generator=dice, dtype=torch.float64)
    student.requires_grad_()
    log_q, log_p = student.log_softmax(0), teacher.log_softmax(0)
    exact = F.kl_div(log_p, log_q, reduction="sum", log_target=True)  # KL(Q || P)
    q = log_q.exp().detach()
    torch.testing.assert_close((q * sampled_reverse_kl(log_q, log_p)).sum(), exact)
    slopes = [
        torch.autograd.grad(loss, student, retain_graph=True)[0]
        for loss in (
            exact,
            (q * sampled_reverse_loss(log_q, log_p)).sum(),
            (q * sampled_reverse_kl(log_q, log_p)).sum(),
        )
    ]
    torch.testing.assert_close(slopes[1], slopes[0])
    torch.testing.assert_close(slopes[2], torch.zeros_like(slopes[0]))
