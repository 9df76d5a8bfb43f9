"""Computes the constants of math_constants.h to the last digit. In: nothing. Out: `include/math_constants.h` on standard output.

Values come from 60-digit decimals, rounded once. A name with _HI and one with _LO together hold a value to twice the digits:
the nearest number, and what it lacks.
"""

from __future__ import annotations

import struct
import sys
from decimal import Decimal, getcontext

getcontext().prec = 60

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
LN2, LN10 = Decimal(2).ln(), Decimal(10).ln()

# name -> value; in both precisions
BOTH: dict[str, Decimal] = {
    "ZERO": Decimal(0),
    "ONE": Decimal(1),
    "SQRT_HALF": Decimal("0.5").sqrt(),
    "SQRT_TWO": Decimal(2).sqrt(),
    "THIRD": Decimal(1) / 3,
    "PIO4": PI / 4,
    "PIO2": PI / 2,
    "3PIO4": PI * 3 / 4,
    "2_OVER_PI": 2 / PI,
    "PI": PI,
    "L2E": 1 / LN2,
    "L2T": LN10 / LN2,
    "LG2": LN2 / LN10,
    "LGE": 1 / LN10,
    "LN2": LN2,
    "LNT": LN10,
    "LNPI": PI.ln(),
    "TWO_TO_23": Decimal(2) ** 23,
}
SINGLE: dict[str, Decimal] = {
    "SQRT_2_OVER_PI": (2 / PI).sqrt(),
    "TWO_TO_M126": Decimal(2) ** -126,
    "TWO_TO_126": Decimal(2) ** 126,
    "TWO_TO_24": Decimal(2) ** 24,
    "TWO_TO_31": Decimal(2) ** 31,
    "TWO_TO_32": Decimal(2) ** 32,
}
DOUBLE: dict[str, Decimal] = {
    "TWOTHIRD": Decimal(2) / 3,
    "SQRT_2PI": (2 * PI).sqrt(),
    "SQRT_PIO2": (PI / 2).sqrt(),
    "SQRT_2OPI": (2 / PI).sqrt(),
    "LN2_X_1024": LN2 * 1024,
    "LN2_X_1025": LN2 * 1025,
    "LN2_X_1075": LN2 * 1075,
    "LG2_X_1024": LN2 / LN10 * 1024,
    "LG2_X_1075": LN2 / LN10 * 1075,
    "TWO_TO_52": Decimal(2) ** 52,
    "TWO_TO_53": Decimal(2) ** 53,
    "TWO_TO_54": Decimal(2) ** 54,
    "TWO_TO_M54": Decimal(2) ** -54,
    "TWO_TO_M1022": Decimal(2) ** -1022,
}
SPLIT = ("SQRT_HALF", "PIO4", "PIO2", "PI", "SQRT_2PI", "SQRT_PIO2", "L2E", "LG2", "LGE", "LN2", "LNT")

HEAD = """\
/* Mathematical constants. Made by `python -m sheer.cuda.math_constants`. */
#ifndef SHEER_MATH_CONSTANTS_H
#define SHEER_MATH_CONSTANTS_H
#define __MATH_CONSTANTS_H__

#define CUDART_INF_F __builtin_inff()
#define CUDART_NAN_F __builtin_nanf("")
#define CUDART_MIN_DENORM_F 1.40129846e-45f
#define CUDART_MAX_NORMAL_F 3.40282347e+38f
#define CUDART_NEG_ZERO_F (-0.0f)
"""
MIDDLE = """
#define CUDART_INF __builtin_inf()
#define CUDART_NAN __builtin_nan("")
#define CUDART_NEG_ZERO (-0.0)
#define CUDART_MIN_DENORM 4.9406564584124654e-324
"""


def single(value: Decimal) -> float:
    """The nearest float (double rounding cannot happen here: no value is that close to a tie)."""
    return float(struct.unpack("<f", struct.pack("<f", float(value)))[0])


def page() -> str:
    """The whole header."""
    lines = [HEAD]

    def put(name: str, number: float, is_single: bool) -> None:
        text = f"{number:.9g}" if is_single else repr(number)
        text = text if "." in text or "e" in text else text + ".0"
        lines.append(f"#define CUDART_{name} {text}{'f' if is_single else ''}\n")

    for name, value in {**BOTH, **SINGLE}.items():
        put(f"{name}_F", single(value), True)
    half = BOTH["SQRT_HALF"]
    put("SQRT_HALF_HI_F", single(half), True)
    put("SQRT_HALF_LO_F", single(half - Decimal(single(half))), True)
    lines.append(MIDDLE)
    for name, value in {**BOTH, **DOUBLE}.items():
        put(name, float(value), False)
        if name in SPLIT:
            put(f"{name}_HI", float(value), False)
            put(f"{name}_LO", float(value - Decimal(float(value))), False)
    return "".join([*lines, "\n#endif\n"])


if __name__ == "__main__":
    sys.stdout.write(page())
