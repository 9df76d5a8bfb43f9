"""Textures and surfaces: tex, tld4, txq, suld, sust, suq. In: bound instructions. Out: IR that hands objects, coordinates and the mask of a whole
group to the machine's services (frame.h), and takes texels back.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError, Unsupported
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.access import AccessLanes
from sheer.codegen.value import Value
from sheer.ir.module import Addr, Operand, Reg, Vec
from sheer.passes.cfg import Ins

U32, B32, B64, PRED = (SCALARS[n] for n in ("u32", "b32", "b64", "pred"))
# frame.h: shapes, what a request is, where its coordinates stand
_SHAPE = {"1d": 1, "2d": 2, "3d": 3, "a1d": 1, "a2d": 2, "cube": 4, "acube": 4}
_DIMENSIONS = {1: 1, 2: 2, 3: 3, 4: 3}
_LAYERED, _INTEGER, _LEVEL, _GRADIENT, _GATHER, _SAME = 8, 16, 32, 64, 128, 1024
_AT_LAYER, _AT_LEVEL, _AT_DX, _AT_DY, _COORDINATES = 3, 4, 5, 8, 11
_WRITE, _FORMATTED = 16, 32
_OUTSIDE = {"trap": 0, "clamp": 64, "zero": 128}
_QUERIES = ("width", "height", "depth", "array_size", "num_mipmap_levels", "normalized_coords", "channel_data_type", "channel_order",
            "filter_mode", "addr_mode_0", "addr_mode_1", "addr_mode_2")  # fmt: skip


class TextureLanes(AccessLanes):
    """Textures and surfaces."""

    def texture(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        what = _INTEGER if m.ctype == "s32" else 0
        more = ins.inst.operands[2:]
        planes = self._coordinates(ins, m.geom, 1)
        if m.mip == "level":
            what |= _LEVEL
            planes[_AT_LEVEL] = self.src(ins, self._only(ins, more, 1)[0], B32)
        elif m.mip == "grad":
            what |= _GRADIENT
            for first, operand in zip((_AT_DX, _AT_DY), self._only(ins, more, 2), strict=True):
                for axis, item in enumerate(_items(operand)[: _DIMENSIONS[_SHAPE[m.geom]]]):
                    planes[first + axis] = self.src(ins, item, B32)
        else:
            self._only(ins, more, 0)
        return self._texels(ins, what | _geometry(m.geom), planes)

    def texture_gather(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        self._only(ins, ins.inst.operands[2:], 0)
        what = _geometry(m.geom) | _GATHER | "rgba".index(m.comp) << 8
        return self._texels(ins, what, self._coordinates(ins, m.geom, 1))

    def _texels(self, ins: Ins, what: int, planes: dict[int, Value]) -> list[tuple[ScalarType, Value]]:
        found = self.text.alloca(f"[4 x <{self.n} x i32>]", 64)
        objects, same = self._objects(ins, 1)
        self._service("texture", ins, [("i32", str(what | same)), ("ptr", objects), ("ptr", self._planes(planes))], found)
        return [(B32, value) for value in self._taken(found, 4, 32)] + [(PRED, self.const(PRED, 1))]  # nothing is sparse

    def image_query(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        operands = ins.inst.operands
        level = self.src(ins, operands[2], U32) if len(operands) > 2 else self.const(U32, 0)
        found = self.text.alloca(f"<{self.n} x i32>", 64)
        handles = self.lane_array(self._object(ins, 1))
        levels = self.lane_array(Value(32, None, vector=self.vec(level)))
        self._service("image", ins, [("i32", str(_QUERIES.index(m.query))), ("ptr", handles), ("ptr", levels)], found)
        return [(B32, value) for value in self._taken(found, 1, 32)]

    def surface_load(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        count = int(m.vec[1:]) if m.vec else 1
        found = self.text.alloca(f"[{count} x <{self.n} x i{m.type.bits}>]", 64)
        self._surface(m, ins, 1, count, 0, found)
        return [(SCALARS[f"b{m.type.bits}"], value) for value in self._taken(found, count, m.type.bits)]

    def surface_store(self, m: Any, ins: Ins) -> None:
        kind = SCALARS[f"b{m.type.bits}"]
        values = [self.src(ins, item, kind) for item in _items(ins.inst.operands[1])]
        wide, t = f"<{self.n} x i{kind.bits}>", self.text
        given = t.alloca(f"[{len(values)} x {wide}]", 64)
        for number, value in enumerate(values):
            t.do(f"store {wide} {self.vec(value)}, ptr {self._plane_of(given, number, kind.bits)}, align {kind.bytes}")
        self._surface(m, ins, 0, len(values), _WRITE | (_FORMATTED if m.how == "p" else 0), given)

    # -- the parts of a request ---------------------------------------------------------------------------------------------

    def _surface(self, m: Any, ins: Ins, at: int, count: int, what: int, values: str) -> None:
        planes = self._coordinates(ins, m.geom, at)
        objects, same = self._objects(ins, at)
        sizes = (m.type.bytes.bit_length() - 1) << 12 | (count.bit_length() - 1) << 16
        what |= _geometry(m.geom) | _OUTSIDE[m.clamp] | sizes | same
        self._service("surface", ins, [("i32", str(what)), ("ptr", objects), ("ptr", self._planes(planes))], values)

    def _service(self, name: str, ins: Ins, request: list[tuple[str, str]], values: str) -> None:
        t, n, bits = self.text, self.n, max(self.n, 32)
        mask = t.alloca(f"i{bits}", 8)
        active = self.mask_bits()
        if n < 32:
            active = t.op(f"zext i{n} {active} to i32") if self.mask else str((1 << n) - 1)
        t.do(f"store i{bits} {active}, ptr {mask}")
        place = [("i32", str(ins.inst.loc.line)), ("i32", str(ins.inst.loc.file))]
        if name != "image":
            place.insert(0, ("i32", str(self.compiler.count_site() if self.compiler.counting else -1)))
        head = [("ptr", self.frame), ("i32", self.group)]
        t.intrinsic(f"sheer_rt_{name}", "void", [*head, *request, ("ptr", mask), ("i32", str(n)), ("ptr", values), *place])

    def _object(self, ins: Ins, at: int) -> Value:
        address = ins.inst.operands[at]
        if not isinstance(address, Addr) or not isinstance(address.base, Reg):
            raise Unsupported(
                f"{ins.inst.opcode}: texture and surface references are not supported, which CUDA 12 removed; "
                "use a texture or surface object in a register",
                ins.inst.loc,
            )
        return self.src(ins, address.base, B64)

    def _objects(self, ins: Ins, at: int) -> tuple[str, int]:
        """The objects in memory; one for all lanes if it is the same one."""
        value = self._object(ins, at)
        if not value.uniform:
            return self.lane_array(value), 0
        slot = self.text.alloca("i64", 8)
        self.text.do(f"store i64 {value.scalar}, ptr {slot}")
        return slot, _SAME

    def _coordinates(self, ins: Ins, geometry: str, at: int) -> dict[int, Value]:
        """The coordinates by the number of their plane. A vector may be longer than it needs to be."""
        address = ins.inst.operands[at]
        given = address.coordinates if isinstance(address, Addr) else ()
        if len(given) > 1:
            raise Unsupported(
                f"{ins.inst.opcode}: samplers apart from their textures (the independent mode) are not supported; "
                "use texture objects, which hold both",
                ins.inst.loc,
            )
        items = _items(given[0]) if given else []
        planes = [*range(_DIMENSIONS[_SHAPE[geometry]])]
        if geometry.startswith("a"):
            planes.insert(0, _AT_LAYER)
        if len(items) < len(planes):
            raise CompileError(f"{ins.inst.opcode} takes {len(planes)} coordinates, {len(items)} are given", ins.inst.loc)
        return {plane: self.src(ins, item, B32) for plane, item in zip(planes, items, strict=False)}

    def _only(self, ins: Ins, operands: tuple[Operand, ...], count: int) -> tuple[Operand, ...]:
        if len(operands) > count:
            raise Unsupported(f"{ins.inst.opcode}: offsets of texels and depth comparisons are not supported", ins.inst.loc)
        if len(operands) < count:
            raise CompileError(f"{ins.inst.opcode} takes {count} operands after the coordinates", ins.inst.loc)
        return operands

    def _planes(self, values: dict[int, Value]) -> str:
        t, wide = self.text, f"<{self.n} x i32>"
        slot = t.alloca(f"[{_COORDINATES} x {wide}]", 64)
        for plane, value in values.items():
            t.do(f"store {wide} {self.vec(value)}, ptr {self._plane_of(slot, plane, 32)}, align 4")
        return slot

    def _plane_of(self, slot: str, number: int, bits: int) -> str:
        return self.text.op(f"getelementptr i8, ptr {slot}, i64 {number * self.n * bits // 8}")

    def _taken(self, slot: str, count: int, bits: int) -> list[Value]:
        wide = f"<{self.n} x i{bits}>"
        places = [self._plane_of(slot, number, bits) for number in range(count)]
        return [self.vector(bits, self.text.op(f"load {wide}, ptr {place}, align {bits // 8}")) for place in places]


def _geometry(name: str) -> int:
    return _SHAPE[name] | (_LAYERED if name.startswith("a") else 0)


def _items(operand: Operand) -> list[Operand]:
    return list(operand.items) if isinstance(operand, Vec) else [operand]
