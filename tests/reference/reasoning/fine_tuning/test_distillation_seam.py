"""Both loops of distillation, untouched, with models of transformers on `reasoning-gym`.

On-policy, every loss that the loop takes a gradient of is held against trl's GKD, which reads prompt and
answer whole, without a cache. On a teacher's chains, every loss is held against transformers' own, one chain
at a time, without packing. `test_smollm2_distillation` puts a real model in these places.
"""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.reasoning.fine_tuning import distillation
from deepseek_book_utils.reasoning.fine_tuning.cold_start import FineTuneSettings, fine_tune
from deepseek_book_utils.reasoning.fine_tuning.distillation import GKDSettings, train_gkd
from tests.reference.reasoning.test_grpo_seam import CHARACTERS, PAD, TASK, Llama, new_policy
from tests.reference.reasoning.trl_side import distance, gradients, toy_llama

from trl.experimental.gkd import GKDTrainer  # isort: skip  # after trl_side, which silences its warning

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
SMALL = GKDSettings(updates=12, prompts=4, group_size=4, learning_rate=5e-3, max_new_tokens=5)


def whole(policy: Llama, prompts: Tensor, responses: Tensor) -> Tensor:
    """Logits (B, T, V) of the words of each response, read in one pass."""
    ids = torch.cat((prompts, responses), dim=1)
    real = torch.cat((prompts != PAD, torch.ones_like(responses, dtype=torch.bool)), dim=1)
    places = (real.cumsum(dim=1) - 1).clamp(min=0)
    logits = policy.llama(ids, attention_mask=real.long(), position_ids=places).logits
    return logits[:, prompts.shape[1] - 1 : -1]


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_a_teacher_scores_what_a_llama_writes(beta: float, monkeypatch: pytest.MonkeyPatch) -> None:
    student, teacher = new_policy(), Llama(toy_llama(len(CHARACTERS) + 2, seed=5))
    before = {name: weight.clone() for name, weight in student.state_dict().items()}
    untouched = {name: weight.clone() for name, weight in teacher.state_dict().items()}
    score, compared = distillation.scored, []

    def scoring(*asked: Any) -> tuple[Tensor, Tensor]:
        loss, nats = score(*asked)
        rollouts, rows = asked[2:4]
        prompts, responses = rollouts.prompts[rows], rollouts.responses[rows]
        labels = responses.masked_fill(~rollouts.loss_mask[rows], -100)
        with torch.no_grad():
            wanted = whole(teacher, prompts, responses)
        theirs = GKDTrainer.generalized_jsd_loss(whole(student, prompts, responses), wanted, labels, beta)
        ours = loss / rollouts.loss_mask[rows].sum()
        assert distance(ours, theirs) < 1e-5
        assert distance(gradients(student.llama, ours), gradients(student.llama, theirs)) < 1e-4
        compared.append(len(rows))
        return loss, nats

    monkeypatch.setattr(distillation, "scored", scoring)
    history = train_gkd(student, teacher, TASK, replace(SMALL, beta=beta), seed=0)
    assert sum(compared) == SMALL.updates * SMALL.prompts * SMALL.group_size
    assert history[-1]["divergence"] < 0.8 * history[0]["divergence"]
    after = student.state_dict()
    assert all(not torch.equal(after[name], before[name]) for name in before)
    assert all(torch.equal(weight, untouched[name]) for name, weight in teacher.state_dict().items())


def test_a_llama_reads_chains_by_the_loop_of_the_cold_start() -> None:
    """Three chains, two of them in one row; an epoch is one step, so their order plays no part."""
    student, theirs = new_policy(), toy_llama(len(CHARACTERS) + 2).train()
    texts = [([5, 9, 3, 7], [8, 2, 1]), ([4, 4, 6], [3, 1]), ([7, 2, 8, 3, 9], [6, 6, 5, 1])]
    chains = [(asked + said, [0.0] * len(asked) + [1.0] * len(said)) for asked, said in texts]
    settings = FineTuneSettings(epochs=4, documents=3, row=12, learning_rate=5e-3)
    ours = fine_tune(student, chains, settings, seed=0)
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=5e-3, betas=(0.9, 0.98), weight_decay=0)
    for loss in ours:
        total = sum(
            theirs(torch.tensor([asked + said]), labels=torch.tensor([[-100] * len(asked) + said])).loss
            * len(said)
            for asked, said in texts
        ) / sum(len(said) for _, said in texts)
        assert abs(loss - total.item()) < 1e-6
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), settings.max_grad_norm)
        optimizer.step()
    assert ours[-1] < 0.8 * ours[0]
