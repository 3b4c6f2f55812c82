"""The frames of Initial packets, CRYPTO streams in any order, and transport parameters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quic_traffic import acknowledge, close, crypto, varint

from tlsinspect.errors import KINDS, DecodeError
from tlsinspect.wire.limits import DEFAULT_LIMITS
from tlsinspect.wire.quic_frames import (
    FRAME_LIMIT,
    CryptoStream,
    parse_frames,
    parse_transport_parameters,
)

PING = b"\x01"


class TestFrames:
    def test_crypto_frames_are_found_among_padding_pings_and_acknowledgements(self) -> None:
        ecn = b"\x03\x05\x00\x01\x00\x01\x02" + b"\x07\x08\x09"
        payload = (
            bytes(20) + PING + crypto(5, b"five") + acknowledge() + ecn + PING * 3 + crypto(0, b"start") + bytes(9)
        )
        frames = parse_frames(payload)
        assert frames.crypto == [(5, b"five"), (0, b"start")]
        assert (frames.close_error, frames.problem) == (-1, None)

    def test_an_acknowledgement_with_ranges_is_stepped_over(self) -> None:
        ranges = b"\x02" + varint(900) + varint(70) + varint(3) + varint(1) + varint(0) * 2 + varint(9) * 4
        assert parse_frames(ranges + crypto(0, b"x")).crypto == [(0, b"x")]

    @pytest.mark.parametrize("error", [0, 0x0A, 0x128, (1 << 62) - 1])
    def test_a_close_says_its_error(self, error: int) -> None:
        frames = parse_frames(close(error, 6, b"because") + PING)
        assert (frames.close_error, frames.problem) == (error, None)

    def test_a_close_of_the_application_has_no_frame_type(self) -> None:
        assert parse_frames(b"\x1d" + varint(7) + b"\x02ok").close_error == 7

    @pytest.mark.parametrize("kind", [0x04, 0x08, 0x10, 0x1E, 0x30, 0x4000])
    def test_a_frame_that_no_initial_packet_may_carry_ends_the_reading(self, kind: int) -> None:
        frames = parse_frames(crypto(0, b"kept") + varint(kind) + crypto(4, b"lost"))
        assert frames.crypto == [(0, b"kept")]
        assert frames.problem is not None
        assert frames.problem.kind == "bad_value"

    def test_the_beginning_of_a_crypto_frame_that_breaks_off_is_kept(self) -> None:
        frames = parse_frames(crypto(0, b"whole") + crypto(5, b"broken off")[:-3])
        assert frames.crypto == [(0, b"whole"), (5, b"broken ")]
        assert frames.problem is not None
        assert frames.problem.kind == "truncated"

    def test_a_flood_of_frames_ends_at_the_limit(self) -> None:
        frames = parse_frames(PING * (FRAME_LIMIT + 1) + crypto(0, b"late"))
        assert frames.crypto == []
        assert frames.problem is not None
        assert frames.problem.kind == "limit"
        assert parse_frames(PING * (FRAME_LIMIT - 1) + crypto(0, b"last")).crypto == [(0, b"last")]

    def test_padding_is_no_flood(self) -> None:
        assert parse_frames(bytes(60_000) + crypto(0, b"x")).crypto == [(0, b"x")]

    def test_frames_cut_at_each_octet_keep_what_is_whole(self) -> None:
        payload = acknowledge() + crypto(0, b"first") + close(0x128) + crypto(5, b"second")
        whole = parse_frames(payload)
        for cut in range(len(payload)):
            frames = parse_frames(payload[:cut])
            assert [offset for offset, _ in frames.crypto] in ([], [0], [0, 5])
            assert all(
                octets.startswith(found) for (_, octets), (_, found) in zip(whole.crypto, frames.crypto, strict=False)
            )

    @given(st.binary(max_size=300), st.booleans())
    def test_any_octets_are_frames_or_a_problem(self, octets: bytes, google: bool) -> None:
        frames = parse_frames(octets, google)
        assert sum(len(piece) for _, piece in frames.crypto) <= len(octets)
        if frames.problem is not None:
            assert frames.problem.layer == "quic"
            assert frames.problem.kind in KINDS


class TestGoogleFrames:
    def test_crypto_frames_are_found_behind_acknowledgements(self) -> None:
        one_block = b"\x40" + b"\x05" + b"\x00\x10" + b"\x04" + b"\x00"
        blocks_and_times = b"\x65" + b"\x00\x05" + b"\x00\x10" + b"\x02" + b"\x00\x04" + b"\x01\x00\x01" * 2
        times = b"\x02" + bytes(5) + bytes(3)
        frame = b"\x08" + varint(3) + varint(4) + b"CHLO"
        for acknowledgement in (one_block, blocks_and_times + times):
            frames = parse_frames(acknowledgement + b"\x07" + frame + bytes(4), google=True)
            assert (frames.crypto, frames.problem) == ([(3, b"CHLO")], None)

    def test_a_close_says_its_error(self) -> None:
        frames = parse_frames(b"\x02" + (25).to_bytes(4, "big") + b"\x00\x02no", google=True)
        assert frames.close_error == 25

    def test_an_unknown_frame_ends_the_reading(self) -> None:
        problem = parse_frames(b"\x0f", google=True).problem
        assert problem is not None
        assert problem.kind == "unsupported"


class TestCryptoStream:
    def test_octets_come_out_in_order_and_once(self) -> None:
        stream = CryptoStream()
        stream.add(6, b"world")
        assert (stream.take(), stream.is_waiting()) == (b"", True)
        stream.add(0, b"hello ")
        assert (stream.take(), stream.is_waiting()) == (b"hello world", False)
        stream.add(0, b"hello world")
        assert stream.take() == b""
        assert not stream.conflict

    def test_overlapping_pieces_that_agree_fill_each_other_up(self) -> None:
        stream = CryptoStream()
        stream.add(2, b"cde")
        stream.add(8, b"ij")
        stream.add(0, b"abcdefghijkl")
        assert stream.take() == b"abcdefghijkl"
        assert not stream.conflict

    @pytest.mark.parametrize("forged", [(0, b"X"), (3, b"X"), (2, b"cdX"), (0, b"abcdeX")])
    def test_the_first_copy_of_an_octet_counts_and_another_one_is_a_conflict(self, forged: tuple[int, bytes]) -> None:
        stream = CryptoStream()
        stream.add(0, b"abcdef")
        stream.add(*forged)
        assert stream.conflict
        assert stream.take() == b"abcdef"

    def test_the_first_copy_counts_before_it_is_delivered_too(self) -> None:
        stream = CryptoStream()
        stream.add(3, b"first")
        stream.add(0, b"abcFIRST!")
        assert stream.conflict
        assert stream.take() == b"abcfirst!"

    def test_a_frame_differs_where_a_kept_octet_has_another_value(self) -> None:
        stream = CryptoStream()
        stream.add(0, b"abc")
        stream.add(6, b"ghi")
        assert not stream.differs(0, b"abcdefghij")
        assert not stream.differs(3, b"xyz")
        assert stream.differs(5, b"fgH")
        assert (stream.take(), stream.conflict) == (b"abc", False)

    def test_what_was_forgotten_is_not_kept_again(self) -> None:
        stream = CryptoStream()
        stream.add(0, b"hello ")
        stream.take()
        stream.forget()
        assert stream.pieces == []
        stream.add(0, b"HELLO world")
        assert (stream.take(), stream.conflict) == (b"world", False)

    def test_an_offset_past_the_limit_is_refused_without_keeping_anything(self) -> None:
        for offset in (DEFAULT_LIMITS.crypto_octets, (1 << 62) - 2):
            stream = CryptoStream()
            with pytest.raises(DecodeError, match="limit"):
                stream.add(offset, b"x")
        assert stream.pieces == []
        stream.add(DEFAULT_LIMITS.crypto_octets - 1, b"x")
        assert len(stream.pieces) == 1

    def test_more_pieces_than_the_limit_are_refused(self) -> None:
        stream = CryptoStream()
        for number in range(DEFAULT_LIMITS.crypto_pieces):
            stream.add(2 * number + 1, b"x")
        with pytest.raises(DecodeError, match="limit"):
            stream.add(2 * DEFAULT_LIMITS.crypto_pieces + 1, b"x")
        assert len(stream.pieces) == DEFAULT_LIMITS.crypto_pieces

    @settings(max_examples=200)
    @given(st.binary(min_size=1, max_size=60), st.data())
    def test_any_pieces_that_cover_a_message_give_it_back(self, octets: bytes, data: st.DataObject) -> None:
        places = st.integers(0, len(octets) - 1)
        spans = data.draw(st.lists(st.tuples(places, st.integers(0, 20)), max_size=20))
        starts = sorted({0, *data.draw(st.lists(places, max_size=6))})
        spans += [(start, end - start) for start, end in zip(starts, [*starts[1:], len(octets)], strict=True)]
        stream = CryptoStream()
        taken = b""
        for start, length in data.draw(st.permutations(spans)):
            stream.add(start, octets[start : start + length])
            taken += stream.take()
        assert taken == octets
        assert not stream.conflict
        assert not stream.is_waiting()

    @given(st.lists(st.tuples(st.integers(0, 40), st.binary(max_size=12)), max_size=30))
    def test_pieces_never_overlap_whatever_is_sent(self, pieces: list[tuple[int, bytes]]) -> None:
        stream = CryptoStream()
        kept: dict[int, int] = {}
        taken = b""
        for offset, octets in pieces:
            stream.add(offset, octets)
            taken += stream.take()
            for place, octet in enumerate(octets, offset):
                kept.setdefault(place, octet)
        ends = [offset + len(octets) for offset, octets in stream.pieces]
        assert all(end <= start for end, (start, _) in zip(ends, stream.pieces[1:], strict=False))
        assert taken == bytes([kept[place] for place in range(len(taken))])
        assert len(taken) not in kept


class TestTransportParameters:
    def test_ids_are_listed_in_wire_order_grease_included(self) -> None:
        parameters = [(15, b"source"), (1, b"\x67\x10"), (0x7EA3_0B9D, b""), (27 + 31 * 5, b"grease")]
        data = b"".join(varint(kind) + varint(len(value)) + value for kind, value in parameters)
        assert parse_transport_parameters(data) == [15, 1, 0x7EA3_0B9D, 182]

    def test_drafts_before_27_have_fixed_sizes(self) -> None:
        listed = bytes.fromhex("0001 0002 6710 0004 0004 80010000 000c 0000")
        assert parse_transport_parameters(len(listed).to_bytes(2, "big") + listed) == [1, 4, 12]

    def test_one_that_breaks_off_keeps_those_before(self) -> None:
        assert parse_transport_parameters(b"\x01\x02\x67\x10\x04\x08\x00") == [1]
        assert parse_transport_parameters(b"\x01\x02\x67\x10\xc0") == [1]

    @given(st.binary(max_size=64))
    def test_any_octets_give_a_list(self, octets: bytes) -> None:
        assert len(parse_transport_parameters(octets)) <= len(octets)
