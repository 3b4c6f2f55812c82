"""tlsinspect answers and show: every command that is printed works, and ambiguity is said."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime
from pathlib import Path

import pytest
from command_line import run
from made_certificates import make_certificate
from samples import CAPTURES
from tls_vectors import server_name
from traffic import converse, tls12_turns, tls13_turns, write_pcap, write_without_times

SAMPLE = CAPTURES / "handshakes" / "suite-rsa-rc4-sha.pcap"


def test_the_command_of_an_answer_lists_its_cases() -> None:
    answers = {each["id"]: each for each in json.loads(run("answers", SAMPLE, "--format", "json").stdout)}
    answer = answers["weak-suites"]
    assert answer["command"] in run("answers", SAMPLE).stdout
    listed = run(*shlex.split(answer["command"])[1:]).stdout.splitlines()
    assert listed[0].startswith("what\twhere\tpacket\t")
    assert [line.split("\t")[0] for line in listed[1:]] == ["RC4"]


def test_a_question_that_does_not_exist_is_refused_with_those_that_do() -> None:
    result = run("answers", SAMPLE, "--cases", "weather")
    assert result.exit_code == 2
    assert "forward-secrecy" in result.stderr


def test_show_tells_the_one_connection_and_lists_candidates_of_several() -> None:
    assert "TLS_RSA_WITH_RC4_128_SHA" in run("show", SAMPLE, "#4").stdout
    result = run("show", CAPTURES / "handshakes" / "ssl2.pcap", "198.51.100.10")
    assert result.exit_code == 2
    assert run("show", SAMPLE, "nobody").exit_code == 2


def test_a_step_too_long_for_its_line_goes_on_below_its_title(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    path = write_pcap(tmp_path / "a.pcap", converse(*tls13_turns(server_name(b"a.example"))))
    lines = run("show", path, "a.example").stdout.splitlines()
    at = next(place for place, line in enumerate(lines) if "Encrypted handshake, then application" in line)
    assert lines[at].index("Encrypted") == lines[at + 1].index("data  900 octets") == 40


@pytest.mark.parametrize("columns", [18, 30])
def test_show_fits_a_terminal_with_less_room_than_its_indent(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    told = run("show", SAMPLE, "1")
    assert told.exit_code == 0, told.output
    assert "ClientHello" in told.stdout.replace("\n", "").replace(" ", "")
    assert max(map(len, told.stdout.splitlines()[:-1])) <= columns  # the filter is one line, to be copied


@pytest.mark.parametrize("valid", [(2020, 2021), (2027, 2028)])
def test_nothing_is_said_of_dates_where_packets_have_no_time(tmp_path: Path, valid: tuple[int, int]) -> None:
    begin, end = (datetime(year, 1, 1) for year in valid)
    shown = make_certificate("www.example", "www.example", validity=(begin, end))
    path = write_without_times(tmp_path / "made.pcapng", converse(*tls12_turns(server_name(b"www.example"), shown)))
    told = [run("summary", path).stdout, run("show", path, "www.example").stdout]
    answers = {each["id"]: each for each in json.loads(run("answers", path, "--format", "json").stdout)}
    dates = answers["certificate-dates"]
    assert (dates["count"], dates["denominator"], dates["unknown_reasons"]) == (0, 0, {"not_captured": 1})
    assert dates["answer"] == "Nothing here can tell."
    for text in told:
        assert not re.search("1970|expired|not yet valid", text)
    checked = run("check", path, "--policy", "pci", "--fail-on", "never").stdout
    assert "not observable  pci-certificate-dates" in checked


def test_a_connection_in_front_of_its_capture_is_told_its_place() -> None:
    path = str(CAPTURES / "handshakes" / "curl-nginx.pcapng")
    told = run("show", "212", path)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "212: no such file or directory; the connection comes last, behind its capture" in told.stderr
    assert "comes last" not in run("show", "gone.pcap", "212").stderr


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    from test_hostile_texts import hostile_packets

    path = write_pcap(tmp_path / "hostile.pcap", hostile_packets())
    texts = [run("answers", path).stdout, run("answers", path, "--cases", "visible").stdout]
    texts += [run("show", path, f"192.0.2.1:{20000 + number}").stdout for number in (0, 2, 14)]
    for text in texts:
        assert text
        assert not any(mark in text for mark in ("\x1b", "\x9b", "\x00", "\r", "\u202e"))
