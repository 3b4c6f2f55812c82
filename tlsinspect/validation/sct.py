"""Signed certificate timestamps -> the scts table: which log, when, and whether it signed that.

They come inside certificates, in a TLS extension, or in a stapled OCSP response. A list is taken apart within
its own bounds; what is broken is a row that says so. Signatures are checked with keys from a list of logs.
Spec: RFC 6962 sections 3.2 and 3.3.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from itertools import chain as chained
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..certificates.der import OCTET_STRING, hold_time, parse_element
from ..certificates.facts import nanoseconds
from ..certificates.object_identifiers import SCT_LIST
from ..errors import DecodeError
from ..tables import arrow_schema
from .build import CHAIN, CLIENT_CHAIN, NO_TIME
from .candidate import Candidate
from .logs import Log
from .signatures import KEY_ERRORS
from .staple import CLOCK_SKEW, find_issuers, read_staple
from .staples import STAPLES
from .validator import Validator

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


class Source(NamedTuple):
    """Where a list of timestamps came from, and what it is for; `data` is None where it is not wrapped as it should be.

    `kind` is certificate, tls_extension or ocsp.
    """

    kind: str
    candidate: Candidate
    data: bytes | None


def build_scts(
    connections: pa.Table,
    certificates: Iterable[str],
    staples: Mapping[str, bytes],
    validator: Validator,
    logs: Mapping[bytes, Log],
    at: datetime | None = None,
) -> pa.Table:
    """A row per distinct timestamp of these certificates (SHA-256s), and one for what cannot be read.

    `staples` maps SHA-256s to OCSP responses and lists of timestamps that were sent beside a certificate. What is later
    than the last connection with its certificate, or than `at`, does not count: clients must reject it (RFC 6962
    section 5.2).
    """
    shown = last_shown(connections)
    if at is not None:
        shown = dict.fromkeys(shown, nanoseconds(at))
    sources = chained(iter_embedded(certificates, validator), iter_sent(connections, staples, validator))
    rows = [row for source in sources for row in iter_rows(source, validator, logs, shown)]
    return pa.Table.from_pylist(rows, schema=arrow_schema("scts"))


def last_shown(connections: pa.Table) -> dict[str, int]:
    """When each certificate was sent last, in nanoseconds; NO_TIME where that is not known."""
    found: dict[str, int] = {}
    for column in (CHAIN, CLIENT_CHAIN):
        for batch in connections.select([column, "time_start"]).to_batches():
            times = batch["time_start"].cast(pa.int64()).fill_null(NO_TIME).take(pc.list_parent_indices(batch[column]))
            names = pc.list_flatten(batch[column]).dictionary_encode()
            latest = np.full(len(names.dictionary), NO_TIME)
            np.maximum.at(latest, names.indices.to_numpy(), times.to_numpy())
            for name, time in zip(names.dictionary.to_pylist(), latest.tolist(), strict=True):
                found[name] = max(found.get(name, NO_TIME), time)
    return found


def iter_embedded(certificates: Iterable[str], validator: Validator) -> Iterator[Source]:
    """The lists inside certificates."""
    for name in certificates:
        candidate = validator.candidate(name)
        if SCT_LIST in candidate.extensions:
            yield Source("certificate", candidate, unwrap(candidate.extensions[SCT_LIST][1]))


def iter_sent(connections: pa.Table, staples: Mapping[str, bytes], validator: Validator) -> Iterator[Source]:
    """The lists in TLS extensions and in stapled OCSP responses, once for each chain that they came with."""
    connections = connections.select([CHAIN, "sct_list_sha256", STAPLES])
    kept = connections.filter(pc.is_valid(connections["sct_list_sha256"]))
    pairs = zip(kept[CHAIN].to_pylist(), kept["sct_list_sha256"].to_pylist(), strict=True)
    for leaf, name in dict.fromkeys((chain[0], name) for chain, name in pairs if chain):
        yield Source("tls_extension", validator.candidate(leaf), staples[name])
    kept = connections.filter(pc.greater(pc.fill_null(pc.list_value_length(connections[STAPLES]), 0), 0))
    lists = zip(kept[CHAIN].to_pylist(), kept[STAPLES].to_pylist(), strict=True)
    stapled = dict.fromkeys((tuple(chain), name) for chain, names in lists if chain for name in names)
    for chain, name in stapled:
        staple = read_staple(staples[name], chain, validator)
        if staple.certificate is not None and staple.statement is not None and staple.statement.timestamps is not None:
            yield Source("ocsp", staple.certificate, unwrap(staple.statement.timestamps))


def iter_rows(
    source: Source, validator: Validator, logs: Mapping[bytes, Log], shown: Mapping[str, int]
) -> Iterator[Row]:
    """The rows of one list; `shown` says when each certificate was sent last, in nanoseconds."""
    most = validator.limits.chain_signatures
    candidate = source.candidate
    signed: dict[str, bytes | None] = {}
    items: Iterable[bytes | None] = (None,) if source.data is None else iter_serialized(source.data)
    for position, item in enumerate(islice(items, most + 1)):
        row: Row = {"certificate_sha256": candidate.sha256, "source": source.kind, "position": position, "valid": None}
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
                signed["entry"] = (
                    precertificate_entry(candidate, validator)
                    if source.kind == "certificate"
                    else certificate_entry(candidate)
                )
            row["valid"], row["reason"] = judge(found, log, signed.get("entry"))
            row |= {
                "log_id": found.log_id.hex(),
                "log_name": log and log.name,
                "log_operator": log and log.operator,
                "log_state": log and log.state,
                "log_state_since": log and log.since,
                "log_objection": object_to(found.time * MS, candidate, log, shown.get(candidate.sha256, NO_TIME)),
                "time": hold_time(found.time * MS),
                "signature_algorithm": ALGORITHMS.get(found.algorithm, "{:#04x} {:#04x}".format(*found.algorithm)),
            }
            yield row


def object_to(time: int, candidate: Candidate, log: Log | None, shown: int) -> str | None:
    """Why a timestamp of that time does not count, whoever signed it; None where it does."""
    if shown != NO_TIME and time > shown + CLOCK_SKEW:
        return "future"
    return None if log is None else log.object_to(time, candidate.facts.not_after)


def unwrap(contents: bytes) -> bytes | None:
    """The list inside the value of an extension, of a certificate or of OCSP. Spec: RFC 6962 section 3.3."""
    try:
        element = parse_element(contents, 0, len(contents)).expect(OCTET_STRING)
    except DecodeError:
        return None
    return element.contents if element.end == len(contents) else None


def iter_serialized(data: bytes) -> Iterator[bytes | None]:
    """Each SerializedSCT of a SignedCertificateTimestampList; None where it ends badly. Spec: RFC 6962 section 3.3."""
    place = 2
    if len(data) <= 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
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
    """What logs sign before a certificate is issued: hash of the issuer's key, and it without the list of timestamps.

    None where no issuer was seen whose key signed it, or where the certificate cannot be encoded anew.
    """
    issuers = find_issuers(candidate, validator)
    if not issuers:
        return None
    from cryptography import x509  # dear to import, and few runs come here

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = x509.load_der_x509_certificate(candidate.der).tbs_precertificate_bytes
    except (*KEY_ERRORS, x509.InvalidVersion, x509.DuplicateExtension):
        return None
    return b"\x00\x01" + sha256(issuers[0].spki).digest() + len(body).to_bytes(3, "big") + body


def certificate_entry(candidate: Candidate) -> bytes:
    """What logs sign of a certificate as it was issued; such timestamps come beside it."""
    return b"\x00\x00" + len(candidate.der).to_bytes(3, "big") + candidate.der


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
    """What the signature of a timestamp is over; `entry` begins with its type. Spec: RFC 6962 section 3.2."""
    extensions = len(found.extensions).to_bytes(2, "big") + found.extensions
    return b"\x00\x00" + found.time.to_bytes(8, "big") + entry + extensions


def verify(spki: bytes, found: Timestamp, message: bytes) -> tuple[bool | None, str | None]:
    """Whether the key made the signature; the key comes from a list, not from the network."""
    try:
        key = load_key(spki)
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


@lru_cache(maxsize=1024)
def load_key(spki: bytes) -> Any:
    """A log's key; raises KEY_ERRORS."""
    return load_der_public_key(spki)
