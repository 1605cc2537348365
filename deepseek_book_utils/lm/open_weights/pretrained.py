"""Weights of others in our GPT: from the names and layouts of the transformers library
to ours.

Letters: C channels, H heads, D head size.

Three things differ besides names. GPT-2 keeps its matrices transposed, inputs first.
Llama keeps queries, keys and values apart, where ours are one matrix. And its rotary
positions turn the channels i and i + D/2 of a head together, where the paper (RoFormer,
arXiv 2104.09864, eq. 34) and we pair neighbours: the rows of its matrices for queries
and keys change places, and the products of queries and keys stay what they were.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, cat, nn

from ...training import load_weights
from .gpt import GPT, GPTSettings

# Our name -> that of GPT-2's weights.
GPT2_NAMES = {
    "norms.0": "ln_1",
    "qkv": "attn.c_attn",
    "out": "attn.c_proj",
    "norms.1": "ln_2",
    "up": "mlp.c_fc",
    "down": "mlp.c_proj",
}
# The same for Llama; queries, keys and values are joined.
LLAMA_NAMES = {
    "norms.0": "input_layernorm",
    "out": "self_attn.o_proj",
    "norms.1": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}


def gpt2_settings(config: Mapping[str, Any], padding: int = 0) -> GPTSettings:
    """The settings of a GPT-2 by its configuration; ValueError if ours cannot be it."""
    _refuse_unless(config, "activation_function", "gelu_new")
    return GPTSettings(
        vocabulary=config["vocab_size"],
        padding=padding,
        style="gpt2",
        width=config["n_embd"],
        layers=config["n_layer"],
        heads=config["n_head"],
        key_heads=config["n_head"],
        hidden=config.get("n_inner") or 4 * config["n_embd"],
        context=config["n_positions"],
        epsilon=config["layer_norm_epsilon"],
        dropout=config.get("resid_pdrop", 0.0),
        tied=config.get("tie_word_embeddings", True),
    )


def llama_settings(config: Mapping[str, Any], padding: int = 0) -> GPTSettings:
    """The settings of a Llama from its configuration; ValueError if ours cannot be it.

    `padding` must be a token that no text holds: what a tokenizer calls its padding may
    also end a turn.
    """
    width, heads = config["hidden_size"], config["num_attention_heads"]
    rope = config.get("rope_parameters") or {}
    _refuse_unless(config, "hidden_act", "silu")
    _refuse_unless(config, "attention_bias", False)
    _refuse_unless(config, "head_dim", width // heads)
    _refuse_unless(config, "rope_scaling", None)
    _refuse_unless(rope, "rope_type", "default")
    return GPTSettings(
        vocabulary=config["vocab_size"],
        padding=padding,
        style="llama",
        width=width,
        layers=config["num_hidden_layers"],
        heads=heads,
        key_heads=config["num_key_value_heads"],
        hidden=config["intermediate_size"],
        context=config["max_position_embeddings"],
        base=rope.get("rope_theta") or config["rope_theta"],
        epsilon=config["rms_norm_eps"],
        tied=config["tie_word_embeddings"],
    )


def _refuse_unless(config: Mapping[str, Any], key: str, wanted: Any) -> None:
    """Raise ValueError if the configuration names something else than we compute."""
    found = config.get(key, wanted)
    if found != wanted and found is not None:
        raise ValueError(
            f"This model has {key} = {found!r}, and ours computes {wanted!r}: load it "
            "with transformers instead."
        )


def pair_neighbours(weight: Tensor, heads: int) -> Tensor:
    """Rows (H D, C) whose pairs are i and i + D/2 within a head, so ordered that the
    pairs are 2i and 2i + 1.
    """
    halves = weight.unflatten(0, (heads, 2, -1))  # (H D, C) -> (H, 2, D/2, C)
    return halves.transpose(1, 2).flatten(0, 2)


def gpt2_weights(theirs: Mapping[str, Tensor], s: GPTSettings) -> dict[str, Tensor]:
    """GPT-2's weights under our names; raises KeyError if one is missing."""
    ours = {
        "words.weight": theirs["transformer.wte.weight"],
        "positions.weight": theirs["transformer.wpe.weight"],
    }
    for layer in range(s.layers):
        for our, their in GPT2_NAMES.items():
            for kind in ("weight", "bias"):
                tensor = theirs[f"transformer.h.{layer}.{their}.{kind}"]
                # inputs first -> outputs first, as nn.Linear keeps them
                ours[f"blocks.{layer}.{our}.{kind}"] = (
                    tensor.T if tensor.ndim == 2 else tensor
                )
    for kind in ("weight", "bias"):
        ours[f"norm.{kind}"] = theirs[f"transformer.ln_f.{kind}"]
    return ours if s.tied else ours | {"head.weight": theirs["lm_head.weight"]}


def llama_weights(theirs: Mapping[str, Tensor], s: GPTSettings) -> dict[str, Tensor]:
    """Llama's weights under our names; raises KeyError if one is missing."""
    ours = {
        "words.weight": theirs["model.embed_tokens.weight"],
        "norm.weight": theirs["model.norm.weight"],
    }
    for layer in range(s.layers):
        before = f"model.layers.{layer}"
        q, k, v = (theirs[f"{before}.self_attn.{x}_proj.weight"] for x in "qkv")
        rows = (pair_neighbours(q, s.heads), pair_neighbours(k, s.key_heads), v)
        ours[f"blocks.{layer}.qkv.weight"] = cat(rows)
        for our, their in LLAMA_NAMES.items():
            ours[f"blocks.{layer}.{our}.weight"] = theirs[f"{before}.{their}.weight"]
    return ours if s.tied else ours | {"head.weight": theirs["lm_head.weight"]}


def lay_inputs_first(model: nn.Module) -> None:
    """Keep the matrices (outputs, inputs) of linear layers with their inputs first in
    memory, as GPT-2's files do; shapes and numbers stay.

    torch multiplies a single row by such a matrix up to twice as fast. Its FSDP2 asks
    for the usual order: `weight.data = weight.data.contiguous()`.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data = layer.weight.data.T.contiguous().T


def from_transformers(model: nn.Module, padding: int = 0) -> GPT:
    """Our GPT with the weights of a GPT2LMHeadModel or a LlamaForCausalLM, ready to
    answer.

    Raises ValueError for a model of another kind, or one that ours cannot be.
    """
    config: Any = model.config
    described = config.to_dict()
    if config.model_type == "gpt2":
        settings, convert = gpt2_settings(described, padding), gpt2_weights
    elif config.model_type == "llama":
        settings, convert = llama_settings(described, padding), llama_weights
    else:
        raise ValueError(
            f"A model of type {config.model_type!r} is neither a GPT-2 nor a Llama: "
            "these two can be loaded."
        )
    ours = GPT(settings)
    load_weights(ours, convert(model.state_dict(), settings))
    if settings.style == "gpt2":
        lay_inputs_first(ours.blocks)
    return ours.to(next(model.parameters()).dtype).eval()
