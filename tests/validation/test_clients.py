"""The chains that clients send: judged as clients' chains, beside the server's and without changing it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from made_chains import LEAF, MIDDLE, NOON_NS, ROOT, YEARS, issue, judge, openssl_codes
from samples import inspect
from tls_vectors import CHANGE_CIPHER_SPEC, ENCRYPTED_FINISHED, certificate, handshake, message, server_name
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect import Inspection
from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.columns import COLUMNS
from tlsinspect.validation import Trust
from tlsinspect.validation.checks import CLIENT

TRUST = Trust("the test's root", [ROOT])
FOR_CLIENTS = [ExtendedKeyUsageOID.CLIENT_AUTH]
NETSCAPE_TYPE = x509.ObjectIdentifier("2.16.840.1.113730.1.1")


def usage(**allowed: bool) -> tuple[x509.KeyUsage, bool]:
    """A key usage with these bits alone."""
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names}), True


def netscape(bits: int) -> tuple[x509.UnrecognizedExtension, bool]:
    """Netscape's certificate type, as a BIT STRING of one octet."""
    return x509.UnrecognizedExtension(NETSCAPE_TYPE, bytes([3, 2, 0, bits])), False


CASES: dict[str, tuple[list[bytes], str, set[int]]] = {
    "for clients": ([issue("a", "Middle", uses=FOR_CLIENTS), MIDDLE], "valid", set()),
    "for anything": ([issue("a", "Middle"), MIDDLE], "valid", set()),
    "for servers": ([LEAF, MIDDLE], "constraint_violated", {26}),
    "issuer for servers": (
        [issue("a", "Low"), issue("Low", "Root", authority=True, uses=[ExtendedKeyUsageOID.SERVER_AUTH])],
        "constraint_violated", {26, 79},
    ),
    "key that signs": ([issue("a", "Middle", usage(digital_signature=True)), MIDDLE], "valid", set()),
    "key for encipherment": (
        [issue("a", "Middle", usage(key_encipherment=True)), MIDDLE], "constraint_violated", {26},
    ),
    "Netscape's client": ([issue("a", "Middle", netscape(0x80)), MIDDLE], "valid", set()),
    "Netscape's server": ([issue("a", "Middle", netscape(0x40)), MIDDLE], "constraint_violated", {26}),
    "of a stranger": ([issue("a", "Eve"), issue("Eve", "Eve", authority=True)], "untrusted_root", {19}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_clients_chain_gets_the_verdict_that_openssl_gives_for_clients(case: str, tmp_path: Path) -> None:
    chain, verdict, errors = CASES[case]
    found = judge(chain, purpose=CLIENT)
    assert (found.faults[0].verdict if found.faults else "valid") == verdict
    if shutil.which("openssl"):
        (tmp_path / "root.pem").write_text(pem_of(ROOT))
        codes = openssl_codes(tmp_path, chain, tmp_path / "root.pem", NOON_NS, purpose="sslclient")
        assert bool(codes) == bool(errors) and codes <= errors


def mutual(server: tuple[bytes, ...], *sent: bytes) -> tuple[bytes, ...]:
    """The turns of TLS 1.2 in which the client sends these certificates."""
    hello, flight, _, *rest = tls12_turns(server_name(b"www.example"), *server)
    keys = handshake(message(11, certificate(*sent)), message(16, b"\x04keys"))
    return (hello, flight, keys + CHANGE_CIPHER_SPEC + ENCRYPTED_FINISHED, *rest)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    """Clients with a good chain, a server's, an old one, an empty list, and one that was not asked."""
    good = issue("client", "Middle", uses=FOR_CLIENTS)
    old = issue("client", "Middle", validity=(YEARS[0], YEARS[0].replace(year=2021)))
    turns = [
        mutual((LEAF, MIDDLE), good, MIDDLE),
        mutual((LEAF, MIDDLE), LEAF, MIDDLE),
        mutual((LEAF, MIDDLE), old, MIDDLE),
        mutual((LEAF, MIDDLE)),
        tls12_turns(server_name(b"www.example"), LEAF, MIDDLE),
        mutual((issue("other", "Middle", names=["other.test"]), MIDDLE), good, MIDDLE),
    ]
    packets = []
    for number, turn in enumerate(turns):
        packets += converse(*turn, client=("192.0.2.1", 50_000 + number), start_ns=NOON_NS + number)
    read = tlsinspect.read(write_pcap(tmp_path_factory.mktemp("clients") / "made.pcap", packets))
    return read.trusting(TRUST)


def rows_of(made: Inspection, table: str) -> list[dict[str, Any]]:
    """The rows of a table in the order of the clients' ports."""
    ports = dict(zip(made.connections["connection_id"], made.connections["client_port"], strict=True))
    return sorted(made.arrow(table).to_pylist(), key=lambda row: ports[row["connection_id"]])


def test_every_connection_has_a_verdict_on_what_its_client_sent(made: Inspection) -> None:
    rows = rows_of(made, "client_validation")
    assert list(rows[0]) == [column.name for column in COLUMNS["client_validation"]]
    assert [(row["verdict"], row["reason"]) for row in rows] == [
        ("valid", None), ("constraint_violated", None), ("expired", None),
        ("not_applicable", "not_offered"), ("not_applicable", "not_applicable"), ("valid", None),
    ]  # fmt: skip
    assert "not for TLS clients" in rows[1]["detail"]
    assert rows[3]["detail"] == "the client was asked for a certificate and sent none"
    assert rows[0]["path"][1:] == [parse_certificate(der).sha256 for der in (MIDDLE, ROOT)]


def test_the_verdicts_on_servers_are_those_without_clients(made: Inspection) -> None:
    assert [row["verdict"] for row in rows_of(made, "validation")] == ["valid"] * 5 + ["name_mismatch"]


def test_the_packet_is_that_of_the_clients_message(made: Inspection) -> None:
    rows = rows_of(made, "client_validation")
    servers = rows_of(made, "validation")
    assert all(row["packet"] > server["packet"] for row, server in zip(rows[:4], servers[:4], strict=True))
    assert rows[4]["packet"] is None


def test_rules_tell_what_clients_send(made: Inspection) -> None:
    found = {row["id"] for row in made.arrow("findings").to_pylist()}
    assert {"CRT-31-DATES", "CRT-31-SAME", "CRT-31-PATH"} <= found
    assert not {"CRT-19-PATH", "CRT-01", "CRT-31"} & found


def test_what_tls13_encrypts_is_not_observable() -> None:
    [row] = inspect("handshakes/client-certificate-tls13.pcapng").arrow("client_validation").to_pylist()
    assert (row["verdict"], row["reason"]) == ("not_observable", "encrypted")
