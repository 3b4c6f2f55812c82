"""The Elastic Common Schema: fields by its names, in its spelling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from command_line import run
from samples import CAPTURES, inspect

from tlsinspect.export.ecs import distinguished, version_parts

SAMPLE = "handshakes/client-certificate-tls12.pcap"
SIDE = {"address", "ip", "port", "bytes", "packets", "domain"}
NAME = {
    "distinguished_name", "common_name", "country", "locality", "organization", "organizational_unit",
    "state_or_province",
}  # fmt: skip
X509 = {
    "alternative_names", "not_before", "not_after", "public_key_algorithm", "public_key_size", "public_key_curve",
    "public_key_exponent", "serial_number", "signature_algorithm", "version_number",
    *(f"{who}.{part}" for who in ("issuer", "subject") for part in NAME),
}  # fmt: skip
TLS = {
    "version", "version_protocol", "cipher", "curve", "next_protocol", "resumed", "established", "client.server_name",
    "client.supported_ciphers", "client.ja3", "server.ja3s",
    *(
        f"{side}.{field}"
        for side in ("client", "server")
        for field in ("hash.sha1", "hash.sha256", "subject", "issuer", "not_before", "not_after")
    ),
    *(f"{side}.x509.{field}" for side in ("client", "server") for field in X509),
}  # fmt: skip
ECS_8 = {
    "@timestamp", "ecs.version", "log.file.path", "observer.product", "observer.type", "observer.version",
    *(
        f"event.{field}"
        for field in (
            "kind", "category", "type", "dataset", "module", "id", "start", "end", "duration", "outcome",
        )
    ),
    *(
        f"network.{field}"
        for field in ("transport", "type", "protocol", "community_id", "bytes", "packets", "vlan.id")
    ),
    *(f"{who}.{field}" for who in ("client", "server", "source", "destination") for field in SIDE),
    *(f"tls.{field}" for field in TLS),
    "related.ip", "related.hash", "related.hosts",
}  # fmt: skip
"""Fields of ECS 8 that may stand in a document, from its field reference."""


def paths(value: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        if isinstance(inner, dict):
            yield from paths(inner, here)
        else:
            yield here


def test_a_document_has_fields_of_the_schema_and_our_own_apart() -> None:
    result = run(
        "export",
        *(CAPTURES / "handshakes" / name for name in ("quic-v2.pcap", "ipv6.pcap")),
        CAPTURES / SAMPLE,
        "--format",
        "ecs",
    )
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(documents) == 4
    for document in documents:
        assert {path for path in paths(document) if not path.startswith("tlsinspect.")} <= ECS_8
    assert {document["network"]["protocol"] for document in documents} == {"tls", "quic"}
    assert {document["network"]["type"] for document in documents} == {"ipv4", "ipv6"}


def test_values_are_those_of_the_frames() -> None:
    [document] = [json.loads(line) for line in run("export", CAPTURES / SAMPLE, "--format", "ecs").stdout.splitlines()]
    row = inspect(SAMPLE).connections.iloc[0]
    tls = document["tls"]
    assert (tls["version"], tls["version_protocol"], tls["cipher"]) == ("1.2", "tls", row["cipher_suite_name"])
    assert tls["server"]["hash"]["sha256"] == row["certificate_sha256s"][0].upper()
    assert tls["client"]["x509"]["subject"]["common_name"] == "partner"
    assert document["tlsinspect"]["client_hello_packet"] == row["client_hello_packet"]
    assert document["event"]["id"] == row["connection_id"]


def test_a_certificate_has_the_facts_of_its_row() -> None:
    tls = json.loads(run("export", CAPTURES / SAMPLE, "--format", "ecs").stdout)["tls"]
    rows = inspect(SAMPLE).certificates.set_index("sha256")
    for side, key in (("server", {"public_key_exponent": 65537}), ("client", {"public_key_curve": "secp256r1"})):
        row = rows.loc[tls[side]["hash"]["sha256"].lower()]
        facts = {
            "public_key_algorithm": row["key_type"], "public_key_size": row["key_bits"], "version_number": "3",
            "serial_number": row["serial"].upper(), "signature_algorithm": row["signature_algorithm"], **key,
        }  # fmt: skip
        assert {name: tls[side]["x509"].get(name) for name in facts} == facts


@pytest.mark.parametrize(
    ("sample", "outcome"),
    [
        ("handshakes/tls12.pcap", "success"),
        ("handshakes/alert-unknown-ca.pcap", "failure"),
        ("variants/tcp-client-only.pcap", "unknown"),
    ],
)
def test_an_event_is_a_connection_of_this_program_with_the_end_of_its_handshake(sample: str, outcome: str) -> None:
    event = json.loads(run("export", CAPTURES / sample, "--format", "ecs").stdout)["event"]
    assert {name: event[name] for name in ("kind", "category", "type", "dataset", "module", "outcome")} == {
        "kind": "event",
        "category": ["network"],
        "type": ["connection", "protocol"],
        "dataset": "tlsinspect.connections",
        "module": "tlsinspect",
        "outcome": outcome,
    }


def test_no_duration_is_negative_where_the_clock_was_set_back() -> None:
    result = run("export", CAPTURES / "variants" / "tcp-time-backwards.pcap", "--format", "ecs")
    event = json.loads(result.stdout)["event"]
    assert event["start"] < event["end"]
    assert "duration" not in event


def test_versions_and_names_are_taken_apart() -> None:
    assert [version_parts(name) for name in ("SSL 3.0", "TLS 1.3 (draft 23)", "DTLS 1.2", None)] == [
        ("ssl", "3.0"), ("tls", "1.3"), ("dtls", "1.2"), (None, None),
    ]  # fmt: skip
    assert distinguished(r"CN=a,OU=b,OU=c,O=d\, e") == {
        "distinguished_name": r"CN=a,OU=b,OU=c,O=d\, e",
        "common_name": "a",
        "organizational_unit": ["b", "c"],
        "organization": r"d\, e",
    }
