"""Kernels priced by their counters, against what is known of them.

    python bench/validation/kernels.py           run kernels.cu, keep what it counted in kernels_run.json, print the tables

Comes in: kernels.cu, and operators that a library does in the same way. Goes out: tables for docs/validation.md; report.py puts them there. The
run file knows no chip, so the tables are made for any chip without running anything again.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from sheer.base import counters
from sheer.base.counters import Launch
from sheer.chips import schema
from sheer.model import gemm, library
from sheer.model.gemm import Gemm
from sheer.model.operators import parse, price_operator
from sheer.model.price import price
from sheer.model.program import Priced, launch_price, speed_of_light
from sheer.model.silicon import Silicon, silicon
from sheer.model.validate import EVENTS_S

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEPT = HERE / "kernels_run.json"
M = 1 << 20


class Case(NamedTuple):
    """A launch of kernels.cu, and the operator that a library does in the same way, if there is one."""

    kernel: str
    size: int
    operator: tuple[str, str, str] | None = None


def _rows(kernel: str, operator: str, width: int, *rows: int) -> list[Case]:
    return [Case(f"{kernel}_{width}", n, (operator, f"{n}x{width}", "fp32")) for n in rows]


CASES = [
    *(Case("add4", n, ("add", str(n), "fp32")) for n in (M, 4 * M, 16 * M, 64 * M)),
    *(Case("gelu4", n, ("gelu", str(n), "fp32")) for n in (16 * M, 64 * M)),
    *(Case("reduce", n, ("reduction", str(n), "fp32")) for n in (16 * M, 64 * M)),
    *_rows("softmax", "softmax", 512, 8192, 65536), *_rows("softmax", "softmax", 1024, 8192, 32768),
    *_rows("softmax", "softmax", 4096, 8192, 16384),
    *_rows("layernorm", "layernorm", 1024, 8192, 32768), *_rows("layernorm", "layernorm", 4096, 8192, 16384),
    *(Case("gemm_blocked", n, ("gemm", f"{n}x{n}x{n}", "fp32")) for n in (1024, 2048, 4096)),
    *(Case(f"bmm_{n}", count, ("bmm", f"{count}x{n}x{n}x{n}", "fp32")) for n, count in ((256, 64), (256, 256), (512, 64))),
    *(Case("gemm_mma", n, ("gemm", f"{n}x{n}x{n}", "fp16")) for n in (1024, 2048, 4096)),
    *(Case("gemm_tensor", n, ("gemm", f"{n}x{n}x{n}", "fp16")) for n in (2048, 4096)),
    Case("gemm_tiled", 2048), Case("add", 64 * M), Case("strided", 64 * M),
    *(Case(f"transpose_{kind}", 8192) for kind in ("copy", "padded", "conflicts", "naive")), Case("stencil", 8192),
    Case("fma_loop", 1000), Case("bf16_loop", 100), Case("int8_loop", 100), Case("histogram_global", 16 * M), Case("histogram_shared", 16 * M),
]  # fmt: skip


def record() -> None:
    """Runs the program and keeps its run file, without what belongs to this machine or this hour."""
    words = [word for case in CASES for word in (case.kernel, str(case.size))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        subprocess.run(
            [sys.executable, "-m", "sheer", "run", "--profile", str(path), str(HERE / "kernels.cu"), "-O3", "--", *words],
            check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    kept = []
    for line in lines:
        if line["event"] == "run":
            line = {**line, "program": "kernels", "arguments": words, "date": ""}
        if line["event"] == "end":
            kept.append(line)  # how long it all took
        elif line["event"] in ("run", "launch", "counters"):
            kept.append({**line, **({"host_s": 0} if "host_s" in line else {})})
    KEPT.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in kept))


def launches() -> list[tuple[Case, Launch]]:
    """The cases with what was counted of them."""
    return list(zip(CASES, counters.read(str(KEPT)).launches, strict=True))


# The library's kernel that does the same: 128 x 128 by 256 threads on vector lanes; by 128 on tensor cores.
TILES = {"gemm_blocked": library.WIDE[0], "bmm_256": library.WIDE[0], "bmm_512": library.WIDE[0], "gemm_mma": library.MMA[2]}
GROUPS = {"gemm_blocked": "products, FP32", "bmm_256": "batched products, FP32", "bmm_512": "batched products, FP32", "gemm_mma": "products, FP16"}
CHIPS = ("a100", "v100_pcie_32gb", "t4", "h100", "br104")


def against_operators() -> list[str]:
    """Kernel path against operator path, for kernels that do what a library's do."""
    chips = {name: silicon(schema.load(name)) for name in CHIPS}
    text = [
        "| kernel | operator | " + " | ".join(CHIPS) + " |",
        "|---|---|" + "---|" * len(CHIPS),
    ]
    errors: dict[str, list[float]] = {}
    for case, launch in launches():
        if case.operator is None:
            continue
        cells = []
        for si in chips.values():
            if not alike(case, si):
                cells.append(f"{launch_price(launch, si).prediction.time_s * 1e6:.4g}")
                continue
            mine, theirs = _both(case, launch, si)
            off = mine / theirs - 1
            group = GROUPS.get(case.kernel) or case.kernel.partition("_")[0]
            if case.kernel != "gemm_tensor":
                errors.setdefault(group.rstrip("4"), []).append(abs(off))
            cells.append(f"{mine * 1e6:.4g} ({off:+.0%})")
        text.append(f"| `{case.kernel}` | {' '.join(case.operator)} | {' | '.join(cells)} |")
    text += ["", "| kernels | launches x chips | mean difference | median | worst |", "|---|---|---|---|---|"]
    for group, found in errors.items():
        text.append(f"| {group} | {len(found)} | {statistics.mean(found):.1%} | {statistics.median(found):.1%} | {max(found):.1%} |")
    return text


def alike(case: Case, si: Silicon) -> bool:
    """Whether a chip's library does it as the kernel does: not where it takes matrix units for FP32; copies and matrix instructions of a warp are of Ampere
    and later."""
    if case.kernel == "gemm_mma":
        return si.kernels in ("ampere", "ga102", "hopper")
    return case.kernel not in TILES or si.on_lanes("fp32")


def _both(case: Case, launch: Launch, si: Silicon) -> tuple[float, float]:
    """Seconds by the kernel path and by the operator path, of the same tile where the operator is a product."""
    assert case.operator
    operator = parse(*case.operator)
    mine = launch_price(launch, si).prediction.time_s
    if case.kernel not in TILES:
        return mine, price_operator(si, operator).time_s
    assert isinstance(operator, Gemm)
    library_s = si._replace(kernels="ampere") if case.kernel == "gemm_mma" else si  # no clusters, as Hopper's own have them
    return mine, price(gemm.work(library_s, operator, TILES[case.kernel]), si).time_s


MEASURED = {"a100_pcie_80gb": "NVIDIA A100 80GB PCIe", "v100_pcie_32gb": "Tesla V100-PCIE-32GB", "t4": "Tesla T4"}
NAMES = {"layernorm": "ln"}


def against_measurements() -> list[str]:
    """Kernel path against what was measured of a library's kernels of the same size, with what the measuring program added to a call."""
    with (HERE / "neusight_fp32_ops.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    text = ["| kernel | shape | " + " | ".join(MEASURED) + " |", "|---|---|" + "---|" * len(MEASURED)]
    errors: list[float] = []
    for case, launch in launches():
        if case.operator is None or case.kernel in TILES or case.kernel == "gemm_tensor":
            continue
        name, shape, _ = case.operator
        cells = []
        for chip, device in MEASURED.items():
            measured = _measured(rows, device, NAMES.get(name, name), shape)
            if measured:
                mine = launch_price(launch, silicon(schema.load(chip))).prediction.time_s + EVENTS_S
                errors.append(abs(mine / measured - 1))
                cells.append(f"{mine * 1e6:.4g} of {measured * 1e6:.4g} ({mine / measured - 1:+.0%})")
            else:
                cells.append("")
        if any(cells):
            text.append(f"| `{case.kernel}` | {shape} | {' | '.join(cells)} |")
    text += ["", f"{len(errors)} rows: mean error {statistics.mean(errors):.1%}, median {statistics.median(errors):.1%}, worst {max(errors):.1%}."]
    return text


def against_squares() -> list[str]:
    """`gemm_blocked` against what a library's product of the same size was reported to reach, in T/s."""
    with (HERE / "square_matmul.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["op"] == "matmul_fp32"]
    sizes = [(case.size, launch) for case, launch in launches() if case.kernel == "gemm_blocked" and case.size > 1024]
    text = ["| FP32 product, T/s | " + " | ".join(str(size) for size, _ in sizes) + " |", "|---|" + "---|" * len(sizes)]
    for device in dict.fromkeys(row["device"] for row in rows):
        chip = schema.load(device)
        cells = []
        for size, launch in sizes:
            measured = [float(row["value"]) for row in rows if row["device"] == device and int(row["M"]) == size]
            mine = launch_price(launch, silicon(chip)).prediction.flops / 1e12
            cells.append(f"{mine:.3g} of {measured[0]:.3g} ({mine / measured[0] - 1:+.0%})" if measured else "")
        if any(cells):
            text.append(f"| {device} | {' | '.join(cells)} |")
    return text


def speed() -> str:
    """How many instructions were run, counted and priced in which time."""
    run = counters.read(str(KEPT))
    instructions = sum(launch.counters.instructions for launch in run.launches if launch.counters)
    chip = silicon(schema.load("a100"))
    start = time.perf_counter()
    for _, launch in launches():
        launch_price(launch, chip)
    priced = time.perf_counter() - start
    return (
        f"These {len(run.launches)} launches are {instructions / 1e9:.3g}e9 warp instructions. Running them, checked against the host and counted, took "
        f"{run.end_s or 0:.0f} seconds on a shared machine of two cores, compilation and the host's own work included: "
        f"{instructions / 1e6 / (run.end_s or 1):.3g} million warp instructions a second, where cycle-level simulators report a few hundred thousand "
        f"instructions a second. Pricing all of them for one chip takes {priced * 1e3:.0f} milliseconds."
    )


def _measured(rows: list[dict[str, str]], device: str, op: str, shape: str) -> float:
    """Seconds of the first row of that operator and size; 0 if there is none."""
    for row in rows:
        if row["device"] == device and row["op"] == op and row["B"] and row["H"]:
            size = f"{row['B']}x{row['H']}" if "x" in shape else str(int(row["B"]) * int(row["H"]))
            if size == shape:
                return float(row["latency_ms"]) * 1e-3
    return 0.0


class Fact(NamedTuple):
    """Something that has to come out."""

    what: str
    value: str
    wanted: str
    holds: bool


def facts(chip: str = "a100") -> list[Fact]:
    """What has to come out on a chip, whatever the constants."""
    described = schema.load(chip)
    si = silicon(described)
    found: dict[str, Priced] = {}
    for case, launch in launches():
        found[case.kernel] = launch_price(launch, si)  # the last is the largest

    def time(kernel: str) -> float:
        return found[kernel].prediction.time_s

    def rate(kernel: str) -> float:
        return found[kernel].prediction.flops

    bandwidth = found["add"].prediction.bytes / time("add") / si.dram_Bps
    limit = 1 / (2 / 3 / si.read_eff + 1 / 3 / si.write_eff)
    lanes = 2 * si.lanes * si.multiprocessors * si.clock_hz
    rows = [
        Fact("add: part of the memory's bandwidth", f"{bandwidth:.1%}", f"{limit:.1%} (what streams reach)", abs(bandwidth / limit - 1) < 0.03),
        Fact("multiply-adds alone, of the FP32 peak", f"{rate('fma_loop') / lanes:.1%}", "97 % or more", rate("fma_loop") > 0.97 * lanes),
    ]
    for kernel, name, label in (("bf16_loop", "bf16_flops", "BF16"), ("int8_loop", "int8_ops", "INT8")):
        if described.get(name):
            part = rate(kernel) / described.value(name)
            rows.append(Fact(f"matrix instructions alone, of the {label} peak", f"{part:.1%}", "97 % or more", part > 0.97))
    for slow, fast, least in (
        ("transpose_padded", "transpose_copy", 0.98), ("transpose_conflicts", "transpose_padded", 1.2), ("transpose_naive", "transpose_padded", 1.5),
        ("gemm_tiled", "gemm_blocked", 0.3),
    ):  # fmt: skip
        ratio = time(slow) / time(fast)
        wanted = f"at least {least:g}"
        if slow == "gemm_tiled":  # an eighth of the work
            ratio, wanted = ratio * 8, "at least 3"
            least = 3
        rows.append(Fact(f"{slow} over {fast}", f"{ratio:.2f}", wanted, ratio >= least))
    sectors = found["strided"].prediction.bytes / time("strided") / si.dram_Bps
    rows.append(Fact("loads of a sector a lane: part of the bandwidth, by sectors", f"{sectors:.1%}", "80 % or more", sectors > 0.8))
    return rows


def fact_table(chip: str = "a100") -> list[str]:
    """The facts as a table."""
    text = ["| on " + chip + " | predicted | wanted | |", "|---|---|---|---|"]
    return text + [f"| {f.what} | {f.value} | {f.wanted} | {'' if f.holds else '**missed**'} |" for f in facts(chip)]


def limits(chip: str = "a100") -> list[str]:
    """What bounds each kernel on a chip."""
    si = silicon(schema.load(chip))
    text = [f"| kernel | size | time on {chip}, us | bound | next bound | nearest to its peak | L1 | L2 | power |", "|---|---|---|---|---|---|---|---|---|"]
    for case, launch in launches():
        priced = launch_price(launch, si)
        p, a = priced.prediction, priced.analysis
        unit, part = speed_of_light(priced, si)
        text.append(
            f"| `{case.kernel}` | {case.size:,} | {p.time_s * 1e6:.4g} | {p.bound} | {p.next_bound} ({p.utilisation[p.next_bound]:.0%}) | "
            f"{unit} {part:.0%} | {a.traffic.l1_hit:.0%} | {a.traffic.l2_hit:.0%} | {p.power_w:.0f} W |"
        )
    return text


NOTES = [
    "*GELU* on BR104: the error function of Sheer's device library takes 36 instructions and none of the special-function lanes, the vendor's about 30,",
    "and BR104 has few lanes. *Soft-max of 4,096* reduces as PyTorch does (a lane goes over the values of a warp), *layer norm* by Welford's updates.",
]


def section() -> list[str]:
    """The part of docs/validation.md."""
    return [
        "## Kernels by their counters",
        "",
        "Programs of ours (`bench/validation/kernels.cu`), run by Sheer and priced from what they were counted to do (`python bench/validation/kernels.py`",
        "records). The operator path prices the same work as a library's kernel: where the algorithm is the same, both should agree. Times in",
        "microseconds, launch included; in brackets how far the kernel path lies from the operator path (products: with the same tile). No comparison is",
        "made where a chip's library does otherwise: on BR104 it takes matrix units for FP32, and they are not programmed by the warp; `gemm_mma` copies",
        "asynchronously, which V100 and T4 can't (on H100 it is compared with the same kernel, and not with those of clusters). `gemm_tensor` is no library",
        "kernel (it loads its fragments through `wmma`) and is shown for comparison only, outside the means.",
        "",
        *against_operators(),
        "",
        *NOTES,
        "",
        "Against measurements (NeuSight: PyTorch's kernels, which are not these, of the same size; 17 microseconds of host time added as everywhere),",
        "microseconds:",
        "",
        *against_measurements(),
        "",
        "Against what owners of boards reported of their library's products (`square_matmul.csv`; single runs, T/s). On P100 and P4 the issue rate was set by",
        "this table, on L4 the multiply-add's energy and what the board draws by itself.",
        "",
        *against_squares(),
        "",
        "What has to come out, whatever the constants:",
        "",
        *fact_table(),
        "",
        "What bounds each kernel:",
        "",
        *limits(),
        "",
        speed(),
        "",
    ]


if __name__ == "__main__":
    if "--again" not in sys.argv:
        record()
    print("\n".join(section()))
