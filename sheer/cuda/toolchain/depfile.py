"""Dependency files in make's form: several are joined, system headers left out, targets replaced."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sheer.cuda.toolchain.clang import INCLUDE, Clang
from sheer.cuda.toolchain.host import Host


def parse(text: str) -> list[str]:
    """The prerequisites of the first rule."""
    _, _, rest = text.replace("\\\n", " ").partition(":")
    line = rest.partition("\n")[0]
    words = re.findall(r"(?:\\.|[^\s\\])+", line)
    return [re.sub(r"\\([ #\\])", r"\1", word).replace("$$", "$") for word in words]


def union(paths: Iterable[str]) -> list[str]:
    """The prerequisites of some dependency files, each once, in order; files that are not there count as
    empty."""
    names: dict[str, None] = {}
    for path in paths:
        if os.path.exists(path):
            names.update(
                dict.fromkeys(parse(Path(path).read_text(encoding="utf-8", errors="surrogateescape")))
            )
    return list(names)


def _escape(name: str) -> str:
    return name.replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#")


def render(targets: Sequence[str], names: Sequence[str], phony: bool = False, source: str = "") -> str:
    """A rule; with `phony`, an empty rule for every header too (-MP)."""
    text = " ".join(targets) + " : " + " \\\n    ".join(map(_escape, names)) + "\n"
    if phony:
        text += "".join(f"\n{_escape(name)}:\n" for name in names if name != source)
    return text


def is_system(name: str, machine: Host, tool: Clang) -> bool:
    """Is it a header of a compiler, of the system or of ours?"""
    path = os.path.abspath(name)
    roots = ["/usr/include", "/usr/lib/gcc", str(INCLUDE)] + ([tool.resource] if tool.resource else [])
    roots += [flag for flag in machine.headers if flag.startswith("/")]
    return any(path.startswith(root.rstrip("/") + "/") for root in roots) or "/cccl/" in path
