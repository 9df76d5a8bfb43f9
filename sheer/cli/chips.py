"""`sheer chips`: the described chips, one in full, or two side by side."""

from __future__ import annotations

import json
from typing import Any

import click

UNITS = (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3))


@click.command("chips")
@click.argument("chips", nargs=-1)
@click.option("--against", multiple=True, help="A chip to compare with; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print all numbers as JSON.")
def command(chips: tuple[str, ...], against: tuple[str, ...], as_json: bool) -> None:
    """List the chips, or show some side by side: every number with its unit and how it is known.

    A letter follows each number: p published, d derived, m measured, f fitted, a assumed. A chip is named by its
    key, by the name that its vendor's tools print, or by the path of a chip file.
    """
    from sheer.chips import schema

    wanted = [*chips, *against]
    found = [schema.load(name) for name in wanted or schema.names()]
    if as_json:
        click.echo(json.dumps([_plain(chip) for chip in found], indent=1))
        return
    from sheer.cli.console import wide

    console = wide()
    console.print(_side_by_side(found) if wanted else _overview(found))
    if len(wanted) == 1:
        for name, number in found[0].numbers.items():
            console.print(f"[dim]{name}: {number.status}, {number.source}[/dim]", highlight=False)


def _plain(chip: Any) -> dict[str, Any]:
    return {
        "key": chip.key,
        "name": chip.name,
        "vendor": chip.vendor,
        "aliases": list(chip.aliases),
        **chip.texts,
        "numbers": {name: number._asdict() for name, number in chip.numbers.items()},
    }


def text(value: float, unit: str) -> str:
    """A number as people write it: 1.935 TB/s, 40 MiB, 1410 MHz."""
    if unit == "B":
        for prefix, size in (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10)):
            if value >= size:
                return f"{value / size:.4g} {prefix}"
    if unit in ("B/s", "1/s", "Hz"):
        shown = "" if unit == "1/s" else unit
        for prefix, size in UNITS:
            if value >= size:
                return f"{value / size:.4g} {prefix}{shown}"
    if unit == "1":
        return f"{value:.4g}" if abs(value) >= 1e6 else f"{value:g}"
    if unit == "s":
        return f"{value * 1e6:.3g} us"
    return f"{value:.4g} {unit}"


def _overview(found: list[Any]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title="chips", title_justify="left", box=SIMPLE_HEAD)
    columns = (
        "multiprocessors",
        "clock_hz",
        "fp32_flops",
        "bf16_flops",
        "memory_bytes",
        "memory_bandwidth_Bps",
        "tdp_w",
    )
    for name in (
        "chip",
        "vendor",
        "architecture",
        "SM/CU",
        "clock",
        "FP32",
        "BF16",
        "memory",
        "bandwidth",
        "power",
    ):
        table.add_column(name, justify="left" if name in ("chip", "vendor", "architecture") else "right")
    table.add_column("assumed", justify="right")
    for chip in found:
        cells = [
            text(chip.value(name), chip.numbers[name].unit) if name in chip.numbers else "-"
            for name in columns
        ]
        share = f"{len(chip.assumed())} of {len(chip.numbers)}"
        table.add_row(chip.key, chip.vendor, chip.texts.get("architecture", ""), *cells, share)
    return table


def _side_by_side(found: list[Any]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sheer.chips import vocabulary

    table = Table(title=" against ".join(chip.key for chip in found), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    for chip in found:
        table.add_column(chip.key, justify="right")
    if len(found) == 2:
        table.add_column("ratio", justify="right")
    for name in ("name", "vendor", "architecture", "process", "packaging", "form"):
        cells = [getattr(chip, name, "") or chip.texts.get(name, "-") for chip in found]
        table.add_row(name, *cells)
    section = ""
    for name, row in vocabulary.TABLE.items():
        numbers = [chip.numbers.get(name) for chip in found]
        if not any(numbers):
            continue
        if row.section != section:
            section = row.section
            table.add_section()
        cells = [f"{text(n.value, n.unit)} {n.status[0]}" if n else "-" for n in numbers]
        if len(found) == 2:
            first, second = numbers
            cells.append(f"{first.value / second.value:.2f}" if first and second and second.value else "")
        table.add_row(name, *cells)
    return table
