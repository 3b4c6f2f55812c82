"""A certificate -> one of the same length, of which no part is the original's but its form.

Serial number, names, key, key ids, addresses, URLs, timestamps of logs and the signature become pseudonyms; kinds of
key and signature, sizes, versions, constraints and usages stay; all dates move by the same part of a day, so that
nobody finds the certificate by its seconds. The new signature is none: no chain can be verified any more.
Spec: RFC 5280 section 4.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from operator import and_

from ..certificates.der import (
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Element,
    iter_elements,
    parse_elements,
)
from ..errors import DecodeError
from .der import (
    HALF_DAY,
    header_of,
    move_time,
    read_all,
    scrub,
    scrub_identifier,
    scrub_integer,
    scrub_policy,
    scrub_string,
    scrub_time,
)
from .pseudonyms import Pseudonyms
from .public_keys import scrub_public_key

VERSION, EXTENSIONS = 0xA0, 0xA3
EMAIL, DNS, DIRECTORY, URI, IP, REGISTERED_ID = 0x81, 0x82, 0xA4, 0x86, 0x87, 0x88
IA5_STRING = 0x16
USAGE_PERIOD, NOT_BEFORE, NOT_AFTER = bytes.fromhex("551d10"), 0x80, 0x81  # privateKeyUsagePeriod
COMMON_NAME = bytes.fromhex("0603550403")
LABEL = re.compile(rb"[A-Za-z0-9_-]+")
NEVER = b"99991231235959Z"
UNREADABLE = (DecodeError, RecursionError, IndexError, ValueError)
"""What reading a certificate raises that is none; ValueError where parts are missing."""
PLAIN_EXTENSIONS = {
    bytes.fromhex("551d0f"),  # keyUsage
    bytes.fromhex("551d13"),  # basicConstraints
    bytes.fromhex("551d24"),  # policyConstraints
    bytes.fromhex("551d36"),  # inhibitAnyPolicy
    bytes.fromhex("2b06010505070118"),  # TLS feature
    bytes.fromhex("2b06010505073001" + "05"),  # OCSP no check
    bytes.fromhex("2b06010401d679020403"),  # poison of a precertificate
}


def anonymise_certificate(der: bytes, own: Pseudonyms) -> bytes:
    """A certificate of the same length; what cannot be read becomes octets that say nothing."""
    try:
        made = rebuild(read_all(der), own)
    except UNREADABLE:
        made = b""
    return made if len(made) == len(der) else own.octets(der)


def rebuild(outer: Element, own: Pseudonyms) -> bytes:
    """The whole: what is signed, the algorithm, the signature."""
    signed, algorithm, signature = parse_elements(outer.expect(SEQUENCE), 3, 3)
    return header_of(outer) + rebuild_signed(signed, own) + scrub(algorithm, own) + scrub(signature, own)


def rebuild_signed(signed: Element, own: Pseudonyms) -> bytes:
    """What is signed, part by part."""
    parts = list(iter_elements(signed.expect(SEQUENCE)))
    first = 1 if parts[0].tag == VERSION else 0
    serial, algorithm, issuer, validity, subject, key = parts[first : first + 6]
    made = [part.encoding for part in parts[:first]]
    made.append(header_of(serial.expect(INTEGER)) + scrub_serial(serial.contents, own))
    dates = parse_elements(validity.expect(SEQUENCE), 2, 2)
    shift = shift_of(dates, validity.contents, own)
    made += [scrub(algorithm, own), rename(issuer, own), header_of(validity) + move_dates(dates, shift)]
    made.append(rename(subject, own))
    made.append(scrub_public_key(key, own))
    for part in parts[first + 6 :]:
        made.append(
            rebuild_extensions(part, own, shift) if part.tag == EXTENSIONS else header_of(part) + hide(part, own)
        )
    return header_of(signed) + b"".join(made)


def hide(part: Element, own: Pseudonyms) -> bytes:
    """Contents of which nothing stays."""
    return own.octets(part.contents)


def scrub_serial(contents: bytes, own: Pseudonyms) -> bytes:
    """A serial number; that of one octet too, unless it is zero."""
    return contents if contents == b"\0" else scrub_integer(contents, own)


def rename(name: Element, own: Pseudonyms) -> bytes:
    """A Name (RFC 5280 section 4.1.2.4): its attributes' types stay, their values become pseudonyms."""
    sets = [
        header_of(each) + b"".join(rename_attribute(attribute, own) for attribute in iter_elements(each))
        for each in iter_elements(name.expect(SEQUENCE))
    ]
    return header_of(name) + b"".join(sets)


def rename_attribute(attribute: Element, own: Pseudonyms) -> bytes:
    """An attribute; a common name of one label has the pseudonym of that host name, as one of several labels has."""
    parts = list(iter_elements(attribute)) if attribute.tag == SEQUENCE else []
    if len(parts) == 2 and parts[0].encoding == COMMON_NAME and LABEL.fullmatch(parts[1].contents):
        made = own.name(parts[1].contents.decode("ascii")).encode("ascii")
        return header_of(attribute) + COMMON_NAME + header_of(parts[1]) + made
    return scrub(attribute, own)


def shift_of(dates: Iterable[Element], validity: bytes, own: Pseudonyms) -> int:
    """By how many seconds the dates of a certificate move, up to half a day, to where both forms can say them."""
    seed = int.from_bytes(own.octets(b"validity " + validity)[:4], "big") % (2 * HALF_DAY) - HALF_DAY or 1
    moving = [each.contents for each in dates if each.contents != NEVER]
    return next((each for each in (seed, -seed) if all(move_time(contents, each) for contents in moving)), 0)


def move_dates(dates: Iterable[Element], shift: int) -> bytes:
    """Dates moved by so many seconds. That a certificate never ends stays (RFC 5280 section 4.1.2.5)."""
    made = ((each, NEVER if each.contents == NEVER else scrub_time(each.contents, shift)) for each in dates)
    return b"".join(header_of(each) + new for each, new in made)


def rebuild_extensions(wrapped: Element, own: Pseudonyms, shift: int) -> bytes:
    """All extensions, dates moved by so many seconds; one of an unknown kind keeps its identifier and its length."""
    (outer,) = parse_elements(wrapped, 1, 1)
    made = []
    for extension in iter_elements(outer.expect(SEQUENCE)):
        parts = parse_elements(extension.expect(SEQUENCE), 2, 3)
        identifier, value = parts[0].expect(OBJECT_IDENTIFIER), parts[-1].expect(OCTET_STRING)
        critical = b"".join(part.expect(BOOLEAN).encoding for part in parts[1:-1])
        content = rebuild_value(identifier.contents, value.contents, own, shift)
        made.append(header_of(extension) + scrub(identifier, own) + critical + header_of(value) + content)
    return header_of(wrapped) + header_of(outer) + b"".join(made)


def rebuild_value(identifier: bytes, value: bytes, own: Pseudonyms, shift: int) -> bytes:
    """The value of one extension; `shift` are the seconds by which the certificate's dates move."""
    if identifier in PLAIN_EXTENSIONS:
        return value if len(value) < 32 else own.octets(value)
    rebuild_known = partial(move_period, shift) if identifier == USAGE_PERIOD else KNOWN.get(identifier)
    if rebuild_known is None:
        return own.octets(value)
    try:
        made = rebuild_known(value, own)
    except UNREADABLE:
        return own.octets(value)
    return made if len(made) == len(value) else own.octets(value)


def move_period(shift: int, value: bytes, own: Pseudonyms) -> bytes:
    """The period in which the private key is used (RFC 3280 section 4.2.1.4): one date, or two."""
    outer = read_all(value)
    dates = list(iter_elements(outer.expect(SEQUENCE)))
    if any(each.tag not in (NOT_BEFORE, NOT_AFTER) for each in dates):
        return own.octets(value)
    return header_of(outer) + move_dates(dates, shift)


def rebuild_names(value: bytes, own: Pseudonyms) -> bytes:
    """GeneralNames, and whatever holds some: alternative names, distribution points, access, name constraints."""
    return with_names(read_all(value), own)


def with_names(element: Element, own: Pseudonyms) -> bytes:
    """An element in which primitives with a context tag are GeneralNames."""
    tag = element.tag
    if tag == DIRECTORY:
        (name,) = parse_elements(element, 1, 1)
        return header_of(element) + (rename(name, own) if name.tag == SEQUENCE else with_names(name, own))
    if tag & 0x20:
        return header_of(element) + b"".join(with_names(each, own) for each in iter_elements(element))
    if tag == DNS and element.contents.isascii():
        return header_of(element) + own.name(element.contents.decode("ascii")).encode("ascii")
    if tag in (EMAIL, DNS, URI):
        return header_of(element) + scrub_string(IA5_STRING, element.contents, own)
    if tag == IP:
        return header_of(element) + move_address(element.contents, own)
    if tag == REGISTERED_ID:
        return header_of(element) + scrub_identifier(element.contents, own)
    return scrub(element, own)


def move_address(octets: bytes, own: Pseudonyms) -> bytes:
    """An address, or a network as address and mask: the part of the new addresses that all in the network have."""
    if len(octets) in (4, 16):
        return own.addresses.octets(octets)
    if len(octets) in (8, 32):
        half = len(octets) // 2
        mask = octets[half:]
        return bytes(map(and_, own.addresses.octets(octets[:half]), mask)) + mask
    return own.octets(octets)


def rebuild_policies(value: bytes, own: Pseudonyms) -> bytes:
    """Certificate policies: those of the CA/Browser Forum stay, an authority's own become pseudonyms."""
    outer = read_all(value)
    made = []
    for policy in iter_elements(outer.expect(SEQUENCE)):
        identifier, *qualifiers = iter_elements(policy.expect(SEQUENCE))
        oid = header_of(identifier) + scrub_policy(identifier.expect(OBJECT_IDENTIFIER).contents, own)
        made.append(header_of(policy) + oid + b"".join(scrub(each, own) for each in qualifiers))
    return header_of(outer) + b"".join(made)


def rebuild_scrubbed(value: bytes, own: Pseudonyms) -> bytes:
    """Key ids, usages: the same id has the same pseudonym wherever it stands."""
    return scrub(read_all(value), own)


def rebuild_key_id(value: bytes, own: Pseudonyms) -> bytes:
    """An authority's key id, with the names and serial number that may stand beside it."""
    outer = read_all(value)
    made = []
    for part in iter_elements(outer.expect(SEQUENCE)):
        if part.tag == 0x82:  # authorityCertSerialNumber
            made.append(header_of(part) + scrub_serial(part.contents, own))
        elif part.tag == 0xA1:
            made.append(with_names(part, own))
        else:
            made.append(header_of(part) + own.octets(part.contents))
    return header_of(outer) + b"".join(made)


def rebuild_timestamps(value: bytes, own: Pseudonyms) -> bytes:
    """A SignedCertificateTimestampList (RFC 6962 section 3.3): lengths, version and algorithms stay."""
    wrapped = read_all(value).expect(OCTET_STRING)
    return header_of(wrapped) + scrub_timestamp_list(wrapped.contents, own)


def scrub_timestamp_list(data: bytes, own: Pseudonyms) -> bytes:
    """The list without its wrapping; times become zero. Octets behind what can be read become pseudonyms."""
    made, position = data[:2], 2
    while position + 2 <= len(data):
        length = int.from_bytes(data[position : position + 2], "big")
        sct = data[position + 2 : position + 2 + length]
        if len(sct) < length or length < 47 or sct[0] != 0:
            break
        extensions = 43 + int.from_bytes(sct[41:43], "big")
        if extensions + 4 > length:
            break
        made += data[position : position + 2] + sct[:1] + own.octets(sct[1:33]) + bytes(8) + sct[41:43]
        made += bytes(extensions - 43) + sct[extensions : extensions + 4] + own.octets(sct[extensions + 4 :])
        position += 2 + length
    return made + own.octets(data[position:]) if position < len(data) else made


KNOWN: dict[bytes, Callable[[bytes, Pseudonyms], bytes]] = {
    bytes.fromhex("551d11"): rebuild_names,  # subjectAltName
    bytes.fromhex("551d12"): rebuild_names,  # issuerAltName
    bytes.fromhex("551d1e"): rebuild_names,  # nameConstraints
    bytes.fromhex("551d1f"): rebuild_names,  # cRLDistributionPoints
    bytes.fromhex("551d2e"): rebuild_names,  # freshestCRL
    bytes.fromhex("2b06010505070101"): rebuild_names,  # authorityInfoAccess
    bytes.fromhex("2b0601050507010b"): rebuild_names,  # subjectInfoAccess
    bytes.fromhex("551d20"): rebuild_policies,  # certificatePolicies
    bytes.fromhex("551d25"): rebuild_scrubbed,  # extKeyUsage
    bytes.fromhex("551d0e"): rebuild_scrubbed,  # subjectKeyIdentifier
    bytes.fromhex("551d23"): rebuild_key_id,  # authorityKeyIdentifier
    bytes.fromhex("2b06010401d679020402"): rebuild_timestamps,  # SCT list
}
