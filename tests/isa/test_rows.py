"""Every spelling of every value instruction: native code against the row's own reference, on corner values and random lanes."""

from __future__ import annotations

import random
import re
import zlib

import numpy as np
import pytest

from sheer.flow import compile_kernel
from sheer.isa.row import UnknownOpcode, bind
from sheer.oracle.operands import from_bits
from sheer.ptx import parse
from tests.isa.spellings import Case, cases, close, kernel, operand_bits, packed_cells, sharing, show

THREADS = 512
BATCH = 48


def groups(full: bool) -> dict[str, list[Case]]:
    """Cases by instruction, large groups split."""
    found: dict[str, list[Case]] = {}
    for case in cases(full):
        found.setdefault(case.opcode.split(".")[0], []).append(case)
    return {f"{name}-{n // BATCH}" if len(every) > BATCH else name: every[n:n + BATCH]
            for name, every in found.items() for n in range(0, len(every), BATCH)}


GROUPS = groups(full=False)
ALL = groups(full=True)


def apply_native(batch: list[Case], inputs: list[list[tuple[int, ...]]], threads: int,
                 shared: list[list[str]] | None) -> np.ndarray:
    """Rows of result cells, as unsigned 64-bit integers."""
    text = kernel(batch, shared=shared, first=[column[0] for column in inputs])
    native = compile_kernel(parse(text), "apply", (128, 1, 1))
    rows = [[bits[s] for bits in column] for case, column in zip(batch, inputs, strict=True) for s in range(len(case.sources))]
    source = np.frombuffer(bytearray(packed_cells(rows)), np.uint64)
    out = np.zeros((sum(len(c.dests) for c in batch), threads), np.uint64)
    params = source.ctypes.data.to_bytes(8, "little") + out.ctypes.data.to_bytes(8, "little") + threads.to_bytes(8, "little")
    native.launch((threads // 128, 1, 1), params)
    return out


def check(batch: list[Case], threads: int = THREADS, mixed: int = 0) -> list[str]:
    """Descriptions of the lanes that differ, one per case. `mixed`: some sources are the same for all lanes, by this seed."""
    rng = random.Random(mixed)
    inputs = [operand_bits(case, threads, random.Random(zlib.crc32(case.name.encode()) + mixed)) for case in batch]
    shared = [sharing(case, rng) for case in batch] if mixed else None
    for column, kinds in zip(inputs, shared or [], strict=False):
        start = rng.randrange(threads)
        column[:] = [tuple(b if kind == "lane" else column[start][i] for i, (b, kind) in enumerate(zip(bits, kinds, strict=True)))
                     for bits in column]
    out = apply_native(batch, inputs, threads, shared)
    wrong = []
    row = 0
    for case, columns in zip(batch, inputs, strict=True):
        bad = []
        for i, bits in enumerate(columns):
            expected = case.expected([from_bits(t, b) for t, b in zip(case.sources, bits, strict=True)])
            for d, (t, value) in enumerate(zip(case.dests, expected, strict=True)):
                got = int(out[row + d, i])
                if not close(t, case.row, value, got):
                    given = ", ".join(show(s, b) for s, b in zip(case.sources, bits, strict=True))
                    bad.append(f"{case.name}: {given} -> {show(t, got & ((1 << t.bits) - 1))}, the reference says {value!r}")
        row += len(case.dests)
        if bad:
            wrong.append(f"{bad[0]} [{len(bad)} of {threads} lanes]")
    return wrong


@pytest.mark.parametrize("name", GROUPS)
def test_native_agrees_with_the_reference(name: str) -> None:
    wrong = check(GROUPS[name])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", GROUPS)
def test_operands_that_lanes_share(name: str) -> None:
    """Scalars and literals beside vectors take other roads through the code generator."""
    wrong = check(GROUPS[name], 128, mixed=1) + check(GROUPS[name], 128, mixed=2)
    assert not wrong, "\n".join(wrong)


_DIRECTED = [c for cs in ALL.values() for c in cs if re.search(r"\.r[mpz]\.(ftz\.)?(sat\.)?f(32|64)$", c.opcode)]


def test_directed_rounding_without_the_processors_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """AVX-512 takes the rounding mode in the instruction; elsewhere it is made from the error, which may underflow itself."""
    monkeypatch.setenv("SHEER_ISA", "avx2")
    wrong = check(_DIRECTED, 2048) + check(_DIRECTED, 2048, mixed=3)
    assert len(_DIRECTED) >= 36 and not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_every_spelling(name: str) -> None:
    wrong = check(ALL[name], 128)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("written, meant", [
    ("atom.add.relaxed.gpu.s32", "atom.relaxed.gpu.add.s32"),
    ("atom.cas.acq_rel.cta.shared.b64", "atom.acq_rel.cta.shared.cas.b64"),
    ("ld.gpu.relaxed.u32", "ld.relaxed.gpu.u32"),
    ("ldmatrix.sync.aligned.x4.trans.m8n8.shared.b16", "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16"),
    ("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32.satfinite", "mma.sync.aligned.m16n8k32.row.col.satfinite.s32.u8.s8.s32"),
    ("fma.rn.f16x2.relu", "fma.rn.relu.f16x2"),
    ("movmatrix.sync.trans.aligned.m8n8.b16", "movmatrix.sync.aligned.m8n8.trans.b16"),
])  # fmt: skip
def test_modifiers_come_in_the_order_that_is_usual(written: str, meant: str) -> None:
    assert bind(written) is bind(meant)


@pytest.mark.parametrize("opcode", ["atom.add.add.s32", "atom.add.gpu.cta.s32", "add.s32.sat"])
def test_what_no_order_makes_right_stays_unknown(opcode: str) -> None:
    with pytest.raises(UnknownOpcode):
        bind(opcode)
