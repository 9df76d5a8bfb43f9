"""After a failed compile: what the compiler could not find, in Sheer's terms. In go its words, out come hints on stderr."""

from __future__ import annotations

import difflib
import re
import sys

from sheer.cuda import headers
from sheer.cuda.toolchain import clang

MISSING_HEADER = re.compile(r"fatal error: '?([^':]+)'?(?: file not found|: No such file)")
REFERENCES = (
    "texture and surface references went with CUDA 12; make an object with cudaCreateTextureObject or cudaCreateSurfaceObject, and "
    "give it to the kernel as an argument"
)
CLUSTERS = "clusters of blocks need compute capability 9.0, and Sheer's devices have 8.0"
LAUNCHES = "kernels that launch kernels (dynamic parallelism) need -rdc=true, as with nvcc"
MTGP = "cuRAND's MTGP32 is not there yet; use curandState (XORWOW) or curandStatePhilox4_32_10_t"
DISCRETE = "cuRAND's tables for discrete distributions are not there yet; curand_poisson needs none"
# what a name that is missing belongs to; the first that fits counts
NAMES = (
    (re.compile(r"tex(1D|2D|3D|Cubemap)\w*|surf(1D|2D|3D|Cubemap)\w*|texture|surface|(texture|surface)Reference"), REFERENCES),
    (re.compile(r"cuda(Unb|B)indTexture\w*|cudaBindSurfaceToArray|cudaGet(Texture|Surface)Reference"), REFERENCES),
    (re.compile(r"this_cluster|cluster_group|__cluster\w*|cluster_\w+|map_shared_rank"), CLUSTERS),
    (re.compile(r"curandStateMtgp32\w*|curandMakeMTGP32\w*|mtgp32_\w+|curand_mtgp32\w*"), MTGP),
    (re.compile(r"curand_discrete\d?|curandDiscreteDistribution\w*|curandHistogramM2\w*"), DISCRETE),
    (re.compile(r"cudaLaunchDevice|cudaGetParameterBuffer\w*"), LAUNCHES),
    (re.compile(r"[jy][01n]f?|cyl_bessel_i[01]f?"), "Bessel functions are not there yet in device code"),
)
MISSING_NAME = re.compile(
    r"error: (?:use of undeclared identifier|unknown type name|no template named|no member named|"
    r"no matching function for call to) '?(\w+)"
)
HOST_CALL = re.compile(r"no matching function for call to '(cu(?:da)?[A-Z]\w*)'\n(?:.*\n){1,4}?.*call to __host__ function")


def explain(said: bytes) -> None:
    """Says what a missing header or name belongs to, and what there is instead."""
    text = said.decode(errors="replace")
    hints = dict.fromkeys(_names(text))
    match = MISSING_HEADER.search(text)
    if match:
        hints[_header(match.group(1))] = None
    for hint in hints:
        print(f"sheer: {hint}", file=sys.stderr)


def _header(name: str) -> str:
    what = headers.absent(name)
    if what:
        return f"{name} belongs to {what}"
    ours = [str(path.relative_to(clang.INCLUDE)) for path in clang.INCLUDE.rglob("*.h*")]
    near = difflib.get_close_matches(name, ours, 3)
    return f"no folder that is searched has {name}{_instead(near) or '; is a -I missing?'}"


def _instead(near: list[str]) -> str:
    return f"; there is {', '.join(near)}" if near else ""


def _names(text: str) -> list[str]:
    hints = []
    if "kernel launch from __device__ or __global__ function" in text:
        hints.append(LAUNCHES)
    for name in dict.fromkeys(MISSING_NAME.findall(text)):
        hint = next((hint for pattern, hint in NAMES if pattern.fullmatch(name)), "")
        if hint:
            hints.append(f"{name}: {hint}")
        elif name.startswith("__"):
            own = _own_names()
            if own.get(name, "sheer/").startswith("cuda_"):
                hints.append(f"{name} is declared in {own[name]}, which this file does not include, or not before")
            else:
                hints.append(f"Sheer has no {name}{_instead(difflib.get_close_matches(name, own, 3, 0.75))}")
    if "no matching function for call to 'cudaDeviceSynchronize'" in text:
        hints.append("cudaDeviceSynchronize: since CUDA 12 a kernel cannot wait for those that it launched")
    called = ", ".join(dict.fromkeys(HOST_CALL.findall(text)))
    if called:
        hints.append(f"{called}: kernels cannot call the CUDA API, except for a few functions with -rdc=true; call it on the host")
    return hints


def _own_names() -> dict[str, str]:
    """Every name with two underscores that our headers use like a function, and the header that declares it, if one does so plainly."""
    found: dict[str, str] = {}
    for path in clang.INCLUDE.rglob("*.h*"):
        text = path.read_text(errors="replace")
        for name in re.findall(r"\b(__[a-z]\w+)\s*\(", text):
            found.setdefault(name, "")
        for name in re.findall(r"^(?:[A-Za-z_][\w:()]*[ *&]+)+(__[a-z]\w+)\s*[({]", text, re.MULTILINE):
            found[name] = str(path.relative_to(clang.INCLUDE))
    return found
