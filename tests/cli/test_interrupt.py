"""Ctrl-C: what was read until then is shown."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import start
from traffic import CLIENT, NOON_NS, converse, pcap, tls12_turns

SETTLED_SECONDS = 3.0  # until what was written to a pipe has been read; a program that is slower shows less


def capture_of(count: int) -> bytes:
    return pcap(
        packet
        for number in range(count)
        for packet in converse(*tls12_turns(), client=(CLIENT[0], 20000 + number), start_ns=NOON_NS + number * 10**9)
    )


def interrupt(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Ctrl-C once the program waits for more; its output and what it says of it."""
    time.sleep(SETTLED_SECONDS)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)


@pytest.mark.parametrize("count", [1, 200], ids=["a-few-octets", "many-octets"])
def test_ctrl_c_while_a_pipe_is_silent_shows_what_came(count: int) -> None:
    process = start("export", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(capture_of(count))
    process.stdin.flush()
    output, errors = interrupt(process)
    assert len(list(csv.DictReader(io.StringIO(output.decode())))) == count
    assert errors.decode() == "tlsinspect: interrupted; this is what was read until then\n"
    assert process.returncode == 0


def test_ctrl_c_leaves_a_parquet_file_that_can_be_read(tmp_path: Path) -> None:
    fifo, target = tmp_path / "live.pcap", tmp_path / "rows.parquet"
    os.mkfifo(fifo)
    process = start("export", fifo, "--format", "parquet", "-o", target)
    with fifo.open("wb") as live:
        live.write(capture_of(7))
        live.flush()
        interrupt(process)
    assert pq.read_table(target).num_rows == 7


def test_ctrl_c_before_anything_was_read_ends_with_130() -> None:
    process = start("summary", "-", stdin=subprocess.PIPE)
    output, errors = interrupt(process)
    assert process.returncode == 130
    assert output == b""
    assert b"Traceback" not in errors
