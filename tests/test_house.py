"""The house rules of docs/architecture.md: imports, sizes, knobs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sheer.base import knobs

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sheer"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# folder or file: what of ours it may import
MAY_IMPORT: dict[str, set[str]] = {
    "base": set(),
    "isa": {"base"},
    "ir": {"base"},
    "ptx": {"base", "ir"},
    "passes": {"base", "isa", "ir"},
    "codegen": {"base", "isa", "ir", "passes"},
    "oracle": {"base", "isa", "ir", "passes"},
    "machine": {"base", "cuda"},  # of cuda only the generator of the API sources, by name, at build time
    "chips": {"base"},
    "model": {"base", "chips"},
    "cuda": {"base", "machine", "chips"},
}
FREE = {"worker", "flow", "cli", "__init__", "__main__"}

FILE_LINES = 550
FUNCTION_LINES = 70
# Tables: a row a line, and as many rows as the thing described has.
TABLES = {
    "sheer/cuda/functions/runtime.py", "sheer/cuda/functions/driver.py", "sheer/cuda/functions/nvrtc.py",
    "sheer/cuda/toolchain/options.py", "sheer/base/knobs.py", "sheer/chips/vocabulary.py",
}  # fmt: skip
# Longer than the rule, with the reason.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The parts of our package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [
                f"{node.module}.{alias.name}" if node.module == "sheer" else node.module
                for alias in node.names
            ]
        elif isinstance(node, ast.ImportFrom) and node.level:
            found.add(f"a relative import in {name_of(path)}")
        for module in modules:
            words = module.split(".")
            if words[0] == "sheer" and len(words) > 1:
                found.add(words[1])
    return found


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_follow_the_graph(path: Path) -> None:
    part = part_of(path)
    if part in FREE:
        return
    assert part in MAY_IMPORT, f"{part} has no place in the import graph: docs/architecture.md and this table"
    allowed = MAY_IMPORT[part] | {part, "__version__"}
    assert imports(path) <= allowed, f"{name_of(path)} imports {sorted(imports(path) - allowed)}"


def test_the_graph_has_no_cycle() -> None:
    graph = {part: set(others) for part, others in MAY_IMPORT.items()}
    graph["machine"].discard("cuda")
    while graph:
        leaves = [part for part, others in graph.items() if not others & set(graph)]
        assert leaves, f"a cycle among {sorted(graph)}"
        for leaf in leaves:
            del graph[leaf]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_sizes(path: Path) -> None:
    text = path.read_text()
    name = name_of(path)
    if name in TABLES:
        return
    if name not in LONG_FILES:
        assert text.count("\n") <= FILE_LINES, f"{name} has more than about {FILE_LINES} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES or f"{name}:{node.name}" in LONG_FUNCTIONS, (
                f"{name}: {node.name} has {lines} lines; the rule is about {FUNCTION_LINES}"
            )


@pytest.mark.parametrize("path", [p for p in SOURCES if p.read_text().strip()], ids=name_of)
def test_modules_say_what_they_are_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{name_of(path)} opens with no docstring"


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [name_of(p) for p in SOURCES if p.stem in ("utils", "util", "helpers", "misc", "common")]


def test_parts_of_the_emitter_have_names_of_their_own() -> None:
    """Its classes are one object: a method that another one has, too, would answer in its place."""
    found: dict[str, list[str]] = {}
    for path in sorted((PACKAGE / "codegen").glob("*.py")):
        for part in ast.parse(path.read_text()).body:
            for method in part.body if isinstance(part, ast.ClassDef) and part.name.endswith(("Lanes", "Emitter")) else ():
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("__"):
                    words = ast.unparse(method)
                    if "NotImplementedError" not in words and f"super().{method.name}(" not in words:
                        found.setdefault(method.name, []).append(part.name)
    assert not {name: parts for name, parts in found.items() if len(parts) > 1}


def test_exceptions_are_still_needed() -> None:
    for name in LONG_FILES:
        assert (ROOT / name).read_text().count("\n") > FILE_LINES, f"{name}: take it off LONG_FILES"


def test_only_knobs_reads_our_environment_variables() -> None:
    """Python reads SHEER_* through the table; the cache folder alone is needed before anything else."""
    allowed = {"sheer/base/knobs.py", "sheer/base/cache.py"}
    for path in SOURCES:
        if name_of(path) in allowed:
            continue
        for match in re.finditer(r"environ(?:\.get\(|\[)\s*[\"'](SHEER_\w+)", path.read_text()):
            assert match.group(1) in knobs.TABLE, f"{name_of(path)}: {match.group(1)} is no knob"


def test_the_native_side_reads_no_unknown_knob() -> None:
    for folder in ("machine/native", "cuda/native"):
        for path in sorted((PACKAGE / folder).glob("*")):
            if path.suffix in (".cpp", ".h"):
                for name in re.findall(r'"(SHEER_[A-Z_]+)"', path.read_text()):
                    assert name in knobs.TABLE, f"{name_of(path)}: {name} is no knob"


def test_every_knob_is_documented() -> None:
    page = (ROOT / "docs" / "knobs.md").read_text()
    assert page == knobs.page(), "docs/knobs.md is stale: python -m sheer.base.knobs > docs/knobs.md"


def test_pages_that_are_named_exist() -> None:
    texts = [p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".cpp", ".h", ".toml")]
    texts += [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "tests").rglob("*.py")]
    for path in texts:
        for page in re.findall(r"\bdocs/[\w/-]+\.md", path.read_text(errors="replace")):
            assert (ROOT / page).is_file(), f"{path.relative_to(ROOT)}: there is no {page}"
