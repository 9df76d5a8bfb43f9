"""Every environment variable that Sheer reads, with its type, its default and a sentence; nothing else reads
SHEER_*.

In goes the environment, out come typed values: `knobs.get("SHEER_DEVICES")`. The native side
(machine/native/knobs.cpp) reads its own part of this table; a test keeps both, and the documentation,
together. `affects_code` marks knobs that change what is compiled: they belong into cache keys (`code_key`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sheer.base.errors import UsageError


class Knob(NamedTuple):
    """One environment variable. `parse` turns its text into a value; `default` is the text used when it is
    unset."""

    name: str
    parse: Callable[[str], Any]
    default: str
    affects_code: bool
    sentence: str


UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def size(text: str) -> int:
    """A number of bytes: 123, 512M, 4G."""
    unit = text[-1:].upper()
    if unit in UNITS and unit:
        return int(float(text[:-1]) * UNITS[unit])
    return int(text)


def switch(text: str) -> bool:
    """A yes or no: 1/0, yes/no, on/off, true/false."""
    word = text.strip().lower()
    if word in ("1", "yes", "on", "true"):
        return True
    if word in ("", "0", "no", "off", "false"):
        return False
    raise ValueError("use 1 or 0")


def choice(*words: str) -> Callable[[str], str]:
    """One of some words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError("use one of " + ", ".join(words))
        return text

    parse.__name__ = "|".join(words)
    return parse


# fmt: off
KNOBS = (
    # --- the virtual machine
    # -------------------------------------------------------------------------------------
    Knob("SHEER_CHIP", str, "br100", False, "The chip that the device shows itself as: the name of a chip file, or a path."),
    Knob("SHEER_DEVICES", int, "1", False, "How many virtual devices there are; CUDA_VISIBLE_DEVICES leaves some of them, as usual."),
    Knob("SHEER_MEMORY", size, "0", False, "Device memory in bytes (8G, 512M) instead of the chip's; 0 keeps the chip's."),
    Knob("SHEER_THREADS", int, "0", False, "Host threads that run kernels; 0 means every core that the process may use."),
    Knob("SHEER_ENGINE", choice("native", "reference"), "native", False,
         "Who runs kernels: native code, or the slow reference interpreter."),
    Knob("SHEER_STRICT_LIMITS", switch, "0", False,
         "Keep the chip's own limits (shared memory, threads) where they are below what compute capability 8.0 promises."),
    Knob("SHEER_OVERRUN", int, "512", False,
         "Bytes behind each allocation that kernels may touch unpunished, as on a GPU, whose pages are large; 0 finds all but the last 255."),
    Knob("SHEER_TIME_LIMIT", float, "0", False, "Seconds that a kernel may run before it is stopped with a launch timeout; 0: none."),
    Knob("SHEER_PROFILE", str, "", False,
         "A file to write what kernels ask of a GPU to, and what the program does with the device (docs/counting.md); %p becomes the process id."),
    Knob("SHEER_PROFILE_ALL", switch, "0", False, "With SHEER_PROFILE: count every block of every launch, however long that takes."),
    Knob("SHEER_CLOCK", choice("host", "chip"), "host", False,
         "Whose time CUDA events, clock64 and %globaltimer tell: this machine's, or the one predicted for SHEER_CHIP (docs/chip-clock.md)."),
    Knob("SHEER_DEBUG", int, "0", False,
         "The debug ladder: 1 launches and times, 2 counters, 3 passes, 4 IR after each, 5 LLVM IR, 6 machine code, 7 lanes."),
    Knob("SHEER_TRACE", switch, "0", False, "Write every call of the CUDA API with arguments and result to stderr."),
    # --- the compiler --------------------------------------------------------------------------------------------
    Knob("SHEER_ISA", str, "native", True, "Vector instructions that kernels may use: native (all that the processor has, AMX too), avx512, avx2, ..."),
    Knob("SHEER_LANES", int, "0", True, "Threads that run together as one group: 32, 64, 128 or 256; 0 lets the compiler choose."),
    Knob("SHEER_PERF_MAP", switch, "0", False, "Name the kernels' native code for Linux perf, in /tmp/perf-<pid>.map."),
    Knob("SHEER_WORKER_LOG", str, "", False, "A file that the compile worker appends its errors with traceback to."),
    # --- the toolchain -------------------------------------------------------------------------------------------
    Knob("SHEER_CLANG", str, "", True,
         "The clang to compile CUDA C++ with: a path, or `path` for the one on PATH; empty: the one in the ziglang wheel."),
    Knob("SHEER_CXX_LIBRARY", choice("auto", "gcc", "wheel"), "auto", True,
         "The C++ library of host code: g++'s, the wheel's libc++, or g++'s where it is installed (auto)."),
    Knob("SHEER_CCCL", str, "", True, "The folder of CCCL's headers (thrust, cub, cuda::std) instead of the installed wheel's."),
    # --- where things are
    # ----------------------------------------------------------------------------------------
    Knob("SHEER_CACHE", str, "", False, "The folder for compiled things; default $XDG_CACHE_HOME/sheer or ~/.cache/sheer."),
    Knob("SHEER_PYTHON", str, "", False, "The Python that libsheer starts the compile worker with; default the one that built it."),
    Knob("SHEER_HOME", str, "", False, "The folder that holds the package `sheer` for the compile worker."),
    Knob("SHEER_BUILD_WARNINGS", switch, "0", False, "Show the compiler's warnings while the native library is built."),
)
# fmt: on
TABLE = {knob.name: knob for knob in KNOBS}


def get(name: str, environ: Mapping[str, str] = os.environ) -> Any:
    """The value of one knob; raises UsageError, naming the variable, if its text can't be read."""
    knob = TABLE[name]
    text = environ.get(name) or knob.default
    try:
        return knob.parse(text)
    except ValueError as error:
        raise UsageError(f"{name}={text!r} is not a valid setting: {error}") from None


def code_key(environ: Mapping[str, str] = os.environ) -> str:
    """The knobs that change compiled code, as text for a cache key."""
    return ";".join(f"{knob.name}={get(knob.name, environ)}" for knob in KNOBS if knob.affects_code)


def unknown(environ: Mapping[str, str] = os.environ) -> list[str]:
    """SHEER_* variables that no knob is named after: likely misspelt."""
    return sorted(name for name in environ if name.startswith("SHEER_") and name not in TABLE)


def page() -> str:
    """docs/knobs.md."""
    lines = [
        "# Environment variables",
        "",
        "Made by `python -m sheer.base.knobs > docs/knobs.md`. Those marked * change compiled code and are part of the cache keys.",
        "",
        "| variable | default | what it does |",
        "|---|---|---|",
    ]
    for knob in KNOBS:
        star = " *" if knob.affects_code else ""
        default = f"`{knob.default}`" if knob.default else "none"
        lines.append(f"| `{knob.name}`{star} | {default} | {knob.sentence} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
