"""What Zeek's and Suricata's own tests expect of their captures, where these lie beside the project."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from samples import ROOT

import tlsinspect
from tlsinspect import Inspection
from tlsinspect.export.eve import iter_eve
from tlsinspect.export.zeek import FIELDS
from tlsinspect.verification import verify_zeek
from tlsinspect.wire import record

CORPUS = ROOT.parent / "shared" / "corpus"
pytestmark = [
    pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the project"),
    pytest.mark.skipif(str(record.__file__).endswith(".py"), reason="plain Python takes long for the corpus"),
]

Fact = dict[str, Any]
SUITES = ("zeek", "zeek-openvpn", "zeek-mercury-npf")
LOGS = {"connection": "ssl", "certificate": "x509", "quic": "quic"}
SPELLED = {
    "ssl": {
        "src": "id.orig_h", "sport": "id.orig_p", "dst": "id.resp_h", "dport": "id.resp_p", "sni": "server_name",
        "alpn": "next_protocol", "cert_chain_sha256": "cert_chain_fps",
        "client_cert_chain_sha256": "client_cert_chain_fps",
    },
    "x509": {
        "sha256": "fingerprint", "cert_version": "certificate.version", "serial": "certificate.serial",
        "subject": "certificate.subject", "issuer": "certificate.issuer",
        "not_before": "certificate.not_valid_before", "not_after": "certificate.not_valid_after",
        "key_alg": "certificate.key_alg", "sig_alg": "certificate.sig_alg", "key_type": "certificate.key_type",
        "key_length": "certificate.key_length", "exponent": "certificate.exponent", "curve": "certificate.curve",
        "san_dns": "san.dns", "san_uri": "san.uri", "san_email": "san.email", "san_ip": "san.ip",
        "bc_ca": "basic_constraints.ca", "bc_path_len": "basic_constraints.path_len",
    },
    "quic": {
        "src": "id.orig_h", "sport": "id.orig_p", "dst": "id.resp_h", "dport": "id.resp_p", "sni": "server_name",
        "quic_version": "version", "client_dcid": "client_initial_dcid", "alpn_offered": "client_protocol",
    },
}  # fmt: skip
"""The baselines' names of fields, and Zeek's."""

FACTS = 1_160
DIFFERENCES = {  # all there are, each with a reason
    "established": 12, "ssl_history": 2, "server_scid": 1, "connection": 1, "basic_constraints.ca": 1,
    "ssl_client_exts": 2,
}  # fmt: skip
SIMULATED = "exception-policy-"  # tests of Suricata with memory that fails on purpose
ONE_EVENT = ("quic-retry", "quic-retry-multiple", "tcp-fastopen-10-syn-data-ignore")  # it logs several of a connection
OTHER_SEED = "community-id-ipv4"


@cache
def inspected(capture: str) -> Inspection:
    """What is in a capture of the corpus."""
    return tlsinspect.read(CORPUS / "captures" / capture)


def facts(suite: str) -> list[Fact]:
    return [json.loads(line) for line in (CORPUS / "baselines" / f"{suite}.jsonl").read_text().splitlines()]


def text_of(value: Any) -> str:
    """A value as it stood in the log that was read for the baseline."""
    if isinstance(value, list):
        return ",".join(value) if value else "(empty)"
    return {None: "-", True: "T", False: "F", "": "(empty)"}.get(value, str(value))


def write_log(path: Path, name: str, rows: list[Fact]) -> Path:
    """A log with the fields that Zeek's had."""
    spelled = [
        {SPELLED[name].get(key, key): value for key, value in (row | row.get("extra", {})).items()} for row in rows
    ]
    fields = [field.name for field in FIELDS[name] if field.name != "ts" and any(field.name in row for row in spelled)]
    if name == "x509":
        fields += [role for role in ("host_cert", "client_cert") if role not in fields]
    lines = ["\t".join(text_of(row.get(field)) for field in fields) for row in spelled]
    path.write_text("\n".join([f"#path\t{name}", "\t".join(["#fields", *fields]), *lines]) + "\n")
    return path


def zeek_logs() -> dict[tuple[str, ...], list[Fact]]:
    """The rows of each log of each test."""
    found: dict[tuple[str, ...], list[Fact]] = {}
    for suite in SUITES:
        for fact in facts(suite):
            if fact["kind"] in LOGS and ("src" in fact or "sha256" in fact):
                key = (LOGS[fact["kind"]], fact["capture"], suite, fact["test"], fact["baseline"])
                found.setdefault(key, []).append(fact)
    return found


def test_the_zeek_export_has_the_rows_and_values_of_zeeks_baselines(tmp_path: Path) -> None:
    agreed, differing, unexplained = 0, Counter[str](), []
    for (name, capture, *_), rows in zeek_logs().items():
        [found] = verify_zeek(inspected(capture), [write_log(tmp_path / "log", name, rows)])
        agreed += found.facts
        differing.update(found.differences["field"])
        unexplained += found.unexplained.to_dict("records")
    assert unexplained == []
    assert agreed >= FACTS
    assert differing == DIFFERENCES


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """An event's values by the paths that suricata-verify uses."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flatten(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from flatten(inner, f"{path}[{number}]")
    else:
        yield path, value


@cache
def events(capture: str) -> list[dict[str, str]]:
    return [{path: str(value) for path, value in flatten(event)} for event in iter_eve(inspected(capture))]


def is_comparable(fact: Fact) -> bool:
    """True where suricata-verify counts events by what TLS or QUIC says, and has a reason to find other events."""
    return (
        fact.get("event_type") in ("tls", "quic")
        and any(path.startswith(("tls.", "quic.")) for path in fact["match"])
        and not fact["test"].startswith(SIMULATED)
        and fact["test"] not in (*ONE_EVENT, OTHER_SEED)
    )


def test_the_eve_export_has_the_events_that_suricata_verify_counts() -> None:
    wanted = [fact for fact in facts("suricata-verify") if is_comparable(fact)]
    assert len(wanted) > 30
    for fact in wanted:
        match = {path: str(value) for path, value in fact["match"].items() if path != "pcap_cnt"}
        found = [
            event for event in events(fact["capture"]) if match.items() <= {k: str(v) for k, v in event.items()}.items()
        ]
        assert len(found) == fact["count"], (fact["test"], match)
