"""Fits the polynomials of the math sources. In: nothing. Out: coefficients.h on standard output. Needs mpmath; run by hand when a fit changes.

Chebyshev interpolation in the interval of use, to 50 digits, is within a small factor of the minimax polynomial.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60


def interpolated(f: Callable[[mp.mpf], mp.mpf], low: float, high: float, degree: int) -> list[float]:
    """Coefficients, from low to high, of the polynomial through the Chebyshev nodes of [low, high]."""
    a, b, n = mp.mpf(low), mp.mpf(high), degree
    nodes = [(a + b) / 2 + (b - a) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * n + 2)) for k in range(n + 1)]
    powers, values = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
    for i, x in enumerate(nodes):
        for j in range(n + 1):
            powers[i, j] = x**j
        values[i] = f(x)
    return [float(v) for v in mp.lu_solve(powers, values)]


def weighted(f: Callable[[mp.mpf], mp.mpf], weight: Callable[[mp.mpf], mp.mpf], low: float, high: float, degree: int) -> list[float]:
    """The polynomial whose error times a weight is smallest at its worst (Lawson's iteration: least squares, again and again weighted by the error)."""
    a, b, n = mp.mpf(low), mp.mpf(high), 12 * degree
    nodes = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    rows = [[weight(x) * mp.chebyt(j, (2 * x - a - b) / (b - a)) for j in range(degree + 1)] for x in nodes]
    values = [weight(x) * f(x) for x in nodes]
    share = [mp.mpf(1) / n] * n
    for _ in range(150):
        normal, right = mp.matrix(degree + 1, degree + 1), mp.matrix(degree + 1, 1)
        for s, row, value in zip(share, rows, values, strict=True):
            for i in range(degree + 1):
                right[i] += s * row[i] * value
                for j in range(degree + 1):
                    normal[i, j] += s * row[i] * row[j]
        c = mp.lu_solve(normal, right)
        wrong = [abs(mp.fdot(row, c) - value) for row, value in zip(rows, values, strict=True)]
        total = mp.fdot(share, wrong)
        share = [s * e / total for s, e in zip(share, wrong, strict=True)]
    return interpolated(lambda x: mp.fdot([mp.chebyt(j, (2 * x - a - b) / (b - a)) for j in range(degree + 1)], c), low, high, degree)


def _atanh2(z: mp.mpf) -> mp.mpf:
    """log((1 + s) / (1 - s)) / s with s = sqrt(z)."""
    s = mp.sqrt(z)
    return mp.log((1 + s) / (1 - s)) / s


def _erfcx_scaled(t: mp.mpf) -> mp.mpf:
    x = 2 * (1 + t) / (1 - t)
    return mp.exp(x * x) * mp.erfc(x) * (1 + 2 * x)


def _erfinv_of(w: mp.mpf) -> mp.mpf:
    """The x with erf(x)**2 = 1 - e**-w, by Newton steps."""
    x = mp.sqrt(w)
    for _ in range(200):
        e = mp.erfc(x)
        slope = -4 / mp.sqrt(mp.pi) * mp.exp(-x * x) * (1 - e) / (e * (2 - e))
        step = (mp.log(e * (2 - e)) + w) / slope
        x = abs(x - step)
        if abs(step) < mp.mpf(10) ** -45:
            break
    return x


def _around(f: Callable[[int, mp.mpf], mp.mpf], order: int, zero: mp.mpf) -> Callable[[mp.mpf], mp.mpf]:
    """A Bessel function divided by the distance from one of its zeros: what multiplies that distance."""
    return lambda d: f(order, zero + d) / d


def _bessel_y0_rest(z: mp.mpf) -> mp.mpf:
    """Y0 without its logarithm, which is taken relative to the first zero, where both parts then vanish."""
    x, zero = mp.sqrt(z), mp.besselyzero(0, 1)
    return (mp.bessely(0, x) - 2 / mp.pi * mp.log(x / zero) * mp.besselj(0, x)) / (z - zero**2)


def _bessel_y1_rest(z: mp.mpf) -> mp.mpf:
    x, zero = mp.sqrt(z), mp.besselyzero(1, 1)
    return x * (mp.bessely(1, x) - 2 / mp.pi * mp.log(x / zero) * mp.besselj(1, x)) / (z - zero**2)


def _hankel(order: int, w: mp.mpf) -> tuple[mp.mpf, mp.mpf]:
    """Amplitudes of cosine and sine of the phase, for w = (8/x)**2; the second divided by 8/x."""
    x = 8 / mp.sqrt(w)
    phase, scale = x - (2 * order + 1) * mp.pi / 4, mp.sqrt(mp.pi * x / 2)
    j, y = mp.besselj(order, x), mp.bessely(order, x)
    return (
        scale * (j * mp.cos(phase) + y * mp.sin(phase)),
        scale * (y * mp.cos(phase) - j * mp.sin(phase)) * x / 8,
    )


def _bessel_i_scaled(order: int, x: mp.mpf) -> mp.mpf:
    return mp.besseli(order, x) * mp.exp(-x) * mp.sqrt(x)


_LOG_END = float(((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.01"))
_SINE_END = float((mp.pi / 4) ** 2 * mp.mpf("1.01"))
_HALF = mp.mpf("0.5")
TABLES = {
    "EXP": (lambda x: (mp.exp(x) - 1 - x) / x**2, -0.35003, 0.35004, 10),
    "LOG": (lambda z: (_atanh2(z) - 2) / z, 1e-30, _LOG_END, 7),
    "LOGQ": (lambda z: ((_atanh2(z) - 2) / z / 2 - mp.mpf(1) / 3) / z, 1e-9, _LOG_END, 7),
    "SIN": (lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-12, _SINE_END, 6),
    "COS": (lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, 1e-9, _SINE_END, 6),
    "ASIN": (lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-14, 0.2501, 12),
    "ATAN": (lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-14, 0.1733, 11),
    "ERF": (lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, 1e-12, 1.0001, 12),
    "ERFCX": (_erfcx_scaled, -0.601, 0.88, 22),
    "LGAMMA_1": (lambda v: mp.loggamma(1 + v) / v, -0.3001, 0.5002, 22),
    "LGAMMA_2": (lambda v: mp.loggamma(2 + v) / v, -0.5001, 0.5002, 17),
    "TGAMMA": (lambda u: mp.gamma(u + 3 * _HALF), -0.5, 0.5, 21),
    "ERFINV": (lambda u: _erfinv_of(u + 25 * _HALF / 4) / mp.sqrt(-mp.expm1(-(u + 25 * _HALF / 4))), -3.125 + 1e-9, 3.13, 22),
    "ERFINV_MIDDLE": (lambda u: _erfinv_of((u + 15 * _HALF / 2) ** 2) / (u + 15 * _HALF / 2), -1.26, 1.26, 21),
    "ERFINV_FAR": (lambda u: _erfinv_of((u + mp.mpf(0.1175)) ** -2) * (u + mp.mpf(0.1175)), -0.0813, 0.0826, 24),
    "J0_SMALL": (lambda z: (mp.besselj(0, mp.sqrt(z)) - 1) / z, 1e-12, 5.9, 8),
    "J1_SMALL": (lambda z: (mp.besselj(1, mp.sqrt(z)) / mp.sqrt(z) - _HALF) / z, 1e-12, 13.8, 9),
    "J0_A": (_around(mp.besselj, 0, mp.besseljzero(0, 1)), -0.906, 1.497, 15),
    "J0_B": (_around(mp.besselj, 0, mp.besseljzero(0, 2)), -1.622, 2.482, 18),
    "J1_A": (_around(mp.besselj, 1, mp.besseljzero(1, 1)), -1.633, 1.571, 15),
    "J1_B": (_around(mp.besselj, 1, mp.besseljzero(1, 2)), -1.617, 0.987, 15),
    "Y0_SMALL": (_bessel_y0_rest, 1e-12, 5.8, 8),
    "Y1_SMALL": (_bessel_y1_rest, 1e-12, 13.8, 11),
    "Y0_A": (_around(mp.bessely, 0, mp.besselyzero(0, 2)), -1.559, 1.545, 21),
    "Y0_B": (_around(mp.bessely, 0, mp.besselyzero(0, 3)), -1.588, 0.917, 15),
    "Y1_A": (_around(mp.bessely, 1, mp.besselyzero(1, 2)), -1.731, 2.573, 21),
    "P0": (lambda w: _hankel(0, w)[0], 1e-9, 1.0001, 10),
    "Q0": (lambda w: _hankel(0, w)[1], 1e-9, 1.0001, 10),
    "P1": (lambda w: _hankel(1, w)[0], 1e-9, 1.0001, 10),
    "Q1": (lambda w: _hankel(1, w)[1], 1e-9, 1.0001, 10),
    "I0_SMALL": (lambda z: (mp.besseli(0, mp.sqrt(z)) - 1) / z, 1e-12, 64.01, 16),
    "I1_SMALL": (lambda z: (mp.besseli(1, mp.sqrt(z)) / mp.sqrt(z) - _HALF) / z, 1e-12, 64.01, 16),
    "I0_LARGE": (lambda u: _bessel_i_scaled(0, 16 / (u + 1)), -0.979, 1.0001, 22),
    "I1_LARGE": (lambda u: _bessel_i_scaled(1, 16 / (u + 1)), -0.979, 1.0001, 22),
}


# For functions of float in float: coefficients rounded to it.
SINGLE_TABLES = {
    "ATANF": (lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-9, 1.0001, 9),
    "ASINF": (lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-9, 0.2501, 5),
    "ERFCXF": (_erfcx_scaled, -0.601, 0.68, 9),
}
# The same, with the weight of their errors in the result. ERFF and LOG2ERFCF have as many coefficients: lanes select them one by one.
WEIGHTED_TABLES = {
    "ERFF": (lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)), 1e-12, 1.0, 6),
    "LOG2ERFCF": (lambda a: mp.log(mp.erfc(a), 2), lambda a: mp.erfc(a) / mp.erf(a), 1.0, 4.0, 6),
    "EXP2F": (lambda r: mp.mpf(2) ** r, lambda r: mp.mpf(2) ** -r, -0.5, 0.5, 5),
}
ZEROS = {
    "J0_ZERO_1": mp.besseljzero(0, 1),
    "J0_ZERO_2": mp.besseljzero(0, 2),
    "J1_ZERO_1": mp.besseljzero(1, 1),
    "J1_ZERO_2": mp.besseljzero(1, 2),
    "Y0_ZERO_1": mp.besselyzero(0, 1),
    "Y0_ZERO_2": mp.besselyzero(0, 2),
    "Y0_ZERO_3": mp.besselyzero(0, 3),
    "Y1_ZERO_1": mp.besselyzero(1, 1),
    "Y1_ZERO_2": mp.besselyzero(1, 2),
    "Y0_ZERO_1_INVERSE": 1 / mp.besselyzero(0, 1),
    "Y1_ZERO_1_INVERSE": 1 / mp.besselyzero(1, 1),
}


def _table(kind: str, name: str, numbers: list[str]) -> str:
    lines = [", ".join(numbers[i : i + 4]) for i in range(0, len(numbers), 4)]
    return f"static const {kind} {name}[] = {{\n  " + ",\n  ".join(lines) + "};"


def main() -> None:
    """Prints the header."""
    print(
        "/* Made by fit.py: near-minimax polynomials (Chebyshev interpolation), coefficients from low to high. */"
    )
    print("#pragma once")
    for name, (f, low, high, degree) in TABLES.items():
        print(_table("double", name, [v.hex() for v in interpolated(f, low, high, degree)]))
    for name, (f, low, high, degree) in SINGLE_TABLES.items():
        singles = [struct.unpack("f", struct.pack("f", v))[0] for v in interpolated(f, low, high, degree)]
        print(_table("float", name, [f"{v.hex()}f" for v in singles]))
    for name, (f, weight, low, high, degree) in WEIGHTED_TABLES.items():
        singles = [struct.unpack("f", struct.pack("f", v))[0] for v in weighted(f, weight, low, high, degree)]
        print(_table("float", name, [f"{v.hex()}f" for v in singles]))
    for name, zero in ZEROS.items():
        high = float(zero)
        print(f"#define {name}_HIGH {high.hex()}\n#define {name}_LOW {float(zero - high).hex()}")
    mp.mp.prec = 1400
    digits = int(mp.floor(2 / mp.pi * mp.mpf(2) ** (64 * 20)))
    words = [f"{digits >> (64 * (19 - i)) & (2**64 - 1):#x}ull" for i in range(20)]
    print(_table("unsigned long long", "TWO_OVER_PI", words))


if __name__ == "__main__":
    main()
