"""One certificate -> what building and checking a path asks of it, beyond its facts, which are read when asked for.

A certificate that cannot be taken apart has a `problem` instead and serves for nothing.
Spec: RFC 5280 sections 4.1, 4.2.1.1, 4.2.1.2 and 7.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ..certificates import CertificateFacts, parse_certificate
from ..certificates.der import (
    OCTET_STRING,
    SEQUENCE,
    SET,
    Element,
    is_plain_time,
    iter_elements,
    parse_bit_string,
    parse_boolean,
    parse_element,
    parse_elements,
    parse_enclosed,
    parse_integer,
    parse_object_identifier,
    parse_string,
)
from ..certificates.names import GENERAL_NAME_TAGS
from ..certificates.object_identifiers import (
    AUTHORITY_KEY_IDENTIFIER,
    SUBJECT_ALTERNATIVE_NAME,
    SUBJECT_KEY_IDENTIFIER,
)
from ..errors import DecodeError

VERSION_TAG, EXTENSIONS_TAG = 0xA0, 0xA3
KEY_ID_TAG, ISSUER_TAG, SERIAL_TAG, DIRECTORY_NAME_TAG = 0x80, 0xA1, 0x82, 0xA4
AUTHORITY_KEY_TAGS = (KEY_ID_TAG, ISSUER_TAG, SERIAL_TAG)

KEPT_NAMES = 4096

RelativeName = tuple[tuple[bytes, bytes], ...]
Name = tuple[RelativeName, ...]  # comparable: types, and values without case and doubled spaces
NEEDED = (  # facts without which nothing can be said; each is None only where it could not be read
    "subject", "issuer", "not_before", "not_after", "key_type", "is_ca", "key_usage", "extended_key_usage", "san_dns",
    "san_ip", "san_email", "san_uri", "crl_urls",
)  # fmt: skip


class Candidate:
    """A certificate as a step of a path. Lengths are octets; `extensions` map an OID to (critical, contents).

    `facts` are given, or read when they are first asked for: of hundreds of trusted certificates few ever are.
    """

    facts: CertificateFacts
    problem: str | None
    __slots__ = (
        "algorithm", "authority_issuer", "authority_key_id", "authority_serial", "damage", "der", "extensions", "facts",
        "inner_algorithm", "issuer", "issuer_encoding", "problem", "serial", "sha256", "signature", "signed", "spki",
        "subject", "subject_key_id",
    )  # fmt: skip

    def __init__(self, der: bytes, sha256: str, facts: CertificateFacts | None = None) -> None:
        self.der = der
        self.sha256 = sha256
        self.damage: str | None = None
        self.subject: Name = ()
        self.issuer: Name = ()
        self.serial = 0
        self.signed = self.algorithm = self.inner_algorithm = self.signature = self.spki = b""
        self.issuer_encoding = b""
        self.extensions: dict[str, tuple[bool, bytes]] = {}
        self.subject_key_id: bytes | None = None
        self.authority_key_id: bytes | None = None
        self.authority_issuer: Name | None = None
        self.authority_serial: int | None = None
        try:
            self.read()
        except DecodeError as error:
            self.damage = f"{error.kind} at octet {error.offset}, expected {error.expected}"
        if facts is not None:
            self.facts = facts

    def __getattr__(self, name: str) -> object:
        """Read what was not asked for before: `facts`, and `problem`, why it serves for nothing."""
        if name == "facts":
            self.facts = parse_certificate(self.der)
        elif name == "problem":
            self.problem = self.find_problem()
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def find_problem(self) -> str | None:
        """Why it serves for nothing; None where it can be taken apart and says what is needed."""
        missing = [name for name in NEEDED if getattr(self.facts, name) is None]
        return self.damage or (self.facts.issue or f"{missing[0]} cannot be read" if missing else None)

    @property
    def self_issued(self) -> bool:
        """Subject and issuer are the same name."""
        return self.subject == self.issuer

    def read(self) -> None:
        """Take the certificate apart; raises DecodeError."""
        whole = parse_element(self.der, 0, len(self.der)).expect(SEQUENCE)
        signed, algorithm, signature = parse_elements(whole, 3, 3)
        self.signed, self.algorithm = signed.encoding, algorithm.encoding
        self.signature, unused = parse_bit_string(signature)
        if unused or whole.end != len(self.der):
            whole.fail("trailing_data", "whole octets, and the end of the certificate")
        fields = list(iter_elements(signed.expect(SEQUENCE)))
        version = 1
        if fields and fields[0].tag == VERSION_TAG:
            version += parse_integer(parse_enclosed(fields.pop(0)))
        if len(fields) < 6:
            signed.fail("truncated", "serial number to key")
        serial, inner, issuer, validity, subject, key, *optional = fields
        self.serial = parse_integer(serial)
        self.inner_algorithm, self.spki = inner.encoding, key.encoding
        self.issuer, self.subject = comparable_name(issuer), comparable_name(subject)
        self.issuer_encoding = issuer.encoding
        for field in optional:
            if field.tag == EXTENSIONS_TAG:
                if version != 3:
                    field.fail("bad_value", "version 3 where there are extensions")
                self.read_extensions(parse_enclosed(field))
        self.read_key_ids()
        for general in self.alternative_names():
            if general.tag not in GENERAL_NAME_TAGS:
                general.fail("bad_value", "a name of a kind that there is")
        for time in iter_elements(validity):
            if not is_plain_time(time):  # verifiers refuse what else is a time to a reader
                time.fail("bad_value", "a time with seconds and Z (RFC 5280 4.1.2.5)")

    def read_extensions(self, extensions: Element) -> None:
        """Note each extension; raises DecodeError for one that comes twice."""
        for extension in iter_elements(extensions.expect(SEQUENCE)):
            identifier, *flag, value = parse_elements(extension.expect(SEQUENCE), 2, 3)
            name = parse_object_identifier(identifier)
            if name in self.extensions:
                extension.fail("bad_value", "each extension once")
            self.extensions[name] = (bool(flag) and parse_boolean(flag[0]), value.expect(OCTET_STRING).contents)

    def read_key_ids(self) -> None:
        """Note which key the certificate has, and which one its issuer's is said to be."""
        if SUBJECT_KEY_IDENTIFIER in self.extensions:
            contents = self.extensions[SUBJECT_KEY_IDENTIFIER][1]
            self.subject_key_id = parse_element(contents, 0, len(contents)).expect(OCTET_STRING).contents
        if AUTHORITY_KEY_IDENTIFIER not in self.extensions:
            return
        contents = self.extensions[AUTHORITY_KEY_IDENTIFIER][1]
        parts = parse_elements(parse_element(contents, 0, len(contents)).expect(SEQUENCE), 0, 3)
        tags = [part.tag for part in parts]
        if tags != [tag for tag in AUTHORITY_KEY_TAGS if tag in tags]:
            parts[0].fail("bad_value", "key identifier, issuer and serial number, each once")
        for part in parts:
            if part.tag == KEY_ID_TAG:
                self.authority_key_id = part.contents
            elif part.tag == SERIAL_TAG:
                self.authority_serial = int.from_bytes(part.contents, "big", signed=True)
            elif part.tag == ISSUER_TAG:
                names = [name for name in iter_elements(part) if name.tag == DIRECTORY_NAME_TAG]
                self.authority_issuer = comparable_name(parse_enclosed(names[0])) if names else None

    def alternative_names(self) -> Iterator[Element]:
        """The names in subjectAltName, as they are encoded; raises DecodeError."""
        if SUBJECT_ALTERNATIVE_NAME in self.extensions:
            contents = self.extensions[SUBJECT_ALTERNATIVE_NAME][1]
            yield from iter_elements(parse_element(contents, 0, len(contents)).expect(SEQUENCE))

    def may_issue(self, child: Candidate) -> bool:
        """Whether the child's authority key identifier, where it has one, means this certificate."""
        if child.authority_key_id is not None and self.subject_key_id not in (None, child.authority_key_id):
            return False
        if child.authority_serial is not None and child.authority_serial != self.serial:
            return False
        return child.authority_issuer is None or child.authority_issuer == self.issuer


def comparable_name(name: Element) -> Name:
    """A Name such that names that mean the same are equal. Spec: RFC 5280 section 7.1, ASCII case only."""
    return read_name(name.encoding)


@lru_cache(KEPT_NAMES)
def read_name(encoding: bytes) -> Name:
    """The same, by its octets: authorities' names come again and again."""
    name = parse_element(encoding, 0, len(encoding))
    found = []
    for relative in iter_elements(name.expect(SEQUENCE)):
        attributes = [comparable_attribute(attribute) for attribute in iter_elements(relative.expect(SET))]
        found.append(tuple(sorted(attributes)) if len(attributes) > 1 else tuple(attributes))
    return tuple(found)


def comparable_attribute(attribute: Element) -> tuple[bytes, bytes]:
    """Type and value of an attribute: text without case and doubled spaces, anything else as it is encoded."""
    kind, value = parse_elements(attribute.expect(SEQUENCE), 2, 2)
    try:
        text = parse_string(value)
    except DecodeError:
        return kind.encoding, value.encoding
    return kind.encoding, b"text " + b" ".join(text.encode("utf-8", "surrogatepass").lower().split())
