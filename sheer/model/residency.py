"""What a kernel finds in the L2 from what ran before it.

Comes in: launch by launch, in the program's order, the regions of memory that each touched. Goes out: bytes that need not come from device memory, and
bytes that need not go there because a later kernel writes them anew before they would have left the cache.

A byte stays as long as what is touched between two uses fits: the distance of a region is all that was touched since the middle of its last use up to the
middle of this one, since kernels pass over their data in the same order more often than not. The law is that of all hits (sheer.model.work).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sheer.base.counters import Region
from sheer.model.work import hit_rate

MOST_REGIONS = 256  # remembered; older ones have left any cache


class Found(NamedTuple):
    """Bytes that a launch has to do with the L2 alone."""

    read: float = 0.0
    written: float = 0.0


class _Use(NamedTuple):
    low: int
    high: int
    middle: float  # of the launch that used it, in bytes touched since the start
    written: bool  # and not in memory yet, unless it left the cache


class Residency:
    """The L2 of one device over the launches of a program."""

    def __init__(self, held: float) -> None:
        self.held = held  # bytes that it keeps for reuse
        self.touched = 0.0
        self.uses: list[_Use] = []  # newest first, none over another

    def passes(self, bytes_: float) -> None:
        """Something else goes through the cache: a copy, a fill."""
        self.touched += bytes_

    def launch(self, regions: Iterable[Region]) -> Found:
        """A launch touches regions; what of them is still there."""
        regions = [r for r in regions if r.extent > 0]
        size = sum(r.cold_read + r.cold_write for r in regions)
        middle = self.touched + size / 2
        read = written = 0.0
        for region in regions:
            low, high = region.address, region.address + region.extent
            for use in self.uses:
                part = max(0, min(high, use.high) - max(low, use.low)) / region.extent
                if part:
                    kept = part * hit_rate(middle - use.middle, self.held)
                    read += region.cold_read * kept
                    written += region.written * kept if use.written else 0.0
        for region in regions:
            self._use(_Use(region.address, region.address + region.extent, middle, region.written > 0))
        self.touched += size
        del self.uses[MOST_REGIONS:]
        return Found(read, written)

    def _use(self, new: _Use) -> None:
        """The newest use of a region; older ones keep what lies beside it."""
        kept: list[_Use] = []
        for use in self.uses:
            if use.high <= new.low or use.low >= new.high:
                kept.append(use)
                continue
            new = new._replace(written=new.written or use.written)
            if use.low < new.low:
                kept.append(use._replace(high=new.low))
            if use.high > new.high:
                kept.append(use._replace(low=new.high))
        self.uses = [new, *kept]
