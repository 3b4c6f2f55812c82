"""Rewriting a connection changes what it is meant to change and keeps the bytes that TLS sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import variants_tcp
from capture_files import Packet, read_pcap
from manifest import FOLDER
from segments import Segment, build_packet, cut_segment, parse_segment, sum_words

BASE: list[Packet] = read_pcap(FOLDER / "handshakes" / "tls12.pcap")[1]
SEGMENTS = [parse_segment(packet) for packet in BASE]
KEEPING: list[Callable[[list[Segment]], Iterable[Segment]]] = [
    variants_tcp.swap_first_flight,
    variants_tcp.reverse_pieces,
    variants_tcp.retransmit_all,
    variants_tcp.overlap_pieces,
    variants_tcp.cut_hello_to_bytes,
    variants_tcp.cut_small,
    variants_tcp.turn_time_back,
    variants_tcp.see_all_twice,
]


def collect_stream(segments: Iterable[Segment], from_client: bool) -> dict[int, int]:
    """Sequence number -> byte, of one direction; a byte that came twice must be the same."""
    stream: dict[int, int] = {}
    for segment in segments:
        if segment.from_client == from_client:
            for at, byte in enumerate(segment.payload):
                assert stream.setdefault(segment.sequence + at, byte) == byte
    return stream


@pytest.mark.parametrize("packet", BASE, ids=range(len(BASE)))
def test_build_packet_gives_back_the_recorded_frame(packet: Packet) -> None:
    assert build_packet(parse_segment(packet)) == packet


@pytest.mark.parametrize("rewrite", KEEPING, ids=lambda rewrite: rewrite.__name__)
@pytest.mark.parametrize("from_client", [True, False], ids=["client", "server"])
def test_rewriting_keeps_the_bytes_of_both_streams(
    rewrite: Callable[[list[Segment]], Iterable[Segment]], from_client: bool
) -> None:
    assert collect_stream(rewrite(SEGMENTS), from_client) == collect_stream(SEGMENTS, from_client)


def test_overlap_with_other_bytes_sends_the_true_bytes_first() -> None:
    true = collect_stream(SEGMENTS, from_client=False)
    first: dict[int, int] = {}
    conflicts = 0
    for segment in variants_tcp.overlap_with_other_bytes(SEGMENTS):
        if not segment.from_client:
            for at, byte in enumerate(segment.payload):
                conflicts += first.setdefault(segment.sequence + at, byte) != byte
    assert first == true
    assert conflicts > 0


def test_wrap_sequence_passes_the_end_of_the_number_space_in_both_directions() -> None:
    wrapped = [parse_segment(build_packet(segment)) for segment in variants_tcp.wrap_sequence(SEGMENTS)]
    for from_client in (True, False):
        numbers = [segment.sequence for segment in wrapped if segment.from_client == from_client]
        assert max(numbers) > 1 << 31 > min(numbers)


def test_wrap_sequence_keeps_acknowledgements_in_step() -> None:
    wrapped = list(variants_tcp.wrap_sequence(SEGMENTS))
    for before, after in zip(SEGMENTS[1:], wrapped[1:], strict=True):
        peer = next(segment for segment in SEGMENTS if segment.from_client != before.from_client)
        moved = next(segment for segment in wrapped if segment.from_client != after.from_client)
        assert after.acknowledgement - moved.sequence == before.acknowledgement - peer.sequence


def test_cut_segment_leaves_the_end_flags_to_the_last_piece() -> None:
    whole = next(segment for segment in SEGMENTS if segment.payload)
    first, last = cut_segment(whole, 0, 10), cut_segment(whole, 10, len(whole.payload))
    assert first.flags & 0x09 == 0
    assert last.flags == whole.flags
    assert first.payload + last.payload == whole.payload


def test_sum_words_matches_the_example_of_rfc_1071() -> None:
    assert sum_words(bytes.fromhex("0001f203f4f5f6f7")) == ~0xDDF2 & 0xFFFF
