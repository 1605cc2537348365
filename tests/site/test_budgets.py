"""What each chapter costs, in CPU seconds, memory and kilobytes: the table, and where it is far too much."""

import warnings
from pathlib import Path

from tools.build import BUDGET, costs, table

MOST = 1.5  # a budget is a wish; one that is passed by half is a fault
SLOWEST = 3  # CPU seconds grow with a neighbour on the machine: the same chapter took 96 and 255


def over(found: dict[str, dict[str, float]]) -> list[str]:
    """What passes its budget by more than half; CPU seconds may also be those of a slow machine."""
    return [
        f"{name}: {cost[part]:.0f} {part}, budget {most}"
        for name, cost in found.items()
        for part, most in BUDGET.items()
        if cost[part] > (SLOWEST if part == "CPU s" else MOST) * most
    ]


def test_chapters_keep_to_their_budgets(site: Path) -> None:
    found = costs(site.parent)
    print(f"\n{table(found)}")
    slow = [name for name, cost in found.items() if cost["CPU s"] > MOST * BUDGET["CPU s"]]
    if slow:
        warnings.warn(f"over {MOST:g} budgets of CPU seconds, here at least: {', '.join(slow)}", stacklevel=1)
    assert found and over(found) == [], f"\n{table(found)}"


def test_every_page_keeps_to_its_budget(site: Path) -> None:
    most = MOST * BUDGET["page kB"]
    sizes = {page.relative_to(site).as_posix(): page.stat().st_size / 1000 for page in site.rglob("*.html")}
    assert sizes and {name: round(size) for name, size in sizes.items() if size > most} == {}


def test_a_cost_over_its_budget_is_marked_and_by_half_is_named() -> None:
    cheap = dict.fromkeys(BUDGET, 1.0)
    found = {"a": cheap, "b": {**cheap, "CPU s": 130.0}, "c": {**cheap, "MiB": 2000.0}}
    assert over(found) == ["c: 2000 MiB, budget 1229"]
    assert over({"d": {**cheap, "CPU s": 361.0}}) == ["d: 361 CPU s, budget 120"]
    lines = table(found).splitlines()
    assert ["*" in line for line in lines] == [False, False, True, True, False]
