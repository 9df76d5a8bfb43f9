"""Laws that predictions keep, on every chip."""

from __future__ import annotations

import pytest

from sheer.base.errors import ChipError, UsageError
from sheer.chips import schema
from sheer.model import gemm
from sheer.model.gemm import Gemm
from sheer.model.operators import Operator, parse, predict, price_operator, works
from sheer.model.peaks import peaks
from sheer.model.price import power_at, price
from sheer.model.rowwise import Rows
from sheer.model.silicon import Silicon, silicon
from sheer.model.work import hit_rate, resident_blocks, shared_time

CHIPS = schema.names()
OPERATORS = [
    ("gemm", "512x512x512", "fp32"), ("gemm", "4096x4096x4096", "bf16"), ("gemm", "100x33x7", "int8"),
    ("linear", "2048x1024x4096", "tf32"), ("bmm", "64x128x128x64", "fp16"),
    ("conv", "32x64x56x56x64x3x3x1x1", "fp16"), ("conv", "8x3x224x224x64x7x7x2x3", "fp32"),
    ("attention", "4x8x1024x1024x64", "bf16"), ("attention", "4x8x512x512x64", "fp32"),
    ("softmax", "8192x512", "fp32"), ("softmax", "8192x8192", "fp16"), ("layernorm", "4096x1024", "fp32"),
    ("gelu", "1048576", "fp16"), ("add", "4096x4096", "fp32"), ("embedding", "8192x1024x50000", "fp16"),
    ("reduction", "16777216", "fp32"),
]  # fmt: skip


def chip(name: str) -> Silicon:
    return silicon(schema.load(name))


@pytest.mark.parametrize("name", CHIPS)
def test_every_operator_has_a_price(name: str) -> None:
    si = chip(name)
    for what, shape, dtype in OPERATORS:
        p = price_operator(si, parse(what, shape, dtype))
        assert 1e-6 < p.time_s < 10
        assert si.static_w * 0.99 <= p.power_w <= si.tdp_w * 1.001, (what, p.power_w)
        assert p.energy_J == pytest.approx(p.power_w * p.time_s, rel=0.01)
        assert si.clock_min_hz <= p.clock_hz <= si.clock_hz
        assert 0 < max(p.utilisation.values()) <= 1.01


@pytest.mark.parametrize("name", CHIPS)
def test_published_peaks_are_reached_or_it_is_said_why(name: str) -> None:
    for peak in peaks(schema.load(name)):
        assert peak.share <= 1.001
        assert peak.share >= 0.97 or peak.why, peak


def test_no_rate_exceeds_the_peak() -> None:
    for name in CHIPS:
        si = chip(name)
        for dtype in ("fp32", "bf16", "int8"):
            p = price_operator(si, Gemm(1, 8192, 8192, 8192, dtype))
            ran, rate = si.matrix(dtype)
            assert p.flops <= 2 * rate * si.multiprocessors * si.clock_hz * 1.001, (name, ran)


def test_br100_makes_about_a_petaflop_within_its_power() -> None:
    p = price_operator(chip("br100"), Gemm(1, 16384, 16384, 16384, "bf16"))
    assert 930e12 < p.flops < 1024e12
    assert p.power_w < 550
    assert p.bound == "matrix"
    assert "fma_tensor_pJ" in schema.load("br100").assumed()


def test_the_power_limit_halves_gemm_on_t4_alone() -> None:
    big = Gemm(1, 8192, 8192, 8192, "fp32", True)
    t4 = price_operator(chip("t4"), big)
    assert t4.flops < 0.6 * 8.14e12
    assert t4.power_w == pytest.approx(70, abs=1)
    assert "power limit" in t4.bound
    for other in ("v100_pcie_32gb", "a100_pcie_80gb"):
        assert price_operator(chip(other), big).flops > 0.85 * schema.load(other).value("fp32_flops")


def test_small_changes_of_a_chip_go_the_right_way() -> None:
    base = schema.load("a100")
    memory_bound, big = Rows("softmax", 65536, 4096), Gemm(1, 8192, 8192, 8192, "fp16")

    def time(op: Operator, **changes: float) -> float:
        return price_operator(silicon(base.changed(**changes)), op).time_s

    assert time(memory_bound, memory_bandwidth_Bps=4e12) < 0.8 * time(memory_bound)
    assert time(big, multiprocessors=54, fp16_flops=156e12) > 1.8 * time(big)
    assert time(big, tdp_w=200) > 1.3 * time(big)
    assert time(Gemm(1, 128, 8192, 8192, "fp16"), l2_bytes=1e9) <= time(Gemm(1, 128, 8192, 8192, "fp16"))


def test_power_rises_with_the_clock() -> None:
    si = chip("t4")
    work = works(si, Gemm(1, 4096, 4096, 4096))[0]
    watts = [power_at(work, si, f * 1e9) for f in (0.4, 0.8, 1.2, 1.59)]
    assert watts == sorted(watts)
    assert price(work, si).power_w <= si.tdp_w


def test_waves_cost_what_they_should() -> None:
    """One block more than a full wave costs nearly another wave."""
    si = chip("a100_pcie_80gb")
    tile, r = gemm.family("ampere").batched[0], gemm.rates(si, Gemm(1, 128, 128, 8192))
    full = gemm.plan(si, Gemm(1, 128 * 108 * 2, 128, 8192), tile, 1, r)
    more = gemm.plan(si, Gemm(1, 128 * (108 * 2 + 1), 128, 8192), tile, 1, r)
    assert full.blocks == 216 and full.resident == 2
    assert 1.4 < more.clocks / full.clocks < 1.8


def test_laws_of_sharing_and_caches() -> None:
    assert shared_time(1, (2, 3)) == pytest.approx(5)
    assert shared_time(50, (2, 3)) == pytest.approx(3)
    assert shared_time(2, ()) == 0
    assert hit_rate(1, 100) > 0.99 > 0.5 == hit_rate(100, 100) > 0.01 > hit_rate(1e4, 100)
    assert resident_blocks(256, 128, 32768, (2048, 32, 65536, 98304)) == 2
    assert resident_blocks(1024, 255, 0, (1024, 16, 65536, 65536)) == 1


def test_ranges_come_from_assumed_numbers() -> None:
    op = Gemm(1, 8192, 8192, 8192, "bf16")
    br100, a100 = predict(schema.load("br100"), op), predict(schema.load("a100"), op)
    assert br100.low_s < br100.time_s < br100.high_s
    assert "l2_bytes_per_clock" in br100.leans_on
    assert (br100.high_s - br100.low_s) / br100.time_s > (a100.high_s - a100.low_s) / a100.time_s


def test_wrong_operators_are_explained() -> None:
    with pytest.raises(UsageError, match="MxNxK"):
        parse("gemm", "12", "fp32")
    with pytest.raises(UsageError, match="there are gemm"):
        parse("gemmm", "1x1x1", "fp32")
    with pytest.raises(UsageError, match="there are fp32"):
        parse("gemm", "1x1x1", "fp3")
    with pytest.raises(UsageError, match="does not fit"):
        price_operator(chip("a100"), parse("conv", "1x3x4x4x8x7x7", "fp16"))


def test_a_chip_without_the_model_numbers_is_refused_only_for_pricing() -> None:
    base = schema.load("a100")
    poor = base._replace(numbers={k: v for k, v in base.numbers.items() if k != "memory_latency_s"})
    with pytest.raises(ChipError, match="memory_latency_s"):
        silicon(poor)


def test_element_wise_kernels_know_lanes() -> None:
    """A chip of few FP32 lanes is bound by them where an operation has many instructions, and by memory where it has few."""
    few = chip("br104")._replace(lanes=16)
    assert price_operator(few, parse("gelu", "16777216", "fp32")).bound == "fp32"
    assert price_operator(few, parse("add", "16777216", "fp32")).bound == "memory"
    apart = few._replace(pipes=few.pipes and few.pipes._replace(int_on_fp32=False))
    assert price_operator(apart, parse("gelu", "16777216", "fp32")).time_s < price_operator(few, parse("gelu", "16777216", "fp32")).time_s
