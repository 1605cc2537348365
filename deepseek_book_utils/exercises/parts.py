"""Partial credit: an answer of several parts earns its points part by part."""

from collections.abc import Callable, Mapping

from .checking import Wrong

PASSED, FAILED, UNSEEN = "✔", "✘", "–"


def judge_parts(parts: Mapping[str, Callable[[], None]], after: Mapping[str, str] | None = None) -> None:
    """Run the grader of every part, also after one has failed.

    after: part -> an earlier part without which it is not looked at.

    Raises Wrong for the first part that fails; it says how all stand, and carries the share that is right.
    """
    signs: dict[str, str] = {}
    wrong: list[tuple[str, Wrong]] = []
    for part, judge in parts.items():
        needed = (after or {}).get(part)
        if needed and signs[needed] != PASSED:
            signs[part] = UNSEEN
            continue
        try:
            judge()
            signs[part] = PASSED
        except Wrong as told:
            signs[part] = FAILED
            wrong.append((part, told))
    if not wrong:
        return
    part, first = wrong[0]
    state = ", ".join(f"{name} {sign}" for name, sign in signs.items())
    right = list(signs.values()).count(PASSED)
    if right:
        state += f": {right} of {len(parts)} parts {'earns its' if right == 1 else 'earn their'} points."
    raise Wrong(
        f"{state}\n  {part[0].upper()}{part[1:]}: {first.misconception}", first.hint, right / len(parts)
    )
