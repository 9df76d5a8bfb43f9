"""`sheer predict OPERATOR SHAPE --chip ...`: time and power of an operator, from its shape alone."""

from __future__ import annotations

import json

import click


@click.command("predict")
@click.argument("operator")
@click.argument("shape")
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
def command(
    operator: str,
    shape: str,
    dtype: str,
    chips: tuple[str, ...],
    settings: tuple[str, ...],
    sweep: str,
    host_us: float,
    as_json: bool,
) -> None:
    """Predict the time and power of an operator, as a good library would run it.

    OPERATOR and SHAPE, for instance: gemm 4096x4096x4096, bmm 16x512x512x64, linear 512x4096x1024,
    conv 32x64x56x56x64x3x3x1x1, attention 8x16x2048x2048x64, softmax 8192x4096, layernorm 8192x1024,
    gelu 1048576, embedding 8192x1024x50000, reduction 16777216. Numbers of the chip that nobody published give
    the range. `--set tdp_w=250` and `--sweep memory_bandwidth_Bps=0.8e12:3.2e12` ask what another chip would do;
    docs/chips.md lists the names.
    """
    from sheer.chips import schema
    from sheer.model.operators import parse, predict

    op = parse(operator, shape, dtype)
    found = []
    for chip in chips or ("br100", "br104", "a100"):
        described = schema.load(chip).changed(**dict(_setting(text) for text in settings))
        for label, values in _steps(sweep):
            changed = described.changed(**values)
            prediction = predict(changed, op, host_us * 1e-6)
            found.append(prediction._replace(chip=f"{prediction.chip} {label}".strip()))
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


def _number(text: str) -> float:
    from sheer.base.errors import UsageError

    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a number") from None


def _setting(text: str) -> tuple[str, float]:
    from sheer.base.errors import UsageError

    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text}: write NAME=VALUE, for instance tdp_w=250")
    return name.strip(), _number(value)


def _steps(text: str) -> list[tuple[str, dict[str, float]]]:
    """The values of a sweep, each with a label; a single empty step without one."""
    from sheer.base.errors import UsageError

    if not text:
        return [("", {})]
    name, _, ends = text.partition("=")
    parts = ends.split(":")
    if not 2 <= len(parts) <= 3:
        raise UsageError(f"--sweep {text}: write NAME=FROM:TO or NAME=FROM:TO:STEPS")
    first, last = _number(parts[0]), _number(parts[1])
    steps = int(_number(parts[2])) if len(parts) == 3 else 6
    if steps < 2:
        raise UsageError(f"--sweep {text}: at least 2 steps")
    by_factor = first > 0 and last / first >= 8
    values = [
        first * (last / first) ** (i / (steps - 1)) if by_factor else first + (last - first) * i / (steps - 1)
        for i in range(steps)
    ]
    return [(f"{name}={value:.4g}", {name: value}) for value in values]


def time_text(seconds: float) -> str:
    """A time with a unit that suits it."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= scale:
            return f"{seconds / scale:.4g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def energy_text(joule: float) -> str:
    """An energy with a unit that suits it."""
    return f"{joule:.3g} J" if joule >= 1 else f"{joule * 1e3:.3g} mJ"
