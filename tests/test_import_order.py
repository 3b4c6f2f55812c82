"""Bytes flow one way, and so do imports: each room knows only the rooms to its left."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "tlsinspect"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
NAMES = [str(path.relative_to(PACKAGE)) for path in MODULES]

ROOMS = (
    "errors", "arguments", "endings", "forked", "whole", "columns", "registry", "wire",
    "compression", "foreign", "capture", "dissect",
    "certificates", "fingerprints", "protocols", "upgrades", "quic_protection", "quic_keys",
    "connection", "outcome", "packet_numbers", "connection_builder", "tally", "failures",
    "tables", "looks", "filters",
    "policies", "policy", "statistics", "pivots", "validation", "findings", "indicators",
    "display_filter", "answers", "story", "glance",
    "compliance",
    "totals", "reading", "parallel", "opening", "inspection", "anonymise",
    "live", "export", "store", "extraction", "comparison", "verification", "adoption", "charts", "report", "case",
    "cli", "__main__",
)  # fmt: skip
INPUT_ROOMS = ("compression", "foreign", "capture", "dissect")
OPEN_TO_INPUT = {"errors", "registry", *INPUT_ROOMS}
OPEN_TO_CAPTURE = {"wire.capfile", "wire.packet"}
PRINTING = {"print", "exit", "quit", "input"}
SCRIPTS = {"registry/generate.py", "validation/generate_roots.py"}


def dotted_name(path: Path) -> list[str]:
    """A module's name below tlsinspect, as parts; an __init__ is its package."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


def is_module(parts: list[str]) -> bool:
    place = PACKAGE.joinpath(*parts)
    return place.is_dir() or place.with_suffix(".py").is_file()


def iter_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a module, those inside functions too: line, and absolute dotted name.

    Modules of this package are named as deep as the import says; "tlsinspect" alone is the package itself.
    """
    package = dotted_name(path) if path.name == "__init__.py" else dotted_name(path)[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.lineno, str(node.module)
                continue
            base = package[: len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                found = [*base, alias.name] if is_module([*base, alias.name]) else base
                yield node.lineno, ".".join(["tlsinspect", *found])


def inner_imports(path: Path) -> Iterator[tuple[int, str]]:
    """The imports of this package's own modules, without the package's name."""
    for line, name in iter_imports(path):
        if name.startswith("tlsinspect."):
            yield line, name.removeprefix("tlsinspect.")


def test_every_module_lives_in_a_room_of_the_list() -> None:
    rooms = {dotted_name(path)[0] for path in MODULES if dotted_name(path)}
    assert rooms <= set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_imports_only_from_rooms_to_its_left(path: Path) -> None:
    own = dotted_name(path)[0] if dotted_name(path) else "store"
    for line, name in inner_imports(path):
        room = name.partition(".")[0]
        assert ROOMS.index(room) <= ROOMS.index(own), f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if dotted_name(path)[:1] == ["wire"]], ids=lambda path: path.name
)
def test_the_kernel_imports_errors_the_standard_library_and_itself(path: Path) -> None:
    for line, name in iter_imports(path):
        allowed = (
            re.match(r"tlsinspect(\.(errors|wire)\b|$)", name) or name.partition(".")[0] in sys.stdlib_module_names
        )
        assert allowed, f"{path.name}:{line} imports {name}"
        assert name.partition(".")[0] not in ("logging", "os", "io", "pathlib"), f"{path.name}:{line} imports {name}"


def test_the_declarations_of_the_kernel_name_only_the_kernel() -> None:
    for path in sorted((PACKAGE / "wire").glob("*.pxd")):
        for name in re.findall(r"^\s*(?:from\s+)?(\S+)\s+cimport|^\s*cimport\s+(\S+)", path.read_text(), re.MULTILINE):
            module = "".join(name)
            assert module.startswith((".", "tlsinspect.wire", "libc", "cpython", "cython")), f"{path.name}: {module}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.pxd")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_declarations_type_variables_of_the_function_below_them(path: Path) -> None:
    variables: dict[str, set[str]] = {}
    for function in ast.walk(ast.parse(path.with_suffix(".py").read_text())):
        if isinstance(function, ast.FunctionDef):
            named = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            variables.setdefault(function.name, set()).update(named, (each.arg for each in function.args.args))
    for typed, function_name in re.findall(r"@cython\.locals\(([^)]*)\)\s*cp?def [^\n(]*?(\w+)\(", path.read_text()):
        assert set(re.findall(r"(\w+)=", typed)) <= variables[function_name], function_name


@pytest.mark.parametrize("room", INPUT_ROOMS)
def test_input_knows_no_protocol(room: str) -> None:
    path = PACKAGE / f"{room}.py"
    allowed = OPEN_TO_INPUT | (OPEN_TO_CAPTURE if room == "capture" else set())
    for line, name in inner_imports(path):
        assert name in allowed, f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    if name.startswith("cli/") or name == "__main__.py" or name in SCRIPTS:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in PRINTING | {"sys.exit", "os._exit"}, f"{path.name}:{node.lineno} calls {called}"


@pytest.mark.parametrize("folder", ["benchmarks", "captures/makers", "docs"])
def test_no_folder_that_tests_import_from_has_a_module_named_like_one_of_the_tests(folder: str) -> None:
    here = {path.stem for path in TESTS.iterdir()}
    there = {path.stem for path in (TESTS.parent / folder).glob("*.py")}
    assert there
    assert not here & there


def test_imports_are_found_however_late_and_however_they_are_written() -> None:
    summary = {name for _, name in iter_imports(PACKAGE / "cli" / "summary.py")}
    assert {"pyarrow", "tlsinspect.report.text", "tlsinspect.cli.captures"} <= summary
    assert "tlsinspect.registry" in {name for _, name in iter_imports(PACKAGE / "tables" / "events.py")}
