"""What happens to each text column of each table: declared once, and what is not declared here is left out.

Numbers, truth values and times of the capture stay. Texts stay where their values are words of this program or of a
registry; they become pseudonyms where they identify something, and are emptied where they are sentences.
"""

from __future__ import annotations

KEEP, ADDRESS, NAME = "keep", "address", "name"
OCTETS, CERTIFICATE, CAPTURE, ALPN, KEY_NAME = "octets", "certificate", "capture", "alpn", "key name"
RANDOM, PRIME, IDENTITY, ELSEWHERE = "random", "prime", "identity", "elsewhere"
PLAIN = (
    *("transport", "protocol", "quic_version_name", "starttls_protocol", "starttls_status", "tunnels"),
    *("clear_credentials", "starttls_injection"),
    *("ech_type", "ech_kdf_name", "ech_aead_name", "cipher_suite_name", "group_name", "version_name"),
    *("server_signature_algorithm_name", "key_exchange", "authentication", "cipher", "cipher_mode", "mac"),
    *("resumption", "established_evidence", "failure", "failure_cause", "failure_advice", "last_alert_name"),
    *("last_alert_sender", "handshake_history", "renegotiation", "heartbleed", "validation", "ocsp_status"),
    *("ja3", "ja3_string", "ja3s", "ja3s_string", "ja4", "ja4_raw", "unknown_reasons"),
)
"""Columns of connections whose values are words of this program, of a registry, or fingerprints."""

CONNECTIONS = {
    **dict.fromkeys(PLAIN, KEEP),
    **dict.fromkeys(("connection_id", "community_id"), IDENTITY),
    **dict.fromkeys(("capture", "later_captures"), CAPTURE),
    **dict.fromkeys(("client_ip", "server_ip"), ADDRESS),
    **dict.fromkeys(
        ("quic_destination_connection_id", "quic_source_connection_id", "quic_server_connection_id", "session_id",
         "server_session_id", "client_key_share_id", "server_key_share_id", "server_nonce_id", "ocsp_sha256s",
         "sct_list_sha256"), OCTETS
    ),
    **dict.fromkeys(("client_random", "server_random"), RANDOM),
    "ticket_key_name": KEY_NAME,
    "server_name": NAME,
    **dict.fromkeys(("alpn", "alpn_offered"), ALPN),
    "dh_prime": PRIME,
    **dict.fromkeys(("certificate_sha256s", "client_certificate_sha256s"), CERTIFICATE),
    **dict.fromkeys(("subject", "issuer"), ELSEWHERE),
    "failure_reason": ELSEWHERE,
}  # fmt: skip
FROM_NEW_CERTIFICATE = (
    *("sha256", "sha1", "spki_sha256", "serial", "subject", "issuer", "subject_common_name", "san_dns", "san_ip"),
    *("san_email", "san_uri", "not_before", "not_after", "extended_key_usage", "policies", "ocsp_urls", "issuer_urls"),
    *("crl_urls", "pem"),
)
"""Columns of certificates that are read from the certificate that stands for the original."""

FROM_OLD_CERTIFICATE = ("key_type", "exponent", "curve", "signature_algorithm", "key_usage")
"""Text columns of certificates that stay, unless their value is a number of somebody's own (an OID without a name)."""

TREATMENTS: dict[str, dict[str, str]] = {
    "connections": CONNECTIONS,
    "messages": {"connection_id": IDENTITY, "sender": KEEP, "record_type": KEEP, "message_type": KEEP},
    "alerts": {"connection_id": IDENTITY, "sender": KEEP, "name": KEEP},
    "ports": {"transport": KEEP, "protocol": KEEP},
    "problems": {"capture": CAPTURE, "layer": KEEP, "kind": KEEP, "expected": KEEP, "connection_id": IDENTITY},
    "captures": {
        "capture": CAPTURE, "sha256": OCTETS, "format": KEEP, "compression": KEEP, "link_types": KEEP, "quality": KEEP,
    },
    "validation": {
        "connection_id": IDENTITY, "server_ip": ADDRESS, "server_name": NAME, "verdict": KEEP, "faults": KEEP,
        "fault_sha256": CERTIFICATE, "path": CERTIFICATE, "remarks": KEEP, "reason": KEEP,
        "sct_verdict": KEEP, "sct_faults": KEEP,
    },
    "client_validation": {
        "connection_id": IDENTITY, "client_ip": ADDRESS, "server_ip": ADDRESS, "server_name": NAME, "verdict": KEEP,
        "faults": KEEP, "fault_sha256": CERTIFICATE, "path": CERTIFICATE, "remarks": KEEP, "reason": KEEP,
    },
    "staples": {"sha256": OCTETS, "kind": KEEP},
    "ocsp": {
        "connection_id": IDENTITY, "server_ip": ADDRESS, "server_name": NAME,
        **dict.fromkeys(("certificate_sha256", "signer_sha256"), CERTIFICATE),
        **dict.fromkeys(("response_sha256", "responder_key_hash", "issuer_name_hash", "issuer_key_hash"), OCTETS),
        **dict.fromkeys(
            ("verdict", "faults", "response_status", "certificate_status", "revocation_reason", "signature_algorithm",
             "signer", "hash_algorithm"), KEEP
        ),
    },
    "scts": {
        "certificate_sha256": CERTIFICATE, "source": KEEP, "log_id": OCTETS, "signature_algorithm": KEEP,
        "reason": KEEP,
    },
}  # fmt: skip
"""Column -> treatment, for the tables from which the others follow; ELSEWHERE is one that tables.py fills."""

LEFT_OUT = {
    "scts": ("time",),
    "ocsp": ("this_update", "next_update", "produced_at", "revocation_time"),
}
"""Columns of times that others publish too, so that they would identify what they are of."""
