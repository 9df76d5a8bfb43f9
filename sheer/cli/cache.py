"""`sheer cache`: what is kept between runs, and how to be rid of it."""

from __future__ import annotations

import shutil

import click


@click.command("cache")
@click.option("--clear", is_flag=True, help="Delete compiled kernels, modules and programs of `sheer run`.")
@click.option(
    "--clear-all",
    is_flag=True,
    help="Delete everything. Programs built by nvcc won't start until Sheer has run once.",
)
def command(clear: bool, clear_all: bool) -> None:
    """Show or empty the cache of compiled things."""
    from sheer.base import cache

    if clear_all:
        shutil.rmtree(cache.folder(), ignore_errors=True)
    elif clear:
        for kind in ("modules", "kernels", "programs"):
            shutil.rmtree(cache.folder() / kind, ignore_errors=True)
    click.echo(cache.folder())
    for kind, (count, total) in cache.usage().items():
        click.echo(f"  {kind:10} {count:6} entries {total / 1e6:10.1f} MB")
