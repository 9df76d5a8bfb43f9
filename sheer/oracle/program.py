"""A kernel prepared for interpretation. In: a linked Module and a kernel's name. Out: a Program whose functions are lists of Steps.

Every instruction is bound to its row and turned into a small Python function once; running it is calling that. Nothing is
optimised, and nothing is shared with the code generator: two witnesses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS
from sheer.ir.module import Addr, Args, Function, Inst, Label, Module, Pair, Sym, Vec
from sheer.isa.row import Binding, UnknownOpcode, bind, operand_type
from sheer.oracle.operands import Operands, Reader
from sheer.oracle.state import Thread


class Step(NamedTuple):
    """One instruction. `one` does it for a thread, which then goes on with the next, unless `moves`: then `one` itself sets
    where the thread goes on. `group` is for the few that need all threads that are at the instruction together.
    """

    inst: Inst
    one: Callable[[Thread], None] | None
    moves: bool = False
    group: Callable[[list[Thread]], None] | None = None
    strong: bool = False  # an atomic or volatile access: the thread may be polling
    guard: Reader | None = None
    ends: bool = False  # control flow may join after it


Handler = Callable[["Code", Inst, Binding], Step]
HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Registers a handler for raw rows by base opcode name."""

    def add(handler: Handler) -> Handler:
        for name in names:
            HANDLERS[name] = handler
        return handler

    return add


class Code:
    """One function: its steps, where its labels are, and where its symbols live."""

    def __init__(self, program: Program, function: Function) -> None:
        self.program, self.function = program, function
        self.launch_name = program.module.text_name
        self.register_index = {name: i for i, name in enumerate(function.regs)}
        self.register_count = len(function.regs)
        self.operands = Operands(self)
        self.locals, self.local_bytes = _offsets([v for v in function.variables if v.space == "local"])
        self.param_sizes = {v.name: v.size for v in function.variables if v.space == "param"}
        self.register_params = self._registers(function.params)
        self.register_returns = self._registers(function.returns)
        self.labels: dict[str, int] = {}
        self.steps: list[Step] = []
        self.rank: list[int] = []

    def _registers(self, params: Any) -> list[tuple[str, int, int]]:
        return [(p.name, self.register_index[p.name], SCALARS[p.type].bits) for p in params if p.is_reg]

    def place(self, name: str) -> tuple[str, Any] | None:
        """(space, offset or name) of a symbol as this function sees it."""
        if name in self.program.shared:
            return "shared", self.program.shared[name]
        if name in self.locals:
            return "local", self.locals[name]
        for param in self.function.params if self.function.is_entry else ():
            if param.name == name:
                return "param", param.offset
        variable = self.program.module.variables.get(name)
        if variable is not None:
            return variable.space, name
        number = self.program.function_ids.get(name)
        return ("function", number) if number is not None else None

    def build(self) -> None:
        """Makes the steps."""
        insts: list[Inst] = []
        joins: set[int] = set()
        for item in self.function.body or ():
            if isinstance(item, Label):
                self.labels[item.name] = len(insts)
                joins.add(len(insts))
            else:
                insts.append(item)
        insts.append(
            Inst(
                "ret",
                (),
                None,
                insts[-1].loc if insts else Inst("", (), None, (0, 0), 0).loc,  # type: ignore[arg-type]
                insts[-1].ptx_line if insts else 0,
            )
        )
        for index, inst in enumerate(insts):
            step = self._step(inst)
            if inst.guard is not None:
                guard = self.operands.reader(inst, inst.guard.reg, SCALARS["pred"])
                negated = inst.guard.negated
                step = step._replace(guard=lambda t, g=guard, n=negated: g(t) != n)
            self.steps.append(step._replace(ends=index + 1 in joins))
        self.rank = _ranks(self)

    def _step(self, inst: Inst) -> Step:
        try:
            binding = bind(inst.opcode)
        except UnknownOpcode as error:
            raise CompileError(f"{self.launch_name}:{inst.ptx_line}: {error}", inst.loc) from None
        if not binding.row.raw:
            return self._value_step(inst, binding)
        handler = HANDLERS.get(binding.form.name)
        if handler is None:
            raise self.operands.error(inst, "the reference interpreter does not have it yet")
        return handler(self, inst, binding)

    def _value_step(self, inst: Inst, binding: Binding) -> Step:
        """A row with a `ref`: read the sources, ask it, write what it says."""
        ref, m = binding.row.ref, binding.m
        if ref is None:
            raise self.operands.error(inst, "the row has no reference")
        specs = [o for o in binding.form.operands if not o.is_pred]
        required = sum(not o.optional for o in specs)
        if not required <= len(inst.operands) <= len(specs):
            raise self.operands.error(
                inst,
                f"it takes {binding.form.text.partition(' ')[2].strip()}, "
                f"but {len(inst.operands)} operands are given",
            )
        readers: list[Reader] = []
        for spec, operand in zip(specs, inst.operands, strict=False):
            if spec.is_dest:
                continue
            if spec.type == "imm":
                number = getattr(operand, "value", 0)
                readers.append(lambda thread, number=number: number)
            else:
                readers.append(self.operands.reader(inst, operand, operand_type(spec, m)))
        first = inst.operands[0]
        pair = any(o.is_pred for o in binding.form.operands)
        write = self.operands.writer(inst, first, operand_type(specs[0], m))
        if pair and not isinstance(first, Pair):
            alone = write

            def write(thread: Thread, value: Any) -> None:
                alone(thread, value[0])

        if "carry" in ref.__code__.co_varnames[: ref.__code__.co_argcount]:

            def one(thread: Thread) -> None:
                value, thread.carry = ref(m, *[r(thread) for r in readers], carry=thread.carry)
                write(thread, value)
        else:

            def one(thread: Thread) -> None:
                write(thread, ref(m, *[r(thread) for r in readers]))

        return Step(inst, one)


def _offsets(variables: Any, start: int = 0) -> tuple[dict[str, int], int]:
    """Places one after the other, aligned."""
    places: dict[str, int] = {}
    for variable in variables:
        start = -(-start // variable.align) * variable.align
        places[variable.name] = start
        start += variable.size
    return places, start


def _successors(code: Code, index: int) -> list[int]:
    """Steps that may follow a step of the same function."""
    inst = code.steps[index].inst
    name = inst.opcode.split(".")[0]
    following = [index + 1] if index + 1 < len(code.steps) else []
    if name == "bra":
        target = getattr(inst.operands[0], "name", "")
        if target not in code.labels:
            raise code.operands.error(
                inst, f"the branch target {target or inst.operands[0]} is not a label of this function"
            )
        return [code.labels[target]] + (following if inst.guard is not None else [])
    if name == "brx":
        table = code.function.branch_targets.get(getattr(inst.operands[1], "name", ""), ())
        return [code.labels[t] for t in table] + (following if inst.guard is not None else [])
    if name in ("ret", "exit", "trap") and inst.guard is None:
        return []
    return following


def _ranks(code: Code) -> list[int]:
    """An order of the steps in which whoever is behind can still join whoever is ahead: reverse postorder, loops before what
    follows them. The warp runs the threads that are furthest behind first.
    """
    succs = [_successors(code, i) for i in range(len(code.steps))]
    leaders = sorted(
        {0}
        | {s for i, ss in enumerate(succs) for s in ss if ss != [i + 1]}
        | {i + 1 for i, ss in enumerate(succs) if ss != [i + 1] and i + 1 < len(succs)}
    )
    block_of: dict[int, int] = {}
    ends = [*leaders[1:], len(code.steps)]
    for number, (first, end) in enumerate(zip(leaders, ends, strict=True)):
        for i in range(first, end):
            block_of[i] = number
    edges = [sorted({block_of[s] for s in succs[end - 1]}) for end in ends]
    reach = [1 << b for b in range(len(edges))]
    changed = True
    while changed:
        changed = False
        for b in range(len(edges) - 1, -1, -1):
            total = reach[b]
            for s in edges[b]:
                total |= reach[s]
            if total != reach[b]:
                reach[b], changed = total, True
    order: list[int] = []
    seen: set[int] = set()
    stack: list[tuple[int, list[int]]] = []

    def visit(b: int) -> None:
        seen.add(b)
        # ways out of a loop first: they end up last
        stack.append((b, sorted(edges[b], key=lambda s: (reach[s] >> b & 1, -s))))

    for root in range(len(edges)):
        if root in seen:
            continue
        visit(root)
        while stack:
            b, rest = stack[-1]
            if not rest:
                order.append(b)
                stack.pop()
            else:
                s = rest.pop(0)
                if s not in seen:
                    visit(s)
    position = {b: i for i, b in enumerate(reversed(order))}
    return [position[block_of[i]] for i in range(len(code.steps))]


def named(function: Function) -> set[str]:
    """All symbols that a function's instructions name."""
    found: set[str] = set()
    work: list[Any] = [o for item in function.body or () if isinstance(item, Inst) for o in item.operands]
    while work:
        operand = work.pop()
        if isinstance(operand, Sym):
            found.add(operand.name)
        elif isinstance(operand, Addr):
            work.append(operand.base)
        elif isinstance(operand, (Vec, Args)):
            work.extend(operand.items)
        elif isinstance(operand, Pair):
            work += [operand.first, operand.second]
    return found


class Program:
    """A kernel and all that it may call."""

    def __init__(self, module: Module, kernel: str) -> None:
        self.module = module
        function = module.functions.get(kernel)
        if function is None or not function.is_entry or function.body is None:
            kernels = ", ".join(f.name for f in module.functions.values() if f.is_entry) or "none"
            raise CompileError(f"there is no kernel {kernel} in the module; kernels: {kernels}")
        self.function_ids = {name: 1 + i for i, name in enumerate(module.functions)}
        self.shared, self.static_shared = self._shared(function)
        self.codes: dict[str, Code] = {}
        self.kernel = self.code(kernel)

    def code(self, name: str) -> Code:
        """A function, prepared when it is first needed."""
        if name not in self.codes:
            made = self.codes[name] = Code(self, self.module.functions[name])
            made.build()
        return self.codes[name]

    def _shared(self, kernel: Function) -> tuple[dict[str, int], int]:
        """Static shared variables that the kernel's call tree names, then the dynamic ones, which share one place."""
        reached, work = {kernel.name}, [kernel]
        names: set[str] = set()
        while work:
            function = work.pop()
            names |= named(function) | {v.name for v in function.variables}
            indirect = any(isinstance(i, Inst) and i.opcode.startswith("call") for i in function.body or ())
            for other in self.module.functions.values():
                if (
                    other.name not in reached
                    and other.body is not None
                    and not other.is_entry
                    and (other.name in names or indirect)
                ):
                    reached.add(other.name)
                    work.append(other)
        own = [v for n in reached for v in self.module.functions[n].variables]
        variables = [
            v for v in (*self.module.variables.values(), *own) if v.space == "shared" and v.name in names
        ]
        places, end = _offsets([v for v in variables if v.size])
        start = -(-end // 16) * 16
        dynamic = [v for v in variables if not v.size]
        if dynamic:
            start = -(-end // max(16, *(v.align for v in dynamic))) * max(16, *(v.align for v in dynamic))
            places.update({v.name: start for v in dynamic})
        return places, start if dynamic else end
