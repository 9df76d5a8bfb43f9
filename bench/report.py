"""From measurements to words: ratios, geometric means, the text on the terminal and the table in Markdown."""

from __future__ import annotations

import math
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PEERS = ("sheer", "openmp", "openmp-fast", "pocl", "pocl-cbs", "openblas", "numba")
TITLES = {
    "openmp": "OpenMP -O3",
    "openmp-fast": "OpenMP -ffast-math",
    "pocl": "PoCL",
    "pocl-cbs": "PoCL cbs",
    "openblas": "OpenBLAS f32",
}


def _command(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    except OSError:
        return ""
    return done.stdout.splitlines()[0].strip() if done.stdout else ""


def processor() -> dict[str, str]:
    """What the system says of its last processor."""
    info: dict[str, str] = {}
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.exists() else []:
        key, _, value = line.partition(":")
        info[key.strip()] = value.strip()
    return info


def machine(gcc: str, opencl_python: str) -> dict[str, Any]:
    """What the numbers depend on: processor, cores, vector units, compilers."""
    info = processor()
    flags = set(info.get("flags", "").split())
    probe = "import sys; sys.path.insert(0, sys.argv[1]); import opencl; print(opencl.newest_pocl().version)"
    return {
        "cpu": info.get("model name", platform.machine()),
        "family": f"{info.get('cpu family', '?')}/{info.get('model', '?')}",
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "features": [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f in flags],
        "gcc": _command([gcc, "--version"]),
        "pocl": _command([opencl_python, "-c", probe, str(Path(__file__).parent)]),
        "system": platform.platform(),
    }


def _twin(name: str, times: Mapping[str, float]) -> float | None:
    return times.get(name, times.get(name.split(".")[0]))


def ratios(results: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """variant -> peer -> the peer's time over ours."""
    by_peer: dict[str, dict[str, float]] = {}
    for result in results:
        by_peer.setdefault(result["peer"], {})[result["name"]] = result["ms"]
    ours = by_peer.get("sheer", {})
    blas = by_peer.get("openblas", {}).get("sgemm")
    found: dict[str, dict[str, float]] = {}
    for name, ms in ours.items():
        found[name] = {}
        for peer in TITLES:
            theirs = _twin(name, by_peer.get(peer, {}))
            if peer == "openblas" and name.startswith("mma_gemm"):
                theirs = blas
            if theirs is not None and ms > 0:
                found[name][peer] = theirs / ms
    return found


def geometric_mean(values: Iterable[float]) -> float:
    """Of positive numbers; not a number if there are none."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def print_benchmark(name: str, results: Iterable[Any]) -> None:
    """One line a variant and peer, as soon as a benchmark is done."""
    for result in results:
        if result.benchmark == name:
            print(f"{result.peer:12} {result.name:24} {result.ms:10.3f} ms  {result.wrong}", flush=True)


def _means(table: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {peer: geometric_mean(row[peer] for row in table.values() if peer in row) for peer in TITLES}


def print_summary(full: Mapping[str, Any]) -> None:
    """All ratios and their geometric means."""
    table = ratios(full["results"])
    print(f"\n{'time of the peer / time of Sheer':32}" + "".join(f"{title:>20}" for title in TITLES.values()))
    for name, row in table.items():
        print(f"{name:32}" + "".join(f"{row[p]:20.2f}" if p in row else f"{'-':>20}" for p in TITLES))
    means = _means(table)
    print(f"{'geometric mean':32}" + "".join(f"{means[p]:20.2f}" for p in TITLES))
    for name, value in {**full["numba_simulator"], **full["costs"]}.items():
        print(f"{name:48} {value:12.4g}")


def markdown(full: Mapping[str, Any]) -> str:
    """The table for docs/performance.md, with machine and date."""
    host, table = full["machine"], ratios(full["results"])
    ours = {r["name"]: r["ms"] for r in full["results"] if r["peer"] == "sheer"}
    wrong = {(r["peer"], r["name"]) for r in full["results"] if r["wrong"]}
    how = (
        f"Measured {full['date']} on {host['cpu']} (family/model {host['family']}), {host['cores']} cores"
        f"{_threads(full)},"
        f" {', '.join(host['features']) or 'no wide vectors'}; {host['gcc']}; {host['pocl'] or 'no PoCL'}."
        f" Load average at the end {host['load']}. Best of {full['rounds']} interleaved rounds, {full['clock']}."
        " A ratio is the peer's time over Sheer's: more than 1 means that Sheer is faster."
    )
    lines = [
        how,
        "",
        "| kernel | size | Sheer, ms | " + " | ".join(f"vs {title}" for title in TITLES.values()) + " |",
        "|---|---|---|" + "---|" * len(TITLES),
    ]
    for name, row in table.items():
        cells = [
            f"{row[p]:.2f}" + (" (wrong)" if (p, name) in wrong else "") if p in row else "" for p in TITLES
        ]
        size, mark = full["sizes"].get(name.split(".")[0], ""), " (wrong)" if ("sheer", name) in wrong else ""
        lines.append(f"| {name} | {size} | {ours[name]:.3f}{mark} | " + " | ".join(cells) + " |")
    means = _means(table)
    lines.append("| **geometric mean** | | | " + " | ".join(_plain(means[p]) for p in TITLES) + " |")
    if full["numba_simulator"]:
        lines += ["", "| tiny sizes, Numba's CUDA simulator | its time over Sheer's |", "|---|---|"]
        lines += [f"| {name} | {value:.0f} |" for name, value in full["numba_simulator"].items()]
    if full["costs"]:
        lines += ["", "| cost | |", "|---|---|"]
        lines += [f"| {name} | {value:.4g} |" for name, value in full["costs"].items()]
    return "\n".join(lines) + "\n"


def _plain(value: float) -> str:
    return "" if math.isnan(value) else f"**{value:.2f}**"


def _threads(full: Mapping[str, Any]) -> str:
    count = full["threads"]
    return f" of which every peer may use {count}" if count else ""
