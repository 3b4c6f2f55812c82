"""TLS in EAP, on a LAN and in RADIUS: conversations in, the TLS of each out."""

from __future__ import annotations

import struct
from pathlib import Path

import eap_traffic as eap
import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import noted
from traffic import Packet, pcap, write_pcap

import tlsinspect
from tlsinspect.errors import KINDS
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.eapol import address
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.ip import FragmentTable
from tlsinspect.wire.walk import Walk

TURNS = [*eap.identity(0), *eap.method_turns(*eap.FLIGHTS), eap.ended(3, 99)]


class NoDissector:
    """For captures of Ethernet, where nothing is left to dissect."""

    def find_ip(self, link_type: int, frame: bytes) -> bytes | None:
        raise AssertionError(link_type)


def walked(frames: list[bytes], table: FlowTable | None = None, link_type: int = 1) -> tuple[list[Flow], Walk]:
    """The flows of a capture with these frames, those in RADIUS without what carries them."""
    octets = pcap(eap.timed(frames))
    octets = octets[:20] + link_type.to_bytes(4, "little") + octets[24:]
    walk = Walk(open_reader(iter([octets])), table or FlowTable(), FragmentTable(), NoDissector())
    while walk.advance(100):
        pass
    walk.table.finish()
    return [flow for flow in walk.table.finished if flow.carrier == "eap"], walk


def ipv4_packet(payload: bytes, protocol: int, flags: int = 0) -> bytes:
    """An IPv4 packet; `flags` are those of fragments, and their offset."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, flags, 64, protocol, 0)
    return head + bytes([192, 0, 2, 3, 198, 51, 100, 3]) + payload


def lan(turns: list[eap.Turn]) -> Flow:
    """The only flow of a conversation on a LAN."""
    ((flow,), walk) = walked([eap.eapol(turn) for turn in turns])
    assert not walk.problems
    return flow


def with_total(request: bytes) -> bytes:
    """A fragment of the server's flight with the flight's length, which some servers give with each."""
    if len(request) < 100:
        return request
    piece = request[10:] if request[5] & eap.LENGTH_INCLUDED else request[6:]
    content = bytes([request[5] | eap.LENGTH_INCLUDED]) + struct.pack(">I", len(eap.FLIGHT)) + piece
    return eap.eap(1, request[1], eap.EAP_TLS, content)


class TestMethods:
    @pytest.mark.parametrize("method", [eap.EAP_TLS, eap.EAP_TTLS, eap.PEAP, eap.EAP_FAST, eap.TEAP])
    @pytest.mark.parametrize("size", [80, 200, 4000])
    def test_the_handshake_inside_is_read(self, method: int, size: int) -> None:
        flow = lan([*eap.identity(0), *eap.method_turns(*eap.FLIGHTS, method=method, size=size), eap.ended(3, 99)])
        assert flow.history == eap.HISTORY
        assert flow.client_hello is not None
        assert flow.client_hello.server_name == b"radius.example"
        assert flow.hello_side == 0
        assert None not in noted(flow, "chain")
        assert noted(flow, "finished_seen") == [True, True]
        assert not flow.problems
        assert not flow.streams[0].gap

    def test_total_lengths_may_be_left_out(self) -> None:
        assert lan(eap.method_turns(*eap.FLIGHTS, lengths=False)).history == eap.HISTORY

    def test_a_message_has_the_packet_that_completed_it(self) -> None:
        flow = lan(TURNS)
        last = max(number for number, turn in enumerate(TURNS, 1) if tls.certificate(b"leaf" * 200)[-9:] in turn[1])
        assert flow.client_hello_packet == 4
        assert flow.streams[1].reader.chain_packet == last

    @pytest.mark.parametrize("late", [1, 2, 3, 7])
    def test_a_copy_behind_later_packets_is_read_once(self, late: int) -> None:
        order = sorted((at + copy * (late + 0.5), turn) for at, turn in enumerate(TURNS) for copy in (0, 1))
        flow = lan([turn for _, turn in order])
        assert flow.history == eap.HISTORY
        assert not flow.problems

    def test_a_copy_of_the_start_of_a_method_that_the_peer_declined_begins_nothing(self) -> None:
        declined = [(1, eap.eap(1, 0, eap.PEAP, bytes([eap.START]))), (0, eap.eap(0, 0, 3, bytes([eap.EAP_TLS])))]
        turns = [*declined, *TURNS[2:]]
        flow = lan([*turns[:6], declined[0], *turns[6:]])
        assert flow.history == eap.HISTORY
        assert not flow.problems

    def test_an_equal_start_much_later_begins_anew(self) -> None:
        frames = [eap.eapol(turn) for turn in TURNS[:-1]]
        packets = eap.timed(frames)
        later = [Packet(packet.time_ns + 60 * 10**9, packet.frame) for packet in packets]
        walk = Walk(open_reader(iter([pcap([*packets, *later])])), FlowTable(), FragmentTable(), NoDissector())
        while walk.advance(100):
            pass
        walk.table.finish()
        assert [flow.history for flow in walk.table.finished] == [eap.HISTORY] * 2

    def test_what_was_sent_again_is_read_once(self) -> None:
        flow = lan([turn for turn in TURNS for _ in range(2)])
        assert flow.history == eap.HISTORY
        assert flow.streams[0].retransmitted + flow.streams[1].retransmitted == len(TURNS) - 4

    def test_a_lost_fragment_loses_its_message_and_not_the_connection(self) -> None:
        turns = eap.method_turns(*eap.FLIGHTS)
        fragments = [number for number, (side, packet) in enumerate(turns) if side == 1 and packet[5] & 0x40]
        lost = fragments[1]
        flow = lan(turns[:lost] + turns[lost + 2 :])
        assert flow.server_hello is not None
        assert flow.streams[1].gap
        assert flow.history == eap.HISTORY
        assert flow.streams[1].reader.chain_cut  # what is in front of the hole is kept

    @pytest.mark.parametrize("totals", ["none", "first", "all"])
    @pytest.mark.parametrize(("side", "nth"), [(1, 0), (1, 1), (0, 0), (0, 1)])
    def test_a_lost_fragment_is_a_hole_wherever_it_was(self, side: int, nth: int, totals: str) -> None:
        turns = eap.method_turns(*eap.FLIGHTS, lengths=totals != "none")
        if totals == "all":
            turns = [(by, with_total(packet) if by == 1 else packet) for by, packet in turns]
        fragments = [number for number, (by, packet) in enumerate(turns) if by == side and len(packet) > 100]
        flow = lan(turns[: fragments[nth]] + turns[fragments[nth] + 1 :])
        assert (flow.streams[side].gap, flow.streams[1 - side].gap) == (True, False)
        assert {error.kind for error, _ in flow.problems} <= {"truncated"}

    def test_a_hole_behind_a_shorter_first_fragment_has_the_length_of_the_others(self) -> None:
        pieces = [eap.FLIGHT[:196], *(eap.FLIGHT[at : at + 200] for at in range(196, len(eap.FLIGHT), 200))]
        turns = eap.method_turns(eap.HELLO)
        for identifier, piece in enumerate(pieces, 2):
            flags = eap.MORE_FRAGMENTS if piece is not pieces[-1] else 0
            content = bytes([flags]) + piece
            if identifier == 2:
                content = bytes([flags | eap.LENGTH_INCLUDED]) + struct.pack(">I", len(eap.FLIGHT)) + piece
            if identifier != 3:
                turns.append((1, eap.eap(1, identifier, eap.EAP_TLS, content)))
        flow = lan(turns)
        assert flow.streams[1].gap
        assert flow.history == "Csxkrn"
        assert {error.kind for error, _ in flow.problems} <= {"truncated"}

    def test_the_last_fragment_lost_ends_the_message_with_the_next_one(self) -> None:
        turns = eap.method_turns(eap.HELLO, eap.FLIGHT, b"", eap.FLIGHT[:400])
        whole = [number for number, (side, packet) in enumerate(turns) if side == 1 and not packet[5] & 0x40]
        flow = lan(turns[: whole[1]] + turns[whole[1] + 1 :])
        assert flow.streams[1].gap
        assert flow.server_hello is not None

    def test_fragments_that_do_not_make_their_total_are_a_problem(self) -> None:
        turns = eap.method_turns(eap.HELLO)
        short = eap.eap(1, 2, eap.EAP_TLS, b"\x80\x00\x00\x10\x00" + eap.FLIGHT)
        flow = lan([*turns, (1, short)])
        assert [(error.layer, error.kind) for error, _ in flow.problems] == [("eap", "bad_length")]
        assert flow.server_hello is not None

    @pytest.mark.parametrize("said", [0, 1])
    def test_a_failure_ends_what_the_server_did_not_answer_or_finish(self, said: int, tmp_path: Path) -> None:
        turns = [*eap.identity(0), *eap.method_turns(*eap.FLIGHTS[: 1 + said], size=4000), eap.ended(4, 9)]
        path = write_pcap(tmp_path / "failure.pcap", eap.timed([eap.eapol(turn) for turn in turns]))
        (row,) = tlsinspect.read(path).connections.to_dict("records")
        assert (row["one_sided"], row["established"], row["failure"]) == (False, False, "closed")
        assert (row["server_packets"], row["failure_packet"]) == (1 + said, len(turns))
        assert said or row["server_bytes"] == len(eap.ended(4, 9)[1])
        sentence = ["The server closed the connection (packet 5) instead of answering", "The server closed"][said]
        assert row["failure_reason"].startswith(sentence)

    def test_octets_of_teap_around_the_tls_are_left_out(self) -> None:
        hello = eap.eap(0, 1, eap.TEAP, bytes([0x10]) + b"\x00\x00\x00\x05" + eap.HELLO + b"outer")
        start = eap.eap(1, 1, eap.TEAP, bytes([0x20]) + b"\x00\x04\x00\x02id")
        flow = lan([(1, start), (0, hello), (1, eap.eap(1, 2, eap.TEAP, b"\x00" + eap.FLIGHT))])
        assert flow.history == "Csxkrn"
        assert not flow.problems

    def test_fragments_without_end_are_bounded(self) -> None:
        turns = eap.method_turns(eap.HELLO)
        for number in range(400):
            turns.append((1, eap.eap(1, number & 0xFF, eap.EAP_TLS, b"\x40" + bytes([number & 0xFF]) * 1400)))
        table = FlowTable()
        walked([eap.eapol(turn) for turn in turns], table)
        (session,) = table.eapol.sessions.values()
        assert session.collected[1] <= 1 << 17

    def test_empty_fragments_without_end_are_bounded(self) -> None:
        turns = [(1, eap.eap(1, number & 0xFF, eap.EAP_TLS, b"\x40")) for number in range(3000)]
        table = FlowTable()
        walked([eap.eapol(turn) for turn in turns], table)
        (session,) = table.eapol.sessions.values()
        assert len(session.fragments[1]) <= 2048

    def test_a_method_that_the_peer_does_not_want_makes_no_connection(self) -> None:
        proposed = [(1, eap.eap(1, 1, eap.PEAP, b"\x20")), (0, eap.eap(0, 1, 3, bytes([eap.EAP_TLS])))]
        flow = lan([*proposed, *eap.method_turns(*eap.FLIGHTS, first=2), eap.ended(3, 99)])
        assert flow.history == eap.HISTORY

    @pytest.mark.parametrize("kind", [1, 3, 4, 26, 52])
    def test_methods_without_tls_make_no_connection(self, kind: int) -> None:
        flows, _ = walked([eap.eapol((1, eap.eap(1, 1, kind, b"\x00" + eap.HELLO)))])
        assert flows == []


class TestLan:
    def test_stations_are_told_apart_by_their_addresses(self) -> None:
        other = bytes.fromhex("020000000009")
        frames = [eap.eapol(turn, station) for turn in TURNS for station in (eap.STATION, other)]
        flows, _ = walked(frames)
        assert [flow.history for flow in flows] == [eap.HISTORY] * 2
        addresses = {flow.streams[0].key[8:16].hex() for flow in flows}
        assert addresses == {"000000fffe000001", "000000fffe000009"}

    def test_both_sides_may_speak_to_the_group(self) -> None:
        flows, _ = walked([eap.eapol(turn, group=True) for turn in TURNS])
        assert [flow.history for flow in flows] == [eap.HISTORY]
        assert flows[0].streams[1].key[8:16].hex() == "000000fffe000002"

    def test_the_group_that_was_spoken_to_first_is_no_side(self) -> None:
        turns = [turn for turn in TURNS if turn[0] == 0 or turn[1][0] == 1]
        frames = [eap.eapol(turn, group=turn[0] == 0) for turn in turns]
        hello = next(at for at, (side, _) in enumerate(turns) if side == 0 and at > 1)
        early = [frames[hello], *frames[2:hello], *frames[hello + 1 :]]  # it stands in front of the start
        ((flow,), _) = walked(early)
        assert flow.history == eap.HISTORY
        assert [stream.key[:16] for stream in flow.streams] == [address(eap.STATION), address(eap.ACCESS_POINT)]

    def test_frames_of_a_wireless_lan_are_read(self) -> None:
        ((flow,), _) = walked([eap.wireless(turn) for turn in TURNS], link_type=105)
        assert flow.history == eap.HISTORY
        assert [stream.key[8:16].hex() for stream in flow.streams] == ["000000fffe000001", "000000fffe000002"]

    def test_frames_of_a_wireless_lan_in_a_tunnel_are_read(self) -> None:
        ends = (("192.0.2.3", 5000), ("198.51.100.3", 5247))
        frames = [
            eap.radius_frame((0, bytes.fromhex("0010 0100 0000 0000") + eap.wireless(turn)), *ends) for turn in TURNS
        ]
        ((flow,), _) = walked([bytes.fromhex("020000000099 020000000098") + frame[12:] for frame in frames])
        assert flow.history == eap.HISTORY
        assert flow.tunnels == ["capwap"]
        assert flow.streams[0].key[8:16].hex() == "000000fffe000001"

    def test_ppp_over_ethernet_is_read(self) -> None:
        ((flow,), walk) = walked([eap.pppoe(turn) for turn in TURNS])
        assert not walk.problems
        assert (flow.history, flow.tunnels) == (eap.HISTORY, ["pppoe"])
        assert [stream.key[8:16].hex() for stream in flow.streams] == ["000000fffe000001", "000000fffe000002"]

    def test_ppp_over_ethernet_in_a_tunnel_is_read(self) -> None:
        frames = [b"\x02" * 12 + b"\x08\x00" + ipv4_packet(b"\0\0\x65\x58" + eap.pppoe(turn), 47) for turn in TURNS]
        ((flow,), _) = walked(frames)
        assert (flow.history, flow.tunnels) == (eap.HISTORY, ["gre", "pppoe"])
        assert flow.streams[0].key[8:16].hex() == "000000fffe000001"

    def test_ppp_over_ethernet_cut_anywhere_is_read_without_failing(self) -> None:
        frame = eap.pppoe(TURNS[3])
        for end in range(len(frame)):
            flows, walk = walked([eap.pppoe(turn) for turn in TURNS[:3]] + [frame[:end]])
            assert not flows
            assert len(walk.problems) == 1

    def test_stations_of_a_reassembled_datagram_are_not_known(self) -> None:
        link = b"\x02" * 12 + b"\x08\x00"
        vxlan = bytes.fromhex("c000 12b5 0000 0000 08000000 00000100")
        inner = bytes.fromhex("0000 888e") + eap.eapol(TURNS[1])[14:40]
        frames = []
        for start, flags in ((0, 0x2000), (16, 2)):
            part = ipv4_packet(inner[start : start + 16], 47, flags)
            frames.append(link + ipv4_packet(vxlan + link + part, 17))
        assert walked(frames)[0] == []

    def test_tags_of_a_vlan_are_stepped_over_and_noted(self) -> None:
        frames = [eap.eapol(turn) for turn in TURNS]
        ((flow,), _) = walked([frame[:12] + b"\x81\x00\x00\x07" + frame[12:] for frame in frames])
        assert (flow.history, flow.vlans) == (eap.HISTORY, [7])

    def test_a_new_start_is_a_new_connection(self) -> None:
        again = eap.method_turns(*eap.FLIGHTS, first=60)
        flows, _ = walked([eap.eapol(turn) for turn in [*TURNS[:-1], *again]])
        assert [flow.history for flow in flows] == [eap.HISTORY] * 2

    def test_another_access_point_is_another_connection(self) -> None:
        frames = [eap.eapol(turn) for turn in TURNS[:6]]
        frames += [eap.eapol(turn, server=bytes.fromhex("020000000003")) for turn in TURNS]
        flows, _ = walked(frames)
        assert [flow.history[:1] for flow in flows] == ["C", "C"]
        assert flows[1].history == eap.HISTORY

    @pytest.mark.parametrize(
        "body",
        [
            "02 01 0000",
            "02 00 0004 03 01 0004",
            "02 00 0004 01 01 0004",
            "09 00 0006 01 01 0006 0d 20",
            "02 00 0006 01 01 0006 0d 20",
        ],
    )
    def test_other_frames_are_read_without_a_problem(self, body: str) -> None:
        frame = eap.STATION + eap.ACCESS_POINT + b"\x88\x8e" + bytes.fromhex(body)
        _, walk = walked([frame, frame + bytes(30)])
        assert not walk.problems

    @pytest.mark.parametrize(
        ("body", "layer", "kind"),
        [
            ("02 00", "eapol", "truncated"),
            ("02 00 0030 01 01 0030 0d", "eapol", "truncated"),
            ("02 00 0006 01 01 0009 0d 00", "eap", "bad_length"),
            ("02 00 0007 01 01 0007 0d 80 00", "eap", "truncated"),
            ("02 00 0002 01 01 0000 00", "eap", "truncated"),
        ],
    )
    def test_lengths_that_lie_are_problems(self, body: str, layer: str, kind: str) -> None:
        _, walk = walked([eap.STATION + eap.ACCESS_POINT + b"\x88\x8e" + bytes.fromhex(body)])
        assert [(error.error.layer, error.error.kind) for error in walk.problems.values()] == [(layer, kind)]


class TestRadius:
    def test_the_handshake_inside_is_read(self) -> None:
        ((flow,), walk) = walked([eap.radius_frame(turn) for turn in eap.radius_turns(TURNS, b"station-1")])
        assert flow.history == eap.HISTORY
        assert flow.tunnels == ["radius"]
        assert not flow.problems
        assert flow.streams[0].key.hex() == "c0000207c6336407" + "9c40" + "0714"
        assert [other.carrier for other in walk.table.finished] == ["eap", "radius"]

    def test_conversations_at_once_are_told_apart(self) -> None:
        conversations = [eap.radius_turns(TURNS, b"station-%d" % number, first=70 * number) for number in range(1, 4)]
        flows, _ = walked([eap.radius_frame(turn) for turns in zip(*conversations, strict=True) for turn in turns])
        assert [flow.history for flow in flows] == [eap.HISTORY] * 3

    def test_a_lost_answer_is_bridged_by_the_calling_station(self) -> None:
        turns = eap.radius_turns(TURNS, b"station-1")
        answers = [number for number, (side, _) in enumerate(turns) if side == 1]
        flows, _ = walked([eap.radius_frame(turn) for number, turn in enumerate(turns) if number != answers[2]])
        assert len(flows) == 1
        assert flows[0].streams[1].gap

    def test_answers_that_stand_in_front_of_their_requests_are_read(self) -> None:
        turns = eap.radius_turns(TURNS[:-1], b"station-1")
        for at in range(len(turns) - 1):
            swapped = [*turns[:at], turns[at + 1], turns[at], *turns[at + 2 :]]
            ((flow,), _) = walked([eap.radius_frame(turn) for turn in swapped])
            assert (at, flow.history) == (at, eap.HISTORY)
            assert [stream.gap for stream in flow.streams] == [False, False]
            numbers = [message[2] for message in flow.messages]
            assert max(numbers) <= len(turns)

    @pytest.mark.parametrize(("pause_ms", "conversations"), [(990, 1), (1010, 2)])
    def test_an_answer_waits_a_second_for_its_request(self, pause_ms: int, conversations: int) -> None:
        hello, flight, *others = eap.radius_turns(TURNS[:-1], b"station-1")[2:]
        meanwhile = [eap.radius_frame((0, b"something else"), client=("192.0.2.77", 5000))] * pause_ms
        behind = [eap.radius_frame(turn) for turn in (hello, *others)]
        flows, _ = walked([eap.radius_frame(flight), *meanwhile, *behind])
        assert len(flows) == conversations

    def test_a_lost_request_is_bridged_by_the_state_of_its_answer(self) -> None:
        turns = eap.radius_turns(TURNS, b"station-1")
        asked = [at for at, (side, _) in enumerate(turns) if side == 0]
        for at in asked[2:6]:  # acknowledgements of fragments
            ((flow,), _) = walked([eap.radius_frame(turn) for turn in turns[:at] + turns[at + 1 :]])
            assert flow.history == eap.HISTORY

    def test_answers_without_requests_are_read(self) -> None:
        flight = eap.eap(1, 2, eap.EAP_TLS, b"\x00" + eap.FLIGHT)
        answers = [(1, eap.radius(11, number % 3, *eap.message_attributes(flight))) for number in range(40)]
        flows, walk = walked([eap.radius_frame(turn) for turn in answers])
        assert [flow.history for flow in flows] == ["sxkrn"] * 40
        assert sorted(flow.first_packet for flow in flows) == list(range(1, 41))
        assert not walk.table.flows

    def test_requests_that_were_sent_again_are_read_once(self) -> None:
        turns = [turn for turn in eap.radius_turns(TURNS, b"station-1") for _ in range(2)]
        flows, _ = walked([eap.radius_frame(turn) for turn in turns])
        assert [flow.history for flow in flows] == [eap.HISTORY]

    @pytest.mark.parametrize("late", [1, 2, 3, 7])
    def test_copies_that_come_behind_later_packets_are_read_once(self, late: int) -> None:
        turns = eap.radius_turns(TURNS, b"station-1")
        order = sorted((at + copy * (late + 0.5), turn) for at, turn in enumerate(turns) for copy in (0, 1))
        flows, _ = walked([eap.radius_frame(turn) for _, turn in order])
        assert [flow.history for flow in flows] == [eap.HISTORY]
        assert [stream.gap for stream in flows[0].streams] == [False, False]
        assert not flows[0].problems

    def test_attributes_that_leave_the_packet_are_a_problem_of_what_carries(self) -> None:
        turns = eap.radius_turns(TURNS, b"station-1")
        broken = eap.radius(1, 9, (79, b"\x02\x01\x00\x04"))[:-5] + b"\xff" * 5
        _, walk = walked([eap.radius_frame(turn) for turn in [turns[0], (0, broken)]])
        (carrier,) = walk.table.finished
        assert [(error.layer, error.kind) for error, _ in carrier.problems] == [("radius", "bad_length")]

    def test_radius_without_eap_is_left_alone(self) -> None:
        _, walk = walked([eap.radius_frame((0, eap.radius(1, 1, (1, b"user"), (2, bytes(16)))))])
        assert walk.table.finished == []

    def test_conversations_that_never_end_are_bounded(self) -> None:
        flood = [eap.radius_turns(TURNS[:5], b"%d" % number, first=number)[:2] for number in range(5000)]
        table = FlowTable()
        walk = Walk(
            open_reader(iter([pcap(eap.timed(eap.radius_frame(turn) for turns in flood for turn in turns))])),
            table,
            FragmentTable(),
            NoDissector(),
        )
        while walk.advance(1000):
            pass
        (reader,) = [flow.datagrams for flow in table.flows if flow.datagrams is not None]
        assert len(reader.states) <= 4096
        assert len(reader.stations) <= 4096


class TestFrames:
    def test_a_lan_without_ip_has_addresses_made_of_its_stations(self, tmp_path: Path) -> None:
        path = write_pcap(tmp_path / "eapol.pcap", eap.timed(eap.eapol(turn) for turn in TURNS))
        (row,) = tlsinspect.read(path).connections.to_dict("records")
        assert (row["protocol"], row["transport"], row["starttls_protocol"]) == ("tls", "eapol", "eap")
        assert (row["client_ip"], row["client_port"]) == ("fe80::ff:fe00:1", 0)
        assert (row["server_ip"], row["server_port"]) == ("fe80::ff:fe00:2", 0)
        assert dict(row["unknown_reasons"])["community_id"] == "not_applicable"
        assert row["established"] is True
        assert row["ja4"].startswith("t12")

    def test_radius_is_a_protocol_of_its_port(self, tmp_path: Path) -> None:
        turns = eap.radius_turns(TURNS, b"station-1")
        inspection = tlsinspect.read(write_pcap(tmp_path / "radius.pcap", eap.timed(map(eap.radius_frame, turns))))
        (row,) = inspection.connections.to_dict("records")
        assert (row["server_ip"], row["server_port"], row["starttls_protocol"]) == ("198.51.100.7", 1812, "eap")
        assert list(row["tunnels"]) == ["radius"]
        ports = inspection.ports[["server_port", "transport", "protocol"]].to_dict("records")
        assert {tuple(port.values()) for port in ports} == {(1812, "udp", "tls"), (1812, "udp", "radius")}


def test_a_conversation_cut_anywhere_is_read_without_failing() -> None:
    for number, (side, packet) in enumerate(TURNS):
        for length in range(0, len(packet), 7):
            cut = [*TURNS[:number], (side, packet[:length]), *TURNS[number + 1 :]]
            flows, walk = walked([eap.eapol(turn) for turn in cut])
            assert all(problem.error.kind in KINDS for problem in walk.problems.values())
            assert all(error.kind in KINDS for flow in flows for error, _ in flow.problems)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 255), st.binary(max_size=60)), max_size=12))
def test_any_octets_behind_a_method_are_read_without_failing(contents: list[tuple[int, int, bytes]]) -> None:
    turns = [(side, eap.eap(side, number, eap.TEAP, content)) for side, number, content in contents]
    frames = [eap.eapol(turn) for turn in turns] + [eap.radius_frame(turn) for turn in eap.radius_turns(turns, b"name")]
    flows, walk = walked([*frames, *frames])
    assert all(problem.error.kind in KINDS for problem in walk.problems.values())
    assert all(error.kind in KINDS for flow in flows for error, _ in flow.problems)
