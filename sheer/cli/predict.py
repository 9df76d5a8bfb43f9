"""`sheer predict`: time and power of operators, from their shapes alone, or of programs that ran, from their run files."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from sheer.cli.units import energy_text, setting, time_text


@click.command("predict")
@click.argument("words", metavar="OPERATOR SHAPE... | RUNFILE...", nargs=-1, required=True)
@click.option("--type", "dtype", default="fp32", show_default=True, help="fp32, tf32, fp16, bf16 or int8.")
@click.option("--chip", "chips", multiple=True, help="A chip, its alias or a chip file; may be repeated.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Overrule a number of the chips."
)
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=FROM:TO[:STEPS]",
    help="Vary a number of the chips, evenly, or by equal factors where the ends lie far apart. Several make a grid.",
)
@click.option("--on", "place", type=click.Choice(["processes", "ray"]), default="processes", show_default=True, help="Where a sweep runs.")
@click.option("--jobs", default=0, metavar="N", help="How many at once; 0: as many as there are processors.")
@click.option("--host-us", default=0.0, help="Microseconds that a framework adds to the call.")
@click.option("--json", "as_json", is_flag=True, help="Print the predictions as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Of a run file: print a row for each kernel and chip.")
@click.option("--what-if", "what_if", is_flag=True, help="Of a run file: say what changes of the first chip would bring.")
@click.option("--trace", default="", metavar="FILE", help="Of a run file: write the first chip's timeline for Perfetto.")
def command(
    words: tuple[str, ...],
    dtype: str,
    chips: tuple[str, ...],
    settings: tuple[str, ...],
    sweeps: tuple[str, ...],
    place: str,
    jobs: int,
    host_us: float,
    as_json: bool,
    as_csv: bool,
    trace: str,
    what_if: bool,
) -> None:
    """Predict the time and power of an operator, as a good library would run it, or of a program that ran.

    RUNFILE is what `sheer run --profile run.json prog.cu` wrote: a table per kernel for the first chip (without --chip: the one that the program
    ran on), and a line for each other. Several run files, or --sweep, make a table with a line for each program and chip; large ones are priced on
    all processors, or on a Ray cluster (--on ray; RAY_ADDRESS).

    OPERATOR and SHAPE, for instance: gemm 4096x4096x4096, bmm 16x512x512x64, linear 512x4096x1024,
    conv 32x64x56x56x64x3x3x1x1, attention 8x16x2048x2048x64, softmax 8192x4096, layernorm 8192x1024,
    gelu 1048576, embedding 8192x1024x50000, reduction 16777216. Numbers of the chip that nobody published give
    the range. `--set tdp_w=250` and `--sweep hbm.bandwidth=0.8:3.2` (TB/s) ask what another chip would do;
    docs/chips.md lists the names.
    """
    from sheer.base.errors import UsageError
    from sheer.cli.sweeps import Place

    where = Place(place, jobs)
    if len(words) == 1 or os.path.isfile(words[0]):
        for path in words:
            if not os.path.isfile(path):
                raise UsageError(f"{path}: there is no such run file, and an operator needs a shape: sheer predict --help")
        if len(words) == 1 and not sweeps:
            predict_run(words[0], chips, settings, as_json, as_csv, trace, what_if)
            return
        if trace or what_if:
            raise UsageError("--trace and --what-if are for one run file without --sweep")
        _sweep_runs(words, chips, settings, sweeps, where, as_json, as_csv)
        return
    _operators(words, dtype, described(chips or ("br100", "br104", "a100"), settings), sweeps, where, host_us, as_json)


def _operators(
    words: tuple[str, ...], dtype: str, chips: list[tuple[str, Any]], sweeps: tuple[str, ...], where: Any, host_us: float, as_json: bool
) -> None:
    """An operator in each of its shapes on each chip."""
    from sheer.cli.sweeps import grid, price_operators
    from sheer.model.operators import parse

    name, shapes = words[0], words[1:]
    operators = [(f"{name} {shape} {dtype}", parse(name, shape, dtype), host_us * 1e-6) for shape in shapes]
    found = price_operators(operators, grid(chips, sweeps), where)
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sheer.cli.console import wide

    console = wide()
    for text, _, _ in operators:
        table = Table(title=text, title_justify="left", box=SIMPLE_HEAD)
        for column in ("chip", "time", "range", "rate", "memory", "clock", "power", "energy", "bound", "next"):
            table.add_column(column, justify="left" if column in ("chip", "bound", "next") else "right")
        mine = [p for p in found if p["operator"] == text]
        for p in mine:
            following = p["next_bound"]
            table.add_row(
                p["chip"], time_text(p["time_s"]), f"{time_text(p['low_s'])} to {time_text(p['high_s'])}",
                f"{p['operations_per_s'] / 1e12:.4g} T/s", f"{p['bytes'] / p['time_s'] / 1e9:.4g} GB/s", f"{p['clock_hz'] / 1e6:.0f} MHz",
                f"{p['power_w']:.0f} W", energy_text(p["energy_J"]), p["bound"],
                f"{following} ({p['utilisation'][following]:.0%})",
            )  # fmt: skip
        console.print(table)
        for p in mine:
            leans = f"; leans on assumed {', '.join(p['leans_on'])}" if p["leans_on"] else ""
            if not sweeps:
                console.print(f"{p['chip']}: {p['note'] or p['name']}{leans}", highlight=False)


def described(chips: tuple[str, ...], settings: tuple[str, ...]) -> list[tuple[str, Any]]:
    """The chips with a label each, overruled by --set."""
    from sheer.chips import schema

    found = []
    for name in chips:
        chip = schema.load(name).designed(**dict(setting(text) for text in settings))
        found.append((chip.key, chip))
    return found


def _sweep_runs(
    paths: tuple[str, ...], chips: tuple[str, ...], settings: tuple[str, ...], sweeps: tuple[str, ...], where: Any, as_json: bool, as_csv: bool
) -> None:
    """Programs on chips, a line each; without chips, on those that the programs ran on."""
    from sheer.base import counters
    from sheer.cli import sweeps as many
    from sheer.cli.console import wide

    runs = [counters.read(path) for path in paths]
    chips = chips or tuple(dict.fromkeys(run.chip or "br100" for run in runs))
    found = many.price_runs(runs, many.grid(described(chips, settings), sweeps), where)
    if as_json:
        click.echo(json.dumps(found, indent=1))
    elif as_csv:
        click.echo(many.csv_of_runs(found), nl=False)
    else:
        many.show_runs(wide(), found)


def predict_run(
    path: str,
    chips: tuple[str, ...],
    settings: tuple[str, ...] = (),
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
    found = kernels.priced(run, described(chips or (run.chip or "br100",), settings))
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
