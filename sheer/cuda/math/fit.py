"""Fits the polynomials of the math sources. In: nothing. Out: coefficients.h on standard output. Needs mpmath; run by hand when a fit changes.

Chebyshev interpolation in the interval of use, to 50 digits, is within a small factor of the minimax polynomial.
"""

from __future__ import annotations

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


def _atanh2(z: mp.mpf) -> mp.mpf:
    """log((1 + s) / (1 - s)) / s with s = sqrt(z)."""
    s = mp.sqrt(z)
    return mp.log((1 + s) / (1 - s)) / s


def _erfcx_scaled(t: mp.mpf) -> mp.mpf:
    x = 2 * (1 + t) / (1 - t)
    return mp.exp(x * x) * mp.erfc(x) * (1 + 2 * x)


_LOG_END = float(((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.01"))
_SINE_END = float((mp.pi / 4) ** 2 * mp.mpf("1.01"))
_HALF = mp.mpf("0.5")
TABLES = {
    "EXP": (lambda x: (mp.exp(x) - 1 - x) / x**2, -0.35003, 0.35003, 10),
    "LOG": (lambda z: (_atanh2(z) - 2) / z, 1e-30, _LOG_END, 7),
    "LOGQ": (lambda z: ((_atanh2(z) - 2) / z / 2 - mp.mpf(1) / 3) / z, 1e-9, _LOG_END, 7),
    "SIN": (lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-12, _SINE_END, 6),
    "COS": (lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, 1e-9, _SINE_END, 6),
    "ASIN": (lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-14, 0.2501, 12),
    "ATAN": (lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-14, 0.1733, 11),
    "ERF": (lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 2 / mp.sqrt(mp.pi), 1e-12, 1.0001, 12),
    "ERFCX": (_erfcx_scaled, -0.35, 0.88, 24),
    "LGAMMA": (lambda u: mp.loggamma(u + 3 * _HALF) / ((u + _HALF) * (u - _HALF)), -0.5000001, 0.5000001, 20),
    "TGAMMA": (lambda u: mp.gamma(u + 3 * _HALF), -0.5, 0.5, 21),
}


def main() -> None:
    """Prints the header."""
    print(
        "/* Made by fit.py: near-minimax polynomials (Chebyshev interpolation), coefficients from low to high. */"
    )
    print("#pragma once")
    for name, (f, low, high, degree) in TABLES.items():
        numbers = ", ".join(v.hex() for v in interpolated(f, low, high, degree))
        print(f"static const double {name}[] = {{\n  {numbers}}};")
    mp.mp.prec = 1400
    digits = int(mp.floor(2 / mp.pi * mp.mpf(2) ** (64 * 20)))
    words = ", ".join(f"{digits >> (64 * (19 - i)) & (2**64 - 1):#x}ull" for i in range(20))
    print(f"static const unsigned long long TWO_OVER_PI[] = {{\n  {words}}};")


if __name__ == "__main__":
    main()
