"""`sheer predict`: time and power of an operator, from its shape alone, or of a program that ran, from its run file."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from sheer.cli.units import energy_text, setting, steps, time_text


@click.command("predict")
@click.argument("operator", metavar="OPERATOR|RUNFILE")
@click.argument("shape", required=False, default="")
@click.option("--type", "dtype", default="fp32", show_default=True, help="fp32, tf32, fp16, bf16 or int8.")
@click.option("--chip", "chips", multiple=True, help="A chip, its alias or a chip file; may be repeated.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Overrule a number of the chips."
)
@click.option(
    "--sweep",
    default="",
    metavar="NAME=FROM:TO[:STEPS]",
    help="Vary a number of the chips, evenly, or by equal factors where the ends lie far apart.",
)
@click.option("--host-us", default=0.0, help="Microseconds that a framework adds to the call.")
@click.option("--json", "as_json", is_flag=True, help="Print the predictions as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Of a run file: print a row for each kernel and chip.")
@click.option("--what-if", "what_if", is_flag=True, help="Of a run file: say what changes of the first chip would bring.")
@click.option("--trace", default="", metavar="FILE", help="Of a run file: write the first chip's timeline for Perfetto.")
def command(
    operator: str,
    shape: str,
    dtype: str,
    chips: tuple[str, ...],
    settings: tuple[str, ...],
    sweep: str,
    host_us: float,
    as_json: bool,
    as_csv: bool,
    trace: str,
    what_if: bool,
) -> None:
    """Predict the time and power of an operator, as a good library would run it, or of a program that ran.

    RUNFILE is what `sheer run --profile run.json prog.cu` wrote: a table per kernel for the first chip (without --chip: the one that the program
    ran on), and a line for each other.

    OPERATOR and SHAPE, for instance: gemm 4096x4096x4096, bmm 16x512x512x64, linear 512x4096x1024,
    conv 32x64x56x56x64x3x3x1x1, attention 8x16x2048x2048x64, softmax 8192x4096, layernorm 8192x1024,
    gelu 1048576, embedding 8192x1024x50000, reduction 16777216. Numbers of the chip that nobody published give
    the range. `--set tdp_w=250` and `--sweep memory_bandwidth_Bps=0.8e12:3.2e12` ask what another chip would do;
    docs/chips.md lists the names.
    """
    from sheer.base.errors import UsageError
    from sheer.model.operators import parse, predict

    if not shape:
        if not os.path.isfile(operator):
            raise UsageError(f"{operator}: there is no such run file, and an operator needs a shape: sheer predict --help")
        predict_run(operator, chips, settings, sweep, as_json, as_csv, trace, what_if)
        return
    op = parse(operator, shape, dtype)
    found = []
    for label, chip in described(chips or ("br100", "br104", "a100"), settings, sweep):
        found.append(predict(chip, op, host_us * 1e-6)._replace(chip=label))
    if as_json:
        click.echo(json.dumps([{**p._asdict(), "operations_per_s": p.flops} for p in found], indent=1))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sheer.cli.console import wide

    table = Table(title=f"{operator} {shape} {dtype}", title_justify="left", box=SIMPLE_HEAD)
    for name in ("chip", "time", "range", "rate", "memory", "clock", "power", "energy", "bound", "next"):
        table.add_column(name, justify="left" if name in ("chip", "bound", "next") else "right")
    for p in found:
        table.add_row(
            p.chip, time_text(p.time_s), f"{time_text(p.low_s)} to {time_text(p.high_s)}",
            f"{p.flops / 1e12:.4g} T/s", f"{p.bytes / p.time_s / 1e9:.4g} GB/s", f"{p.clock_hz / 1e6:.0f} MHz",
            f"{p.power_w:.0f} W", energy_text(p.energy_J), p.bound,
            f"{p.next_bound} ({p.utilisation[p.next_bound]:.0%})",
        )  # fmt: skip
    console = wide()
    console.print(table)
    for p in found:
        leans = f"; leans on assumed {', '.join(p.leans_on)}" if p.leans_on else ""
        if not sweep:
            console.print(f"{p.chip}: {p.note or p.name}{leans}", highlight=False)


def described(chips: tuple[str, ...], settings: tuple[str, ...], sweep: str) -> list[tuple[str, Any]]:
    """The chips with a label each: as described, overruled by --set, and once for each step of --sweep."""
    from sheer.chips import schema

    found = []
    for name in chips:
        chip = schema.load(name).changed(**dict(setting(text) for text in settings))
        for label, values in steps(sweep):
            found.append((f"{chip.key} {label}".strip(), chip.changed(**values)))
    return found


def predict_run(
    path: str,
    chips: tuple[str, ...],
    settings: tuple[str, ...] = (),
    sweep: str = "",
    as_json: bool = False,
    as_csv: bool = False,
    trace: str = "",
    what_if: bool = False,
    err: bool = False,
) -> None:
    """Price a run file and show it; on stderr if `err`."""
    from sheer.base import counters
    from sheer.cli import kernels
    from sheer.cli.console import wide

    run = counters.read(path)
    found = kernels.priced(run, described(chips or (run.chip or "br100",), settings, sweep), not sweep)
    if trace:
        from sheer.cli import trace as tracing

        with open(trace, "w", encoding="utf-8") as file:
            json.dump(tracing.trace(*found[0]), file)
    if as_json:
        click.echo(json.dumps([kernels.plain(*each) for each in found], indent=1), err=err)
    elif as_csv:
        click.echo(kernels.csv_text(found), nl=False, err=err)
    else:
        console = wide(file=sys.stderr if err else sys.stdout)
        kernels.show(console, run, found)
        if what_if:
            kernels.show_changes(console, run, found[0][1])
