"""The columns of the tables that turn the connections around."""

from __future__ import annotations

from .column import Column

HOSTS = (
    Column("host", "string", "address"),
    Column("role", "string", "client or server"),
    Column("port", "uint16", "server's port; none for a client"),
    Column("transport", "string", "server's transport, of each a row: tcp, udp, or eapol; none for a client"),
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
    Column("self_signed", "bool", "subject and issuer are the same, and no other key is named as the signer's"),
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
    Column("visits", "int64", "groups of them in which each begins less than a second after the one before", "visits"),
    Column("score", "float64", "regularity of the intervals between visits, 0 to 1; 0 for fewer than 10"),
    Column("regular", "bool", "the score is at least 0.8"),
    Column("interval_s", "float64", "median interval; null for one visit", "seconds"),
    Column("deviation_s", "float64", "median absolute deviation of the intervals from it", "seconds"),
    Column("size_regularity", "float64", "regularity of the octets that the client sent in each visit"),
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
