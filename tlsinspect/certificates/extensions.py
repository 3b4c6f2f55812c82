"""The extensions of a certificate whose contents become facts; others are passed over.

An extension that is refused leaves its facts None; one that is absent leaves
them empty, and the difference is what `parse_extensions` takes care of.
Spec: RFC 5280 section 4.2, RFC 6962 section 3.3, RFC 7633 section 4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..errors import DecodeError
from ..wire.octets import cut
from .der import (
    BOOLEAN,
    OCTET_STRING,
    SEQUENCE,
    Element,
    encode_object_identifier,
    iter_elements,
    make_element,
    parse_bit_string,
    parse_boolean,
    parse_element,
    parse_elements,
    parse_enclosed,
    parse_integer,
    parse_object_identifier,
    parse_small_integer,
)
from .draft import Draft
from .names import GENERAL_NAME_TAGS, ip_text, parse_general_text, uris
from .object_identifiers import (
    AUTHORITY_INFORMATION_ACCESS,
    AUTHORITY_KEY_IDENTIFIER,
    BASIC_CONSTRAINTS,
    CERTIFICATE_POLICIES,
    CRL_DISTRIBUTION_POINTS,
    EXTENDED_KEY_USAGE,
    EXTENDED_KEY_USAGES,
    KEY_USAGE,
    SCT_LIST,
    SUBJECT_ALTERNATIVE_NAME,
    SUBJECT_KEY_IDENTIFIER,
    TLS_FEATURE,
)

KEY_IDENTIFIER_TAG = 0x80
KEY_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
ACCESS_METHODS = {"1.3.6.1.5.5.7.48.1": "ocsp_urls", "1.3.6.1.5.5.7.48.2": "issuer_urls"}
EMAIL_TAG, DNS_TAG, IP_TAG = 0x81, 0x82, 0x87
FULL_NAME_TAG = 0xA0
DISTRIBUTION_POINT_TAG = 0xA0
REPEATED = frozenset(
    {
        KEY_USAGE, BASIC_CONSTRAINTS, CRL_DISTRIBUTION_POINTS, CERTIFICATE_POLICIES, EXTENDED_KEY_USAGE,
        AUTHORITY_INFORMATION_ACCESS,
    }
)  # fmt: skip
"""Those that an authority writes in the same octets into many certificates."""
MAX_KEPT_OCTETS = 512  # bounds the memory that extensions of hostile certificates can hold
STATUS_REQUEST = 5  # the TLS extension that a must-staple certificate asks for (RFC 7633 section 4.1)


def parse_extensions(extensions: Element, draft: Draft) -> None:
    """Note the facts of every known extension inside `extensions`, each the first time that it comes.

    When the list ends as it should, the facts of absent extensions become empty.
    Raises DecodeError where the list itself breaks off; what came before stays.
    """
    seen: set[str] = set()
    wanted = draft.wanted
    identifiers, kinds = IDENTIFIERS, EXTENSIONS  # compiled, as variables they are known to be dicts
    position = extensions.expect(SEQUENCE).start
    while position < extensions.end:
        extension = parse_element(extensions.data, position, extensions.end)
        position = extension.end
        parts = parse_elements(extension.expect(SEQUENCE), 2, 3)
        identifier: Element = parts[0]
        type_ = identifiers.get(cut(identifier.data, identifier.offset, identifier.end))
        if type_ is None:
            type_ = parse_object_identifier(identifier)
        known = kinds.get(type_)
        if known is None:
            continue
        name, _, parse = known
        if wanted is not None and name not in wanted:
            continue
        if type_ in seen:
            draft.refuse(name, extension.error("bad_value", "the extension once (RFC 5280 4.2)"))
            continue
        seen.add(type_)
        try:
            value: Element = parts[len(parts) - 1]
            if type_ in REPEATED and value.end - value.start <= MAX_KEPT_OCTETS and value.tag == OCTET_STRING:
                kept = _kept_facts(type_, cut(value.data, value.start, value.end))
                if kept is not None:
                    draft.facts.update(kept)
                    continue
            parse(parse_enclosed(value.expect(OCTET_STRING)), draft)
        except DecodeError as error:
            draft.refuse(name, error)
    if not draft.cut:
        add_absent(draft, seen)


def names_another_key(extensions: Element) -> bool:
    """Whether the authority's key identifier is there and is not the subject's (RFC 5280 4.2.1.1, 4.2.1.2)."""
    subject = authority = None
    try:
        for extension in iter_elements(extensions.expect(SEQUENCE)):
            identifier, *_, contents = parse_elements(extension.expect(SEQUENCE), 2, 3)
            type_ = parse_object_identifier(identifier)
            if type_ == SUBJECT_KEY_IDENTIFIER:
                key = parse_enclosed(contents.expect(OCTET_STRING)).expect(OCTET_STRING)
                subject = cut(key.data, key.start, key.end)
            elif type_ == AUTHORITY_KEY_IDENTIFIER:
                for field in iter_elements(parse_enclosed(contents.expect(OCTET_STRING)).expect(SEQUENCE)):
                    if field.tag == KEY_IDENTIFIER_TAG:
                        authority = cut(field.data, field.start, field.end)
    except DecodeError:
        return False
    return subject is not None and authority is not None and subject != authority


@lru_cache(maxsize=1024)
def _kept_facts(type_: str, contents: bytes) -> dict[str, Any] | None:
    """The facts of an extension's contents; None for those that are refused, as their place belongs to the words."""
    draft = Draft()
    try:
        EXTENSIONS[type_][2](parse_enclosed(make_element(contents, OCTET_STRING, 0, 0, len(contents))), draft)
    except DecodeError:
        return None
    return draft.facts


def add_absent(draft: Draft, seen: set[str]) -> None:
    """Note what it means that extensions are absent: all known ones but those `seen`, as dotted OIDs."""
    facts = draft.facts
    for type_, fact, make in _absent_facts(draft.wanted):
        if type_ not in seen:
            facts[fact] = make()


@lru_cache(maxsize=16)
def _absent_facts(wanted: frozenset[str] | None) -> tuple[tuple[str, str, Callable[[], Any]], ...]:
    """The facts of the extensions of these names, or of all: by dotted OID, and what makes their empty values."""
    return tuple(
        (type_, fact, make)
        for type_, (name, absent, _) in EXTENSIONS.items()
        if wanted is None or name in wanted
        for fact, make in absent.items()
    )


def _parse_subject_alternative_name(names: Element, draft: Draft) -> None:
    dns: list[str] = []
    addresses: list[str] = []
    email: list[str] = []
    elements = parse_elements(names.expect(SEQUENCE), 0, names.end)
    for name in elements:
        if name.tag == DNS_TAG:
            dns.append(parse_general_text(name))
        elif name.tag == IP_TAG:
            address = ip_text(cut(name.data, name.start, name.end))
            addresses.append(address)
            if address.startswith("#"):
                draft.refuse("subjectAltName", name.error("bad_length", "an address of 4 or 16 octets"))
        elif name.tag == EMAIL_TAG:
            email.append(parse_general_text(name))
        elif name.tag not in GENERAL_NAME_TAGS:
            draft.refuse("subjectAltName", name.error("bad_value", "a name of a kind that there is"))
    facts = draft.facts
    facts["san_dns"] = dns
    facts["san_ip"] = addresses
    facts["san_email"] = email
    facts["san_uri"] = uris(elements)


def _parse_basic_constraints(constraints: Element, draft: Draft) -> None:
    parts = parse_elements(constraints.expect(SEQUENCE), 0, 2)
    is_ca, length = False, None
    if parts and parts[0].tag == BOOLEAN:
        is_ca = parse_boolean(parts.pop(0))
    if parts:
        length = parse_small_integer(parts.pop(0))
        if length < 0 or parts:
            constraints.fail("bad_value", "at most a flag and a path length, which is not negative")
    draft.facts["is_ca"] = is_ca
    if length is not None:
        draft.facts["path_length"] = length


def _parse_key_usage(usage: Element, draft: Draft) -> None:
    octets, unused = parse_bit_string(usage)
    bits = int.from_bytes(octets[:2].ljust(2, b"\0"), "big")
    names = KEY_USAGES[: 8 * len(octets) - unused]
    draft.facts["key_usage"] = [name for place, name in enumerate(names) if bits >> 15 - place & 1]


def _parse_extended_key_usage(usages: Element, draft: Draft) -> None:
    identifiers = [parse_object_identifier(usage) for usage in iter_elements(usages.expect(SEQUENCE))]
    draft.facts["extended_key_usage"] = [EXTENDED_KEY_USAGES.get(usage, usage) for usage in identifiers]


def _parse_policies(policies: Element, draft: Draft) -> None:
    draft.facts["policies"] = [
        parse_object_identifier(parse_elements(policy.expect(SEQUENCE), 1, 2)[0])
        for policy in iter_elements(policies.expect(SEQUENCE))
    ]


def _parse_authority_information_access(descriptions: Element, draft: Draft) -> None:
    urls: dict[str, list[str]] = {"ocsp_urls": [], "issuer_urls": []}
    for description in iter_elements(descriptions.expect(SEQUENCE)):
        method, location = parse_elements(description.expect(SEQUENCE), 2, 2)
        fact = ACCESS_METHODS.get(parse_object_identifier(method))
        if fact is not None:
            urls[fact] += uris([location])
    draft.facts.update(urls)


def _parse_crl_distribution_points(points: Element, draft: Draft) -> None:
    urls: list[str] = []
    for point in iter_elements(points.expect(SEQUENCE)):
        for part in iter_elements(point.expect(SEQUENCE)):
            if part.tag == DISTRIBUTION_POINT_TAG:
                name = parse_element(part.data, part.start, part.end)
                if name.tag == FULL_NAME_TAG:
                    urls += uris(iter_elements(name))
    draft.facts["crl_urls"] = urls


def _parse_tls_feature(features: Element, draft: Draft) -> None:
    numbers = [parse_integer(feature) for feature in iter_elements(features.expect(SEQUENCE))]
    draft.facts["must_staple"] = STATUS_REQUEST in numbers


def _parse_timestamps(wrapped: Element, draft: Draft) -> None:
    data, position, end = wrapped.data, wrapped.start + 2, wrapped.expect(OCTET_STRING).end
    if int.from_bytes(cut(data, wrapped.start, min(position, end)), "big") != end - position:
        wrapped.fail("bad_length", "a list that fills its block")
    count = 0
    while position < end:
        position += 2 + int.from_bytes(cut(data, position, position + 2), "big")
        count += 1
    if position != end:
        wrapped.fail("truncated", "timestamps that end with their list")
    draft.facts["sct_count"] = count


Parser = Callable[[Element, Draft], None]
EXTENSIONS: dict[str, tuple[str, dict[str, Callable[[], Any]], Parser]] = {
    KEY_USAGE: ("keyUsage", {"key_usage": list}, _parse_key_usage),
    SUBJECT_ALTERNATIVE_NAME: (
        "subjectAltName",
        {"san_dns": list, "san_ip": list, "san_email": list, "san_uri": list},
        _parse_subject_alternative_name,
    ),
    BASIC_CONSTRAINTS: ("basicConstraints", {"is_ca": bool}, _parse_basic_constraints),
    CRL_DISTRIBUTION_POINTS: ("cRLDistributionPoints", {"crl_urls": list}, _parse_crl_distribution_points),
    CERTIFICATE_POLICIES: ("certificatePolicies", {"policies": list}, _parse_policies),
    EXTENDED_KEY_USAGE: ("extKeyUsage", {"extended_key_usage": list}, _parse_extended_key_usage),
    AUTHORITY_INFORMATION_ACCESS: (
        "authorityInfoAccess",
        {"ocsp_urls": list, "issuer_urls": list},
        _parse_authority_information_access,
    ),
    TLS_FEATURE: ("TLS feature", {"must_staple": bool}, _parse_tls_feature),
    SCT_LIST: ("SCT list", {"sct_count": int}, _parse_timestamps),
}
IDENTIFIERS = {encode_object_identifier(type_): type_ for type_ in EXTENSIONS}
"""Their OBJECT IDENTIFIERs as every authority encodes them, which are found sooner than they are spelled."""
