"""Matrix instructions. In: bound mma, wmma, ldmatrix, movmatrix instructions. Out: Steps.

All lanes of the warp bring their fragments to a meeting; the first one to be served puts the matrices together (isa/tensor.py says
which lane holds which element), multiplies them as anybody would, and every lane takes its part of the result.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sheer.base.types import SCALARS, ScalarType
from sheer.ir.module import Inst, Operand
from sheer.isa import exact
from sheer.isa.row import Binding
from sheer.isa.tensor import Fragment, fragment, shape_of
from sheer.oracle.access import address, plain
from sheer.oracle.operands import Reader, from_bits, to_bits
from sheer.oracle.program import Code, Step, handles
from sheer.oracle.state import Thread
from sheer.oracle.warp import Give, There, meeting

U32, B32 = SCALARS["u32"], SCALARS["b32"]
Matrix = dict[tuple[int, int], Any]


def _elements(t: ScalarType, registers: list[int], width: int) -> list[Any]:
    """The elements in a lane's registers, in order."""
    found = []
    for bits in registers:
        for i in range(max(width // t.bits, 1)):
            part = bits >> (i * t.bits) & ((1 << t.bits) - 1)
            found.append(from_bits(t, part & ~0x1FFF if t.name == "tf32" else part))
    return found


def _matrix(f: Fragment, lanes: dict[int, list[Any]]) -> Matrix:
    return {f.place(lane, e): elements[e] for lane, elements in lanes.items() for e in range(f.elements)}


def _multiplied(
    shape: str, types: tuple[ScalarType, ...], a: Matrix, b: Matrix, c: Matrix, satfinite: bool, differ: bool
) -> Matrix:
    """A B + C; floats exactly and rounded once at the end. With `differ` not products are added, but in how many bits A and B differ."""
    m, n, k = shape_of(shape)
    d_type = types[0]
    result: Matrix = {}
    for row in range(m):
        for column in range(n):
            xs, ys = [a[row, i] for i in range(k)], [b[i, column] for i in range(k)]
            start = c[row, column]
            if not d_type.is_float:
                total = start + sum(x ^ y if differ else x * y for x, y in zip(xs, ys, strict=True))
                result[row, column] = d_type.clamp(total) if satfinite else d_type.wrap(total)
                continue
            plain_sum = sum((x * y for x, y in zip(xs, ys, strict=True)), start)
            if plain_sum - plain_sum != 0 and any(v - v != 0 for v in (*xs, *ys, start)):
                result[row, column] = exact.fit(d_type, plain_sum)
                continue
            total = sum((Fraction(x) * Fraction(y) for x, y in zip(xs, ys, strict=True)), Fraction(start))
            scale = total.denominator.bit_length() - 1
            result[row, column] = exact.rounded(d_type, total.numerator, -scale) if total else 0.0
    return result


def _registers(code: Code, inst: Inst, operand: Operand, width: int) -> Reader:
    readers = code.operands.each_reader(inst, operand, SCALARS[f"b{width}"])
    return lambda thread: [r(thread) for r in readers]


def _everybody(thread: Thread) -> int:
    return 0xFFFFFFFF


def _packed(t: ScalarType, elements: list[Any]) -> list[int]:
    """Elements to registers of 32 bits (64 for f64)."""
    pack = max(32 // t.bits, 1)
    return [
        sum(to_bits(t, e) << (i * t.bits) for i, e in enumerate(elements[at : at + pack]))
        for at in range(0, len(elements), pack)
    ]


def _writer(code: Code, inst: Inst, operand: Operand, width: int) -> Give:
    writers = code.operands.each(inst, operand, SCALARS[f"b{width}"])

    def give(thread: Thread, registers: list[int]) -> None:
        for i, write in enumerate(writers):
            write(thread, registers[i % len(registers)])

    return give


def _product_step(code: Code, inst: Inst, m: Any, types: tuple[ScalarType, ...]) -> Step:
    d, a, b, c = types
    shape, satfinite, differ = m.shape, bool(getattr(m, "satfinite", False)), getattr(m, "bits", "") == "xor"
    widths = tuple(64 if t.bits == 64 else 32 for t in types)
    sources = [_registers(code, inst, o, w) for o, w in zip(inst.operands[1:4], widths[1:], strict=True)]
    fragments = [fragment(which, shape, t.bits) for which, t in zip("abc", (a, b, c), strict=True)]
    out = fragment("c", shape, d.bits)
    kept: list[tuple[There, Matrix]] = []

    def result(thread: Thread, there: There) -> list[int]:
        if not kept or kept[0][0] is not there:
            matrices = []
            for index, (f, t, width) in enumerate(zip(fragments, (a, b, c), widths[1:], strict=True)):
                lanes = {lane: _elements(t, brought[index], width) for lane, (_, brought) in there.items()}
                matrices.append(_matrix(f, lanes))
            kept[:] = [(there, _multiplied(shape, types, *matrices, satfinite, differ))]
        product = kept[0][1]
        return _packed(d, [product[out.place(thread.lane, e)] for e in range(out.elements)])

    return meeting(
        inst,
        _everybody,
        lambda thread: [s(thread) for s in sources],
        _writer(code, inst, inst.operands[0], widths[0]),
        result,
    )


@handles("mma")
def _mma(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    return _product_step(code, inst, m, (m.type, m.type2, m.type3, m.type4))


@handles("wmma")
def _wmma(code: Code, inst: Inst, binding: Binding) -> Step:
    if inst.opcode.startswith("wmma.load"):
        return _wmma_load(code, inst, binding)
    if inst.opcode.startswith("wmma.store"):
        return _wmma_store(code, inst, binding)
    m = binding.m
    half = SCALARS["f16"]
    types = (m.type, m.type2, m.type3, m.type4) if hasattr(m, "type3") else (m.type, half, half, m.type2)
    return _product_step(code, inst, m, types)


def _places(m: Any, which: str, f: Fragment, lane: int, stride: int | None) -> list[int]:
    """Byte offsets of a lane's elements from the start of the matrix."""
    sm, sn, sk = shape_of(m.shape)
    rows, columns = {"a": (sm, sk), "b": (sk, sn)}.get(which, (sm, sn))
    step = stride if stride is not None else (columns if m.layout == "row" else rows)
    found = []
    for e in range(f.elements):
        row, column = f.place(lane, e)
        found.append((row * step + column if m.layout == "row" else column * step + row) * f.bits // 8)
    return found


def _wmma_load(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    f = fragment(m.which, m.shape, m.type.bits)
    where, space = address(code, inst, inst.operands[1], plain(m.space))
    stride = code.operands.reader(inst, inst.operands[2], U32) if len(inst.operands) > 2 else None
    give = _writer(code, inst, inst.operands[0], 64 if m.type.bits == 64 else 32)

    def result(thread: Thread, there: There) -> list[int]:
        start = where(thread)
        offsets = _places(m, m.which, f, thread.lane, stride(thread) if stride else None)
        bits = [int.from_bytes(thread.load(space, start + o, m.type.bytes), "little") for o in offsets]
        return _packed(SCALARS[f"b{m.type.bits}"], bits)

    return meeting(inst, _everybody, lambda thread: None, give, result)


def _wmma_store(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    f = fragment("c", m.shape, m.type.bits)
    width = 64 if m.type.bits == 64 else 32
    where, space = address(code, inst, inst.operands[0], plain(m.space))
    source = _registers(code, inst, inst.operands[1], width)
    stride = code.operands.reader(inst, inst.operands[2], U32) if len(inst.operands) > 2 else None
    raw = SCALARS[f"b{m.type.bits}"]

    def result(thread: Thread, there: There) -> None:
        start = where(thread)
        offsets = _places(m, "c", f, thread.lane, stride(thread) if stride else None)
        for offset, bits in zip(offsets, _elements(raw, source(thread), width), strict=False):
            thread.store(space, start + offset, bits.to_bytes(raw.bytes, "little"))

    return meeting(inst, _everybody, lambda thread: None, lambda thread, value: None, result)


@handles("ldmatrix")
def _ldmatrix(code: Code, inst: Inst, binding: Binding) -> Step:
    """Lane 8 i + r brings the address of row r (8 halves) of matrix i; lane l gets elements 2 (l % 4), + 1 of row l / 4."""
    m = binding.m
    where, space = address(code, inst, inst.operands[1], plain(m.space) or "shared")
    count = int(m.count[1:])

    def result(thread: Thread, there: There) -> list[int]:
        row, column = thread.lane // 4, thread.lane % 4 * 2
        found = []
        for i in range(count):
            parts = []
            for j in (0, 1):
                r, c = (column + j, row) if m.trans else (row, column + j)
                parts.append(int.from_bytes(thread.load(space, there[8 * i + r][1] + 2 * c, 2), "little"))
            found.append(parts[0] | parts[1] << 16)
        return found

    return meeting(inst, _everybody, where, _writer(code, inst, inst.operands[0], 32), result)


@handles("movmatrix")
def _movmatrix(code: Code, inst: Inst, binding: Binding) -> Step:
    source = code.operands.reader(inst, inst.operands[1], B32)

    def result(thread: Thread, there: There) -> int:
        row, column = thread.lane // 4, thread.lane % 4 * 2
        parts = [there[(column + j) * 4 + row // 2][1] >> 16 * (row % 2) & 0xFFFF for j in (0, 1)]
        return parts[0] | parts[1] << 16

    return meeting(inst, _everybody, source, code.operands.writer(inst, inst.operands[0], B32), result)
