"""What validation says: how grave each verdict is, and the record of one chain at one time."""

from __future__ import annotations

from typing import NamedTuple

from ..columns.verdicts import VERDICTS

RANKS = {name: rank for rank, name in enumerate(VERDICTS)}


class Fault(NamedTuple):
    """One thing that is wrong: a verdict, the certificate at fault, and a sentence without a full stop."""

    verdict: str
    sha256: str | None
    text: str


class Judgement(NamedTuple):
    """A chain at a time: what is wrong, the gravest first, and the path that was found.

    `path` are SHA-256s from the server's or client's certificate upwards. `anchor` is the subject of the trusted
    root, None where none was reached. `objection` is what the verifier of the cryptography package,
    which keeps the rules of the Web PKI, says against a path that is valid by RFC 5280.
    """

    faults: tuple[Fault, ...]
    path: tuple[str, ...]
    anchor: str | None
    objection: str | None
    remarks: tuple[str, ...]
