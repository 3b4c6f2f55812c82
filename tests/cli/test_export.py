"""tlsinspect export: what arrives in files, in pipes and on terminals."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import run, start, start_on_full_disk
from samples import CAPTURES, DEMO, SAMPLES, inspect
from traffic import Packet, converse, pcap, tls12_turns, write_pcap

from tlsinspect.columns import COLUMNS
from tlsinspect.reading import Reading

FULL_DEVICE = Path("/dev/full")


def conversations(first: int, count: int) -> list[Packet]:
    """Connections at one second's distance, each from a port of its own."""
    found = []
    for number in range(first, first + count):
        found += converse(
            *tls12_turns(), client=("192.0.2.1", 20000 + number), start_ns=1_772_366_400_000_000_000 + number * 10**9
        )
    return found


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A capture with three connections."""
    return write_pcap(tmp_path / "made.pcap", conversations(0, 3))


@pytest.mark.parametrize(
    ("options", "encoded"),
    [
        (["--format", "parquet"], True),
        (["--format", "parquet", "--rows", "version_name == 'TLS 1.2'"], False),
        (["--format", "parquet", "--where", "version_name == 'TLS 1.2'"], False),
        (["--format", "arrow"], False),
    ],
)
def test_rows_are_encoded_for_a_parquet_file_of_all_of_them(
    options: list[str], encoded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[bool] = []
    original = Reading.build_connections

    def build(reading: Reading) -> pa.RecordBatch:
        rows = original(reading)
        built.append(pa.types.is_dictionary(rows.schema.field("version_name").type))
        return rows

    monkeypatch.setattr(Reading, "build_connections", build)
    assert run("export", DEMO, *options, "-o", tmp_path / "out").exit_code == 0
    assert set(built) == {encoded}


@pytest.mark.parametrize("table", COLUMNS)
@pytest.mark.parametrize("format_name", ["csv", "jsonl", "parquet"])
def test_every_table_is_exported_in_every_format(tmp_path: Path, table: str, format_name: str) -> None:
    target = tmp_path / "out"
    result = run("export", DEMO, "--table", table, "--format", format_name, "-o", target)
    assert (result.exit_code, result.output) == (0, "")
    if format_name == "parquet":
        count = pq.read_table(target).num_rows
    elif format_name == "jsonl":
        count = len(target.read_text().splitlines())
    else:
        count = len(rows_of(target.read_text()))
    assert count == len(getattr(inspect("demo.pcapng"), table))


@pytest.mark.parametrize("table", ["connections", "messages", "alerts"])
def test_streamed_rows_are_those_of_the_frame(tmp_path: Path, table: str) -> None:
    target = tmp_path / "out.parquet"
    run("export", DEMO, "--table", table, "--format", "parquet", "-o", target)
    streamed, whole = pq.read_table(target).to_pylist(), inspect("demo.pcapng").arrow(table).to_pylist()
    assert sorted(map(repr, streamed)) == sorted(map(repr, whole))


def test_standard_output_is_the_default_and_csv_the_format(capture: Path) -> None:
    result = run("export", capture)
    assert result.stdout == run("export", capture, "-o", "-", "--format", "csv").stdout
    assert [row["client_port"] for row in rows_of(result.stdout)] == ["20000", "20001", "20002"]


def test_standard_input_is_read_as_dash(capture: Path) -> None:
    result = run("export", "-", "--table", "captures", "--format", "jsonl", input=capture.read_bytes())
    row = json.loads(result.stdout)
    assert (row["capture"], row["sha256"], row["connections"]) == ("-", None, 3)


def test_several_files_a_folder_and_a_glob_are_read_as_one(tmp_path: Path) -> None:
    paths = [write_pcap(tmp_path / f"day-{number}.pcap", conversations(number, 1)) for number in range(3)]
    (tmp_path / "notes.txt").write_text("no capture")
    for named in (paths, [tmp_path], [tmp_path / "day-*.pcap"], [*paths, tmp_path]):
        rows = rows_of(run("export", *named).stdout)
        assert [row["capture"] for row in rows] == ["day-0.pcap", "day-1.pcap", "day-2.pcap"]


def test_ports_option_adds_connections_that_carry_something_else(tmp_path: Path) -> None:
    web = converse(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", server=("198.51.100.1", 8080))
    path = write_pcap(tmp_path / "made.pcap", web)
    assert rows_of(run("export", path).stdout) == []
    for ports in ("8080", "443,8000-8100", " 8080 , 1"):
        assert [row["protocol"] for row in rows_of(run("export", path, "--ports", ports).stdout)] == ["http"]


@pytest.mark.parametrize(
    "ports",
    ["", "https", "443;80", "443,", "-1", "70000", "90-80", "1-2-3", "443.0", "1e3", "9" * 5000, "1-" + "9" * 5000],
)
def test_ports_that_are_none_are_named_in_the_error(capture: Path, ports: str) -> None:
    result = run("export", capture, f"--ports={ports}")
    assert result.exit_code == 2
    assert "--ports" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--table", "sessions"], ["--format", "xml"], ["--no-such-option"], ["--ports"]], ids=" ".join
)
def test_mistakes_in_options_end_with_status_2(capture: Path, arguments: list[str]) -> None:
    result = run("export", capture, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_output_is_left_alone_when_the_capture_is_missing(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_text("yesterday's")
    for table in ("connections", "ports"):
        assert run("export", tmp_path / "missing.pcap", "--table", table, "-o", target).exit_code == 2
        assert target.read_text() == "yesterday's"


@pytest.mark.parametrize("table", ["connections", "ports"])
def test_a_capture_is_never_overwritten_by_its_own_export(capture: Path, table: str) -> None:
    before = capture.read_bytes()
    link = capture.parent / "link.csv"
    link.symlink_to(capture)
    for target in (capture, link):
        result = run("export", capture, "--table", table, "-o", target)
        assert result.exit_code == 2
        assert "overwritten" in result.stderr
        assert capture.read_bytes() == before


def test_output_into_a_folder_that_is_missing_is_one_line(capture: Path, tmp_path: Path) -> None:
    for target in (tmp_path / "missing" / "rows.csv", tmp_path):
        result = run("export", capture, "-o", target)
        assert result.exit_code == 2
        [line] = result.stderr.splitlines()
        assert line.startswith(f"tlsinspect: {target}: cannot be written: ")


@pytest.mark.parametrize("format_name", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(format_name: str, unbuffered: str) -> None:
    if not FULL_DEVICE.exists():
        pytest.skip("this system has no /dev/full")
    with FULL_DEVICE.open("wb") as full:
        environment = {"PYTHONUNBUFFERED": unbuffered}
        process = start("export", DEMO, "--format", format_name, stdout=full, environment=environment)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert errors.decode() == "tlsinspect: standard output: cannot be written: No space left on device\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_ends_the_export_quietly(unbuffered: str) -> None:
    arguments = ("export", DEMO, "--table", "offers", "--format", "jsonl")
    process = start(*arguments, environment={"PYTHONUNBUFFERED": unbuffered})
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=120) == 141


def test_parquet_is_not_written_to_a_terminal(capture: Path) -> None:
    shown, terminal = pty.openpty()
    try:
        process = start("export", capture, "--format", "parquet", stdout=terminal)
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 2
        assert b"-o" in errors
    finally:
        os.close(terminal)
        os.close(shown)


def test_parquet_into_a_pipe_is_whole(capture: Path) -> None:
    output, errors = start("export", capture, "--format", "parquet").communicate(timeout=120)
    assert pq.read_table(io.BytesIO(output)).num_rows == 3
    assert errors == b""


def test_an_interrupted_pipe_of_captures_is_read_to_its_end() -> None:
    """A pipe hands over its octets in pieces, not at packet boundaries."""
    data = pcap(conversations(0, 5))
    process = start("export", "-", stdin=-1)
    assert process.stdin is not None
    for at in range(0, len(data), 777):
        process.stdin.write(data[at : at + 777])
        process.stdin.flush()
    output, _ = process.communicate(timeout=120)
    assert len(rows_of(output.decode())) == 5


@pytest.mark.parametrize("sample", SAMPLES[:40])
def test_csv_of_the_samples_has_a_row_per_connection(sample: str) -> None:
    result = run("export", CAPTURES / sample)
    assert result.exit_code == 0
    assert len(rows_of(result.stdout)) == len(inspect(sample).connections)


@pytest.mark.parametrize("table", ["connections", "messages", "certificates"])
def test_rows_that_are_written_while_reading_need_no_certificates_kept(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings: list[Reading] = []

    class Watched(Reading):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            readings.append(self)

    monkeypatch.setattr("tlsinspect.opening.Reading", Watched)
    output = tmp_path / "rows.parquet"
    assert run("export", DEMO, "--table", table, "--format", "parquet", "-o", output).exit_code == 0
    [reading] = readings
    assert (len(reading.totals.certificates) == 0) == (table != "certificates")
    assert pq.read_metadata(output).num_rows == len(inspect(DEMO).arrow(table))


def test_a_file_where_a_folder_is_to_be_made_is_said(tmp_path: Path) -> None:
    taken = tmp_path / "logs"
    taken.write_bytes(b"")
    told = run("export", DEMO, "--format", "zeek", "-o", taken)
    assert (told.exit_code, told.stderr) == (
        2,
        f"tlsinspect: {taken}: cannot be written: it is a file, and no folder\n",
    )


def test_a_log_stays_as_it_was_where_the_disk_is_full_before_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "ssl.log").write_text("old")
    process = start_on_full_disk(8192, "export", "--format", "zeek", DEMO, "-o", tmp_path)
    _, errors = process.communicate()
    assert (process.returncode, errors.decode()) == (2, f"tlsinspect: {tmp_path}: cannot be written: File too large\n")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("ssl.log", "old")]


@pytest.mark.parametrize(
    "command",
    [
        ("export", "--format", "csv"),
        ("export", "--format", "parquet"),
        ("export", "--format", "eve"),
        ("export", "--table", "certificates"),
        ("extract", "--where", "version > 0"),
        ("chart", "clients"),
    ],
)
def test_a_file_stays_as_it_was_where_the_disk_is_full_before_the_new_one_is_whole(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    output = tmp_path / ("old.svg" if command[0] == "chart" else "old")
    output.write_text("old")
    name, *options = command
    chosen = ([DEMO, *options] if name == "chart" else [*options, DEMO]) + ["-o", output]
    process = start_on_full_disk(8192, name, *chosen)
    _, errors = process.communicate()
    assert process.returncode == 2
    assert errors.decode().splitlines()[-1] == f"tlsinspect: {output}: cannot be written: File too large"
    assert output.read_text() == "old"
    assert list(tmp_path.iterdir()) == [output]
