"""Operands: registers, immediates, special registers and symbols as Values. In: operands of bound instructions. Out: Values."""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.tiles import TileLanes
from sheer.codegen.value import Value
from sheer.ir.module import Imm, Inst, Loc, Not, Operand, Reg, Sink, Special, Sym
from sheer.passes.cfg import Ins
from sheer.passes.shape import Shape

U32, U64, S64, B32, B64, PRED = (SCALARS[n] for n in ("u32", "u64", "s64", "b32", "b64", "pred"))


class OperandLanes(TileLanes):
    """What an instruction's operands mean. Needs `read(value)`."""

    def read(self, value: int) -> Value:
        raise NotImplementedError

    # -- operands ---------------------------------------------------------------------------------------------------------------------------

    def src(self, ins: Ins, operand: Operand, t: ScalarType) -> Value:
        """An operand as a value of type t: registers are cut to its width."""
        if isinstance(operand, Reg):
            value = self.read(ins.uses[operand.name])
            if value.bits == t.bits or t.kind == "p":
                return value
            kind = SCALARS[f"{'s' if t.kind == 's' and t.bits > value.bits else 'u'}{value.bits}"]
            return self.widen(SCALARS[f"u{t.bits}"] if t.bits < 128 else t, kind, value)
        if isinstance(operand, Imm):
            return self._immediate(operand, t)
        if isinstance(operand, Not):
            return self.not_(PRED, self.read(ins.uses[operand.reg.name]))
        if isinstance(operand, Special):
            return self.special(operand.name, t)
        if isinstance(operand, Sym):
            return self.symbol(operand, ins, t)
        if isinstance(operand, Sink):
            return self.const(t, 0)
        raise CompileError(f"{ins.inst.opcode}: operand {operand} is not understood", ins.inst.loc)

    def _immediate(self, operand: Imm, t: ScalarType) -> Value:
        if operand.kind == "int":
            if t.is_float and t.bits >= 32 and t.name != "tf32":
                return self.const(t, float(operand.value))
            return self.const(SCALARS[f"b{t.bits}"] if t.kind == "f" else t, operand.value)
        have = 32 if operand.kind == "f32" else 64
        if have == t.bits or not t.is_float:
            return self.const(SCALARS[f"b{t.bits}"], operand.value)
        import struct

        number = struct.unpack("<f" if have == 32 else "<d", operand.value.to_bytes(have // 8, "little"))[0]
        return self.const(t, number)

    # -- special registers and symbols ----------------------------------------------------------------------------------------------------------

    def frame_field(self, offset: int, ty: str = "i32") -> str:
        """A field of the frame; it does not change during a launch."""
        t = self.text
        place = t.op(f"getelementptr i8, ptr {self.frame}, i64 {offset}")
        return t.op(f"load {ty}, ptr {place}, align {8 if ty in ('i64', 'ptr') else 4}, !invariant.load !0")

    def special(self, name: str, t: ScalarType) -> Value:
        value = self._special(name)
        if value.bits != t.bits:
            kind = SCALARS[f"u{value.bits}"]
            return self.widen(SCALARS[f"u{t.bits}"], kind, value)
        return value

    def _special(self, name: str) -> Value:
        axis = {"x": 0, "y": 1, "z": 2}.get(name.rpartition(".")[2], 0)
        stem = name.partition(".")[0]
        if stem == "tid":
            return self.thread_id(name)
        if stem == "ctaid":
            return self.scalar(32, f"%c{'xyz'[axis]}")
        if stem == "ntid":
            block = self.compiler.block
            return self.const(U32, block[axis]) if block else self.scalar(32, self.frame_field(44 + 4 * axis))
        if stem == "nctaid":
            return self.scalar(32, self.frame_field(56 + 4 * axis))
        if name == "laneid":
            return self.lane_ids()
        if name.startswith("lanemask"):
            return self.lane_mask(name.rpartition("_")[2])
        simple = {
            "dynamic_smem_size": 72,
            "total_smem_size": 68,
            "aggr_smem_size": 68,
            "smid": 88,
            "nsmid": 92,
        }
        if name in simple:
            return self.scalar(32, self.frame_field(simple[name]))
        if name == "gridid":
            return self.scalar(64, self.frame_field(80, "i64"))
        if name in ("clock", "clock_hi", "clock64", "globaltimer", "globaltimer_lo", "globaltimer_hi"):
            return self._clock(name)
        if name in ("warpid", "nwarpid"):
            return self.warp_id(name)
        if (
            stem in ("clusterid", "cluster_ctaid")
            or name in ("cluster_ctarank", "is_explicit_cluster")
            or stem == "envreg"
            or name.startswith(("envreg", "pm"))
        ):
            return self.const(PRED if name == "is_explicit_cluster" else U32, 0)
        if stem in ("nclusterid", "cluster_nctaid") or name == "cluster_nctarank":
            return (
                self.scalar(32, self.frame_field(56 + 4 * axis))
                if stem == "nclusterid"
                else self.const(U32, 1)
            )
        if name == "reserved_smem_offset_begin":
            return self.const(U32, 0)
        raise CompileError(f"the special register %{name} is not supported", self.ins.inst.loc)

    def _clock(self, name: str) -> Value:
        service = "sheer_rt_clock64" if name.startswith("clock") else "sheer_rt_globaltimer"
        value = self.scalar(64, self.text.intrinsic(service, "i64", [("ptr", self.frame)]))
        if name.endswith("_hi"):
            value = self.shr(U64, value, self.const(U32, 32))
        return value if name in ("clock64", "globaltimer") else self.widen(U32, U64, value)

    def lane_ids(self) -> Value:
        if "laneid" not in self.fixed:
            import numpy as np

            shape = Shape(np.arange(self.n, dtype=np.int64) % 32, None, None, 64, 31)
            self.fixed["laneid"] = Value(32, shape, scalar="0")
        kept = self.fixed["laneid"]
        return Value(32, kept.shape, scalar="0")

    def lane_mask(self, which: str) -> Value:
        table = {
            "eq": lambda i: 1 << i,
            "lt": lambda i: (1 << i) - 1,
            "le": lambda i: (2 << i) - 1,
            "gt": lambda i: ~((2 << i) - 1),
            "ge": lambda i: ~((1 << i) - 1),
        }
        return self.vector(32, self.constants(32, [table[which](i % 32) for i in range(self.n)]))

    def warp_id(self, name: str) -> Value:
        if name == "nwarpid":
            return self.const(U32, 64)
        if self.n == 32:
            return self.scalar(32, self.group)
        first = self.text.op(f"mul i32 {self.group}, {self.n // 32}")
        return self.vector(
            32,
            self.text.op(
                f"add <{self.n} x i32> {self.splat('i32', first)}, {self.constants(32, [i // 32 for i in range(self.n)])}"
            ),
        )

    def linear_thread(self) -> Value:
        """Linear thread id of every lane."""
        import numpy as np

        first = self.text.op(f"mul i32 {self.group}, {self.n}")
        shape = Shape(np.arange(self.n, dtype=np.int64), None, None, self.n.bit_length() - 1, -1)
        return Value(32, shape, scalar=first)

    def thread_id(self, name: str) -> Value:
        """tid.x/y/z: constants per lane on a scalar base where the block shape allows it."""
        block = self.compiler.block
        linear = self.linear_thread()
        axis = "xyz".index(name[-1])
        if block is None:
            return self._thread_id_any(linear, axis)
        shapes = self.facts_tids()
        shape = shapes.get(name)
        extents = [self.const(U32, e) for e in block]
        if shape is None:
            value: Value = self.vector(32, self.vec(linear))
        elif shape.const is not None:
            return self.const(U32, shape.const)
        else:
            value = self.scalar(32, linear.scalar)
        if axis == 0:
            result = value if block[1] * block[2] == 1 else self._mod(value, block[0])
        elif axis == 1:
            result = self._over(value, block[0])
            result = result if block[2] == 1 else self._mod(result, block[1])
        else:
            result = self._over(value, block[0] * block[1])
        assert extents
        if shape is None or shape.uniform:
            return result if shape is None else self.scalar(32, result.scalar, shape)
        return Value(32, shape, scalar=result.scalar)

    def facts_tids(self) -> dict[str, Any]:
        from sheer.passes.facts import thread_shapes

        return thread_shapes(self.n, self.compiler.block, self.shapes)

    def _mod(self, value: Value, extent: int) -> Value:
        return self.simple("urem", value, self.const(U32, extent))

    def _over(self, value: Value, extent: int) -> Value:
        return self.simple("udiv", value, self.const(U32, extent))

    def _thread_id_any(self, linear: Value, axis: int) -> Value:
        ntid = [self.scalar(32, self.frame_field(44 + 4 * i)) for i in range(3)]
        value: Value = self.vector(32, self.vec(linear))
        if axis == 0:
            return self.rem(U32, value, ntid[0])
        if axis == 1:
            return self.rem(U32, self.div(U32, value, ntid[0]), ntid[1])
        return self.div(U32, value, self.simple("mul", ntid[0], ntid[1]))

    def symbol(self, operand: Sym, ins: Ins, t: ScalarType) -> Value:
        """The address of a variable or a function's id."""
        name, offset = operand.name, operand.offset
        place = self.compiler.place(self.function, name)
        if place is None:
            raise CompileError(f"{name} is used but not declared in any linked module", ins.inst.loc)
        space, where = place
        if space == "global":
            value = self.scalar(64, self.global_address(where))
            value = self.add(U64, value, self.const(U64, offset)) if offset else value
        elif space == "param":
            value = self.scalar(64, self.param_base())
            value = self.add(U64, value, self.const(U64, where + offset))
        elif space == "dynamic_shared":
            value = self.const(U64, where + offset)
        elif space == "local":
            base = self.scalar(32, self.stack_base())
            value = self.widen(U64, U32, self.add(U32, base, self.const(U32, where + offset)))
        else:
            value = self.const(U64, where + offset)
        return self.widen(SCALARS[f"u{t.bits}"], U64, value) if t.bits != 64 else value

    def global_address(self, index: int) -> str:
        t = self.text
        table = self.frame_field(24, "ptr")
        place = t.op(f"getelementptr i64, ptr {table}, i64 {index}")
        return t.op(f"load i64, ptr {place}, align 8, !invariant.load !0")

    def param_base(self) -> str:
        return self.frame_field(0, "i64")

    def stack_base(self) -> str:
        return "0" if self.function.is_entry else "%stack"

    def stack_top(self) -> str:
        mine = self.compiler.local_bytes(self.function)
        base = self.stack_base()
        return str(mine) if base == "0" else self.text.op(f"add i32 {base}, {mine}")

    def check_stack(self) -> None:
        """In recursion: what this call keeps in local memory has to end inside the thread's own part of it."""
        own, t = self.compiler.local_bytes(self.function), self.text
        if not own:
            return
        room = self.frame_field(76)
        end = t.op(f"add i32 {self.stack_base()}, {own}")
        over, enough = t.fresh_label("stack.over"), t.fresh_label("stack.enough")
        t.branch(t.op(f"icmp ugt i32 {end}, {room}"), over, enough)
        t.label(over)
        where = next((i.loc for i in self.function.body or () if isinstance(i, Inst) and i.loc.line), Loc(0, 0))
        self.trap_call(3, where)
        t.label(enough)

    def scratch(self) -> str:
        if not self.scratch_pointer:
            self.scratch_pointer = self.text.alloca("[64 x i8]", 64)
        return self.scratch_pointer
