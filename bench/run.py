"""Builds and measures every benchmark and its peers in one interleaved run, checks that all give the same
results, and prints ratios: the peer's time over ours, so that more than 1 means that ours is faster.

    python bench/run.py [--quick] [--only saxpy,sgemm] [--rounds 3] [--json FILE] [--table FILE]

Peers: OpenMP (gcc -O3), OpenMP with -ffast-math, PoCL (if pyopencl finds it; with its usual way to build
work-groups, and with continuation-based synchronisation, cbs), OpenBLAS (if gcc finds it) and Numba's CUDA
simulator for tiny sizes (if numba-cuda is installed). A peer that is missing is named and left out.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import micro
import numpy as np
import report

HERE = Path(__file__).parent
# PoCL can build the loops over a work-group's items in several ways; which is best depends on the kernel.
POCL_METHODS = {"pocl": {}, "pocl-cbs": {"POCL_WORK_GROUP_METHOD": "cbs"}}
# How each peer is told how many threads to use.
THREAD_KNOBS = (
    "SHEER_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POCL_MAX_PTHREAD_COUNT",
    "POCL_CPU_MAX_CU_COUNT",
)
GCC_FLAGS = ["-std=gnu11", "-O3", "-march=native", "-fopenmp", "-fno-strict-aliasing"]


@dataclass(frozen=True)
class Benchmark:
    """One job: its sizes, and how far outputs may differ (relative to the largest magnitude)."""

    name: str
    size: int
    quick: int
    tolerance: float = 0.0
    dtype: str = "f4"
    strays: float = 0.0  # the share of elements that may be anything: points where the last bit decides
    pocl: bool = True
    kind: str = "compute"


BENCHMARKS = (
    Benchmark("saxpy", 1 << 24, 1 << 20, 1e-6, kind="stream"),
    Benchmark("sgemm", 1024, 256, 1e-5),
    Benchmark("nbody", 8192, 1024, 1e-3),
    Benchmark("black_scholes", 1 << 21, 1 << 16, 1e-5),
    Benchmark("mandelbrot", 1024, 256, 0.0, "u4", strays=0.01),
    Benchmark("histogram", 1 << 24, 1 << 20, 0.0, "u4"),
    Benchmark("reduction", 1 << 24, 1 << 20, 1e-5, kind="stream"),
    Benchmark("scan", 1 << 24, 1 << 20, 0.0, "u4", kind="stream"),
    Benchmark("transpose", 4096, 1024, 0.0, kind="stream"),
    Benchmark("stencil2d", 4096, 1000, 1e-6, kind="stream"),
    Benchmark("stencil3d", 256, 100, 1e-6, kind="stream"),
    Benchmark("spmv", 200_000, 20_000, 1e-5),
    Benchmark("bitonic_sort", 1 << 20, 1 << 16, 0.0, "u4"),
    Benchmark("bfs", 1 << 19, 1 << 15, 0.0, "u4"),
    Benchmark("fft", 4096, 256, 1e-5),
    Benchmark("convolution", 2048, 500, 1e-5),
    Benchmark("aes", 1 << 20, 1 << 16, 0.0, "u4"),
    Benchmark("mma_gemm", 1024, 256, 1e-4, pocl=False),
)


@dataclass
class Peer:
    """One way to do the jobs: how to build and how to run each."""

    name: str
    programs: dict[str, list[str]] = field(default_factory=dict)  # benchmark -> command without the size


@dataclass
class Measurement:
    """The best time of one variant by one peer, and what was wrong with its output, if anything."""

    benchmark: str
    name: str
    peer: str
    ms: float
    wrong: str = ""


def sheer_command(verb: str) -> list[str]:
    """The installed command line, by the interpreter that runs this file."""
    beside = Path(sys.executable).with_name("sheer")
    return [str(beside) if beside.exists() else "sheer", verb]


def build(command: list[str], what: str) -> bool:
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=600)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        print(f"  can't build {what}: {lines[0] if lines else 'no message'}", file=sys.stderr)
    return done.returncode == 0


def build_peers(
    chosen: Iterable[Benchmark], wanted: set[str], folder: Path, args: argparse.Namespace
) -> list[Peer]:
    """Compiles what each peer needs; a peer without programs is left out."""
    peers = {name: Peer(name) for name in report.PEERS}
    for b in chosen:
        source, stem = HERE / b.name, folder / b.name
        if "sheer" in wanted:
            out = f"{stem}.sheer"
            if build(
                [*args.nvcc.split(), "-O3", str(source / "kernel.cu"), "-o", out], f"{b.name}/kernel.cu"
            ):
                peers["sheer"].programs[b.name] = [out]
        for name, extra in (("openmp", []), ("openmp-fast", ["-ffast-math"])):
            out = f"{stem}.{name}"
            command = [args.gcc, *GCC_FLAGS, *extra, str(source / "openmp.c"), "-o", out, "-lm"]
            if name in wanted and build(command, f"{b.name}/openmp.c"):
                peers[name].programs[b.name] = [out]
        if "openblas" in wanted and (source / "openblas.c").exists():
            out = f"{stem}.openblas"
            command = [args.gcc, *GCC_FLAGS, str(source / "openblas.c"), "-o", out, *args.openblas.split()]
            if build(command, f"{b.name}/openblas.c"):
                peers["openblas"].programs[b.name] = [out]
    pocl = sorted(wanted & set(POCL_METHODS))
    if pocl and has_pocl(args.opencl_python):
        for name, b in ((name, b) for name in pocl for b in chosen if b.pocl):
            peers[name].programs[b.name] = [args.opencl_python, str(HERE / "opencl.py"), b.name]
    for name in sorted(wanted - {name for name, peer in peers.items() if peer.programs}):
        print(f"  left out: {name}", file=sys.stderr)
    return [peer for peer in peers.values() if peer.programs]


def has_pocl(python: str) -> bool:
    probe = "import sys; sys.path.insert(0, sys.argv[1]); import opencl; opencl.newest_pocl()"
    return subprocess.run([python, "-c", probe, str(HERE)], capture_output=True, check=False).returncode == 0


def run_once(
    peer: Peer, b: Benchmark, size: int, save: Path | None, inputs: Path, args: argparse.Namespace
) -> dict[str, float]:
    """One run of one program: variant -> milliseconds; empty if it failed (told on stderr)."""
    command = list(peer.programs[b.name])
    command += [str(size), str(inputs)] if peer.name in POCL_METHODS else [str(size)]
    environment = {**os.environ, **POCL_METHODS.get(peer.name, {}), "BENCH_SECONDS": str(args.seconds)}
    if peer.name == "openblas" and "avx512bw" in report.processor().get("flags", "").split():
        environment.setdefault("OPENBLAS_CORETYPE", "SkylakeX")  # one older than the processor falls back to SSE3
    if args.threads:
        environment.update(dict.fromkeys(THREAD_KNOBS, str(args.threads)))
    if args.cpu_time:
        environment["BENCH_CLOCK"] = "cpu"
    environment.pop("BENCH_SAVE", None)
    if save:
        save.mkdir(parents=True, exist_ok=True)
        environment["BENCH_SAVE"] = str(save)
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=600, env=environment
        )
    except subprocess.TimeoutExpired:
        print(f"  {peer.name} {b.name}: more than 600 s", file=sys.stderr)
        return {}
    times = {}
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) == 3 and not line.startswith("#"):
            times[words[0]] = float(words[1])
    if done.returncode:
        message = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        print(f"  {peer.name} {b.name}: {message}", file=sys.stderr)
    return times


def twin(name: str, known: Iterable[str]) -> str | None:
    """The variant of another peer to compare with: the same name, or the benchmark's only form."""
    known = set(known)
    return name if name in known else name.split(".")[0] if name.split(".")[0] in known else None


def differs(b: Benchmark, output: Path, expected: Path) -> str:
    """What is wrong with an output, in words; empty if nothing is."""
    if not output.exists() or not expected.exists():
        return "no output"
    got, want = np.fromfile(output, b.dtype).astype("f8"), np.fromfile(expected, b.dtype).astype("f8")
    if got.shape != want.shape:
        return f"{got.size} elements instead of {want.size}"
    limit = b.tolerance * max(1.0, float(np.abs(want).max(initial=0.0)))
    wrong = ~(np.abs(got - want) <= limit)
    if wrong.mean() <= b.strays:
        return ""
    first = int(np.argmax(wrong))
    where = f"first at {first}: {got[first]:.9g} instead of {want[first]:.9g}"
    return f"{int(wrong.sum())} of {got.size} differ, {where}"


def measure(
    chosen: tuple[Benchmark, ...], peers: list[Peer], folder: Path, args: argparse.Namespace
) -> list[Measurement]:
    """All peers of a benchmark one after another, several rounds; the best time of each variant counts."""
    results: dict[tuple[str, str], Measurement] = {}
    for b in chosen:
        size = b.quick if args.quick else b.size
        saved = folder / "saved" / b.name
        for round_number in range(args.rounds):
            for peer in sorted(
                peers, key=lambda p: p.name != "openmp"
            ):  # the twin first: it saves the inputs
                if b.name not in peer.programs:
                    continue
                save = saved / peer.name if round_number == 0 else None
                for name, ms in run_once(peer, b, size, save, saved / "openmp", args).items():
                    old = results.get((peer.name, name))
                    if old is None or ms < old.ms:
                        results[peer.name, name] = Measurement(
                            b.name, name, peer.name, ms, old.wrong if old else ""
                        )
        reference = {name for peer, name in results if peer == "openmp"}
        for (peer_name, name), result in results.items():
            expected = twin(name, reference)
            if result.benchmark == b.name and peer_name != "openmp" and expected:
                output = saved / peer_name / f"{name}.out"
                result.wrong = differs(b, output, saved / "openmp" / f"{expected}.out")
        for path in saved.rglob("*"):
            if path.is_file():
                path.unlink()
        report.print_benchmark(b.name, results.values())
    return list(results.values())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that all works")
    parser.add_argument("--only", default="", help="benchmarks, with commas")
    parser.add_argument("--peers", default=",".join(report.PEERS), help="peers, with commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each program repeats its work")
    parser.add_argument("--threads", type=int, default=0, help="of every peer; 0: what each takes by itself")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="measure processor time instead of the time on the wall: for --threads 1 on a busy machine",
    )
    parser.add_argument("--json", type=Path, help="write all numbers here")
    parser.add_argument("--table", type=Path, help="write the table in Markdown here")
    parser.add_argument(
        "--nvcc", default=" ".join(sheer_command("nvcc")), help="the CUDA compiler under test"
    )
    parser.add_argument("--gcc", default="gcc")
    parser.add_argument("--openblas", default="-lopenblas", help="flags that find and link OpenBLAS")
    parser.add_argument("--opencl-python", default=sys.executable, help="an interpreter with pyopencl")
    parser.add_argument("--numba-python", default=sys.executable, help="an interpreter with numba-cuda")
    parser.add_argument(
        "--no-micro", action="store_true", help="leave out launch, start-up, compile and memory costs"
    )
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    only = {name for name in args.only.split(",") if name}
    unknown = only - {b.name for b in BENCHMARKS}
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = tuple(b for b in BENCHMARKS if not only or b.name in only)
    with tempfile.TemporaryDirectory(prefix="sheer-bench-") as temporary:
        folder = Path(temporary)
        peers = build_peers(chosen, set(args.peers.split(",")), folder, args)
        results = measure(chosen, peers, folder, args)
        tiny = (
            micro.numba_ratios(args.numba_python, peers, args.seconds)
            if "numba" in args.peers and not only
            else {}
        )
        costs = {} if args.no_micro or only else micro.measure(args.nvcc.split(), folder)
    full = {
        "date": datetime.date.today().isoformat(),
        "machine": report.machine(args.gcc, args.opencl_python),
        "sizes": {b.name: b.quick if args.quick else b.size for b in chosen},
        "kinds": {b.name: b.kind for b in chosen},
        "rounds": args.rounds,
        "threads": args.threads,
        "clock": "processor time" if args.cpu_time else "time on the wall",
        "results": [vars(result) for result in results],
        "numba_simulator": tiny,
        "costs": costs,
    }
    report.print_summary(full)
    if args.json:
        args.json.write_text(json.dumps(full, indent=1) + "\n")
    if args.table:
        args.table.write_text(report.markdown(full))
    return 1 if any(result.wrong for result in results if result.peer == "sheer") else 0


if __name__ == "__main__":
    sys.exit(main())
