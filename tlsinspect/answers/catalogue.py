"""QUESTIONS: what people bring to a capture, declared once, in the order in which answers are shown."""

from __future__ import annotations

from . import cases, numbers
from .record import Question

QUESTIONS: dict[str, Question] = {
    question.id: question
    for question in (
        Question(
            "tls-ports",
            "Do the TLS ports carry only TLS, and if not, what else?",
            "Told from the first octets. Where nobody spoke, it is unknown; octets of nothing known here are not TLS.",
            numbers.on_tls_ports,
            cases.other_protocols,
        ),
        Question(
            "other-ports",
            "Is TLS on other ports?",
            "TLS is found by its own octets on any port, also after STARTTLS; inside an unknown tunnel it is not.",
            numbers.on_other_ports,
            cases.on_other_ports,
        ),
        Question(
            "handshakes",
            "Do handshakes succeed, and what stops those that do not?",
            "TLS 1.3 encrypts most alerts, so that some failures look like a plain close.",
            numbers.handshakes,
            cases.failed,
            "failure_packet",
        ),
        Question(
            "tls13",
            "How much is TLS 1.3?",
            "Of connections whose ServerHello was seen. A handshake that ended before one agreed on nothing.",
            numbers.tls13,
            cases.tls13,
        ),
        Question(
            "below-tls13",
            "What holds the rest below TLS 1.3?",
            "A server that chose less may be unable or unwilling: one connection cannot tell.",
            numbers.below_tls13,
            cases.below_tls13,
        ),
        Question(
            "forward-secrecy",
            "Is the server's private key enough to read sessions later?",
            "Says nothing about session ticket keys: who has these can read what TLS 1.2 resumed under them.",
            numbers.forward_secrecy,
            cases.no_forward_secrecy,
        ),
        Question(
            "old-versions",
            "Which old versions are still agreed on, and between whom?",
            "Agreed on, not merely offered. Older than TLS 1.2 is forbidden by RFC 8996, RFC 7568 and RFC 6176.",
            numbers.old_versions,
            cases.old_versions,
        ),
        Question(
            "weak-suites",
            "Which ciphers were agreed, and which of them are weak?",
            "Weak: no encryption, no authentication, export grade, DES, RC4, 64-bit blocks (RFC 9325 sections 4.1 and "
            "5.1). CBC is not counted.",
            numbers.weak_suites,
            cases.weak_suites,
        ),
        Question(
            "post-quantum",
            "How much has a post-quantum key exchange?",
            "About the key exchange only; certificates' signatures are another matter, and less urgent.",
            numbers.post_quantum,
            cases.post_quantum,
        ),
        Question(
            "resumed",
            "How many connections resume an earlier session?",
            "In TLS 1.3 a PSK may also come from outside; the wire does not tell it from a resumption.",
            numbers.resumed,
            cases.resumed,
        ),
        Question(
            "authorities",
            "Which authorities issued the certificates?",
            "The issuer as the certificate states it. Nobody checked the signature against a root.",
            numbers.authorities,
            cases.authorities,
            "certificate_packet",
        ),
        Question(
            "certificate-checks",
            "Do certificates hold up: in date, and made for the name asked for?",
            "What dates and names say at capture time. Trust in the authority and revocation are not judged.",
            numbers.certificate_checks,
            cases.certificate_checks,
            "certificate_packet",
        ),
        Question(
            "certificate-dates",
            "Which certificates were expired, not yet valid, or about to expire?",
            "Compared with the time of capture, every certificate in the chain of either side. "
            "A recorder whose clock is wrong makes this wrong.",
            numbers.certificate_dates,
            cases.certificate_dates,
            "certificate_packet",
        ),
        Question(
            "names-per-certificate",
            "How many names does a certificate cover?",
            "subjectAltName entries (DNS names and addresses) of the server's own certificate; a wildcard is one.",
            numbers.names_per_certificate,
            cases.names_per_certificate,
            "certificate_packet",
        ),
        Question(
            "key-elsewhere",
            "Could the server's key be elsewhere (keyless SSL, delegated credentials)?",
            "The wire shows who would accept a delegated credential. Whether one is used TLS 1.3 encrypts; a key that "
            "is asked over the network (keyless SSL) looks like any other.",
            numbers.key_elsewhere,
            cases.delegated,
            "client_hello_packet",
        ),
        Question(
            "visible",
            "What stays visible to an observer?",
            "The name as sent in server_name: with Encrypted ClientHello it is the public name only.",
            numbers.visible,
            cases.named,
            "client_hello_packet",
        ),
        Question(
            "not-seen",
            "What could not be seen, and why?",
            "Of the certificate, which is what is missed most. Why any other value is missing, the column "
            "unknown_reasons of the connections says.",
            numbers.not_seen,
            cases.not_seen,
        ),
        Question(
            "capture-quality",
            "Is the capture good, and how would the next one be better?",
            "A connection with several flaws counts under the first: segments missing, begun before, one-sided, cut.",
            numbers.capture_quality,
            cases.flaws,
        ),
    )
}
