"""NVRTC's compiler: in go a source text, nvrtc's options and named headers, out come PTX and the log.

Name expressions (nvrtcAddNameExpression) come as options `--sheer-name-expression=EXPR`; for each, the PTX
begins with a line `// sheer-lowered MANGLED EXPR`, from which libsheer answers nvrtcGetLoweredName.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sheer.base.errors import CompileError, UsageError
from sheer.cuda.toolchain import clang
from sheer.cuda.toolchain.compile import (
    DEVICE_PASSES,
    OVERLAY,
    TOLERANT,
    definitions,
    fast_math,
    include_flags,
    math_library,
)
from sheer.cuda.toolchain.options import Options, check_architecture, parse

NAME_OPTION = "--sheer-name-expression="
LOWERED = "// sheer-lowered "
# options of nvrtc's own that nvcc does not have
QUIET = re.compile(
    r"-{1,2}(device-as-default-execution-space|default-device|builtin-move-forward|builtin-initializer-list|"
    r"extensible-whole-program|ewp|disable-warnings|modify-stack-limit|optix-ir|jump-table-density|minimal|"
    r"device-int128|device-float128|no-source-include|pch|auto-pch|create-pch|use-pch|pch-dir|pch-verbose|pch-messages|"
    r"instantiate-templates-in-pch|split-compile|fast-compile|time|device-syntax-only|no-cache|arch-list)(=.*)?$"
)
MARKER = "__sheer_lowered_"


class Parsed(NamedTuple):
    """nvrtc's options: what they share with nvcc, what is nvrtc's own, and the name expressions."""

    options: Options
    own: frozenset[str]
    names: tuple[str, ...]


def _parse(words: Sequence[str]) -> Parsed:
    names, own, shared = [], set(), []
    for word in words:
        if word.startswith(NAME_OPTION):
            names.append(word.removeprefix(NAME_OPTION))
        elif QUIET.match(word):
            own.add(word.lstrip("-").partition("=")[0])
        else:
            shared.append(word)
    options = parse(shared)
    unknown = [note.split()[2] for note in options.notes if "is unknown" in note]
    if options.inputs or unknown:
        raise UsageError(f"nvrtc: error: unrecognized option {(unknown or [options.inputs[0][1]])[0]!r}")
    check_architecture(options)
    return Parsed(options, frozenset(own), tuple(names))


def _flags(parsed: Parsed, tool: clang.Clang) -> list[str]:
    """The device pass without a host: no C++ library unless the user names its folder."""
    options = parsed.options
    level = "0" if options.has("device-debug") else "3"
    flags = [
        *tool.command,
        *clang.common_flags(tool),
        "-nostdinc",
        "-nostdinc++",
        f"-std={options.last('std', 'c++17')}",
        *TOLERANT,
    ]
    flags += [
        "--cuda-device-only",
        "-S",
        f"-O{level}",
        "-gline-tables-only",
        *DEVICE_PASSES,
        *fast_math(options),
        *math_library(),
    ]
    flags += ["-D__CUDACC__=1", "-D__CUDACC_RTC__=1", *definitions(options), "-I", str(OVERLAY)]
    flags += [f"-I{folder}" for folder in options.all("include-path")]
    flags += [f"-D{text}" for text in options.all("define-macro")] + [
        f"-U{text}" for text in options.all("undefine-macro")
    ]
    for name in options.all("pre-include"):
        flags += ["-include", name]
    if options.true("relocatable-device-code"):
        flags += ["-fgpu-rdc", "-cuid=nvrtc"]
    if options.has("disable-warnings") or "disable-warnings" in parsed.own:
        flags.append("-w")
    flags += include_flags()
    if tool.resource:
        flags += ["-isystem", os.path.join(tool.resource, "include")]
    return [*flags, "-include", "cuda_runtime.h"]


def _with_names(source: str, names: Sequence[str]) -> str:
    """The source with one variable for each name expression: its initial value is the function or variable
    that is meant, which also instantiates templates."""
    if not names:
        return source
    lines = [source, ""]
    for number, expression in enumerate(names):
        text = expression.strip()
        text = text if text.startswith("&") else f"&{text}"
        lines.append(
            f'extern "C" __attribute__((device, used)) const void* const {MARKER}{number} '
            f"= (const void*)({text});"
        )
    return "\n".join(lines) + "\n"


def _lowered(ptx: str, names: Sequence[str]) -> tuple[str, list[str]]:
    """PTX without the helper variables, and the mangled name of each expression."""
    kept, found = [], {}
    pattern = re.compile(MARKER + r"(\d+)(?:\[[^\]]*\])? = \{?\s*(?:generic\()?\s*([\w$.]+)")
    for line in ptx.splitlines(keepends=True):
        if MARKER not in line:
            kept.append(line)
            continue
        match = pattern.search(line)
        if match:
            found[int(match.group(1))] = match.group(2)
    missing = [expression for number, expression in enumerate(names) if number not in found]
    if missing:
        raise CompileError(
            f"nvrtc: error: the name expression {missing[0]!r} names no kernel and no variable of the program"
        )
    return "".join(kept), [found[number] for number in range(len(names))]


def compile(source: str, name: str, options: Sequence[str], headers: Mapping[str, str]) -> tuple[str, str]:
    """PTX and the log. Raises CompileError, whose text is the log, if the program has errors."""
    parsed = _parse(options)
    tool = clang.find()
    with tempfile.TemporaryDirectory(prefix="sheer-nvrtc-") as scratch:
        folder = Path(scratch)
        for header, text in headers.items():
            path = (folder / "include" / header).resolve()
            if not path.is_relative_to(folder):
                raise CompileError(
                    f"nvrtc: error: the header name {header!r} leads out of the program's folder"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        path = folder / (os.path.basename(name) or "default_program")
        path.write_text(_with_names(source, parsed.names))
        output = folder / "program.ptx.out"
        command = [*_flags(parsed, tool), f"-fmacro-prefix-map={path.parent}/=", "-I", str(folder / "include"), str(path), "-o", str(output)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        log = done.stderr.replace(str(folder / "include") + "/", "").replace(f"{path.parent}/", "")
        log = "".join(f"{note}\n" for note in parsed.options.notes) + log
        if done.returncode:
            raise CompileError(log or "nvrtc: error: clang failed without a word")
        ptx = output.read_text().replace(f"{path.parent}/", "")
    if parsed.names:
        ptx, lowered = _lowered(ptx, parsed.names)
        pairs = zip(lowered, parsed.names, strict=True)
        ptx = "".join(f"{LOWERED}{mangled} {expression}\n" for mangled, expression in pairs) + ptx
    return ptx, log
