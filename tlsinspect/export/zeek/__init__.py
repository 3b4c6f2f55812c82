"""An inspection as Zeek's logs: ssl.log, x509.log and quic.log, in Zeek's text format or in its JSON.

Rows of ssl.log and quic.log that belong to one connection have the same uid; x509.log is found by the fingerprints.
docs/zeek.md says what differs from what Zeek itself writes, and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ...whole import open_whole
from ..rows import MessageTimes, Row
from . import quic, ssl, x509
from .field import EMPTY, NANOSECONDS, SET_SEPARATOR, UNSET, Field, json_of, text_of

if TYPE_CHECKING:
    from ...inspection import Inspection

__all__ = ["FIELDS", "build_logs", "write_zeek"]

FIELDS = {"ssl": ssl.FIELDS, "x509": x509.FIELDS, "quic": quic.FIELDS}
"""Of each log, its fields."""


def build_logs(inspection: Inspection) -> dict[str, list[Row]]:
    """The rows of each log, by field name, in the order of their time; a field that is missing is not set."""
    times = MessageTimes(inspection)
    made = {
        "ssl": list(ssl.build_ssl(inspection, times)),
        "x509": list(x509.build_x509(inspection, times)),
        "quic": list(quic.build_quic(inspection)),
    }
    return {name: sorted(rows, key=lambda row: row["ts"]) for name, rows in made.items()}


def write_zeek(inspection: Inspection, folder: Path, as_json: bool = False) -> list[Path]:
    """Write ssl.log, x509.log and quic.log to a folder, which is made; as Zeek does, none that has no rows."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in build_logs(inspection).items():
        if rows:
            path = folder / f"{name}.log"
            with open_whole(path) as file, TextIOWrapper(file, "utf-8", newline="\n") as out:
                (write_json if as_json else write_text)(out, name, FIELDS[name], rows)
            written.append(path)
    return written


def write_text(out: TextIO, name: str, fields: Sequence[Field], rows: Sequence[Row]) -> None:
    """Write one log with tabs between the fields, and the lines about it at its head and foot."""
    out.write(f"#separator \\x09\n#set_separator\t{SET_SEPARATOR}\n#empty_field\t{EMPTY}\n#unset_field\t{UNSET}\n")
    out.write(f"#path\t{name}\n#open\t{moment(rows[0]['ts'])}\n")
    out.write("\t".join(("#fields", *(field.name for field in fields))) + "\n")
    out.write("\t".join(("#types", *(field.type for field in fields))) + "\n")
    for row in rows:
        out.write("\t".join(text_of(row.get(field.name), field.type) for field in fields) + "\n")
    out.write(f"#close\t{moment(rows[-1]['ts'])}\n")


def write_json(out: TextIO, name: str, fields: Sequence[Field], rows: Iterable[Row]) -> None:
    """Write one log as an object per row; what is not set is not there."""
    for row in rows:
        found = {
            field.name: json_of(row[field.name], field.type) for field in fields if row.get(field.name) is not None
        }
        out.write(json.dumps(found, separators=(",", ":")) + "\n")


def moment(time: int) -> str:
    """A time as it stands at the head of a log."""
    return f"{datetime.fromtimestamp(time // NANOSECONDS, UTC):%Y-%m-%d-%H-%M-%S}"
