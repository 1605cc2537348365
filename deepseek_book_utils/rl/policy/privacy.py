"""How much a learner with noisy gradients tells about any one person: an accountant of
Renyi differential privacy.

Differential privacy: whoever sees all that a training published can hardly say whether
one person took part. Whatever set of results one picks, its probability with that
person is at most e^epsilon times its probability without, plus delta, and vice versa.

The mechanism counted here is that of DP-SGD (Abadi et al., arXiv 1607.00133). In each
step every person takes part with probability q, by a coin of their own; each brings a
vector of length C at most; their sum gets Gaussian noise of standard deviation sigma C.
Renyi divergences of such steps simply add up (Mironov, arXiv 1702.07476), and the
divergence of one step is known exactly (Mironov, Talwar and Zhang, arXiv 1908.10530).
Here it is an integral over a line, computed as a sum over a fine grid.

Left out: other mechanisms, batches of a fixed size (their amplification is another),
and numerical accountants of the privacy loss itself, which find a smaller epsilon.
"""

import math
from collections.abc import Sequence

import torch

# Orders alpha at which divergences are kept: the best one depends on sigma and delta.
ORDERS = (*(1 + x / 10 for x in range(1, 100)), *range(11, 64), 80, 128, 256, 512)
# Less noise hides hardly anybody, and the grid of a sum grows as 1 / noise^2.
LEAST_NOISE = 0.05


def renyi_divergence(noise: float, sample_rate: float, order: float) -> float:
    """What one step tells of one person: the Renyi divergence of this order.

    noise: sigma, in units of the longest vector, at least LEAST_NOISE; sample_rate: q,
    the chance to take part; order: alpha > 1. Mironov, Talwar and Zhang (2019), section
    3. Raises ValueError on values without sense.
    """
    if not noise > 0 or not 0 <= sample_rate <= 1 or not 1 < order < math.inf:
        raise ValueError(
            f"noise = {noise}, sample_rate = {sample_rate}, order = {order}: take "
            "noise > 0, 0 <= sample_rate <= 1 and a finite order > 1; without noise "
            "nothing is private."
        )
    if sample_rate == 0:
        return 0.0
    if sample_rate == 1:
        return order / (2 * noise**2)  # no coin: two Gaussians, one apart
    if noise < LEAST_NOISE:
        raise ValueError(
            f"noise = {noise} hides hardly anybody, and to count what it tells would "
            f"take minutes: take at least {LEAST_NOISE}, or 0 for no privacy at all."
        )
    # Without the person a coordinate is N(0, sigma^2), with them sometimes N(1, .).
    # The grid reaches twelve sigma beyond both ends of what matters, 0 and alpha.
    width = noise * min(noise, 1.0) / 8
    count = math.ceil((order + 24 * noise) / width)
    z = width * torch.arange(count + 1, dtype=torch.float64) - 12 * noise
    density = -z.square() / (2 * noise**2) - math.log(noise * math.sqrt(2 * math.pi))
    # ratio(z) = (1 - q) + q exp((2 z - 1) / (2 sigma^2))
    taking_part = math.log(sample_rate) + (2 * z - 1) / (2 * noise**2)
    staying_out = torch.tensor(math.log1p(-sample_rate), dtype=torch.float64)
    ratio = torch.logaddexp(staying_out, taking_part)  # its logarithm
    # D = log E[ratio(z)^alpha] / (alpha - 1), z ~ N(0, sigma^2)
    moment = (density + order * ratio).logsumexp(dim=0) + math.log(width)
    return max(moment.item(), 0.0) / (order - 1)


def epsilon_from_renyi(
    divergences: Sequence[float], delta: float, orders: Sequence[float] = ORDERS
) -> float:
    """Epsilon at this delta from the sum of all steps' divergences, one an order.

    Every order gives a true bound; the smallest is taken. Balle et al. (arXiv
    1905.09982), theorem 21. Raises ValueError on values without sense.
    """
    if not 0 < delta < 1:
        raise ValueError(
            f"delta = {delta}: take 0 < delta < 1, and well below 1 / number of people."
        )
    bounds = (
        # D + log((alpha - 1) / alpha) - (log delta + log alpha) / (alpha - 1)
        divergence
        + math.log((order - 1) / order)
        - (math.log(delta) + math.log(order)) / (order - 1)
        for divergence, order in zip(divergences, orders, strict=True)
    )
    return max(min(bounds), 0.0)


def epsilon_spent(
    noise: float,
    sample_rate: float,
    steps: int,
    delta: float,
    orders: Sequence[float] = ORDERS,
) -> float:
    """Epsilon after so many steps with this noise and this chance to take part.

    Infinite without noise, zero without a step. Raises ValueError on values without
    sense.
    """
    if noise < 0 or steps < 0:
        raise ValueError(f"noise = {noise}, steps = {steps}: neither can be negative.")
    if steps == 0 or sample_rate == 0:
        return 0.0
    if noise == 0:
        return math.inf
    # Divergences of the same order add up, step by step       Mironov 2017, prop. 1
    spent = [steps * renyi_divergence(noise, sample_rate, order) for order in orders]
    return epsilon_from_renyi(spent, delta, orders)


def noise_for_epsilon(
    epsilon: float, sample_rate: float, steps: int, delta: float
) -> float:
    """The least noise, to a thousandth of it, that spends no more than `epsilon`.

    Raises ValueError on values without sense, for an epsilon that no noise reaches at
    this delta, and for one so large that less than LEAST_NOISE would do.
    """
    if not 0 < epsilon < math.inf or not 0 < sample_rate <= 1 or steps < 1:
        raise ValueError(
            f"epsilon = {epsilon}, sample_rate = {sample_rate}, steps = {steps}: take "
            "a finite epsilon > 0, 0 < sample_rate <= 1 and steps > 0."
        )
    least = epsilon_from_renyi([0.0] * len(ORDERS), delta)  # of steps that tell nothing
    if epsilon <= least:
        raise ValueError(
            f"epsilon = {epsilon} is out of reach: at delta = {delta} this accountant "
            f"never tells less than {least:.4g}. Take a larger epsilon or delta."
        )
    low, high = 0.1, 0.2
    if epsilon_spent(low, sample_rate, steps, delta) <= epsilon:
        low, high = LEAST_NOISE, low
        if epsilon_spent(low, sample_rate, steps, delta) <= epsilon:
            raise ValueError(
                f"epsilon = {epsilon} asks for a noise below {LEAST_NOISE}, which "
                "hides hardly anybody: take a smaller epsilon."
            )
    while epsilon_spent(high, sample_rate, steps, delta) > epsilon:
        low, high = high, 2 * high
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        enough = epsilon_spent(middle, sample_rate, steps, delta) <= epsilon
        low, high = (low, middle) if enough else (middle, high)
    return high
