"""Connections on the wire: which packet belongs to which, when one is over, and what its TLS said."""

from __future__ import annotations

from itertools import permutations

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import CLIENT, MILLISECOND_NS, NOON_NS, SECOND_NS, SERVER, Talk, Wire, ip_packet, noted, tcp, udp

from tlsinspect.errors import KINDS, DecodeError
from tlsinspect.registry.generated import CIPHER_SUITES
from tlsinspect.wire.codes import ACK, FIN, LOST, OTHER, RST, SYN, TCP, UDP, UNENCRYPTED
from tlsinspect.wire.flow import DatagramReader, Flow
from tlsinspect.wire.flow_cost import flow_cost
from tlsinspect.wire.flow_key import flow_key
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.limits import Limits
from tlsinspect.wire.stream import Stream

LINGER_NS = 5 * SECOND_NS
FIRST_SEGMENTS = 16
WHOLE_LINGER_NS = SECOND_NS
RESET_WINDOW = 1 << 24

HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"name"))), version=0x0301)
HELLO13 = tls.handshake(
    tls.message(1, tls.client_hello(tls.supported_versions(0x0304) + tls.key_share(29))), version=0x0301
)
FLIGHT = tls.handshake(
    tls.message(2, tls.server_hello()),
    tls.message(11, tls.certificate(b"leaf")),
    tls.message(12, tls.ecdhe_exchange()),
    tls.message(14),
)
KEYS = tls.handshake(tls.message(16, b"key"))
FINISHED = tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
ANSWER13 = tls.handshake(tls.message(2, tls.tls13_server_hello()))
CCS = tls.CHANGE_CIPHER_SPEC


def talk_of(*turns: bytes) -> Flow:
    """A connection that opens, takes turns and closes."""
    return Talk().open().say(*turns).close().only()


class TestFlowKey:
    def test_the_key_is_addresses_and_ports_in_wire_order(self) -> None:
        packet = ip_packet(CLIENT, SERVER, tcp(CLIENT, SERVER, SYN, 0, 0, b""))
        assert flow_key(packet) == bytes.fromhex("c0000201 c6336401 c350 01bb")

    def test_ip_options_do_not_change_the_key(self) -> None:
        octets = tcp(CLIENT, SERVER, SYN, 0, 0, b"")
        assert flow_key(ip_packet(CLIENT, SERVER, octets, b"\x94\x04\x00\x00")) == flow_key(
            ip_packet(CLIENT, SERVER, octets)
        )

    def test_an_ipv6_key_has_36_octets_with_and_without_extension_headers(self) -> None:
        ends = (("2001:db8::1", 50000), ("2001:db8::2", 443))
        octets = tcp(*ends, SYN, 0, 0, b"")
        key = bytes.fromhex("20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02" + "c35001bb")
        assert flow_key(ip_packet(*ends, octets)) == flow_key(ip_packet(*ends, octets, bytes(8))) == key

    def test_addresses_that_are_named_behind_the_header_are_those_of_the_key(self) -> None:
        octets = tcp(CLIENT, SERVER, SYN, 0, 0, b"")
        key = flow_key(ip_packet(CLIENT, SERVER, octets))
        routed = ip_packet(CLIENT, ("192.0.2.99", 0), octets, b"\x83\x07\x04\xc6\x33\x64\x01\0")
        routed.destination = 33
        assert flow_key(routed) == key
        away = ip_packet(("192.0.2.99", 0), SERVER, octets, b"\0\0\0\0\xc0\0\2\1")
        away.source = 34
        assert flow_key(away) == key


class TestJoining:
    @pytest.mark.parametrize(
        "ends",
        [(CLIENT, SERVER), (("2001:db8::1", 50000), ("2001:db8::2", 443)), (("192.0.2.9", 443), ("192.0.2.8", 443))],
    )
    def test_both_directions_are_one_connection(self, ends: tuple[tuple[str, int], tuple[str, int]]) -> None:
        flow = Talk(None, *ends).open().say(HELLO, FLIGHT, KEYS).close().only()
        client, server = flow.streams
        assert (client.packets, server.packets) == (5, 3)
        assert (client.octets, server.octets) == (len(HELLO) + len(KEYS), len(FLIGHT))
        assert flow.protocol == TCP
        assert flow.client_hello is not None
        assert flow.server_hello is not None
        assert (client.reader.side, server.reader.side, flow.hello_side, flow.server_side) == (0, 1, 0, 1)

    def test_connections_with_other_ports_or_addresses_are_apart(self) -> None:
        wire = Wire()
        talks = [
            Talk(wire),
            Talk(wire, ("192.0.2.1", 50001)),
            Talk(wire, ("192.0.2.2", 50000)),
            Talk(wire, CLIENT, ("198.51.100.1", 8443)),
            Talk(wire, ("2001:db8::1", 50000), ("2001:db8::2", 443)),
        ]
        for talk in talks:
            talk.open()
        for talk in talks:
            talk.say(HELLO)
        flows = wire.finish()
        assert len(flows) == wire.table.connections == 5
        assert all(flow.client_hello is not None and flow.streams[0].packets == 3 for flow in flows)

    def test_a_port_that_talks_to_itself_is_one_connection(self) -> None:
        wire = Wire()
        Talk(wire, ("127.0.0.1", 443), ("127.0.0.1", 443), (1000, 1000)).open()
        assert wire.only().streams[0].packets == 3

    def test_segments_with_ip_and_tcp_options_join_the_others(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, HELLO[:30], ip_options=b"\x94\x04\x00\x00")
        talk.segment(0, ACK, HELLO[30:], options=b"\x01\x01\x08\x0a" + bytes(8))
        flow = talk.only()
        assert flow.client_hello is not None
        assert flow.streams[0].octets == len(HELLO)

    def test_the_first_packet_and_the_times_are_kept(self) -> None:
        wire = Wire()
        Talk(wire, ("192.0.2.7", 1)).open()
        Talk(wire).open().say(HELLO, FLIGHT)
        flow = next(flow for flow in wire.finish() if flow.client_hello is not None)
        assert (flow.first_packet, flow.client_hello_packet, flow.server_hello_packet, noted(flow, "chain_packet")) == (
            4,
            7,
            8,
            [-1, 8],
        )
        assert flow.time_start == flow.time_syn == NOON_NS + 3 * MILLISECOND_NS
        assert flow.time_syn_ack == NOON_NS + 4 * MILLISECOND_NS
        assert flow.time_client_hello == NOON_NS + 6 * MILLISECOND_NS
        assert flow.time_server_hello == flow.time_end == NOON_NS + 7 * MILLISECOND_NS

    def test_labels_of_the_first_packet_and_the_capture_are_kept(self) -> None:
        wire = Wire()
        wire.table.capture = 3
        packet = ip_packet(CLIENT, SERVER, tcp(CLIENT, SERVER, SYN, 0, 0, b""))
        packet.vlans = [10, 20]
        packet.tunnels = ["gre"]
        wire.add_segment(packet)
        flow = wire.only()
        assert (flow.capture, flow.vlans, flow.tunnels) == (3, [10, 20], ["gre"])


class TestOpening:
    def test_who_sends_the_syn_is_known_from_either_packet_of_the_opening(self) -> None:
        assert Talk().open().only().syn_side == 0
        talk = Talk()
        talk.segment(1, SYN | ACK)
        flow = talk.only()
        assert (flow.syn_side, flow.time_syn, flow.streams[0].syn) == (1, -1, True)
        talk = Talk()
        talk.segment(0, SYN)
        assert talk.only().syn_side == 0

    def test_without_an_opening_nobody_is_known_to_have_sent_the_syn(self) -> None:
        flow = Talk().say(HELLO, FLIGHT).only()
        assert flow.syn_side == -1
        assert not flow.streams[0].syn
        assert flow.server_hello is not None

    def test_data_in_the_syn_is_the_beginning_of_the_stream(self) -> None:
        talk = Talk()
        talk.segment(0, SYN, HELLO[:40])
        talk.segment(1, SYN | ACK)
        talk.segment(0, ACK, HELLO[40:])
        flow = talk.only()
        assert flow.client_hello is not None
        assert flow.streams[0].octets == len(HELLO)

    def test_data_in_the_syn_that_is_sent_again_behind_it_is_a_retransmission(self) -> None:
        talk = Talk()
        talk.segment(0, SYN, HELLO)
        talk.segment(1, SYN | ACK)
        talk.segment(0, ACK, HELLO, sequence=1001)
        flow = talk.only()
        assert flow.client_hello is not None
        assert (flow.streams[0].retransmitted, flow.streams[0].overlap_conflict) == (1, False)

    def test_a_repeated_syn_belongs_to_the_same_connection(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.segment(0, SYN, sequence=1000)
        talk.segment(1, SYN | ACK)
        talk.segment(1, SYN | ACK, sequence=5000)
        flow = talk.say(HELLO).only()
        assert flow.client_hello is not None
        assert flow.time_syn == NOON_NS
        assert flow.streams[0].packets == 3

    def test_a_syn_captured_behind_its_answer_opens_no_second_connection(self) -> None:
        talk = Talk()
        talk.segment(1, SYN | ACK)
        talk.segment(0, SYN)
        flow = talk.say(HELLO).only()
        assert flow.client_hello is not None
        assert (flow.streams[0].syn, flow.streams[1].syn) == (True, True)


class TestSequenceNumbers:
    @pytest.mark.parametrize("initial", [(0x7FFFFFFE, 0x80000000), (0xFFFFFFC0, 0xFFFFFF00), (0xFFFFFFFE, 0xFFFFFFFF)])
    def test_a_session_is_read_wherever_its_numbers_start(self, initial: tuple[int, int]) -> None:
        flow = Talk(None, initial=initial).open().say(HELLO, FLIGHT, KEYS + FINISHED, FINISHED).close().only()
        assert flow.history == "CsxknGIi"
        assert flow.closed
        assert tuple(stream.initial_sequence for stream in flow.streams) == initial
        assert [(stream.gap, stream.retransmitted, stream.out_of_order) for stream in flow.streams] == [
            (False, 0, 0)
        ] * 2

    @pytest.mark.parametrize("flags", [FIN | ACK, RST, SYN])
    def test_the_largest_number_is_one_like_another(self, flags: int) -> None:
        talk = Talk(None, initial=(0xFFFFFFFF, 0xFFFFFFFF))
        talk.segment(0, flags)
        flow = talk.only()
        assert (flow.streams[0].fin, flow.streams[0].reset, flow.streams[0].syn) == (
            flags == FIN | ACK, flags == RST, flags == SYN,
        )  # fmt: skip

    def test_a_hole_is_given_up_by_an_acknowledgement_with_a_large_number(self) -> None:
        talk = Talk(None, initial=(0xFFFFF000, 0xFFFFFF00)).open().lose(0, 100)
        for _ in range(4):
            talk.segment(0, ACK, tls.application(30))
        talk.segment(1, ACK)
        assert next(iter(talk.wire.table.flows)).streams[0].gap


def pieces_of(octets: bytes, count: int) -> list[tuple[int, bytes]]:
    """Pieces of some octets, each with the place where it begins."""
    size = -(-len(octets) // count)
    return [(at, octets[at : at + size]) for at in range(0, len(octets), size)]


class TestFirstOctets:
    """Of a direction whose SYN was not captured, octets may come in front of those that were seen first."""

    @pytest.mark.parametrize("ends", [(CLIENT, SERVER), (("2001:db8::1", 50000), ("2001:db8::2", 443))])
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_segments_in_any_order_say_what_they_say_in_order(
        self, order: tuple[int, ...], ends: tuple[tuple[str, int], tuple[str, int]]
    ) -> None:
        talk = Talk(None, *ends, initial=(1000, 1000))
        for side, said in ((0, HELLO), (1, FLIGHT)):
            for place in order:
                at, octets = pieces_of(said, 3)[place]
                talk.segment(side, ACK, octets, sequence=1000 + at)
        flow = talk.only()
        assert flow.history == "Csxkn"
        assert [message[2] for message in flow.messages if message[5] in (1, 14)] == [3, 6]
        assert (flow.client_hello_packet, flow.first_packet, talk.wire.table.connections) == (3, 1, 1)
        assert flow.time_start == NOON_NS
        client, server = flow.streams
        assert (client.octets, server.octets) == (len(HELLO), len(FLIGHT))
        assert (client.packets, server.packets, client.retransmitted, server.retransmitted) == (3, 3, 0, 0)
        assert not (client.gap or server.gap or flow.problems)

    def test_the_syn_ack_of_a_connection_that_is_read_anew_stays(self) -> None:
        talk = Talk()
        talk.segment(1, SYN | ACK)
        for at, octets in reversed(pieces_of(HELLO, 2)):
            talk.segment(0, ACK, octets, sequence=1000 + at)
        flow = talk.only()
        assert flow.client_hello is not None and flow.streams[0].syn  # the server was seen first
        assert flow.time_syn_ack == flow.time_start == NOON_NS

    @pytest.mark.parametrize("acknowledged", [True, False])
    def test_segments_behind_a_syn_that_nobody_answers_are_put_in_order(self, acknowledged: bool) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.sent[1] += 1  # for the SYN that nobody captured
        if acknowledged:
            talk.segment(0, ACK)
        talk.say(HELLO)
        for at, octets in reversed(pieces_of(FLIGHT, 3)):
            talk.segment(1, ACK, octets, sequence=5001 + at)
        flow = talk.only()
        assert (flow.history, talk.wire.table.connections) == ("Csxkn", 1)
        assert not flow.streams[1].gap
        assert flow.streams[0].syn and flow.syn_side == 0

    def test_where_its_packets_were_seen_stays(self) -> None:
        wire = Wire()
        for at, octets in reversed(pieces_of(HELLO, 2)):
            packet = ip_packet(CLIENT, SERVER, tcp(CLIENT, SERVER, ACK, 1000 + at, 0, octets))
            packet.vlans, packet.tunnels = [7], ["gre"]
            wire.add_segment(packet)
        flow = wire.only()
        assert flow.client_hello is not None and (flow.vlans, flow.tunnels) == ([7], ["gre"])

    def test_records_that_were_found_in_the_first_segment_are_told_once(self) -> None:
        cut = len(ANSWER13) + 20
        said = ANSWER13 + tls.application(400) + tls.application(60)
        talk = Talk().say(HELLO13)
        talk.segment(1, ACK, said[cut:], sequence=5000 + cut)
        talk.segment(1, ACK, said[:cut], sequence=5000)
        flow = talk.only()
        assert flow.tls13
        assert flow.streams[1].reader.application_records == 2
        assert [message[5] for message in flow.messages] == [1, 2, -1]

    def test_octets_that_never_come_between_are_a_gap(self) -> None:
        talk = Talk()
        talk.segment(0, ACK, b"x" * 50, sequence=3000)
        talk.segment(0, ACK, HELLO, sequence=1000)
        flow = talk.only()
        assert flow.client_hello is not None
        assert flow.streams[0].gap

    def test_what_comes_too_late_to_be_read_is_a_gap(self) -> None:
        talk = Talk().say(*[b"", b"x" * 10] * FIRST_SEGMENTS)
        assert not any(stream.gap for stream in talk.wire.table.streams.values())
        talk.segment(1, ACK, FLIGHT, sequence=5000 - len(FLIGHT))
        flow = talk.only()
        assert flow.server_hello is None
        assert (flow.streams[0].gap, flow.streams[0].retransmitted) == (True, 1)
        assert flow.first_segments is None

    def test_octets_in_front_of_those_behind_a_syn_are_not_read(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, b"x" * 50)
        talk.segment(0, ACK, HELLO, sequence=1001 - len(HELLO))
        flow = talk.only()
        assert flow.client_hello is None
        assert not flow.streams[0].gap

    def test_octets_far_in_front_are_of_something_else(self) -> None:
        talk = Talk()
        talk.segment(0, ACK, tls.application(50), sequence=3 << 20)
        talk.segment(0, ACK, HELLO, sequence=1 << 20)
        assert talk.only().client_hello is None

    def test_what_is_kept_is_counted_and_has_an_end(self) -> None:
        talk = Talk().say(tls.application(1000), tls.application(1000))
        (flow,) = talk.wire.table.flows
        assert len(flow.first_segments or ()) == 2
        assert flow_cost(flow) > 2000 + flow_cost(Flow(b"", b"", TCP, True))
        talk.say(tls.application(16000), tls.application(1000))
        assert flow.first_segments is None


class TestReuse:
    def test_a_syn_with_another_number_begins_another_connection(self) -> None:
        wire = Wire()
        Talk(wire).open().say(HELLO, FLIGHT)
        Talk(wire, initial=(77000, 99000)).open().say(HELLO13, ANSWER13)
        first, second = wire.finish()
        assert (first.tls13, second.tls13) == (False, True)
        assert (first.streams[0].packets, second.streams[0].packets) == (3, 3)
        assert wire.table.connections == 2

    def test_a_syn_with_the_same_number_after_the_end_is_a_late_copy(self) -> None:
        talk = Talk().open().say(HELLO).close()
        talk.segment(0, SYN, sequence=1000)
        assert talk.only().streams[0].packets == 5

    def test_a_syn_begins_another_connection_while_the_closed_one_lingers(self) -> None:
        wire = Wire()
        Talk(wire).open().say(HELLO).close()
        Talk(wire, initial=(77000, 99000)).open().say(HELLO)
        assert [flow.client_hello is not None for flow in wire.finish()] == [True, True]

    @pytest.mark.parametrize("pause", [6, 250, 86_400])
    def test_what_is_replayed_long_after_it_was_closed_is_a_connection_again(self, pause: int) -> None:
        wire = Wire()
        for _ in range(3):
            Talk(wire).open().say(HELLO).close().wait(pause * SECOND_NS)
        assert [(flow.syn_side, flow.client_hello is not None) for flow in wire.finish()] == [(0, True)] * 3

    def test_a_syn_that_comes_long_after_its_connection_without_one_is_its_own(self) -> None:
        talk = Talk()
        number = talk.sent[0]
        talk.sent = [each + 1 for each in talk.sent]
        talk.say(HELLO, FLIGHT).close().wait(6 * SECOND_NS)
        talk.segment(0, SYN, sequence=number)
        assert talk.only().client_hello is not None

    def test_a_syn_in_the_middle_of_a_connection_begins_another(self) -> None:
        wire = Wire()
        Talk(wire).say(tls.application(50))
        Talk(wire, initial=(77000, 99000)).open()
        assert [flow.syn_side for flow in wire.finish()] == [-1, 0]

    def test_a_server_may_choose_its_number_anew_before_it_sent_data(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.segment(1, SYN | ACK, sequence=300)
        talk.segment(1, SYN | ACK)
        flow = talk.say(HELLO, FLIGHT).only()
        assert flow.server_hello is not None
        assert flow.streams[1].initial_sequence == 5000
        assert not flow.streams[1].gap

    def test_a_stray_syn_ack_with_another_number_is_not_believed(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.segment(1, SYN | ACK)
        talk.segment(1, SYN | ACK, sequence=300)
        flow = talk.say(HELLO, FLIGHT).only()
        assert flow.server_hello is not None
        assert flow.streams[1].initial_sequence == 5000
        assert not flow.streams[1].gap

    def test_a_syn_ack_begins_another_connection_where_no_syn_was_captured(self) -> None:
        wire = Wire()
        Talk(wire).say(b"", FLIGHT)
        talk = Talk(wire, initial=(77000, 99000))
        talk.segment(1, SYN | ACK)
        talk.say(b"", FLIGHT)
        assert [flow.server_hello is not None for flow in wire.finish()] == [True, True]

    @pytest.mark.parametrize("first", [0, 1])
    def test_a_side_recorded_behind_all_of_the_other_is_of_the_same_connection(self, first: int) -> None:
        said = (HELLO, tls.alert(2, 40))
        talk = Talk()
        for side in (first, 1 - first):
            talk.sent = [1001, 5001]
            talk.segment(side, (SYN, SYN | ACK)[side], sequence=(1000, 5000)[side])
            talk.segment(side, ACK, said[side])
            talk.reset(side)
        flow = talk.only()
        assert flow.client_hello is not None
        assert [alert[2:] for alert in flow.alerts] == [(1 - first, 2, 40)]
        assert flow.syn_side == first

    def test_a_syn_ack_behind_a_reset_that_answers_another_syn_begins_another_connection(self) -> None:
        wire = Wire()
        talk = Talk(wire)
        talk.segment(0, SYN)
        talk.say(HELLO).reset(0)
        later = Talk(wire, initial=(77000, 99000))
        later.segment(1, SYN | ACK)
        later.say(b"", FLIGHT)
        assert [flow.server_hello is not None for flow in wire.finish()] == [False, True]

    @pytest.mark.parametrize(("side", "cut"), [(0, 0), (0, 40), (1, 0)])
    def test_a_syn_that_its_own_octets_overtook_is_of_the_same_connection(self, side: int, cut: int) -> None:
        wire = Wire()
        talk = Talk(wire, initial=(1001, 5001))
        said = (HELLO, FLIGHT)[side]
        if side == 1:
            talk.segment(0, SYN, sequence=1000)
            talk.say(HELLO)
        talk.segment(side, ACK, said[cut:], sequence=(1001, 5001)[side] + cut)
        talk.segment(side, (SYN, SYN | ACK)[side], sequence=(1000, 5000)[side])
        if side == 0:
            talk.segment(1, SYN | ACK, sequence=5000)
        talk.segment(side, ACK, said[:cut])
        talk.say(b"", FLIGHT if side == 0 else b"")
        flow = talk.only()
        assert flow.history == "Csxkn"
        assert (flow.syn_side, wire.table.connections) == (0, 1)
        assert flow.streams[side].syn
        assert flow.time_syn_ack >= 0
        assert not flow.streams[side].gap

    def test_a_reset_that_overtook_the_syn_it_answers_is_of_the_same_connection(self) -> None:
        wire = Wire()
        talk = Talk(wire, initial=(1001, 0))
        talk.segment(1, RST | ACK)
        talk.segment(0, SYN, sequence=1000)
        flow = talk.only()
        assert wire.table.connections == 1
        assert (flow.client_hello, flow.reset_packet, flow.streams[1].syn) == (None, 1, True)
        assert flow.syn_side == 1

    @pytest.mark.parametrize(("number", "pause"), [(7000, 0), (1000, SECOND_NS)])
    def test_a_syn_behind_a_reset_that_answers_another_one_begins_another_connection(
        self, number: int, pause: int
    ) -> None:
        wire = Wire()
        talk = Talk(wire, initial=(1001, 0))
        talk.segment(1, RST | ACK)
        talk.wait(pause).segment(0, SYN, sequence=number)
        assert len(wire.finish()) == 2

    def test_a_syn_with_a_lower_number_and_much_later_begins_another_connection(self) -> None:
        wire = Wire()
        Talk(wire).say(HELLO).wait(SECOND_NS)
        Talk(wire, initial=(700, 99000)).open().say(HELLO)
        assert [flow.client_hello is not None for flow in wire.finish()] == [True, True]


class TestClosing:
    @pytest.mark.parametrize(
        ("lacking", "reset", "linger"),
        [(0, False, WHOLE_LINGER_NS), (0, True, LINGER_NS), (9, False, LINGER_NS)],
        ids=["whole", "reset", "hole"],
    )
    def test_a_closed_connection_lingers_the_longer_the_more_may_come(
        self, lacking: int, reset: bool, linger: int
    ) -> None:
        wire = Wire()
        talk = Talk(wire).open().say(HELLO).lose(0, lacking)
        if reset:
            talk.reset(0)
        else:
            talk.close()
        assert len(wire.table.closing) == 1
        begun = wire.time_ns
        Talk(wire, ("192.0.2.7", 1)).wait(linger - 9 * MILLISECOND_NS).open()
        assert wire.table.finished == [] and wire.time_ns - begun < linger
        Talk(wire, ("192.0.2.8", 1)).wait(SECOND_NS).open()
        assert [flow.closed for flow in wire.table.finished] == [True]
        assert wire.table.closing == []

    def test_a_straggler_joins_the_lingering_connection(self) -> None:
        talk = Talk().open()
        talk.sent[0] += len(HELLO)
        talk.close()
        talk.segment(0, ACK, HELLO, sequence=1001)
        flow = talk.only()
        assert flow.client_hello is not None

    def test_one_fin_closes_nothing(self) -> None:
        flow_table = Talk().open().say(HELLO).close(0).wire.table
        assert flow_table.closing == []
        assert not next(iter(flow_table.flows)).closed

    def test_a_reset_closes_at_once_and_its_text_is_no_data(self) -> None:
        talk = Talk().open().say(HELLO)
        talk.segment(1, RST, b"go away")
        flow = talk.only()
        assert flow.closed
        assert flow.streams[1].reset
        assert (flow.streams[1].octets, flow.streams[1].next_place) == (7, 0)

    def test_a_connection_is_closed_once(self) -> None:
        wire = Talk().open().close().reset(0).reset(1).wire
        assert len(wire.table.closing) == 1
        assert len(wire.finish()) == 1

    def test_stragglers_of_a_connection_that_ended_begin_none(self) -> None:
        wire = Wire()
        talk = Talk(wire).open().say(HELLO, FLIGHT).reset(0)
        Talk(wire, ("192.0.2.7", 1)).wait(LINGER_NS).open()
        assert len(wire.table.finished) == 1
        for side, flags, payload, sequence in (
            (1, ACK, FLIGHT, 5001), (1, ACK, FLIGHT[-9:], 5001 + len(FLIGHT) - 9), (0, ACK, b"", 7), (1, RST, b"", 0),
        ):  # fmt: skip
            talk.wait(50 * SECOND_NS).segment(side, flags, payload, sequence)
        assert wire.table.connections == 2

    @pytest.mark.parametrize(
        ("pause", "side", "flags", "payload"),
        [
            (100, 1, ACK, b"what is new"), (241, 1, ACK, b""), (100, 0, SYN, b""), (-100, 1, ACK, b""),
            (100, 2, ACK, b""),
        ],
    )  # fmt: skip
    def test_what_is_new_or_late_enough_begins_another(self, pause: int, side: int, flags: int, payload: bytes) -> None:
        wire = Wire()
        talk = Talk(wire).open().say(HELLO, FLIGHT).close()
        Talk(wire, ("192.0.2.7", 1)).wait(LINGER_NS).open()
        other = talk if side < 2 else Talk(wire, ("192.0.2.9", 2))
        other.wait(pause * SECOND_NS).segment(side % 2, flags, payload)
        assert wire.table.connections == 3

    def test_what_a_side_says_first_when_all_is_over_begins_another(self) -> None:
        wire = Wire()
        talk = Talk(wire)
        talk.segment(0, SYN)
        talk.segment(0, RST)
        Talk(wire, ("192.0.2.7", 1)).wait(LINGER_NS).open()
        talk.segment(1, ACK, b"", 7)
        assert wire.table.connections == 2
        talk.segment(1, ACK, b"what nobody said", 0x90000000)
        assert wire.table.connections == 3

    def test_what_comes_late_between_two_closed_sides_keeps_nothing_open(self) -> None:
        wire = Wire()
        talk = Talk(wire).open()
        talk.sent[0] += len(HELLO)
        talk.close()
        talk.segment(0, ACK, HELLO, sequence=1001)
        Talk(wire, ("192.0.2.7", 1)).wait(LINGER_NS).open()
        assert [flow.client_hello is not None for flow in wire.table.finished] == [True]

    def test_a_reset_of_who_has_said_nothing_is_believed_whatever_its_number(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.segment(1, RST | ACK, sequence=0xC0000000)
        assert next(iter(talk.wire.table.flows)).closed

    def test_of_two_in_one_place_the_stragglers_of_the_later_one_are_known(self) -> None:
        wire = Wire()
        first, second = [Talk(wire, (f"192.0.{net}.7", 7)).open().close() for net in (2, 3)]
        Talk(wire, ("192.0.2.8", 1)).wait(LINGER_NS).open()
        second.segment(0, ACK)
        assert wire.table.connections == 3
        first.segment(0, ACK)
        assert wire.table.connections == 4

    def test_a_reset_that_is_far_off_closes_nothing(self) -> None:
        talk = Talk().open().say(HELLO)
        talk.segment(1, RST, sequence=5001 + RESET_WINDOW + 1)
        talk.segment(1, RST, sequence=5001 - RESET_WINDOW - 1)
        flow = next(iter(talk.wire.table.flows))
        assert (flow.closed, flow.reset_packet) == (False, -1)
        talk.segment(1, RST, sequence=5001 + RESET_WINDOW)
        assert flow.closed

    def test_a_connection_that_goes_on_behind_a_reset_was_not_closed(self) -> None:
        wire = Wire()
        talk = Talk(wire).open().say(HELLO)
        talk.segment(1, RST, sequence=5001)
        talk.say(b"", FLIGHT)
        Talk(wire, ("192.0.2.7", 1)).wait(LINGER_NS).open()
        assert (wire.table.finished, wire.table.closing) == ([], [])
        talk.say(b"more").close()
        assert len(wire.finish()) == 2

    def test_a_connection_idle_for_an_hour_ends_whenever_its_neighbour_speaks(self) -> None:
        for phase in (0, 7, 31, 58):
            wire = Wire()
            Talk(wire).open()
            wire.time_ns += phase * SECOND_NS
            other = Talk(wire, ("192.0.2.7", 1)).open()
            for _ in range(59):
                other.wait(60 * SECOND_NS).say(b"x")
            assert wire.table.finished == []
            for _ in range(3):
                other.wait(60 * SECOND_NS).say(b"x")
            assert [flow.streams[0].packets for flow in wire.table.finished] == [2], phase

    def test_one_packet_whose_clock_is_ahead_ends_no_connection(self) -> None:
        wire = Wire()
        talks = [Talk(wire, ("192.0.2.7", port)).open() for port in range(3)]
        now = wire.time_ns
        wire.time_ns += 365 * 24 * 3600 * SECOND_NS
        talks[0].say(b"ahead")
        wire.time_ns = now
        for talk in talks:
            talk.say(b"on time").close()
        assert wire.table.finished == []
        assert [flow.streams[0].octets for flow in wire.finish()] == [12, 7, 7]

    def test_a_pause_of_hours_ends_what_is_idle_with_the_next_packets(self) -> None:
        wire = Wire()
        Talk(wire).open()
        other = Talk(wire, ("192.0.2.7", 1)).open()
        other.wait(2 * 3600 * SECOND_NS).say(b"x")
        assert wire.table.finished == []
        other.wait(LINGER_NS).say(b"x")
        assert len(wire.table.finished) == 1

    @pytest.mark.parametrize("back", [120, 365 * 24 * 3600])
    def test_closed_connections_end_though_the_clock_went_back(self, back: int) -> None:
        wire = Wire()
        Talk(wire).open().close()
        wire.time_ns -= back * SECOND_NS
        for port in range(5):
            Talk(wire, ("192.0.2.7", port)).open().close()
        assert len(wire.table.finished) == 1
        Talk(wire, ("192.0.2.7", 5)).wait(LINGER_NS).open()
        assert len(wire.table.finished) == 6
        assert wire.table.closing == []

    def test_the_end_of_the_capture_ends_every_connection(self) -> None:
        wire = Wire()
        for port in range(5):
            Talk(wire, ("192.0.2.7", port)).open()
        assert len(wire.finish()) == 5
        assert (wire.table.flows, wire.table.streams, wire.table.closing) == ({}, {}, [])

    def test_the_tenth_that_was_idle_longest_is_evicted_at_the_limit(self) -> None:
        wire = Wire(FlowTable(limits=Limits(connections=20)))
        talks = [Talk(wire, ("192.0.2.7", port)).open().say(b"word") for port in range(20)]
        talks[0].say(b"again")
        assert wire.table.evicted == 0
        Talk(wire).open()
        assert wire.table.evicted == 3
        assert [flow.streams[0].key[8:10] for flow in wire.table.finished] == [b"\x00\x01", b"\x00\x02", b"\x00\x03"]
        assert len(wire.table.flows) == 18

    def test_half_open_connections_that_are_evicted_are_counted_and_nothing_else(self) -> None:
        wire = Wire(FlowTable(limits=Limits(connections=20)))
        for port in range(21):
            talk = Talk(wire, ("192.0.2.7", port))
            for _ in range(1 + (port == 1)):
                talk.segment(0, SYN, sequence=1000)
        assert (wire.table.evicted, wire.table.finished) == (3, [])
        assert wire.table.dropped == {(0, 443): 3}
        assert (wire.table.open_count(), wire.table.streams) == (18, {})

    def test_the_connection_that_exceeds_the_limit_stays_even_if_its_clock_is_behind(self) -> None:
        wire = Wire(FlowTable(limits=Limits(connections=1)))
        Talk(wire, ("192.0.2.7", 1)).open().say(b"word")
        wire.time_ns -= 100 * SECOND_NS
        Talk(wire).open().say(HELLO)
        assert wire.table.evicted == 1
        assert [flow.client_hello is not None for flow in wire.finish()] == [False, True]


class TestShards:
    @pytest.mark.parametrize("network", ["192.0.2.{}", "2001:db8::{}"])
    def test_each_connection_falls_to_one_shard_whole(self, network: str) -> None:
        shards = 3
        followed: list[tuple[bytes, int, int]] = []
        for shard in range(shards):
            wire = Wire(FlowTable(shard=shard, shards=shards))
            for number in range(1, 61):
                Talk(wire, (network.format(number), 50000 + number), (network.format(200), 443)).open().say(
                    HELLO, FLIGHT
                )
            flows = wire.finish()
            assert len(flows) > 60 // shards // 2
            followed += [(flow.streams[0].key, flow.streams[0].packets, flow.streams[1].packets) for flow in flows]
        assert len({key for key, _, _ in followed}) == len(followed) == 60
        assert {(first, second) for _, first, second in followed} == {(3, 2)}

    def test_datagrams_are_shared_out_like_segments(self) -> None:
        followed = 0
        for shard in range(2):
            wire = Wire(FlowTable(frozenset({443}), shard=shard, shards=2))
            for port in range(50000, 50020):
                ends = (("192.0.2.1", port), SERVER)
                wire.add_datagram(ip_packet(*ends, udp(*ends, b"there")))
                wire.add_datagram(ip_packet(*ends[::-1], udp(*ends[::-1], b"back")))
            followed += len(wire.finish())
        assert followed == 20

    def test_a_malformed_header_is_refused_by_every_shard(self) -> None:
        for shard in range(2):
            with pytest.raises(DecodeError):
                Wire(FlowTable(shard=shard, shards=2)).add_segment(ip_packet(CLIENT, SERVER, bytes(19)))


class TestMalformedSegments:
    @pytest.mark.parametrize("length", [0, 1, 13, 19])
    def test_a_header_that_is_cut_off_is_refused(self, length: int) -> None:
        packet = ip_packet(CLIENT, SERVER, tcp(CLIENT, SERVER, SYN, 0, 0, b"")[:length])
        with pytest.raises(DecodeError) as caught:
            Wire().add_segment(packet)
        assert (caught.value.layer, caught.value.kind, caught.value.offset) == ("tcp", "truncated", length)

    @pytest.mark.parametrize("words", [0, 4, 6, 15])
    def test_a_header_length_that_lies_is_refused(self, words: int) -> None:
        octets = bytearray(tcp(CLIENT, SERVER, SYN, 0, 0, b""))
        octets[12] = words << 4
        wire = Wire()
        with pytest.raises(DecodeError) as caught:
            wire.add_segment(ip_packet(CLIENT, SERVER, bytes(octets)))
        assert (caught.value.kind, caught.value.offset) == ("bad_length", 12)
        assert wire.table.connections == 0

    def test_options_that_the_capture_cut_off_are_no_lie(self) -> None:
        talk = Talk()
        talk.segment(0, SYN, options=bytes(20), missing=15)
        flow = talk.only()
        assert flow.streams[0].syn
        assert (flow.streams[0].octets, flow.streams[0].truncated) == (0, False)

    def test_payload_behind_options_that_were_cut_off_counts_as_missing(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, bytes(100), options=bytes(12), missing=104)
        flow = talk.only()
        assert (flow.streams[0].octets, flow.streams[0].next_place, flow.streams[0].truncated) == (100, 100, True)


class TestMidstreamAndHoles:
    def test_an_acknowledgement_gives_up_a_hole_of_the_other_side(self) -> None:
        talk = Talk().open().say(HELLO, FLIGHT).lose(0, 100)
        for _ in range(4):
            talk.segment(0, ACK, tls.application(30))
        assert not next(iter(talk.wire.table.flows)).streams[0].gap
        talk.segment(1, ACK)
        flow = next(iter(talk.wire.table.flows))
        assert flow.streams[0].gap
        assert flow.streams[0].reader.application_records == 4

    def test_a_hello_with_a_hole_is_kept_and_the_hole_noted(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, HELLO[:60])
        flow = talk.lose(0, len(HELLO) - 60).say(tls.application(20)).only()
        assert flow.client_hello is not None
        assert not flow.client_hello.complete
        assert flow.client_hello.random == tls.RANDOM
        assert ("handshake", "truncated") in [(error.layer, error.kind) for error, _ in flow.problems]

    def test_a_hello_cut_before_its_random_ends_leaves_a_problem_and_no_hello(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, HELLO, missing=len(HELLO) - 30)
        flow = talk.only()
        assert flow.client_hello is None
        assert flow.is_tls()
        assert [error.kind for error, _ in flow.problems] == ["truncated", "truncated"]

    def test_a_problem_names_the_packet_at_hand(self) -> None:
        broken = tls.handshake(tls.message(1, tls.client_hello(tls.extension(15))))
        flow = talk_of(broken, FLIGHT)
        assert [(error.kind, packet) for error, packet in flow.problems] == [("truncated", 4)]

    def test_no_more_than_32_problems_are_kept_and_one_that_says_so(self) -> None:
        broken = tls.client_hello(b"".join(tls.extension(15) for _ in range(50)))
        problems = [error for error, _ in talk_of(tls.handshake(tls.message(1, broken))).problems]
        assert len(problems) == 33
        assert {error.kind for error in problems[:32]} == {"truncated"}
        assert (problems[32].kind, problems[32].expected) == ("limit", "at most 32 problems of a connection")

    def test_records_of_a_connection_joined_in_the_middle_are_found(self) -> None:
        flow = Talk().say(tls.application(50), tls.application(60)).only()
        assert flow.is_tls()
        assert noted(flow, "application_seen") == [True, True]

    def test_the_answer_to_a_hello_that_was_not_captured_is_read(self) -> None:
        flow = Talk().say(b"", FLIGHT, KEYS + FINISHED).only()
        assert (flow.client_hello, flow.hello_side, flow.server_side) == (None, -1, 0)
        assert flow.server_hello is not None


class TestTls12:
    def test_the_handshake_is_written_down_in_order(self) -> None:
        flow = talk_of(HELLO, FLIGHT, KEYS + FINISHED, FINISHED, tls.application(10), tls.application(20))
        assert flow.history == "CsxknGIi"
        assert noted(flow, "finished_seen") == [True, True]
        assert noted(flow, "cipher_changed") == [True, True]
        assert noted(flow, "application_seen") == [True, True]
        assert not flow.tls13
        assert flow.client_key_exchange
        assert not flow.certificate_requested
        assert noted(flow, "chain") == [None, tls.certificate(b"leaf")]
        assert flow.server_key_exchange == tls.ecdhe_exchange()
        assert flow.problems == []

    def test_each_message_has_number_time_packet_side_types_and_length(self) -> None:
        flow = talk_of(HELLO, FLIGHT, KEYS + FINISHED)
        assert flow.messages == [
            (1, NOON_NS + 3 * MILLISECOND_NS, 4, 0, 22, 1, len(HELLO) - 9),
            (2, NOON_NS + 4 * MILLISECOND_NS, 5, 1, 22, 2, 38),
            (3, NOON_NS + 4 * MILLISECOND_NS, 5, 1, 22, 11, 10),
            (4, NOON_NS + 4 * MILLISECOND_NS, 5, 1, 22, 12, len(tls.ecdhe_exchange())),
            (5, NOON_NS + 4 * MILLISECOND_NS, 5, 1, 22, 14, 0),
            (6, NOON_NS + 5 * MILLISECOND_NS, 6, 0, 22, 16, 3),
            (7, NOON_NS + 5 * MILLISECOND_NS, 6, 0, 20, -1, 1),
            (8, NOON_NS + 5 * MILLISECOND_NS, 6, 0, 22, -1, 40),
        ]

    def test_messages_are_kept_only_where_they_are_asked_for(self) -> None:
        flow = Talk(Wire(FlowTable(keep_messages=False))).open().say(HELLO, FLIGHT).only()
        assert flow.messages == []
        assert flow.history == "Csxkn"

    def test_the_number_of_messages_is_limited_and_the_limit_noted(self) -> None:
        flow = talk_of(HELLO + tls.record(22, tls.message(0) * 600))
        assert len(flow.messages) == len(flow.history) == 512
        assert [(error.kind, error.expected) for error, _ in flow.problems] == [("limit", "at most 512 messages")]

    @pytest.mark.parametrize(
        ("kind", "letter"),
        [
            (0, "H"), (3, "V"), (5, "E"), (8, "O"), (12, "K"), (14, "N"), (15, "Y"), (16, "G"), (20, "F"), (21, "W"),
            (23, "A"), (24, "P"), (25, "X"), (254, "M"), (99, "Z"),
        ],
    )  # fmt: skip
    def test_a_message_has_the_letter_that_zeek_gives_it(self, kind: int, letter: str) -> None:
        message = tls.handshake(tls.message(kind))
        assert talk_of(HELLO + message).history == "C" + letter
        assert talk_of(HELLO, message).history == "C" + letter.lower()

    def test_a_request_for_a_certificate_and_the_client_chain_are_kept(self) -> None:
        flight = tls.handshake(tls.message(2, tls.server_hello()), tls.message(13, b"types"), tls.message(14))
        flow = talk_of(HELLO, flight, tls.handshake(tls.message(11, tls.certificate(b"mine"))))
        assert flow.certificate_requested
        assert noted(flow, "chain") == [tls.certificate(b"mine"), None]
        assert flow.history == "CsrnX"

    def test_a_ticket_tells_its_lifetime_and_a_status_that_it_was_sent(self) -> None:
        ticket = tls.message(4, (7200).to_bytes(4, "big") + tls.vector16(b"ticket"))
        flow = talk_of(HELLO, tls.handshake(tls.message(22, b"\x01status"), ticket))
        assert flow.certificate_status == b"\x01status"
        assert flow.ticket_lifetime == 7200
        assert talk_of(HELLO, tls.handshake(tls.message(4, b"\x00"))).ticket_lifetime == -1

    def test_the_first_chain_of_a_side_counts(self) -> None:
        flight = tls.handshake(tls.message(11, tls.certificate(b"one")), tls.message(11, tls.certificate(b"two")))
        assert talk_of(HELLO, flight).streams[1].reader.chain == tls.certificate(b"one")

    def test_a_second_hello_of_a_connection_does_not_replace_the_first(self) -> None:
        other = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"other"))))
        flow = talk_of(HELLO, FLIGHT, other)
        assert flow.client_hello is not None
        assert flow.client_hello.server_name == b"name"
        assert flow.retried_hello is None
        assert flow.client_hello_packet == 4

    def test_a_handshake_behind_the_change_of_cipher_is_not_taken_for_messages(self) -> None:
        flow = talk_of(HELLO, FLIGHT, KEYS + CCS + tls.handshake(tls.message(1, tls.client_hello())))
        assert flow.history == "CsxknGI"
        assert noted(flow, "finished_seen") == [True, False]

    def test_a_heartbeat_is_noted(self) -> None:
        assert talk_of(HELLO, tls.record(24, b"\x01\x40\x00")).history == "Cb"

    def test_what_is_encrypted_is_noted_with_the_packet_that_completes_it(self) -> None:
        alert = tls.record(21, b"\x99" * 26)
        finished = CCS + tls.ENCRYPTED_FINISHED
        talk = Talk().open().say(HELLO, FLIGHT)
        for piece in (KEYS + finished[:5], finished[5:30], finished[30:] + alert[:9], alert[9:]):
            talk.say(piece)
        flow = talk.close().only()
        packets = [packet for _, _, packet, side, *_ in flow.messages if side == 0]
        assert [packet - packets[1] for packet in packets[2:]] == [1, 2, 3]
        assert flow.change_packet == packets[2]
        assert [packet for _, packet, *_ in flow.alerts] == packets[4:]


class TestAlerts:
    def test_an_alert_tells_who_and_what(self) -> None:
        flow = talk_of(HELLO, tls.alert(2, 40))
        assert (flow.alert_description, flow.alert_side) == (40, 1)
        assert flow.alerts == [(NOON_NS + 4 * MILLISECOND_NS, 5, 1, 2, 40)]
        assert flow.history == "Cl"
        assert not flow.alert_encrypted

    def test_an_encrypted_alert_is_listed_without_description(self) -> None:
        flow = talk_of(HELLO, FLIGHT, KEYS + FINISHED + tls.record(21, b"\x99" * 26), FINISHED)
        assert [alert[2:] for alert in flow.alerts] == [(0, -1, -1)]
        assert flow.alert_encrypted
        assert flow.alert_side == -1
        assert flow.history == "CsxknGIi"

    def test_an_alert_of_a_suite_that_does_not_encrypt_is_read(self) -> None:
        flight = tls.handshake(tls.message(2, tls.server_hello(suite=0x003B)), tls.message(14))
        close = tls.record(21, b"\1\0" + b"\x5a" * 32)
        flow = talk_of(HELLO, flight, KEYS + FINISHED + close, FINISHED + tls.record(21, b"\2\x14" + b"\x5a" * 32))
        assert [alert[2:] for alert in flow.alerts] == [(0, 1, 0), (1, 2, 20)]
        assert (flow.alert_description, flow.alert_side, flow.alert_encrypted) == (20, 1, False)
        assert flow.history == "CsnGILil"

    def test_what_suites_do_not_encrypt_is_what_the_registry_names(self) -> None:
        assert {code for code, name in CIPHER_SUITES.items() if "_WITH_NULL_" in name} == UNENCRYPTED

    def test_the_last_alert_in_the_clear_is_remembered(self) -> None:
        flow = talk_of(HELLO, tls.alert(1, 112) + tls.alert(2, 40), tls.alert(1, 0))
        assert (flow.alert_description, flow.alert_side) == (0, 0)
        assert [alert[3:] for alert in flow.alerts] == [(1, 112), (2, 40), (1, 0)]


class TestTls13:
    def test_the_change_of_cipher_for_middleboxes_changes_nothing(self) -> None:
        flow = talk_of(HELLO13, ANSWER13 + CCS + tls.application(900), CCS + tls.application(53))
        assert flow.tls13
        assert flow.history == "CsiI"
        assert noted(flow, "finished_seen") == [True, True]
        assert flow.time_application == NOON_NS + 5 * MILLISECOND_NS

    def test_a_request_for_a_hello_in_front_of_it_is_noted_when_it_comes(self) -> None:
        flow = talk_of(b"", tls.handshake(tls.message(0)), HELLO13, ANSWER13 + CCS + tls.application(900))
        assert flow.history == "hCsi"
        assert [(packet, kind) for _, _, packet, _, _, kind, _ in flow.messages[:2]] == [(4, 0), (5, 1)]

    def test_without_a_record_as_long_as_a_finished_the_client_did_not_finish(self) -> None:
        flow = talk_of(HELLO13, ANSWER13 + CCS + tls.application(900), CCS + tls.application(19))
        assert noted(flow, "finished_seen") == [False, False]

    def test_a_client_that_speaks_before_the_server_encrypted_did_not_finish(self) -> None:
        flow = talk_of(HELLO13 + CCS + tls.application(500), ANSWER13 + CCS)
        assert noted(flow, "finished_seen") == [False, False]

    def test_the_finished_behind_early_data_is_seen(self) -> None:
        hello = tls.client_hello(tls.supported_versions(0x0304) + tls.key_share(29) + tls.extension(42))
        early = tls.handshake(tls.message(1, hello)) + CCS + tls.application(500)
        flow = talk_of(early, ANSWER13 + CCS + tls.application(900), tls.application(70))
        assert noted(flow, "finished_seen") == [True, True]
        assert flow.time_application == NOON_NS + 5 * MILLISECOND_NS

    def test_the_second_hello_behind_a_retry_request_is_read_and_the_first_one_counts(self) -> None:
        retry = tls.handshake(tls.message(2, tls.retry_request(23))) + CCS
        second = tls.handshake(tls.message(1, tls.client_hello(tls.supported_versions(0x0304) + tls.key_share(23))))
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello(23))) + tls.application(900)
        flow = talk_of(HELLO13, retry, CCS + second, answer, tls.application(53))
        assert flow.history == "CjiICs"
        assert flow.client_hello is not None
        assert flow.client_hello.key_share_groups == tls.u16(29)
        assert flow.retried_hello is not None
        assert flow.retried_hello.key_share_groups == tls.u16(23)
        assert flow.retry is not None
        assert flow.server_hello is not None
        assert (flow.retry.group, flow.server_hello.group, flow.server_hello_packet) == (23, 23, 7)
        assert noted(flow, "finished_seen") == [True, True]

    def test_early_data_before_a_retry_request_does_not_hide_the_second_hello(self) -> None:
        retry = tls.handshake(tls.message(2, tls.retry_request(23)))
        flow = talk_of(
            HELLO13 + CCS + tls.application(500), retry, HELLO13, ANSWER13 + tls.application(900), tls.application(53)
        )
        assert flow.history == "CIjCs"
        assert flow.retried_hello is not None
        assert noted(flow, "finished_seen") == [True, True]

    @pytest.mark.parametrize("cut", [*range(1, 20), len(CCS + HELLO13) - 1])
    def test_the_second_hello_counts_where_the_retry_request_was_not_captured(self, cut: int) -> None:
        octets = CCS + HELLO13
        flow = Talk().say(octets[:cut], b"", octets[cut:], ANSWER13 + tls.application(900), tls.application(53)).only()
        assert flow.history == "ICs"
        assert flow.client_hello is not None
        assert (flow.client_hello.complete, flow.client_hello_packet, flow.retry_lost) == (True, 2, True)
        assert noted(flow, "finished_seen") == [True, True]

    def test_a_server_hello_is_read_behind_the_change_of_cipher_of_a_retry_request_that_was_lost(self) -> None:
        flow = Talk().say(b"", CCS, HELLO13, ANSWER13 + tls.application(900), tls.application(53)).only()
        assert flow.history == "IcS"
        assert flow.tls13

    @pytest.mark.parametrize("cut", range(1, 47))
    def test_what_is_no_hello_behind_a_change_of_cipher_is_encrypted(self, cut: int) -> None:
        octets = CCS + tls.record(22, bytes.fromhex("01000024 0302") + bytes(34))
        flow = Talk().say(octets[:cut], b"", octets[cut:]).only()
        assert (flow.history, flow.messages[-1][2]) == ("I", 2)
        assert noted(flow, "finished_seen") == [True, False]

    def test_only_the_first_record_behind_the_first_change_of_cipher_may_be_a_hello(self) -> None:
        sealed = tls.record(22, bytes(40))
        for between in (sealed, sealed + CCS):
            flow = Talk().say(CCS + between + HELLO13).only()
            assert flow.client_hello is None
            assert [message[4] for message in flow.messages].count(22) == 2

    def test_a_record_too_short_or_too_long_for_the_hello_in_it_is_encrypted(self) -> None:
        for octets in (bytes.fromhex("01000000"), bytes.fromhex("0100000a 0303") + bytes(34)):
            flow = Talk().say(CCS + tls.record(22, octets) + tls.record(22, bytes(40))).only()
            assert flow.client_hello is None
            assert [message[4] for message in flow.messages].count(22) == 2

    def test_a_record_that_breaks_off_where_a_hello_may_begin_is_encrypted(self) -> None:
        octets = CCS + HELLO13
        for length in range(len(CCS) + 6, len(CCS) + 11):
            flow = Talk().say(octets[:length]).lose(0, len(octets) - length).only()
            assert (flow.history, noted(flow, "finished_seen")) == ("I", [True, False])

    def test_the_retry_request_of_a_draft_is_read(self) -> None:
        retry = tls.u16(0x7F15, 0x1301) + tls.vector16(tls.extension(40, tls.u16(23)))
        flow = talk_of(HELLO13, tls.handshake(tls.message(6, retry)), HELLO13)
        assert flow.history == "CjC"
        assert flow.retry is not None
        assert flow.retry.group == 23

    def test_watching_ends_once_both_sides_finished(self) -> None:
        flow = talk_of(HELLO13, ANSWER13 + tls.application(900), tls.application(53), tls.application(100) * 3)
        assert [stream.reader.watching for stream in flow.streams] == [False, False]
        assert flow.streams[1].reader.application_bytes == 1200
        assert flow.streams[1].reader.application_records == 4


class TestSslv2:
    def test_an_old_hello_that_offers_tls_is_a_client_hello(self) -> None:
        flow = talk_of(tls.sslv2_hello(0x0303), FLIGHT, KEYS + FINISHED, FINISHED)
        assert flow.sslv2
        assert flow.client_hello is not None
        assert (flow.client_hello.legacy_version, flow.hello_record_version) == (0x0303, 2)
        assert flow.history == "CsxknGIi"
        assert noted(flow, "finished_seen") == [True, True]

    def test_an_ssl_2_connection_is_tls_whose_answer_is_not_read(self) -> None:
        flow = talk_of(tls.sslv2_hello(2), bytes.fromhex("8010 04 00 01 0002 0000 0000 0000 010203040506"))
        assert flow.is_tls()
        assert flow.sslv2
        assert flow.streams[0].reader.mode == OTHER
        assert flow.server_hello is None


class TestClearText:
    def test_a_connection_without_tls_is_none(self) -> None:
        flow = talk_of(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
        assert not flow.is_tls()
        assert [stream.head[:4] for stream in flow.streams] == [b"GET ", b"HTTP"]

    def test_tls_behind_clear_text_is_found_on_both_sides(self) -> None:
        flow = talk_of(b"EHLO me\r\n", b"250 STARTTLS\r\n", b"STARTTLS\r\n", b"220 go\r\n", HELLO, FLIGHT)
        assert flow.history == "Csxkn"
        assert [stream.head for stream in flow.streams] == [b"EHLO me\r\nSTARTTLS\r\n", b"250 STARTTLS\r\n220 go\r\n"]

    def test_a_record_header_that_is_none_is_a_problem_of_the_connection(self) -> None:
        flow = talk_of(HELLO + b"nonsense", FLIGHT)
        assert [(error.layer, error.kind, packet) for error, packet in flow.problems] == [("record", "bad_value", 4)]
        assert flow.streams[0].reader.mode == LOST
        assert flow.server_hello is not None


class Echo(DatagramReader):
    """Reads datagrams that begin with a question mark; a second exclamation mark begins another connection."""

    def __init__(self) -> None:
        self.accepted: list[tuple[int, bytes]] = []
        self.ended = False

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        self.accepted.append((stream.reader.side, data[position:end]))

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        return data[position:end] == b"!"

    def finish(self) -> None:
        self.ended = True


class EchoOpener:
    """Makes a reader for datagrams that begin with a question or exclamation mark, and keeps it."""

    def __init__(self) -> None:
        self.made: list[Echo] = []

    def __call__(self, data: bytes, position: int, end: int, /) -> DatagramReader | None:
        if data[position : position + 1] not in (b"?", b"!") or position == end:
            return None
        self.made.append(Echo())
        return self.made[-1]


class TestDatagrams:
    def send(self, wire: Wire, payload: bytes, back: bool = False, missing: int = 0, length: int | None = None) -> None:
        ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
        wire.add_datagram(ip_packet(*ends, udp(*ends, payload, length), missing=missing))

    def test_a_flow_is_read_by_whoever_knows_its_first_datagram(self) -> None:
        opener = EchoOpener()
        wire = Wire(FlowTable(openers=(opener,)))
        self.send(wire, b"?one")
        self.send(wire, b"two", back=True)
        flow = wire.only()
        (reader,) = opener.made
        assert reader.accepted == [(0, b"?one"), (1, b"two")]
        assert reader.ended
        assert flow.protocol == UDP
        assert flow.datagrams is None
        assert [(stream.packets, stream.octets) for stream in flow.streams] == [(1, 4), (1, 3)]

    def test_a_flow_that_nobody_knows_is_not_followed(self) -> None:
        wire = Wire(FlowTable(openers=(EchoOpener(),)))
        self.send(wire, b"hello")
        assert wire.finish() == []
        assert wire.table.connections == 0

    def test_a_flow_on_a_port_that_was_asked_for_is_followed_and_its_heads_are_kept(self) -> None:
        opener = EchoOpener()
        wire = Wire(FlowTable(frozenset({443}), (opener,)))
        self.send(wire, b"hello")
        self.send(wire, b"hi", back=True)
        self.send(wire, b"?known")
        flow = wire.only()
        assert [stream.head for stream in flow.streams] == [b"hello", b"hi"]
        assert opener.made[0].accepted == [(0, b"?known")]

    def test_a_datagram_may_begin_another_connection(self) -> None:
        opener = EchoOpener()
        wire = Wire(FlowTable(openers=(opener,)))
        self.send(wire, b"!")
        self.send(wire, b"more")
        self.send(wire, b"!")
        assert [reader.accepted for reader in opener.made] == [[(0, b"!"), (0, b"more")], [(0, b"!")]]
        assert [flow.streams[0].packets for flow in wire.finish()] == [2, 1]

    def test_tcp_and_udp_with_the_same_ports_are_apart(self) -> None:
        wire = Wire(FlowTable(frozenset({443})))
        Talk(wire).open()
        self.send(wire, b"hello")
        assert [flow.protocol for flow in wire.finish()] == [TCP, UDP]

    def test_octets_behind_the_datagram_are_not_its_payload(self) -> None:
        opener = EchoOpener()
        wire = Wire(FlowTable(openers=(opener,)))
        self.send(wire, b"?one and padding", length=8 + 4)
        assert opener.made[0].accepted == [(0, b"?one")]

    def test_a_datagram_that_the_capture_cut_off_is_marked(self) -> None:
        wire = Wire(FlowTable(frozenset({443})))
        self.send(wire, b"hello", missing=2)
        flow = wire.only()
        assert flow.streams[0].truncated
        assert (flow.streams[0].head, flow.streams[0].octets) == (b"hel", 5)

    @pytest.mark.parametrize(
        ("length", "kind"), [(0, "bad_length"), (7, "bad_length"), (14, "bad_length"), (65535, "bad_length")]
    )
    def test_a_length_that_lies_is_refused(self, length: int, kind: str) -> None:
        wire = Wire(FlowTable(frozenset({443})))
        with pytest.raises(DecodeError) as caught:
            self.send(wire, b"hello", length=length)
        assert (caught.value.layer, caught.value.kind, caught.value.offset) == ("udp", kind, 4)
        assert wire.table.connections == 0

    def test_a_header_that_is_cut_off_is_refused(self) -> None:
        with pytest.raises(DecodeError) as caught:
            Wire().add_datagram(ip_packet(CLIENT, SERVER, udp(CLIENT, SERVER, b"")[:7]))
        assert caught.value.kind == "truncated"


SESSION = [
    (0, HELLO),
    (1, FLIGHT),
    (0, KEYS + FINISHED),
    (1, FINISHED),
    (0, tls.application(60)),
    (1, tls.application(90)),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 255), st.binary(max_size=60)), max_size=12))
def test_any_segments_make_connections_that_end(segments: list[tuple[int, int, bytes]]) -> None:
    talk = Talk()
    for side, flags, payload in segments:
        talk.segment(side, flags, payload)
    flows = talk.wire.finish()
    assert sum(stream.packets for flow in flows for stream in flow.streams) == len(segments)
    assert talk.wire.table.flows == {}
    assert all(flow.finished for flow in flows)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.integers(0, 199), st.integers(0, 255), st.booleans())
def test_a_changed_or_cut_session_leaves_problems_and_no_error(turn: int, place: int, octet: int, cut: bool) -> None:
    talk = Talk().open()
    for number, (side, payload) in enumerate(SESSION):
        changed = bytearray(payload)
        if number == turn:
            changed[place % len(payload)] = octet
        talk.segment(
            side, ACK, bytes(changed), missing=len(payload) - place % len(payload) if cut and number == turn else 0
        )
    flow = talk.close().only()
    for error, packet in flow.problems:
        assert error.kind in KINDS
        assert 1 <= packet <= 11


def test_a_segment_cut_short_at_any_octet_is_taken_or_refused() -> None:
    octets = tcp(CLIENT, SERVER, ACK | FIN, 1000, 5000, HELLO, bytes(12))
    for length in range(len(octets)):
        wire = Wire()
        try:
            wire.add_segment(ip_packet(CLIENT, SERVER, octets, missing=len(octets) - length))
        except DecodeError as error:
            assert (error.layer, error.kind) == ("tcp", "truncated")
            assert length < 20
        else:
            assert wire.only().streams[0].octets == len(HELLO)
