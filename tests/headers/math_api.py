"""The functions of CUDA's math API, as prototypes: what a kernel may call without a header or with cuda_fp16.h and cuda_bf16.h, with the
overloads that C++ adds. `prototypes()` lists them; `program()` is a source that calls each one and checks its result's type.

In the patterns, D is a type and @ its suffix, U, L and UL are unsigned, long long and both, H a 16-bit type, P its pair and % its name; a row
"names : pattern" stands for every name in place of *.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

REAL = """
acos acosh asin asinh atan atanh cbrt ceil cos cosh cospi erf erfc erfcinv erfcx erfinv exp exp10 exp2 expm1 fabs floor : D *@(D)
cyl_bessel_i0 cyl_bessel_i1 j0 j1 y0 y1 lgamma log log10 log1p log2 logb nearbyint normcdf normcdfinv rcbrt rint round : D *@(D)
rsqrt sin sinh sinpi sqrt tan tanh tgamma trunc : D *@(D)
atan2 copysign fdim fmax fmin fmod hypot nextafter pow remainder rhypot fdivide : D *@(D, D)
fma norm3d rnorm3d : D *@(D, D, D)
norm4d rnorm4d : D *@(D, D, D, D)
ldexp scalbn : D *@(D, int)
jn yn : D *@(int, D)
norm rnorm : D *@(int, const D *)
scalbln : D *@(D, long)
frexp : D *@(D, int *)
modf : D *@(D, D *)
remquo : D *@(D, D, int *)
sincos sincospi : void *@(D, D *, D *)
ilogb : int *@(D)
lround lrint : long *@(D)
llround llrint : L *@(D)
"""
INTRINSICS = """
__expf __exp10f __logf __log2f __log10f __sinf __cosf __tanf __tanhf __saturatef __frsqrt_rn : float *(float)
__powf __fdividef : float *(float, float)
__sincosf : void *(float, float *, float *)
nan : double *(const char *)
nanf : float *(const char *)
__int2double_rn : double *(int)
__uint2double_rn : double *(U)
__double2hiint __double2loint : int *(double)
__hiloint2double : double *(int, int)
__double_as_longlong : L *(double)
__longlong_as_double : double *(L)
__float_as_int : int *(float)
__float_as_uint : U *(float)
__int_as_float : float *(int)
__uint_as_float : float *(U)
__brev : U *(U)
__brevll : UL *(UL)
__byte_perm __usad __funnelshift_l __funnelshift_lc __funnelshift_r __funnelshift_rc __dp4a __dp2a_lo __dp2a_hi : U *(U, U, U)
__fns : U *(U, U, int)
__clz __ffs : int *(int)
__clzll __ffsll : int *(L)
__popc : int *(U)
__popcll : int *(UL)
__hadd __mul24 __mulhi __rhadd : int *(int, int)
__uhadd __umul24 __umulhi __urhadd umin umax : U *(U, U)
__mul64hi llmin llmax : L *(L, L)
__umul64hi ullmin ullmax : UL *(UL, UL)
__sad : U *(int, int, U)
__dp4a __dp2a_lo __dp2a_hi : int *(int, int, int)
__dp4a : int *(char4, char4, int)
__dp4a : U *(uchar4, uchar4, U)
__dp2a_lo __dp2a_hi : int *(short2, char4, int)
__dp2a_lo __dp2a_hi : U *(ushort2, uchar4, U)
"""
ROUNDED = """
__fadd_ __fsub_ __fmul_ __fdiv_ : float *M(float, float)
__dadd_ __dsub_ __dmul_ __ddiv_ : double *M(double, double)
__frcp_ __fsqrt_ : float *M(float)
__drcp_ __dsqrt_ : double *M(double)
__fmaf_ __fmaf_ieee_ : float *M(float, float, float)
__fma_ : double *M(double, double, double)
__double2float_ : float *M(double)
__float2half_ : __half *M(float)
__float2bfloat16_ : __nv_bfloat16 *M(float)
"""
PARTS = """
__vabs __vneg __vabsss __vnegss : U *N(U)
__vadd __vaddss __vaddus __vsub __vsubss __vsubus __vabsdiffs __vabsdiffu __vavgs __vavgu __vhaddu : U *N(U, U)
__vmaxs __vmaxu __vmins __vminu __vsads __vsadu : U *N(U, U)
__vcmpeq __vcmpges __vcmpgeu __vcmpgts __vcmpgtu __vcmples __vcmpleu __vcmplts __vcmpltu __vcmpne : U *N(U, U)
__vseteq __vsetges __vsetgeu __vsetgts __vsetgtu __vsetles __vsetleu __vsetlts __vsetltu __vsetne : U *N(U, U)
"""
EXTREMES = """
__viW3_s32 __viW3_s32_relu __viaddW_s32 __viaddW_s32_relu : int *(int, int, int)
__viW_s32_relu : int *(int, int)
__viW_s16x2_relu : U *(U, U)
__viW3_u32 __viaddW_u32 __viW3_s16x2 __viW3_s16x2_relu __viW3_u16x2 __viaddW_s16x2 __viaddW_s16x2_relu __viaddW_u16x2 : U *(U, U, U)
__vibW_s32 : int *(int, int, bool *)
__vibW_u32 : U *(U, U, bool *)
__vibW_s16x2 __vibW_u16x2 : U *(U, U, bool *, bool *)
W : int *(int, int)
W : U *(U, U)
W : long *(long, long)
W : unsigned long *(unsigned long, unsigned long)
W : L *(L, L)
W : UL *(UL, UL)
W : float *(float, float)
W : double *(double, double)
W : U *(int, U)
W : U *(U, int)
W : UL *(L, UL)
W : double *(float, double)
W : double *(double, float)
"""
CPLUSPLUS = """
abs std::abs : int *(int)
abs std::abs labs : long *(long)
abs std::abs llabs : L *(L)
abs std::abs : float *(float)
abs std::abs : double *(double)
pow atan2 fmod fmax fmin hypot copysign fdim remainder : double *(double, int)
pow atan2 fmod fmax fmin hypot copysign fdim remainder nextafter : double *(float, double)
pow atan2 fmod fmax fmin hypot copysign fdim remainder : double *(int, int)
std::pow std::atan2 std::fmod std::fmax std::fmin std::hypot std::copysign std::fdim std::remainder : double *(float, int)
std::pow std::atan2 std::fmod std::fmax std::fmin std::hypot std::nextafter : double *(double, float)
sqrt exp log sin floor cbrt erf lgamma round std::sqrt std::exp std::log std::sin std::floor std::cbrt std::erf std::exp2 : double *(int)
sqrt exp log std::sqrt std::exp std::log : double *(UL)
std::sqrt std::exp std::log std::sin std::floor std::round std::tgamma std::fabs : float *(float)
std::sqrt std::exp std::log std::sin std::floor std::round std::tgamma std::fabs : double *(double)
fma std::fma : double *(double, float, double)
std::ldexp : float *(float, int)
ldexp std::ldexp std::scalbn : double *(int, int)
std::frexp : float *(float, int *)
std::modf : float *(float, float *)
std::remquo : float *(float, float, int *)
std::ilogb : int *(float)
std::lround : long *(float)
lround std::lround std::lrint : long *(int)
std::ilogb ilogb : int *(int)
isnan isinf isfinite signbit std::isnan std::isinf std::isfinite std::signbit : bool *(float)
isnan isinf isfinite signbit std::isnan std::isinf std::isfinite std::signbit : bool *(double)
isnan : bool *(int)
"""
SIXTEEN = """
hceil hcos hexp hexp10 hexp2 hfloor hlog hlog10 hlog2 hrcp hrint hrsqrt hsin hsqrt htanh htanh_approx htrunc __habs __hneg : H *(H)
h2ceil h2cos h2exp h2exp10 h2exp2 h2floor h2log h2log10 h2log2 h2rcp h2rint h2rsqrt h2sin h2sqrt h2tanh h2tanh_approx h2trunc : P *(P)
__habs2 __hneg2 __hisnan2 __lowhigh2highlow __low2%2 __high2%2 : P *(P)
__hadd __hadd_rn __hadd_sat __hsub __hsub_rn __hsub_sat __hmul __hmul_rn __hmul_sat __hdiv : H *(H, H)
__hmax __hmax_nan __hmin __hmin_nan : H *(H, H)
__hadd2 __hadd2_rn __hadd2_sat __hsub2 __hsub2_rn __hsub2_sat __hmul2 __hmul2_rn __hmul2_sat __h2div : P *(P, P)
__hmax2 __hmax2_nan __hmin2 __hmin2_nan __lows2%2 __highs2%2 : P *(P, P)
__hfma __hfma_relu __hfma_sat : H *(H, H, H)
__hfma2 __hfma2_relu __hfma2_sat __hcmadd : P *(P, P, P)
__heq __hequ __hge __hgeu __hgt __hgtu __hle __hleu __hlt __hltu __hne __hneu : bool *(H, H)
__hbeq2 __hbequ2 __hbge2 __hbgeu2 __hbgt2 __hbgtu2 __hble2 __hbleu2 __hblt2 __hbltu2 __hbne2 __hbneu2 : bool *(P, P)
__heq2 __hequ2 __hge2 __hgeu2 __hgt2 __hgtu2 __hle2 __hleu2 __hlt2 __hltu2 __hne2 __hneu2 : P *(P, P)
__heq2_mask __hequ2_mask __hge2_mask __hgeu2_mask __hgt2_mask __hgtu2_mask : U *(P, P)
__hle2_mask __hleu2_mask __hlt2_mask __hltu2_mask __hne2_mask __hneu2_mask : U *(P, P)
__hisnan : bool *(H)
__hisinf : int *(H)
__double2% : H *(double)
__float2% : H *(float)
__%2float : float *(H)
__low2float __high2float : float *(P)
__low2% __high2% : H *(P)
__float22%2_rn : P *(float2)
__float2%2_rn : P *(float)
__floats2%2_rn : P *(float, float)
__halves2%2 make_%2 : P *(H, H)
__%2char_rz : signed char *(H)
__%2uchar_rz : unsigned char *(H)
__%_as_short : short *(H)
__%_as_ushort : unsigned short *(H)
__short_as_% : H *(short)
__ushort_as_% : H *(unsigned short)
atomicAdd : H *(H *, H)
atomicAdd : P *(P *, P)
__ldg __ldca __ldcg __ldcs __ldlu __ldcv : H *(const H *)
__ldg __ldca __ldcg __ldcs __ldlu __ldcv : P *(const P *)
__stwb __stcg __stcs __stwt : void *(H *, H)
__stwb __stcg __stcs __stwt : void *(P *, P)
__shfl_sync __shfl_xor_sync : H *(U, H, int)
__shfl_up_sync __shfl_down_sync : P *(U, P, U)
"""
WORDS = {"U": "unsigned", "L": "long long", "UL": "unsigned long long"}
INTEGERS = {"int": "int", "uint": "U", "ll": "L", "ull": "UL", "short": "short", "ushort": "unsigned short"}


def _rows(text: str) -> Iterator[tuple[str, str]]:
    for line in filter(None, text.splitlines()):
        names, pattern = line.rsplit(" : ", 1)
        for name in names.split():
            yield name, pattern


def _conversions() -> Iterator[str]:
    """Between numbers and integers, in every rounding mode."""
    for mode in ("rn", "rz", "rd", "ru"):
        for name, word in INTEGERS.items():
            for kind, type_ in (("half", "__half"), ("bfloat16", "__nv_bfloat16"), ("float", "float"), ("double", "double")):
                if kind in ("float", "double") and "short" in name:
                    continue
                yield f"{word} __{kind}2{name}_{mode}({type_})"
                if kind != "double" or "ll" in name:
                    yield f"{type_} __{name}2{kind}_{mode}({word})"


def _patterns() -> Iterator[str]:
    for name, pattern in _rows(REAL):
        for type_, suffix in (("double", ""), ("float", "f"), ("float", "")):
            yield pattern.replace("D", type_).replace("@", suffix).replace("*", name, 1)
    for name, pattern in _rows(INTRINSICS + CPLUSPLUS):
        yield pattern.replace("*", name, 1)
    for name, pattern in _rows(ROUNDED):
        for mode in ("rn", "rz", "rd", "ru"):
            yield pattern.replace("*M", name + mode)
    for name, pattern in _rows(PARTS):
        for count in "24":
            yield pattern.replace("*N", name + count)
    for name, pattern in _rows(EXTREMES):
        for word in ("max", "min"):
            yield pattern.replace("*", name.replace("W", word), 1)
    for name, pattern in _rows(SIXTEEN):
        for short, type_ in (("half", "__half"), ("bfloat16", "__nv_bfloat16")):
            typed = re.sub(r"\bH\b", type_, re.sub(r"\bP\b", type_ + "2", pattern))
            yield typed.replace("*", name.replace("%", short), 1)
    yield from _conversions()
    yield "__nv_bfloat162 __float22bfloat162_rn(float2)"
    yield "float2 __half22float2(__half2)"
    yield "float2 __bfloat1622float2(__nv_bfloat162)"


def prototypes() -> list[str]:
    """All of them, as C++ declarations without parameter names."""
    return [re.sub(r"\b(U|L|UL)\b", lambda m: WORDS[m[0]], pattern) for pattern in _patterns()]


def program() -> str:
    """A source in which device functions call them all. isnan and its kin may answer int."""
    lines = ["#include <cuda_fp16.h>", "#include <cuda_bf16.h>", "#include <cmath>", "#include <type_traits>"]
    for number, prototype in enumerate(prototypes()):
        head, rest = prototype.split("(", 1)
        result, name = re.fullmatch(r"(.*[ *])(\S+)", head).groups()  # type: ignore[union-attr]
        parameters = ", ".join(f"{word} a{i}" for i, word in enumerate(rest[:-1].split(",")))
        call = f"{name}({', '.join(f'a{i}' for i in range(parameters.count(',') + 1))})"
        check = f"static_assert(std::is_same<decltype({call}), {result}>::value);"
        if result == "bool " or "__sad" in name or "vsad" in name:
            check = ""
        lines.append(f"__device__ {result} f{number}({parameters}) {{ {check} return {call}; }}  // {prototype}")
    return "\n".join([*lines, "int main() {}", ""])
