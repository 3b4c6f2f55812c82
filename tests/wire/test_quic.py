"""QUIC connections: who is who, what their hellos said, and what cannot be opened or trusted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quic_traffic import (
    CLIENT_ID,
    DCID,
    HANDSHAKE,
    INITIAL,
    SERVER_ID,
    V1,
    V2,
    ZERO_RTT,
    acknowledge,
    close,
    crypto,
    handshake_turns,
    initial,
    long_header,
    negotiation,
    protected,
    quic_answer,
    quic_hello,
    retry,
    short,
)
from tcp_segments import CLIENT, MILLISECOND_NS, SERVER, Wire, ip_packet, noted, udp
from tls_vectors import extension, message, retry_request, u16, vector16

from tlsinspect.errors import KINDS
from tlsinspect.quic_keys import VERSIONS, QuicKeys
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.limits import DEFAULT_LIMITS
from tlsinspect.wire.quic import QuicReader
from tlsinspect.wire.quic_facts import QuicFacts
from tlsinspect.wire.quic_opener import QuicOpener

GREASED = 0x1A2A3A4A
HELLO = quic_hello()
NEW_DCID = bytes.fromhex("00112233445566778899")
POST_QUANTUM = extension(51, vector16(u16(0x11EC) + vector16(bytes(1216))))

Turn = tuple[str, bytes]


def quic_wire() -> Wire:
    """A flow table that reads QUIC."""
    return Wire(FlowTable(openers=(QuicOpener(QuicKeys()),)))


def flows_of(turns: list[Turn], missing: int = 0) -> list[Flow]:
    """The flows of datagrams, each of which lacks `missing` octets in the capture."""
    wire = quic_wire()
    for sender, payload in turns:
        ends = (CLIENT, SERVER) if sender == "client" else (SERVER, CLIENT)
        wire.add_datagram(ip_packet(*ends, udp(*ends, payload), missing=missing))
    return wire.finish()


def flow_of(*turns: Turn, missing: int = 0) -> Flow:
    """The only flow of these datagrams."""
    (flow,) = flows_of(list(turns), missing)
    return flow


def add_cut(wire: Wire, turns: list[Turn], kept: int) -> None:
    """Datagrams of which the capture has the first `kept` octets."""
    for sender, payload in turns:
        ends = (CLIENT, SERVER) if sender == "client" else (SERVER, CLIENT)
        wire.add_datagram(ip_packet(*ends, udp(*ends, payload), missing=max(len(payload) - kept, 0)))


def cut_flow_of(turns: list[Turn], kept: int) -> Flow:
    """The only flow of datagrams of which the capture has the first `kept` octets."""
    wire = quic_wire()
    add_cut(wire, turns, kept)
    return wire.only()


def facts_of(flow: Flow) -> QuicFacts:
    """What is known of a flow that is QUIC."""
    assert flow.quic is not None
    return flow.quic


def name_of(flow: Flow) -> bytes | None:
    """The server name of the flow's ClientHello."""
    assert flow.client_hello is not None
    return flow.client_hello.server_name


def problems_of(flow: Flow) -> list[tuple[str, str]]:
    """Layer and kind of each problem."""
    return [(error.layer, error.kind) for error, _ in flow.problems]


class TestHandshake:
    @pytest.mark.parametrize("version", sorted(set(VERSIONS) - {0x51303530, 0x54303530, 0x54303531}))
    def test_both_hellos_are_read_in_every_version_whose_salt_is_known(self, version: int) -> None:
        flow = flow_of(*handshake_turns(version=version))
        assert name_of(flow) == b"quic.example"
        assert flow.server_hello is not None
        assert flow.server_hello.version() == 0x0304
        assert facts_of(flow).version == version
        assert (flow.hello_side, flow.server_side) == (0, 1)
        assert (flow.client_hello_packet, flow.server_hello_packet) == (1, 2)
        assert flow.history == "Cs"
        assert flow.problems == []

    def test_connection_ids_are_those_of_each_sides_first_packet(self) -> None:
        facts = facts_of(flow_of(*handshake_turns()))
        assert facts.connection_ids == [(DCID, CLIENT_ID), (CLIENT_ID, SERVER_ID)]
        assert not facts.retry
        assert not facts.version_negotiation
        assert not facts.zero_rtt

    def test_transport_parameters_are_kept(self) -> None:
        flow = flow_of(*handshake_turns())
        assert flow.client_hello is not None
        assert flow.client_hello.transport_parameters == bytes.fromhex("01026710 0f00 1b00")

    def test_a_one_rtt_packet_of_the_client_shows_that_both_finished(self) -> None:
        turns = handshake_turns()
        assert noted(flow_of(*turns[:2]), "finished_seen") == [False, False]
        flow = flow_of(*turns)
        assert noted(flow, "finished_seen") == [True, True]
        assert flow.time_application > flow.time_server_hello

    def test_a_one_rtt_packet_of_the_server_shows_nothing_yet(self) -> None:
        flow = flow_of(*handshake_turns()[:2], ("server", short(CLIENT_ID, 300)))
        assert noted(flow, "finished_seen") == [False, False]

    def test_application_bytes_are_what_short_headers_protect(self) -> None:
        flow = flow_of(*handshake_turns())
        client, server = (stream.reader for stream in flow.streams)
        assert (client.application_bytes, client.application_records) == (60 + 200, 2)
        assert (server.application_bytes, server.application_records) == (300, 1)

    def test_a_flow_that_was_established_is_only_counted(self) -> None:
        wire = quic_wire()
        for sender, payload in [*handshake_turns(), *[("server", short(CLIENT_ID, 1200))] * 50]:
            ends = (CLIENT, SERVER) if sender == "client" else (SERVER, CLIENT)
            wire.add_datagram(ip_packet(*ends, udp(*ends, payload)))
        (flow,) = wire.table.flows
        reader = flow.datagrams
        assert isinstance(reader, QuicReader)
        assert reader.settled
        assert all(stream.pieces == [] for stream in reader.crypto)
        assert flow.streams[1].reader.application_bytes == 300 + 50 * 1200

    def test_messages_and_first_application_data_are_noted(self) -> None:
        flow = flow_of(*handshake_turns())
        assert [(number, side, record, kind) for number, _, _, side, record, kind, _ in flow.messages] == [
            (1, 0, 22, 1),
            (2, 1, 22, 2),
            (3, 0, 23, -1),
            (4, 1, 23, -1),
        ]

    def test_a_hello_retry_request_and_the_second_hello_follow_in_the_same_stream(self) -> None:
        request = message(2, retry_request())
        second = quic_hello(b"quic.example", extension(44, vector16(b"cookie")))
        flow = flow_of(
            ("client", initial(crypto(0, HELLO))),
            ("server", initial(crypto(0, request), CLIENT_ID, SERVER_ID, origin=DCID, sender="server")),
            ("client", initial(crypto(len(HELLO), second), SERVER_ID, origin=DCID, number=1)),
            (
                "server",
                initial(
                    crypto(len(request), quic_answer()), CLIENT_ID, SERVER_ID, origin=DCID, sender="server", number=1
                ),
            ),
        )
        assert flow.history == "CjCs"
        assert flow.retry is not None
        assert flow.retried_hello is not None
        assert flow.server_hello is not None

    def test_a_resumed_session_with_early_data_is_seen(self) -> None:
        turns = handshake_turns(psk=True)
        early = ("client", turns[0][1] + protected(ZERO_RTT, DCID, CLIENT_ID, 90))
        flow = flow_of(early, *turns[1:])
        assert facts_of(flow).zero_rtt
        assert flow.server_hello is not None
        assert flow.server_hello.psk_selected
        assert flow.streams[0].reader.application_bytes == 90 + 260


class TestReassembly:
    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_a_hello_over_two_packets_is_read_in_either_order(self, order: tuple[int, int]) -> None:
        hello = quic_hello(b"quic.example", POST_QUANTUM)
        packets = [initial(crypto(0, hello[:1000])), initial(crypto(1000, hello[1000:]), number=1)]
        flow = flow_of(*[("client", packets[place]) for place in order])
        assert name_of(flow) == b"quic.example"
        assert flow.client_hello is not None
        assert flow.client_hello.complete
        assert flow.client_hello_packet == 2

    def test_frames_shuffled_within_a_packet_are_put_in_order(self) -> None:
        pieces = [crypto(at, HELLO[at : at + 17]) for at in range(0, len(HELLO), 17)]
        shuffled = b"\x01".join(pieces[::2] + pieces[1::2])
        assert name_of(flow_of(("client", initial(shuffled)))) == b"quic.example"

    def test_a_packet_sent_again_changes_nothing(self) -> None:
        first, *rest = handshake_turns()
        again = ("client", initial(crypto(0, HELLO), number=1))
        flow = flow_of(first, again, first, *rest)
        assert flow.history == "Cs"
        assert not flow.streams[0].overlap_conflict

    def test_two_copies_that_differ_are_a_conflict_and_the_first_counts(self) -> None:
        forged = initial(crypto(0, quic_hello(b"evil.example")), number=1)
        flow = flow_of(("client", initial(crypto(0, HELLO))), ("client", forged))
        assert flow.streams[0].overlap_conflict
        assert name_of(flow) == b"quic.example"

    def test_a_missing_piece_leaves_the_beginning_and_a_gap(self) -> None:
        hello = quic_hello(b"quic.example", POST_QUANTUM)
        packets = [initial(crypto(at, hello[at : at + 500]), number=at) for at in (0, 1000)]
        flow = flow_of(*[("client", packet) for packet in packets])
        assert flow.streams[0].gap
        assert flow.client_hello is not None
        assert not flow.client_hello.complete
        assert flow.client_hello.server_name == b"quic.example"

    def test_a_hello_that_breaks_off_has_the_packet_of_its_last_octets(self) -> None:
        cut = len(HELLO) // 2
        begun = ("client", initial(crypto(0, HELLO[:cut])))
        flow = flow_of(begun, *handshake_turns()[1:])
        assert flow.client_hello is not None
        assert flow.client_hello_packet == 1
        assert flow.time_client_hello < flow.time_server_hello
        assert flow.streams[0].gap

    def test_without_the_first_octets_there_is_no_hello(self) -> None:
        flow = flow_of(("client", initial(crypto(10, HELLO[10:]))))
        assert flow.client_hello is None
        assert flow.streams[0].gap
        assert facts_of(flow).version == V1

    def test_the_server_answers_in_two_packets_of_one_datagram(self) -> None:
        answer = quic_answer()
        flight = initial(
            crypto(0, answer[:40]), CLIENT_ID, SERVER_ID, origin=DCID, sender="server", size=100
        ) + initial(crypto(40, answer[40:]), CLIENT_ID, SERVER_ID, origin=DCID, sender="server", number=1, size=100)
        assert flow_of(("client", initial(crypto(0, HELLO))), ("server", flight)).server_hello is not None

    def test_a_coalesced_packet_with_other_connection_ids_is_not_read(self) -> None:
        stranger = initial(crypto(0, quic_answer()), b"stranger", SERVER_ID, origin=DCID, sender="server")
        flight = protected(HANDSHAKE, CLIENT_ID, SERVER_ID) + stranger
        assert flow_of(("client", initial(crypto(0, HELLO))), ("server", flight)).server_hello is None

    def test_a_server_that_stands_in_front_of_the_client_is_read(self) -> None:
        turns = handshake_turns()
        flow = flow_of(turns[1], turns[0], *turns[2:])
        assert (flow.client_hello_packet, flow.server_hello_packet) == (2, 1)
        assert (flow.hello_side, flow.history) == (1, "cS")
        assert noted(flow, "finished_seen") == [True, True]
        assert (flow.problems, facts_of(flow).sealed, flow.held) == ([], [False, False], 0)
        behind = ("server", protected(HANDSHAKE, CLIENT_ID, SERVER_ID))
        assert flow_of(turns[1], behind, turns[0], *turns[2:]).server_hello_packet == 1
        refusal = initial(close(0x178), CLIENT_ID, SERVER_ID, origin=DCID, sender="server")
        assert facts_of(flow_of(("server", refusal), turns[0])).close_error == 0x178

    def test_packets_that_the_clients_first_one_does_not_open_stay_closed(self) -> None:
        other = initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=NEW_DCID, sender="server")
        flow = flow_of(*[("server", other)] * 6, handshake_turns()[0])
        assert name_of(flow) == b"quic.example"
        assert (flow.server_hello, flow.problems) == (None, [])
        assert facts_of(flow).sealed == [True, False]
        unopened = flow_of(("server", other))
        assert (facts_of(unopened).sealed, unopened.held) == ([True, False], len(other))


class TestVersionsAndRetry:
    def test_after_a_retry_the_keys_come_from_the_servers_connection_id(self) -> None:
        token, origin = b"token", b"retry-id"
        flow = flow_of(
            ("client", initial(crypto(0, HELLO))),
            ("server", retry(source=origin)),
            ("client", initial(crypto(0, HELLO), origin, number=1, token=token)),
            *handshake_turns(origin=origin)[1:],
        )
        assert facts_of(flow).retry
        assert facts_of(flow).connection_ids == [(DCID, CLIENT_ID), (CLIENT_ID, SERVER_ID)]
        assert flow.history == "Cs"
        assert noted(flow, "finished_seen") == [True, True]
        assert flow.problems == []

    def test_a_retry_may_ask_for_a_short_connection_id(self) -> None:
        flow = flow_of(
            ("client", initial(crypto(0, HELLO))),
            ("server", retry(source=b"id")),
            ("client", initial(crypto(0, HELLO), b"id", number=1, token=b"token")),
            ("server", initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=b"id", sender="server")),
        )
        assert flow.server_hello is not None

    def test_a_client_that_says_something_else_after_a_retry_is_taken_at_its_last_word(self) -> None:
        second = quic_hello(b"second.example", random=b"\x02" * 32)
        flow = flow_of(
            ("client", initial(crypto(0, HELLO))),
            ("server", retry(source=b"retry-id")),
            ("client", initial(crypto(0, second), b"retry-id", number=1, token=b"token")),
            *handshake_turns(origin=b"retry-id")[1:],
        )
        assert name_of(flow) == b"second.example"
        assert (flow.client_hello_packet, flow.history) == (3, "CCs")
        assert not flow.streams[0].overlap_conflict
        assert flow.server_hello is not None

    @pytest.mark.parametrize("answer", [retry(source=NEW_DCID), negotiation([V2])])
    @pytest.mark.parametrize("place", [3, 4, 5, 8])
    def test_a_late_copy_of_what_a_client_gave_up_changes_nothing(self, answer: bytes, place: int) -> None:
        version = V2 if answer == negotiation([V2]) else V1
        first = initial(crypto(0, quic_hello(b"first.example", random=b"\x02" * 32)))
        turns = [("client", first), ("server", answer), *handshake_turns(origin=NEW_DCID, version=version)]
        turns.insert(place, ("client", first))
        flow = flow_of(*turns)
        assert name_of(flow) == b"quic.example"
        assert (flow.client_hello_packet, flow.history) == (3, "CCs")
        assert noted(flow, "finished_seen") == [True, True]
        assert not flow.streams[0].overlap_conflict
        assert flow.problems == []

    def test_a_retry_that_was_not_captured_is_followed_by_its_token(self) -> None:
        flow = flow_of(
            ("client", initial(crypto(0, HELLO), source=b"")),
            ("client", initial(crypto(0, HELLO), b"retry-id", b"", number=1, token=b"token")),
            ("server", initial(crypto(0, quic_answer()), b"", SERVER_ID, origin=b"retry-id", sender="server")),
        )
        assert flow.server_hello is not None

    def test_what_follows_a_retry_is_opened_where_the_second_hello_is_not_in_front_of_it(self) -> None:
        opening = [("client", initial(crypto(0, HELLO))), ("server", retry(source=b"retry-id"))]
        again = ("client", initial(crypto(0, HELLO), b"retry-id", number=1, token=b"token"))
        hello = initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=b"retry-id", sender="server")
        answer = ("server", hello)
        for rest in ([answer], [answer, again]):
            flow = flow_of(*opening, *rest)
            assert flow.server_hello is not None
            assert not flow.problems

    def test_what_a_client_says_behind_a_retry_is_opened_where_its_second_hello_is_lost(self) -> None:
        flow = flow_of(
            ("client", initial(crypto(0, HELLO))),
            ("server", retry(source=b"retry-id")),
            ("client", initial(close(0), SERVER_ID, origin=b"retry-id", number=2, token=b"token")),
        )
        assert facts_of(flow).close_error == 0
        assert not flow.problems

    def test_an_answer_that_no_keys_open_may_follow_a_retry_that_was_not_captured(self) -> None:
        hello = ("client", initial(crypto(0, HELLO)))
        answer = initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=b"retry-id", sender="server")
        finish = initial(acknowledge(), SERVER_ID, origin=b"retry-id", number=2)
        flow = flow_of(hello, ("server", answer), ("client", finish))
        assert (facts_of(flow).sealed, flow.problems) == ([True, True], [])
        broken = handshake_turns()[1][1][:40] + bytes(160)
        for turns in (
            [hello, handshake_turns()[1], ("server", broken)],
            [hello, handshake_turns()[1], ("client", finish)],
            [hello, ("client", hello[1][:-1] + b"\x00")],
        ):
            assert problems_of(flow_of(*turns)) == [("quic", "bad_value")]

    @pytest.mark.parametrize(("again", "number"), [(b"retry-id", 1), (DCID, 0)])
    def test_an_answer_in_front_of_the_hello_that_it_answers_makes_that_one_count(
        self, again: bytes, number: int
    ) -> None:
        """Of two hellos that differ, and whose answers two recorders put in another order."""
        retried = again != DCID
        first = initial(crypto(0, quic_hello(b"first.example")), version=V1 if retried else V2)
        second = initial(crypto(0, HELLO), again, number=number, token=b"token" if retried else b"")
        answer = initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=again, sender="server")
        sent_on = retry(source=b"retry-id") if retried else negotiation([V1])
        flow = flow_of(("client", first), ("server", sent_on), ("server", answer), ("client", second))
        assert name_of(flow) == b"quic.example"
        assert (flow.client_hello_packet, flow.server_hello_packet) == (4, 3)
        assert flow.history == "CsC"
        assert not flow.streams[0].overlap_conflict
        assert flow.server_hello is not None

    def test_version_negotiation_leads_to_the_hello_that_was_answered(self) -> None:
        first = initial(crypto(0, quic_hello(b"first.example")), version=V2)
        second = initial(crypto(0, HELLO), NEW_DCID)
        flow = flow_of(
            ("client", first),
            ("server", negotiation([V1, GREASED])),
            ("client", second),
            *handshake_turns(origin=NEW_DCID)[1:],
        )
        assert facts_of(flow).version_negotiation
        assert facts_of(flow).version == V1
        assert name_of(flow) == b"quic.example"
        assert flow.server_hello is not None
        assert flow.history == "CCs"

    def test_a_client_may_keep_its_connection_ids_after_version_negotiation(self) -> None:
        first = initial(crypto(0, quic_hello(b"first.example")), version=V2)
        flow = flow_of(("client", first), ("server", negotiation([V1])), *handshake_turns())
        assert name_of(flow) == b"quic.example"
        assert not flow.streams[0].overlap_conflict
        assert flow.server_hello is not None

    def test_a_reserved_version_is_offered_and_then_replaced(self) -> None:
        offer = long_header(INITIAL, GREASED, DCID, CLIENT_ID) + b"\x00\x44\x9e" + b"\xa5" * 1182
        flow = flow_of(("client", offer), ("server", negotiation([V1])), *handshake_turns())
        assert facts_of(flow).version_negotiation
        assert facts_of(flow).version == V1
        assert name_of(flow) == b"quic.example"

    def test_a_reserved_version_protected_like_version_1_is_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patched:
            patched.setitem(VERSIONS, GREASED, VERSIONS[V1])
            offer = initial(crypto(0, HELLO), version=GREASED)
        assert name_of(flow_of(("client", offer))) == b"quic.example"

    def test_an_answer_to_a_reserved_version_tells_of_a_list_that_was_not_captured(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setitem(VERSIONS, GREASED, VERSIONS[V1])
            offer = initial(crypto(0, HELLO), version=GREASED)
        assert facts_of(flow_of(("client", offer), handshake_turns()[1])).versions_differ
        assert not facts_of(flow_of(*handshake_turns()[:2])).versions_differ

    def test_a_reserved_version_behind_the_answer_tells_of_no_list(self) -> None:
        strange = ("server", long_header(INITIAL, GREASED, CLIENT_ID, SERVER_ID) + b"\x00\x44\x9e" + b"\xa5" * 1182)
        assert not facts_of(flow_of(*handshake_turns()[:2], strange, strange)).versions_differ

    def test_the_first_answer_says_under_which_keys_a_client_may_begin_again(self) -> None:
        """The server goes on in another version (RFC 9368); a hello under that one's keys is no new beginning."""
        second = initial(crypto(0, quic_hello(b"second.example")), SERVER_ID, origin=DCID, number=1, version=V2)
        goes_on = initial(acknowledge(), CLIENT_ID, SERVER_ID, origin=DCID, sender="server", number=1, version=V2)
        flow = flow_of(*handshake_turns()[:2], ("server", goes_on), ("client", second))
        assert name_of(flow) == b"quic.example"
        assert flow.streams[0].overlap_conflict
        flow = flow_of(("client", initial(crypto(0, HELLO))), ("server", goes_on), ("client", second))
        assert name_of(flow) == b"second.example"

    def test_a_server_may_answer_in_a_compatible_version(self) -> None:
        flight = initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=DCID, sender="server", version=V2)
        finish = initial(acknowledge(), SERVER_ID, CLIENT_ID, origin=DCID, number=1, version=V2)
        flow = flow_of(("client", initial(crypto(0, HELLO))), ("server", flight), ("client", finish))
        assert facts_of(flow).version == V2
        assert flow.server_hello is not None
        assert flow.history == "Cs"
        assert flow.problems == []

    def test_a_version_that_cannot_be_opened_is_still_a_flow_with_its_version(self) -> None:
        unknown = long_header(INITIAL, 0x12345678, DCID, CLIENT_ID) + b"\x00" + (0x4000 | 1178).to_bytes(2, "big")
        offer = unknown + b"\xa5" * 1178
        flow = flow_of(("client", offer), ("server", protected(HANDSHAKE, CLIENT_ID, SERVER_ID, 80, 0x12345678)))
        assert facts_of(flow).version == 0x12345678
        assert facts_of(flow).sealed[0]
        assert facts_of(flow).connection_ids[0] == (DCID, CLIENT_ID)
        assert flow.client_hello is None

    def test_a_draft_before_17_is_a_flow_with_its_version_and_a_problem(self) -> None:
        offer = b"\xff" + (0xFF00000C).to_bytes(4, "big") + b"\x51" + DCID + CLIENT_ID + b"\xa5" * 1100
        flow = flow_of(("client", offer))
        assert facts_of(flow).version == 0xFF00000C
        assert facts_of(flow).sealed == [True, False]
        assert problems_of(flow) == [("quic", "unsupported")]

    @pytest.mark.parametrize("version", [0x54303530, 0x54303531])
    def test_google_frames_with_tls_in_them_are_read(self, version: int) -> None:
        offer = b"\x08" + crypto(0, HELLO)[1:]
        answer = b"\x40\x00\x00\x10\x00\x00" + b"\x08" + crypto(0, quic_answer())[1:]
        flow = flow_of(
            ("client", initial(offer, version=version)),
            ("server", initial(answer, b"", DCID, origin=DCID, sender="server", version=version)),
        )
        assert name_of(flow) == b"quic.example"
        assert flow.server_hello is not None
        assert not facts_of(flow).google


class TestHalves:
    def test_of_a_server_alone_the_version_is_known_and_no_more(self) -> None:
        flow = flow_of(*[turn for turn in handshake_turns() if turn[0] == "server"])
        assert facts_of(flow).version == V1
        assert facts_of(flow).sealed[0]
        assert flow.server_hello is None
        assert flow.problems == []

    def test_of_a_client_alone_the_hello_is_read(self) -> None:
        flow = flow_of(*[turn for turn in handshake_turns() if turn[0] == "client"])
        assert name_of(flow) == b"quic.example"
        assert flow.server_hello is None

    def test_a_client_that_answers_first_is_found_by_its_keys(self) -> None:
        turns = handshake_turns()
        flow = flow_of(turns[1], turns[0], *turns[1:])
        assert flow.hello_side == 1
        assert flow.server_hello is not None

    def test_without_the_first_datagram_a_repeated_one_gives_the_keys(self) -> None:
        turns = handshake_turns()
        flow = flow_of(("client", initial(crypto(100, HELLO[100:]), number=1)), ("client", turns[0][1]), *turns[1:])
        assert name_of(flow) == b"quic.example"
        assert flow.server_hello is not None

    def test_a_packet_that_the_capture_cut_off_gives_the_beginning_of_the_hello(self) -> None:
        flow = flow_of(("client", initial(crypto(0, HELLO))), missing=1200 - 30 - len(HELLO))
        assert name_of(flow) == b"quic.example"
        flow = flow_of(("client", initial(crypto(0, HELLO))), missing=1100)
        assert flow.client_hello is not None
        assert not flow.client_hello.complete
        assert flow.client_hello.random == bytes(32)
        assert flow.problems[-1][0].layer == "handshake"

    def test_a_cut_packet_that_does_not_look_like_a_hello_is_not_believed(self) -> None:
        flow = flow_of(("client", initial(crypto(7, HELLO))), missing=300)
        assert flow.client_hello is None
        assert problems_of(flow) == []

    def test_the_answer_to_a_cut_packet_that_is_not_believed_is_opened(self) -> None:
        answer = initial(crypto(0, quic_answer()), b"", SERVER_ID, origin=DCID, sender="server", size=0)
        answer += protected(HANDSHAKE, b"", SERVER_ID, 1000)
        flow = cut_flow_of([("client", initial(crypto(7, HELLO), source=b"")), ("server", answer)], 300)
        assert flow.server_hello is not None
        assert flow.server_hello.version() == 0x0304
        assert (flow.client_hello, flow.server_side, flow.server_hello_packet) == (None, 1, 2)
        assert facts_of(flow).opened == [True, True]
        assert problems_of(flow) == []

    def test_what_the_capture_cut_counts_where_it_stands(self) -> None:
        turns = handshake_turns(quic_hello(b"quic.example", POST_QUANTUM[:1000]))
        turns[1] = ("server", initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=DCID, sender="server"))
        flow = cut_flow_of(turns, 100)
        assert (flow.client_hello_packet, flow.server_hello_packet, flow.history) == (1, 2, "Cs")
        assert flow.time_server_hello - flow.time_client_hello == MILLISECOND_NS
        assert [stream.gap for stream in flow.streams] == [False, False]
        assert [error.kind for error, _ in flow.problems] == ["truncated"] * 2  # the message, and a field of it

    @pytest.mark.parametrize("answer", [retry(source=NEW_DCID), negotiation([V2])])
    def test_a_cut_packet_that_follows_a_retry_is_opened_with_its_own_keys(self, answer: bytes) -> None:
        version = V2 if answer == negotiation([V2]) else V1
        first = initial(crypto(0, quic_hello(b"first.example", random=b"\x02" * 32)))
        turns = [("client", first), ("server", answer), *handshake_turns(origin=NEW_DCID, version=version)]
        flow = cut_flow_of(turns, 100)
        assert flow.client_hello is not None
        assert (flow.client_hello.random, flow.client_hello_packet) == (bytes(32), 3)
        assert (flow.server_hello_packet, flow.history) == (4, "CCs")
        assert {error.kind for error, _ in flow.problems} == {"truncated"}

    def test_a_cut_packet_begins_another_connection_between_the_same_ports(self) -> None:
        second = handshake_turns(quic_hello(random=b"\x01" * 32), NEW_DCID)
        turns = [*handshake_turns(), *second, second[0], ("client", initial(b"\x01", bytes(8)))]
        wire = quic_wire()
        add_cut(wire, turns, 100)
        assert len(wire.finish()) == 2

    def test_a_length_past_the_datagram_is_a_problem_where_nothing_was_cut(self) -> None:
        flow = flow_of(("client", initial(crypto(0, HELLO))[:-1]))
        assert flow.client_hello is None
        assert problems_of(flow) == [("quic", "bad_length")]


class TestClosing:
    def test_a_crypto_error_is_a_fatal_alert_of_whoever_closed(self) -> None:
        refusal = initial(close(0x0100 + 120, 6), CLIENT_ID, SERVER_ID, origin=DCID, sender="server")
        flow = flow_of(("client", initial(crypto(0, HELLO))), ("server", refusal))
        assert (flow.alert_side, flow.alerts[-1][3], flow.alert_description) == (1, 2, 120)
        assert facts_of(flow).close_error == 0x178
        assert flow.streams[1].fin

    def test_another_error_closes_without_an_alert(self) -> None:
        refusal = initial(close(0x02), CLIENT_ID, SERVER_ID, origin=DCID, sender="server")
        flow = flow_of(("client", initial(crypto(0, HELLO))), ("server", refusal))
        assert (flow.alert_side, facts_of(flow).close_error) == (-1, 2)
        assert flow.streams[1].fin

    def test_the_first_close_counts(self) -> None:
        refusals = [
            ("server", initial(close(error), CLIENT_ID, SERVER_ID, origin=DCID, sender="server", number=number))
            for number, error in enumerate((0x128, 0x0A))
        ]
        assert facts_of(flow_of(("client", initial(crypto(0, HELLO))), *refusals)).close_error == 0x128


class TestSamePorts:
    def test_another_connection_between_the_same_ports_is_another_flow(self) -> None:
        second = quic_hello(b"second.example", random=b"\x01" * 32)
        flows = flows_of([*handshake_turns(), *handshake_turns(second, NEW_DCID)])
        assert [name_of(flow) for flow in flows] == [b"quic.example", b"second.example"]
        assert [noted(flow, "finished_seen") for flow in flows] == [[True, True]] * 2

    def test_an_attempt_that_nobody_answered_and_the_next_one_are_two_flows(self) -> None:
        first = initial(crypto(0, HELLO), source=b"")
        second = initial(crypto(0, quic_hello(b"second.example")), NEW_DCID, b"")
        assert len(flows_of([("client", first), ("client", second)])) == 2

    def test_late_copies_of_the_first_packet_begin_nothing(self) -> None:
        turns = handshake_turns()
        assert len(flows_of([*turns, turns[0], turns[1], ("client", initial(crypto(0, HELLO), number=9))])) == 1

    def test_packets_that_no_keys_open_begin_nothing(self) -> None:
        noise = initial(crypto(0, HELLO), NEW_DCID, b"other", origin=DCID)
        assert len(flows_of([*handshake_turns(), ("client", noise)])) == 1


class TestOpener:
    def opened(self, payload: bytes) -> bool:
        return QuicOpener(QuicKeys())(b"head" + payload + b"tail", 4, 4 + len(payload)) is not None

    @pytest.mark.parametrize("version", [V1, V2, 0xFF00001D, 0xFACEB002])
    @pytest.mark.parametrize("kind", [INITIAL, ZERO_RTT, HANDSHAKE])
    def test_a_long_header_of_a_known_version_is_quic(self, version: int, kind: int) -> None:
        packet = initial(b"", version=version) if kind == INITIAL else protected(kind, DCID, b"", 90, version)
        assert self.opened(packet)

    def test_retry_and_version_negotiation_are_quic(self) -> None:
        assert self.opened(retry())
        assert self.opened(negotiation([V1, GREASED]))

    @pytest.mark.parametrize("version", [V1, V2])
    def test_an_initial_packet_without_the_quic_bit_is_quic_where_its_keys_open_it(self, version: int) -> None:
        packet = initial(crypto(0, HELLO), version=version, quic_bit=False)
        assert self.opened(packet)
        assert name_of(flow_of(("client", packet))) == b"quic.example"
        assert self.opened(packet + protected(HANDSHAKE, DCID, CLIENT_ID, version=version))
        assert not self.opened(packet[:-1])
        assert not self.opened(packet[:-1] + bytes([packet[-1] ^ 1]))
        assert not self.opened(initial(crypto(0, HELLO[:99]), version=version, quic_bit=False, size=1199))
        assert not self.opened(initial(crypto(0, HELLO), DCID[1:], version=version, quic_bit=False))

    def test_no_keys_are_derived_of_what_cannot_be_a_first_packet(self) -> None:
        keys = QuicKeys()
        for packet in (
            initial(crypto(0, HELLO), quic_bit=False)[:-1],
            initial(crypto(0, HELLO[:99]), quic_bit=False, size=1199),
            initial(crypto(0, HELLO), DCID[1:], quic_bit=False),
            b"\x80" + bytes(1300),
        ):
            assert QuicOpener(keys)(packet, 0, len(packet)) is None
        assert keys.cache == {}

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"\xc0\x00\x00\x00\x01",
            short(),
            bytes.fromhex("8080000000000000"),
            bytes.fromhex("80 00000001 08") + DCID + b"\x00" + bytes(40),
            bytes.fromhex("c0 00000001 15") + bytes(60),
            negotiation([0xDEADBEEF, 0x12345678]),
            negotiation([V1])[:-1],
            negotiation([V1] * 65),
            long_header(INITIAL, 0x12345678, DCID, b"") + b"\x00\x41\x00" + bytes(256),
            bytes.fromhex("16 fefd 0000000000000000 0030") + bytes(48),
            b"\xff" * 1300,
        ],
    )
    def test_other_datagrams_are_not(self, payload: bytes) -> None:
        assert not self.opened(payload)

    def test_an_unknown_version_is_quic_where_the_datagram_is_one_whole_initial_packet(self) -> None:
        head = long_header(INITIAL, 0x12345678, DCID, CLIENT_ID) + b"\x00" + (0x4000 | 1178).to_bytes(2, "big")
        assert self.opened(head + b"\xa5" * 1178)
        assert not self.opened(head + b"\xa5" * 1179)
        assert not self.opened(head + b"\xa5" * 1177)


class TestHostile:
    def test_initial_packets_are_opened_up_to_a_limit(self) -> None:
        noise = [
            ("client", initial(crypto(0, HELLO), origin=NEW_DCID, number=number))
            for number in range(DEFAULT_LIMITS.quic_initials)
        ]
        flow = flow_of(*noise, *[("client", initial(crypto(0, HELLO)))] * 3)
        assert flow.client_hello is None
        assert problems_of(flow) == [("quic", "limit")]

    def test_a_crypto_frame_far_ahead_is_a_problem_and_the_hello_is_read(self) -> None:
        flow = flow_of(("client", initial(crypto((1 << 62) - 40, b"x" * 30) + crypto(0, HELLO))))
        assert name_of(flow) == b"quic.example"
        assert problems_of(flow) == [("quic", "limit")]

    def test_a_flood_of_pieces_is_bounded(self) -> None:
        flood = [b"".join(crypto(3 * at + 10, b"x") for at in range(part, part + 200)) for part in range(0, 2000, 200)]
        packets = [("client", initial(payload, number=number)) for number, payload in enumerate(flood)]
        flow = flow_of(*packets)
        assert ("quic", "limit") in problems_of(flow)
        assert [error.kind for error, _ in flow.problems] == ["limit"]

    def test_a_frame_that_is_not_allowed_is_a_problem(self) -> None:
        assert problems_of(flow_of(("client", initial(crypto(0, HELLO) + b"\x08stream")))) == [("quic", "bad_value")]

    def test_a_message_of_a_length_past_the_limit_is_stepped_over(self) -> None:
        flow = flow_of(("client", initial(crypto(0, b"\x01\xff\xff\xff" + bytes(500)))))
        assert problems_of(flow)[0] == ("handshake", "limit")

    def test_the_first_datagram_cut_at_each_octet_does_not_fail(self) -> None:
        packet = initial(crypto(0, HELLO), token=b"token", size=300)
        for cut in range(len(packet)):
            for flow in flows_of([("client", packet[:cut])]):
                assert flow.client_hello is None
                assert set(problems_of(flow)) <= {("quic", "bad_length"), ("quic", "truncated")}

    def test_a_capture_cut_at_each_octet_gives_the_beginning_or_nothing(self) -> None:
        packet = initial(crypto(0, HELLO), size=300)
        for missing in range(1, len(packet)):
            for flow in flows_of([("client", packet)], missing):
                if flow.client_hello is not None:
                    assert flow.client_hello.random == bytes(32)

    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def test_a_handshake_with_octets_changed_gives_hellos_or_problems(self, data: st.DataObject) -> None:
        turns = []
        for sender, payload in handshake_turns():
            octets = bytearray(payload)
            for at, value in data.draw(
                st.lists(st.tuples(st.integers(0, len(octets) - 1), st.integers(0, 255)), max_size=3)
            ):
                octets[at] = value
            turns.append((sender, bytes(octets)))
        for flow in flows_of(turns):
            assert all(kind in KINDS for _, kind in problems_of(flow))
            assert flow.client_hello is None or flow.client_hello.server_name == b"quic.example"

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["client", "server"]), st.binary(max_size=200)), max_size=6))
    def test_any_payload_under_the_right_keys_does_not_fail(self, turns: list[Turn]) -> None:
        first = ("client", initial(crypto(0, HELLO[:60])))
        packets = []
        for number, (sender, payload) in enumerate(turns, 1):
            ids = (SERVER_ID, CLIENT_ID) if sender == "client" else (CLIENT_ID, SERVER_ID)
            packets.append((sender, initial(payload, *ids, origin=DCID, sender=sender, number=number, size=300)))
        flow = flow_of(first, *packets)
        assert all(kind in KINDS for _, kind in problems_of(flow))

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["client", "server"]), st.binary(max_size=100)), max_size=8))
    def test_any_datagrams_behind_a_hello_do_not_fail(self, turns: list[Turn]) -> None:
        heads = [
            (sender, bytes([payload[0] | 0x80]) + b"\x00\x00\x00\x01" + payload[1:])
            for sender, payload in turns
            if payload
        ]
        for flow in flows_of([("client", initial(crypto(0, HELLO))), *heads, *turns]):
            assert name_of(flow) == b"quic.example"
