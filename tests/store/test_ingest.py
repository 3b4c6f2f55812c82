"""Captures into a store: each once, as one stream where they follow each other, whatever happens on the way."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from command_line import run
from rotated_captures import RECORD, assert_same_rows, read_records, rotate, write_capture
from samples import CAPTURES, DEMO

import tlsinspect
from tlsinspect import Inspection, Store, StoreError
from tlsinspect.errors import CaptureError
from tlsinspect.report.text import heading_lines
from tlsinspect.store.catalogue import Catalogue
from tlsinspect.store.place import Folder, open_place
from tlsinspect.store.planning import take_stock, workers_used
from tlsinspect.store.sources import RemoteSource, find_sources
from tlsinspect.store.strand import STEP_OCTETS, StrandReading
from tlsinspect.store.watching import watch
from tlsinspect.wire.limits import Limits

PACKETS = 2500


@pytest.fixture(scope="module")
def records() -> list[bytes]:
    """Packets of the demo capture."""
    return read_records(DEMO)[:PACKETS]


@pytest.fixture(scope="module")
def whole(records: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    """What they hold, read as one file."""
    return tlsinspect.read(write_capture(tmp_path_factory.mktemp("whole") / "whole.pcap", records))


@pytest.fixture
def rotated(records: list[bytes], tmp_path: Path) -> list[Path]:
    """The packets in eight files."""
    return rotate(records, tmp_path / "files", 8)


def assert_same(store: Path, whole: Inspection) -> None:
    """A store has the rows that the packets have in one piece."""
    assert_same_rows(Store(store).inspection(), whole)


@pytest.mark.parametrize("step_octets", [STEP_OCTETS, 1 << 16])
def test_rotated_captures_have_the_rows_of_the_whole(
    whole: Inspection, rotated: list[Path], tmp_path: Path, step_octets: int
) -> None:
    done = tlsinspect.ingest(rotated, tmp_path / "store", step_octets=step_octets)
    assert (done.captures, done.refused, done.damaged) == (8, [], [])
    assert_same(tmp_path / "store", whole)


def test_rows_are_built_and_written_earlier_where_peers_said_much(
    whole: Inspection, rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr("tlsinspect.store.sink.LENGTH_PER_BATCH", 5_000)
    monkeypatch.setattr("tlsinspect.store.sink.GROUP_OCTETS", 50_000)
    tlsinspect.ingest(rotated, tmp_path / "store")
    parts = list((tmp_path / "store").glob("connections/*/*.parquet"))
    assert sum(pq.ParquetFile(part).num_row_groups for part in parts) > 2 * len(parts)
    assert_same(tmp_path / "store", whole)


def test_the_files_of_a_few_days_are_open_at_once_however_many_days_a_step_has(
    records: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = []
    for number, record in enumerate(records[:1500]):
        second, *rest = RECORD.unpack_from(record)
        moved.append(RECORD.pack(second + number // 75 * 86_400, *rest) + record[RECORD.size :])
    now_open: set[str] = set()
    most = 0

    @contextmanager
    def counted(place: Folder, name: str) -> Iterator[BinaryIO]:
        nonlocal most
        now_open.add(name)
        most = max(most, len({name.split("/")[1] for name in now_open}))
        with writing(place, name) as file:
            yield file
        now_open.remove(name)

    writing = Folder.writing
    monkeypatch.setattr(Folder, "writing", counted)
    monkeypatch.setattr("tlsinspect.store.sink.OPEN_DAYS", 3)
    monkeypatch.setattr("tlsinspect.store.sink.LENGTH_PER_BATCH", 20_000)
    whole = write_capture(tmp_path / "whole.pcap", moved)
    tlsinspect.ingest(rotate(moved, tmp_path / "files", 4), tmp_path / "store")
    assert most == 3 and len(Store(tmp_path / "store").days()) == 20
    assert_same(tmp_path / "store", tlsinspect.read(whole))
    days = Store(tmp_path / "store").inspection(where="protocol == 'tls'").messages
    assert len(days) == len(tlsinspect.read(whole).where("protocol == 'tls'").messages)


def test_a_run_goes_on_with_connections_that_the_run_before_left_open(
    whole: Inspection, rotated: list[Path], tmp_path: Path
) -> None:
    tlsinspect.ingest(rotated[:2], tmp_path / "store")
    cut = Store(tmp_path / "store").inspection()
    assert 0 < len(cut.connections) < len(whole.connections)
    tlsinspect.ingest(rotated[2:3], tmp_path / "store")
    done = tlsinspect.ingest(rotated, tmp_path / "store")
    assert (done.captures, done.known) == (5, 3)
    assert_same(tmp_path / "store", whole)


def test_runs_say_how_many_connections_each_added(rotated: list[Path], tmp_path: Path) -> None:
    added = [tlsinspect.ingest(path, tmp_path / "store").connections for path in rotated]
    assert sum(added) == len(Store(tmp_path / "store").inspection().connections)


def test_a_run_goes_on_behind_a_capture_without_packets(whole: Inspection, rotated: list[Path], tmp_path: Path) -> None:
    quiet = write_capture(rotated[0].with_name("point-999.pcap"), [])
    for files in (rotated[:3], [quiet], rotated[3:]):
        tlsinspect.ingest(files, tmp_path / "store")
    assert len(Store(tmp_path / "store").catalogue.plans[-1].follows) == 1
    found = Store(tmp_path / "store").inspection().connections
    assert sorted(found["connection_id"]) == sorted(whole.connections["connection_id"])


def test_several_shares_of_one_sequence_have_the_rows_of_the_whole(
    whole: Inspection, rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlsinspect.store.planning.SHARD_MINIMUM", 1)
    tlsinspect.ingest(rotated[:2], tmp_path / "store", workers=2)
    tlsinspect.ingest(rotated, tmp_path / "store", workers=3)
    shares = [[strand.shards for strand in plan.strands] for plan in Store(tmp_path / "store").catalogue.plans]
    assert shares == [[2, 2], [3, 3, 3]]
    assert_same(tmp_path / "store", whole)


@pytest.mark.parametrize(("workers", "bound"), [(2, None), (3, (3, 2))])
def test_workers_that_have_nothing_to_do_are_told(
    workers: int, bound: tuple[int, int] | None, rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlsinspect.store.planning.SHARD_MINIMUM", 1)
    monkeypatch.setattr("tlsinspect.store.planning.SHARDS", 2)
    done = run("ingest", "--store", tmp_path, "--workers", workers, *rotated[:2])
    told = "note: 3 workers wanted, 2 used: a capture point is shared by 2 at most"
    assert (told in done.stderr) == (bound is not None), done.stderr
    (plan,) = Store(tmp_path).catalogue.plans
    assert workers_used(plan, workers) == bound


KILLED = """
import os, random, signal, sys
from tlsinspect.store import ingest
import tlsinspect.export.parquet, pyarrow.compute, pandas  # once, for all of them
store, seed, *files = sys.argv[1:]
chance = random.Random(int(seed))
def dying(name, before):
    call = getattr(os, name)
    def instead(*arguments, **options):
        global left
        left -= 1
        if left == 0 and before:
            os.kill(os.getpid(), signal.SIGKILL)
        try:  # what is written outlives a process without fsync
            return None if name == "fsync" else call(*arguments, **options)
        finally:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    setattr(os, name, instead)
for last in [False] * 9 + [True]:
    left, own = 0 if last else chance.randrange(1, 60), chance.random()  # here, as a child leaves no trace in it
    child = os.fork()
    if child == 0:
        chance.seed(own)
        for name in ("fsync", "link", "replace", "unlink", "open"):
            dying(name, chance.random() < 0.5)
        ingest(files, store, step_octets=1 << 15)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)
    sys.stdin.readline()
"""
"""Ingests in one process after the other, each but the last killed at a random one of the calls that touch the disk."""


def test_nothing_that_was_stored_is_lost_when_runs_are_killed_anywhere(
    whole: Inspection, rotated: list[Path], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    seed = random.randrange(1 << 30)
    stored: set[str] = set()
    outcomes = []
    command = [sys.executable, "-P", "-c", KILLED, str(store), str(seed), *map(str, rotated)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        while "ended" not in outcomes:
            outcomes.append(process.stdout.readline().strip())
            if (store / "store.json").exists():
                rows = Store(store).dataset("connections").to_table(columns=["connection_id", "time_start", "ja3"])
                now = set(rows["connection_id"].to_pylist())
                assert stored <= now, f"seed {seed}: connections that were stored are gone"
                stored = now
            process.stdin.write("\n")
            process.stdin.flush()
        process.kill()
    assert len(outcomes) > 3, f"seed {seed}"
    assert_same(store, whole)
    assert files_below(store) == sorted(Store(store).catalogue.files()), f"seed {seed}: files that no record names"


def files_below(store: Path) -> list[str]:
    """All files of a store; a claim that was not written to the end is of a writer that had not begun."""
    return sorted(
        path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file() and path.stat().st_size
    )


def test_two_runs_at_once_take_each_capture_once(whole: Inspection, rotated: list[Path], tmp_path: Path) -> None:
    def run(_: int) -> int:
        return tlsinspect.ingest(rotated, tmp_path / "store", step_octets=1 << 16).captures

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(run, range(2))) in ([8, 8], [8, 0], [0, 8])
    assert len(Store(tmp_path / "store").catalogue.plans) == 1
    assert_same(tmp_path / "store", whole)


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(
    whole: Inspection, rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0

    def flush_until_full(file: BinaryIO) -> None:
        nonlocal written
        written += file.tell()
        if written > 200_000:
            raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(StoreError, match="no space left on device"):
        patched.setattr("tlsinspect.store.place.flush", flush_until_full)
        tlsinspect.ingest(rotated, tmp_path / "store", step_octets=1 << 16)
    assert Store(tmp_path / "store").unfinished() == 8
    tlsinspect.ingest(rotated, tmp_path / "store")
    assert_same(tmp_path / "store", whole)


def test_a_broken_capture_among_others_is_a_problem_and_not_an_end(tmp_path: Path) -> None:
    records = read_records(CAPTURES / "handshakes" / "caddy.pcapng")
    for name in ("first", "second"):
        write_capture(tmp_path / f"{name}.pcap", records)
        records = records[:-1]
    (tmp_path / "cut.pcap").write_bytes((tmp_path / "first.pcap").read_bytes()[:-7])
    (tmp_path / "header.pcap").write_bytes((tmp_path / "first.pcap").read_bytes()[:11])
    (tmp_path / "notes.txt").write_text("no capture")
    done = tlsinspect.ingest(
        [*sorted(tmp_path.glob("*.pcap")), tmp_path / "missing.pcap"], tmp_path / "store", rotation="none"
    )
    assert [Path(name).name for name, _ in done.refused] == ["header.pcap", "missing.pcap"]
    assert [name for name, _ in done.damaged] == ["cut.pcap"]
    problems = Store(tmp_path / "store").inspection().problems
    assert {Path(name).name for name in problems["capture"]} == {"cut.pcap", "header.pcap", "missing.pcap"}
    assert tlsinspect.ingest(sorted(tmp_path.glob("*.pcap")), tmp_path / "store").captures == 0
    assert len(Store(tmp_path / "store").inspection().problems) == len(problems)


def test_what_may_hide_a_capture_in_a_folder_is_told_of_and_what_does_not_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write_capture(folder / "a.pcap", read_records(CAPTURES / "handshakes" / "caddy.pcapng"))
    heads = {
        "b.pcapng.lz4": b"\x04\x22\x4d\x18",
        "c.zip": b"PK\x03\x04",
        "d.tar": bytes(257) + b"ustar",
        "e": b"snoop\0\0\0",
    }
    for name, head in heads.items():
        (folder / name).write_bytes(head + bytes(50))
    for name, content in (
        ("README", b"text"),
        ("f.txt", b""),
        ("g.png", b"\x89PNG\r\n\x1a\n"),
        ("h.keys", b"CLIENT_RANDOM 0"),
    ):
        (folder / name).write_bytes(content)
    done = tlsinspect.ingest(folder, tmp_path / "store")
    assert done.captures == 1 and [Path(name).name for name, _ in done.refused] == list(heads)
    seen = next(watch(folder, tmp_path / "other", settle_seconds=0, once=True))
    assert (seen.captures, sorted(seen.refused)) == (1, sorted(done.refused))


def test_a_store_in_the_place_of_captures_is_told_from_a_folder_without_any(tmp_path: Path) -> None:
    tlsinspect.ingest(CAPTURES / "handshakes" / "caddy.pcapng", tmp_path / "store")
    told = "a store and no capture: open it by tlsinspect.Store, or name the captures themselves"
    with pytest.raises(tlsinspect.CaptureError, match=told):
        tlsinspect.read(tmp_path / "store")
    assert [why for _, why in tlsinspect.ingest(tmp_path / "store", tmp_path / "other").refused] == [told]


def test_what_could_not_be_read_is_a_problem_until_it_can_be_read(tmp_path: Path) -> None:
    whole, store = (CAPTURES / "handshakes" / "caddy.pcapng").read_bytes(), tmp_path / "store"
    a, b, c = (tmp_path / f"{name}.pcap" for name in "abc")
    for path in (a, b):
        path.write_bytes(b"text")

    def problems() -> list[str]:
        tlsinspect.ingest([a, b, c], store)
        return sorted(Path(name).name for name in Store(store).inspection().problems["capture"])

    assert problems() == ["a.pcap", "b.pcap", "c.pcap"]
    a.write_bytes(whole)
    assert problems() == problems() == ["b.pcap", "c.pcap"] and len(Catalogue(open_place(store)).plans) == 2
    c.write_bytes(whole)  # which the store has by its contents
    assert problems() == ["b.pcap"]
    a.write_bytes(b"text")
    assert problems() == ["a.pcap", "b.pcap"]
    b.write_bytes(whole)
    assert problems() == ["a.pcap"]


def test_a_broken_capture_that_a_pattern_matches_keeps_no_other_out(tmp_path: Path) -> None:
    records = read_records(CAPTURES / "handshakes" / "caddy.pcapng")
    (tmp_path / "files").mkdir()
    for name in ("a", "c"):
        write_capture(tmp_path / "files" / f"{name}.pcap", records)
        records = records[:-1]
    (tmp_path / "files" / "b.pcap").write_bytes(b"")
    named = [str(tmp_path / "files" / "*.pcap"), str(tmp_path / "files" / "*.cap")]
    done = tlsinspect.ingest(named, tmp_path / "store", rotation="none")
    assert done.captures == 2
    assert [(Path(name).name, reason) for name, reason in done.refused] == [
        ("b.pcap", "empty"),
        ("*.cap", "no file matches"),
    ]


def test_a_url_of_a_file_is_its_path_for_captures_as_for_stores(tmp_path: Path) -> None:
    folder = CAPTURES / "handshakes"
    named = [f"file://{folder / 'tls12.pcap'}", f"local://{folder}/tls13.pc*"]
    done = tlsinspect.ingest(named, f"file://{tmp_path}/store")
    assert done.refused == [] and done.captures == 1 + len(list(folder.glob("tls13.pc*")))
    told = [run("summary", f"{scheme}{tmp_path}/store") for scheme in ("", "file://", "local://")]
    assert [each.exit_code for each in told] == [0, 0, 0] and len({each.stdout for each in told}) == 1
    assert tlsinspect.ingest(folder / "tls12.pcap", f"local://{tmp_path}/store").known == 1
    assert tlsinspect.ingest(folder / "tls12.pcap", tmp_path / "store").known == 1


def test_a_store_in_memory_is_refused_where_other_processes_write() -> None:
    pytest.importorskip("fsspec")
    capture, store = CAPTURES / "handshakes" / "tls12.pcap", "memory://shared/store"
    with ProcessPoolExecutor(1) as processes:
        for options in ({"workers": 2}, {"executor": processes}):
            with pytest.raises(StoreError, match="lies in the memory of one process"):
                tlsinspect.ingest(capture, store, **options)
    with ThreadPoolExecutor(1) as threads:
        assert tlsinspect.ingest(capture, store, executor=threads).connections == 1
    assert tlsinspect.ingest(capture, store).known == 1


def test_an_object_that_cannot_be_opened_keeps_no_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec")
    octets = (CAPTURES / "handshakes" / "caddy.pcapng").read_bytes()
    for name in ("a", "b", "c"):
        fsspec.filesystem("memory").pipe_file(f"/opened/{name}.pcapng", octets)
    opened = RemoteSource.open

    def open_most(source: RemoteSource) -> object:
        if source.name == "b.pcapng":
            raise CaptureError(source.path, "permission denied")
        return opened(source)

    monkeypatch.setattr(RemoteSource, "open", open_most)
    found, refused = find_sources(["memory://opened/*.pcapng"])
    assert [source.name for source in found] == ["a.pcapng", "c.pcapng"]
    assert [str(error).partition(": ")[2] for error in refused] == ["permission denied"]


def test_a_capture_that_is_gone_when_it_is_read_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_capture(tmp_path / "gone.pcap", read_records(CAPTURES / "handshakes" / "caddy.pcapng"))
    with monkeypatch.context() as patched:
        patched.setattr("tlsinspect.store.ingestion.run_plans", lambda *arguments: {})
        tlsinspect.ingest(path, tmp_path / "store")
    path.unlink()
    done = tlsinspect.ingest([], tmp_path / "store")
    [(name, reason)] = done.damaged
    assert name == "gone.pcap"
    assert "expected the capture that was there (no such file or directory" in reason


def plan_only(paths: list[Path], store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed before it reads anything."""
    with monkeypatch.context() as patched:
        patched.setattr("tlsinspect.store.ingestion.run_plans", lambda *arguments: {})
        tlsinspect.ingest(paths, store)


def test_what_another_run_plans_meanwhile_is_followed_and_not_what_was_there_before(
    whole: Inspection, rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    tlsinspect.ingest(rotated[:3], store)
    others = [rotated[3:5]]

    def look(*arguments: Any) -> Any:
        found = take_stock(*arguments)
        if others:
            plan_only(others.pop(), store, monkeypatch)
        return found

    monkeypatch.setattr("tlsinspect.store.ingestion.take_stock", look)
    done = tlsinspect.ingest(rotated[5:], store)
    assert (done.captures, done.resumed, done.damaged) == (5, 2, [])
    assert_same(store, whole)


def test_captures_that_moved_on_to_other_names_before_they_were_read_are_read_there(
    whole: Inspection, rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    tlsinspect.ingest(rotated[:2], store)
    plan_only(rotated, store, monkeypatch)
    for path in reversed(rotated):  # as logrotate does
        path.rename(path.with_name(f"point-{int(path.stem[-3:]) + 1:03}.pcap"))
    moved = sorted(rotated[0].parent.iterdir())
    done = tlsinspect.ingest(moved, store)
    assert (done.captures, done.resumed, done.known, done.refused, done.damaged) == (6, 6, 2, [], [])
    assert_same(store, whole)
    again = tlsinspect.ingest(moved, store)
    assert (again.captures, again.known) == (0, 8)


def test_captures_that_went_away_and_came_back_are_read_and_no_row_is_lost_meanwhile(
    rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, away = tmp_path / "store", tmp_path / "away"
    tlsinspect.ingest(rotated[:2], store)
    before = {*Store(store).inspection().connections["connection_id"]}
    plan_only(rotated, store, monkeypatch)
    rotated[0].parent.rename(away)
    done = tlsinspect.ingest([], store)
    assert (done.captures, len(done.damaged)) == (0, 6)
    assert {*Store(store).inspection().connections["connection_id"]} == before
    away.rename(rotated[0].parent)
    done = tlsinspect.ingest(rotated, store)
    assert (done.captures, done.known, done.damaged) == (6, 2, []) and not Store(store).damage()
    whole_ids = {*tlsinspect.read(rotated).connections["connection_id"]}
    assert {*Store(store).inspection().connections["connection_id"]} >= whole_ids
    assert len(Store(store).inspection().captures) == 8


def test_a_file_of_the_same_size_in_the_place_of_a_capture_is_not_read_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (CAPTURES / "handshakes" / name for name in ("caddy.pcapng", "tls12.pcap"))
    path = tmp_path / "trace.pcap"
    path.write_bytes(one.read_bytes())
    plan_only([path], tmp_path / "store", monkeypatch)
    path.write_bytes(other.read_bytes().ljust(path.stat().st_size, b"\0")[: path.stat().st_size])
    [(_, reason)] = tlsinspect.ingest([], tmp_path / "store").damaged
    assert "is not the file that it was" in reason and "the store has" not in reason


def test_a_capture_that_is_compressed_or_no_longer_is_taken_once(tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("a-1.pcap", "a-2.pcap"))
    first.write_bytes((CAPTURES / "handshakes" / "caddy.pcapng").read_bytes())
    packed = [path.with_name(f"{path.name}.gz") for path in (first, second)]
    packed[0].write_bytes(gzip.compress(first.read_bytes()))
    packed[1].write_bytes(gzip.compress((CAPTURES / "handshakes" / "tls12.pcap").read_bytes()))
    done = tlsinspect.ingest([first, packed[0], packed[1]], tmp_path / "store")
    assert (done.captures, done.known, done.copies) == (2, 0, 1)
    second.write_bytes(gzip.decompress(packed[1].read_bytes()))
    done = tlsinspect.ingest([*packed, second], tmp_path / "store")
    assert (done.captures, done.known, done.copies) == (0, 3, 0)


def test_a_run_tells_copies_from_what_the_store_had(tmp_path: Path) -> None:
    for name in ("a.pcap", "b.pcap", "c.pcap"):
        shutil.copy(CAPTURES / "handshakes" / "tls12.pcap", tmp_path / name)
    said = [run("ingest", tmp_path, "--store", tmp_path / "store").stdout.split("; ")[1:] for _ in range(2)]
    assert said == [["2 copies of others\n"], ["3 captures stored before\n"]]


def test_a_capture_that_was_compressed_before_it_was_read_is_read_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a-1.pcap"
    path.write_bytes((CAPTURES / "handshakes" / "tls12.pcap").read_bytes())
    plan_only([path], tmp_path / "store", monkeypatch)
    packed = path.with_name("a-1.pcap.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    tlsinspect.ingest(packed, tmp_path / "store")
    assert len(Store(tmp_path / "store").inspection().connections) == 1


def compress(path: Path) -> Path:
    """What gzip leaves of a capture."""
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def test_connections_go_on_from_captures_that_were_compressed_since(
    whole: Inspection, rotated: list[Path], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    for begin in (0, 3, 6):
        tlsinspect.ingest(rotated[begin : begin + 3], store)
        for path in rotated[begin : begin + 3]:
            compress(path)
    assert_same(store, whole)


def test_captures_that_are_compressed_while_they_are_read_are_read_whole(
    whole: Inspection, rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_one(reading: StrandReading, number: int) -> None:
        if rotated[number].exists():
            compress(rotated[number])
        read_as_it_is(reading, number)

    read_as_it_is = StrandReading.read_one
    monkeypatch.setattr(StrandReading, "read_one", read_one)
    assert tlsinspect.ingest(rotated, tmp_path / "store").damaged == []
    assert_same(tmp_path / "store", whole)


def test_captures_that_are_compressed_between_two_looks_are_taken_as_they_are_then(
    rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, _ = find_sources([str(path) for path in rotated])
    packed = [compress(path) for path in rotated]
    with monkeypatch.context() as patched:
        patched.setattr("tlsinspect.store.ingestion.find_sources", lambda _: (sources, []))
        done = tlsinspect.ingest(rotated, tmp_path / "store")
    assert (done.captures, done.refused) == (8, [])
    assert tlsinspect.ingest(packed, tmp_path / "store").known == 8


def test_what_could_not_be_read_is_no_problem_once_it_is_there_compressed(rotated: list[Path], tmp_path: Path) -> None:
    packed = compress(rotated[0])
    assert tlsinspect.ingest(rotated, tmp_path / "store").captures == 7
    assert tlsinspect.ingest(packed, tmp_path / "store").captures == 1
    assert not len(Store(tmp_path / "store").inspection().problems)


def test_a_compressed_file_that_is_another_capture_is_not_read_for_one_that_is_gone(
    rotated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_only(rotated[:1], tmp_path / "store", monkeypatch)
    length = 24 + 16 + int.from_bytes(rotated[0].read_bytes()[32:36], "little")
    rotated[0].write_bytes(rotated[0].read_bytes()[:length])  # with the same first packet
    compress(rotated[0])
    [(_, reason)] = tlsinspect.ingest([], tmp_path / "store").damaged
    assert "is not the file that it was" in reason


def test_a_capture_that_has_grown_under_another_name_is_refused(tmp_path: Path) -> None:
    records = read_records(CAPTURES / "handshakes" / "caddy.pcapng")
    tlsinspect.ingest(write_capture(tmp_path / "growing.pcap", records[:-4]), tmp_path / "store")
    (tmp_path / "growing.pcap").unlink()
    done = tlsinspect.ingest(write_capture(tmp_path / "grown.pcap", records), tmp_path / "store")
    assert done.captures == 0 and "has grown" in done.refused[0][1]


def test_a_capture_that_has_grown_is_refused(tmp_path: Path) -> None:
    records = read_records(CAPTURES / "handshakes" / "caddy.pcapng")
    path = write_capture(tmp_path / "growing.pcap", records[:-4])
    tlsinspect.ingest(path, tmp_path / "store")
    write_capture(path, records)
    done = tlsinspect.ingest(path, tmp_path / "store")
    assert done.captures == 0 and "has grown" in done.refused[0][1]


def test_files_that_others_have_put_into_a_store_change_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    tlsinspect.ingest(CAPTURES / "handshakes" / "tls12.pcap", store)
    for name in ("plans/README", "plans/00000000 (copy).json", "plans/00000001.json~", "steps/notes.txt", "Thumbs.db"):
        (store / name).write_text("foreign")
    (part,) = (store / "connections").iterdir()
    (part / "foreign.parquet").write_text("foreign")
    assert tlsinspect.ingest(CAPTURES / "handshakes" / "tls13.pcapng", store).captures == 1
    assert len(Store(store).inspection().connections) == 2


def test_a_store_of_another_format_or_with_other_options_is_refused_in_one_line(tmp_path: Path) -> None:
    path = CAPTURES / "handshakes" / "caddy.pcapng"
    tlsinspect.ingest(path, tmp_path)
    with pytest.raises(StoreError, match="was made with another --ports"):
        tlsinspect.ingest(path, tmp_path, ports=(443,))
    with pytest.raises(StoreError, match="was made with another --limit datagram_fragments,"):
        tlsinspect.ingest(path, tmp_path, limits=Limits(datagram_fragments=7))
    said = json.loads((tmp_path / "store.json").read_text())
    del said["limits"]["moduli_octets"]
    (tmp_path / "store.json").write_text(json.dumps(said))
    with pytest.raises(StoreError, match="a version that has no --limit moduli_octets: ingest the captures into a new"):
        tlsinspect.ingest(path, tmp_path)
    (tmp_path / "store.json").write_text(json.dumps(said | {"format": 99, "tlsinspect": "9.0"}))
    with pytest.raises(StoreError, match=r"written by tlsinspect 9\.0 in format 99"):
        Store(tmp_path)
    for name, reason in (("nowhere", "no store: there is no store.json"), ("store.json", "a file, not a directory")):
        with pytest.raises(StoreError, match=f"{reason}.*; 'tlsinspect ingest' makes one of captures"):
            Store(tmp_path / name)


def test_a_column_that_older_files_do_not_have_is_missing_in_their_rows(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    tlsinspect.ingest(CAPTURES / "handshakes" / "caddy.pcapng", tmp_path)
    (part,) = tmp_path.glob("connections/*/*.parquet")
    rows = pq.read_table(part, partitioning=None)
    pq.write_table(rows.drop_columns(["ja4"]), part)
    found = Store(tmp_path).inspection().connections
    assert found["ja4"].isna().all() and found["ja3"].notna().any()


def test_what_servers_staple_is_judged_out_of_a_store_as_out_of_the_capture(tmp_path: Path) -> None:
    capture = CAPTURES / "handshakes" / "certificate-stapled.pcap"
    tlsinspect.ingest([capture], tmp_path / "store")
    stored, read = Store(tmp_path / "store").inspection(), tlsinspect.read(capture)
    assert len(stored.staples) == 1
    assert stored.arrow("staples").equals(read.arrow("staples"))
    assert stored.arrow("ocsp").equals(read.arrow("ocsp"))


def test_a_capture_s_connections_are_counted_with_and_without_tls(tmp_path: Path) -> None:
    tlsinspect.ingest(CAPTURES / "demo.pcapng", tmp_path / "store")
    names = ("connections", "tls_connections")
    stored, read = Store(tmp_path / "store").inspection(), tlsinspect.read(CAPTURES / "demo.pcapng")
    counts, expected = ([each.arrow("captures")[name].to_pylist() for name in names] for each in (stored, read))
    assert counts == expected
    assert expected[0] > expected[1] > [0]


def test_days_have_the_captures_that_reach_into_them(tmp_path: Path) -> None:
    records = read_records(CAPTURES / "handshakes" / "tls12.pcap")
    others = (read_records(CAPTURES / "handshakes" / name) for name in ("tls11.pcap", "tls10.pcap", "tls12.pcap"))
    days = [records, *([shift(record, day) for record in each] for day, each in enumerate(others, 1))]
    store = tmp_path / "store"
    tlsinspect.ingest(write_capture(tmp_path / "three.pcap", [*days[0], *days[1], *days[2]]), store)
    tlsinspect.ingest(write_capture(tmp_path / "one.pcap", days[3]), store)
    first, second, _, last = Store(store).days()
    for since, until, names, number in (
        (None, None, ["three.pcap", "one.pcap"], 4),
        (second, second, ["three.pcap"], 1),
        (second, None, ["three.pcap", "one.pcap"], 3),
        (last, last, ["one.pcap"], 1),
        (None, first, ["three.pcap"], 1),
    ):
        inspection = Store(store).inspection(since, until)
        assert inspection.captures["capture"].tolist() == names
        assert len(inspection.connections) == number
    heading = heading_lines(cast("Any", Store(store).inspection(second, second)))[1].words
    assert heading[:2] == [f"{sum(map(len, days[:3]))} packets read", "1 connection selected"]
    assert Store(store).inspection(second, second).days == str(second)


def shift(record: bytes, days: int) -> bytes:
    """A record some days later."""
    seconds, *others = RECORD.unpack_from(record)
    return RECORD.pack(seconds + 86_400 * days, *others) + record[RECORD.size :]
