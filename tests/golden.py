"""A capture's connections as text, a line each, and the command that writes them down:

    python tests/golden.py            # all samples
    python tests/golden.py tls12      # those whose path holds this text

A golden changes only when a change of behaviour was meant: read the diff before you commit it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from samples import SAMPLES, inspect

from tlsinspect import Inspection
from tlsinspect.export.text import escape_control

GOLDENS = Path(__file__).parent / "goldens"

SHOWN = {  # label -> column
    "starttls": "starttls_protocol",
    "suite": "cipher_suite_name",
    "group": "group_name",
    "name": "server_name",
    "alpn": "alpn",
    "failure": "failure",
    "alert": "last_alert_name",
    "history": "handshake_history",
    "validation": "validation",
    "ja3": "ja3",
    "ja4": "ja4",
}
STATES = {True: "established", False: "not established", None: "unknown whether established"}


def golden_of(sample: str) -> Path:
    """Where the golden of a sample lies."""
    return (GOLDENS / sample).with_suffix(".txt")


def render(inspection: Inspection) -> str:
    """All lines of a capture."""
    return "".join(escape_control(line) + "\n" for line in iter_lines(inspection))


def iter_lines(inspection: Inspection) -> Iterator[str]:
    """A line per connection, then one per port and protocol, then one per problem."""
    for row in records(inspection.connections):
        yield connection_line(row)
    for row in records(inspection.ports):
        yield f"port {row['server_port']}/{row['transport']} {row['protocol']}: {row['connections']}"
    for row in records(inspection.problems):
        place = f"packet {row['packet']} " if row["packet"] is not None else ""
        yield f"problem {row['layer']} {row['kind']} {place}offset {row['offset']} ({row['count']}): {row['expected']}"


def connection_line(row: Mapping[str, Any]) -> str:
    """Ports, protocol and version, then what is known, then the number of certificates and the capture's faults."""
    parts = [f"{row['client_port']}>{row['server_port']}", row["protocol"]]
    if row["version_name"] is not None:
        parts.append(row["version_name"])
    if row["client_hello_packet"] is not None or row["established"] is not None:
        parts.append(STATES[row["established"]])
    parts += [f"{label}={row[column]}" for label, column in SHOWN.items() if row[column] is not None]
    if row["resumed"]:
        parts.append(f"resumed={row['resumption']}")
    if row["certificate_sha256s"] is not None:
        parts.append(f"certificates={len(row['certificate_sha256s'])}")
    parts += [name for name in ("gap", "overlap_conflict", "midstream", "one_sided", "truncated") if row[name]]
    return " ".join(parts)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts, missing values as None."""
    return [
        {name: None if value is pd.NA or value is pd.NaT else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def main(wanted: str) -> None:
    """Write the goldens of the samples whose path holds `wanted`."""
    for sample in SAMPLES:
        if wanted in sample:
            path = golden_of(sample)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(render(inspect(sample)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
