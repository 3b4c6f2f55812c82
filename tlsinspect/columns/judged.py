"""The columns of what is judged: findings, chains and timestamps; policies, what-if and the quantum ledger."""

from __future__ import annotations

from .column import Column

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
        "packets",
        "list<int64>",
        "packet to look at in each of these: the one that shows it, else its ClientHello's or its first",
        "packet number",
    ),
    Column("hosts", "list<string>", "servers concerned, address and port: the first 20"),
    Column("first_seen", "timestamp", "start of the first of the connections", "UTC"),
    Column("last_seen", "timestamp", "start of the last of the connections", "UTC"),
    Column("advice", "string", "what to do"),
    Column("references", "list<string>", "standards and vulnerabilities"),
)

MOMENT = (
    Column("connection_id", "string", "connection"),
    Column("time", "timestamp", "moment that the verdict is for: the connection's start, or the one asked for", "UTC"),
)

CHAIN_JUDGEMENT = (
    Column(
        "verdict",
        "string",
        "valid, the gravest fault, not_observable or not_applicable: see the list of verdicts in docs/validation.md",
    ),
    Column("faults", "list<string>", "every kind of fault, the gravest first"),
    Column(
        "fault_position",
        "int64",
        "place of the certificate at fault in what was sent, 0 is the leaf; missing where it was not sent",
    ),
    Column("fault_sha256", "string", "certificate at fault", "hex"),
    Column("detail", "string", "what is wrong, or where the path ends, in words"),
    Column("path", "list<string>", "the path that was found, from the leaf upwards", "hex"),
    Column("anchor", "string", "subject of the trusted certificate at its end (RFC 4514)"),
    Column(
        "publicly_trusted",
        "bool",
        "the path ends at one of Mozilla's roots, and not only at what the reader trusts; missing where none was seen",
    ),
    Column(
        "objection",
        "string",
        "what a verifier with the rules of the Web PKI says against a path that is valid by RFC 5280",
    ),
    Column("remarks", "list<string>", "no faults: root_sent, unneeded_sent, chain_cut (limit chain_certificates)"),
    Column("reason", "string", "why there is no verdict, as in unknown_reasons"),
)

VALIDATION = (
    *MOMENT,
    Column("packet", "int64", "packet that completes the server's Certificate", "packet number"),
    Column("server_ip", "string", "server's address"),
    Column("server_port", "uint16", "server's port"),
    Column("server_name", "string", "host name asked for"),
    *CHAIN_JUDGEMENT,
    Column("sct_logs", "int64", "logs whose timestamps (SCTs) of the server's certificate count; see scts", "logs"),
    Column("sct_operators", "list<string>", "operators of these logs, as the list of logs names them"),
    Column(
        "sct_verdict",
        "string",
        "enough, or else the first of sct_faults: whether these are what browsers ask for; unknown where a log is not "
        "in the list; missing without a timestamp, without public trust, and where nobody asked when it was issued",
    ),
    Column(
        "sct_faults",
        "list<string>",
        "few_logs; few_operators; operator_missing: none of Google's, or none of another's, before 2022-04-15",
    ),
)

CLIENT_VALIDATION = (
    *MOMENT,
    Column(
        "packet",
        "int64",
        "packet that completes the client's Certificate; the last where it sent several",
        "packet number",
    ),
    Column("client_ip", "string", "client's address"),
    Column("client_port", "uint16", "client's port"),
    Column("server_ip", "string", "address of the server that asked for it"),
    Column("server_port", "uint16", "its port"),
    Column("server_name", "string", "host name asked for; the client's certificate is not compared with it"),
    *CHAIN_JUDGEMENT,
)

OCSP = (
    *MOMENT,
    Column("packet", "int64", "packet that completes the server's Certificate", "packet number"),
    Column("server_ip", "string", "server's address"),
    Column("server_port", "uint16", "server's port"),
    Column("server_name", "string", "host name asked for"),
    Column("position", "int64", "place among the responses that the server stapled, from 0"),
    Column("response_sha256", "string", "the response (OCSPResponse, RFC 6960)", "hex"),
    Column("verdict", "string", "what it is worth: see the list in docs/validation.md"),
    Column("faults", "list<string>", "everything that speaks against it or the certificate, the gravest first"),
    Column("detail", "string", "the same in words"),
    Column("response_status", "string", "responseStatus: successful, or the error that the responder answered"),
    Column("certificate_status", "string", "certStatus: good, revoked, unknown"),
    Column("certificate_sha256", "string", "certificate of the chain that it is about", "hex"),
    Column("certificate_position", "int64", "place of that in what the server sent, 0 is the leaf"),
    Column("this_update", "timestamp", "thisUpdate: when the status was known to be right", "UTC"),
    Column("next_update", "timestamp", "nextUpdate: when newer information is due; none where it is always", "UTC"),
    Column("produced_at", "timestamp", "producedAt: when the responder signed it", "UTC"),
    Column("revocation_time", "timestamp", "revocationTime", "UTC"),
    Column("revocation_reason", "string", "revocationReason (RFC 5280 section 5.3.1): keyCompromise, superseded, ..."),
    Column("responder_name", "string", "the responder's name (RFC 4514), where its id is a name"),
    Column("responder_key_hash", "string", "SHA-1 of the responder's key, where its id is that", "hex"),
    Column("signature_algorithm", "string", "algorithm of the responder's signature"),
    Column("signature_valid", "bool", "the responder's key made the signature; missing where that cannot be said"),
    Column("signer", "string", "issuer: the certificate's; delegated: a responder with a certificate of its own"),
    Column("signer_sha256", "string", "certificate with the key that the signature was checked with", "hex"),
    Column("responses", "int64", "statements about single certificates in it"),
    Column("hash_algorithm", "string", "hash of the certificate's id: sha1, sha256, ..."),
    Column("issuer_name_hash", "string", "issuerNameHash of the certificate's id", "hex"),
    Column("issuer_key_hash", "string", "issuerKeyHash of the certificate's id", "hex"),
    Column("serial", "string", "serial number in the certificate's id", "hex"),
)

SCTS = (
    Column("certificate_sha256", "string", "certificate that the timestamp (RFC 6962) is for", "hex"),
    Column("source", "string", "certificate: inside it; tls_extension; ocsp: in a stapled OCSP response"),
    Column("position", "int64", "place in its list, from 0"),
    Column("log_id", "string", "log that made it, as the SHA-256 of its key", "hex"),
    Column("log_name", "string", "name of the log, where the list of logs has it"),
    Column("log_operator", "string", "its operator"),
    Column("log_state", "string", "its state in the list: admissible (Mozilla's word) or usable, retired, ..."),
    Column("log_state_since", "timestamp", "when it came into that state", "UTC"),
    Column(
        "log_objection",
        "string",
        "why the timestamp does not count: it is later than the last connection with the certificate, or than the time "
        "of the judgement (future), or it was made when the log was retired or rejected, by a log that is not yet "
        "qualified (pending), or for a certificate whose notAfter is outside of the log's temporal interval (interval)",
    ),
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
        "protection",
        "string",
        "no forward secrecy (or no encryption, or keys of 64 bits or less), classical forward secrecy, post-quantum "
        "(hybrid or alone), unknown",
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

VERIFY_DIFFERENCES = (
    Column("source", "string", "who gives the second opinion: tshark and its version, or a log"),
    Column("capture", "string", "file"),
    Column("connection_id", "string", "our connection, where there is one"),
    Column("packet", "int64", "packet to look at", "packet number"),
    Column("subject", "string", "client -> server, or the SHA-256 of a certificate"),
    Column(
        "field",
        "string",
        "column of the connections frame, or field of their log; connection: how many there are between these ends",
    ),
    Column("ours", "string", "our value"),
    Column("theirs", "string", "their value"),
    Column("reason", "string", "why they differ, where that is known"),
)

JUDGEMENTS: dict[str, tuple[Column, ...]] = {
    "check.requirements": CHECK_REQUIREMENTS,
    "check.failures": CHECK_FAILURES,
    "check.connections": CHECK_CONNECTIONS,
    "check.hosts": CHECK_HOSTS,
    "whatif.shares": WHATIF_SHARES,
    "whatif.hosts": WHATIF_HOSTS,
    "whatif.connections": WHATIF_CONNECTIONS,
    "verify.differences": VERIFY_DIFFERENCES,
    "quantum.classes": QUANTUM_CLASSES,
    "quantum.servers": QUANTUM_SERVERS,
}
"""Frames that are not in a capture but in a judgement of it: command and frame -> columns."""
