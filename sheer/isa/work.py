"""What an instruction asks of a multiprocessor's pipes. In: a bound instruction. Out: micro-operations by unit, never cycles.

One micro-operation is one machine instruction of a warp, as the expansions of current GPUs have it: a 64-bit integer is two 32-bit ones, a division
is a reciprocal and Newton steps. Figures are those of capability 8.0; where a rare slow path exists (denormal divisors), only its test counts.
Loads, stores and atomics count nothing here: which space they go to shows when they run, and the machine counts them there.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from sheer.base.types import ScalarType
from sheer.isa.row import Binding
from sheer.isa.tensor import shape_of

Units = dict[str, float]


class Work(NamedTuple):
    """units: micro-operations of a warp; tensor: multiply-adds of a warp by type; flops: floating-point operations of one lane by type; chain:
    latencies by kind on the longest chain of dependent instructions (passes/chains.py), of a whole block only."""

    units: Units
    tensor: Units
    flops: Units
    chain: Units = {}


_FREE: Units = {}
_HALVES = ("f16", "f16x2", "bf16", "bf16x2")
# One matrix instruction of the machine: multiply-adds by type of A and B.
_MATRIX = {"fp16": 2048, "bf16": 2048, "tf32": 1024, "int8": 4096, "fp64": 256}
_DIVISION: dict[tuple[str, str], Units] = {
    ("div", "f32"): {"sfu": 1, "fp32": 7, "int": 2, "branch": 1},
    ("div.full", "f32"): {"sfu": 1, "fp32": 3, "int": 1},
    ("rcp", "f32"): {"sfu": 1, "fp32": 3, "int": 2, "branch": 1},
    ("sqrt", "f32"): {"sfu": 1, "fp32": 5, "int": 2, "branch": 1},
    ("div", "f64"): {"sfu": 1, "fp64": 8, "fp32": 1, "int": 3, "branch": 1},
    ("rcp", "f64"): {"sfu": 1, "fp64": 5, "int": 3, "branch": 1},
    ("sqrt", "f64"): {"sfu": 1, "fp64": 7, "int": 4, "branch": 1},
}
_WHOLE_DIVISION: dict[tuple[str, int], Units] = {  # of integers by a variable: through a float reciprocal
    ("u", 16): {"convert": 3, "sfu": 1, "fp32": 3, "int": 2},
    ("s", 16): {"convert": 3, "sfu": 1, "fp32": 3, "int": 4},
    ("u", 32): {"convert": 2, "sfu": 1, "imad": 4, "int": 6},
    ("s", 32): {"convert": 2, "sfu": 1, "imad": 4, "int": 11},
    ("u", 64): {"convert": 2, "sfu": 1, "imad": 16, "int": 26, "branch": 2},
    ("s", 64): {"convert": 2, "sfu": 1, "imad": 16, "int": 36, "branch": 2},
}


_NARROW = {"s4": 2, "u4": 2, "b1": 8}  # products of these types for one of 8-bit integers


def work_of(binding: Binding) -> Work:
    """The work of an instruction by itself; what an assembler fuses or folds is the business of passes/work.py."""
    m, name, kind = binding.m, binding.form.name, binding.row.work
    t: ScalarType | None = getattr(m, "type", None)
    if kind == "mma":
        return _matrix(m)
    if kind in ("fp", "fma", "division", "sfu") and t is not None:
        return Work(_floating(name, kind, m, t), {}, _flops(name, kind, t))
    if kind == "division" and t is not None:
        return Work(_WHOLE_DIVISION[t.kind, t.bits], {}, {})
    return Work(_whole(name, kind, m, t), {}, {})


def _matrix(m: SimpleNamespace) -> Work:
    rows, columns, depth = shape_of(m.shape)
    words = {getattr(m, key).name for key in ("type", "type2") if hasattr(m, key)}
    types = {"bf16": "bf16", "tf32": "tf32", "f64": "fp64", **dict.fromkeys(("s8", "u8", "s4", "u4", "b1"), "int8")}
    kind = next((types[word] for word in sorted(words) if word in types), "fp16")
    products = rows * columns * depth // max(_NARROW.get(word, 1) for word in words)
    return Work({"tensor": max(1, products // _MATRIX[kind])}, {kind: products}, {})


def _floating(name: str, kind: str, m: SimpleNamespace, t: ScalarType) -> Units:
    if kind == "division" and not t.is_float:
        return _WHOLE_DIVISION[t.kind, t.bits]
    pipe = "fp64" if t.bits == 64 else "fp16" if t.name in _HALVES else "fp32"
    if kind == "division":
        return _DIVISION[f"{name}.full" if getattr(m, "rnd", "") == "full" else name, t.name]
    if kind == "sfu":
        return _approximation(name, m, t)
    if name in ("abs", "neg"):
        return _FREE  # modifiers of an operand
    if name in ("min", "max"):
        return {"int": 1} if pipe == "fp32" else {"fp64": 1, "int": 2} if pipe == "fp64" else {"fp16": 1}
    return {pipe: 1}


def _approximation(name: str, m: SimpleNamespace, t: ScalarType) -> Units:
    if t.name in _HALVES:
        return {"sfu": max(1, t.lanes), "fp16": max(1, t.lanes)}
    if t.bits == 64:
        return {"sfu": 1, "int": 1}
    units: Units = {"sfu": 1}
    if name in ("sin", "cos"):
        units["fp32"] = 1  # the argument in turns
    elif name == "tanh":
        return units
    elif name == "div":
        units["fp32"] = 1
    if not getattr(m, "ftz", False) and name not in ("sin", "cos"):  # denormals are scaled first
        units["fp32"] = units.get("fp32", 0) + 2
        units["int"] = 1
    return units


def _flops(name: str, kind: str, t: ScalarType) -> Units:
    """Additions, multiplications and fused ones, as profilers count them."""
    if kind not in ("fp", "fma") or name not in ("add", "sub", "mul", "fma", "mad"):
        return {}
    pipe = "fp64" if t.bits == 64 else "fp16" if t.name in _HALVES else "fp32"
    return {pipe: (2 if kind == "fma" else 1) * max(1, t.lanes)}


# Of textures and surfaces the machine counts the traffic alone: a fetch may be several accesses, and is one instruction.
_IMAGES: dict[str, Units] = {"tex": {"load": 1}, "tld4": {"load": 1}, "suld": {"load": 1}, "sust": {"store": 1}}
_BY_KIND: dict[str, Units] = {
    "branch": {"branch": 1},
    "call": {"branch": 2},
    "shuffle": {"shuffle": 1},
    "vote": {"vote": 1},
    "barrier": {"barrier": 1},
    "fence": {"other": 1},
    "sync": {"other": 1},
    "hint": _FREE,
    "load": _FREE,
    "store": _FREE,
    "atomic": _FREE,
    "copy": _FREE,
}


def _whole(name: str, kind: str, m: SimpleNamespace, t: ScalarType | None) -> Units:
    """Integers, logic, comparisons, conversions and the rest."""
    if kind == "barrier" and name not in ("bar", "barrier"):
        return {"other": 1}
    if name in _IMAGES:
        return _IMAGES[name]
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if t is None or name in ("mov", "cvta"):
        return _FREE
    if name in ("mul", "mad", "mul24", "mad24"):
        return _product(name, m, t)
    if name == "cvt":
        return _conversion(m, t)
    if name in ("setp", "set"):
        return _comparison(m, t)
    if name in ("popc", "clz", "brev", "bfind"):
        slow = 2 if t.bits == 64 else 1
        return {"sfu": slow, "int": slow - (name in ("brev", "popc"))}
    if name in ("dp4a", "dp2a"):
        return {"imad": 1}
    if name == "activemask":
        return {"vote": 1}
    if t.name == "pred":
        return {"int": 1}
    if name in ("min", "max", "abs", "sad") and t.bits == 64:
        return {"int": 4}
    if name in ("bfe", "bfi", "sad", "isspacep", "szext", "bmsk", "fns"):
        return {"int": 2 if t.bits <= 32 else 5}
    return {"int": 2 if t.bits == 64 else 1}


def _product(name: str, m: SimpleNamespace, t: ScalarType) -> Units:
    if name.endswith("24"):
        return {"imad": 2}
    if t.bits == 64:
        added = 2 if name == "mad" else 0
        return {"imad": 8, "int": 4 + added} if m.mode == "hi" else {"imad": 3, "int": added}
    return {"imad": 1}


def _conversion(m: SimpleNamespace, t: ScalarType) -> Units:
    source: ScalarType = m.type2
    if not t.is_float and not source.is_float and t.element == "" and source.element == "":
        if getattr(m, "sat", False):
            return {"int": 2}
        if t.bits == 64 and source.bits < 64:
            narrow = source.bits < 32
            return {"int": 1 + narrow} if source.kind == "s" else {"int": 1} if narrow else _FREE
        return {"int": 1} if min(t.bits, source.bits) < 32 else _FREE
    if t.is_float and source.is_float:
        if t.bits == source.bits:
            return {"convert": 1} if getattr(m, "rnd", "") else {"fp32": 1}
        if 64 in (t.bits, source.bits):
            return {"convert": 1}
        return {"int": 1} if t.bits < source.bits else {"fp16": 1}
    if t.lanes == 2 or t.name == "tf32":
        return {"int": 1}
    return {"convert": 1}


def _comparison(m: SimpleNamespace, t: ScalarType) -> Units:
    source: ScalarType = getattr(m, "type2", t)
    if source.name in _HALVES:
        return {"fp16": 1}
    if source.name == "f64":
        return {"fp64": 1}
    return {"int": 2 if source.bits == 64 else 1}
