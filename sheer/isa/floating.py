"""Rows: floating-point arithmetic, all widths (PTX ISA 9.7.3, 9.7.4)."""

from sheer.isa.row import op

_HALVES = "f16|f16x2|bf16|bf16x2"


def _mods(m, *names):
    return {name: getattr(m, name) for name in names if getattr(m, name, None)}


for _name, _section in (("add", "9.7.3.1"), ("sub", "9.7.3.2"), ("mul", "9.7.3.3")):
    op(f"""{_name}{{.rnd:rn|rz|rm|rp}}{{.ftz}}{{.sat}}.<f32>  d a b
           {_name}{{.rnd:rn|rz|rm|rp}}.<f64>  d a b
           {_name}{{.rnd:rn}}{{.ftz}}{{.sat}}.<{_HALVES}>  d a b""",
       emit=lambda k, m, a, b, f="f" + _name: getattr(k, f)(m.type, a, b, **_mods(m, "rnd", "ftz", "sat")),
       work="fp", section=_section)
op(f"""fma{{.rnd:rn|rz|rm|rp}}{{.ftz}}{{.sat}}.<f32>  d a b c
       fma{{.rnd:rn|rz|rm|rp}}.<f64>  d a b c
       fma{{.rnd:rn}}{{.ftz}}{{.sat}}{{.relu}}.<{_HALVES}>  d a b c
       mad{{.rnd:rn|rz|rm|rp}}{{.ftz}}{{.sat}}.<f32>  d a b c
       mad{{.rnd:rn|rz|rm|rp}}.<f64>  d a b c""",
   emit=lambda k, m, a, b, c: k.fma(m.type, a, b, c, **_mods(m, "rnd", "ftz", "sat", "relu")), work="fma", section="9.7.3.6")
op("""div.approx{.ftz}.<f32>  d a b""",
   emit=lambda k, m, a, b: k.fmul(m.type, a, k.fapprox(m.type, "rcp", b, m.ftz), "", m.ftz), work="sfu", section="9.7.3.8")
op("""div.rnd:rn|rz|rm|rp|full{.ftz}.<f32>  d a b
      div{.rnd:rn|rz|rm|rp}.<f64>  d a b""",
   emit=lambda k, m, a, b: k.fdiv(m.type, a, b, "" if m.rnd == "full" else m.rnd, getattr(m, "ftz", False)),
   work="division", section="9.7.3.8")
op(f"""abs{{.ftz}}.<f32|f64|{_HALVES}>  d a""", emit=lambda k, m, a: k.fabs(m.type, a, m.ftz), work="fp", section="9.7.3.9")
op(f"""neg{{.ftz}}.<f32|f64|{_HALVES}>  d a""", emit=lambda k, m, a: k.fneg(m.type, a, m.ftz), work="fp", section="9.7.3.10")


def _three(f, k, m, a, b, c):
    flags = _mods(m, "ftz")
    nan = bool(getattr(m, "NaN", False))
    result = f(m.type, a, b, nan=nan, xorsign_abs=bool(getattr(m, "xorsign", False)), **flags)
    return result if c is None else f(m.type, result, c, nan=nan, **flags)


for _name, _section in (("min", "9.7.3.11"), ("max", "9.7.3.12")):
    op(f"""{_name}{{.ftz}}{{.NaN}}{{.xorsign}}.abs.<f32|{_HALVES}>  d a b
           {_name}{{.ftz}}{{.NaN}}.<f32|f64|{_HALVES}>  d a b (c)""",
       emit=lambda k, m, a, b, c=None, f="f" + _name: _three(getattr(k, f), k, m, a, b, c), work="fp", section=_section)
op("""rcp.rnd:rn|rz|rm|rp{.ftz}.<f32|f64>  d a""",
   emit=lambda k, m, a: k.fdiv(m.type, k.const(m.type, 1.0), a, m.rnd, m.ftz), work="division", section="9.7.3.13")
op("""rcp.approx{.ftz}.<f32|f64>  d a""", emit=lambda k, m, a: k.fapprox(m.type, "rcp", a, m.ftz), work="sfu",
   section="9.7.3.13")
op("""sqrt.rnd:rn|rz|rm|rp{.ftz}.<f32|f64>  d a""", emit=lambda k, m, a: k.fsqrt(m.type, a, m.rnd, m.ftz), work="division",
   section="9.7.3.15")
for _name, _section in (("sqrt", "9.7.3.15"), ("rsqrt", "9.7.3.16"), ("sin", "9.7.3.18"), ("cos", "9.7.3.19"),
                        ("lg2", "9.7.3.20"), ("ex2", "9.7.3.21")):
    op(f"""{_name}.approx{{.ftz}}.<f32|f64|{_HALVES}>  d a""",
       emit=lambda k, m, a, f=_name: k.fapprox(m.type, f, a, m.ftz), work="sfu", section=_section)
op(f"""tanh.approx.<f32|{_HALVES}>  d a""", emit=lambda k, m, a: k.fapprox(m.type, "tanh", a), work="sfu",
   section="9.7.3.22")
op("""testp.what:finite|infinite|number|notanumber|normal|subnormal.<f32|f64>  d:pred a""",
   emit=lambda k, m, a: k.testp(m.type, m.what, a), work="alu", section="9.7.3.1")
op("""copysign.<f32|f64>  d a b""", emit=lambda k, m, a, b: k.copysign(m.type, a, b), work="alu", section="9.7.3.2")
