"""What a change of the chip or of the launches would bring to a program that ran.

Comes in: a Run and a Chip. Goes out: for each change the times and the energy that it would leave, the most useful first.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.base.counters import Launch, Run
from sheer.chips.schema import Chip
from sheer.model.program import price_run

RATES = ("fp32_flops", "fp64_flops", "fp64_tensor_flops", "tf32_flops", "fp16_flops", "bf16_flops", "int8_ops")
TENSOR = ("fp64_tensor_flops", "tf32_flops", "fp16_flops", "bf16_flops", "int8_ops")
# A change of the chip: numbers, and what they are multiplied by.
CHANGES: dict[str, tuple[tuple[str, ...], float]] = {
    "a quarter more memory bandwidth": (("memory_bandwidth_Bps",), 1.25),
    "a quarter more L2 bandwidth": (("l2_bytes_per_clock",), 1.25),
    "twice the L2": (("l2_bytes", "l2_near_bytes"), 2.0),
    "twice the L1 and shared memory": (
        ("l1_bytes_per_multiprocessor", "l1_least_bytes_per_multiprocessor", "shared_bytes_per_multiprocessor", "shared_bytes_per_block"),
        2.0,
    ),
    "twice the bandwidth of L1 and shared memory": (("shared_bytes_per_clock", "load_store_lanes_per_multiprocessor"), 2.0),
    "twice the registers": (("registers_per_multiprocessor",), 2.0),
    "a quarter more multiprocessors": (("multiprocessors", *RATES), 1.25),
    "a tenth more clock": (("clock_hz", *RATES), 1.1),
    "twice the tensor rate": (TENSOR, 2.0),
    "half the memory latency": (("memory_latency_s",), 0.5),
    "a quarter more power": (("tdp_w",), 1.25),
    "half the launch gap": (("launch_s",), 0.5),
    "twice the host link": (("pcie_lanes",), 2.0),
}
FEWER_REGISTERS = "a quarter fewer registers a thread"


class Effect(NamedTuple):
    """What a change would leave; one time is that of today."""

    change: str
    kernels: float  # time of all kernels over that of today
    total: float
    energy: float


def effects(run: Run, chip: Chip) -> list[Effect]:
    """All changes that the chip file has the numbers for."""
    base = price_run(run, chip, with_range=False)
    found = []
    for change, (names, factor) in CHANGES.items():
        values = {name: _times(chip.value(name), factor) for name in names if name in chip.numbers}
        if values:
            found.append((change, price_run(run, chip.changed(**values), with_range=False)))
    found.append((FEWER_REGISTERS, price_run(_leaner(run), chip, with_range=False)))
    result = [
        Effect(
            change,
            p.kernel_s / base.kernel_s if base.kernel_s else 1.0,
            p.total_s / base.total_s if base.total_s else 1.0,
            p.energy_J / base.energy_J if base.energy_J else 1.0,
        )
        for change, p in found
    ]
    return sorted(result, key=lambda effect: effect.total)


def _times(value: float, factor: float) -> float:
    return round(value * factor) if isinstance(value, int) else value * factor


def _leaner(run: Run) -> Run:
    """The run with launches that take a quarter fewer registers, as __launch_bounds__ would have it; what they would spill is not counted."""
    events = tuple(
        event._replace(registers=max(16, event.registers * 3 // 4)) if isinstance(event, Launch) else event for event in run.events
    )
    return run._replace(events=events)
