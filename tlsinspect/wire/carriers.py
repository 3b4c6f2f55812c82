"""Tells whether a datagram belongs to a protocol that carries TLS or DTLS in packets of its own.

Goes in: a datagram of a flow that nobody reads yet. Comes out: a reader, or None. One function asks all of
them: every datagram of a flow that is none comes here, and calls within the kernel cost next to nothing.
"""

from __future__ import annotations

from .carried_dtls import open_carried_dtls
from .flow import DatagramReader
from .openvpn import open_openvpn
from .rdpudp import open_rdpudp


def open_carrier(data: bytes, position: int, end: int) -> DatagramReader | None:
    """A reader for a flow whose datagram is OpenVPN's or RDP's, or has DTLS inside; see Opener."""
    reader: DatagramReader | None = open_openvpn(data, position, end)
    if reader is None:
        reader = open_carried_dtls(data, position, end)
    return reader if reader is not None else open_rdpudp(data, position, end)
