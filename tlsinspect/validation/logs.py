"""Logs of Certificate Transparency: the list of the package, or one in the JSON format (version 3) -> keys by log."""

from __future__ import annotations

import csv
import json
from binascii import a2b_base64
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from ..errors import TrustError

NANOSECONDS = 10**9
DATA = Path(__file__).parent / "data" / "ct_logs.csv"
FIELDS = ("name", "operator", "state", "since", "start", "end", "key", "source", "interval_source")
MOST_OCTETS = 16 << 20  # the largest lists have about a hundredth


ENDED = ("retired", "rejected")  # states since which what a log takes does not count


class Log(NamedTuple):
    """A log: names as the list has them, `key` a SubjectPublicKeyInfo.

    `state` is the one that it came into at `since`; it takes certificates that end from `start` on and before
    `end`. Times in nanoseconds since 1970-01-01 UTC, None where the list does not say.
    """

    name: str
    operator: str
    key: bytes
    state: str | None = None
    since: int | None = None
    start: int | None = None
    end: int | None = None

    def object_to(self, time: int, not_after: int | None) -> str | None:
        """Why a timestamp of that time for a certificate that ends then does not count; None where it does.

        Spec: Chrome's and Mozilla's Certificate Transparency policies count what qualified, usable and readonly logs
        made, whenever that was, and of retired ones what they made before; a log's temporal_interval says between
        which days the certificates end that it accepts.
        """
        if self.state == "pending":
            return "pending"
        if self.since is not None and self.state in ENDED and time >= self.since:
            return self.state
        if not_after is not None and self.start is not None and self.end is not None:
            return None if self.start <= not_after < self.end else "interval"
        return None


@cache
def known_logs() -> dict[bytes, Log]:
    """The logs of the list that comes with the package, by log ID; its head says where it is from and of which day."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    found = {}
    for row in rows:
        key = a2b_base64(row["key"])
        times = (moment(row[name] or None) for name in ("since", "start", "end"))
        found[sha256(key).digest()] = Log(row["name"], row["operator"], key, row["state"] or None, *times)
    return found


def load_logs(path: str | PathLike[str]) -> dict[bytes, Log]:
    """The logs of a list, by log ID, which is the SHA-256 of the key (RFC 6962 section 3.2).

    Raises TrustError for a file that cannot be read, is no such list, or has no log.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_OCTETS + 1)
    except OSError as error:
        raise TrustError(str(path), error.strerror or "cannot be read") from None
    if len(data) > MOST_OCTETS:
        raise TrustError(str(path), f"more than {MOST_OCTETS >> 20} MiB")
    found = {}
    try:
        for operator in json.loads(data)["operators"]:
            for log in (*operator.get("logs", ()), *operator.get("tiled_logs", ())):
                key = a2b_base64(log["key"])
                name, state = str(log.get("description", "")), next(iter(log.get("state", {}).items()), None)
                since = moment(state[1].get("timestamp")) if state is not None else None
                interval = log.get("temporal_interval", {})
                times = (since, moment(interval.get("start_inclusive")), moment(interval.get("end_exclusive")))
                found[sha256(key).digest()] = Log(name, str(operator["name"]), key, state and str(state[0]), *times)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise TrustError(str(path), "no list of logs in JSON, version 3, with their keys") from None
    if not found:
        raise TrustError(str(path), "no log in it")
    return found


def moment(text: str | None) -> int | None:
    """A time in ISO 8601 as nanoseconds since 1970-01-01 UTC; raises ValueError."""
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()) * NANOSECONDS
