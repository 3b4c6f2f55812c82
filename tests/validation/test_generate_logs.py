"""The list of logs is taken out of a library as it lies there, and added to what was known."""

from __future__ import annotations

import csv
import json
import struct
from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from made_chains import key_of

from tlsinspect.validation.generate_logs import Image, find_intervals, find_rows, update, update_intervals

ADDRESS, PLACE = 0x2000, 128
KEYS = [
    key_of(name).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for name in ("log", "other")
]


def library() -> bytes:
    """A file of one segment with two operators and three logs, as a compiler lays them out."""
    texts = b"Google\0Cloudflare\0Google 'Argon' log\0Cloudflare Nimbus\0Bogus\0"
    place = {text: ADDRESS + texts.index(text) for text in texts.split(b"\0") if text}
    start = ADDRESS + len(texts)
    data = texts + b"".join(KEYS)
    data += bytes(-len(data) % 8)
    google, cloudflare, argon, nimbus, bogus = place.values()
    numbers = [google, 0, cloudflare, 1, 7, 7]
    numbers += [argon, 0, 1_700_000_000_000, 0, start, 91]
    numbers += [nimbus, 1 | 1 << 32, 1_600_000_000_000, 1, start + 91, 91]
    numbers += [bogus, 1, 1_600_000_000_000, 1, start + 91, 91, 0]
    data += struct.pack(f"<{len(numbers)}Q", *numbers)
    head = b"\x7fELF\2\1\1".ljust(32, b"\0") + struct.pack("<Q", 64) + bytes(16) + struct.pack("<H", 1)
    entry = struct.pack("<IIQQQQQQ", 1, 4, PLACE, ADDRESS, ADDRESS, len(data), len(data), 8)
    return (head.ljust(64, b"\0") + entry).ljust(PLACE, b"\0") + data


def test_logs_have_name_operator_state_time_and_key() -> None:
    rows = find_rows(Image(library()))
    assert [(row["name"], row["operator"], row["state"], row["since"]) for row in rows] == [
        ("Google Argon", "Google", "admissible", "2023-11-14T22:13:20Z"),
        ("Cloudflare Nimbus", "Cloudflare", "retired", "2020-09-13T12:26:40Z"),
    ]
    assert [row["key"] for row in rows] == [b64encode(key).decode() for key in KEYS]


def test_what_a_new_list_lacks_stays_and_what_it_has_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "logs.csv"
    argon, nimbus = find_rows(Image(library()))
    update(path, [argon, nimbus], "package 1", "2026-01-01")
    update(path, [argon | {"state": "retired"}], "package 2", "2026-02-01")
    update(path, [argon | {"state": "retired"}], "package 2", "2026-02-02")
    lines = path.read_text().splitlines()
    assert lines[:2] == ["# package 1: 2026-01-01", "# package 2: 2026-02-02"]
    rows = list(csv.DictReader(lines[2:]))
    assert [(row["name"], row["state"], row["source"]) for row in rows] == [
        ("Cloudflare Nimbus", "retired", "package 1"),
        ("Google Argon", "retired", "package 2"),
    ]


def test_intervals_come_from_another_list_and_stay_when_the_logs_are_brought_up_to_date(tmp_path: Path) -> None:
    path, rows = tmp_path / "logs.csv", find_rows(Image(library()))
    interval = {"start_inclusive": "2026-01-01T00:00:00Z", "end_exclusive": "2026-07-01T00:00:00Z"}
    logs = [{"key": b64encode(key).decode(), "temporal_interval": interval} for key in (KEYS[0], b"of no known log")]
    (tmp_path / "list.json").write_text(json.dumps({"operators": [{"name": "Google", "logs": logs}]}))
    update(path, rows, "package 1", "2026-01-01")
    update_intervals(path, find_intervals(tmp_path / "list.json"), "list 2", "2026-02-01")
    update(path, rows, "package 3", "2026-03-01")
    lines = path.read_text().splitlines()
    assert lines[:3] == ["# package 1: 2026-01-01", "# list 2: 2026-02-01", "# package 3: 2026-03-01"]
    assert [
        (row["name"], row["start"], row["end"], row["source"], row["interval_source"])
        for row in csv.DictReader(lines[3:])
    ] == [
        ("Cloudflare Nimbus", "", "", "package 3", ""),
        ("Google Argon", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z", "package 3", "list 2"),
    ]
