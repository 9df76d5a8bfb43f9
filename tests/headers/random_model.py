"""XORWOW, Philox4x32-10 and MRG32k3a by definition, with jumps as powers of matrices: what curand_kernel.h must agree with.

In go seed, subsequence and offset, out come the first words. Nothing here is shared with the tables of the header, which
are polynomials: a mistake would have to be made twice, in two ways.
"""

from __future__ import annotations

from functools import cache

MASK = 2**32 - 1
M1, M2 = 4294967087, 4294944443
Matrix = list[list[int]]


def xorwow_words(v: list[int]) -> list[int]:
    """One step of Marsaglia's xorwow without its Weyl sequence."""
    t = v[0] ^ (v[0] >> 2)
    return [*v[1:], (v[4] ^ (v[4] << 4) ^ t ^ (t << 1)) & MASK]


def _pack(v: list[int]) -> int:
    return sum(word << (32 * i) for i, word in enumerate(v))


def _unpack(bits: int) -> list[int]:
    return [bits >> (32 * i) & MASK for i in range(5)]


def _apply(columns: list[int], bits: int) -> int:
    result = 0
    while bits:
        low = bits & -bits
        result ^= columns[low.bit_length() - 1]
        bits ^= low
    return result


@cache
def _xorwow_powers() -> list[list[int]]:
    """The step's matrix over GF(2) to the power 2**k, k from 0 to 130, each as 160 columns."""
    columns = [_pack(xorwow_words(_unpack(1 << i))) for i in range(160)]
    powers = []
    for _ in range(131):
        powers.append(columns)
        columns = [_apply(columns, c) for c in columns]
    return powers


def xorwow(seed: int, subsequence: int, offset: int, count: int) -> list[int]:
    """CUDA's XORWOW: subsequences are 2**67 apart."""
    a, b = (seed & MASK) ^ 0xAAD26B49, (seed >> 32) ^ 0xF7DCEFDD
    a, b = a * 1099087573 & MASK, b * 2591861531 & MASK
    weyl = 6615241 + a + b + 362437 * offset
    v = [123456789 + a, 362436069 ^ a, 521288629 + b, 88675123 ^ b, 5783321 + a]
    bits, steps = _pack([word & MASK for word in v]), (subsequence << 67) + offset
    for k in range(131):
        if steps >> k & 1:
            bits = _apply(_xorwow_powers()[k], bits)
    v, out = _unpack(bits), []
    for _ in range(count):
        v, weyl = xorwow_words(v), weyl + 362437
        out.append((v[4] + weyl) & MASK)
    return out


def philox_block(counter: int, key: int) -> list[int]:
    """Ten rounds of Salmon and others' Philox4x32."""
    c = [counter >> (32 * i) & MASK for i in range(4)]
    k0, k1 = key & MASK, key >> 32
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(b >> 32) ^ c[1] ^ k0, b & MASK, (a >> 32) ^ c[3] ^ k1, a & MASK]
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c


def philox(seed: int, subsequence: int, offset: int, count: int) -> list[int]:
    """Blocks of four words; the counter's upper half is the subsequence."""
    at = [divmod(offset + i, 4) for i in range(count)]
    return [philox_block(((subsequence << 64) + block) % 2**128, seed)[word] for block, word in at]


def _times(a: Matrix, b: Matrix, modulus: int) -> Matrix:
    return [[sum(x * y for x, y in zip(row, col, strict=True)) % modulus for col in zip(*b, strict=True)] for row in a]


def _power(a: Matrix, n: int, modulus: int) -> Matrix:
    result = [[int(i == j) for j in range(3)] for i in range(3)]
    while n:
        if n & 1:
            result = _times(result, a, modulus)
        a, n = _times(a, a, modulus), n >> 1
    return result


def mrg32k3a(seed: int, subsequence: int, offset: int, count: int) -> list[int]:
    """L'Ecuyer's combined generator; subsequences are 2**76 apart. Numbers from 1 to M1."""
    p, q = [12345] * 3, [12345] * 3
    if seed:
        x, y = (seed & MASK) ^ 0x55555555, (seed >> 32) ^ 0xAAAAAAAA
        p, q = [12345 * w % M1 for w in (x, y, x)], [12345 * w % M2 for w in (y, x, y)]
    first = [[0, 1, 0], [0, 0, 1], [-810728, 1403580, 0]]
    second = [[0, 1, 0], [0, 0, 1], [-1370589, 0, 527612]]
    out, steps = [], (subsequence << 76) + offset
    for i in range(1, count + 1):
        a = _times(_power(first, steps + i, M1), [[w] for w in p], M1)[2][0]
        b = _times(_power(second, steps + i, M2), [[w] for w in q], M2)[2][0]
        out.append((a - b) % M1 or M1)
    return out
