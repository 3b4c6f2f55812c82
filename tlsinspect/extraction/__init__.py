"""Connections -> a capture of their packets alone, and their certificates as files.

Goes in: an Inspection, usually a selection. The captures are read again, twice: to find the packets, and to copy
them as they are, so that memory holds one bit for each packet of a file.
"""

from __future__ import annotations

from .build import Extracted, check_sources, extract_packets
from .certificates import extract_certificates
from .choose import with_finding
from .shared import Shared, share_packets

__all__ = [
    "Extracted",
    "Shared",
    "check_sources",
    "extract_certificates",
    "extract_packets",
    "share_packets",
    "with_finding",
]
