"""Captures into a store while they are made."""

from __future__ import annotations

import errno
import gzip
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from command_line import run, start
from rotated_captures import assert_same_rows, read_records, rotate, write_capture
from samples import CAPTURES

import tlsinspect
from tlsinspect import CaptureError, Store
from tlsinspect.cli.live import ending_by_signal, storing
from tlsinspect.live import Listener, Recorded, make_file, record
from tlsinspect.store.place import Folder
from tlsinspect.store.sequences import key_of_path
from tlsinspect.store.watching import Watched, watch

HELLO = CAPTURES / "handshakes" / "alert-unknown-ca.pcap"


def test_a_capture_is_complete_when_the_next_one_is_there_or_when_it_was_left_alone(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "names", settle_seconds=1000)
    first, second, other = (tmp_path / name for name in ("a-1.pcap", "a-2.pcap", "b-1.pcap"))
    first.write_bytes(b"1")
    assert watched.complete() == []
    second.write_bytes(b"22")
    os.utime(first, (time.time() - 9, time.time() - 9))
    other.write_bytes(b"3")
    assert watched.complete() == [first]
    os.utime(other, (time.time() - 2000, time.time() - 2000))
    assert watched.complete() == [other]
    assert watched.complete() == []


def test_what_two_capture_points_are_writing_into_one_folder_is_left_alone(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "names", settle_seconds=1000)
    now = time.time()
    for age, name in ((20, "eth0-0812.pcap"), (19, "eth1-0812.pcap"), (2, "eth0-0817.pcap"), (1, "eth1-0817.pcap")):
        (tmp_path / name).write_bytes(b"1")
        os.utime(tmp_path / name, (now - age, now - age))
    assert watched.complete() == [tmp_path / "eth0-0812.pcap", tmp_path / "eth1-0812.pcap"]


@pytest.mark.parametrize(
    ("names", "points"),
    [
        (("eth0-20260301-12.pcap", "eth0-20260302-00.pcap.gz", "eth1-20260301-12.pcap"), 2),
        (("web01-2026-03-01T12:00:00Z.pcap", "web01-2026-03-01T13:00:00Z.pcap", "web02-2026-03-01T12:00:00Z.pcap"), 2),
        (("eth0.pcap", "eth0.pcap1", "eth0.pcap10.zst", "eth1.pcap", "enp3s0f1.pcap2"), 3),
        (("trace.pcap", "trace.pcap1", "trace.pcap12"), 1),
        (("trace1.pcap", "trace2.pcap", "trace10.pcap"), 1),
        (("hour1part2.pcap", "hour2part1.pcap"), 1),
        (("uplink2_00001_20260301120000.pcapng", "uplink2_00002_20260301120500.pcapng"), 1),
        (("lo-20260301-120000.pcap", "lo-20260301-120000-1.pcap"), 1),
        (("20260301T1200.pcap", "20260302T0000.pcap"), 1),
    ],
)
def test_numbers_that_are_rotated_are_told_from_those_in_a_capture_point_s_name(
    names: tuple[str, ...], points: int
) -> None:
    assert len({key_of_path(f"folder/{name}", "names") for name in names}) == points


def test_what_is_being_written_is_left_alone_while_the_capture_before_it_is_compressed(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "names", settle_seconds=1000)
    now = time.time()
    for age, name in ((20, "a-1.pcap"), (10, "a-2.pcap"), (5, "a-1.pcap.gz"), (0, "a-2.pcap.gz"), (2, "a-3.pcap")):
        (tmp_path / name).write_bytes(b"1")
        os.utime(tmp_path / name, (now - age, now - age))
    assert watched.complete() == [tmp_path / name for name in ("a-1.pcap", "a-2.pcap", "a-1.pcap.gz")]


def test_the_newest_compressed_capture_is_complete_once_what_it_was_made_of_is_gone(tmp_path: Path) -> None:
    now = time.time()
    names = ("a-1.pcap.gz", "a-2.pcap", "b-1.pcap.gz")  # nothing says that b's is not still being written
    for age, name in zip((20, 0, 10), names, strict=True):
        (tmp_path / name).write_bytes(b"1")
        os.utime(tmp_path / name, (now - age, now - age))
    assert Watched(tmp_path, "names", settle_seconds=1000).complete() == [tmp_path / "a-1.pcap.gz"]


def test_a_compressed_capture_whose_origin_is_still_there_is_still_being_written(tmp_path: Path) -> None:
    now = time.time()
    for age, name in ((20, "a-1.pcap"), (10, "a-1.pcap.gz"), (0, "a-2.pcap")):
        (tmp_path / name).write_bytes(b"1")
        os.utime(tmp_path / name, (now - age, now - age))
    assert Watched(tmp_path, "names", settle_seconds=1000).complete() == [tmp_path / "a-1.pcap"]


def test_a_file_that_goes_while_the_folder_is_looked_through_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "a-1.pcap"
    kept.write_bytes(b"1")
    monkeypatch.setattr("tlsinspect.store.watching.iter_paths", lambda folder, _: iter([folder / "gone.pcap", kept]))
    assert Watched(tmp_path, "names", settle_seconds=0).complete() == [kept]
    with pytest.raises(CaptureError, match="no such file"):
        Watched(tmp_path / "nowhere", "names", settle_seconds=0).complete()


def test_a_capture_that_gives_nothing_is_told_of_and_what_is_none_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a-1.pcap.gz").write_bytes(gzip.compress(HELLO.read_bytes())[:12])
    (folder / "log.gz").write_bytes(gzip.compress(b"no capture"))
    (folder / "b-1.pcap").write_bytes(HELLO.read_bytes())
    command = ("watch", folder, "--store", tmp_path / "store", "--once", "--settle", 0)
    said = run(*command)
    assert "a-1.pcap.gz: damaged at its start" in said.stderr and "log" not in said.stderr
    assert "1 capture read" in said.stdout and "1 capture could not be read" in said.stdout


def test_a_folder_that_cannot_be_listed_is_told_of_by_ingest_and_once_by_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    for name in ("open", "closed"):
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.pcap").write_bytes(HELLO.read_bytes())
    real = os.scandir

    def refuse(path: os.PathLike[str]) -> Any:  # as the system does, but not to root
        if Path(path).name in closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    closed = {"closed"}
    refused = [(str(folder / "closed"), "permission denied")]
    done = tlsinspect.ingest(folder, tmp_path / "store")
    assert (done.captures, done.refused) == (1, refused)
    assert [each.refused for each in watch(folder, tmp_path / "other", settle_seconds=0, once=True)] == [refused]
    watched = Watched(folder, "names", settle_seconds=0)
    assert watched.complete() == [folder / "closed", folder / "open" / "open.pcap"]
    assert watched.complete() == []
    closed = {"folder"}
    with pytest.raises(CaptureError, match="permission denied"):
        watched.complete()


def test_a_watch_reads_each_record_of_the_store_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = read_records(CAPTURES / "demo.pcapng")[:800]
    waiting = rotate(records, tmp_path / "made", 6)
    (tmp_path / "folder").mkdir()
    read: Counter[str] = Counter()
    real = Folder.read

    def counted(place: Folder, name: str) -> bytes:
        read[name] += name.startswith(("plans/", "steps/"))
        return real(place, name)

    monkeypatch.setattr(Folder, "read", counted)
    done = watch(tmp_path / "folder", tmp_path / "store", settle_seconds=0, sleep=lambda _: None)
    for path in waiting:
        path.rename(tmp_path / "folder" / path.name)
        assert next(done).captures == 1
    names = {
        f"{folder}/{path.name}" for folder in ("plans", "steps") for path in (tmp_path / "store" / folder).iterdir()
    }
    assert len(names) == 12 and {name for name, count in read.items() if count} == names
    assert max(read.values()) <= 2  # who reads a strand has a place of its own


def test_watching_stitches_what_rotation_cut(tmp_path: Path) -> None:
    records = read_records(CAPTURES / "demo.pcapng")[:1500]
    made = rotate(records, tmp_path / "made", 3)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("no capture")
    waiting = [*made, None]

    class Ended(Exception):  # noqa: N818 (no error)
        pass

    def appear(_: float) -> None:
        if (path := waiting.pop(0)) is None:
            raise Ended
        path.rename(tmp_path / "folder" / path.name)

    done = watch(tmp_path / "folder", tmp_path / "store", sleep=appear)
    taken = [next(done).captures, next(done).captures]
    with pytest.raises(Ended):
        next(done)
    said = run("watch", tmp_path / "folder", "--store", tmp_path / "store", "--once", "--settle", 0)
    assert taken == [1, 1] and "1 capture read" in said.stdout and "2 captures stored before" in said.stdout
    whole = tlsinspect.read(write_capture(tmp_path / "whole.pcap", records))
    assert_same_rows(Store(tmp_path / "store").inspection(), whole)


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait until something has happened, as long as a busy machine may take."""
    end = time.monotonic() + 120
    while not happened() and time.monotonic() < end:
        time.sleep(0.01)


def speak(port: int) -> bytes:
    """A TCP connection over loopback that opens with a ClientHello, which is returned."""
    hello = max((each for each in read_records(HELLO) if b"\x16\x03\x01" in each), key=len)
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port)) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(hello := hello[hello.index(b"\x16\x03\x01") :])
            accepted.recv(4096)
    return hello


def speak_while_recorded(port: int, folder: Path) -> None:
    """The same while a recording goes on in a folder, from when it has begun until it has the ClientHello."""
    wait_for(lambda: bool(list(folder.glob("*.pcap"))))
    hello = speak(port)
    wait_for(lambda: any(hello in path.read_bytes() for path in folder.glob("*.pcap")))


@pytest.fixture
def port() -> int:
    """A free port on loopback, where that may be listened on."""
    try:
        Listener("lo", None).close()
    except CaptureError as error:
        pytest.skip(f"no listening here: {error}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_an_interface_is_recorded_with_what_was_dropped(tmp_path: Path, port: int) -> None:
    done: list[Recorded] = []
    over = threading.Event()
    listening = threading.Thread(target=lambda: done.extend(record("lo", tmp_path, stopped=over.is_set)))
    listening.start()
    speak_while_recorded(port, tmp_path)
    over.set()
    listening.join()
    (recorded,) = done
    assert recorded.packets >= 4 and recorded.dropped == 0
    found = tlsinspect.read(recorded.path).connections
    (row,) = found[found["server_port"] == port].to_dict("records")
    assert row["client_hello_packet"] > 0 and row["retransmitted"] == 0  # on loopback each packet is seen once


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_recording_and_what_was_recorded_is_stored(tmp_path: Path, port: int, number: int) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("is ignored here, and so by what is started")
    live = start("live", "-i", "lo", "-o", tmp_path / "made", "--store", tmp_path / "store", text=True)
    speak_while_recorded(port, tmp_path / "made")
    live.send_signal(number)
    said, errors = live.communicate(timeout=120)
    assert live.returncode == 0, errors
    assert "0 dropped" in said and "1 capture read" in said
    found = Store(tmp_path / "store").inspection().connections
    assert port in set(found["server_port"])


def test_a_signal_that_is_ignored_as_by_nohup_ends_no_recording() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_by_signal() as ended:
            signal.raise_signal(signal.SIGHUP)
            assert not ended()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_two_recordings_of_one_second_have_files_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda _: make_file(tmp_path, "lo-1"), range(64)))
    assert len(set(paths)) == 64 and all(path.is_file() for path in paths)


def test_packets_on_loopback_are_whole(tmp_path: Path) -> None:
    try:
        listener = Listener("lo", None)
    except CaptureError as error:
        pytest.skip(f"no listening here: {error}")
    with closing(listener), socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
            sending = threading.Thread(target=client.sendall, args=(bytes(8 << 20),))
            sending.start()
            left = 8 << 20
            while left:
                left -= len(accepted.recv(1 << 20))
            sending.join()
        listener.write(tmp_path / "lo.pcap", time.monotonic() + 1, lambda: False)
    packets = read_records(tmp_path / "lo.pcap")
    assert max(map(len, packets)) > 1 << 15
    for packet in packets:
        frame = packet[16:]
        assert frame[12:14] != b"\x08\x00" or len(frame) >= 14 + int.from_bytes(frame[16:18], "big")


def test_an_interface_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    said = run("live", "-i", "nowhere9\x1b[2J", "-o", tmp_path)
    assert said.exit_code == 2 and said.stderr.count("\n") == 1 and "\x1b" not in said.output
    assert "no such interface; there are lo" in said.stderr


def test_where_interfaces_are_not_listened_to_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsinspect.live.sys.platform", "darwin")
    said = run("live", "-i", "en0", "-o", tmp_path / "made")
    assert said.exit_code == 2 and said.stderr.count("\n") == 1
    assert "only on Linux: record with dumpcap or tcpdump" in said.stderr
    assert not (tmp_path / "made").exists()


def test_a_store_that_takes_no_such_captures_is_told_of_before_anything_is_recorded(tmp_path: Path) -> None:
    tlsinspect.ingest(HELLO, tmp_path / "store")
    command = ("live", "-i", "lo", "-o", tmp_path / "made", "--store", tmp_path / "store", "--seconds", 1)
    said = run(*command, "--ports", "8443")
    assert (said.exit_code, said.stdout) == (2, "") and "was made with another --ports" in said.stderr
    assert not (tmp_path / "made").exists()


def test_what_was_recorded_until_an_interface_went_down_is_kept_and_told(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go_down(listener: Listener, path: Path, until: float, stopped: Callable[[], bool]) -> int:
        def refuse(longest: int) -> None:
            raise OSError(errno.ENETDOWN, "Network is down")

        monkeypatch.setattr(listener.socket, "recv_raw", refuse)
        with closing(socket.socket(type=socket.SOCK_DGRAM)) as sender:
            sender.sendto(b"wakes the listener", ("127.0.0.1", port))
        return real(listener, path, until, stopped)

    real = Listener.write
    monkeypatch.setattr(Listener, "write", go_down)
    recorded = record("lo", tmp_path)
    made = next(recorded)
    assert made.path.exists() and made.packets == 0
    with pytest.raises(CaptureError, match="lo: cannot be listened to any more: network is down"):
        next(recorded)


class Deadly:
    """Ends the process that it is sent to."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


def put_file(place: Path) -> dict[str, Any]:
    """Let a file be where the store should be; gives the options of the ingestion."""
    place.write_text("no store")
    return {}


def put_death(place: Path) -> dict[str, Any]:
    """Options of the ingestion that end the process which takes them."""
    return {"limits": Deadly()}


@pytest.mark.parametrize(("spoil", "said"), [(put_death, "was killed"), (put_file, "not a directory")])
def test_a_store_that_fails_is_told_of_once_and_the_recording_goes_on(
    spoil: Callable[[Path], dict[str, Any]], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = 0
    with pytest.raises(SystemExit) as ended, storing(str(tmp_path / "store"), spoil(tmp_path / "store")) as take:
        for _ in range(3):
            take(str(HELLO))
            recorded += 1
    assert (recorded, ended.value.code) == (3, 2)
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and said in told
    assert "what is recorded is kept, and 'tlsinspect ingest' takes what the store has not" in told


def test_a_terminal_that_is_gone_is_no_fault_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("tlsinspect.cli.live.tell_done", refuse)
    paths = rotate(read_records(HELLO), tmp_path / "files", 3)
    with pytest.raises(OSError, match="Input/output"), storing(str(tmp_path / "store"), {}) as take:
        for path in paths:
            take(str(path))
    assert len(Store(tmp_path / "store").inspection().captures) == 3
    assert "what the store has not" not in capsys.readouterr().err
