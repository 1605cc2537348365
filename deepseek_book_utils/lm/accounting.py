"""What a language model costs, counted before anything runs: parameters, arithmetic,
the numbers that training keeps, and the cache.

Letters: T time, C channels, H heads, K key heads, D head size, F hidden channels, V
vocabulary, L layers.

One multiplication and one addition are two operations (FLOPs). A matrix costs two for
each of its numbers and each token forwards, and twice as much backwards (Kaplan et al.,
arXiv 2001.08361, section 2.1). Left out: norms, softmax, activations and additions,
which are few, and what an optimiser keeps.
"""

from dataclasses import dataclass

from .open_weights.gpt import GPTSettings


def parameter_counts(s: GPTSettings) -> dict[str, int]:
    """How many numbers each part of a GPT holds."""
    C, L, F = s.width, s.layers, s.hidden
    keys = s.key_heads * C // s.heads  # K D
    if s.style == "gpt2":
        attention, network, norm = 4 * C * C + 4 * C, 2 * C * F + F + C, 2 * C
    else:
        attention, network, norm = 2 * C * C + 2 * C * keys, 3 * C * F, C
    return {
        "embedding": s.vocabulary * C,
        "positions": s.context * C if s.style == "gpt2" else 0,
        "attention": L * attention,
        "network": L * network,
        "norms": (2 * L + 1) * norm,
        "head": 0 if s.tied else s.vocabulary * C,
    }


def matrix_numbers(s: GPTSettings) -> int:
    """Numbers in the matrices that every token is multiplied with, the head among them,
    biases and tables left out.
    """
    C, F, keys = s.width, s.hidden, s.key_heads * s.width // s.heads
    network = (2 if s.style == "gpt2" else 3) * C * F
    return s.layers * (2 * C * C + 2 * C * keys + network) + s.vocabulary * C


def forward_flops(s: GPTSettings, tokens: int, causal: bool = False) -> dict[str, int]:
    """Operations to read one text of T tokens: in its matrices, and in attention's
    products of queries, keys and values.

    All pairs of tokens are counted, or with `causal` those that a query may see:
    kernels that skip the others do half the work.
    """
    pairs = tokens * (tokens + 1) // 2 if causal else tokens * tokens
    return {
        "matrices": 2 * matrix_numbers(s) * tokens,
        "attention": 2 * 2 * s.layers * s.width * pairs,  # q k^T, and weights times v
    }


def training_flops(s: GPTSettings, tokens: int, causal: bool = False) -> int:
    """Operations to learn from one text of T tokens: forwards once, backwards twice."""
    return 3 * sum(forward_flops(s, tokens, causal).values())


def cache_numbers(s: GPTSettings, tokens: int) -> int:
    """Numbers in a cache of T tokens: keys and values of K heads in L layers."""
    return 2 * s.layers * s.key_heads * (s.width // s.heads) * tokens


def kept_numbers(s: GPTSettings, tokens: int) -> dict[str, int]:
    """Numbers that a block keeps of T tokens from the forward pass for the backward
    one, by part, without dropout.

    Attention keeps no T x T table: its kernel computes the weights again (Dao et al.,
    arXiv 2205.14135) and keeps one number a row.
    """
    C, F, H = s.width, s.hidden, s.heads
    gpt2 = s.style == "gpt2"
    return {
        # what a norm reads, and what the matrices behind it read; torch's RMSNorm also
        # keeps what it has before it multiplies with its weights
        "norms": (4 if gpt2 else 6) * C * tokens,
        # queries, keys, values, what the heads saw, and a sum for each row of weights
        "attention": (4 * C + H) * tokens,
        # inputs and outputs of the curve; the gated network has a second branch
        "network": (2 if gpt2 else 4) * F * tokens,
    }


@dataclass(frozen=True)
class DeepSeekSizes:
    """Sizes of a model with latent attention and experts, in the report's letters.

    The main model: without the module that predicts a second token.
    """

    vocabulary: int
    width: int  # d
    layers: int
    heads: int  # n_h
    query_latent: int  # d_c'
    latent: int  # d_c
    head_size: int  # d_h, of keys without positions and of values
    rotary_size: int  # d_h^R
    dense_layers: int  # the first ones, without experts
    dense_hidden: int
    experts: int  # N_r
    shared_experts: int  # N_s
    active_experts: int  # K_r
    expert_hidden: int


# DeepSeek-V3 (DeepSeek-AI, arXiv 2412.19437, section 4.2).
DEEPSEEK_V3 = DeepSeekSizes(
    vocabulary=129_280,
    width=7168,
    layers=61,
    heads=128,
    query_latent=1536,
    latent=512,
    head_size=128,
    rotary_size=64,
    dense_layers=3,
    dense_hidden=18_432,
    experts=256,
    shared_experts=1,
    active_experts=8,
    expert_hidden=2048,
)


def deepseek_counts(z: DeepSeekSizes) -> dict[str, tuple[int, int]]:
    """For each part, how many numbers it holds, and how many of them serve one token.

    The biases that balance the experts, one number for each, count with the gates.
    """
    H, d = z.heads, z.width
    latent = (
        d * z.query_latent  # down to the queries' latent, and up again
        + z.query_latent * H * (z.head_size + z.rotary_size)
        + d * (z.latent + z.rotary_size)  # to the latent and the rotary key
        + z.latent * H * 2 * z.head_size  # up to keys and values
        + H * z.head_size * d
    )
    sparse, expert = z.layers - z.dense_layers, 3 * d * z.expert_hidden
    active = sparse * (z.active_experts + z.shared_experts) * expert
    gates = sparse * (d + 1) * z.experts
    norms = z.layers * (2 * d + z.query_latent + z.latent) + d
    return {
        "embedding": (z.vocabulary * d, d),
        "attention": (z.layers * latent,) * 2,
        "dense networks": (z.dense_layers * 3 * d * z.dense_hidden,) * 2,
        "experts": (sparse * (z.experts + z.shared_experts) * expert, active),
        "gates": (gates, gates),
        "norms": (norms, norms),
        "head": (z.vocabulary * d,) * 2,
    }


def deepseek_training_flops(z: DeepSeekSizes, tokens: int) -> float:
    """Operations to learn from one token of a text of T tokens, causal pairs alone."""
    counts = deepseek_counts(z)
    matrices = sum(
        active for part, (_, active) in counts.items() if part != "embedding"
    )
    # scores read head and rotary channels, values head channels; T / 2 tokens are seen
    attention = z.layers * z.heads * (2 * z.head_size + z.rotary_size) * tokens / 2
    return 3 * 2 * (matrices + attention)


def deepseek_cache_numbers(z: DeepSeekSizes, tokens: int) -> int:
    """Numbers in the cache of T tokens: one latent and one rotary key a layer."""
    return z.layers * (z.latent + z.rotary_size) * tokens
