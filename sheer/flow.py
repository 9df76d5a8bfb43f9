"""The whole story on one page: PTX text -> Module -> kernel for a block shape -> native code -> a run.

Programs take this road inside `libsheer` and its compile worker; here it is for people and tests, in one process: one block after the
other, one group of lanes after the other. Kernels in which groups wait for each other need the machine (`sheer run`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sheer.base import knobs
from sheer.base.errors import SheerError, UsageError
from sheer.base.frame import Frame, KernelInfo
from sheer.ir.module import Module

_BARRIER = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, *[ctypes.c_uint32] * 6)


def parse(text: str, name: str = "<ptx>") -> Module:
    """PTX text to a Module. Raises PtxError."""
    from sheer.ptx import parse as parse_text

    return parse_text(text, name)


class NativeKernel:
    """A kernel as native code in this process.

    `launch(grid, params, shared, globals_)`: params is the packed parameter block; globals_ the addresses of the module's symbols.
    """

    def __init__(self, module: Module, name: str, block: tuple[int, int, int], isa: str = "") -> None:
        import llvmlite.binding as llvm

        from sheer.codegen.kernel import Spec, kernel_text
        from sheer.codegen.llvm import target

        self.block = block
        self.symbols = _instantiate(module)
        machine = target(isa)
        text = kernel_text(module, name, Spec(block, lanes=knobs.get("SHEER_LANES")), machine)
        engine_machine = llvm.Target.from_triple(machine.triple).create_target_machine(
            cpu=machine.cpu, features=machine.features, opt=2, reloc="pic", codemodel="jitdefault", jit=True
        )
        _stub_services(llvm)
        from sheer.codegen.llvm import optimised

        optimised_module = optimised(text, machine)
        self.engine = llvm.create_mcjit_compiler(optimised_module, engine_machine)
        self.engine.finalize_object()
        self.info = KernelInfo.from_address(self.engine.get_global_value_address("sheer_info"))
        self._warp = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64)(
            self.engine.get_function_address("sheer_warp")
        )

    def launch(
        self, grid: Sequence[int], params: bytes, dynamic_shared: int = 0, globals_: Sequence[int] = ()
    ) -> None:
        """Runs all blocks in order."""
        x, y, z = self.block
        threads = x * y * z
        groups = -(-threads // self.info.lanes)
        if self.info.flags & 15 and groups > 1:
            raise UsageError(
                "this kernel's groups wait for each other: run it on the machine, with `sheer run`"
            )
        block = np.frombuffer(bytearray(params.ljust(8, b"\0")), np.uint8)
        shared = np.zeros(self.info.static_shared + dynamic_shared + 64, np.uint8)
        stride = -(-max(self.info.local_bytes, 16) // 16) * 16 + (16384 if self.info.flags & 32 else 0)
        local = np.zeros(stride * groups * self.info.lanes + 64, np.uint8)
        table = np.array(list(globals_) or [a.ctypes.data for a in self.symbols] or [0], np.uint64)
        frame = Frame(
            block.ctypes.data,
            shared.ctypes.data,
            local.ctypes.data,
            table.ctypes.data,
            ntid=(ctypes.c_uint32 * 3)(x, y, z),
            nctaid=(ctypes.c_uint32 * 3)(*grid),
            shared_bytes=self.info.static_shared + dynamic_shared,
            dynamic_shared=dynamic_shared,
            local_stride=stride,
        )
        lanes = (1 << 64) - 1
        for number in range(grid[0] * grid[1] * grid[2]):
            frame.ctaid = (ctypes.c_uint32 * 3)(
                number % grid[0], number // grid[0] % grid[1], number // (grid[0] * grid[1])
            )
            for group in range(groups):
                self._warp(ctypes.addressof(frame), group, lanes)


def _instantiate(module: Module) -> list[np.ndarray]:
    """Memory for the module's symbols with their initial values, in the order of the symbol table."""
    from sheer.codegen.layout import Layout

    layout = Layout(module)
    arrays = []
    for name in layout.symbols:
        variable = module.variables[name]
        data = np.zeros(max(variable.size, 1) + 16, np.uint8)
        if variable.data:
            data[: len(variable.data)] = np.frombuffer(variable.data, np.uint8)
        arrays.append(data)
    for name, index in layout.symbols.items():
        for reloc in module.variables[name].relocs:
            target = layout.symbols.get(reloc.symbol)
            value = (
                layout.function_ids.get(reloc.symbol, 0)
                if target is None
                else int(arrays[target].ctypes.data)
            )
            arrays[index][reloc.offset : reloc.offset + 8] = np.frombuffer(
                (value + reloc.addend).to_bytes(8, "little"), np.uint8
            )
    return arrays


def compile_kernel(module: Module, name: str, block: tuple[int, int, int], isa: str = "") -> NativeKernel:
    """A kernel of a module as native code for one block shape. Raises CompileError."""
    return NativeKernel(module, name, block, isa)


_kept: list[object] = []


def _stub_services(llvm: object) -> None:
    """What a lone group needs of the machine's services."""
    if _kept:
        return
    barrier = _BARRIER(lambda *a: a[6] if a[5] == 2 else int(a[6] == a[2]) if a[5] == 3 else int(a[6] > 0))
    nothing = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(lambda *_: 0)
    _kept.extend([barrier, nothing])
    add = llvm.add_symbol  # type: ignore[attr-defined]
    add("sheer_rt_barrier", ctypes.cast(barrier, ctypes.c_void_p).value)
    for name in (
        "exited",
        "private",
        "private_end",
        "grid_barrier",
        "yield",
        "nanosleep",
        "lanes",
        "activemask",
        "trap",
        "assertfail",
        "vprintf",
        "malloc",
        "free",
        "launch",
        "clock64",
        "globaltimer",
        "check",
        "misaligned",
        "count",
        "count_row",
        "texture",
        "surface",
        "image",
    ):
        add(f"sheer_rt_{name}", ctypes.cast(nothing, ctypes.c_void_p).value)


STAGES = ("ptx", "module", "facts", "llvm", "asm")


def show(
    path: str, after: str = "llvm", kernel: str = "", block: tuple[int, int, int] = (256, 1, 1), isa: str = ""
) -> str:
    """What a kernel looks like after a stage: ptx, module, facts, llvm or asm. `path` is PTX or a CUDA source."""
    if after not in STAGES:
        raise UsageError(f"there is no stage {after!r}; choose one of {', '.join(STAGES)}")
    text = _ptx_of(path)
    if after == "ptx":
        return text
    module = parse(text, path)
    names = [f.name for f in module.functions.values() if f.is_entry and (not kernel or kernel in f.name)]
    if not names:
        raise SheerError(f"{path} has no kernel{f' whose name contains {kernel!r}' if kernel else ''}")
    return "\n".join(_show_kernel(module, name, after, block, isa) for name in names)


def _ptx_of(path: str) -> str:
    if path.endswith(".ptx"):
        return Path(path).read_text()
    from sheer.cuda.toolchain.device import ptx_text

    return ptx_text(path)


def _show_kernel(module: Module, name: str, after: str, block: tuple[int, int, int], isa: str) -> str:
    from sheer.codegen.kernel import Spec, kernel_text
    from sheer.codegen.llvm import assembly, target

    if after == "module":
        from sheer.ir.printer import print_function

        return print_function(module.functions[name])
    if after == "facts":
        from sheer.passes.show import facts_text

        return facts_text(module.functions[name], module.text_name, block, knobs.get("SHEER_LANES") or 32)
    machine = target(isa, tiles=True)
    text = kernel_text(module, name, Spec(block, lanes=knobs.get("SHEER_LANES")), machine)
    return text if after == "llvm" else assembly(text, machine)
