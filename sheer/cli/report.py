"""`sheer report run.json -o report.html`: a program's prediction as one page that needs nothing else."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sheer.base.counters import Run
    from sheer.chips.schema import Chip
    from sheer.model.program import Program

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; margin: 0 auto; max-width: 1180px; padding: 24px 28px 60px; background: #fff; }
h1 { font-size: 25px; margin: 0 0 2px; } h2 { font-size: 18px; margin: 36px 0 6px; }
.what { color: #616e7c; margin: 0 0 18px; } .note { color: #616e7c; font-size: 13.5px; margin: 4px 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; } .tile { border: 1px solid #d9e2ec; border-radius: 8px; padding: 10px 16px; min-width: 130px; }
.tile b { display: block; font-size: 20px; font-weight: 600; } .tile span { color: #616e7c; font-size: 13px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13.5px; width: 100%; }
th { text-align: left; color: #616e7c; font-weight: 600; border-bottom: 2px solid #d9e2ec; padding: 5px 10px; white-space: nowrap; }
td { border-bottom: 1px solid #edf1f5; padding: 5px 10px; } td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.warn { background: #fff6e5; border-left: 4px solid #d9822b; padding: 8px 14px; margin: 8px 0; }
"""


@click.command("report")
@click.argument("run_file", type=click.Path(exists=True, dir_okay=False))
@click.option("-o", "--output", default="report.html", show_default=True, help="The page to write.")
@click.option("--chip", "chips", multiple=True, help="A chip, its alias or a chip file; the others are compared with the first.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Overrule a number of the chips.")
def command(run_file: str, output: str, chips: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Write a page about a program that ran: roofline, timeline, power, kernels, units, chips.

    RUN_FILE is what `sheer run --profile run.json prog.cu` wrote.
    """
    from sheer.base import counters
    from sheer.base.errors import UsageError
    from sheer.cli import kernels
    from sheer.cli.predict import described

    try:
        import plotly  # noqa: F401
    except ImportError:
        raise UsageError("sheer report draws with plotly, which is not installed: pip install 'sheer[report]'") from None
    run = counters.read(run_file)
    found = kernels.priced(run, described(chips or (run.chip or "br100",), settings))
    with open(output, "w", encoding="utf-8") as file:
        file.write(page(run, found))
    click.echo(f"wrote {output}")


def page(run: Run, found: list[tuple[str, Chip, Program]]) -> str:
    """The whole page."""
    from plotly.offline import get_plotlyjs

    from sheer.cli import figures

    label, chip, program = found[0]
    title = html.escape(f"{run.program.rpartition('/')[2]} on {chip.name}")
    words = html.escape(" ".join([run.program, *run.arguments]))
    parts = [
        f"<h1>{title}</h1><p class=what>{words} &middot; {html.escape(label)} &middot; run of {html.escape(run.date or 'unknown date')}</p>",
        _tiles(program),
        *_warnings(run, program),
        "<h2>Kernels</h2>",
        _table(chip, program),
    ]
    if program.rows:
        parts += [
            _plot(figures.kernels(program)),
            "<h2>Roofline</h2>",
            "<p class=note>The slope is the memory's bandwidth, the flat roofs are the published peaks; the larger a point, the more time it takes.</p>",
            _plot(figures.roofline(chip, program)),
            "<h2>Units</h2><p class=note>Part of a kernel's time in which each unit is needed; of the launches alike that took most of the kernel's time.</p>",
            _plot(figures.units(program)),
        ]
    parts += ["<h2>Timeline and power</h2>", _plot(figures.timeline(program))]
    if len(found) > 1:
        parts += ["<h2>Chips</h2>", _chips(found), _plot(figures.comparison(found))]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<script>{get_plotlyjs()}</script></head>\n<body>\n{body}\n</body></html>\n"
    )


def _plot(figure: Any) -> str:
    import plotly.io

    return str(plotly.io.to_html(figure, include_plotlyjs=False, full_html=False, config={"displaylogo": False, "responsive": True}))


def _tiles(p: Program) -> str:
    from sheer.cli.units import energy_text, time_text

    tiles = (
        ("device time", time_text(p.total_s)),
        ("range", f"{time_text(p.low_s)} to {time_text(p.high_s)}"),
        ("kernels", time_text(p.kernel_s)),
        ("copies", time_text(p.copy_s)),
        ("energy", energy_text(p.energy_J)),
        ("mean power", f"{p.power_w:.0f} W"),
    )
    return f"<div class=tiles>{''.join(f'<div class=tile><span>{name}</span><b>{value}</b></div>' for name, value in tiles)}</div>"


def _warnings(run: Run, program: Program) -> list[str]:
    from sheer.cli.kernels import totals

    lines = totals(run, program)[1:]
    return [f"<p class={'note' if line.startswith('leans') else 'warn'}>{html.escape(line)}</p>" for line in lines]


def _table(chip: Chip, program: Program) -> str:
    from sheer.cli.kernels import COLUMNS, LEFT, cells

    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = []
    for row in program.rows:
        values = zip(COLUMNS, cells(row, chip), strict=True)
        rows.append("".join(f"<td{'' if name in LEFT else ' class=n'}>{html.escape(value)}</td>" for name, value in values))
    return f"<div class=wide><table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table></div>"


def _chips(found: list[tuple[str, Chip, Program]]) -> str:
    from sheer.cli.kernels import compared

    first = found[0][2]
    lines = [f"<tr><td>{html.escape(label)}</td><td>{html.escape(compared(p, first))}</td></tr>" for label, _, p in found[1:]]
    return f"<table>{''.join(lines)}</table>"
