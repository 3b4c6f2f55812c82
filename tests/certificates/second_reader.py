"""A second reader of certificates, with the cryptography package, that the tests hold the first one to.

It raises where the package refuses, or where an issue needs words. Names and the key's hash are made from the octets
themselves: a name's spelling depends on string types that the package does not tell, and it writes a key anew instead
of keeping it. Spec: RFC 5280 section 4.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address
from itertools import compress
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from tlsinspect.certificates.der import (
    INTEGER,
    MAX_SMALL_OCTETS,
    NANOSECONDS,
    Element,
    hold_time,
    iter_elements,
    parse_header,
)
from tlsinspect.certificates.extensions import ACCESS_METHODS, KEY_USAGES
from tlsinspect.certificates.facts import MAX_SERIAL_OCTETS, length_in_days, spell_serial
from tlsinspect.certificates.names import escape_text, ip_text, parse_name
from tlsinspect.certificates.object_identifiers import CURVES, EXTENDED_KEY_USAGES, KEY_TYPES, SIGNATURE_ALGORITHMS
from tlsinspect.certificates.public_key import MAX_EXPONENT_BITS
from tlsinspect.errors import DecodeError

CURVE_BITS = dict(CURVES.values())
NAMED_CURVE = bytes.fromhex("06072a8648ce3d0201 06")  # id-ecPublicKey, then the tag of another identifier
TEXT_NAMES = {x509.DNSName: "san_dns", x509.RFC822Name: "san_email", x509.UniformResourceIdentifier: "san_uri"}


class OddCertificateError(Exception):
    """The package accepts the certificate, but it has an issue, or facts that are read differently."""


REFUSALS = (
    OddCertificateError,
    DecodeError,  # from a name
    ValueError,  # nearly everything
    KeyError,  # from a name with an unusual string type
    TypeError,  # from a name with a BIT STRING
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    Warning,
)


def parse_strictly(der: bytes) -> dict[str, Any]:
    """Return all facts but hashes and PEM, as arguments for CertificateFacts, of a certificate without an issue.

    Raises one of REFUSALS for every other certificate; what the package warns of, a later version refuses.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return _parse(der)


def _parse(der: bytes) -> dict[str, Any]:
    certificate = x509.load_der_x509_certificate(der)
    outer = parse_header(der, 0, len(der))
    signed = parse_header(der, outer.start, outer.end)
    _, *fields = iter_elements(signed)
    if fields[0].tag == INTEGER:  # after a version
        del fields[0]
    algorithm, issuer, _, subject, key, *optional = fields
    if optional and certificate.version is not x509.Version.v3:
        raise OddCertificateError
    if not der.startswith(algorithm.encoding, signed.end):
        raise OddCertificateError
    facts = _plain_facts(certificate)
    facts["issuer"], _ = parse_name(issuer)
    facts["subject"], facts["subject_common_name"] = parse_name(subject)
    facts["self_signed"] = issuer.encoding == subject.encoding and not names_another_key(certificate)
    facts["spki_sha256"] = sha256(key.encoding).hexdigest()
    _add_public_key(certificate, key, facts)
    for extension in certificate.extensions:
        add = EXTENSIONS.get(type(extension.value))
        if add is not None:
            add(extension.value, facts)
        if add is _add_timestamps and extension.value.public_bytes() not in der:
            raise OddCertificateError  # octets after the list, which releases before 50 pass over
    return facts


def names_another_key(certificate: x509.Certificate) -> bool:
    """Whether the key identifiers say that another key signed the certificate."""
    try:
        subject = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.key_identifier
        issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return False
    return issuer is not None and issuer != subject


def name_signature(certificate: x509.Certificate) -> str:
    """The name of the signature's algorithm, which says the hash of RSASSA-PSS."""
    algorithm = certificate.signature_algorithm_oid
    name = SIGNATURE_ALGORITHMS.get(algorithm.dotted_string, algorithm.dotted_string)
    if algorithm != x509.SignatureAlgorithmOID.RSASSA_PSS:
        return name
    hashed = certificate.signature_hash_algorithm
    return name if hashed is None else f"{name}-{hashed.name.upper()}"


def _plain_facts(certificate: x509.Certificate) -> dict[str, Any]:
    """Return what needs no octets, and what it means that every extension is absent."""
    serial = certificate.serial_number
    if not 0 < serial < 1 << 8 * MAX_SERIAL_OCTETS - 1:
        raise OddCertificateError
    not_before = int(certificate.not_valid_before_utc.timestamp()) * NANOSECONDS
    not_after = int(certificate.not_valid_after_utc.timestamp()) * NANOSECONDS
    return {
        "version": certificate.version.value + 1,
        "serial": spell_serial(serial),
        "signature_algorithm": name_signature(certificate),
        "not_before": hold_time(not_before),
        "not_after": hold_time(not_after),
        "validity_days": length_in_days(not_before, not_after),
        "san_dns": [],
        "san_ip": [],
        "san_email": [],
        "san_uri": [],
        "is_ca": False,
        "key_usage": [],
        "extended_key_usage": [],
        "policies": [],
        "ocsp_urls": [],
        "issuer_urls": [],
        "crl_urls": [],
        "must_staple": False,
        "sct_count": 0,
    }


def _add_public_key(certificate: x509.Certificate, info: Element, facts: dict[str, Any]) -> None:
    facts["key_type"] = KEY_TYPES[certificate.public_key_algorithm_oid.dotted_string]
    if facts["key_type"] == "DH":
        raise OddCertificateError  # the package is giving it up
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        exponent = key.public_numbers().e
        if exponent.bit_length() > MAX_EXPONENT_BITS:
            raise OddCertificateError
        facts["key_bits"], facts["exponent"] = key.key_size, str(exponent)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if not info.data.startswith(NAMED_CURVE, parse_header(info.data, info.start, info.end).start):
            raise OddCertificateError  # parameters spelled out, of a curve that has a name
        facts["curve"], facts["key_bits"] = key.curve.name, CURVE_BITS[key.curve.name]
    elif isinstance(key, dsa.DSAPublicKey):
        facts["key_bits"] = key.key_size
    else:
        facts["key_bits"] = 8 * len(key.public_bytes_raw())


def _add_names(names: x509.SubjectAlternativeName, facts: dict[str, Any]) -> None:
    for name in names:
        fact = TEXT_NAMES.get(type(name))
        if fact is not None:
            facts[fact].append(escape_text(name.value))
        elif isinstance(name, x509.IPAddress):
            if not isinstance(name.value, IPv4Address | IPv6Address):
                raise OddCertificateError  # an address with a mask
            facts["san_ip"].append(ip_text(name.value.packed))


def _add_basic_constraints(constraints: x509.BasicConstraints, facts: dict[str, Any]) -> None:
    facts["is_ca"], facts["path_length"] = constraints.ca, constraints.path_length
    if constraints.path_length is not None and constraints.path_length >= 1 << 8 * MAX_SMALL_OCTETS - 1:
        raise OddCertificateError


def _add_key_usage(usage: x509.KeyUsage, facts: dict[str, Any]) -> None:
    bits = (
        usage.digital_signature,
        usage.content_commitment,
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
        usage.key_agreement and usage.encipher_only,  # no bit of its own without key agreement
        usage.key_agreement and usage.decipher_only,
    )
    facts["key_usage"] = list(compress(KEY_USAGES, bits))


def _add_extended_key_usage(usages: x509.ExtendedKeyUsage, facts: dict[str, Any]) -> None:
    identifiers = [usage.dotted_string for usage in usages]
    facts["extended_key_usage"] = [EXTENDED_KEY_USAGES.get(usage, usage) for usage in identifiers]


def _add_policies(policies: x509.CertificatePolicies, facts: dict[str, Any]) -> None:
    facts["policies"] = [policy.policy_identifier.dotted_string for policy in policies]


def _add_authority_information_access(access: x509.AuthorityInformationAccess, facts: dict[str, Any]) -> None:
    for description in access:
        fact = ACCESS_METHODS.get(description.access_method.dotted_string)
        if fact is not None:
            facts[fact] += _uris([description.access_location])


def _add_crl_distribution_points(points: x509.CRLDistributionPoints, facts: dict[str, Any]) -> None:
    for point in points:
        facts["crl_urls"] += _uris(point.full_name or ())


def _uris(names: Iterable[x509.GeneralName]) -> list[str]:
    return [escape_text(name.value) for name in names if isinstance(name, x509.UniformResourceIdentifier)]


def _add_tls_feature(features: x509.TLSFeature, facts: dict[str, Any]) -> None:
    facts["must_staple"] = x509.TLSFeatureType.status_request in features


def _add_timestamps(timestamps: x509.PrecertificateSignedCertificateTimestamps, facts: dict[str, Any]) -> None:
    facts["sct_count"] = len(timestamps)


EXTENSIONS: dict[type, Callable[[Any, dict[str, Any]], None]] = {
    x509.KeyUsage: _add_key_usage,
    x509.SubjectAlternativeName: _add_names,
    x509.BasicConstraints: _add_basic_constraints,
    x509.CRLDistributionPoints: _add_crl_distribution_points,
    x509.CertificatePolicies: _add_policies,
    x509.ExtendedKeyUsage: _add_extended_key_usage,
    x509.AuthorityInformationAccess: _add_authority_information_access,
    x509.TLSFeature: _add_tls_feature,
    x509.PrecertificateSignedCertificateTimestamps: _add_timestamps,
}
