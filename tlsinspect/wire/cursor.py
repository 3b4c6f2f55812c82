"""Reads big-endian numbers and length-prefixed vectors from bytes, and never past a block's end.

Goes in: bytes and the name of their layer. Comes out: numbers and slices.
A read that would leave its block raises DecodeError; so does leaving a block
that was not used up exactly (RFC 8446 section 3 is the grammar).
"""

from __future__ import annotations

from ..errors import DecodeError
from .octets import cut


class Cursor:
    """A place in `data`; reads advance it and stop at `limit`."""

    def __init__(self, data: bytes, layer: str, position: int, limit: int) -> None:
        self.data = data
        self.layer = layer
        self.position = position
        self.limit = limit

    def fail(self, kind: str, expected: str) -> None:
        """Raise DecodeError at the present position."""
        raise DecodeError(self.layer, kind, self.position, expected)

    def need(self, length: int) -> int:
        """Return the present position after checking that `length` octets are left."""
        if length > self.limit - self.position:
            self.fail("truncated", f"{length} octets, {self.limit - self.position} left")
        return self.position

    def read_u8(self) -> int:
        """Read one octet."""
        at = self.need(1)
        self.position = at + 1
        return self.data[at]

    def read_u16(self) -> int:
        """Read a 2-octet number."""
        at = self.need(2)
        self.position = at + 2
        return self.data[at] << 8 | self.data[at + 1]

    def read_u24(self) -> int:
        """Read a 3-octet number."""
        at = self.need(3)
        self.position = at + 3
        return self.data[at] << 16 | self.data[at + 1] << 8 | self.data[at + 2]

    def read_u32(self) -> int:
        """Read a 4-octet number."""
        high = self.read_u16()
        return high << 16 | self.read_u16()

    def read_bytes(self, length: int) -> bytes:
        """Read `length` octets."""
        at = self.need(length)
        self.position = at + length
        return cut(self.data, at, at + length)

    def read_vector8(self) -> bytes:
        """Read a vector with a 1-octet length."""
        return self.read_bytes(self.read_u8())

    def read_vector16(self) -> bytes:
        """Read a vector with a 2-octet length."""
        return self.read_bytes(self.read_u16())

    def read_vector24(self) -> bytes:
        """Read a vector with a 3-octet length."""
        return self.read_bytes(self.read_u24())

    def enter(self, length: int) -> int:
        """Confine reads to the next `length` octets; returns the outer limit, for leave."""
        outer = self.limit
        self.limit = self.need(length) + length
        return outer

    def leave(self, outer: int) -> None:
        """Check that the block was used exactly, and go back to the outer limit."""
        if self.position != self.limit:
            self.fail("trailing_data", f"the end of the block, {self.limit - self.position} octets are left")
        self.limit = outer

    def remaining(self) -> int:
        """Octets left in the present block."""
        return self.limit - self.position
