"""`sheer show --after STAGE file`: what a kernel looks like after a stage of the compiler. The stages
themselves are in sheer.flow."""

from __future__ import annotations

import os
import tempfile

import click

STAGES = ("ptx", "module", "facts", "llvm", "asm")


def _shape(ctx: click.Context, option: click.Parameter, text: str) -> tuple[int, int, int]:
    try:
        numbers = [int(part) for part in text.replace("x", ",").split(",")]
        x, y, z = (*numbers, 1, 1)[:3]
    except ValueError:
        raise click.BadParameter("a block shape is X, X,Y or X,Y,Z") from None
    return x, y, z


@click.command("show")
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--after",
    "stage",
    type=click.Choice(STAGES),
    default="ptx",
    show_default=True,
    help="The stage to stop after.",
)
@click.option("--kernel", default="", help="Only this kernel (its name, or a part of it).")
@click.option(
    "--block",
    default="256",
    show_default=True,
    metavar="X,Y,Z",
    callback=_shape,
    help="Compile for this block shape.",
)
@click.option("--isa", default="", help="Vector instructions to compile for; default SHEER_ISA.")
@click.option(
    "--option",
    "-X",
    "options",
    multiple=True,
    metavar="WORD",
    help="A word for nvcc, for .cu files; may be repeated.",
)
def command(
    path: str, stage: str, kernel: str, block: tuple[int, int, int], isa: str, options: tuple[str, ...]
) -> None:
    """Show a .ptx or .cu file, or the device code of an object or program, after a stage of the compiler."""
    from sheer.cuda.toolchain import device

    text = device.ptx_text(path, options)
    if stage == "ptx" and not kernel:
        click.echo(text, nl=False)
        return
    from sheer import flow

    with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
        name = os.path.join(scratch, os.path.basename(path) + ".ptx")
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        click.echo(flow.show(name, after=stage, kernel=kernel, block=block, isa=isa))
