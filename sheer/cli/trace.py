"""A program's timeline on a chip as a trace that Perfetto (ui.perfetto.dev) and chrome://tracing open.

Comes in: a Program. Goes out: JSON of the Trace Event Format: a process for each device, a row for each stream (more where branches of a graph run side by
side), power as a counter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheer.chips.schema import Chip
    from sheer.model.program import Priced, Program

US = 1e6


def trace(label: str, chip: Chip, program: Program) -> dict[str, Any]:
    """The whole trace."""
    events: list[dict[str, Any]] = []
    devices = range(len(program.timeline.power))
    for device in devices:
        events.append(_named("process_name", device, 0, f"{chip.name} ({label})" + (f" {device}" if len(devices) > 1 else "")))
    rows = _rows(program)
    numbers = {row: i for i, row in enumerate(sorted(set(rows)))}
    for (device, stream, lane), number in numbers.items():
        events.append(_named("thread_name", device, number, f"stream {stream}" + (f", branch {lane + 1}" if lane else "")))
    launches = {priced.launch.line: priced for priced in program.launches}
    for span, row in zip(program.timeline.spans, rows, strict=True):
        step = span.step
        if step.kind == "node":
            continue
        priced = launches.get(step.line) if step.kind == "kernel" else None
        events.append(
            {
                "name": step.name,
                "cat": step.kind,
                "ph": "X",
                "ts": span.start_s * US,
                "dur": (span.end_s - span.start_s) * US,
                "pid": step.device,
                "tid": numbers[row],
                "args": _details(priced) if priced else {},
            }
        )
    for device, curve in enumerate(program.timeline.power):
        events += [
            {"name": "power", "ph": "C", "ts": at * US, "pid": device, "args": {"W": round(watt, 2)}} for at, watt in curve
        ]
    return {"displayTimeUnit": "ns", "traceEvents": events, "otherData": {"chip": label}}


def _rows(program: Program) -> list[tuple[int, int, int]]:
    """Device, stream and lane of each span: branches of a graph run side by side in their stream, and a row shows one thing at a time."""
    spans = program.timeline.spans
    found: list[tuple[int, int, int]] = [(0, 0, 0)] * len(spans)
    ends: dict[tuple[int, int], list[float]] = {}
    for i in sorted(range(len(spans)), key=lambda i: (spans[i].start_s, i)):
        step = spans[i].step
        lanes = ends.setdefault((step.device, step.stream), [])
        lane = next((n for n, end in enumerate(lanes) if end <= spans[i].start_s), len(lanes))
        lanes[lane:lane + 1] = [spans[i].end_s]
        found[i] = step.device, step.stream, lane
    return found


def _named(what: str, device: int, stream: int, name: str) -> dict[str, Any]:
    return {"name": what, "ph": "M", "pid": device, "tid": stream, "args": {"name": name}}


def _details(priced: Priced) -> dict[str, Any]:
    p, launch = priced.prediction, priced.launch
    return {
        "grid": "x".join(map(str, launch.grid)),
        "block": "x".join(map(str, launch.block)),
        "bound": p.bound,
        "next": p.next_bound,
        "power_w": round(p.power_w, 1),
        "clock_MHz": round(p.clock_hz / 1e6),
        "memory_GBps": round(p.bytes / p.time_s / 1e9, 1),
        "occupancy": f"{priced.analysis.occupancy.share:.0%} (by {priced.analysis.occupancy.limit})",
        "note": p.note,
    }
