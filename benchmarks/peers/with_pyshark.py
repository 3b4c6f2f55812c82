"""Handshake messages, names and certificates of a capture by pyshark: with_pyshark.py CAPTURE."""

import sys
from collections import Counter

import pyshark

counts: Counter[str] = Counter()
for packet in pyshark.FileCapture(sys.argv[1], display_filter="tls.handshake", keep_packets=False):
    for layer in packet.layers:
        if layer.layer_name == "tls":
            for name in ("handshake_type", "handshake_extensions_server_name", "handshake_certificate"):
                counts[name] += len(getattr(layer, name).all_fields) if hasattr(layer, name) else 0
print(dict(counts))
