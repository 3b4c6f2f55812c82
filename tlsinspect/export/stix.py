"""An inspection as a STIX 2.1 bundle: what was observed, for threat intelligence platforms.

Goes in: an Inspection. Comes out: a bundle. A connection is a network-traffic object with the addresses, the name asked
for and the server's certificate beside it, observed-data that binds them together, and relationships; the TLS facts
stand in an extension that the bundle defines. Ids are made from the contents: those of observables as STIX 2.1 section
2.9 says, so that they are the same in every tool's bundle, the others in a namespace of ours; the same capture gives
the same bundle.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from .rows import CARRIERS, Row, certificates_by_hash, iter_tls, leaves, without_nothing

if TYPE_CHECKING:
    from ..inspection import Inspection

OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1 section 2.9
OURS = uuid5(NAMESPACE_URL, "tlsinspect")
LABEL = re.compile("[A-Za-z0-9_-]{1,63}")  # RFC 1035 section 2.3.4, and the underscore of names of services
LONGEST_NAME = 254  # with the dot at its end
CREATED = "2026-01-01T00:00:00.000Z"  # of what every bundle has: who observed, and what the extension is

CERTIFICATE = (
    "sha1",
    "version",
    "serial",
    "subject",
    "issuer",
    "not_before",
    "not_after",
    "signature_algorithm",
    "self_signed",
)
FACTS = (
    "version_name", "cipher_suite_name", "group_name", "server_name", "alpn", "established", "resumed", "ja3", "ja3s",
    "ja4", "community_id", "starttls_protocol",
)  # fmt: skip
COLUMNS = (
    "connection_id", "time_start", "time_end", "client_ip", "client_port", "server_ip", "server_port", "transport",
    "client_bytes", "server_bytes", "client_packets", "server_packets", "certificate_sha256s",
    "client_certificate_sha256s", *FACTS,
)  # fmt: skip

Object = dict[str, Any]


def build_stix(inspection: Inspection) -> Object:
    """The bundle, ready for JSON; each object stands in it once."""
    certificates = certificates_by_hash(inspection, CERTIFICATE)
    identity = with_own_id("identity", {"name": "tlsinspect", "identity_class": "system"}, CREATED, "")
    definition = extension_definition(identity["id"])
    objects: dict[str, Object] = {each["id"]: each for each in (identity, definition)}
    for row in iter_tls(inspection, COLUMNS):
        for each in connection_objects(row, certificates, identity["id"], definition["id"]):
            objects.setdefault(each["id"], each)
    content = " ".join(objects)
    return {"type": "bundle", "id": f"bundle--{uuid5(OURS, content)}", "objects": list(objects.values())}


def connection_objects(row: Row, certificates: dict[str, Row], identity: str, definition: str) -> list[Object]:
    """A connection's observables, its observed-data and its relationships."""
    ends = [address(row[f"{side}_ip"]) for side in ("client", "server")]
    traffic = traffic_of(row, ends, definition)
    beside = [*named(row["server_name"]), *(certificate(certificates[each]) for each in leaves(row))]
    seen = [*ends, traffic, *beside]
    start, end = span_of(row)
    observed = {
        "first_observed": start,
        "last_observed": end,
        "number_observed": 1,
        "object_refs": list(dict.fromkeys(each["id"] for each in seen)),
    }
    told = [with_own_id("observed-data", observed, start, identity)]
    for each in beside:
        related = {"relationship_type": "related-to", "source_ref": traffic["id"], "target_ref": each["id"]}
        told.append(with_own_id("relationship", related, start, identity))
    return [*seen, *told]


def span_of(row: Row) -> tuple[str | None, str | None]:
    """When a connection began and ended, in order: STIX refuses an end before its start (section 6.12.1)."""
    first, last = sorted((row["time_start"], row["time_end"]))
    return moment(first), moment(last)


def named(name: str | None) -> list[Object]:
    """The name that was asked for, as an object; none where it is no domain name (section 6.4.1)."""
    return [observable("domain-name", {"value": name}, ("value",))] if is_domain_name(name or "") else []


def is_domain_name(name: str) -> bool:
    """Whether a name could be one of DNS, by its characters and lengths; its last label is no number (RFC 3696)."""
    labels = name.removesuffix(".").split(".")
    fits = len(name) <= LONGEST_NAME and not labels[-1].isdecimal()
    return fits and all(LABEL.fullmatch(each) for each in labels)


def address(ip: str) -> Object:
    """An address."""
    return observable("ipv6-addr" if ":" in ip else "ipv4-addr", {"value": ip}, ("value",))


def traffic_of(row: Row, ends: list[Object], definition: str) -> Object:
    """A connection's packets, with what its TLS said in the extension."""
    ip = "ipv6" if ":" in row["client_ip"] else "ipv4"
    protocol = CARRIERS.get(row["protocol"], "tls")
    facts = without_nothing({name: row[name] for name in FACTS})
    start, end = span_of(row)
    made = {
        "start": start,
        "end": end,
        "is_active": False,
        "src_ref": ends[0]["id"],
        "dst_ref": ends[1]["id"],
        "src_port": row["client_port"],
        "dst_port": row["server_port"],
        "protocols": [ip, row["transport"], protocol],
        "src_byte_count": row["client_bytes"],
        "dst_byte_count": row["server_bytes"],
        "src_packets": row["client_packets"],
        "dst_packets": row["server_packets"],
        "extensions": {definition: {"extension_type": "property-extension", **facts}},
    }
    contributing = ("start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions")
    return observable("network-traffic", without_nothing(made), contributing)


def certificate(found: Row) -> Object:
    """A certificate; of its hashes the first counts for the id."""
    made = {
        "hashes": {"SHA-1": found["sha1"], "SHA-256": found["sha256"]},
        "is_self_signed": found["self_signed"],
        "version": None if found["version"] is None else str(found["version"]),
        "serial_number": found["serial"],
        "signature_algorithm": found["signature_algorithm"],
        "issuer": found["issuer"],
        "subject": found["subject"],
        "validity_not_before": moment(found["not_before"]),
        "validity_not_after": moment(found["not_after"]),
    }
    kept = without_nothing(made)
    contributing = {"hashes": {"SHA-1": found["sha1"]}, "serial_number": kept.get("serial_number")}
    return {
        "type": "x509-certificate",
        "spec_version": "2.1",
        "id": observable_id("x509-certificate", contributing),
        **kept,
    }


def observable(type_: str, properties: Object, contributing: tuple[str, ...]) -> Object:
    """An observable, with the id that its contributing properties make."""
    chosen = {name: properties.get(name) for name in contributing}
    return {"type": type_, "spec_version": "2.1", "id": observable_id(type_, chosen), **properties}


def observable_id(type_: str, contributing: Object) -> str:
    """UUIDv5 of the contributing properties in canonical JSON (RFC 8785)."""
    return f"{type_}--{uuid5(OBSERVABLES, canonical(without_nothing(contributing)))}"


def canonical(value: Object) -> str:
    """JSON by RFC 8785, of objects whose keys are ASCII and whose numbers are whole."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def with_own_id(type_: str, properties: Object, created: str | None, creator: str) -> Object:
    """An object of STIX's own kinds; it is the same as long as its properties are."""
    head = {"type": type_, "spec_version": "2.1", "id": f"{type_}--{uuid5(OURS, canonical(properties))}"}
    by = {"created_by_ref": creator} if creator else {}
    return {**head, **by, "created": created, "modified": created, **properties}


def extension_definition(identity: str) -> Object:
    """What the extension of network-traffic is."""
    properties = {
        "name": "TLS facts of a connection",
        "description": "Properties have the names and meanings of the columns of the connections frame of tlsinspect.",
        "schema": "https://pypi.org/project/tlsinspect/",
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
    return with_own_id("extension-definition", properties, CREATED, identity)


def moment(time: int | None) -> str | None:
    """A time as STIX has it, to the microsecond, without zeros at its end beyond the millisecond."""
    if time is None:
        return None
    digits = f"{time % 1_000_000_000 // 1000:06d}"
    kept = digits[:3] + digits[3:].rstrip("0")
    return f"{datetime.fromtimestamp(time // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{kept}Z"
