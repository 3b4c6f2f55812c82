"""The QUIC workload is what its truth says, and every connection of it has keys of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import make_workloads
import pytest
import quic_conversations
import quic_packets
import truth
from programs import TSHARK_FIELDS
from quic_conversations import QuicConversation
from scapy.layers.inet import IP, UDP
from scapy.utils import rdpcap

import tlsinspect
from tlsinspect.inspection import Inspection

RFC_ID = bytes.fromhex("8394c8f03e515708")  # RFC 9001 appendix A, RFC 9369 appendix A


@pytest.fixture(scope="module")
def recorded(captures: Path) -> list[QuicConversation]:
    loaded: list[QuicConversation] = quic_conversations.load_quic_conversations(captures)
    return loaded


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A QUIC workload in which every connection is out of order that can be."""
    path = tmp_path_factory.mktemp("workloads") / "quic.pcap"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_workloads, "REORDERED_SHARE", 1.0)
        return path, make_workloads.make_workload("quic", path, 0.005)


@pytest.fixture(scope="module")
def inspection(workload: tuple[Path, dict[str, object]]) -> Inspection:
    return tlsinspect.read(workload[0])


@pytest.mark.parametrize(
    ("version", "retry"),
    [
        (1, "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba"),
        (0x6B3343CF, "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6"),
    ],
)
def test_retry_tag_is_that_of_the_standard(version: int, retry: str) -> None:
    octets = bytes.fromhex(retry)
    assert quic_packets.retry_tag(version, RFC_ID, octets[:-16]) == octets[-16:]


@pytest.mark.parametrize(
    ("version", "header"),
    [(1, "c300000001088394c8f03e5157080000449e"), (0x6B3343CF, "d36b3343cf088394c8f03e5157080000449e")],
)
def test_protected_packet_opens_under_its_own_keys_only(version: int, header: str) -> None:
    head, number, payload = bytes.fromhex(header), (2).to_bytes(4), b"\x01" * 1162
    client, server = quic_packets.derive_protections(version, RFC_ID)
    packet = client.seal(head, number, payload)
    assert client.open(packet, len(head)) == (head, number, payload)
    assert server.open(packet, len(head)) is None
    assert quic_packets.derive_protections(version, RFC_ID[::-1])[0].open(packet, len(head)) is None


def test_recorded_connections_cover_what_a_handshake_may_be(recorded: list[QuicConversation]) -> None:
    packets = [packet for one in recorded for datagram in one.datagrams for packet in datagram.packets]
    assert {packet.version for packet in packets if packet.head} == {1, 0x6B3343CF}
    kinds = {quic_packets.INITIAL, quic_packets.ZERO_RTT, quic_packets.HANDSHAKE, quic_packets.RETRY}
    assert kinds | {quic_packets.SHORT, quic_packets.PADDED} == {packet.kind for packet in packets}
    assert any(one.holds["client_hellos"] and not one.holds["server_hellos"] for one in recorded)
    assert any(hello_packets(one) > 1 for one in recorded)
    assert {one.name for one in recorded} == {b"quantum.example", b"stream.example"}


def hello_packets(conversation: QuicConversation) -> int:
    """How many of a client's packets carry a part of its hello, where no Retry made it say it twice."""
    if conversation.holds["retries"]:
        return 0
    packets = [packet for one in conversation.datagrams if one.side == 0 for packet in one.packets]
    return sum(any(quic_packets.iter_crypto(packet.payload)) for packet in packets if packet.number)


def test_second_session_between_the_same_ports_is_a_connection_of_its_own(captures: Path) -> None:
    sessions = quic_conversations.split_quic_connections(captures / "handshakes" / "quic-early-data.pcap")
    assert len(sessions) == 2


def test_connection_whose_packets_do_not_open_is_not_taken(captures: Path) -> None:
    (datagrams,) = quic_conversations.split_quic_connections(captures / "handshakes" / "quic-v2.pcap")
    assert quic_conversations.build_quic_conversation(datagrams) is not None
    octets = bytearray(datagrams[0].segment)
    octets[300] ^= 1
    broken = replace(datagrams[0], segment=bytes(octets))
    assert quic_conversations.build_quic_conversation([broken, *datagrams[1:]]) is None


def test_tlsinspect_finds_every_hello_and_name(
    workload: tuple[Path, dict[str, object]], inspection: Inspection
) -> None:
    stated = workload[1]
    connections, messages = inspection.connections, inspection.messages
    assert len(connections) == stated["connections"] == stated["tls_connections"]
    assert set(connections["protocol"]) == {"quic"}
    assert int(str(stated["reordered_connections"])) > 10
    assert (messages["message_type"] == "client_hello").sum() == stated["client_hellos"]
    assert (messages["message_type"] == "server_hello").sum() == stated["server_hellos"]
    assert connections["server_name"].notna().sum() == stated["names"]
    assert connections["server_name"].nunique() == stated["distinct_names"]
    assert inspection.problems.empty


def test_every_connection_has_ids_and_randoms_of_its_own(inspection: Inspection) -> None:
    connections = inspection.connections
    assert connections["client_random"].is_unique
    assert connections["server_random"].dropna().is_unique
    assert connections["quic_destination_connection_id"].is_unique


def test_same_seed_gives_the_same_file_and_another_another(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "again", "other")]
    for path, seed in zip(files, (1, 1, 2), strict=True):
        make_workloads.make_workload("quic", path, 0.001, seed)
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_every_checksum_is_right_and_time_never_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "quic.pcap"
    stated = make_workloads.make_workload("quic", path, 0.0005)
    packets = rdpcap(str(path))
    assert len(packets) == stated["packets"]
    assert [float(packet.time) for packet in packets] == sorted(float(packet.time) for packet in packets)
    for packet in packets:
        again = packet.__class__(bytes(packet))
        for kind in (IP, UDP):
            del again[kind].chksum
        assert bytes(again) == bytes(packet)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_as_many_hellos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_workloads, "REORDERED_SHARE", 0.0)
    path = tmp_path / "quic.pcap"
    stated = make_workloads.make_workload("quic", path, 0.002)
    fields = [part for name in TSHARK_FIELDS for part in ("-e", name)]
    command = ["tshark", "-r", str(path), "-Y", "tls.handshake", "-T", "fields", *fields]
    (tmp_path / "fields").write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    found = truth.count_tshark(tmp_path / "fields", TSHARK_FIELDS, "udp")
    # What a client says behind a Retry, where it said something already, tshark 4.0 takes for a retransmission.
    assert found["client_hellos"] == int(str(stated["client_hellos"])) - int(str(stated["retries"]))
    assert found["server_hellos"] == stated["server_hellos"]
    assert found["names"] == stated["names"]
    retries = [
        "tshark",
        "-r",
        str(path),
        "-Y",
        "quic.retry_integrity_tag && !quic.bad_retry",
        "-T",
        "fields",
        "-e",
        "ip.src",
    ]
    assert len(subprocess.run(retries, check=True, capture_output=True).stdout.split()) == stated["retries"]


def test_counts_are_those_of_the_transport_that_a_truth_names(
    workload: tuple[Path, dict[str, object]], inspection: Inspection, tmp_path: Path
) -> None:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(workload[1]))
    assert truth.read_transport(path) == "udp"
    for name in ("connections", "messages"):
        getattr(inspection, name).to_parquet(tmp_path / name)
    assert truth.count_tlsinspect(tmp_path / "connections", tmp_path / "messages", "udp") == truth.read_truth(path)
    over_tcp = truth.count_tlsinspect(tmp_path / "connections", tmp_path / "messages")
    assert set(over_tcp.values()) == {0}


def test_truth_without_a_transport_is_of_tcp_and_one_of_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text("{}")
    assert truth.read_transport(path) == "tcp"
    path.write_text(json.dumps({"transport": "sctp"}))
    with pytest.raises(ValueError, match="sctp"):
        truth.read_transport(path)
