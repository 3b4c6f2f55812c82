"""Ctrl-C: what was read until then is shown."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq
import pytest
from command_line import start
from traffic import CLIENT, NOON_NS, converse, pcap, tls12_turns

POLL_SECONDS = 0.02
QUIET_POLLS = 15  # in a row: so long does nothing sleep but a program that waits for more
PATIENCE_SECONDS = 120.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc tells what a program waits for")


def capture_of(count: int) -> bytes:
    return pcap(
        packet
        for number in range(count)
        for packet in converse(*tls12_turns(), client=(CLIENT[0], 20000 + number), start_ns=NOON_NS + number * 10**9)
    )


def start_interruptible(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """A running process that Ctrl-C reaches, although the tests may run in the background, where it is ignored."""
    return start(*arguments, **options, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def interrupt(process: subprocess.Popen[bytes], pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """Ctrl-C once the program has taken all that is in a pipe and waits for more; its output and what it says."""
    wait_until_idle(process.pid, pipe)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=120)


def wait_until_idle(pid: int, pipe: IO[bytes]) -> None:
    """Return once the pipe is empty and the process has slept for a while; starting up it runs, or waits for a disk."""
    quiet, patience = 0, time.monotonic() + PATIENCE_SECONDS
    while quiet < QUIET_POLLS:
        assert time.monotonic() < patience
        time.sleep(POLL_SECONDS)
        left = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        quiet = quiet + 1 if not left and state == "S" else 0


@pytest.mark.parametrize("count", [1, 200], ids=["a-few-octets", "many-octets"])
def test_ctrl_c_while_a_pipe_is_silent_shows_what_came(count: int) -> None:
    process = start_interruptible("export", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(capture_of(count))
    process.stdin.flush()
    output, errors = interrupt(process, process.stdin)
    assert len(list(csv.DictReader(io.StringIO(output.decode())))) == count
    assert errors.decode() == "tlsinspect: interrupted; this is what was read until then\n"
    assert process.returncode == 0


def test_ctrl_c_leaves_a_parquet_file_that_can_be_read(tmp_path: Path) -> None:
    fifo, target = tmp_path / "live.pcap", tmp_path / "rows.parquet"
    os.mkfifo(fifo)
    process = start_interruptible("export", fifo, "--format", "parquet", "-o", target)
    with fifo.open("wb") as live:
        live.write(capture_of(7))
        live.flush()
        interrupt(process, live)
    assert pq.read_table(target).num_rows == 7


def test_ctrl_c_before_anything_was_read_ends_with_130() -> None:
    process = start_interruptible("summary", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    output, errors = interrupt(process, process.stdin)
    assert process.returncode == 130
    assert output == b""
    assert b"Traceback" not in errors
