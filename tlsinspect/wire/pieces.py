"""Octets that come in pieces which say where they belong: fragments of IP datagrams, and of DTLS messages.

Goes in: pieces in any order, once or again. Comes out: the same octets in order; of two copies of one the first counts.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any


class Pieces:
    """What came so far: `pieces` are (offset, octets), sorted and without overlap, `octets` is how many these have."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []
        self.octets = 0

    def add(self, offset: int, piece: bytes) -> bool:
        """Take of a piece what no other covers yet; False where what others cover differs."""
        pieces = self.pieces
        agree = True
        end = offset + len(piece)
        at = offset
        fresh = []
        for index in range(first_overlap(pieces, offset), len(pieces)):
            start, known = pieces[index]
            if start >= end:
                break
            stop = min(start + len(known), end)
            if stop <= at:
                continue
            if start > at:
                fresh.append((at, piece[at - offset : start - offset]))
                at = start
            agree = agree and known[at - start : stop - start] == piece[at - offset : stop - offset]
            at = stop
        if at < end:
            fresh.append((at, piece[at - offset :]))
        for part in fresh:
            insort(pieces, part)
            self.octets += len(part[1])
        return agree

    def beginning(self) -> bytes:
        """The octets from the start to the first hole."""
        parts = []
        length = 0
        for offset, octets in self.pieces:
            if offset > length:
                break
            parts.append(octets)
            length += len(octets)
        return b"".join(parts)

    def cost(self, of_piece: int) -> int:
        """Octets of memory that they are counted with, of which a piece takes so many beside its own."""
        return self.octets + len(self.pieces) * of_piece


def first_overlap(pieces: list[Any], place: int) -> int:
    """The first of some pieces, sorted by where they start, that may reach beyond `place`."""
    return max(bisect_left(pieces, (place,)) - 1, 0)
