"""Authorities and chains made for tests, with real signatures, and what openssl says of them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.validation import Judgement, Trust, Validator
from tlsinspect.validation.checks import SERVER as SERVER_PURPOSE
from tlsinspect.wire.limits import DEFAULT_LIMITS, Limits

YEARS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)
NOON_NS = int(NOON.timestamp()) * 10**9
SERVER = [ExtendedKeyUsageOID.SERVER_AUTH]
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")


@cache
def key_of(name: str) -> ec.EllipticCurvePrivateKey:
    """The key of an authority or server, the same each time."""
    return ec.generate_private_key(ec.SECP256R1())


def named(name: str) -> x509.Name:
    """A subject with one common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def issue(
    subject: str,
    issuer: str,
    *extensions: tuple[x509.ExtensionType, bool],
    authority: bool | None = None,
    names: Sequence[str] = (),
    validity: tuple[datetime, datetime] = YEARS,
    signer: str = "",
    path_length: int | None = None,
    uses: Sequence[x509.ObjectIdentifier] | None = None,
    key: str = "",
) -> bytes:
    """A certificate for `subject`, signed with the key of `signer` or else `issuer`.

    `authority` says whether basicConstraints is there and what it says; `names` are DNS names and addresses.
    """
    made = x509.CertificateBuilder(
        named(issuer), named(subject), key_of(key or subject).public_key(), x509.random_serial_number(), *validity
    )
    if authority is not None:
        made = made.add_extension(x509.BasicConstraints(authority, path_length), True)
    if names:
        general = [x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
        made = made.add_extension(x509.SubjectAlternativeName(general), False)
    if uses is not None:
        made = made.add_extension(x509.ExtendedKeyUsage(uses), False)
    for extension, critical in extensions:
        made = made.add_extension(extension, critical)
    return made.sign(key_of(signer or issuer), hashes.SHA256()).public_bytes(Encoding.DER)


ROOT = issue("Root", "Root", authority=True)
MIDDLE = issue("Middle", "Root", authority=True)
LEAF = issue("www.example", "Middle", names=["www.example", "192.0.2.80"], uses=SERVER)


def make_validator(
    certificates: Iterable[bytes], trusted: Iterable[bytes] = (ROOT,), limits: Limits = DEFAULT_LIMITS
) -> Validator:
    """A validator of a run in which these certificates were seen."""
    known = {parse_certificate(der).sha256: der for der in certificates}
    return Validator(Trust("the test's roots", trusted), known, lambda sha256: parse_certificate(known[sha256]), limits)


def judge(chain: Sequence[bytes], time: int = NOON_NS, others: Sequence[bytes] = (), **options: Any) -> Judgement:
    """What a chain is judged to be; `others` were sent in other connections."""
    purpose = options.pop("purpose", SERVER_PURPOSE)
    validator = make_validator([*chain, *others], **options)
    return validator.judge([parse_certificate(der).sha256 for der in chain], time, purpose)


def openssl_codes(
    folder: Path,
    chain: Sequence[bytes],
    roots: Path,
    time: int,
    name: str | None = None,
    *options: str,
    purpose: str = "sslserver",
) -> set[int]:
    """Numbers of the errors that openssl verify finds in a chain for a purpose; empty where it is content."""
    (folder / "leaf.pem").write_text(pem_of(chain[0]))
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", str(roots), "-purpose", purpose]
    command += ["-attime", str(time // 10**9), *options]
    if len(chain) > 1:
        (folder / "sent.pem").write_text("".join(map(pem_of, chain[1:])))
        command += ["-untrusted", str(folder / "sent.pem")]
    if name is not None:
        address = ":" in name or re.fullmatch(r"[\d.]+", name) is not None
        command += ["-verify_ip" if address else "-verify_hostname", name.removesuffix(".")]
    told = subprocess.run([*command, str(folder / "leaf.pem")], capture_output=True, text=True, check=False)
    found = {int(code) for code in re.findall(r"^error (\d+) at", told.stdout + told.stderr, re.MULTILINE)}
    assert bool(found) == (told.returncode != 0), told.stdout + told.stderr
    return found
