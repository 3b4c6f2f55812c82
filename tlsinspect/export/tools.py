"""The formats in which another tool takes a whole capture as its own: what they are, and how each is written.

A row format (csv, parquet, ...) holds one table; these hold what the other tool knows of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from ..inspection import Inspection

FOLDERS = ("zeek", "zeek-json")
"""Formats of several files, for which a folder is named."""

FILES = ("eve", "ecs", "stix", "misp", "cbom")
"""Formats of one file, which may be standard output."""

TIMED = (*FOLDERS, "eve")
"""Formats that say when handshake messages came, for which they have to be read."""


def write_folder(inspection: Inspection, format_name: str, folder: Path) -> list[Path]:
    """Write the files of a format, of FOLDERS, to a folder, which is made; the files that were written."""
    from .zeek import write_zeek

    return write_zeek(inspection, folder, as_json=format_name == "zeek-json")


def write_file(inspection: Inspection, format_name: str, out: BinaryIO) -> None:
    """Write the file of a format, of FILES."""
    if format_name == "eve":
        from .eve import iter_eve

        write_lines(iter_eve(inspection), out)
    elif format_name == "ecs":
        from .ecs import iter_ecs

        write_lines(iter_ecs(inspection), out)
    else:
        from .document import iter_document

        for piece in iter_document(build_document(inspection, format_name)):
            out.write(piece.encode("ascii"))
        out.write(b"\n")


def build_document(inspection: Inspection, format_name: str) -> dict[str, Any]:
    """The one document of a format, stix, misp or cbom; lists in it may be iterators."""
    if format_name == "stix":
        from .stix import build_stix

        return build_stix(inspection)
    if format_name == "misp":
        from .misp import build_misp

        return build_misp(inspection)
    from .cbom import build_cbom

    return build_cbom(inspection)


def write_lines(objects: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    """Write an object per line, ASCII only."""
    for each in objects:
        out.write(json.dumps(each, separators=(",", ":")).encode("ascii") + b"\n")
