"""Rows: floating-point arithmetic, all widths (PTX ISA 9.7.3, 9.7.4)."""

import math

from sheer.isa import exact
from sheer.isa.row import Within, op

_HALVES = "f16|f16x2|bf16|bf16x2"


def _mods(m, *names):
    return {name: getattr(m, name) for name in names if getattr(m, name, None)}


def _ref(m, function, *values):
    """A function (type, rounding, *numbers) on every element, with flushing, saturating and clamping around it."""
    ftz, sat, relu = (getattr(m, name, False) for name in ("ftz", "sat", "relu"))
    rnd = getattr(m, "rnd", "") or "rn"

    def one(t, *numbers):
        result = exact.flush(t, function(t, rnd if rnd != "full" else "rn", *(exact.flush(t, n, ftz) for n in numbers)), ftz)
        result = exact.saturate(result) if sat else result
        return exact.relu(result) if relu else result

    return exact.each(m.type, one, *values)


_REF = {"add": lambda t, rnd, a, b: exact.add(t, a, b, rnd), "sub": lambda t, rnd, a, b: exact.add(t, a, -b, rnd),
        "mul": lambda t, rnd, a, b: exact.mul(t, a, b, rnd), "fma": lambda t, rnd, a, b, c: exact.fma(t, a, b, c, rnd),
        "div": lambda t, rnd, a, b: exact.div(t, a, b, rnd), "sqrt": lambda t, rnd, a: exact.sqrt(t, a, rnd)}

for _name, _section in (("add", "9.7.3.1"), ("sub", "9.7.3.2"), ("mul", "9.7.3.3")):
    op(f"""{_name}{{.rnd:rn|rz|rm|rp}}{{.ftz}}{{.sat}}.<f32>  d a b
           {_name}{{.rnd:rn|rz|rm|rp}}.<f64>  d a b
           {_name}{{.rnd:rn}}{{.ftz}}{{.sat}}.<{_HALVES}>  d a b""",
       emit=lambda k, m, a, b, f="f" + _name: getattr(k, f)(m.type, a, b, **_mods(m, "rnd", "ftz", "sat")),
       ref=lambda m, a, b, f=_name: _ref(m, _REF[f], a, b), work="fp", section=_section)
op(f"""fma{{.rnd:rn|rz|rm|rp}}{{.ftz}}{{.sat}}.<f32>  d a b c
       fma{{.rnd:rn|rz|rm|rp}}.<f64>  d a b c
       fma{{.rnd:rn}}{{.ftz}}{{.sat}}{{.relu}}.<{_HALVES}>  d a b c
       mad{{.rnd:rn|rz|rm|rp}}{{.ftz}}{{.sat}}.<f32>  d a b c
       mad{{.rnd:rn|rz|rm|rp}}.<f64>  d a b c""",
   emit=lambda k, m, a, b, c: k.fma(m.type, a, b, c, **_mods(m, "rnd", "ftz", "sat", "relu")),
   ref=lambda m, a, b, c: _ref(m, _REF["fma"], a, b, c), work="fma", section="9.7.3.6")
op("""div.approx{.ftz}.<f32>  d a b""",
   emit=lambda k, m, a, b: k.fmul(m.type, a, k.fapprox(m.type, "rcp", b, m.ftz), "", m.ftz),
   ref=lambda m, a, b: _ref(m, _REF["div"], a, b), work="sfu", section="9.7.3.8", within=Within(ulp=2),
   note="divisors of 2**126 and more may give 0")
op("""div.rnd:full{.ftz}.<f32>  d a b""", emit=lambda k, m, a, b: k.fdiv(m.type, a, b, "", m.ftz),
   ref=lambda m, a, b: _ref(m, _REF["div"], a, b), work="division", section="9.7.3.8", within=Within(ulp=2))
op("""div.rnd:rn|rz|rm|rp{.ftz}.<f32>  d a b
      div{.rnd:rn|rz|rm|rp}.<f64>  d a b""",
   emit=lambda k, m, a, b: k.fdiv(m.type, a, b, m.rnd, getattr(m, "ftz", False)),
   ref=lambda m, a, b: _ref(m, _REF["div"], a, b), work="division", section="9.7.3.8")
op(f"""abs{{.ftz}}.<f32|f64|{_HALVES}>  d a""", emit=lambda k, m, a: k.fabs(m.type, a, m.ftz),
   ref=lambda m, a: _ref(m, lambda t, rnd, x: abs(x), a), work="fp", section="9.7.3.9")
op(f"""neg{{.ftz}}.<f32|f64|{_HALVES}>  d a""", emit=lambda k, m, a: k.fneg(m.type, a, m.ftz),
   ref=lambda m, a: _ref(m, lambda t, rnd, x: -x, a), work="fp", section="9.7.3.10")


def _three(f, k, m, a, b, *c):
    flags = _mods(m, "ftz")
    nan = bool(getattr(m, "NaN", False))
    result = f(m.type, a, b, nan=nan, xorsign_abs=bool(getattr(m, "xorsign", False)), **flags)
    return f(m.type, result, *c, nan=nan, **flags) if c else result


def _ref_extreme(least, m, *values):
    nan, signs = bool(getattr(m, "NaN", False)), bool(getattr(m, "xorsign", False))

    def choose(t, rnd, *numbers):
        result = abs(numbers[0]) if signs else numbers[0]
        for number in numbers[1:]:
            result = exact.extreme(least, result, abs(number) if signs else number, nan)
        if not signs:
            return result
        return math.copysign(result, math.copysign(1.0, numbers[0]) * math.copysign(1.0, numbers[1]))

    return _ref(m, choose, *(v for v in values if v is not None))


for _name, _section in (("min", "9.7.3.11"), ("max", "9.7.3.12")):
    op(f"""{_name}{{.ftz}}{{.NaN}}{{.xorsign}}.abs.<f32|{_HALVES}>  d a b
           {_name}{{.ftz}}{{.NaN}}.<f32|f64|{_HALVES}>  d a b (c)""",
       emit=lambda k, m, *v, f="f" + _name: _three(getattr(k, f), k, m, *v),
       ref=lambda m, a, b, c=None, least=_name == "min": _ref_extreme(least, m, a, b, c), work="fp", section=_section)
op("""rcp.rnd:rn|rz|rm|rp{.ftz}.<f32|f64>  d a""",
   emit=lambda k, m, a: k.fdiv(m.type, k.const(m.type, 1.0), a, m.rnd, m.ftz),
   ref=lambda m, a: _ref(m, lambda t, rnd, x: exact.div(t, 1.0, x, rnd), a), work="division", section="9.7.3.13")
op("""sqrt.rnd:rn|rz|rm|rp{.ftz}.<f32|f64>  d a""", emit=lambda k, m, a: k.fsqrt(m.type, a, m.rnd, m.ftz),
   ref=lambda m, a: _ref(m, _REF["sqrt"], a), work="division", section="9.7.3.15")


def _approximate(name, types, section, within, ftz="{.ftz}"):
    op(f"""{name}.approx{ftz}.<{types}>  d a""", emit=lambda k, m, a: k.fapprox(m.type, name, a, getattr(m, "ftz", False)),
       ref=lambda m, a: _ref(m, lambda t, rnd, x: exact.approximate(t, name, x), a), work="sfu", section=section, within=within)


# PTX bounds sin and cos in [-pi, pi] absolutely; tanh and the half-precision forms relatively, about 2**-11
_approximate("rcp", "f32", "9.7.3.13", Within(ulp=1))
_approximate("rcp", "f64", "9.7.3.14", Within(ulp=2.0**32))
_approximate("sqrt", "f32", "9.7.3.15", Within(ulp=2))
_approximate("rsqrt", "f32", "9.7.3.16", Within(ulp=2))
_approximate("rsqrt", "f64", "9.7.3.17", Within(ulp=2.0**32))
_approximate("sin", "f32", "9.7.3.18", Within(absolute=2**-20.5))
_approximate("cos", "f32", "9.7.3.19", Within(absolute=2**-20.5))
_approximate("lg2", "f32", "9.7.3.20", Within(ulp=2, absolute=2.0**-22))
_approximate("ex2", "f32", "9.7.3.21", Within(ulp=2))
_approximate("ex2", _HALVES, "9.7.4.10", Within(ulp=1))
_approximate("tanh", "f32", "9.7.3.22", Within(ulp=2.0**13), "")
_approximate("tanh", _HALVES, "9.7.4.9", Within(ulp=2), "")


def _ref_testp(m, a):
    if m.what in ("number", "notanumber"):
        return (a == a) == (m.what == "number")
    if m.what in ("finite", "infinite"):
        return a - a == 0 if m.what == "finite" else abs(a) == math.inf
    least = math.ldexp(1.0, exact.FORMATS[m.type.name].least)
    return least <= abs(a) < math.inf if m.what == "normal" else 0 < abs(a) < least


op("""testp.what:finite|infinite|number|notanumber|normal|subnormal.<f32|f64>  d:pred a""",
   emit=lambda k, m, a: k.testp(m.type, m.what, a), ref=_ref_testp, work="alu", section="9.7.3.1")
op("""copysign.<f32|f64>  d a b""", emit=lambda k, m, a, b: k.copysign(m.type, a, b),
   ref=lambda m, a, b: math.copysign(b, a), work="alu", section="9.7.3.2")
