"""The costs beside a kernel's speed: launches, start-up, compilation, memory; and Numba's simulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def _lines(command: Sequence[str], environment: dict[str, str] | None = None) -> dict[str, float]:
    """name -> value, from a program that prints `name value check` lines; empty, and told, if it fails."""
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=600, env=environment)
    if done.returncode:
        message = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        print(f"  {Path(command[0]).name}: {message}", file=sys.stderr)
    rows = [line.split() for line in done.stdout.splitlines() if not line.startswith("#")]
    return {row[0]: float(row[1]) for row in rows if len(row) == 3}


def measure(nvcc: list[str], folder: Path) -> dict[str, float]:
    """Everything under micro/, each in its unit (the key says which)."""
    costs: dict[str, float] = {}
    programs = {}
    for name in ("launch", "compile", "memory", "empty"):
        out = str(folder / f"micro.{name}")
        done = subprocess.run(
            [*nvcc, "-O3", str(HERE / "micro" / f"{name}.cu"), "-o", out],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            print(f"  can't build micro/{name}.cu: {done.stderr.strip().splitlines()[:1]}", file=sys.stderr)
        else:
            programs[name] = out
    if "launch" in programs:
        _lines([programs["launch"]])  # fills the cache
        for name, ms in _lines([programs["launch"]]).items():
            costs[f"{name}, us"] = ms * 1e3
    if "compile" in programs:
        costs.update(_cold_compile(programs["compile"], folder / "cold-cache"))
    if "memory" in programs:
        _lines([programs["memory"]])
        costs.update(
            {name.replace("_mb", ", MB"): value for name, value in _lines([programs["memory"]]).items()}
        )
    if "empty" in programs:
        costs["start-up of a cached program (wall), ms"] = _best_wall_ms([programs["empty"]])
    return costs


def _cold_compile(program: str, cache: Path) -> dict[str, float]:
    """The best of three runs, each from a kernel cache that is empty but for the built runtime library."""
    best: dict[str, float] = {}
    for _ in range(3):
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir()
        usual = Path(os.environ.get("SHEER_CACHE", Path.home() / ".cache" / "sheer"))
        if (usual / "native").is_dir():
            (cache / "native").symlink_to(usual / "native")
        for name, ms in _lines([program], {**os.environ, "SHEER_CACHE": str(cache)}).items():
            best[f"{name}, ms"] = min(ms, best.get(f"{name}, ms", ms))
    return best


def _best_wall_ms(command: Sequence[str]) -> float:
    best_s = 1e30
    for _ in range(5):
        start_s = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False, timeout=600)
        best_s = min(best_s, time.perf_counter() - start_s)
    return best_s * 1e3


def numba_ratios(python: str, peers: Sequence[Any], seconds: float) -> dict[str, float]:
    """Benchmark and size -> the simulator's time over ours, at the same tiny size."""
    ours = next((peer for peer in peers if peer.name == "sheer"), None)
    if ours is None:
        return {}
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    simulated = _lines([python, str(HERE / "numba_simulator.py")], environment)
    found = {}
    for name, ms in simulated.items():
        benchmark, size = name.split("@")
        if benchmark not in ours.programs:
            continue
        times = _lines([*ours.programs[benchmark], size], {**os.environ, "BENCH_SECONDS": str(seconds)})
        if benchmark in times:
            found[f"{benchmark}, size {size}"] = ms / times[benchmark]
    return found
