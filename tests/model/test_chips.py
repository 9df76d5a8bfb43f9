"""Chip files: what is refused and how it is said, names, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sheer.base import counters
from sheer.base.errors import ChipError
from sheer.chips import schema, vocabulary
from sheer.cli.main import cli
from sheer.model.operators import parse, predict
from sheer.model.program import price_run
from sheer.model.silicon import silicon

RUN = Path(__file__).parent.parent / "counting" / "vadd_gemm.json"


@pytest.mark.parametrize("name", schema.names())
def test_built_in_chips_are_complete(name: str) -> None:
    chip = schema.load(name)
    schema.for_pricing(chip)
    assert list(chip.numbers) == [key for key in vocabulary.TABLE if key in chip.numbers]
    assert chip.aliases


@pytest.mark.parametrize(
    ("alias", "key"),
    [
        ("Tesla T4", "t4"), ("NVIDIA A100 80GB PCIe", "a100_pcie_80gb"), ("Tesla V100-PCIE-32GB", "v100_pcie_32gb"),
        ("NVIDIA A100-PCIE-40GB", "a100_pcie_40gb"), ("NVIDIA H100 80GB HBM3", "h100"), ("NVIDIA L4", "l4"),
        ("Tesla P4", "p4"), ("tesla p100-pcie-16gb", "p100_pcie_16gb"), ("NVIDIA A100-SXM4-80GB", "a100"),
    ],
)  # fmt: skip
def test_vendor_names(alias: str, key: str) -> None:
    assert schema.load(alias).key == key


def test_a_variant_differs_only_where_it_says(tmp_path: Path) -> None:
    base, variant = schema.load("a100"), schema.load("a100_pcie_80gb")
    changed = {key for key in base.numbers if base.numbers[key] != variant.numbers[key]}
    assert changed == {"memory_clock_hz", "memory_bandwidth_Bps", "tdp_w", "clock_base_hz"}
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[chip]\nname = "Mine"\nvendor = "me"\nbased_on = "br104"\n'
        '[board]\ntdp_w = { value = 200, unit = "W", status = "assumed", source = "a wish" }\n'
    )
    with pytest.raises(ChipError, match=r"mine.toml:4: chip.based_on: br104 is itself based on"):
        schema.load(str(mine))
    mine.write_text(mine.read_text().replace("br104", "br100"))
    assert schema.load(str(mine)).value("tdp_w") == 200


NUMBER = '{ value = 1, unit = "W", status = "assumed", source = "x" }'
WRONG = {
    f"[board]\ntpd_w = {NUMBER}": r"x.toml:6: board.tpd_w: no such number; did you mean tdp_w",
    f"[memory]\ntdp_w = {NUMBER}": r"x.toml:6: memory.tdp_w: belongs into \[board\]",
    f"[bord]\ntdp_w = {NUMBER}": r"x.toml:5: \[bord\]: there is no such section; sections are chip, package",
    f"[board]\ntdp_w = {NUMBER.replace('W', 'kW')}": r"x.toml:6: .*unit 'kW'; it must be 'W'",
    f"[board]\ntdp_w = {NUMBER.replace('= 1', '= -1')}": r"x.toml:6: board.tdp_w: value -1 must be more than 0",
    f"[memory]\nmemory_read_efficiency = {NUMBER.replace('= 1', '= 1.5').replace('W', '1')}": r"x.toml:6: .*must be at most 1",
    f"[compute]\nmultiprocessors = {NUMBER.replace('= 1', '= 10.5').replace('W', '1')}": r"x.toml:6: .*must be a whole number",
    f"[compute]\nclock_hz = {NUMBER.replace('= 1', '= 0').replace('W', 'Hz')}": r"x.toml:6: .*must be more than 0",
    f"[board]\ntdp_w = {NUMBER.replace('assumed', 'guessed')}": "published, derived, measured, fitted, assumed",
    "[board]\ntdp_w = 300": r"x.toml:6: .*exactly the fields",
    "[board\ntdp_w = 300": "not TOML: .*line 5",
    'prozess = "tsmc7"': r"x.toml:5: chip.prozess: no such text; allowed are name",
    'process = "tsmc6"': r"x.toml:5: chip.process: 'tsmc6' is none of samsung8, tsmc12",
    'aliases = "a"': r"x.toml:5: chip.aliases: a list of names",
}


@pytest.mark.parametrize(("text", "words"), WRONG.items())
def test_errors_name_the_line_and_what_is_allowed(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f'[chip]\nname = "X"\nvendor = "me"\nbased_on = "a100"\n{text}\n')
    with pytest.raises(ChipError, match=words):
        schema.load(str(path))


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('[chip]\nname = "X"\nvendor = "me"\n')
    with pytest.raises(ChipError, match=r"\[compute\] multiprocessors is missing \(unit 1\)"):
        schema.load(str(path))


def test_programs_see_no_energies() -> None:
    text = schema.properties_text(schema.load("br100"))
    assert "multiprocessors 128" in text and "tdp_w 550" in text
    assert "_pJ " not in text and "die_area" not in text


def test_command() -> None:
    run = CliRunner().invoke
    assert "br100" in run(cli, ["chips"]).output
    side = run(cli, ["chips", "br100", "--against", "Tesla T4"]).output
    assert "ratio" in side and "1.64 TB/s p" in side
    plain = json.loads(run(cli, ["chips", "a100", "--json"]).output)
    assert plain[0]["numbers"]["tdp_w"]["status"] == "published"
    assert "nobody" in str(run(cli, ["chips", "nobody"]).exception)


def test_predict_command() -> None:
    run = CliRunner().invoke
    result = run(
        cli, ["predict", "gemm", "4096x4096x4096", "--type", "bf16", "--chip", "br104", "--chip", "a100"]
    )
    assert result.exit_code == 0 and "br104" in result.output and "TFLOP" not in result.output
    found = json.loads(run(cli, ["predict", "softmax", "8192x1024", "--chip", "t4", "--json"]).output)
    assert found[0]["bound"] == "memory" and found[0]["power_w"] < 70


def test_what_if(tmp_path: Path) -> None:
    run = CliRunner().invoke
    words = ["predict", "relu", "67108864", "--chip", "br104", "--json"]
    swept = json.loads(run(cli, [*words, "--sweep", "memory_bandwidth_Bps=0.8e12:3.2e12:3"]).output)
    times = [p["time_s"] for p in swept]
    assert len(times) == 3 and times == sorted(times, reverse=True) and times[0] > 2 * times[2]
    placed = json.loads(run(cli, [*words, "--chip", "br100", "--set", "remote_share=0"]).output)
    assert placed[1]["time_s"] < json.loads(run(cli, [*words, "--chip", "br100"]).output)[1]["time_s"]
    for wrong, said in (
        ("memory=1", "did you mean memory_"),
        ("tdp_w=-1", "more than 0"),
        ("tdp_w", "NAME=VALUE"),
    ):
        assert said in str(run(cli, [*words, "--set", wrong]).exception)


def test_short_names_are_in_the_units_that_people_say() -> None:
    run = CliRunner().invoke
    words = ["predict", "relu", "67108864", "--chip", "a100", "--json"]
    short = json.loads(run(cli, [*words, "--sweep", "hbm.bandwidth=0.8:3.2:3"]).output)
    full = json.loads(run(cli, [*words, "--sweep", "memory.memory_bandwidth_Bps=0.8e12:3.2e12:3"]).output)
    assert [p["time_s"] for p in short] == [p["time_s"] for p in full]
    assert short[0]["changed"] == {"memory_bandwidth_Bps": 0.8e12} and short[0]["chip"] == "a100 hbm.bandwidth=0.8"
    assert "did you mean hbm.bandwidth" in str(run(cli, [*words, "--sweep", "hbm.bandwith=1:2"]).exception)
    assert json.loads(run(cli, [*words, "--set", "clock=1.2"]).output)[0]["clock_hz"] == 1.2e9
    for short_name in vocabulary.SHORT.values():
        assert short_name.name in vocabulary.TABLE


def test_what_hangs_on_a_number_follows_it() -> None:
    chip = schema.load("a100")
    assert chip.designed(l2_bytes=2 * chip.value("l2_bytes")).value("l2_near_bytes") == 2 * chip.value("l2_near_bytes")
    assert chip.designed(l2_bytes=1e9, l2_near_bytes=1e6).value("l2_near_bytes") == 1e6
    slower = chip.designed(clock_hz=1.41e9 / 2, multiprocessors=54)
    assert slower.value("bf16_flops") == pytest.approx(chip.value("bf16_flops") / 4)
    assert chip.changed(clock_hz=1e9).value("bf16_flops") == chip.value("bf16_flops")


@pytest.mark.parametrize("name", list(vocabulary.TABLE))
def test_nothing_divides_by_zero(name: str) -> None:
    """A value of zero is refused, or priced."""
    try:
        other = schema.load("br100").designed(**{name: 0.0})
    except ChipError as error:
        assert name in str(error)
        return
    if name == "shared_bytes_per_block":  # no product fits: said so
        return
    for words in (("gemm", "512x512x512", "bf16"), ("softmax", "1024x4096", "fp32"), ("add", "4096", "fp32")):
        assert predict(other, parse(*words)).time_s > 0
    price_run(counters.read(str(RUN)), other)


def test_families_of_kernels_are_known(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('[chip]\nname = "X"\nvendor = "me"\nbased_on = "a100"\nkernels = "amper"\n')
    with pytest.raises(ChipError, match="kernels 'amper' is none of maxwell, volta, ampere"):
        silicon(schema.load(str(path)))


def test_misspelt_chips_get_a_hint() -> None:
    for wrong, meant in (("a10O", "a100"), ("br14", "br104"), ("rtx3091", "rtx_3090"), ("Tesla V100-PCIE-32G", "v100_pcie_32gb")):
        with pytest.raises(ChipError, match=f"did you mean .*{meant}"):
            schema.find(wrong)


def test_the_page_of_numbers_is_fresh() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "chips.md").read_text()
    assert page == vocabulary.page(), (
        "docs/chips.md is stale: python -m sheer.chips.vocabulary > docs/chips.md"
    )
