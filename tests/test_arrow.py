"""Imports point down, lazy ones counted: ground <- values <- graph, data, fit, exact <- files, optimal <- facts ..."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import foldline

ROOT = Path(foldline.__file__).parent
FLOORS = {
    "errors": 0, "ears": 0, "activations": 0, "losses": 0, "atomic": 0, "version": 0, "doors": 0, "text": 0,
    "lock": 0, "machine": 0, "colour": 0, "same": 0, "lazy": 0, "dates": 0, "pruning": 0,
    "network": 1, "grid": 1, "samples": 1, "box": 1, "mesh": 1, "raster": 1, "tasks": 1, "transform": 1, "training": 1,
    "polytope": 1, "slice": 1,
    "columns": 1, "codes": 1, "scene": 1, "radiance": 1,
    "cloud": 1, "voxels": 1,
    "graph": 2, "data": 2, "fit": 2, "exact": 2,
    "files": 3, "optimal": 3, "scenes": 3,
    "facts": 4, "classes": 4, "forms": 4, "lecture": 5,
    "draw": 6,
    "estimators": 7, "cli": 7, "lab": 7, "__main__": 8, "__init__": 8,
}  # fmt: skip
ROOMS = 2  # from this floor on, rooms of the same floor do not import each other
HEAVY = {"torch", "sklearn", "scipy", "trimesh", "onnx", "igl", "PIL", "matplotlib", "safetensors", "skimage"}


# The scikit-learn face is made of scikit-learn's classes; nothing imports it but the user who wants them.
OWNERS = {("estimators", "sklearn")}


def imports(path: Path) -> Iterator[tuple[str, bool, int]]:
    """Every import outside TYPE_CHECKING: its dotted name, whether it runs when the file is imported, its line."""
    package = ["foldline", *path.relative_to(ROOT).parent.parts]

    def walk(node: ast.AST, at_import: bool) -> Iterator[tuple[str, bool, int]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                yield from ((alias.name, at_import, child.lineno) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) - child.level + 1] if child.level else []
                stem = ".".join([*base, *([child.module] if child.module else [])])
                modules = [name for alias in child.names if (name := f"{stem}.{alias.name}") in modules_by_name()]
                if len(modules) < len(child.names):
                    yield stem, at_import, child.lineno
                yield from ((name, at_import, child.lineno) for name in modules)
            yield from walk(child, at_import and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    yield from walk(ast.parse(path.read_text()), True)


def files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


@cache
def modules_by_name() -> dict[str, Path]:
    """Each module of the package and its file; of a compiled one, its stub."""
    listed = [*files(), *ROOT.rglob("*.pyi")]
    named = {".".join(["foldline", *path.relative_to(ROOT).with_suffix("").parts]): path for path in listed}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


def part(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def points_up(here: str, there: str) -> bool:
    level = FLOORS[there] - FLOORS[here]
    return there != here and (level > 0 or (level == 0 and FLOORS[here] >= ROOMS))


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The sets of two or more files that import each other in a loop (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(v: str) -> None:
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in edges[v]:
            if w not in index:
                visit(w)
            low[v] = min(low[v], low[w] if w in stack else low[v])
        if low[v] == index[v]:
            circle = stack[stack.index(v) :]
            del stack[stack.index(v) :]
            found.append(circle)

    for v in edges:
        if v not in index:
            visit(v)
    return [sorted(circle) for circle in found if len(circle) > 1]


def test_every_file_has_its_floor() -> None:
    assert {part(path) for path in files()} <= set(FLOORS)


def test_nothing_points_up_not_even_inside_a_function() -> None:
    wrong = []
    for path in files():
        here = part(path)
        for name, _, line in imports(path):
            there = name.split(".")[1] if name.startswith("foldline.") else None
            if here != "doors" and there in FLOORS and points_up(here, there):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def test_no_files_import_each_other_in_a_circle() -> None:
    modules = modules_by_name()
    edges = {name: {there for there, _, _ in imports(path) if there in modules} for name, path in modules.items()}
    edges["foldline.doors"] = set()
    edges["foldline"] = set()  # the package's face, which every relative import passes
    assert circles(edges) == []


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_heavy_libraries_are_imported_inside_functions() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in files()
        for name, at_import, line in imports(path)
        if at_import and name.split(".")[0] in HEAVY and (part(path), name.split(".")[0]) not in OWNERS
    ]
    assert wrong == []


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = f"import foldline.cli, sys; print(sorted({HEAVY!r} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_command_line_starts_with_a_dozen_files_beside_its_own() -> None:
    """Each costs every ``--help`` some of its 0.3 seconds; bench/help.py measures them."""
    code = "import foldline.cli, sys; print(*(name for name in sys.modules if name.startswith('foldline')))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = {name for name in ran.stdout.split() if not name.startswith("foldline.cli")}
    assert len(others) <= 12 and "foldline.files.table.options" in others and "foldline.dates" not in others
