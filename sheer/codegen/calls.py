"""Calls: PTX's .param variables, direct and indirect calls, and the functions that the machine provides. In: call instructions. Out: IR.

A .param variable is kept as planes: one vector of all lanes per unit (1 to 8 bytes) of the variable, so that storing and loading a
parameter costs nothing once LLVM has promoted it. Function pointers are ids; an indirect call serves each distinct id in turn.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError, Unsupported
from sheer.base.frame import RUNTIME
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.value import Value
from sheer.codegen.warp import WarpLanes
from sheer.ir.module import Addr, Args, Loc, Param, Prototype, Reg, Sym, Variable
from sheer.passes.cfg import Ins

U32, U64, B32, B64 = (SCALARS[n] for n in ("u32", "u64", "b32", "b64"))
GRID_BARRIERS = ("__sheer_grid_sync", "cudaCGSynchronizeGrid")  # functions of the machine

class Planes:
    """Storage of one .param variable: `unit` bytes per plane, `count` planes of all lanes."""

    def __init__(self, pointer: str, unit: int, count: int, size: int) -> None:
        self.pointer, self.unit, self.count, self.size = pointer, unit, count, size


def plane_unit(align: int, size: int, is_array: bool, element: str) -> int:
    """Bytes per plane: the element of a scalar; 4 for aggregates aligned to 4 or more, else 1."""
    if not is_array:
        return min(SCALARS[element].bytes, 8)
    return 4 if align >= 4 and size % 4 == 0 else 1


class CallLanes(WarpLanes):
    """Needs `self.planes` (name -> Planes), `self.compiler` (the kernel being compiled) and `self.stack` (bytes of local memory used)."""

    planes: dict[str, Planes]
    compiler: Any
    function: Any

    # -- .param variables -------------------------------------------------------------------------------------------------

    def declare_planes(
        self, name: str, align: int, size: int, is_array: bool, element: str, pointer: str = ""
    ) -> Planes:
        unit = plane_unit(align, size, is_array, element)
        count = max(1, -(-size // unit))
        planes = Planes(
            pointer or self.text.alloca(f"[{count * self.n} x i{unit * 8}]", 64), unit, count, size
        )
        self.planes[name] = planes
        return planes

    def declare_variable(self, variable: Variable) -> None:
        self.declare_planes(variable.name, variable.align, variable.size, variable.is_array, variable.type)

    def _plane(self, planes: Planes, index: int) -> str:
        return self.text.op(f"getelementptr i{planes.unit * 8}, ptr {planes.pointer}, i64 {index * self.n}")

    def read_plane(self, planes: Planes, index: int) -> str:
        """One plane as a vector of i(unit*8)."""
        if index >= planes.count:
            return "zeroinitializer"
        return self.text.op(
            f"load <{self.n} x i{planes.unit * 8}>, ptr {self._plane(planes, index)}, align {planes.unit}"
        )

    def read_param(self, planes: Planes, offset: int, t: ScalarType) -> Value:
        unit = planes.unit
        if t.bytes == unit and offset % unit == 0:
            return self.vector(t.bits, self.read_plane(planes, offset // unit))
        if t.bytes < unit:
            whole = self.vector(unit * 8, self.read_plane(planes, offset // unit))
            kind = SCALARS[f"u{unit * 8}"]
            shifted = self.shr(kind, whole, self.const(U32, offset % unit * 8))
            return self.widen(SCALARS[f"u{t.bits}"], kind, shifted)
        parts = [
            self.vector(unit * 8, self.read_plane(planes, (offset + i) // unit))
            for i in range(0, t.bytes, unit)
        ]
        return self.pack(t, parts)

    def write_param(self, planes: Planes, offset: int, t: ScalarType, value: Value) -> None:
        unit = planes.unit
        if t.bytes > unit:
            for i, part in enumerate(self.unpack(SCALARS[f"b{unit * 8}"], value, t.bytes // unit)):
                self._write_plane(planes, offset // unit + i, self.vec(part))
            return
        if t.bytes < unit:
            kind = SCALARS[f"u{unit * 8}"]
            old = self.vector(unit * 8, self.read_plane(planes, offset // unit))
            shift = offset % unit * 8
            hole = self.and_(
                kind, old, self.const(kind, ((1 << unit * 8) - 1) ^ (((1 << t.bits) - 1) << shift))
            )
            fresh = self.shl(kind, self.widen(kind, SCALARS[f"u{t.bits}"], value), self.const(U32, shift))
            value = self.simple("or", hole, fresh)
        self._write_plane(planes, offset // unit, self.vec(value))

    def _write_plane(self, planes: Planes, index: int, name: str) -> None:
        """Other lanes' parameters are their own business: no blend, except for the function's results (see write_result)."""
        ty = f"<{self.n} x i{planes.unit * 8}>"
        place = self._plane(planes, index)
        if planes.pointer.startswith("%ret") and self.mask:
            old = self.text.op(f"load {ty}, ptr {place}, align {planes.unit}")
            name = self.text.op(f"select <{self.n} x i1> {self.mask}, {ty} {name}, {ty} {old}")
        self.text.do(f"store {ty} {name}, ptr {place}, align {planes.unit}")

    # -- calls -----------------------------------------------------------------------------------------------------------------

    def call(self, m: Any, ins: Ins) -> Any:
        operands = list(ins.inst.operands)
        returns = operands.pop(0) if isinstance(operands[0], Args) else Args(())
        target = operands.pop(0)
        arguments = operands.pop(0) if operands and isinstance(operands[0], Args) else Args(())
        if isinstance(target, Sym) and target.name in RUNTIME:
            return self._runtime_call(target.name, ins, returns, arguments)
        if isinstance(target, Sym):
            callee = self.compiler.module.functions.get(target.name)
            if callee is None or callee.body is None:
                raise CompileError(
                    f"the function {target.name} is called but not defined in any linked module; link the "
                    "file that defines it (device code in several files needs -rdc=true)",
                    ins.inst.loc,
                )
            results = self._direct(callee, ins, returns, arguments)
        else:
            results = self._indirect(ins, target, operands, returns, arguments)
        return results

    def _argument_planes(self, ins: Ins, params: tuple[Param, ...], arguments: Args) -> list[str]:
        pointers = []
        for param, operand in zip(params, arguments.items, strict=False):
            if isinstance(operand, Sym) and operand.name in self.planes:
                have = self.planes[operand.name]
                unit = plane_unit(param.align, param.size, param.is_array, param.type)
                pointers.append(
                    have.pointer if have.unit == unit else self._reunit(have, unit, param).pointer
                )
                continue
            t = SCALARS[param.type] if param.type != "pred" else U32
            planes = self.declare_planes(
                f"{param.name}${self.text.counter}", param.align, t.bytes, False, t.name
            )
            self.write_param(planes, 0, t, self.src(ins, operand, SCALARS[f"b{t.bits}"]))
            pointers.append(planes.pointer)
        return pointers

    def _reunit(self, have: Planes, unit: int, param: Param) -> Planes:
        """The caller's variable and the callee's parameter are declared with different alignments: copy."""
        element = f"b{unit * 8}"
        made = self.declare_planes(
            f"{param.name}${self.text.counter}", unit, max(have.size, unit), unit in (1, 4), element
        )
        made.unit = unit
        for offset in range(0, have.size, max(unit, have.unit)):
            step = SCALARS[f"b{max(unit, have.unit) * 8}"]
            self.write_param(made, offset, step, self.read_param(have, offset, step))
        return made

    def _direct(self, callee: Any, ins: Ins, returns: Args, arguments: Args) -> Any:
        pointers = self._argument_planes(ins, callee.params, arguments)
        if len(pointers) != len(callee.params):
            raise CompileError(
                f"{callee.name} takes {len(callee.params)} arguments, {len(pointers)} are given", ins.inst.loc
            )
        result_planes = self._result_planes(callee.returns, returns)
        self._emit_call(
            self.compiler.function_name(callee), pointers + [p.pointer for p in result_planes], ins
        )
        return self._results(ins, callee.returns, returns, result_planes)

    def _result_planes(self, params: tuple[Param, ...], returns: Args) -> list[Planes]:
        found = []
        for param, operand in zip(params, returns.items, strict=False):
            if isinstance(operand, Sym) and operand.name in self.planes:
                have = self.planes[operand.name]
                if have.unit == plane_unit(param.align, param.size, param.is_array, param.type):
                    found.append(have)
                    continue
            found.append(
                self.declare_planes(
                    f"{param.name}${self.text.counter}",
                    param.align,
                    param.size,
                    param.is_array,
                    param.type if param.type != "pred" else "u32",
                )
            )
        return found

    def _results(self, ins: Ins, params: tuple[Param, ...], returns: Args, planes: list[Planes]) -> Any:
        values = []
        for param, operand, have in zip(params, returns.items, planes, strict=False):
            if isinstance(operand, Reg):
                t = SCALARS[param.type]
                values.append((t, self.read_param(have, 0, t)))
            elif isinstance(operand, Sym) and self.planes.get(operand.name) is not have:
                target = self.planes[operand.name]
                step = SCALARS[f"b{max(target.unit, have.unit) * 8}"]
                for offset in range(0, target.size, step.bytes):
                    self.write_param(target, offset, step, self.read_param(have, offset, step))
                values.append((SCALARS["b32"], self.const(B32, 0)))
            else:
                values.append((SCALARS["b32"], self.const(B32, 0)))
        return values if ins.writes else None

    def _emit_call(self, name: str, pointers: list[str], ins: Ins, mask: str | None = None) -> None:
        bits = self.mask_bits() if mask is None else mask
        arguments = [
            ("ptr", self.frame),
            ("i32", self.group),
            (f"i{self.n}", bits),
            ("i32", self.stack_top()),
            ("i32", "%cx"),
            ("i32", "%cy"),
            ("i32", "%cz"),
            *(("ptr", p) for p in pointers),
        ]
        self.text.do(f"call void @{name}({', '.join(f'{t} {v}' for t, v in arguments)})")

    def stack_top(self) -> str:
        raise NotImplementedError

    def _indirect(self, ins: Ins, target: Any, operands: list[Any], returns: Args, arguments: Args) -> Any:
        """Serves each distinct function id among the active lanes in turn."""
        signature = self._prototype(ins, operands)
        candidates = self.compiler.address_taken(signature)
        pointers = self._argument_planes(ins, signature.params, arguments)
        results = self._result_planes(signature.returns, returns)
        ids = self.src(ins, target, U64)
        t, n = self.text, self.n
        rest = t.alloca(f"i{n}")
        t.do(f"store i{n} {self.mask_bits()}, ptr {rest}")
        head, body, done, bad = (
            t.fresh_label(s) for s in ("targets", "target", "targets.done", "bad.target")
        )
        array = self.lane_array(ids)
        vector = self.vec(ids)
        t.label(head)
        left = t.op(f"load i{n}, ptr {rest}")
        t.branch(t.op(f"icmp ne i{n} {left}, 0"), body, done)
        t.label(body)
        lane = t.intrinsic(f"llvm.cttz.i{n}", f"i{n}", [(f"i{n}", left), ("i1", "true")])
        wide = lane if n == 64 else t.op(f"{'zext' if n < 64 else 'trunc'} i{n} {lane} to i64")
        one = self.lane_of(array, 64, wide)
        same = t.op(f"icmp eq <{n} x i64> {vector}, {self.splat('i64', one)}")
        now = t.op(f"and i{n} {left}, {t.op(f'bitcast <{n} x i1> {same} to i{n}')}")
        t.do(f"store i{n} {t.op(f'xor i{n} {left}, {now}')}, ptr {rest}")
        labels = [(self.compiler.function_id(c.name), t.fresh_label("callee"), c) for c in candidates]
        cases = " ".join(f"i64 {number}, label %{label}" for number, label, _ in labels)
        t.finish(f"switch i64 {one}, label %{bad} [ {cases} ]")
        for _, label, callee in labels:
            t.label(label)
            self._call_masked(callee, now, pointers, results, ins)
            t.jump(head)
        t.label(bad)
        self.trap_call(1, ins.inst.loc)
        t.finish("unreachable")
        t.label(done)
        return self._results(ins, signature.returns, returns, results)

    def _call_masked(
        self, callee: Any, mask: str, pointers: list[str], results: list[Planes], ins: Ins
    ) -> None:
        self._emit_call(
            self.compiler.function_name(callee), pointers + [p.pointer for p in results], ins, mask
        )

    def _prototype(self, ins: Ins, operands: list[Any]) -> Prototype:
        name = operands[0].name if operands and isinstance(operands[0], Sym) else ""
        if name in self.function.prototypes:
            return self.function.prototypes[name]
        if name in self.function.call_targets:
            callee = self.compiler.module.functions[self.function.call_targets[name][0]]
            return Prototype(name, callee.returns, callee.params)
        raise CompileError("an indirect call needs a .callprototype or .calltargets", ins.inst.loc)

    # -- functions of the machine -----------------------------------------------------------------------------------------------

    def _argument(self, ins: Ins, arguments: Args, index: int, t: ScalarType) -> Value:
        operand = arguments.items[index]
        if isinstance(operand, Sym) and operand.name in self.planes:
            return self.read_param(self.planes[operand.name], 0, t)
        return self.src(ins, operand, t)

    def _return(self, ins: Ins, returns: Args, t: ScalarType, value: Value) -> Any:
        if returns.items and isinstance(returns.items[0], Sym):
            planes = self.planes[returns.items[0].name]
            self.write_param(planes, 0, t, value)
            return None
        return [(t, value)] if returns.items else None

    def _runtime_call(self, name: str, ins: Ins, returns: Args, arguments: Args) -> Any:
        common = [("ptr", self.frame), ("i32", self.group)]
        if name in GRID_BARRIERS:
            self.compiler.flags |= 8
            self.text.intrinsic("sheer_rt_grid_barrier", "void", [*common, ("i32", self.active_count())])
            return self._return(ins, returns, B32, self.const(U32, 0)) if returns.items else None
        if name == "vprintf":
            return self._vprintf(ins, returns, arguments, common)
        if name == "malloc":
            sizes = self.lane_array(self._argument(ins, arguments, 0, B64))
            found = self.for_each_lane(
                lambda lane: [
                    self.text.intrinsic(
                        "sheer_rt_malloc", "i64", [common[0], ("i64", self.lane_of(sizes, 64, lane))]
                    )
                ],
                [("i64", "zeroinitializer")],
            )
            return self._return(ins, returns, B64, self.vector(64, found[0]))
        if name == "free":
            places = self.lane_array(self._argument(ins, arguments, 0, B64))

            def release(lane: str) -> list[str]:
                self.text.intrinsic(
                    "sheer_rt_free", "void", [common[0], ("i64", self.lane_of(places, 64, lane))]
                )
                return []

            self.for_each_lane(release)
            return None
        if name == "__sheer_launch":
            return self._launch(ins, returns, arguments)
        if name == "__assertfail":
            return self._assertfail(ins, arguments, common)
        raise Unsupported(f"the device function {name} is not supported", ins.inst.loc)

    def _launch(self, ins: Ins, returns: Args, arguments: Args) -> Any:
        whats, buffers = (self.lane_array(self._argument(ins, arguments, i, B64)) for i in (0, 1))

        def one(lane: str) -> list[str]:
            operands = [("i64", self.lane_of(array, 64, lane)) for array in (whats, buffers)]
            return [self.text.intrinsic("sheer_rt_launch", "i32", [("ptr", self.frame), *operands])]

        found = self.for_each_lane(one, [("i32", "zeroinitializer")])
        return self._return(ins, returns, B32, self.vector(32, found[0]))

    def _thread_lane(self, lane: str) -> str:
        return self.resize_scalar(lane, 64, 32)

    def _vprintf(self, ins: Ins, returns: Args, arguments: Args, common: list[tuple[str, str]]) -> Any:
        formats = self.lane_array(self._argument(ins, arguments, 0, B64))
        buffers = self.lane_array(self._argument(ins, arguments, 1, B64))

        def one(lane: str) -> list[str]:
            parts = [
                self.text.op(f"inttoptr i64 {self.lane_of(a, 64, lane)} to ptr") for a in (formats, buffers)
            ]
            return [
                self.text.intrinsic(
                    "sheer_rt_vprintf",
                    "i32",
                    [*common, ("i32", self._thread_lane(lane)), ("ptr", parts[0]), ("ptr", parts[1])],
                )
            ]

        found = self.for_each_lane(one, [("i32", "zeroinitializer")])
        return self._return(ins, returns, B32, self.vector(32, found[0]))

    def _assertfail(self, ins: Ins, arguments: Args, common: list[tuple[str, str]]) -> Any:
        texts = [self.lane_array(self._argument(ins, arguments, i, B64)) for i in (0, 1, 3)]
        line = self.lane_array(self._argument(ins, arguments, 2, B32))

        def one(lane: str) -> list[str]:
            message, file, function = (
                self.text.op(f"inttoptr i64 {self.lane_of(a, 64, lane)} to ptr") for a in texts
            )
            self.text.intrinsic(
                "sheer_rt_assertfail",
                "void",
                [
                    *common,
                    ("i32", self._thread_lane(lane)),
                    ("ptr", message),
                    ("ptr", file),
                    ("i32", self.lane_of(line, 32, lane)),
                    ("ptr", function),
                ],
            )
            return []

        self.for_each_lane(one)
        return None

    def trap(self, m: Any, ins: Ins) -> None:
        self.trap_call(0, ins.inst.loc)

    def trap_call(self, kind: int, loc: Loc) -> None:
        bits = self.mask_bits()
        lane = self.text.intrinsic(
            f"llvm.cttz.i{self.n}", f"i{self.n}", [(f"i{self.n}", bits), ("i1", "false")]
        )
        self.text.intrinsic(
            "sheer_rt_trap",
            "void",
            [
                ("ptr", self.frame),
                ("i32", self.group),
                ("i32", self.resize_scalar(lane, self.n, 32, False)),
                ("i32", str(kind)),
                ("i32", str(loc.line)),
                ("i32", str(loc.file)),
            ],
        )

    def param_address(self, operand: Addr) -> Planes | None:
        base = operand.base
        return self.planes.get(base.name) if isinstance(base, Sym) else None
