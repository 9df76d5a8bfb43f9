"""Control flow, calls and the machine's device functions. In: bra, brx, call, ret, exit, trap and their like. Out: Steps."""

from __future__ import annotations

from collections.abc import Callable

from sheer.base.types import SCALARS
from sheer.ir.module import Args, Inst, Operand, Param, Prototype, Reg, Sym
from sheer.isa.row import Binding
from sheer.oracle.memory import BadAddress
from sheer.oracle.operands import Reader
from sheer.oracle.printf import formatted
from sheer.oracle.program import Code, Step, handles
from sheer.oracle.state import Thread

U64, U32 = SCALARS["u64"], SCALARS["u32"]
ParamBytes = dict[str, bytearray]


@handles("bra")
def _bra(code: Code, inst: Inst, binding: Binding) -> Step:
    name = getattr(inst.operands[0], "name", "")

    def one(thread: Thread) -> None:
        thread.pc = code.labels[name]

    return Step(inst, one, moves=True)


@handles("brx")
def _brx(code: Code, inst: Inst, binding: Binding) -> Step:
    index = code.operands.reader(inst, inst.operands[0], U32)
    table = code.function.branch_targets.get(getattr(inst.operands[1], "name", ""), ())
    if not table:
        raise code.operands.error(inst, "it names no .branchtargets table")

    def one(thread: Thread) -> None:
        number = index(thread)
        if number >= len(table):
            raise thread.fault("InvalidPc", f"brx.idx with index {number} of {len(table)} targets")
        thread.pc = code.labels[table[number]]

    return Step(inst, one, moves=True)


@handles("ret", "exit")
def _leave(code: Code, inst: Inst, binding: Binding) -> Step:
    return Step(inst, Thread.leave if binding.form.name == "ret" else Thread.exit, moves=True)


@handles("trap")
def _trap(code: Code, inst: Inst, binding: Binding) -> Step:
    def one(thread: Thread) -> None:
        raise thread.fault("Trap", "a trap")

    return Step(inst, one)


@handles(
    "brkpt", "pmevent", "griddepcontrol", "setmaxnreg", "prefetch", "prefetchu", "discard", "applypriority"
)
def _hint(code: Code, inst: Inst, binding: Binding) -> Step:
    return Step(inst, lambda thread: None)


@handles("nanosleep")
def _sleep(code: Code, inst: Inst, binding: Binding) -> Step:
    return Step(inst, lambda thread: None, strong=True)


# -- calls ---------------------------------------------------------------------------------------------------------------------


@handles("call")
def _call(code: Code, inst: Inst, binding: Binding) -> Step:
    operands = list(inst.operands)
    returns = operands.pop(0) if isinstance(operands[0], Args) else Args(())
    target = operands.pop(0)
    arguments = operands.pop(0) if operands and isinstance(operands[0], Args) else Args(())
    assert isinstance(returns, Args) and isinstance(arguments, Args)
    if isinstance(target, Sym):
        callee = code.program.module.functions.get(target.name)
        if target.name in _RUNTIME and (callee is None or callee.body is None):
            return _runtime(code, inst, target.name, returns, arguments)
        if callee is None or callee.body is None:
            raise code.operands.error(
                inst, f"the function {target.name} is called but not defined in any linked module"
            )
        return _call_step(
            code, inst, lambda thread: target.name, callee.params, callee.returns, returns, arguments
        )
    signature = _prototype(code, inst, operands)
    number = code.operands.reader(inst, target, U64)

    def name(thread: Thread) -> str:
        found = thread.launch.function_names.get(number(thread), "")
        function = code.program.module.functions.get(found)
        if function is None or function.body is None or function.is_entry:
            raise thread.fault("InvalidPc", f"an indirect call of {number(thread):#x}, which is no function")
        if len(function.params) != len(signature.params) or len(function.returns) != len(signature.returns):
            raise thread.fault("InvalidPc", f"an indirect call of {found} with another function's signature")
        return found

    return _call_step(code, inst, name, signature.params, signature.returns, returns, arguments)


def _prototype(code: Code, inst: Inst, operands: list[Operand]) -> Prototype:
    name = operands[0].name if operands and isinstance(operands[0], Sym) else ""
    if name in code.function.prototypes:
        return code.function.prototypes[name]
    if name in code.function.call_targets:
        callee = code.program.module.functions[code.function.call_targets[name][0]]
        return Prototype(name, callee.returns, callee.params)
    raise code.operands.error(inst, "an indirect call needs a .callprototype or .calltargets")


def _argument_bytes(code: Code, inst: Inst, operand: Operand, param: Param) -> Callable[[Thread], bytearray]:
    """An argument: a .param variable's bytes, or a value."""
    if isinstance(operand, Sym) and operand.name in code.param_sizes:
        name, size = operand.name, max(param.size, code.param_sizes[operand.name])
        return lambda thread: bytearray(thread.params.get(name, b"").ljust(size, b"\0"))
    t = SCALARS[f"b{SCALARS[param.type].bits}"] if param.type != "pred" else SCALARS["pred"]
    read = code.operands.reader(inst, operand, t)
    return lambda thread: bytearray(int(read(thread)).to_bytes(t.bytes, "little"))


def _result_sink(code: Code, inst: Inst, operand: Operand, param: Param) -> Callable[[Thread, bytes], None]:
    if isinstance(operand, Reg):
        t = SCALARS[param.type]
        unsigned = SCALARS[f"b{t.bits}"] if t.bits > 1 else t
        write = code.operands.writer(inst, operand, unsigned)
        return lambda thread, data: write(thread, int.from_bytes(data[: t.bytes], "little"))
    name = getattr(operand, "name", "")

    def store(thread: Thread, data: bytes) -> None:
        thread.params[name] = bytearray(data)

    return store


def _call_step(
    code: Code,
    inst: Inst,
    name: Callable[[Thread], str],
    params: tuple[Param, ...],
    results: tuple[Param, ...],
    returns: Args,
    arguments: Args,
) -> Step:
    if len(arguments.items) != len(params):
        raise code.operands.error(
            inst, f"the function takes {len(params)} arguments, {len(arguments.items)} are given"
        )
    sources = [_argument_bytes(code, inst, o, p) for o, p in zip(arguments.items, params, strict=True)]
    sinks = [_result_sink(code, inst, o, p) for o, p in zip(returns.items, results, strict=False)]

    def one(thread: Thread) -> None:
        callee = code.program.code(name(thread))
        function = callee.function
        given = {p.name: source(thread) for p, source in zip(function.params, sources, strict=True)}
        for result in function.returns:
            given[result.name] = bytearray(result.size)

        def returned(caller: Thread, left: ParamBytes) -> None:
            for sink, result in zip(sinks, function.returns, strict=False):
                sink(caller, bytes(left[result.name]))

        thread.enter(callee, given, returned)

    return Step(inst, one, moves=True)


# -- functions of the machine -----------------------------------------------------------------------------------------------------


def _grid_sync(thread: Thread, arguments: list[int]) -> int | None:
    thread.block.grid_waiters.append(thread)
    thread.launch.waiting_for_grid += 1
    thread.wait = ("grid",)
    return None


def _vprintf(thread: Thread, arguments: list[int]) -> int:
    text = formatted(thread, thread.text_at(arguments[0]), arguments[1])
    thread.launch.output += text
    return len(text)


def _malloc(thread: Thread, arguments: list[int]) -> int:
    return thread.launch.heap.allocate(arguments[0]) if arguments[0] else 0


def _free(thread: Thread, arguments: list[int]) -> int:
    if arguments[0]:
        try:
            thread.launch.heap.release(arguments[0])
        except BadAddress:
            raise thread.fault(
                "IllegalAddress", f"free of {arguments[0]:#x}, which malloc did not give", arguments[0]
            ) from None
    return 0


def _launch(thread: Thread, arguments: list[int]) -> int:
    raise thread.fault("LaunchFailure", "kernels that launch kernels do not run on the reference engine")


def _assertfail(thread: Thread, arguments: list[int]) -> int:
    message, file, function = (thread.text_at(arguments[i]).decode("utf-8", "replace") for i in (0, 1, 3))
    raise thread.fault("Assert", f"{file}:{arguments[2]}: {function}: assertion `{message}' failed")


# name -> (what it does, bits of its arguments, bits of its result)
_RUNTIME: dict[str, tuple[Callable[[Thread, list[int]], int | None], tuple[int, ...], int]] = {
    "vprintf": (_vprintf, (64, 64), 32),
    "malloc": (_malloc, (64,), 64),
    "free": (_free, (64,), 0),
    "__assertfail": (_assertfail, (64, 64, 32, 64), 0),
    "__sheer_launch": (_launch, (64, 64), 32),
    "__sheer_grid_sync": (_grid_sync, (), 32),
    "cudaCGSynchronizeGrid": (_grid_sync, (), 32),
}


def _runtime(code: Code, inst: Inst, name: str, returns: Args, arguments: Args) -> Step:
    action, widths, result = _RUNTIME[name]
    sources: list[Reader] = []
    for operand, width in zip(arguments.items, widths, strict=False):
        param = Param("", f"b{width}", width // 8, width // 8, 0)
        data = _argument_bytes(code, inst, operand, param)
        sources.append(
            lambda thread, data=data, width=width: int.from_bytes(data(thread)[: width // 8], "little")
        )
    sink = None
    if returns.items and result:
        sink = _result_sink(
            code, inst, returns.items[0], Param("", f"b{result}", result // 8, result // 8, 0)
        )

    def one(thread: Thread) -> None:
        value = action(thread, [s(thread) for s in sources])
        if sink is not None:
            sink(thread, (value or 0).to_bytes(result // 8, "little"))
        if thread.wait is None:
            thread.pc += 1

    return Step(inst, one, moves=True)
