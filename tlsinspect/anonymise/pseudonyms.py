"""What identifies -> a pseudonym of the same length: names, texts, keys, numbers, addresses.

All follow from one key by HMAC-SHA-256, so that the same thing has the same pseudonym wherever it stands, in tables
and packets alike, and nobody without the key can try out names or addresses.
"""

from __future__ import annotations

import hmac
import re
import string
from functools import lru_cache

from ..wire.messages import RETRY_RANDOM
from .addresses import Addresses

ALPHABET = string.ascii_lowercase + string.digits
BASE = len(ALPHABET)
BLOCK = 64  # octets of a SHA-512
ROUNDS = 8
LONGEST_LABEL = 63
LONGEST_NAME = 255  # characters of a host name; what a certificate may have in front of them is no part of one
LONGEST_SAID = 1024  # octets from which a text of any length is made; of a longer one its hash stands for it
HOST = re.compile(r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+\.?")
URL = re.compile(r"(ldaps?|https?|ftp|file)://", re.IGNORECASE)
MEMO = 1 << 16
TICKET_NAME = 16  # octets of a ticket that mostly name its key
DOWNGRADES = (b"DOWNGRD\x00", b"DOWNGRD\x01")  # the same section: what a server says in its random's last octets


class Pseudonyms:
    """Pseudonyms by a key of 32 octets."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.addresses = Addresses(self.derive("addresses"))
        self.name_key = self.derive("names")
        self.octet_key = self.derive("octets")
        self.name = lru_cache(MEMO)(self.make_name)
        self.octets = lru_cache(MEMO)(self.make_octets)

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose."""
        return hmac.digest(self.key, b"tlsinspect anonymise " + purpose.encode("ascii"), "sha256")

    def address(self, text: str) -> str:
        """An address in text; anything else becomes a text."""
        try:
            return self.addresses.text(text)
        except ValueError:
            return self.text(text)

    def make_octets(self, value: bytes) -> bytes:
        """Octets of the same length."""
        made = bytearray()
        digest = hmac.digest(self.octet_key, value, "sha256")
        count = 0
        while len(made) < len(value):
            made += hmac.digest(digest, count.to_bytes(4, "big"), "sha256")
            count += 1
        return bytes(made[: len(value)])

    def hexadecimal(self, text: str) -> str:
        """Octets written in hexadecimal."""
        try:
            return self.octets(bytes.fromhex(text)).hex()
        except ValueError:
            return self.octets(text.encode()).hex()[: len(text)]

    def random(self, value: bytes) -> bytes:
        """A hello's random; what RFC 8446 gives a meaning stays: a retry's random, and the marks of a downgrade."""
        if value == RETRY_RANDOM:
            return value
        made = self.octets(value)
        return made[:-8] + value[-8:] if value[-8:] in DOWNGRADES else made

    def ticket(self, value: bytes) -> bytes:
        """A session ticket, of which the first octets have a pseudonym of their own: they mostly name a key."""
        return self.octets(value[:TICKET_NAME]) + self.octets(value[TICKET_NAME:])

    def protocol(self, name: bytes) -> bytes:
        """An ALPN name that is not IANA's: as long, with the first and the last octet, which JA4 is made of."""
        if len(name) < 3:
            return name
        return name[:1] + self.letters(name[1:-1], name[:1] + name[-1:]).encode("ascii") + name[-1:]

    def make_name(self, name: str) -> str:
        """A host name, label by label: names that ended alike end alike, and no label stays but "*".

        Of a name that is too long for a host, what stands in front of the last LONGEST_NAME is one text.
        """
        if len(name) > LONGEST_NAME:
            start = name.find(".", len(name) - LONGEST_NAME - 1)
            front, end = (name, "") if start < 0 else (name[:start], name[start:])
            made = self.letters(front.lower().encode(), end.lower().encode())
            front = "".join("." if old == "." else new for old, new in zip(front, made, strict=False))
            return front + (f".{self.make_name(end[1:])}" if end else "")
        labels = name.lower().split(".")
        return ".".join(self.label(label, ".".join(labels[place + 1 :])) for place, label in enumerate(labels))

    def label(self, label: str, parent: str) -> str:
        """One label: one to one among letters and digits, so that no two of a parent's become one."""
        if label in ("", "*"):
            return label
        places = [ALPHABET.find(character) for character in label]
        if -1 in places or len(label) > LONGEST_LABEL:
            return self.letters(label.encode(), parent.encode())
        return "".join(ALPHABET[place] for place in self.permute(places, parent.encode()))

    def permute(self, digits: list[int], tweak: bytes) -> list[int]:
        """A keyed permutation of all texts of this length: an unbalanced Feistel network over their halves."""
        if len(digits) == 1:
            order = sorted(
                range(BASE), key=lambda digit: hmac.digest(self.name_key, b"1" + tweak + bytes([digit]), "sha256")
            )
            return [order[digits[0]]]
        half = len(digits) // 2
        sizes = (BASE**half, BASE ** (len(digits) - half))
        sides = [number_of(digits[:half]), number_of(digits[half:])]
        for turn in range(ROUNDS):
            side = turn & 1
            said = b"%d %d %d " % (len(digits), turn, sides[1 - side]) + tweak
            sides[side] = (sides[side] + int.from_bytes(hmac.digest(self.name_key, said, "sha512"), "big")) % sizes[
                side
            ]
        return digits_of(sides[0], half) + digits_of(sides[1], len(digits) - half)

    def letters(self, value: bytes, tweak: bytes = b"") -> str:
        """As many letters and digits as there are octets."""
        length = len(value)
        if length + len(tweak) > LONGEST_SAID:
            value, tweak = hmac.digest(self.name_key, b"long %d " % len(tweak) + tweak + value, "sha512"), b""
        made = []
        for count in range(-(-length // BLOCK)):
            said = b"text %d %d " % (count, len(tweak)) + tweak + value
            made += [ALPHABET[octet % BASE] for octet in hmac.digest(self.name_key, said, "sha512")]
        return "".join(made[:length])

    def text(self, text: str) -> str:
        """Any text, of as many octets in UTF-8: host names, mail addresses and URLs keep their shape."""
        if HOST.fullmatch(text):
            return self.name(text)
        local, at, domain = text.rpartition("@")
        if at and HOST.fullmatch(domain):
            return f"{self.letters(local.encode())}@{self.name(domain)}"
        scheme = URL.match(text)
        if scheme:
            host, slash, rest = text[scheme.end() :].partition("/")
            return f"{scheme[0]}{self.text(host)}{slash}{self.letters(rest.encode('utf-8', 'surrogateescape'))}"
        return self.letters(text.encode("utf-8", "surrogateescape"))


def number_of(digits: list[int]) -> int:
    """Digits as a number."""
    number = 0
    for digit in digits:
        number = number * BASE + digit
    return number


def digits_of(number: int, count: int) -> list[int]:
    """A number as so many digits."""
    digits = []
    for _ in range(count):
        number, digit = divmod(number, BASE)
        digits.append(digit)
    return digits[::-1]
