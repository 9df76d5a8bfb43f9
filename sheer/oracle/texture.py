"""Textures and surfaces in the reference interpreter: tex, tld4, txq, suld, sust, suq. In: bound instructions. Out: Steps.

An object's handle is the address of its description in the program's memory (SheerImage in frame.h), whose layout this file knows. A fetch is
what the CUDA programming guide's appendix on texture fetching says, in single precision, one operation after the other.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sheer.base.types import SCALARS
from sheer.ir.module import Addr, Inst, Operand, Reg, Vec
from sheer.isa.row import Binding
from sheer.oracle.operands import Reader
from sheer.oracle.program import Code, Step, handles
from sheer.oracle.state import Thread

U32, S32, B32, B64, F32, PRED = (SCALARS[n] for n in ("u32", "s32", "b32", "b64", "f32", "pred"))
TEXTURE, SURFACE = 0x53485458, 0x53485346
LINEAR_MEMORY, CUBE = 0, 4
WRAP, CLAMP, MIRROR, BORDER = range(4)
UNSIGNED, SIGNED, FLOAT = range(3)
_HEAD = struct.Struct("<I16B4I3f")
_LEVEL = struct.Struct("<QQQIIII")
_FAR = 1e9


class Level(NamedTuple):
    """One image of a mipmap."""

    data: int
    pitch: int
    slice: int
    width: int
    height: int
    depth: int


class Image(NamedTuple):
    """A texture or surface object."""

    shape: int
    layered: bool
    kind: int
    channels: int
    bits: int
    address: tuple[int, ...]
    linear: bool
    normalized: bool
    srgb: bool
    linear_levels: bool
    seamless: bool
    border: tuple[int, ...]
    bias: float
    least: float
    most: float
    levels: tuple[Level, ...]
    floats: bool  # its texels are read as floats

    @property
    def texel(self) -> int:
        """Bytes of a texel."""
        return self.channels * self.bits // 8


def image(thread: Thread, handle: int, *tags: int) -> Image:
    """The object of a handle."""
    tag = 0
    if handle > 4096:
        tag, shape, layered, kind, channels, bits, *rest = _HEAD.unpack(thread.load("global", handle, _HEAD.size, 1))
    if tag not in tags:
        what = "texture or surface" if len(tags) > 1 else "texture" if TEXTURE in tags else "surface"
        raise thread.fault("LaunchFailure", f"{handle:#x} is no {what} object, or one that was destroyed", handle)
    address, (linear, as_float, normalized, srgb, linear_levels, seamless, count, _) = tuple(rest[:3]), rest[3:11]
    levels = []
    for i in range(count):
        place = handle + _HEAD.size + i * _LEVEL.size
        levels.append(Level(*_LEVEL.unpack(thread.load("global", place, _LEVEL.size, 1))[:6]))
    floats = kind == FLOAT or bool(as_float and bits < 32)
    return Image(shape, bool(layered), kind, channels, bits, address, bool(linear), bool(normalized), bool(srgb), bool(linear_levels),
                 bool(seamless), tuple(rest[11:15]), *rest[15:18], tuple(levels), floats)  # fmt: skip


# -- numbers ----------------------------------------------------------------------------------------------------------------


def single(value: float) -> float:
    """Rounded to single precision."""
    return ctypes.c_float(value).value


def word(value: float) -> int:
    """The bits of a single-precision number."""
    return int.from_bytes(struct.pack("<f", value), "little")


def number(bits: int) -> float:
    """The single-precision number of the bits."""
    found: float = struct.unpack("<f", bits.to_bytes(4, "little"))[0]
    return found


def _tame(x: float) -> float:
    return max(-_FAR, min(_FAR, x)) if x == x else -_FAR


def _share(part: float) -> float:
    """The weight of the further neighbour: 9 bits, 8 of them after the point."""
    return int(single(single(part * 256) + 0.5)) / 256


# -- texels ------------------------------------------------------------------------------------------------------------------


def _channel(im: Image, data: bytes, c: int) -> int:
    """A channel of a texel as the word that a fetch gives."""
    size = im.bits // 8
    raw = int.from_bytes(data[c * size : (c + 1) * size], "little", signed=im.kind == SIGNED)
    if im.kind == FLOAT:
        return raw if im.bits == 32 else word(struct.unpack("<e", data[c * 2 : c * 2 + 2])[0])
    if not im.floats:
        return raw & 0xFFFFFFFF
    if im.srgb and im.bits == 8 and im.kind == UNSIGNED and c < 3:
        s = raw / 255
        return word(single(s / 12.92 if s <= 0.04045 else math.pow((s + 0.055) / 1.055, 2.4)))
    if im.kind == SIGNED:
        return word(max(single(raw / ((1 << (im.bits - 1)) - 1)), -1.0))
    return word(single(raw / ((1 << im.bits) - 1)))


def _words(im: Image, data: bytes | None) -> list[int]:
    """Four words of a texel; of none: the border's."""
    missing = [0, 0, 0, word(1.0) if im.floats else 1]
    have = [im.border[c] if data is None else _channel(im, data, c) for c in range(im.channels)]
    return have + missing[im.channels :]


def _within(i: int, size: int, mode: int) -> int | None:
    if mode == BORDER:
        return i if 0 <= i < size else None
    if mode == WRAP:
        i = i + size if i < 0 else i - size if i >= size else i
    return min(max(i, 0), size - 1)


class _Axis(NamedTuple):
    low: int | None
    high: int | None
    share: float


def _axis(x: float, size: int, mode: int, normalized: bool, linear: bool) -> _Axis:
    if normalized:
        if mode in (WRAP, MIRROR):
            x = _tame(x)
            below = math.floor(x)
            x = single(x - below)
            if mode == MIRROR and below % 2:
                x = single(1 - x)
        x = single(size * x)
    if not linear:
        return _Axis(_within(math.floor(_tame(x)), size, mode), None, 0.0)
    x = _tame(single(x - 0.5))
    low = math.floor(x)
    return _Axis(_within(low, size, mode), _within(low + 1, size, mode), _share(single(x - low)))


def _face(x: float, y: float, z: float) -> tuple[int, float, float]:
    """Which face of a cube a direction meets, and where, from -1 to 1."""
    ax, ay, az = abs(x), abs(y), abs(z)
    if ax >= ay and ax >= az:
        face, s, t, m = (0, -z, -y, ax) if x >= 0 else (1, z, -y, ax)
    elif ay >= az:
        face, s, t, m = (2, x, z, ay) if y >= 0 else (3, x, -z, ay)
    else:
        face, s, t, m = (4, x, -y, az) if z >= 0 else (5, -x, -y, az)
    return face, *(single(v / m) if m else math.nan for v in (s, t))


def _beside(size: int, face: int, i: int, j: int) -> tuple[int, int, int]:
    """Face and place of a texel that may lie beside its face."""
    if 0 <= i < size and 0 <= j < size:
        return face, i, j
    s, t = (single(single((2 * v + 1) / size) - 1) for v in (i, j))
    directions = ((1, -t, -s), (-1, -t, s), (s, 1, t), (s, -1, -t), (s, -t, 1), (-s, -t, -1))
    face, s, t = _face(*directions[face])
    i, j = (min(max(math.floor(single(single(v + 1) / 2 * size)), 0), size - 1) for v in (s, t))
    return face, i, j


class Request(NamedTuple):
    """One fetch of one thread."""

    geometry: str
    integer: bool
    coordinates: list[float]
    layer: int
    level: float | None
    gradients: list[list[float]]
    component: int | None  # of a gather


class _Fetch:
    """A request at work in one level."""

    def __init__(self, thread: Thread, im: Image, request: Request, level: Level) -> None:
        self.thread, self.im, self.level = thread, im, level
        cube = "cube" in request.geometry
        self.linear = request.component is not None or (im.linear and not request.integer)
        layers = max(level.depth, 1)
        layer, coordinates = request.layer, request.coordinates
        modes, normalized = list(im.address), im.normalized
        if cube:
            face, s, t = _face(*coordinates)
            coordinates = [single(single(v + 1) / 2) for v in (s, t)]
            layer = min(max(layer, 0), max(layers // 6, 1) - 1) * 6 + face
            modes, normalized = [CLAMP] * 3, True
        self.slice = min(max(layer, 0), layers - 1)
        self.seamless = im.seamless and im.shape == CUBE
        self.axes = []
        for x, size, mode in zip(coordinates, (level.width, max(level.height, 1), layers), modes, strict=False):
            if request.integer:
                self.axes.append(_Axis(_within(int(x), size, BORDER if mode == BORDER else CLAMP), None, 0.0))
            elif cube and self.seamless and self.linear:
                at = _tame(single(single(x * size) - 0.5))
                low = math.floor(at)
                self.axes.append(_Axis(low, low + 1, _share(single(at - low))))
            else:
                self.axes.append(_axis(x, size, mode, normalized, self.linear))

    def texel(self, places: Sequence[int | None]) -> list[int]:
        """Four words of the texel at a place."""
        if any(p is None for p in places):
            return _words(self.im, None)
        x, y, z = [*(p or 0 for p in places), 0, 0][:3]
        where = self.slice
        if self.seamless:
            face, x, y = _beside(self.level.width, where % 6, x, y)
            where += face - where % 6
        level = self.level
        address = level.data + (where + z) * level.slice + y * level.pitch + x * self.im.texel
        return _words(self.im, self.thread.load("global", address, self.im.texel, 1))

    def gather(self, component: int) -> list[int]:
        (x, y) = self.axes
        corners = ((x.low, y.high), (x.high, y.high), (x.high, y.low), (x.low, y.low))
        return [self.texel(corner)[component] for corner in corners]

    def sample(self) -> list[int]:
        if not self.linear:
            return self.texel([a.low for a in self.axes])
        sums: list[float] = []
        for sides in itertools.product((0, 1), repeat=len(self.axes)):
            chosen = list(zip(self.axes, reversed(sides), strict=True))  # x changes first
            weight = math.prod(a.share if side else 1 - a.share for a, side in chosen)
            if not weight:
                continue
            words = self.texel([a.high if side else a.low for a, side in chosen])
            parts = [single(weight * number(w)) for w in words[: self.im.channels]]
            sums = [single(s + p) for s, p in zip(sums, parts, strict=True)] if sums else parts
        return [word(s) for s in sums] + _words(self.im, None)[self.im.channels :]


def _level(im: Image, request: Request) -> float:
    """The level that a fetch wants, within what there is."""
    level = request.level if request.level is not None else 0.0
    if request.gradients:
        base = im.levels[0]
        sizes = (base.width, base.height, base.depth) if im.normalized else (1, 1, 1)
        squares = []
        for side in request.gradients:
            total = 0.0
            for step, size in zip(side, sizes, strict=False):
                scaled = single(step * size)
                total = single(total + single(scaled * scaled))
            squares.append(total)
        level = single(0.5 * single(math.log2(max(squares)))) if max(squares) > 0 else im.least
    level = min(single(level + im.bias), im.most)
    level = level if level > im.least else im.least
    return min(max(level, 0.0), len(im.levels) - 1.0)


def fetch(thread: Thread, im: Image, request: Request) -> list[int]:
    """The four words of a fetch."""
    if im.shape == LINEAR_MEMORY:
        at = int(request.coordinates[0]) if request.integer else math.floor(_tame(request.coordinates[0]))
        if not 0 <= at < im.levels[0].width:
            return [0, 0, 0, 0]
        return _words(im, thread.load("global", im.levels[0].data + at * im.texel, im.texel, 1))
    if request.component is not None:
        return _Fetch(thread, im, request, im.levels[0]).gather(request.component)
    if len(im.levels) == 1:
        return _Fetch(thread, im, request, im.levels[0]).sample()
    level = _level(im, request)
    if not im.linear_levels or not im.floats:
        return _Fetch(thread, im, request, im.levels[int(single(level + 0.5))]).sample()
    low = int(level)
    share = _share(single(level - low))
    near = _Fetch(thread, im, request, im.levels[low]).sample()
    if not share:
        return near
    far = _Fetch(thread, im, request, im.levels[low + 1]).sample()
    mixed = [word(single(single((1 - share) * number(a)) + single(share * number(b)))) for a, b in zip(near, far, strict=True)]
    return mixed[: im.channels] + near[im.channels :]


# -- instructions ------------------------------------------------------------------------------------------------------------


def _address(code: Code, inst: Inst, operand: Operand, geometry: str, t: Any) -> tuple[Reader, list[Reader], Reader | None]:
    """(object, coordinates, layer) of an address."""
    if not isinstance(operand, Addr) or not isinstance(operand.base, Reg) or len(operand.coordinates) > 1:
        raise code.operands.error(inst, "only texture and surface objects in a register are supported")
    items = list(operand.coordinates[0].items if isinstance(operand.coordinates[0], Vec) else operand.coordinates) if (
        operand.coordinates) else []  # fmt: skip
    layer = code.operands.reader(inst, items.pop(0), S32) if geometry.startswith("a") and items else None
    count = {"1d": 1, "2d": 2, "3d": 3, "cube": 3}[geometry.removeprefix("a")] if geometry else 0
    if len(items) < count:
        raise code.operands.error(inst, f"it takes {count} coordinates beside the layer")
    return code.operands.reader(inst, operand.base, B64), [code.operands.reader(inst, i, t) for i in items[:count]], layer


def _no_more(code: Code, inst: Inst, count: int) -> None:
    if len(inst.operands) != count:
        raise code.operands.error(inst, "offsets of texels and depth comparisons are not supported")


@handles("tex", "tld4")
def _tex(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    integer, mip = getattr(m, "ctype", "") == "s32", getattr(m, "mip", "")
    handle, coordinates, layer = _address(code, inst, inst.operands[1], m.geom, S32 if integer else F32)
    _no_more(code, inst, {"level": 3, "grad": 4}.get(mip, 2))
    level = code.operands.reader(inst, inst.operands[2], F32) if mip == "level" else None
    sides = [code.operands.each_reader(inst, o, F32)[: len(coordinates)] for o in inst.operands[2:4]] if mip == "grad" else []
    first, resident = inst.operands[0], None
    if not isinstance(first, Vec):
        first, resident = getattr(first, "first", None), code.operands.writer(inst, getattr(first, "second", None), PRED)
    writers = code.operands.each(inst, first, B32)
    component = "rgba".index(m.comp) if hasattr(m, "comp") else None

    def one(thread: Thread) -> None:
        request = Request(
            m.geom,
            integer,
            [c(thread) for c in coordinates],
            layer(thread) if layer else 0,
            level(thread) if level else None,
            [[s(thread) for s in side] for side in sides],
            component,
        )
        for write, value in zip(writers, fetch(thread, image(thread, handle(thread), TEXTURE), request), strict=True):
            write(thread, value)
        if resident is not None:
            resident(thread, True)

    return Step(inst, one)


def _channel_type(im: Image) -> int:
    if im.kind == FLOAT:
        return 0x10DD if im.bits == 16 else 0x10DE
    if im.floats:
        return {(8, True): 0x10D0, (16, True): 0x10D1, (8, False): 0x10D2, (16, False): 0x10D3}[im.bits, im.kind == SIGNED]
    return (0x10D7 if im.kind == SIGNED else 0x10DA) + {8: 0, 16: 1, 32: 2}[im.bits]


_ANSWERS: dict[str, Callable[[Image, Level], int]] = {
    "width": lambda im, level: level.width,
    "height": lambda im, level: level.height,
    "depth": lambda im, level: level.depth if im.shape == 3 else 0,
    "array_size": lambda im, level: (level.depth // 6 if im.shape == CUBE else level.depth) if im.layered else 0,
    "num_mipmap_levels": lambda im, level: len(im.levels),
    "normalized_coords": lambda im, level: int(im.normalized),
    "channel_data_type": lambda im, level: _channel_type(im),
    "channel_order": lambda im, level: {1: 0x10B0, 2: 0x10B2, 4: 0x10B5}[im.channels],
    "filter_mode": lambda im, level: int(im.linear),
    "addr_mode_0": lambda im, level: im.address[0],
    "addr_mode_1": lambda im, level: im.address[1],
    "addr_mode_2": lambda im, level: im.address[2],
}


@handles("txq", "suq")
def _query(code: Code, inst: Inst, binding: Binding) -> Step:
    handle, _, _ = _address(code, inst, inst.operands[1], "", U32)
    level = code.operands.reader(inst, inst.operands[2], U32) if len(inst.operands) > 2 else None
    write = code.operands.writer(inst, inst.operands[0], U32)

    def one(thread: Thread) -> None:
        im = image(thread, handle(thread), TEXTURE, SURFACE)
        chosen = im.levels[min(level(thread) if level else 0, len(im.levels) - 1)]
        write(thread, _ANSWERS[binding.m.query](im, chosen))

    return Step(inst, one)


# -- surfaces ----------------------------------------------------------------------------------------------------------------


class _Surface:
    """Where an instruction's accesses go."""

    def __init__(self, code: Code, inst: Inst, binding: Binding, operand: Operand, count: int) -> None:
        self.m = binding.m
        self.handle, self.coordinates, self.layer = _address(code, inst, operand, self.m.geom, S32)
        self.formatted = getattr(self.m, "how", "b") == "p"
        self.bytes = count * self.m.type.bytes

    def place(self, thread: Thread, im: Image, what: str) -> int | None:
        """The address; None: outside."""
        level, size = im.levels[0], im.texel if self.formatted else self.bytes
        x, y, z = [*(c(thread) for c in self.coordinates), 0, 0][:3]
        given = f"x {x}" if self.formatted else f"byte {x}"
        x, z = x * im.texel if self.formatted else x, self.layer(thread) if self.layer else z
        places = []
        for at, last in zip((x, y, z), (level.width * im.texel - size, max(level.height, 1) - 1, max(level.depth, 1) - 1), strict=True):
            at = min(max(at, 0), last) if self.m.clamp == "clamp" else at
            if not 0 <= at <= last:
                if self.m.clamp == "trap":
                    raise thread.fault("LaunchFailure", f"surface {what} outside of the surface: {given}, y {y}, z or layer {z}")
                return None
            places.append(at)
        return level.data + places[2] * level.slice + places[1] * level.pitch + places[0]


@handles("suld")
def _suld(code: Code, inst: Inst, binding: Binding) -> Step:
    t = SCALARS[f"b{binding.m.type.bits}"]
    writers = code.operands.each(inst, inst.operands[0], t)
    surface = _Surface(code, inst, binding, inst.operands[1], len(writers))

    def one(thread: Thread) -> None:
        place = surface.place(thread, image(thread, surface.handle(thread), SURFACE), "read")
        for i, write in enumerate(writers):
            data = b"" if place is None else thread.load("global", place + i * t.bytes, t.bytes, 1)
            write(thread, int.from_bytes(data, "little"))

    return Step(inst, one)


def _formatted(im: Image, bits: int) -> bytes:
    """A 32-bit value as a channel of the surface."""
    size = im.bits // 8
    if im.bits == 32:
        return bits.to_bytes(4, "little")
    if im.kind == FLOAT:
        return _half(number(bits))
    top = (1 << (im.bits - (im.kind == SIGNED))) - 1
    value = S32.wrap(bits) if im.kind == SIGNED else bits
    return min(max(value, -top - 1 if im.kind == SIGNED else 0), top).to_bytes(size, "little", signed=im.kind == SIGNED)


def _half(value: float) -> bytes:
    try:
        return struct.pack("<e", value)
    except OverflowError:
        return struct.pack("<e", math.copysign(math.inf, value))


@handles("sust")
def _sust(code: Code, inst: Inst, binding: Binding) -> Step:
    t = SCALARS[f"b{binding.m.type.bits}"]
    readers = code.operands.each_reader(inst, inst.operands[1], t)
    surface = _Surface(code, inst, binding, inst.operands[0], len(readers))

    def one(thread: Thread) -> None:
        im = image(thread, surface.handle(thread), SURFACE)
        place = surface.place(thread, im, "write")
        if place is None:
            return
        values = [r(thread) for r in readers]
        if surface.formatted:
            data = b"".join(_formatted(im, v) for v in values[: im.channels])
        else:
            data = b"".join(v.to_bytes(t.bytes, "little") for v in values)
        thread.store("global", place, data, 1)

    return Step(inst, one)
