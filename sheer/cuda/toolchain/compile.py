"""One CUDA source becomes a host object with its device code inside.

In go nvcc's options and a source, out come clang calls: the device pass gives PTX, which is packed into our
container; the host pass embeds it and emits the registration calls that libsheer answers. Both passes run at
the same time: the host pass reads the container from a pipe at the very end of its work.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sheer.base.errors import ToolError, UsageError
from sheer.cuda.toolchain import amend, archive, cccl, clang, explain, fatbin, home, host, openmp, statics
from sheer.cuda.toolchain.options import Options

CUDA_SUFFIXES = (".cu", ".cuh", ".cui")
CXX_SUFFIXES = (".cpp", ".cc", ".cxx", ".c++", ".C", ".ii")
OVERLAY = clang.INCLUDE / "cccl_overlay"
# what nvcc and g++ let pass, and what people who build with them do not want to hear about
TOLERANT = (
    "-Wno-unknown-pragmas",
    "-Wno-pass-failed",
    "-Wno-unused-command-line-argument",
    "-Wno-unknown-warning-option",
    "-Wno-c++11-narrowing",
    "-Wno-register",
    "-Wno-reserved-user-defined-literal",
    "-Wno-error=non-pod-varargs",
    "-Wno-ignored-optimization-argument",
    "-Wno-deprecated-builtins",
    "-Wno-psabi",
    "-Wno-vla-cxx-extension",
    "-Wno-unused-value",
    "-Wno-missing-template-arg-list-after-template-kw",
    "-Wno-invalid-source-encoding",
    "-Wno-nan-infinity-disabled",
    "-Wno-invalid-constexpr",
    "-Wno-enum-constexpr-conversion",
    "-Wno-dynamic-exception-spec",
    "-Wno-deprecated-declarations",
    "-Wno-implicit-const-int-float-conversion",  # (float)rand() / RAND_MAX
    "-Wno-delete-abstract-non-virtual-dtor",
    "-Wno-delete-non-abstract-non-virtual-dtor",
)
# A loop whose trip count is known at run time only stays one loop in PTX: lanes that leave it at different times would go through a
# loop for the remainder, too. Where all lanes stay together, the compiler to native code unrolls.
# nvcc promises nothing about arguments that were never written, so programs hand them to shuffles (only lane 0's counts). clang would
# take such a call for unreachable, and with it the branch that leaves the value unwritten.
# Pointers wrap, as addresses do: whether start < start + n holds is not concluded from n's sign. (Signed integers need not: with -fwrapv
# each lane would ask whether its loop from i to i + n turns at all, instead of all lanes at once.)
DEVICE_PASSES = ("-mllvm", "-unroll-runtime=false", "-Xclang", "-no-enable-noundef-analysis", "-fwrapv-pointer")
GCC_ONLY = re.compile(
    r"-f(no-)?(gnu-unique|tree-|ipa-|gcse|aggressive-loop|schedule-insns|modulo-sched|strict-volatile|"
    r"opt-info|dump-|graphite|loop-(?!.*unroll)|var-tracking|predictive-commoning|permissive|diagnostics-color)"
)
LINK_ONLY = re.compile(r"-(static|rdynamic|shared|s|no-pie|pie|l\w|L|Wl,|static-lib\w+|z)")


class Source(NamedTuple):
    """An input file: `language` is cuda, c++ or c, or "" for objects and libraries."""

    path: str
    language: str


def language_of(given: str, path: str) -> str:
    """cuda, c++, c or "" (not for a compiler), from -x or the file's name."""
    if given:
        try:
            return {"cu": "cuda", "cuda": "cuda", "c++": "c++", "c": "c"}[given]
        except KeyError:
            raise UsageError(f"nvcc: -x {given}: the languages are cu, c++ and c") from None
    suffix = os.path.splitext(path)[1]
    return (
        "cuda"
        if suffix in CUDA_SUFFIXES
        else "c++"
        if suffix in CXX_SUFFIXES
        else "c"
        if suffix in (".c", ".i")
        else ""
    )


def relocatable(options: Options) -> bool:
    """Is this separate compilation (-dc, -rdc=true)?"""
    return options.has("device-c") or (
        options.true("relocatable-device-code") and not options.has("device-w")
    )


def definitions(options: Options) -> list[str]:
    """What nvcc defines, beyond what clang itself does in CUDA mode."""
    major, minor = clang.CUDA_VERSION.split(".")
    flags = [
        f"-D__CUDACC_VER_MAJOR__={major}",
        f"-D__CUDACC_VER_MINOR__={minor}",
        "-D__CUDACC_VER_BUILD__=61",
        "-D__SHEER__=1",
    ]
    if options.last("default-stream") == "per-thread":
        flags.append("-DCUDA_API_PER_THREAD_DEFAULT_STREAM=1")
    return flags


def _cuda_definitions(options: Options) -> list[str]:
    flags = [*definitions(options), "-D__CUDACC__=1", "-D__NVCC__=1"]
    for condition, name in (
        (relocatable(options), "__CUDACC_RDC__"),
        (options.has("extended-lambda"), "__CUDACC_EXTENDED_LAMBDA__"),
        (options.has("expt-relaxed-constexpr"), "__CUDACC_RELAXED_CONSTEXPR__"),
        (options.has("device-debug"), "__CUDACC_DEBUG__"),
        (options.has("use_fast_math"), "__USE_FAST_MATH__"),
    ):
        if condition:
            flags.append(f"-D{name}=1")
    return flags


def user_preprocessing(options: Options) -> list[str]:
    """-I -isystem -D -U -include as the user gave them."""
    flags = []
    # Named by -I, the folder of a toolkit of ours would be the program's own, with warnings for all that is in it.
    flags += [f"-I{value}" for value in options.all("include-path") if not home.is_ours(value)]
    for name, flag in (("define-macro", "-D"), ("undefine-macro", "-U")):
        flags += [flag + value for value in options.all(name)]
    for name, flag in (("system-include", "-isystem"), ("pre-include", "-include")):
        for value in options.all(name):
            flags += [flag, value]
    return flags


def include_flags() -> list[str]:
    """Our CUDA headers, and CCCL's if they are there."""
    return ["-isystem", str(clang.INCLUDE), *cccl.include_flags()]


def standard(options: Options, source: str) -> str:
    """-std=...; nvcc's default is C++17 with the GNU extensions."""
    given = options.last("std", "gnu++17")
    taken = cccl.newer(given, source, options.all("include-path"))
    if taken != given:
        print(f"{source}: note: compiled as {taken}, not {given}: the CCCL here needs it (nvidia-cuda-cccl)", file=sys.stderr)
    return f"-std={taken}"


def host_flags(options: Options) -> list[str]:
    """Flags of the host side only: optimisation, debugging, -Xcompiler."""
    level = options.last("optimize", "0" if options.has("device-debug") or options.has("debug") else "2")
    # Host code has mostly been tried with nvcc's default only, which is not to optimise: overflow wraps there.
    flags = [f"-O{level}", "-fwrapv", "-fwrapv-pointer"]
    if options.has("debug"):
        flags.append("-g")
    if options.has("profile"):
        flags.append("-pg")
    if options.has("no-exceptions"):
        flags.append("-fno-exceptions")
    if "all-warnings" in options.all("Werror"):
        flags.append("-Werror")
    return flags + [flag for flag in options.all("compiler-options") if not LINK_ONLY.match(flag)]


def fast_math(options: Options) -> list[str]:
    """Device flags for -use_fast_math and its parts."""
    fast = options.has("use_fast_math")
    flags = ["-ffp-contract=" + ("fast-honor-pragmas" if options.true("fmad", True) else "off")]
    if options.true("ftz", fast):
        flags += ["-fgpu-flush-denormals-to-zero", "-D__SHEER_FTZ__"]  # for what the headers write in assembly
    if fast:
        flags += ["-fgpu-approx-transcendentals", "-mllvm", "-nvptx-prec-divf32=0"]
    elif not options.true("prec-div", True):
        flags += ["-mllvm", "-nvptx-prec-divf32=1"]
    if not options.true("prec-sqrt", not fast):
        flags += ["-mllvm", "-nvptx-prec-sqrtf32=0"]
    return flags


def math_library() -> list[str]:
    """The device math functions as bitcode, linked into every device pass."""
    try:
        from sheer.cuda.math import build
    except ImportError:
        return []
    return ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", str(build.bitcode())]


class Passes:
    """The clang calls for one CUDA source under some options."""

    def __init__(self, options: Options, source: Source, tool: clang.Clang, machine: host.Host) -> None:
        self.options, self.source, self.tool = options, source, tool
        self.rdc = relocatable(options)
        self.unit = (
            "_"
            + hashlib.sha256(
                f"{os.path.abspath(source.path)}|{options.last('output-file')}|{sorted(options.values.items())}".encode()
            ).hexdigest()[:15]
        )
        known = [flag for flag in host_flags(options) if not GCC_ONLY.match(flag)]
        self.device_flags: list[str] = []
        parallel = [flag for flag in known if flag.startswith("-fopenmp")]
        self.host_flags = [flag for flag in known if flag not in parallel]
        self.shared = [
            *tool.command,
            *clang.common_flags(tool),
            *machine.headers,
            standard(options, source.path),
            *TOLERANT,
            "-I",
            str(OVERLAY),
            *_cuda_definitions(options),
            "-include",
            "cuda_runtime.h",  # before the user's own, which may be CUDA headers
            *user_preprocessing(options),
            *cccl.adjusted(),
            *include_flags(),
            *openmp.header(machine),
        ]
        if options.has("disable-warnings"):
            self.shared.append("-w")
        if options.last("default-stream") == "per-thread":
            self.shared.append("-fgpu-default-stream=per-thread")
        if self.rdc:
            self.shared += ["-fgpu-rdc", f"-cuid={self.unit[1:]}"]
        if parallel:
            self.shared += openmp.shared_flags(machine)
            self.host_flags += openmp.host_flags(machine)
            self.device_flags.append(openmp.VERSION)

    def device(self, output: str, depfile: str = "", quiet: bool = True) -> list[str]:
        """The device pass: PTX at `output`."""
        level = "0" if self.options.has("device-debug") and self.options.last("dopt") != "on" else "3"
        command = [
            *self.shared,
            "--cuda-device-only",
            "-S",
            f"-O{level}",
            "-gline-tables-only",
            *DEVICE_PASSES,
            *fast_math(self.options),
            *math_library(),
            *self.device_flags,
        ]
        if quiet:
            command.append("-w")
        if depfile:
            command += ["-MD", "-MF", depfile]
        return [*command, self.source.path, "-o", output]

    def host(self, output: str, container: str, depfile: str = "") -> list[str]:
        """The host pass: an object at `output`, with the container embedded."""
        command = [
            *self.shared,
            "--cuda-host-only",
            *self.host_flags,
            "-Xclang",
            "-fcuda-include-gpubinary",
            "-Xclang",
            container,
        ]
        if depfile:
            command += ["-MD", "-MF", depfile]
        return [*command, "-c", self.source.path, "-o", output]

    def preprocess(self) -> list[str]:
        """The host side's preprocessor alone."""
        return [*self.shared, "--cuda-host-only", *self.host_flags, "-E", self.source.path]


def compile_cuda(
    passes: Passes, output: str, depfiles: tuple[str, str] | None = None, verbose: bool = False
) -> None:
    """Make the host object. Raises ToolError after clang has said why."""
    host_deps, device_deps = depfiles or ("", "")
    with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
        ptx, pipe = os.path.join(scratch, "device.ptx"), os.path.join(scratch, "device.fatbin")
        os.mkfifo(pipe)
        device_pass, host_pass = passes.device(ptx, device_deps), passes.host(output, pipe, host_deps)
        code, said = _both(passes, device_pass, host_pass, (ptx, pipe), verbose)
        flags = amend.amended(device_pass, said, scratch) if code else []
        if flags:
            code, said = _both(passes, device_pass + flags, host_pass + flags, (ptx, pipe), verbose)
    report(said)
    if code:
        explain.explain(said)
        Path(output).unlink(missing_ok=True)
        raise ToolError("", code)
    if passes.rdc:
        make_unit_unique(output, passes.unit)


def _both(
    passes: Passes, device_command: list[str], host_command: list[str], way: tuple[str, str], verbose: bool
) -> tuple[int, bytes]:
    """Run the device pass and the host pass, `way` being the PTX of the one and the container that the other waits for. The exit code,
    and what the pass said that failed, or the host's."""
    ptx, pipe = way
    if verbose:
        show(device_command)
        show(host_command)
    with tempfile.TemporaryFile() as log:
        host_process = subprocess.Popen(host_command, stdin=subprocess.DEVNULL, stderr=log)
        device_code = -1
        try:
            device = subprocess.run(device_command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            if device.returncode == 0:
                _check_whole(passes, Path(ptx))
                _feed(host_process, pipe, fatbin.pack([statics.settled(Path(ptx).read_bytes())], passes.rdc))
            device_code = device.returncode
        finally:
            if host_process.poll() is None and device_code:
                host_process.terminate()  # not killed: clang takes away its half of an object
            host_process.wait()
        log.seek(0)
        return device.returncode or host_process.returncode, device.stderr if device_code else log.read()


def _check_whole(passes: Passes, ptx: Path) -> None:
    """A program whose device code is not linked must define what its kernels call."""
    missing = [] if passes.rdc else archive.undefined(ptx.read_bytes())
    if missing:
        raise ToolError(
            f"{passes.source.path}: device code calls {', '.join(missing)}, which this file does not define; "
            "device code in several files needs -rdc=true (-dc)"
        )


def _feed(process: subprocess.Popen[bytes], pipe: str, data: bytes) -> None:
    """Write `data` into the pipe once the host pass opens it; give up when the host pass ends without."""
    while True:
        try:
            handle = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if process.poll() is not None:
                return
            time.sleep(0.002)
    os.set_blocking(handle, True)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
    except BrokenPipeError:
        return


def device_code(passes: Passes, verbose: bool = False, depfile: str = "") -> bytes:
    """The PTX text of one source alone."""
    with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
        ptx = os.path.join(scratch, "device.ptx")
        command = passes.device(ptx, depfile, quiet=False)
        if verbose:
            show(command)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        flags = amend.amended(command, done.stderr, scratch) if done.returncode else []
        if flags:
            run(command + flags, verbose)
        else:
            _judge(done)
        return statics.settled(Path(ptx).read_bytes())


def make_unit_unique(path: str, unit: str) -> None:
    """Give the object its own link name. clang derives it from the source's name as written, so that two
    `x.cu` of different folders, or one file compiled twice, would clash at the link."""
    data = Path(path).read_bytes()
    found = re.search(rb"__cudaRegisterLinkedBinary(__nv_[0-9a-f]+)\0", data)
    if found:
        old = found.group(1)
        wanted = (b"__nv_" + hashlib.sha256(unit.encode()).hexdigest().encode())[: len(old)]
        Path(path).write_bytes(data.replace(old, wanted))


def run(command: Sequence[str], verbose: bool = False, environment: dict[str, str] | None = None) -> None:
    """Run one tool; its messages go to the user. Raises ToolError with its exit code."""
    if verbose:
        show(command)
    _judge(
        subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, check=False)
    )


def _judge(done: subprocess.CompletedProcess[bytes]) -> None:
    """Hand on what a tool said. Raises ToolError with its exit code."""
    report(done.stderr)
    if done.returncode:
        explain.explain(done.stderr)
        raise ToolError("", done.returncode)


def show(command: Sequence[str]) -> None:
    """Print a command as nvcc -v does."""
    import shlex

    print("#$ " + shlex.join(command), file=sys.stderr, flush=True)


def report(said: bytes) -> None:
    """Hand a tool's messages to the user."""
    if said:
        sys.stderr.write(said.decode(errors="replace"))
        sys.stderr.flush()
