"""The table of all CUDA functions: runtime API, driver API, NVRTC and NVML, each with its prototype, first version and status.

Comes in: the texts of `runtime.py`, `driver.py`, `nvrtc.py`, `nvml.py` and `images.py`. Goes out: lists of `Function`, from which `sheer.cuda.generate`
makes prototypes, entry points, default answers, the call tracer and the coverage page.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sheer.cuda.functions import driver, images, nvml, nvrtc, runtime

STATUS = ("works", "partial", "no")

# Synchronous functions that work on the default stream, and so have a `_ptds` twin that uses the thread's own one.
# Functions with a stream parameter have a `_ptsz` twin.
DEFAULT_STREAM = frozenset(
    [
        "cudaMemcpy",
        "cudaMemcpyToSymbol",
        "cudaMemcpyFromSymbol",
        "cudaMemcpy2D",
        "cudaMemcpyToArray",
        "cudaMemcpy2DToArray",
        "cudaMemcpyFromArray",
        "cudaMemcpy2DFromArray",
        "cudaMemcpyArrayToArray",
        "cudaMemcpy2DArrayToArray",
        "cudaMemcpy3D",
        "cudaMemcpy3DPeer",
        "cudaMemset",
        "cudaMemset2D",
        "cudaMemset3D",
        "cuMemcpy",
        "cuMemcpyPeer",
        "cuMemcpyHtoD_v2",
        "cuMemcpyDtoH_v2",
        "cuMemcpyDtoD_v2",
        "cuMemcpyDtoA_v2",
        "cuMemcpyAtoD_v2",
        "cuMemcpyHtoA_v2",
        "cuMemcpyAtoH_v2",
        "cuMemcpyAtoA_v2",
        "cuMemcpy2D_v2",
        "cuMemcpy2DUnaligned_v2",
        "cuMemcpy3D_v2",
        "cuMemcpy3DPeer",
        "cuMemsetD8_v2",
        "cuMemsetD16_v2",
        "cuMemsetD32_v2",
        "cuMemsetD2D8_v2",
        "cuMemsetD2D16_v2",
        "cuMemsetD2D32_v2",
    ]
)
# Handles that exist can't be the default stream's.
NO_TWIN = frozenset({"cudaStreamDestroy", "cuStreamDestroy_v2"})
# Driver functions whose first version took the same arguments: programs that look their names up in libcuda find that, too.
FIRST_NAMES = (
    "cuCtxCreate", "cuCtxDestroy", "cuCtxPopCurrent", "cuCtxPushCurrent", "cuDevicePrimaryCtxRelease", "cuDevicePrimaryCtxReset",
    "cuDevicePrimaryCtxSetFlags", "cuEventDestroy", "cuIpcOpenMemHandle", "cuLinkAddData", "cuLinkAddFile", "cuLinkCreate", "cuMemHostRegister",
    "cuGraphicsResourceSetMapFlags", "cuStreamBatchMemOp", "cuStreamDestroy", "cuStreamWaitValue32", "cuStreamWaitValue64", "cuStreamWriteValue32",
    "cuStreamWriteValue64",
)  # fmt: skip
WIDER = 3020  # the version in which sizes and addresses of the driver API became 64 bits wide
# What the headers of CUDA 12 mean by the plain name, where the choice is not "the newest up to 12.0".
PLAIN_NAMES = {"cuCtxCreate": "cuCtxCreate_v2", "cuGraphInstantiate": "cuGraphInstantiateWithFlags"}
HEADER_VERSION = 12000


class Parameter(NamedTuple):
    """One parameter: its C type, name, array suffix (`[2]`, rarely used) and C++ default value ("" if it has none)."""

    type: str
    name: str
    array: str = ""
    default: str = ""

    @property
    def declaration(self) -> str:
        """The parameter as C writes it."""
        gap = "" if self.type.endswith("*") else " "
        return f"{self.type}{gap}{self.name}{self.array}"


class Function(NamedTuple):
    """One row of the table."""

    api: str  # "runtime", "driver", "nvrtc", "nvml", "ptx_compiler", "jit_link" or "fatbin"
    group: str
    since: int  # 12080 for 12.8
    status: str  # "works", "partial" or "no"
    note: str  # what is missing, or why it is not supported
    returns: str
    name: str
    parameters: tuple[Parameter, ...]

    @property
    def base(self) -> str:
        """The name without the variant's number: cuMemAlloc for cuMemAlloc_v2."""
        return re.sub(r"_v\d+$", "", self.name)

    @property
    def twin(self) -> str:
        """The suffix of the twin for the per-thread default stream, or "" if there is none."""
        if self.name in NO_TWIN or self.status == "no":
            return ""
        if self.name in DEFAULT_STREAM:
            return "_ptds"
        streams = ("cudaStream_t", "CUstream", "const cudaLaunchConfig_t *", "const CUlaunchConfig *")
        return "_ptsz" if any(p.type in streams for p in self.parameters) else ""


class TableError(ValueError):
    """A row of the function table cannot be read; says which one."""


def _split(parameters: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, letter in enumerate(parameters):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(parameters[start:i])
            start = i + 1
    return [part.strip() for part in [*parts, parameters[start:]] if part.strip()]


def _parameter(text: str, row: str) -> Parameter:
    declaration, _, default = (part.strip() for part in text.partition("="))
    match = re.fullmatch(r"(.*[\s*])(\w+)(\[\w*\])?", declaration)
    if not match:
        raise TableError(f"parameter {text!r} of {row!r} is not `type name`")
    return Parameter(match[1].strip(), match[2], match[3] or "", default)


def read(table: str, api: str) -> list[Function]:
    """The rows of one table text."""
    group, functions = "", []
    for line in table.strip().splitlines():
        if line.startswith("== "):
            group = line[3:]
            continue
        fields = [field.strip() for field in line.split(" | ")]
        match = re.fullmatch(r"(.*?[\s*])(\w+)\((.*)\)", fields[-1])
        if len(fields) != 3 or not match:
            raise TableError(f"row {line!r} is not `since | status | prototype`")
        status, _, note = (part.strip() for part in fields[1].partition(":"))
        if status not in STATUS or (status == "works") == bool(note):
            raise TableError(f"status {fields[1]!r} is not `works`, `partial: what is missing` or `no: why`")
        major, minor = fields[0].split(".")
        parameters = [] if match[3] == "void" else [_parameter(p, line) for p in _split(match[3])]
        functions.append(
            Function(
                api,
                group,
                int(major) * 1000 + int(minor) * 10,
                status,
                note,
                match[1].strip(),
                match[2],
                tuple(parameters),
            )
        )
    return functions


RUNTIME = read(runtime.TABLE, "runtime")
DRIVER = read(driver.TABLE, "driver")
NVRTC = read(nvrtc.TABLE, "nvrtc")
NVML = read(nvml.TABLE, "nvml")
PTX_COMPILER = read(images.PTX_COMPILER, "ptx_compiler")
JIT_LINK = read(images.JIT_LINK, "jit_link")
FATBIN = read(images.FATBIN, "fatbin")
ALL = [*RUNTIME, *DRIVER, *NVRTC, *NVML, *PTX_COMPILER, *JIT_LINK, *FATBIN]


def plain_names(functions: list[Function]) -> dict[str, str]:
    """Base name -> exported name, for every name that the headers of CUDA 12 define as a macro."""
    names = {f.name for f in functions}
    chosen: dict[str, Function] = {}
    for function in functions:
        if function.base in names or function.since > HEADER_VERSION:
            continue
        if function.base not in chosen or chosen[function.base].since < function.since:
            chosen[function.base] = function
    result = {base: function.name for base, function in chosen.items()}
    result.update({base: name for base, name in PLAIN_NAMES.items() if name in names})
    return result
