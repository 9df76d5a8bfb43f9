"""A kernel for one block shape. In: a linked Module, a kernel's name and a Spec. Out: LLVM IR text with the native border's symbols.

Finds the functions that the kernel reaches, lays out shared and local memory, decides the way of running (barriers, polling, lanes
apart), and emits every function.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from sheer.base.errors import CompileError, UsageError
from sheer.codegen import counting
from sheer.codegen.beside import Beside
from sheer.codegen.border import BARRIER, FTZ, LANE_FIBERS, POLLS, RECURSIVE, STRIPS, TILES, KernelBorder
from sheer.codegen.calls import GRID_BARRIERS
from sheer.codegen.emit import FunctionEmitter
from sheer.codegen.kept import Kept
from sheer.codegen.layout import Layout, address_taken_names, depths, local_layout, reachable
from sheer.codegen.llvm import KEEP_ORDER, Target
from sheer.codegen.text import Program, Text
from sheer.ir.module import Function, Inst, Loc, Module, Prototype, Sym
from sheer.passes import (
    advance,
    alignment,
    alike,
    cases,
    cfg,
    depot,
    early,
    flush,
    homes,
    joining,
    march,
    neighbour,
    order,
    polling,
    private,
    reuse,
    spread,
    ssa,
    stages,
    turns,
    width,
)
from sheer.passes.advance import Step
from sheer.passes.cfg import Graph, Ins
from sheer.passes.facts import Facts, analyse
from sheer.passes.tiles import bring_loads

_CROWDED = 0.2  # transfers per instruction from which half a warp is worth a look
_MANY = 96  # matrix products that are not worth writing out one by one
_GAIN = 0.85  # of a whole warp's work per thread
_BESIDE = 16  # blocks that march together


def _is_barrier(opcode: str) -> bool:
    return opcode.startswith(("bar.", "barrier.")) and ".warp" not in opcode


def _waiting(functions: list[Function]) -> set[str]:
    """Names of functions in which a barrier may be reached, and of those of the machine that are one."""
    found = set(GRID_BARRIERS)
    bodies = {f.name: [i for i in f.body or () if isinstance(i, Inst)] for f in functions}
    changed = True
    while changed:
        changed = False
        for name, body in bodies.items():
            if name not in found and any(_is_barrier(i.opcode) or _calls(i, found) for i in body):
                found.add(name)
                changed = True
    return found


def _calls(inst: Inst, names: set[str]) -> bool:
    return inst.opcode.startswith("call") and any(isinstance(o, Sym) and o.name in names for o in inst.operands)


@dataclass(frozen=True)
class Spec:
    """What a kernel is compiled for: block (None = any shape), lanes per group, checked or counting mode; `wary`: pointers among the parameters
    may be misaligned."""

    block: tuple[int, int, int] | None
    lanes: int = 0  # 0 = choose
    checked: bool = False
    counting: bool = False
    wary: bool = False


def kernel_text(module: Module, name: str, spec: Spec, target: Target) -> str:
    """LLVM IR of a kernel. Raises CompileError."""
    function = module.functions.get(name)
    if function is None or not function.is_entry or function.body is None:
        kernels = ", ".join(f.name for f in module.functions.values() if f.is_entry) or "none"
        raise CompileError(f"there is no kernel {name} in the module; kernels: {kernels}")
    return KernelCompiler(module, function, spec, target).text()


class KernelCompiler(KernelBorder):
    """State of one compilation; FunctionEmitter asks it for everything that lies outside a function."""

    def __init__(self, module: Module, kernel: Function, spec: Spec, target: Target) -> None:
        if spec.lanes not in (0, 32, 64, 128, 256):
            raise UsageError(f"SHEER_LANES={spec.lanes}: choose 32, 64, 128 or 256, or 0 for the compiler's choice")
        self.module, self.kernel, self.spec, self.target = module, kernel, spec, target
        self.block = spec.block
        self.checked, self.counting = spec.checked, spec.counting
        self.plain = spec.checked or spec.counting  # nothing is done to make the code fast
        self.layout = Layout(module)
        self.functions = reachable(module, kernel)
        self.shared_places, self.static_shared = self.layout.shared(self.functions)
        opcodes = {i.opcode for f in self.functions for i in f.body or () if isinstance(i, Inst)}
        self.uses_barrier = any(map(_is_barrier, opcodes))
        self.flags = BARRIER if self.uses_barrier or self.counting else 0  # warps take turns where counters watch
        self.waiting_functions = _waiting(self.functions)
        self.ftz_by_mode = flush.everywhere(opcodes)
        if self.ftz_by_mode:
            self.flags |= FTZ
        self.lane_fibers = False
        self.lanes = 32 if self.counting else spec.lanes or 32
        self.sites = 0  # accesses that are counted
        self.block_numbers: dict[str, int] = {}
        self.lower_halves: set[int] = set()  # accesses of 8 bytes of which two are one (passes/copies.py)
        self.upper_halves: set[int] = set()
        self.known_accesses: dict[int, list[float]] = {}  # by number of a block
        self.polls_memory = self.recursive = False
        self.program = Program()
        self.locations: dict[tuple[int, int], str] = {}
        self.scope = ""
        self.polling_blocks: dict[str, set[int]] = {}
        self.registers = order.Machine(32 if target.avx512 else 16, target.vector_bits // 32)
        self.private: private.Private | None = None  # arrays that are only added to
        self.ahead: dict[int, Step] = {}  # accesses, and how far from them the next block, or the next turn, accesses memory
        self.asks: dict[int, spread.Ask] = {}  # requests by id
        self.helpers: dict[Any, Any] = {}  # functions that hold the work of many instructions that are alike
        self.many_products = sum("mma." in i.opcode for f in self.functions for i in f.body or () if isinstance(i, Inst)) > _MANY
        self.granule = 0  # bytes of a word of local memory in rows
        self.walls: set[int] = set()  # instructions that what was loaded before must not be kept for
        self.turns: set[int] = set()  # stores before which the other warps of the block come as far
        self.staged: stages.Plan | None = None  # barriers are passed by one group after the other
        self.kept = Kept(0)
        self.side = 1  # blocks that may run side by side
        self.whole: Facts | None = None
        self.threads = spec.block[0] * spec.block[1] * spec.block[2] if spec.block else 0
        self.alone = False  # a group is a whole block: its barriers are passed in step
        self.cases: dict[str, dict[int, cases.Cases]] = {}  # by function and block
        self.tested: set[int] = set()  # accesses that test whether their addresses are aligned
        self.aligned: dict[int, int] = {}  # what others need of the parameters: offset -> bits that are zero

    # -- asked by the emitter ---------------------------------------------------------------------------------------------

    def place(self, function: Function, name: str) -> tuple[str, int] | None:
        """(space, offset or index) of a symbol as seen from a function."""
        if name in self.shared_places:
            return self.shared_places[name]
        local = local_layout(function)[0]
        if name in local:
            return "local", local[name]
        for param in function.params if function.is_entry else ():
            if param.name == name:
                return "param", param.offset
        if name in self.layout.symbols:
            return "global", self.layout.symbols[name]
        if name in self.layout.function_ids:
            return "function", self.layout.function_ids[name]
        return None

    def local_bytes(self, function: Function) -> int:
        return local_layout(function)[1]

    def function_name(self, function: Function) -> str:
        return f'"f.{function.name}"'

    def function_id(self, name: str) -> int:
        return self.layout.function_ids[name]

    def address_taken(self, signature: Prototype) -> list[Function]:
        """Functions that an indirect call of this signature may reach."""

        def shape(params: Any) -> list[tuple[int, bool]]:
            return [(p.size, p.is_array) for p in params]

        found = []
        for name in address_taken_names(self.module):
            function = self.module.functions[name]
            if (
                function.body is not None
                and shape(function.params) == shape(signature.params)
                and shape(function.returns) == shape(signature.returns)
            ):
                found.append(function)
        return found

    def waits(self, ins: Ins) -> bool:
        """Whether an instruction may wait for all threads of the block or the grid."""
        if self.alone or self.staged is not None:
            return False
        if ins.binding.form.name == "call":
            named = [s.name for s in ins.inst.operands if isinstance(s, Sym)]
            return any(n in self.waiting_functions for n in named) if named else len(self.waiting_functions) > len(GRID_BARRIERS)
        return _is_barrier(ins.inst.opcode)

    def tiles(self, facts: Facts) -> homes.Plan:
        """Products of matrices that the target's tile unit computes."""
        if not self.target.tiles or self.lane_fibers or self.counting:
            return homes.Plan()
        bring_loads(facts)
        plan = homes.plan(facts)
        if plan.groups:
            self.flags |= TILES
        return plan

    def count_number(self, function: Function, block: int) -> int:
        """The number of a basic block among all of the kernel's."""
        return self.block_numbers[function.name] + block

    def count_site(self) -> int:
        """The number of one more place that accesses memory."""
        self.sites += 1
        return self.sites - 1

    def polling_header(self, emitter: FunctionEmitter, block: Any) -> bool:
        return block.index in self.polling_blocks.get(emitter.function.name, ())

    def location(self, loc: Loc) -> str:
        """Debug location for the instructions that follow."""
        if not loc.line or not self.scope:
            return ""
        key = (loc.file, loc.line)
        found = self.locations.get(key)
        if found is None:
            scope = self.file_scope(loc.file)
            found = self.program.metadata_node(f"!DILocation(line: {loc.line}, scope: {scope})")
            self.locations[key] = found
        return f", !dbg {found}"

    # -- the program ------------------------------------------------------------------------------------------------------------

    def text(self) -> str:
        graphs = [(function, self._graph(function)) for function in self.functions]
        facts = self._facts(graphs)
        edges = march.back_edges(facts[0]) if self._may_pause() else set()
        if edges:
            graphs = [(self.kernel, self._graph(self.kernel, edges))]
            facts = self._facts(graphs)
        if not self.lane_fibers and any(polling.lanes_wait(f) for f in facts):
            self.lane_fibers, self.lanes = True, 32
            self.flags |= LANE_FIBERS
            facts = self._facts(graphs)
        else:
            if not self.plain and any([joining.join(f) for f in facts]):
                graphs = [(graph.function, graph) for _, graph in graphs]
                facts = self._facts(graphs)
            if not self.spec.lanes and self._may_widen(facts):
                facts = self._widened(graphs, facts)
        alone = self._is_alone(facts)
        if not alone or any(map(reuse.both_ways, facts)):
            # A matrix product goes in stages even where one group is the block: what it stores in shared memory is not to stay in registers.
            self.staged = self._stages(facts)
        if self.staged is not None and not self.staged.apart and early.hoist(facts[0], list(self.staged.next)):
            self.staged = self._stages(facts)
        if alone and self.staged is None:
            self.alone = True
            self.flags &= ~BARRIER
        if self.staged is not None:
            self.kept = Kept(self.threads // self.lanes)
            self.flags &= ~BARRIER
        opcodes = {i.inst.opcode for _, graph in graphs for block in graph.blocks for i in block.ins}
        keep_order = self.lanes < 32 or any(o.startswith(("mma.", "wmma.mma.")) for o in opcodes)  # chosen for the registers
        for found in facts:
            self.polling_blocks[found.graph.function.name] = polling.headers(found)
            if not self.lane_fibers and not self.alone and self.staged is None:
                self.turns |= turns.stores(found)
            if not self.plain:
                self.ahead |= {at: Step(far) for at, far in neighbour.ahead(found).items()} | advance.ahead(found)
                keep_order |= order.arrange(found, self.registers, None if self.counting else self.walls)
                self._spread(found)
                if not self.lane_fibers:
                    self.cases[found.graph.function.name] = cases.find(found, self.target.shuffles, self.staged is not None)
        if not self.plain:
            self.granule = depot.granule(facts)
        self._align(graphs)
        if self._runs_blocks() and len(graphs) == 1 and not self.plain:
            self.private = private.find(graphs[0][1])
        if self.counting:
            self.block_numbers = counting.numbered([graph for _, graph in graphs])
            self.lower_halves, self.upper_halves = counting.halves([graph for _, graph in graphs])
        self.program.metadata_node("!{}")
        self._debug_header()
        depth, self.recursive = depths(self.functions)
        for (function, graph), found in zip(graphs, facts, strict=True):
            self._function(function, graph, found)
        if self.recursive:
            self.flags |= RECURSIVE
        if not self.flags & (POLLS | LANE_FIBERS) and not self.private and any(map(reuse.both_ways, facts)):
            self.flags |= STRIPS
        self._border(depth[self.kernel.name])
        if self.counting:
            self.program.globals.append(counting.table(facts, self.known_accesses, self.sites))
        footer = self._footer()
        return self.program.text(f"{footer}\n{KEEP_ORDER}" if keep_order else footer)

    def _spread(self, facts: Facts) -> None:
        """Requests for memory go where work is."""
        if self.staged is None or self.staged.apart:
            return
        self.asks = spread.spread(facts, list(self.staged.next), self.ahead)
        if self.asks:
            self.staged = self._stages([facts])

    def _align(self, graphs: list[tuple[Function, Graph]]) -> None:
        """Finds the accesses that test their alignment, and what the machine has to look at when it launches the kernel."""
        if self.checked:
            return
        for function, graph in graphs:
            found = alignment.find(graph, not self.spec.wary and not self.counting, partial(self._unit, function))
            self.tested |= found.tested
            for offset, bits in found.params.items():
                self.aligned[offset] = self.aligned.get(offset, 0) | bits

    def _unit(self, function: Function, name: str) -> int | None:
        """What a variable's address is a multiple of, as far as is known; the windows of shared and local memory begin at multiples of 16."""
        place = self.place(function, name)
        if place is None or place[0] == "function":
            return None
        if place[0] == "global":
            return self.module.variables[name].align
        return place[1] % 32 or (16 if place[0] == "local" else 32)

    def _is_alone(self, facts: list[Facts]) -> bool:
        """One group is the whole block, and at every barrier all its threads are there together: nobody waits for anybody."""
        if self.block is None or self.lane_fibers or self.plain or len(facts) > 1:
            return False
        return self.lanes == self.threads and width.meets_in_step(facts[0])

    def _ends_block(self, inst: Inst) -> bool:
        """Barriers end blocks where the kernel may be cut into stages."""
        return stages.is_barrier(inst) and self.block is not None and not self.plain and len(self.functions) == 1

    def _graph(self, function: Function, edges: set[tuple[int, int]] | None = None) -> Graph:
        graph = cfg.build(function, self.module.text_name, self._ends_block)
        if edges:
            graph = cfg.with_pauses(graph, edges)
        ssa.build(graph)
        if not self.plain:
            alike.merge(graph)
        return graph

    def _may_pause(self) -> bool:
        """Groups have nothing in common but memory that all see."""
        if self.block is None or self.plain or self.flags & ~FTZ or len(self.functions) > 1:
            return False
        return not self.shared_places and not self.local_bytes(self.kernel) and self.threads % 32 == 0

    def _stages(self, facts: list[Facts]) -> stages.Plan | None:
        """The kernel cut at its barriers, if groups are whole, wait for nothing else, and none overtakes what others have yet to read."""
        pauses = any(block.pauses for block in facts[0].graph.blocks)
        if not (pauses or self.uses_barrier) or self.block is None or self.plain or self.lane_fibers or len(facts) > 1:
            return None
        if self.threads % self.lanes or polling.headers(facts[0]) or turns.stores(facts[0]) or homes.plan(facts[0]).groups:
            return None
        if pauses:
            return stages.pauses(facts[0])
        return stages.plan(facts[0], lambda: self._facts_of_block(facts[0].graph))

    def _facts_of_block(self, graph: Graph) -> Facts:
        """As if one group were the whole block."""
        if self.whole is None:
            self.whole = analyse(graph, self.threads, self.block, True)
        return self.whole

    def _may_widen(self, facts: list[Facts]) -> bool:
        return (
            self.block is not None and len(facts) == 1 and not self.plain and not polling.headers(facts[0])
        )

    def _widened(self, graphs: list[tuple[Function, Graph]], facts: list[Facts]) -> list[Facts]:
        """Facts at the widest group that pays."""
        assert self.block is not None
        threads = self.block[0] * self.block[1] * self.block[2]
        in_stages = self._stages(facts) is not None
        for lanes in width.candidates(facts[0], threads, self.target.vector_bits // 32, in_stages):
            self.lanes = lanes
            wide = self._facts(graphs)
            if width.in_step(facts[0], wide[0], in_stages):
                return wide
        self.lanes = 32
        half = self.registers.lanes
        if half == 16 and width.may_halve(facts[0], threads, half):
            whole = order.work(facts[0], self.registers)
            if whole.transfers > _CROWDED * whole.instructions:
                self.lanes = half
                narrow = self._facts(graphs)
                if sum(order.work(narrow[0], self.registers)) / half < _GAIN * sum(whole) / 32:
                    return narrow
                self.lanes = 32
        return facts

    def _facts(self, graphs: list[tuple[Function, Graph]]) -> list[Facts]:
        return [analyse(graph, self.lanes, self.block, function.is_entry) for function, graph in graphs]

    def _function(self, function: Function, graph: Graph, facts: Facts) -> None:
        n = self.lanes
        extra = ""
        if not function.is_entry:
            extra = "".join(f", ptr noalias %arg{i}" for i in range(len(function.params)))
            extra += "".join(f", ptr noalias %ret{i}" for i in range(len(function.returns)))
        elif self.private:
            extra = ", ptr noalias %private"
        name = self.function_name(function)
        attributes = "#1" if function.is_entry else "#0"
        arguments = f"ptr %frame, i32 %group, i{n} %lanes, i32 %stack, i32 %cx, i32 %cy, i32 %cz{extra}"
        if function.is_entry and self.staged is not None:
            for number in range(len(self.staged.stages)):
                self._begin_scope(function)
                kept = f"i32 @{name[:-1]}.{number}\"({arguments}, ptr noalias %kept)"
                text = Text(self.program, f"define internal {kept} {attributes}{self.scope_attachment}")
                FunctionEmitter(self, graph, facts, text, "", number).run()
                self.program.functions.append(text.text())
            self.side = _BESIDE if self.staged.apart else 1
            run = Beside(self.program, name.strip('"'), self.staged, self.kept, self.side, attributes)
            self.program.functions.append(run.write(n, bool(self.private), self._votes()))
            return
        self._begin_scope(function)
        header = f"define internal void @{name}({arguments}) {attributes}{self.scope_attachment}"
        text = Text(self.program, header)
        mask = ""
        if not (function.is_entry and self._always_full()):
            mask = text.op(f"bitcast i{n} %lanes to <{n} x i1>")
        emitter = FunctionEmitter(self, graph, facts, text, mask)
        for i, param in enumerate(function.params if not function.is_entry else ()):
            emitter.declare_planes(
                param.name,
                param.align,
                param.size,
                param.is_array,
                param.type if param.type != "pred" else "u32",
                f"%arg{i}",
            )
        for i, param in enumerate(function.returns):
            emitter.declare_planes(
                param.name,
                param.align,
                param.size,
                param.is_array,
                param.type if param.type != "pred" else "u32",
                f"%ret{i}",
            )
        emitter.run()
        self.program.functions.append(text.text())

    def _votes(self) -> bool:
        """Some barrier counts votes."""
        return any(stages.is_barrier(i) and ".red" in i.opcode for i in self.kernel.body or () if isinstance(i, Inst))

    def _always_full(self) -> bool:
        if self.lane_fibers or self.block is None:
            return False
        x, y, z = self.block
        return x * y * z % self.lanes == 0

    # -- debug information ------------------------------------------------------------------------------------------------------

    scope_attachment = ""

    def _debug_header(self) -> None:
        program = self.program
        self.files: dict[int, str] = {}
        self.file_scopes: dict[int, str] = {}
        self.unit = ""
        if not self.module.files:
            return
        for index, path in self.module.files.items():
            folder, _, base = path.rpartition("/")
            self.files[index] = program.metadata_node(
                f'!DIFile(filename: "{_quoted(base)}", directory: "{_quoted(folder)}")'
            )
        first = next(iter(self.files.values()))
        self.unit = program.metadata_node(
            f'distinct !DICompileUnit(language: DW_LANG_C_plus_plus, file: {first}, producer: "sheer", isOptimized: true, '
            "runtimeVersion: 0, emissionKind: LineTablesOnly)"
        )
        self.routine = program.metadata_node("!DISubroutineType(types: !{null})")

    def _begin_scope(self, function: Function) -> None:
        self.locations, self.file_scopes = {}, {}
        self.scope = self.scope_attachment = ""
        if not self.unit:
            return
        file = next((i.loc.file for i in function.body or () if isinstance(i, Inst) and i.loc.line), None)
        if file is None:  # no lines (the math library): a scope without locations makes LLVM drop the program's
            return
        if file not in self.files:
            file = next(iter(self.files))
        self.scope = self.program.metadata_node(
            f'distinct !DISubprogram(name: "{_quoted(function.name)}", file: {self.files[file]}, line: 1, '
            f"type: {self.routine}, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: {self.unit})"
        )
        self.file_scopes[file] = self.scope
        self.scope_attachment = f" !dbg {self.scope}"

    def file_scope(self, file: int) -> str:
        if file not in self.file_scopes:
            if file not in self.files:
                return self.scope
            self.file_scopes[file] = self.program.metadata_node(
                f"!DILexicalBlockFile(scope: {self.scope}, file: {self.files[file]}, discriminator: 0)"
            )
        return self.file_scopes[file]

    def _footer(self) -> str:
        width = self.target.vector_bits
        common = (
            f'nounwind "prefer-vector-width"="{width}" "min-legal-vector-width"="{width}" "frame-pointer"="none" '
            '"no-trapping-math"="true" uwtable(sync)'
        ).replace(" uwtable(sync)", "")
        lines = [f"attributes #0 = {{ {common} }}", f"attributes #1 = {{ {common} }}"]
        if self.unit:
            count = len(self.program.metadata)
            lines += [
                f'!{count} = !{{i32 2, !"Debug Info Version", i32 3}}',
                f'!{count + 1} = !{{i32 7, !"Dwarf Version", i32 4}}',
                f"!llvm.module.flags = !{{!{count}, !{count + 1}}}",
                f"!llvm.dbg.cu = !{{{self.unit}}}",
            ]
        return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\5C").replace('"', "\\22")
