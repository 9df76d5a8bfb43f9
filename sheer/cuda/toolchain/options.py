"""nvcc's command line: in go the words, out comes a plain `Options`.

One row for each option: its names, what it takes, what becomes of it. Unknown options are an error for those
that would change the program, and are noted once for those that cannot.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sheer.base.errors import UsageError

FLAG, VALUE, LIST = "flag", "value", "list"  # takes nothing, one word, one word that may hold commas


class Row(NamedTuple):
    """One option. `use`: keep (stored under `name`), quiet (no meaning here), note (accepted, said once),
    refuse."""

    name: str
    shorts: tuple[str, ...]
    takes: str
    use: str = "keep"


def _row(name: str, shorts: str, takes: str, use: str = "keep") -> Row:
    return Row(name, tuple(shorts.split()), takes, use)


# fmt: off
ROWS = (
    # what to do, and with which files
    _row("output-file", "o", VALUE), _row("compile", "c", FLAG), _row("device-c", "dc", FLAG), _row("device-w", "dw", FLAG),
    _row("device-link", "dlink", FLAG), _row("link", "link", FLAG), _row("lib", "lib", FLAG), _row("run", "run", FLAG),
    _row("preprocess", "E", FLAG), _row("ptx", "ptx", FLAG), _row("cubin", "cubin", FLAG), _row("fatbin", "fatbin", FLAG),
    _row("cuda", "cuda", FLAG, "refuse"), _row("shared", "shared", FLAG), _row("x", "x", VALUE),
    _row("output-directory", "odir", VALUE), _row("run-args", "run-args", LIST), _row("resource-usage", "res-usage", FLAG, "note"),
    # dependency files
    _row("generate-dependencies", "M", FLAG), _row("generate-nonsystem-dependencies", "MM", FLAG),
    _row("generate-dependencies-with-compile", "MD", FLAG),
    _row("generate-nonsystem-dependencies-with-compile", "MMD", FLAG),
    _row("dependency-output", "MF", VALUE), _row("dependency-target-name", "MT", VALUE), _row("MQ", "MQ", VALUE),
    _row("generate-dependency-targets", "MP", FLAG),
    # preprocessing
    _row("include-path", "I", LIST), _row("system-include", "isystem", LIST), _row("define-macro", "D", LIST),
    _row("undefine-macro", "U", LIST), _row("pre-include", "include", LIST),
    # the language
    _row("std", "std", VALUE), _row("extended-lambda", "extended-lambda expt-extended-lambda", FLAG),
    _row("expt-extended-lambda", "", FLAG), _row("expt-relaxed-constexpr", "expt-relaxed-constexpr", FLAG),
    _row("default-stream", "default-stream", VALUE), _row("relocatable-device-code", "rdc", VALUE),
    _row("no-exceptions", "noeh", FLAG), _row("no-host-device-initializer-list", "nohdinitlist", FLAG, "quiet"),
    _row("no-host-device-move-forward", "nohdmoveforward", FLAG, "quiet"), _row("restrict", "restrict", FLAG),
    _row("extra-device-vectorization", "extra-device-vectorization", FLAG, "quiet"),
    _row("allow-unsupported-compiler", "allow-unsupported-compiler", FLAG, "quiet"),
    _row("disable-warnings", "w", FLAG), _row("Werror", "Werror", LIST), _row("Wno-deprecated-gpu-targets", "", FLAG, "quiet"),
    _row("Wno-deprecated-declarations", "", FLAG), _row("Wreorder", "", FLAG), _row("Wdefault-stream-launch", "", FLAG, "quiet"),
    _row("Wmissing-launch-bounds", "", FLAG, "quiet"), _row("Wext-lambda-captures-this", "", FLAG, "quiet"),
    _row("diag-suppress", "diag-suppress", LIST, "quiet"), _row("diag-error", "diag-error", LIST, "quiet"),
    _row("diag-warn", "diag-warn", LIST, "quiet"), _row("display-error-number", "err-no", FLAG, "quiet"),
    _row("no-display-error-number", "no-err-no", FLAG, "quiet"), _row("brief-diagnostics", "brief-diag", VALUE, "quiet"),
    _row("static-global-template-stub", "static-global-template-stub", VALUE, "quiet"),
    # code generation
    _row("optimize", "O", VALUE), _row("dopt", "dopt", VALUE), _row("debug", "g", FLAG), _row("device-debug", "G", FLAG),
    _row("generate-line-info", "lineinfo", FLAG), _row("profile", "pg", FLAG), _row("use_fast_math", "use_fast_math", FLAG),
    _row("fmad", "fmad", VALUE), _row("ftz", "ftz", VALUE), _row("prec-div", "prec-div", VALUE),
    _row("prec-sqrt", "prec-sqrt", VALUE), _row("maxrregcount", "maxrregcount", VALUE),
    _row("gpu-architecture", "arch", VALUE), _row("gpu-code", "code", LIST), _row("generate-code", "gencode", VALUE),
    _row("machine", "m", VALUE), _row("m64", "m64", FLAG, "quiet"), _row("m32", "m32", FLAG, "refuse"),
    _row("dlink-time-opt", "dlto", FLAG, "quiet"), _row("lto", "lto", FLAG, "quiet"), _row("gen-opt-lto", "gen-opt-lto", FLAG, "quiet"),
    _row("entries", "e", LIST, "note"), _row("source-in-ptx", "src-in-ptx", FLAG, "quiet"), _row("keep-device-functions", "", FLAG),
    _row("ofast-compile", "Ofc", VALUE, "quiet"), _row("split-compile", "split-compile", VALUE, "quiet"),
    _row("split-compile-extended", "split-compile-extended", VALUE, "quiet"), _row("jobserver", "jobserver", FLAG, "quiet"),
    _row("compress-mode", "compress-mode", VALUE, "quiet"), _row("no-compress", "no-compress", FLAG, "quiet"),
    _row("relocatable-ptx", "reloc-ptx", FLAG, "quiet"), _row("gen-opt", "gen-opt", FLAG, "quiet"),
    _row("device-entity-has-hidden-visibility", "device-entity-has-hidden-visibility", VALUE, "quiet"),
    _row("forward-unknown-to-host-compiler", "forward-unknown-to-host-compiler", FLAG),
    _row("forward-unknown-to-host-linker", "forward-unknown-to-host-linker", FLAG),
    _row("forward-unknown-opts", "forward-unknown-opts", FLAG), _row("astoolspatch", "astoolspatch", VALUE, "quiet"),
    # for other programs
    _row("compiler-options", "Xcompiler", LIST), _row("linker-options", "Xlinker", LIST), _row("ptxas-options", "Xptxas", LIST),
    _row("nvlink-options", "Xnvlink", LIST, "quiet"), _row("cudafe-options", "Xcudafe", LIST, "quiet"),
    _row("archive-options", "Xarchive", LIST), _row("Xnvvm", "Xnvvm", LIST, "quiet"), _row("Xfatbin", "Xfatbin", LIST, "quiet"), _row("Xcicc", "Xcicc", LIST, "quiet"), _row("compiler-bindir", "ccbin", VALUE),
    _row("nvlink-path", "nvlink-path", VALUE, "quiet"), _row("target-directory", "target-dir", VALUE, "quiet"),
    _row("libdevice-directory", "ldir", VALUE, "quiet"), _row("use-local-env", "use-local-env", FLAG, "quiet"),
    _row("options-file", "optf", LIST), _row("archiver-binary", "arbin", VALUE), _row("dependency-drive-prefix", "ddp", VALUE, "quiet"),
    _row("input-drive-prefix", "idp", VALUE, "quiet"), _row("drive-prefix", "dp", VALUE, "quiet"),
    # linking
    _row("library", "l", LIST), _row("library-path", "L", LIST), _row("cudart", "cudart", VALUE), _row("cudadevrt", "cudadevrt", VALUE),
    _row("no-device-link", "nodlink", FLAG), _row("no-cudart", "", FLAG), _row("pic", "", FLAG),
    # how to work
    _row("verbose", "v", FLAG), _row("dryrun", "dryrun", FLAG), _row("keep", "keep save-temps", FLAG), _row("save-temps", "", FLAG),
    _row("keep-dir", "keep-dir", VALUE), _row("clean-targets", "clean", FLAG), _row("time", "time", VALUE, "quiet"),
    _row("fdevice-time-trace", "fdevice-time-trace", VALUE, "quiet"), _row("threads", "t", VALUE, "quiet"),
    _row("version", "V", FLAG), _row("help", "h", FLAG), _row("list-gpu-arch", "arch-ls arch-list", FLAG),
    _row("list-gpu-code", "code-ls code-list", FLAG), _row("jump-table-density", "jtd", VALUE, "quiet"), _row("minimal", "minimal", FLAG, "quiet"),
    _row("no-align-double", "", FLAG, "quiet"), _row("device-stack-protector", "device-stack-protector", VALUE, "quiet"),
    _row("qpp-config", "qpp-config", VALUE, "quiet"), _row("frandom-seed", "frandom-seed", VALUE, "quiet"),
    _row("Wpedantic", "", FLAG, "quiet"), _row("no-use-fast-math", "", FLAG, "quiet"), _row("dump-callgraph", "dump-callgraph", FLAG, "note"),
    _row("optimization-info", "opt-info", LIST, "quiet"),
)
# fmt: on
REFUSED = {
    "cuda": "host and device code are compiled side by side and never become one C++ file; use -c",
    "m32": "Sheer builds 64-bit programs",
}
TRUTHS = ("relocatable-device-code", "fmad", "ftz", "prec-div", "prec-sqrt")
BY_NAME = {row.name: row for row in ROWS}
BY_SHORT = {short: row for row in ROWS for short in row.shorts}
JOINED = ("I", "D", "U", "L", "l", "O", "o", "x", "t")  # may be glued to their value: -Ifolder, -lm
# gcc's own flags that people give without -Xcompiler: nvcc hands some on, and refusing them would help nobody
HOST_PREFIXES = (
    "-f",
    "-W",
    "-march=",
    "-mtune=",
    "-mavx",
    "-msse",
    "-mfma",
    "-mno-",
    "-pthread",
    "-pipe",
    "-rdynamic",
    "-ansi",
    "-pedantic",
    "-static-lib",
)


@dataclass
class Options:
    """A parsed command line: options by their long names, input files in order, and what to tell the user."""

    values: dict[str, list[str]] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)  # (language given by -x or "", path)
    notes: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Was the option given?"""
        return name in self.values

    def last(self, name: str, default: str = "") -> str:
        """The value given last."""
        return self.values[name][-1] if self.values.get(name) else default

    def all(self, name: str) -> list[str]:
        """Every value, in order."""
        return self.values.get(name, [])

    def true(self, name: str, default: bool = False) -> bool:
        """An option that takes true or false."""
        if name not in self.values:
            return default
        return self.last(name).lower() in ("true", "1", "yes", "on", "")


def parse(words: Sequence[str]) -> Options:
    """Read nvcc's command line; raises UsageError at what can't be followed."""
    options = Options()
    todo = [
        *shlex.split(os.environ.get("NVCC_PREPEND_FLAGS", "")),
        *words,
        *shlex.split(os.environ.get("NVCC_APPEND_FLAGS", "")),
    ]
    todo.reverse()
    language = ""
    while todo:
        word = todo.pop()
        if word.startswith("@") and os.path.isfile(word[1:]):
            todo += reversed(_response(word[1:]))
        elif not word.startswith("-") or word == "-":
            options.inputs.append((language, word))
        else:
            row, value = _match(word)
            if row is None:
                if word.lstrip("-") == "ftemplate-depth" and todo:  # nvcc takes this one's value apart, too
                    word = f"-ftemplate-depth={todo.pop()}"
                _unknown(options, word)
                continue
            if row.takes != FLAG and value is None:
                if not todo:
                    raise UsageError(f"nvcc: the option {word} needs a value")
                value = todo.pop()
            if row.name == "options-file":
                for name in _commas(value or ""):
                    todo += reversed(_response(name))
            elif row.name == "x":
                language = "" if value == "none" else value or ""
            else:
                _store(options, row, value or "", word)
    return options


def _response(name: str) -> list[str]:
    try:
        with open(name, encoding="utf-8") as file:
            return shlex.split(file.read(), comments=False)
    except OSError as error:
        raise UsageError(f"nvcc: cannot read the options file {name}: {error.strerror}") from None


def _match(word: str) -> tuple[Row | None, str | None]:
    """The row that a word names, and the value glued to it (None: the value, if any, is the next word)."""
    body = word[2:] if word.startswith("--") else word[1:]
    head, equals, value = body.partition("=")
    row = (
        BY_NAME.get(head)
        or BY_SHORT.get(head)
        or BY_NAME.get(head.replace("_", "-"))
        or BY_SHORT.get(head.replace("-", "_"))
    )
    if row is None and head == "use-fast-math":
        row = BY_NAME["use_fast_math"]
    if row is not None and (equals or row.takes == FLAG or body == head):
        if row.takes == FLAG and equals:
            return BY_NAME.get("relocatable-device-code") if row.name == "rdc" else row, value
        return row, value if equals else None
    if not word.startswith("--") and body[:1] in JOINED and body[:1] in BY_SHORT:
        value = body[1:]
        return BY_SHORT[body[:1]], value
    return None, None


def _unknown(options: Options, word: str) -> None:
    if (
        word.startswith(HOST_PREFIXES)
        or options.has("forward-unknown-to-host-compiler")
        or options.has("forward-unknown-opts")
    ):
        options.values.setdefault("compiler-options", []).append(word)
    else:
        options.notes.append(f"the option {word} is unknown and has no effect")


def _commas(value: str) -> list[str]:
    """Split at commas; `\\,` and quoted commas stay."""
    parts, current, quote, escaped = [], "", "", False
    for character in value:
        if escaped:
            current += character if character in ",\"'\\" else "\\" + character
            escaped = False
        elif character == "\\":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
            current += character
        elif character in "\"'":
            quote = character
            current += character
        elif character == ",":
            parts.append(current)
            current = ""
        else:
            current += character
    return [part for part in [*parts, current + ("\\" if escaped else "")] if part]


def _shell_words(part: str, blanks: bool) -> list[str]:
    """What a shell makes of the text, which is what nvcc hands it to: quotes go, blanks separate (if they may)."""
    if not any(character in part for character in ("\"' " if blanks else "\"'")):
        return [part]
    try:
        words = shlex.split(part)
    except ValueError:
        return [part]
    return words if blanks else ["".join(words)]


def _store(options: Options, row: Row, value: str, word: str) -> None:
    if row.use == "refuse":
        raise UsageError(f"nvcc: {word} is not supported: {REFUSED[row.name]}")
    if row.name in TRUTHS and value.lower() not in ("true", "false", "1", "0", "yes", "no", "on", "off", ""):
        raise UsageError(f"nvcc: {word}: {value!r} is neither true nor false")
    if row.use == "note":
        options.notes.append(f"the option {word} has no effect")
    if row.name == "machine" and value not in ("64", ""):
        raise UsageError("nvcc: only 64-bit programs are supported")
    if row.name == "std" and value.removeprefix("gnu").removeprefix("c") in ("++03", "++98"):
        options.notes.append(f"-std={value}: compiled as C++11, which is the oldest that the headers can do")
        value = "c++11"
    known = options.values.setdefault(row.name, [])
    if row.name in ("define-macro", "undefine-macro"):
        # A macro's value may hold commas: nvcc's own splitting of them surprises more than it helps. CMake writes `\,` against it.
        known.append(value.replace("\\,", ","))
    elif row.name in ("compiler-options", "linker-options"):
        for part in _commas(value):
            known += _shell_words(part, row.name == "compiler-options")
    elif row.takes == LIST:
        known += _commas(value)
    else:
        known.append(value)


def check_architecture(options: Options) -> None:
    """Refuses what names no architecture; which one it is does not matter here."""
    for text in options.all("generate-code") + options.all("gpu-architecture"):
        if not ("sm_" in text or "compute_" in text or text in ("native", "all", "all-major", "OFF")):
            raise UsageError(f"nvcc: {text!r} is no architecture; use sm_80, compute_80, native or all")
