"""DTLS over SCTP: user messages in chunks, as they come in and as networks lose, repeat and reorder them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
import tls_vectors as tls
from samples import inspect
from tcp_segments import CLIENT, SERVER, Wire, ip_packet

from tlsinspect.errors import DecodeError
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.limits import Limits

DATA, INIT, ABORT, SHUTDOWN, SHUTDOWN_COMPLETE, I_DATA = 0, 1, 6, 7, 14, 64
WHOLE, FIRST, MIDDLE, LAST = 3, 2, 0, 1
LEFT_AS_IT_WAS = (
    "version_name", "cipher_suite_name", "server_name", "ja3", "ja4", "client_random", "server_random", "established",
    "handshake_history", "certificate_sha256s", "client_application_bytes", "server_application_bytes",
)  # fmt: skip


def record(kind: int, content: bytes) -> bytes:
    """A DTLS 1.2 record of epoch 0."""
    return bytes([kind]) + tls.u16(0xFEFD, 0) + bytes(6) + tls.vector16(content)


def hello() -> bytes:
    """A record with a ClientHello."""
    suites = tls.vector16(tls.u16(0xC02F))
    body = tls.u16(0xFEFD) + tls.RANDOM + tls.vector8(b"") + tls.vector8(b"") + suites + tls.vector8(b"\x00")
    body += tls.vector16(tls.server_name(b"signalling.example"))
    length = len(body).to_bytes(3, "big")
    return record(22, b"\x01" + length + tls.u16(0) + bytes(3) + length + body)


def chunk(kind: int, flags: int, value: bytes = b"") -> bytes:
    """A chunk with its padding."""
    octets = struct.pack(">BBH", kind, flags, 4 + len(value)) + value
    return octets + bytes(-len(octets) & 3)


def data(tsn: int, message: bytes, flags: int = WHOLE, kind: int = DATA) -> bytes:
    """A DATA or I-DATA chunk."""
    rest = struct.pack(">HHI", 0, 0, 47) if kind == DATA else struct.pack(">HHII", 0, 0, 0, 47)
    return chunk(kind, flags, tsn.to_bytes(4, "big") + rest + message)


class Association:
    """Writes SCTP packets into a flow table; side 0 is the client."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.wire = Wire(FlowTable(limits=limits) if limits else None)

    def send(self, side: int, *chunks: bytes, missing: int = 0) -> Association:
        """A packet with these chunks."""
        source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
        header = struct.pack(">HHII", source[1], target[1], 1, 0)
        self.wire.add_association(ip_packet(source, target, header + b"".join(chunks), missing=missing))
        return self

    def only(self) -> Flow:
        """The only flow."""
        return self.wire.only()


def server_name(flow: Flow) -> bytes | None:
    """The name that its client asked for."""
    return None if flow.client_hello is None else flow.client_hello.server_name


@pytest.mark.parametrize("kind", [DATA, I_DATA], ids=["DATA", "I-DATA"])
def test_a_hello_in_a_chunk_is_read(kind: int) -> None:
    flow = Association().send(0, chunk(INIT, 0, bytes(16))).send(0, data(7, hello(), kind=kind)).only()
    assert (server_name(flow), flow.client_hello_packet, flow.first_packet, flow.dtls) == (
        b"signalling.example", 2, 2, True,
    )  # fmt: skip


def pieces(message: bytes, first: int) -> Iterator[bytes]:
    """A message in three chunks, whose numbers pass their end where `first` is the last but one."""
    flags = (FIRST, MIDDLE, LAST)
    size = len(message) // 3 + 1
    for step in range(3):
        yield data((first + step) & 0xFFFFFFFF, message[step * size : (step + 1) * size], flags[step])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
@pytest.mark.parametrize("bundled", [True, False], ids=["bundled", "apart"])
def test_a_message_in_chunks_is_read_in_any_order(order: tuple[int, ...], bundled: bool) -> None:
    association = Association().send(0, data(0xFFFFFFFD, record(21, b"\x01\x5a")))
    three = list(pieces(hello(), 0xFFFFFFFE))
    chosen = [three[place] for place in order]
    for chunks in [chosen] if bundled else [[each] for each in chosen]:
        association.send(0, *chunks)
    flow = association.only()
    assert server_name(flow) == b"signalling.example"
    assert flow.client_hello_packet == (2 if bundled else 4)
    assert not flow.streams[0].gap


def test_a_chunk_that_comes_again_counts_once() -> None:
    association = Association().send(0, data(1, hello()))
    for _ in range(3):
        association.send(0, data(2, record(23, bytes(40))))
    stream = association.only().streams[0]
    assert (stream.retransmitted, stream.reader.application_bytes) == (2, 40)


def test_a_message_whose_end_is_lost_is_a_hole() -> None:
    first, second, _ = pieces(hello(), 2)
    flow = Association().send(0, data(1, record(21, b"\x01\x5a"))).send(0, first).send(0, second).only()
    assert (flow.streams[0].gap, flow.streams[1].gap, server_name(flow)) == (True, False, None)


def test_what_waits_is_bounded_and_its_end_said() -> None:
    association = Association(Limits(early_segments=8)).send(0, data(1, record(21, b"\x01\x5a")))
    for step in range(9):
        association.send(0, data(10 + 2 * step, b"x", MIDDLE))
    flow = association.only()
    assert [error.kind for error, _ in flow.problems] == ["limit"]
    assert flow.streams[0].gap and flow.held == 0


def test_other_associations_leave_nothing_behind() -> None:
    association = Association()
    for tsn in range(100):
        association.send(tsn & 1, data(tsn, b"\x01\x00\x00\x14 no DTLS, whatever its chunk", (WHOLE, FIRST)[tsn & 1]))
    assert not association.wire.table.sctp.directions
    assert association.wire.finish() == []


@pytest.mark.parametrize(("kind", "reset", "fin"), [(ABORT, True, False), (SHUTDOWN_COMPLETE, False, True)], ids=str)
def test_an_association_ends_with_its_last_chunk_and_another_begins(kind: int, reset: bool, fin: bool) -> None:
    association = Association().send(0, data(1, hello()), chunk(kind, 0), data(2, record(23, bytes(40))))
    assert not association.wire.table.sctp.directions
    association.send(0, data(1, hello()))
    first, second = association.wire.finish()
    assert (first.streams[0].reset, first.streams[0].fin, first.time_end) == (reset, fin, first.time_start)
    assert second.first_packet == 2


def test_a_shutdown_says_who_closed() -> None:
    flow = Association().send(0, data(1, hello())).send(1, chunk(SHUTDOWN, 0, bytes(4))).only()
    assert (flow.fin_side, flow.fin_packet) == (1, 2)


@pytest.mark.parametrize(
    "octets", [struct.pack(">BBH", 0, 3, 3), struct.pack(">BBH", 0, 3, 900)], ids=["short", "long"]
)
def test_a_chunk_that_lies_about_its_length_is_a_problem(octets: bytes) -> None:
    with pytest.raises(DecodeError) as raised:
        Association().send(0, octets)
    assert (raised.value.layer, raised.value.kind) == ("sctp", "bad_length")


def test_a_header_that_is_cut_off_is_a_problem() -> None:
    wire = Wire()
    with pytest.raises(DecodeError) as raised:
        wire.add_association(ip_packet(CLIENT, SERVER, bytes(11)))
    assert (raised.value.layer, raised.value.kind) == ("sctp", "truncated")


def test_a_message_cut_by_the_capture_says_so() -> None:
    association = Association().send(0, data(1, hello()))
    flow = association.send(0, data(2, record(23, bytes(400))), missing=100).only()
    assert (flow.streams[0].truncated, flow.streams[1].truncated) == (True, False)


@pytest.mark.parametrize("sample", ["sctp-dtls", "sctp-dtls-reversed"])
def test_the_same_is_read_in_sctp_as_in_udp(sample: str) -> None:
    (datagrams,) = inspect("handshakes/dtls12.pcap").connections.to_dict("records")
    (association,) = inspect(f"variants/{sample}.pcap").connections.to_dict("records")
    assert association["transport"] == "sctp"
    for name in LEFT_AS_IT_WAS:
        assert str(association[name]) == str(datagrams[name]), name
