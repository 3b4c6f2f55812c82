"""Mistakes and damage: one clear line, the right status, and what was read is kept."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import shutil
from pathlib import Path

import pytest
import zstandard
from click.testing import Result
from command_line import run, start
from file_modes import bound_by_modes
from traffic import CLIENT, NOON_NS, Packet, converse, pcap, tls12_turns, write_pcap

COMMANDS = (("summary",), ("export",), ("export", "--table", "ports"), ("report", "-o"))


def conversations(count: int) -> list[Packet]:
    return [
        packet
        for number in range(count)
        for packet in converse(*tls12_turns(), client=(CLIENT[0], 20000 + number), start_ns=NOON_NS + number * 10**9)
    ]


def call(command: tuple[str, ...], tmp_path: Path, *captures: object, input: bytes | None = None) -> Result:
    extra = (tmp_path / "report",) if command[0] == "report" else ()
    return run(*command, *extra, *captures, input=input)


def the_line(result: Result) -> str:
    """The one line on standard error of a command that could not do its work."""
    assert result.exit_code == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("tlsinspect: ")
    return line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_missing_file_is_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    line = the_line(call(command, tmp_path, tmp_path / "missing.pcap"))
    assert line == f"tlsinspect: {tmp_path}/missing.pcap: no such file or directory"
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"hello, this is no capture\n", "text file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a pcap or pcapng capture"),
        (b"PK\x03\x04" + bytes(100), "zip archive"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"hello\n"), "text file"),
        (pcap([])[:10], "damaged at its start"),
        (gzip.compress(pcap([]))[:20], "damaged at its start"),
    ],
    ids=["empty", "text", "image", "zip", "empty-gzip", "text-gzip", "half-header", "half-gzip"],
)
def test_a_file_that_is_no_capture_is_one_line_that_says_what_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file.pcap"
    path.write_bytes(content)
    assert words in the_line(run("export", path))
    assert words in the_line(run("export", "-", input=content))


def test_one_bad_name_among_good_ones_is_told(tmp_path: Path) -> None:
    good = write_pcap(tmp_path / "good.pcap", conversations(1))
    bad = tmp_path / "bad.pcap"
    bad.write_text("text")
    assert "bad.pcap" in the_line(run("export", good, bad))


def test_a_folder_without_captures_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "readme.txt").write_text("no capture here")
    assert "no pcap or pcapng capture in this folder" in the_line(run("summary", tmp_path))


def test_a_glob_without_matches_is_one_line(tmp_path: Path) -> None:
    assert "no file matches" in the_line(run("summary", tmp_path / "*.pcap"))


def test_no_capture_named_is_a_usage_error() -> None:
    result = run("summary")
    assert result.exit_code == 2
    assert "CAPTURE" in result.stderr


@pytest.fixture
def imported() -> None:
    """What commands import, imported: whom file modes bind may not read it."""
    run("export", "-", input=pcap(conversations(1)))


def test_a_file_without_permission_is_one_line(open_folder: Path, imported: None) -> None:
    path = write_pcap(open_folder / "secret.pcap", conversations(1))
    path.chmod(0)
    with bound_by_modes():
        assert the_line(run("export", path)) == f"tlsinspect: {path}: permission denied"


def test_a_folder_that_cannot_be_listed_is_one_line(open_folder: Path, imported: None) -> None:
    folder = open_folder / "closed"
    folder.mkdir(mode=0)
    with bound_by_modes():
        assert the_line(run("export", folder)) == f"tlsinspect: {folder}: permission denied"


def test_an_output_that_may_not_be_written_is_one_line(open_folder: Path, imported: None) -> None:
    path = write_pcap(open_folder / "made.pcap", conversations(1))
    with bound_by_modes():
        line = the_line(run("export", path, "-o", open_folder / "rows.csv"))
    assert line == f"tlsinspect: {open_folder}/rows.csv: cannot be written: Permission denied"


def test_a_path_through_a_file_is_one_line(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "made.pcap", conversations(1))
    assert "not a directory" in the_line(run("summary", path / "inner.pcap"))


def test_a_path_that_is_too_long_is_one_line(tmp_path: Path) -> None:
    assert "name too long" in the_line(run("summary", tmp_path / ("x" * 300)))


def test_a_file_name_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    line = the_line(run("summary", tmp_path / "\x1b[2Jevil\n.pcap"))
    assert "\\x1b[2Jevil\\n.pcap" in line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_truncated_capture_is_shown_with_a_warning_and_status_0(tmp_path: Path, command: tuple[str, ...]) -> None:
    whole = pcap(conversations(3))
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[:-30])
    result = call(command, tmp_path, path)
    assert result.exit_code == 0
    [line] = result.stderr.splitlines()
    assert line.startswith("tlsinspect: warning: cut.pcap: pcap: truncated at offset ")
    assert result.stdout


def test_a_copy_of_a_capture_is_told_of_and_not_counted(tmp_path: Path) -> None:
    for name in ("a.pcap", "b.pcap"):
        write_pcap(tmp_path / name, conversations(3))
    result = run("export", tmp_path)
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1 + 3)
    [line] = result.stderr.splitlines()
    assert line == f"tlsinspect: {tmp_path}/b.pcap: a copy of {tmp_path}/a.pcap, which is read once"


@pytest.mark.parametrize("command", ["summary", "export"])
def test_strict_turns_damage_into_status_1_and_nothing_else(tmp_path: Path, command: str) -> None:
    path = write_pcap(tmp_path / "made.pcap", conversations(2))
    whole = run(command, "--strict", path)
    assert whole.exit_code == 0
    path.write_bytes(path.read_bytes()[:-30])
    damaged = run(command, "--strict", path)
    assert damaged.exit_code == 1
    assert damaged.stdout.count("TLS 1.2") == whole.stdout.count("TLS 1.2") > 0


def test_rows_before_the_damage_are_kept_and_the_damage_is_a_row(tmp_path: Path) -> None:
    whole = pcap(conversations(3))
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[:-30])
    rows = list(csv.DictReader(io.StringIO(run("export", path).stdout)))
    assert len(rows) == 3
    [problem] = csv.DictReader(io.StringIO(run("export", path, "--table", "problems").stdout))
    assert (problem["capture"], problem["kind"]) == ("cut.pcap", "truncated")
    assert 0 < int(problem["offset"]) < len(whole)


@pytest.mark.parametrize(
    ("name", "compress"),
    [("gz", gzip.compress), ("zst", zstandard.compress), ("xz", lzma.compress), ("bz2", bz2.compress)],
)
def test_a_compressed_capture_that_is_cut_is_shown_as_far_as_it_goes(tmp_path: Path, name: str, compress) -> None:
    path = tmp_path / f"made.pcap.{name}"
    packed = compress(pcap(conversations(200)))
    path.write_bytes(packed)
    assert run("export", "--strict", path).stdout.count("\n") == 201
    path.write_bytes(packed[:-5])
    result = run("export", path)
    assert result.exit_code == 0
    assert "warning" in result.stderr
    assert result.stdout.count("\n") > 1 or name in ("xz", "bz2")
    assert run("export", "--strict", path).exit_code == 1


@pytest.fixture
def partly_damaged(tmp_path: Path) -> Path:
    """A folder with a whole capture, and three of which nothing can be read."""
    folder = tmp_path / "folder"
    folder.mkdir()
    whole = pcap(conversations(200))
    write_pcap(folder / "whole.pcap", conversations(2))
    (folder / "cut.pcap").write_bytes(whole[:10])
    (folder / "cut.pcap.bz2").write_bytes(bz2.compress(whole)[:-20])
    (folder / "cut.pcap.zst").write_bytes(zstandard.compress(whole)[:15])
    (folder / "notes.txt").write_text("no capture")
    return folder


WRONG = {
    "cut.pcap": "pcap: truncated at offset 0: expected a file header of 24 octets",
    "cut.pcap.bz2": "file: truncated at offset {size}: expected the rest of a bzip2 stream",
    "cut.pcap.zst": "file: truncated at offset 15: expected the rest of a zstd stream",
}


def test_captures_of_a_folder_that_are_damaged_at_their_start_are_told_by_all_commands_alike(
    partly_damaged: Path, tmp_path: Path
) -> None:
    size = (partly_damaged / "cut.pcap.bz2").stat().st_size
    wrong = [f"tlsinspect: warning: {name}: {fault.format(size=size)}" for name, fault in WRONG.items()]
    read = run("summary", partly_damaged)
    assert (read.exit_code, run("summary", "--strict", partly_damaged).exit_code) == (0, 1)
    assert read.stderr.splitlines() == [f"{line}; what comes before it was read" for line in wrong]
    assert "3 x damaged, no packets" in read.stdout
    stored = run("ingest", partly_damaged, "--store", tmp_path / "store", "--strict")
    assert (stored.exit_code, stored.stderr.splitlines()) == (1, wrong)
    problems = [run("export", where, "--table", "problems").stdout for where in (partly_damaged, tmp_path / "store")]
    assert problems[0] == problems[1]
    rows = csv.DictReader(io.StringIO(problems[0]))
    assert [(row["capture"], row["kind"]) for row in rows] == [(name, "truncated") for name in WRONG]


def test_a_folder_of_nothing_but_captures_damaged_at_their_start_is_refused(
    partly_damaged: Path, tmp_path: Path
) -> None:
    (partly_damaged / "whole.pcap").unlink()
    said = "cut.pcap: damaged at its start: expected a file header of 24 octets at octet 0"
    assert the_line(run("summary", partly_damaged)) == f"tlsinspect: {partly_damaged}/{said}"
    assert run("ingest", partly_damaged, "--store", tmp_path / "store").exit_code == 2


def test_captures_that_were_refused_are_problems_of_the_kind_of_their_damage(
    partly_damaged: Path, tmp_path: Path
) -> None:
    named = [partly_damaged / name for name in ("whole.pcap", "cut.pcap", "cut.pcap.zst", "notes.txt")]
    assert run("ingest", *named, "--store", tmp_path / "store", "--strict").exit_code == 1
    rows = csv.DictReader(io.StringIO(run("export", tmp_path / "store", "--table", "problems").stdout))
    kinds = {Path(row["capture"]).name: row["kind"] for row in rows}
    assert kinds == {"cut.pcap": "truncated", "cut.pcap.zst": "truncated", "notes.txt": "unsupported"}


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
def test_a_capture_of_a_folder_that_is_damaged_at_its_start_is_passed_over_by_verify(partly_damaged: Path) -> None:
    result = run("verify", partly_damaged)
    assert result.exit_code == 0
    assert [line.rpartition("; ")[2] for line in result.stderr.splitlines()] == ["it is passed over"] * 3
    assert run("verify", partly_damaged, "--strict").exit_code == 1


def test_nothing_on_standard_input_is_one_line() -> None:
    assert "empty" in the_line(run("summary", "-", input=b""))


def test_errors_of_the_program_itself_have_no_traceback(tmp_path: Path) -> None:
    output, errors = start("summary", tmp_path / "missing.pcap").communicate(timeout=120)
    assert output == b""
    assert errors.decode() == f"tlsinspect: {tmp_path}/missing.pcap: no such file or directory\n"


ALL_DAYS = [("--since", "0001-01-01"), ("--since", "1600-01-01"), ("--until", "2300-01-01"), ("--until", "9999-12-31")]


@pytest.mark.parametrize(("option", "day"), ALL_DAYS)
def test_a_first_day_before_all_times_and_a_last_day_after_them_bound_nothing(
    tmp_path: Path, option: str, day: str
) -> None:
    path = write_pcap(tmp_path / "made.pcap", conversations(2))
    result = run("export", path, option, day)
    assert (result.exit_code, result.stdout.count("\n")) == (0, 3)
    assert result.stderr == "tlsinspect: 2 of 2 connections selected\n"
    assert run("summary", path, option, day).exit_code == 0


@pytest.mark.parametrize(("option", "day"), [("--since", "2300-01-01"), ("--until", "1600-01-01")])
def test_days_that_leave_no_time_are_a_mistake_in_their_option(tmp_path: Path, option: str, day: str) -> None:
    path = write_pcap(tmp_path / "made.pcap", conversations(1))
    result = run("export", path, option, day)
    assert (result.exit_code, result.stdout) == (2, "")
    told = f"Error: Invalid value for '{option}': times are within 1677-09-22 and 2262-04-10, and not {day}"
    assert result.stderr.splitlines()[-1] == told
