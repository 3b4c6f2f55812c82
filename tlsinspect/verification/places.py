"""Which packet to look at for a column of the connections frame."""

from __future__ import annotations

from .record import Row

CLIENT_HELLO = frozenset(
    {
        "client_hello_packet", "client_record_version", "client_legacy_version", "supported_versions", "client_random",
        "session_id", "cipher_suites", "compression_methods", "client_extensions", "server_name", "alpn_offered",
        "supported_groups", "key_share_groups", "signature_algorithms", "ec_point_formats", "psk_key_exchange_modes",
        "ja3", "ja3_string", "ja4", "ja4_raw", "quic_version", "quic_destination_connection_id",
        "quic_source_connection_id",
    }
)  # fmt: skip
CERTIFICATE = frozenset(
    {"certificate_packet", "certificate_sha256s", "subject", "issuer", "san_count", "name_matches", "validation"}
)


def packet_of(column: str, row: Row | None) -> int | None:
    """The packet that shows a column's value; failing that, one that shows the connection."""
    if row is None:
        return None
    shown = (
        "client_hello_packet"
        if column in CLIENT_HELLO
        else "certificate_packet"
        if column in CERTIFICATE
        else "server_hello_packet"
    )
    places = (shown, "server_hello_packet", "client_hello_packet", "certificate_packet")
    return next((row[place] for place in places if row.get(place) is not None), None)
