"""The tables of names against two other lists of the same identifiers."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import oid

from tlsinspect.certificates import object_identifiers
from tlsinspect.certificates.object_identifiers import (
    CURVES,
    EXTENDED_KEY_USAGES,
    KEY_TYPES,
    NAME_ATTRIBUTES,
    SIGNATURE_ALGORITHMS,
)

TABLES = (SIGNATURE_ALGORITHMS, KEY_TYPES, NAME_ATTRIBUTES, EXTENDED_KEY_USAGES)
# Where ours differs from OpenSSL's: SEC 2 and IANA curve names, RFC 4514's STREET,
# one name for DSA with SHA-1, and "with" between the two parts of a GOST name.
OUR_SPELLING = {
    "1.2.840.10045.3.1.1": "prime192v1",
    "1.2.840.10045.3.1.7": "prime256v1",
    "1.2.156.10197.1.301": "SM2",
    "2.5.4.9": "street",
    "1.3.14.3.2.27": "dsaWithSHA1-old",
    "1.2.643.2.2.3": "GOST R 34.11-94 with GOST R 34.10-2001",
}


def reduced(name: str) -> str:
    """Return a name without case, punctuation and the words that differ between lists."""
    return re.sub(r"encryption|[^a-z0-9]", "", name.lower())


@pytest.mark.parametrize(
    ("group", "table"),
    [
        (oid.SignatureAlgorithmOID, SIGNATURE_ALGORITHMS),
        (oid.ExtendedKeyUsageOID, EXTENDED_KEY_USAGES),
        (oid.NameOID, NAME_ATTRIBUTES),
    ],
)
def test_identifiers_that_cryptography_names_are_known(group: type, table: dict[str, str]) -> None:
    known = [value.dotted_string for value in vars(group).values() if isinstance(value, oid.ObjectIdentifier)]
    assert len([identifier for identifier in known if identifier in table]) > len(known) * 0.7


def test_curves_are_those_of_cryptography() -> None:
    named = [value for value in vars(ec.EllipticCurveOID).values() if isinstance(value, oid.ObjectIdentifier)]
    assert len(named) >= 9
    for identifier in named:
        curve = ec.get_curve_for_oid(identifier)()
        assert CURVES[identifier.dotted_string] == (curve.name, curve.key_size)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_names_are_openssls_but_for_the_stated_ones() -> None:
    listing = subprocess.run(["openssl", "list", "-objects"], capture_output=True, text=True, check=True).stdout
    theirs: dict[str, set[str]] = {}
    for short, long, identifier in re.findall(r"^(\S+) = (?:(.*), )?([\d.]+)$", listing, re.MULTILINE):
        theirs[identifier] = {reduced(short), reduced(long)}
    ours = {identifier: name for table in (*TABLES[:1], *TABLES[2:]) for identifier, name in table.items()}
    ours |= {identifier: name for identifier, (name, _) in CURVES.items()}
    both = ours.keys() & theirs.keys()
    assert len(both) > 100
    different = {
        identifier: ours[identifier]
        for identifier in both
        if reduced(OUR_SPELLING.get(identifier, ours[identifier])) not in theirs[identifier]
    }
    assert different == {}


def test_size_of_a_curve_is_in_its_name() -> None:
    for name, bits in CURVES.values():
        assert name == "curveSM2" or str(bits) in name


def test_identifiers_are_dotted_digits_and_names_unambiguous() -> None:
    for table in (*TABLES, CURVES, object_identifiers.GOST_KEY_BITS):
        assert all(re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", identifier) for identifier in table)
    for names in (NAME_ATTRIBUTES, EXTENDED_KEY_USAGES, CURVES):
        assert len(set(names.values())) == len(names)
