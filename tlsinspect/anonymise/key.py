"""The key file: one line of text, for its owner's eyes only."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from ..errors import TlsInspectError

FORMAT = re.compile(r"tlsinspect-anonymise-1 ([0-9a-f]{64})(?:\r?\n|\r)?")
MOST_OCTETS = 128  # of a key file, with a byte order mark and an end of its line; more is none
KEY_LENGTH = 32
OWNER_ONLY = 0o600


def load_key(path: str | Path) -> tuple[bytes, bool]:
    """The 32 octets of a key file, and whether it was made now, as there was none.

    Raises TlsInspectError for a file that holds no key, or cannot be read or made.
    """
    place = Path(path)
    try:
        return make_key(place), True
    except FileExistsError:
        pass
    except OSError as error:
        raise TlsInspectError(f"{place}: cannot be made: {error.strerror or error}") from error
    try:
        with place.open("rb") as file:
            octets = file.read(MOST_OCTETS)
    except OSError as error:
        raise TlsInspectError(f"{place}: cannot be read: {error.strerror or error}") from error
    found = FORMAT.fullmatch(octets.decode("utf-8-sig", "replace"))
    if found is None:
        raise TlsInspectError(f"{place}: holds no key of tlsinspect; name a file that does not exist to make one")
    return bytes.fromhex(found[1]), False


def make_key(path: Path) -> bytes:
    """Write a new key that only its owner can read; raises FileExistsError where there is a file."""
    key = secrets.token_bytes(KEY_LENGTH)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"tlsinspect-anonymise-1 {key.hex()}\n")
    return key
