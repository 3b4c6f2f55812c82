"""What an attacker may put on the wire or into a file: nothing fails, and what can be read is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_certificates import make_certificate
from samples import CAPTURES, MANIFEST
from tls_vectors import client_hello, handshake, message, server_name
from traffic import converse, pcap, tls12_turns, tls13_turns, write_pcap

import tlsinspect
from tlsinspect import CaptureError
from tlsinspect.columns import COLUMNS


def test_a_file_of_no_octets_is_refused() -> None:
    nothing = [path for path, entry in MANIFEST.items() if not entry["bytes"]]
    assert nothing
    for path in nothing:
        with pytest.raises(CaptureError, match="empty"):
            tlsinspect.read(CAPTURES / path)


def read_bytes(folder: Path, data: bytes) -> None:
    """Read octets as a capture and make every table; a CaptureError is the only error there may be."""
    path = folder / "mutated.pcap"
    path.write_bytes(data)
    try:
        inspection = tlsinspect.read(path)
    except CaptureError:
        return
    for table, columns in COLUMNS.items():
        assert inspection.arrow(table).column_names == [column.name for column in columns]


@pytest.mark.parametrize(
    "sample",
    ["handshakes/tls12.pcap", "handshakes/tls13.pcapng", "handshakes/dtls12.pcap", "handshakes/quic-aioquic.pcapng"],
)
def test_a_capture_cut_anywhere_is_read_as_far_as_it_goes(sample: str, tmp_path: Path) -> None:
    data = (CAPTURES / sample).read_bytes()
    for length in range(0, len(data), 83):
        read_bytes(tmp_path, data[:length])


@pytest.mark.parametrize("snaplen", [*range(0, 120, 7), 200, 500])
def test_packets_cut_anywhere_are_read_as_far_as_they_go(tmp_path: Path, snaplen: int) -> None:
    packets = [*converse(*tls12_turns(server_name(b"a.test"), make_certificate("a.test"))), *converse(*tls13_turns())]
    read_bytes(tmp_path, pcap(packets, snaplen))


@pytest.mark.parametrize(
    "sample", ["handshakes/tls12.pcap", "handshakes/tls13.pcapng", "handshakes/quic-aioquic.pcapng"]
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_octets_are_data_and_never_an_accident(
    sample: str, tmp_path: Path, changes: list[tuple[int, int]]
) -> None:
    data = bytearray((CAPTURES / sample).read_bytes())
    for place, octet in changes:
        data[place % len(data)] = octet
    read_bytes(tmp_path, bytes(data))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=80), kind=st.integers(0, 30))
def test_any_handshake_message_is_read_or_becomes_a_problem(tmp_path: Path, body: bytes, kind: int) -> None:
    hello = handshake(message(1, client_hello(server_name(b"a.test"))))
    read_bytes(tmp_path, pcap(converse(hello, handshake(message(kind, body)), handshake(message(kind, body)))))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(client=st.binary(max_size=60), server=st.binary(max_size=60))
def test_any_octets_on_a_tls_port_are_a_row(tmp_path: Path, client: bytes, server: bytes) -> None:
    path = write_pcap(tmp_path / "made.pcap", converse(client, server))
    assert len(tlsinspect.read(path).connections) == 1
