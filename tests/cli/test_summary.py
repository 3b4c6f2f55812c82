"""tlsinspect summary: one screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from command_line import run, start
from samples import CAPTURES, SAMPLES, inspect
from traffic import converse, tls12_turns, tls13_turns, write_pcap

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Two connections of TLS 1.2 and one of TLS 1.3."""
    packets = []
    for number, turns in enumerate((tls12_turns(), tls12_turns(), tls13_turns())):
        packets += converse(*turns, client=("192.0.2.1", 20000 + number))
    return write_pcap(tmp_path / "made.pcap", packets)


def on_a_terminal(*arguments: object, environment: dict[str, str | None]) -> str:
    """What a command shows on a terminal of 100 columns."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    settings: dict[str, str | None] = {"TERM": "xterm-256color", "COLUMNS": None, "NO_COLOR": None, "FORCE_COLOR": None}
    process = start(*arguments, stdout=terminal, stderr=subprocess.DEVNULL, environment=settings | environment)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(master)
    assert process.wait(timeout=120) == 0
    return shown.decode()


def test_summary_names_versions_with_count_and_share(capture: Path) -> None:
    text = run("summary", capture).stdout
    assert re.search(r"TLS 1\.2 +67% +2\b", text)
    assert re.search(r"TLS 1\.3 +33% +1\b", text)
    assert "3 connections, 3 with TLS" in text


@pytest.mark.parametrize("sample", SAMPLES[::5])
def test_summary_of_each_sample_fits_a_screen_and_ends_well(sample: str) -> None:
    result = run("summary", CAPTURES / sample)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert Path(sample).name in lines[0]
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_several_captures_are_one_summary(capture: Path, tmp_path: Path) -> None:
    other = write_pcap(tmp_path / "other.pcap", converse(*tls13_turns(), client=("192.0.2.9", 30000)))
    assert "4 connections, 4 with TLS" in run("summary", capture, other).stdout
    assert "4 connections, 4 with TLS" in run("summary", tmp_path).stdout


def test_standard_input_is_summed_up_too(capture: Path) -> None:
    assert "3 connections, 3 with TLS" in run("summary", "-", input=capture.read_bytes()).stdout


def test_a_capture_without_tls_says_so(tmp_path: Path) -> None:
    web = converse(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", server=("198.51.100.1", 80))
    result = run("summary", write_pcap(tmp_path / "web.pcap", web))
    assert result.exit_code == 0
    assert re.search(r"no TLS|0 with TLS", result.stdout)


def test_a_pipe_gets_no_colours(capture: Path) -> None:
    output, _ = start("summary", capture, environment={"FORCE_COLOR": None}).communicate(timeout=120)
    assert b"\x1b" not in output


def test_a_terminal_gets_colours_unless_no_color_is_set(capture: Path) -> None:
    coloured = on_a_terminal("summary", capture, environment={})
    plain = on_a_terminal("summary", capture, environment={"NO_COLOR": "1"})
    assert re.search(r"\x1b\[[0-9;]*3[0-9]", coloured)
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|38;)", plain)
    assert COLOUR.sub("", plain) == COLOUR.sub("", coloured)


def test_summary_tells_as_many_connections_as_the_frame() -> None:
    inspection = inspect("demo.pcapng")
    total = int(inspection.ports["connections"].sum())
    assert f"{total} connections" in run("summary", CAPTURES / "demo.pcapng").stdout
