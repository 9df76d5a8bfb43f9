"""What some lanes load is what was there then. LLVM 20 makes one load of a masked load and a select by the same mask, and puts it where the select stands,
behind stores and barriers; the emitted `freeze` keeps it where it is."""

from __future__ import annotations

import re

from sheer.codegen.llvm import optimised, target

TEXT = """
declare <16 x i32> @llvm.masked.load.v16i32.p0(ptr, i32, <16 x i1>, <16 x i32>)
declare void @other(ptr)
define <16 x i32> @f(ptr %p, <16 x i32> %old, i16 %lanes) {
  %mask = bitcast i16 %lanes to <16 x i1>
  %loaded = call <16 x i32> @llvm.masked.load.v16i32.p0(ptr %p, i32 4, <16 x i1> %mask, <16 x i32> zeroinitializer)
  %kept = freeze <16 x i32> %loaded
  call void @other(ptr %p)
  %found = select <16 x i1> %mask, <16 x i32> %kept, <16 x i32> %old
  ret <16 x i32> %found
}
"""


def calls(text: str) -> list[str]:
    return re.findall(r"call [^@]*@([a-z.]+)", str(optimised(text, target(""))))


def test_a_masked_load_stays_in_front_of_what_follows() -> None:
    assert calls(TEXT) == ["llvm.masked.load.v", "other"]


def test_llvm_still_needs_to_be_kept_from_it() -> None:
    """If this fails, LLVM is healed, and MemoryLanes.kept_here may go."""
    plain = TEXT.replace("%kept = freeze <16 x i32> %loaded", "").replace("%kept,", "%loaded,")
    assert calls(plain) == ["other", "llvm.masked.load.v"]
