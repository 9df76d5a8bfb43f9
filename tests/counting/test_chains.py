"""The chain of dependent instructions of a basic block, from PTX."""

from __future__ import annotations

import re
from pathlib import Path

from sheer.base.counters import CHAINS
from sheer.flow import parse
from sheer.passes import cfg, chains, ssa

HEAD = ".version 8.0\n.target sm_80\n.address_size 64\n"


def of(body: str) -> list[dict[str, float]]:
    """The chain of each block of a kernel with a pointer in %rd1 and an index in %r1."""
    text = f"""{HEAD}.visible .entry k(.param .u64 p) {{
      .reg .b64 %rd<20>; .reg .f32 %f<20>; .reg .b32 %r<20>; .reg .pred %p<5>;
      ld.param.u64 %rd1, [p];
      mov.u32 %r1, %tid.x;
      {body}
      ret;
    }}"""
    graph = cfg.build(parse(text).functions["k"], "k")
    ssa.build(graph)
    return chains.block_chains(graph)


def test_independent_loads_are_under_way_together() -> None:
    body = "".join(f"ld.global.f32 %f{i}, [%rd1+{4 * i}];" for i in range(1, 5))
    [together] = of(body + "add.f32 %f5, %f1, %f2; add.f32 %f6, %f3, %f4; add.f32 %f7, %f5, %f6; st.global.f32 [%rd1], %f7;")
    assert together == {"load": 1, "alu": 2}


def test_a_load_that_needs_a_load_waits() -> None:
    [chase] = of("ld.global.u64 %rd2, [%rd1]; ld.global.u64 %rd3, [%rd2]; ld.global.f32 %f1, [%rd3]; st.global.f32 [%rd1], %f1;")
    assert chase["load"] == 3


def test_stores_hold_back_loads_of_the_same_memory_only() -> None:
    copy = "ld.global.f32 %f1, [%rd1]; st.global.f32 [%rd1+64], %f1; ld.{} %f2, [%rd1+4]; st.global.f32 [%rd1+68], %f2;"
    assert of(copy.format("global.f32"))[0]["load"] == 2
    assert of(copy.format("shared.f32"))[0] == {"load": 1}


def test_a_barrier_parts_what_is_before_and_behind_it() -> None:
    body = "ld.global.f32 %f1, [%rd1]; st.shared.f32 [%r1], %f1; bar.sync 0; ld.shared.f32 %f2, [%r1]; st.global.f32 [%rd1], %f2;"
    assert of(body)[0] == {"load": 1, "barrier": 1, "shared": 1, "alu": 1} or of(body)[0]["shared"] == 1
    assert of(body)[0]["load"] == 1 and of(body)[0]["barrier"] == 1


def test_pointers_made_from_shared_memory() -> None:
    body = "cvt.u64.u32 %rd2, %r1; cvta.shared.u64 %rd3, %rd2; add.u64 %rd4, %rd3, 16; ld.f32 %f1, [%rd4]; st.global.f32 [%rd1], %f1;"
    assert of(body)[0]["shared"] == 1 and "load" not in of(body)[0]


LOOP = """mov.u32 %r2, 0; mov.f32 %f1, 0f00000000; mov.u64 %rd2, %rd1;
L: {body}
add.u32 %r2, %r2, 1; setp.lt.u32 %p1, %r2, 100; @%p1 bra L;
st.global.f32 [%rd1], %f1;"""


def test_a_loop_that_chases_pointers_waits_each_time() -> None:
    assert of(LOOP.format(body="ld.global.u64 %rd2, [%rd2];"))[1]["load"] == 1


def test_what_is_only_read_in_a_later_block_was_fetched_ahead() -> None:
    body = """add.f32 %f1, %f1, %f2;
      setp.eq.u32 %p2, %r2, %r1; @%p2 bra N;
      ld.global.f32 %f2, [%rd2];
    N: add.u64 %rd2, %rd2, 4;"""
    found = of("mov.f32 %f2, 0f00000000;" + LOOP.format(body=body))
    assert sum(chain.get("load", 0) for chain in found) == 0


def test_the_native_side_has_the_same_kinds() -> None:
    text = (Path(__file__).parent.parent.parent / "sheer/machine/native/totals.cpp").read_text()
    names = re.search(r"chain_names\[CHAINS\] = \{([^}]*)\}", text)
    assert names and tuple(re.findall(r'"(\w+)"', names[1])) == CHAINS == chains.CHAINS
