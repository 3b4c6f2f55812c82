"""Certificates: DER in, facts out; a damaged certificate keeps every fact that can still be read.

The cryptography package reads what it accepts (strict.py). It refuses a whole
certificate, or all of its extensions, for one negative path length or one stray
octet, and such certificates are what an analyst looks for: these a reader of our
own takes field by field (lenient.py and what it calls). Where both read a
certificate they say the same. Nothing is verified here: no signature, no chain.
"""

from .certificate import parse_certificate, parse_leaf, pem_of
from .facts import CertificateFacts, LeafFacts
from .name_matching import name_matches
from .names import escape_text

__all__ = ["CertificateFacts", "LeafFacts", "escape_text", "name_matches", "parse_certificate", "parse_leaf", "pem_of"]
