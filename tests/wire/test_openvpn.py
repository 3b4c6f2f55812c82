"""TLS in OpenVPN's control channel: packets in, the hellos of the TLS inside out."""

from __future__ import annotations

import struct

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import CLIENT, SERVER, Talk, Wire, ip_packet, noted, udp

from tlsinspect.errors import KINDS
from tlsinspect.wire.codes import ACK
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.openvpn import frame_openvpn, open_openvpn

IDS = (b"client's", b"server's")
HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"vpn"))), version=0x0301)
FLIGHT = tls.handshake(
    tls.message(2, tls.server_hello()),
    tls.message(11, tls.certificate(b"leaf" * 50)),
    tls.message(12, tls.ecdhe_exchange()),
)
FINISHED = tls.handshake(tls.message(16, b"key")) + tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
WRAPPINGS = [0, 16, 20, 28, 32, 48, 64]  # octets of HMAC; 0 is no --tls-auth
CHUNK = 60


def packet(
    side: int, opcode: int, number: int | None, octets: bytes = b"", hmac: int = 0, acks: int = 0, key_id: int = 0
) -> bytes:
    """A control packet; `number` is None in one that only acknowledges."""
    wrapping = b"\xaa" * hmac + struct.pack(">II", 1, 1_700_000_000) if hmac else b""
    acknowledged = bytes([acks]) + b"".join(struct.pack(">I", ack) for ack in range(acks))
    remote = IDS[1 - side] if acks else b""
    numbered = b"" if number is None else struct.pack(">I", number)
    return bytes([opcode << 3 | key_id]) + IDS[side] + wrapping + acknowledged + remote + numbered + octets


def controls(side: int, octets: bytes, hmac: int = 0, first: int = 1, key_id: int = 0) -> list[tuple[int, bytes]]:
    """TLS in control packets of CHUNK octets: the first ones acknowledge what came before."""
    pieces = [octets[at : at + CHUNK] for at in range(0, len(octets), CHUNK)]
    return [
        (side, packet(side, 4, first + index, piece, hmac, acks=2 if index == 0 else 0, key_id=key_id))
        for index, piece in enumerate(pieces)
    ]


def resets(hmac: int = 0) -> list[tuple[int, bytes]]:
    """How a session begins."""
    return [
        (0, packet(0, 7, 0, hmac=hmac)),
        (1, packet(1, 8, 0, hmac=hmac, acks=1)),
        (0, packet(0, 5, None, b"", hmac, 1)),
    ]


def session(hmac: int = 0) -> list[tuple[int, bytes]]:
    """A whole handshake, and a data packet behind it."""
    first = len(controls(0, HELLO, hmac)) + 1
    return [
        *resets(hmac),
        *controls(0, HELLO, hmac),
        *controls(1, FLIGHT, hmac),
        *controls(0, FINISHED, hmac, first),
        *controls(1, tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED, hmac, len(controls(1, FLIGHT)) + 1),
        (0, b"\x30" + bytes(200)),
    ]


def datagrams(packets: list[tuple[int, bytes]]) -> list[Flow]:
    """The flows of a capture with these UDP datagrams, by side."""
    wire = Wire(FlowTable(openers=(open_openvpn,)))
    for side, octets in packets:
        source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
        wire.add_datagram(ip_packet(source, target, udp(source, target, octets)))
    return wire.finish()


def framed(octets: bytes) -> bytes:
    """A packet as it stands in TCP."""
    return struct.pack(">H", len(octets)) + octets


def talk() -> Talk:
    """An open TCP connection in a table that knows OpenVPN."""
    return Talk(Wire(FlowTable(framers=(frame_openvpn,)))).open()


def dns(number: int, flags: int, *counts: int) -> bytes:
    """The head of a DNS message; the first octet of its number is an opcode and key id of OpenVPN's here."""
    return struct.pack(">HHHHHH", number, flags, *counts, *[0] * (4 - len(counts)))


class TestDatagrams:
    @pytest.mark.parametrize("hmac", WRAPPINGS)
    def test_the_handshake_inside_is_read_whatever_digest_stands_in_front(self, hmac: int) -> None:
        (flow,) = datagrams(session(hmac))
        assert flow.client_hello is not None
        assert flow.client_hello.server_name == b"vpn"
        assert flow.server_hello is not None
        assert flow.streams[1].reader.chain is not None
        assert flow.history == "CsxkGIi"
        assert noted(flow, "finished_seen") == [True, True]
        assert flow.carrier == "openvpn"
        assert not flow.problems

    def test_a_message_has_the_packet_that_completed_it(self) -> None:
        (flow,) = datagrams(session())
        assert flow.client_hello_packet == 3 + len(controls(0, HELLO))

    def test_packets_out_of_order_and_sent_twice_are_read_once_and_in_order(self) -> None:
        packets = session()
        middle = packets[3:-1]
        (flow,) = datagrams([*packets[:3], *reversed(middle[:2]), *middle[:2], *middle[2:], *middle])
        assert flow.history == "CsxkGIi"
        client, server = flow.streams
        assert client.out_of_order == 1
        assert client.retransmitted + server.retransmitted == 2 + len(middle)

    def test_a_lost_packet_loses_its_message_and_not_the_connection(self) -> None:
        flight = controls(1, FLIGHT)
        (flow,) = datagrams([*resets(), *controls(0, HELLO), *flight[:1], *flight[2:]])
        assert flow.client_hello is not None
        assert flow.server_hello is not None
        assert flow.streams[1].gap
        assert flow.history.startswith("Cs")

    @pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
    def test_octets_that_the_capture_cut_off_are_a_hole_and_nothing_is_joined_over_it(
        self, order: tuple[int, ...]
    ) -> None:
        table = FlowTable(openers=(open_openvpn,))
        wire = Wire(table)
        pieces = controls(0, HELLO[:CHUNK] + b"\xaa" * CHUNK + b"\xbb" * 20)
        for side, octets in [*resets(), *(pieces[place] for place in order)]:
            source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
            missing = 9 if octets == pieces[1][1] else 0
            wire.add_datagram(ip_packet(source, target, udp(source, target, octets), missing=missing))
        (flow,) = wire.finish()
        assert flow.streams[0].truncated
        assert flow.client_hello is not None and not flow.client_hello.complete
        assert [error.kind for error, _ in flow.problems].count("truncated") >= 1

    def test_a_capture_that_begins_with_the_hello_is_read(self) -> None:
        whole = packet(0, 4, 1, HELLO, hmac=20, acks=1)
        (flow,) = datagrams([(0, whole), *controls(1, FLIGHT, 20)])
        assert flow.history.startswith("Cs")

    def test_a_new_key_and_a_new_session_are_new_connections(self) -> None:
        renewed = [
            (1, packet(1, 3, 0, key_id=1)),
            (0, packet(0, 3, 0, key_id=1, acks=1)),
            *controls(0, HELLO, key_id=1),
            *controls(1, FLIGHT, key_id=1),
        ]
        restarted = [(0, b"\x38" + b"another!" + bytes(5)), (0, b"\x38" + b"another!" + bytes(5))]
        flows = datagrams([*session(), *renewed, *controls(0, HELLO)[:1], *restarted])
        assert [flow.history for flow in flows] == ["CsxkGIi", "cSXK", ""]
        assert flows[1].streams[0].key == flows[0].streams[1].key

    def test_a_renegotiation_that_is_sealed_stays_with_its_connection(self) -> None:
        sealed = IDS[0] + struct.pack(">II", 1, 1_700_000_000) + b"\xc5" * 37
        (flow,) = datagrams([*session(), (0, b"\x19" + sealed), (0, b"\x21" + sealed)])
        assert flow.history == "CsxkGIi"
        assert not flow.problems

    @pytest.mark.parametrize("opcode", [7, 10])
    def test_what_tls_crypt_sealed_is_named_and_not_read(self, opcode: int) -> None:
        sealed = bytes([opcode << 3]) + IDS[0] + struct.pack(">II", 0x0F000001, 1_700_000_000) + b"\xc5" * 37
        (flow,) = datagrams([(0, sealed), (0, b"\x20" + bytes(100))])
        assert flow.carrier == "openvpn"
        assert not flow.is_tls()
        assert not flow.problems

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"\x38",
            b"\x38" + bytes(12),
            b"\x38" + IDS[0] + b"\x00" + b"\x00\x00\x00\x01",  # a reset has packet id 0
            b"\x39" + IDS[0] + bytes(5),  # and key id 0
            b"\x38" + IDS[0] + b"\x09" + bytes(48),  # at most 8 acknowledgments
            b"\x38" + IDS[0] + struct.pack(">II", 1, 1) + b"\xc5" * 37,  # sealed in 1970
            dns(0x38B2, 0x8180, 1, 2) + b"\x06secure\x07example" + bytes(40),  # its letters are a time
            dns(0x3801, 0x0100, 1, 0, 1) + b"\x05aaaaa\x07example\x00\x00\x01\x00\x01\x00\x00\x29\x10" + bytes(7),
            dns(0x4001, 0x8500, 0, 1) + b"\x20" + b"EG" * 16 + bytes(20),  # NetBIOS
            b"\x20" + IDS[0] + bytes(5) + b"GET / HTTP/1.1\r\n",
            b"\x28" + IDS[0] + b"\x01" + bytes(4) + IDS[1],
            b"\x30" + bytes(100),
        ],
    )
    def test_other_datagrams_are_left_alone(self, octets: bytes) -> None:
        assert open_openvpn(octets, 0, len(octets)) is None

    def test_acknowledgments_past_the_packet_are_a_problem(self) -> None:
        (flow,) = datagrams([*resets(), (0, b"\x20" + IDS[0] + b"\x08" + bytes(9))])
        assert [(error.layer, error.kind) for error, _ in flow.problems] == [("openvpn", "bad_length")]

    def test_packets_that_never_have_their_turn_are_bounded(self) -> None:
        flood = [(0, packet(0, 4, 2 * number, bytes(100))) for number in range(1, 2000)]
        wire = Wire(FlowTable(openers=(open_openvpn,)))
        for side, octets in resets() + flood:
            source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
            wire.add_datagram(ip_packet(source, target, udp(source, target, octets)))
        (flow,) = wire.table.flows
        assert len(flow.datagrams.channels[0].early) <= 64
        assert flow.streams[0].gap


class TestTcp:
    @pytest.mark.parametrize("size", [1, 7, 64, 100_000])
    def test_packets_are_found_however_the_stream_is_cut(self, size: int) -> None:
        conversation = talk()
        for side, octets in session(20):
            sent = framed(octets)
            for piece in [sent[at : at + size] for at in range(0, len(sent), size)]:
                conversation.say(*([b"", piece] if side else [piece]))
        flow = conversation.close().only()
        assert flow.history == "CsxkGIi"
        assert flow.carrier == "openvpn"
        assert not flow.problems

    def test_data_packets_between_and_behind_are_stepped_over(self) -> None:
        data = framed(b"\x48\x00\x00\x01" + b"\x16\x03\x01\x02" * 300)
        conversation = talk()
        for side, octets in session():
            sent = framed(octets) if octets[0] >> 3 in (7, 8) else data + framed(octets) + data
            conversation.say(*([b"", sent] if side else [sent]))
        assert conversation.close().only().history == "CsxkGIi"

    def test_after_a_hole_the_next_packet_of_the_session_is_found(self) -> None:
        conversation = talk()
        for _side, octets in resets()[:1]:
            conversation.say(framed(octets))
        conversation.say(b"", framed(packet(1, 8, 0, acks=1)))
        for _, octets in controls(0, HELLO):
            conversation.say(framed(octets))
        flight = controls(1, FLIGHT)
        conversation.say(b"", framed(flight[0][1]))
        conversation.lose(1, 50)
        conversation.say(b"", b"rest of a packet" + b"".join(framed(octets) for _, octets in flight[2:]))
        flow = conversation.close().only()
        assert flow.server_hello is not None
        assert flow.streams[1].gap
        assert flow.streams[1].reader.mode != 0

    def test_lengths_that_lead_nowhere_are_a_problem(self) -> None:
        flow = talk().say(framed(resets()[0][1]) + b"\x00\x00\xff\xff").close().only()
        assert [(error.layer, error.kind) for error, _ in flow.problems] == [("openvpn", "bad_value")]

    def test_a_first_packet_whose_segments_come_in_the_wrong_order_is_found(self) -> None:
        conversation = talk()
        first, *others = [(side, framed(octets)) for side, octets in session()]
        start = conversation.sent[0]
        conversation.segment(0, ACK, first[1][5:], sequence=start + 5)
        conversation.segment(0, ACK, first[1][:5])
        conversation.sent[0] = start + len(first[1])
        for side, sent in others:
            conversation.say(*([b"", sent] if side else [sent]))
        assert conversation.close().only().history == "CsxkGIi"

    @pytest.mark.parametrize(
        "octets",
        [
            b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
            b"\x00\x0e\x38" + b"\x07" * 30,
            b"\x05\x01\x00",
            b"\x00\x0e\x38",
            b"\x10",
        ],
    )
    @pytest.mark.parametrize("size", [1, 2, 3, 6])
    def test_first_octets_that_lead_to_no_packet_are_read_as_they_came(self, octets: bytes, size: int) -> None:
        conversation = talk()
        for at in range(0, len(octets), size):
            conversation.say(octets[at : at + size])
        flow = conversation.say(HELLO).close().only()
        assert flow.carrier == ""
        assert flow.client_hello is not None
        assert flow.streams[0].head[: len(octets)] == octets

    def test_first_octets_in_front_of_what_was_not_captured_are_read(self) -> None:
        conversation = talk().say(b"\x00\x0e\x38", b"answer")
        conversation.segment(0, ACK, HELLO, missing=len(HELLO))
        flow = conversation.say(HELLO).only()
        assert flow.client_hello is not None
        assert (flow.streams[0].head, flow.streams[1].head) == (b"\x00\x0e\x38", b"answer")

    def test_other_streams_are_not_framed(self) -> None:
        for octets in (HELLO, b"GET / HTTP/1.1\r\n\r\n", b"\x00\x0e", b"\x00\x0e" + bytes(14), b"\xff\xff" + bytes(90)):
            assert talk().say(octets).close().only().carrier == ""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=90)), max_size=12), st.sampled_from(WRAPPINGS))
def test_any_octets_behind_a_reset_are_read_without_failing(packets: list[tuple[int, bytes]], hmac: int) -> None:
    session_packets = [(side, bytes([0x20]) + IDS[side] + octets) for side, octets in packets]
    conversation = talk()
    conversation.say(framed(resets(hmac)[0][1]))
    for side, octets in session_packets:
        conversation.say(*([b"", framed(octets) + octets] if side else [framed(octets) + octets]))
    for flow in [*datagrams([*resets(hmac), *session_packets]), conversation.close().only()]:
        assert all(error.kind in KINDS for error, _ in flow.problems)


def test_a_handshake_cut_anywhere_is_read_without_failing() -> None:
    packets = session(20)
    for index in range(len(packets)):
        side, octets = packets[index]
        for length in range(0, len(octets), 5):
            flows = datagrams([*packets[:index], (side, octets[:length]), *packets[index + 1 :]])
            assert all(error.kind in KINDS for flow in flows for error, _ in flow.problems)
