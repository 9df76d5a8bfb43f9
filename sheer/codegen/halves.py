"""Half precision for a unit that multiplies bf16. In: a tile of f16 in memory. Out: IR of a function that makes two tiles of bf16 of it, whose sum
it is: high parts, the first 8 of the 11 bits of each number, and low parts, the other 3.

Both are bf16 as they stand but for their exponents, and those come out of tables: a shuffle of 32 words of 16 bits, by the five bits of the
exponent, or, where the low part begins, by the last three. That holds for normal numbers and zero. Tiles with anything else take a second
function, by way of f32. There a third tile is made: high parts with infinity and NaN. For the high parts that meet low ones must be finite: a
low part is mostly 0, and infinity times that would be no number.
"""

from __future__ import annotations

from sheer.codegen.text import Program, Text

ROWS, ROW = 16, 64
_WORDS = "<32 x i16>"
_TILES = "ptr noalias %tile, ptr noalias %low, ptr noalias %high, ptr noalias %whole"
_BIAS = 127 - 15  # of the exponents of bf16 and f16
_ONE = 127 << 7


def _table(entries: list[int]) -> str:
    """32 words, from a few that repeat themselves."""
    return f"{_WORDS} <{', '.join(f'i16 {entries[i % len(entries)]}' for i in range(32))}>"


# By the exponent: that of the high part, in its place; what must be 0 in a number that is none of the usual.
_EXPONENTS = _table([0, *((e + _BIAS) << 7 for e in range(1, 31)), _ONE])
_UNUSUAL = _table([0x3FF, *[0] * 30, 0x7C00])
# By the last three bits, of which the first that is set becomes the hidden one: to be added to the high part's exponent.
_LOW = _table([0] + [(b.bit_length() - 11 << 7) + ((b << 8 - b.bit_length()) & 0x7F) for b in range(1, 8)])


def split_function(program: Program, attributes: str) -> str:
    """A function of a tile of f16 and of places for low parts, high ones, and high ones with infinity and NaN. Returns where the last are: with the others if
    there are none."""
    text = Text(program, f"define internal ptr @tile.halves({_TILES}) noinline {attributes}")
    unusual = "zeroinitializer"
    for row in range(ROWS):
        number = text.op(f"load {_WORDS}, ptr {_place(text, '%tile', row)}, align {ROW}")
        low, high, odd = _usual(text, number)
        unusual = text.op(f"or {_WORDS} {unusual}, {odd}")
        for tile, part in (("%low", low), ("%high", high)):
            text.do(f"store {_WORDS} {part}, ptr {_place(text, tile, row)}, align {ROW}")
    some = text.op(f"icmp ne i512 {text.op(f'bitcast {_WORDS} {unusual} to i512')}, 0")
    text.branch(some, "unusual", "usual")
    text.label("unusual")
    text.do("call void @tile.unusual.halves(ptr %tile, ptr %low, ptr %high, ptr %whole)")
    text.finish("ret ptr %whole")
    text.label("usual")
    text.finish("ret ptr %high")
    program.functions.append(text.text())
    program.functions.append(_unusual_function(program, attributes))
    return "@tile.halves"


def _place(text: Text, tile: str, row: int) -> str:
    return text.op(f"getelementptr i8, ptr {tile}, i64 {row * ROW}") if row else tile


def _usual(text: Text, number: str) -> tuple[str, str, str]:
    """Low and high parts of a row of normal numbers and zeros; what is not 0 if there are others."""

    def looked_up(table: str, index: str) -> str:
        return text.intrinsic("llvm.x86.avx512.permvar.hi.512", _WORDS, [(_WORDS, table.removeprefix(f"{_WORDS} ")), (_WORDS, index)])

    def masked(name: str, mask: int) -> str:
        return text.op(f"and {_WORDS} {name}, splat (i16 {mask})")

    exponent = text.op(f"lshr {_WORDS} {number}, splat (i16 10)")
    size = text.op(f"or {_WORDS} {masked(number, -0x8000)}, {looked_up(_EXPONENTS, exponent)}")
    high = text.op(f"or {_WORDS} {size}, {masked(text.op(f'lshr {_WORDS} {number}, splat (i16 3)'), 0x7F)}")
    low = text.op(f"add {_WORDS} {size}, {looked_up(_LOW, number)}")
    some = text.op(f"icmp ne {_WORDS} {masked(number, 7)}, zeroinitializer")
    low = text.op(f"select <32 x i1> {some}, {_WORDS} {low}, {_WORDS} zeroinitializer")
    return low, high, text.op(f"and {_WORDS} {number}, {looked_up(_UNUSUAL, exponent)}")


def _unusual_function(program: Program, attributes: str) -> str:
    """The same for all numbers."""
    text = Text(program, f"define internal void @tile.unusual.halves({_TILES}) noinline cold {attributes}")
    for row in range(ROWS):
        parts = _any(text, text.op(f"load {_WORDS}, ptr {_place(text, '%tile', row)}, align {ROW}"))
        for tile, part in zip(("%low", "%high", "%whole"), parts, strict=True):
            text.do(f"store {_WORDS} {part}, ptr {_place(text, tile, row)}, align {ROW}")
    text.finish("ret void")
    return text.text()


def _any(t: Text, row: str) -> list[str]:
    """Low parts, finite high parts and all high parts."""
    ints, floats = "<32 x i32>", "<32 x float>"
    wide = t.op(f"fpext <32 x half> {t.op(f'bitcast {_WORDS} {row} to <32 x half>')} to {floats}")
    bits = t.op(f"bitcast {floats} {wide} to {ints}")
    size = t.op(f"and {ints} {bits}, splat (i32 {0x7FFFFFFF})")
    infinite = t.op(f"icmp uge {ints} {size}, splat (i32 {0x7F800000})")
    high = t.op(f"bitcast {ints} {t.op(f'and {ints} {bits}, splat (i32 {-0x10000})')} to {floats}")
    rest = t.op(f"bitcast {floats} {t.op(f'fsub {floats} {wide}, {high}')} to {ints}")
    low = t.op(f"select <32 x i1> {infinite}, {ints} zeroinitializer, {ints} {rest}")
    finite = t.op(f"select <32 x i1> {infinite}, {ints} splat (i32 {_ONE << 16}), {ints} {bits}")
    nothing = t.op(f"icmp ugt {ints} {size}, splat (i32 {0x7F800000})")  # not a number, even where its first bits alone would be infinity
    quiet = t.op(f"select <32 x i1> {nothing}, {ints} splat (i32 {0x400000}), {ints} zeroinitializer")
    whole = t.op(f"or {ints} {bits}, {quiet}")
    tops = ", ".join(f"i32 {2 * i + 1}" for i in range(32))
    parts = [t.op(f"bitcast {ints} {part} to <64 x i16>") for part in (low, finite, whole)]
    return [t.op(f"shufflevector <64 x i16> {p}, <64 x i16> poison, <32 x i32> <{tops}>") for p in parts]
