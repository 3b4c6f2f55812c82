"""Certificates: DER in, facts out; a damaged certificate keeps every fact that can still be read.

Each is read field by field (lenient.py and what it calls): one negative path
length or one stray octet must not cost the rest, as such certificates are what an
analyst looks for. Where the cryptography package reads a certificate, both say the
same (tests/certificates). Nothing is verified here: no signature, no chain.
"""

from .certificate import parse_certificate, parse_leaf, pem_of
from .facts import CertificateFacts, LeafFacts
from .name_matching import name_matches
from .names import escape_text

__all__ = ["CertificateFacts", "LeafFacts", "escape_text", "name_matches", "parse_certificate", "parse_leaf", "pem_of"]
