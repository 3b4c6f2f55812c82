"""What a file that is no capture is called."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest

from tlsinspect.foreign import describe


def archive(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as packed:
            packed.writestr("trace.pcap", b"x")
    else:
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("trace.pcap"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "empty"),
        (archive("zip"), "zip archive: unpack it"),
        (archive("tar"), "tar archive: unpack it"),
        (gzip.compress(b"x", mtime=0), "compressed twice"),
        (bytes.fromhex("736e6f6f70000000 00000002 00000004"), "snoop capture: convert it"),
        (bytes.fromhex("474d4255 00020000"), "Network Monitor"),
        (bytes.fromhex("52545353 00010000"), "Network Monitor"),
        (b"\r\n <!DOCTYPE html><html><head>", "a web page"),
        (b"\xef\xbb\xbf<html>", "a web page"),
        (b"CLIENT_RANDOM 0011 2233\n", "TLS key log"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        (b"ts\tuid\tid.orig_h\n", "a text file"),
        ("Gr\u00fc\u00dfe".encode()[:-1], "a text file"),
        (
            (65536).to_bytes(4, "little") + bytes(100) + "C:\\Trace.ETL".encode("utf-16-le") + bytes(8),
            "event trace",
        ),
        # ERF: half a second past 1700000000, Ethernet, record length 80, wire length 60
        (bytes.fromhex("00000080 00f15365 02 04 0050 0000 003c"), "an ERF capture"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not a pcap or pcapng capture (it starts with 89 50 4e 47 0d 0a 1a 0a)"),
        (b"\xff", "not a pcap or pcapng capture (it starts with ff)"),
    ],
)
def test_describe_says_what_the_file_is(head: bytes, words: str) -> None:
    assert words in describe(head)


def test_describe_never_repeats_text_of_the_file() -> None:
    assert "\x1b" not in describe(b"\x1b]0;title\x07")
    assert "title" not in describe(b"title")
