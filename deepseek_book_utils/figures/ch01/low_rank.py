"""The reacting figure on low rank: how many directions the change of fine-tuning needs."""

from collections.abc import Sequence

from ...interactive import Picture, asset, figure, num, slider

START = 8


def _sentence(shares: Sequence[Sequence[float]], rank: int, outputs: int, inputs: int) -> str:
    held = [100 * curve[rank - 1] for curve in shares]
    trained = rank * (outputs + inputs)
    return (
        f"r = {rank}: the first {rank} {'direction holds' if rank == 1 else 'directions hold'} "
        f"{num(sum(held) / len(held), 1)} % of the change. LoRA of this rank trains {trained:,} "
        f"numbers a matrix, {num(100 * trained / (outputs * inputs), 1)} % of its {outputs * inputs:,}."
    )


def low_rank_figure(shares: Sequence[Sequence[float]], outputs: int, inputs: int, title: str) -> Picture:
    """For each seed, the share of the change that its first r directions hold, r from 1 on.

    Raises ValueError unless the curves are of one length, at least 16.
    """
    lengths = {len(curve) for curve in shares}
    if len(lengths) != 1 or min(lengths) < 16:
        raise ValueError(f"give curves of one length, at least 16; got {sorted(lengths)}")
    curves = [[round(value, 4) for value in curve] for curve in shares]
    ranks = [START, 1, 16, len(curves[0])]
    return figure(
        "low-rank",
        title,
        "How many directions hold nine tenths of the change?",
        [slider("rank", "Rank r", 1, len(curves[0]), 1, START)],
        asset("ch01/low_rank.js"),
        {"shares": curves, "outputs": outputs, "inputs": inputs},
        says=[
            ({} if rank == START else {"rank": rank}, _sentence(curves, rank, outputs, inputs))
            for rank in ranks
        ],
        height=270,
    )
