"""Many programs or operators on many chips: `sheer predict` with several run files, several shapes or --sweep.

Comes in: what is to be priced, and chips with a label each. Goes out: a table with a line for each, or plain values. The work is spread over the
processes of this machine, or over Ray.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
from typing import Any, NamedTuple

from sheer.base.counters import Run
from sheer.chips.schema import Chip
from sheer.cli.console import watched
from sheer.cli.units import energy_text, steps, time_text


class Case(NamedTuple):
    """One thing to price."""

    subject: int  # of those that are shared
    label: str  # of the chip and what was changed
    chip: Chip
    values: dict[str, float]  # changed


class Place(NamedTuple):
    """Where the work is done."""

    name: str = "processes"
    jobs: int = 0


def grid(chips: list[tuple[str, Chip]], sweeps: tuple[str, ...]) -> list[tuple[str, Chip, dict[str, float]]]:
    """Every chip with every combination of the steps of all sweeps."""
    found = []
    for key, chip in chips:
        for chosen in itertools.product(*(steps(text) for text in sweeps)):
            values = {name: value for _, part in chosen for name, value in part.items()}
            found.append((" ".join([key, *(label for label, _ in chosen if label)]), chip.designed(**values), values))
    return found


def price_runs(runs: list[Run], chips: list[tuple[str, Chip, dict[str, float]]], place: Place) -> list[dict[str, Any]]:
    """Each run on each chip, as `kernels.plain` has it, without a range."""
    return _all(_run, runs, chips, place)


def price_operators(
    operators: list[tuple[str, Any, float]], chips: list[tuple[str, Chip, dict[str, float]]], place: Place
) -> list[dict[str, Any]]:
    """Each operator (its text, itself, seconds that a framework adds) on each chip, with its range."""
    return _all(_operator, operators, chips, place)


def _all(work: Any, subjects: list[Any], chips: list[tuple[str, Chip, dict[str, float]]], place: Place) -> list[dict[str, Any]]:
    from sheer.base.spread import spread

    cases = [Case(i, *chip) for i in range(len(subjects)) for chip in chips]
    found: list[Any] = [None] * len(cases)
    for i, result in watched(spread(work, subjects, cases, place.name, place.jobs), "pricing", len(cases)):
        found[i] = result
    return found


def _run(runs: list[Run], case: Case) -> dict[str, Any]:
    from sheer.cli import kernels
    from sheer.model.program import price_run

    run = runs[case.subject]
    plain = kernels.plain(case.label, case.chip, price_run(run, case.chip, with_range=False))
    words = " ".join([os.path.basename(run.program), *run.arguments])
    return {"program": words, "run_file": run.path, "changed": case.values, **plain}


def _operator(operators: list[tuple[str, Any, float]], case: Case) -> dict[str, Any]:
    from sheer.model.operators import predict

    text, op, host_s = operators[case.subject]
    p = predict(case.chip, op, host_s)._replace(chip=case.label)
    return {"operator": text, "changed": case.values, **p._asdict(), "operations_per_s": p.flops}


def show_runs(console: Any, found: list[dict[str, Any]]) -> None:
    """A line for each run and chip; times of one program are compared with its first line."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    left = ("program", "chip", "longest kernel", "bound")
    for name in ("program", "chip", "device time", "of the first", "kernels", "copies", "energy", "power", "longest kernel", "bound"):
        table.add_column(name, justify="left" if name in left else "right", no_wrap=True, overflow="fold" if name == "chip" else "ellipsis")
    first: dict[str, float] = {}
    for each in found:
        total = first.setdefault(each["run_file"], each["total_s"])
        longest = each["kernels"][0] if each["kernels"] else {"kernel": "", "bound": ""}
        table.add_row(
            _cut(each["program"]), each["chip"], time_text(each["total_s"]), f"{each['total_s'] / total if total else 1:.3g}",
            time_text(each["kernel_s"]), time_text(each["copy_s"]), energy_text(each["energy_J"]), f"{each['power_w']:.0f} W",
            longest["kernel"], longest["bound"].replace(" (clock lowered by the power limit)", ", clock lowered"),
        )  # fmt: skip
    console.print(table)
    notes = dict.fromkeys(f"{each['chip']}: would not fit: {misfit}" for each in found for misfit in each["misfits"])
    for note in notes:
        console.print(note, highlight=False, soft_wrap=True)


def _cut(text: str, most: int = 28) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def csv_of_runs(found: list[dict[str, Any]]) -> str:
    """A row for each kernel, run and chip."""
    from sheer.cli.kernels import CSV_COLUMNS

    changed = list(dict.fromkeys(name for each in found for name in each["changed"]))
    out = io.StringIO()
    writer = csv.DictWriter(out, ("program", "chip", *changed, *CSV_COLUMNS), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for each in found:
        for row in each["kernels"]:
            writer.writerow({"program": each["program"], "chip": each["chip"], **each["changed"], **row})
    return out.getvalue()
