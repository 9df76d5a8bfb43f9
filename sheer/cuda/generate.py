"""Makes what follows from the table of all CUDA functions: prototypes, entry points, tracer, coverage page.

In goes `sheer.cuda.functions` (and the chip files). Out come committed headers and pages (`committed_files`,
checked by a test; `python -m sheer.cuda.generate` writes them) and C++ sources that only the builder needs
(`native_files`): entry points, default answers, the procedure table, names of errors, built-in chips.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

from sheer.chips import schema
from sheer.cuda import functions
from sheer.cuda.functions import Function, Parameter, errors

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent.parent
NOTE = "Made by sheer/cuda/generate.py from the table in sheer/cuda/functions: change that, not this."


# ---- headers
def _prototype(function: Function, defaults: bool) -> str:
    parts = []
    for parameter in function.parameters:
        default = f" SHEER_DEFAULT({parameter.default})" if defaults and parameter.default else ""
        parts.append(parameter.declaration + default)
    gap = "" if function.returns.endswith("*") else " "
    text = f"{function.returns}{gap}{function.name}({', '.join(parts) or 'void'});"
    return "\n".join(
        textwrap.wrap(text, 108, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    )


def _groups(rows: Iterable[Function]) -> dict[str, list[Function]]:
    groups: dict[str, list[Function]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return groups


def _header(rows: list[Function], guard: str, defaults: bool) -> str:
    lines = [f"/* {NOTE} */", f"#ifndef {guard}", f"#define {guard}", ""]
    names = functions.plain_names(rows)
    twins = [row for row in rows if row.twin]
    if names or twins:
        lines += [
            "/* Plain names stand for variants, and for twins that use the thread's own default stream. */"
        ]
        lines += ["#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)"]
        plain = {name: base for base, name in names.items()}
        lines += [f"#define {plain.get(row.name, row.name)} {row.name}{row.twin}" for row in twins]
        lines += [
            f"#define {base} {name}"
            for base, name in names.items()
            if not any(row.name == name for row in twins)
        ]
        lines += ["#else"]
        lines += [f"#define {base} {name}" for base, name in names.items()]
        lines += ["#endif", ""]
    lines += ["#ifdef __cplusplus", 'extern "C" {', "#endif"]
    suffixed = {row.name: row.base for row in rows if names.get(row.base) == row.name}
    for group, members in _groups(rows).items():
        lines += ["", f"/* {group} */"]
        # A prototype uses the plain name, so that the macro above decides which symbol it declares.
        lines += [
            _prototype(row._replace(name=suffixed.get(row.name, row.name)), defaults) for row in members
        ]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(lines)


NVRTC_TYPES = """
#include <stddef.h>

/* By this name other headers know that this one was included. */
#define __NVRTC_H__

typedef struct _nvrtcProgram *nvrtcProgram;

typedef enum {
  NVRTC_SUCCESS = 0,
  NVRTC_ERROR_OUT_OF_MEMORY = 1,
  NVRTC_ERROR_PROGRAM_CREATION_FAILURE = 2,
  NVRTC_ERROR_INVALID_INPUT = 3,
  NVRTC_ERROR_INVALID_PROGRAM = 4,
  NVRTC_ERROR_INVALID_OPTION = 5,
  NVRTC_ERROR_COMPILATION = 6,
  NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7,
  NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION = 8,
  NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION = 9,
  NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
  NVRTC_ERROR_INTERNAL_ERROR = 11,
  NVRTC_ERROR_TIME_FILE_WRITE_FAILED = 12,
  NVRTC_ERROR_NO_PCH_CREATE_ATTEMPTED = 13,
  NVRTC_ERROR_PCH_CREATE_HEAP_EXHAUSTED = 14,
  NVRTC_ERROR_PCH_CREATE = 15,
  NVRTC_ERROR_CANCELLED = 16
} nvrtcResult;
"""

NVRTC_CPLUSPLUS = """
#if defined(__cplusplus) && !defined(SHEER_NO_CXX_LIBRARY)
#include <string>
#include <typeinfo>
#ifdef __GNUC__
#include <cxxabi.h>
#include <stdlib.h>
template <typename T> struct SheerTypeName;
/* The source name of a type, for name expressions that are built from templates. */
template <typename T> nvrtcResult nvrtcGetTypeName(std::string *result) {
  int status = 0;
  char *name = abi::__cxa_demangle(typeid(SheerTypeName<T>).name(), nullptr, nullptr, &status);
  if (!name) return NVRTC_ERROR_INTERNAL_ERROR;
  std::string text(name);
  free(name);
  size_t begin = text.find('<') + 1;
  *result = text.substr(begin, text.rfind('>') - begin);
  while (!result->empty() && result->back() == ' ') result->pop_back();
  return NVRTC_SUCCESS;
}
#endif
#endif
"""


def _nvrtc_header() -> str:
    text = _header(functions.NVRTC, "SHEER_NVRTC_H", False)
    types = text.index("#ifdef __cplusplus")
    end = text.rindex("#endif")
    return (
        text[:types]
        + NVRTC_TYPES.lstrip()
        + "\n"
        + text[types:end].rstrip()
        + "\n"
        + NVRTC_CPLUSPLUS
        + "\n"
        + text[end:]
    )


# ---- coverage
def coverage_page() -> str:
    """`docs/coverage/cuda-api.md`: every function and its status."""
    lines = ["# CUDA API coverage", "", f"<!-- {NOTE} -->", ""]
    lines += [
        "`works`: does what the documentation of CUDA 12 says. `partial`: what is missing is said. `no`:",
        'answers "not supported" and says so once on stderr. The headers for OpenGL, EGL, VDPAU and NvSci',
        "are not part of the table.",
        "",
    ]
    titles = {
        "runtime": ("Runtime API", functions.RUNTIME),
        "driver": ("Driver API", functions.DRIVER),
        "nvrtc": ("NVRTC", functions.NVRTC),
        "nvml": ("NVML", functions.NVML),
        "ptx_compiler": ("PTX compiler", functions.PTX_COMPILER),
        "jit_link": ("nvJitLink", functions.JIT_LINK),
        "fatbin": ("nvFatbin", functions.FATBIN),
    }
    lines += ["| | works | partial | no | all |", "|---|---|---|---|---|"]
    for title, rows in titles.values():
        counts = [sum(row.status == status for row in rows) for status in functions.STATUS]
        lines += [f"| {title} | {counts[0]} | {counts[1]} | {counts[2]} | {len(rows)} |"]
    for title, rows in titles.values():
        lines += ["", f"## {title}"]
        for group, members in _groups(rows).items():
            lines += ["", f"### {group}", "", "| function | since | status |", "|---|---|---|"]
            for row in members:
                status = row.status if not row.note else f"{row.status}: {row.note}"
                lines += [f"| `{row.name}` | {row.since // 1000}.{row.since % 1000 // 10} | {status} |"]
    return "\n".join(lines) + "\n"


# ---- native sources
RESULTS = {"runtime": "cudaError_t", "driver": "CUresult"}
UNSUPPORTED = {
    "nvrtc": "NVRTC_ERROR_INVALID_INPUT",
    "nvml": "NVML_ERROR_NOT_SUPPORTED",
    "ptx_compiler": "NVPTXCOMPILE_ERROR_INTERNAL",
    "jit_link": "NVJITLINK_ERROR_INTERNAL",
    "fatbin": "NVFATBIN_ERROR_INTERNAL",
}
CODES = (*RESULTS.values(), "nvrtcResult", "nvmlReturn_t", "nvPTXCompileResult", "nvJitLinkResult", "nvFatbinResult")
# Functions that ask for the last error, and so must not become it.
ASK_ERROR = {"cudaGetLastError", "cudaPeekAtLastError"}
HOST_HEADERS = (
    "builtin_types.h",
    "channel_descriptor.h",
    "cuda.h",
    "cuda_runtime_api.h",
    "device_types.h",
    "driver_types.h",
    "library_types.h",
    "nvFatbin.h",
    "nvJitLink.h",
    "nvPTXCompiler.h",
    "nvml.h",
    "nvrtc.h",
    "sheer_driver_api.h",
    "sheer_fatbin_api.h",
    "sheer_jit_link_api.h",
    "sheer_nvml_api.h",
    "sheer_ptx_compiler_api.h",
    "sheer_runtime_api.h",
    "surface_types.h",
    "texture_types.h",
    "vector_types.h",
    "crt/host_defines.h",
)


def _list(parameters: Iterable[Parameter]) -> str:
    return ", ".join(p.declaration for p in parameters)


def _joined(returns: str, name: str) -> str:
    return f"{returns}{'' if returns.endswith('*') else ' '}{name}"


def _implemented() -> str:
    lines = [f"// {NOTE}", "#pragma once", "namespace sheer::impl {"]
    for row in functions.ALL:
        if row.status != "no":
            returns = "Error" if row.returns == RESULTS.get(row.api) else row.returns
            lines.append(f"{_joined(returns, row.name)}({_list(row.parameters)});")
    return "\n".join([*lines, "}  // namespace sheer::impl", ""])


def _readable(parameter: Parameter) -> bool:
    """Whether the parameter points to one value that the function writes: the tracer can show it."""
    if not parameter.type.endswith("*") or "const " in parameter.type or parameter.array:
        return False
    pointee = parameter.type[:-1].strip()
    if pointee.startswith("struct ") or pointee in ("void", "char", "dim3"):
        return False
    arrays = (
        "args",
        "kernelParams",
        "extra",
        "options",
        "optionValues",
        "Options",
        "OptionValues",
        "OptionsValues",
        "headers",
    )
    return not parameter.name.endswith(arrays) and not pointee.isupper()


def _entry(row: Function) -> list[str]:
    arguments = ", ".join(p.name for p in row.parameters)
    head = f"SHEER_API {_joined(row.returns, row.name)}({_list(row.parameters) or 'void'}) {{"
    result = RESULTS.get(row.api)
    if row.status == "no":
        why = row.note.replace('"', "'")
        if row.api in UNSUPPORTED:
            return [head, f'  say_once("{row.name}", "{why}");', f"  return {UNSUPPORTED[row.api]};", "}"]
        return [head, f'  return {row.api}_result(unsupported("{row.name}", "{why}"));', "}"]
    if row.returns not in CODES:
        return [head, f"  return impl::{row.name}({arguments});", "}"]
    lines = [head]
    finish = f"{row.api}_result(" if result and row.name not in ASK_ERROR else f"({row.returns})("
    lines += [f"  if (SHEER_LIKELY(!tracing())) return {finish}impl::{row.name}({arguments}));"]
    lines += [f'  Trace trace("{row.name}");']
    lines += [f'  trace.in("{p.name}", {p.name});' for p in row.parameters]
    lines += [f"  trace.call(); auto result = {finish}impl::{row.name}({arguments}));"]
    lines += [f"  trace.result({row.api}_name(result), int(result) == 0);"]
    lines += [f'  trace.out("{p.name}", {p.name});' for p in row.parameters if _readable(p)]
    lines += ["  return result;", "}"]
    if row.twin:
        lines += [f"SHEER_API {_joined(row.returns, row.name + row.twin)}({_list(row.parameters)}) {{"]
        lines += ["  PerThreadScope scope;", f"  return ::{row.name}({arguments});", "}"]
    return lines


def _first_name(row: Function) -> list[str]:
    """The name under which the function began: where it took the same arguments, or sizes and addresses of 32 bits, which no program on this machine
    has, though some loaders insist on the names."""
    same = row.base in functions.FIRST_NAMES or row.since == functions.WIDER
    if not same or row.name != f"{row.base}_v2":
        return []
    arguments = ", ".join(p.name for p in row.parameters)
    return [f"SHEER_API {_joined(row.returns, row.base)}({_list(row.parameters)}) {{", f"  return ::{row.name}({arguments});", "}"]


def _entries(rows: list[Function]) -> str:
    lines = [f"// {NOTE}", '#include "entry.h"', "using namespace sheer;", "using namespace sheer::api;", ""]
    # The macros that rename functions must not touch the definitions.
    names = sorted({name for row in rows for name in (row.base,)} | set(functions.PLAIN_NAMES))
    lines += [f"#undef {name}" for name in names]
    for row in rows:
        lines += _entry(row) + _first_name(row)
    return "\n".join([*lines, ""])


def _procedures() -> str:
    """What cuGetProcAddress searches: base name, version, addresses of function and twin; newest first."""
    rows = sorted(
        (row for row in functions.DRIVER if row.status != "no"), key=lambda row: (row.base, -row.since)
    )
    lines = [f"// {NOTE}", '#include "entry.h"', '#include "procedures.h"', ""]
    lines += [f"#undef {row.base}" for row in rows] + [f"#undef {name}" for name in functions.PLAIN_NAMES]
    for row in rows:
        if row.twin:
            lines.append(f'extern "C" CUresult {row.name}{row.twin}({_list(row.parameters)});')
        if row.base != row.name:
            lines.append(f'extern "C" CUresult {row.name}({_list(row.parameters) or "void"});')
    entries = [(row.base, row.since, row) for row in rows]
    by_name = {row.name: row for row in rows}
    for base, name in functions.PLAIN_NAMES.items():
        if by_name[name].base != base:  # another function took over the name with CUDA 12
            entries.append((base, functions.HEADER_VERSION, by_name[name]))
    lines += ["namespace sheer::api {", "const Procedure procedures[] = {"]
    for base, since, row in sorted(entries, key=lambda entry: (entry[0], -entry[1])):
        twin = f"(void*)&{row.name}{row.twin}" if row.twin else "nullptr"
        lines.append(f'  {{"{base}", {since}, (void*)&{row.name}, {twin}}},')
    lines += [
        "};",
        "const unsigned procedure_count = sizeof procedures / sizeof procedures[0];",
        "}  // namespace sheer::api",
        "",
    ]
    return "\n".join(lines)


def _enumerators(header: str, enum: str) -> list[str]:
    text = (PACKAGE / "include" / header).read_text()
    body = re.search(rf"enum {enum} \{{(.*?)\}}", text, re.S)
    assert body, f"{header} has no enum {enum}"
    return re.findall(r"(\w+) = \d+", body[1])


def _errors() -> str:
    lines = [f"// {NOTE}", '#include "api.h"', "namespace sheer::api {"]
    for function, header, enum in (
        ("runtime_error_name", "driver_types.h", "cudaError"),
        ("driver_error_name", "cuda.h", "cudaError_enum"),
    ):
        lines += [f"const char* {function}(int code) {{", "  switch (code) {"]
        lines += [f'    case {name}: return "{name}";' for name in _enumerators(header, enum)]
        lines += ["    default: return nullptr;", "  }", "}"]
    lines += ["const char* error_text(int code) {", "  switch (code) {"]
    lines += [f'    case {code}: return "{text}";' for code, text in errors.TEXTS.items()]
    lines += ["    default: return nullptr;", "  }", "}", "}  // namespace sheer::api", ""]
    return "\n".join(lines)


def _chips() -> str:
    """Properties of the chips that come with Sheer, so that a start needs no Python to read them."""
    lines = [
        f"// {NOTE}",
        '#include "base.h"',
        "namespace sheer {",
        "extern const char* builtin_chip(const char* name);",
    ]
    lines += ["const char* builtin_chip(const char* name) {"]
    for name in schema.names():
        text = schema.properties_text(schema.load(name)).replace("\\", "\\\\").replace('"', '\\"')
        quoted = "\n".join(f'      "{line}\\n"' for line in text.splitlines())
        lines += [f'  if (!strcasecmp(name, "{name}"))', "    return", quoted + ";"]
    lines += ["  return nullptr;", "}", "}  // namespace sheer", ""]
    return "\n".join(lines).replace('#include "base.h"', "#include <strings.h>")


def native_files() -> dict[str, str]:
    """C++ sources and headers for the builder of libsheer, by name inside `cuda/native`."""
    files = {f"include/{name}": (PACKAGE / "include" / name).read_text() for name in HOST_HEADERS}
    files.update(
        {
            "implemented.h": _implemented(),
            "entries_runtime.cpp": _entries(functions.RUNTIME),
            "entries_driver.cpp": _entries(functions.DRIVER),
            "entries_nvrtc.cpp": _entries(functions.NVRTC),
            "entries_nvml.cpp": _entries(functions.NVML),
            "entries_images.cpp": _entries([*functions.PTX_COMPILER, *functions.JIT_LINK, *functions.FATBIN]),
            "procedures.cpp": _procedures(),
            "error_tables.cpp": _errors(),
            "builtin_chips.cpp": _chips(),
        }
    )
    return files


def _typedefs() -> str:
    """`cudaTypedefs.h`: pointer types for all driver functions, as cuGetProcAddress gives them."""
    lines = [f"/* {NOTE} */", "#ifndef SHEER_CUDA_TYPEDEFS_H", "#define SHEER_CUDA_TYPEDEFS_H", ""]
    lines += ['#include "cuda.h"', ""]
    plain = functions.plain_names(functions.DRIVER)
    shown: dict[str, str] = {}
    for row in functions.DRIVER:
        variant = f"PFN_{row.base}_v{row.since}"
        types = ", ".join(f"{p.type}{p.array}" for p in row.parameters) or "void"
        text = f"typedef {row.returns} (CUDAAPI *{variant})({types});"
        lines += textwrap.wrap(text, 108, subsequent_indent="    ", break_long_words=False)
        if row.twin:
            lines.append(f"typedef {variant} {variant}{row.twin};")
        if plain.get(row.base, row.base) == row.name:
            shown[row.base] = variant
    for base, name in plain.items():
        row = next(row for row in functions.DRIVER if row.name == name)
        shown.setdefault(base, f"PFN_{row.base}_v{row.since}")
    lines += ["", "/* What the plain names mean in CUDA 12. */"]
    lines += [f"#define PFN_{base} {variant}" for base, variant in shown.items()]
    return "\n".join([*lines, "", "#endif", ""])


def committed_files() -> dict[Path, str]:
    """Generated files that are kept in the repository, by path."""
    include = PACKAGE / "include"
    return {
        include / "sheer_runtime_api.h": _header(functions.RUNTIME, "SHEER_RUNTIME_API_H", True),
        include / "sheer_driver_api.h": _header(functions.DRIVER, "SHEER_DRIVER_API_H", False),
        include / "nvrtc.h": _nvrtc_header(),
        include / "sheer_nvml_api.h": _header(functions.NVML, "SHEER_NVML_API_H", False),
        include / "sheer_ptx_compiler_api.h": _header(functions.PTX_COMPILER, "SHEER_PTX_COMPILER_API_H", False),
        include / "sheer_jit_link_api.h": _header(functions.JIT_LINK, "SHEER_JIT_LINK_API_H", False),
        include / "sheer_fatbin_api.h": _header(functions.FATBIN, "SHEER_FATBIN_API_H", False),
        include / "cudaTypedefs.h": _typedefs(),
        PROJECT / "docs" / "coverage" / "cuda-api.md": coverage_page(),
    }


def main() -> None:
    """Write the committed files."""
    for path, text in committed_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(path.relative_to(PROJECT))


if __name__ == "__main__":
    main()
