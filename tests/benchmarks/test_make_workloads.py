"""A workload is what its truth says, to the last checksum."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import conversations
import make_workloads
import pytest
import replay
from scapy.layers.inet import IP, TCP, UDP
from scapy.packet import Raw
from scapy.plist import PacketList
from scapy.utils import rdpcap

import tlsinspect

FULL = replay.RECORD_OCTETS


@pytest.fixture(scope="module")
def reordered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A handshake workload in which every connection is out of order that can be."""
    path = tmp_path_factory.mktemp("workloads") / "reordered.pcap"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_workloads, "REORDERED_SHARE", 1.0)
        return path, make_workloads.make_workload("handshakes", path, 0.003)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The small workload and its truth."""
    path = tmp_path_factory.mktemp("workloads") / "small.pcap"
    return path, make_workloads.make_workload("small", path)


@pytest.fixture(scope="module")
def packets(small: tuple[Path, dict[str, object]]) -> PacketList:
    """Its packets, as scapy reads them."""
    return rdpcap(str(small[0]))


def test_same_seed_gives_the_same_file(small: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    path, truth = small
    again = tmp_path / "again.pcap"
    assert make_workloads.make_workload("small", again) == truth
    assert again.read_bytes() == path.read_bytes()


def test_another_seed_gives_another_file(small: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    other = tmp_path / "other.pcap"
    make_workloads.make_workload("small", other, seed=2)
    assert other.read_bytes() != small[0].read_bytes()


def test_truth_counts_packets_and_octets_of_the_file(
    small: tuple[Path, dict[str, object]], packets: PacketList
) -> None:
    truth = small[1]
    assert truth["packets"] == len(packets)
    assert truth["wire_bytes"] == sum(len(packet) for packet in packets)


def test_every_checksum_is_right_and_time_never_goes_back(packets: PacketList) -> None:
    times = [float(packet.time) for packet in packets]
    assert times == sorted(times)
    assert any(packet.haslayer(UDP) for packet in packets)
    for packet in packets:
        again = packet.__class__(bytes(packet))
        for kind in (TCP, UDP):
            if again.haslayer(kind):  # octets: another test may have taught scapy to take TLS apart, and make it anew
                again[kind].payload = Raw(bytes(again[kind].payload))
        for kind in (IP, TCP, UDP):
            if again.haslayer(kind):
                del again[kind].chksum
        assert bytes(again) == bytes(packet)


def test_tlsinspect_finds_all_that_the_truth_states(reordered: tuple[Path, dict[str, object]]) -> None:
    path, truth = reordered
    inspection = tlsinspect.read(path)
    connections, messages = inspection.connections, inspection.messages
    assert len(connections) == truth["tls_connections"]
    assert (messages["message_type"] == "client_hello").sum() == truth["client_hellos"]
    assert (messages["message_type"] == "server_hello").sum() == truth["server_hellos"]
    assert connections["server_name"].notna().sum() == truth["names"]
    assert connections["server_name"].nunique() == truth["distinct_names"]
    chains = inspection.chains
    assert (chains["side"] == "server").sum() == truth["server_certificates"]
    assert (chains["side"] == "client").sum() == truth["client_certificates"]
    leaves = chains[(chains["side"] == "server") & (chains["position"] == 0)]
    assert leaves["sha256"].nunique() == truth["distinct_leaf_certificates"]


def test_numbers_of_a_replay_fit_together(reordered: tuple[Path, dict[str, object]]) -> None:
    path, truth = reordered
    connections = tlsinspect.read(path).connections
    assert not connections["gap"].any()
    assert connections["retransmitted"].sum() == 0
    assert (connections["out_of_order"] > 0).sum() == truth["reordered_connections"]


def test_every_connection_has_randoms_of_its_own(reordered: tuple[Path, dict[str, object]]) -> None:
    connections = tlsinspect.read(reordered[0]).connections
    assert connections["client_random"].is_unique
    assert connections["server_random"].dropna().is_unique


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_all_that_the_truth_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_workloads, "REORDERED_SHARE", 0.0)
    path = tmp_path / "handshakes.pcap"
    truth = make_workloads.make_workload("handshakes", path, 0.002)
    fields = ("tls.handshake.type", "tls.handshake.extensions_server_name", "tls.handshake.certificate")
    found = {}
    for field in fields:
        command = ["tshark", "-r", str(path), "-d", "tcp.port==80,tls", "-d", "tcp.port==31337,tls"]
        command += ["-Y", field, "-T", "fields", "-e", field]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found[field] = printed.replace("\n", ",").split(",")
    assert found[fields[0]].count("1") == truth["client_hellos"]
    assert found[fields[0]].count("2") == truth["server_hellos"]
    assert len(set(found[fields[1]]) - {""}) == truth["distinct_names"]
    certificates = len([one for one in found[fields[2]] if one])
    assert certificates == int(str(truth["server_certificates"])) + int(str(truth["client_certificates"]))


@pytest.mark.parametrize("length", [1, 1439, FULL, 3 * FULL + 5, (replay.RECORDS + 1) * FULL + 7])
def test_body_is_whole_records_however_long(length: int) -> None:
    pool = replay.build_pool(b"\x17\x03\x03", random.Random(1))
    pieces = [piece for piece, _ in replay.body_segments(pool, length)]
    stream = b"".join(pieces)
    records = list(conversations.iter_records(stream))
    assert records[-1][2] == len(stream)
    assert sum(end - start + 5 for _, start, end in records[:-1]) == length // FULL * FULL
    assert all(len(piece) <= replay.SEGMENT_OCTETS for piece in pieces)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01\x02\x03", b"\xff\xff\xff\xff", bytes(range(256))])
def test_ones_sum_agrees_with_adding_word_by_word(data: bytes) -> None:
    total = 0
    padded: Any = data + bytes(len(data) & 1)
    for at in range(0, len(padded), 2):
        total += padded[at] << 8 | padded[at + 1]
        total = (total & 0xFFFF) + (total >> 16)
    assert replay.ones_sum(data) % 0xFFFF == total % 0xFFFF
