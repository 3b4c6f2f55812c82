"""Handshake messages of a capture by scapy's TLS layer: with_scapy.py CAPTURE."""

import sys
from collections import Counter

from scapy.config import conf
from scapy.layers.tls.record import TLS
from scapy.packet import Packet
from scapy.sendrecv import sniff
from scapy.sessions import TCPSession

conf.tls_session_enable = True
counts: Counter[str] = Counter()


def count(packet: Packet) -> None:
    """Count the messages that scapy found in a packet's records."""
    layer: Packet | None = packet
    while layer:
        if isinstance(layer, TLS):
            counts.update(type(message).__name__ for message in layer.msg)
        layer = layer.payload


sniff(offline=sys.argv[1], session=TCPSession, prn=count, store=False, quiet=True)
print(dict(counts))
