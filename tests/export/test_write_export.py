"""One call writes what the command writes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from pyarrow.feather import read_table as read_feather
from pyarrow.parquet import read_table as read_parquet
from samples import CAPTURES

import tlsinspect
from tlsinspect.export import BINARY, DATABASES, FILES, FOLDERS, FORMATS, write_export

SAMPLE = CAPTURES / "handshakes" / "tls12.pcap"


def content_of(format_name: str, path: Path) -> Any:
    """What is in a file, or in the files of a folder."""
    if format_name in BINARY:
        return (read_parquet if format_name == "parquet" else read_feather)(path)
    return {each.name: each.read_bytes() for each in path.iterdir()} if path.is_dir() else path.read_bytes()


@pytest.mark.parametrize("format_name", [*FORMATS, *FOLDERS, *FILES])
def test_a_call_writes_what_the_command_writes(format_name: str, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    written = write_export(tlsinspect.read(SAMPLE), format_name, str(one))
    done = run("export", SAMPLE, "--format", format_name, "-o", other)
    assert done.exit_code == 0, done.stderr
    assert content_of(format_name, one) == content_of(format_name, other)
    assert sorted(written) == (sorted(one.iterdir()) if format_name in FOLDERS else [one])


@pytest.mark.parametrize("format_name", DATABASES)
def test_a_call_writes_a_database(format_name: str, tmp_path: Path) -> None:
    path = tmp_path / "database"
    assert write_export(tlsinspect.read(SAMPLE), format_name, path) == [path]
    whole = path.stat().st_size
    write_export(tlsinspect.read(SAMPLE), format_name, path, table="certificates")
    assert 0 < path.stat().st_size < whole


def test_another_table_and_a_selection_are_written(tmp_path: Path) -> None:
    inspection = tlsinspect.read(SAMPLE)
    write_export(inspection, "csv", tmp_path / "c.csv", table="certificates")
    assert (tmp_path / "c.csv").read_text().count("\n") > len(inspection.certificates)
    write_export(inspection.where("1 == 2"), "jsonl", tmp_path / "none.jsonl")
    assert (tmp_path / "none.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("format_name", "table", "said"),
    [("xlsx", "", "no format 'xlsx'"), ("eve", "alerts", "rows of its own"), ("zeek", "alerts", "rows of its own")],
)
def test_what_a_format_cannot_hold_is_refused(format_name: str, table: str, said: str, tmp_path: Path) -> None:
    inspection = tlsinspect.read(SAMPLE)
    with pytest.raises(ValueError, match=said):
        write_export(inspection, format_name, tmp_path / "out", table)
    with pytest.raises(KeyError, match="nothing"):
        write_export(inspection, "csv", tmp_path / "out", "nothing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_name", ["csv", "sqlite", "eve"])
def test_a_capture_is_never_overwritten(format_name: str, tmp_path: Path) -> None:
    capture = tmp_path / "own.pcap"
    shutil.copy(SAMPLE, capture)
    link = tmp_path / "link"
    link.symlink_to(capture)
    inspection = tlsinspect.read(capture)
    for path in (capture, link):
        with pytest.raises(ValueError, match="one of the captures"):
            write_export(inspection, format_name, path)
    assert capture.read_bytes() == SAMPLE.read_bytes()
