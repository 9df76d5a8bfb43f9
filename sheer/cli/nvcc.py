"""`sheer nvcc`: hands everything to the compiler driver as it stands."""

from __future__ import annotations

import sys

import click


@click.command(
    "nvcc",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> None:
    """Compile with nvcc's command line."""
    from sheer.cuda.toolchain.nvcc import main

    sys.exit(main(words))
