"""Objects become a program or a shared library, with our runtime named in it.

In go objects, archives and linker options; out comes a file that runs by itself: its run path leads to the
folder of libsheer.so. Separately compiled device code is joined here: clang leaves a call to one undefined
function in each such object, and a small object made now defines these by handing the unit to libsheer,
which links the PTX texts when they are first needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from sheer.base.errors import ToolError
from sheer.cuda.toolchain import archive, clang
from sheer.cuda.toolchain.compile import report, show
from sheer.cuda.toolchain.host import Host, announce_first_link

OURS = {
    "cudart",
    "cudart_static",
    "cudadevrt",
    "cuda",
    "nvrtc",
    "nvrtc_static",
    "nvrtc-builtins_static",
    "nvidia-ml",
    "culibos",
    "nvptxcompiler_static",
    "nvJitLink",
    "nvJitLink_static",
    "nvfatbin",
    "nvfatbin_static",
    "cufilt",
    "nvToolsExt",
}
ABSENT = {
    "cublas": "cuBLAS",
    "cublasLt": "cuBLASLt",
    "cufft": "cuFFT",
    "cufftw": "cuFFTW",
    "curand": "cuRAND's host API",
    "cusparse": "cuSPARSE",
    "cusparseLt": "cuSPARSELt",
    "cusolver": "cuSOLVER",
    "cudnn": "cuDNN",
    "nvgraph": "nvGRAPH",
    "nccl": "NCCL",
    "cupti": "CUPTI",
    "nvjpeg": "nvJPEG",
    "nppc": "NPP",
    "nppial": "NPP",
    "nppicc": "NPP",
    "nppidei": "NPP",
    "nppif": "NPP",
    "nppig": "NPP",
    "nppim": "NPP",
    "nppist": "NPP",
    "nppisu": "NPP",
    "nppitc": "NPP",
    "npps": "NPP",
    "cutensor": "cuTENSOR",
}
SYMBOL_OWNERS = (
    ("cublasLt", "cuBLASLt"),
    ("cublas", "cuBLAS"),
    ("cufft", "cuFFT"),
    ("curand", "cuRAND's host API"),
    ("cusparse", "cuSPARSE"),
    ("cusolver", "cuSOLVER"),
    ("cudnn", "cuDNN"),
    ("nccl", "NCCL"),
    ("npp", "NPP"),
    ("cupti", "CUPTI"),
)
LINKED = re.compile(rb"__cudaRegisterLinkedBinary__nv_[0-9a-f]+(?=\0)")
UNDEFINED = re.compile(r"undefined (?:reference to|symbol:?) [`'\"]?(\w+)")


def current_link(folder: Path) -> Path:
    """The link beside a library folder that always leads to the newest build of this installation: programs
    survive an update, and two installations that share a cache do not take each other's library."""
    installation = hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:12]
    return folder.parent / f"current-{installation}"


def library_folder() -> Path:
    """The folder of libsheer.so and its thin names, built if need be; current_link leads to it."""
    from sheer.machine import build

    folder = build.library().parent
    current = current_link(folder)
    try:
        if os.path.realpath(current) != os.path.realpath(folder):
            temporary = folder.parent / f".{current.name}-{os.getpid()}"
            temporary.symlink_to(folder.name)
            os.replace(temporary, current)
    except OSError:
        pass
    return folder


def linked_units(paths: Iterable[str]) -> list[str]:
    """The functions that separately compiled objects among `paths` want to have defined."""
    names: dict[bytes, None] = {}
    for path in paths:
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue
        names.update(dict.fromkeys(LINKED.findall(data)))
    return [name.decode() for name in names]


def registration_source(names: Sequence[str], wrappers: Sequence[str] = ()) -> str:
    """C text that defines those functions, and names `wrappers`, so that their objects are linked. The functions are weak,
    since a device-link object may define the same ones."""
    lines = ["extern void __sheerRegisterLinked(void (*)(void **), void *, void *);"]
    for name in names:
        lines.append(
            f'__attribute__((weak, visibility("hidden"))) void {name}(void (*globals)(void **), void *wrapper, '
            "void *id, "
            "void (*callback)(void *)) { (void)callback; __sheerRegisterLinked(globals, wrapper, id); }"
        )
    lines += [f"extern const char {name}[];" for name in wrappers]
    if wrappers:
        kept = ", ".join(wrappers)
        lines.append(f'__attribute__((used)) static const void *const kept[] = {{{kept}}};')
    return "\n".join(lines) + "\n"


def registration_object(paths: Sequence[str], output: str, verbose: bool = False) -> None:
    """Compile `registration_source` for the separately compiled units among `paths` to an object."""
    from sheer.cuda.toolchain.compile import run

    tool = clang.find()
    found = archive.resolve(paths)
    if found.missing:
        raise ToolError(f"undefined in device code: {_told(found.missing)}; link the file that defines it")
    with tempfile.NamedTemporaryFile("w", suffix=".c", prefix="sheer-link-") as source:
        source.write(registration_source(linked_units(paths), found.wrappers))
        source.flush()
        flags = ["-resource-dir", tool.resource] if tool.resource else []
        run(
            [
                *tool.command,
                f"--target={clang.triple()}",
                *flags,
                "-x",
                "c",
                "-O1",
                "-fPIC",
                "-c",
                source.name,
                "-o",
                output,
            ],
            verbose,
        )


def _told(missing: dict[str, str]) -> str:
    return ", ".join(f"{name} (used in {file})" for name, file in sorted(missing.items()))


def wanted_libraries(names: Sequence[str], folders: Sequence[str]) -> list[str]:
    """-l flags less those that stand for our own library, and less the vendor's that are not there (with a
    note)."""
    flags = []
    for name in names:
        if name in OURS:
            continue
        plain = name.removesuffix("_static")
        if plain in ABSENT and not any(
            (Path(folder) / f"lib{name}{end}").exists() for folder in folders for end in (".so", ".a")
        ):
            print(
                f"sheer: -l{name}: Sheer does not have {ABSENT[plain]} yet; linking without it",
                file=sys.stderr,
            )
            continue
        flags.append(f"-l{name}")
    return flags


def runtime(exact: bool, cudart: bool = True) -> list[str]:
    """Flags that name our library. Programs follow `current`, so that they survive an update; `exact` binds
    to this very build."""
    folder = library_folder()
    first = [] if exact else [str(current_link(folder))]
    flags = [f"-Wl,-rpath,{path}" for path in [*first, str(folder)]]
    return [*(([str(folder / "libcudart.so.12")]) if cudart else []), str(folder / "libsheer.so"), *flags]


def link(
    inputs: Sequence[str],
    output: str,
    flags: Sequence[str],
    machine: Host,
    *,
    cudart: bool = True,
    exact: bool = False,
    extra_units: Sequence[str] = (),
    verbose: bool = False,
) -> None:
    """Link `inputs` (objects, archives, in order) and `flags` (-l, -L, -Wl ...) to `output`."""
    import subprocess

    announce_first_link(machine)
    with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
        extra = []
        paths = [*inputs, *extra_units]
        if linked_units(paths):
            extra.append(os.path.join(scratch, "link.o"))
            registration_object(paths, extra[0], verbose)
        command = [
            *machine.compiler,
            "-o",
            output,
            *extra,
            *inputs,
            *flags,
            *runtime(exact, cudart),
            "-lpthread",
            "-ldl",
            "-lm",
        ]
        if verbose:
            show(command)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=machine.environment(), check=False
        )
    report(done.stderr)
    if done.returncode:
        _explain(done.stderr.decode(errors="replace"))
        raise ToolError("", done.returncode)


def _explain(said: str) -> None:
    """After a failed link: which missing symbols belong to libraries or functions that Sheer lacks."""
    missing = dict.fromkeys(UNDEFINED.findall(said))
    owners: dict[str, list[str]] = {}
    for name in missing:
        owner = next((library for prefix, library in SYMBOL_OWNERS if name.startswith(prefix)), "")
        if not owner and re.match(r"cu(da)?[A-Z]", name):
            owner = "this part of the CUDA API"
        if owner:
            owners.setdefault(owner, []).append(name)
    for owner, names in owners.items():
        print(
            f"sheer: missing, since Sheer does not have {owner} yet: "
            f"{', '.join(names[:4])}{' ...' if len(names) > 4 else ''}",
            file=sys.stderr,
        )
