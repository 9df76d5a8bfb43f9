"""Rows: loads, stores, address conversion, asynchronous copies (PTX ISA 9.7.9). Raw rows: the engines handle their operands."""

from sheer.isa.row import op

_SPACES = "const|global|local|param|param::entry|param::func|shared|shared::cta|shared::cluster"
_SCOPE = "cta|cluster|gpu|sys"
_HINTS = ("{.l1:L1::evict_normal|L1::evict_unchanged|L1::evict_first|L1::evict_last|L1::no_allocate}"
          "{.l2e:L2::evict_normal|L2::evict_first|L2::evict_last}"
          "{.l2c:L2::cache_hint}{.l2:L2::64B|L2::128B|L2::256B}{.vec:v2|v4|v8}")
_TYPES = "<b8|b16|b32|b64|b128|u8|u16|u32|u64|s8|s16|s32|s64|f16|f16x2|bf16|bf16x2|f32|f64>"

op(f"""ld{{.sem:weak|volatile|relaxed|acquire|mmio}}{{.scope:{_SCOPE}}}{{.space:{_SPACES}}}{{.cop:ca|cg|cs|lu|cv}}{{.nc}}{_HINTS}.{_TYPES}  d [a] (policy)
       ldu{{.space:global}}{{.vec:v2|v4}}.{_TYPES}  d [a]""",
   emit=lambda k, m, i: k.load(m, i), raw=True, work="load", section="9.7.9.8")

op(f"""st{{.sem:weak|volatile|relaxed|release|mmio}}{{.scope:{_SCOPE}}}{{.space:{_SPACES}}}{{.cop:wb|cg|cs|wt}}{_HINTS}.{_TYPES}  [a] b (policy)""",
   emit=lambda k, m, i: k.store(m, i), raw=True, work="store", section="9.7.9.11")

op("""cvta{.to}.space:const|global|local|param|shared|shared::cta|shared::cluster.<u32|u64>  d a""",
   emit=lambda k, m, i: k.convert_address(m, i), raw=True, work="alu", section="9.7.9.20")

op("""isspacep.space:const|global|local|param|shared|shared::cta|shared::cluster  d a""",
   emit=lambda k, m, i: k.space_of(m, i), raw=True, work="alu", section="9.7.9.19")

op("""prefetch{.space:global|local}.level:L1|L2|L2::evict_last|L2::evict_normal  [a]
      prefetchu.level:L1  [a]
      prefetch{.tensormap}.generic  [a]
      discard{.space:global}.L2.size:128  [a] b
      applypriority{.space:global}.L2::evict_normal.size:128  [a] b""",
   emit=lambda k, m, i: k.ask(i), raw=True, work="hint", section="9.7.9.15")

op("""createpolicy.fractional.primary:L2::evict_last|L2::evict_normal|L2::evict_first|L2::evict_unchanged{.second:L2::evict_first|L2::evict_unchanged}.b64  d (a)
      createpolicy.range{.space:global}.primary:L2::evict_last|L2::evict_normal|L2::evict_first|L2::evict_unchanged{.second:L2::evict_first|L2::evict_unchanged}.b64  d [a] b c""",
   emit=lambda k, m, i: k.policy(m, i), raw=True, work="alu", section="9.7.9.18")

op("""cp.async.cop:ca|cg.shared.global{.l2c:L2::cache_hint}{.l2:L2::64B|L2::128B|L2::256B}  [d] [a] size (src) (policy)
      cp.async.cop:ca|cg.shared::cta.global{.l2c:L2::cache_hint}{.l2:L2::64B|L2::128B|L2::256B}  [d] [a] size (src) (policy)""",
   emit=lambda k, m, i: k.copy_async(m, i), raw=True, work="copy", section="9.7.9.25.3")

op("""cp.async.commit_group
      cp.async.wait_group  n
      cp.async.wait_all""",
   emit=lambda k, m, i: None, raw=True, work="sync", section="9.7.9.25.3",
   note="copies are done when they are issued, so their groups are always complete")

op("""cp.async.mbarrier.arrive{.noinc}{.space:shared|shared::cta}.b64  [a]""",
   emit=lambda k, m, i: k.copy_arrive(m, i), raw=True, work="sync", section="9.7.13.15.14")
