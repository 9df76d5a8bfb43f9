"""Rows: atomics, reductions and fences (PTX ISA 9.7.13). Raw rows."""

from sheer.isa.row import op

_SEM = "{.sem:relaxed|acquire|release|acq_rel}{.scope:cta|cluster|gpu|sys}{.space:global|shared|shared::cta|shared::cluster}"
_HINT = "{.l2c:L2::cache_hint}"

op(f"""atom{_SEM}.op:and|or|xor|exch|cas{_HINT}.<b32|b64|u32|u64|s32|s64>  d [a] b (c) (policy)
       atom{_SEM}.op:exch|cas{_HINT}.<b128>  d [a] b (c) (policy)
       atom{_SEM}.op:cas.<b16>  d [a] b c
       atom{_SEM}.op:add{_HINT}.<u32|s32|u64|s64|f32|f64>  d [a] b (policy)
       atom{_SEM}.op:add.noftz{_HINT}.<f16|f16x2|bf16|bf16x2>  d [a] b (policy)
       atom{_SEM}.op:inc|dec{_HINT}.<u32>  d [a] b (policy)
       atom{_SEM}.op:min|max{_HINT}.<u32|s32|u64|s64>  d [a] b (policy)
       atom{_SEM}.op:min|max.noftz{_HINT}.<f16|f16x2|bf16|bf16x2>  d [a] b (policy)""",
   emit=lambda k, m, i: k.atomic(m, i), raw=True, work="atomic", section="9.7.13.5")

op(f"""red{_SEM}.op:and|or|xor{_HINT}.<b32|b64|u32|u64|s32|s64>  [a] b (policy)
       red{_SEM}.op:add{_HINT}.<u32|s32|u64|s64|f32|f64>  [a] b (policy)
       red{_SEM}.op:add.noftz{_HINT}.<f16|f16x2|bf16|bf16x2>  [a] b (policy)
       red{_SEM}.op:inc|dec{_HINT}.<u32>  [a] b (policy)
       red{_SEM}.op:min|max{_HINT}.<u32|s32|u64|s64>  [a] b (policy)
       red{_SEM}.op:min|max.noftz{_HINT}.<f16|f16x2|bf16|bf16x2>  [a] b (policy)
       red.async.sem:relaxed.scope:cluster.op:add.<u32|s32|u64>  [a] b""",
   emit=lambda k, m, i: k.reduce(m, i), raw=True, work="atomic", section="9.7.13.6")

op("""fence{.sem:sc|acq_rel|acquire|release}.scope:cta|cluster|gpu|sys
      fence.proxy.kind:alias|async|async.global|async.shared::cta|tensormap
      fence.mbarrier_init.release.cluster
      membar{.proxy:proxy}.level:cta|gl|sys|alias""",
   emit=lambda k, m, i: k.fence(m, i), raw=True, work="fence", section="9.7.13.4")
