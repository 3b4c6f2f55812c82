"""What may be handed on: the same tables and packets with pseudonyms where there were addresses, names and keys.

Goes in: a key, and an Inspection, a certificate, octets. Comes out: the same shape without what identifies anybody.
Everything starts as left out, and only what is known to be harmless, or has a pseudonym, is put in: docs/anonymise.md.
"""

from __future__ import annotations

from .key import load_key
from .pseudonyms import Pseudonyms
from .tables import anonymise

__all__ = ["Pseudonyms", "anonymise", "load_key"]
