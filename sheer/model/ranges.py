"""How far a prediction may be off for want of published numbers.

Comes in: a Chip, a time, and the function that gives the time of a changed chip. Goes out: the least and the greatest time, and the assumed
numbers that move it. Every assumed number is moved by ASSUMED_RANGE, one by one; the changes are added as independent errors are.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sheer.chips import vocabulary
from sheer.chips.schema import Chip

# An assumed number may be off by this much, either way.
ASSUMED_RANGE = 0.25
# Not quantities that may be off: a point that others refer to. Counts of units don't vary either.
CHOSEN = ("reference_clock_hz",)


def around(
    chip: Chip, base_s: float, time_of: Callable[[Chip], float], needs: tuple[str, ...] = ("device", "model")
) -> tuple[float, float, tuple[str, ...]]:
    """(low, high, names of the numbers that move the time by more than 1 %)."""
    up = down = 0.0
    leans: list[tuple[float, str]] = []
    for name in chip.assumed():
        row = vocabulary.TABLE[name]
        if row.need not in needs and not name.endswith(("_flops", "_ops")):
            continue
        if name in CHOSEN or (row.section == "compute" and row.unit == "1"):
            continue
        times = [
            time_of(chip.changed(**{name: _moved(chip, name, factor)}))
            for factor in (1 - ASSUMED_RANGE, 1 + ASSUMED_RANGE)
        ]
        change = max(abs(t - base_s) for t in times)
        up += max(0.0, max(times) - base_s) ** 2
        down += max(0.0, base_s - min(times)) ** 2
        if change > 0.01 * base_s:
            leans.append((change, name))
    return base_s - math.sqrt(down), base_s + math.sqrt(up), tuple(name for _, name in sorted(leans, reverse=True))


def _moved(chip: Chip, name: str, factor: float) -> float:
    value = chip.value(name) * factor
    if vocabulary.TABLE[name].unit in ("1", "B"):
        if isinstance(chip.value(name), int):
            return max(1, round(value))
        return min(1.0, value)  # efficiencies
    return value
