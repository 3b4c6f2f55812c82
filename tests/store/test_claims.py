"""What killed runs leave behind: removed once their writers are gone, and never before."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import run
from samples import CAPTURES

import tlsinspect
from tlsinspect import StoreError
from tlsinspect.store import claims
from tlsinspect.store.claims import ABANDONED_SECONDS, Claim, claimed, remove_leftovers
from tlsinspect.store.place import Place, RemotePlace, open_place

SAMPLE = CAPTURES / "handshakes" / "caddy.pcapng"
WRITER = """
import sys
from tlsinspect.store.claims import claimed
from tlsinspect.store.place import open_place
place = open_place(sys.argv[1])
with claimed(place) as claim:
    with place.writing(f"connections/day=2026-01-01/0-0-{claim.writer}-ab.parquet") as file:
        file.write(b"rows")
    with place.writing("connections/day=2026-01-01/unfinished.parquet") as file:
        file.write(b"half")
        file.flush()
        print("written", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of one capture."""
    tlsinspect.ingest(SAMPLE, tmp_path / "store")
    return tmp_path / "store"


@contextmanager
def writer(store: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is writing to a store."""
    command = [sys.executable, "-P", "-c", WRITER, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "written\n"
        yield process
        process.kill()


def left(store: Path) -> int:
    """How many files of the writer there are."""
    return sum(path.is_file() for path in (store / "connections" / "day=2026-01-01").iterdir())


def test_files_stay_while_their_writer_lives_and_go_once_it_was_killed(store: Path) -> None:
    before = tlsinspect.Store(store).catalogue.files()
    with writer(store) as process:
        assert tlsinspect.ingest(SAMPLE, store).removed == (0, 0)
        assert left(store) == 2
        process.kill()
        process.wait()
        told = run("ingest", SAMPLE, "--store", store).stderr
    assert told == "tlsinspect: note: removed what runs that were killed had left behind: 2 files, 8 B\n"
    assert left(store) == 0 and not list((store / "runs").iterdir())
    assert tlsinspect.Store(store).catalogue.files() == before
    assert tlsinspect.ingest(SAMPLE, store).removed == (0, 0)


def write(place: Place, claim: Claim) -> str:
    """A file of a writer that no record names."""
    name = f"messages/day=2026-01-01/1-{claim.writer}-cd.parquet"
    with place.writing(name) as file:
        file.write(b"some rows")
    return name


def test_a_writer_of_another_machine_is_given_up_after_a_day_and_told_so(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = open_place(store)
    monkeypatch.setattr(claims, "running_kernel", lambda: "another")
    claim = Claim(place)
    monkeypatch.undo()
    name = write(place, claim)
    claim.lock.close()  # a lock that this machine does not see
    assert remove_leftovers(place) == (0, 0)
    old = (store / claim.name).stat().st_mtime - ABANDONED_SECONDS - 1
    os.utime(store / claim.name, (old, old))
    claim.renewed -= claims.RENEW_SECONDS
    claim.renew()
    assert remove_leftovers(place) == (0, 0), "it has just said that it is there"
    os.utime(store / claim.name, (old, old))
    assert remove_leftovers(place) == (1, 9)
    assert not (store / name).exists()
    claim.renewed -= claims.RENEW_SECONDS
    for still_there in (claim.check, claim.renew):
        with pytest.raises(StoreError, match="given up by another one"):
            still_there()


def test_what_a_record_names_stays_though_its_writer_was_killed_right_after(store: Path) -> None:
    files = tlsinspect.Store(store).catalogue.files()
    writers = {found[1] for name in files if (found := re.search(r"-([0-9a-f]{16})-", name))}
    assert writers
    (store / "runs").mkdir(exist_ok=True)
    for writer in writers:
        claim = store / "runs" / f"{writer}.json"
        claim.write_text(json.dumps({"kernel": claims.running_kernel()}))
    assert remove_leftovers(open_place(store)) == (0, 0)
    assert all((store / name).exists() for name in files)
    assert not list((store / "runs").iterdir())


def test_an_error_leaves_the_claim_so_that_the_next_run_removes_what_was_written(store: Path) -> None:
    place = open_place(store)
    with pytest.raises(OSError, match="full"), claimed(place) as claim:
        write(place, claim)
        raise OSError("full")
    assert remove_leftovers(place) == (1, 9)
    with claimed(place) as claim:
        write(place, claim)
    assert remove_leftovers(place) == (0, 0), "a writer that ended well has left nothing"


def test_two_that_remove_at_once_and_one_that_is_killed_on_the_way_do_no_harm(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = open_place(store)
    with pytest.raises(OSError, match="full"), claimed(place) as claim:
        first = write(place, claim)
        raise OSError("full")

    def die(name: str) -> None:
        assert remove_leftovers(open_place(store)) == (0, 0), "the other one has the claim"
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(place, "remove", die)
        remove_leftovers(place)
    assert (store / first).exists()
    assert remove_leftovers(open_place(store)) == (1, 9)


def test_an_object_store_has_no_locks_and_goes_by_the_time_alone() -> None:
    place = RemotePlace("memory://claims/store")
    tlsinspect.ingest(SAMPLE, place.url)
    claim = Claim(place)
    name = write(place, claim)
    assert remove_leftovers(place) == (0, 0)
    assert tlsinspect.ingest(SAMPLE, place.url, abandoned_seconds=0).removed == (1, 9)
    assert not place.files.exists(place.path(name)) and place.names("runs") == []


def test_what_the_library_of_an_object_store_says_is_one_escaped_line() -> None:
    fsspec = pytest.importorskip("fsspec")

    class Failing(fsspec.AbstractFileSystem):  # type: ignore[misc, name-defined]
        """Fails as libraries do, with errors of their own."""

        protocol = "failing"

        def ls(self, path: str, detail: bool = True, **options: object) -> list[str]:
            raise RuntimeError("no such\n bucket \x1b[2J")

    fsspec.register_implementation("failing", Failing, clobber=True)
    told = run("ingest", SAMPLE, "--store", "failing://\x1b")
    assert told.exit_code == 2
    assert told.stderr == "tlsinspect: failing://\\x1b: no such bucket \\x1b[2J\n"
    told = run("summary", "failing://store")
    assert (told.exit_code, told.stderr) == (2, "tlsinspect: failing://store: no such bucket \\x1b[2J\n")
