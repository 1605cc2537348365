"""Three ways to write the same text, and how many tokens each of them reads.

Letters: N prompts, P tokens of a shared beginning, T tokens of a prompt, n new tokens.

`write_plainly` reads the whole text again for every new token. `write_with_cache` reads
every token once. `write_after_prefix` reads a beginning once that all prompts share;
interfaces of language models sell that as context caching. All three choose the
likeliest token (greedy decoding), so that their texts can be compared token for token.
Left out: prompts of different lengths, and an end.
"""

import torch
from torch import Tensor

from .model import LanguageModel
from .policy import Policy


def check_room(model: Policy, length: int, new: int) -> None:
    """Raise ValueError unless a text of `length` and `new` tokens is possible."""
    if length < 1 or new < 1:
        raise ValueError("Give at least one token to read, and ask for one new one.")
    if length + new > model.settings.context:
        raise ValueError(
            f"{length} tokens and {new} new ones exceed the model's context of "
            f"{model.settings.context}: ask for fewer."
        )


@torch.inference_mode()
def write_plainly(model: LanguageModel, prompts: Tensor, new: int) -> Tensor:
    """(N, T) -> (N, n) likeliest tokens; for each of them everything is read anew."""
    check_room(model, prompts.shape[1], new)
    texts = prompts
    for _ in range(new):
        likeliest = model(texts)[:, -1].argmax(dim=-1)  # (N, T + t, V) -> (N,)
        texts = torch.cat((texts, likeliest[:, None]), dim=1)
    return texts[:, prompts.shape[1] :]


@torch.inference_mode()
def write_with_cache(model: Policy, prompts: Tensor, new: int) -> Tensor:
    """(N, T) -> (N, n) likeliest tokens; each token is read once."""
    check_room(model, prompts.shape[1], new)
    cache = model.read(prompts[:, :-1])
    tokens, written = prompts[:, -1:], []
    for _ in range(new):
        tokens = model(tokens, cache)[:, -1:].argmax(dim=-1)  # (N, 1, V) -> (N, 1)
        written.append(tokens)
    return torch.cat(written, dim=1)


@torch.inference_mode()
def write_after_prefix(
    model: Policy, prefix: Tensor, prompts: Tensor, new: int
) -> Tensor:
    """(P,), (N, T) -> (N, n) likeliest tokens after the prefix and each prompt; the
    prefix is read once for all.
    """
    check_room(model, len(prefix) + prompts.shape[1], new)
    cache = model.read(prefix[None])
    cache.keep(torch.zeros(len(prompts), dtype=torch.long, device=prefix.device))
    tokens, written = prompts, []
    for _ in range(new):
        tokens = model(tokens, cache)[:, -1:].argmax(dim=-1)
        written.append(tokens)
    return torch.cat(written, dim=1)


def tokens_read(prompts: int, length: int, new: int, prefix: int = 0) -> dict[str, int]:
    """How many tokens each way reads for N prompts of T tokens, after a prefix of P.

    plain: N ((P + T) + (P + T + 1) + ... + (P + T + n - 1)); cached: N (P + T + n - 1);
    shared: P + N (T + n - 1).
    """
    whole = prefix + length
    return {
        "plain": prompts * sum(range(whole, whole + new)),
        "cached": prompts * (whole + new - 1),
        "shared": prefix + prompts * (length + new - 1),
    }


def cache_bytes(model: LanguageModel, tokens: int) -> int:
    """Bytes of keys and values of so many tokens: 2 layers width tokens numbers."""
    s, number = model.settings, model.head.weight.element_size()
    return 2 * s.layers * s.width * tokens * number
