"""Two byte streams become one connection: who is the client, what was chosen, how it ended, and what is not known."""

from __future__ import annotations

from hashlib import sha256

import pytest
import tls_vectors as tls
from tcp_segments import CLIENT, MILLISECOND_NS, NOON_NS, SERVER, Talk, Wire, ip_packet, udp

from tlsinspect.connection import Connection
from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.wire.codes import ACK, FIN, RST, SYN
from tlsinspect.wire.dtls import open_dtls
from tlsinspect.wire.flow_table import FlowTable

TLS_PORTS = frozenset({443, 8443})
CCS = tls.CHANGE_CIPHER_SPEC
SESSION_ID = b"s" * 32
TICKET = tls.extension(35, b"ticket")

HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"name"))), version=0x0301)
HELLO13 = tls.handshake(tls.message(1, tls.client_hello(tls.supported_versions(0x0304) + tls.key_share(29))))
FLIGHT = tls.handshake(
    tls.message(2, tls.server_hello()),
    tls.message(11, tls.certificate(b"leaf", b"issuer")),
    tls.message(12, tls.ecdhe_exchange(29, 0x0804)),
    tls.message(14),
)
KEYS = tls.handshake(tls.message(16, b"key"))
FINISHED = CCS + tls.ENCRYPTED_FINISHED
ANSWER13 = tls.handshake(tls.message(2, tls.tls13_server_hello())) + CCS + tls.application(900)
FINISHED13 = CCS + tls.application(53)
RAW_KEY = tls.vector24(bytes.fromhex("3059 3013 0607 2a8648ce3d0201 0608 2a8648ce3d030107 034200 04") + bytes(64))
FULL = (HELLO, FLIGHT, KEYS + FINISHED, FINISHED)


def built(talk: Talk, ports: frozenset[int] = TLS_PORTS) -> Connection:
    """The Connection of the only flow of a capture."""
    return ConnectionBuilder(ports).build(talk.only())


def connection_of(*turns: bytes) -> Connection:
    """A connection that opens, takes turns and closes."""
    return built(Talk().open().say(*turns).close())


def flight_with(*messages: bytes, **choices: int) -> bytes:
    """A server's flight with the choices of the ServerHello and the messages that follow it."""
    return tls.handshake(tls.message(2, tls.server_hello(**choices)), *messages)  # type: ignore[arg-type]


def digest(der: bytes) -> str:
    return sha256(der).hexdigest()


class TestOrientation:
    def test_who_sent_the_hello_is_the_client_even_against_syn_and_port(self) -> None:
        talk = Talk(None, SERVER, CLIENT).open()
        connection = built(talk.say(b"", HELLO, FLIGHT))
        assert (connection.client_ip, connection.client_port) == CLIENT
        assert (connection.server_ip, connection.server_port) == SERVER
        assert connection.handshake_history == "Csxkn"

    def test_who_sent_the_server_hello_is_the_server(self) -> None:
        connection = built(Talk(None, ("192.0.2.1", 443), ("198.51.100.1", 50000)).open().say(FLIGHT))
        assert (connection.client_ip, connection.server_ip) == ("198.51.100.1", "192.0.2.1")
        assert connection.handshake_history == "sxkn"

    def test_without_hellos_who_sent_the_syn_is_the_client(self) -> None:
        assert built(Talk(None, SERVER, CLIENT).open()).client_ip == SERVER[0]
        talk = Talk()
        talk.segment(1, SYN | ACK)
        assert built(talk).client_ip == CLIENT[0]

    @pytest.mark.parametrize(
        ("ports", "server_port"),
        [
            ((50000, 443), 443), ((443, 50000), 443), ((443, 80), 443), ((80, 8443), 8443), ((50000, 25), 25),
            ((25, 50000), 25), ((25, 80), 25), ((50000, 40000), 40000), ((40000, 50000), 50000), ((443, 8443), 443),
        ],
    )  # fmt: skip
    def test_without_a_syn_the_port_tells(self, ports: tuple[int, int], server_port: int) -> None:
        talk = Talk(None, ("192.0.2.1", ports[0]), ("198.51.100.1", ports[1])).say(tls.application(50))
        assert built(talk).server_port == server_port

    def test_the_counters_are_of_the_roles(self) -> None:
        connection = built(Talk(None, SERVER, CLIENT).say(b"", HELLO, FLIGHT, tls.application(10)))
        assert (connection.client_packets, connection.server_packets) == (2, 1)
        assert (connection.client_bytes, connection.server_bytes) == (len(HELLO) + 15, len(FLIGHT))
        assert (connection.client_application_bytes, connection.server_application_bytes) == (10, 0)


class TestTlcp:
    def test_its_version_is_that_of_its_hellos_and_its_records(self) -> None:
        turns = [turn.replace(b"\x03\x03", b"\x01\x01").replace(b"\x03\x01", b"\x01\x01") for turn in FULL]
        connection = connection_of(*turns)
        assert (connection.protocol, connection.version, connection.client_record_version) == ("tls", 0x0101, 0x0101)
        assert (connection.established, connection.handshake_history) == (True, "CsxknGIi")
        assert connection.certificate_sha256s == (digest(b"leaf"), digest(b"issuer"))


class TestIdentity:
    @pytest.mark.parametrize(
        ("client", "server", "expected"),
        [
            (("128.232.110.120", 34855), ("66.35.250.204", 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
            (("66.35.250.204", 80), ("128.232.110.120", 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
            (
                ("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943),
                ("2607:f8b0:400c:c03::1a", 25),
                "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
            ),
        ],
    )
    def test_the_community_id_is_that_of_the_published_examples(
        self, client: tuple[str, int], server: tuple[str, int], expected: str
    ) -> None:
        assert built(Talk(None, client, server).open()).community_id == expected

    def test_the_community_id_of_udp_is_another(self) -> None:
        ends = (("192.168.1.52", 54585), ("8.8.8.8", 53))
        wire = Wire(FlowTable(frozenset({53})))
        wire.add_datagram(ip_packet(*ends, udp(*ends, b"query")))
        connection = ConnectionBuilder(TLS_PORTS).build(wire.only())
        assert connection.community_id == "1:d/FP5EW3wiY1vCndhwleRRKHowQ="
        assert (connection.transport, connection.midstream) == ("udp", False)

    def test_the_connection_id_depends_on_the_addresses_and_the_first_time(self) -> None:
        ids = [
            built(Talk().open()).connection_id,
            built(Talk(None, SERVER, CLIENT).open()).connection_id,
            built(Talk(None, ("192.0.2.1", 50001)).open()).connection_id,
            built(Talk().wait(1).open()).connection_id,
        ]
        assert ids[0] == ids[1]
        assert len(set(ids)) == 3
        assert all(len(one) == 16 for one in ids)

    def test_addresses_are_written_as_text(self) -> None:
        connection = built(Talk(None, ("2001:db8::1", 50000), ("2001:db8:0:1::2", 443)).open())
        assert (connection.client_ip, connection.server_ip) == ("2001:db8::1", "2001:db8:0:1::2")

    def test_times_and_packets_are_those_of_the_flow(self) -> None:
        connection = connection_of(*FULL)
        assert (connection.time_start, connection.time_end) == (NOON_NS, NOON_NS + 8 * MILLISECOND_NS)
        assert (connection.first_packet, connection.client_hello_packet, connection.server_hello_packet) == (1, 4, 5)
        assert connection.certificate_packet == 5
        assert [message[2] for message in connection.messages] == [4, 5, 5, 5, 5, 6, 6, 6, 7, 7]


class TestProtocol:
    def test_a_connection_without_tls_has_the_name_of_what_it_speaks_and_no_reasons_to_look_for(self) -> None:
        connection = connection_of(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
        assert connection.protocol == "http"
        assert (connection.client_state, connection.server_state, connection.certificate_state) == (
            "not_applicable",
        ) * 3
        assert connection.client_hello is None
        assert connection.established is None
        assert connection.client_application_bytes is None

    def test_what_is_not_recognised_is_unknown_and_what_says_nothing_silent(self) -> None:
        assert connection_of(b"\x01\x02\x03").protocol == "unknown"
        assert connection_of(b"\x99\x02\x03").protocol == "unknown"
        assert built(Talk().open().close()).protocol == "silent"
        kept_alive = Talk().open()
        for side in (0, 1):
            kept_alive.segment(side, ACK, b"\0", sequence=kept_alive.sent[side] - 1)
        assert built(kept_alive.close()).protocol == "silent"

    def test_clear_text_before_tls_is_named_beside_it(self) -> None:
        connection = connection_of(
            b"", b"220 mail\r\n", b"EHLO me\r\n", b"250 STARTTLS\r\n", b"STARTTLS\r\n", b"220\r\n", *FULL
        )
        assert (connection.protocol, connection.starttls_protocol) == ("tls", "smtp")
        assert connection.established

    def test_tls_from_the_beginning_has_nothing_beside_it(self) -> None:
        assert connection_of(*FULL).starttls_protocol is None
        assert connection_of(b"\x01\x02", b"", *FULL).starttls_protocol is None

    def test_only_a_hello_of_version_2_makes_a_connection_ssl_2(self) -> None:
        assert connection_of(tls.sslv2_hello(2)).protocol == "ssl2"
        connection = connection_of(tls.sslv2_hello(0x0303), FLIGHT)
        assert (connection.protocol, connection.client_record_version) == ("tls", 2)

    @pytest.mark.parametrize("size", [2, 7, 60])
    def test_the_record_version_is_that_of_the_record_in_which_the_hello_begins(self, size: int) -> None:
        hello = HELLO[5:]
        parts = (hello[:size], hello[size : size + 3], hello[size + 3 :])
        records = [tls.handshake(part, version=0x0301 + place) for place, part in enumerate(parts)]
        assert connection_of(b"".join(records), FLIGHT).client_record_version == 0x0301
        assert connection_of(records[0], b"", records[1], b"", records[2], FLIGHT).client_record_version == 0x0301
        first = tls.handshake(tls.message(0), version=0x0302)
        behind = connection_of(first, FLIGHT, b"".join(records)[:-1])
        assert behind.client_record_version == 0x0301


class TestChoices:
    def test_what_was_offered_and_chosen(self) -> None:
        connection = connection_of(*FULL)
        assert connection.client_hello is not None
        assert connection.client_hello.server_name == b"name"
        assert connection.client_record_version == 0x0301
        assert connection.server_hello is not None
        assert (connection.version, connection.group, connection.server_signature_algorithm) == (0x0303, 29, 0x0804)
        assert connection.dh_prime_bits is None
        assert connection.hello_retry_request is False
        assert (connection.client_state, connection.server_state, connection.certificate_state) == ("", "", "")

    def test_the_fingerprints_are_those_of_the_hellos(self) -> None:
        connection = connection_of(*FULL)
        assert connection.fingerprint == (
            "349640b9e304f8ea23a8e0f71dde2248", "771,4865-49199,0,,",
            "t12d020100_c1929292aa6b_000000000000", "t12d020100_1301,c02f_",
        )  # fmt: skip
        assert connection.server_fingerprint == ("174e7e4992a63f6d419626d97363adb8", "771,49199,")

    def test_equal_hellos_share_a_fingerprint_and_different_ones_do_not(self) -> None:
        wire = Wire()
        other = tls.handshake(tls.message(1, tls.client_hello(tls.alpn(b"h2"))))
        for port, hello in enumerate((HELLO, HELLO, other)):
            Talk(wire, ("192.0.2.1", port)).open().say(hello, FLIGHT)
        builder = ConnectionBuilder(TLS_PORTS)
        first, second, third = (builder.build(flow) for flow in wire.finish())
        assert first.fingerprint is second.fingerprint
        assert first.fingerprint != third.fingerprint
        assert first.server_fingerprint is third.server_fingerprint

    @pytest.mark.parametrize(
        ("suite", "version", "exchange", "group", "prime_bits", "scheme"),
        [
            (0xC02F, 0x0303, tls.ecdhe_exchange(23, 0x0403), 23, None, 0x0403),
            (0xC013, 0x0301, tls.ecdhe_exchange(24, None), 24, None, None),
            (
                0x0033,
                0x0301,
                tls.vector16(b"\xff" * 128) + tls.vector16(b"\x02") * 2 + tls.vector16(b"sig"),
                None,
                1024,
                None,
            ),
            (
                0x009E,
                0x0303,
                tls.vector16(b"\xff" * 256) + tls.vector16(b"\x02") * 2 + b"\x04\x01\x00\x00",
                None,
                2048,
                0x0401,
            ),
            (0x0034, 0x0303, tls.vector16(b"\x7f" * 64) + tls.vector16(b"\x02") * 2, None, 511, None),
            (0xC018, 0x0303, b"\x03\x00\x17\x05point", 23, None, None),
            (0xC0FF, 0x0303, b"\x03\x00\x17\x05point\x05proof\x04sign", 23, None, None),
            (
                0x00AA,
                0x0303,
                tls.vector16(b"hint") + tls.vector16(b"\xff" * 32) + tls.vector16(b"\x02") * 2,
                None,
                256,
                None,
            ),
            (0xC037, 0x0303, tls.vector16(b"hint") + b"\x03\x00\x19\x05point", 25, None, None),
            (0x008C, 0x0303, tls.vector16(b"hint"), None, None, None),
        ],
    )
    def test_the_key_exchange_is_read_as_the_suite_says(
        self, suite: int, version: int, exchange: bytes, group: int | None, prime_bits: int | None, scheme: int | None
    ) -> None:
        connection = connection_of(HELLO, flight_with(tls.message(12, exchange), suite=suite, version=version))
        assert (connection.group, connection.dh_prime_bits, connection.server_signature_algorithm) == (
            group, prime_bits, scheme,
        )  # fmt: skip
        assert connection.problems == []

    def test_a_key_exchange_that_cannot_be_read_is_a_problem(self) -> None:
        connection = connection_of(HELLO, flight_with(tls.message(12, b"\x01\x17")))
        assert connection.group is None
        assert [(error.kind, packet) for error, packet in connection.problems] == [("truncated", 5)]

    def test_a_retry_request_and_the_group_that_it_asked_for(self) -> None:
        retry = tls.handshake(tls.message(2, tls.retry_request(23)))
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello(23)))
        connection = connection_of(HELLO13, retry, HELLO13, answer)
        assert (connection.hello_retry_request, connection.group) == (True, 23)
        assert connection.handshake_history == "CjCs"

    def test_a_retry_request_without_an_answer_is_known(self) -> None:
        connection = connection_of(HELLO13, tls.handshake(tls.message(2, tls.retry_request(23))))
        assert connection.hello_retry_request is True
        assert connection.server_hello is None
        assert connection.group is None

    def test_a_psk_without_key_share_has_no_group(self) -> None:
        retry = tls.handshake(tls.message(2, tls.retry_request(23)))
        alone = tls.server_hello(tls.selected_version(0x0304) + tls.extension(41, b"\x00\x00"), 0x1301)
        assert connection_of(HELLO13, retry, HELLO13, tls.handshake(tls.message(2, alone))).group is None

    def test_the_lifetime_of_a_ticket_is_a_hint(self) -> None:
        ticket = tls.handshake(tls.message(4, (300).to_bytes(4, "big") + tls.vector16(b"ticket")))
        assert connection_of(HELLO, FLIGHT, KEYS + FINISHED, ticket + FINISHED).ticket_lifetime_hint == 300
        assert connection_of(*FULL).ticket_lifetime_hint is None


class TestCertificates:
    def test_chains_are_hashes_in_wire_order_and_the_certificates_are_kept(self) -> None:
        builder = ConnectionBuilder(TLS_PORTS)
        connection = builder.build(Talk().open().say(*FULL).only())
        assert connection.certificate_sha256s == (digest(b"leaf"), digest(b"issuer"))
        assert builder.certificates == {digest(b"leaf"): b"leaf", digest(b"issuer"): b"issuer"}
        assert connection.client_certificate_sha256s is None
        assert connection.client_certificate_requested is False
        assert connection.ocsp_status == "absent"

    def test_a_client_certificate_and_the_request_for_it(self) -> None:
        flight = flight_with(tls.message(11, tls.certificate(b"leaf")), tls.message(13, b"types"), tls.message(14))
        connection = connection_of(HELLO, flight, tls.handshake(tls.message(11, tls.certificate(b"mine"))))
        assert connection.client_certificate_requested is True
        assert connection.client_certificate_sha256s == (digest(b"mine"),)

    def test_a_client_that_has_no_certificate_sends_an_empty_chain(self) -> None:
        connection = connection_of(HELLO, FLIGHT, tls.handshake(tls.message(11, tls.certificate())))
        assert connection.client_certificate_sha256s == ()

    def test_a_stapled_status_is_present(self) -> None:
        flight = flight_with(tls.message(11, tls.certificate(b"leaf")), tls.message(22, b"status"))
        assert connection_of(HELLO, flight).ocsp_status == "present"

    def test_a_chain_whose_lengths_lie_is_a_problem_and_malformed(self) -> None:
        flight = flight_with(tls.message(11, b"\x00\x00\x09\x00\x00\x07x"), tls.message(14))
        connection = connection_of(HELLO, flight)
        assert connection.certificate_sha256s is None
        assert (connection.certificate_packet, connection.certificate_state) == (5, "malformed")
        assert [(error.layer, error.kind, packet) for error, packet in connection.problems] == [
            ("handshake", "truncated", 5)
        ]

    @pytest.mark.parametrize("cut", [0, 20])
    def test_a_raw_public_key_is_no_chain(self, cut: int) -> None:
        chosen = tls.server_hello(tls.extension(20, b"\x02") + tls.extension(19, b"\x02"))
        flight = tls.handshake(tls.message(2, chosen), tls.message(11, RAW_KEY), tls.message(13, b"types"))
        talk = Talk().open().say(HELLO, flight[: len(flight) - 9 - cut])
        if cut == 0:
            talk.say(b"", flight[-9:] + tls.handshake(tls.message(14)))
            talk.say(tls.handshake(tls.message(11, RAW_KEY)) + KEYS + FINISHED, FINISHED)
        builder = ConnectionBuilder(TLS_PORTS)
        connection = builder.build(talk.only())
        assert (connection.certificate_sha256s, connection.client_certificate_sha256s) == (None, None)
        assert (connection.certificate_packet, connection.certificate_state) == (5, "not_applicable")
        assert not builder.certificates
        if cut == 0:
            assert connection.established
            assert (connection.client_certificate_packet, connection.problems) == (7, [])

    def test_one_that_was_not_chosen_is_malformed(self) -> None:
        connection = connection_of(HELLO, flight_with(tls.message(11, RAW_KEY), tls.message(14)))
        assert connection.certificate_state == "malformed"
        assert len(connection.problems) == 1
        chosen = tls.server_hello(tls.extension(20, b"\x02"))
        connection = connection_of(
            HELLO,
            tls.handshake(tls.message(2, chosen), tls.message(11, RAW_KEY), tls.message(14)),
            tls.handshake(tls.message(11, RAW_KEY)),
        )
        assert [packet for _, packet in connection.problems] == [6]

    def test_a_chain_where_types_were_chosen_is_read(self) -> None:
        chosen = tls.server_hello(tls.extension(20, b"\x00"))
        flight = tls.handshake(tls.message(2, chosen), tls.message(11, tls.certificate(b"leaf")))
        assert connection_of(HELLO, flight).certificate_sha256s == (digest(b"leaf"),)

    def test_in_tls_1_3_the_chain_is_encrypted(self) -> None:
        connection = connection_of(HELLO13, ANSWER13, FINISHED13)
        assert (connection.certificate_sha256s, connection.certificate_state) == (None, "encrypted")
        assert connection.client_certificate_requested is None
        assert connection.ocsp_status is None


class TestLostRequest:
    def test_a_clients_certificate_shows_that_it_was_asked_for_one(self) -> None:
        answers = tls.handshake(tls.message(11, tls.certificate(b"user")), tls.message(16, b"key")) + FINISHED
        request = tls.handshake(tls.message(13, b"\x01\x01" + bytes(4)))
        talk = Talk().open().say(HELLO, FLIGHT).lose(1, len(request)).say(answers, FINISHED)
        assert built(talk).client_certificate_requested is True
        assert connection_of(*FULL).client_certificate_requested is False

    def test_a_server_that_was_not_heard_to_its_last_message_may_have_asked(self) -> None:
        chosen, chain = tls.message(2, tls.server_hello()), tls.message(11, tls.certificate(b"leaf"))
        assert connection_of(HELLO, tls.handshake(chosen, chain)).client_certificate_requested is None
        lost = Talk().open().say(HELLO, tls.handshake(chosen, chain)).lose(1, 200)
        assert built(lost.say(FINISHED, FINISHED)).client_certificate_requested is None
        lost = Talk().open().say(HELLO, tls.handshake(chosen, chain)).lose(1, 200)
        assert built(lost.say(KEYS + FINISHED, FINISHED)).client_certificate_requested is False

    def test_a_hello_that_may_be_of_tls_1_3_tells_of_no_request(self) -> None:
        talk = Talk().open().say(HELLO13)
        talk.segment(1, ACK, ANSWER13, missing=len(ANSWER13) - 44)  # the suite is not there either
        connection = built(talk.say(FINISHED13, tls.application(40)))
        assert (connection.version, connection.client_certificate_requested) == (None, None)


class TestLostRetry:
    RETRY = tls.handshake(tls.message(2, tls.retry_request(23)))

    def asked(self, *turns: bytes) -> tuple[bool | None, bool]:
        """Whether a retry was asked for, and whether segments are missing, where the server's first words are lost."""
        connection = built(Talk().open().say(turns[0]).lose(1, len(self.RETRY)).say(*turns[1:]))
        return connection.hello_retry_request, connection.gap

    def test_a_second_hello_shows_that_the_first_answer_may_have_been_a_retry(self) -> None:
        assert self.asked(HELLO13, HELLO13, ANSWER13, FINISHED13) == (None, True)
        assert self.asked(HELLO13, b"", ANSWER13, FINISHED13) == (False, True)
        assert self.asked(HELLO, HELLO, FLIGHT) == (False, True)

    def test_the_beginning_that_was_not_captured_may_hold_it(self) -> None:
        assert built(Talk().say(HELLO13, ANSWER13, FINISHED13)).hello_retry_request is None
        assert built(Talk().say(HELLO, FLIGHT)).hello_retry_request is False
        assert connection_of(HELLO13, ANSWER13, FINISHED13).hello_retry_request is False


class TestLostFirstHello:
    def test_a_cookie_tells_of_a_retry_that_was_not_captured(self) -> None:
        cookie = tls.supported_versions(0x0304) + tls.key_share(23) + tls.extension(44, tls.vector16(b"cookie"))
        hello = tls.handshake(tls.message(1, tls.client_hello(cookie)))
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello(23))) + CCS + tls.application(900)
        for turns in (hello, answer, FINISHED13), (hello,):
            connection = built(Talk().say(*turns))
            assert (connection.hello_retry_request, connection.hello_retry_request_packet) == (True, -1)
        assert built(Talk().say(HELLO13)).hello_retry_request is None

    def test_a_second_hello_does_not_say_whether_the_first_one_announced_early_data(self) -> None:
        retry = TestLostRetry.RETRY
        cookie = tls.supported_versions(0x0304) + tls.key_share(23) + tls.extension(44, tls.vector16(b"cookie"))
        early = tls.handshake(tls.message(1, tls.client_hello(TestEarlyData.EARLY)))
        for turns, offered in (
            ((HELLO13, ANSWER13), None),
            ((HELLO13,), None),
            ((b"", retry, HELLO13, ANSWER13), None),
            ((HELLO13, retry, HELLO13, ANSWER13), False),
            ((early, retry, HELLO13, ANSWER13), True),
            ((early, ANSWER13), True),
            ((tls.handshake(tls.message(1, tls.client_hello(cookie))), ANSWER13), None),
            ((HELLO, FLIGHT), False),  # of TLS 1.2
        ):
            connection = built(Talk().say(*turns))
            assert connection.early_data_offered is offered, turns
            assert connection.early_data_accepted in ((None, False) if offered else (False,))
        assert connection_of(HELLO13).early_data_offered is False
        assert connection_of(HELLO13, ANSWER13).early_data_offered is False
        alone = Talk()
        alone.segment(0, SYN)
        assert built(alone.say(HELLO13)).early_data_offered is False


class TestLostLater:
    def test_what_is_lost_behind_the_hellos_makes_nothing_before_it_unknown(self) -> None:
        talk = Talk().open().say(HELLO13, ANSWER13, FINISHED13, tls.application(40))
        connection = built(talk.lose(0, 40).lose(1, 40).say(tls.application(40), tls.application(40)))
        assert (connection.gap, connection.hello_retry_request) == (True, False)
        talk = Talk().open().say(*FULL).lose(0, 40).lose(1, 40)
        connection = built(talk.say(tls.application(40), tls.application(40)))
        assert (connection.gap, connection.client_certificate_requested) == (True, False)


class TestUnseenBeginning:
    def datagrams(self, *turns: tuple[int, bytes]) -> Connection:
        """The connection of records of DTLS on ports that say nothing; side 0 is the client."""
        ends = (("192.0.2.1", 40000), ("198.51.100.1", 4444))
        wire = Wire(FlowTable(openers=(open_dtls,)))
        for number, (side, octets) in enumerate(turns):
            numbered = octets[:5] + number.to_bytes(6, "big") + octets[11:]
            source, target = ends[side], ends[1 - side]
            wire.add_datagram(ip_packet(source, target, udp(source, target, numbered)))
        return ConnectionBuilder(TLS_PORTS).build(wire.only())

    def record(self, kind: int, epoch: int, content: bytes) -> bytes:
        return bytes([kind]) + tls.u16(0xFEFD, epoch) + bytes(6) + tls.vector16(content)

    def message(self, kind: int, sequence: int, body: bytes) -> bytes:
        length = len(body).to_bytes(3, "big")
        return self.record(22, 0, bytes([kind]) + length + tls.u16(sequence) + bytes(3) + length + body)

    @pytest.mark.parametrize(("cookie", "offered"), [(b"", False), (tls.extension(44, tls.vector16(b"cookie")), None)])
    def test_a_hello_in_datagrams_is_the_first_unless_it_has_a_cookie(
        self, cookie: bytes, offered: bool | None
    ) -> None:
        body = tls.client_hello(tls.supported_versions(0xFEFC) + tls.key_share(29) + cookie, version=0xFEFD)
        connection = self.datagrams((0, self.message(1, 0, body[:35] + tls.vector8(b"") + body[35:])))
        assert connection.early_data_offered is offered

    def test_an_encrypted_alert_alone_is_no_failure(self) -> None:
        connection = self.datagrams((0, self.record(21, 1, bytes(30))), (1, self.record(21, 1, bytes(30))))
        assert connection.midstream
        assert (connection.established, connection.failure, connection.outcome_state) == (None, None, "midstream")

    def test_messages_of_one_side_tell_who_is_the_client(self) -> None:
        exchange = self.message(12, 3, tls.ecdhe_exchange())
        keys = self.message(16, 2, b"\x04keys")
        for turns in (((1, exchange), (0, keys)), ((0, keys), (1, exchange)), ((1, exchange),), ((0, keys),)):
            connection = self.datagrams(*turns)
            assert (connection.client_port, connection.server_port) == (40000, 4444)

    def test_the_end_of_a_record_is_no_clear_text(self) -> None:
        talk = Talk()
        talk.segment(1, ACK, b"\xa5" * 700 + tls.application(50))
        connection = built(talk.say(tls.application(60), tls.application(70)))
        assert (connection.protocol, connection.midstream) == ("tls", True)
        assert connection.clear_text_packet == -1
        assert connection_of(b"", b"220 x ESMTP\r\n", HELLO, FLIGHT).clear_text_packet == 4


class TestResumption:
    def resumed(self, hello: bytes, server_session_id: bytes, *turns: bytes) -> tuple[bool | None, str | None]:
        answer = tls.handshake(tls.message(2, tls.server_hello(session_id=server_session_id)))
        connection = connection_of(hello, answer + (turns[0] if turns else FINISHED), *turns[1:] or (FINISHED,))
        return connection.resumed, connection.resumption

    def hello(self, session_id: bytes = b"", extensions: bytes = b"") -> bytes:
        return tls.handshake(tls.message(1, tls.client_hello(extensions, session_id=session_id)))

    def test_a_server_that_repeats_the_session_id_resumes(self) -> None:
        assert self.resumed(self.hello(SESSION_ID), SESSION_ID) == (True, "session_id")

    def test_of_a_hello_without_its_end_it_is_not_known_whether_a_ticket_was_offered(self) -> None:
        whole = self.hello(SESSION_ID, tls.extension(35, bytes(200)))
        talk = Talk().open()
        talk.segment(0, ACK, whole, missing=150)
        connection = built(talk.say(b"", tls.handshake(tls.message(2, tls.server_hello(session_id=SESSION_ID)))))
        assert (connection.resumed, connection.resumption) == (True, None)

    def test_another_session_id_or_none_is_a_new_session(self) -> None:
        assert self.resumed(self.hello(SESSION_ID), b"t" * 32) == (False, None)
        assert self.resumed(self.hello(), b"") == (False, None)

    def test_a_ticket_is_accepted_by_changing_the_cipher_at_once(self) -> None:
        assert self.resumed(self.hello(b"", TICKET), b"") == (True, "ticket")
        assert self.resumed(self.hello(SESSION_ID, TICKET), SESSION_ID) == (True, "ticket")

    def test_an_empty_ticket_is_only_a_wish_for_one(self) -> None:
        assert self.resumed(self.hello(b"", tls.extension(35)), b"") == (False, None)
        assert self.resumed(self.hello(SESSION_ID, tls.extension(35)), SESSION_ID) == (True, "session_id")

    def test_a_certificate_or_a_key_exchange_of_the_client_means_a_new_session(self) -> None:
        chain = tls.handshake(tls.message(11, tls.certificate(b"leaf")))
        assert self.resumed(self.hello(SESSION_ID, TICKET), SESSION_ID, chain) == (False, None)
        assert self.resumed(self.hello(b"", TICKET), b"", tls.handshake(tls.message(14)), KEYS + FINISHED) == (
            False,
            None,
        )

    def test_in_tls_1_3_a_selected_psk_resumes(self) -> None:
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello(psk=True))) + tls.application(300)
        connection = connection_of(HELLO13, answer, FINISHED13)
        assert (connection.resumed, connection.resumption, connection.certificate_state) == (True, "psk", "resumed")
        connection = connection_of(HELLO13, ANSWER13, FINISHED13)
        assert (connection.resumed, connection.resumption) == (False, None)

    def test_the_session_id_that_tls_1_3_repeats_resumes_nothing(self) -> None:
        hello = tls.client_hello(tls.supported_versions(0x0304) + tls.key_share(29), session_id=SESSION_ID)
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello(session_id=SESSION_ID)))
        connection = connection_of(tls.handshake(tls.message(1, hello)), answer + tls.application(900), FINISHED13)
        assert (connection.resumed, connection.resumption) == (False, None)

    def test_a_resumed_session_has_no_certificate_because_it_is_resumed(self) -> None:
        answer = tls.handshake(tls.message(2, tls.server_hello(session_id=SESSION_ID)))
        connection = connection_of(self.hello(SESSION_ID), answer + FINISHED, FINISHED)
        assert connection.certificate_state == "resumed"
        assert (connection.established, connection.established_evidence) == (True, "finished")

    def test_without_the_hello_of_the_client_a_cipher_changed_at_once_tells(self) -> None:
        answer = tls.handshake(tls.message(2, tls.server_hello(session_id=SESSION_ID)))
        talk = Talk()
        talk.segment(1, SYN | ACK)
        talk.segment(1, ACK, answer + FINISHED)
        connection = built(talk)
        assert (connection.resumed, connection.resumption) == (True, None)

    @pytest.mark.parametrize("flight", [tls.message(12, b"hint"), tls.message(14)])
    def test_without_the_hello_of_the_client_what_only_a_new_session_has_tells(self, flight: bytes) -> None:
        answer = tls.handshake(tls.message(2, tls.server_hello(suite=0xC0A8)), flight)
        talk = Talk()
        talk.segment(1, SYN | ACK)
        talk.segment(1, ACK, answer + FINISHED)
        connection = built(talk)
        assert (connection.resumed, connection.certificate_state) == (False, "not_applicable")

    def test_without_the_hello_of_the_client_and_without_a_changed_cipher_it_is_not_known(self) -> None:
        talk = Talk()
        talk.segment(1, SYN | ACK)
        talk.segment(1, ACK, tls.handshake(tls.message(2, tls.server_hello(session_id=SESSION_ID))))
        assert built(talk).resumed is None

    def test_a_pre_shared_key_beside_a_certificate_resumes_nothing(self) -> None:
        chosen = tls.selected_version(0x0304) + tls.extension(51, tls.u16(29) + tls.vector16(b"key!"))
        chosen += tls.extension(41, tls.u16(0)) + tls.extension(33)
        answer = tls.handshake(tls.message(2, tls.server_hello(chosen, 0x1301))) + tls.application(900)
        connection = connection_of(HELLO13, answer, FINISHED13)
        assert (connection.resumed, connection.resumption, connection.certificate_state) == (False, None, "encrypted")
        assert connection.server_hello is not None and connection.server_hello.psk_selected

    def test_a_ticket_is_not_known_to_be_accepted_where_a_certificate_may_be_lost(self) -> None:
        answer = tls.handshake(tls.message(2, tls.server_hello()))
        for hello, resumed in ((self.hello(b"", TICKET), None), (self.hello(), False)):
            talk = Talk().open().say(hello, answer).lose(1, 900).lose(0, 75)
            connection = built(talk.say(FINISHED, FINISHED, tls.application(70), tls.application(80)))
            assert (connection.gap, connection.established) == (True, True)
            assert (connection.resumed, connection.resumption) == (resumed, None)
            assert connection.certificate_state == "gap"

    def test_a_handshake_that_got_no_answer_resumed_nothing(self) -> None:
        assert connection_of(self.hello(SESSION_ID, TICKET), tls.alert(2, 40)).resumed is False
        assert built(Talk().open().say(self.hello(SESSION_ID, TICKET))).resumed is None


def heartbeat(kind: int, payload_length: int, size: int) -> bytes:
    """A heartbeat record of `size` octets that says it has a payload of `payload_length`."""
    return tls.record(24, (bytes([kind]) + tls.u16(payload_length)).ljust(size, b"p"))


class TestTraces:
    @pytest.mark.parametrize(
        ("turns", "seen"),
        [
            ((heartbeat(1, 16384, 3),), "attempt"),
            ((heartbeat(1, 16384, 3), heartbeat(2, 16384, 16384)), "success"),
            ((heartbeat(1, 16384, 3), heartbeat(2, 0, 3)), "attempt"),
            ((heartbeat(1, 5, 24), heartbeat(2, 5, 24)), None),
            ((heartbeat(1, 6, 24),), "attempt"),
        ],
    )
    def test_a_heartbeat_in_the_clear_that_asks_for_more_than_it_sent_is_heartbleed(
        self, turns: tuple[bytes, ...], seen: str | None
    ) -> None:
        connection = connection_of(HELLO, FLIGHT, *turns)
        assert connection.heartbleed == seen
        assert (connection.heartbleed_packet is None) == (seen is None)

    def test_an_encrypted_heartbeat_with_a_much_longer_answer_is_remarked(self) -> None:
        ask, leak = tls.record(24, b"x" * 60), tls.record(24, b"y" * 4000)
        assert connection_of(*FULL[:3], FINISHED, ask, leak).heartbleed == "longer_answer"
        assert connection_of(*FULL[:3], FINISHED, ask, ask).heartbleed is None

    def test_a_handshake_message_after_both_finished_is_a_renegotiation_of_its_sender(self) -> None:
        again = tls.record(22, b"\x8f" * 300)
        assert connection_of(*FULL[:3], FINISHED, again).renegotiation == "client"
        assert connection_of(*FULL[:3], FINISHED, b"", again).renegotiation == "server"
        assert connection_of(*FULL[:3], FINISHED).renegotiation is None

    @pytest.mark.parametrize("announced", [(13172,), (30032,), (13172, 30032)])
    def test_a_message_that_extensions_announce_beside_the_finished_is_no_renegotiation(
        self, announced: tuple[int, ...]
    ) -> None:
        extensions = b"".join(tls.extension(kind) for kind in announced)
        hello = tls.handshake(tls.message(1, tls.client_hello(session_id=SESSION_ID)))
        answer = flight_with(extensions=extensions, session_id=SESSION_ID)  # type: ignore[arg-type]
        flight = FINISHED + tls.ENCRYPTED_FINISHED * len(announced)
        again = tls.handshake(tls.ENCRYPTED_FINISHED[5:])
        assert connection_of(hello, answer + FINISHED, flight).renegotiation is None
        assert connection_of(hello, answer + FINISHED, flight + again).renegotiation == "client"
        assert connection_of(hello, answer + FINISHED, flight, again).renegotiation == "server"
        assert connection_of(hello, answer, flight, FINISHED, again).renegotiation == "client"

    def test_who_began_a_renegotiation_is_not_known_where_the_other_side_may_have_asked_for_it(self) -> None:
        again = tls.record(22, b"\x8f" * 200)
        data = tls.application(70)
        for lost in (0, 1):
            for begins in ((again, again), (b"", again, again)):
                talk = Talk().open().say(*FULL[:3], FINISHED).lose(lost, 45)
                connection = built(talk.say(*begins, data, data))
                first = int(begins[0] == b"")
                known = ("client", "server")[first] if first == lost else None  # packets tell, not when it was read
                assert (connection.gap, connection.renegotiation) == (True, known)
                assert connection.renegotiation_packet == 8
        talk = Talk().open().say(*FULL[:3], FINISHED).lose(0, 45)
        assert built(talk.say(again)).renegotiation == "client"
        connection = built(Talk().say(b"", FINISHED, again, again))
        assert (connection.midstream, connection.renegotiation, connection.renegotiation_packet) == (True, None, 3)


class TestEarlyData:
    """What a server's hello says about 0-RTT."""

    EARLY = tls.supported_versions(0x0304) + tls.key_share(29) + tls.extension(42)

    def accepted(self, extensions: bytes, *turns: bytes) -> bool | None:
        return connection_of(tls.handshake(tls.message(1, tls.client_hello(extensions))), *turns).early_data_accepted

    def test_what_was_not_offered_is_not_accepted(self) -> None:
        assert self.accepted(tls.supported_versions(0x0304), ANSWER13, FINISHED13) is False
        assert self.accepted(b"", FLIGHT) is False

    def test_another_hello_a_new_session_or_an_older_version_refuses_it(self) -> None:
        retry = tls.handshake(tls.message(2, tls.retry_request(23)))
        resumed = tls.handshake(tls.message(2, tls.tls13_server_hello(23, psk=True))) + tls.application(900)
        assert self.accepted(self.EARLY, retry, HELLO13, resumed, FINISHED13) is False
        assert self.accepted(self.EARLY, retry) is False
        assert self.accepted(self.EARLY, ANSWER13, FINISHED13) is False
        assert self.accepted(self.EARLY, FLIGHT) is False

    def test_with_a_pre_shared_key_or_without_an_answer_it_is_not_known(self) -> None:
        resumed = tls.handshake(tls.message(2, tls.tls13_server_hello(psk=True))) + tls.application(900)
        assert self.accepted(self.EARLY, resumed, FINISHED13) is None
        assert self.accepted(self.EARLY) is None

    def test_early_data_is_not_the_first_record_of_a_version_before_tls_1_3(self) -> None:
        hello = tls.handshake(tls.message(1, tls.client_hello(self.EARLY)))
        connection = connection_of(hello + CCS + tls.application(500), ANSWER13, FINISHED13)
        assert (connection.client_first_record_length, connection.client_first_record_packet) == (None, -1)

    def test_public_values_and_numbers_of_signatures_have_names_that_compare(self) -> None:
        def flight(public: bytes, nonce: bytes) -> bytes:
            signature = b"\x30\x08\x02\x02" + nonce + b"\x02\x02ss"
            exchange = b"\x03" + tls.u16(29) + tls.vector8(public) + tls.u16(0x0403) + tls.vector16(signature)
            hello = tls.server_hello(suite=0xC02B)
            return tls.handshake(tls.message(2, hello), tls.message(12, exchange), tls.message(14))

        first = connection_of(HELLO, flight(b"p" * 32, b"r1"))
        second = connection_of(HELLO, flight(b"p" * 32, b"r2"))
        assert first.server_key_share_id == second.server_key_share_id is not None
        assert first.server_nonce_id != second.server_nonce_id
        assert connection_of(HELLO, flight(b"q" * 32, b"r1")).server_nonce_id == first.server_nonce_id
        assert connection_of(HELLO, flight(b"short", b"r1")).server_key_share_id is None


class TestOutcome:
    def test_a_failure_keeps_the_packet_that_shows_it_and_whose_it_is(self) -> None:
        for talk, side, packet in (
            (Talk().open().say(HELLO).reset(1), "server", 5),
            (Talk().open().say(HELLO).close(0).reset(1), "server", 6),
            (Talk().open().say(HELLO).close(0), "client", 5),
            (Talk().open().say(HELLO, tls.alert(2, 40)).close(0), "server", 5),
        ):
            connection = built(talk)
            assert (connection.failure_side, connection.failure_packet) == (side, packet)

    @pytest.mark.parametrize(
        ("suite", "finished"), [(0x1301, 53), (0x1302, 69), (0x1303, 53), (0x1305, 45), (0xC104, 45), (0xC106, 45)]
    )
    def test_in_tls_1_3_what_a_client_seals_is_an_alert_where_it_is_shorter_than_a_finished(
        self, suite: int, finished: int
    ) -> None:
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello(suite=suite))) + CCS + tls.application(900)
        for length in (finished - 34, finished - 18, finished - 1):  # not padded, as Java pads, to blocks of 32 or so
            connection = connection_of(HELLO13, answer, CCS + tls.application(length))
            assert (connection.established, connection.failure) == (False, "closed"), length
            assert connection.sealed_alert == "client"
        assert connection_of(HELLO13, answer, CCS + tls.application(finished)).established is True

    def test_in_tls_1_3_a_lone_record_of_a_client_that_pads_may_be_a_finished_or_an_alert(self) -> None:
        sealed = CCS + tls.application(80)  # in blocks of 64 octets
        assert self.outcome(Talk().open().say(HELLO13, ANSWER13, sealed).close()) == (None, "encrypted", None)
        for more in ((sealed + tls.application(80),), (sealed, tls.application(272))):
            assert connection_of(HELLO13, ANSWER13, *more).established_evidence == "finished"
        cut = Talk().open().say(HELLO13, ANSWER13, sealed).lose(1, 100)  # what follows may be what is lost
        cut.segment(1, FIN | ACK)
        assert built(cut).established is True

    def test_in_tls_1_3_short_data_behind_a_finished_that_is_lost_is_no_alert(self) -> None:
        for length, established in ((30, True), (19, None)):
            talk = Talk().open().say(HELLO13, ANSWER13).lose(0, 53).say(tls.application(length), tls.application(80))
            assert built(talk.close()).established is established

    def test_in_tls_1_3_the_end_of_early_data_is_no_alert(self) -> None:
        hello = tls.client_hello(tls.supported_versions(0x0304) + tls.key_share(29) + tls.extension(42))
        turns = (tls.handshake(tls.message(1, hello)), ANSWER13, tls.application(21))
        assert connection_of(*turns).sealed_alert == ""

    @pytest.mark.parametrize(("suite", "length"), [(0x1301, 19), (0x1305, 11)])
    def test_in_tls_1_3_a_server_whose_first_sealed_record_is_an_alert_refuses(self, suite: int, length: int) -> None:
        finished = CCS + tls.application(length + 34)
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello(suite=suite)))
        connection = connection_of(HELLO13, answer + CCS + tls.application(length), finished)
        assert (connection.established, connection.sealed_alert) == (False, "server")
        for others in (tls.application(length + 4), tls.application(length) + tls.application(30)):
            connection = connection_of(HELLO13, answer + CCS + others, finished)
            assert (connection.established, connection.sealed_alert) == (True, "")
        assert connection_of(HELLO13, answer + CCS + tls.application(length) + tls.application(30)).sealed_alert == ""
        for more in (b"", finished):
            talk = Talk().open().say(HELLO13, answer + CCS).lose(1, 30).say(b"", tls.application(length), more)
            connection = built(talk.close())
            assert connection.sealed_alert == ""
            assert not more or connection.established is not False

    def test_two_finished_messages_establish_a_session(self) -> None:
        connection = connection_of(*FULL)
        assert (connection.established, connection.established_evidence, connection.failure) == (True, "finished", None)
        assert connection.handshake_history == "CsxknGIi"

    def test_one_finished_message_does_not(self) -> None:
        connection = connection_of(HELLO, FLIGHT, KEYS + FINISHED)
        assert (connection.established, connection.established_evidence, connection.failure) == (False, None, "closed")

    def test_in_tls_1_3_a_client_that_answers_with_as_much_as_a_finished_establishes_it(self) -> None:
        connection = connection_of(HELLO13, ANSWER13, FINISHED13)
        assert (connection.established, connection.established_evidence) == (True, "finished")
        assert connection_of(HELLO13, ANSWER13, CCS + tls.application(19)).established is False
        assert connection_of(HELLO13, ANSWER13).established is False

    def test_early_data_alone_establishes_nothing_but_what_follows_does(self) -> None:
        hello = tls.client_hello(tls.supported_versions(0x0304) + tls.key_share(29) + tls.extension(42))
        early = tls.handshake(tls.message(1, hello)) + CCS + tls.application(500)
        assert connection_of(early, ANSWER13).established is False
        assert connection_of(early, ANSWER13, tls.application(70)).established_evidence == "finished"

    def test_application_data_in_the_middle_of_a_connection_is_evidence(self) -> None:
        connection = built(Talk().say(tls.application(50)))
        assert (connection.midstream, connection.established, connection.established_evidence) == (
            True, True, "application_data",
        )  # fmt: skip

    def test_application_data_behind_a_gap_is_evidence(self) -> None:
        talk = Talk().open().say(HELLO, FLIGHT).lose(0, 60).lose(1, 51)
        connection = built(talk.say(tls.application(70), tls.application(80)))
        assert (connection.gap, connection.established, connection.established_evidence) == (
            True, True, "application_data",
        )  # fmt: skip

    def test_a_client_that_sends_data_before_the_servers_finished_established_nothing(self) -> None:
        early = (HELLO, FLIGHT, KEYS + FINISHED + tls.application(70))
        assert connection_of(*early, tls.alert(2, 40)).established is False
        assert built(Talk().open().say(*early).reset(1)).failure == "reset"
        assert connection_of(*early, FINISHED).established_evidence == "finished"
        assert connection_of(*early, tls.application(70)).established_evidence == "application_data"

    def test_data_of_the_client_behind_a_server_that_was_heard_from_its_hello_on_is_no_evidence(self) -> None:
        early = (HELLO, FLIGHT, KEYS + FINISHED + tls.application(70))
        assert self.outcome(Talk().say(*early).close()) == (False, "", "closed")
        assert built(Talk().say(HELLO, b"", KEYS + FINISHED + tls.application(70)).close()).established is True

    @pytest.mark.parametrize("kept", [44, 20])  # up to the suite, or within the random
    def test_data_of_a_server_whose_hello_hides_its_version_is_no_evidence(self, kept: int) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, HELLO13, missing=len(HELLO13) - kept)
        talk.segment(1, ACK, ANSWER13, missing=len(ANSWER13) - kept)
        connection = built(talk.say(b"", tls.application(24)).reset(0))
        assert (connection.version, connection.established) == (None, None)
        talk = Talk().open().say(HELLO)
        talk.segment(1, ACK, FLIGHT, missing=len(FLIGHT) - kept)
        connection = built(talk.say(KEYS + FINISHED, FINISHED + tls.application(24)))
        assert (connection.version, connection.established) == (None, True)

    def test_where_what_would_tell_is_in_a_hole_or_was_cut_off_the_outcome_is_not_known(self) -> None:
        alert = tls.record(21, b"\x99" * 26)
        talk = Talk().open().say(HELLO, FLIGHT).lose(0, len(KEYS + FINISHED)).say(alert, FINISHED).close()
        assert self.outcome(talk) == (None, "gap", None)
        talk = Talk().open().say(HELLO, FLIGHT, KEYS + FINISHED).lose(1, len(FINISHED)).say(b"", alert).close()
        assert self.outcome(talk) == (None, "gap", None)
        talk = Talk().open().say(HELLO, FLIGHT)
        talk.segment(0, ACK, KEYS + FINISHED, missing=len(FINISHED) + 4)
        talk.segment(1, ACK, FINISHED, missing=len(FINISHED) - 6)
        assert self.outcome(talk.close()) == (None, "snaplen", None)

    def test_what_is_missing_elsewhere_hides_no_failure(self) -> None:
        talk = Talk().open().say(HELLO).lose(1, 20).say(b"", FLIGHT).close()
        assert self.outcome(talk) == (False, "", "closed")
        talk = Talk().open().say(HELLO, FLIGHT).lose(0, 60).say(b"", tls.alert(2, 40), tls.alert(1, 0)).close()
        assert self.outcome(talk) == (False, "", "alert")

    def test_an_alert_of_a_connection_whose_handshake_was_before_the_capture_is_no_failure(self) -> None:
        alert = tls.record(21, b"\x99" * 26)
        assert self.outcome(Talk().say(alert, alert).close()) == (None, "midstream", None)
        assert self.outcome(Talk().say(tls.alert(2, 40), alert).close()) == (False, "", "alert")

    def test_a_handshake_that_is_seen_in_part_and_ends_without_a_finished_failed(self) -> None:
        rest = tls.handshake(tls.message(11, tls.certificate(b"leaf")), tls.message(14))
        assert self.outcome(Talk().say(b"", rest, KEYS).close()) == (False, "", "closed")

    def test_in_tls_1_3_data_of_both_sides_around_a_hole_is_evidence(self) -> None:
        talk = Talk().open().say(HELLO13).lose(1, 300).say(b"", ANSWER13, tls.application(19), tls.application(80))
        connection = built(talk)
        assert (connection.gap, connection.established_evidence) == (True, "application_data")

    def outcome(self, talk: Talk) -> tuple[bool | None, str, str | None]:
        connection = built(talk)
        return connection.established, connection.outcome_state, connection.failure

    def test_of_one_direction_alone_the_outcome_is_not_known(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.segment(0, ACK, HELLO)
        connection = built(talk.close(0))
        assert connection.one_sided
        assert (connection.established, connection.failure) == (None, None)

    @pytest.mark.parametrize(
        ("sender", "turns", "history"),
        [("server", (HELLO, tls.alert(2, 40)), "Cl"), ("client", (HELLO, FLIGHT, tls.alert(2, 48)), "CsxknL")],
    )
    def test_an_alert_tells_why_it_failed_and_who_said_so(
        self, sender: str, turns: tuple[bytes, ...], history: str
    ) -> None:
        connection = connection_of(*turns)
        assert (connection.established, connection.failure) == (False, "alert")
        assert (connection.last_alert, connection.last_alert_sender) == (turns[-1][-1], sender)
        assert connection.handshake_history == history

    def test_an_alert_of_a_session_that_was_established_is_no_failure(self) -> None:
        connection = connection_of(*FULL[:3], FINISHED, tls.record(21, b"\x99" * 26))
        assert (connection.established, connection.failure, connection.last_alert) == (True, None, None)

    def test_an_encrypted_alert_is_a_failure_without_description(self) -> None:
        connection = connection_of(HELLO, FLIGHT, KEYS + FINISHED, tls.record(21, b"\x99" * 26))
        assert (connection.failure, connection.last_alert, connection.last_alert_sender) == ("alert", None, None)

    @pytest.mark.parametrize("records", [(b"\x01\x5a\x02\x28",), (b"\x01", b"\x5a\x02", b"\x28")])
    def test_alerts_that_share_records_before_the_cipher_changes_are_in_the_clear(self, records: tuple[bytes]) -> None:
        connection = connection_of(HELLO, FLIGHT, b"".join(tls.record(21, record) for record in records))
        assert (connection.failure, connection.last_alert, connection.last_alert_sender) == ("alert", 40, "client")
        assert [alert[3:] for alert in connection.alerts] == [(1, 90), (2, 40)]
        sealed = connection_of(*FULL[:2], FULL[2] + b"".join(tls.record(21, record) for record in records))
        assert {alert[3:] for alert in sealed.alerts} == {(-1, -1)}

    def test_a_reset_counts_more_than_a_close_and_an_alert_more_than_a_reset(self) -> None:
        assert built(Talk().open().say(HELLO).close(0).reset(1)).failure == "reset"
        assert built(Talk().open().say(HELLO, tls.alert(2, 40)).reset(0)).failure == "alert"
        assert built(Talk().open().say(HELLO).close(1)).failure == "closed"

    def test_a_finished_in_front_of_the_capture_is_not_missing(self) -> None:
        farewell = tls.record(21, b"\x9c" * 26)
        connection = built(Talk().say(b"", FINISHED, farewell, farewell).close())
        assert (connection.midstream, connection.handshake_history) == (True, "i")
        assert (connection.established, connection.outcome_state) == (None, "midstream")
        for turns in ((*FULL[:2], KEYS + farewell, farewell), (b"", *FULL[1:2], KEYS + farewell, farewell)):
            connection = built(Talk().say(*turns).close())
            assert (connection.midstream, connection.established, connection.outcome_state) == (True, False, "")

    def test_a_client_that_sealed_no_more_than_an_alert_did_not_finish(self) -> None:
        for sealed, established in ((19, None), (53, True)):
            talk = Talk().open().say(HELLO13, ANSWER13, CCS + tls.application(sealed)).lose(1, 20)
            assert built(talk.say(b"", tls.application(30))).established is established

    @pytest.mark.parametrize("alert", [tls.alert(2, 50), tls.alert(2, 10)])
    def test_who_complains_of_an_early_end_did_not_end_it(self, alert: bytes) -> None:
        retry = tls.handshake(tls.message(2, tls.retry_request(23)))
        for talk, side in (
            (Talk().open().say(HELLO).close(1).say(alert), "server"),
            (Talk().open().say(HELLO13, retry, HELLO13).close(1).say(alert), "server"),
            (Talk().open().close(0).say(b"", alert), "client"),
            (Talk().open().say(HELLO, FLIGHT).close(0).say(b"", alert), "client"),
        ):
            connection = built(talk)
            assert (connection.failure, connection.failure_side) == ("closed", side)
            assert connection.last_alert in (10, 50)

    @pytest.mark.parametrize(
        "talk",
        [
            Talk().open().say(HELLO).close(0).say(b"", tls.alert(2, 50)),  # it may be about the hello
            Talk().open().say(HELLO, FLIGHT).close(1).say(tls.alert(2, 10)),
            Talk().open().say(HELLO, tls.alert(2, 50)).close(),
            Talk().open().say(HELLO, b"", tls.alert(2, 50)).close(1, 0),
            Talk().open().say(HELLO).close(1).say(tls.alert(2, 40)),
        ],
    )
    def test_an_alert_that_may_be_about_a_message_ended_it(self, talk: Talk) -> None:
        assert built(talk).failure == "alert"

    def test_a_handshake_that_the_capture_leaves_open_ended_with_the_capture(self) -> None:
        connection = built(Talk().open().say(HELLO, FLIGHT))
        assert (connection.established, connection.failure) == (False, "capture_end")

    def test_a_connection_without_handshake_messages_has_no_history(self) -> None:
        assert built(Talk().say(tls.application(50))).handshake_history is None


class TestTimes:
    def test_round_trip_hello_and_handshake_are_in_milliseconds(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.wait(9 * MILLISECOND_NS).segment(1, SYN | ACK)
        talk.segment(0, ACK)
        talk.say(HELLO).wait(4 * MILLISECOND_NS)
        talk.say(b"", FLIGHT, KEYS + FINISHED, FINISHED).wait(500_000)
        connection = built(talk.say(tls.application(9), tls.application(9)))
        assert (connection.tcp_rtt_ms, connection.hello_ms, connection.handshake_ms) == (10.0, 5.0, 8.5)

    def test_in_tls_1_3_the_handshake_lasts_until_the_client_finished(self) -> None:
        connection = connection_of(HELLO13, ANSWER13, FINISHED13, tls.application(10))
        assert (connection.hello_ms, connection.handshake_ms) == (1.0, 2.0)

    def test_what_was_not_seen_has_no_time(self) -> None:
        connection = built(Talk().say(b"", FLIGHT))
        assert (connection.tcp_rtt_ms, connection.hello_ms, connection.handshake_ms) == (None, None, None)
        connection = connection_of(HELLO, FLIGHT)
        assert (connection.tcp_rtt_ms, connection.hello_ms, connection.handshake_ms) == (1.0, 1.0, None)

    def test_an_answer_captured_before_its_question_has_no_time(self) -> None:
        talk = Talk()
        talk.segment(1, SYN | ACK)
        talk.segment(0, SYN)
        talk.say(b"", FLIGHT, HELLO)
        connection = built(talk)
        assert (connection.tcp_rtt_ms, connection.hello_ms) == (None, None)


class TestMissing:
    def states(self, talk: Talk) -> tuple[str, str, str]:
        connection = built(talk)
        return connection.client_state, connection.server_state, connection.certificate_state

    def test_a_direction_that_was_not_captured(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        assert self.states(talk.say(HELLO)) == ("", "one_sided", "one_sided")
        talk = Talk()
        talk.segment(1, SYN | ACK)
        assert self.states(talk.say(b"", FLIGHT)) == ("one_sided", "", "")

    def test_a_connection_joined_in_the_middle(self) -> None:
        assert self.states(Talk().say(tls.application(50), tls.application(50))) == ("midstream",) * 3

    def test_a_hello_in_a_gap(self) -> None:
        talk = Talk().open().lose(0, len(HELLO)).say(KEYS, FLIGHT)
        assert self.states(talk) == ("gap", "", "")
        talk = Talk().open().say(HELLO).lose(1, len(FLIGHT)).say(KEYS, tls.ENCRYPTED_FINISHED)
        assert self.states(talk) == ("", "gap", "gap")

    def test_a_chain_that_the_snap_length_cut_off(self) -> None:
        talk = Talk().open().say(HELLO)
        talk.segment(1, ACK, FLIGHT, missing=len(FLIGHT) - 44)
        assert self.states(talk) == ("", "", "snaplen")
        talk = Talk().open()
        talk.segment(0, ACK, HELLO, missing=len(HELLO) - 20)
        assert self.states(talk.say(b"", FLIGHT)) == ("snaplen", "", "")

    def test_a_hello_that_could_not_be_read(self) -> None:
        broken = tls.handshake(tls.message(2, b"\x03\x03short"))
        assert self.states(Talk().open().say(HELLO, broken)) == ("", "malformed", "malformed")

    def test_a_hello_that_broke_says_nothing_of_a_server_that_refused(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, HELLO, missing=len(HELLO) - 60)
        assert self.states(talk.say(b"", tls.alert(2, 40)).close()) == ("", "not_applicable", "not_applicable")

    def test_a_server_whose_hello_broke_refused_nothing_by_an_alert_behind_it(self) -> None:
        broken = tls.handshake(tls.message(2, b"\x03\x03short")) + tls.alert(2, 40)
        assert self.states(Talk().open().say(HELLO, broken).close()) == ("", "malformed", "malformed")

    def test_a_hello_that_is_not_whole_has_no_fingerprint(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, HELLO, missing=20)
        talk.segment(1, ACK, FLIGHT, missing=len(FLIGHT) - 44)
        connection = built(talk)
        assert connection.client_hello is not None and connection.server_hello is not None
        assert (connection.fingerprint, connection.server_fingerprint) == (None, None)
        assert connection_of(*FULL).fingerprint is not None

    def test_an_answer_that_never_came(self) -> None:
        assert self.states(Talk().open().say(HELLO)) == ("", "not_captured", "not_captured")

    def test_the_quality_of_the_capture_is_kept(self) -> None:
        talk = Talk().open()
        talk.segment(0, ACK, HELLO)
        talk.segment(0, ACK, HELLO, sequence=1001)
        talk.segment(0, ACK, b"\xee" * len(HELLO), sequence=1001)
        connection = built(talk.say(b"", FLIGHT))
        assert (connection.retransmitted, connection.overlap_conflict) == (2, True)
        assert (connection.gap, connection.midstream, connection.one_sided, connection.truncated) == (False,) * 4

    def test_a_reset_with_text_adds_no_data(self) -> None:
        talk = Talk().open().say(HELLO, FLIGHT)
        talk.segment(1, RST, b"closed")
        connection = built(talk)
        assert (connection.failure, connection.certificate_state) == ("reset", "")
        assert connection.problems == []
