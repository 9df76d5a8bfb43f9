"""Computes the jump tables of curand_kernel.h. In: nothing. Out: `include/sheer/random_jumps.h` on standard output.

A generator whose step is linear reaches its state after n steps as a polynomial in the step, applied to its state: x**n modulo the
characteristic polynomial of the step. The tables hold such polynomials for the n that `skipahead` and its kin put together:

* XORWOW: 160 bits over GF(2); x**(digit * 16**k) for the offset, x**(2**67 * digit * 16**k) for the subsequence. Bit i of word j
  is the coefficient of x**(5 i + j): a turn of the applying loop makes five steps, after which the five words are in place again.
* MRG32k3a: three coefficients modulo m1, three modulo m2; x**(2**(k + base)) for base 0, 76 and 127.
"""

from __future__ import annotations

import sys

XORWOW_BITS = 160
SUBSEQUENCE = 67
MRG_BASES = (("OFFSET", 0), ("SUBSEQUENCE", 76), ("SEQUENCE", 127))
M1, M2 = 2**32 - 209, 2**32 - 22853
# x**3 = c2 x**2 + c1 x + c0
MRG_STEPS = ((M1, (-810728, 1403580, 0)), (M2, (-1370589, 0, 527612)))


def xorwow_step(v: list[int]) -> list[int]:
    """The five words after one step of the linear part (Marsaglia 2003)."""
    t = v[0] ^ (v[0] >> 2)
    last = (v[4] ^ (v[4] << 4) ^ t ^ (t << 1)) & 0xFFFFFFFF
    return [*v[1:], last]


def minimal_polynomial(bits: list[int]) -> int:
    """The shortest linear recurrence of a bit sequence (Berlekamp and Massey); bit i is the coefficient of x**i."""
    connection, before, length, shift = 1, 1, 0, 1
    window = 0                                          # bit j: the bit j places before the present one
    for n, bit in enumerate(bits):
        window = (window << 1) | bit
        if (window & connection).bit_count() & 1:
            kept = connection
            connection ^= before << shift
            if 2 * length <= n:
                length, before, shift = n + 1 - length, kept, 0
        shift += 1
    return int(format(connection, f"0{length + 1}b")[::-1], 2)


def xorwow_polynomial() -> int:
    """The characteristic polynomial of the step: of full degree, so one bit's sequence has it as its recurrence."""
    v, bits = [1, 2, 3, 4, 5], []
    for _ in range(4 * XORWOW_BITS):
        bits.append(v[0] & 1)
        v = xorwow_step(v)
    found = minimal_polynomial(bits)
    assert found.bit_length() == XORWOW_BITS + 1
    return found


def product(a: int, b: int, modulus: int) -> int:
    """a * b modulo a polynomial over GF(2)."""
    result, top = 0, modulus.bit_length() - 1
    while b:
        if b & 1:
            result ^= a
        b >>= 1
        a <<= 1
        if a >> top & 1:
            a ^= modulus
    return result


def xorwow_table(base: int, modulus: int) -> list[list[int]]:
    """Five words for each power x**(2**base * digit * 16**k), digit 1 to 15, k 0 to 15."""
    x = 2
    for _ in range(base):
        x = product(x, x, modulus)
    rows = []
    for _ in range(16):
        power = 1
        for _ in range(15):
            power = product(power, x, modulus)
            rows.append(
                [sum((power >> (5 * i + j) & 1) << i for i in range(32)) for j in range(5)]
            )
        x = product(power, x, modulus)
    return rows


def mrg_product(a: list[int], b: list[int], step: tuple[int, ...], modulus: int) -> list[int]:
    """a * b modulo x**3 - step, coefficients modulo `modulus`."""
    wide = [0] * 5
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            wide[i + j] += p * q
    for top in (4, 3):
        for i, c in enumerate(step):
            wide[top - 3 + i] += wide[top] * c
    return [w % modulus for w in wide[:3]]


def mrg_table(base: int) -> list[list[int]]:
    """Six words for each power x**(2**(base + k)), k 0 to 63."""
    powers = [[0, 1, 0], [0, 1, 0]]
    rows = []
    for k in range(base + 64):
        if k >= base:
            rows.append([*powers[0], *powers[1]])
        powers = [mrg_product(p, p, step, m) for p, (m, step) in zip(powers, MRG_STEPS, strict=True)]
    return rows


def table(name: str, rows: list[list[int]]) -> str:
    """A C array of rows."""
    lines = ",\n".join("  {" + ", ".join(f"{word:#x}u" for word in row) + "}" for row in rows)
    return f"SHEER_JUMPS unsigned int {name}[{len(rows)}][{len(rows[0])}] = {{\n{lines}}};\n"


def page() -> str:
    """The whole header."""
    modulus = xorwow_polynomial()
    parts = [
        "/* Made by `python -m sheer.cuda.random_jumps`; what it means is written there. */\n"
        "#ifndef SHEER_RANDOM_JUMPS_H\n#define SHEER_RANDOM_JUMPS_H\n\n"
        "#if defined(__CUDA_ARCH__)\n#define SHEER_JUMPS static __device__ const\n"
        "#else\n#define SHEER_JUMPS static const __attribute__((unused))\n#endif\n",
        table("sheer_xorwow_offset", xorwow_table(0, modulus)),
        table("sheer_xorwow_subsequence", xorwow_table(SUBSEQUENCE, modulus)),
        *(table(f"sheer_mrg_{name.lower()}", mrg_table(base)) for name, base in MRG_BASES),
        "#undef SHEER_JUMPS\n#endif\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
