"""COLUMNS: the one declaration of every frame's columns, their types, units and meanings.

Frames, exports, the command line and docs/columns.md are made from it. Types
are Arrow's, spelled as text, so that importing this module stays cheap:
tables.py turns them into pyarrow types. Wire numbers keep their number; the
name, looked up late, stands beside it.
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """One column: `type` is an Arrow type ("uint16", "list<string>", "timestamp", "map")."""

    name: str
    type: str
    meaning: str
    unit: str = ""


SEVERITIES = ("info", "low", "medium", "high", "critical")  # of findings, the least first

COMPLETE = "complete"  # the quality of a capture with which nothing is wrong

UNKNOWN_REASONS = (
    "not_captured",
    "one_sided",
    "gap",
    "midstream",
    "snaplen",
    "encrypted",
    "resumed",
    "malformed",
    "not_offered",
    "not_applicable",
)

CONNECTIONS = (
    Column("connection_id", "string", "stable id: a hash of addresses, ports, transport and first time"),
    Column("community_id", "string", "Community ID v1, seed 0; none in eapol"),
    Column("capture", "string", "file in which the connection starts"),
    Column("time_start", "timestamp", "first packet", "UTC"),
    Column("time_end", "timestamp", "last packet", "UTC"),
    Column(
        "client_ip",
        "string",
        "who sent the ClientHello; failing that the SYN; failing that the port decides; in eapol, which has no IP, "
        "the link-local address that the MAC address makes (RFC 4291 appendix A)",
    ),
    Column("client_port", "uint16", "client's port"),
    Column("server_ip", "string", "the other side"),
    Column("server_port", "uint16", "server's port"),
    Column("transport", "string", "tcp, udp, or eapol (IEEE 802.1X)"),
    Column("protocol", "string", "tls, dtls, quic, gquic, ssl2, or what was found instead: http, ..., unknown, silent"),
    Column("quic_version", "uint32", "QUIC version in use, or the last one offered"),
    Column("quic_version_name", "string", "its name: 1, 2, draft 29, Q043, ..."),
    Column("quic_destination_connection_id", "string", "destination connection id of the client's first packet", "hex"),
    Column("quic_source_connection_id", "string", "connection id that the client chose for itself", "hex"),
    Column("quic_server_connection_id", "string", "connection id that the server chose for itself", "hex"),
    Column("quic_version_negotiation", "bool", "the server answered with a list of versions"),
    Column("quic_retry", "bool", "the server sent a Retry"),
    Column("quic_0rtt", "bool", "0-RTT packets were sent"),
    Column("quic_transport_parameters", "list<int64>", "ids of the client's transport parameters, in wire order"),
    Column("quic_error", "int64", "error code of a CONNECTION_CLOSE in an Initial packet"),
    Column(
        "starttls_protocol",
        "string",
        "protocol whose upgrade to TLS starttls_status speaks of, or that carries TLS in its packets: smtp, imap, ..., "
        "http_connect, proxy, openvpn, eap",
    ),
    Column(
        "starttls_status",
        "string",
        "used; or it was offered and never asked for, requested without an answer or TLS, refused, stripped "
        "(overwritten with X on the way), not_offered",
    ),
    Column("tunnels", "list<string>", "encapsulations around the IP packet, outermost first; radius around EAP"),
    Column("vlans", "list<uint16>", "VLAN ids, outermost first"),
    Column("client_packets", "int64", "packets from the client", "packets"),
    Column("server_packets", "int64", "packets from the server", "packets"),
    Column("client_bytes", "int64", "TCP or UDP payload from the client, as on the wire", "octets"),
    Column("server_bytes", "int64", "TCP or UDP payload from the server, as on the wire", "octets"),
    Column(
        "client_application_bytes",
        "int64",
        "content of the client's application_data records, or QUIC's 0-RTT and 1-RTT packets",
        "octets",
    ),
    Column(
        "server_application_bytes",
        "int64",
        "content of the server's application_data records, or QUIC's 1-RTT packets",
        "octets",
    ),
    Column("gap", "bool", "the capture lacks segments that were sent"),
    Column("out_of_order", "int64", "segments that came before their turn", "packets"),
    Column("retransmitted", "int64", "segments that had been seen already", "packets"),
    Column("overlap_conflict", "bool", "two copies of the same octets differ; the first counts (or the last: overlap)"),
    Column("midstream", "bool", "the capture starts after the connection did"),
    Column("one_sided", "bool", "only one direction is in the capture"),
    Column("truncated", "bool", "packets were cut by the capture length"),
    Column("client_hello_packet", "int64", "packet that completes the first ClientHello", "packet number"),
    Column("server_hello_packet", "int64", "packet that completes the ServerHello", "packet number"),
    Column("certificate_packet", "int64", "packet that completes the server's Certificate", "packet number"),
    Column("client_record_version", "uint16", "version field of the record that starts the ClientHello"),
    Column("client_legacy_version", "uint16", "legacy_version of the ClientHello"),
    Column("supported_versions", "list<uint16>", "versions offered in supported_versions"),
    Column("client_random", "string", "ClientHello.random", "hex"),
    Column("session_id", "string", "ClientHello.legacy_session_id", "hex"),
    Column("cipher_suites", "list<uint16>", "cipher suites offered"),
    Column("sslv2_cipher_kinds", "list<uint32>", "3-octet cipher kinds offered in an SSL 2.0 ClientHello"),
    Column("compression_methods", "list<uint8>", "compression methods offered"),
    Column("client_extensions", "list<uint16>", "extension types of the ClientHello"),
    Column("server_name", "string", "host name asked for (server_name extension)"),
    Column("alpn_offered", "list<string>", "application protocols offered"),
    Column("supported_groups", "list<uint16>", "named groups offered"),
    Column("key_share_groups", "list<uint16>", "groups for which a key share was sent"),
    Column(
        "client_key_share_id",
        "string",
        "hash of the client's first key share: the same for the same public value",
        "hex",
    ),
    Column("signature_algorithms", "list<uint16>", "signature schemes offered"),
    Column("ec_point_formats", "list<uint8>", "EC point formats offered"),
    Column("psk_key_exchange_modes", "list<uint8>", "PSK key exchange modes offered"),
    Column("session_ticket_offered", "bool", "a session ticket was presented (not merely supported)"),
    Column("psk_offered", "bool", "a pre-shared key was presented"),
    Column("early_data_offered", "bool", "0-RTT data announced"),
    Column("status_request", "bool", "OCSP stapling asked for"),
    Column("extended_master_secret", "bool", "extended_master_secret offered"),
    Column("encrypt_then_mac", "bool", "encrypt_then_mac offered"),
    Column("renegotiation_info", "bool", "secure renegotiation offered, as extension or as SCSV"),
    Column("heartbeat_mode", "uint8", "heartbeat mode offered (1: peer may send, 2: not)"),
    Column("fallback_scsv", "bool", "TLS_FALLBACK_SCSV among the cipher suites"),
    Column("ech_type", "string", "encrypted ClientHello: outer (real or GREASE: not told apart), inner, or esni"),
    Column("ech_config_id", "uint8", "config_id of an outer encrypted ClientHello"),
    Column("ech_kdf", "uint16", "HPKE KDF of an outer encrypted ClientHello"),
    Column("ech_kdf_name", "string", "its IANA name"),
    Column("ech_aead", "uint16", "HPKE AEAD of an outer encrypted ClientHello"),
    Column("ech_aead_name", "string", "its IANA name"),
    Column(
        "ech_enc_length", "int64", "encapsulated key of an outer encrypted ClientHello; 0 in a second one", "octets"
    ),
    Column("ech_payload_length", "int64", "sealed part of an outer encrypted ClientHello", "octets"),
    Column("certificate_compression", "list<uint16>", "certificate compression algorithms offered"),
    Column("delegated_credential", "bool", "delegated credentials accepted"),
    Column("record_size_limit", "uint16", "record size limit offered", "octets"),
    Column("grease", "bool", "GREASE values among versions, suites, extensions or groups"),
    Column("server_legacy_version", "uint16", "version field of the ServerHello"),
    Column("server_random", "string", "ServerHello.random", "hex"),
    Column("server_session_id", "string", "ServerHello.legacy_session_id_echo", "hex"),
    Column("cipher_suite", "uint32", "cipher suite chosen; in SSL 2.0 the 3-octet cipher kind, which the client chose"),
    Column("cipher_suite_name", "string", "its IANA name"),
    Column("sslv2_server_cipher_kinds", "list<uint32>", "3-octet cipher kinds in an SSL 2.0 ServerHello"),
    Column("compression_method", "uint8", "compression method chosen"),
    Column("server_extensions", "list<uint16>", "extension types of the ServerHello"),
    Column("alpn", "string", "application protocol chosen, where it is not encrypted"),
    Column("group", "uint16", "named group of the key exchange"),
    Column("group_name", "string", "its IANA name"),
    Column("server_signature_algorithm", "uint16", "signature scheme of the ServerKeyExchange"),
    Column("server_signature_algorithm_name", "string", "its IANA name"),
    Column("dh_prime_bits", "int64", "size of the finite-field Diffie-Hellman prime", "bits"),
    Column("dh_prime", "string", "the finite-field Diffie-Hellman prime", "hex"),
    Column(
        "server_key_share_id",
        "string",
        "hash of the server's public value of the key exchange: the same for the same value",
        "hex",
    ),
    Column(
        "server_nonce_id",
        "string",
        "hash of r in the ServerKeyExchange's ECDSA or DSA signature: the same where its secret number was used again",
        "hex",
    ),
    Column(
        "ticket_key_name",
        "string",
        "first 16 octets of a session ticket sent in the clear: mostly its key's name",
        "hex",
    ),
    Column("hello_retry_request", "bool", "the server asked for another ClientHello"),
    Column("psk_selected", "bool", "the server accepted a pre-shared key"),
    Column("early_data_accepted", "bool", "0-RTT accepted, where it can be seen"),
    Column("ticket_lifetime_hint", "int64", "lifetime of a session ticket sent in the clear", "seconds"),
    Column("version", "uint16", "version in force"),
    Column("version_name", "string", "its name; drafts are named as drafts"),
    Column("key_exchange", "string", "RSA, DHE, ECDHE, hybrid, PSK, ..."),
    Column("authentication", "string", "RSA, ECDSA, EdDSA, DSS, PSK, anon, ...; unknown where it is encrypted"),
    Column("cipher", "string", "bulk cipher"),
    Column("cipher_mode", "string", "GCM, CBC, CCM, POLY1305, STREAM, ..."),
    Column("mac", "string", "record protection: AEAD, or the HMAC's hash"),
    Column("key_bits", "int64", "size of the bulk cipher's key", "bits"),
    Column("forward_secrecy", "bool", "the session stays secret if the server's long-term key leaks later"),
    Column("post_quantum", "bool", "the key exchange includes a post-quantum mechanism"),
    Column("resumed", "bool", "an earlier session was resumed"),
    Column("resumption", "string", "how: session_id, ticket, psk"),
    Column("established", "bool", "both sides are seen to have finished the handshake"),
    Column("established_evidence", "string", "what shows it"),
    Column("failure", "string", "how it ended if not: alert, reset, closed, or capture_end (its packets end first)"),
    Column(
        "failure_cause", "string", "why, as far as this connection shows: see docs/failures.md; none where it finished"
    ),
    Column("failure_reason", "string", "why, in a sentence with the packet that shows it"),
    Column("failure_advice", "string", "what most likely mends it"),
    Column("failure_packet", "int64", "packet that shows it: the alert, the first RST or FIN", "packet number"),
    Column("last_alert", "uint8", "description of the last alert in the clear"),
    Column("last_alert_name", "string", "its IANA name"),
    Column("last_alert_sender", "string", "client or server"),
    Column("handshake_history", "string", "order of messages, letters as in Zeek's ssl_history"),
    Column(
        "client_first_record_length",
        "int64",
        "content of the client's first application_data record before TLS 1.3",
        "octets",
    ),
    Column("renegotiation", "string", "client or server: who first sent a handshake message after both had finished"),
    Column(
        "heartbleed",
        "string",
        "attempt: a heartbeat asks for more than it sent; success: and was answered; longer_answer: an encrypted one "
        "was answered by one that is much longer",
    ),
    Column("heartbleed_packet", "int64", "packet that shows it", "packet number"),
    Column("tcp_rtt_ms", "float64", "SYN to SYN-ACK", "ms"),
    Column("hello_ms", "float64", "ClientHello to ServerHello", "ms"),
    Column("handshake_ms", "float64", "ClientHello to first application data", "ms"),
    Column("client_hello_length", "int64", "length of the ClientHello message, its 4-octet header included", "octets"),
    Column("certificate_sha256s", "list<string>", "server's chain in wire order", "hex"),
    Column("client_certificate_sha256s", "list<string>", "client's chain in wire order", "hex"),
    Column("client_certificate_requested", "bool", "the server sent a CertificateRequest in the clear"),
    Column("subject", "string", "subject of the server's certificate (RFC 4514)"),
    Column("issuer", "string", "issuer of the server's certificate (RFC 4514)"),
    Column("san_count", "int64", "names that the server's certificate covers", "names"),
    Column("name_matches", "bool", "the certificate covers the server name (RFC 9525)"),
    Column(
        "validation", "string", "what dates and names say at capture time: ok, expired, not_yet_valid, self_signed, ..."
    ),
    Column("ocsp_status", "string", "stapled OCSP response: present, absent"),
    Column("sct_count", "int64", "timestamps embedded in the server's certificate", "SCTs"),
    Column("ja3", "string", "JA3: MD5 of ja3_string", "hex"),
    Column("ja3_string", "string", "JA3 before hashing"),
    Column("ja3s", "string", "JA3S: MD5 of ja3s_string", "hex"),
    Column("ja3s_string", "string", "JA3S before hashing"),
    Column("ja4", "string", "JA4 fingerprint of the client"),
    Column("ja4_raw", "string", "JA4 before hashing"),
    Column("unknown_reasons", "map", "column -> why its value is unknown"),
)

CERTIFICATES = (
    Column("sha256", "string", "SHA-256 of the DER", "hex"),
    Column("sha1", "string", "SHA-1 of the DER", "hex"),
    Column("spki_sha256", "string", "SHA-256 of the SubjectPublicKeyInfo", "hex"),
    Column("version", "int64", "X.509 version: 1 or 3"),
    Column("serial", "string", "serial number", "hex"),
    Column("subject", "string", "subject (RFC 4514)"),
    Column("issuer", "string", "issuer (RFC 4514)"),
    Column("subject_common_name", "string", "the subject's most specific common name"),
    Column("san_dns", "list<string>", "DNS names covered"),
    Column("san_ip", "list<string>", "IP addresses covered"),
    Column("san_email", "list<string>", "mail addresses covered"),
    Column("san_uri", "list<string>", "URIs covered"),
    Column("not_before", "timestamp", "start of validity", "UTC"),
    Column("not_after", "timestamp", "end of validity", "UTC"),
    Column("validity_days", "float64", "length of the validity period", "days"),
    Column("key_type", "string", "RSA, EC, Ed25519, ..."),
    Column("key_bits", "int64", "size of the public key", "bits"),
    Column("exponent", "string", "RSA public exponent, decimal"),
    Column("curve", "string", "named curve of an EC key"),
    Column("signature_algorithm", "string", "algorithm of the issuer's signature"),
    Column("is_ca", "bool", "basicConstraints says CA"),
    Column("path_length", "int64", "basicConstraints pathLenConstraint", "certificates"),
    Column("key_usage", "list<string>", "key usage bits (RFC 5280 4.2.1.3)"),
    Column("extended_key_usage", "list<string>", "extended key usages"),
    Column("policies", "list<string>", "certificate policy OIDs"),
    Column("ocsp_urls", "list<string>", "OCSP responders (authorityInfoAccess)"),
    Column("issuer_urls", "list<string>", "where the issuer's certificate lies (authorityInfoAccess)"),
    Column("crl_urls", "list<string>", "CRL distribution points"),
    Column("must_staple", "bool", "TLS feature status_request (RFC 7633)"),
    Column("sct_count", "int64", "embedded certificate timestamps (RFC 6962)", "SCTs"),
    Column("self_signed", "bool", "subject and issuer are the same"),
    Column("first_seen", "timestamp", "first connection that carried it", "UTC"),
    Column("last_seen", "timestamp", "last connection that carried it", "UTC"),
    Column("connections", "int64", "connections that carried it, in any position", "connections"),
    Column("issue", "string", "what the parser refused"),
    Column("pem", "string", "the certificate itself"),
)

CHAINS = (
    Column("connection_id", "string", "connection"),
    Column("side", "string", "client or server"),
    Column("position", "int64", "0 is the leaf"),
    Column("sha256", "string", "certificate", "hex"),
)

OFFERS = (
    Column("connection_id", "string", "connection"),
    Column("kind", "string", "cipher_suite, group, signature_algorithm, extension, version or alpn"),
    Column("position", "int64", "0 is the most preferred"),
    Column("code", "uint16", "number on the wire; none for alpn"),
    Column("name", "string", "IANA name"),
    Column("recommended", "string", "IANA's Recommended column: Y, N or D"),
)

MESSAGES = (
    Column("connection_id", "string", "connection"),
    Column("number", "int64", "1-based within the connection"),
    Column("time", "timestamp", "when its last octet was captured", "UTC"),
    Column("packet", "int64", "packet that completes it", "packet number"),
    Column("sender", "string", "client or server"),
    Column("record_type", "string", "content type of the record"),
    Column("message_type", "string", "handshake type, or what the record holds"),
    Column("length", "int64", "body length", "octets"),
)

ALERTS = (
    Column("connection_id", "string", "connection"),
    Column("time", "timestamp", "when it was captured", "UTC"),
    Column("packet", "int64", "packet that carries it", "packet number"),
    Column("sender", "string", "client or server"),
    Column("level", "uint8", "1 warning, 2 fatal; none where it is encrypted"),
    Column("description", "uint8", "alert number; none where it is encrypted"),
    Column("name", "string", "IANA name, or encrypted"),
)

PORTS = (
    Column("server_port", "uint16", "server's port"),
    Column("transport", "string", "tcp, udp, or eapol (IEEE 802.1X)"),
    Column("protocol", "string", "what the connections carried"),
    Column("tls_port", "bool", "the port was asked for as a TLS port"),
    Column("connections", "int64", "connections", "connections"),
    Column("bytes", "int64", "payload of both sides", "octets"),
    Column("share", "float64", "of the port's connections", "fraction"),
)

PROBLEMS = (
    Column("capture", "string", "file"),
    Column("layer", "string", "file, pcap, pcapng, ethernet, ipv4, tcp, record, handshake, certificate, ..."),
    Column(
        "kind", "string", "truncated, bad_length, bad_value, trailing_data, corrupt, unsupported, limit, gap, unparsed"
    ),
    Column("packet", "int64", "packet number; none for the file itself", "packet number"),
    Column("offset", "int64", "octets from the start of the layer's unit; of the file for file formats", "octets"),
    Column("expected", "string", "what should have stood there"),
    Column("connection_id", "string", "connection, where there is one"),
    Column("count", "int64", "how often, where rows were merged", "times"),
)

CAPTURES = (
    Column("capture", "string", "file"),
    Column("sha256", "string", "SHA-256 of the file", "hex"),
    Column("format", "string", "pcap, pcap-nanosecond, pcap-modified, pcapng"),
    Column("compression", "string", "gzip, zstd, xz, bzip2 or none"),
    Column("link_types", "list<string>", "link types"),
    Column("snaplen", "int64", "largest packet kept, as the file says", "octets"),
    Column("packets", "int64", "packets", "packets"),
    Column("bytes", "int64", "packet octets on the wire", "octets"),
    Column("time_start", "timestamp", "first packet", "UTC"),
    Column("time_end", "timestamp", "last packet", "UTC"),
    Column("truncated_packets", "int64", "packets cut by the capture length", "packets"),
    Column("undecoded_packets", "int64", "packets whose link type nobody here knows", "packets"),
    Column(
        "connections",
        "int64",
        "connections that start in the file: all over TCP; over UDP those with TLS or on a TLS port",
        "connections",
    ),
    Column("tls_connections", "int64", "of these, with TLS", "connections"),
    Column("quality", "string", "complete, or what is wrong with it"),
)

FINDINGS = (
    Column("id", "string", "rule: see docs/findings.md"),
    Column("severity", "string", "info, low, medium, high or critical"),
    Column("confidence", "string", "certain: the octets say so; likely: there may be another explanation"),
    Column("title", "string", "what was found"),
    Column("subject_kind", "string", "server, client, certificate, client_certificate or capture"),
    Column(
        "subject",
        "string",
        "address and port, address, SHA-256 or file; beyond 200 subjects of a rule the rest share a row",
    ),
    Column("evidence", "string", "what the columns hold that prove it, with the number of connections"),
    Column("connections", "int64", "connections in which it was found", "connections"),
    Column("connection_ids", "list<string>", "the first 20 of them"),
    Column(
        "packets", "list<int64>", "packet to look at in each of these; missing where there is none", "packet number"
    ),
    Column("hosts", "list<string>", "servers concerned, address and port: the first 20"),
    Column("first_seen", "timestamp", "start of the first of the connections", "UTC"),
    Column("last_seen", "timestamp", "start of the last of the connections", "UTC"),
    Column("advice", "string", "what to do"),
    Column("references", "list<string>", "standards and vulnerabilities"),
)

VALIDATION = (
    Column("connection_id", "string", "connection"),
    Column("time", "timestamp", "moment that the verdict is for: the connection's start, or the one asked for", "UTC"),
    Column("packet", "int64", "packet that completes the server's Certificate", "packet number"),
    Column("server_ip", "string", "server's address"),
    Column("server_port", "uint16", "server's port"),
    Column("server_name", "string", "host name asked for"),
    Column(
        "verdict",
        "string",
        "valid, the gravest fault, not_observable or not_applicable: see the list of verdicts in docs/validation.md",
    ),
    Column("faults", "list<string>", "every kind of fault, the gravest first"),
    Column(
        "fault_position",
        "int64",
        "place of the certificate at fault in what the server sent, 0 is the leaf; missing where it was not sent",
    ),
    Column("fault_sha256", "string", "certificate at fault", "hex"),
    Column("detail", "string", "what is wrong, or where the path ends, in words"),
    Column("path", "list<string>", "the path that was found, from the leaf upwards", "hex"),
    Column("anchor", "string", "subject of the trusted certificate at its end (RFC 4514)"),
    Column(
        "objection",
        "string",
        "what a verifier with the rules of the Web PKI says against a path that is valid by RFC 5280",
    ),
    Column("remarks", "list<string>", "no faults: root_sent, unneeded_sent, chain_cut (limit chain_certificates)"),
    Column("reason", "string", "why the certificate cannot be seen, as in unknown_reasons"),
)

SCTS = (
    Column("certificate_sha256", "string", "certificate in which the timestamp (RFC 6962) is", "hex"),
    Column("position", "int64", "place in its list, from 0"),
    Column("log_id", "string", "log that made it, as the SHA-256 of its key", "hex"),
    Column("log_name", "string", "name of the log, where a list of logs was given that has it"),
    Column("log_operator", "string", "its operator"),
    Column("time", "timestamp", "moment at which the log took the certificate", "UTC"),
    Column("signature_algorithm", "string", "ecdsa_sha256, rsa_pkcs1_sha256, or the numbers of hash and signature"),
    Column("valid", "bool", "the log's key made the signature; missing where that cannot be said"),
    Column(
        "reason",
        "string",
        "why it is not valid (malformed, bad_signature), or not known (unknown_log, no_issuer, unsupported, version, "
        "limit: chain_signatures)",
    ),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "connections": CONNECTIONS,
    "certificates": CERTIFICATES,
    "chains": CHAINS,
    "offers": OFFERS,
    "messages": MESSAGES,
    "alerts": ALERTS,
    "ports": PORTS,
    "problems": PROBLEMS,
    "captures": CAPTURES,
    "findings": FINDINGS,
    "validation": VALIDATION,
    "scts": SCTS,
}

CHECK_SHARE = (
    Column("denominator", "int64", "connections that pass or fail", "connections"),
    Column("share", "float64", "of these, those that fail", "fraction"),
    Column("low", "float64", "lower end of the share's 95 % interval (Wilson)", "fraction"),
    Column("high", "float64", "upper end", "fraction"),
)

CHECK_REQUIREMENTS = (
    Column("policy", "string", "name of the policy"),
    Column("id", "string", "requirement: see docs/policies.md"),
    Column("clause", "string", "clause of the document that it comes from"),
    Column("text", "string", "what is asked for"),
    Column("about", "string", "what it is about"),
    Column("severity", "string", "info, low, medium, high or critical"),
    Column("verdict", "string", "fail where any connection fails it, else pass, not_observable or not_applicable"),
    Column("from", "string", "day from which it is in force", "ISO 8601"),
    Column("until", "string", "day from which it is no longer in force", "ISO 8601"),
    Column("in_force", "bool", "it is in force on the day of the judgement"),
    Column("passed", "int64", "connections that meet it", "connections"),
    Column("failed", "int64", "connections that do not", "connections"),
    Column("not_observable", "int64", "connections of which the capture does not show it", "connections"),
    Column("not_applicable", "int64", "connections to which it does not apply", "connections"),
    *CHECK_SHARE,
    Column("subjects", "list<string>", "the first five servers, clients or certificates that fail it"),
    Column("connection_ids", "list<string>", "a connection of each"),
    Column("packets", "list<int64>", "the packet to look at in it", "packet number"),
)

CHECK_FAILURES = (
    Column("policy", "string", "name of the policy"),
    Column("id", "string", "requirement"),
    Column("clause", "string", "clause of the document that it comes from"),
    Column("text", "string", "what is asked for"),
    Column("severity", "string", "info, low, medium, high or critical"),
    Column("subject_kind", "string", "server, client or certificate"),
    Column("subject", "string", "address and port, address, or SHA-256; beyond 200 of a requirement they share a row"),
    Column("evidence", "string", "what the columns hold that prove it, with the number of connections"),
    Column("connections", "int64", "connections that fail", "connections"),
    Column("connection_ids", "list<string>", "the first 20 of them"),
    Column("packets", "list<int64>", "packet to look at in each of these", "packet number"),
    Column("hosts", "list<string>", "servers concerned, address and port: the first 20"),
    Column("first_seen", "timestamp", "start of the first of the connections", "UTC"),
    Column("last_seen", "timestamp", "start of the last of the connections", "UTC"),
    Column("known", "bool", "the baseline knows it"),
    Column("reason", "string", "why, as the baseline says"),
)

CHECK_CONNECTIONS = (
    Column("connection_id", "string", "connection"),
    Column("capture", "string", "file"),
    Column("time_start", "timestamp", "first packet", "UTC"),
    Column("client_ip", "string", "client"),
    Column("server", "string", "server, address and port"),
    Column("server_name", "string", "host name asked for"),
    Column("verdict", "string", "fail: of any requirement; not_observable: of none, but not all were seen; pass"),
    Column("severity", "string", "of the gravest requirement that it fails"),
    Column("failed", "list<string>", "requirements that it fails"),
    Column("not_observable", "list<string>", "requirements that could not be seen"),
    Column("client_hello_packet", "int64", "where the offer is", "packet number"),
    Column("server_hello_packet", "int64", "where the choice is", "packet number"),
    Column("certificate_packet", "int64", "where the certificate is", "packet number"),
)

CHECK_HOSTS = (
    Column("kind", "string", "server or client"),
    Column("host", "string", "address and port of a server, address of a client"),
    Column("severity", "string", "of the gravest requirement that it fails"),
    Column("requirements", "list<string>", "requirements that it fails"),
    Column("connections", "int64", "its connections that fail any of them", "connections"),
)

WHATIF_SHARES = (
    Column("unit", "string", "what is counted: connections, clients or servers"),
    Column("outcome", "string", "works, fails or unknown"),
    Column("count", "int64", "how many"),
    Column("denominator", "int64", "of how many; connections that failed anyway are left out"),
    Column("share", "float64", "count in denominator", "fraction"),
    Column("low", "float64", "lower end of the share's 95 % interval (Wilson)", "fraction"),
    Column("high", "float64", "upper end", "fraction"),
)

WHATIF_HOSTS = (
    Column("kind", "string", "client, server, ja4 or ja3; fingerprints only of clients that lack something"),
    Column("host", "string", "address of a client, address and port of a server, fingerprint"),
    Column("works", "int64", "its connections that are shown to work", "connections"),
    Column("fails", "int64", "its connections that are sure to fail", "connections"),
    Column("unknown", "int64", "its connections of which neither was seen", "connections"),
    Column("why", "string", "the most frequent reason of those that fail"),
    Column("connection_id", "string", "the first connection that fails"),
    Column("packet", "int64", "its ClientHello", "packet number"),
)

WHATIF_CONNECTIONS = (
    Column("connection_id", "string", "connection"),
    Column("capture", "string", "file"),
    Column("time_start", "timestamp", "first packet", "UTC"),
    Column("client_ip", "string", "client"),
    Column("server", "string", "server, address and port"),
    Column("server_name", "string", "host name asked for"),
    Column("outcome", "string", "works, fails, unknown; left_out where it failed anyway"),
    Column("why", "string", "why it fails, or why that is unknown"),
    Column("version_name", "string", "what was agreed on"),
    Column("cipher_suite_name", "string", "what was agreed on"),
    Column("group_name", "string", "what was agreed on"),
    Column("ja3", "string", "JA3 of the client", "hex"),
    Column("ja4", "string", "JA4 of the client"),
    Column("client_hello_packet", "int64", "where the offer is", "packet number"),
    Column("server_hello_packet", "int64", "where the choice is", "packet number"),
)

QUANTUM_CLASSES = (
    Column(
        "protection", "string", "no forward secrecy, classical forward secrecy, post-quantum (hybrid or alone), unknown"
    ),
    Column("connections", "int64", "connections with TLS", "connections"),
    Column("denominator", "int64", "connections of which it is known", "connections"),
    Column("share", "float64", "connections in denominator", "fraction"),
    Column("low", "float64", "lower end of the share's 95 % interval (Wilson)", "fraction"),
    Column("high", "float64", "upper end", "fraction"),
    Column("bytes", "int64", "content of application_data records of both sides", "octets"),
    Column("byte_share", "float64", "of the content of which it is known", "fraction"),
    Column("names", "int64", "distinct host names asked for", "names"),
    Column("servers", "int64", "distinct servers", "servers"),
    Column("clients", "int64", "distinct clients", "clients"),
)

QUANTUM_SERVERS = (
    Column("server", "string", "address and port"),
    Column("names", "list<string>", "the first five names asked for, the most frequent first"),
    Column("no_secrecy_connections", "int64", "connections without forward secrecy", "connections"),
    Column("classical_connections", "int64", "connections with classical forward secrecy", "connections"),
    Column("post_quantum_connections", "int64", "connections with a post-quantum key exchange", "connections"),
    Column("unknown_connections", "int64", "connections of which it is unknown", "connections"),
    Column("no_secrecy_bytes", "int64", "their content", "octets"),
    Column("classical_bytes", "int64", "their content", "octets"),
    Column("post_quantum_bytes", "int64", "their content", "octets"),
    Column("unknown_bytes", "int64", "their content", "octets"),
    Column("offered_connections", "int64", "not post-quantum although the client offers it", "connections"),
    Column("connection_id", "string", "the first of its least protected connections"),
    Column("packet", "int64", "its ServerHello", "packet number"),
)

JUDGEMENTS: dict[str, tuple[Column, ...]] = {
    "check.requirements": CHECK_REQUIREMENTS,
    "check.failures": CHECK_FAILURES,
    "check.connections": CHECK_CONNECTIONS,
    "check.hosts": CHECK_HOSTS,
    "whatif.shares": WHATIF_SHARES,
    "whatif.hosts": WHATIF_HOSTS,
    "whatif.connections": WHATIF_CONNECTIONS,
    "quantum.classes": QUANTUM_CLASSES,
    "quantum.servers": QUANTUM_SERVERS,
}
"""Frames that are not in a capture but in a judgement of it: command and frame -> columns."""

HOSTS = (
    Column("host", "string", "address"),
    Column("role", "string", "client or server"),
    Column("port", "uint16", "server's port; none for a client"),
    Column("connections", "int64", "connections with TLS", "connections"),
    Column("established", "int64", "of these, handshakes that both sides finished", "connections"),
    Column("peers", "int64", "distinct addresses on the other side", "hosts"),
    Column("server_names", "list<string>", "names asked for, in lower case"),
    Column("versions", "list<string>", "versions in force, the newest first"),
    Column("lowest_version", "string", "the oldest of them: of a server, what it is proven to take"),
    Column("highest_version", "string", "the newest of them"),
    Column("chosen_suites", "list<string>", "cipher suites in force; of a server in its own order where that shows"),
    Column(
        "suite_order",
        "string",
        "whose order of cipher suites a server follows, as far as its choices prove: server, client or mixed",
    ),
    Column("suite_order_evidence", "int64", "connections that offered two or more suites it is known to take",
           "connections"),
    Column("offered_versions", "list<string>", "versions that a client offered, the newest first"),
    Column("offered_suites", "list<string>", "cipher suites that a client offered, by name"),
    Column("ja4", "list<string>", "JA4 of a client, or of the clients of a server"),
    Column("ja3s", "list<string>", "JA3S of a server, or of the servers of a client"),
    Column("certificate_sha256s", "list<string>", "certificates that it presented, its own alone", "hex"),
    Column("bytes", "int64", "payload of both sides", "octets"),
    Column("first_seen", "timestamp", "start of the first connection", "UTC"),
    Column("last_seen", "timestamp", "start of the last one", "UTC"),
)  # fmt: skip

NAMES = (
    Column("server_name", "string", "name asked for, in lower case"),
    Column("connections", "int64", "connections with TLS", "connections"),
    Column("established", "int64", "of these, handshakes that both sides finished", "connections"),
    Column("clients", "int64", "distinct clients", "hosts"),
    Column("servers", "list<string>", "servers asked, address and port"),
    Column("versions", "list<string>", "versions in force, the newest first"),
    Column("alpn", "list<string>", "application protocols chosen in the clear"),
    Column("with_certificate", "int64", "connections whose certificate is in the clear", "connections"),
    Column("certificate_sha256s", "list<string>", "servers' own certificates", "hex"),
    Column("issuers", "list<string>", "issuers of these"),
    Column("keys", "list<string>", "SHA-256 of the public keys in these", "hex"),
    Column("several_issuers", "bool", "more than one issuer: a change of authority, or somebody in between"),
    Column("several_keys", "bool", "more than one key"),
    Column("ja4", "list<string>", "JA4 of the clients"),
    Column("first_seen", "timestamp", "start of the first connection", "UTC"),
    Column("last_seen", "timestamp", "start of the last one", "UTC"),
)

CERTIFICATE_USES = (
    Column("sha256", "string", "SHA-256 of a certificate that a side presented as its own", "hex"),
    Column("side", "string", "client or server"),
    Column("subject", "string", "subject (RFC 4514)"),
    Column("issuer", "string", "issuer (RFC 4514)"),
    Column("self_signed", "bool", "subject and issuer are the same"),
    Column("not_after", "timestamp", "end of validity", "UTC"),
    Column("connections", "int64", "connections in which it was presented", "connections"),
    Column("clients", "int64", "distinct clients of these", "hosts"),
    Column("servers", "list<string>", "servers of these, address and port"),
    Column("server_names", "list<string>", "names asked for, in lower case"),
    Column("spki_sha256", "string", "SHA-256 of the SubjectPublicKeyInfo", "hex"),
    Column("same_key", "int64", "other certificates here that have this key", "certificates"),
    Column("first_seen", "timestamp", "start of the first connection", "UTC"),
    Column("last_seen", "timestamp", "start of the last one", "UTC"),
)

FINGERPRINTS = (
    Column("kind", "string", "ja3, ja4 or ja3s"),
    Column("fingerprint", "string", "its value"),
    Column("connections", "int64", "connections with TLS", "connections"),
    Column("established", "int64", "of these, handshakes that both sides finished", "connections"),
    Column("clients", "int64", "distinct clients", "hosts"),
    Column("servers", "int64", "distinct servers, address and port", "servers"),
    Column("client_ips", "list<string>", "the clients"),
    Column("server_names", "list<string>", "names asked for, in lower case"),
    Column("versions", "list<string>", "versions in force, the newest first"),
    Column("first_seen", "timestamp", "start of the first connection", "UTC"),
    Column("last_seen", "timestamp", "start of the last one", "UTC"),
)

BEACONS = (
    Column("client_ip", "string", "client"),
    Column("destination", "string", "server name in lower case, or address where none was asked for"),
    Column("server_port", "uint16", "server's port"),
    Column("connections", "int64", "connections with TLS", "connections"),
    Column("score", "float64", "regularity of the intervals between their starts, 0 to 1: docs/pivots.md"),
    Column("regular", "bool", "the score is at least 0.8"),
    Column("interval_s", "float64", "median interval", "seconds"),
    Column("deviation_s", "float64", "median absolute deviation of the intervals from it", "seconds"),
    Column("size_regularity", "float64", "the same of the octets that the client sent"),
    Column("ja4", "list<string>", "JA4 of the client"),
    Column("first_seen", "timestamp", "start of the first connection", "UTC"),
    Column("last_seen", "timestamp", "start of the last one", "UTC"),
)

TIMELINE = (
    Column("time", "timestamp", "start of an interval", "UTC"),
    Column("width_s", "int64", "its length", "seconds"),
    Column("connections", "int64", "connections with TLS that start in it", "connections"),
    Column("established", "int64", "of these, handshakes that both sides finished", "connections"),
    Column("clients", "int64", "distinct clients", "hosts"),
    Column("bytes", "int64", "payload of both sides", "octets"),
    Column("new_clients", "list<string>", "clients that were not seen before"),
    Column("new_servers", "list<string>", "servers that were not seen before, address and port"),
    Column("new_names", "list<string>", "server names that were not seen before, in lower case"),
    Column("new_certificates", "list<string>", "servers' own certificates that were not seen before", "hex"),
    Column("new_ja4", "list<string>", "clients' fingerprints that were not seen before"),
)

PIVOTS: dict[str, tuple[Column, ...]] = {
    "hosts": HOSTS,
    "names": NAMES,
    "certificate_uses": CERTIFICATE_USES,
    "fingerprints": FINGERPRINTS,
    "beacons": BEACONS,
    "timeline": TIMELINE,
}
"""Tables that turn the connections around: a row for each of something else."""


def table_columns(table: str) -> tuple[Column, ...]:
    """The columns of a table of COLUMNS or PIVOTS; raises KeyError for another."""
    return PIVOTS[table] if table in PIVOTS else COLUMNS[table]
