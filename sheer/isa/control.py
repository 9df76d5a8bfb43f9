"""Rows: control flow and the rest (PTX ISA 9.7.12, 9.7.19). Branches, ret and exit end blocks: passes/cfg.py reads them by name."""

from sheer.isa.row import op

op("""bra{.uni}  a
      brx.idx{.uni}  a b
      ret{.uni}
      exit""", emit=lambda k, m, i: None, raw=True, work="branch", section="9.7.12")

op("""call{.uni}  a (b) (c) (e)""", emit=lambda k, m, i: k.call(m, i), raw=True, work="call", section="9.7.12.5")

op("""trap""", emit=lambda k, m, i: k.trap(m, i), raw=True, work="branch", section="9.7.19.4")
op("""brkpt
      pmevent{.mask}  a
      griddepcontrol.action:launch_dependents|wait
      setmaxnreg.action:inc|dec.sync.aligned.u32  a""",
   emit=lambda k, m, i: None, raw=True, work="hint", section="9.7.19")
op("""nanosleep.u32  a""", emit=lambda k, m, i: k.nanosleep(m, i), raw=True, work="sync", section="9.7.19.2")
