"""`sheer run prog.cu ... -- args`: builds the program, or finds it in the cache, and becomes it.

Options of ours turn into SHEER_* variables for the program; everything else before `--` is nvcc's command
line. With --predict the program is a child instead, whose run file is priced when it has ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import NamedTuple

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
    "--profile": ("SHEER_PROFILE", None),
    "--clock": ("SHEER_CLOCK", None),
    "--verbose": ("SHEER_DEBUG", "1"),
    "--strict-limits": ("SHEER_STRICT_LIMITS", "1"),
}


class Words(NamedTuple):
    """A command line, taken to pieces."""

    compiler: list[str]
    arguments: list[str]  # the program's
    environment: dict[str, str]  # that our own options make
    chips: list[str]  # all that --chip named; the first is the program's
    flags: set[str]  # of those that were asked for


def split(words: tuple[str, ...], flags: tuple[str, ...] = ()) -> Words:
    """The compiler's words, the program's arguments, and what our own options say."""
    found = Words([], [], {}, [], set())
    todo = list(words)
    while todo:
        word = todo.pop(0)
        if word == "--":
            return found._replace(arguments=todo)
        name, equals, value = word.partition("=")
        if word in flags:
            found.flags.add(word)
            continue
        if name not in OURS:
            found.compiler.append(word)
            continue
        variable, fixed = OURS[name]
        if fixed is None and not equals:
            if not todo:
                raise UsageError(f"sheer run: {name} needs a value")
            value = todo.pop(0)
        if name == "--chip":
            found.chips.append(value)
            value = found.chips[0]
        found.environment[variable] = value if fixed is None else fixed
    return found


HELP = """Usage: sheer run SOURCE... [OPTIONS] [-- ARGUMENTS]

  Compile CUDA C++ programs and run them. The program gets what stands after `--`.

Options:
  --chip NAME          the chip that the device shows itself as (a name, or a chip file)
  --predict            after the program's end, say on stderr how long its kernels would take on the chip, and what
                       bounds them; --chip may be repeated to compare others with the first
  --profile FILE       write what the kernels did to a run file, for `sheer predict FILE` and `sheer profile FILE`
  --clock chip         CUDA events, clock64 and %globaltimer tell the time predicted for the chip, instead of this machine's
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
    asked = split(words, ("--predict",))
    if not asked.compiler or asked.compiler[0] in ("-h", "--help"):
        click.echo(HELP, nl=False)
        sys.exit(0 if asked.compiler else 2)
    if asked.environment.get("SHEER_CLOCK") == "chip":
        from sheer.base import knobs
        from sheer.chips import schema

        schema.for_pricing(schema.load(asked.chips[0] if asked.chips else knobs.get("SHEER_CHIP")), kernels=True)
    if "--predict" in asked.flags:
        from sheer.cli.predict import described, predict_run

        chips = tuple(asked.chips)
        described(chips, ())  # a wrong chip is said before the program runs
        code = watched(asked, lambda path: predict_run(path, chips, err=True))
        leave(code)
    name = prepare(asked)
    for attempt in range(3):
        path = built(asked)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a program would inherit that
            signal.signal(number, signal.SIG_DFL)
        try:
            os.execv(path, [name, *asked.arguments])
        except FileNotFoundError:  # replaced at this moment by another process that builds the same
            if attempt == 2:
                raise


def prepare(asked: Words) -> str:
    """Sets the environment that our options mean, and gives the name that the program is to see as its own."""
    from sheer.base import knobs

    os.environ.update(asked.environment)
    for name in asked.environment:
        knobs.get(name)
    return next(
        (os.path.splitext(word)[0] for word in asked.compiler if word.endswith((".cu", ".cpp", ".cc", ".c"))),
        "program",
    )


def built(asked: Words) -> str:
    """The program, compiled now or before."""
    from sheer.cuda.toolchain import program

    path = program.find(asked.compiler) or program.build(asked.compiler)
    sys.stdout.flush()
    return str(path)


def watched(asked: Words, report: Callable[[str], None]) -> int:
    """Runs the program as a child that writes a run file, and calls `report` with its path; gives the child's exit code, negative for a
    signal. A program that launched nothing has no run file, and no report."""
    name = prepare(asked)
    with tempfile.TemporaryDirectory(prefix="sheer-") as folder:
        path = os.environ.setdefault("SHEER_PROFILE", os.path.join(folder, "run.json"))
        if os.path.exists(path):
            os.unlink(path)  # of an earlier run
        with subprocess.Popen([name, *asked.arguments], executable=built(asked)) as child:
            # The terminal's signals are the program's business; it decides whether it ends.
            kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGQUIT)}
            code = child.wait()
        for number, handler in kept.items():
            signal.signal(number, handler)
        path = path.replace("%p", str(child.pid))
        if not os.path.exists(path):
            click.echo("sheer: the program used no device: there is nothing to predict", err=True)
            return code
        report(path)
    return code


def leave(code: int) -> None:
    """Ends as the program ended: with its exit code, or by its signal."""
    sys.stdout.flush()
    sys.stderr.flush()
    if code >= 0:
        sys.exit(code)
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the core of this process would say nothing
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
