"""Small loops count as a GPU's compiler would unroll them."""

from __future__ import annotations

import pytest

from sheer.flow import parse
from sheer.isa.work import Work
from sheer.passes import cfg, ssa
from sheer.passes.unrolled import as_unrolled
from sheer.passes.work import block_works

HEAD = ".version 8.0\n.target sm_80\n.address_size 64\n"


def loop(body: str, step: str = "4", registers: str = "") -> tuple[Work, Work]:
    """The work of one turn of a loop, as it stands and as a part of an unrolled one."""
    text = f"""{HEAD}.visible .entry k(.param .u64 p, .param .u32 n) {{
      .reg .b64 %rd<20>; .reg .f32 %f<20>; .reg .b32 %r<20>; .reg .pred %p<5>; {registers}
      ld.param.u64 %rd1, [p]; ld.param.u32 %r1, [n];
      mov.u32 %r2, 0; mov.f32 %f1, 0f00000000; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;
    L: {body}
      add.u32 %r2, %r2, {step}; setp.lt.u32 %p1, %r2, %r1; @%p1 bra L;
      st.global.f32 [%rd1], %f1; ret;
    }}"""
    graph = cfg.build(parse(text).functions["k"], "k")
    ssa.build(graph)
    works = block_works(graph)
    number = next(b.index for b in graph.blocks if b.index in b.succs)
    return works[number], as_unrolled(graph, works)[number]


def test_one_copy_counts_and_branches_for_all() -> None:
    plain, unrolled = loop("fma.rn.f32 %f1, %f1, %f1, %f1;")
    assert plain.units == {"fp32": 1, "int": 2, "branch": 1}
    assert unrolled.units == {"fp32": 1, "int": 0.5, "branch": 0.25}
    assert unrolled.flops == plain.flops


LOAD = "mul.wide.u32 %rd2, %r2, 4; add.u64 %rd3, %rd1, %rd2; ld.global.f32 %f2, [%rd3]; add.f32 %f1, %f1, %f2;"


def test_addresses_that_differ_by_constants_go_into_the_accesses() -> None:
    plain, unrolled = loop(LOAD)
    assert unrolled.units["imad"] == plain.units["imad"] / 4
    by_threads = loop(LOAD, step="%r3")[1]  # each copy has to add the step
    assert by_threads.units["imad"] == plain.units["imad"]
    assert by_threads.units["branch"] == 0.25


def test_loads_of_all_copies_are_under_way_together() -> None:
    plain, unrolled = loop(LOAD)
    assert unrolled.chain["load"] == pytest.approx(0.25)
    chase = loop("ld.global.u64 %rd1, [%rd1];")[1]
    assert chase.chain["load"] == pytest.approx(1)
    in_place = loop(LOAD + "st.global.f32 [%rd3], %f1;")[1]  # the next load may be of what was stored
    assert in_place.chain["load"] == pytest.approx(1)


@pytest.mark.parametrize("body", ["bar.sync 0;", "shfl.sync.down.b32 %r5, %r4, 1, 31, -1;", "add.f32 %f1, %f1, %f1;" * 80])
def test_what_is_not_unrolled(body: str) -> None:
    plain, unrolled = loop(body)
    assert unrolled.units == plain.units
