"""Our GRPO against trl's: the same batch through `GRPOTrainer._compute_loss`, value and gradient.

The policy is float64, but trl takes the softmax in float32, which is where the last millionth comes from;
given the same log-probabilities both agree to the last digits.

trl's defaults are not the textbook's: it averages as DAPO does, uses no KL term, and where there is one it
multiplies it by the ratio. Every test here says in its `GRPOConfig` what it wants.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"  # `rollout_func` hands trl our completions

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from deepseek_book_utils.reasoning.grpo import group_advantages, grpo_loss, kl_estimate

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # trl uses names that transformers will drop
G, MAX_LENGTH = 4, 12
CLIP = {"clip_low": 0.2, "clip_high": 0.28}
VARIANTS = ("grpo", "bnpo", "dr_grpo", "dapo")


@dataclass
class Batch:
    """Three groups of four: unequal lengths, padding on both sides, and a group whose rewards are equal."""

    prompts: Tensor  # (B, Tp)
    prompt_mask: Tensor
    responses: Tensor  # (B, T)
    mask: Tensor  # (B, T), 1 up to the end of each response
    rewards: Tensor  # (B,)
    old_log_probs: Tensor  # (B, T), in places so far away that the ratio leaves the clip range
    ref_log_probs: Tensor


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    words = ["<pad>", "<eos>"] + [f"w{i}" for i in range(30)]
    bare = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<pad>"))
    bare.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=bare, pad_token="<pad>", eos_token="<eos>", padding_side="left"
    )


@pytest.fixture(scope="module")
def policy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved policy: with a KL term, trl loads its reference from the policy's path."""
    torch.manual_seed(0)
    settings = LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        initializer_range=0.5,  # far from uniform, so that every token has its own log-probability
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=1,
    )
    folder = tmp_path_factory.mktemp("policy")
    LlamaForCausalLM(settings).double().save_pretrained(folder)
    return folder


@pytest.fixture
def policy(policy_folder: Path) -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(policy_folder, dtype=torch.float64).train()


@pytest.fixture
def batch(policy: LlamaForCausalLM) -> Batch:
    generator = torch.Generator().manual_seed(1)
    B, Tp, T = 3 * G, 5, 9
    lengths = torch.tensor([9, 1, 4, 7, 3, 9, 2, 6, 5, 8, 1, 9])
    mask = (torch.arange(T) < lengths[:, None]).long()
    prompt_mask = (torch.arange(Tp) >= torch.tensor([0, 2, 3]).repeat_interleave(G)[:, None]).long()
    batch = Batch(
        prompts=torch.randint(2, 32, (B, Tp), generator=generator) * prompt_mask,
        prompt_mask=prompt_mask,
        responses=torch.randint(2, 32, (B, T), generator=generator) * mask,
        mask=mask,
        rewards=torch.tensor([1, 0, 1, 0.2, 0, 0, 0, 1.2, 0.2, 0.2, 0.2, 0.2], dtype=torch.float64),
        old_log_probs=torch.empty(0),
        ref_log_probs=torch.empty(0),
    )
    log_probs = policy_log_probs(policy, batch).detach()
    noise = torch.randn(2, B, T, generator=generator, dtype=torch.float64)
    # in the clip range, near its ends, far out
    spread = torch.tensor([0.1, 0.3, 1.5], dtype=torch.float64).repeat(T // 3)
    batch.old_log_probs = log_probs + spread * noise[0]
    batch.ref_log_probs = log_probs + 0.5 * noise[1]
    return batch


def policy_log_probs(policy: LlamaForCausalLM, batch: Batch) -> Tensor:
    """log pi(o_t | q, o_<t) (B, T), from the policy's logits."""
    logits = policy(
        input_ids=torch.cat((batch.prompts, batch.responses), dim=1),
        attention_mask=torch.cat((batch.prompt_mask, batch.mask), dim=1),
    ).logits[:, batch.prompts.shape[1] - 1 : -1]
    return logits.log_softmax(dim=-1).gather(2, batch.responses[..., None])[..., 0]


def make_trainer(
    policy: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path, rollout=None, **settings
) -> GRPOTrainer:
    config = GRPOConfig(
        output_dir=str(folder),
        use_cpu=True,
        bf16=False,
        report_to=[],
        per_device_train_batch_size=3 * G,
        num_generations=G,
        max_completion_length=MAX_LENGTH,
        use_bias_correction_kl=False,
        **settings,
    )
    trainer = GRPOTrainer(
        policy,
        reward_funcs=lambda completions, earned, **_: earned,
        args=config,
        train_dataset=Dataset.from_dict({"prompt": ["w1 w2"] * 3 * G}),
        processing_class=tokenizer,
        rollout_func=rollout,
    )
    trainer.current_gradient_accumulation_steps = 1  # set by the loop of `Trainer.train`
    return trainer


def gradients(policy: LlamaForCausalLM, loss: Tensor) -> Tensor:
    """The gradient of all parameters, end to end."""
    parts = torch.autograd.grad(loss, list(policy.parameters()), retain_graph=True)
    return torch.cat([part.flatten() for part in parts])


def trl_loss(trainer: GRPOTrainer, policy: LlamaForCausalLM, batch: Batch, **more: Tensor) -> Tensor:
    inputs = {
        "prompt_ids": batch.prompts,
        "prompt_mask": batch.prompt_mask,
        "completion_ids": batch.responses,
        "completion_mask": batch.mask,
        "advantages": group_advantages(batch.rewards, G),
        "old_per_token_logps": batch.old_log_probs,
        "ref_per_token_logps": batch.ref_log_probs,
        "num_items_in_batch": batch.mask.sum(),
    }
    return trainer._compute_loss(policy, inputs | more)


def our_loss(policy: LlamaForCausalLM, batch: Batch, **settings) -> Tensor:
    settings = {"max_length": MAX_LENGTH, "ref_log_probs": batch.ref_log_probs, **CLIP} | settings
    advantages = settings.pop("advantages", group_advantages(batch.rewards, G))
    mask, old = settings.pop("mask", batch.mask.bool()), settings.pop("old", batch.old_log_probs)
    return grpo_loss(policy_log_probs(policy, batch), old, advantages, mask, **settings)


def distance(ours: Tensor, theirs: Tensor) -> float:
    """Relative distance, of numbers or of whole gradients."""
    return ((ours - theirs).norm() / theirs.norm()).item()


def assert_same(policy: LlamaForCausalLM, ours: Tensor, theirs: Tensor) -> None:
    assert distance(ours, theirs) < 3e-6
    assert distance(gradients(policy, ours), gradients(policy, theirs)) < 1e-6


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("beta", [0.0, 0.04])
@pytest.mark.parametrize("level", ["token", "geometric"])
def test_loss_and_gradient_equal_trl(variant, beta, level, policy, batch, tokenizer, tmp_path) -> None:
    trainer = make_trainer(
        policy,
        tokenizer,
        tmp_path,
        loss_type=variant,
        beta=beta,
        epsilon=CLIP["clip_low"],
        epsilon_high=CLIP["clip_high"],
        importance_sampling_level={"token": "token", "geometric": "sequence"}[level],
    )
    theirs = trl_loss(trainer, policy, batch)
    ours = our_loss(policy, batch, variant=variant, beta=beta, level=level)
    assert_same(policy, ours, theirs)


@pytest.mark.parametrize("variant", VARIANTS)
def test_tokens_that_the_policy_did_not_choose_carry_no_loss(
    variant, policy, batch, tokenizer, tmp_path
) -> None:
    """Slips of the pen to us, answers of a tool to trl: both read them and neither learns them."""
    chosen = batch.mask * (torch.arange(9) % 3 != 1)
    chosen[1] = 0  # a response without a single choice
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type=variant, beta=0.04, epsilon_high=0.28)
    theirs = trl_loss(trainer, policy, batch, tool_mask=chosen, num_items_in_batch=chosen.sum())
    ours = our_loss(policy, batch, variant=variant, beta=0.04, mask=chosen.bool())
    assert_same(policy, ours, theirs)


@pytest.mark.parametrize("variant", VARIANTS)
def test_first_update_has_ratio_one(variant, policy, batch, tokenizer, tmp_path) -> None:
    """On policy, trl is given no old log-probabilities; the clip is silent, the gradient that of A log pi."""
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type=variant)
    theirs = trl_loss(trainer, policy, batch, old_per_token_logps=None)
    log_probs = policy_log_probs(policy, batch)
    ours = grpo_loss(
        log_probs,
        log_probs.detach(),
        group_advantages(batch.rewards, G),
        batch.mask.bool(),
        variant=variant,
        max_length=MAX_LENGTH,
    )
    assert abs(ours - theirs) < 1e-9  # with `grpo` both are zero: the advantages of a group sum to nothing
    assert distance(gradients(policy, ours), gradients(policy, theirs)) < 1e-6


def test_dapo_over_minibatches_is_bnpo_over_the_batch(policy, batch, tokenizer, tmp_path) -> None:
    """trl divides each minibatch by the tokens of the whole batch, so that the parts add up."""
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="dapo", epsilon_high=0.28)
    advantages, total = group_advantages(batch.rewards, G), torch.zeros((), dtype=torch.float64)
    for rows in (slice(0, 5), slice(5, 12)):
        part = Batch(*(getattr(batch, name)[rows] for name in Batch.__dataclass_fields__))
        inputs = {"advantages": advantages[rows], "num_items_in_batch": batch.mask.sum()}
        total = total + trl_loss_of_part(trainer, policy, part, inputs)
    assert_same(policy, our_loss(policy, batch, variant="bnpo"), total)
    assert_same(policy, our_loss(policy, batch, variant="dapo"), total)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("level", ["token", "geometric"])
def test_given_the_same_log_probs_all_digits_agree(
    variant, level, policy, batch, tokenizer, tmp_path
) -> None:
    """The gradient with respect to every single log-probability, with nothing else between."""
    trainer = make_trainer(
        policy,
        tokenizer,
        tmp_path,
        loss_type=variant,
        beta=0.04,
        epsilon_high=0.28,
        importance_sampling_level={"token": "token", "geometric": "sequence"}[level],
    )
    log_probs = policy_log_probs(policy, batch).detach().requires_grad_()
    trainer._get_per_token_logps_and_entropies = lambda *_, **__: (log_probs, log_probs.detach(), None)
    theirs = trl_loss(trainer, policy, batch)
    advantages = group_advantages(batch.rewards, G)
    ours = grpo_loss(
        log_probs,
        batch.old_log_probs,
        advantages,
        batch.mask.bool(),
        variant=variant,
        level=level,
        beta=0.04,
        ref_log_probs=batch.ref_log_probs,
        max_length=MAX_LENGTH,
        **CLIP,
    )
    assert distance(ours, theirs) < 1e-12
    (our_gradient,), (their_gradient,) = (torch.autograd.grad(loss, log_probs) for loss in (ours, theirs))
    assert distance(our_gradient, their_gradient) < 1e-12
    assert not our_gradient[batch.mask == 0].any()  # padding is told nothing


def trl_loss_of_part(trainer: GRPOTrainer, policy: LlamaForCausalLM, part: Batch, inputs: dict) -> Tensor:
    return trainer._compute_loss(
        policy,
        {
            "prompt_ids": part.prompts,
            "prompt_mask": part.prompt_mask,
            "completion_ids": part.responses,
            "completion_mask": part.mask,
            "old_per_token_logps": part.old_log_probs,
            **inputs,
        },
    )


def test_kl_estimate_is_what_trl_reports(policy, batch, tokenizer, tmp_path) -> None:
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="grpo", beta=0.04)
    trl_loss(trainer, policy, batch)
    ours = kl_estimate(policy_log_probs(policy, batch), batch.ref_log_probs)
    assert (ours >= 0).all()
    assert ours[batch.mask.bool()].mean().item() == pytest.approx(
        trainer._metrics["train"]["kl"][0], rel=1e-6
    )


@pytest.mark.parametrize("scale", [True, False])
def test_advantages_equal_trl(scale, policy, batch, tokenizer, tmp_path) -> None:
    """Through trl's own sampling and scoring, with our completions and rewards put in."""
    rewards = batch.rewards.float()

    def rollout(prompts: list, trainer: GRPOTrainer) -> dict:
        return {
            "prompt_ids": [row[seen == 1].tolist() for row, seen in pairs(batch.prompts, batch.prompt_mask)],
            "completion_ids": [row[seen == 1].tolist() for row, seen in pairs(batch.responses, batch.mask)],
            "logprobs": None,
        }

    trainer = make_trainer(
        policy,
        tokenizer,
        tmp_path,
        rollout,
        loss_type="grpo",
        scale_rewards="group" if scale else "none",
    )
    asked = [{"prompt": "w1 w2", "earned": reward} for reward in rewards.tolist()]
    scored = trainer._generate_and_score_completions(asked)
    assert torch.equal(scored["completion_mask"], batch.mask)  # our completions went through
    assert torch.allclose(
        group_advantages(rewards, G, scale=scale), scored["advantages"], rtol=1e-6, atol=1e-7
    )


def pairs(a: Tensor, b: Tensor) -> zip:
    return zip(a, b, strict=True)


# --- mistakes that these tests must catch -------------------------------------------------------------------


def population_advantages(rewards: Tensor) -> Tensor:
    groups = rewards.view(-1, G)
    centred = groups - groups.mean(dim=1, keepdim=True)
    return (centred / (groups.std(dim=1, keepdim=True, correction=0) + 1e-4)).flatten()


MISTAKES = {
    "no clip": lambda p, b: our_loss(p, b, clip_low=1e9, clip_high=1e9),
    "clip range the wrong way round": lambda p, b: our_loss(p, b, clip_low=0.28, clip_high=0.2),
    "ratio of whole responses": lambda p, b: our_loss(p, b, level="sequence"),
    "ratio of whole responses, geometric": lambda p, b: our_loss(p, b, level="geometric"),
    "ratio upside down": lambda p, b: our_loss(
        p, b, old=2 * policy_log_probs(p, b).detach() - b.old_log_probs
    ),
    "every token weighs the same": lambda p, b: our_loss(p, b, variant="bnpo"),
    "constant length": lambda p, b: our_loss(p, b, variant="dr_grpo"),
    "padding carries loss": lambda p, b: our_loss(p, b, mask=torch.ones_like(b.mask, dtype=torch.bool)),
    "population standard deviation": lambda p, b: our_loss(p, b, advantages=population_advantages(b.rewards)),
    "no division by the standard deviation": lambda p, b: our_loss(
        p, b, advantages=group_advantages(b.rewards, G, scale=False)
    ),
    "mean of the batch, not of the group": lambda p, b: our_loss(
        p, b, advantages=group_advantages(b.rewards, 3 * G)
    ),
    "sign": lambda p, b: -our_loss(p, b),
    "a KL term": lambda p, b: our_loss(p, b, beta=0.04),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_would_show(mistake, policy, batch, tokenizer, tmp_path) -> None:
    """Each moves the gradient by more than 1 percent, ten thousand times the tolerance above."""
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="grpo", epsilon_high=0.28)
    theirs = gradients(policy, trl_loss(trainer, policy, batch))
    wrong = gradients(policy, MISTAKES[mistake](policy, batch))
    assert distance(wrong, theirs) > 0.01


KL_MISTAKES = {
    "KL the other way round": lambda lp, ref: kl_estimate(ref, lp),
    "k1, the log-ratio itself": lambda lp, ref: lp - ref,
    "k2, half its square": lambda lp, ref: 0.5 * (lp - ref) ** 2,
    "times the ratio, trl's default": None,
}


@pytest.mark.parametrize("mistake", KL_MISTAKES)
def test_a_mistaken_kl_would_show(mistake, policy, batch, tokenizer, tmp_path) -> None:
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="bnpo", beta=0.5)
    even = Batch(**{**vars(batch), "rewards": torch.zeros(3 * G, dtype=torch.float64)})  # the KL term alone
    theirs = gradients(policy, trl_loss(trainer, policy, even))
    log_probs, mask = policy_log_probs(policy, batch), batch.mask.bool()
    penalty = KL_MISTAKES[mistake]
    if penalty is None:
        ratio = (log_probs - batch.old_log_probs).exp()
        values = kl_estimate(log_probs, batch.ref_log_probs) * ratio
    else:
        values = penalty(log_probs, batch.ref_log_probs)
    wrong = gradients(policy, 0.5 * values[mask].mean())
    right = gradients(policy, our_loss(policy, even, variant="bnpo", beta=0.5))
    assert distance(right, theirs) < 1e-6
    assert distance(wrong, theirs) > 0.01
