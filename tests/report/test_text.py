"""The summary: one screen, and nothing in it that acts."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from samples import inspect

from tests.synthetic import MadeFrames, make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect import Inspection
from tlsinspect.report.inspected import Inspected
from tlsinspect.report.text import render_summary
from tlsinspect.statistics import build_shares
from tlsinspect.statistics.wording import share_text

HOSTILE = "[bold red]x[/]\x1b[2J\u202e\n[link=http://x]"


def printed(inspection: Inspected, width: int = 80, colour: bool = False) -> str:
    """The summary as it is printed."""
    out = StringIO()
    system = "truecolor" if colour else None
    Console(file=out, width=width, force_terminal=colour, color_system=system).print(render_summary(inspection))  # type: ignore[arg-type]
    return out.getvalue()


def made(**values: object) -> MadeFrames:
    """A few connections and their capture."""
    rows = [make_connection(0, **values), make_old_connection(1, server_name="old.example"), make_failed_connection(2)]
    capture = {"capture": "made.pcapng", "packets": 120, "quality": "complete", "connections": 3}
    start, end = rows[0]["time_start"], rows[-1]["time_end"]
    return make_frames(connections=rows, captures=[capture | {"time_start": start, "time_end": end}])


def secrecy(unseen: dict[str, None]) -> str:
    """The summary of one connection with secrecy, one without, and two of which not all is seen."""
    hidden = unseen | {"unknown_reasons": [(name, "gap") for name in unseen]}
    rows = [make_connection(0), make_old_connection(1), make_connection(2, **hidden), make_connection(3, **hidden)]
    return printed(make_frames(connections=rows))


def test_summary_of_the_demo_fits_a_small_terminal(demo: Inspection) -> None:
    lines = printed(demo).splitlines()
    assert len(lines) <= 23
    assert max(len(line) for line in lines) <= 80


def test_summary_of_the_demo_fits_a_large_terminal(demo: Inspection) -> None:
    lines = printed(demo, 120).splitlines()
    assert len(lines) <= 39
    assert max(len(line) for line in lines) <= 120


def test_a_narrow_summary_names_every_severity_and_the_next_commands(demo: Inspection) -> None:
    text = printed(demo, 60)
    assert "low, 8 info" in " ".join(text.split())
    assert "tlsinspect show CAPTURE PACKET" in text
    assert "(packet 6)" in text and "connections, packet" in printed(demo, 80)


@pytest.mark.parametrize("width", [40, 50, 200])
def test_summary_keeps_to_the_width(demo: Inspection, width: int) -> None:
    assert max(len(line) for line in printed(demo, width).splitlines()) <= width


def test_summary_has_the_shares_of_versions(demo: Inspection) -> None:
    shares = build_shares("versions", demo)
    share = share_text(shares.count_of("TLS 1.3"), shares.denominator)
    assert re.search(rf"^Versions +TLS 1\.3 +{share} +{shares.count_of('TLS 1.3')} ", printed(demo), re.MULTILINE)


def test_summary_says_for_how_many_secrecy_is_known() -> None:
    unseen = {"forward_secrecy": None, "post_quantum": None}
    assert "(known for" not in printed(made())
    assert re.search(r"^Secrecy +\(known for 50%\) 50% forward secret, 0% post-quantum", secrecy(unseen), re.MULTILINE)
    half = secrecy({"post_quantum": None})
    assert re.search(r"^Secrecy +75% forward secret, 0% post-quantum \(known for 50%\)", half, re.MULTILINE)


def test_summary_says_what_the_capture_is() -> None:
    text = printed(made())
    assert text.splitlines()[0] == "made.pcapng"
    assert "120 packets, 3 connections, 3 with TLS, 2026-03-01 12:00 UTC" in text


def test_summary_of_some_connections_gives_them_no_packets_of_others() -> None:
    text = printed(replace(made(), selection="version == 0x0304"))
    assert "120 packets read, 3 connections selected, 3 with TLS, 2026-03-01 12:00 UTC" in text


def test_a_root_that_is_sent_along_is_no_self_signed_certificate_of_the_summary() -> None:
    assert "3 in the clear\n" in printed(inspect("handshakes/certificate-wrong-order.pcap"))
    assert "1 in the clear, 1 self-signed" in printed(inspect("handshakes/certificate-self-signed.pcap"))
    assert "1 self-signed" in printed(inspect("handshakes/client-certificate-self-signed.pcap"))


def test_a_packet_of_the_weak_is_said_to_be_of_its_capture_where_there_are_several() -> None:
    rows = [make_old_connection(1, server_name="old.example", capture="b.pcap")]
    captures = [{"capture": name, "packets": 9, "quality": "complete"} for name in ("a.pcap", "b.pcap")]
    assert "(1 connection, packet 16 of b.pcap)" in printed(make_frames(connections=rows, captures=captures), 100)
    assert "(1 connection, packet 16)" in printed(make_frames(connections=rows, captures=captures[1:]), 100)
    assert "(packet 16 of b.pcap)" in printed(make_frames(connections=rows, captures=captures), 60)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("uplink-of-the-office_00001_20261122080443.pcap", "uplink-of-the-office_00002_20261122081427.pcap"),
         "…001_20261122080443.pcap"),
        (("uplink-of-the-office.pcap1", "uplink-of-the-office.pcap2"), "…ink-of-the-office.pcap1"),
        (("a-name-that-nobody-can-read-at-once.pcap", "b.pcap"), "a-name-that-nobo…ce.pcap"),
        (("uplink-2026-11-22.pcap", "uplink-2026-11-23.pcap"), "uplink-2026-11-22.pcap"),
    ],
)  # fmt: skip
def test_of_a_long_name_what_tells_it_from_the_other_captures_is_shown(names: tuple[str, ...], told: str) -> None:
    rows = [make_old_connection(1, server_name="old.example", capture=names[0])]
    captures = [{"capture": name, "packets": 9, "quality": "complete"} for name in names]
    assert f"packet 16 of {told})" in printed(make_frames(connections=rows, captures=captures), 120)
    assert len(told) <= 24


def test_summary_names_the_weak_with_the_packet_that_shows_it() -> None:
    assert "old.example: RC4; TLS 1.0; no forward secrecy (1 connection, packet 16)" in printed(made(), 100)


def test_summary_leaves_failures_to_their_own_line() -> None:
    text = printed(make_frames(connections=[make_failed_connection(0)]))
    assert "nothing that stands out" in text
    assert "alert protocol_version from server 100%" in text


def test_summary_says_how_much_of_an_answer_is_known() -> None:
    unknown = make_connection(0, ja4=None, group_name=None, certificate_sha256s=["aa"])
    frames = make_frames(
        connections=[unknown, make_connection(1, unknown_reasons=[("certificate_sha256s", "encrypted")])],
        certificates=[{"sha256": "aa", "issuer": "O=Example"}],
    )
    assert "(known for 50%) Example 100%" in printed(frames)


def test_summary_says_that_connections_are_not_whole() -> None:
    rows = [make_connection(0), make_connection(1, gap=True)]
    assert "50% of TLS connections whole, 1 lacking segments, everything could be read" in printed(
        make_frames(connections=rows), 100
    )


def test_summary_says_what_is_secret_of_which_part_on_a_narrow_terminal_too() -> None:
    unknown = [make_connection(place, forward_secrecy=None) for place in range(2)]
    told = printed(make_frames(connections=[make_connection(2), *unknown, make_connection(3, post_quantum=None)]))
    assert "forward secret (known for 50%)" in told and "post-quantum (known for 75%)" in told


def test_summary_names_other_protocols_and_other_ports() -> None:
    rows = [make_connection(0), make_connection(1, protocol="ssh"), make_connection(2, server_port=993)]
    assert "443/tcp ssh 50% + tls 50%, 993/tcp TLS too" in printed(make_frames(connections=rows), 120)


@pytest.mark.parametrize("colour", [False, True])
def test_summary_prints_hostile_names_as_plain_text(colour: bool) -> None:
    text = printed(made(server_name=HOSTILE, ja4=HOSTILE), 120, colour)
    assert "[bold red]x[/]\\x1b[2j\\u202e\\n[link=http://x]" in text  # names are counted in small letters
    assert "\x1b[2j" not in text.lower()
    assert "\u202e" not in text


def test_summary_of_nothing_says_so() -> None:
    text = printed(make_frames())
    assert "no capture" in text
    assert "nothing to say" in text


def test_summary_copes_with_nothing_but_nulls() -> None:
    frames = make_frames(connections=[{"connection_id": "0", "protocol": "tls"}], ports=[], captures=[{}])
    assert "unknown for 1 connection" in printed(frames)


def test_a_capture_with_problems_is_not_called_complete() -> None:
    capture = {"capture": "made.pcapng", "packets": 120, "quality": "complete", "connections": 0}
    told = printed(make_frames(captures=[capture], problems=[{"capture": "made.pcapng", "count": 1200}]))
    assert "Quality       1,200 problems (export --table problems)" in told and "complete" not in told
    assert "complete, everything could be read" in printed(make_frames(captures=[capture]))
