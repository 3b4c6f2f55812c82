"""Signed certificate timestamps in certificates -> the scts table: which log, when, and whether it signed that.

A list is taken apart within its own bounds; what is broken is a row that says so. Signatures are
checked with keys from a list of logs that the user gives.
Spec: RFC 6962 sections 3.2 and 3.3.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..certificates.der import OCTET_STRING, parse_element
from ..certificates.facts import hold_time
from ..errors import DecodeError
from ..tables import arrow_schema
from .candidate import Candidate
from .logs import Log
from .signatures import KEY_ERRORS
from .validator import Validator

SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
HEAD = 1 + 32 + 8 + 2  # version, log, time, length of extensions
SIGNATURE_HEAD = 2 + 2
MS = 1_000_000
ALGORITHMS = {(4, 1): "rsa_pkcs1_sha256", (4, 3): "ecdsa_sha256"}  # RFC 6962 section 2.1.4 has no others
Row = dict[str, Any]


class Timestamp(NamedTuple):
    """One timestamp; `time` in milliseconds since 1970-01-01 UTC, `algorithm` hash and signature (RFC 5246)."""

    log_id: bytes
    time: int
    extensions: bytes
    algorithm: tuple[int, int]
    signature: bytes


def build_scts(certificates: Iterable[str], validator: Validator, logs: Mapping[bytes, Log]) -> pa.Table:
    """A row per timestamp in these certificates (SHA-256s), and one for what cannot be read."""
    rows: list[Row] = []
    for name in certificates:
        candidate = validator.candidate(name)
        if SCT_LIST in candidate.extensions:
            rows += iter_rows(candidate, validator, logs)
    return pa.Table.from_pylist(rows, schema=arrow_schema("scts"))


def iter_rows(candidate: Candidate, validator: Validator, logs: Mapping[bytes, Log]) -> Iterator[Row]:
    """The rows of one certificate."""
    most = validator.limits.chain_signatures
    signed: dict[str, bytes | None] = {}
    for position, item in enumerate(islice(iter_serialized(candidate.extensions[SCT_LIST][1]), most + 1)):
        row: Row = {"certificate_sha256": candidate.sha256, "position": position, "valid": None}
        found = parse_timestamp(item) if item is not None else None
        if position == most:
            yield row | {"reason": "limit"}
        elif item is None or found is None:
            yield row | {"valid": False, "reason": "malformed"}
        elif isinstance(found, int):
            yield row | {"reason": "version"}
        else:
            log = logs.get(found.log_id)
            if log is not None and not signed:
                signed["entry"] = precertificate_entry(candidate, validator)
            row["valid"], row["reason"] = judge(found, log, signed.get("entry"))
            row |= {
                "log_id": found.log_id.hex(),
                "log_name": log and log.name,
                "log_operator": log and log.operator,
                "time": hold_time(found.time * MS),
                "signature_algorithm": ALGORITHMS.get(found.algorithm, "{:#04x} {:#04x}".format(*found.algorithm)),
            }
            yield row


def iter_serialized(contents: bytes) -> Iterator[bytes | None]:
    """Each SerializedSCT of the extension's value; None where the list ends badly. Spec: RFC 6962 section 3.3."""
    try:
        element = parse_element(contents, 0, len(contents)).expect(OCTET_STRING)
    except DecodeError:
        yield None
        return
    data, place = element.contents, 2
    if element.end != len(contents) or len(data) <= 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
        yield None
        return
    while place < len(data):
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        if start > len(data) or place == start or place > len(data):
            yield None
            return
        yield data[start:place]


def parse_timestamp(data: bytes) -> Timestamp | int | None:
    """One SCT; the version where it is not that of RFC 6962, None for what cannot be read. Spec: section 3.2."""
    if not data or data[0] != 0:
        return data[0] if data else None
    end = HEAD + int.from_bytes(data[HEAD - 2 : HEAD], "big")
    start = end + SIGNATURE_HEAD
    if start > len(data) or int.from_bytes(data[end + 2 : start], "big") != len(data) - start:
        return None
    time = int.from_bytes(data[33:41], "big")
    return Timestamp(data[1:33], time, data[HEAD:end], (data[end], data[end + 1]), data[start:])


def precertificate_entry(candidate: Candidate, validator: Validator) -> bytes | None:
    """What logs sign of a certificate: hash of the issuer's key, and the certificate without the list of timestamps.

    None where no issuer was seen whose key signed it, or where the certificate cannot be encoded anew.
    """
    known = [*validator.trust.by_subject.get(candidate.issuer, ()), *validator.others.get(candidate.issuer, ())]
    tried = islice(known, validator.limits.chain_signatures)
    issuer = next((each for each in tried if validator.checker.check(candidate, each)[0] == "good"), None)
    if issuer is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = x509.load_der_x509_certificate(candidate.der).tbs_precertificate_bytes
    except (*KEY_ERRORS, x509.InvalidVersion, x509.DuplicateExtension):
        return None
    return sha256(issuer.spki).digest() + len(body).to_bytes(3, "big") + body


def judge(found: Timestamp, log: Log | None, entry: bytes | None) -> tuple[bool | None, str | None]:
    """Whether the log signed it, and if that is false or unknown, why."""
    if log is None:
        return None, "unknown_log"
    if found.algorithm not in ALGORITHMS:
        return None, "unsupported"
    if entry is None:
        return None, "no_issuer"
    return verify(log.key, found, signed_octets(found, entry))


def signed_octets(found: Timestamp, entry: bytes) -> bytes:
    """What the signature of a timestamp in a certificate is over. Spec: RFC 6962 section 3.2, precert_entry."""
    extensions = len(found.extensions).to_bytes(2, "big") + found.extensions
    return b"\x00\x00" + found.time.to_bytes(8, "big") + b"\x00\x01" + entry + extensions


def verify(spki: bytes, found: Timestamp, message: bytes) -> tuple[bool | None, str | None]:
    """Whether the key made the signature; the key comes from the user's list."""
    try:
        key = load_der_public_key(spki)
        if isinstance(key, ec.EllipticCurvePublicKey) and found.algorithm[1] == 3:
            key.verify(found.signature, message, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey) and found.algorithm[1] == 1:
            key.verify(found.signature, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False, "bad_signature"
    except InvalidSignature:
        return False, "bad_signature"
    except KEY_ERRORS:
        return None, "unsupported"
    return True, None
