"""Random graphs of jumps, as no compiler of C++ would leave them: loops that share a header, that are entered or left in the middle, that only some
lanes go around again. Both engines must give the same; what a block does depends on its number, so a wrong turn shows.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests import engines

BLOCKS = 9
LANES = 32


def program(seed: int) -> str:
    """PTX of a kernel `k(out)`. Every way back is counted, so that it ends."""
    rng = random.Random(seed)
    gates: dict[int, int] = {}  # blocks that lanes jump back to, and where they go when their turns are over
    jumps: dict[int, int] = {}
    for _ in range(rng.randint(0, 2)):
        gate, source, after = sorted(rng.sample(range(BLOCKS + 1), 3))
        if not {gate, source} & (gates.keys() | jumps.keys()):
            gates[gate], jumps[source] = after, gate
    turns = "".join(f"  mov.u32 %c{b}, {_turns(rng)};\n" for b in range(BLOCKS))
    blocks = "".join(_block(rng, b, gates, jumps) for b in range(BLOCKS))
    return f""".version 8.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 out)
{{
  .reg .pred %p, %q;
  .reg .b32 %x, %t, %tid, %odd, %c<{BLOCKS}>;
  .reg .b64 %a, %o;
  ld.param.u64 %a, [out];
  mov.u32 %tid, %tid.x;
  and.b32 %odd, %tid, 3;
  mov.u32 %x, %tid;
{turns}{blocks}B{BLOCKS}:
  mul.wide.u32 %o, %tid, 4;
  add.s64 %a, %a, %o;
  st.global.u32 [%a], %x;
  ret;
}}
"""


def _turns(rng: random.Random) -> str:
    return rng.choice(["2", "3", "5", "%odd"])


def _block(rng: random.Random, number: int, gates: dict[int, int], jumps: dict[int, int]) -> str:
    lines = [f"B{number}:", f"  mad.lo.u32 %x, %x, {2 * number + 3}, {number};"]
    count = f"%c{number}"
    if number in gates:
        lines += [f"  setp.eq.u32 %p, {count}, 0;", f"  @%p bra B{gates[number]};", f"  sub.u32 {count}, {count}, 1;"]
    elif number in jumps:
        lines.append(f"  bra B{jumps[number]};")
    elif rng.random() < 0.5:  # back, while turns are left
        lines += [f"  setp.ne.u32 %p, {count}, 0;", f"  @%p sub.u32 {count}, {count}, 1;"]
        lines += _perhaps(rng)
        lines.append(f"  @%p bra B{rng.randint(0, number)};")
    else:
        lines += ["  setp.eq.u32 %p, %odd, %odd;", *_perhaps(rng), f"  @%p bra B{rng.randint(number + 1, BLOCKS)};"]
    return "\n".join(lines) + "\n"


def _perhaps(rng: random.Random) -> list[str]:
    """Some lanes only."""
    if rng.random() < 0.3:
        return []
    return [f"  shr.u32 %t, %x, {rng.randint(0, 9)};", "  and.b32 %t, %t, 1;", "  setp.eq.u32 %q, %t, 0;", "  and.pred %p, %p, %q;"]


def agree(text: str) -> None:
    wanted, got = np.zeros(LANES, np.uint32), np.zeros(LANES, np.uint32)
    engines.reference(text, "k", (1, 1, 1), (LANES, 1, 1), [wanted])
    engines.native(text, "k", (1, 1, 1), (LANES, 1, 1), [got])
    assert (got == wanted).all(), f"{text}\nnative {got}\nreference {wanted}"


@pytest.mark.parametrize("seed", [9, 69, *range(100, 110), 311])
def test_jumps(seed: int) -> None:
    agree(program(seed))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(200, 320, 40))
def test_many_jumps(first: int) -> None:
    for seed in range(first, first + 40):
        agree(program(seed))
