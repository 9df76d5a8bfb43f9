"""`sheer cuda-home`: prints (and makes) a folder laid out as a CUDA toolkit: export CUDA_HOME=$(sheer
cuda-home)."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("cuda-home")
@click.argument("place", required=False, type=click.Path(file_okay=False, path_type=Path))
def command(place: Path | None) -> None:
    """Print a folder with bin/nvcc, include and lib64, for Makefiles and CMake; at PLACE if one is given."""
    from sheer.cuda.toolchain import home

    click.echo(home.folder(place.absolute() if place else None))
