"""How many blocks of a kernel a multiprocessor holds at once, and what limits them.

Comes in: a Launch and a Silicon. Goes out: an Occupancy; where not even one block fits, `misfit` says why.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.base.counters import Launch
from sheer.model.silicon import Silicon

REGISTER_UNIT = 8  # registers of a thread are handed out in eights, to whole warps
MOST_REGISTERS = 255  # of a thread: the rest lies in local memory
LEAST_REGISTERS = 16
SHARED_UNIT = 128  # bytes
MOST_RESERVED = 1024  # shared memory of a block that the system takes for itself, where a chip does so


class Occupancy(NamedTuple):
    """What a multiprocessor holds of one launch."""

    blocks: int  # resident at once
    block_warps: int
    share: float  # resident warps over the most that the chip holds
    limit: str  # threads, blocks, registers, shared memory, or grid (too few blocks to fill the chip)
    misfit: str = ""  # why a block does not fit at all

    @property
    def warps(self) -> int:
        """Resident warps of a multiprocessor."""
        return self.blocks * self.block_warps


def block_shared(launch: Launch, si: Silicon) -> int:
    """Shared memory that a block takes, with what the chip reserves."""
    asked = launch.static_shared + launch.dynamic_shared
    reserved = si.shared - si.shared_block
    if reserved > MOST_RESERVED:  # a limit of its own, not a reserve
        reserved = 0
    return -(-asked // SHARED_UNIT) * SHARED_UNIT + reserved


def occupancy(launch: Launch, si: Silicon) -> Occupancy:
    """The blocks that fit by each limit, and the least of them."""
    warps = -(-launch.threads // si.warp)
    asked = launch.static_shared + launch.dynamic_shared
    registers = min(MOST_REGISTERS, max(LEAST_REGISTERS, launch.registers))
    by_warp = -(-registers // REGISTER_UNIT) * REGISTER_UNIT * si.warp
    warps_by_registers = si.registers // si.partitions // by_warp * si.partitions
    shared = block_shared(launch, si)
    limits = {
        "threads": si.threads // (warps * si.warp),
        "blocks": si.blocks,
        "registers": warps_by_registers // warps,
        "shared memory": si.shared // shared if shared else si.blocks,
    }
    misfit = ""
    if asked > si.shared_block:
        misfit = f"a block takes {asked} bytes of shared memory, {si.key} has {si.shared_block}"
    elif not limits["threads"]:
        misfit = f"a block has {launch.threads} threads, {si.key} holds {si.threads} at once"
    elif not limits["registers"]:
        misfit = f"{launch.threads} threads of {registers} registers are more than {si.key} has ({si.registers})"
    limit = min(limits, key=lambda name: limits[name])
    resident = max(1, limits[limit])
    if launch.blocks < resident * si.multiprocessors:
        fill = -(-launch.blocks // si.multiprocessors)
        if fill < resident:
            resident, limit = fill, "grid"
    return Occupancy(resident, warps, min(1.0, resident * warps * si.warp / si.threads), limit, misfit)
