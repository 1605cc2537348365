"""What can be sampled, scored and trained: the only thing that `generate`,
`response_log_probs` and the loops of reinforcement learning ask of a language model.

Letters: N prompts, G rows of a group, B rows, T time, V vocabulary, M positions that
carry loss.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from torch import Tensor, nn


class Memory(Protocol):
    """What a policy has read so far, for each of B rows."""

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone: where (B,) is True, or of these numbers, in this
        order, repeated or not.
        """


class Sizes(Protocol):
    """What must be known of a policy before it is used."""

    @property
    def context(self) -> int:
        """The longest sequence, prompt and response together."""


class Policy(Protocol):
    """A language model, whatever is inside it; every `nn.Module` with these two methods
    and `settings.context` is one.
    """

    @property
    def settings(self) -> Sizes:
        """Its sizes."""

    def read(self, prompts: Tensor, group_size: int = 1) -> Memory:
        """Read prompts (N, Tp), padded on the left, once for `group_size` rows each, in
        order; padding is what the policy itself knows as such. Tp may be 0.
        """

    def forward(
        self,
        tokens: Tensor,
        cache: Any = None,
        mask: Tensor | None = None,
        select: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, T, V) of the word after each of tokens (B, T), or (M, V) where
        `select` (B, T) is True.

        With what `read` returned as `cache`, the tokens follow what it holds, and it
        takes them in: one token a row or many, with gradients unless torch is told
        otherwise. Without it they are whole texts, causal or by `mask` (B, 1, T, T).
        """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`forward`, and what was hooked to it."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """What is trained."""
