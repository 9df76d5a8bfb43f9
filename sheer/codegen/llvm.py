"""LLVM: from IR text to a relocatable object. In: text and a Target. Out: bytes of an ELF object. The only module that knows llvmlite."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass

import llvmlite.binding as llvm

from sheer.base.errors import CompileError, UsageError
from sheer.passes.pattern import Shuffles


@dataclass(frozen=True)
class Target:
    """The machine to compile for. `name` is the knob's value: native, avx512, avx2, generic."""

    name: str
    triple: str
    cpu: str
    features: str
    avx512: bool
    vector_bits: int
    tiles: bool = False  # multiply tiles of bf16 and of 8-bit integers

    @property
    def shuffles(self) -> Shuffles:
        """Masks of small elements, and vectors of 512 bits, came together; SSE has no masks."""
        return Shuffles(512, 8) if self.avx512 else Shuffles(256, 32) if self.vector_bits == 256 else Shuffles()


# Where LLVM takes time with the square of a block's length: sorts unroll into one block of thousands of loads and stores. With these
# limits such kernels compile two to four times as fast, to code of the same size.
LIMITS = ("-combiner-tokenfactor-inline-limit=64", "-dag-maps-huge-region=400")

KEEP_ORDER = "; The instructions stand in a chosen order."  # the last line of such a module's text


@functools.cache
def target(name: str = "", tiles: bool = False) -> Target:
    """The target that SHEER_ISA names: native (default), avx512, avx2 or generic. `tiles`: the process that runs the code may use those that
    the processor has."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for limit in LIMITS:
        llvm.set_option("", limit)
    name = name or os.environ.get("SHEER_ISA", "") or "native"
    triple = llvm.get_process_triple()
    if name == "native":
        features = llvm.get_host_cpu_features()
        avx512 = all(features.get(f, False) for f in ("avx512f", "avx512bw", "avx512vl", "avx512dq"))
        tiles = tiles and avx512 and all(features.get(f, False) for f in ("amx-tile", "amx-bf16", "amx-int8"))
        width = 512 if avx512 else 256
        return Target(name, triple, llvm.get_host_cpu_name(), features.flatten(), avx512, width, tiles)
    if name == "avx512":
        return Target(name, triple, "skylake-avx512", "", True, 512)
    if name == "avx2":
        return Target(name, triple, "haswell", "", False, 256)
    if name == "generic":
        return Target(name, triple, "x86-64" if "86" in triple else "generic", "", False, 128)
    raise UsageError(f"SHEER_ISA={name}: choose native, avx512, avx2 or generic")


@functools.cache
def _machine(t: Target, level: int) -> llvm.TargetMachine:
    return llvm.Target.from_triple(t.triple).create_target_machine(
        cpu=t.cpu, features=t.features, opt=level, reloc="pic", codemodel="small"
    )


def optimised(text: str, t: Target, level: int = 2) -> llvm.ModuleRef:
    """Parses, verifies and optimises IR text."""
    try:
        module = llvm.parse_assembly(text)
        module.verify()
    except RuntimeError as error:
        raise CompileError(f"internal: LLVM refuses the generated code: {error}") from None
    machine = _machine(t, level)
    module.triple = t.triple
    module.data_layout = str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    options.loop_vectorization = False
    options.slp_vectorization = False
    options.loop_interleaving = False
    builder = llvm.create_pass_builder(machine, options)
    manager = builder.getModulePassManager()
    manager.run(module, builder)
    return module


def object_code(text: str, t: Target, level: int = 2) -> bytes:
    """IR text to an ELF object."""
    with _scheduling(text):
        return _machine(t, level).emit_object(optimised(text, t, level))


def assembly(text: str, t: Target, level: int = 2) -> str:
    """IR text to assembly, for people."""
    with _scheduling(text):
        return _machine(t, level).emit_assembly(optimised(text, t, level))


@contextlib.contextmanager
def _scheduling(text: str) -> Iterator[None]:
    """Where the order of instructions was chosen for the registers, LLVM's scheduler, which looks at latencies first, would undo it."""
    keep = text.endswith(KEEP_ORDER)
    if keep:
        llvm.set_option("", "-enable-misched=false")
    try:
        yield
    finally:
        if keep:
            llvm.set_option("", "-enable-misched=true")
