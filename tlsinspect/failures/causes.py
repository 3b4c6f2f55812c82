"""The causes of failed handshakes, each declared once: what it is called, what mends it, where it is written.

Goes in: nothing. Comes out: CAUSES by code, and which alert stands for which cause.
Spec: RFC 8446 section 6.2 for the alerts' meanings.
"""

from __future__ import annotations

from typing import NamedTuple


class Cause(NamedTuple):
    """One cause: `title` is short, `advice` what most likely mends it."""

    code: str
    title: str
    advice: str
    reference: str


ALL = (
    Cause(
        "no_common_version", "no common protocol version",
        "Let both sides speak TLS 1.2 or 1.3: update the older one.", "RFC 8446 section 4.2.1",
    ),
    Cause(
        "no_common_parameters", "no common cipher suite, group or signature algorithm",
        "Compare the client's offer with what the server is configured for, its certificate's kind of key included.",
        "RFC 8446 section 4.1.1",
    ),
    Cause(
        "choice_refused", "the client does not accept what the server chose",
        "Compare the server's choice with the client's limits: size of the prime, group, signature, suite.",
        "RFC 8446 section 6.2",
    ),
    Cause(
        "insufficient_security", "the server demands stronger ciphers",
        "Update the client, or let it offer stronger suites.", "RFC 8446 section 6.2",
    ),
    Cause(
        "unknown_authority", "the authority is not trusted",
        "Give the client the authority's certificate, and let the server send its whole chain.", "RFC 8446 section 6.2",
    ),
    Cause(
        "certificate_expired", "the server's certificate has expired",
        "Renew the certificate; where it was in date, set the client's clock and look at the chain above it.",
        "RFC 5280 section 4.1.2.5",
    ),
    Cause(
        "certificate_not_yet_valid", "the server's certificate is not yet valid",
        "Set the clocks, or wait until the certificate is valid.", "RFC 5280 section 4.1.2.5",
    ),
    Cause(
        "certificate_other_name", "the server's certificate does not cover the name",
        "Give the server a certificate for the name that the client asks for.", "RFC 9525 section 6",
    ),
    Cause(
        "certificate_self_signed", "the server's certificate is self-signed",
        "Use a certificate from an authority that the client trusts.", "RFC 5280 section 6.1",
    ),
    Cause(
        "certificate_revoked", "the server's certificate has been revoked",
        "Replace the certificate and its key.", "RFC 8446 section 6.2",
    ),
    Cause(
        "certificate_refused", "the server's certificate was refused",
        "Look at the client's own log: names, dates, authority, and programs that inspect traffic on the way.",
        "RFC 8446 section 6.2",
    ),
    Cause(
        "client_certificate_missing", "the client gave no certificate",
        "Give the client a certificate from an authority that the server names in its request.",
        "RFC 8446 section 4.4.2.4",
    ),
    Cause(
        "client_certificate_refused", "the client's certificate was refused",
        "Check the client's certificate: its dates, its authority, and the intermediate certificates sent with it.",
        "RFC 8446 section 4.4.2.4",
    ),
    Cause(
        "access_denied", "the certificate is valid, and its owner may not come in",
        "Give the certificate's owner the right at the side that refused.", "RFC 8446 section 6.2",
    ),
    Cause(
        "name_not_recognised", "the server does not know the name asked for",
        "Correct the name, or add a site of this name to the server.", "RFC 6066 section 3",
    ),
    Cause(
        "no_application_protocol", "no common application protocol (ALPN)",
        "Switch one of the offered protocols on at the server.", "RFC 7301 section 3.2",
    ),
    Cause(
        "unknown_psk", "the pre-shared key is not known",
        "Compare identity and key at both sides.", "RFC 4279 section 2",
    ),
    Cause(
        "keys_differ", "what was received did not decrypt or verify",
        "Compare pre-shared keys and certificates' keys; else look for damage or a device that changes packets.",
        "RFC 8446 section 6.2",
    ),
    Cause(
        "message_refused", "a message was malformed or out of place",
        "Update the side that sent it, or the one that refused it; look for devices on the way that rewrite hellos.",
        "RFC 8446 section 6.2",
    ),
    Cause(
        "internal_error", "one side failed for reasons of its own",
        "Look into the log of the side that sent the alert.", "RFC 8446 section 6.2",
    ),
    Cause(
        "fallback_refused", "the server refused a fallback to an older version",
        "Find out what broke the client's first attempt: see the connections before this one.", "RFC 7507 section 3",
    ),
    Cause(
        "canceled", "the handshake was called off",
        "Ask the user or the program at the side that sent the alert.", "RFC 8446 section 6.1",
    ),
    Cause(
        "retry_not_followed", "the client did not follow a HelloRetryRequest",
        "Let the client send a key share of the group that the server wants, or update it.", "RFC 8446 section 4.1.4",
    ),
    Cause(
        "not_tls", "the server does not speak TLS here",
        "Use the port on which the server speaks TLS, or the protocol's own upgrade (STARTTLS).", "RFC 8446 section 5",
    ),
    Cause(
        "no_answer", "no answer to the ClientHello",
        "Look at the server's load and log, and capture on its side: the answer, or the hello, may be lost on the way.",
        "RFC 8446 section 4.1.2",
    ),
    Cause(
        "large_hello_unanswered", "a ClientHello larger than one packet was not answered",
        "Try with a smaller hello (no post-quantum group): if that works, update the server or the device before it.",
        "RFC 8446 section 4.1.2",
    ),
    Cause(
        "ended_after_hello", "the server ended the connection after the ClientHello",
        "Look for a firewall or filter that dislikes the name or the hello, and into the server's log.",
        "RFC 8446 section 6",
    ),
    Cause(
        "client_left_after_flight", "the client left after the server's messages without a word",
        "Look into the client's log: mostly it does not accept the certificate, or wanted only to look (a scanner).",
        "RFC 8446 section 6",
    ),
    Cause(
        "server_left_after_keys", "the server left after the client's messages without a word",
        "Look into the server's log: mostly it does not accept the client's certificate or keys.",
        "RFC 8446 section 6",
    ),
    Cause(
        "encrypted_alert", "an alert that is encrypted",
        "Look into the log of the side that sent it; with the session's keys Wireshark shows it.",
        "RFC 8446 section 6",
    ),
    Cause(
        "quic_error", "QUIC's transport closed the connection",
        "Look the error code up in RFC 9000 section 20.1, and into the log of the side that sent it.",
        "RFC 9000 section 20.1",
    ),
    Cause(
        "other_alert", "another alert",
        "Look into the log of the side that sent the alert.", "RFC 8446 section 6",
    ),
    Cause(
        "ended_early", "the connection ended early",
        "Look into the log of the side that ended it.", "RFC 8446 section 6",
    ),
    Cause(
        "capture_end", "the capture ends first: unknown",
        "Record some seconds longer than the connections that matter.", "docs/capturing.md",
    ),
)  # fmt: skip
CAUSES: dict[str, Cause] = {cause.code: cause for cause in ALL}

CERTIFICATE_ALERTS = {  # about the other side's certificate: cause where it is the server's
    42: "certificate_refused",  # bad_certificate
    43: "certificate_refused",  # unsupported_certificate
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_refused",  # certificate_unknown
    48: "unknown_authority",
    113: "certificate_refused",  # bad_certificate_status_response
}
OPEN_ALERTS = frozenset({42, 46})  # say that a certificate is refused, and not why
VALIDATION_CAUSES = {  # what the certificate itself says where the alert leaves it open
    "expired": "certificate_expired",
    "not_yet_valid": "certificate_not_yet_valid",
    "name_mismatch": "certificate_other_name",
    "self_signed": "certificate_self_signed",
}
ALERT_CAUSES = {
    10: "message_refused", 20: "keys_differ", 21: "keys_differ", 22: "message_refused", 30: "message_refused",
    41: "client_certificate_missing", 47: "message_refused", 49: "access_denied", 50: "message_refused",
    51: "keys_differ", 60: "choice_refused", 71: "insufficient_security", 80: "internal_error",
    86: "fallback_refused", 90: "canceled", 109: "message_refused", 110: "message_refused",
    112: "name_not_recognised", 115: "unknown_psk", 116: "client_certificate_missing",
    120: "no_application_protocol",
}  # fmt: skip
