"""Work of instructions: every form of the table has some answer, and blocks are priced as an assembler would leave them."""

from __future__ import annotations

import itertools

import pytest

from sheer.base.counters import FLOAT_TYPES, TENSOR_TYPES, UNITS
from sheer.isa.row import TABLE, UnknownOpcode, bind
from sheer.isa.work import work_of
from sheer.passes import cfg, ssa
from sheer.passes.work import block_works
from sheer.ptx import parse


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_form_has_work(name: str) -> None:
    for form, _ in TABLE[name]:
        pools = [([None] if optional else []) + list(words) for _, optional, words in form.slots]
        for combination in itertools.islice(itertools.product(*pools), 300):
            try:
                binding = bind(".".join([name, *(word for word in combination if word)]))
            except UnknownOpcode:
                continue
            work = work_of(binding)
            assert set(work.units) <= set(UNITS) and set(work.tensor) <= set(TENSOR_TYPES) and set(work.flops) <= set(FLOAT_TYPES)


@pytest.mark.parametrize(
    ("opcode", "units"),
    [
        ("add.s64", {"int": 2}),
        ("add.s32", {"int": 1}),
        ("mul.wide.s32", {"imad": 1}),
        ("mul.lo.s64", {"imad": 3, "int": 0}),
        ("fma.rn.f16x2", {"fp16": 1}),
        ("min.f32", {"int": 1}),
        ("neg.f32", {}),
        ("ex2.approx.ftz.f32", {"sfu": 1}),
        ("cvt.rn.f32.s32", {"convert": 1}),
        ("cvt.u64.u32", {}),
        ("mov.u32", {}),
        ("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", {"tensor": 1}),
        ("wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32", {"tensor": 2}),
    ],
)
def test_units(opcode: str, units: dict[str, float]) -> None:
    assert work_of(bind(opcode)).units == units


def test_types_of_matrices() -> None:
    assert work_of(bind("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32")).tensor == {"tf32": 1024}
    assert work_of(bind("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32")).tensor == {"bf16": 2048}
    assert work_of(bind("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32")).tensor == {"int8": 4096}
    assert work_of(bind("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64")).tensor == {"fp64": 256}
    assert work_of(bind("mma.sync.aligned.m16n8k64.row.col.s32.s4.s4.s32")).tensor == {"int8": 4096}
    assert work_of(bind("mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.xor.popc")).tensor == {"int8": 4096}


HEAD = ".version 8.0\n.target sm_80\n.address_size 64\n"
FOLDS = [
    # an address: the product goes into each sum, the constant into the access
    ("mul.wide.s32 %rd1, %r1, 4; add.s64 %rd2, %rd9, %rd1; add.s64 %rd3, %rd8, %rd1; ld.global.b32 %r2, [%rd2];"
     "add.s64 %rd4, %rd3, 16; st.global.b32 [%rd4], %r2;", {"imad": 2}),
    ("shl.b32 %r2, %r1, 3; add.s32 %r3, %r2, %r9; st.global.b32 [%rd9], %r3;", {"int": 1}),
    ("add.s32 %r2, %r1, %r9; add.s32 %r3, %r2, %r8; st.global.b32 [%rd9], %r3;", {"int": 1}),
    ("and.b32 %r2, %r1, %r9; xor.b32 %r3, %r2, %r8; st.global.b32 [%rd9], %r3;", {"int": 1}),
    ("add.s64 %rd1, %rd9, %rd8; ld.shared.b32 %r2, [%rd1]; st.global.b32 [%rd9], %r2;", {"int": 1}),
    ("add.s32 %r2, %r1, %r9;", {}),
    ("mov.u32 %r2, %tid.x; mov.u32 %r3, %ntid.x; st.global.b32 [%rd9], %r2; st.global.b32 [%rd9], %r3;", {"other": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "units"), FOLDS)
def test_folding(body: str, units: dict[str, float]) -> None:
    text = (
        f"{HEAD}.visible .entry k(.param .u64 p) {{ .reg .b32 %r<10>; .reg .b64 %rd<10>; ld.param.b64 %rd9, [p];"
        f"ld.param.b64 %rd8, [p]; ld.global.b32 %r1, [%rd9]; ld.global.b32 %r9, [%rd9]; ld.global.b32 %r8, [%rd9]; {body} ret; }}"
    )
    graph = cfg.build(parse(text).functions["k"], "k")
    ssa.build(graph)
    found = {unit: count for unit, count in block_works(graph)[0].units.items() if count}
    assert found == {**units, "branch": 1}
