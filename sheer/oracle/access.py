"""Loads, stores, address conversion, atomics, asynchronous copies and mbarriers. In: bound instructions. Out: Steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheer.base.types import SCALARS, ScalarType
from sheer.ir.module import Addr, Inst, Not, Operand, Reg, Sym
from sheer.isa import exact
from sheer.isa.row import Binding
from sheer.oracle.memory import LOCAL, PARAM, SHARED, WINDOW
from sheer.oracle.operands import from_bits, to_bits
from sheer.oracle.program import Code, Step, handles
from sheer.oracle.state import Thread

U32, U64, B64, PRED = (SCALARS[n] for n in ("u32", "u64", "b64", "pred"))
Where = Callable[[Thread], int]


def plain(space: str | None) -> str:
    """shared::cta -> shared; none -> generic ("")."""
    return (space or "").partition("::")[0]


def address(code: Code, inst: Inst, operand: Operand, space: str) -> tuple[Where, str]:
    """An address operand: how to find it, and the state space it is in (a variable's own one, if the instruction is generic)."""
    if not isinstance(operand, Addr):
        raise code.operands.error(inst, f"{operand} is no address")
    offset = operand.offset
    if operand.base is None:
        return (lambda thread: offset), space
    read = code.operands.reader(inst, operand.base, U64)
    if isinstance(operand.base, Sym) and not space:
        place = code.place(operand.base.name)
        space = place[0] if place is not None and place[0] in ("shared", "local") else ""
    if isinstance(operand.base, Reg):
        width = SCALARS[code.function.regs[operand.base.name]].bits
        if plain(space) == "shared":  # whose addresses have 32 bits, in whatever register they come
            width = 32
        mask = (1 << max(width, 32)) - 1 if space else (1 << 64) - 1
        return (lambda thread: (read(thread) + offset) & mask), space
    return (lambda thread: (read(thread) + offset) & ((1 << 64) - 1)), space


def untyped(t: ScalarType) -> ScalarType:
    """The bits of a type."""
    return SCALARS[f"b{t.bits}"]


# -- ld, st ----------------------------------------------------------------------------------------------------------------------


def _is_strong(m: Any) -> bool:
    return getattr(m, "sem", "") not in ("", "weak", False)


def _param_name(code: Code, operand: Operand) -> str:
    """The .param variable or device function parameter that an address names, if it does."""
    name = (
        getattr(operand.base, "name", "")
        if isinstance(operand, Addr) and isinstance(operand.base, Sym)
        else ""
    )
    if name in code.param_sizes:
        return name
    function = code.function
    own = () if function.is_entry else (*function.params, *function.returns)
    return name if any(p.name == name for p in own) else ""


@handles("ld", "ldu")
def _ld(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    t, space = m.type, plain(getattr(m, "space", ""))
    count = int(m.vec[1:]) if m.vec else 1
    raw = t if t.kind in "su" else untyped(t)
    writers = code.operands.each(inst, inst.operands[0], raw)
    name = _param_name(code, inst.operands[1]) if space == "param" else ""
    where, space = address(code, inst, inst.operands[1], space) if not name else ((lambda thread: 0), space)
    offset = getattr(inst.operands[1], "offset", 0)
    size = t.bytes

    def one(thread: Thread) -> None:
        if name:
            data = bytes(thread.params.get(name, b"")[offset : offset + size * count])
            data = data.ljust(size * count, b"\0")
        else:
            data = thread.load(space, where(thread), size * count)
        for i, write in enumerate(writers):
            write(thread, from_bits(raw, int.from_bytes(data[i * size : (i + 1) * size], "little")))

    return Step(inst, one, strong=_is_strong(m))


@handles("st")
def _st(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    kind, space = untyped(m.type), plain(m.space)
    readers = code.operands.each_reader(inst, inst.operands[1], kind)
    name = _param_name(code, inst.operands[0]) if space == "param" else ""
    where, space = address(code, inst, inst.operands[0], space) if not name else ((lambda thread: 0), space)
    offset = getattr(inst.operands[0], "offset", 0)

    def one(thread: Thread) -> None:
        data = b"".join(to_bits(kind, r(thread)).to_bytes(kind.bytes, "little") for r in readers)
        if not name:
            thread.store(space, where(thread), data)
            return
        area = thread.params.setdefault(name, bytearray(code.param_sizes.get(name, 0)))
        if len(area) < offset + len(data):
            area.extend(bytes(offset + len(data) - len(area)))
        area[offset : offset + len(data)] = data

    return Step(inst, one, strong=_is_strong(m))


_WINDOWS = {"shared": SHARED, "local": LOCAL, "param": PARAM}


@handles("cvta")
def _cvta(code: Code, inst: Inst, binding: Binding) -> Step:
    """To generic adds the window's base; from generic takes it away. Kernel parameters' addresses are generic already."""
    m = binding.m
    space = plain(m.space)
    base = _WINDOWS.get(space, 0) if space != "param" else 0
    source = code.operands.reader(inst, inst.operands[1], m.type)
    write = code.operands.writer(inst, inst.operands[0], m.type)

    def one(thread: Thread) -> None:
        value = source(thread)
        write(thread, value - base if m.to else value + base)

    return Step(inst, one)


@handles("isspacep")
def _isspacep(code: Code, inst: Inst, binding: Binding) -> Step:
    space = plain(binding.m.space)
    source = code.operands.reader(inst, inst.operands[1], U64)
    write = code.operands.writer(inst, inst.operands[0], PRED)

    def one(thread: Thread) -> None:
        window = source(thread) & ~WINDOW
        inside = {v: k for k, v in _WINDOWS.items()}.get(window, "global")
        write(thread, inside == space)

    return Step(inst, one)


@handles("createpolicy")
def _policy(code: Code, inst: Inst, binding: Binding) -> Step:
    write = code.operands.writer(inst, inst.operands[0], B64)
    return Step(inst, lambda thread: write(thread, 0))


# -- atomics ------------------------------------------------------------------------------------------------------------------------


def _combined(op: str, t: ScalarType, old: Any, b: Any, c: Any = None) -> Any:
    """The new value of an atomic operation; elements of packed types one by one."""
    if op == "cas":
        return c if old == b else old
    if op == "exch":
        return b
    if op == "add":
        return exact.each(t, lambda e, x, y: exact.add(e, x, y) if e.is_float else e.wrap(x + y), old, b)
    if op in ("min", "max"):
        least = op == "min"
        return exact.each(
            t,
            lambda e, x, y: exact.extreme(least, x, y) if e.is_float else (min if least else max)(x, y),
            old,
            b,
        )
    if op == "inc":
        return 0 if old >= b else old + 1
    if op == "dec":
        return b if old == 0 or old > b else old - 1
    return {"and": old & b, "or": old | b, "xor": old ^ b}[op]


@handles("atom", "red")
def _atom(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    t = untyped(m.type) if m.op in ("cas", "exch") else m.type
    operands = list(inst.operands)
    write = code.operands.writer(inst, operands.pop(0), t) if binding.form.name == "atom" else None
    where, space = address(code, inst, operands.pop(0), plain(getattr(m, "space", "")))
    sources = [code.operands.reader(inst, o, t) for o in operands[: 2 if m.op == "cas" else 1]]

    def one(thread: Thread) -> None:
        place = where(thread)
        old = from_bits(t, int.from_bytes(thread.load(space, place, t.bytes), "little"))
        new = _combined(m.op, t, old, *[s(thread) for s in sources])
        thread.store(space, place, to_bits(t, new).to_bytes(t.bytes, "little"))
        if write is not None:
            write(thread, old)

    return Step(inst, one, strong=True)


@handles("fence", "membar")
def _fence(code: Code, inst: Inst, binding: Binding) -> Step:
    return Step(inst, lambda thread: None)


# -- cp.async -----------------------------------------------------------------------------------------------------------------------


@handles("cp")
def _cp(code: Code, inst: Inst, binding: Binding) -> Step:
    """Copies are done when they are issued; the groups are always complete."""
    parts = inst.opcode.split(".")
    if "mbarrier" in parts:
        return _copy_arrive(code, inst, binding)
    if "wait_group" in parts or "wait_all" in parts or "commit_group" in parts:
        return Step(inst, lambda thread: None)
    target, _ = address(code, inst, inst.operands[0], "shared")
    source, _ = address(code, inst, inst.operands[1], "global")
    size = code.operands.reader(inst, inst.operands[2], U32)
    given = inst.operands[3:-1] if "L2::cache_hint" in parts else inst.operands[3:]  # a policy of the cache comes last
    amount = size
    if given and (isinstance(given[0], Not) or (isinstance(given[0], Reg) and code.function.regs[given[0].name] == "pred")):
        ignored = code.operands.reader(inst, given[0], PRED)
        amount = lambda thread: 0 if ignored(thread) else size(thread)  # noqa: E731
    elif given:
        amount = code.operands.reader(inst, given[0], U32)

    def one(thread: Thread) -> None:
        whole = size(thread)
        wanted = min(amount(thread), whole)
        place = source(thread)
        data = (
            b"".join(thread.load("global", place + i, 1) for i in range(wanted))
            if wanted < whole
            else thread.load("global", place, whole)
        )
        thread.store("shared", target(thread), data.ljust(whole, b"\0"))

    return Step(inst, one)


# -- mbarrier: bits 0..19 arrivals still missing, 20..39 arrivals expected each phase, 40..62 bytes still to come, 63 the phase --------


class _State:
    """An mbarrier object taken apart."""

    def __init__(self, bits: int) -> None:
        self.missing, self.expected = bits & 0xFFFFF, bits >> 20 & 0xFFFFF
        self.bytes, self.phase = bits >> 40 & 0x7FFFFF, bits >> 63

    def bits(self) -> int:
        return (
            self.missing & 0xFFFFF
            | (self.expected & 0xFFFFF) << 20
            | (self.bytes & 0x7FFFFF) << 40
            | self.phase << 63
        )

    def settle(self) -> None:
        """A phase in which nothing is missing any more is over."""
        if self.missing == 0 and self.bytes == 0:
            self.missing, self.phase = self.expected, self.phase ^ 1


def _update(m: Any, state: _State, count: int) -> None:
    if m.op == "init":
        state.missing = state.expected = count
        state.bytes = state.phase = 0
        return
    if m.op == "expect_tx" or getattr(m, "expect_tx", False):
        state.bytes += count
        count = 1
    if m.op == "complete_tx":
        state.bytes -= count
    if m.op.startswith("arrive"):
        state.missing -= count
        if m.op == "arrive_drop":
            state.expected -= count
    if m.op != "expect_tx":
        state.settle()


@handles("mbarrier")
def _mbarrier(code: Code, inst: Inst, binding: Binding) -> Step:
    m = binding.m
    operands = list(inst.operands)
    if m.op == "pending_count":
        state = code.operands.reader(inst, operands[1], U64)
        count_to = code.operands.writer(inst, operands[0], U32)
        return Step(inst, lambda thread: count_to(thread, state(thread) & 0xFFFFF))
    has_result = m.op.startswith(("arrive", "test", "try"))
    is_test = m.op in ("test_wait", "try_wait")
    write = code.operands.writer(inst, operands.pop(0), PRED if is_test else B64) if has_result else None
    where, space = address(code, inst, operands.pop(0), plain(m.space))
    t = U64 if is_test and not m.parity else U32
    count = code.operands.reader(inst, operands[0], t) if operands else (lambda thread: 1)

    def one(thread: Thread) -> None:
        place = where(thread)
        old = int.from_bytes(thread.load(space, place, 8), "little")
        if is_test:
            wanted = count(thread) & 1 if m.parity else count(thread) >> 63
            assert write is not None
            write(thread, old >> 63 != wanted)
            return
        found = _State(old)
        if m.op == "inval":
            found = _State(0)
        else:
            _update(m, found, count(thread))
        thread.store(space, place, found.bits().to_bytes(8, "little"))
        if write is not None:
            write(thread, old)

    return Step(inst, one, strong=True)


def _copy_arrive(code: Code, inst: Inst, binding: Binding) -> Step:
    """The copies are done: with .noinc this is an arrival, without it the count goes up and down again."""
    where, space = address(code, inst, inst.operands[0], plain(binding.m.space))

    def one(thread: Thread) -> None:
        if not binding.m.noinc:
            return
        place = where(thread)
        state = _State(int.from_bytes(thread.load(space, place, 8), "little"))
        state.missing -= 1
        state.settle()
        thread.store(space, place, state.bits().to_bytes(8, "little"))

    return Step(inst, one)
