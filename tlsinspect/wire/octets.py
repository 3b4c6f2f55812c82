"""The one operation that the kernel does more often than any other: a slice of bytes.

Goes in: bytes and two places. Comes out: a copy of what lies between them, never
of what lies outside. Compiled, `data[start:end]` makes a slice object each time,
which costs more than the copy; here the octets are a C string (see octets.pxd), and
the places are checked first.
"""

from __future__ import annotations


def cut(data: bytes, start: int, end: int) -> bytes:
    """Return `data[start:end]`; places count from the front, and what lies past the data is left out."""
    start = max(start, 0)
    end = min(end, len(data))
    if start >= end:
        return b""
    octets = data
    return octets[start:end]
