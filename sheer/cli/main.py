"""The command line's entry: `sheer VERB ...`. Verbs live one to a file and are imported when they are
called."""

from __future__ import annotations

import importlib
import sys

import click

from sheer import __version__

VERBS = {
    "run": "Compile CUDA C++ programs and run them.",
    "nvcc": "Compile with nvcc's command line.",
    "show": "Show a kernel after a stage of the compiler.",
    "cuda-home": "Print a folder laid out as a CUDA toolkit.",
    "chips": "List the described chips, or compare them.",
    "predict": "Predict time and power of an operator from its shape, or of a program from its run file.",
    "profile": "Say what each kernel of a program did, under Nsight Compute's names.",
    "report": "Write a page about a program that ran, with plots.",
    "validate": "Compare predictions with a table of measurements.",
    "doctor": "Say what is found on this machine, and what to do about the rest.",
    "cache": "Show or empty the cache of compiled things.",
}


class Verbs(click.Group):
    """The verbs, each from its own module, so that starting one does not load the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb's module and take its `command`."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"sheer.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in --help, without importing anything."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sheer")
def cli() -> None:
    """A GPU in software: runs CUDA programs unmodified on a machine that has no GPU."""


def main() -> None:
    """The console script."""
    from sheer.base.errors import SheerError, ToolError

    try:
        cli(prog_name="sheer")
    except ToolError as error:
        if str(error):
            click.echo(f"sheer: error: {error}", err=True)
        sys.exit(error.code or 1)
    except (SheerError, OSError) as error:
        click.echo(f"sheer: error: {error}", err=True)
        sys.exit(1)
