"""Octets -> as many octets, of which only those stay that are asked to stay.

A reader and a writer in one: `keep` copies, `hide` makes a pseudonym, and whatever was not reached in the end, as
something ended too soon or nobody knew it, is hidden as well.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from .pseudonyms import Pseudonyms


class Copier:
    """Copies octets under rules; see `copy`."""

    def __init__(self, data: bytes, own: Pseudonyms) -> None:
        self.data = data
        self.own = own
        self.position = 0
        self.made = bytearray()

    def take(self, count: int) -> bytes:
        """The next octets; raises IndexError where there are fewer."""
        if count > len(self.data) - self.position:
            raise IndexError
        self.position += count
        return self.data[self.position - count : self.position]

    def left(self) -> int:
        """How many octets were not taken yet."""
        return len(self.data) - self.position

    def put(self, octets: bytes) -> None:
        """Write what stands for the octets that were taken last."""
        self.made += octets

    def keep(self, count: int) -> bytes:
        """Copy octets, and return them."""
        octets = self.take(count)
        self.put(octets)
        return octets

    def keep_all(self) -> None:
        """Copy what is left."""
        self.keep(self.left())

    def hide(self, count: int) -> None:
        """Write a pseudonym."""
        self.put(self.own.make_octets(self.take(count)))

    def hide_all(self) -> None:
        """Write a pseudonym of what is left."""
        self.hide(self.left())

    def zero(self, count: int) -> None:
        """Write zeros."""
        self.put(bytes(len(self.take(count))))

    def vector(self, width: int, rule: Rule) -> None:
        """Copy a length of so many octets, and what it is the length of under a rule."""
        length = int.from_bytes(self.keep(width), "big")
        block = self.take(min(length, self.left()))
        self.put(copy(block, rule, self.own))
        if len(block) < length:
            raise IndexError

    def each(self, step: Callable[[], None]) -> None:
        """Do the same until nothing is left."""
        while self.left():
            step()


Rule = Callable[[Copier], None]


def copy(data: bytes, rule: Rule, own: Pseudonyms) -> bytes:
    """As many octets, made under a rule; what the rule does not reach is hidden."""
    copier = Copier(data, own)
    with suppress(IndexError):
        rule(copier)
    return bytes(copier.made) + own.make_octets(data[len(copier.made) :])


def keep_all(copier: Copier) -> None:
    """Everything stays."""
    copier.keep_all()


def hide_all(copier: Copier) -> None:
    """Nothing stays."""
    copier.hide_all()
