"""Hashes of files, and what made a run: the versions of everything that has a say in its outputs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import re
from pathlib import Path

from .. import __version__

PACKAGE = Path(__file__).parent.parent
NOT_SOURCES = {".pyc", ".so", ".c", ".pyd"}
REQUIREMENT = re.compile(r"[\w.-]+")


def hash_file(path: Path) -> tuple[str, int]:
    """The SHA-256 of a file in hexadecimal, and its size in octets."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()


def hash_folder(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its path from there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hash_file(path)[0] for path in files}


def list_versions() -> dict[str, str]:
    """The versions of this program, with the hash of its sources, of Python, and of the packages it needs."""
    from ..wire import record

    variant = "plain Python" if str(record.__file__).endswith(".py") else "compiled"
    versions = {
        "tlsinspect": f"{__version__} ({variant}, sources {hash_sources()[:16]})",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
    }
    for name in list_requirements():
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def list_requirements() -> list[str]:
    """The packages that tlsinspect needs, as its own metadata states; none where it was never installed."""
    try:
        stated = importlib.metadata.requires("tlsinspect") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return sorted(found[0] for each in stated if "extra ==" not in each and (found := REQUIREMENT.match(each)))


def hash_sources() -> str:
    """One SHA-256 of every source and data file of this package, whatever folder it is installed in."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix not in NOT_SOURCES:
            name = path.relative_to(PACKAGE).as_posix()
            digest.update(f"{name}\0{hash_file(path)[0]}\n".encode())
    return digest.hexdigest()
