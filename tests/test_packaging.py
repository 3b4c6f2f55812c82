"""What is packed: every file of the package, nothing else, and by name all that it imports from elsewhere."""

from __future__ import annotations

import ast
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import tlsinspect

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tlsinspect"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL: dict[str, list[str]] = PROJECT["optional-dependencies"]
BUILD = """\
import sys, setuptools.build_meta
out = sys.argv[1]  # which setuptools replaces
setuptools.build_meta.build_sdist(out)
setuptools.build_meta.build_wheel(out)"""
BROKEN_BUILD = """\
import sys, Cython.Build, setuptools.build_meta
from setuptools import Extension
names = ("good", "bad")
Cython.Build.cythonize = lambda *_, **__: [Extension(f"tlsinspect.wire.{name}", [f"{name}.c"]) for name in names]
setuptools.build_meta.build_wheel(sys.argv[1])"""
ADDED = ("PKG-INFO", "setup.cfg", "tlsinspect.egg-info/")  # by setuptools, to every source distribution


def files_below(folder: Path) -> set[str]:
    """The files of a folder, from the one above it, without what is made of them."""
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder.parent).as_posix() for path in paths}


def copy_tree(tree: Path) -> None:
    """Copy what a build reads, and the tests, which it leaves out."""
    for name in ("tlsinspect", "tests"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "goldens"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tree)


def build(script: str, tree: Path, out: Path, extensions: str) -> subprocess.CompletedProcess[str]:
    """Build with setuptools, as pip does, and with what is installed here."""
    return subprocess.run(
        [sys.executable, "-P", "-c", script, str(out)],
        cwd=tree,
        env=os.environ | {"TLSINSPECT_EXTENSIONS": extensions},
        check=True,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a source distribution and a wheel of plain Python, made of a copy of this tree."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("built")
    copy_tree(tree)
    build(BUILD, tree, out, "skip")
    return out


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        assert {name for name in wheel.namelist() if ".dist-info/" not in name} == files_below(PACKAGE)


def test_what_is_gone_since_an_earlier_build_is_not_packed(tmp_path: Path) -> None:
    tree, gone = tmp_path / "tree", Path("tlsinspect/wire/gone.py")
    tree.mkdir()
    copy_tree(tree)
    (tree / gone).touch()
    for name in ("before", "after"):
        build(BUILD, tree, tmp_path / name, "skip")
        (tree / gone).unlink(missing_ok=True)
        with zipfile.ZipFile(next((tmp_path / name).glob("*.whl"))) as wheel:
            assert (gone.as_posix() in wheel.namelist()) == (name == "before")


def test_a_wheel_of_which_a_part_cannot_be_compiled_has_no_part_compiled_and_fits_any_platform(tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    tree.mkdir()
    copy_tree(tree)
    (tree / "good.c").write_text("int PyInit_good(void) { return 0; }", encoding="ascii")
    (tree / "bad.c").write_text("this is not C", encoding="ascii")
    done = build(BROKEN_BUILD, tree, out, "auto")
    assert "tlsinspect: installing the pure Python variant" in done.stderr
    (path,) = out.iterdir()
    assert path.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(path) as wheel:
        assert {name for name in wheel.namelist() if ".dist-info/" not in name} == files_below(PACKAGE)
        (described,) = (name for name in wheel.namelist() if name.endswith("/WHEEL"))
        assert "Root-Is-Purelib: true" in wheel.read(described).decode()


def test_the_source_distribution_holds_what_a_build_needs_and_the_changes(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {each.name.partition("/")[2] for each in archive if each.isfile()}
    beside = {"CHANGELOG.md", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py"}
    assert {name for name in names if not name.startswith(ADDED)} == files_below(PACKAGE) | beside


def test_whoever_packs_the_same_sources_gets_the_same_octets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("one", "other"):
        tree = tmp_path / name
        tree.mkdir()
        copy_tree(tree)
        if name == "other":
            for path in tree.rglob("*"):
                path.chmod(0o700 if path.is_dir() else 0o600)
                os.utime(path, (1, 1))
        build(BUILD, tree, tmp_path / f"built-{name}", "skip")
    one, other = (
        (tmp_path / f"built-{name}" / f"tlsinspect-{PROJECT['version']}.tar.gz").read_bytes()
        for name in ("one", "other")
    )
    assert one == other
    assert tomllib.loads(read_packed(one, "pyproject.toml"))["project"] == PROJECT


def read_packed(archive: bytes, name: str) -> str:
    """A file at the top of a source distribution."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        file = opened.extractfile(f"tlsinspect-{PROJECT['version']}/{name}")
        assert file is not None
        return file.read().decode()


def test_the_version_is_the_same_wherever_it_is_stated() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert tlsinspect.__version__ == PROJECT["version"] == newest[1], "pyproject.toml, __init__.py, CHANGELOG.md"


def test_every_licence_that_comes_along_is_stated() -> None:
    assert set(PROJECT["license-files"]) == {
        "LICENSE", *(path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("LICENSE"))
    }  # fmt: skip


def test_whatever_is_imported_is_stated_as_needed() -> None:
    imported: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                imported.add(node.module.partition(".")[0])
    stated = [*PROJECT["dependencies"], *(each for extra in ("duckdb", "cluster") for each in OPTIONAL[extra])]
    names = {re.split(r"[<>=\[]", each)[0].lower() for each in stated}
    providers = packages_distributions()
    foreign = imported - sys.stdlib_module_names - {"tlsinspect"}
    unstated = {each for each in foreign if not names & {name.lower() for name in providers.get(each, [each])}}
    assert not unstated
