"""vprintf. In: a format string and the address of the argument buffer. Out: the text that C's printf would print."""

from __future__ import annotations

import re
import struct

from sheer.oracle.state import Thread

_SPEC = re.compile(rb"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(hh|h|ll|l|z|j|t|L)?(.)", re.DOTALL)


class _Arguments:
    """The buffer: every argument at its natural alignment, floats as doubles."""

    def __init__(self, thread: Thread, address: int) -> None:
        self.thread, self.address = thread, address

    def take(self, size: int) -> bytes:
        self.address = -(-self.address // size) * size
        data = self.thread.load("", self.address, size)
        self.address += size
        return data

    def int(self, size: int, signed: bool) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)


def formatted(thread: Thread, text: bytes, address: int) -> bytes:
    """The printed bytes."""
    arguments = _Arguments(thread, address)
    out = bytearray()
    position = 0
    while True:
        at = text.find(b"%", position)
        if at < 0:
            return bytes(out + text[position:])
        out += text[position:at]
        match = _SPEC.match(text, at)
        if match is None:
            return bytes(out + text[at:])
        out += _one(thread, arguments, match)
        position = match.end()


def _one(thread: Thread, arguments: _Arguments, match: re.Match[bytes]) -> bytes:
    flags, width, precision, length, kind = (
        g.decode("latin-1") if g is not None else None for g in match.groups()
    )
    if kind == "%":
        return b"%"
    if width == "*":
        number = arguments.int(4, True)
        flags, width = (flags or "") + ("-" if number < 0 else ""), str(abs(number))
    has_precision = b"." in match.group(0)
    if precision == "*":
        number = arguments.int(4, True)
        has_precision, precision = number >= 0, str(max(number, 0))
    head = "%" + (flags or "") + (width or "") + (f".{precision or 0}" if has_precision else "")
    size = 8 if length in ("l", "ll", "z", "j", "t") else 4
    if kind in "di":
        value = arguments.int(size, True)
        narrow = {"hh": 8, "h": 16}.get(length or "", 0)
        if narrow:
            value = (value + (1 << (narrow - 1))) % (1 << narrow) - (1 << (narrow - 1))
        return _integer(head, "d", value)
    if kind in "uxXo":
        value = arguments.int(size, False) & ((1 << {"hh": 8, "h": 16}.get(length or "", 64)) - 1)
        return _integer(head, "d" if kind == "u" else kind, value)
    if kind == "c":
        return _padded(head, bytes([arguments.int(4, False) & 255]))
    if kind == "s":
        found = arguments.int(8, False)
        data = thread.text_at(found) if found else b"(null)"
        return _padded(head, data[: int(precision or 0)] if has_precision else data)
    if kind == "p":
        found = arguments.int(8, False)
        return _padded(head, b"(nil)" if not found else f"{found:#x}".encode())
    if kind in "eEfFgGaA":
        value_f = struct.unpack("<d", arguments.take(8))[0]
        if kind in "aA":
            text = value_f.hex()
            return _padded(head, (text.upper() if kind == "A" else text).encode())
        if value_f - value_f != 0:
            head = head.replace("0", "", 1) if "0" in (flags or "") else head
        return (head + kind).__mod__(value_f).encode()
    return match.group(0)


def _integer(head: str, kind: str, value: int) -> bytes:
    """Python's %-formatting, except for the sign of # with octal, and for 0 with flags that C treats apart."""
    if kind == "o" and "#" in head:
        return (head.replace("#", "") + "s").__mod__("0" + format(value, "o")).encode()
    if "#" in head and value == 0:
        head = head.replace("#", "")
    if "." in head:
        head = head.replace("0", "", 1) if re.match(r"%[-+ #]*0", head) else head
        if head.endswith(".0") and value == 0:
            return (head[:-2] + "s").__mod__("").encode()
    return (head + kind).__mod__(value).encode()


def _padded(head: str, data: bytes) -> bytes:
    width = re.match(r"%[-+ #0]*(\d+)?", head)
    size = int(width.group(1)) if width and width.group(1) else 0
    return data.ljust(size) if "-" in head else data.rjust(size)
