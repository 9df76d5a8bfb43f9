"""Special registers. In: a name without its %. Out: how a thread reads it (unsigned bits), or None if there is no such register."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from sheer.oracle.state import Thread

Read = Callable[[Thread], int]
_AXIS = {"x": 0, "y": 1, "z": 2}

_PLAIN: dict[str, Read] = {
    "laneid": lambda t: t.lane,
    "warpid": lambda t: t.linear // 32,
    "nwarpid": lambda t: 64,
    "smid": lambda t: 0,
    "nsmid": lambda t: 1,
    "gridid": lambda t: 0,
    "lanemask_eq": lambda t: 1 << t.lane,
    "lanemask_lt": lambda t: (1 << t.lane) - 1,
    "lanemask_le": lambda t: (2 << t.lane) - 1,
    "lanemask_gt": lambda t: 0xFFFFFFFF & ~((2 << t.lane) - 1),
    "lanemask_ge": lambda t: 0xFFFFFFFF & ~((1 << t.lane) - 1),
    "dynamic_smem_size": lambda t: t.launch.dynamic_shared,
    "total_smem_size": lambda t: len(t.block.shared),
    "aggr_smem_size": lambda t: len(t.block.shared),
    "reserved_smem_offset_begin": lambda t: 0,
    "clock": lambda t: t.launch.clock & 0xFFFFFFFF,
    "clock_hi": lambda t: t.launch.clock >> 32,
    "clock64": lambda t: t.launch.clock,
    "globaltimer": lambda t: time.time_ns(),
    "globaltimer_lo": lambda t: time.time_ns() & 0xFFFFFFFF,
    "globaltimer_hi": lambda t: time.time_ns() >> 32,
    "is_explicit_cluster": lambda t: 0,
    "cluster_ctarank": lambda t: 0,
    "cluster_nctarank": lambda t: 1,
}


def special(name: str) -> Read | None:
    """How to read %name. Without clusters every block is a cluster of its own."""
    if name in _PLAIN:
        return _PLAIN[name]
    stem, _, axis = name.rpartition(".")
    if axis in _AXIS:
        n = _AXIS[axis]
        vectors: dict[str, Read] = {
            "tid": lambda t: t.tid[n],
            "ntid": lambda t: t.launch.block[n],
            "ctaid": lambda t: t.block.ctaid[n],
            "nctaid": lambda t: t.launch.grid[n],
            "clusterid": lambda t: t.block.ctaid[n],
            "nclusterid": lambda t: t.launch.grid[n],
            "cluster_ctaid": lambda t: 0,
            "cluster_nctaid": lambda t: 1,
        }
        return vectors.get(stem)
    if re.fullmatch(r"(envreg|pm)\d+(_64)?", name):
        return lambda t: 0
    return None
