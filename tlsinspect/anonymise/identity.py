"""A connection's ids from its addresses, as the reader makes them: the same in tables and in packets.

Spec: Community ID Flow Hashing, version 1, seed 0; the other id is this program's own (connection_builder.py).
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b, sha1
from ipaddress import ip_address

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
SEED = bytes(2)


def identify(
    client: str, client_port: int, server: str, server_port: int, transport: str, start_ns: int
) -> tuple[str, str | None]:
    """connection_id and community_id; the latter only where there is IP."""
    ends = [(ip_address(ip).packed, (port or 0).to_bytes(2, "big")) for ip, port in
            ((client, client_port), (server, server_port))]  # fmt: skip
    (low, low_port), (high, high_port) = sorted(ends)
    protocol = PROTOCOLS.get(transport)
    octets = bytes([0 if protocol is None else protocol, 0])
    ordered = SEED + low + high + octets + low_port + high_port
    community = None
    if protocol is not None:
        community = "1:" + b64encode(sha1(ordered, usedforsecurity=False).digest()).decode("ascii")
    start = start_ns.to_bytes(8, "big", signed=True)
    return blake2b(ordered + start, digest_size=8).hexdigest(), community
