"""What is measured: for each function of the device math library the error that CUDA's documentation allows, an
expression for the exact value, and where it is tried. Expressions are C over x, y, z, w in `__float128` or long double.

Bounds are in units in the last place of the exact result, over the whole range unless `where` says otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

INF = float("inf")


class Row(NamedTuple):
    """A function: name as in C, bounds for float and double (None: measured as a Device), exact value, intervals that deserve
    many points, arguments, and the part of the range in which the bound is promised."""

    name: str
    f32: float | None
    f64: float | None
    exact: str
    dense: tuple[tuple[float, float], ...] = ()
    arity: int = 1
    where: str = "1"
    range: str = "all"
    slow: bool = False
    unit: str = "error"


TABLE = (
    Row("sqrt", 0.5, 0.5, "sqrtl(x)"),
    Row("rsqrt", None, 1, "1 / sqrtl(x)"),
    Row("cbrt", 1, 1, "cbrtl(x)", ((0.1, 9),)),
    Row("rcbrt", 1, 1, "1 / cbrtl(x)", ((0.1, 9),)),
    Row("hypot", 3, 2, "hypotl(x, y)", ((-3, 3),), 2),
    Row("rhypot", 2, 1, "1 / hypotl(x, y)", ((-3, 3),), 2),
    Row("norm3d", 3, 2, "norm_exact(x, y, z, 0)", ((-3, 3),), 3),
    Row("rnorm3d", 2, 1, "1 / norm_exact(x, y, z, 0)", ((-3, 3),), 3),
    Row("norm4d", 3, 2, "norm_exact(x, y, z, w)", ((-3, 3),), 4),
    Row("rnorm4d", 2, 1, "1 / norm_exact(x, y, z, w)", ((-3, 3),), 4),
    Row("exp", 2, 1, "expl(x)", ((-110, 90), (-750, 715), (-1, 1))),
    Row("exp2", 2, 1, "exp2l(x)", ((-151, 129), (-1080, 1030), (-1, 1))),
    Row("exp10", 2, 1, "exp10l(x)", ((-46, 39), (-325, 310), (-1, 1))),
    Row("expm1", 1, 1, "expm1l(x)", ((-20, 89), (-40, 715), (-1, 1))),
    Row("log", 1, 1, "logl(x)", ((0.5, 2), (0, 100))),
    Row("log2", 1, 1, "log2l(x)", ((0.5, 2), (0, 100))),
    Row("log10", 2, 1, "log10l(x)", ((0.5, 2), (0, 100))),
    Row("log1p", 1, 1, "log1pl(x)", ((-1, 2), (0, 100))),
    Row("pow", 4, 2, "powl(x, y)", ((-4, 4), (0, 30), (0.9, 1.1)), 2),
    Row("sin", 2, 2, "sinl(x)", ((-7, 7), (-2e5, 2e5), (1e6, 1e9))),
    Row("cos", 2, 2, "cosl(x)", ((-7, 7), (-2e5, 2e5), (1e6, 1e9))),
    Row("tan", 4, 2, "tanl(x)", ((-7, 7), (-2e5, 2e5), (1e6, 1e9))),
    Row("sinpi", 1, 2, "sinpi_exact(x)", ((-3, 3), (0, 1e5))),
    Row("cospi", 1, 2, "cospi_exact(x)", ((-3, 3), (0, 1e5))),
    Row("sincos_s", 2, 2, "sinl(x)", ((-7, 7),)),
    Row("sincos_c", 2, 2, "cosl(x)", ((-7, 7),)),
    Row("sincospi_s", 1, 2, "sinpi_exact(x)", ((-3, 3),)),
    Row("sincospi_c", 1, 2, "cospi_exact(x)", ((-3, 3),)),
    Row("asin", 2, 2, "asinl(x)", ((-1.01, 1.01),)),
    Row("acos", 2, 2, "acosl(x)", ((-1.01, 1.01),)),
    Row("atan", 2, 2, "atanl(x)", ((-3, 3),)),
    Row("atan2", 3, 2, "atan2l(x, y)", ((-3, 3),), 2),
    Row("sinh", 3, 2, "sinhl(x)", ((-90, 90), (-712, 712), (-2, 2))),
    Row("cosh", 2, 1, "coshl(x)", ((-90, 90), (-712, 712), (-2, 2))),
    Row("tanh", 2, 1, "tanhl(x)", ((-10, 10), (-25, 25), (-1, 1))),
    Row("asinh", 3, 3, "asinhl(x)", ((-10, 10), (-1, 1))),
    Row("acosh", 4, 3, "acoshl(x)", ((1, 10), (1, 1.1))),
    Row("atanh", 3, 2, "atanhl(x)", ((-1, 1), (-0.6, 0.6))),
    Row("erf", 2, 2, "erfl(x)", ((-6, 6), (-1.1, 1.1))),
    Row("erfc", 4, 5, "erfcl(x)", ((-6, 10.1), (-6, 27.3), (-1, 1))),
    Row("erfcx", 4, 4, "erfcx_exact(x)", ((-9.4, 20), (-26.7, 60), (-1, 1)), slow=True),
    Row("erfinv", 2, 5, "erfinv_exact(x, got)", ((-1, 1), (0.99, 1)), slow=True),
    Row("erfcinv", 4, 6, "erfcinv_exact(x, got)", ((0, 2), (0, 1e-4)), slow=True),
    Row("normcdf", 5, 5, "erfcf128(-x * R2) / 2", ((-14.3, 6), (-38.5, 9), (-1, 1)), slow=True),
    Row("normcdfinv", 5, 8, "normcdfinv_exact(x, got)", ((0, 1), (0, 1e-4)), slow=True),
    Row("lgamma", 6, 4, "lgammal(x)", ((-5, 40), (0.5, 3.5), (100, 1e6)), 1,
        "!(x < FROM && x > TO)", "outside (-10.001, -2.264), double: outside (-23.001, -2.264)"),
    Row("tgamma", 5, 10, "tgammaf128(x)", ((-45, 36.5), (-185, 172), (0.5, 3.5)), slow=True),
    Row("j0", 9, 7, "j0f128(x)", ((-8, 8), (0, 1), (2.404, 2.406), (5.519, 5.521)), 1, "fabsl(x) < 8", "|x| < 8", slow=True),
    Row("j1", 9, 7, "j1f128(x)", ((-8, 8), (0, 1), (3.831, 3.832), (7.015, 7.016)), 1, "fabsl(x) < 8", "|x| < 8", slow=True),
    Row("y0", 9, 7, "y0f128(x)", ((0, 8), (0, 1), (0.893, 0.894), (3.957, 3.958), (7.085, 7.087)), 1, "fabsl(x) < 8", "|x| < 8", slow=True),
    Row("y1", 9, 7, "y1f128(x)", ((0, 8), (0, 1), (2.196, 2.198), (5.429, 5.43)), 1, "fabsl(x) < 8", "|x| < 8", slow=True),
    Row("j0", 2.2e-6, 5e-12, "j0f128(x)", ((8, 1000), (8, 10)), 1, "fabsl(x) >= 8", "|x| >= 8", True, "absolute"),
    Row("j1", 2.2e-6, 5e-12, "j1f128(x)", ((8, 1000), (8, 10)), 1, "fabsl(x) >= 8", "|x| >= 8", True, "absolute"),
    Row("y0", 2.2e-6, 5e-12, "y0f128(x)", ((8, 1000), (8, 10)), 1, "x >= 8", "x >= 8", True, "absolute"),
    Row("y1", 2.2e-6, 5e-12, "y1f128(x)", ((8, 1000), (8, 10)), 1, "x >= 8", "x >= 8", True, "absolute"),
    Row("jn_3", 2.2e-6, 5e-12, "jnf128(3, x)", ((-20, 20), (0, 4)), 1, "fabsl(x) < 1e6", "n = 3", True, "absolute"),
    Row("jn_128", 2.2e-6, 5e-12, "jnf128(128, x)", ((-300, 300), (100, 140)), 1, "fabsl(x) < 1e6", "n = 128", True, "absolute"),
    Row("yn_3", 10, 10, "ynf128(3, x)", ((0, 3),), 1, "x < 3", "n = 3, x < 3; double: no bound given, as float", True),
    Row("yn_128", 322, 322, "ynf128(128, x)", ((0, 128),), 1, "x < 128", "n = 128, x < 128; double: no bound given, as float", True),
    Row("yn_3", 2.2e-6, 5e-12, "ynf128(3, x)", ((3, 100),), 1, "x > 4.5 && x < 1e6", "n = 3, x > 1.5 n", True, "absolute"),
    Row("yn_128", 2.2e-6, 5e-12, "ynf128(128, x)", ((128, 1000),), 1, "x > 192 && x < 1e6", "n = 128, x > 1.5 n", True, "absolute"),
    Row("cyl_bessel_i0", 6, 6, "bessel_i_exact(0, x)", ((-90, 90), (-20, 20), (-712, 712)), slow=True),
    Row("cyl_bessel_i1", 6, 6, "bessel_i_exact(1, x)", ((-90, 90), (-20, 20), (-712, 712)), slow=True),
    Row("fmod", 0, 0, "fmodl(x, y)", ((-9, 9),), 2),
    Row("remainder", 0, 0, "remainderl(x, y)", ((-9, 9),), 2),
    Row("remquo_r", 0, 0, "remainderl(x, y)", ((-9, 9),), 2),
    Row("remquo_q", 0, 0, "remquo_quotient(x, y)", ((-9, 9),), 2),
    Row("norm_3", 3, 3, "norm3_exact(x, y, z)", ((-3, 3),), 3, range="n = 3; no bound given, as norm3d"),
    Row("ilogb_", 0, 0, "ilogbl(x)", where="isfinite(x) && x != 0", range="finite, not zero"),
    Row("fdim", 0.5, 0.5, "fdim_exact(x, y)", ((-9, 9),), 2),
    Row("nextafter", 0, 0, "", ((-9, 9),), 2),
    Row("logb", 0, 0, "logbl(x)"),
    Row("round", 0, 0, "roundl(x)", ((-9, 9), (0, 1e7), (0, 1e16))),
    Row("ldexp_y", 0.5, 0.5, "ldexpl(x, (int)y)", ((-300, 300),), 2, "fabsl(y) < 5000", "all"),
    Row("frexp_f", 0, 0, "frexp_exact(x)"),
    Row("frexp_e", 0, 0, "frexp_exponent(x)"),
    Row("modf_f", 0, 0, "modf_exact(x)", ((-1e3, 1e3),)),
    Row("modf_w", 0, 0, "truncl(x)", ((-1e3, 1e3),)),
)


class Device(NamedTuple):
    """A function that only the device has: an expression for a kernel over x and y, the exact value, its bound, in which unit and where."""

    name: str
    code: str
    exact: str
    bound: float
    unit: str = "error"
    where: str = "1"
    range: str = "all"
    dense: tuple[tuple[float, float], ...] = ((-4, 4),)

    @property
    def arity(self) -> int:
        return 2 if "y" in self.exact else 1


# PTX's approximate instructions; bounds as in the manual of PTX (rcp and div in ulps, the others absolute or relative).
PTX = (
    Device("rcp.approx", "ptx_rcp(x)", "1 / x", 1),
    Device("div.approx", "__fdividef(x, y)", "x / y", 2, where="fabsl(y) >= 0x1p-126L && fabsl(y) <= 0x1p126L", range="2^-126 <= |y| <= 2^126"),
    Device("div.full", "ptx_div_full(x, y)", "x / y", 2),
    Device("sqrt.approx", "ptx_sqrt(x)", "sqrtl(x)", 2**-23, "relative"),
    Device("rsqrt.approx", "ptx_rsqrt(x)", "1 / sqrtl(x)", 2**-22.9, "relative", dense=((0.1, 4),)),
    Device("sin.approx", "__sinf(x)", "sinl(x)", 2**-20.5, "absolute", "fabsl(x) <= 2 * PI_L", "|x| <= 2 pi", ((-7, 7),)),
    Device("cos.approx", "__cosf(x)", "cosl(x)", 2**-20.5, "absolute", "fabsl(x) <= 2 * PI_L", "|x| <= 2 pi", ((-7, 7),)),
    Device("sin.approx", "__sinf(x)", "sinl(x)", 2**-14.7, "absolute", "fabsl(x) <= 100 * PI_L", "|x| <= 100 pi", ((-320, 320),)),
    Device("cos.approx", "__cosf(x)", "cosl(x)", 2**-14.7, "absolute", "fabsl(x) <= 100 * PI_L", "|x| <= 100 pi", ((-320, 320),)),
    Device("lg2.approx", "__log2f(x)", "log2l(x)", 2**-22, "absolute", "x > 0.5L && x < 2", "0.5 < x < 2", ((0.5, 2), (0.99, 1.01))),
    Device("lg2.approx", "__log2f(x)", "log2l(x)", 2**-22, "relative", "!(x > 0.5L && x < 2)", "else", ((0, 100),)),
    Device("ex2.approx", "ptx_ex2(x)", "exp2l(x)", 2, dense=((-150, 128), (-1, 1))),
    Device("tanh.approx", "__tanhf(x)", "tanhl(x)", 2**-11, "relative", dense=((-10, 10), (-1, 1))),
)
# The fast intrinsics; bounds as in the CUDA C++ Programming Guide. _expf and _exp10f: an allowance that grows with the argument.
FAST = (
    Device("__expf", "__expf(x)", "expl(x)", 1, "allowed_exp", "fabsl(x) < 85", "2 + floor(|1.173 x|) ulp = 1", ((-85, 85), (-2, 2))),
    Device("__exp10f", "__exp10f(x)", "exp10l(x)", 1, "allowed_exp10", "fabsl(x) < 37", "2 + floor(|2.97 x|) ulp = 1", ((-37, 37), (-2, 2))),
    Device("__logf", "__logf(x)", "logl(x)", 2**-21.41, "absolute", "x >= 0.5L && x <= 2", "0.5 <= x <= 2", ((0.5, 2),)),
    Device("__logf", "__logf(x)", "logl(x)", 3, "error", "!(x >= 0.5L && x <= 2)", "else", ((0, 100),)),
    Device("__log2f", "__log2f(x)", "log2l(x)", 2, "error", "!(x >= 0.5L && x <= 2)", "outside [0.5, 2]", ((0, 100),)),
    Device("__log10f", "__log10f(x)", "log10l(x)", 2**-24, "absolute", "x >= 0.5L && x <= 2", "0.5 <= x <= 2", ((0.5, 2),)),
    Device("__log10f", "__log10f(x)", "log10l(x)", 3, "error", "!(x >= 0.5L && x <= 2)", "else", ((0, 100),)),
    Device("__sinf", "__sinf(x)", "sinl(x)", 2**-21.41, "absolute", "fabsl(x) <= PI_L", "|x| <= pi", ((-3.14, 3.14),)),
    Device("__cosf", "__cosf(x)", "cosl(x)", 2**-21.19, "absolute", "fabsl(x) <= PI_L", "|x| <= pi", ((-3.14, 3.14),)),
    Device("rsqrtf", "rsqrtf(x)", "1 / sqrtl(x)", 2, dense=((0.1, 4),)),
    Device("__frsqrt_rn", "__frsqrt_rn(x)", "1 / sqrtl(x)", 0.5, dense=((0.1, 4),)),
)
DEVICE = PTX + FAST
# Functions of half and bfloat16, each over all 65536 arguments; a correctly rounded result is within half a unit.
SIXTEEN = (
    ("exp", "expl(x)"), ("exp2", "exp2l(x)"), ("exp10", "exp10l(x)"), ("log", "logl(x)"), ("log2", "log2l(x)"), ("log10", "log10l(x)"),
    ("sin", "sinl(x)"), ("cos", "cosl(x)"), ("tanh", "tanhl(x)"), ("sqrt", "sqrtl(x)"), ("rsqrt", "1 / sqrtl(x)"), ("rcp", "1 / x"),
    ("ceil", "ceill(x)"), ("floor", "floorl(x)"), ("trunc", "truncl(x)"), ("rint", "rintl(x)"),
)  # fmt: skip
