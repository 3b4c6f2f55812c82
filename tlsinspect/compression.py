"""Compressed captures: octets as stored in, octets of the capture out.

Takes gzip of several members, zstd of several frames, xz and bzip2 of several
streams, and says where one is cut short or corrupt, after all that came out
before. Memory stays bounded whatever the ratio: input goes in by small steps.
Refuses nothing else by name: which file is compressed, its first octets say.
Spec: RFC 1952 (gzip), RFC 8878 (zstd), the xz file format 1.1.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from .errors import DecodeError

BLOCK_LENGTH = 512 * 1024
"""Octets of the capture that are handed on at once."""

STEP_LENGTH = 4096
"""Octets of input fed at once. A zstd block of 4 octets can stand for 128 KiB, so that a step gives at most
128 MiB; and where a step meets corruption, no more than what it would have given is lost."""

WINDOW_LIMIT = 128 * 1024 * 1024
"""Octets of history that a zstd or xz stream may ask for: what the zstd program itself allows unasked."""

REPLAY_LENGTH = 64 * 1024
"""Octets of input. In a stream no longer than this, not even the step that met corruption is lost."""

PATIENT = {"gzip": b"\x1f\x8b\x08", "xz": b"\xfd7zXZ\x00"}
"""How streams start whose decoders wait for more octets before they refuse a wrong start."""

ZSTD_SKIPPABLE = b"\x2a\x4d\x18"


def compression_of(head: bytes) -> str | None:
    """Name the compression of a file by its first octets: gzip, zstd, xz, bzip2, or None."""
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[:1].hex()[:1] == "5" and head[1:4] == ZSTD_SKIPPABLE):
        return "zstd"
    if head[:6] == b"\xfd7zXZ\x00":
        return "xz"
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    return None


def decompress(chunks: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """Yield the decompressed octets in blocks of about BLOCK_LENGTH.

    Raises DecodeError, layer "file", offset in the compressed octets: truncated, corrupt,
    limit (it asks for too much memory), trailing_data (no further stream behind a whole one).
    """
    pieces: list[bytes] = []
    length = 0
    damage = None
    try:
        for piece in iter_pieces(chunks, compression):
            pieces.append(piece)
            length += len(piece)
            if length >= BLOCK_LENGTH:
                yield b"".join(pieces)
                pieces, length = [], 0
    except DecodeError as error:
        damage = error
    if length:
        yield b"".join(pieces)
    if damage is not None:
        raise damage


def iter_pieces(chunks: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """Yield the decompressed octets as they come; raises as decompress does."""
    stream: Stream | None = None
    whole = 0
    offset = begin = 0
    for chunk in chunks:
        for start in range(0, len(chunk), STEP_LENGTH):
            rest = chunk[start : start + STEP_LENGTH]
            while stream is not None or (rest := rest.lstrip(b"\0")):  # zeros between streams are padding
                if stream is None:
                    stream = Stream(compression)
                    begin = offset + min(start + STEP_LENGTH, len(chunk)) - len(rest)
                try:
                    yield stream.feed(rest)
                    while stream.holds_more:
                        yield stream.feed(b"")
                except stream.errors as error:
                    yield from stream.replay()
                    behind = whole > 0 and compression_of(bytes(stream.fed[:10])) != compression
                    raise corruption(error, compression, begin if behind else offset + start, behind) from error
                if not stream.ended:
                    break
                rest = stream.rest
                stream = None
                whole += 1
        offset += len(chunk)
    if stream is not None:
        magic = PATIENT.get(compression, b"")[: len(stream.fed)]
        if not stream.fed.startswith(magic):
            raise trailing_data(compression, begin)
        raise DecodeError("file", "truncated", offset, f"the rest of a {compression} stream")


def corruption(error: Exception, compression: str, offset: int, behind: bool) -> DecodeError:
    """Build the error for octets that do not decompress; `behind` a whole stream they may be no stream at all."""
    if "emory" in str(error):
        expected = f"a {compression} stream that asks for at most {WINDOW_LIMIT} octets of memory"
        return DecodeError("file", "limit", offset, expected)
    if behind:
        return trailing_data(compression, offset)
    return DecodeError("file", "corrupt", offset, f"a {compression} stream")


def trailing_data(compression: str, offset: int) -> DecodeError:
    """Build the error for octets behind a whole stream that are none."""
    return DecodeError("file", "trailing_data", offset, f"the end of the file or another {compression} stream")


class Stream:
    """One gzip member, zstd frame, xz or bzip2 stream, while it is being decompressed.

    `length` counts the octets that came out; `fed` keeps what went in while that is short.
    """

    def __init__(self, compression: str) -> None:
        self.compression = compression
        self.decoder, self.errors = open_decoder(compression)
        self.bounded = hasattr(self.decoder, "needs_input")
        self.fed = bytearray()
        self.length = 0

    @property
    def ended(self) -> bool:
        """Whether the stream is whole."""
        return bool(self.decoder.eof)

    @property
    def holds_more(self) -> bool:
        """Whether more comes out without more going in."""
        return self.bounded and not (self.decoder.eof or self.decoder.needs_input)

    @property
    def rest(self) -> bytes:
        """What was fed beyond the end of the stream."""
        return bytes(self.decoder.unused_data)

    def feed(self, data: bytes) -> bytes:
        """Put some octets in; return what comes out, at once or, where the library can bound it, in part."""
        if len(self.fed) <= REPLAY_LENGTH:
            self.fed += data
        piece: bytes = self.decoder.decompress(data, BLOCK_LENGTH) if self.bounded else self.decoder.decompress(data)
        self.length += len(piece)
        return piece

    def replay(self) -> Iterator[bytes]:
        """Feed a short stream again, octet by octet, and yield what the failing step held back."""
        if len(self.fed) > REPLAY_LENGTH:
            return
        again = Stream(self.compression)
        given = self.length
        with suppress(*self.errors):
            for octet in self.fed:
                piece = again.feed(bytes((octet,)))
                while piece:
                    if again.length > given:
                        yield piece[max(0, len(piece) - (again.length - given)) :]
                        given = again.length
                    piece = again.feed(b"") if again.holds_more else b""


def open_decoder(compression: str) -> tuple[Any, tuple[type[Exception], ...]]:
    """Make a decoder for one stream, and name what it raises; each library is loaded when it is needed."""
    if compression == "gzip":
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), (zlib.error,)
    if compression == "zstd":
        import zstandard

        decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_LIMIT)
        return decompressor.decompressobj(), (zstandard.ZstdError,)
    if compression == "xz":
        import lzma

        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=WINDOW_LIMIT), (lzma.LZMAError,)
    import bz2

    return bz2.BZ2Decompressor(), (OSError, ValueError)
