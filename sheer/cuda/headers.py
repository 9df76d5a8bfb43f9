"""Which headers of CUDA there are. In: the folder `include`. Out: what an absent header belongs to and what there is instead; the page
`docs/coverage/headers.md` (`python -m sheer.cuda.headers`).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

INCLUDE = Path(__file__).resolve().parent / "include"

_REFERENCES = "texture and surface references, which CUDA 12 removed; objects (cudaCreateTextureObject) need no header"
_SAMPLES = "NVIDIA's CUDA samples, not to CUDA; get the samples' Common folder and give it with -I"
_DRAWING = "the exchange of buffers with a graphics library, which Sheer has not; copy them through host memory"
_ONE_HEADER = "cuRAND's device API, all of which is in curand_kernel.h: include that"
_OLD = "an old layout of CUDA's own headers; include cuda_runtime.h"
# beginning of the header's file name -> what it belongs to, and what to do; the first that fits counts
ABSENT: dict[str, str] = {
    "curand_mtgp32": "cuRAND's MTGP32, which is not there yet; XORWOW, Philox and MRG32k3a are in curand_kernel.h",
    "curand_discrete": "cuRAND's tables for discrete distributions, which are not there yet; curand_poisson needs none",
    "curand_": _ONE_HEADER,
    "cublas": "cuBLAS, which Sheer does not have yet",
    "cufft": "cuFFT, which Sheer does not have yet",
    "cusparse": "cuSPARSE, which Sheer does not have yet",
    "cusolver": "cuSOLVER, which Sheer does not have yet",
    "cudnn": "cuDNN, which Sheer does not have yet",
    "nvblas": "nvBLAS, which Sheer does not have yet",
    "nccl": "NCCL, which Sheer does not have yet; peer copies between devices work",
    "npp": "NPP, which Sheer does not have yet",
    "cutensor": "cuTENSOR, which Sheer does not have yet",
    "nvjpeg": "nvJPEG, which Sheer does not have yet",
    "fatbinary_section": "the toolkit's inner workings; cuModuleLoadData takes PTX",
    "nvgraph": "nvGRAPH, which NVIDIA has ended",
    "nvshmem": "NVSHMEM, which Sheer does not have",
    "cudss": "cuDSS, which Sheer does not have yet",
    "cupti": "CUPTI, which Sheer does not have yet; cudaEventElapsedTime measures times",
    "generated_cuda": "CUPTI, which Sheer does not have yet",
    "nvperf": "the Nsight Perf SDK, which Sheer does not have",
    "sanitizer": "the Compute Sanitizer's API, which Sheer does not have",
    "cufile": "GPUDirect Storage, which Sheer does not have; read into host memory and copy",
    "cuda_fp6": "6-bit floating point, which Sheer does not have yet; there are cuda_fp8.h, cuda_fp16.h and cuda_bf16.h",
    "cuda_fp4": "4-bit floating point, which Sheer does not have yet; there are cuda_fp8.h, cuda_fp16.h and cuda_bf16.h",
    "cuda_gl_interop": _DRAWING,
    "cuda_egl": _DRAWING,
    "cuda_vdpau": _DRAWING,
    "cuda_d3d": _DRAWING,
    "cudaGL": _DRAWING,
    "cudaEGL": _DRAWING,
    "cudaVDPAU": _DRAWING,
    "cuviddec": "the video codec SDK, which Sheer does not have",
    "nvcuvid": "the video codec SDK, which Sheer does not have",
    "nvEncodeAPI": "the video codec SDK, which Sheer does not have",
    "optix": "OptiX, which Sheer does not have",
    "NvInfer": "TensorRT, which Sheer does not have",
    "texture_": _REFERENCES,
    "surface_": _REFERENCES,
    "cuda_texture_types": _REFERENCES,
    "cuda_surface_types": _REFERENCES,
    "cuda_occupancy": "the calculator apart from the runtime; cudaOccupancyMaxActiveBlocksPerMultiprocessor is there",
    "cutlass": "CUTLASS, a download of its own; give its include folder with -I",
    "cute/": "CUTLASS, a download of its own; give its include folder with -I",
    **dict.fromkeys(
        ("helper_cuda", "helper_functions", "helper_math", "helper_string", "helper_timer", "helper_image", "helper_gl"),
        _SAMPLES,
    ),
    "cutil": "the CUDA SDK before version 5; call the runtime API in its place",
    "math_functions_dbl": _OLD,
    "sm_": _OLD,
    "crt/": _OLD,
}
_CCCL = ("thrust/", "cub/", "cuda/", "nv/")


def absent(name: str) -> str:
    """What a header that was not found belongs to; "" if no part of CUDA is known by its name."""
    if name.startswith(_CCCL):
        return "CCCL; install it with `pip install 'sheer[cccl]'`"
    base = name.rpartition("/")[2]
    for beginning, what in ABSENT.items():
        if (name if "/" in beginning else base).startswith(beginning):
            return what
    return ""


def page() -> str:
    """`docs/coverage/headers.md`: every header with what it is, and what is not there."""
    lines = [
        "# Headers",
        "",
        "<!-- Made by `python -m sheer.cuda.headers`: change sheer/cuda/headers.py or the headers, not this. -->",
        "",
        "`cuda_runtime.h` is included in every `.cu` file without being asked for. thrust, cub and libcu++ (`cuda/...`,",
        "`nv/...`) come with `pip install 'sheer[cccl]'`.",
        "",
        "| header | what it is |",
        "|---|---|",
    ]
    for path in sorted(INCLUDE.rglob("*")):
        name = str(path.relative_to(INCLUDE))
        if path.is_file() and not name.startswith(("sheer", "cccl_overlay")):
            lines.append(f"| `{name}` | {_about(path)} |")
    lines += [
        "",
        "## Not there",
        "",
        "A compile that misses one of these says what follows; names are beginnings.",
        "",
        "| header | belongs to |",
        "|---|---|",
        *(f"| `{name}` | {what} |" for name, what in ABSENT.items()),
    ]
    return "\n".join(lines) + "\n"


def _about(path: Path) -> str:
    """The first sentence of the comment at the top."""
    text = path.read_text()
    other = re.match(r'#include "([^"]+)"\s*$', text)
    if other:
        return f"`{other.group(1)}` by another name"
    comment = re.search(r"/\*(.*?)\*/", text, re.S)
    words = " ".join(re.sub(r"^ \*", " ", comment.group(1), flags=re.M).split()) if comment else ""
    words = re.sub(r"^Made by .*?(?:: change that, not this)?\.$", "declarations from the table of all functions", words)
    return re.split(r"[.:] (?=[A-Z])|: types here|\. ", words.replace("|", "\\|") + " ", maxsplit=1)[0].strip(" .")


if __name__ == "__main__":
    sys.stdout.write(page())
