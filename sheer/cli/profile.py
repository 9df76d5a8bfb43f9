"""`sheer profile RUNFILE` or `sheer profile prog.cu -- args`: what each kernel did, under Nsight Compute's names."""

from __future__ import annotations

import json
import os
import sys
from typing import TextIO

import click

HELP = """Usage: sheer profile RUNFILE [OPTIONS]
       sheer profile SOURCE... [OPTIONS] [-- ARGUMENTS]

  Say what each kernel did, under the names that Nsight Compute has for it, and how long it would take on a chip.
  A program is compiled and run first; its own output goes to stdout, the metrics then to stderr.

Options:
  --chip NAME      the chip (a name, or a chip file); may be repeated
  --csv            a row for each launch and metric, in the columns of `ncu --csv`
  --json           the metrics of each launch as JSON
  --profile FILE   keep the run file
  ...              everything that `sheer run` takes
"""


@click.command(
    "profile",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> None:
    """Say what each kernel did, under Nsight Compute's names."""
    from sheer.cli.predict import described
    from sheer.cli.run import leave, split, watched

    asked = split(words, ("--csv", "--json"))
    if not asked.compiler or asked.compiler[0] in ("-h", "--help"):
        click.echo(HELP, nl=False)
        sys.exit(0 if asked.compiler else 2)
    described(tuple(asked.chips), ())  # a wrong chip is said before a program runs
    if len(asked.compiler) == 1 and is_run_file(asked.compiler[0]):
        report(asked.compiler[0], asked.chips, asked.flags, sys.stdout)
        return
    leave(watched(asked, lambda path: report(path, asked.chips, asked.flags, sys.stderr)))


def is_run_file(path: str) -> bool:
    """Whether a path is a run file, by its name or its first line."""
    if not os.path.isfile(path):
        return False
    if path.endswith((".json", ".jsonl")):
        return True
    with open(path, "rb") as file:
        return file.read(64).lstrip().startswith(b"{") and path.rpartition(".")[2] not in ("cu", "cpp", "c", "ptx")


def report(path: str, chips: list[str], flags: set[str], out: TextIO) -> None:
    """Price a run file and write its metrics."""
    from sheer.base import counters
    from sheer.cli import kernels, metrics
    from sheer.cli.console import wide
    from sheer.cli.predict import described
    from sheer.model.silicon import silicon

    run = counters.read(path)
    found = kernels.priced(run, described(tuple(chips) or (run.chip or "br100",), ()), with_range=False)
    if "--csv" in flags:
        out.write(metrics.csv_text(run, found))
    elif "--json" in flags:
        plain = [
            {
                "chip": label, "kernel": p.launch.kernel, "grid": p.launch.grid, "block": p.launch.block, "stream": p.launch.stream,
                "metrics": {m.name: m.value for m in metrics.metrics(p, silicon(chip))},
            }
            for label, chip, program in found
            for p in program.launches
        ]  # fmt: skip
        out.write(json.dumps(plain, indent=1) + "\n")
    else:
        for label, chip, program in found:
            metrics.show(wide(file=out), run, label, chip, program)
