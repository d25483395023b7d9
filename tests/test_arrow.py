"""Imports point down: values <- data, fit, exact <- files, optimal <- facts, lecture <- draw <- doors."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import foldline

ROOT = Path(foldline.__file__).parent
FLOORS = {
    "errors": 0, "activations": 0, "losses": 0, "atomic": 0, "version": 0, "doors": 0,
    "network": 1, "samples": 1, "box": 1, "mesh": 1,
    "graph": 2, "data": 2, "fit": 2, "exact": 2,
    "files": 3, "optimal": 3,
    "facts": 4, "lecture": 5,
    "draw": 6,
    "estimators": 7, "cli": 7, "lab": 7, "__main__": 8, "__init__": 8,
}  # fmt: skip
HEAVY = {"torch", "sklearn", "scipy", "trimesh", "onnx", "igl", "PIL", "matplotlib", "safetensors", "skimage"}


# The scikit-learn face is made of scikit-learn's classes; nothing imports it but the user who wants them.
OWNERS = {("estimators.py", "sklearn")}


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
                if stem == "foldline":
                    yield from ((f"foldline.{alias.name}", at_import, child.lineno) for alias in child.names)
                else:
                    yield stem, at_import, child.lineno
            yield from walk(child, at_import and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    yield from walk(ast.parse(path.read_text()), True)


def files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def part(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def test_every_file_has_its_floor() -> None:
    assert {part(path) for path in files()} <= set(FLOORS)


def test_imports_point_down() -> None:
    wrong = []
    for path in files():
        here = part(path)
        for name, at_import, line in imports(path):
            there = name.split(".")[1] if name.startswith("foldline.") else None
            if there is None or there == here or there not in FLOORS or not at_import:
                continue
            level = FLOORS[there] - FLOORS[here]
            if level > 0 or (level == 0 and FLOORS[here] >= 2):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def test_heavy_libraries_are_imported_inside_functions() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in files()
        for name, at_import, line in imports(path)
        if at_import and name.split(".")[0] in HEAVY and (str(path.relative_to(ROOT)), name.split(".")[0]) not in OWNERS
    ]
    assert wrong == []


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = f"import foldline.cli, sys; print(sorted({HEAVY!r} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
