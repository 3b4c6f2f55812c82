"""What validation says: the closed list of verdicts, and the record of one chain at one time."""

from __future__ import annotations

from typing import NamedTuple

VERDICTS = {
    # the gravest first: where a chain has several faults, the first of them is the verdict
    "malformed": "a certificate cannot be read, or lacks what validation needs",
    "bad_signature": "a signature does not fit the key of the issuer",
    "unsupported": "a signature is of a kind that cannot be checked here",
    "limit": "a named limit ended the search before an answer",
    "expired": "a certificate of the path had expired",
    "not_yet_valid": "a certificate of the path was not valid yet",
    "self_signed": "the certificate is signed with its own key and not trusted itself",
    "untrusted_root": "the path ends at an authority that is not trusted",
    "incomplete_chain": "an intermediate that the path needs was not sent, or cannot be read",
    "constraint_violated": "a certificate is used for what its issuer or its own extensions rule out",
    "name_mismatch": "the certificate is not for the name that the client asked for",
    "wrong_order": "the chain is good, and was sent in an order that not every client puts right",
    "valid": "a path leads to a trusted root, and nothing speaks against it",
    "not_observable": "the certificate, or what it is held to, cannot be seen",
    "not_applicable": "no certificate is used, or the connection is not TLS",
}
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
