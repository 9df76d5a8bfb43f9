"""`sheer validate table.csv`: how far predictions are from measurements."""

from __future__ import annotations

import csv
import json
from typing import Any

import click


@click.command("validate")
@click.argument("table", type=click.Path(exists=True, dir_okay=False))
@click.option("--device", default="", help="The chip, for tables without a column device.")
@click.option(
    "--part",
    type=click.Choice(["all", "fit", "test"]),
    default="all",
    show_default=True,
    help="All rows, those that numbers were fitted on, or those kept for testing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(table: str, device: str, part: str, as_json: bool) -> None:
    """Price every row of a table of measured operators and print the errors per device and operator.

    The table is a CSV with the columns device, op, B, M, N, K, H, latency_ms (or op, M, N, K, H, value, unit).
    A device is named as its vendor's tools print it. Unknown devices and operators are named and skipped.
    """
    from sheer.cli.console import watched
    from sheer.model.validate import validate

    rows = read(table)
    report = validate(watched(rows, "pricing", len(rows)), device, part)
    if as_json:
        click.echo(json.dumps(_plain(report), indent=1))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sheer.cli.console import wide

    console = wide()
    for title, groups in (("operator", report.groups), ("measured time", report.sizes)):
        shown = Table(title=f"{report.rows} rows, by {title}; percent", title_justify="left", box=SIMPLE_HEAD)
        for name in ("device", title):
            shown.add_column(name)
        for name in ("rows", "mean", "median", "p90", "worst", "bias"):
            shown.add_column(name, justify="right")
        shown.add_column("worst row", overflow="fold")
        for (where, what), e in groups.items():
            values = (f"{v:.1f}" for v in (e.mape, e.median, e.p90, e.worst))
            shown.add_row(where, what, str(e.rows), *values, f"{e.bias:+.1f}", e.worst_row)
        console.print(shown)
    for reason, count in sorted(report.skipped.items()):
        console.print(f"skipped {count} rows: {reason}")


def read(table: str) -> list[dict[str, str]]:
    """The rows of a CSV file; a UsageError where it is none of measurements."""
    from sheer.base.errors import UsageError

    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            columns = set(reader.fieldnames)
            if "op" not in columns or not columns & {"latency_ms", "value"}:
                raise UsageError(f"{table}: needs the columns op and latency_ms (or value and unit)")
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{table}: no CSV: {error}") from None
    for line, row in enumerate(rows, 2):
        if None in row:
            raise UsageError(f"{table}: line {line} has more fields than the {len(columns)} columns of the first line")
    return rows


def _plain(report: Any) -> dict[str, Any]:
    def rows(groups: Any) -> list[dict[str, Any]]:
        return [
            {"device": device, "group": group, **error._asdict()} for (device, group), error in groups.items()
        ]

    return {
        "rows": report.rows,
        "operators": rows(report.groups),
        "sizes": rows(report.sizes),
        "skipped": report.skipped,
    }
