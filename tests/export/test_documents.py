"""STIX, MISP and CycloneDX: what the libraries of these standards read, strictly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import stix2
from command_line import run
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from made_certificates import make_certificate
from pymisp import MISPEvent, MISPObject
from samples import CAPTURES, inspect
from tls_vectors import (
    ecdhe_exchange,
    handshake,
    key_share,
    message,
    server_hello,
    server_name,
    tls13_server_hello,
)
from traffic import Packet, converse, tls12_turns, tls13_turns, write_pcap

from tlsinspect.export.cbom import quantum_level
from tlsinspect.export.misp import x509_object
from tlsinspect.registry import group_name, signature_scheme_name

SAMPLES = ("client-certificate-tls12.pcap", "quic-v2.pcap", "ipv6.pcap", "dtls12.pcap")
PATHS = [CAPTURES / "handshakes" / name for name in SAMPLES]
OBSERVABLES = {"ipv4-addr", "ipv6-addr", "domain-name", "network-traffic", "x509-certificate"}


def exported(format_name: str, *paths: Path) -> dict[str, Any]:
    result = run("export", *paths or PATHS, "--format", format_name)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.isascii()
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture(scope="module")
def stix() -> dict[str, Any]:
    return exported("stix")


@pytest.fixture(scope="module")
def misp() -> dict[str, Any]:
    return exported("misp")


@pytest.fixture(scope="module")
def cbom() -> dict[str, Any]:
    return exported("cbom")


def test_a_strict_reader_of_stix_takes_every_object(stix: dict[str, Any]) -> None:
    bundle = stix2.parse(json.dumps(stix), allow_custom=False, version="2.1")
    kinds = {each["type"] for each in bundle.objects}
    assert kinds == OBSERVABLES | {"identity", "extension-definition", "observed-data", "relationship"}
    ids = [each["id"] for each in bundle.objects]
    assert len(set(ids)) == len(ids)
    known = set(ids)
    for each in bundle.objects:
        if each["type"] == "observed-data":
            assert set(each["object_refs"]) <= known
        if each["type"] == "relationship":
            assert {each["source_ref"], each["target_ref"]} <= known


def test_no_connection_ends_before_it_begins_where_the_clock_was_set_back() -> None:
    path = CAPTURES / "variants" / "tcp-time-backwards.pcap"
    bundle = stix2.parse(json.dumps(exported("stix", path)), version="2.1")
    [traffic] = [each for each in bundle.objects if each["type"] == "network-traffic"]
    assert traffic["start"] < traffic["end"]
    [made] = [each for each in exported("misp", path)["Event"]["Object"] if each["name"] == "network-connection"]
    seen = {each["object_relation"]: each["value"] for each in made["Attribute"]}
    assert seen["first-packet-seen"] < seen["last-packet-seen"]


def test_ids_of_observables_are_those_that_another_library_makes(stix: dict[str, Any]) -> None:
    checked = 0
    for each in stix2.parse(json.dumps(stix), version="2.1").objects:
        if each["type"] in OBSERVABLES:
            assert type(each)(**{name: value for name, value in each.items() if name != "id"}).id == each["id"]
            checked += 1
    assert checked > 15


NAMES = {
    "www.example": True, "_dns.resolver.example.": True, "localhost": True, "x" * 64: False, "a." * 127 + "aa": False,
    "192.0.2.1": False, "2001:db8::1": False, "..": False, "*.example": False, "<b>.example": False, "a b": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A connection for each of NAMES."""
    packets: list[Packet] = []
    for number, name in enumerate(NAMES):
        der = make_certificate("a.example", "*.example", "www.example")
        turns = tls12_turns(server_name(name.encode()), der)
        packets += converse(*turns, client=("192.0.2.1", 20000 + number))
    return write_pcap(tmp_path_factory.mktemp("named") / "named.pcap", packets)


def test_only_domain_names_are_such_objects_of_stix(named: Path) -> None:
    bundle = stix2.parse(json.dumps(exported("stix", named)), allow_custom=False, version="2.1")
    found = {each["value"] for each in bundle.objects if each["type"] == "domain-name"}
    assert found == {name for name, is_one in NAMES.items() if is_one}
    extensions = [each["extensions"] for each in bundle.objects if each["type"] == "network-traffic"]
    assert {facts["server_name"] for each in extensions for facts in each.values()} == set(NAMES)


def test_names_that_misp_takes_for_no_hostname_are_text(named: Path) -> None:
    objects = exported("misp", named)["Event"]["Object"]
    types = {
        attribute["value"]: (attribute["type"], attribute["category"])
        for each in objects
        for attribute in each["Attribute"]
        if attribute["object_relation"] in ("hostname-dst", "dns_names")
    }
    assert set(types) == set(NAMES)
    hostnames = {name for name, kind in types.items() if kind == ("hostname", "Network activity")}
    assert hostnames == {"www.example", "a." * 127 + "aa"}
    assert {kind for name, kind in types.items() if name not in hostnames} == {("text", "Other")}


def test_a_connection_in_stix_has_its_tls_facts(stix: dict[str, Any]) -> None:
    row = inspect(f"handshakes/{SAMPLES[0]}").connections.iloc[0]
    [traffic] = [
        each for each in stix["objects"] if each["type"] == "network-traffic" and each["src_port"] == row["client_port"]
    ]
    [facts] = traffic["extensions"].values()
    assert (facts["ja3"], facts["version_name"], facts["server_name"]) == (row["ja3"], "TLS 1.2", row["server_name"])
    assert traffic["protocols"] == ["ipv4", "tcp", "tls"]


def test_the_same_capture_gives_the_same_documents(
    stix: dict[str, Any], misp: dict[str, Any], cbom: dict[str, Any]
) -> None:
    assert [exported(name) for name in ("stix", "misp", "cbom")] == [stix, misp, cbom]


def test_pymisp_takes_every_object_by_its_own_templates(misp: dict[str, Any]) -> None:
    event = MISPEvent()
    event.from_dict(**json.loads(json.dumps(misp)))
    assert {each.name for each in event.objects} == {"network-connection", "x509", "ja3", "ja3s"}
    known = {each.uuid for each in event.objects}
    for each in event.objects:
        strict = MISPObject(each.name, strict=True)
        assert (strict.template_uuid, str(strict.template_version)) == (each.template_uuid, str(each.template_version))
        for attribute in each.attributes:
            made = strict.add_attribute(attribute.object_relation, attribute.value)
            assert made is not None
            assert (made.type, attribute.to_ids) == (attribute.type, False)
        assert strict.to_json()
        assert {reference.referenced_uuid for reference in each.references} <= known


def test_what_two_events_of_misp_have_in_common_has_an_id_in_each(misp: dict[str, Any]) -> None:
    other = exported("misp", CAPTURES / "handshakes" / SAMPLES[0])  # the same certificate, as one of the connections

    def ids(document: dict[str, Any]) -> list[str]:
        event = document["Event"]
        return [event["uuid"]] + [one["uuid"] for each in event["Object"] for one in (each, *each["Attribute"])]

    def hashes(document: dict[str, Any]) -> set[str]:
        attributes = [one for each in document["Event"]["Object"] for one in each["Attribute"]]
        return {one["value"] for one in attributes if one["object_relation"] == "x509-fingerprint-sha256"}

    assert hashes(misp) & hashes(other)
    assert not set(ids(misp)) & set(ids(other))
    assert len(ids(misp)) == len(set(ids(misp)))


def test_names_that_are_empty_are_left_out_of_misp(caplog: pytest.LogCaptureFixture) -> None:
    certificates = inspect(f"handshakes/{SAMPLES[0]}").arrow("certificates").to_pylist()
    nameless = certificates[0] | {"issuer": "", "subject": "", "not_before": 0, "not_after": 0}
    made = MISPObject("x509", strict=True)
    for each in x509_object("event", nameless)["Attribute"]:
        made.add_attribute(each["object_relation"], each["value"])
    assert {each.object_relation for each in made.attributes}.isdisjoint({"issuer", "subject"})
    assert len(made.attributes) > 5 and not caplog.records


def test_misp_knows_the_category_of_every_type(misp: dict[str, Any]) -> None:
    known = MISPEvent().describe_types["category_type_mappings"]
    for each in misp["Event"]["Object"]:
        assert [one["type"] for one in each["Attribute"] if one["type"] not in known[one["category"]]] == []


def test_the_inventory_is_valid_by_the_schema_of_cyclonedx(cbom: dict[str, Any]) -> None:
    from cyclonedx.validation.json import JsonStrictValidator  # 2 s of grammars

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(cbom)) is None
    assert len(Bom.from_json(data=cbom).components) == len(cbom["components"])
    references = {each["bom-ref"] for each in cbom["components"]}
    assert {each["ref"] for each in cbom["dependencies"]} == references
    assert {needed for each in cbom["dependencies"] for needed in each.get("dependsOn", [])} <= references


def test_the_inventory_has_protocols_suites_algorithms_certificates_and_keys(cbom: dict[str, Any]) -> None:
    found = {each["bom-ref"]: each for each in cbom["components"]}
    [suite] = found["protocol/tls/1.2"]["cryptoProperties"]["protocolProperties"]["cipherSuites"]
    row = inspect(f"handshakes/{SAMPLES[0]}").connections.iloc[0]
    code = row["cipher_suite"]
    assert (suite["name"], suite["identifiers"]) == (
        row["cipher_suite_name"],
        [f"0x{code >> 8:02X}", f"0x{code & 255:02X}"],
    )
    assert "algorithm/ae/AES-256-GCM" in suite["algorithms"]
    leaf = found[f"certificate/{row['certificate_sha256s'][0]}"]
    properties = leaf["cryptoProperties"]["certificateProperties"]
    assert properties["subjectName"] == row["subject"]
    assert found[properties["subjectPublicKeyRef"]]["cryptoProperties"]["assetType"] == "related-crypto-material"
    assert leaf["evidence"]["occurrences"] == [
        {"location": f"{row['server_ip']}:{row['server_port']} ({row['server_name']})"}
    ]


@pytest.mark.parametrize(
    ("sample", "levels"),
    [
        ("hybrid-openssl40.pcapng", {"X25519MLKEM768": 3, "AES-256-GCM": 5}),
        ("suite-tls13-aes128-gcm.pcap", {"x25519": 0, "AES-128-GCM": 1}),
        ("suite-rsa-rc4-md5.pcap", {"RSA": 0, "RC4-128": None, "RSA-2048": 0, "sha256WithRSAEncryption": 0}),
    ],
)
def test_algorithms_have_the_security_that_quantum_computers_leave(sample: str, levels: dict[str, int | None]) -> None:
    found = quantum_levels(exported("cbom", CAPTURES / "handshakes" / sample))
    assert {name: found[name] for name in levels} == levels


@pytest.mark.parametrize(("scheme", "level"), [(0x0403, 0), (0x0905, None), (0x0911, None)])
def test_a_signature_that_quantum_computers_leave_alone_is_not_called_broken(
    scheme: int, level: int | None, tmp_path: Path
) -> None:
    hello, _, *rest = tls12_turns()
    flight = handshake(message(2, server_hello()), message(12, ecdhe_exchange(scheme=scheme)), message(14))
    inventory = exported("cbom", write_pcap(tmp_path / "signed.pcap", converse(hello, flight, *rest)))
    assert quantum_levels(inventory)[signature_scheme_name(scheme)] == level


@pytest.mark.parametrize(("group", "level"), [(0x0200, 1), (0x11EB, 3), (0x11ED, 5), (29, 0)])
def test_a_group_has_the_category_of_its_ml_kem(group: int, level: int, tmp_path: Path) -> None:
    hello, _, *rest = tls13_turns(key_share(group))
    answer = handshake(message(2, tls13_server_hello(group)))
    inventory = exported("cbom", write_pcap(tmp_path / "group.pcap", converse(hello, answer, *rest)))
    assert quantum_levels(inventory)[group_name(group)] == level


def test_certificates_and_tls_spell_what_quantum_computers_leave_unlike() -> None:
    assert {quantum_level(name) for name in ("ML-DSA-65", "mldsa65", "SLH-DSA-SHA2-128S", "ML-KEM-768")} == {None}
    assert {quantum_level(name) for name in ("RSA", "Ed25519", "DSA", "ecdsa_secp256r1_sha256")} == {0}


def quantum_levels(inventory: dict[str, Any]) -> dict[str, int | None]:
    """The name of each algorithm -> its level, None where it has none."""
    properties = {each["name"]: each["cryptoProperties"] for each in inventory["components"]}
    return {
        name: each["algorithmProperties"].get("nistQuantumSecurityLevel")
        for name, each in properties.items()
        if each["assetType"] == "algorithm"
    }
