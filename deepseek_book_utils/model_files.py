"""Models as safetensors files: weights and settings, nothing that could run when a file is read.

A file is written whole or not at all, and a sum over its content finds damage.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from deepseek_book_utils.training import load_weights, write_whole

M = TypeVar("M", bound=nn.Module)


def content_sum(tensors: Mapping[str, Tensor], about: str) -> str:
    """A sum over the name, type, shape and bytes of every tensor, and over what the file says of itself."""
    digest = hashlib.sha256(about.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())  # type: ignore[arg-type]
    return digest.hexdigest()


def save_model(path: str | Path, model: nn.Module, **notes: str) -> None:
    """Write the weights of a model and its `settings`, a dataclass, with what else is to be remembered.

    Raises OSError if there is no room; an older file is then left as it was.
    """
    settings: Any = model.settings
    about = json.dumps({"kind": type(model).__name__, "settings": asdict(settings), "notes": notes})
    tensors = {name: weight.detach().cpu().contiguous() for name, weight in model.state_dict().items()}
    metadata = {"about": about, "sha256": content_sum(tensors, about)}
    write_whole(path, save(tensors, metadata))


def read_model_file(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a file, and what it says of itself: `kind`, `settings`, `notes`.

    Raises FileNotFoundError if there is none, ValueError if it is damaged or was not written by `save_model`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no model at {path}: make it, or correct the path.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        about, wanted = metadata["about"], metadata["sha256"]
    except (SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is damaged, or no model of this book ({error}): make it again.") from error
    if content_sum(tensors, about) != wanted:
        raise ValueError(f"{path} is damaged, its sum is another: make it again.")
    return tensors, json.loads(about)


def load_model(path: str | Path, build: Callable[[Any], M], settings: type) -> tuple[M, dict[str, str]]:
    """A model as it was saved, ready to answer, and its notes.

    As in `load_model(path, LanguageModel, ModelSettings)`: the model is built from its settings.
    Raises FileNotFoundError if there is no file, ValueError if it is damaged or holds another kind of model.
    """
    tensors, about = read_model_file(path)
    kind = getattr(build, "__name__", "model")
    try:
        if about["kind"] != kind:
            raise ValueError(f"it holds a {about['kind']}")
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in about["settings"].items()}
        model = build(settings(**values))
        load_weights(model, tensors)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is no {kind} of this release ({error}): make it again.") from error
    return model.eval(), about["notes"]
