"""What a notebook shows of an Inspection."""

from __future__ import annotations

from pathlib import Path

import tlsinspect
from tlsinspect.columns import COLUMNS


def glance(*paths: Path) -> str:
    return tlsinspect.read(paths)._repr_html_()


def test_glance_names_every_frame(captures: Path) -> None:
    shown = glance(captures / "variants" / "tcp-reversed.pcap")
    assert all(f"<code>{name}</code>" in shown for name in COLUMNS)


def test_glance_says_what_the_share_rests_on(captures: Path) -> None:
    shown = glance(captures / "variants" / "tcp-client-only.pcap", captures / "handshakes" / "alpn-http11.pcap")
    assert "2 connections with TLS" in shown
    assert "Shares of 1 connection; 1 connection more unknown (50%)" in shown


def test_glance_says_that_nothing_is_there(captures: Path) -> None:
    shown = glance(captures / "variants" / "format-no-packets.pcap")
    assert "Capture quality: no packets" in shown
    assert "nothing to show of 0 connections" in shown


def test_glance_points_to_damage(captures: Path) -> None:
    shown = glance(captures / "variants" / "format-cut.pcap")
    assert "Capture quality: damaged; what could not be read is in <code>problems</code>: 1" in shown


def test_glance_escapes_file_names(captures: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "<img src=x>.pcap"
    hostile.write_bytes((captures / "variants" / "tcp-reversed.pcap").read_bytes())
    shown = glance(hostile)
    assert "<img" not in shown and "&lt;img src=x&gt;" in shown


def test_an_inspection_in_a_debugger_is_one_short_line(captures: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "a\x1b[2J\n.pcap"
    hostile.write_bytes((captures / "handshakes" / "alpn-http11.pcap").read_bytes())
    assert repr(tlsinspect.read(hostile)) == "<Inspection of a\\x1b[2J\\n.pcap: 1 connection, 1 with TLS>"
