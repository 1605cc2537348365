"""The reacting figure of chapter 4b's centre: what a prompt, rules, votes and training each bring."""

from collections.abc import Mapping, Sequence

from ...interactive import Picture, Settings, asset, choice, figure, num

Rungs = Mapping[str, Mapping[str, float]]  # of every rung, how often a vote of k is right, by "maj@k"
RUNGS = (
    "base",
    "+ prompt",
    "+ prompt, route",
    "+ prompt, check",
    "+ prompt, both",
    "R1-Zero",
    "R1-Zero, both",
)


def _decomposition_sentence(right: Mapping[str, float], k: int) -> str:
    base, prompt, rules, zero, forced = (right[RUNGS[i]] for i in (0, 1, 4, 5, 6))
    who = "One answer" if k == 1 else f"A vote of {k} answers"
    share = f"{num(100 * (rules - base) / (zero - base), 0)} %" if zero > base else "all"
    return (
        f"{who}: the base is right in {num(base)} of cases, with a prompt in {num(prompt)}, with prompt and "
        f"both rules in {num(rules)}; R1-Zero in {num(zero)}, with both rules in {num(forced)}. Without "
        f"training one gets {share} of what R1-Zero gains."
    )


def decomposition_figure(live: Rungs, recorded: Sequence[Rungs]) -> Picture:
    """How often every rung is right, by one answer or by a vote.

    live: the rungs of this run; recorded: those of every seed, perhaps of none. Raises ValueError
    unless each holds the same rungs and votes.
    """
    keys = list(live[RUNGS[0]])
    for run in (live, *recorded):
        if tuple(run) != RUNGS or any(list(found) != keys for found in run.values()):
            raise ValueError(f"every run needs the rungs {RUNGS} with {keys}, in this order")
    votes = [int(key.removeprefix("maj@")) for key in keys]
    shown = recorded or [live]
    says: list[tuple[Settings, str]] = []
    for key, k in zip(keys, votes, strict=True):
        mean = {name: sum(run[name][key] for run in shown) / len(shown) for name in RUNGS}
        says.append(({"k": str(k)} if says else {}, _decomposition_sentence(mean, k)))

    def rounded(run: Rungs) -> list[list[float]]:
        return [[round(run[name][key], 4) for key in keys] for name in RUNGS]

    options = [str(k) for k in votes]
    return figure(
        "decomposition",
        "On average a prompt and two rules, untrained, come close to R1-Zero",
        "What is left for training when answers vote?",
        [choice("k", "Answers that vote", options, options[0])],
        asset("ch04/decomposition.js"),
        {
            "rungs": RUNGS,
            "votes": votes,
            "live": rounded(live),
            "recorded": [rounded(run) for run in recorded],
        },
        says=says,
        height=54 + 34 * len(RUNGS),
    )
