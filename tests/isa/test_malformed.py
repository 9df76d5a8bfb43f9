"""Malformed PTX is refused at its place, quickly, with a sentence; whatever the text is, nothing but these errors comes out."""

from __future__ import annotations

import random

import pytest

from sheer.base.errors import CompileError, SheerError
from sheer.passes.cfg import build
from sheer.passes.check import Refused, check
from sheer.ptx import PtxError, parse

HEAD = ".version 7.8\n.target sm_80\n.address_size 64\n"
KERNEL = (
    ".visible .entry k(.param .u64 p)\n{\n .reg .b64 %rd<3>; .reg .b32 %r<4>; .reg .pred %p<3>; .reg .f32 %f<3>;\n"
    " ld.param.u64 %rd1, [p];\n"
)
WHOLE = HEAD + KERNEL + (
    " mov.u32 %r1, %tid.x;\nL: add.u32 %r2, %r1, 0x10;\n setp.lt.s32 %p1, %r2, 99;\n @%p1 bra L;\n mul.f32 %f1, %f2, 0f3F800000;\n"
    " // a remark\n ld.global.v2.u32 {%r1, %r2}, [%rd1+8];\n { .reg .b32 %q; mov.u32 %q, 1; }\n"
    " ts: .branchtargets L, M;\n brx.idx %r1, ts;\nM: st.global.u32 [%rd1], %r2;\n ret;\n}\n"
)  # fmt: skip
MALFORMED = {
    " mov.u32 %r1, 5\n ret;\n}": "found 'ret'",
    " mov.u32 %r1, 089; ret; }": "found '89'",
    " mov.u32 %r1, 5;\n": "missing '}' at the end of a function",
    " mov.u32 %r9, 5; ret; }": "%r9 is not declared",
    " bra NOWHERE; ret; }": "the branch target NOWHERE is not a label",
    "L: ret;\nL: ret; }": "the label L is defined twice",
    " .reg .f32 %r2; ret; }": "the register %r2 is declared twice, as .b32 and as .f32",
    " .reg .b32 %x<400000000>; ret; }": "400000000 registers of one name; at most",
    " ts: .branchtargets A, B; brx.idx %r1, ts;\nA: ret; }": "the branch target B",
    " brx.idx %r1, none;\nA: ret; }": "branchtargets",
    "{" * 3000 + "}" * 3000 + " ret; }": "nested more than 200 deep",
    " /* no end": "a comment that does not end",
    ' .file 1 "no end': "a string that does not end",
    " add.f32 %r1, %rd1, %p1; ret; }": "add.f32 wants .f32 here, and %rd1 is .b64",
    " add.u32 %r1, %r2; ret; }": "add.u32 takes d a b, but 2 operands are given",
    " frobnicate.u32 %r1; ret; }": "no instruction is named frobnicate",
}


def assemble(text: str) -> None:
    """What a module goes through before code is made of it."""
    module = parse(text)
    check(module)
    for function in module.functions.values():
        if function.body is not None:
            build(function, module.text_name)


@pytest.mark.parametrize(("text", "said"), MALFORMED.items(), ids=MALFORMED.values())
def test_refused_with_a_reason(text: str, said: str) -> None:
    with pytest.raises((PtxError, Refused, CompileError)) as caught:
        assemble(HEAD + KERNEL + text)
    assert said in str(caught.value)


@pytest.mark.parametrize("seed", range(300))
def test_noise_is_refused_or_read(seed: int) -> None:
    rng = random.Random(seed)
    text = list(WHOLE)
    for _ in range(rng.randint(1, 4)):
        at, kind = rng.randrange(len(text)), rng.random()
        if kind < 0.4:
            del text[at : at + rng.randint(1, 12)]
        elif kind < 0.7:
            text[at] = rng.choice("{}[];,.%@:()x9 -")
        else:
            other = rng.randrange(len(text))
            text[at:at] = text[other : other + rng.randint(1, 30)]
    try:
        assemble("".join(text))
    except (PtxError, Refused, SheerError):
        pass
