"""An inspection as a MISP event: connections, certificates and fingerprints as objects of MISP's own templates.

Goes in: an Inspection. Comes out: an event, ready for JSON, whose objects are made one by one. It states what was
observed, so that no attribute is marked for detection (`to_ids`) and nothing is published: the person who imports it
decides. Ids are made from the contents, so that importing an event twice changes nothing; those of objects from the
event's too, as MISP takes each id in one event only, and the same certificate may be in several. JA4 is left out: MISP
has no type of its own for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from .rows import Row, certificates_by_hash, iter_tls, leaves

if TYPE_CHECKING:
    from ..inspection import Inspection

OURS = uuid5(NAMESPACE_URL, "tlsinspect misp")
UNDEFINED_THREAT, COMPLETED, THIS_ORGANISATION, INHERIT = "4", "2", "0", "5"

CERTIFICATE = (
    "sha1", "version", "serial", "subject", "issuer", "subject_common_name", "not_before", "not_after", "key_type",
    "key_bits", "exponent", "signature_algorithm", "san_dns", "is_ca", "self_signed", "pem",
)  # fmt: skip
COLUMNS = (
    "connection_id", "community_id", "time_start", "time_end", "client_ip", "client_port", "server_ip", "server_port",
    "transport", "server_name", "client_bytes", "server_bytes", "client_packets", "server_packets", "ja3", "ja3s",
    "certificate_sha256s", "client_certificate_sha256s",
)  # fmt: skip

Object = dict[str, Any]
Fingerprint = tuple[str, str | None]


class Template(NamedTuple):
    """One of MISP's object templates, and the types of those of its attributes that are written."""

    name: str
    uuid: str
    version: str
    types: dict[str, str]


CONNECTION = Template(
    "network-connection",
    "af16764b-f8e5-4603-9de1-de34d272f80b",
    "7",
    {
        "community-id": "community-id", "first-packet-seen": "datetime", "last-packet-seen": "datetime",
        "hostname-dst": "hostname", "ip-src": "ip-src", "ip-dst": "ip-dst", "src-port": "port", "dst-port": "port",
        "layer3-protocol": "text", "layer4-protocol": "text", "layer7-protocol": "text",
        "src-bytes-count": "size-in-bytes", "dst-bytes-count": "size-in-bytes", "src-packets-count": "counter",
        "dst-packets-count": "counter",
    },
)  # fmt: skip
X509 = Template(
    "x509",
    "d1ab756a-26b5-4349-9f43-765630f0911c",
    "14",
    {
        "x509-fingerprint-sha1": "x509-fingerprint-sha1", "x509-fingerprint-sha256": "x509-fingerprint-sha256",
        "version": "text", "serial-number": "text", "subject": "text", "issuer": "text", "subject-common-name": "text",
        "validity-not-before": "datetime", "validity-not-after": "datetime", "pubkey-info-algorithm": "text",
        "pubkey-info-size": "text", "pubkey-info-exponent": "text", "signature_algorithm": "text",
        "dns_names": "hostname", "is_ca": "boolean", "self_signed": "boolean", "pem": "text",
    },
)  # fmt: skip
JA3 = Template(
    "ja3",
    "09b45449-5d6e-492c-a68a-cb2e188cbfac",
    "4",
    {
        "ja3-fingerprint-md5": "ja3-fingerprint-md5",
        "ip-src": "ip-src",
        "first-seen": "datetime",
        "last-seen": "datetime",
    },
)
JA3S = Template(
    "ja3s",
    "7f377f66-d128-4b97-897f-592d06ba2ff7",
    "5",
    {
        "ja3-fingerprint-md5": "ja3-fingerprint-md5", "ja3s-fingerprint-md5": "ja3-fingerprint-md5",
        "ip-src": "ip-src", "ip-dst": "ip-dst", "first-seen": "datetime", "last-seen": "datetime",
    },
)  # fmt: skip
HOST_NAME = re.compile(r"[A-Za-z0-9._-]+\.[A-Za-z0-9-]{2,}")
"""What MISP takes for a hostname (isDomainValid of its AttributeValidationTool): it drops an attribute that is none."""
CATEGORIES = {"datetime": "Other", "text": "Other", "boolean": "Other", "size-in-bytes": "Other", "counter": "Other"}
"""MISP's category of an attribute by its type; the others are network activity."""


def build_misp(inspection: Inspection) -> Object:
    """The event; its objects are an iterator."""
    rows = list(iter_tls(inspection, COLUMNS))
    event = uuid_of("event", *(row["connection_id"] for row in rows))
    names = ", ".join(str(name) for name in inspection.arrow("captures")["capture"].to_pylist())
    first = min((row["time_start"] for row in rows), default=0)
    last = max((row["time_end"] for row in rows), default=0)
    return {
        "Event": {
            "uuid": event,
            "info": f"TLS connections in {names}",
            "date": f"{datetime.fromtimestamp(first // 1_000_000_000, UTC):%Y-%m-%d}",
            "timestamp": str(last // 1_000_000_000),
            "published": False,
            "analysis": COMPLETED,
            "threat_level_id": UNDEFINED_THREAT,
            "distribution": THIS_ORGANISATION,
            "Attribute": [],
            "Object": iter_objects(event, rows, certificates_by_hash(inspection, CERTIFICATE)),
        }
    }


def iter_objects(event: str, rows: list[Row], certificates: dict[str, Row]) -> Iterator[Object]:
    """The connections, and every certificate and fingerprint once, to which they refer."""
    carried: dict[str, None] = {}
    prints: dict[Fingerprint, list[Row]] = {}
    for row in rows:
        yield connection_object(event, row)
        carried.update(dict.fromkeys(leaves(row)))
        for found in fingerprints_of(row):
            prints.setdefault(found, []).append(row)
    for sha256 in carried:
        yield x509_object(event, certificates[sha256])
    for found, uses in prints.items():
        yield fingerprint_object(event, found, uses)


def connection_object(event: str, row: Row) -> Object:
    """A connection, with references to its certificates and fingerprints."""
    values = [
        ("community-id", row["community_id"]),
        ("first-packet-seen", moment(min(row["time_start"], row["time_end"]))),
        ("last-packet-seen", moment(max(row["time_start"], row["time_end"]))),
        ("hostname-dst", row["server_name"]),
        ("ip-src", row["client_ip"]),
        ("ip-dst", row["server_ip"]),
        ("src-port", row["client_port"]),
        ("dst-port", row["server_port"]),
        ("layer3-protocol", "IPv6" if ":" in row["client_ip"] else "IP"),
        ("layer4-protocol", row["transport"].upper()),
        ("layer7-protocol", {"quic": "QUIC", "gquic": "QUIC", "dtls": "DTLS"}.get(row["protocol"], "TLS")),
        ("src-bytes-count", row["client_bytes"]),
        ("dst-bytes-count", row["server_bytes"]),
        ("src-packets-count", row["client_packets"]),
        ("dst-packets-count", row["server_packets"]),
    ]
    made = object_of(event, CONNECTION, row["connection_id"], values, row["time_end"])
    wanted = [uuid_of(event, X509.name, sha256) for sha256 in leaves(row)]
    wanted += [uuid_of(event, *named(found)) for found in fingerprints_of(row)]
    made["ObjectReference"] = [reference(made["uuid"], each) for each in wanted]
    return made


def x509_object(event: str, found: Row) -> Object:
    """A certificate."""
    values = [
        ("x509-fingerprint-sha1", found["sha1"]),
        ("x509-fingerprint-sha256", found["sha256"]),
        ("version", found["version"]),
        ("serial-number", found["serial"]),
        ("subject", found["subject"]),
        ("issuer", found["issuer"]),
        ("subject-common-name", found["subject_common_name"]),
        ("validity-not-before", moment(found["not_before"])),
        ("validity-not-after", moment(found["not_after"])),
        ("pubkey-info-algorithm", found["key_type"]),
        ("pubkey-info-size", found["key_bits"]),
        ("pubkey-info-exponent", found["exponent"]),
        ("signature_algorithm", found["signature_algorithm"]),
        *(("dns_names", name) for name in found["san_dns"] or ()),
        ("is_ca", truth(found["is_ca"])),
        ("self_signed", truth(found["self_signed"])),
        ("pem", found["pem"]),
    ]
    return object_of(event, X509, found["sha256"], values, found["not_before"] or 0)


def fingerprints_of(row: Row) -> list[Fingerprint]:
    """The fingerprints of a connection: its JA3, and its JA3 with its JA3S."""
    ja3, ja3s = row["ja3"], row["ja3s"]
    return [(ja3, each) for each in dict.fromkeys((None, ja3s))] if ja3 else []


def fingerprint_object(event: str, found: Fingerprint, rows: list[Row]) -> Object:
    """A fingerprint, where and when it was seen."""
    ja3, ja3s = found
    _, key = named(found)
    last = max(row["time_end"] for row in rows)
    if ja3s is None:
        return object_of(event, JA3, key, [("ja3-fingerprint-md5", ja3), *seen(rows, "ip-src", "client_ip")], last)
    both = [("ja3-fingerprint-md5", ja3), ("ja3s-fingerprint-md5", ja3s)]
    return object_of(event, JA3S, key, [*both, *seen(rows, "ip-dst", "server_ip")], last)


def named(found: Fingerprint) -> tuple[str, str]:
    """The template of a fingerprint's object, and what tells it from others of that template."""
    ja3, ja3s = found
    return (JA3.name, ja3) if ja3s is None else (JA3S.name, f"{ja3} {ja3s}")


def seen(rows: list[Row], relation: str, column: str) -> Iterator[tuple[str, Any]]:
    """Where a fingerprint was seen, and when."""
    for address in dict.fromkeys(row[column] for row in rows):
        yield relation, address
    yield "first-seen", moment(min(row["time_start"] for row in rows))
    yield "last-seen", moment(max(row["time_start"] for row in rows))


def object_of(event: str, template: Template, key: str, values: Iterable[tuple[str, Any]], time: int) -> Object:
    """An object by a template; values that are missing or empty, which MISP refuses, are left out."""
    seconds = str(max(time, 0) // 1_000_000_000)
    made = uuid_of(event, template.name, key)
    return {
        "uuid": made,
        "name": template.name,
        "meta-category": "network",
        "template_uuid": template.uuid,
        "template_version": template.version,
        "timestamp": seconds,
        "distribution": INHERIT,
        "Attribute": [
            attribute(template, made, relation, str(value), seconds)
            for relation, value in values
            if value not in (None, "")
        ],
    }


def attribute(template: Template, parent: str, relation: str, value: str, seconds: str) -> Object:
    """An attribute of an object."""
    type_ = template.types[relation]
    if type_ == "hostname" and not HOST_NAME.fullmatch(value):
        type_ = "text"
    return {
        "uuid": uuid_of(parent, relation, value),
        "object_relation": relation,
        "type": type_,
        "category": CATEGORIES.get(type_, "Network activity"),
        "value": value,
        "to_ids": False,
        "timestamp": seconds,
        "distribution": INHERIT,
    }


def reference(source: str, target: str) -> Object:
    """A reference from one object to another."""
    return {
        "uuid": uuid_of(source, target),
        "object_uuid": source,
        "referenced_uuid": target,
        "relationship_type": "related-to",
    }


def uuid_of(*parts: str) -> str:
    """The id of what these parts say."""
    return str(uuid5(OURS, "\0".join(parts)))


def truth(value: bool | None) -> str | None:
    """A truth value as MISP has it."""
    return None if value is None else str(int(value))


def moment(time: int | None) -> str | None:
    """A time in ISO 8601, with microseconds."""
    if time is None:
        return None
    seconds, fraction = divmod(time, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction // 1000:06d}+00:00"
