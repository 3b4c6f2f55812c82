"""An inspection as Suricata's EVE: an event of type tls or quic per connection, as JSON Lines.

Goes in: an Inspection. Comes out: events, in the order in which the connections started. The fields are those that
Suricata 8 logs with every field of eve-log's `tls` switched on but `certificate` and `chain`. An event has the time and
the number of the packet that completes the first message; Suricata's has those of the one that made it log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..registry import extension_name
from ..statistics.wording import located
from ..tables.starts import start_of
from .distinguished import colons, common_order, serial_octets
from .identity import flow_id
from .rows import MessageTimes, Row, certificates_by_hash, iter_tls, leaf_of, without_nothing

if TYPE_CHECKING:
    from ..inspection import Inspection

CERTIFICATE = ("sha1", "serial", "subject", "issuer", "not_before", "not_after", "san_dns")
COLUMNS = (
    "connection_id", "capture", "later_captures", "later_packets", "community_id", "time_start", "client_ip",
    "client_port", "server_ip", "server_port", "transport", "vlans", "client_hello_packet", "server_hello_packet",
    "starttls_protocol", "server_name", "version",
    "version_name", "client_legacy_version", "server_legacy_version", "cipher_suites", "cipher_suite",
    "client_extensions", "server_extensions", "signature_algorithms", "alpn_offered", "alpn", "resumed",
    "quic_version_name", "ja3", "ja3_string", "ja3s", "ja3s_string", "ja4", "certificate_sha256s",
    "client_certificate_sha256s",
)  # fmt: skip

VERSIONS = {0x0002: "SSLv2", 0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
UNDETERMINED = "UNDETERMINED"
NAMED_EXTENSIONS = {16: "alpn", 23: "extended_master_secret"}
"""Extensions that Suricata calls otherwise than IANA."""


def iter_eve(inspection: Inspection) -> Iterator[dict[str, Any]]:
    """The events, ready for JSON."""
    certificates = certificates_by_hash(inspection, CERTIFICATE)
    times = MessageTimes(inspection)
    for row in iter_tls(inspection, COLUMNS):
        if row["client_hello_packet"] is None and row["server_hello_packet"] is None:
            continue
        kind = "quic" if row["protocol"] in ("quic", "gquic") else "tls"
        event = header(row, kind, times.first(row))
        event[kind] = without_nothing(quic_part(row) if kind == "quic" else tls_part(row, certificates))
        yield event


def header(row: Row, kind: str, time: int) -> dict[str, Any]:
    """What every event begins with."""
    packet, capture = located(row["client_hello_packet"] or row["server_hello_packet"], start_of(row))
    return without_nothing(
        {
            "timestamp": timestamp(time),
            "flow_id": flow_id(row["connection_id"]),
            "pcap_cnt": packet,
            "event_type": kind,
            "vlan": row["vlans"] or None,
            "src_ip": row["client_ip"],
            "src_port": row["client_port"],
            "dest_ip": row["server_ip"],
            "dest_port": row["server_port"],
            "proto": row["transport"].upper(),
            "community_id": row["community_id"],
            "pcap_filename": capture,
        }
    )


def tls_part(row: Row, certificates: dict[str, Row]) -> dict[str, Any]:
    """The object `tls`."""
    return {
        **certificate_part(row["certificate_sha256s"], certificates),
        "session_resumed": True if row["resumed"] else None,
        "sni": row["server_name"],
        "version": version_text(row["version"]),
        "from_proto": row["starttls_protocol"],
        "ja3": fingerprint(row["ja3"], row["ja3_string"]),
        "ja3s": fingerprint(row["ja3s"], row["ja3s_string"]),
        "ja4": row["ja4"],
        "client_alpns": row["alpn_offered"],
        "server_alpns": None if row["alpn"] is None else [row["alpn"]],
        "client_handshake": client_handshake(row),
        "server_handshake": server_handshake(row),
        "client": without_nothing(certificate_part(row["client_certificate_sha256s"], certificates)) or None,
    }


def client_handshake(row: Row) -> dict[str, Any] | None:
    """What the client offered."""
    if row["client_hello_packet"] is None:
        return None
    return without_nothing(
        {
            "version": version_text(row["client_legacy_version"]),
            "ciphers": row["cipher_suites"],
            "exts": row["client_extensions"],
            "sig_algs": row["signature_algorithms"],
        }
    )


def server_handshake(row: Row) -> dict[str, Any] | None:
    """What the server chose."""
    if row["server_hello_packet"] is None:
        return None
    return without_nothing(
        {
            "version": version_text(row["server_legacy_version"]),
            "cipher": row["cipher_suite"],
            "exts": row["server_extensions"],
        }
    )


def certificate_part(chain: list[str] | None, certificates: dict[str, Row]) -> dict[str, Any]:
    """The fields of a chain's leaf."""
    leaf = leaf_of(chain, certificates)
    if leaf is None:
        return {}
    return {
        "subject": name_text(leaf["subject"]),
        "issuerdn": name_text(leaf["issuer"]),
        "subjectaltname": leaf["san_dns"] or None,
        "serial": colons(serial_octets(leaf["serial"])),
        "fingerprint": colons(leaf["sha1"]),
        "notbefore": moment(leaf["not_before"]),
        "notafter": moment(leaf["not_after"]),
    }


def quic_part(row: Row) -> dict[str, Any]:
    """The object `quic`."""
    offered = row["client_extensions"]
    values = {0: row["server_name"] and [row["server_name"]], 16: row["alpn_offered"]}
    return {
        "version": None if row["quic_version_name"] is None else row["quic_version_name"].replace(" ", "-"),
        "sni": row["server_name"],
        "ja3": fingerprint(row["ja3"], row["ja3_string"]),
        "ja3s": fingerprint(row["ja3s"], row["ja3s_string"]),
        "ja4": row["ja4"],
        "extensions": None if offered is None else [extension(type_, values.get(type_)) for type_ in offered],
    }


def extension(type_: int, values: list[str] | None) -> dict[str, Any]:
    """An extension of a QUIC hello."""
    name = NAMED_EXTENSIONS.get(type_) or extension_name(type_)
    return without_nothing({"name": name, "type": type_, "values": values or None})


def fingerprint(digest: str | None, text: str | None) -> dict[str, str] | None:
    """A fingerprint, and what it is the hash of."""
    return None if digest is None or text is None else {"hash": digest, "string": text}


def version_text(version: int | None) -> str:
    """A version as Suricata spells it."""
    if version is None:
        return UNDETERMINED
    if version >> 8 == 0x7F:
        return f"TLS 1.3 draft-{version & 0xFF}"
    return VERSIONS.get(version) or f"0x{version:04x}"


def timestamp(time: int) -> str:
    """A time as Suricata writes it, microseconds and offset included."""
    return f"{moment(time)}.{time % 1_000_000_000 // 1000:06d}+0000"


def name_text(name: str | None) -> str | None:
    """A distinguished name as Suricata spells it."""
    return None if name is None else common_order(name).replace("emailAddress=", "Email=")


def moment(time: int | None) -> str | None:
    """A certificate's date."""
    return None if time is None else f"{datetime.fromtimestamp(time // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%S}"
