"""Imports go one way, from the interfaces down to the ground; modules are topics of a bearable size.

Everything is read from the source by its syntax tree: nothing is imported.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "assemblier"

GROUND = (
    "blocks",
    "cache",
    "compiled",
    "declarations",
    "disclosure",
    "errors",
    "french",
    "language",
    "parameters",
    "progress",
    "tables",
    "values",
    "whole_files",
)
LEVELS = {
    **dict.fromkeys(GROUND, 0),
    "sources": 1,
    "lake": 2,
    "territory": 3,
    "measures": 4,
    "claims": 4,
    "indicators": 5,
    "perimeters": 6,
    "futures": 6,
    "workspace": 6,
    "evaluation": 7,
    "editions": 7,
    "diagnosis": 8,
    "publish": 9,
    "usecases": 10,
    "web": 11,
    "http_api": 11,
    "cli": 11,
    "__main__": 12,
}
ONLY = {
    "publish": {*GROUND, "publish"},
    "demo": {*GROUND, "demo", "sources"},
}
"""Rooms that may import less than what lies below them."""

FORBIDDEN_NAMES = {"utils", "helpers", "misc", "common"}
LONGEST = 500

LATE_IMPORTS = {
    # optional parts, and parts that are slow to load and rarely needed
    "access",
    "alembic",
    "docx",
    "fastapi",
    "highspy",
    "matplotlib",
    "networkx",
    "openpyxl",
    "osmium",
    "pptx",
    "scipy",
    "shapely",
    "sklearn",
    "starlette",
    "typst",
    "uvicorn",
    "xlsxwriter",
}
"""Third-party packages that a function may import when it runs."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    parts = ("assemblier", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@lru_cache
def names() -> frozenset[str]:
    return frozenset(dotted(path) for path in modules())


@lru_cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def targets(node: ast.Import | ast.ImportFrom, path: Path) -> list[str]:
    """Return the modules that an import names, submodules included."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        own = dotted(path).split(".")
        keep = len(own) - node.level + (path.name == "__init__.py")
        base = ".".join([*own[:keep], *([base] if base else [])])
    if base.partition(".")[0] != "assemblier":
        return [base]
    known = names()
    named = [f"{base}.{alias.name}" for alias in node.names]
    return [each if each in known else base for each in named]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in targets(node, path):
                yield node.lineno, target


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def own_imports() -> Iterator[tuple[str, str, str]]:
    """Yield ``where, importing module, imported module`` inside the package."""
    for path in modules():
        for line, target in imports(path):
            if target.partition(".")[0] == "assemblier":
                yield f"{path.relative_to(ROOT)}:{line}", dotted(path), target


def test_every_room_has_its_level() -> None:
    rooms = {room(dotted(path)) for path in modules()} - {""}
    assert rooms <= {*LEVELS, *ONLY}, f"rooms without a level: {rooms - {*LEVELS, *ONLY}}"


def test_imports_go_down() -> None:
    wrong = []
    for where, importing, imported in own_imports():
        upper, lower = room(importing), room(imported)
        if not upper or not lower or upper == lower:
            continue  # the package's face may name anything; a version is read from anywhere
        if upper in ONLY:
            allowed = lower in ONLY[upper]
        elif lower in ONLY and lower not in LEVELS:
            allowed = LEVELS[upper] >= LEVELS["usecases"]  # the demonstration is only launched
        elif upper in GROUND:
            allowed = lower in GROUND
        else:
            allowed = LEVELS[lower] < LEVELS[upper]
        if not allowed:
            wrong.append(f"{where}: {importing} imports {imported}")
    assert not wrong, "\n".join(wrong)


def test_publish_knows_blocks_and_nothing_else() -> None:
    third = {
        target.partition(".")[0]
        for path in modules()
        if room(dotted(path)) == "publish"
        for _, target in imports(path)
    }
    assert not third & {"duckdb", "sqlalchemy", "httpx", "numba"}


def test_no_import_cycle() -> None:
    graph: dict[str, set[str]] = {}
    for path in modules():
        name = dotted(path)
        edges = graph.setdefault(name, set())
        typed = {
            inner
            for node in ast.walk(tree(path))
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import | ast.ImportFrom) and node not in typed:
                edges |= {t for t in targets(node, path) if t.startswith("assemblier.")}
        edges.discard(name)
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' → '.join([*trail[trail.index(name) :], name])}"
        if name in done:
            return
        for other in sorted(graph.get(name, ())):
            visit(other, (*trail, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_functions_import_only_optional_parts() -> None:
    wrong = []
    for path in modules():
        for function in ast.walk(tree(path)):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    late = [
                        target
                        for target in targets(node, path)
                        if target.partition(".")[0] not in {*LATE_IMPORTS, *lazy_rooms(path)}
                    ]
                    wrong += [f"{path.relative_to(ROOT)}:{node.lineno}: {each}" for each in late]
    assert not wrong, "\n".join(wrong)


def lazy_rooms(path: Path) -> set[str]:
    """The interfaces may load a use case when it is called, so that ``--help`` stays quick."""
    return {"assemblier"} if LEVELS.get(room(dotted(path)), 0) >= LEVELS["cli"] else set()


def test_names_say_a_topic() -> None:
    wrong = [p for p in modules() if {p.stem, *p.relative_to(PACKAGE).parts} & FORBIDDEN_NAMES]
    assert not wrong, f"name the topic: {wrong}"


def test_modules_stay_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in modules()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert not long, f"split by noun: {long}"


def test_modules_are_postponed() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in modules()
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree(path).body)
        and "from __future__ import annotations" not in path.read_text(encoding="utf-8")
    ]
    assert not wrong, f"without postponed annotations: {wrong}"


@pytest.mark.parametrize("name", ["fcntl", "resource", "pwd", "grp", "termios"])
def test_runs_on_every_system(name: str) -> None:
    assert name in sys.stdlib_module_names
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        for line, target in imports(path)
        if target == name
    ]
    assert not wrong, f"{name} is not on every system: {wrong}"


def test_no_fork() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr == "fork"
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    assert not wrong


IMPORT_NAMES = {
    "python-calamine": "python_calamine",
    "font-source-sans-pro": "font_source_sans_pro",
    "fonttools": "fontTools",
    "pydantic-settings": "pydantic_settings",
    "pyyaml": "yaml",
    "python-docx": "docx",
    "python-pptx": "pptx",
}
"""Package → module, where they differ."""


def declared() -> tuple[set[str], set[str]]:
    """Return the packages that the program needs, and those of its optional parts."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(lines: list[str]) -> set[str]:
        return {re.split(r"[<>=!~\[ ;]", line)[0].lower() for line in lines}

    parts = project["optional-dependencies"]
    return names(project["dependencies"]), names(parts["web"]) | names(parts["office"])


def test_dependencies_are_those_imported() -> None:
    core, optional = declared()
    imported = {
        target.partition(".")[0]
        for path in modules()
        for _, target in imports(path)
        if target.partition(".")[0] not in {*sys.stdlib_module_names, "assemblier"}
    }
    needed = {IMPORT_NAMES.get(name, name) for name in core}
    also = {IMPORT_NAMES.get(name, name) for name in optional}
    assert imported - needed - also == set(), "imported and not declared"
    assert needed - imported == set(), "declared and never imported"


def test_each_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "adr" / "0008-dependencies.md").read_text(encoding="utf-8").lower()
    core, optional = declared()
    assert {name for name in core | optional if name not in reasons} == set()


LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-bench.lock"]


@pytest.mark.parametrize("name", LOCKS)
def test_locks_have_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    pinned = re.findall(r"^([a-z0-9][\w.\-]*)==\S+", text, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    assert len(pinned) == len([block for block in blocks if "--hash=sha256:" in block])
    core, optional = declared()
    assert {each for each in core | optional if each not in {p.lower() for p in pinned}} == set()


def test_the_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.findall(r"^[a-z0-9][\w.\-]*==[^\s\\]+", text, re.MULTILINE))

    runtime, dev, bench = (pins(name) for name in LOCKS)
    assert runtime <= dev <= bench
