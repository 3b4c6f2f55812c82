"""Names for connections in the forms that other tools give them: always the same for the same connection.

A connection's id is a hash of its addresses, ports, transport and first time. What is derived from it is the same in
every export of a capture, so that rows of different logs join, and it never changes from run to run.
"""

from __future__ import annotations

from hashlib import sha256

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
UID_OCTETS = 12  # 96 bits, as Zeek's have
FLOW_ID_BITS = 51  # what Suricata uses: JSON readers that know 64-bit floating point only keep them whole


def zeek_uid(connection_id: str) -> str:
    """Zeek's kind of connection uid: "C" and 96 bits of a SHA-256 of the connection's id in base 62."""
    number = int.from_bytes(sha256(f"zeek {connection_id}".encode()).digest()[:UID_OCTETS], "big")
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return "C" + digits


def flow_id(connection_id: str) -> int:
    """Suricata's kind of flow id: 51 bits of a SHA-256 of the connection's id."""
    digest = sha256(f"suricata {connection_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - FLOW_ID_BITS)
