"""ssl.log: a row per connection whose TLS said anything.

Goes in: an Inspection. Comes out: rows by field name. The fields are those of Zeek's base script, then those of its
policy script ssl-log-ext, then what packages of others add: fingerprints, the Community ID.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..identity import zeek_uid
from ..rows import MessageTimes, Row, certificates_by_hash, iter_tls
from .field import Field
from .names import alert_text, cipher_text, curve_text, name_text, version_text

if TYPE_CHECKING:
    from ...inspection import Inspection

ENDS = (
    Field("ts", "time"),
    Field("uid", "string"),
    Field("id.orig_h", "addr"),
    Field("id.orig_p", "port"),
    Field("id.resp_h", "addr"),
    Field("id.resp_p", "port"),
)

BASE = (
    Field("version", "string"),
    Field("cipher", "string"),
    Field("curve", "string"),
    Field("server_name", "string"),
    Field("resumed", "bool"),
    Field("last_alert", "string"),
    Field("next_protocol", "string"),
    Field("established", "bool"),
    Field("ssl_history", "string"),
    Field("cert_chain_fps", "vector[string]"),
    Field("client_cert_chain_fps", "vector[string]"),
    Field("subject", "string"),
    Field("issuer", "string"),
    Field("client_subject", "string"),
    Field("client_issuer", "string"),
    Field("sni_matches_cert", "bool"),
)

EXTENDED = (
    Field("server_version", "count"),
    Field("client_version", "count"),
    Field("client_ciphers", "vector[count]"),
    Field("ssl_client_exts", "vector[count]"),
    Field("ssl_server_exts", "vector[count]"),
    Field("ticket_lifetime_hint", "count"),
    Field("dh_param_size", "count"),
    Field("point_formats", "vector[count]"),
    Field("client_curves", "vector[count]"),
    Field("orig_alpn", "vector[string]"),
    Field("client_supported_versions", "vector[count]"),
    Field("server_supported_version", "count"),
    Field("psk_key_exchange_modes", "vector[count]"),
    Field("client_key_share_groups", "vector[count]"),
    Field("server_key_share_group", "count"),
    Field("client_comp_methods", "vector[count]"),
    Field("sigalgs", "vector[count]"),
    Field("hashalgs", "vector[count]"),
)

ADDED = (
    Field("ja3", "string"),
    Field("ja3s", "string"),
    Field("ja4", "string"),
    Field("community_id", "string"),
)

FIELDS = (*ENDS, *BASE, *EXTENDED, *ADDED)

SAME_LISTS = {
    "client_ciphers": "cipher_suites",
    "ssl_client_exts": "client_extensions",
    "ssl_server_exts": "server_extensions",
    "ticket_lifetime_hint": "ticket_lifetime_hint",
    "dh_param_size": "dh_prime_bits",
    "point_formats": "ec_point_formats",
    "client_curves": "supported_groups",
    "orig_alpn": "alpn_offered",
    "client_supported_versions": "supported_versions",
    "psk_key_exchange_modes": "psk_key_exchange_modes",
    "client_key_share_groups": "key_share_groups",
    "client_comp_methods": "compression_methods",
    "client_version": "client_legacy_version",
    "server_version": "server_legacy_version",
    "server_name": "server_name",
    "next_protocol": "alpn",
    "sni_matches_cert": "name_matches",
    "ja3": "ja3",
    "ja3s": "ja3s",
    "ja4": "ja4",
    "community_id": "community_id",
}
"""Fields whose value is that of a column."""

COLUMNS = (
    "connection_id", "time_start", "client_ip", "client_port", "server_ip", "server_port", "version", "cipher_suite",
    "group", "key_exchange", "resumed", "last_alert", "established", "handshake_history", "certificate_sha256s",
    "client_certificate_sha256s", "signature_algorithms", *SAME_LISTS.values(),
)  # fmt: skip

FIRST_WITH_SHARES = 0x0304  # TLS 1.3; its groups stand in key shares


def build_ssl(inspection: Inspection, times: MessageTimes) -> Iterator[Row]:
    """The rows, in the order in which the connections started."""
    names = certificates_by_hash(inspection, ("subject", "issuer"))
    for row in iter_tls(inspection, COLUMNS):
        if row["handshake_history"]:
            yield ssl_row(row, names, times)


def end_fields(row: Row, time: int) -> Row:
    """The fields with which a row of every log of connections begins."""
    return {
        "ts": time,
        "uid": zeek_uid(row["connection_id"]),
        "id.orig_h": row["client_ip"],
        "id.orig_p": row["client_port"],
        "id.resp_h": row["server_ip"],
        "id.resp_p": row["server_port"],
    }


def ssl_row(row: Row, names: dict[str, Row], times: MessageTimes) -> Row:
    """A connection as a row."""
    made = end_fields(row, times.first(row))
    made |= {field: row[column] for field, column in SAME_LISTS.items()}
    made |= {
        "version": version_text(row["version"]),
        "cipher": cipher_text(row["cipher_suite"]),
        "curve": curve_text(row["group"]) if has_curve(row) else None,
        "resumed": bool(row["resumed"]),
        "last_alert": alert_text(row["last_alert"]),
        "established": bool(row["established"]),
        "ssl_history": row["handshake_history"],
    }
    made |= chain_fields(row, names)
    made |= signature_fields(row["signature_algorithms"])
    if row["version"] is not None and has_shares(row["version"]):
        made["server_supported_version"] = row["version"]
        made["server_key_share_group"] = row["group"]
    return made


def has_shares(version: int) -> bool:
    """True for TLS 1.3, its drafts, and DTLS 1.3."""
    return version == FIRST_WITH_SHARES or version >> 8 == 0x7F or version == 0xFEFC


def has_curve(row: Row) -> bool:
    """True where Zeek names a group: not for finite-field groups of a ServerKeyExchange."""
    return row["version"] is None or has_shares(row["version"]) or row["key_exchange"] != "DHE"


def chain_fields(row: Row, names: dict[str, Row]) -> Row:
    """Both chains and the names of their leaves; both are there as soon as one is."""
    server, client = row["certificate_sha256s"], row["client_certificate_sha256s"]
    if not server and not client:
        return {}
    made: dict[str, Any] = {"cert_chain_fps": server or [], "client_cert_chain_fps": client or []}
    for chain, prefix in ((server, ""), (client, "client_")):
        leaf = names.get(chain[0], {}) if chain else {}
        made[f"{prefix}subject"] = name_text(leaf.get("subject"))
        made[f"{prefix}issuer"] = name_text(leaf.get("issuer"))
    return made


def signature_fields(offered: list[int] | None) -> Row:
    """The halves of the signature schemes, as TLS 1.2 has them: hash above, signature below."""
    if offered is None:
        return {}
    return {"sigalgs": [each & 0xFF for each in offered], "hashalgs": [each >> 8 for each in offered]}
