"""Makes what follows from the table of all CUDA functions: prototypes, entry points, default answers, tracer, coverage page.

In goes `sheer.cuda.functions` (and the chip files). Out come committed headers and pages (`committed_files`, checked by a test;
`python -m sheer.cuda.generate` writes them) and C++ sources that only the builder needs (`native_files`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

from sheer.cuda import functions
from sheer.cuda.functions import Function

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent.parent
NOTE = "Made by sheer/cuda/generate.py from the table in sheer/cuda/functions: change that, not this."


# ------------------------------------------------------------------------------------------------------------ headers
def _prototype(function: Function, defaults: bool) -> str:
    parts = []
    for parameter in function.parameters:
        default = f" SHEER_DEFAULT({parameter.default})" if defaults and parameter.default else ""
        parts.append(parameter.declaration + default)
    gap = "" if function.returns.endswith("*") else " "
    text = f"{function.returns}{gap}{function.name}({', '.join(parts) or 'void'});"
    return "\n".join(
        textwrap.wrap(text, 118, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
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
            "/* Plain names stand for variants, and for the twins that use the thread's own default stream. */"
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
#ifdef __cplusplus
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


# ----------------------------------------------------------------------------------------------------------- coverage
def coverage_page() -> str:
    """`docs/coverage/cuda-api.md`: every function and its status."""
    lines = ["# CUDA API coverage", "", f"<!-- {NOTE} -->", ""]
    lines += [
        '`works`: does what the documentation of CUDA 12 says. `partial`: what is missing is said. `no`: answers "not supported"',
        "and says so once on stderr. The interoperation headers for OpenGL, EGL, VDPAU and NvSci are not part of the table.",
        "",
    ]
    titles = {
        "runtime": ("Runtime API", functions.RUNTIME),
        "driver": ("Driver API", functions.DRIVER),
        "nvrtc": ("NVRTC", functions.NVRTC),
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


def committed_files() -> dict[Path, str]:
    """Generated files that are kept in the repository, by path."""
    include = PACKAGE / "include"
    return {
        include / "sheer_runtime_api.h": _header(functions.RUNTIME, "SHEER_RUNTIME_API_H", True),
        include / "sheer_driver_api.h": _header(functions.DRIVER, "SHEER_DRIVER_API_H", False),
        include / "nvrtc.h": _nvrtc_header(),
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
