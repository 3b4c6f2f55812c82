"""Handshake message bodies: what a hello says, how odd ones are kept, and what is said of broken ones."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsinspect.errors import KINDS, DecodeError
from tlsinspect.wire.messages import (
    ClientHello,
    ServerHello,
    parse_alpn,
    parse_client_hello,
    parse_draft_retry_request,
    parse_server_hello,
    parse_server_key_exchange,
    parse_sslv2_client_hello,
)

GREASE = [0x0A0A + 0x1010 * step for step in range(16)]


def hello_with(*extensions: bytes) -> ClientHello:
    return parse_client_hello(tls.client_hello(b"".join(extensions)))


def answer_with(*extensions: bytes) -> ServerHello:
    return parse_server_hello(tls.server_hello(b"".join(extensions)))


def kinds(hello: ClientHello | ServerHello) -> list[str]:
    """The kinds of the problems that were noted."""
    return [error.kind for error in hello.problems]


class TestClientHello:
    def test_the_published_hello_is_read_whole(self) -> None:
        hello = parse_client_hello(tls.RFC8448_CLIENT_HELLO[4:])
        assert hello.legacy_version == 0x0303
        assert hello.random.hex() == "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
        assert hello.session_id == b""
        assert hello.cipher_suites == tls.u16(0x1301, 0x1303, 0x1302)
        assert hello.compression_methods == b"\x00"
        assert hello.extension_types == tls.u16(0, 0xFF01, 10, 35, 51, 43, 13, 45, 28)
        assert hello.server_name == b"server"
        assert hello.renegotiation_info
        assert hello.supported_groups == tls.u16(29, 23, 24, 25, 256, 257, 258, 259, 260)
        assert hello.key_share_groups == tls.u16(29)
        assert hello.supported_versions == tls.u16(0x0304)
        assert hello.signature_algorithms is not None
        assert len(hello.signature_algorithms) == 30
        assert hello.psk_key_exchange_modes == b"\x01"
        assert hello.record_size_limit == 0x4001
        assert hello.ticket_length == 0
        assert hello.raw_length == 192
        assert hello.complete
        assert hello.problems == []

    def test_an_extension_that_is_absent_is_none_and_not_empty(self) -> None:
        hello = hello_with()
        assert hello.extension_types == b""
        absent = (
            hello.server_name, hello.alpn, hello.supported_versions, hello.supported_groups, hello.key_share_groups,
            hello.signature_algorithms, hello.ec_point_formats, hello.psk_key_exchange_modes,
            hello.certificate_compression, hello.ech_type,
        )  # fmt: skip
        assert absent == (None,) * 10
        assert (hello.heartbeat_mode, hello.record_size_limit, hello.ech_config_id, hello.seen) == (0, 0, -1, 0)

    def test_a_hello_of_old_ends_after_its_compression_methods(self) -> None:
        hello = parse_client_hello(
            tls.client_hello(None, version=0x0300, session_id=b"s" * 32, compression=b"\x01\x00")
        )
        assert hello.extension_types == b""
        assert (hello.legacy_version, hello.session_id, hello.compression_methods) == (0x0300, b"s" * 32, b"\x01\x00")
        assert hello.problems == []

    @pytest.mark.parametrize(
        ("kind", "data", "attribute", "value"),
        [
            (0, "0009 00 0006 736572766572", "server_name", b"server"),
            (10, "0004 001d 0017", "supported_groups", b"\x00\x1d\x00\x17"),
            (11, "02 00 01", "ec_point_formats", b"\x00\x01"),
            (13, "0004 0403 0804", "signature_algorithms", b"\x04\x03\x08\x04"),
            (15, "02", "heartbeat_mode", 2),
            (16, "0003 02 6832", "alpn", b"\x02h2"),
            (27, "04 0002 0001", "certificate_compression", b"\x00\x02\x00\x01"),
            (28, "4001", "record_size_limit", 0x4001),
            (35, "00112233", "ticket_length", 4),
            (40, "0006 001d 0002 abcd", "key_share_groups", b"\x00\x1d"),
            (43, "04 0304 0303", "supported_versions", b"\x03\x04\x03\x03"),
            (45, "02 01 00", "psk_key_exchange_modes", b"\x01\x00"),
            (51, "000c 11ec 0002 abcd 001d 0002 abcd", "key_share_groups", b"\x11\xec\x00\x1d"),
            (0xFF01, "00", "renegotiation_info", True),
            (0xFE0D, "00 0001 0001 2a 0002 abcd 0003 010203", "ech_config_id", 0x2A),
            (0xFE0D, "00 0001 0001 2a 0000 0003 010203", "ech_type", "outer"),
            (0xFE0D, "00 0001 0003 2a 0002 abcd 0003 010203", "ech_kdf", 1),
            (0xFE0D, "00 0001 0003 2a 0002 abcd 0003 010203", "ech_aead", 3),
            (0xFE0D, "00 0001 0003 2a 0002 abcd 0003 010203", "ech_enc_length", 2),
            (0xFE0D, "00 0001 0003 2a 0002 abcd 0003 010203", "ech_payload_length", 3),
            (0xFE0D, "01", "ech_type", "inner"),
            (0xFE0D, "01", "ech_kdf", -1),
            (0xFE0A, "0001 0003 2a 0002 abcd 0003 010203", "ech_config_id", 0x2A),
            (0xFE09, "0001 0003 2a 0002 abcd 0003 010203", "ech_aead", 3),
            (0xFE08, "0001 0003 02 2a2b 0002 abcd 0003 010203", "ech_payload_length", 3),
            (0xFFCE, "1301 001d", "ech_type", "esni"),
        ],
    )
    def test_an_extension_is_read(self, kind: int, data: str, attribute: str, value: object) -> None:
        hello = hello_with(tls.extension(kind, bytes.fromhex(data)))
        assert getattr(hello, attribute) == value
        assert hello.extension_types == tls.u16(kind)
        assert hello.problems == []

    def test_the_types_that_were_seen_are_bits_up_to_62(self) -> None:
        hello = hello_with(*(tls.extension(kind) for kind in (5, 22, 23, 34, 41, 42, 49, 57, 62)))
        assert hello.seen == sum(1 << kind for kind in (5, 22, 23, 34, 41, 42, 49, 57, 62))
        assert hello_with(tls.extension(63), tls.extension(64), tls.extension(0xFF01, b"\x00")).seen == 0

    def test_grease_is_kept_wherever_it_stands(self) -> None:
        hello = parse_client_hello(
            tls.client_hello(
                tls.extension(0x2A2A)
                + tls.extension(10, tls.vector16(tls.u16(0x3A3A, 29)))
                + tls.supported_versions(0x4A4A, 0x0304)
                + tls.key_share(0x5A5A, 29)
                + tls.extension(0xDADA, b"\x00"),
                suites=tls.u16(0x1A1A, 0x1301),
            )
        )
        assert hello.cipher_suites == tls.u16(0x1A1A, 0x1301)
        assert hello.extension_types == tls.u16(0x2A2A, 10, 43, 51, 0xDADA)
        assert hello.supported_groups == tls.u16(0x3A3A, 29)
        assert hello.supported_versions == tls.u16(0x4A4A, 0x0304)
        assert hello.key_share_groups == tls.u16(0x5A5A, 29)
        assert hello.problems == []

    def test_unknown_and_repeated_extensions_are_kept_in_wire_order(self) -> None:
        hello = hello_with(*(tls.extension(kind, b"?") for kind in (0xBEEF, 1234, *GREASE, 1234)))
        assert hello.extension_types == tls.u16(0xBEEF, 1234, *GREASE, 1234)
        assert hello.problems == []

    def test_an_empty_server_name_is_no_name(self) -> None:
        hello = hello_with(tls.extension(0))
        assert hello.server_name is None
        assert hello.problems == []

    def test_the_first_host_name_counts(self) -> None:
        names = b"\x07" + tls.vector16(b"other") + b"\x00" + tls.vector16(b"one") + b"\x00" + tls.vector16(b"two")
        hello = hello_with(tls.extension(0, tls.vector16(names)), tls.server_name(b"three"))
        assert hello.server_name == b"one"
        assert hello.problems == []

    def test_a_server_name_keeps_octets_that_are_no_text(self) -> None:
        assert hello_with(tls.server_name(b"a\x00\xff\x1b[31m")).server_name == b"a\x00\xff\x1b[31m"


class TestBrokenClientHello:
    def test_a_random_that_is_cut_off_is_refused(self) -> None:
        body = tls.client_hello()
        for length in range(34):
            with pytest.raises(DecodeError):
                parse_client_hello(body[:length])

    def test_the_beginning_of_a_hello_keeps_what_was_read_and_notes_one_problem(self) -> None:
        body = tls.RFC8448_CLIENT_HELLO[4:]
        whole = parse_client_hello(body)
        for length in range(34, len(body)):
            if length == 45:  # without extensions it would be a whole hello
                continue
            hello = parse_client_hello(body[:length])
            assert kinds(hello) == ["truncated"], length
            assert hello.random == whole.random
            assert whole.cipher_suites.startswith(hello.cipher_suites)
            assert len(hello.cipher_suites) % 2 == 0
            assert whole.extension_types.startswith(hello.extension_types)
            assert hello.server_name in (None, b"server")

    def test_the_suites_before_the_cut_are_kept(self) -> None:
        body = tls.client_hello(suites=tls.u16(0x1301, 0x1302, 0x1303))
        hello = parse_client_hello(body[: 34 + 1 + 2 + 5])
        assert hello.cipher_suites == tls.u16(0x1301, 0x1302)

    def test_an_extension_block_that_claims_more_than_there_is_is_noted(self) -> None:
        body = tls.client_hello(None) + b"\x00\x20" + tls.supported_versions(0x0304)
        hello = parse_client_hello(body)
        assert hello.supported_versions == tls.u16(0x0304)
        assert kinds(hello) == ["truncated"]

    def test_octets_after_the_extensions_are_noted_and_left_alone(self) -> None:
        hello = parse_client_hello(tls.client_hello(tls.server_name(b"name")) + b"more")
        assert hello.server_name == b"name"
        assert hello.extension_types == tls.u16(0)
        assert kinds(hello) == ["trailing_data"]

    def test_an_extension_longer_than_its_block_ends_the_reading(self) -> None:
        block = tls.server_name(b"name") + tls.u16(43, 9) + b"\x02\x03\x04"
        hello = hello_with(block)
        assert hello.server_name == b"name"
        assert hello.extension_types == tls.u16(0, 43)
        assert hello.supported_versions is None
        assert kinds(hello) == ["truncated"]

    @pytest.mark.parametrize(
        ("kind", "data"),
        [
            (0, "0009 00 0007 736572766572"),
            (0, "000a 00 0006 736572766572"),
            (10, "0006 001d 0017"),
            (11, "03 00 01"),
            (13, "00"),
            (15, ""),
            (16, "0009 02 6832"),
            (27, "05 0002 0001"),
            (28, "40"),
            (43, "05 0304 0303"),
            (45, "03 01 00"),
            (51, "0008 001d 0002 abcd"),
            (51, "0006 001d 0003 abcd"),
            (0xFE0D, ""),
            (0xFE0D, "00 0001 0001"),
            (0xFE0D, "00 0001 0001 2a 0005 abcd"),
        ],
    )
    def test_a_length_that_leaves_its_extension_is_noted_and_the_next_extension_is_read(
        self, kind: int, data: str
    ) -> None:
        hello = hello_with(tls.extension(kind, bytes.fromhex(data)), tls.extension(23))
        assert kinds(hello) == ["truncated"]
        assert hello.extension_types == tls.u16(kind, 23)
        assert hello.seen & 1 << 23

    @pytest.mark.parametrize(
        ("kind", "data"),
        [
            (0, "0009 00 0006 736572766572 00"),
            (10, "0002 001d 00"),
            (11, "01 00 00"),
            (13, "0002 0403 0804"),
            (15, "01 00"),
            (16, "0003 02 6832 00"),
            (27, "02 0002 00"),
            (28, "4001 00"),
            (43, "02 0304 00"),
            (45, "01 01 00"),
            (51, "0006 001d 0002 abcd 00"),
            (0xFE0D, "00 0001 0001 2a 0000 0001 ff 00"),
        ],
    )
    def test_octets_left_over_in_an_extension_are_noted(self, kind: int, data: str) -> None:
        hello = hello_with(tls.extension(kind, bytes.fromhex(data)), tls.extension(23))
        assert kinds(hello) == ["trailing_data"]
        assert hello.seen & 1 << 23

    @pytest.mark.parametrize(
        ("kind", "data", "attribute"),
        [
            (10, "0003 001d 00", "supported_groups"),
            (13, "0003 0403 08", "signature_algorithms"),
            (43, "03 0304 03", "supported_versions"),
        ],
    )
    def test_half_a_number_in_a_list_is_noted_and_the_list_kept(self, kind: int, data: str, attribute: str) -> None:
        hello = hello_with(tls.extension(kind, bytes.fromhex(data)))
        assert kinds(hello) == ["bad_length"]
        assert len(getattr(hello, attribute)) == 3

    def test_half_a_cipher_suite_is_noted_and_the_rest_of_the_hello_is_read(self) -> None:
        hello = parse_client_hello(tls.client_hello(tls.server_name(b"name"), suites=b"\x13\x01\x13"))
        assert hello.cipher_suites == b"\x13\x01\x13"
        assert hello.server_name == b"name"
        assert kinds(hello) == ["bad_length"]

    def test_key_shares_and_names_before_the_lie_are_kept(self) -> None:
        hello = hello_with(
            tls.extension(51, bytes.fromhex("000c 11ec 0002 abcd 001d 0009 abcd")),
            tls.extension(0, bytes.fromhex("000c 00 0003 6f6e65 00 0009 74776f")),
        )
        assert hello.key_share_groups == tls.u16(0x11EC, 29)
        assert hello.server_name == b"one"
        assert kinds(hello) == ["truncated", "truncated"]

    def test_a_problem_names_the_layer_and_the_offset_in_the_body(self) -> None:
        (error,) = hello_with(tls.extension(15)).problems
        assert (error.layer, error.kind, error.offset) == ("handshake", "truncated", 49)

    def test_the_hello_of_dtls_has_a_cookie_behind_the_session_id(self) -> None:
        body = tls.client_hello(tls.server_name(b"name"), session_id=b"s" * 32, version=0xFEFD)
        hello = parse_client_hello(body[:67] + tls.vector8(b"cookie") + body[67:], True)
        assert (hello.session_id, hello.server_name) == (b"s" * 32, b"name")
        assert hello.problems == []


class TestSslv2ClientHello:
    def test_suites_of_later_versions_are_kept_and_the_challenge_is_the_random(self) -> None:
        hello = parse_sslv2_client_hello(tls.sslv2_hello(kinds=bytes.fromhex("00c02f 010080 00002f 0700c0"))[3:])
        assert hello.legacy_version == 0x0301
        assert hello.cipher_suites == tls.u16(0xC02F, 0x002F)
        assert hello.random == bytes(16) + b"\xc4" * 16
        assert hello.session_id == b""
        assert hello.problems == []

    def test_a_session_id_and_a_long_challenge_are_read(self) -> None:
        hello = parse_sslv2_client_hello(tls.sslv2_hello(2, session_id=b"i" * 16, challenge=bytes(range(40)))[3:])
        assert hello.legacy_version == 2
        assert hello.session_id == b"i" * 16
        assert hello.random == bytes(range(32))

    def test_one_that_is_cut_off_anywhere_has_what_came(self) -> None:
        body = tls.sslv2_hello(session_id=b"i" * 16)[3:]
        whole = parse_sslv2_client_hello(body)
        for length in range(len(body)):
            if length < 8:
                with pytest.raises(DecodeError):
                    parse_sslv2_client_hello(body[:length])
                continue
            hello = parse_sslv2_client_hello(body[:length])
            assert [error.kind for error in hello.problems] == ["truncated"]
            assert hello.cipher_kinds == whole.cipher_kinds[: (length - 8) // 3 * 3]


class TestServerHello:
    def test_the_published_answer_is_read_whole(self) -> None:
        hello = parse_server_hello(tls.RFC8448_SERVER_HELLO[4:])
        assert hello.legacy_version == 0x0303
        assert hello.random.hex() == "a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"
        assert (hello.cipher_suite, hello.compression_method) == (0x1301, 0)
        assert hello.extension_types == tls.u16(51, 43)
        assert (hello.selected_version, hello.group, hello.version()) == (0x0304, 29, 0x0304)
        assert hello.is_tls13()
        assert not hello.retry
        assert not hello.psk_selected
        assert hello.problems == []

    def test_the_version_in_force_is_the_legacy_one_without_the_extension(self) -> None:
        hello = parse_server_hello(tls.server_hello(version=0x0302, session_id=b"s" * 32, suite=0x002F, compression=1))
        assert (hello.version(), hello.is_tls13()) == (0x0302, False)
        assert (hello.session_id, hello.cipher_suite, hello.compression_method) == (b"s" * 32, 0x002F, 1)
        assert (hello.selected_version, hello.group, hello.extension_types) == (-1, -1, b"")

    @pytest.mark.parametrize("version", [0x7F1C, 0x7F17, 0x7E02, 0xFB1A])
    def test_drafts_and_experiments_of_tls_1_3_are_selected_like_it(self, version: int) -> None:
        hello = answer_with(tls.selected_version(version))
        assert hello.version() == version
        assert hello.is_tls13()

    @pytest.mark.parametrize("version", [0x7F12, 0x7F15])
    def test_a_draft_below_22_has_neither_session_id_nor_compression(self, version: int) -> None:
        share = tls.extension(40, tls.u16(29) + tls.vector16(b"key!"))
        hello = parse_server_hello(tls.u16(version) + tls.SERVER_RANDOM + tls.u16(0x1302) + tls.vector16(share))
        assert (hello.version(), hello.cipher_suite, hello.group) == (version, 0x1302, 29)
        assert hello.compression_method == -1
        assert hello.is_tls13()
        assert hello.problems == []

    def test_draft_22_has_them_again(self) -> None:
        hello = parse_server_hello(tls.server_hello(version=0x7F16, session_id=b"s", suite=0x1301))
        assert (hello.session_id, hello.cipher_suite, hello.compression_method) == (b"s", 0x1301, 0)

    def test_a_retry_request_is_known_by_its_random(self) -> None:
        hello = parse_server_hello(tls.retry_request(24))
        assert hello.retry
        assert hello.is_tls13()
        assert (hello.group, hello.cipher_suite) == (24, 0x1301)
        assert hello.problems == []

    @pytest.mark.parametrize(("version", "suite"), [(0x7F12, -1), (0x7F13, 0x1301), (0x7F15, 0x1301)])
    def test_the_retry_request_of_a_draft_is_a_message_of_its_own(self, version: int, suite: int) -> None:
        chosen = b"" if suite < 0 else tls.u16(suite)
        hello = parse_draft_retry_request(tls.u16(version) + chosen + tls.vector16(tls.extension(40, tls.u16(23))))
        assert hello.retry
        assert (hello.legacy_version, hello.cipher_suite, hello.group) == (version, suite, 23)
        assert hello.problems == []

    def test_a_selected_psk_and_protocol_are_read(self) -> None:
        hello = answer_with(
            tls.extension(41, b"\x00\x00"), tls.alpn(b"h2"), tls.extension(0xBEEF, b"?"), tls.extension(23)
        )
        assert hello.psk_selected
        assert hello.alpn == b"h2"
        assert hello.extension_types == tls.u16(41, 16, 0xBEEF, 23)
        assert hello.seen == 1 << 41 | 1 << 16 | 1 << 23
        assert hello.problems == []

    def test_a_random_that_is_cut_off_is_refused(self) -> None:
        for length in range(34):
            with pytest.raises(DecodeError):
                parse_server_hello(tls.server_hello()[:length])

    def test_the_beginning_of_an_answer_keeps_what_was_read_and_notes_one_problem(self) -> None:
        body = tls.RFC8448_SERVER_HELLO[4:]
        whole = parse_server_hello(body)
        for length in range(34, len(body)):
            if length == 38:  # without extensions it would be a whole answer
                continue
            hello = parse_server_hello(body[:length])
            assert kinds(hello) == ["truncated"], length
            assert hello.cipher_suite in (-1, 0x1301)
            assert whole.extension_types.startswith(hello.extension_types)

    def test_lengths_that_lie_are_noted_and_the_other_extensions_read(self) -> None:
        hello = answer_with(
            tls.extension(51, b"\x00"), tls.extension(16, b"\x00\x09\x02h2"), tls.selected_version(0x0304)
        )
        assert kinds(hello) == ["truncated", "truncated"]
        assert (hello.selected_version, hello.group, hello.alpn) == (0x0304, -1, None)

    def test_two_protocols_from_the_server_are_noted_and_the_first_kept(self) -> None:
        hello = answer_with(tls.alpn(b"h2", b"h3"))
        assert hello.alpn == b"h2"
        assert kinds(hello) == ["trailing_data"]

    def test_an_extension_block_that_claims_more_or_less_than_there_is_is_noted(self) -> None:
        more = parse_server_hello(tls.server_hello() + b"\x00\x20" + tls.selected_version(0x0304))
        less = parse_server_hello(tls.server_hello(tls.selected_version(0x0304)) + b"more")
        assert more.version() == less.version() == 0x0304
        assert (kinds(more), kinds(less)) == (["truncated"], ["trailing_data"])


class TestServerKeyExchange:
    def test_a_named_curve_with_its_scheme(self) -> None:
        exchange = parse_server_key_exchange(tls.ecdhe_exchange(29, 0x0804), False, False, True)
        assert (exchange.group, exchange.dh_prime_bits, exchange.signature_algorithm) == (29, -1, 0x0804)

    def test_before_tls_1_2_the_scheme_is_not_named(self) -> None:
        exchange = parse_server_key_exchange(tls.ecdhe_exchange(23, None), False, False, False)
        assert (exchange.group, exchange.signature_algorithm) == (23, -1)

    @pytest.mark.parametrize(
        ("prime", "bits"), [("80" + "00" * 127, 1024), ("00ffffffff", 32), ("7f" + "ff" * 63, 511), ("00", 0)]
    )
    def test_a_prime_is_measured_in_bits_without_leading_zeros(self, prime: str, bits: int) -> None:
        body = tls.vector16(bytes.fromhex(prime)) + tls.vector16(b"\x02") + tls.vector16(b"public") + tls.u16(0x0401)
        exchange = parse_server_key_exchange(body + tls.vector16(b"signature"), True, False, True)
        assert (exchange.dh_prime_bits, exchange.signature_algorithm, exchange.group) == (bits, 0x0401, -1)

    def test_an_anonymous_exchange_ends_without_signature(self) -> None:
        body = tls.vector16(b"\xff" * 32) + tls.vector16(b"\x02") + tls.vector16(b"public")
        exchange = parse_server_key_exchange(body, True, False, True)
        assert (exchange.dh_prime_bits, exchange.signature_algorithm) == (256, -1)

    def test_a_psk_identity_hint_comes_first(self) -> None:
        curve = tls.vector16(b"hint") + b"\x03\x00\x17" + tls.vector8(b"point")
        field = tls.vector16(b"") + tls.vector16(b"\xff" * 16) + tls.vector16(b"\x02") + tls.vector16(b"public")
        assert parse_server_key_exchange(curve, False, True, True).group == 23
        assert parse_server_key_exchange(field, True, True, True).dh_prime_bits == 128

    @pytest.mark.parametrize(
        ("kind", "field", "group"),
        [
            (1, tls.vector8(b"prime"), 0xFF01),
            (2, tls.u16(163) + b"\x01" + tls.vector8(b"k"), 0xFF02),
            (2, tls.u16(163) + b"\x02" + tls.vector8(b"1") + tls.vector8(b"2") + tls.vector8(b"3"), 0xFF02),
        ],
    )
    def test_an_explicit_curve_is_the_group_that_stands_for_it(self, kind: int, field: bytes, group: int) -> None:
        curve = bytes([kind]) + field + b"".join(tls.vector8(name) for name in (b"a", b"b", b"g", b"n", b"1"))
        exchange = parse_server_key_exchange(
            curve + tls.vector8(b"point") + tls.u16(0x0401) + tls.vector16(b"signed"), False, False, True
        )
        assert (exchange.group, exchange.public_value, exchange.signature_algorithm) == (group, b"point", 0x0401)
        with pytest.raises(DecodeError):
            parse_server_key_exchange(curve[:-1], False, False, True)

    @pytest.mark.parametrize(("octets", "kind"), [(b"\x04\x00\x17", "unsupported"), (b"\x02\x00\xa3\x03", "bad_value")])
    def test_a_curve_of_another_kind_is_refused(self, octets: bytes, kind: str) -> None:
        with pytest.raises(DecodeError) as caught:
            parse_server_key_exchange(octets, False, False, True)
        assert caught.value.kind == kind

    def test_one_that_is_cut_off_is_refused(self) -> None:
        body = tls.ecdhe_exchange()
        for length in range(4 + len(b"point")):
            with pytest.raises(DecodeError):
                parse_server_key_exchange(body[:length], False, False, True)


class TestAlpn:
    def test_names_are_split(self) -> None:
        assert parse_alpn(b"\x02h2\x08http/1.1") == [b"h2", b"http/1.1"]

    def test_an_empty_list_has_no_names_and_an_empty_name_is_one(self) -> None:
        assert parse_alpn(b"") == []
        assert parse_alpn(b"\x00\x02h2") == [b"", b"h2"]

    def test_a_length_that_lies_leaves_a_last_short_name(self) -> None:
        assert parse_alpn(b"\x02h2\x09http") == [b"h2", b"http"]


PARSERS: list[tuple[Callable[[bytes], object], bytes]] = [
    (parse_client_hello, tls.RFC8448_CLIENT_HELLO[4:]),
    (
        parse_client_hello,
        tls.client_hello(tls.extension(0xFE0D, bytes(20)) + tls.alpn(b"h2") + tls.extension(27, b"\x02\x00\x02")),
    ),
    (parse_server_hello, tls.RFC8448_SERVER_HELLO[4:]),
    (parse_server_hello, tls.server_hello(tls.alpn(b"h2") + tls.extension(41, b"\x00\x00"))),
    (parse_draft_retry_request, tls.u16(0x7F15, 0x1301) + tls.vector16(tls.extension(40, tls.u16(23)))),
    (parse_sslv2_client_hello, tls.sslv2_hello(session_id=b"i" * 16)[3:]),
    (lambda body: parse_server_key_exchange(body, False, True, True), tls.vector16(b"hint") + tls.ecdhe_exchange()),
    (lambda body: parse_server_key_exchange(body, True, False, True), tls.vector16(b"p") * 3 + tls.u16(0x0401)),
    (parse_alpn, b"\x02h2\x08http/1.1"),
]


@pytest.mark.parametrize(("parse", "body"), PARSERS)
def test_a_body_cut_anywhere_or_with_any_octet_changed_is_read_or_refused(
    parse: Callable[[bytes], object], body: bytes
) -> None:
    for place in range(len(body)):
        for changed in (
            body[:place],
            *(body[:place] + bytes([octet]) + body[place + 1 :] for octet in (0, 1, 0x7F, 0xFF)),
        ):
            try:
                read = parse(changed)
            except DecodeError as error:
                assert error.kind in KINDS
                assert 0 <= error.offset <= len(changed)
            else:
                for problem in getattr(read, "problems", []):
                    assert problem.kind in KINDS
                    assert 0 <= problem.offset <= len(changed)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PARSERS), st.binary(max_size=120))
def test_any_octets_are_read_or_refused(case: tuple[Callable[[bytes], object], bytes], body: bytes) -> None:
    try:
        read = case[0](body)
    except DecodeError as error:
        assert error.kind in KINDS
    else:
        assert read is not None


codes = st.lists(st.integers(0, 0xFFFF), max_size=20)


@settings(max_examples=100, deadline=None)
@given(
    codes, st.lists(st.tuples(st.integers(100, 0xFDFF), st.binary(max_size=20)), max_size=10), st.binary(max_size=32)
)
def test_what_was_put_into_a_hello_is_read_from_it(
    suites: list[int], extensions: list[tuple[int, bytes]], session_id: bytes
) -> None:
    body = tls.client_hello(
        b"".join(tls.extension(kind, data) for kind, data in extensions), tls.u16(*suites), session_id=session_id
    )
    hello = parse_client_hello(body)
    assert hello.cipher_suites == struct.pack(f">{len(suites)}H", *suites)
    assert hello.extension_types == struct.pack(f">{len(extensions)}H", *[kind for kind, _ in extensions])
    assert hello.session_id == session_id
    assert hello.problems == []
