"""Rules about what the ports carry, and upgrades to TLS that did not happen."""

from __future__ import annotations

from ..upgrades.status import NOT_TAKEN, STRIPPED
from .rule import Rule

RULES = (
    Rule(
        "PRT-01", "No TLS on port 443", "medium",
        lambda facts: facts.among("server_port", 443) & facts.known("protocol")
        & ~facts.among("protocol", "tls", "dtls", "quic", "gquic", "ssl2", "http", "silent", "unknown"),
        ("protocol",), "Find out who runs this protocol here, and why.", ("RFC 9110 section 4.2.2",),
        packet="clear_text_packet",
    ),
    Rule(
        "PRT-02", "HTTP in the clear on port 443", "medium",
        lambda facts: facts.among("server_port", 443) & facts.among("protocol", "http"),
        ("protocol",), "Let the server answer with TLS only.",
        ("RFC 9110 section 4.2.2",), packet="clear_text_packet",
    ),
    Rule(
        "PRT-03", "Upgrade to TLS stripped on the way", "high", lambda facts: facts.among("starttls_status", STRIPPED),
        ("starttls_protocol", "starttls_status"), "Find what overwrites STARTTLS; require TLS in the client.",
        ("RFC 3207 section 6",), packet="starttls_packet",
    ),
    Rule(
        "PRT-03-UNUSED", "Upgrade to TLS offered or asked for, and not made", "medium",
        lambda facts: facts.among("starttls_status", *sorted(NOT_TAKEN - {STRIPPED})) & facts.nothing_lost(),
        ("starttls_protocol", "starttls_status"), "Require TLS in the client, or use a port with TLS from the start.",
        ("RFC 8314",), packet="starttls_packet",
    ),
    Rule(
        "PRT-04", "Credentials in the clear, in front of TLS or without it", "high",
        lambda facts: facts.known("clear_credentials"), ("protocol", "starttls_protocol", "clear_credentials"),
        "Change them. Let the server take credentials behind TLS only, and the client ask for TLS first.",
        ("RFC 8314 section 4.1",), packet="clear_credentials_packet",
    ),
    Rule(
        "PRT-05", "More in the clear between the agreement on TLS and TLS", "high",
        lambda facts: facts.known("starttls_injection"), ("starttls_protocol", "starttls_injection"),
        "Update the side that reads it: it may take what somebody in between put there for what came behind TLS.",
        ("CVE-2011-0411", "RFC 3207 section 6"), packet="starttls_injection_packet", confidence="likely",
    ),
)  # fmt: skip
