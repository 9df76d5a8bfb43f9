"""`sheer nvcc`: does what nvcc's command line asks for.

In goes argv, out come the files that nvcc would make: objects with PTX inside, PTX texts, containers,
device-link objects, archives, programs. The exit code is that of the first tool that failed.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sheer.base import knobs
from sheer.base.errors import SheerError, ToolError, UsageError
from sheer.cuda.toolchain import clang, compile, depfile, fatbin, host, link, openmp
from sheer.cuda.toolchain.compile import Passes, Source
from sheer.cuda.toolchain.options import Options, check_architecture, parse

PHASES = (
    "preprocess",
    "generate-dependencies",
    "generate-nonsystem-dependencies",
    "ptx",
    "cubin",
    "fatbin",
    "device-link",
    "device-c",
    "device-w",
    "compile",
    "lib",
)
VERSION_TEXT = """nvcc: NVIDIA (R) Cuda compiler driver: this is Sheer {sheer}, which answers in its place
Cuda compilation tools, release {cuda}, V{cuda}.0
Build sheer_{sheer}
"""
ARCHITECTURES = (
    "50",
    "52",
    "53",
    "60",
    "61",
    "62",
    "70",
    "72",
    "75",
    "80",
    "86",
    "87",
    "89",
    "90",
    "100",
    "120",
)


class Driver:
    """One run of the compiler driver."""

    def __init__(self, options: Options, toolkit: str = "") -> None:
        self.options, self.toolkit = options, toolkit
        self.verbose = options.has("verbose") or options.has("dryrun")
        self.dry = options.has("dryrun")
        self.tool = clang.find()
        self.machine = host.find(options.last("compiler-bindir") or os.environ.get("NVCC_CCBIN", ""))
        self.sources = [
            Source(path, compile.language_of(language, path)) for language, path in options.inputs
        ]

    def run(self) -> None:
        """Do the phase that was asked for; without one, compile and link."""
        asked = [phase for phase in PHASES if self.options.has(phase)]
        if any(phase in asked for phase in ("device-c", "device-w", "compile")):
            # projects put -dlink among the flags of every compilation, whose -c follows
            asked = [phase for phase in asked if phase != "device-link"]
        if self.verbose:
            self._settings()
        self.check_inputs()
        if not asked or asked == ["link"]:
            self._program()
            return
        many = {"device-link": self._device_link, "lib": self._archive, "fatbin": self._fatbin}
        if asked[0] in many:
            many[asked[0]]()
            return
        compilable = [source for source in self.sources if source.language]
        if self.options.has("output-file") and len(compilable) > 1:
            raise UsageError(
                "nvcc: -o with several inputs and no linking; use -odir, or compile them one by one"
            )
        for source in compilable:
            self._one(asked[0], source)

    def check_inputs(self) -> None:
        """Say what has no effect; refuse what can't be."""
        if not self.sources:
            raise UsageError("no input files; see `sheer nvcc --help`")
        for source in self.sources:
            if source.path != "-" and not os.path.exists(source.path):
                raise UsageError(f"{source.path}: no such file")
        for note in dict.fromkeys(self.options.notes):
            print(f"sheer nvcc: {note}", file=sys.stderr)
        check_architecture(self.options)

    def _root(self) -> Path:
        from sheer.cuda.toolchain import home

        return home.folder(Path(self.toolkit) if self.toolkit else None)

    def _settings(self) -> None:
        """What nvcc -v says before its commands; CMake reads it."""
        root = self._root()
        for name, value in (
            ("_NVVM_BRANCH_", "nvvm"),
            ("_THERE_", str(root / "bin")),
            ("TOP", str(root)),
            ("NVVMIR_LIBRARY_DIR", str(root / "nvvm/libdevice")),
            ("INCLUDES", f'"-I{root / "include"}"'),
            ("LIBRARIES", shlex.quote(f"-L{root / 'lib64'}")),
            ("PATH", os.environ.get("PATH", "")),
        ):
            print(f"#$ {name}={value}", file=sys.stderr)
        # the words by which CMake finds the default architecture
        print("#$ cicc -arch compute_80 (this is clang)", file=sys.stderr)

    def _output(self, source: Source, suffix: str) -> str:
        if self.options.has("output-file"):
            return self.options.last("output-file")
        name = os.path.splitext(os.path.basename(source.path))[0] + suffix
        return os.path.join(self.options.last("output-directory", ""), name)

    def _one(self, phase: str, source: Source) -> None:
        """A phase that makes one output of each source."""
        if phase == "preprocess":
            self._preprocess(source)
        elif phase in ("generate-dependencies", "generate-nonsystem-dependencies"):
            self._dependencies(source)
        elif phase in ("ptx", "cubin"):
            if source.language != "cuda":
                raise UsageError(f"nvcc: -{phase}: {source.path} is no CUDA source; say -x cu if it is one")
            text = compile.device_code(self._passes(source), self.verbose)
            Path(self._output(source, f".{phase}")).write_bytes(text)
        else:
            self._object(source, self._output(source, ".o"))

    def _passes(self, source: Source) -> Passes:
        return Passes(self.options, source, self.tool, self.machine)

    def _host_command(self, source: Source) -> list[str]:
        """The host compiler's call for plain C and C++."""
        options = self.options
        language = source.language
        dialect = [f"-std={options.last('std')}"] if options.has("std") and language == "c++" else []
        return [
            *self.machine.compiler,
            "-x",
            language,
            *dialect,
            *compile.definitions(options),
            *compile.user_preprocessing(options),
            *compile.include_flags(),
            *(["-w"] if options.has("disable-warnings") else []),
            *openmp.plain_flags(compile.host_flags(options), self.machine),
        ]

    def _object(self, source: Source, output: str) -> None:
        """Compile one source to an object, with a dependency file if one was asked for."""
        wants = next(
            (
                name
                for name in (
                    "generate-nonsystem-dependencies-with-compile",
                    "generate-dependencies-with-compile",
                )
                if self.options.has(name)
            ),
            "",
        )
        with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
            parts = (os.path.join(scratch, "host.d"), os.path.join(scratch, "device.d"))
            self.make_object(source, output, parts if wants else None)
            if wants and not self.dry:
                self._write_depfile(source, output, parts, "nonsystem" in wants)

    def make_object(self, source: Source, output: str, depfiles: tuple[str, str] | None = None) -> None:
        """Compile one source; dependency files of both sides (of one, for plain C++) where wanted."""
        if source.language == "cuda":
            passes = self._passes(source)
            if self.dry:
                compile.show(passes.device("device.ptx"))
                compile.show(passes.host(output, "device.fatbin"))
            else:
                compile.compile_cuda(passes, output, depfiles, self.verbose)
            return
        command = [
            *self._host_command(source),
            *(["-MD", "-MF", depfiles[0]] if depfiles else []),
            "-c",
            source.path,
            "-o",
            output,
        ]
        if self.dry:
            compile.show(command)
        else:
            compile.run(command, self.verbose, self.machine.environment())

    def _write_depfile(self, source: Source, output: str, parts: Sequence[str], nonsystem: bool) -> None:
        options = self.options
        names = depfile.union(parts)
        if nonsystem:
            names = [name for name in names if not depfile.is_system(name, self.machine, self.tool)]
        where = options.last("dependency-output") or os.path.splitext(output)[0] + ".d"
        targets = options.all("dependency-target-name") + options.all("MQ") or [output]
        text = depfile.render(targets, names, options.has("generate-dependency-targets"), source.path)
        Path(where).write_text(text)

    def _dependencies(self, source: Source) -> None:
        """-M, -MM: the dependencies and nothing else."""
        options = self.options
        with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
            found = os.path.join(scratch, "only.d")
            if source.language == "cuda":
                command = self._passes(source).preprocess()
            else:
                command = [*self._host_command(source), "-E", source.path]
            compile.run(
                [*command, "-o", os.path.join(scratch, "out.ii"), "-MD", "-MF", found],
                self.verbose,
                self.machine.environment(),
            )
            names = depfile.union([found])
        if options.has("generate-nonsystem-dependencies"):
            names = [name for name in names if not depfile.is_system(name, self.machine, self.tool)]
        default = os.path.splitext(os.path.basename(source.path))[0] + ".o"
        targets = options.all("dependency-target-name") + options.all("MQ") or [default]
        text = depfile.render(targets, names, options.has("generate-dependency-targets"), source.path)
        where = options.last("dependency-output") or options.last("output-file")
        if where:
            Path(where).write_text(text)
        else:
            sys.stdout.write(text)

    def _preprocess(self, source: Source) -> None:
        command = (
            self._passes(source).preprocess()
            if source.language == "cuda"
            else [*self._host_command(source), "-E", source.path]
        )
        if self.options.has("output-file"):
            command += ["-o", self.options.last("output-file")]
        compile.run(command, self.verbose, self.machine.environment())

    def _fatbin(self) -> None:
        """-fatbin: our container with the PTX of every source."""
        images = [
            compile.device_code(self._passes(source), self.verbose)
            if source.language == "cuda"
            else Path(source.path).read_bytes()
            for source in self.sources
        ]
        output = self._output(self.sources[0], ".fatbin")
        Path(output).write_bytes(fatbin.pack(images, compile.relocatable(self.options)))

    def _objects(self, scratch: str) -> list[str]:
        """Every input as something a linker takes: sources are compiled into `scratch` (or kept where -c
        would put them)."""
        found = []
        for number, source in enumerate(self.sources):
            if not source.language:
                found.append(source.path)
                continue
            base = os.path.splitext(os.path.basename(source.path))[0]
            folder = self.options.last("keep-dir", ".") if self.options.has("keep") else scratch
            os.makedirs(folder, exist_ok=True)
            output = os.path.join(folder, f"{number}-{base}.o" if folder == scratch else f"{base}.o")
            self._object(source, output)
            found.append(output)
        return found

    def _device_link(self) -> None:
        """-dlink: an object that joins the separately compiled units among the inputs."""
        with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
            output = self.options.last("output-file", "a_dlink.o")
            paths = self._objects(scratch) + self._library_files()
            if self.options.has("cubin") or output.endswith((".cubin", ".fatbin")):
                raise UsageError("nvcc: -dlink to a cubin or fatbin is not supported; link to an object")
            link.registration_object(paths, output, self.verbose)

    def _library_files(self) -> list[str]:
        """The archives that -l names, as far as -L leads to them."""
        found = []
        for name in self.options.all("library"):
            for folder in self.options.all("library-path"):
                path = os.path.join(folder, f"lib{name}.a")
                if os.path.exists(path):
                    found.append(path)
                    break
        return found

    def _archive(self) -> None:
        """-lib: a static library."""
        with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
            objects = self._objects(scratch)
            output = self.options.last("output-file", "a.a")
            Path(output).unlink(missing_ok=True)
            zig = clang.zig()
            archiver = (
                [self.options.last("archiver-binary")]
                if self.options.has("archiver-binary")
                else [str(zig), "ar"]
                if zig
                else ["ar"]
            )
            compile.run(
                [*archiver, "qcs", *self.options.all("archive-options"), output, *objects], self.verbose
            )

    def _program(self) -> None:
        """Compile what is source, then link."""
        options = self.options
        output = options.last("output-file", "a.out")
        with tempfile.TemporaryDirectory(prefix="sheer-") as scratch:
            objects = self._objects(scratch)
            if self.dry:
                compile.show([*self.machine.compiler, "-o", output, *objects, *self._settings_libraries()])
                return
            link.link(
                objects,
                output,
                self.link_flags(),
                self.machine,
                cudart=options.last("cudart") != "none",
                extra_units=self._library_files(),
                verbose=self.verbose,
            )
            if self.verbose:  # one line in nvcc's own form: CMake takes the linker and its libraries from it
                compile.show([*self.machine.compiler, "-o", output, *objects, *self._settings_libraries()])
        if options.has("run"):
            program = os.path.abspath(output)
            os.execv(program, [program, *options.all("run-args")])

    def _settings_libraries(self) -> list[str]:
        return [f"-L{self._root() / 'lib64'}", "-lcudadevrt", "-lcudart_static", "-lrt", "-lpthread", "-ldl"]

    def link_flags(self) -> list[str]:
        """What the linker is told beside the objects."""
        options = self.options
        flags = ["-shared"] if options.has("shared") else []
        if options.has("debug"):
            flags.append("-g")
        if options.has("profile"):
            flags.append("-pg")
        flags += options.all("compiler-options")
        folders = options.all("library-path")
        flags += [f"-L{folder}" for folder in folders]
        for value in options.all("linker-options"):
            flags += ["-Xlinker", value]
        if any(flag.startswith("-fopenmp") for flag in flags):
            flags = openmp.link_flags(flags, self.machine)
        return flags + link.wanted_libraries(options.all("library"), folders)


def version_text() -> str:
    """What --version prints: CMake and scripts read the release from it."""
    from sheer import __version__

    return VERSION_TEXT.format(sheer=__version__, cuda=clang.CUDA_VERSION)


HELP = """usage: sheer nvcc [options] file...

Compiles CUDA C++ for Sheer with nvcc's command line. Inputs: .cu .cpp .cc .cxx .c .o .a .so

  -o FILE          output                          -c -dc -dlink -lib      stop after this step
  -E -M -MM        preprocess, dependencies        -ptx -cubin -fatbin     device code alone
  -I -isystem -D -U -include                       -l -L -shared -Xlinker  linking
  -std= -O -g -G -lineinfo                         -Xcompiler -ccbin       the host compiler
  -rdc=true        separate compilation            -use_fast_math -fmad -ftz -prec-div -prec-sqrt
  -arch -gencode   accepted: there is one target, compute capability 8.0
  -v --dryrun      show the commands               --version

More: docs/run-a-program.md
"""


def main(words: Sequence[str], toolkit: str = "") -> int:
    """Follow a command line; the exit code. `toolkit` is the folder whose bin/nvcc was called."""
    try:
        options = parse(words)
        if options.has("version"):
            sys.stdout.write(version_text())
            return 0
        if options.has("help"):
            sys.stdout.write(HELP)
            return 0
        for kind, prefix in (("list-gpu-arch", "compute_"), ("list-gpu-code", "sm_")):
            if options.has(kind):
                print("\n".join(prefix + number for number in ARCHITECTURES))
                return 0
        knobs.get("SHEER_CLANG")
        Driver(options, toolkit).run()
    except ToolError as error:
        if str(error):
            print(f"sheer: error: {error}", file=sys.stderr)
        return error.code or 1
    except SheerError as error:
        print(f"sheer: error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"sheer: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def console() -> None:
    """The console script sheer-nvcc (and whatever name it is linked under)."""
    sys.exit(main(sys.argv[1:]))
