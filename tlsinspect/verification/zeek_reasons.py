"""Differences for which Zeek has a reason that is not ours; docs/zeek.md tells them to people."""

from __future__ import annotations

from .record import PRESENCE, Difference, Reason

CHAIN_FIELDS = ("subject", "issuer", "client_subject", "client_issuer")


def is_quic(found: Difference) -> bool:
    """True for QUIC."""
    return found.row is not None and found.row.get("protocol") == "quic"


def is_never_established(found: Difference) -> bool:
    """True for a QUIC connection that Zeek calls not established."""
    return is_quic(found) and found.ours is True and found.theirs is False


def is_retried(found: Difference) -> bool:
    """True for a QUIC connection with a Retry."""
    return is_quic(found) and bool((found.row or {}).get("quic_retry"))


def is_absent_constraint(found: Difference) -> bool:
    """True where Zeek has no basicConstraints and we say that the certificate is no CA."""
    return found.ours is False and found.theirs is None


def is_hello_again(found: Difference) -> bool:
    """True where Zeek lists the same extensions twice."""
    return isinstance(found.theirs, list) and isinstance(found.ours, list) and found.theirs == found.ours * 2


def is_turned_around(found: Difference) -> bool:
    """True where Zeek turned the direction around after the first hello."""
    return isinstance(found.theirs, str) and found.theirs.replace("^", "") == found.ours


def is_another_row(found: Difference) -> bool:
    """True for one of several rows that Zeek writes of a QUIC connection."""
    return found.ours == 0 and "client_initial_dcid" in (found.row or {})


def needs_package(found: Difference) -> bool:
    """True for TLS within protocols that Zeek reads with a package only, or not at all."""
    row = found.row or {}
    return found.theirs == 0 and (
        row.get("transport") in ("eapol", "sctp") or row.get("starttls_protocol") in ("openvpn", "eap", "proxy")
    )


def names_no_history(found: Difference) -> bool:
    """True where our export says nothing."""
    return found.ours is None


def is_not_logged_name(found: Difference) -> bool:
    """True where Zeek says nothing of a name that is in x509.log."""
    return found.theirs is None


ZEEK_REASONS = (
    Reason(
        "the end of QUIC's handshake is encrypted, and Zeek does not conclude it from the packets that follow",
        ("established",),
        is_never_established,
    ),
    Reason("Zeek counts the hello behind a Retry again", ("ssl_history",), is_retried),
    Reason(
        "behind a Retry, Zeek starts a new row",
        ("client_initial_dcid", "server_scid", "client_scid"),
        is_retried,
    ),
    Reason("Zeek writes another row of QUIC for a Retry or a CONNECTION_CLOSE", (PRESENCE,), is_another_row),
    Reason("the order of QUIC's packets is not kept here", ("history",), names_no_history),
    Reason(
        "Zeek takes the sender of the first packet for the client until a hello says otherwise",
        ("ssl_history",),
        is_turned_around,
    ),
    Reason("Zeek lists the extensions of both hellos of DTLS", ("ssl_client_exts",), is_hello_again),
    Reason(
        "without the extension basicConstraints a certificate is no CA (RFC 5280 4.2.1.9); Zeek leaves the field unset",
        ("basic_constraints.ca",),
        is_absent_constraint,
    ),
    Reason("Zeek reads TLS in this protocol with a package only, or not", (PRESENCE,), needs_package),
    Reason("Zeek leaves the names in ssl.log out unless a script adds them", CHAIN_FIELDS, is_not_logged_name),
)
