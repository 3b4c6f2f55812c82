"""Second opinions: what others read in the same traffic, compared with what we read, field by field.

Goes in: an Inspection, and another program or its logs. Comes out: a Verification: how many facts agree, and each
difference with the packet to look at and, where it is known, the reason for it.
"""

from __future__ import annotations

from .eve import verify_eve
from .record import Verification
from .tshark import verify_tshark
from .zeek import verify_zeek

__all__ = ["Verification", "verify_eve", "verify_tshark", "verify_zeek"]
