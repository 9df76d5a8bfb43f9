"""How far a prediction may be off for want of published numbers.

Comes in: a Chip, times, and the function that gives the times of a changed chip. Goes out: the least and the greatest of each, and the assumed
numbers that move it. Every assumed number is moved by ASSUMED_RANGE, one by one; the changes are added as independent errors are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sheer.chips import vocabulary
from sheer.chips.schema import Chip

# An assumed number may be off by this much, either way.
ASSUMED_RANGE = 0.25
# Not quantities that may be off: a point that others refer to. Counts of units don't vary either.
CHOSEN = ("reference_clock_hz",)


class Range(NamedTuple):
    """How far a time may go, and the assumed numbers that move it by more than 1 %, most first."""

    low_s: float
    high_s: float
    leans_on: tuple[str, ...]


def around(
    chip: Chip, base_s: float, time_of: Callable[[Chip], float], needs: tuple[str, ...] = ("device", "model")
) -> Range:
    """The range of one time."""
    return each(chip, {"": base_s}, lambda other: {"": time_of(other)}, needs)[""]


def each(
    chip: Chip, base_s: Mapping[str, float], times_of: Callable[[Chip], Mapping[str, float]], needs: tuple[str, ...]
) -> dict[str, Range]:
    """The range of each of several times, by its name."""
    up, down = dict.fromkeys(base_s, 0.0), dict.fromkeys(base_s, 0.0)
    leans: dict[str, list[tuple[float, str]]] = {what: [] for what in base_s}
    for name in chip.assumed():
        row = vocabulary.TABLE[name]
        if row.need not in needs and not name.endswith(("_flops", "_ops")):
            continue
        if name in CHOSEN or (row.section == "compute" and row.unit == "1"):
            continue
        moved = [times_of(chip.changed(**{name: _moved(chip, name, f)})) for f in (1 - ASSUMED_RANGE, 1 + ASSUMED_RANGE)]
        for what, base in base_s.items():
            times = [found[what] for found in moved]
            up[what] += max(0.0, max(times) - base) ** 2
            down[what] += max(0.0, base - min(times)) ** 2
            change = max(abs(t - base) for t in times)
            if change > 0.01 * base:
                leans[what].append((change, name))
    return {
        what: Range(base - math.sqrt(down[what]), base + math.sqrt(up[what]), tuple(name for _, name in sorted(leans[what], reverse=True)))
        for what, base in base_s.items()
    }


def _moved(chip: Chip, name: str, factor: float) -> float:
    value = chip.value(name) * factor
    if vocabulary.TABLE[name].unit in ("1", "B"):
        if isinstance(chip.value(name), int):
            return max(1, round(value))
        return min(1.0, value)  # efficiencies
    return value
