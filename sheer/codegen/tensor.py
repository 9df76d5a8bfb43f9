"""Matrix instructions on vectors of lanes. In: bound mma, wmma and ldmatrix instructions. Out: IR.

A product is computed with the lanes as they are: for every k, the elements of A and B that each lane's C element needs are brought to it by a
constant shuffle, then multiplied and added for all lanes at once. Inputs are widened to f32 (f64, s32); f16 results are rounded once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sheer.base.errors import Unsupported
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.calls import CallLanes
from sheer.codegen.text import FLOAT_NAMES, Text, int_type
from sheer.codegen.value import Value
from sheer.ir.module import Vec
from sheer.isa.tensor import Fragment, fragment, shape_of
from sheer.passes.cfg import Ins
from sheer.passes.shape import Shape

U32, B32, B16, U64, F32, F64, S32 = (SCALARS[n] for n in ("u32", "b32", "b16", "u64", "f32", "f64", "s32"))


class TensorLanes(CallLanes):
    """Matrix instructions; a group of several warps computes one product per warp."""

    result_rooms: dict[tuple[int, int], str]  # (bits, how many) of the results of calls -> memory for them

    # -- fragments ------------------------------------------------------------------------------------------------------------

    def _registers(self, ins: Ins, operand: Any, bits: int) -> list[Value]:
        items = operand.items if isinstance(operand, Vec) else (operand,)
        return [self.src(ins, item, SCALARS[f"b{bits}"]) for item in items]

    def _elements(self, registers: list[Value], t: ScalarType) -> list[str]:
        """Every element of the fragment, widened for arithmetic: vectors of float, double or i32."""
        found: list[str] = []
        for register in registers:
            width = t.bits
            if width == 4:
                found += self._nibbles(self.vec(register), t)
                continue
            parts = (
                [register]
                if register.bits == width
                else self.unpack(SCALARS[f"b{width}"], register, register.bits // width)
            )
            found += [self._widened(part, t) for part in parts]
        return found

    def _nibbles(self, register: str, t: ScalarType) -> list[str]:
        wide, word = f"<{self.n} x i32>", "ashr" if t.is_signed else "lshr"
        moved = [self.text.op(f"shl {wide} {register}, splat (i32 {28 - 4 * i})") for i in range(7)]
        return [self.text.op(f"{word} {wide} {name}, splat (i32 28)") for name in (*moved, register)]

    def _widened(self, part: Value, t: ScalarType) -> str:
        if t.name in ("s8", "u8"):
            return self.vec(self.widen(S32, t, part))
        if t.name == "tf32":
            part = self.and_(U32, self.vector(32, self.vec(part)), self.const(U32, 0xFFFFE000))
            t = F32
        if t.bits == 16:
            part = self.convert(F32, t, self.vector(16, self.vec(part)))
            t = F32
        if t.name == "s32":
            return self.vec(part)
        part = self.vector(part.bits, self.vec(part))
        return self.fnames(F64 if t.bits == 64 else F32, part)[2][0]

    def _arranged(
        self,
        elements: list[str],
        where: dict[tuple[int, int], tuple[int, int]],
        wanted: list[tuple[int, int]],
        ty: str,
        cache: dict[Any, str],
    ) -> str:
        """One vector: for every lane the element at wanted[lane % 32]. `where`: matrix place -> (lane, element)."""
        key = tuple(wanted)
        if key in cache:
            return cache[key]
        places = [where[wanted[lane % 32]] for lane in range(self.n)]
        wide = f"<{self.n} x {ty}>"
        result = ""
        for element in dict.fromkeys(e for _, e in places):
            source = ", ".join(
                f"i32 {lane // 32 * 32 + at}" if e == element else "i32 poison"
                for lane, (at, e) in enumerate(places)
            )
            name = self.text.op(
                f"shufflevector {wide} {elements[element]}, {wide} poison, <{self.n} x i32> <{source}>"
            )
            if not result:
                result = name
                continue
            here = ", ".join(f"i1 {'true' if e == element else 'false'}" for _, e in places)
            result = self.text.op(f"select <{self.n} x i1> <{here}>, {wide} {name}, {wide} {result}")
        cache[key] = result
        return result

    def _where(self, f: Fragment) -> dict[tuple[int, int], tuple[int, int]]:
        return {f.place(lane, e): (lane, e) for e in reversed(range(f.elements)) for lane in range(32)}

    def _product(
        self, shape: str, a: list[str], b: list[str], c: list[str], a_type: ScalarType, c_bits: int
    ) -> list[str]:
        """D = A B + C on widened elements, in the order of the C fragment."""
        m, n, k = shape_of(shape)
        fa, fb, fc = (
            fragment(w, shape, bits) for w, bits in (("a", a_type.bits), ("b", a_type.bits), ("c", c_bits))
        )
        where_a, where_b = self._where(fa), self._where(fb)
        integer = not a_type.is_float
        ty = "i32" if integer else ("double" if a_type.bits == 64 else "float")
        wide = f"<{self.n} x {ty}>"
        cache_a: dict[Any, str] = {}
        cache_b: dict[Any, str] = {}
        result = list(c)
        for step in range(k):
            for e in range(fc.elements):
                places = [fc.place(lane, e) for lane in range(32)]
                x = self._arranged(a, where_a, [(row, step) for row, _ in places], ty, cache_a)
                y = self._arranged(b, where_b, [(step, column) for _, column in places], ty, cache_b)
                if integer:
                    result[e] = self.text.op(
                        f"add {wide} {result[e]}, {self.text.op(f'mul {wide} {x}, {y}')}"
                    )
                else:
                    suffix = "f64" if ty == "double" else "f32"
                    result[e] = self.text.intrinsic(
                        f"llvm.fma.v{self.n}{suffix}", wide, [(wide, x), (wide, y), (wide, result[e])]
                    )
        assert m and n
        return result

    has_bf16_pairs = False  # the target multiplies pairs of bf16 and adds both products to f32

    def _pair_product(self, shape: str, a: list[Value], b: list[Value], c: list[Value]) -> list[str]:
        """D = A B + C in bf16: registers hold pairs along k, which one instruction multiplies and adds."""
        return self._by_words(shape, 16, a, b, self._elements(c, F32), self.bf16_pairs)

    def _bit_product(self, shape: str, differ: bool, a: list[Value], b: list[Value], c: list[Value]) -> list[str]:
        """C, and in how many bits of k a row of A and a column of B differ or are both set."""
        wide = f"<{self.n} x i32>"

        def counted(total: str, x: str, y: str) -> str:
            bits = self.text.op(f"{'xor' if differ else 'and'} {wide} {x}, {y}")
            return self.text.op(f"add {wide} {total}, {self.text.intrinsic(f'llvm.ctpop.v{self.n}i32', wide, [(wide, bits)])}")

        return self._by_words(shape, 1, a, b, self._elements(c, S32), counted)

    def _by_words(
        self, shape: str, bits: int, a: list[Value], b: list[Value], c: list[str], added: Callable[[str, str, str], str]
    ) -> list[str]:
        """D = A B + C, where `added` adds the products of all elements (along k) of a register of A and one of B to a sum."""
        pack = 32 // bits
        fa, fb, fc = fragment("a", shape, bits), fragment("b", shape, bits), fragment("c", shape, 32)
        where_a, where_b = ({} for _ in range(2))
        for lane in range(32):
            for e in range(0, fa.elements, pack):
                row, column = fa.place(lane, e)
                where_a[row, column // pack] = (lane, e // pack)
            for e in range(0, fb.elements, pack):
                row, column = fb.place(lane, e)
                where_b[row // pack, column] = (lane, e // pack)
        left, right = ([self.vec(register) for register in registers] for registers in (a, b))
        cache_a: dict[Any, str] = {}
        cache_b: dict[Any, str] = {}
        result = list(c)
        for step in range(shape_of(shape)[2] // pack):
            for e in range(fc.elements):
                places = [fc.place(lane, e) for lane in range(32)]
                x = self._arranged(left, where_a, [(row, step) for row, _ in places], "i32", cache_a)
                y = self._arranged(right, where_b, [(step, column) for _, column in places], "i32", cache_b)
                result[e] = added(result[e], x, y)
        return result

    def bf16_pairs(self, total: str, x: str, y: str) -> str:
        """total + x.low y.low + x.high y.high in every lane; x and y are i32, total is float."""
        t, parts = self.text, []
        for first in range(0, self.n, 16):
            lanes = ", ".join(f"i32 {first + i}" for i in range(16))
            cut = []
            for name, ty in ((total, "float"), (x, "i32"), (y, "i32")):
                wide = f"<{self.n} x {ty}>"
                cut.append(t.op(f"shufflevector {wide} {name}, {wide} poison, <16 x i32> <{lanes}>"))
            pairs = [t.op(f"bitcast <16 x i32> {name} to <32 x bfloat>") for name in cut[1:]]
            parts.append(
                t.intrinsic(
                    "llvm.x86.avx512bf16.dpbf16ps.512",
                    "<16 x float>",
                    [("<16 x float>", cut[0]), *(("<32 x bfloat>", name) for name in pairs)],
                )
            )
        size = 16
        while len(parts) > 1:
            lanes, wide = ", ".join(f"i32 {i}" for i in range(2 * size)), f"<{size} x float>"
            parts = [
                t.op(f"shufflevector {wide} {low}, {wide} {high}, <{2 * size} x i32> <{lanes}>")
                for low, high in zip(parts[::2], parts[1::2], strict=True)
            ]
            size *= 2
        return parts[0]

    def _packed(self, values: list[str], t: ScalarType) -> list[tuple[ScalarType, Value]]:
        """Result elements to registers: f16 in pairs."""
        if t.name == "s32":
            return [(B32, self.vector(32, v)) for v in values]
        source = F64 if t.bits == 64 else F32
        floats = f"<{self.n} x {FLOAT_NAMES[source.name]}>"
        like = (self.vector(source.bits, "poison"),)
        made = [self.from_float(source, floats, v, like) for v in values]
        if t.bits != 16:
            return [(SCALARS[f"b{t.bits}"], v) for v in made]
        halves = [self.convert(t, F32, v, "rn") for v in made]
        return [
            (B32, self.pack(B32, [low, high])) for low, high in zip(halves[::2], halves[1::2], strict=True)
        ]

    # -- mma --------------------------------------------------------------------------------------------------------------------

    def mma(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        d_type, a_type, b_type, c_type = m.type, m.type2, m.type3, m.type4
        return self._multiply(ins, m.shape, d_type, a_type, b_type, c_type)

    def _multiply(
        self,
        ins: Ins,
        shape: str,
        d: ScalarType,
        a: ScalarType,
        b: ScalarType,
        c: ScalarType,
        used: tuple[int, int] | None = None,
    ) -> list[tuple[ScalarType, Value]]:
        if self.lane_fibers:
            raise Unsupported("matrix instructions in a kernel whose lanes wait for each other", ins.inst.loc)
        operands = ins.inst.operands
        width = 64 if a.bits == 64 else 32
        registers = [
            self._registers(ins, o, width if i < 2 else max(c.bits, 32)) for i, o in enumerate(operands[1:4])
        ]
        if used is not None:
            registers[0], registers[1] = registers[0][: used[0]], registers[1][: used[1]]
        saturates, bits = bool(getattr(ins.binding.m, "satfinite", False)), getattr(ins.binding.m, "bits", "")

        def made(*parts: list[Value]) -> list[tuple[ScalarType, Value]]:
            if bits:
                return self._packed(self._bit_product(shape, bits == "xor", *parts), d)
            return self._multiplied(shape, (d, a, b, c), saturates, *parts)

        if self.compiler.many_products:
            return self._by_call(("mma", shape, d.name, a.name, b.name, c.name, saturates, bits), registers, made)
        return made(*registers)

    def _by_call(
        self, key: tuple[Any, ...], inputs: list[list[Value]], made: Callable[..., list[tuple[ScalarType, Value]]]
    ) -> list[tuple[ScalarType, Value]]:
        """The work of many instructions that are alike stands in one function: unrolled kernels have thousands of products."""
        flat = [value for values in inputs for value in values]
        kinds = [int_type(v.bits, 1 if v.uniform else self.n) for v in flat]
        key += tuple(v.uniform for v in flat)
        if key not in self.compiler.helpers:
            names = iter(range(len(flat)))

            def inside(v: Value) -> Value:
                name = f"%in{next(names)}"
                return self.scalar(v.bits, name) if v.uniform else self.vector(v.bits, name)

            with self.elsewhere():
                out = made(*([inside(v) for v in values] for values in inputs))
                each = int_type(max(v.bits for _, v in out), self.n)
                for i, (_, v) in enumerate(out):
                    place = self.text.op(f"getelementptr {each}, ptr %out, i64 {i}")
                    self.text.do(f"store {int_type(v.bits, self.n)} {self.vec(v)}, ptr {place}")
                self.text.finish("ret void")
                name = f"@\"helper.{len(self.compiler.helpers)}\""
                parameters = ", ".join(["ptr noalias %out", *(f"{kind} %in{i}" for i, kind in enumerate(kinds))])
                self.text.header = f"define internal void {name}({parameters}) noinline #0"
                self.text.program.functions.append(self.text.text())
            self.compiler.helpers[key] = (name, [(t, v.bits) for t, v in out])
        name, results = self.compiler.helpers[key]
        most = max(bits for _, bits in results)
        room = self._room_of_results(most, len(results))
        arguments = [f"ptr {room}", *(f"{kind} {v.scalar if v.uniform else self.vec(v)}" for kind, v in zip(kinds, flat, strict=True))]
        self.text.do(f"call void {name}({', '.join(arguments)})")
        found = []
        for i, (t, bits) in enumerate(results):
            place = self.text.op(f"getelementptr {int_type(most, self.n)}, ptr {room}, i64 {i}")
            found.append((t, self.vector(bits, self.text.op(f"load {int_type(bits, self.n)}, ptr {place}"))))
        return found

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[None]:
        """What is emitted goes to a function of its own, whose names mean nothing outside."""
        outer = self.text, self.rows_known, self.blocks_known
        self.text, self.rows_known, self.blocks_known = Text(self.text.program, ""), {}, {}
        yield
        self.text, self.rows_known, self.blocks_known = outer

    def _room_of_results(self, bits: int, count: int) -> str:
        """Memory in which calls leave what they give, the same for all: results that do not fit the registers would take new memory for each."""
        key = bits, count
        if key not in self.result_rooms:
            self.result_rooms[key] = self.text.alloca(f"[{count} x {int_type(bits, self.n)}]", 64)
        return self.result_rooms[key]

    def _multiplied(
        self,
        shape: str,
        types: tuple[ScalarType, ScalarType, ScalarType, ScalarType],
        saturates: bool,
        *registers: list[Value],
    ) -> list[tuple[ScalarType, Value]]:
        """D of A, B and C as they lie in registers."""
        d, a, b, c = types
        if a.name == "bf16" and self.has_bf16_pairs:
            return self._packed(self._pair_product(shape, *registers), d)
        ea, eb = self._elements(registers[0], a), self._elements(registers[1], b)
        ec = self._elements(registers[2], c)
        if saturates and c.name == "s32":  # the products fit: only the last addition may leave the range
            ec, start = ["zeroinitializer"] * len(ec), ec
            found = self._product(shape, ea, eb, ec, a, c.bits)
            wide = f"<{self.n} x i32>"
            found = [
                self.text.intrinsic(f"llvm.sadd.sat.v{self.n}i32", wide, [(wide, x), (wide, y)])
                for x, y in zip(start, found, strict=True)
            ]
        else:
            found = self._product(shape, ea, eb, ec, a, c.bits)
        if saturates and c.name != "s32":
            found = [self._finite(x, d) for x in found]
        return self._packed(found, d)

    def _finite(self, name: str, t: ScalarType) -> str:
        """Beyond the largest number of the type that number, for NaN 0."""
        wide, most = f"<{self.n} x float>", "0x40EFFC0000000000" if t.bits == 16 else "0x47EFFFFFE0000000"
        for stem, limit in (("minnum", most), ("maxnum", f"0x{int(most, 16) | 1 << 63:016X}")):
            kept = self.text.intrinsic(f"llvm.{stem}.v{self.n}f32", wide, [(wide, name), (wide, f"splat (float {limit})")])
            number = self.text.op(f"fcmp ord {wide} {name}, {name}")
            name = self.text.op(f"select <{self.n} x i1> {number}, {wide} {kept}, {wide} zeroinitializer")
        return name

    # -- wmma -----------------------------------------------------------------------------------------------------------------------

    def wmma_mma(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        if hasattr(m, "type3"):
            d, a, b, c = m.type, m.type2, m.type3, m.type4
        else:
            d, a, b, c = m.type, SCALARS["f16"], SCALARS["f16"], m.type2
        sm, sn, sk = shape_of(m.shape)
        width = 64 if a.bits == 64 else 32
        used = (sm * sk * a.bits // (32 * width), sk * sn * a.bits // (32 * width))
        return self._multiply(ins, m.shape, d, a, b, c, used)

    def _matrix_place(self, ins: Ins, address: Any, stride_operand: Any, m: Any) -> tuple[str, str]:
        """(address of the matrix, bytes from a row to the next, "" if those are its own length)."""
        if self.n > 32:
            raise Unsupported("wmma in groups of more than 32 lanes", ins.inst.loc)
        base = self.address(ins, address, m.space or "generic")
        name = base.scalar if base.uniform else self._first_active(base)
        if stride_operand is None:
            return name, ""
        stride = self.src(ins, stride_operand, U32)
        scalar = stride.scalar if stride.uniform else self._first_active(stride)
        return name, self.text.op(f"mul i64 {self.resize_scalar(scalar, 32, 64)}, {m.type.bits // 8}")

    def _matrix_address(self, place: tuple[str, str], m: Any, f: Fragment, e: int, default: int) -> Value:
        """Addresses of element e of every lane: base + row * stride + column (or the transpose)."""
        size = f.bits // 8
        name, step = place
        places = [f.place(lane % 32, e) for lane in range(self.n)]
        outer = np.array([p[0] if m.layout == "row" else p[1] for p in places], np.int64)
        inner = np.array([p[1] if m.layout == "row" else p[0] for p in places], np.int64)
        if not step:
            return Value(64, Shape(inner * size + outer * default * size), scalar=name)
        if not outer.any():
            return Value(64, Shape(inner * size), scalar=name)
        return Value(64, Shape(inner * size, "wmma", outer), scalar=name, stride=step)

    def _first_active(self, value: Value) -> str:
        return self.last_lane(value)

    def _default_stride(self, m: Any, which: str) -> int:
        sm, sn, sk = shape_of(m.shape)
        rows, columns = {"a": (sm, sk), "b": (sk, sn)}.get(which, (sm, sn))
        return columns if m.layout == "row" else rows

    def wmma_load(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        operands = ins.inst.operands
        stride = operands[2] if len(operands) > 2 else None
        place = self._matrix_place(ins, operands[1], stride, m)
        if self.compiler.many_products and not self.mask and not self.compiler.plain:
            scalars = [self.scalar(64, name) for name in place if name]

            def made(parts: list[Value]) -> list[tuple[ScalarType, Value]]:
                return self._fragment_loaded(m, (parts[0].scalar, parts[1].scalar if place[1] else ""))

            values = [v for _, v in self._by_call(("load", m.which, m.shape, m.layout, m.type.name, bool(place[1])), [scalars], made)]
        else:
            values = [v for _, v in self._fragment_loaded(m, place)]
        count = len(operands[0].items) if isinstance(operands[0], Vec) else 1
        values = (values * (-(-count // len(values))))[:count]  # f16 fragments have room for each element twice
        return [(SCALARS[f"b{v.bits}"], v) for v in values]

    def _fragment_loaded(self, m: Any, place: tuple[str, str]) -> list[tuple[ScalarType, Value]]:
        """The registers of a fragment, each element once."""
        f = fragment(m.which, m.shape, m.type.bits)
        default = self._default_stride(m, m.which)
        t = SCALARS[f"b{m.type.bits}"]
        pack = max(32 // m.type.bits, 1)
        values: list[Value] = []
        for e in range(0, f.elements, pack):
            contiguous = pack > 1 and (m.layout == "row") == (m.which != "b")
            address = self._matrix_address(place, m, f, e, default)
            self.count_access(address, 4 if contiguous else t.bytes, 0, m.space)
            if pack == 2 and m.which != "c" and not contiguous and self.n == 32 and not self.mask:
                base = self.pointer(address)
                rows = [
                    self.piece_pointer(self._matrix_address(place, m, f, e + i % 2, default), base, i // 2)
                    for i in range(8)
                ]
                values.append(self._block(rows, True))
            elif contiguous:
                values.append(self._any_vector(self._load_lanes(B32, 1, address)[0]))
            else:
                parts = [
                    self._load_lanes(t, 1, self._matrix_address(place, m, f, e + i, default))[0]
                    for i in range(pack)
                ]
                values.append(self.pack(B32, parts) if pack > 1 else parts[0])
        return [(SCALARS[f"b{v.bits}"], v) for v in values]

    def _any_vector(self, v: Value) -> Value:
        return self.vector(v.bits, self.vec(v))

    def wmma_store(self, m: Any, ins: Ins) -> None:
        operands = ins.inst.operands
        f = fragment("c", m.shape, m.type.bits)
        stride = operands[2] if len(operands) > 2 else None
        registers = self._registers(ins, operands[1], max(m.type.bits, 32))
        t = SCALARS[f"b{m.type.bits}"]
        default = self._default_stride(m, "c")
        parts: list[Value] = []
        for register in registers:
            parts += self.unpack(t, register, 2) if m.type.bits == 16 else [register]
        pairs = m.layout == "row"
        place = self._matrix_place(ins, operands[0], stride, m)
        for e in range(0, f.elements, 2 if pairs else 1):
            address = self._matrix_address(place, m, f, e, default)
            self.count_access(address, t.bytes * (2 if pairs else 1), 1, m.space)
            self._store_lanes(t, parts[e : e + (2 if pairs else 1)], address)

    # -- ldmatrix -----------------------------------------------------------------------------------------------------------------------

    def ldmatrix(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        """Lane 8 i + r gives the address of row r of matrix i; lane l gets elements 2 (l % 4) and + 1 of row l / 4."""
        if self.lane_fibers:
            raise Unsupported("ldmatrix in a kernel whose lanes wait for each other", ins.inst.loc)
        address = self.address(ins, ins.inst.operands[1], m.space or "shared")
        self.count_access(address, 16, 0, "shared", lanes=(1 << 8 * int(m.count[1:])) - 1)
        if self.n == 32 and not self.mask:
            base = self.pointer(address) if address.shape is not None else ""
            return [(B32, self._block(self._lane_pointers(address, base, 8 * i), bool(m.trans))) for i in range(int(m.count[1:]))]
        rows = self.vec(address)
        found = []
        for i in range(int(m.count[1:])):
            if not m.trans:
                found.append(
                    self._load_lanes(
                        B32,
                        1,
                        self._row_places(
                            rows,
                            [8 * i + lane % 32 // 4 for lane in range(self.n)],
                            [lane % 4 * 4 for lane in range(self.n)],
                        ),
                    )[0]
                )
                continue
            parts = [
                self._load_lanes(
                    B16,
                    1,
                    self._row_places(
                        rows,
                        [8 * i + lane % 4 * 2 + j for lane in range(self.n)],
                        [lane % 32 // 4 * 2 for lane in range(self.n)],
                    ),
                )[0]
                for j in (0, 1)
            ]
            found.append(self.pack(B32, parts))
        return [(B32, v) for v in found]

    def _lane_pointers(self, address: Value, base: str, first: int) -> list[str]:
        """The addresses of eight lanes."""
        if base:
            return [self.piece_pointer(address, base, first + i) for i in range(8)]
        wide = f"<{self.n} x i64>"
        numbers = [self.text.op(f"extractelement {wide} {self.vec(address)}, i64 {first + i}") for i in range(8)]
        return [self.text.op(f"inttoptr i64 {number} to ptr") for number in numbers]

    def _block(self, rows: list[str], trans: bool) -> Value:
        """A register of 8 x 8 16-bit elements, whose rows lie at eight places: lane l gets elements 2 (l % 4) and + 1 of row l / 4,
        or, transposed, of column l / 4."""
        t = self.text
        parts = [t.op(f"load {'<8 x i16>' if trans else '<4 x i32>'}, ptr {row}, align 2") for row in rows]
        if trans:
            lanes = ", ".join(f"i32 {(lane % 4 * 2 + j) * 8 + lane // 4}" for lane in range(32) for j in (0, 1))
            block = t.op(f"shufflevector <64 x i16> {self._concat(parts, 16, 8)}, <64 x i16> poison, <64 x i32> <{lanes}>")
            name = t.op(f"bitcast <64 x i16> {block} to <32 x i32>")
        else:
            name = self._concat(parts, 32, 4)
        self.blocks_known[name] = parts, trans
        return self.vector(32, name)

    def _row_places(self, rows: str, lanes: list[int], offsets: list[int]) -> Value:
        wide = f"<{self.n} x i64>"
        source = ", ".join(f"i32 {at // 32 * 32 + lane}" for at, lane in enumerate(lanes))
        name = self.text.op(f"shufflevector {wide} {rows}, {wide} poison, <{self.n} x i32> <{source}>")
        return self.vector(64, self.text.op(f"add {wide} {name}, {self.constants(64, offsets)}"))

    def movmatrix(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        """Lane l gets elements (2 t, g) and (2 t + 1, g) with g = l / 4, t = l % 4."""
        halves = self.unpack(B16, self._any_vector(self.src(ins, ins.inst.operands[1], B32)), 2)
        wide = f"<{self.n} x i16>"
        low, high = (self.vec(h) for h in halves)
        parts = []
        for j in (0, 1):
            source = []
            for lane in range(self.n):
                g, t = lane % 32 // 4, lane % 4
                at = lane // 32 * 32 + (2 * t + j) * 4 + g // 2
                source.append(f"i32 {at + (g % 2) * self.n}")
            parts.append(
                self.vector(
                    16,
                    self.text.op(
                        f"shufflevector {wide} {low}, {wide} {high}, <{self.n} x i32> <{', '.join(source)}>"
                    ),
                )
            )
        return [(B32, self.pack(B32, parts))]
