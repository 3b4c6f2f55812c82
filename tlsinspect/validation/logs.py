"""Logs of Certificate Transparency: a list in the JSON format (version 3) that browsers publish -> keys by log."""

from __future__ import annotations

import json
from binascii import a2b_base64
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from ..errors import TrustError

MOST_OCTETS = 16 << 20  # the largest lists have about a hundredth


class Log(NamedTuple):
    """A log: names as the list has them, `key` a SubjectPublicKeyInfo."""

    name: str
    operator: str
    key: bytes


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
                found[sha256(key).digest()] = Log(str(log.get("description", "")), str(operator["name"]), key)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise TrustError(str(path), "no list of logs in JSON, version 3, with their keys") from None
    if not found:
        raise TrustError(str(path), "no log in it")
    return found
