"""Kernels priced from counters: occupancy, caches, pipes; hand-written counters whose traffic is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sheer.base import counters
from sheer.base.counters import Access, BlockReuse, Counters, GridReuse, Launch
from sheer.base.errors import ChipError, RunFileError
from sheer.chips import schema
from sheer.cli.main import cli
from sheer.model.caches import inside, l1_capacity, spread, traffic
from sheer.model.kernel import analyse
from sheer.model.occupancy import occupancy
from sheer.model.price import Prediction, price
from sheer.model.program import price_run
from sheer.model.silicon import Silicon, silicon

SAMPLE = Path(__file__).parent.parent / "counting" / "vadd_gemm.json"


def chip(name: str) -> Silicon:
    return silicon(schema.load(name))


def launch(grid: int, block: int, c: Counters | None = None, shared: int = 0, registers: int = 32) -> Launch:
    return Launch(
        1, 0, 0, 1, "k", "k", (grid, 1, 1), (block, 1, 1), shared, 0, registers, 0, False, 0.0, None, c
    )


def count(
    grid: int,
    block: int,
    issued: dict[str, float],
    memory: dict[str, Access] | None = None,
    l1: BlockReuse | None = None,
    l2: GridReuse | None = None,
    tensor: dict[str, float] | None = None,
    flops: float = 0.0,
    barriers: float = 0.0,
) -> Counters:
    """Counters of a grid from counts of one warp."""
    warps = grid * block / 32
    whole = {unit: n * warps for unit, n in issued.items()}
    return Counters(
        grid, grid, 0.0, warps, grid * block, whole, {unit: 32 * n for unit, n in whole.items()}, tensor or {},
        {"fp32": flops}, memory or {}, l1 or BlockReuse(), l2 or GridReuse(), barriers,
    )  # fmt: skip


def stream(elements: int, stride: int = 1, block: int = 256) -> tuple[Counters, Launch]:
    """c[i] = a[i] + b[i]; with a stride, each load touches a sector of its own."""
    grid = elements // block
    warps = elements / 32
    sectors = warps * 4 * min(8, stride)
    lines = warps * min(32, stride)
    c = count(
        grid, block, {"int": 4, "imad": 4, "fp32": 1, "load": 2, "store": 1, "branch": 1},
        {
            "global_load": Access(2 * warps, 64 * warps, 256 * warps, 2 * sectors, 2 * lines),
            "global_store": Access(warps, 32 * warps, 128 * warps, 4 * warps, warps),
        },
        BlockReuse(2 * sectors),
        GridReuse(64 * sectors, 4.0 * elements, 4.0 * elements, (), (64 * sectors + 4.0 * elements) / grid),
        flops=elements,
    )  # fmt: skip
    return c, launch(grid, block, c)


def priced(case: tuple[Counters, Launch], name: str) -> Prediction:
    si = chip(name)
    return price(analyse(*case, si).work, si)


# -- occupancy --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "registers", "shared", "name", "blocks", "limit"),
    [
        (256, 32, 0, "a100", 8, "threads"), (1024, 32, 0, "a100", 2, "threads"), (32, 32, 0, "a100", 32, "blocks"),
        (256, 128, 0, "a100", 2, "registers"), (256, 255, 0, "a100", 1, "registers"), (256, 72, 0, "a100", 3, "registers"),
        (256, 32, 48 << 10, "a100", 3, "shared memory"), (256, 32, 48 << 10, "t4", 1, "shared memory"),
        (128, 32, 16 << 10, "v100_pcie_32gb", 6, "shared memory"), (1024, 32, 0, "t4", 1, "threads"),
        (96, 40, 0, "a100", 16, "registers"),
    ],
)  # fmt: skip
def test_occupancy(block: int, registers: int, shared: int, name: str, blocks: int, limit: str) -> None:
    held = occupancy(launch(1 << 20, block, None, shared, registers), chip(name))
    assert (held.blocks, held.limit, held.misfit) == (blocks, limit, "")


def test_few_blocks_are_spread() -> None:
    held = occupancy(launch(150, 128), chip("a100"))
    assert (held.blocks, held.limit) == (2, "grid")
    assert held.share == pytest.approx(8 / 64)


@pytest.mark.parametrize(
    ("block", "registers", "shared", "why"),
    [(256, 32, 100 << 10, "shared memory"), (1024, 128, 0, "registers")],
)
def test_what_does_not_fit_is_named(block: int, registers: int, shared: int, why: str) -> None:
    held = occupancy(launch(100, block, None, shared, registers), chip("t4"))
    assert why in held.misfit and held.blocks == 1


# -- caches -----------------------------------------------------------------------------------------------------------


def test_the_l1_is_what_shared_memory_leaves() -> None:
    a100, p100, t4 = chip("a100"), chip("p100_pcie_16gb"), chip("t4")
    assert l1_capacity(a100, 0) == 192 << 10
    assert l1_capacity(a100, 164 << 10) == 28 << 10
    assert l1_capacity(p100, 0) == l1_capacity(p100, 48 << 10) == 24 << 10
    assert (l1_capacity(t4, 0), l1_capacity(t4, 48 << 10), l1_capacity(t4, 64 << 10)) == (64 << 10, 48 << 10, 32 << 10)


def bucket(kilobytes: int, amount: float) -> tuple[float, ...]:
    """A histogram with reuse at less than so many kilobytes, and no nearer."""
    return (*([0.0] * (kilobytes.bit_length() - 1)), amount)


def test_reuse_inside_a_block_hits_while_all_its_neighbours_fit() -> None:
    si = chip("a100")
    near = count(1000, 256, {"load": 10}, l1=BlockReuse(1000, bucket(4, 9000)), l2=GridReuse(32000, 0, 0, (), 4096))
    far = near._replace(l1=BlockReuse(1000, bucket(256, 9000)))
    assert traffic(near, si, 8, 0).l1_hit == pytest.approx(0.9, abs=0.01)
    assert traffic(near, si, 1, 0).l1_hit >= traffic(near, si, 32, 0).l1_hit
    assert traffic(near, si, 32, 5 << 10).l1_hit < 0.2  # 28 KB for 32 blocks
    assert traffic(far, si, 1, 0).l1_hit < 0.7
    assert traffic(far, si, 8, 0).l1_hit < 0.01


def test_a_walk_over_all_that_a_block_loads_comes_again_after_just_that() -> None:
    assert inside(4, 16 << 10) == 16 << 10  # a row of a power of two of bytes lies at the bound of its bucket
    assert inside(4, 9 << 10) == 9 << 10
    assert inside(4, 64 << 10) == inside(4, 1 << 10) == 12 << 10  # no walk over everything: the middle


def test_footprints_of_consecutive_blocks() -> None:
    alone = count(100, 256, {}, l2=GridReuse(100 * 4096, 0, 0, (), 4096))
    assert spread(alone, 10) == pytest.approx(10 * 4096)
    assert spread(alone, 1e6) == pytest.approx(100 * 4096)
    # every block reads the same bytes as the one before
    same = alone._replace(l2=GridReuse(4096, 0, 0, (99 * 4096,), 4096))
    assert spread(same, 10) == pytest.approx(4096)
    # half of them come again after 8 blocks
    half = alone._replace(l2=GridReuse(54 * 4096, 0, 0, (0, 0, 0, 46 * 4096), 4096))
    assert 10 * 2048 < spread(half, 64) < 64 * 4096 * 0.7


def test_blocks_of_a_wave_share_what_they_read() -> None:
    """Every block reads the same 64 MB: side by side they need it from memory once, one wave after another each time."""
    si = chip("a100")
    size = float(64 << 20)
    one = count(216, 1024, {"load": 1}, l1=BlockReuse(216 * size / 32), l2=GridReuse(size, 0, 0, (215 * size,), size))
    assert traffic(one, si, 2, 0).dram_read == pytest.approx(size, rel=0.6)
    waves = count(8 * 216, 1024, {"load": 1}, l1=BlockReuse(8 * 216 * size / 32))._replace(
        l2=GridReuse(size, 0, 0, (*([0.0] * 8), 7 * 216 * size), size)
    )
    assert traffic(waves, si, 2, 0).dram_read > 5 * 216 * size
    small = waves._replace(l2=waves.l2._replace(cold_read=1 << 20, footprint=1 << 20, reuse=(*([0.0] * 8), 7 * 216 << 20)))
    assert traffic(small, si, 2, 0).dram_read == pytest.approx(1 << 20, rel=0.05)


# -- pipes, latency, power --------------------------------------------------------------------------------------------


def test_a_big_stream_runs_at_what_memory_reaches() -> None:
    """An element-wise addition comes to the bandwidth that streams reach, as the operator path has it."""
    from sheer.model.operators import parse, price_operator

    for name in ("a100", "v100_pcie_32gb", "t4", "h100", "br104", "p100_pcie_16gb"):
        p = priced(stream(1 << 26), name)
        assert p.bound == "memory", name
        operator = price_operator(chip(name), parse("add", str(1 << 26), "fp32"))
        assert p.time_s == pytest.approx(operator.time_s, rel=0.05), name
        assert p.power_w == pytest.approx(operator.power_w, rel=0.1), name
    a100 = priced(stream(1 << 26), "a100")
    assert a100.bytes / a100.time_s / 2.039e12 == pytest.approx(0.885, abs=0.02)


def test_strided_loads_cost_what_they_touch() -> None:
    assert priced(stream(1 << 24, stride=32), "a100").time_s > 4 * priced(stream(1 << 24), "a100").time_s


def fma_loop(grid: int, block: int, n: int = 4096) -> tuple[Counters, Launch]:
    c = count(grid, block, {"fp32": n, "int": n / 64, "branch": n / 64, "store": 1}, flops=64.0 * n * grid * block / 32)
    c = c._replace(critical={"alu": n * c.warps})  # each waits for the one before
    return c, launch(grid, block, c)


@pytest.mark.parametrize("name", schema.names())
def test_multiply_adds_alone_reach_the_peak_of_the_lanes(name: str) -> None:
    si = chip(name)
    p = priced(fma_loop(64 * si.multiprocessors, 1024), name)
    peak = 2 * si.lanes * si.multiprocessors * p.clock_hz
    assert p.flops > 0.93 * peak
    assert p.flops <= peak


def test_a_chain_of_loads_is_latency_where_few_warps_run() -> None:
    """A pointer chase: each load waits for the one before."""
    si = chip("a100")
    n, warps = 1000.0, 108.0
    c = count(
        108, 32, {"load": n, "int": n}, {"global_load": Access(n * warps, 32 * n * warps, 128 * n * warps, 32 * n * warps, 32 * n * warps)},
        BlockReuse(32 * n * warps), GridReuse(1024 * n * warps, 0, 0, (), 1024 * n),
    )._replace(critical={"load": n * warps, "alu": n * warps})  # fmt: skip
    p = priced((c, launch(108, 32, c)), "a100")
    assert p.bound == "latency"
    assert p.time_s == pytest.approx(n * (si.latency_s + 4 / si.clock_hz), rel=0.15)
    eight = c._replace(critical={"load": n * warps / 8, "alu": n * warps})
    assert priced((eight, launch(108, 32, eight)), "a100").time_s < 0.5 * p.time_s


def test_few_warps_hide_no_latency() -> None:
    si = chip("a100")
    full = priced(fma_loop(108 * 2, 1024), "a100")
    alone = priced(fma_loop(108, 32), "a100")
    assert alone.bound == "latency" or alone.flops < 0.3 * full.flops / 16
    assert full.flops > 0.9 * 2 * 64 * 108 * si.clock_hz


def test_half_a_chip_of_blocks_takes_as_long_as_a_whole() -> None:
    whole, half = (priced(fma_loop(grid, 1024), "a100").time_s for grid in (108, 54))
    assert half == pytest.approx(whole, rel=0.01)
    one_more = priced(fma_loop(109, 1024), "a100").time_s
    assert 1.5 < one_more / whole < 2.1


@pytest.mark.parametrize(("name", "dtype"), [("a100", "bf16"), ("a100", "int8"), ("h100", "fp16"), ("br104", "bf16"), ("a100", "fp64")])
def test_tensor_loops_reach_the_peak(name: str, dtype: str) -> None:
    described = schema.load(name).changed(tdp_w=2000)
    si = silicon(described)
    grid, block, n = 8 * si.multiprocessors, 256, 8192
    each = 2048.0  # multiply-adds of a warp's instruction
    c = count(grid, block, {"tensor": n, "int": n / 16, "branch": n / 16}, tensor={dtype: each * n * grid * block / 32})
    p = price(analyse(c, launch(grid, block, c), si).work, si)
    rate = {"fp64": "fp64_tensor_flops", "int8": "int8_ops"}.get(dtype, f"{dtype}_flops")
    assert 0.93 < p.flops / described.value(rate) <= 1.001
    assert p.bound == "tensor"


def shared_loop(wavefronts: float) -> tuple[Counters, Launch]:
    grid, block, n = 864, 256, 1024
    warps = grid * block / 32
    c = count(
        grid, block, {"shared_load": n, "fp32": n, "int": n / 8},
        {"shared_load": Access(n * warps, 32 * n * warps, 128 * n * warps, 0, 0, wavefronts * n * warps)},
    )  # fmt: skip
    return c, launch(grid, block, c, 16 << 10)


def test_bank_conflicts_cost_their_wavefronts() -> None:
    free, double, worst = (priced(shared_loop(w), "a100").time_s for w in (1, 2, 32))
    assert 1.7 < double / free < 2.1
    assert worst > 25 * free


def test_atomics_at_one_address_go_one_after_the_other() -> None:
    grid, block = 8192, 256
    warps = grid * block / 32

    def case(sectors: float, same: float, written: float) -> float:
        c = count(
            grid, block, {"int": 10, "atomic": 1},
            {"atomic": Access(warps, 32 * warps, 128 * warps, sectors * warps, warps, 0, same * warps)},
            l2=GridReuse(0, written, written, (), written / grid),
        )  # fmt: skip
        return priced((c, launch(grid, block, c)), "a100").time_s

    spread_out, one_each_warp, one = case(4, 1, 4.0 * grid * block), case(1, 32, 32.0 * 4096), case(1, 32, 32)
    assert spread_out < one_each_warp < one
    assert one == pytest.approx(warps * 32 / 1.41e9, rel=0.1)


def test_chips_without_fp64_take_long_for_it() -> None:
    grid, block = 1728, 256
    c = count(grid, block, {"fp64": 1000})
    times = {name: priced((c, launch(grid, block, c)), name).time_s for name in ("a100", "t4", "br104")}
    assert times["t4"] > 10 * times["a100"]
    assert times["br104"] > 10 * times["a100"]


# -- whole programs ---------------------------------------------------------------------------------------------------


def test_a_run_file_is_priced_for_every_chip() -> None:
    run = counters.read(str(SAMPLE))
    for name in schema.names():
        p = price_run(run, schema.load(name), with_range=False)
        assert {row.kernel: row.calls for row in p.rows} == {"gemm": 1, "vadd": 2}
        assert p.kernel_s + p.copy_s < p.total_s * 1.001
        assert p.energy_J == pytest.approx(p.power_w * p.total_s)
        assert not p.misfits


def test_the_range_of_a_long_run_is_that_of_a_short_one() -> None:
    """Many launches are ranged without a timeline for each assumed number."""
    run = counters.read(str(SAMPLE))
    vadd = run.launches[0]
    short = price_run(run._replace(events=(vadd,) * 900), schema.load("br104"))
    long = price_run(run._replace(events=(vadd,) * 1100), schema.load("br104"))
    assert long.low_s / long.total_s == pytest.approx(short.low_s / short.total_s, rel=0.01)
    assert long.high_s / long.total_s == pytest.approx(short.high_s / short.total_s, rel=0.01)
    assert set(long.leans_on) == set(short.leans_on)


def test_a_chip_without_the_numbers_of_kernels_is_refused() -> None:
    base = schema.load("a100")
    poor = base._replace(numbers={k: v for k, v in base.numbers.items() if k != "int_lanes_per_multiprocessor"})
    with pytest.raises(ChipError, match="int_lanes_per_multiprocessor"):
        price_run(counters.read(str(SAMPLE)), poor)


def invoke(*words: str) -> Any:
    return CliRunner().invoke(cli, ["predict", *words])


def test_the_command_shows_kernels_totals_and_other_chips() -> None:
    text = invoke(str(SAMPLE), "--chip", "a100", "--chip", "br104").output
    assert "gemm 1024 on Sheer A100 (a100)" in text
    assert "vadd" in text and "L1 and shared memory" in text
    assert "device time" in text and "br104: " in text
    swept = invoke(str(SAMPLE), "--chip", "a100", "--sweep", "memory_bandwidth_Bps=1e12:3e12:3").output
    assert swept.count("a100 memory_bandwidth_Bps=") == 3
    found = json.loads(invoke(str(SAMPLE), "--chip", "a100", "--chip", "t4", "--json").output)
    assert [each["chip"] for each in found] == ["a100", "t4"]
    assert found[0]["kernels"][0]["kernel"] == "gemm"
    rows = invoke(str(SAMPLE), "--chip", "a100", "--csv").output.splitlines()
    assert rows[0].startswith("chip,kernel,calls,time_s") and len(rows) == 3


def test_changes_bring_what_they_should() -> None:
    from sheer.model.whatif import CHANGES, FEWER_REGISTERS, effects

    run = counters.read(str(SAMPLE))
    found = {effect.change: effect for effect in effects(run, schema.load("a100"))}
    assert set(found) == {*CHANGES, FEWER_REGISTERS}
    # the tiled product is bound by shared memory, the whole program by the host link
    assert found["twice the bandwidth of L1 and shared memory"].kernels < 0.7
    assert found["twice the host link"].total < 0.7 and found["twice the host link"].kernels == 1
    assert found["twice the tensor rate"].kernels == 1
    assert all(0.3 < effect.total < 1.05 for effect in found.values())
    text = invoke(str(SAMPLE), "--chip", "a100", "--what-if").output
    assert "what if Sheer A100 had" in text and "twice the host link" in text


def test_the_timeline_is_a_trace_for_perfetto(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    invoke(str(SAMPLE), "--chip", "a100", "--trace", str(path))
    events = json.loads(path.read_text())["traceEvents"]
    spans = [e for e in events if e["ph"] == "X"]
    assert [e["name"] for e in spans if e["cat"] == "kernel"] == ["vadd", "vadd", "gemm"]
    assert all(a["ts"] + a["dur"] <= b["ts"] for a, b in zip(spans, spans[1:], strict=False))
    assert spans[-2]["args"]["bound"] == "L1 and shared memory"
    assert max(e["args"]["W"] for e in events if e["ph"] == "C") > 300


def test_a_kernel_that_would_not_fit_is_named(tmp_path: Path) -> None:
    lines = SAMPLE.read_text().replace('"static_shared": 2048', '"static_shared": 100000')
    path = tmp_path / "run.json"
    path.write_text(lines)
    text = invoke(str(path), "--chip", "t4").output
    assert "would not fit: gemm: a block takes 100000 bytes of shared memory, t4 has 65536" in text


def test_a_damaged_run_file_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(SAMPLE.read_text().replace('"registers": 40', '"registers": "many"'))
    with pytest.raises(RunFileError, match=r"run.json:8: registers"):
        counters.read(str(path))
    result = invoke(str(path), "--chip", "a100")
    assert isinstance(result.exception, RunFileError)
