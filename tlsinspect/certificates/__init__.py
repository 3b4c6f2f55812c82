"""Certificates: DER in, facts out; a damaged certificate keeps every fact that can still be read.

The facts are read here and not taken from the cryptography package: that one
refuses a whole certificate, or all of its extensions, for one negative serial
number or one stray octet, and such certificates are what an analyst looks for.
Where it accepts, both agree (the tests hold them to it). Nothing is verified
here: no signature, no chain.
"""

from .certificate import parse_certificate
from .facts import CertificateFacts
from .name_matching import name_matches
from .names import escape_text

__all__ = ["CertificateFacts", "escape_text", "name_matches", "parse_certificate"]
