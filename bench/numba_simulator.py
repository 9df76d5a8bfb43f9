"""Tiny kernels for Numba's CUDA simulator: prints `benchmark@size milliseconds check` lines.

NUMBA_ENABLE_CUDASIM=1 must be set. The simulator runs every CUDA thread as a Python thread, so that sizes
must be tiny. Without numba-cuda it prints nothing.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable

import numpy as np

try:
    from numba import cuda, float32
except ImportError:
    sys.exit(0)


@cuda.jit
def saxpy(a, x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = a * x[i] + y[i]


@cuda.jit
def accelerate(bodies, out):
    tile = cuda.shared.array((256, 4), float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    ax = ay = az = 0.0
    for start in range(0, bodies.shape[0], 256):
        for part in range(4):
            tile[t, part] = bodies[start + t, part]
        cuda.syncthreads()
        for k in range(256):
            dx, dy, dz = tile[k, 0] - bodies[i, 0], tile[k, 1] - bodies[i, 1], tile[k, 2] - bodies[i, 2]
            inverse = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz + 0.01)
            strength = tile[k, 3] * inverse * inverse * inverse
            ax += dx * strength
            ay += dy * strength
            az += dz * strength
        cuda.syncthreads()
    out[i, 0], out[i, 1], out[i, 2] = ax, ay, az


@cuda.jit
def mandelbrot(steps):
    height, width = steps.shape
    x, y = cuda.grid(2)
    if x < width and y < height:
        c = complex(-2.2 + 3.2 * x / width, -1.2 + 2.4 * y / height)
        z, step = 0j, 0
        while step < 256 and z.real * z.real + z.imag * z.imag <= 4.0:
            z = z * z + c
            step += 1
        steps[y, x] = step


@cuda.jit
def stencil(data, out):
    x, y = cuda.grid(2)
    n = data.shape[0]
    if 0 < x < n - 1 and 0 < y < n - 1:
        sides = data[y, x - 1] + data[y, x + 1] + data[y - 1, x] + data[y + 1, x]
        out[y, x] = 0.5 * data[y, x] + 0.125 * sides


def measure(name: str, size: int, work: Callable[[], None], out: np.ndarray) -> None:
    """The better of two runs."""
    best_s = 1e30
    for _ in range(2):
        start_s = time.perf_counter()
        work()
        cuda.synchronize()
        best_s = min(best_s, time.perf_counter() - start_s)
    print(f"{name}@{size} {best_s * 1e3:.6f} {float(out.astype('f8').sum()):.9g}", flush=True)


def main() -> None:
    random = np.random.default_rng(1)
    x, y = random.random(1024, "f4"), random.random(1024, "f4")
    measure("saxpy", 1024, lambda: saxpy[4, 256](1.5, x, y), y)
    bodies, out = random.random((256, 4), "f4"), np.zeros((256, 4), "f4")
    measure("nbody", 256, lambda: accelerate[1, 256](bodies, out), out)
    steps = np.zeros((24, 32), "u4")
    measure("mandelbrot", 32, lambda: mandelbrot[(1, 3), (32, 8)](steps), steps)
    data, result = random.random((32, 32), "f4"), np.zeros((32, 32), "f4")
    measure("stencil2d", 32, lambda: stencil[(1, 4), (32, 8)](data, result), result)


if __name__ == "__main__":
    main()
