"""Training and writing of a GPT, ours beside the programs a reader would use instead; writes
`benchmarks/results_gpt.json`.

`python -m benchmarks.gpt train` runs one part (`train`, `write`, `smollm2`, `int8`). nanoGPT is a program and
not on the package index: `NANOGPT=/path/to/nanoGPT/model.py` names its file. Without it transformers' GPT-2
stands alone beside ours, and the run says so.
"""

import argparse
import copy
import importlib.util
import json
import os
import platform
import warnings
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from benchmarks.measure import OURS, alternate, compare, parameters
from deepseek_book_utils.lm.open_weights.gpt import GPT
from deepseek_book_utils.lm.open_weights.inference import Blocks, InferenceGPT
from deepseek_book_utils.lm.open_weights.pretrained import from_transformers, gpt2_settings
from deepseek_book_utils.lm.open_weights.smollm2 import load_smollm2
from deepseek_book_utils.lm.reuse import write_with_cache

RESULTS = Path(__file__).parent / "results_gpt.json"
LINE = "    {name:30}{seconds:9.3f}{tokens_per_second:10,}{ours_is_faster:12}x   ({lowest} to {highest})"
NANO, THEIRS = "nanoGPT", "transformers' GPT-2"
TRAINED = "ours, as it is trained"
SAME_GELU = "nanoGPT, GPT-2's GELU"
V, PROMPT, NEW = 65, 32, 64
BLOCK = 192  # outputs a block: among the fastest for 16 rows, and divides SmolLM2's matrices
# width, layers, heads, tokens a row, rows, repetitions
SIZES = {"0.8M": (128, 4, 4, 64, 12, 7), "10M": (384, 6, 6, 64, 12, 3)}


def gpt2(width: int, layers: int, heads: int, context: int) -> GPT2LMHeadModel:
    """transformers' GPT-2 of this size, without dropout."""
    torch.manual_seed(0)
    off = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    sizes = {"n_embd": width, "n_layer": layers, "n_head": heads, "n_positions": context}
    ends = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 0}
    return GPT2LMHeadModel(GPT2Config(vocab_size=V, attn_implementation="sdpa", **sizes, **off, **ends))


def nano(width: int, layers: int, heads: int, context: int) -> nn.Module | None:
    """nanoGPT's model of this size, None where its file is not named."""
    if not (path := os.environ.get("NANOGPT")):
        print("    nanoGPT is left out: name its model.py, as NANOGPT=/path/to/nanoGPT/model.py")
        return None
    spec = importlib.util.spec_from_file_location("nanogpt_model", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sizes = {"n_layer": layers, "n_head": heads, "n_embd": width, "block_size": context}
    return module.GPT(module.GPTConfig(vocab_size=V, dropout=0.0, bias=True, **sizes))


def step(
    model: nn.Module, loss_of: Callable[[Tensor, Tensor], Tensor], tokens: Tensor, fused: bool | None = None
) -> Callable[[], None]:
    """Three updates: forward, backward, clipped gradient, AdamW, fused or torch's default."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=fused)

    def update() -> None:
        for _ in range(3):
            loss = loss_of(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    return update


def train() -> list[dict[str, Any]]:
    """Updates on rows of 64 tokens.

    Ours fuses AdamW, as the book does. The others take what their users get on a processor: nanoGPT fuses
    only on a GPU, transformers takes torch's default.
    """
    found = []
    for name, (width, layers, heads, length, rows, repetitions) in SIZES.items():
        tokens = torch.randint(1, V, (rows, length + 1), generator=torch.Generator().manual_seed(0))
        theirs, their_nano = (make(width, layers, heads, length) for make in (gpt2, nano))
        ours = GPT(gpt2_settings(theirs.config.to_dict()))
        contenders = {
            OURS: step(
                ours, lambda x, y, m=ours: F.cross_entropy(m(x).flatten(0, 1), y.flatten()), tokens, True
            ),
            THEIRS: step(
                theirs, lambda x, y, m=theirs: F.cross_entropy(m(x).logits.flatten(0, 1), y.flatten()), tokens
            ),
        }
        if their_nano is not None:
            # nanoGPT computes GELU exactly; GPT-2, and so ours, with a tanh, which takes longer
            same = copy.deepcopy(their_nano)
            for block in same.transformer.h:
                block.mlp.gelu = nn.GELU(approximate="tanh")
            for name_of, nano_model in ((NANO, their_nano), (SAME_GELU, same)):
                contenders[name_of] = step(nano_model, lambda x, y, m=nano_model: m(x, y)[1], tokens)
        title = f"Training, {name} parameters, {rows} x {length} tokens an update; ours with fused AdamW"
        found.append(table(title, contenders, 3 * rows * length, repetitions, 1.0, ours))
    return found


def write() -> list[dict[str, Any]]:
    """64 tokens after prompts of 32, the likeliest each time."""
    theirs = gpt2(128, 4, 4, PROMPT + NEW).eval()
    plain, found = from_transformers(theirs), []
    ours = InferenceGPT(plain)
    for rows, repetitions in ((1, 7), (128, 7)):
        prompts = torch.randint(1, V, (rows, PROMPT), generator=torch.Generator().manual_seed(0))
        contenders = {
            OURS: lambda p=prompts: write_with_cache(ours, p, NEW),
            TRAINED: lambda p=prompts: write_with_cache(plain, p, NEW),
            **generating(theirs, prompts, NEW),
        }
        found.append(table(f"Writing, 0.8M, batch {rows}", contenders, rows * NEW, repetitions, 2.0, plain))
    return found


def generating(model: Any, prompts: Tensor, new: int) -> dict[str, Callable[[], object]]:
    """transformers' `generate`, greedy, with its two kinds of cache."""
    mask = torch.ones_like(prompts)
    options = {"do_sample": False, "max_new_tokens": new, "min_new_tokens": new, "pad_token_id": 0}
    return {
        f"generate, {kind} cache": lambda kind=kind: model.generate(
            prompts, attention_mask=mask, cache_implementation=kind, **options
        )
        for kind in ("dynamic", "static")
    }


def smollm2() -> list[dict[str, Any]]:
    """The real model in fp32: 16 rows, 32 tokens each."""
    plain, rows, new = load_smollm2().model, 16, 32
    ours, theirs = InferenceGPT(plain, BLOCK), as_transformers(plain)
    prompts = torch.randint(1, 1000, (rows, PROMPT), generator=torch.Generator().manual_seed(0))
    contenders = {
        OURS: lambda: write_with_cache(ours, prompts, new),
        TRAINED: lambda: write_with_cache(plain, prompts, new),
        **generating(theirs, prompts, new),
        "its matrix products alone": lambda: products(ours, rows, new),
    }
    del contenders["generate, static cache"]
    return [table(f"Writing, SmolLM2-135M in fp32, batch {rows}", contenders, rows * new, 5, 1.3, plain)]


@torch.inference_mode()
def products(model: InferenceGPT, rows: int, new: int) -> None:
    """The products that writing cannot do without: of all prompts at once, then of a token a row."""
    layers = [layer for block in model.blocks for layer in vars(block).values() if isinstance(layer, Blocks)]
    for count in (rows * PROMPT, *[rows] * (new - 1)):
        inputs = {layer.weight.shape[1]: torch.randn(count, layer.weight.shape[1]) for layer in layers}
        for layer in layers:
            layer(inputs[layer.weight.shape[1]])
        model.head(inputs[model.settings.width][:rows])


def as_transformers(ours: GPT) -> LlamaForCausalLM:
    """A Llama of transformers with as many numbers; their values do not change what a step costs."""
    s = ours.settings
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=s.vocabulary,
            hidden_size=s.width,
            num_hidden_layers=s.layers,
            num_attention_heads=s.heads,
            num_key_value_heads=s.key_heads,
            intermediate_size=s.hidden,
            max_position_embeddings=s.context,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=None,
            attn_implementation="sdpa",
        )
    ).eval()


def int8() -> list[dict[str, Any]]:
    """SmolLM2 writes 16 tokens: linear layers in int8 (torch rounds what they read as well), and in fp32."""
    exact = load_smollm2().model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.ao is to move to torchao
        rounded = torch.ao.quantization.quantize_dynamic(copy.deepcopy(exact), {nn.Linear}, torch.qint8)
    prompts = torch.randint(1, 1000, (1, PROMPT), generator=torch.Generator().manual_seed(0))
    contenders = {
        OURS: lambda: write_with_cache(exact, prompts, 16),
        "linear layers in int8": lambda: write_with_cache(rounded, prompts, 16),
    }
    return [
        table(
            "Writing, SmolLM2-135M, batch 1, as it is trained; ours: in fp32", contenders, 16, 3, None, exact
        )
    ]


def table(
    title: str,
    contenders: dict[str, Callable[[], object]],
    tokens: int,
    repetitions: int,
    aim: float | None,
    model: nn.Module,
) -> dict[str, Any]:
    """Measure in turn, print, and return what stands in the file."""
    print(f"{title}; parameters: {parameters(model):,}", flush=True)
    rows = compare(alternate(contenders, repetitions), tokens)
    print("\n".join(LINE.format(**row) for row in rows), flush=True)
    return {"title": title, "parameters": parameters(model), "aim": aim, "rows": rows}


PARTS = {"train": train, "write": write, "smollm2": smollm2, "int8": int8}


def main() -> None:
    """Measure, print, write; parts that are not asked for stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them if none is named")
    chosen = parser.parse_args().parts or list(PARTS)
    torch.set_num_threads(1)
    old = json.loads(RESULTS.read_text())["benchmarks"] if RESULTS.is_file() else {}
    for part in chosen:
        record = {
            "command": "make bench",
            "date": date.today().isoformat(),
            "machine": f"{platform.system()} {platform.machine()}, one thread, CPU seconds of the process",
            "python": platform.python_version(),
            "versions": {name: version(name) for name in ("torch", "transformers")},
            "benchmarks": (old := old | {part: PARTS[part]()}),
        }
        RESULTS.write_text(json.dumps(record, indent=2) + "\n")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
