"""Run files: what is read, and what is said of damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheer.base.counters import Copy, read, readable
from sheer.base.errors import RunFileError

SAMPLE = Path(__file__).parent / "vadd_gemm.json"


def test_sample() -> None:
    run = read(str(SAMPLE))
    assert (run.program, run.chip, run.end_s) == ("./gemm", "br100", 0.95)
    assert [type(event).__name__ for event in run.events] == (
        ["Copy", "Copy", "Fill", "Record", "Launch", "Launch", "Launch", "Record", "Sync", "Copy"]
    )
    first, second, gemm = run.launches
    assert first.kernel == "vadd" and first.counters is not None and second.counters is first.counters
    assert first.counters.memory["global_load"].sectors == 8 * 32768
    assert gemm.counters is not None and gemm.counters.l2.reuse[6] > 0 and gemm.threads == 256
    assert isinstance(run.events[0], Copy) and run.events[0].kind == "h2d"


@pytest.mark.parametrize(
    ("number", "old", "new", "said"),
    [
        (1, '"sheer_run": 1', '"sheer_run": 9', ":1: the run file has format 9"),
        (2, '"bytes": 4194304', '"bytes": -1', ":2: bytes is -1, but must be a whole number"),
        (1, '"devices": 1', '"devices": 65', ":1: devices is 65, but must be a whole number of at least 1 and at most 64"),
        (2, '"device": 0', '"device": 1180591620717411303424', ":2: device is 1180591620717411303424, but must be"),
        (2, '"peer": -1', '"peer": 64', ":2: peer is 64, but must be a whole number of at least -1 and at most 63"),
        (2, '"kind": "h2d"', '"kind": "up"', ":2: kind is \"up\", but must be one of h2d"),
        (5, '"event": "record"', '"event": "recorded"', ":5: there is no event 'recorded'"),
        (6, '"grid": [4096, 1, 1]', '"grid": [4096, 1]', ":6: grid is [4096, 1], but must be three"),
        (7, '"like": 0', '"like": 5', ":7: launch 1 is like launch 5"),
        (10, '"sectors": 262144', '"sectors": "many"', ":10: counters.memory.global_load.sectors is \"many\""),
        (10, '"imad"', '"imadd"', ":10: counters.issued has no 'imadd'"),
        (10, '"counters": {', '"counters": {{', ":10: this line is no JSON"),
    ],
)  # fmt: skip
def test_damage_is_named(tmp_path: Path, number: int, old: str, new: str, said: str) -> None:
    lines = SAMPLE.read_text().splitlines()
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    path = tmp_path / "run.json"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunFileError) as error:
        read(str(path))
    assert said in str(error.value) and str(path) in str(error.value)


def test_a_killed_program(tmp_path: Path) -> None:
    """What was written in whole lines counts; a launch without counters says why."""
    path = tmp_path / "run.json"
    path.write_text("\n".join(SAMPLE.read_text().splitlines()[:12])[:-30])
    run = read(str(path))
    assert run.end_s is None
    gemm = run.launches[2]
    assert gemm.counters is None and "ended before" in gemm.reason


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="can't be read"):
        read(str(tmp_path / "none.json"))
    (tmp_path / "empty").write_text("")
    with pytest.raises(RunFileError, match="no run file"):
        read(str(tmp_path / "empty"))


def test_readable() -> None:
    assert readable("_Z4vaddPKfS0_Pfi") == "vadd"
    assert readable("_ZN3foo3barIfEEvPT_") == "foo::bar"
    assert readable("_ZN12_GLOBAL__N_13barEv") == "(anonymous)::bar"
    assert readable("plain") == "plain"
