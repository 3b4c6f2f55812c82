"""Compressed captures: every format, several streams in one file, and damage that costs nothing before it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from traffic import blocks_of

from tlsinspect import compression as module
from tlsinspect.compression import BLOCK_LENGTH, compression_of, decompress
from tlsinspect.errors import DecodeError

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}
FORMATS = sorted(COMPRESSORS)
TEXT = b"".join(number.to_bytes(4, "little") for number in range(5000))
NOISE = random.Random(1).randbytes(300_000)


def decompress_all(data: bytes, form: str, size: int = 128 * 1024) -> tuple[bytes, DecodeError | None]:
    """Decompress to the end or to the damage."""
    out = []
    try:
        for block in decompress(blocks_of(data, size), form):
            assert block
            out.append(block)
    except DecodeError as error:
        assert error.layer == "file"
        return b"".join(out), error
    return b"".join(out), None


@pytest.mark.parametrize("form", FORMATS)
def test_compression_is_recognised_by_its_first_octets(form: str) -> None:
    assert compression_of(COMPRESSORS[form](TEXT)) == form
    assert compression_of(COMPRESSORS[form](b"")) == form


@pytest.mark.parametrize("head", [b"", b"\x1f\x8b", b"BZh9 is text", b"Q*M", b"\xd4\xc3\xb2\xa1"])
def test_what_is_not_compressed_is_not_taken_for_it(head: bytes) -> None:
    assert compression_of(head) is None


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_streams_one_behind_the_other_are_one_sequence(form: str, size: int) -> None:
    data = COMPRESSORS[form](TEXT) + COMPRESSORS[form](b"") + COMPRESSORS[form](b"the end")
    assert decompress_all(data, form, size) == (TEXT + b"the end", None)


@pytest.mark.parametrize("form", FORMATS)
def test_blocks_are_of_bounded_length_whatever_the_ratio(form: str) -> None:
    data = COMPRESSORS[form](bytes(40 * BLOCK_LENGTH))
    lengths = [len(block) for block in decompress(iter([data]), form)]
    assert sum(lengths) == 40 * BLOCK_LENGTH
    if form in ("xz", "bzip2"):
        assert max(lengths) <= 2 * BLOCK_LENGTH


@pytest.mark.parametrize("form", ["gzip", "xz"])
def test_zeros_behind_a_stream_are_padding(form: str) -> None:
    data = COMPRESSORS[form](TEXT) + bytes(512)
    assert decompress_all(data, form) == (TEXT, None)
    assert decompress_all(data + COMPRESSORS[form](b"the end"), form) == (TEXT + b"the end", None)


def test_a_zstd_file_may_start_with_a_skippable_frame() -> None:
    data = b"\x5a\x2a\x4d\x18\x04\x00\x00\x00skip" + COMPRESSORS["zstd"](TEXT)
    assert compression_of(data) == "zstd"
    assert decompress_all(data, "zstd") == (TEXT, None)


@pytest.mark.parametrize("form", FORMATS)
def test_a_stream_cut_short_gives_what_came_before_and_says_where_it_ends(form: str) -> None:
    data = COMPRESSORS[form](NOISE)
    for cut in (1, 20, len(data) // 2, len(data) - 1):
        out, error = decompress_all(data[:cut], form)
        assert NOISE.startswith(out)
        assert error is not None
        assert (error.kind, error.offset) == ("truncated", cut)
    if form in ("gzip", "zstd"):
        out, _ = decompress_all(data[: len(data) // 2], form)
        assert len(out) > len(NOISE) // 4


@pytest.mark.parametrize("form", FORMATS)
def test_a_second_stream_cut_short_does_not_cost_the_first(form: str) -> None:
    data = COMPRESSORS[form](TEXT) + COMPRESSORS[form](NOISE)[:-5]
    out, error = decompress_all(data, form)
    assert out.startswith(TEXT)
    assert error is not None
    assert error.kind == "truncated"


@pytest.mark.parametrize("form", FORMATS)
def test_corruption_gives_what_came_before_and_says_where_it_is(form: str) -> None:
    first = COMPRESSORS[form](TEXT)
    second = bytearray(COMPRESSORS[form](NOISE))
    place = len(second) // 2
    second[place : place + 8] = bytes(255 - octet for octet in second[place : place + 8])
    out, error = decompress_all(first + bytes(second), form)
    assert out.startswith(TEXT)
    assert error is not None
    assert error.kind == "corrupt"
    assert len(first) <= error.offset <= len(first) + len(second)


@pytest.mark.parametrize("form", ["gzip", "xz"])
def test_a_wrong_checksum_at_the_end_of_a_short_stream_costs_no_octet(form: str) -> None:
    data = bytearray(COMPRESSORS[form](TEXT))
    data[-9 if form == "xz" else -5] ^= 0xFF
    out, error = decompress_all(bytes(data), form)
    assert out == TEXT
    assert error is not None
    assert error.kind == "corrupt"


@pytest.mark.parametrize("form", FORMATS)
def test_octets_behind_a_whole_stream_that_are_no_stream_are_trailing_data(form: str) -> None:
    data = COMPRESSORS[form](TEXT)
    out, error = decompress_all(data + bytes(3) + b"no stream, but long enough to be refused as one", form)
    assert out == TEXT
    assert error is not None
    assert (error.kind, error.offset) == ("trailing_data", len(data) + 3)


@pytest.mark.parametrize("behind", [b"\n", b"\r\n", b"ab", b"abcdefgh"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_few_octets_behind_a_whole_stream_are_trailing_data_and_no_cut_stream(form: str, behind: bytes) -> None:
    data = COMPRESSORS[form](TEXT)
    out, error = decompress_all(data + behind, form)
    assert out == TEXT
    assert error is not None
    assert (error.kind, error.offset) == ("trailing_data", len(data))


def test_a_zstd_frame_that_asks_for_too_much_memory_meets_the_limit() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=30)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    _, error = decompress_all(compressor.compress(TEXT) + compressor.flush(), "zstd")
    assert error is not None
    assert error.kind == "limit"


def test_an_xz_stream_that_asks_for_too_much_memory_meets_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW_LIMIT", 1 << 20)
    _, error = decompress_all(lzma.compress(TEXT, preset=6), "xz")
    assert error is not None
    assert error.kind == "limit"


@settings(max_examples=40)
@given(st.sampled_from(FORMATS), st.integers(0, 10**6), st.integers(1, 255), st.integers(1, 9000))
def test_one_flipped_octet_gives_a_prefix_and_at_most_a_decode_error(
    form: str, place: int, flip: int, size: int
) -> None:
    data = bytearray(COMPRESSORS[form](TEXT))
    data[place % len(data)] ^= flip
    out, error = decompress_all(bytes(data), form, size)
    assert error is not None or out == TEXT
