"""What the verifier of the cryptography package says about a path that is valid by RFC 5280.

It keeps the rules of the Web PKI (CA/Browser Forum), which are stricter: no SHA-1, RSA from 2048 bits on,
subjectAltName, and many more. What it refuses may be valid for openssl; so it objects, and does not decide.
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ..certificates import escape_text
from .candidate import Candidate

MOST_TEXT = 200
STARTS = ("validation failed: ", "candidates exhausted: ")  # what it says of itself
ENDS = (" (encountered processing", ": AlgorithmIdentifier {")  # objects as a programmer sees them
NAME_IN_WILDCARD = "any"
REFUSALS = (ValueError, TypeError, KeyError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion,
            x509.DuplicateExtension, x509.UnsupportedGeneralNameType)  # fmt: skip


def object_to(path: tuple[Candidate, ...], time: int, is_server: bool = True) -> str | None:
    """The verifier's objection to a path that ends at a trusted certificate, at `time`; None where it accepts it.

    A server's name is one that the certificate is for, as names are judged apart.
    """
    name = any_name(path[0]) if is_server else None
    if is_server and name is None:
        return "no DNS name and no IP address in subjectAltName"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            leaf, *issuers = [x509.load_der_x509_certificate(each.der) for each in path]
            builder = PolicyBuilder().store(Store([issuers[-1] if issuers else leaf]))
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time // 1000)
            builder = builder.time(moment)
            verifier = builder.build_client_verifier() if name is None else builder.build_server_verifier(name)
            verifier.verify(leaf, issuers[:-1])
    except VerificationError as error:
        return plain_text(str(error))
    except REFUSALS as error:
        return plain_text(f"a certificate is refused: {error}")
    return None


def any_name(leaf: Candidate) -> x509.DNSName | x509.IPAddress | None:
    """A name that the certificate is for."""
    for name in leaf.facts.san_dns or ():
        text = name.replace("*", NAME_IN_WILDCARD, 1)
        if text.isascii():
            return x509.DNSName(text)
    for address in leaf.facts.san_ip or ():
        if not address.startswith("#"):
            return x509.IPAddress(ip_address(address))
    return None


def plain_text(text: str) -> str:
    """The package's words without what might be a stranger's, and of bounded length."""
    for start in STARTS:
        text = text.removeprefix(start)
    for end in ENDS:
        text = text.partition(end)[0]
    return escape_text(text)[:MOST_TEXT]
