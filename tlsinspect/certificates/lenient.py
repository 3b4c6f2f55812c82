"""Walks one Certificate field by field; a field that is refused does not take the next one with it.

Whatever the octets are, something comes out: at worst an issue and nothing else.
Spec: RFC 5280 section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..errors import DecodeError
from ..wire.octets import cut
from .der import (
    BIT_STRING,
    SEQUENCE,
    Element,
    hold_time,
    is_plain_time,
    iter_elements,
    make_element,
    parse_element,
    parse_elements,
    parse_enclosed,
    parse_header,
    parse_integer,
    parse_object_identifier,
    parse_small_integer,
    parse_time,
)
from .draft import Draft
from .extensions import add_absent, names_another_key, parse_extensions
from .facts import MAX_SERIAL_OCTETS, length_in_days, spell_serial
from .names import parse_name
from .object_identifiers import PSS_DEFAULT_HASH, PSS_HASHES, RSASSA_PSS, SIGNATURE_ALGORITHMS
from .public_key import parse_public_key

VERSION_TAG = 0xA0
EXTENSIONS_TAG = 0xA3
PSS_HASH_TAG = 0xA0


def parse_leniently(der: bytes) -> dict[str, Any]:
    """Return the facts that can be read, `issue` among them, as arguments for CertificateFacts.

    Any octets will do, nothing is raised. The time is linear in their length.
    """
    draft = Draft()
    try:
        _parse_outer(der, draft)
    except DecodeError as error:
        draft.refuse("certificate", error)
    return {**draft.facts, "issue": "; ".join(draft.issues.values()) or None}


def parse_parts(der: bytes, wanted: frozenset[str]) -> dict[str, Any]:
    """Return the facts of some parts only, named as fields (FIELDS) and extensions are; the same as parse_leniently."""
    draft = Draft(wanted)
    with suppress(DecodeError):
        _parse_outer(der, draft)
    return draft.facts


def _parse_outer(der: bytes, draft: Draft) -> None:
    certificate = _enter(der, 0, len(der), draft)
    if certificate.end < len(der):
        draft.refuse("certificate", certificate.error("trailing_data", f"{certificate.end} octets, found {len(der)}"))
    whole = not draft.cut
    signed = _enter(der, certificate.start, certificate.end, draft)
    _parse_signed(signed, draft)
    if whole and draft.wants("signature"):
        _check_signature(signed.end, certificate, draft)


def _enter(data: bytes, offset: int, limit: int, draft: Draft) -> Element:
    """Return the SEQUENCE at `offset`, confined to `limit`: a missing end must not hide the beginning."""
    element = parse_header(data, offset, limit).expect(SEQUENCE)
    draft.cut = element.end > limit
    if not draft.cut:
        return element
    draft.refuse("certificate", element.error("truncated", f"{element.end - limit} octets more"))
    return make_element(data, element.tag, element.offset, element.start, limit)


def _parse_signed(signed: Element, draft: Draft) -> None:
    """Read TBSCertificate; raises DecodeError where its fields break off, and what came before stays."""
    data, position = signed.data, signed.start
    wanted = draft.wanted
    issuer = subject = b""
    for field, parse in FIELDS.items():
        element = parse_element(data, position, signed.end)
        if field == "version" and element.tag != VERSION_TAG:
            draft.facts["version"] = 1  # the default
            continue
        position = element.end
        if field == "issuer":
            issuer = cut(data, element.offset, position)
        elif field == "subject":
            subject = cut(data, element.offset, position)
        if wanted is not None and field not in wanted:
            continue
        try:
            parse(element, draft)
        except DecodeError as error:
            draft.refuse(field, error)
    draft.facts["self_signed"] = subject == issuer
    _parse_optional(signed, position, draft)


def _parse_optional(signed: Element, position: int, draft: Draft) -> None:
    """Read what may follow the key: unique identifiers, which nobody uses, and the extensions."""
    while position < signed.end:
        element = parse_header(signed.data, position, signed.end)
        position = element.end
        if element.tag == EXTENSIONS_TAG:
            if draft.facts.get("version", 3) != 3:
                draft.refuse("version", element.error("bad_value", "version 3 where there are extensions"))
            try:
                extensions = _enter(signed.data, element.start, min(position, signed.end), draft)
                if draft.facts["self_signed"] and names_another_key(extensions):
                    draft.facts["self_signed"] = False
                parse_extensions(extensions, draft)
            except DecodeError as error:
                draft.refuse("extensions", error)
            if position < signed.end:
                draft.refuse("extensions", element.error("trailing_data", "the extensions at the end"))
            return
    if not draft.cut:
        add_absent(draft, set())


def _check_signature(position: int, certificate: Element, draft: Draft) -> None:
    """Note whether what follows the signed part is what RFC 5280 section 4.1.1 wants; no fact comes from it."""
    try:
        algorithm = parse_element(certificate.data, position, certificate.end)
        value = parse_element(certificate.data, algorithm.end, certificate.end).expect(BIT_STRING)
        if value.end != certificate.end:
            value.fail("trailing_data", "the signature at the end of the certificate")
        if parse_algorithm(algorithm) != draft.facts.get("signature_algorithm"):
            algorithm.fail("bad_value", "the algorithm that the signed part names (RFC 5280 4.1.1.2)")
    except DecodeError as error:
        draft.refuse("signatureValue", error)


def _parse_version(wrapped: Element, draft: Draft) -> None:
    draft.facts["version"] = 1 + parse_small_integer(parse_enclosed(wrapped))
    if not 1 <= draft.facts["version"] <= 3:
        wrapped.fail("bad_value", "version 1, 2 or 3")


def _parse_serial(number: Element, draft: Draft) -> None:
    serial = parse_integer(number)
    draft.facts["serial"] = spell_serial(serial)
    if serial <= 0 or number.end - number.start > MAX_SERIAL_OCTETS:
        number.fail("bad_value", "a positive number of at most 20 octets (RFC 5280 4.1.2.2)")


def _parse_signature_algorithm(algorithm: Element, draft: Draft) -> None:
    draft.facts["signature_algorithm"] = parse_algorithm(algorithm)


def parse_algorithm(algorithm: Element) -> str:
    """Return the name of an AlgorithmIdentifier for signatures, its digits where it has none; raises DecodeError."""
    parts = parse_elements(algorithm.expect(SEQUENCE), 1, 2)
    identifier = parse_object_identifier(parts[0])
    name = SIGNATURE_ALGORITHMS.get(identifier, identifier)
    if identifier == RSASSA_PSS and len(parts) == 2:
        with suppress(DecodeError):
            return f"{name}-{_parse_pss_hash(parts[1])}"
    return name


def _parse_pss_hash(parameters: Element) -> str:
    for field in iter_elements(parameters.expect(SEQUENCE)):
        if field.tag == PSS_HASH_TAG:
            identifier = parse_object_identifier(parse_elements(parse_enclosed(field).expect(SEQUENCE), 1, 2)[0])
            return PSS_HASHES.get(identifier, identifier)
    return PSS_DEFAULT_HASH


def _parse_issuer(name: Element, draft: Draft) -> None:
    draft.facts["issuer"], _ = parse_name(name)


def _parse_subject(name: Element, draft: Draft) -> None:
    draft.facts["subject"], draft.facts["subject_common_name"] = parse_name(name)


def _parse_validity(validity: Element, draft: Draft) -> None:
    times = {}
    ends = parse_elements(validity.expect(SEQUENCE), 2, 2)
    for fact, time in (("not_before", ends[0]), ("not_after", ends[1])):
        try:
            times[fact] = parse_time(time)
            draft.facts[fact] = hold_time(times[fact])
            if not is_plain_time(time):
                time.fail("bad_value", "a time with seconds and Z (RFC 5280 4.1.2.5)")
        except DecodeError as error:
            draft.refuse(fact, error)
    if len(times) == 2:
        draft.facts["validity_days"] = length_in_days(times["not_before"], times["not_after"])


FIELDS: dict[str, Callable[[Element, Draft], None]] = {
    "version": _parse_version,
    "serialNumber": _parse_serial,
    "signature": _parse_signature_algorithm,
    "issuer": _parse_issuer,
    "validity": _parse_validity,
    "subject": _parse_subject,
    "subjectPublicKeyInfo": parse_public_key,
}
