"""What a person names: files, folders, patterns, standard input; what is refused, and in which words."""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import lzma
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import zstandard
from command_line import run
from file_modes import bound_by_modes

import tlsinspect
from tlsinspect.capture import CaptureSource, find_captures, order_captures
from tlsinspect.errors import CaptureError, DecodeError
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.packet import Packet

HEADER = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000")


def capture_of(second: int, packets: int = 1, length: int = 4) -> bytes:
    lengths = length.to_bytes(4, "little") * 2
    records = ((second + n).to_bytes(4, "little") + bytes(4) + lengths + b"p" * length for n in range(packets))
    return HEADER + b"".join(records)


CAPTURE = capture_of(100, packets=3)
COMPRESSED = {
    "gzip": gzip.compress(CAPTURE, mtime=0),
    "zstd": zstandard.compress(CAPTURE),
    "xz": lzma.compress(CAPTURE),
    "bzip2": bz2.compress(CAPTURE),
}


def read_blocks(source: CaptureSource) -> bytes:
    return b"".join(source.blocks())


def refusal_of(path: str | Path) -> CaptureError:
    with pytest.raises(CaptureError) as caught:
        find_captures([path])
    assert "\n" not in str(caught.value)
    return caught.value


class PipedInput:
    """Stands in for sys.stdin when octets are piped in."""

    def __init__(self, data: bytes, terminal: bool = False) -> None:
        self.buffer = io.BytesIO(data)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def test_a_file_gives_its_name_size_and_octets(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcap"
    path.write_bytes(CAPTURE)
    (source,) = find_captures([path])
    assert (source.name, source.path, source.size, source.compression) == ("trace.pcap", str(path), len(CAPTURE), None)
    assert read_blocks(source) == CAPTURE
    assert source.consumed == len(CAPTURE)
    assert read_blocks(source) == CAPTURE
    assert source.sha256() == hashlib.sha256(CAPTURE).hexdigest()


@pytest.mark.parametrize("form", COMPRESSED)
def test_a_compressed_file_is_known_by_its_octets_and_counted_as_stored(tmp_path: Path, form: str) -> None:
    path = tmp_path / "no-telling-name"
    path.write_bytes(COMPRESSED[form])
    (source,) = find_captures([path])
    assert read_blocks(source) == CAPTURE
    assert source.compression == form
    assert source.size == source.consumed == len(COMPRESSED[form])
    assert source.sha256() == hashlib.sha256(COMPRESSED[form]).hexdigest()


def test_a_large_file_comes_in_blocks_and_counts_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcap"
    path.write_bytes(capture_of(1, packets=40, length=60_000))
    (source,) = find_captures([path])
    seen = []
    for block in source.blocks():
        assert len(block) <= 512 * 1024
        seen.append(source.consumed)
    assert len(seen) > 4
    assert seen == sorted(set(seen))
    assert seen[-1] == source.size


def test_a_folder_stands_for_the_captures_anywhere_below_it(tmp_path: Path) -> None:
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / "b" / "deep" / "x").write_bytes(COMPRESSED["zstd"])
    (tmp_path / "b" / "z.pcap").write_bytes(CAPTURE)
    (tmp_path / "a.pcapng").write_bytes(bytes.fromhex("0a0d0d0a 1c000000 4d3c2b1a"))
    (tmp_path / "README.pcap").write_text("no capture")
    (tmp_path / "broken.log.gz").write_bytes(gzip.compress(b"no capture" * 100)[:-9])
    (tmp_path / "empty.pcap").touch()
    (tmp_path / "gone.pcap").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.pcap")
    names = [Path(source.path).relative_to(tmp_path).as_posix() for source in find_captures([tmp_path])]
    assert names == ["a.pcapng", "b/z.pcap", "b/deep/x"]


DAMAGED = {
    "a.pcap.gz": b"\x1f\x8b\x08 broken",
    "b.pcap.zst": COMPRESSED["zstd"][:12],
    "c.pcap.bz2": COMPRESSED["bzip2"][:-12],
    "d.pcap": CAPTURE[:10],
    "e.pcapng": bytes.fromhex("0a0d0d0a 1c000000"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_at_its_start_is_among_the_captures_of_a_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(DAMAGED[name])
    assert refusal_of(path).reason.startswith("damaged at its start: expected ")
    assert refusal_of(tmp_path).reason == refusal_of(path).reason
    (tmp_path / "whole.pcap").write_bytes(CAPTURE)
    damaged, whole = find_captures([tmp_path])
    assert (damaged.name, damaged.look(), whole.name, whole.look()) == (name, None, "whole.pcap", True)
    assert (damaged.member, find_captures([whole.path])[0].member) == (True, False)


def test_a_folder_without_captures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert refusal_of(tmp_path).reason == "no pcap or pcapng capture in this folder"


def test_a_pattern_stands_for_the_files_that_match_it(tmp_path: Path) -> None:
    for name in ("b.pcap", "a.pcap", "a.txt"):
        (tmp_path / name).write_bytes(CAPTURE)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.pcap").write_bytes(CAPTURE)
    assert [source.name for source in find_captures([f"{tmp_path}/*.pcap"])] == ["a.pcap", "b.pcap"]
    assert [source.name for source in find_captures([f"{tmp_path}/**/c.pcap"])] == ["c.pcap"]
    assert refusal_of(f"{tmp_path}/*.cap").reason == "no file matches"


def test_what_may_hide_a_capture_in_a_folder_is_told_of(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.pcapng.lz4").write_bytes(b"\x04\x22\x4d\x18" + bytes(20))
    (folder / "notes.txt").write_text("text")
    with pytest.raises(CaptureError, match="lz4: compressed with lz4"):
        find_captures([folder])
    (folder / "a.pcap").write_bytes(CAPTURE)
    assert tlsinspect.read(folder).passed_over == [
        (f"{folder}/b.pcapng.lz4", "compressed with lz4: decompress it first")
    ]
    said = run("summary", folder)
    assert (said.exit_code, said.stderr.count("\n")) == (0, 1)
    assert said.stderr.endswith("b.pcapng.lz4: compressed with lz4: decompress it first; it is passed over\n")


def test_a_file_that_a_recorder_has_just_begun_does_not_keep_a_pattern_from_the_others(tmp_path: Path) -> None:
    (tmp_path / "eth0-1.pcap").write_bytes(CAPTURE)
    begun = tmp_path / "eth0-2.pcap"
    begun.touch()
    assert [source.name for source in find_captures([f"{tmp_path}/eth0-*.pcap"])] == ["eth0-1.pcap"]
    assert refusal_of(begun).reason == refusal_of(f"{tmp_path}/eth0-2*").reason == "empty"


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "trace[1].pcap").write_bytes(CAPTURE)
    assert [source.name for source in find_captures([tmp_path / "trace[1].pcap"])] == ["trace[1].pcap"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(CAPTURE)
    (tmp_path / "link.pcap").symlink_to(path)
    assert [source.name for source in find_captures([path, tmp_path, f"{tmp_path}/*.pcap"])] == ["a.pcap"]


def test_standard_input_is_a_source_without_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", PipedInput(COMPRESSED["gzip"]))
    (source,) = find_captures(["-"])
    assert (source.name, source.path, source.size) == ("-", "-", None)
    assert source.sha256() is None
    assert source.first_time_ns() is None
    assert read_blocks(source) == CAPTURE
    assert source.compression == "gzip"


def test_standard_input_that_is_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", PipedInput(b"", terminal=True))
    assert "terminal" in refusal_of("-").reason


def test_a_named_pipe_is_read_once_and_not_before_its_turn(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (source,) = order_captures(find_captures([pipe]))
    writer = threading.Thread(target=pipe.write_bytes, args=(CAPTURE,))
    writer.start()
    assert read_blocks(source) == CAPTURE
    writer.join()
    assert source.size is None


def test_several_captures_are_read_in_the_order_of_their_first_packets(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(capture_of(300))
    (tmp_path / "b.pcap.gz").write_bytes(gzip.compress(capture_of(100)))
    (tmp_path / "c.pcap").write_bytes(HEADER)
    (tmp_path / "d.pcap").write_bytes(capture_of(200))
    (tmp_path / "e.pcap").write_bytes(HEADER + b"cut")
    sources = find_captures([tmp_path])
    assert [source.name for source in order_captures(sources)] == ["b.pcap.gz", "d.pcap", "a.pcap", "c.pcap", "e.pcap"]
    assert [source.first_time_ns() for source in sources] == [300 * 10**9, 100 * 10**9, None, 200 * 10**9, None]


def test_of_captures_with_the_same_octets_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(CAPTURE)
    (tmp_path / "b.pcap").write_bytes(capture_of(100, packets=2))  # begins alike, and ends sooner
    (tmp_path / "c.pcap").write_bytes(CAPTURE)
    (tmp_path / "d.pcap.gz").write_bytes(COMPRESSED["gzip"])
    (tmp_path / "e.pcap.gz").write_bytes(COMPRESSED["gzip"][:-9])  # damaged: what is lost is not known
    (tmp_path / "f.pcap").write_bytes(CAPTURE[:-1] + b"q")
    kept = order_captures(find_captures([tmp_path]))
    assert [source.name for source in kept] == ["a.pcap", "b.pcap", "e.pcap.gz", "f.pcap"]
    assert kept[0].copies == [f"{tmp_path}/c.pcap", f"{tmp_path}/d.pcap.gz"]
    assert not any(source.copies for source in kept[1:])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><title>404</title>", "a web page"),
        (b"PK\x03\x04" + bytes(30), "a zip archive: unpack it"),
        (gzip.compress(bytes(257) + b"ustar" + bytes(300), mtime=0), "a tar archive: unpack it"),
        (gzip.compress(COMPRESSED["gzip"], mtime=0), "compressed twice"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"snoop\0\0\0" + bytes(8), "a snoop capture"),
        (b"\x89PNG\r\n\x1a\n", "starts with 89 50 4e 47"),
        (b"\x1f\x8b\x08\x00", "damaged at its start: expected the rest of a gzip stream at octet 4"),
        (b"\x1f\x8b\x08\xff" + b"x" * 40, "damaged at its start: expected a gzip stream at octet 0"),
        (CAPTURE[:20], "damaged at its start: expected a file header of 24 octets at octet 0"),
    ],
)
def test_a_file_that_is_no_capture_is_refused_in_words_that_help(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "trace.pcap"
    path.write_bytes(content)
    error = refusal_of(path)
    assert error.path == str(path)
    assert words in error.reason


def test_a_stream_that_is_no_capture_is_refused_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", PipedInput(b"hello\n"))
    (source,) = find_captures(["-"])
    with pytest.raises(DecodeError) as caught:
        open_reader(source.blocks())
    assert str(source.refusal(caught.value)) == "-: a text file, not a capture"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert str(refusal_of(tmp_path / "none.pcap")) == f"{tmp_path}/none.pcap: no such file or directory"


def test_no_path_at_all_is_refused() -> None:
    for paths, told in ([], "no capture was named"), ([""], "an empty text names no capture"):
        with pytest.raises(CaptureError) as caught:
            find_captures(paths)
        assert str(caught.value) == told


def test_a_file_without_permission_is_refused(open_folder: Path) -> None:
    path = open_folder / "secret.pcap"
    path.write_bytes(CAPTURE)
    path.chmod(0)
    with bound_by_modes():
        assert str(refusal_of(path)) == f"{path}: permission denied"
        assert str(refusal_of(open_folder)) == f"{path}: permission denied"


def test_a_folder_without_permission_is_refused(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0)
    with bound_by_modes():
        assert str(refusal_of(open_folder)) == f"{closed}: permission denied"
        assert str(refusal_of(closed / "trace.pcap")) == f"{closed}/trace.pcap: permission denied"


def test_a_file_that_goes_away_before_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcap"
    path.write_bytes(CAPTURE)
    (source,) = find_captures([path])
    path.unlink()
    with pytest.raises(CaptureError, match="no such file"):
        read_blocks(source)


def test_a_failing_disk_ends_the_blocks_behind_what_could_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trace.pcap"
    path.write_bytes(CAPTURE)
    (source,) = find_captures([path])

    class FailingFile(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError(errno.EIO, "Input/output error")
            return super().read(40)

    def open_failing(*_: Any, **__: Any) -> FailingFile:
        return FailingFile(CAPTURE)

    monkeypatch.setattr(Path, "open", open_failing)
    blocks = source.blocks()
    assert next(blocks) == CAPTURE[:40]
    with pytest.raises(DecodeError) as caught:
        next(blocks)
    assert (caught.value.layer, caught.value.kind, caught.value.offset) == ("file", "truncated", 40)


@pytest.mark.parametrize("cut", [1, 9, 20])
def test_every_packet_before_the_damage_of_a_compressed_file_is_delivered(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "trace.pcap.gz"
    path.write_bytes(COMPRESSED["gzip"] + gzip.compress(capture_of(500)[24:] * 50)[:-cut])
    (source,) = find_captures([path])
    reader = open_reader(source.blocks())
    packet = Packet()
    with pytest.raises(DecodeError) as caught:
        while reader.read_packet(packet):
            pass
    assert caught.value.layer == "file"
    assert caught.value.kind == "truncated"
    assert reader.packets >= 3


def test_names_are_fit_to_be_shown(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    for name in (b"esc\x1b[2J.pcap", b"latin\xff.pcap", "gr\u00fcn.pcap".encode()):
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(CAPTURE)
    names = [source.name for source in find_captures([tmp_path])]
    assert names == ["esc\\x1b[2J.pcap", "gr\u00fcn.pcap", "latin\\udcff.pcap"]
    assert all(source.path.isprintable() for source in find_captures([tmp_path]))
