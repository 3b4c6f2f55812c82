"""An inspection in the Elastic Common Schema: a document per connection with TLS, as JSON Lines.

Goes in: an Inspection. Comes out: documents, in the order in which the connections started. The fields are those of ECS
8: event, network, source, destination, client, server, tls with x509 of either side, related. What ECS has no field for
stands in the object `tlsinspect`, by the names of our columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .. import __version__
from .distinguished import split_name
from .rows import CARRIERS, Row, certificates_by_hash, iter_tls, leaf_of, without_nothing

if TYPE_CHECKING:
    from ..inspection import Inspection

ECS_VERSION = "8.17.0"

CERTIFICATE = (
    "sha1", "version", "serial", "subject", "issuer", "subject_common_name", "san_dns", "san_ip", "san_email",
    "san_uri", "not_before", "not_after", "key_type", "key_bits", "exponent", "curve", "signature_algorithm",
)  # fmt: skip
OWN = (
    "version_name", "group", "key_exchange", "authentication", "forward_secrecy", "post_quantum", "resumption",
    "failure", "failure_cause", "last_alert_name", "handshake_history", "starttls_protocol", "quic_version_name", "ja4",
    "alpn_offered", "client_hello_packet", "server_hello_packet", "certificate_packet",
)  # fmt: skip
COLUMNS = (
    "connection_id", "community_id", "capture", "time_start", "time_end", "client_ip", "client_port", "server_ip",
    "server_port", "transport", "vlans", "client_packets", "server_packets", "client_bytes", "server_bytes",
    "server_name", "cipher_suites", "cipher_suite_name", "group_name", "alpn", "resumed", "established",
    "certificate_sha256s", "client_certificate_sha256s", "ja3", "ja3s", *OWN,
)  # fmt: skip
NAME_PARTS = {
    "CN": "common_name", "C": "country", "L": "locality", "O": "organization", "OU": "organizational_unit",
    "ST": "state_or_province",
}  # fmt: skip


def iter_ecs(inspection: Inspection) -> Iterator[dict[str, Any]]:
    """The documents, ready for JSON."""
    certificates = certificates_by_hash(inspection, CERTIFICATE)
    for row in iter_tls(inspection, COLUMNS):
        yield document(row, certificates)


def document(row: Row, certificates: dict[str, Row]) -> dict[str, Any]:
    """A connection as a document."""
    client, server = side(row, "client"), side(row, "server")
    server_leaf = leaf_of(row["certificate_sha256s"], certificates)
    client_leaf = leaf_of(row["client_certificate_sha256s"], certificates)
    hashes = [leaf["sha256"].upper() for leaf in (server_leaf, client_leaf) if leaf]
    return without_nothing(
        {
            "@timestamp": moment(row["time_start"]),
            "ecs": {"version": ECS_VERSION},
            "event": event(row),
            "observer": {"product": "tlsinspect", "type": "network", "version": __version__},
            "log": {"file": {"path": row["capture"]}},
            "network": network(row),
            "client": client,
            "source": client,
            "server": server,
            "destination": server,
            "tls": tls(row, client_leaf, server_leaf),
            "related": without_nothing(
                {
                    "ip": [ip for ip in (row["client_ip"], row["server_ip"]) if ip],
                    "hash": [each for each in (*hashes, row["ja3"], row["ja3s"]) if each] or None,
                    "hosts": [row["server_name"]] if row["server_name"] else None,
                }
            ),
            "tlsinspect": without_nothing({name: row[name] for name in OWN}),
        }
    )


def event(row: Row) -> dict[str, Any]:
    """The object `event`; without a duration where the recorder's clock was set back."""
    start, end = row["time_start"], row["time_end"]
    return without_nothing(
        {
            "kind": "event",
            "category": ["network"],
            "type": ["connection", "protocol"],
            "dataset": "tlsinspect.connections",
            "module": "tlsinspect",
            "id": row["connection_id"],
            "start": moment(min(start, end)),
            "end": moment(max(start, end)),
            "duration": end - start if end >= start else None,
            "outcome": {True: "success", False: "failure"}.get(row["established"], "unknown"),
        }
    )


def network(row: Row) -> dict[str, Any]:
    """The object `network`."""
    return without_nothing(
        {
            "transport": row["transport"],
            "type": "ipv6" if ":" in row["client_ip"] else "ipv4",
            "protocol": CARRIERS.get(row["protocol"], "tls"),
            "community_id": row["community_id"],
            "bytes": row["client_bytes"] + row["server_bytes"],
            "packets": row["client_packets"] + row["server_packets"],
            "vlan": {"id": str(row["vlans"][0])} if row["vlans"] else None,
        }
    )


def side(row: Row, name: str) -> dict[str, Any]:
    """One end of a connection."""
    return without_nothing(
        {
            "address": row[f"{name}_ip"],
            "ip": row[f"{name}_ip"],
            "port": row[f"{name}_port"],
            "bytes": row[f"{name}_bytes"],
            "packets": row[f"{name}_packets"],
            "domain": row["server_name"] if name == "server" else None,
        }
    )


def tls(row: Row, client_leaf: Row | None, server_leaf: Row | None) -> dict[str, Any]:
    """The object `tls`."""
    protocol, version = version_parts(row["version_name"])
    return without_nothing(
        {
            "version": version,
            "version_protocol": protocol,
            "cipher": row["cipher_suite_name"],
            "curve": row["group_name"],
            "next_protocol": row["alpn"],
            "resumed": row["resumed"],
            "established": row["established"],
            "client": without_nothing(
                {
                    "server_name": row["server_name"],
                    "supported_ciphers": suite_names(row["cipher_suites"]),
                    "ja3": row["ja3"],
                    **certificate_fields(client_leaf),
                }
            )
            or None,
            "server": without_nothing({"ja3s": row["ja3s"], **certificate_fields(server_leaf)}) or None,
        }
    )


def version_parts(name: str | None) -> tuple[str | None, str | None]:
    """Protocol and number of a version: "TLS 1.3 (draft 23)" is tls and 1.3."""
    if name is None or " " not in name:
        return None, None
    protocol, number, *_ = name.split(" ")
    return protocol.lower(), number


def suite_names(suites: list[int] | None) -> list[str] | None:
    """The names of offered suites."""
    from ..registry import cipher_suite_name

    return None if suites is None else [cipher_suite_name(suite) for suite in suites]


def certificate_fields(leaf: Row | None) -> dict[str, Any]:
    """What `tls.client` and `tls.server` say of a certificate, hashes in capitals."""
    if leaf is None:
        return {}
    return {
        "hash": {"sha1": leaf["sha1"].upper(), "sha256": leaf["sha256"].upper()},
        "subject": leaf["subject"],
        "issuer": leaf["issuer"],
        "not_before": moment(leaf["not_before"]),
        "not_after": moment(leaf["not_after"]),
        "x509": x509(leaf),
    }


def x509(leaf: Row) -> dict[str, Any]:
    """The object `x509`."""
    names = [name for column in ("san_dns", "san_ip", "san_email", "san_uri") for name in leaf[column] or ()]
    return without_nothing(
        {
            "alternative_names": names or None,
            "issuer": distinguished(leaf["issuer"]),
            "subject": distinguished(leaf["subject"]),
            "not_before": moment(leaf["not_before"]),
            "not_after": moment(leaf["not_after"]),
            "public_key_algorithm": leaf["key_type"],
            "public_key_size": leaf["key_bits"],
            "public_key_curve": leaf["curve"],
            "public_key_exponent": exponent(leaf["exponent"]),
            "serial_number": None if leaf["serial"] is None else leaf["serial"].upper(),
            "signature_algorithm": leaf["signature_algorithm"],
            "version_number": None if leaf["version"] is None else str(leaf["version"]),
        }
    )


def exponent(text: str | None) -> int | None:
    """An exponent as a number, where it fits ECS's 64 bits."""
    return int(text) if text is not None and len(text) < 19 else None


def distinguished(name: str | None) -> dict[str, Any] | None:
    """A distinguished name and its parts; a part that is there several times is a list."""
    if name is None:
        return None
    found: dict[str, Any] = {"distinguished_name": name}
    for part in split_name(name):
        kind, _, value = part.partition("=")
        if kind in NAME_PARTS:
            found.setdefault(NAME_PARTS[kind], []).append(value)
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in found.items()}


def moment(time: int | None) -> str | None:
    """A time in ISO 8601, with nanoseconds."""
    if time is None:
        return None
    return f"{datetime.fromtimestamp(time // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{time % 1_000_000_000:09d}Z"
