"""Runs the OpenCL twin of one benchmark: `opencl.py NAME SIZE INPUTS`, on PoCL, through pyopencl.

INPUTS is the folder in which the OpenMP twin saved its inputs (BENCH_SAVE). Prints lines like the others,
`name milliseconds check`, and saves outputs under BENCH_SAVE. Without PoCL it ends with status 3.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

try:
    import pyopencl as cl
except ImportError:
    sys.exit(3)

HERE = Path(__file__).parent


def newest_pocl() -> cl.Platform:
    """The PoCL platform with the highest version; several may be installed."""
    found = [p for p in cl.get_platforms() if "Portable Computing Language" in p.name and p.get_devices()]
    if not found:
        sys.exit(3)
    return max(found, key=lambda p: p.version.split("PoCL", 1)[-1].split()[0])


class Twin:
    """One benchmark on one device: buffers, launches, timing."""

    def __init__(self, name: str, size: int, inputs: Path) -> None:
        self.name, self.size, self.inputs = name, size, inputs
        self.platform = newest_pocl()
        self.context = cl.Context(self.platform.get_devices()[:1])
        self.queue = cl.CommandQueue(self.context)
        source = (HERE / name / "kernel.cl").read_text()
        self.program = cl.Program(self.context, source).build(options=["-cl-mad-enable"])
        self.kernels: dict[str, cl.Kernel] = {}

    def load(self, name: str, dtype: str = "f4") -> cl.Buffer:
        """A device buffer with an input of the OpenMP twin."""
        return self.buffer(np.fromfile(self.inputs / name, dtype=dtype))

    def buffer(self, data: np.ndarray) -> cl.Buffer:
        """A device buffer with a copy of `data`."""
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
        return cl.Buffer(self.context, flags, hostbuf=data)

    def empty(self, count: int) -> cl.Buffer:
        """A device buffer of `count` 4-byte elements, zeroed."""
        return self.buffer(np.zeros(count, "u4"))

    def launch(self, kernel: str, grid: tuple[int, ...], group: tuple[int, ...], *args: object) -> None:
        """Enqueues a kernel; ints and floats become 32-bit arguments."""
        function = self.kernels.get(kernel)
        if function is None:
            function = self.kernels[kernel] = cl.Kernel(self.program, kernel)
        plain = [
            np.int32(a) if isinstance(a, int) else np.float32(a) if isinstance(a, float) else a for a in args
        ]
        function(self.queue, grid, group, *plain)

    def measure(
        self,
        name: str,
        work: Callable[[], None],
        out: cl.Buffer,
        dtype: str,
        count: int,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """Times `work` as bench.h does, reads the result and prints the line."""
        budget_s = float(os.environ.get("BENCH_SECONDS", "0.5"))
        clock = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter
        best_s, runs, opened_s = 1e30, 0, time.perf_counter()
        while runs < 5 or time.perf_counter() - opened_s < budget_s:
            if runs == 2:
                best_s, opened_s = 1e30, time.perf_counter()
            prepare()
            self.queue.finish()
            start_s = clock()
            work()
            self.queue.finish()
            best_s = min(best_s, clock() - start_s)
            runs += 1
        result = np.empty(count, dtype)
        cl.enqueue_copy(self.queue, result, out)
        if "BENCH_SAVE" in os.environ:
            result.tofile(Path(os.environ["BENCH_SAVE"]) / f"{name}.out")
        check = float((result.astype("f8") * (1.0 + np.arange(count) % 7)).sum())
        print(f"{name} {best_s * 1e3:.6f} {check:.9g}", flush=True)


def up(n: int, step: int) -> int:
    """n rounded up to a multiple of step."""
    return (n + step - 1) // step * step


def saxpy(t: Twin) -> None:
    n, x, out = t.size, t.load("x"), t.empty(t.size)
    y = t.load("y")

    def prepare() -> None:
        cl.enqueue_copy(t.queue, out, y)

    t.measure(
        "saxpy", lambda: t.launch("saxpy", (up(n, 256),), (256,), n, 1.5, x, out), out, "f4", n, prepare
    )


def sgemm(t: Twin) -> None:
    n, a, b, c = t.size, t.load("a"), t.load("b"), t.empty(t.size * t.size)
    for kernel, threads, each in (
        ("tiled16", 16, 1),
        ("tiled32", 32, 1),
        ("blocked4", 16, 4),
        ("blocked8", 16, 8),
    ):
        grid = (n // each, n // each)

        def work(kernel: str = kernel, grid: tuple[int, int] = grid, threads: int = threads) -> None:
            t.launch(kernel, grid, (threads, threads), a, b, c, n)

        t.measure(f"sgemm.{kernel}", work, c, "f4", n * n)


def nbody(t: Twin) -> None:
    n = t.size // 256 * 256
    bodies, out = t.load("bodies"), t.empty(4 * n)
    t.measure("nbody", lambda: t.launch("accelerate", (n,), (256,), bodies, out, n), out, "f4", 4 * n)


def black_scholes(t: Twin) -> None:
    n, out = t.size, t.empty(2 * t.size)
    stock, strike, years = t.load("stock"), t.load("strike"), t.load("years")

    def work() -> None:
        t.launch("price", (up(n, 256),), (256,), stock, strike, years, out, n)

    t.measure("black_scholes", work, out, "f4", 2 * n)


def mandelbrot(t: Twin) -> None:
    width, height = t.size, t.size * 3 // 4
    out, grid = t.empty(width * height), (up(width, 32), up(height, 8))
    t.measure(
        "mandelbrot",
        lambda: t.launch("mandelbrot", grid, (32, 8), out, width, height),
        out,
        "u4",
        width * height,
    )


def histogram(t: Twin) -> None:
    data, counts = t.load("data", "u1"), t.empty(256)

    def work(kernel: str) -> None:
        t.launch("clear", (256,), (256,), counts)
        t.launch(kernel, (256 * 256,), (256,), data, t.size, counts)

    for kernel in ("shared", "global"):
        t.measure(f"histogram.{kernel}", lambda k=kernel: work(f"{k}_atomics"), counts, "u4", 256)


def reduction(t: Twin) -> None:
    data, sums, total = t.load("data"), t.empty(256), t.empty(1)

    def work() -> None:
        t.launch("reduce", (256 * 256,), (256,), data, t.size, sums)
        t.launch("reduce", (256,), (256,), sums, 256, total)

    t.measure("reduction", work, total, "f4", 1)


def scan(t: Twin) -> None:
    n, chunks = t.size, up(t.size, 2048) // 2048
    data, out, sums = t.load("data", "u4"), t.empty(n), t.empty(chunks)

    def work() -> None:
        t.launch("chunk_sums", (chunks * 256,), (256,), data, sums, n)
        t.launch("scan_sums", (256,), (256,), sums, chunks)
        t.launch("scan_chunks", (chunks * 256,), (256,), data, out, sums, n)

    t.measure("scan", work, out, "u4", n)


def transpose(t: Twin) -> None:
    n, data, out = t.size, t.load("in"), t.empty(t.size * t.size)
    t.measure(
        "transpose", lambda: t.launch("transpose", (n, n // 4), (32, 8), data, out, n), out, "f4", n * n
    )


def stencil2d(t: Twin) -> None:
    n, data, out = t.size, t.load("in"), t.empty(t.size * t.size)
    grid = (up(n, 32), up(n, 8))
    t.measure("stencil2d", lambda: t.launch("jacobi", grid, (32, 8), data, out, n), out, "f4", n * n)


def stencil3d(t: Twin) -> None:
    n, data, out = t.size, t.load("in"), t.empty(t.size**3)
    grid = (up(n - 2, 32), up(n - 2, 8))
    t.measure("stencil3d", lambda: t.launch("jacobi", grid, (32, 8), data, out, n), out, "f4", n**3)


def spmv(t: Twin) -> None:
    rows, y = t.size, t.empty(t.size)
    args = (rows, t.load("starts", "i4"), t.load("columns", "i4"), t.load("values"), t.load("x"), y)
    t.measure("spmv.thread", lambda: t.launch("row_a_thread", (up(rows, 256),), (256,), *args), y, "f4", rows)
    t.measure(
        "spmv.warp", lambda: t.launch("row_a_warp", (up(rows * 32, 256),), (256,), *args), y, "f4", rows
    )


def bitonic_sort(t: Twin) -> None:
    n, chunk, keys, out = t.size, 1024, t.load("keys", "u4"), t.empty(t.size)

    def work() -> None:
        t.launch("in_shared", (n // 2,), (512,), out, 2, chunk)
        length = 2 * chunk
        while length <= n:
            distance = length // 2
            while distance >= chunk:
                t.launch("in_global", (n // 2,), (512,), out, length, distance)
                distance //= 2
            t.launch("in_shared", (n // 2,), (512,), out, length, length)
            length *= 2

    def prepare() -> None:
        cl.enqueue_copy(t.queue, out, keys)

    t.measure("bitonic_sort", work, out, "u4", n, prepare)


def bfs(t: Twin) -> None:
    nodes = t.size
    starts, targets, levels = t.load("starts", "i4"), t.load("targets", "i4"), t.empty(nodes)
    queues, counter = [t.empty(nodes), t.empty(nodes)], t.empty(1)
    first = np.full(nodes, -1, "i4")
    first[0] = 0

    def prepare() -> None:
        cl.enqueue_copy(t.queue, levels, first)
        cl.enqueue_copy(t.queue, queues[0], np.zeros(1, "i4"))

    def work() -> None:
        count, level, one = 1, 1, np.zeros(1, "i4")
        while count:
            now, following = queues[(level + 1) % 2], queues[level % 2]
            one[0] = 0
            cl.enqueue_copy(t.queue, counter, one)
            args = (starts, targets, levels, level, now, count, following, counter)
            t.launch("expand", (up(count, 256),), (256,), *args)
            cl.enqueue_copy(t.queue, one, counter)
            count, level = int(one[0]), level + 1

    t.measure("bfs", work, levels, "u4", nodes, prepare)


def fft(t: Twin) -> None:
    data, roots, out = t.load("in"), t.load("roots"), t.empty(t.size * 2048)

    def work() -> None:
        t.launch("fft", (t.size * 256,), (256,), data, out, roots)

    t.measure("fft", work, out, "f4", t.size * 2048)


def convolution(t: Twin) -> None:
    n, data, weights, out = t.size, t.load("in"), t.load("weights"), t.empty(t.size * t.size)
    grid = (up(n, 32), up(n, 8))
    t.measure(
        "convolution", lambda: t.launch("convolve", grid, (32, 8), data, out, weights, n), out, "f4", n * n
    )


def aes(t: Twin) -> None:
    blocks, tables, text, out = t.size, t.load("aes", "u4"), t.load("text", "u4"), t.empty(4 * t.size)

    def work() -> None:
        t.launch("encrypt", (up(blocks, 256),), (256,), tables, text, out, blocks)

    t.measure("aes", work, out, "u4", 4 * blocks)


def main() -> None:
    name, size, inputs = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    twin = Twin(name, size, inputs)
    print(f"# {twin.platform.version}", flush=True)
    globals()[name](twin)


if __name__ == "__main__":
    main()
