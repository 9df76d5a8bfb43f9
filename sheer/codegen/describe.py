"""The description of a module that the machine reads (docs/architecture.md). In: a linked Module. Out: bytes."""

from __future__ import annotations

from sheer.codegen.layout import Layout, local_layout, reachable
from sheer.ir.module import Inst, Module

LAUNCH = "__sheer_launch"  # by which device code launches kernels


def describe(module: Module) -> bytes:
    """Text lines, then `data <bytes>` and the initial data of all symbols."""
    layout = Layout(module)
    lines = ["sheer-module 1"]
    lines += [f"file {index} {path}" for index, path in sorted(module.files.items())]
    opcodes = {i.opcode for f in module.functions.values() for i in f.body or () if isinstance(i, Inst)}
    if any(o.startswith(("mma.", "wmma.mma.")) for o in opcodes):
        lines.append("matrices")
    for function in module.functions.values():
        if not function.is_entry or function.body is None:
            continue
        functions = reachable(module, function)
        shared = layout.shared(functions)[1]
        local = sum(local_layout(f)[1] for f in functions)
        limit = function.maxntid if function.maxntid[0] else function.reqntid
        params = " ".join(f"{p.offset}:{p.size}:{p.align}" for p in function.params)
        registers = min(255, 8 + len(function.regs) // 2)
        lines.append(
            f"kernel {function.name} {function.param_bytes} {shared} {local} {registers} "
            f"{limit[0]} {limit[1]} {limit[2]} {len(function.params)} {params}".rstrip()
        )
        if LAUNCH in module.functions:
            lines.append(f"address {layout.function_ids[function.name]}")
    data = bytearray()
    relocs = []
    for name, index in layout.symbols.items():
        variable = module.variables[name]
        start = -1
        if variable.data is not None:
            data += bytes(-len(data) % 16)
            start = len(data)
            initial = bytearray(variable.data.ljust(variable.size, b"\0"))
            for reloc in variable.relocs:
                if reloc.symbol in layout.function_ids and reloc.symbol not in layout.symbols:
                    value = layout.function_ids[reloc.symbol] + reloc.addend
                    initial[reloc.offset : reloc.offset + 8] = value.to_bytes(8, "little")
                elif reloc.symbol in layout.symbols:
                    relocs.append(
                        f"reloc {index} {reloc.offset} {layout.symbols[reloc.symbol]} {reloc.addend}"
                    )
            data += initial
        lines.append(f"symbol {index} {name} {variable.space} {variable.size} {variable.align} {start}")
    lines += relocs
    lines.append(f"data {len(data)}")
    return ("\n".join(lines) + "\n").encode() + bytes(data)
