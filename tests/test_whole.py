"""Files that have their name once they are whole."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tlsinspect.whole import open_whole, write_whole


class BrokenError(Exception):
    pass


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    with open_whole(target) as file:
        file.write(b"new")
        file.flush()
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")
    with pytest.raises(BrokenError), open_whole(target) as file:
        file.write(b"half")
        file.flush()
        assert target.read_bytes() == b"old"
        raise BrokenError
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_nothing_is_there_where_the_first_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(BrokenError), open_whole(tmp_path / "rows.csv"):
        raise BrokenError
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"old")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    write_whole(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_the_mode_of_a_file_is_kept_and_a_new_one_has_that_of_others(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_whole(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "new").chmod(0o640)
    write_whole(tmp_path / "new", b"again")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_file_with_other_names_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"old")
    os.link(tmp_path / "one", tmp_path / "other")
    write_whole(tmp_path / "one", b"new")
    assert (tmp_path / "other").read_bytes() == b"new"


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_open_file_under_another_name_is_not_replaced(tmp_path: Path) -> None:
    with (tmp_path / "output").open("wb+") as file:
        write_whole(f"/dev/fd/{file.fileno()}", b"said")
        assert file.read() == b"said"


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may do everything is refused nothing")
def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")
    target.chmod(0o440)
    with pytest.raises(PermissionError):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may do everything is refused nothing")
def test_a_file_in_a_folder_that_may_not_be_written_is_written_to_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")
    tmp_path.chmod(0o555)
    try:
        write_whole(target, b"new")
    finally:
        tmp_path.chmod(0o755)
    assert target.read_bytes() == b"new"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, b"")
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "missing" / "rows.csv", b"")


def test_links_in_a_circle_are_an_error(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to("circle")
    with pytest.raises(OSError, match="symbolic links"):
        write_whole(circle, b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_what_was_there_and_nothing_else(number: signal.Signals, tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")
    program = f"""
import os, signal
from tlsinspect.whole import open_whole
signal.signal({int(number)}, signal.SIG_DFL)  # the tests may run where it is ignored, as by nohup
with open_whole({str(target)!r}) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), {int(number)})
"""
    process = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert (process.returncode, process.stderr) == (-number, b"")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
