"""Rows: exchange among the lanes of a warp (PTX ISA 9.7.9.5-6, 9.7.13.7-11). Raw rows."""

from sheer.isa.row import op

op("""shfl.sync.mode:up|down|bfly|idx.<b32>  d|p a b c member
      shfl.mode:up|down|bfly|idx.<b32>  d|p a b c""",
   emit=lambda k, m, i: k.shuffle(m, i), raw=True, work="shuffle", section="9.7.9.6")

op("""vote.sync.mode:all|any|uni.pred  d a member
      vote.sync.mode:ballot.b32  d a member
      vote.mode:all|any|uni.pred  d a
      vote.mode:ballot.b32  d a
      vote.mode:ballot.sync.b32  d a member
      vote.mode:all|any|uni.sync.pred  d a member""",
   emit=lambda k, m, i: k.vote(m, i), raw=True, work="vote", section="9.7.13.9")

op("""match.mode:any.sync.<b32|b64>  d a member
      match.mode:all.sync.<b32|b64>  d|p a member""",
   emit=lambda k, m, i: k.match(m, i), raw=True, work="vote", section="9.7.13.10")

op("""redux.sync.op:add|min|max.<u32|s32>  d a member
      redux.sync.op:and|or|xor.<b32>  d a member
      redux.sync.op:min|max{.abs}{.NaN}.<f32>  d a member""",
   emit=lambda k, m, i: k.redux(m, i), raw=True, work="shuffle", section="9.7.13.12")

op("""activemask.b32  d""", emit=lambda k, m, i: k.activemask(m, i), raw=True, work="alu", section="9.7.13.11")

op("""elect.sync  d|p member""", emit=lambda k, m, i: k.elect(m, i), raw=True, work="vote", section="9.7.13.14")
