"""Differences for which tshark 4 has a reason that is not ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .record import PRESENCE, Difference, Reason
from .tshark_fields import NO_TEXT

UNSHOWN = re.compile(rf"(?:{NO_TEXT}|\\x[89a-f][0-9a-f])+")  # tshark's marks, and octets as the frame spells them
ZEROS = ("\0", "\\x00")  # as it spells them in a host name, and in a protocol of ALPN


def ours(**wanted: Any) -> Callable[[Difference], bool]:
    """True where our connection has these values in these columns."""
    return lambda found: found.row is not None and all(found.row[name] == value for name, value in wanted.items())


def has_suite(*parts: str) -> Callable[[Difference], bool]:
    """True where our connection's suite has one of these parts in its name."""
    return lambda found: any(part in str((found.row or {}).get("cipher_suite_name")) for part in parts)


def is_cut_short(found: Difference) -> bool:
    """True where tshark shows nothing of a message of which octets are missing."""
    row = found.row
    return (
        row is not None and not found.theirs and bool(row["gap"] or row["truncated"] or row["failure"] == "capture_end")
    )


def is_cut_hello(found: Difference) -> bool:
    """True where packets were cut by the capture length, or tshark misses a hello that has a hole."""
    row = found.row
    return row is not None and bool(row["truncated"] or (row["gap"] and found.ours > found.theirs))


def is_cut_datagram(found: Difference) -> bool:
    """True where a datagram of DTLS was cut by the capture length, and tshark shows less of its message, or later."""
    row = found.row
    return (
        row is not None
        and row["protocol"] == "dtls"
        and bool(row["truncated"])
        and (not found.theirs or found.field == "certificate_packet")
    )


def breaks_off(found: Difference) -> bool:
    """True where an extension of the ClientHello breaks off."""
    return found.row is not None and dict(found.row["unknown_reasons"]).get("server_name") == "malformed"


def is_several_quic(found: Difference) -> bool:
    """True where we tell more QUIC connections apart than tshark does between the same ports."""
    return found.row is not None and found.row["protocol"] == "quic" and found.ours > found.theirs > 0


def ends_before_its_record(found: Difference) -> bool:
    """True where a message of the server's flight in the clear is whole, here, in a packet before tshark's."""
    row = found.row
    if row is None or row["transport"] != "tcp" or not found.ours or not found.theirs:
        return False
    shown = row["certificate_packet"]
    return shown is not None and bool(found.ours <= shown <= found.theirs and found.ours < found.theirs)


def is_encrypted(found: Difference) -> bool:
    """True where the certificates that tshark shows are encrypted here."""
    row = found.row
    return row is not None and not found.ours and dict(row["unknown_reasons"]).get("certificate_sha256s") == "encrypted"


def is_raw_key(found: Difference) -> bool:
    """True where tshark shows a certificate, and a raw public key stands in its place (RFC 7250)."""
    row = found.row
    if row is None or found.ours or row["certificate_packet"] is None:
        return False
    return dict(row["unknown_reasons"]).get("certificate_sha256s") == "not_applicable"


def is_no_text(found: Difference) -> bool:
    """True where tshark agrees in the text that it shows: a mark stands for others, and a zero octet ends it."""
    ours, theirs = ([each] if isinstance(each, str) else each for each in (found.ours, found.theirs))
    if not ours or not theirs or len(ours) != len(theirs):
        return False
    return all(map(is_shown_so, ours, theirs))


def is_shown_so(ours: str, theirs: str) -> bool:
    """True where tshark shows a text so: with marks for the octets that are no text, up to the first zero octet."""
    whole, shown = (UNSHOWN.sub(NO_TEXT, text) for text in (ours, theirs))
    return whole == shown or any(whole.startswith(shown + zero) for zero in ZEROS)


TSHARK_REASONS = (
    Reason(
        "tshark does not know the key exchange of these suites and leaves the message closed",
        ("group", "dh_prime_bits", "server_signature_algorithm"),
        has_suite("_PSK_WITH_", "_ARIA_"),
    ),
    Reason(
        "tshark shows a message in the packet that completes its record, this program in the one that completes it",
        ("server_hello_packet", "certificate_packet"),
        ends_before_its_record,
    ),
    Reason(
        "tshark decrypts with the secrets that the capture holds, this program decrypts no TLS",
        ("certificate_sha256s", "certificate_packet"),
        is_encrypted,
    ),
    Reason("tshark shows a raw public key as a certificate", ("certificate_sha256s",), is_raw_key),
    Reason(
        "tshark does not show octets that are no text, nor what stands behind a zero octet",
        ("server_name", "alpn_offered", "alpn"),
        is_no_text,
    ),
    Reason("tshark looks for SSL 2.0 on the ports of TLS only", (PRESENCE,), ours(protocol="ssl2")),
    Reason(
        "tshark does not show the certificate of an SSL 2.0 ServerHello",
        ("certificate_sha256s",),
        ours(protocol="ssl2"),
    ),
    Reason(
        "tshark leaves a message of the server's closed of which the capture lacks octets, and those behind the hole",
        ("certificate_sha256s", "group", "dh_prime_bits", "server_signature_algorithm"),
        is_cut_short,
    ),
    Reason("tshark leaves a message of DTLS closed that the capture length cuts", (), is_cut_datagram),
    Reason("tshark leaves a hello closed of which the capture holds only the beginning", (PRESENCE,), is_cut_hello),
    Reason(
        "tshark stops at the extension that breaks off, and makes no JA3",
        ("client_extensions", "ja3", "ja3_string"),
        breaks_off,
    ),
    Reason("tshark takes all QUIC between two ports for one connection", (PRESENCE,), is_several_quic),
    Reason(
        "tshark does not put the TLS of OpenVPN's control packets together, nor find it behind an HMAC of SHA-256",
        (PRESENCE, "group", "server_signature_algorithm", "certificate_sha256s"),
        ours(starttls_protocol="openvpn"),
    ),
    Reason(
        "a client that says something else behind a Retry is answered by its second hello; tshark shows the first",
        ("client_hello_packet", "client_random"),
        ours(quic_retry=True),
    ),
    Reason(
        "TLS in EAP over a LAN has no IP addresses, by which connections are matched",
        (PRESENCE,),
        ours(transport="eapol"),
    ),
)
