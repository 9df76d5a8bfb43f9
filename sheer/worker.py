"""The compile worker. In: framed requests on a socket (docs/architecture.md). Out: module descriptions, kernels as object code, source places,
NVRTC compilations, chip properties, the time on a chip, and whole launches on the reference engine. Started by libsheer; ends when the socket closes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from sheer.base.errors import CompileError, SheerError, UsageError
from sheer.ir.module import Module

if TYPE_CHECKING:
    from sheer.model.clock import ChipClock

Header = list[tuple[str, str]]
Reply = tuple[Header, bytes]


class Worker:
    """Answers requests; keeps parsed modules by the hash of their texts."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.checked: set[str] = set()  # of these, what was assembled as ptxas would
        self.clocks: dict[str, ChipClock] = {}
        self.verbs: dict[str, Callable[[dict[str, str], Header, bytes], Reply]] = {
            "module": self.module,
            "compile": self.compile,
            "locate": self.locate,
            "run": self.run,
            "nvrtc": self.nvrtc,
            "chip": self.chip,
            "clock": self.clock,
        }

    def answer(self, header: Header, blob: bytes) -> Reply:
        """Never raises: errors become replies."""
        fields = dict(header)
        verb = fields.get("verb", "")
        try:
            if verb not in self.verbs:
                raise UsageError(f"the compile worker knows no verb {verb!r}; it has {', '.join(self.verbs)}")
            return self.verbs[verb](fields, header, blob)
        except SheerError as error:
            return [("error", type(error).__name__)], str(error).encode()
        except Exception as error:  # a fault of ours: the program must get an error, not a hang
            from sheer.ptx.lexer import PtxError

            if isinstance(error, PtxError):
                return [("error", "PtxError")], str(error).encode()
            if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("sheer"):
                said = f"{sys.executable} lacks {error.name}; set SHEER_PYTHON to a Python that Sheer is installed in"
                return [("error", "internal")], said.encode()
            text = traceback.format_exc()
            if isinstance(error, ImportError) and "libstdc++" in text:
                said = "numpy needs libstdc++.so.6, which this machine lacks; install the system's package libstdc++6 or libstdc++"
                return [("error", "internal")], said.encode()
            return [("error", "internal")], f"internal error of the compile worker: {error}\n{text}".encode()

    # -- verbs ------------------------------------------------------------------------------------------------------------

    def parsed(self, fields: dict[str, str], blob: bytes) -> Module:
        key = hashlib.sha256(blob + fields.get("sizes", "").encode()).hexdigest()
        check = "check" in fields and key not in self.checked  # it may have come unchecked before
        if check or key not in self.modules:
            from sheer.ir.link import link
            from sheer.ptx import parse

            parts = [parse(text, name) for text, name in _texts(fields, blob)]
            if check:
                _assemble(parts, _texts(fields, blob))
                self.checked.add(key)
            self.modules[key] = link(parts)
        return self.modules[key]

    def module(self, fields: dict[str, str], header: Header, blob: bytes) -> Reply:
        from sheer.codegen.describe import describe

        return [("ok", "")], describe(self.parsed(fields, blob))

    def compile(self, fields: dict[str, str], header: Header, blob: bytes) -> Reply:
        from sheer.codegen.kernel import Spec, kernel_text
        from sheer.codegen.llvm import object_code, target

        module = self.parsed(fields, blob)
        shape = fields.get("block", "any")
        block = None if shape == "any" else _three(shape)
        isa = fields.get("target", "")
        machine = target("" if isa in ("", "default") else isa, "tiles" in fields)
        spec = Spec(
            block,
            lanes=int(fields.get("lanes", "0")),
            checked=fields.get("mode", "fast") == "checked",
            counting=fields.get("mode", "fast") == "counting",
            wary=fields.get("mode", "fast") == "wary",
        )
        return [("ok", "")], object_code(kernel_text(module, fields["kernel"], spec, machine), machine)

    def locate(self, fields: dict[str, str], header: Header, blob: bytes) -> Reply:
        from sheer.codegen.lines import locate

        path, line = locate(blob, int(fields["offset"]))
        return [("ok", ""), ("file", path), ("line", str(line))], b""

    def run(self, fields: dict[str, str], header: Header, blob: bytes) -> Reply:
        from sheer.base.errors import KernelFault
        from sheer.oracle import run_remote

        try:
            printed = run_remote(
                self.parsed(fields, blob),
                fields["kernel"],
                _three(fields["grid"]),
                _three(fields["block"]),
                int(fields.get("shared", "0")),
                int(fields["pid"]),
                bytes.fromhex(fields.get("params", "")),
                [int(g, 16) for g in fields.get("globals", "").split()],
            )
        except KernelFault as fault:
            loc = fault.loc
            text = f"{fault.kind} {fault.thread} {fault.block} {fault.address} {loc.line if loc else 0} {loc.file if loc else 0}"
            return [("fault", text)], str(fault).encode()
        return [("ok", "")], printed

    def nvrtc(self, fields: dict[str, str], header: Header, blob: bytes) -> Reply:
        from sheer.cuda.toolchain.nvrtc import compile as compile_source

        options = [value for key, value in header if key == "option"]
        start = len(blob) - sum(int(v.rpartition(" ")[2]) for k, v in header if k == "header")
        source = blob[:start].decode("utf-8", "replace")
        headers: dict[str, str] = {}
        for key, value in header:
            if key == "header":
                name, _, size = value.rpartition(" ")
                headers[name] = blob[start : start + int(size)].decode("utf-8", "replace")
                start += int(size)
        ptx, log = compile_source(source, fields.get("name", "program.cu"), options, headers)
        text, words = ptx.encode(), log.encode()
        return [("ok", ""), ("log", str(len(words)))], text + words

    def chip(self, fields: dict[str, str], header: Header, blob: bytes) -> Reply:
        from sheer.chips.schema import load, properties_text

        return [("ok", "")], properties_text(load(fields["name"])).encode()

    def clock(self, fields: dict[str, str], header: Header, blob: bytes) -> Reply:
        from sheer.model.clock import follow

        path = fields["run"]
        if path not in self.clocks:
            self.clocks[path] = follow(path, fields["chip"])
        clock = self.clocks[path]
        if "launch" in fields:
            times = [clock.launch_s(int(fields["launch"]))]
        else:
            times = clock.events_s([int(value) for key, value in header if key == "event"])
        answer = [("ok", ""), ("seconds", " ".join(f"{s:.17g}" for s in times)), ("hz", f"{clock.hz:.17g}")]
        return answer, "".join(f"sheer: {text}\n" for text in clock.news()).encode()


def _texts(fields: dict[str, str], blob: bytes) -> list[tuple[str, str]]:
    """The PTX texts of a request, each with the name that errors give it."""
    sizes = [int(s) for s in fields.get("sizes", str(len(blob))).split()]
    texts, start = [], 0
    for number, size in enumerate(sizes):
        name = f"<ptx {number}>" if len(sizes) > 1 else "<ptx>"
        texts.append((blob[start : start + size].decode("utf-8", "replace"), name))
        start += size
    return texts


def _assemble(parts: list[Module], texts: list[tuple[str, str]]) -> None:
    """Refuses what an assembler would, with line and caret: for texts that a program brings itself."""
    from sheer.base.frame import RUNTIME
    from sheer.passes.check import Refused, check, check_calls
    from sheer.ptx.lexer import PtxError

    known = {name for part in parts for name, function in part.functions.items() if function.body is not None}
    for part, (text, name) in zip(parts, texts, strict=True):
        try:
            check(part)
            check_calls(part, known.union(RUNTIME))
        except Refused as refused:
            start = 0
            for _ in range(refused.line - 1):
                start = text.find("\n", start) + 1
            stop = text.find("\n", start)
            column = text.find(refused.word, start, stop if stop >= 0 else len(text))
            raise PtxError(str(refused), text, max(column, start), name) from None


def _three(text: str) -> tuple[int, int, int]:
    parts = [int(p) for p in text.replace(",", " ").split()]
    if len(parts) != 3:
        raise CompileError(f"three numbers are needed, not {text!r}")
    return parts[0], parts[1], parts[2]


# -- framing -----------------------------------------------------------------------------------------------------------------


def _receive(connection: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 1 << 20))
        if not piece:
            return None
        data += piece
    return bytes(data)


def serve(connection: socket.socket) -> None:
    """Answers requests until the other side closes."""
    worker = Worker()
    while True:
        sizes = _receive(connection, 8)
        if sizes is None:
            return
        header_bytes, blob_bytes = struct.unpack("<II", sizes)
        text, blob = _receive(connection, header_bytes), _receive(connection, blob_bytes)
        if text is None or blob is None:
            return
        header: Header = []
        for line in text.decode("utf-8", "replace").splitlines():
            key, _, value = line.partition(" ")
            header.append((key, value))
        reply, data = worker.answer(header, blob)
        lines = "".join(f"{key} {value}".rstrip() + "\n" for key, value in reply).encode()
        connection.sendall(struct.pack("<II", len(lines), len(data)) + lines + data)


def _end_with_program(number: int) -> None:
    """Ends this process when the program at the other end is gone: what is being compiled then is for nobody."""
    watched = select.poll()
    watched.register(number, select.POLLRDHUP | select.POLLHUP)
    watched.poll()
    os._exit(0)


def main() -> int:
    """`python -m sheer.worker FD`."""
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        print("sheer.worker is started by libsheer with the number of a socket", file=sys.stderr)
        return 2
    os.environ.setdefault("PYTHONHASHSEED", "0")
    threading.Thread(target=_end_with_program, args=(int(sys.argv[1]),), daemon=True).start()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        serve(socket.socket(fileno=int(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
