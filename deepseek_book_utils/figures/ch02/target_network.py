"""The reacting figure of chapter 2 on target networks: how a slow copy lags.

The drawing lies in `target_network.js` and computes in the page. The sentence that it must
reach is computed here, so that figure and text cannot part.
"""

from collections.abc import Sequence
from statistics import fmean

from ...interactive import Picture, Settings, asset, figure, num, slider


def _target_sentence(trace: Sequence[float], tau: float) -> str:
    target = [trace[0]]
    for online in trace[1:]:
        # theta' <- theta' + tau (theta - theta')                    arXiv 1509.02971
        target.append(target[-1] + tau * (online - target[-1]))
    moves, slow = (fmean(abs(b - a) for a, b in zip(one, one[1:], strict=False)) for one in (trace, target))
    away = fmean(abs(a - b) for a, b in zip(trace, target, strict=True))
    return (
        f"τ = {num(tau, 3)}: the target's steps are {num(100 * slow / moves, 1)} % as "
        f"large as the online network's, and it stands {num(away, 1)} away from it on "
        "average."
    )


def target_network_figure(trace: Sequence[float]) -> Picture:
    """A slow copy of a recorded estimate: the smaller tau, the calmer and the later.

    trace: one state's value by the online network, about 300 updates of it. The target
    is filtered as if its parameters' average averaged its outputs.
    """
    shown = [round(float(v), 2) for v in trace]
    if len(set(shown)) < 2:
        raise ValueError("the trace needs values that change: record more updates")
    taus = (0.005, 0.001, 0.01, 0.05, 0.1)
    changes: list[Settings] = [{}, *({"tau": tau} for tau in taus[1:])]
    return figure(
        "target-network",
        "A target network trades lag for calm",
        "Which τ would you choose?",
        [slider("tau", "τ", 0.001, 0.1, 0.001, taus[0])],
        asset("ch02/target_network.js"),
        {"trace": shown},
        says=[(c, _target_sentence(shown, tau)) for c, tau in zip(changes, taus, strict=True)],
    )
