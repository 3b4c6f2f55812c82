"""Bring data/ct_logs.csv up to date: `python -m tlsinspect.validation.generate_logs FILE --source NAME --date DAY`.

In: libxul.so of a Firefox, in which Mozilla's list of Certificate Transparency logs is compiled (its source,
security/ct/CTKnownLogs.h, is made from the list that Google publishes), or with --intervals a list in JSON, version 3,
from which the temporal intervals of known logs are taken, which Mozilla's list has not. Only facts are taken: name,
operator, state, since when, key, interval. Out: the file with these; what the new list lacks stays, as captures may be
old.
"""

from __future__ import annotations

import argparse
import csv
import re
import struct
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

from .logs import DATA, FIELDS, NANOSECONDS, load_logs

KEY_START = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")  # SPKI of P-256
KEY_OCTETS = 91
FIRST_OPERATORS = ("Google", "Cloudflare")
STATES = {0: "admissible", 1: "retired"}
LOADABLE = 1
MOST_OPERATORS = 64


class Image:
    """A 64-bit little-endian ELF file, its loadable segments as (address, place in the file, octets)."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        (table,), (count,) = struct.unpack_from("<Q", octets, 32), struct.unpack_from("<H", octets, 56)
        headers = [struct.unpack_from("<IIQQQQ", octets, table + 56 * number) for number in range(count)]
        self.segments = [(address, place, size) for kind, _, place, address, _, size in headers if kind == LOADABLE]

    def text(self, address: int) -> str:
        """The text, ended by a zero octet, at an address; "" where there is none."""
        for start, place, size in self.segments:
            if start <= address < start + size:
                at = place + address - start
                return self.octets[at : self.octets.index(b"\0", at)].decode("utf-8", "replace")
        return ""

    def keys(self) -> dict[int, bytes]:
        """The keys of P-256 in it, by address."""
        found = {}
        for match in re.finditer(re.escape(KEY_START), self.octets):
            for start, place, size in self.segments:
                if place <= match.start() < place + size:
                    key = self.octets[match.start() : match.start() + KEY_OCTETS]
                    found[start + match.start() - place] = key
        return found

    def words(self) -> Iterator[tuple[int, ...]]:
        """Each segment as numbers of 8 octets; pointers are addresses, which the loader only moves."""
        for _, place, size in self.segments:
            yield struct.unpack_from(f"<{size // 8}Q", self.octets, place)


def find_rows(image: Image) -> list[dict[str, str]]:
    """The logs: structures of name, state and format, time in ms, operator, key and its length."""
    keys = image.keys()
    found: list[tuple[str, int, int, int, bytes]] = []
    operators: dict[int, str] = {}
    for words in image.words():
        for place in range(4, len(words) - 1):
            if words[place + 1] == KEY_OCTETS and words[place] in keys and words[place - 1] < MOST_OPERATORS:
                name, state = image.text(words[place - 4]), words[place - 3] & 0xFFFFFFFF
                found.append((name, state, words[place - 2], words[place - 1], keys[words[place]]))
            elif words[place] == 0 and words[place + 2 : place + 3] == (1,) and not operators:
                operators = read_operators(image, words[place - 1 : place - 1 + 2 * MOST_OPERATORS])
    return [
        {
            "name": re.sub(r"'| [lL]og$", "", name),
            "operator": operators[operator],
            "state": STATES[state],
            "since": datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "key": b64encode(key).decode(),
        }
        for name, state, time, operator, key in found
        if not name.startswith("Bogus")
    ]


def read_operators(image: Image, words: Sequence[int]) -> dict[int, str]:
    """The operators by number: structures of name and number; empty where these are other structures."""
    pairs = enumerate(zip(words[::2], words[1::2], strict=False))
    found = {number: image.text(name) for number, (name, _) in takewhile(lambda pair: pair[0] == pair[1][1], pairs)}
    return found if tuple(found.values())[:2] == FIRST_OPERATORS else {}


def find_intervals(path: Path) -> list[dict[str, str]]:
    """The temporal intervals of a list in JSON, by key; raises TrustError for what is no such list."""
    return [
        {"key": b64encode(log.key).decode(), "start": day_of(log.start), "end": day_of(log.end)}
        for log in load_logs(path).values()
        if log.start is not None and log.end is not None
    ]


def day_of(time: int) -> str:
    """A time in nanoseconds since 1970-01-01 UTC in ISO 8601."""
    return datetime.fromtimestamp(time // NANOSECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def update(path: Path, rows: list[dict[str, str]], source: str, origin: str) -> None:
    """Write the file with these logs, and those that it had; the intervals that it had stay too."""
    origins, merged = read_old(path)
    for row in rows:
        kept = {name: merged.get(row["key"], {}).get(name, "") for name in ("start", "end", "interval_source")}
        merged[row["key"]] = row | kept | {"source": source}
    write(path, [*(line for line in origins if f"# {source}: " not in line), f"# {source}: {origin}"], merged)


def update_intervals(path: Path, rows: list[dict[str, str]], source: str, origin: str) -> None:
    """Write the file with these intervals of the logs in it; logs that it has not are left out, for want of a name."""
    origins, merged = read_old(path)
    for row in rows:
        if row["key"] in merged:
            merged[row["key"]] |= row | {"interval_source": source}
    write(path, [*(line for line in origins if f"# {source}: " not in line), f"# {source}: {origin}"], merged)


def read_old(path: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The lines at the file's head, and its logs by key."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return [line for line in lines if line.startswith("# ")], {row["key"]: row for row in rows}


def write(path: Path, origins: list[str], logs: dict[str, dict[str, str]]) -> None:
    """Write the file: where it is from, then the logs by operator and name."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\n".join(origins) + "\n")
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(logs.values(), key=lambda row: (row["operator"].lower(), row["name"].lower())))


def main() -> None:
    """Read the arguments and bring the file up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="libxul.so, or with --intervals a list in JSON")
    parser.add_argument("--source", required=True, help="package or list and its version")
    parser.add_argument("--date", required=True, help="day of it, YYYY-MM-DD")
    parser.add_argument("--intervals", action="store_true", help="take only intervals, from a list in JSON")
    arguments = parser.parse_args()
    octets = arguments.file.read_bytes()
    origin = f"{arguments.date}, {arguments.file.name}, sha256 {sha256(octets).hexdigest()}"
    if arguments.intervals:
        update_intervals(DATA, find_intervals(arguments.file), arguments.source, origin)
    else:
        update(DATA, find_rows(Image(octets)), arguments.source, origin)


if __name__ == "__main__":
    main()
