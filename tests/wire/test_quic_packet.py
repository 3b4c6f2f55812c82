"""QUIC's long headers and their protection, held to the packets that the standards publish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quic_traffic import CLIENT_ID, DCID, HANDSHAKE, SERVER_ID, V1, V2, initial, long_header, negotiation, varint
from quic_traffic import protected as sealed_packet
from quic_traffic import retry as retry_packet

from tlsinspect.errors import DecodeError
from tlsinspect.quic_keys import QuicKeys
from tlsinspect.wire.codes import (
    QUIC_HANDSHAKE,
    QUIC_INITIAL,
    QUIC_NEGOTIATION,
    QUIC_OPAQUE,
    QUIC_RETRY,
    QUIC_ZERO_RTT,
)
from tlsinspect.wire.cursor import Cursor
from tlsinspect.wire.quic_packet import (
    is_google_crypto,
    is_known_version,
    is_reserved,
    read_long_header,
    read_varint,
    remove_protection,
    whole_number,
)

HELLO_FRAME = bytes.fromhex(
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
    "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
    "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
    "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
    "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
    "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
    "75300901100f088394c8f03e51570806048000ffff"
)
ANSWER_FRAMES = bytes.fromhex(
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf739"
    "88cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c94"
    "0d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304"
)
SERVER_INITIAL = {
    V1: bytes.fromhex(
        "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
        "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
        "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
        "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee"
    ),
    V2: bytes.fromhex(
        "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698"
        "baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17"
        "f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2"
        "c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140"
    ),
}
CLIENT_INITIAL_BEGINS = {
    V1: "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b",
    V2: "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071",
}


class TestVarint:
    @pytest.mark.parametrize(
        ("octets", "number"),
        [
            ("c2197c5eff14e88c", 151288809941952652),
            ("9d7f3e7d", 494878333),
            ("7bbd", 15293),
            ("25", 37),
            ("4025", 37),
            ("ffffffffffffffff", (1 << 62) - 1),
        ],
    )
    def test_the_examples_of_rfc_9000_are_read(self, octets: str, number: int) -> None:
        cursor = Cursor(bytes.fromhex(octets), "quic", 0, len(octets) // 2)
        assert read_varint(cursor) == number
        assert cursor.remaining() == 0

    @pytest.mark.parametrize("octets", ["", "40", "808080", "c0000000000000"])
    def test_one_that_breaks_off_is_refused(self, octets: str) -> None:
        data = bytes.fromhex(octets)
        with pytest.raises(DecodeError, match="truncated"):
            read_varint(Cursor(data, "quic", 0, len(data)))


class TestLongHeader:
    @pytest.mark.parametrize(
        "version", [V1, V2, 0x709A50C4, 0xFF000016, 0xFF000015, 0xFF000011, 0xFACEB002, 0x12345678]
    )
    @pytest.mark.parametrize("kind", [QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY])
    def test_types_and_connection_ids_are_read_in_every_layout(self, version: int, kind: int) -> None:
        packet = long_header(kind, version, DCID, CLIENT_ID)
        packet += {QUIC_INITIAL: b"\x02ab\x04body", QUIC_RETRY: b"token" + b"\x77" * 16}.get(kind, b"\x04body")
        header = read_long_header(packet, 0)
        assert (header.kind, header.version, header.destination, header.source) == (kind, version, DCID, CLIENT_ID)
        assert header.end == len(packet)
        assert header.token_length == (2 if kind == QUIC_INITIAL else 0)

    def test_a_coalesced_packet_begins_where_the_one_before_ends(self) -> None:
        packets = sealed_packet(HANDSHAKE, CLIENT_ID, SERVER_ID, 50), sealed_packet(HANDSHAKE, CLIENT_ID, SERVER_ID, 70)
        first = read_long_header(b"".join(packets), 0)
        second = read_long_header(b"".join(packets), first.end)
        assert (first.end, second.start, second.end) == (len(packets[0]), len(packets[0]), len(b"".join(packets)))
        assert second.end - second.number_at == 70

    def test_a_length_past_the_datagram_says_how_much_is_missing(self) -> None:
        packet = sealed_packet(HANDSHAKE, CLIENT_ID, SERVER_ID, 1000)
        header = read_long_header(packet[:-300], 0)
        assert (header.end, header.missing) == (len(packet) - 300, 300)

    def test_version_negotiation_and_retry_last_until_the_end(self) -> None:
        assert read_long_header(negotiation([V1, V2]), 0).kind == QUIC_NEGOTIATION
        assert read_long_header(retry_packet(version=V2), 0).kind == QUIC_RETRY

    def test_version_negotiation_allows_longer_connection_ids(self) -> None:
        header = read_long_header(negotiation([V1], destination=bytes(100), source=bytes(255)), 0)
        assert (len(header.destination), len(header.source)) == (100, 255)

    def test_a_connection_id_past_20_octets_is_refused(self) -> None:
        with pytest.raises(DecodeError, match="bad_length"):
            read_long_header(long_header(QUIC_INITIAL, V1, bytes(21), b"") + b"\x00\x04body", 0)

    @pytest.mark.parametrize("version", [0xFF000010, 0x51303436])
    def test_of_versions_with_another_layout_only_the_connection_ids_are_read(self, version: int) -> None:
        header = read_long_header(b"\xff" + version.to_bytes(4, "big") + b"\x50" + DCID + b"whatever", 0)
        assert (header.kind, header.destination, header.source) == (QUIC_OPAQUE, DCID, b"")

    def test_a_header_cut_at_each_octet_is_refused_or_says_what_is_missing(self) -> None:
        packet = initial(HELLO_FRAME, token=b"token")
        whole = read_long_header(packet, 0)
        for cut in range(len(packet)):
            try:
                header = read_long_header(packet[:cut], 0)
            except DecodeError as error:
                assert (error.layer, error.kind) == ("quic", "truncated")
                assert cut < whole.number_at
            else:
                assert (header.end, header.missing) == (cut, len(packet) - cut)

    @given(st.binary(max_size=80))
    def test_any_octets_are_a_header_or_refused(self, octets: bytes) -> None:
        data = b"\xc3" + octets
        try:
            header = read_long_header(data, 0)
        except DecodeError as error:
            assert error.layer == "quic"
        else:
            assert 0 < header.number_at <= header.end <= len(data)


class TestProtection:
    @pytest.mark.parametrize("version", [V1, V2])
    def test_the_clients_initial_packet_of_the_standards_is_opened(self, version: int) -> None:
        packet = initial(HELLO_FRAME, DCID, b"", number=2, number_size=4, version=version)
        assert packet.hex().startswith(CLIENT_INITIAL_BEGINS[version])
        header = read_long_header(packet, 0)
        ((client, _),) = QuicKeys().derive(version, DCID)
        payload = remove_protection(client, packet, header, -1)
        assert payload is not None
        assert payload.rstrip(b"\x00") == HELLO_FRAME
        assert len(payload) == 1162
        assert header.number == 2

    @pytest.mark.parametrize("version", [V1, V2])
    def test_the_servers_initial_packet_of_the_standards_is_opened(self, version: int) -> None:
        packet = SERVER_INITIAL[version]
        header = read_long_header(packet, 0)
        ((client, server),) = QuicKeys().derive(version, DCID)
        assert remove_protection(server, packet, header, -1) == ANSWER_FRAMES
        assert header.number == 1
        assert remove_protection(client, packet, header, -1) is None

    def test_a_packet_too_short_for_a_sample_is_not_opened(self) -> None:
        packet = sealed_packet(QUIC_INITIAL, DCID, b"", 0)[:-1] + b"\x00\x13" + bytes(19)
        ((client, _),) = QuicKeys().derive(V1, DCID)
        assert remove_protection(client, packet, read_long_header(packet, 0), -1) is None

    @pytest.mark.parametrize("size", [1, 2, 3, 4])
    def test_packet_numbers_of_every_size_are_completed(self, size: int) -> None:
        number = (5 << 8 * size) + 9 if size < 4 else 0x89ABCDEF
        packet = initial(HELLO_FRAME, number=number, number_size=size)
        header = read_long_header(packet, 0)
        ((client, _),) = QuicKeys().derive(V1, DCID)
        assert remove_protection(client, packet, header, number - 1) is not None
        assert header.number == number

    def test_any_changed_octet_keeps_a_packet_shut(self) -> None:
        packet = initial(HELLO_FRAME, size=300)
        ((client, _),) = QuicKeys().derive(V1, DCID)
        for at in range(read_long_header(packet, 0).number_at, len(packet), 7):
            changed = packet[:at] + bytes([packet[at] ^ 0x10]) + packet[at + 1 :]
            assert remove_protection(client, changed, read_long_header(changed, 0), -1) is None


class TestWholeNumber:
    def test_the_example_of_rfc_9000_is_completed(self) -> None:
        assert whole_number(0x9B32, 2, 0xA82F30EA) == 0xA82F9B32

    @given(st.integers(0, (1 << 32) - 1), st.integers(-100, 100), st.integers(2, 4))
    def test_numbers_near_the_largest_are_found_again(self, largest: int, step: int, length: int) -> None:
        number = largest + step
        if number >= 0:
            assert whole_number(number & (1 << 8 * length) - 1, length, largest) == number

    def test_the_first_number_is_what_was_sent(self) -> None:
        assert [whole_number(number, 1, -1) for number in (0, 1, 127)] == [0, 1, 127]


class TestVersions:
    @pytest.mark.parametrize(
        "version", [V1, V2, 0xFF000016, 0xFF00001D, 0xFACEB00E, 0x54303531, 0x51303436, 0x1A2A3A4A]
    )
    def test_versions_that_were_seen_in_use_are_known(self, version: int) -> None:
        assert is_known_version(version)

    @pytest.mark.parametrize("version", [2, 0x16FEFD00, 0xDEADBEEF, 0xFE0000FF, 0x51313233])
    def test_others_are_not(self, version: int) -> None:
        assert not is_known_version(version)

    def test_reserved_versions_are_told_by_their_low_nibbles(self) -> None:
        assert is_reserved(0x0A0A0A0A)
        assert is_reserved(0xFAFAFAFA)
        assert not is_reserved(0x0A0A0A0B)

    def test_google_crypto_is_q_and_not_t(self) -> None:
        assert is_google_crypto(int.from_bytes(b"Q050", "big"))
        assert not is_google_crypto(int.from_bytes(b"T050", "big"))
        assert not is_google_crypto(int.from_bytes(b"Q0x0", "big"))


def test_the_traffic_of_these_tests_writes_varints_as_rfc_9000_does() -> None:
    assert [varint(number).hex() for number in (37, 15293, 494878333)] == ["25", "7bbd", "9d7f3e7d"]
