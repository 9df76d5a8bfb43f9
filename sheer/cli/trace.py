"""A program's timeline on a chip as a trace that Perfetto (ui.perfetto.dev) and chrome://tracing open.

Comes in: a Program. Goes out: JSON of the Trace Event Format: a process for each device, a row for each stream, power as a counter.
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
    streams = sorted({(span.step.device, span.step.stream) for span in program.timeline.spans})
    events += [_named("thread_name", device, stream, f"stream {stream}") for device, stream in streams]
    launches = {priced.launch.line: priced for priced in program.launches}
    for span in program.timeline.spans:
        step = span.step
        priced = launches.get(step.line) if step.kind == "kernel" else None
        events.append(
            {
                "name": step.name,
                "cat": step.kind,
                "ph": "X",
                "ts": span.start_s * US,
                "dur": (span.end_s - span.start_s) * US,
                "pid": step.device,
                "tid": step.stream,
                "args": _details(priced) if priced else {},
            }
        )
    for device, curve in enumerate(program.timeline.power):
        events += [
            {"name": "power", "ph": "C", "ts": at * US, "pid": device, "args": {"W": round(watt, 2)}} for at, watt in curve
        ]
    return {"displayTimeUnit": "ns", "traceEvents": events, "otherData": {"chip": label}}


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
