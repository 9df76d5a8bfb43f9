"""`sheer run prog.cu ... -- args`: builds the program, or finds it in the cache, and becomes it.

Options of ours turn into SHEER_* variables for the program; everything else before `--` is nvcc's command
line.
"""

from __future__ import annotations

import os
import signal
import sys

import click

from sheer.base.errors import UsageError

# option -> (environment variable, value, None: the next word)
OURS: dict[str, tuple[str, str | None]] = {
    "--chip": ("SHEER_CHIP", None),
    "--engine": ("SHEER_ENGINE", None),
    "--devices": ("SHEER_DEVICES", None),
    "--memory": ("SHEER_MEMORY", None),
    "--time-limit": ("SHEER_TIME_LIMIT", None),
    "--debug": ("SHEER_DEBUG", None),
    "--verbose": ("SHEER_DEBUG", "1"),
    "--strict-limits": ("SHEER_STRICT_LIMITS", "1"),
}


def split(words: tuple[str, ...]) -> tuple[list[str], list[str], dict[str, str]]:
    """The compiler's words, the program's arguments, and the environment that our own options make."""
    compiler: list[str] = []
    environment: dict[str, str] = {}
    todo = list(words)
    while todo:
        word = todo.pop(0)
        if word == "--":
            return compiler, todo, environment
        name, equals, value = word.partition("=")
        if name not in OURS:
            compiler.append(word)
            continue
        variable, fixed = OURS[name]
        if fixed is None and not equals:
            if not todo:
                raise UsageError(f"sheer run: {name} needs a value")
            value = todo.pop(0)
        environment[variable] = value if fixed is None else fixed
    return compiler, [], environment


HELP = """Usage: sheer run SOURCE... [OPTIONS] [-- ARGUMENTS]

  Compile CUDA C++ programs and run them. The program gets what stands after `--`.

Options:
  --chip NAME          the chip that the device shows itself as (a name, or a chip file)
  --devices N          number of devices
  --memory SIZE        device memory instead of the chip's: 8G, 512M
  --engine NAME        native, or reference: the slow interpreter
  --strict-limits      keep the chip's own limits where they are below those of compute capability 8.0
  --time-limit S       stop a kernel that runs longer
  --verbose, --debug N launches and times on stderr; N up to 7 shows more
  -I -D -std -O -l ... everything that `sheer nvcc` takes
"""


@click.command(
    "run",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> None:
    """Compile CUDA C++ programs and run them."""
    # click drops a first `--`: a program always stands before it
    compiler, arguments, environment = split(words)
    if not compiler or compiler[0] in ("-h", "--help"):
        click.echo(HELP, nl=False)
        sys.exit(0 if compiler else 2)
    os.environ.update(environment)
    from sheer.base import knobs
    from sheer.cuda.toolchain import program

    for name in environment:
        knobs.get(name)
    name = next(
        (os.path.splitext(word)[0] for word in compiler if word.endswith((".cu", ".cpp", ".cc", ".c"))), "program"
    )
    for attempt in range(3):
        path = program.find(compiler) or program.build(compiler)
        sys.stdout.flush()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a program would inherit that
            signal.signal(number, signal.SIG_DFL)
        try:
            os.execv(path, [name, *arguments])
        except FileNotFoundError:  # replaced at this moment by another process that builds the same
            if attempt == 2:
                raise
