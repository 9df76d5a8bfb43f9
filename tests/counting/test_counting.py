"""What kernels are counted to ask of a GPU: exact where it is known by hand, sampled against exact, and nothing when it is off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheer.base.counters import Counters, Launch, Run, read

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"


def build(name: str, folder: Path, *options: str) -> Path:
    program = folder / name
    made = subprocess.run(
        [sys.executable, "-c", NVCC, str(HERE / "programs" / f"{name}.cu"), *options, "-o", str(program)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return program


def profiled(program: Path, *arguments: str, **environment: str) -> Run:
    file = program.parent / "run.json"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SHEER_PROFILE": str(file), **environment}
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, env=environ, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return read(str(file))


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Launch]]:
    run = profiled(build("exact", tmp_path_factory.mktemp("exact")))
    found: dict[str, list[Launch]] = {}
    for launch in run.launches:
        found.setdefault(launch.kernel, []).append(launch)
    return found


def counters(launches: list[Launch], at: int = 0) -> Counters:
    launch = launches[at]
    assert launch.counters is not None, launch.reason
    assert launch.counters.error == 0 and launch.counters.counted_blocks == launch.blocks
    return launch.counters


def test_streaming(exact: dict[str, list[Launch]]) -> None:
    c = counters(exact["vadd"])
    assert (c.warps, c.threads, c.blocks) == (32, 1024, 4)
    load, store = c.memory["global_load"], c.memory["global_store"]
    assert load[:5] == (64, 2000, 8000, 250, 64) and store[:5] == (32, 1000, 4000, 125, 32)
    assert c.issued["fp32"] == 32 and c.active["fp32"] == 1000 and c.flops == {"fp32": 1000}
    # a warp: index 1 imad, compare 1 int, two special registers, branch and exit; three addresses as multiply-adds
    assert {k: v / 32 for k, v in c.issued.items()} == {
        "fp32": 1, "int": 1, "imad": 4, "branch": 2, "load": 2, "store": 1, "other": 2,
    }  # fmt: skip
    assert c.l1 == (250, ()) and c.l2 == (8000, 4000, 4000, (), 3000)


def test_strides(exact: dict[str, list[Launch]]) -> None:
    """4 warps: sectors and lines of a store at each stride."""
    found = [counters(exact["strided"], i).memory["global_store"] for i in range(5)]
    assert [a.sectors / 4 for a in found] == [4, 8, 32, 32, 32]
    assert [a.lines / 4 for a in found] == [1, 2, 8, 32, 32]
    assert all(a.bytes == 512 for a in found)
    assert counters(exact["wide"]).memory["global_load"][:5] == (1, 32, 512, 16, 4)


def test_copies_of_16_bytes(exact: dict[str, list[Launch]]) -> None:
    """clang writes them as two of 8; they are one where the address allows it."""
    for at, requests in ((0, 1), (1, 2)):
        c = counters(exact["copied"], at)
        assert c.memory["global_load"][:3] == c.memory["global_store"][:3] == (requests, 32 * requests, 512)
    assert counters(exact["copied"]).memory["global_load"].sectors == 16


def test_textures(exact: dict[str, list[Launch]]) -> None:
    """A fetch is a load, or as many as there are rows of texels around the point: one instruction."""
    point, linear = (counters(exact["fetched"], i) for i in range(2))
    assert point.memory["global_load"][:5] == (1, 32, 128, 5, 2)
    assert linear.memory["global_load"][:5] == (2, 64, 512, 10, 4)
    assert point.issued["load"] == linear.issued["load"] == 1
    assert counters(exact["surfaced"]).memory["global_store"][:5] == (1, 32, 128, 4, 1)


def test_shared_banks(exact: dict[str, list[Launch]]) -> None:
    found = [counters(exact["banks"], i).memory["shared_load"] for i in range(4)]
    assert [a.wavefronts for a in found] == [1, 2, 32, 1] and all(a.requests == 1 for a in found)
    c = counters(exact["known_banks"])
    assert c.memory["shared_store"][:3] == (2, 64, 256) and c.memory["shared_store"].wavefronts == 2 + 32
    assert c.memory["shared_load"].wavefronts == 1
    assert all(a.sectors == 4 for a in found[:3])  # 32 different words
    assert [counters(exact["banks8"], i).memory["shared_load"].wavefronts for i in range(3)] == [2, 4, 32]
    c = counters(exact["broadcast"])
    assert c.memory["shared_load"][:3] == (1, 32, 128) and c.memory["shared_load"].wavefronts == 1
    assert c.memory["shared_load"].sectors == 1 / 8  # lanes at the same word take one read
    assert c.memory["global_load"][:5] == (1, 32, 128, 1, 1) and c.barriers == 1


def test_divergence(exact: dict[str, list[Launch]]) -> None:
    c = counters(exact["divergent"])
    assert c.issued["sfu"] == 20 and c.active["sfu"] == 160  # 10 roots a warp, 8 lanes
    assert c.divergence > 0.5


def test_atomics(exact: dict[str, list[Launch]]) -> None:
    found = [counters(exact["atomics"], i).memory["atomic"] for i in range(3)]
    assert [a.same for a in found] == [2, 8, 64] and [a.sectors for a in found] == [8, 2, 2]
    assert counters(exact["atomics"]).l2.cold_write == 256


def test_gemm(exact: dict[str, list[Launch]]) -> None:
    c, n = counters(exact["gemm"]), 128
    assert c.flops == {"fp32": 2 * n**3} and c.issued["fp32"] == n**3 / 32
    assert c.memory["global_load"].sectors == 2 * n**3 / 16 / 8
    assert c.memory["shared_load"].requests == 2 * n**3 / 32 == c.memory["shared_load"].wavefronts
    assert c.memory["shared_load"].sectors == (2 + 16) / 8 * n**3 / 32  # two rows of A, sixteen columns of B
    assert c.barriers == 2 * n / 16 and c.issued["barrier"] == 64 * 8 * 16
    assert c.l2[:3] == (2 * n * n * 4, n * n * 4, n * n * 4)  # A and B once each
    again = 7 / 8 * 64 * 16 * n * 4  # A from the block before, B from the one above
    assert c.l2.reuse == (again, 0, 0, again) and c.l2.footprint == 2 * 16 * n * 4 + 1024


def test_reuse_in_a_block(exact: dict[str, list[Launch]]) -> None:
    """4 KB five times: nearest at a distance of 4 KB less a row, so below 4 KB."""
    c = counters(exact["again"])
    assert c.l1.cold == 3 * 128 and c.l1.reuse == (0, 0, 4 * 3 * 128)
    assert c.l2.cold_read == 3 * 4096


def test_local(exact: dict[str, list[Launch]]) -> None:
    """A word of local memory is side by side for the lanes of a warp."""
    c = counters(exact["local"])
    assert c.memory["local_load"][:5] == (1, 32, 128, 4, 1)
    store = c.memory["local_store"]
    assert store.sectors == store.bytes / 32 and c.issued["local"] == 1 + store.requests
