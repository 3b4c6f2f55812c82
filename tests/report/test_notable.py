"""Which connections deserve a remark, and the proof of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic import make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect import Inspection
from tlsinspect.display_filter import display_filter
from tlsinspect.findings import RULES
from tlsinspect.report.notable import FAILURES, build_notable_frame, find_notable

CLEAR: dict[str, Any] = {"protocol": "smtp", "starttls_protocol": "smtp", "version_name": None}


def remarks(**values: Any) -> tuple[str, ...]:
    """The remarks on a connection that differs from a good one in `values`."""
    found = find_notable(make_frames(connections=[make_connection(1, **values)]))
    return found[0].remarks if found else ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ()),
        ({"version_name": "TLS 1.2"}, ()),
        ({"version_name": "TLS 1.1"}, ("TLS 1.1",)),
        ({"version_name": "SSL 3.0"}, ("SSL 3.0",)),
        ({"version_name": "DTLS 1.0"}, ("DTLS 1.0",)),
        ({"cipher_suite_name": "TLS_RSA_WITH_NULL_SHA"}, ("no encryption",)),
        ({"cipher_suite_name": "TLS_RSA_WITH_RC4_128_SHA"}, ("RC4",)),
        ({"cipher_suite_name": "TLS_RSA_WITH_3DES_EDE_CBC_SHA"}, ("64-bit blocks (3DES, IDEA)",)),
        ({"authentication": "anon"}, ("no authentication",)),
        ({"compression_method": 1}, ("TLS compression",)),
        ({"compression_method": 0}, ()),
        ({"dh_prime_bits": 1024}, ("small DH prime",)),
        ({"dh_prime_bits": 2048}, ()),
        ({"forward_secrecy": False}, ("no forward secrecy",)),
        ({"forward_secrecy": None}, ()),
        ({"validation": "leaf_ok"}, ()),
        ({"validation": "expired"}, ("certificate expired",)),
        ({"validation": "name_mismatch"}, ("certificate not covering the name",)),
        ({"version_name": "SSL 3.0", "protocol": "http"}, ()),
        (CLEAR | {"starttls_status": "stripped"}, ("smtp in the clear, TLS stripped on the way",)),
        (CLEAR | {"starttls_status": "refused"}, ("smtp in the clear, TLS refused by the server",)),
        (CLEAR | {"starttls_status": "offered"}, ("smtp in the clear, TLS offered and not taken",)),
        (CLEAR | {"starttls_status": "not_offered"}, ()),
        ({"starttls_protocol": "smtp", "starttls_status": "used"}, ()),
    ],
)
def test_a_remark_is_made_where_it_holds(values: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert remarks(**values) == expected


@pytest.mark.parametrize(
    ("values", "rule"), [({"dh_prime_bits": 1024}, "KEX-01"), ({"authentication": "anon"}, "CIP-02")]
)
def test_a_remark_names_the_section_that_the_finding_names(values: dict[str, Any], rule: str) -> None:
    [found] = find_notable(make_frames(connections=[make_connection(1, **values)]))
    [references] = [each.references for each in RULES if each.id == rule]
    assert found.references == tuple(each.replace("section ", "") for each in references if "9325" in each)


def test_a_name_in_capitals_is_the_same_server() -> None:
    rows = [make_old_connection(number, server_name=name) for number, name in enumerate(("old.test", "OLD.test"))]
    [found] = find_notable(make_frames(connections=rows))
    assert (found.server_name, found.connections) == ("old.test", 2)


def test_remarks_stand_gravest_first() -> None:
    rows = [make_connection(0, version_name="TLS 1.1"), make_old_connection(1)]
    found = find_notable(make_frames(connections=rows))
    assert [each.remarks for each in found] == [("RC4", "TLS 1.0", "no forward secrecy"), ("TLS 1.1",)]
    assert found[0].rank < found[1].rank


def test_connections_to_one_server_with_the_same_remarks_are_one_row() -> None:
    rows = [make_old_connection(at, client_ip=f"192.0.2.{at % 2}") for at in range(4)]
    rows += [make_old_connection(9, server_ip="198.51.100.77")]
    found = find_notable(make_frames(connections=rows))
    assert [(each.connections, each.clients) for each in found] == [(4, 2), (1, 1)]


def test_the_example_is_the_first_connection_and_its_proving_packet() -> None:
    rows = [make_old_connection(at, server_hello_packet=100 + at) for at in (3, 4)]
    found = find_notable(make_frames(connections=rows))[0]
    assert (found.packet, found.capture, found.server) == (103, "made.pcapng", "198.51.100.1:443")


def test_a_certificate_is_proved_by_its_own_packet() -> None:
    assert (
        find_notable(make_frames(connections=[make_connection(1, validation="expired", certificate_packet=8)]))[
            0
        ].packet
        == 8
    )


def test_a_failure_before_the_server_hello_is_proved_by_the_client_hello() -> None:
    assert find_notable(make_frames(connections=[make_failed_connection(1)]), FAILURES)[0].packet == 14


def test_a_failure_is_proved_by_the_packet_that_ended_it() -> None:
    rows = [make_failed_connection(1, failure_packet=15)]
    assert find_notable(make_frames(connections=rows), FAILURES)[0].packet == 15


def test_failures_are_apart_from_weaknesses_and_not_what_the_capture_cuts_off() -> None:
    rows = [make_failed_connection(0), make_old_connection(1)]
    rows += [make_connection(2, established=False, failure="capture_end")]
    frames = make_frames(connections=rows)
    assert [each.remarks for each in find_notable(frames, FAILURES)] == [("alert protocol_version from server",)]
    assert len(find_notable(frames)) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "ip.addr == 192.0.2.1 && ip.addr == 198.51.100.1 && tcp.port == 50001 && tcp.port == 443"),
        (
            {"client_ip": "2001:db8::1", "server_ip": "2001:db8::2", "transport": "udp"},
            "ipv6.addr == 2001:db8::1 && ipv6.addr == 2001:db8::2 && udp.port == 50001 && udp.port == 443",
        ),
        (
            {"client_ip": "fe80::11:22ff:fe33:4455", "server_ip": "fe80::380:c2ff:fe00:3", "transport": "eapol"},
            "eth.addr == 02:11:22:33:44:55 && eth.addr == 01:80:c2:00:00:03",
        ),
        ({"client_ip": None}, ""),
    ],
)
def test_display_filter_shows_one_connection(values: dict[str, Any], expected: str) -> None:
    assert display_filter(make_connection(1, **values)) == expected


def test_frame_of_notable_connections_has_all_of_them(demo: Inspection) -> None:
    found = find_notable(demo)
    frame = build_notable_frame(found)
    assert frame["connections"].tolist() == [each.connections for each in found]
    assert len(build_notable_frame([])) == 0


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_finds_each_example_by_its_filter_at_its_packet(demo: Inspection, captures: Path) -> None:
    examples = [each for each in find_notable(demo) if each.packet is not None][:6]
    assert examples
    for each in examples:
        wanted = f"frame.number == {each.packet} && {each.display_filter}"
        command = [
            "tshark",
            "-n",
            "-r",
            str(captures / "demo.pcapng"),
            "-Y",
            wanted,
            "-T",
            "fields",
            "-e",
            "frame.number",
        ]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        assert found.stdout.split() == [str(each.packet)], each
