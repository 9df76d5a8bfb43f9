"""`sheer predict OPERATOR SHAPE --chip ...`: time and power of an operator, from its shape alone."""

from __future__ import annotations

import json

import click


@click.command("predict")
@click.argument("operator")
@click.argument("shape")
@click.option("--type", "dtype", default="fp32", show_default=True, help="fp32, tf32, fp16, bf16 or int8.")
@click.option("--chip", "chips", multiple=True, help="A chip, its alias or a chip file; may be repeated.")
@click.option("--host-us", default=0.0, help="Microseconds that a framework adds to the call.")
@click.option("--json", "as_json", is_flag=True, help="Print the predictions as JSON.")
def command(
    operator: str, shape: str, dtype: str, chips: tuple[str, ...], host_us: float, as_json: bool
) -> None:
    """Predict the time and power of an operator, as a good library would run it.

    OPERATOR and SHAPE, for instance: gemm 4096x4096x4096, bmm 16x512x512x64, linear 512x4096x1024,
    conv 32x64x56x56x64x3x3x1x1, attention 8x16x2048x2048x64, softmax 8192x4096, layernorm 8192x1024,
    gelu 1048576, embedding 8192x1024x50000, reduction 16777216. Numbers of the chip that nobody published give
    the range.
    """
    from sheer.chips import schema
    from sheer.model.operators import parse, predict

    op = parse(operator, shape, dtype)
    found = [predict(schema.load(chip), op, host_us * 1e-6) for chip in chips or ("br100", "br104", "a100")]
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
            f"{p.power_w:.0f} W", f"{p.energy_J * 1e3:.3g} mJ", p.bound,
            f"{p.next_bound} ({p.utilisation[p.next_bound]:.0%})",
        )  # fmt: skip
    console = wide()
    console.print(table)
    for p in found:
        leans = f"; leans on assumed {', '.join(p.leans_on)}" if p.leans_on else ""
        console.print(f"{p.chip}: {p.note or p.name}{leans}", highlight=False)


def time_text(seconds: float) -> str:
    """A time with a unit that suits it."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= scale:
            return f"{seconds / scale:.4g} {unit}"
    return f"{seconds * 1e6:.3g} us"
