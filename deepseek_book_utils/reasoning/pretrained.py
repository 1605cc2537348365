"""The miniature's base, pretrained once and kept: a chapter that only starts from it
loads it.

The file's name tells the settings, the code that makes the base and the seed, so that
an old base never stands in for a new one.
"""

import hashlib
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from filelock import FileLock

from ..lm.model import LanguageModel
from ..lm.pretraining import PretrainSettings, pretrain
from ..training import load_checkpoint, load_weights, save_checkpoint
from .base import MINIATURE, sample_page
from .corpus import CorpusSettings
from .instructions import WIDER, GeneralSettings, sample_wider_page

PACKAGE = Path(__file__).resolve().parent.parent
# The code that makes a base: a test compares this with what `base` imports.
MAKERS = (
    "lm/*.py",
    "nn/muon.py",
    "reasoning/base.py",
    "reasoning/corpus.py",
    "reasoning/instructions.py",
    "reasoning/language.py",
    "settings.py",
)


def artefacts() -> Path:
    """Where bases are kept: in the repository's `_build`, else in the user's cache."""
    if (PACKAGE.parent / "notebooks").is_dir():
        return PACKAGE.parent / "_build" / "artefacts"
    return Path.home() / ".cache" / "deepseek_book_utils"


def makers() -> list[Path]:
    """The files of `MAKERS`, sorted."""
    return sorted(path for pattern in MAKERS for path in PACKAGE.glob(pattern))


def base_key(
    settings: PretrainSettings,
    corpus: CorpusSettings,
    general: GeneralSettings | None = None,
) -> str:
    """Twelve letters for the sizes, the settings, torch and the code that makes it."""
    digest = hashlib.sha256()
    read = (settings, corpus, general) if general else (settings, corpus)
    sizes = WIDER if general else MINIATURE
    digest.update(repr([asdict(one) for one in (sizes, *read)]).encode())
    digest.update(torch.__version__.encode())
    for path in makers():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def pretrained_base(
    seed: int,
    settings: PretrainSettings = PretrainSettings(),
    folder: Path | None = None,
    corpus: CorpusSettings = CorpusSettings(),
    general: GeneralSettings | None = None,
    anew: bool = False,
) -> LanguageModel:
    """The base of this seed: loaded, or trained and kept for the next time; with
    `anew` it is trained in any case, so that one can time it. With `general` it is the
    wider one, which reads lists and wishes too.

    Two processes that ask at once train it once; an interrupted training leaves
    nothing. A damaged file is replaced, and said. The global random state stays as it
    was.
    """
    folder = folder or artefacts()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"base-{base_key(settings, corpus, general)}-{seed}.pt"
    sizes, page = MINIATURE, partial(sample_page, corpus=corpus)
    if general:
        sizes = WIDER
        page = partial(sample_wider_page, corpus=corpus, general=general)
    with torch.random.fork_rng(), FileLock(f"{path}.lock"):
        torch.manual_seed(seed)
        model = LanguageModel(sizes)
        if path.exists() and not anew:
            try:
                load_weights(model, load_checkpoint(path)["model"])
                return model
            except (ValueError, KeyError) as error:
                print(f"{path} cannot be used ({error}): the base is trained again.")
        pretrain(model, settings, seed, page)
        save_checkpoint(path, {"model": model.state_dict()})
    return model
