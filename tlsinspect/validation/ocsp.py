"""An OCSP response: DER in, what it states out; nothing is verified here.

Of a response with many statements the first are read, up to a named limit; how many there are is counted.
Spec: RFC 6960 section 4.2.1, RFC 6962 section 3.3.
"""

from __future__ import annotations

from typing import NamedTuple

from ..certificates.der import (
    OCTET_STRING,
    SEQUENCE,
    Element,
    hold_time,
    iter_elements,
    parse_bit_string,
    parse_element,
    parse_elements,
    parse_enclosed,
    parse_integer,
    parse_object_identifier,
    parse_time,
)
from ..certificates.names import parse_name
from .candidate import Name, comparable_name

BASIC = "1.3.6.1.5.5.7.48.1.1"
TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.5"
ENUMERATED = 0x0A
BY_NAME, BY_KEY = 0xA1, 0xA2
EXPLICIT_0, EXPLICIT_1 = 0xA0, 0xA1
GOOD, REVOKED, UNKNOWN = 0x80, 0xA1, 0x82

RESPONSE_STATUSES = {
    0: "successful", 1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized",
}  # fmt: skip
REASONS = {
    0: "unspecified", 1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded",
    5: "cessationOfOperation", 6: "certificateHold", 8: "removeFromCRL", 9: "privilegeWithdrawn", 10: "aACompromise",
}  # fmt: skip
CERTIFICATE_STATUSES = {GOOD: "good", REVOKED: "revoked", UNKNOWN: "unknown"}


class Statement(NamedTuple):
    """A SingleResponse; times in nanoseconds since 1970-01-01 UTC, `timestamps` the value of the SCT extension."""

    hash_algorithm: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    status: str
    revocation_time: int | None
    revocation_reason: str | None
    this_update: int
    next_update: int | None
    timestamps: bytes | None


class Response(NamedTuple):
    """An OCSPResponse; what is beside the status is empty where it is not successful.

    `statements` are those that were read of the `total` that there are. The responder is named by its
    subject or by the SHA-1 of its key; `certificates` are those that came along, DER.
    """

    status: str
    statements: tuple[Statement, ...] = ()
    total: int = 0
    responder: str | None = None
    responder_name: Name | None = None
    responder_key_hash: bytes | None = None
    produced_at: int | None = None
    signed: bytes = b""
    algorithm: bytes = b""
    signature: bytes = b""
    certificates: tuple[bytes, ...] = ()


def parse_response(der: bytes, most: int) -> Response:
    """Read an OCSPResponse, at most `most` statements and certificates of it; raises DecodeError."""
    whole = parse_element(der, 0, len(der)).expect(SEQUENCE)
    if whole.end != len(der):
        whole.fail("trailing_data", "the end of the response")
    code, *rest = parse_elements(whole, 1, 2)
    number = int.from_bytes(code.expect(ENUMERATED).contents, "big")
    status = RESPONSE_STATUSES.get(number, str(number) if number < 256 else "of more than one octet")
    if status != "successful":
        return Response(status)
    if not rest:
        whole.fail("bad_value", "a response where the status is successful")
    kind, octets = parse_elements(parse_enclosed(rest[0].expect(EXPLICIT_0)).expect(SEQUENCE), 2, 2)
    if parse_object_identifier(kind) != BASIC:
        kind.fail("unsupported", "a basic response")
    return parse_basic(parse_enclosed(octets.expect(OCTET_STRING)).expect(SEQUENCE), most)


def parse_basic(basic: Element, most: int) -> Response:
    """Read a BasicOCSPResponse."""
    signed, algorithm, signature, *rest = parse_elements(basic, 3, 4)
    bits, unused = parse_bit_string(signature)
    if unused:
        signature.fail("bad_value", "whole octets")
    certificates = [each.encoding for each in iter_elements(parse_enclosed(rest[0].expect(EXPLICIT_0)))] if rest else []
    fields = list(iter_elements(signed.expect(SEQUENCE)))
    if fields and fields[0].tag == EXPLICIT_0:
        del fields[0]
    if len(fields) < 3:
        signed.fail("truncated", "responder, time and statements")
    responder, produced_at, listed = fields[:3]
    name = parse_enclosed(responder) if responder.tag == BY_NAME else None
    if name is None:
        parse_enclosed(responder.expect(BY_KEY)).expect(OCTET_STRING)
    singles = list(iter_elements(listed.expect(SEQUENCE)))
    return Response(
        "successful",
        tuple(parse_statement(single) for single in singles[:most]),
        len(singles),
        None if name is None else parse_name(name)[0],
        None if name is None else comparable_name(name),
        parse_enclosed(responder).contents if name is None else None,
        hold_time(parse_time(produced_at)),
        signed.encoding,
        algorithm.encoding,
        bits,
        tuple(certificates[:most]),
    )


def parse_statement(single: Element) -> Statement:
    """Read a SingleResponse."""
    identity, state, this_update, *rest = parse_elements(single.expect(SEQUENCE), 3, 5)
    algorithm, name_hash, key_hash, serial = parse_elements(identity.expect(SEQUENCE), 4, 4)
    if state.tag not in CERTIFICATE_STATUSES:
        state.fail("bad_value", "good, revoked or unknown")
    revoked_at, reason = None, None
    if state.tag == REVOKED:
        time, *why = parse_elements(state, 1, 2)
        revoked_at = hold_time(parse_time(time))
        if why:
            code = int.from_bytes(parse_enclosed(why[0].expect(EXPLICIT_0)).expect(ENUMERATED).contents[:2], "big")
            reason = REASONS.get(code, str(code))
    later = next((part for part in rest if part.tag == EXPLICIT_0), None)
    extensions = next((part for part in rest if part.tag == EXPLICIT_1), None)
    return Statement(
        parse_object_identifier(parse_elements(algorithm.expect(SEQUENCE), 1, 2)[0]),
        name_hash.expect(OCTET_STRING).contents,
        key_hash.expect(OCTET_STRING).contents,
        parse_integer(serial),
        CERTIFICATE_STATUSES[state.tag],
        revoked_at,
        reason,
        hold_time(parse_time(this_update)),
        None if later is None else hold_time(parse_time(parse_enclosed(later))),
        None if extensions is None else find_timestamps(parse_enclosed(extensions)),
    )


def find_timestamps(extensions: Element) -> bytes | None:
    """The value of the extension with SCTs."""
    for extension in iter_elements(extensions.expect(SEQUENCE)):
        identifier, *_, value = parse_elements(extension.expect(SEQUENCE), 2, 3)
        if parse_object_identifier(identifier) == TIMESTAMPS:
            return value.expect(OCTET_STRING).contents
    return None
