"""The numbers that a chip file may hold: section, unit, whether every chip must say it, and what it means.

Read by the schema to check files, by `sheer chips` to show them in order, and by `docs/chips.md`.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Row(NamedTuple):
    """One number: where it stands, its unit, who needs it, and a sentence."""

    section: str
    unit: str
    # "device": programs ask for it. "model": a prediction needs it. "kernel": the prediction of a program's kernels
    # needs it too. "": told for the record
    need: str
    meaning: str
    least: float = 0.0  # the smallest value that makes sense
    above: bool = False  # it must be more than that: something is divided by it
    most: float = math.inf
    whole: bool = False  # a count

    def wrong(self, value: float, swept: bool = False) -> str:
        """Why a value makes no sense; empty if it does. Values of sweeps and ranges may lie between whole numbers, and above what is known to be."""
        if not math.isfinite(value) or value < self.least or (self.above and value == self.least):
            return f"must be {'more than' if self.above else 'at least'} {self.least:g}"
        if not swept and value > self.most:
            return f"must be at most {self.most:g}"
        if not swept and self.whole and value != int(value):
            return "must be a whole number"
        return ""


def _rows(section: str, text: str) -> dict[str, Row]:
    """Lines `name unit need | meaning` to rows; a `-` stands for no need."""
    rows = {}
    for line in text.strip().splitlines():
        head, _, meaning = line.partition("|")
        name, unit, need = head.split()
        part = name.endswith(("_efficiency", "_share", "_floor")) or name in ("int_on_fp32", "ecc")
        count = (unit == "1" and need == "device") or name.startswith(("pcie_gen", "pcie_lanes", "partitions"))
        # Something is divided by rates, by lanes, and by what is delivered in a clock.
        rate = unit in ("Hz", "1/s") or (unit == "B/s" and need != "-") or name.endswith(("_efficiency", "_per_clock"))
        rate = rate or (unit != "B" and "_per_multiprocessor" in name)
        above = rate or name in ("issue_per_partition", "tdp_w", "memory_bytes", "memory_bus_bits", "l2_bytes", "l2_near_bytes")
        least = 1.0 if count else 0.0
        whole = count or name in ("int_on_fp32", "ecc", "dies", "memory_bus_bits", "memory_bytes", "l2_bytes")
        rows[name] = Row(
            section, unit, "" if need == "-" else need, meaning.strip(), least, above and not count, 1.0 if part else math.inf, whole
        )
    return rows


PACKAGE = _rows("package", """
    dies 1 -                         | dies with compute units in the package
    die_area_mm2 mm2 -               | area of one such die
    transistors 1 -                  | transistors of all dies
    interposer_area_mm2 mm2 -        | area of the silicon interposer
    memory_stacks 1 -                | memory stacks on the interposer
    die_to_die_Bps B/s -             | bandwidth between two dies, both directions together
    remote_share 1 -                 | part of memory traffic that crosses dies: 0.5 interleaved over two (UMA), 0 placed (NUMA)
""")  # fmt: skip

COMPUTE = _rows("compute", """
    clusters 1 -                     | GPCs (NVIDIA) or SPCs (Biren)
    spcs 1 -                         | stream processing clusters (Biren)
    eus 1 -                          | execution units of all clusters (Biren)
    v_cores_per_eu 1 -               | vector cores of an execution unit (Biren)
    t_cores_per_eu 1 -               | tensor cores of an execution unit (Biren)
    multiprocessors 1 device         | multiprocessors (SM), compute units (CU) on Biren
    partitions_per_multiprocessor 1 model | sub-partitions with a scheduler and registers of their own
    issue_per_partition 1 model      | warp instructions that a sub-partition issues in a clock
    fp32_lanes_per_multiprocessor 1 model | lanes of the FP32 pipes; each does one multiply-add in a clock
    sfu_lanes_per_multiprocessor 1 model  | lanes of the special-function pipes (exp, rsqrt, ...)
    int_lanes_per_multiprocessor 1 kernel | lanes that take 32-bit integer and logic instructions
    int_on_fp32 1 kernel             | 1: they are FP32 lanes (some or all of them), 0: lanes of their own
    imad_lanes_per_multiprocessor 1 kernel | 32-bit integer multiply-adds in a clock; they go to the FP32 lanes
    fp16_lanes_per_multiprocessor 1 kernel | lanes that take instructions on packed pairs of FP16
    convert_lanes_per_multiprocessor 1 kernel | conversions between numbers in a clock
    load_store_lanes_per_multiprocessor 1 kernel | lanes of the load-store pipes
    alu_latency_clocks clk kernel      | from an FP32 or integer instruction to the next that needs its result
    clock_hz Hz device               | highest clock that the chip holds under load, power permitting
    clock_base_hz Hz -               | guaranteed clock
    clock_min_hz Hz model            | lowest clock that power management goes down to under load
    warp_lanes 1 device              | threads of a warp
    threads_per_multiprocessor 1 device   | resident threads at most
    blocks_per_multiprocessor 1 device    | resident blocks at most
    threads_per_block 1 device       | threads of a block at most
    registers_per_multiprocessor 1 device | 32-bit registers
""")  # fmt: skip

RATES = _rows("rates", """
    fp32_flops 1/s model             | dense FP32, at clock_hz
    fp64_flops 1/s -                 | dense FP64 of the vector lanes
    fp64_tensor_flops 1/s -          | dense FP64 of the tensor cores
    tf32_flops 1/s -                 | dense TF32 (TF32+ on Biren) of the tensor cores
    fp16_flops 1/s -                 | dense FP16 with FP32 sums: tensor cores where there are, else the vector rate
    bf16_flops 1/s -                 | dense BF16 of the tensor cores
    int8_ops 1/s -                   | dense INT8 of the tensor cores, or of the dot-product instruction
""")  # fmt: skip

ON_CHIP = _rows("on_chip", """
    shared_bytes_per_multiprocessor B device | shared memory at most
    shared_bytes_per_block B device  | shared memory of a block at most
    l1_bytes_per_multiprocessor B model | first-level data cache when a kernel uses little shared memory
    l1_least_bytes_per_multiprocessor B kernel | what is left of it when kernels take all shared memory
    shared_latency_clocks clk kernel   | from a load of shared memory to its data
    l1_latency_clocks clk kernel       | from a load to its data in the L1
    l2_latency_clocks clk kernel       | from a load to its data in the L2
    l1_bytes_per_clock B model       | bytes that a multiprocessor takes in from the L2 in a clock
    shared_bytes_per_clock B model   | bytes that the shared memory of a multiprocessor gives or takes in a clock
    l2_bytes B device                | second-level cache
    l2_near_bytes B model            | the part of it that one multiprocessor's data can lie in (all, or a partition)
    l2_bytes_per_clock B model       | bytes that all slices together give in a clock
""")  # fmt: skip

MEMORY = _rows("memory", """
    memory_bytes B device            | device memory
    memory_bus_bits bit device       | width of its bus
    memory_clock_hz Hz device        | its clock; two transfers a clock
    memory_bandwidth_Bps B/s device  | width times clock
    memory_read_efficiency 1 model   | part of it that streams of reads reach (refresh, activation, ECC)
    memory_write_efficiency 1 model  | the same for writes among reads (turn-arounds)
    memory_latency_s s model         | from a load to its data, caches missed, memory idle
    memory_pJ_per_byte pJ/B model    | device, link and controller, for a byte read or written
""")  # fmt: skip

BOARD = _rows("board", """
    tdp_w W device                   | power that the board may draw for long
    idle_w W -                       | power with a context and nothing to do
    static_w W model                 | leakage, clocks, memory refresh and fans while kernels run
    ecc 1 -                          | 1: on, 0: off or none
    launch_s s model                 | from one kernel's end to the start of the next in a stream
""")  # fmt: skip

LINKS = _rows("board", """
    pcie_generation 1 model              | of the host link
    pcie_lanes 1 model                   | of the host link
    pcie_efficiency 1 model          | part of the raw rate that large copies reach: packet headers, flow control
    link_Bps B/s -                   | links to other devices, all together, both directions
    link_efficiency 1 -              | part of it that large copies reach
""")  # fmt: skip

# Energies belong to a process; a chip file may overrule them.
PROCESS = _rows("process", """
    fma_fp32_pJ pJ model             | an FP32 multiply-add of a vector lane, with its share of fetch, registers, control
    fma_tensor_pJ pJ model           | a 16-bit multiply-add of a tensor core, with operands from registers
    shared_pJ_per_byte pJ/B model    | a byte from or to shared memory or the L1
    l2_pJ_per_byte pJ/B model        | a byte between the L2 and a multiprocessor
    voltage_floor 1 model            | voltage at clock zero of the straight line V(f), over that at reference_clock_hz
    reference_clock_hz Hz model      | clock at which the energies hold
    defects_per_cm2 1/cm2 -          | density of killer defects
    defect_clustering 1 -            | parameter of the negative-binomial yield law
    wafer_usd USD -                  | a processed 300 mm wafer
""")  # fmt: skip


class Short(NamedTuple):
    """A short name for a number on a command line, in the unit that people say it in."""

    name: str
    scale: float  # of that unit, in the unit of the file
    unit: str


SHORT = {
    "hbm.bandwidth": Short("memory_bandwidth_Bps", 1e12, "TB/s"),
    "memory.bandwidth": Short("memory_bandwidth_Bps", 1e12, "TB/s"),
    "memory.latency": Short("memory_latency_s", 1e-9, "ns"),
    "l2.size": Short("l2_bytes", 2.0**20, "MiB"),
    "clock": Short("clock_hz", 1e9, "GHz"),
    "sms": Short("multiprocessors", 1.0, "1"),
    "tdp": Short("tdp_w", 1.0, "W"),
    "link.bandwidth": Short("link_Bps", 1e9, "GB/s"),
    "die.bandwidth": Short("die_to_die_Bps", 1e9, "GB/s"),
    "die.remote": Short("remote_share", 1.0, "1"),
    "launch": Short("launch_s", 1e-6, "us"),
}


def meant(name: str) -> tuple[str, float]:
    """The number that a name on a command line means (its own, that with its section in front, or a short one), and the scale of its value."""
    if name in SHORT:
        return SHORT[name].name, SHORT[name].scale
    section, dot, rest = name.partition(".")
    if dot and rest in TABLE and TABLE[rest].section == section:
        return rest, 1.0
    return name, 1.0


TABLE: dict[str, Row] = {**PACKAGE, **COMPUTE, **RATES, **ON_CHIP, **MEMORY, **BOARD, **LINKS, **PROCESS}
# What hangs on a number: rates are those of all multiprocessors at clock_hz.
FOLLOW = {"clock_hz": tuple(RATES), "multiprocessors": tuple(RATES), "l2_bytes": ("l2_near_bytes",)}
SECTIONS = tuple(dict.fromkeys(row.section for row in TABLE.values()))
DEVICE = {name: row.unit for name, row in TABLE.items() if row.need == "device"}
MODEL = {name: row.unit for name, row in TABLE.items() if row.need in ("device", "model")}
KERNEL = {name: row.unit for name, row in TABLE.items() if row.need == "kernel"}
# What programs can ask the device for; energies and packages are not their business.
VISIBLE = ("compute", "rates", "on_chip", "memory", "board")


PAGE = """# Describing a chip

Made by `python -m sheer.chips.vocabulary > docs/chips.md`; do not edit.

A chip is a TOML file. `sheer chips` lists those that come with Sheer, `sheer chips br100 --against a100` compares; any command that takes a chip
takes a file of yours as well (`--chip my.toml`) and the names that vendor tools print (`Tesla T4`).

```toml
[chip]
name = "My chip"            # what programs see
vendor = "me"
based_on = "a100"           # optional: take everything from a chip of Sheer and overrule some of it
process = "tsmc7"           # optional: energies, defects and wafer price of a process (sheer/chips/process/)
kernels = "ampere"          # optional: which library kernels it gets (sheer/model/library.py)
aliases = ["My chip 80GB"]  # optional: what vendor tools print

[board]
tdp_w = { value = 350, unit = "W", status = "assumed", source = "a wish" }
```

Every number has exactly the fields value, unit, status and source. The status is one of *published*, *derived* (by arithmetic from published
numbers), *measured*, *fitted* (the source says on which data) and *assumed* (the source says why). A prediction names the assumed numbers that
it leans on. Numbers marked *device* must be there; those marked *model* only for predictions, those marked *kernel* only for predictions of a
program's kernels. White papers and data sheets of NVIDIA are cited
from knowledge of them; the other sources were looked up.

| number | section | unit | needed by | meaning |
|---|---|---|---|---|
"""

SHORT_HEAD = """
`--set` and `--sweep` of `sheer predict` and `sheer report` take these names, with their section in front if one likes (`board.tdp_w`), and short ones for
what is asked most, in the units that people say them in (`--sweep hbm.bandwidth=0.8:3.2`). The rates of `[rates]` grow with `clock_hz` and
`multiprocessors`, `l2_near_bytes` with `l2_bytes`, unless they are named themselves.

| short | number | unit |
|---|---|---|
"""


def page() -> str:
    """docs/chips.md."""
    rows = [f"| `{name}` | {r.section} | {r.unit} | {r.need} | {r.meaning} |" for name, r in TABLE.items()]
    short = [f"| `{name}` | `{s.name}` | {s.unit} |" for name, s in SHORT.items()]
    return PAGE + "\n".join(rows) + "\n" + SHORT_HEAD + "\n".join(short) + "\n"


if __name__ == "__main__":
    print(page(), end="")
