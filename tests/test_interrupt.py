"""Ctrl-C: what was read until then is shown."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq
import pytest
from command_line import run, start
from samples import CAPTURES
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


WRITING = """
import os, signal, sys
from tlsinspect import cli, reading
from tlsinspect.export import parquet
from tlsinspect.store import stored

signal.signal(signal.SIGINT, signal.default_int_handler)
reading.ROWS_PER_BATCH, reading.PACKETS_PER_STEP = 7, 100

class Interrupted(parquet.ParquetWriter):
    count = 0

    def write(self, rows):
        super().write(rows)
        self.count += 1
        for _ in range({signals} if self.count == 2 else 0):
            os.kill(os.getpid(), signal.SIGINT)

    def close(self):
        for _ in range({closing}):
            os.kill(os.getpid(), signal.SIGINT)
        super().close()

parquet.ParquetWriter = Interrupted
cli.main(sys.argv[1:], prog_name="tlsinspect")
"""


def interrupted_writing(
    target: Path, capture: Path, signals: int, closing: int = 0
) -> subprocess.CompletedProcess[str]:
    """An export of one process that is interrupted so often when its second batch was written, or while it ends."""
    program = WRITING.format(signals=signals, closing=closing)
    command = ["export", str(capture), "--format", "parquet", "-o", str(target), "--processes", "1"]
    return subprocess.run([sys.executable, "-c", program, *command], check=False, capture_output=True, text=True)


def test_ctrl_c_while_rows_are_written_ends_the_reading_and_the_file(tmp_path: Path) -> None:
    target = tmp_path / "rows.parquet"
    process = interrupted_writing(target, CAPTURES / "demo.pcapng", 1)
    assert process.stderr == "tlsinspect: interrupted; this is what was read until then\n"
    assert process.returncode == 0
    assert 14 <= pq.read_table(target).num_rows < 500


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    process = interrupted_writing(tmp_path / "rows.parquet", CAPTURES / "demo.pcapng", 2)
    assert (process.returncode, process.stderr) == (130, "")


def test_ctrl_c_when_all_is_read_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "rows.parquet"
    process = interrupted_writing(target, CAPTURES / "demo.pcapng", 0, closing=1)
    assert (process.returncode, process.stderr) == (0, "")
    assert pq.read_table(target).num_rows > 500


def test_ctrl_c_while_rows_of_a_store_are_written_ends_the_file(tmp_path: Path) -> None:
    store, target = tmp_path / "store", tmp_path / "rows.parquet"
    captures = [CAPTURES / "variants" / name for name in ("rotated-1.pcap", "rotated-2.pcap")]
    assert run("ingest", *captures, CAPTURES / "demo.pcapng", "--store", store).exit_code == 0
    process = interrupted_writing(target, store, 1)
    assert process.returncode == 0
    assert process.stderr == "tlsinspect: interrupted; this is what was read until then\n"
    assert pq.read_table(target).num_rows > 0


STARTING = """
import os, signal, sys
from tlsinspect import __main__ as program

class Interrupting:
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting)
program.run()
"""


@pytest.mark.parametrize(
    ("module", "option"),
    [
        *((module, option) for module in ("click", "tlsinspect.cli.summary") for option in ("-h", "summary")),
        *((module, "summary") for module in ("tlsinspect.cli", "tlsinspect.reading", "rich.console")),
    ],
)
def test_ctrl_c_while_a_command_starts_ends_with_130_and_no_word(module: str, option: str) -> None:
    words = [option] if option == "-h" else [option, str(CAPTURES / "handshakes" / "tls12.pcap")]
    process = subprocess.run(
        [sys.executable, "-c", STARTING.format(module=module), *words], check=False, capture_output=True, text=True
    )
    assert (process.returncode, process.stdout, process.stderr) == (130, "", "")
