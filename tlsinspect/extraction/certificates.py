"""Certificates as files, under names that no certificate can choose."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..inspection import Inspection

LONGEST_NAME = 48  # characters of the common name
DIGITS = 16  # of the SHA-256
UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def extract_certificates(inspection: Inspection, directory: str | Path) -> list[Path]:
    """Write every certificate of an inspection's connections as .pem and .der; returns the paths of the former.

    A name is the subject's common name, as far as it is letters, digits, dots and hyphens, and the start of the
    SHA-256. The directory is made if need be. Raises OSError where writing fails.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    table = inspection.arrow("certificates").select(["sha256", "subject_common_name", "pem"])
    for row in table.to_pylist():
        path = folder / f"{file_name(row['subject_common_name'], row['sha256'])}.pem"
        path.write_text(row["pem"], encoding="ascii")
        path.with_name(f"{path.stem}.der").write_bytes(inspection.reading.context.certificates[row["sha256"]])
        written.append(path)
    return written


def file_name(common_name: str | None, sha256: str) -> str:
    """A file's name without its ending: never a path, never hidden, never a device."""
    safe = UNSAFE.sub("_", common_name or "")[:LONGEST_NAME].strip("._-")
    return f"{safe or 'certificate'}-{sha256[:DIGITS]}"
