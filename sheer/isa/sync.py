"""Rows: barriers (PTX ISA 9.7.13.1-2, 9.7.13.15). Raw rows."""

from sheer.isa.row import op

op("""bar{.cta}.mode:sync  a (b)
      bar{.cta}.mode:arrive  a b
      barrier{.cta}.mode:sync{.aligned}  a (b)
      barrier{.cta}.mode:arrive{.aligned}  a b""",
   emit=lambda k, m, i: k.barrier(m, i), raw=True, work="barrier", section="9.7.13.1")

op("""bar{.cta}.mode:red.op:popc.u32  d a b (c)
      bar{.cta}.mode:red.op:and|or.pred  d a b (c)
      barrier{.cta}.mode:red.op:popc{.aligned}.u32  d a b (c)
      barrier{.cta}.mode:red.op:and|or{.aligned}.pred  d a b (c)""",
   emit=lambda k, m, i: k.barrier(m, i), raw=True, work="barrier", section="9.7.13.1")

op("""bar.warp.sync  member
      barrier.cluster.arrive{.sem:release|relaxed}{.aligned}
      barrier.cluster.wait{.sem:acquire}{.aligned}""",
   emit=lambda k, m, i: k.warp_barrier(m, i), raw=True, work="barrier", section="9.7.13.2")

_SPACE = "{.space:shared|shared::cta|shared::cluster}"
_SEM = "{.sem:release|acquire|relaxed}{.scope:cta|cluster}"
op(f"""mbarrier.op:init{_SPACE}.b64  [a] b
       mbarrier.op:inval{_SPACE}.b64  [a]
       mbarrier.op:arrive{{.expect_tx}}{_SEM}{_SPACE}.b64  d [a] (b)
       mbarrier.op:arrive_drop{{.expect_tx}}{_SEM}{_SPACE}.b64  d [a] (b)
       mbarrier.op:arrive.noComplete{_SEM}{_SPACE}.b64  d [a] b
       mbarrier.op:arrive_drop.noComplete{_SEM}{_SPACE}.b64  d [a] b
       mbarrier.op:expect_tx{_SEM}{_SPACE}.b64  [a] b
       mbarrier.op:complete_tx{_SEM}{_SPACE}.b64  [a] b
       mbarrier.op:test_wait{{.parity}}{_SEM}{_SPACE}.b64  d [a] b
       mbarrier.op:try_wait{{.parity}}{_SEM}{_SPACE}.b64  d [a] b (c)
       mbarrier.op:pending_count.b64  d a""",
   emit=lambda k, m, i: k.mbarrier(m, i), raw=True, work="barrier", section="9.7.13.15")
