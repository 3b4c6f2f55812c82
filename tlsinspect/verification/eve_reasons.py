"""Differences for which Suricata has a reason that is not ours."""

from __future__ import annotations

from .record import PRESENCE, Difference, Reason

NOT_READ = ("openvpn", "eap", "proxy")


def is_not_read(found: Difference) -> bool:
    """True for TLS within protocols in which Suricata does not look for it."""
    row = found.row or {}
    return found.theirs == 0 and bool(
        row.get("protocol") in ("dtls", "ssl2")
        or row.get("transport") == "eapol"
        or row.get("starttls_protocol") in NOT_READ
    )


def is_unfinished(found: Difference) -> bool:
    """True for a handshake whose end was not seen."""
    return found.theirs == 0 and not (found.row or {}).get("established")


def is_another_event(found: Difference) -> bool:
    """True for one of several events of a QUIC connection."""
    return found.ours == 0 and any(name.startswith("quic.") for name in found.row or {})


def is_undetermined(found: Difference) -> bool:
    """True where Suricata logged before it knew the version."""
    return bool(found.theirs == "UNDETERMINED")


def always(found: Difference) -> bool:
    """True."""
    return True


EVE_REASONS = (
    Reason("Suricata does not look for TLS in this protocol", (PRESENCE,), is_not_read),
    Reason("Suricata logs a handshake once it is complete", (PRESENCE,), is_unfinished),
    Reason("Suricata logs each hello of QUIC, and those behind a Retry again", (PRESENCE,), is_another_event),
    Reason("Suricata logged before it had seen the ServerHello", ("tls.version",), is_undetermined),
    Reason("Suricata's community_id was made with another seed", ("community_id",), always),
)
