"""The truths about certificates: tshark cuts them out, cryptography reads them, openssl compares the names."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ExtensionNotFound, SubjectAlternativeName, load_der_x509_certificate
from cryptography.x509.oid import NameOID

from tests.statistics.truths import truth
from tests.tshark_streams import Stream

LIMITS = (  # issued from then on -> most days: Baseline Requirements 6.3.2
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2020, 9, 1, tzinfo=UTC), 398),
    (datetime(2018, 3, 2, tzinfo=UTC), 825),
    (datetime(2016, 7, 1, tzinfo=UTC), 1188),
    (datetime(2012, 7, 1, tzinfo=UTC), 1827),
)
DAY = timedelta(days=1)

load = cache(load_der_x509_certificate)


def leaves(streams: list[Stream]) -> list[Certificate]:
    """The servers' own certificates, each once."""
    return [load(octets) for octets in {stream.leaf for stream in streams} if octets is not None]


def of_leaves(name: str, describe: Callable[[Certificate], str]) -> None:
    """Declare the truth of a statistic that counts certificates."""

    def count(streams: list[Stream]) -> Iterable[str]:
        return map(describe, leaves(streams))

    truth(name)(count)


def key(certificate: Certificate) -> str:
    public = certificate.public_key()
    return f"RSA {public.key_size}" if isinstance(public, RSAPublicKey) else f"EC {public.curve.name}"  # type: ignore[union-attr]


def signature(certificate: Certificate) -> str:
    return f"{certificate.signature_hash_algorithm.name}WithRSAEncryption"  # type: ignore[union-attr]


def authority(certificate: Certificate) -> str:
    if certificate.issuer == certificate.subject:
        return "self-signed"
    return str(certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)


def names(certificate: Certificate) -> str:
    try:
        alternative = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return "no name"
    number = len(list(alternative))
    return f"{number} name{'s' if number > 1 else ''}" if number < 3 else "3 to 10 names"


def days(certificate: Certificate) -> float:
    """Days of validity; both ends are within it (RFC 5280 section 4.1.2.5)."""
    return (certificate.not_valid_after_utc - certificate.not_valid_before_utc + timedelta(seconds=1)) / DAY


def lifetime(certificate: Certificate) -> str:
    steps = {
        47: "up to 47 days", 100: "48 to 100 days", 200: "101 to 200 days", 398: "201 to 398 days",
        825: "399 to 825 days", 2**31: "more than 825 days",
    }  # fmt: skip
    return next(text for most, text in steps.items() if days(certificate) <= most)


def limit(certificate: Certificate) -> int | None:
    """The most days that a certificate issued then may be valid."""
    return next((most for start, most in LIMITS if certificate.not_valid_before_utc >= start), None)


def lifetime_limit(certificate: Certificate) -> str:
    most = limit(certificate)
    if most is None:
        return "issued before 2012-07-01"
    return "within the limit" if days(certificate) <= most else "longer than the limit"


of_leaves("key_types", key)
of_leaves("signature_algorithms", signature)
of_leaves("authorities", authority)
of_leaves("names_per_certificate", names)
of_leaves("lifetimes", lifetime)
of_leaves("lifetime_limit", lifetime_limit)


@truth("validation")
def validation(streams: list[Stream]) -> Iterator[str]:
    for stream in streams:
        if stream.leaf is None:
            continue
        certificate, now = load(stream.leaf), datetime.fromtimestamp(stream.packets[0].time, UTC)
        name = stream.hello.get("server_name")
        if now > certificate.not_valid_after_utc:
            yield "expired"
        elif now < certificate.not_valid_before_utc:
            yield "not yet valid"
        elif certificate.issuer == certificate.subject:
            yield "self-signed"
        else:
            yield "nothing against it" if not name or is_made_for(certificate, name) else "not covering the name"


@cache
def is_made_for(certificate: Certificate, name: str) -> bool:
    """Whether openssl takes a certificate for a name; the common name counts for nothing (RFC 9525)."""
    if names(certificate) == "no name":
        return False
    command = ["openssl", "x509", "-noout", "-checkhost", name]
    done = subprocess.run(command, input=certificate.public_bytes(Encoding.PEM), capture_output=True, check=False)
    return b"does match certificate" in done.stdout
