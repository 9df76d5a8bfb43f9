"""What the model needs to know of a chip, gathered once from its file into one frozen value.

Comes in: a Chip. Goes out: a Silicon, all in clocks, bytes and multiply-adds of one multiprocessor. Energies are
joule here; the file has picojoule.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.base.errors import ChipError, UsageError
from sheer.chips import schema, vocabulary
from sheer.chips.schema import Chip
from sheer.model.library import FAMILIES

# element type: bytes, the rate of its matrix products in the file, the type that feeds it where there is none,
# and the energy of a tensor-core multiply-add against a 16-bit one (it grows with the product of the mantissas)
TYPES = {
    "fp32": (4, "fp32_flops", "", 4.0),
    "tf32": (4, "tf32_flops", "fp32", 2.0),
    "fp16": (2, "fp16_flops", "fp32", 1.0),
    "bf16": (2, "bf16_flops", "fp16", 1.0),
    "int8": (1, "int8_ops", "fp16", 0.5),
}
# multiply-adds of a lane in a clock, where vector lanes have the type: packed halves, dot products of four bytes
PACKED = {"fp32": 1, "fp16": 2, "int8": 4}
# FP64 on a chip that has none (Biren): sequences of integer instructions, by the FP32 lanes. Assumed.
FP64_SOFTWARE = 1 / 32


class Pipes(NamedTuple):
    """What else the kernels of a program need to know of a multiprocessor: lanes by pipe, latencies in clocks."""

    int: float
    int_on_fp32: bool
    imad: float
    fp16: float  # on packed pairs
    fp64: float
    fp64_tensor: float  # multiply-adds a clock
    convert: float
    load_store: float
    alu_clocks: float
    shared_clocks: float
    l1_clocks: float
    l2_clocks: float
    l1_least: float  # of the L1, when kernels take all shared memory


class Silicon(NamedTuple):
    """One chip, as the model sees it."""

    key: str
    kernels: str  # family of library kernels (sheer.model.library)
    multiprocessors: int
    partitions: int
    issue: float  # warp instructions a clock
    lanes: int  # FP32 multiply-adds a clock
    sfu: int
    warp: int
    clock_hz: float
    clock_min_hz: float
    threads: int
    blocks: int
    registers: int
    shared: int
    shared_block: int
    l1: float
    l1_Bpc: float
    shared_Bpc: float
    l2: float
    l2_near: float
    l2_Bpc: float
    dram_Bps: float
    read_eff: float
    write_eff: float
    latency_s: float
    launch_s: float
    tdp_w: float
    static_w: float
    fma_J: float
    tensor_J: float
    shared_J: float
    l2_J: float
    dram_J: float
    voltage_floor: float
    reference_hz: float
    die_Bps: float  # between dies, both directions; 0 for a single die
    remote: float  # part of memory traffic that crosses it
    rates: dict[str, float]  # matrix multiply-adds a clock of one multiprocessor, by type, where the chip has it
    idle_w: float = 0.0  # with nothing to do; 0: not told
    pipes: Pipes | None = None  # None: the chip file lacks numbers that only kernels of programs need

    def voltage(self, clock_hz: float) -> float:
        """Supply voltage at a clock, over that at the reference clock: a straight line, as DVFS tables are."""
        return self.voltage_floor + (1 - self.voltage_floor) * clock_hz / self.reference_hz

    def matrix(self, dtype: str) -> tuple[str, float]:
        """The type in which a matrix product of this type runs, and its multiply-adds a clock."""
        while dtype not in self.rates:
            dtype = TYPES[dtype][2]
        return dtype, self.rates[dtype]

    def on_lanes(self, dtype: str) -> bool:
        """Whether products of that type run on the vector lanes: at no more than packed words give there, on a chip whose tensor cores
        (BF16 is known to them only) do not have the type, or that has none."""
        dtype, rate = self.matrix(dtype)
        if dtype != "fp32" and "bf16" in self.rates:
            return False
        return rate <= 1.1 * self.lanes * PACKED.get(dtype, 0)

    def dram_s(self, read_bytes: float, write_bytes: float) -> float:
        """Time for streams from and to device memory."""
        return (read_bytes / self.read_eff + write_bytes / self.write_eff) / self.dram_Bps


def silicon(chip: Chip) -> Silicon:
    """Gather it; a ChipError says which number a chip file lacks."""
    schema.for_pricing(chip)
    if chip.texts.get("kernels", "ampere") not in FAMILIES:
        raise ChipError(f"chip {chip.key}: kernels {chip.texts['kernels']!r} is none of {', '.join(FAMILIES)}")
    value = chip.value
    clock, sms = value("clock_hz"), int(value("multiprocessors"))
    rates = {
        dtype: value(rate) / (2 * sms * clock)
        for dtype, (_, rate, _, _) in TYPES.items()
        if rate in chip.numbers
    }
    pico = 1e-12
    return Silicon(
        key=chip.key,
        kernels=chip.texts.get("kernels", "ampere"),
        multiprocessors=sms,
        partitions=int(value("partitions_per_multiprocessor")),
        issue=value("partitions_per_multiprocessor") * value("issue_per_partition"),
        lanes=int(value("fp32_lanes_per_multiprocessor")),
        sfu=int(value("sfu_lanes_per_multiprocessor")),
        warp=int(value("warp_lanes")),
        clock_hz=clock,
        clock_min_hz=min(clock, value("clock_min_hz")),
        threads=int(value("threads_per_multiprocessor")),
        blocks=int(value("blocks_per_multiprocessor")),
        registers=int(value("registers_per_multiprocessor")),
        shared=int(value("shared_bytes_per_multiprocessor")),
        shared_block=int(value("shared_bytes_per_block")),
        l1=value("l1_bytes_per_multiprocessor"),
        l1_Bpc=value("l1_bytes_per_clock"),
        shared_Bpc=value("shared_bytes_per_clock"),
        l2=value("l2_bytes"),
        l2_near=value("l2_near_bytes"),
        l2_Bpc=value("l2_bytes_per_clock"),
        dram_Bps=value("memory_bandwidth_Bps"),
        read_eff=value("memory_read_efficiency"),
        write_eff=value("memory_write_efficiency"),
        latency_s=value("memory_latency_s"),
        launch_s=value("launch_s"),
        tdp_w=value("tdp_w"),
        static_w=value("static_w"),
        fma_J=value("fma_fp32_pJ") * pico,
        tensor_J=value("fma_tensor_pJ") * pico,
        shared_J=value("shared_pJ_per_byte") * pico,
        l2_J=value("l2_pJ_per_byte") * pico,
        dram_J=value("memory_pJ_per_byte") * pico,
        voltage_floor=value("voltage_floor"),
        reference_hz=value("reference_clock_hz"),
        die_Bps=chip.get("die_to_die_Bps", 0.0),
        remote=chip.get("remote_share", 0.0),
        rates=rates,
        idle_w=chip.get("idle_w", 0.0),
        pipes=_pipes(chip),
    )


def _pipes(chip: Chip) -> Pipes | None:
    if not all(name in chip.numbers for name in vocabulary.KERNEL):
        return None
    value = chip.value
    unit = 2 * int(value("multiprocessors")) * value("clock_hz")
    fp64 = chip.get("fp64_flops", 0.0) / unit or value("fp32_lanes_per_multiprocessor") * FP64_SOFTWARE
    return Pipes(
        int=value("int_lanes_per_multiprocessor"),
        int_on_fp32=bool(value("int_on_fp32")),
        imad=value("imad_lanes_per_multiprocessor"),
        fp16=value("fp16_lanes_per_multiprocessor"),
        fp64=fp64,
        fp64_tensor=max(fp64, chip.get("fp64_tensor_flops", 0.0) / unit),
        convert=value("convert_lanes_per_multiprocessor"),
        load_store=value("load_store_lanes_per_multiprocessor"),
        alu_clocks=value("alu_latency_clocks"),
        shared_clocks=value("shared_latency_clocks"),
        l1_clocks=value("l1_latency_clocks"),
        l2_clocks=value("l2_latency_clocks"),
        l1_least=value("l1_least_bytes_per_multiprocessor"),
    )


def type_bytes(dtype: str) -> int:
    """Size of an element; a UsageError lists the types."""
    if dtype not in TYPES:
        raise UsageError(f"there is no type {dtype!r}; there are {', '.join(TYPES)}")
    return TYPES[dtype][0]
