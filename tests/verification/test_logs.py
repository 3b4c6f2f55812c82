"""`tlsinspect verify` with the logs of Zeek and Suricata that a person has."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from samples import CAPTURES, ROOT
from traffic import write_pcap

import tlsinspect
from tlsinspect import Inspection
from tlsinspect.errors import ToolError
from tlsinspect.verification import lines, verify_eve, verify_zeek
from tlsinspect.verification.eve import read_events
from tlsinspect.verification.eve_reasons import EVE_REASONS
from tlsinspect.verification.logs import Entry, match
from tlsinspect.verification.record import Reason
from tlsinspect.verification.tshark_reasons import TSHARK_REASONS
from tlsinspect.verification.zeek_log import read_zeek_log, unescape
from tlsinspect.verification.zeek_reasons import ZEEK_REASONS

SAMPLES = ("tls12.pcap", "quic-v2.pcap", "client-certificate-tls12.pcap", "dtls12.pcap", "certificate-many-names.pcap")
READ = [CAPTURES / "handshakes" / name for name in SAMPLES]
A, B = ("192.0.2.1", 1000), ("198.51.100.1", 443)


@cache
def inspected() -> Inspection:
    """What is in the samples."""
    return tlsinspect.read(READ)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples' logs, as our own exports write them."""
    folder = tmp_path_factory.mktemp("logs")
    for format_name, target in (("zeek", folder), ("zeek-json", folder / "json"), ("eve", folder / "eve.json")):
        assert run("export", *READ, "--format", format_name, "-o", target).exit_code == 0
    return folder


def test_a_person_reads_that_the_logs_agree(logs: Path) -> None:
    result = run("verify", *READ, "--zeek", logs / "ssl.log", "--zeek", logs / "x509.log", "--eve", logs / "eve.json")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["ssl.log", "x509.log", "eve.json"]
    assert all(line.endswith("0 differences without a known reason, 0 with one") for line in lines)
    assert lines[1].partition(" in ")[2].startswith("7 certificates; ")


def test_a_value_that_differs_is_shown_with_its_packet(logs: Path, tmp_path: Path) -> None:
    changed = tmp_path / "ssl.log"
    changed.write_text((logs / "ssl.log").read_text().replace("\tDTLSv12\t", "\tDTLSv10\t"))
    result = run("verify", *READ, "--zeek", changed)
    assert result.exit_code == 1
    packet = inspected().connections.set_index("version_name").loc["DTLS 1.2", "server_hello_packet"]
    assert f"  packet {packet}: version of " in result.stdout
    assert "    here:   DTLSv12\n    theirs: DTLSv10\n" in result.stdout


def test_text_and_json_logs_are_read_to_the_same_values(logs: Path) -> None:
    for name in ("ssl", "x509", "quic"):
        text, objects = read_zeek_log(logs / f"{name}.log"), read_zeek_log(logs / "json" / f"{name}.log")
        assert (text.name, len(text.rows)) == (name, len(objects.rows))
        for one, other in zip(text.rows, objects.rows, strict=True):
            assert {field: value for field, value in one.items() if value is not None} == {
                field: value for field, value in other.items() if value is not None
            }


def test_a_connection_that_only_one_side_has_is_a_difference(logs: Path, tmp_path: Path) -> None:
    shorter, longer = tmp_path / "shorter.log", tmp_path / "longer.log"
    written = (logs / "ssl.log").read_text().splitlines(keepends=True)
    rows = [number for number, line in enumerate(written) if not line.startswith("#")]
    shorter.write_text("".join(line for number, line in enumerate(written) if number != rows[1]))
    made = written[rows[1]].split("\t")
    longer.write_text(
        "".join([*written[: rows[1]], "\t".join([made[0], made[1], "203.0.113.250", *made[3:]]), *written[rows[1] :]])
    )
    missing = verify_zeek(inspected(), [shorter])[0].unexplained.to_dict("records")
    added = verify_zeek(inspected(), [longer])[0].unexplained.to_dict("records")
    assert [(row["field"], row["ours"], row["theirs"]) for row in missing + added] == [
        ("connection", "1", "0"), ("connection", "0", "1"),
    ]  # fmt: skip


def test_what_lies_outside_the_times_of_a_log_is_not_missed(logs: Path, tmp_path: Path) -> None:
    short = tmp_path / "ssl.log.gz"
    written = (logs / "ssl.log").read_text().splitlines(keepends=True)
    short.write_bytes(gzip.compress("".join(written[:9]).encode()))
    [found] = verify_zeek(inspected(), [short])
    assert (found.matched, len(found.differences)) == (1, 0)


def test_connections_of_the_same_ends_are_told_apart_by_time() -> None:
    def entry(start: int, time: int | None, ends: Any = (A, B)) -> Entry:
        return Entry(ends, time, {}, {"time_start": start * 10**9, "time_end": (start + 5) * 10**9})

    early, late = entry(0, 1), entry(100, 101)
    theirs = [Entry((B, A), 102 * 10**9, {}), Entry((A, B), 3 * 10**9, {}), Entry((A, B), 50 * 10**9, {})]
    pairs, only_ours, only_theirs = match([early, late], theirs)
    assert pairs == [(late, theirs[0]), (early, theirs[1])]
    assert (only_ours, only_theirs) == ([], [theirs[2]])


def test_events_of_suricata_are_compared_as_far_as_they_go(logs: Path, tmp_path: Path) -> None:
    events = [json.loads(line) for line in (logs / "eve.json").read_text().splitlines()]
    for event in events:
        event.get("tls", {}).pop("ja3", None)
    event = next(event for event in events if event["event_type"] == "tls" and "sni" in event["tls"])
    event["tls"]["sni"] = "other.example"
    event["community_id"] = "1:another="
    events += [{"event_type": "flow", "timestamp": event["timestamp"]}]
    path = tmp_path / "eve.json"
    path.write_text("".join(json.dumps(each) + "\n" for each in events))
    found = verify_eve(inspected(), path)
    assert [(row["field"], row["theirs"]) for row in found.unexplained.to_dict("records")] == [
        ("tls.sni", "other.example")
    ]
    assert found.differences["reason"].dropna().tolist() == ["Suricata's community_id was made with another seed"]
    assert run("verify", *READ, "--eve", path).exit_code == 1


def zeek_row(time: str) -> str:
    """A log of Zeek's with a row of this time."""
    ends = "id.orig_h\tid.orig_p\tid.resp_h\tid.resp_p"
    return f"#path\tssl\n#fields\tts\t{ends}\tcipher\n{time}\t192.0.2.1\t1\t192.0.2.2\t443\tx\n"


def json_row(**values: object) -> str:
    """The same as JSON, with other values."""
    ends = {"id.orig_h": "192.0.2.1", "id.orig_p": 1, "id.resp_h": "192.0.2.2", "id.resp_p": 443}
    return json.dumps({"ts": 1.5, **ends, "cipher": "x", **values}) + "\n"


def eve_event(**values: object) -> str:
    """An event of Suricata's with these values."""
    return json.dumps({"event_type": "tls", "src_ip": "192.0.2.1", "dest_ip": "192.0.2.2", **values}) + "\n"


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--zeek", "#fields\ta\tb\nx\n", "is no log of Zeek's: a row has 1 fields where 2 were announced"),
        ("--zeek", '{"host":"x"}\n', "is no log of Zeek's: its fields are those of none of ssl, x509, quic"),
        ("--zeek", "#path\tssl\n#fields\tts\tresumed\n1.0\tmaybe\n", "is no log of Zeek's"),
        ("--zeek", '{"ts":1,"cipher":"x"}\n5\n', "is no log of Zeek's: a line is no object"),
        ("--zeek", '{"ts":1,"cipher":"x"}\n', "is no log of Zeek's: it lacks the field id.orig_h"),
        ("--zeek", '{"cipher":' + "[" * 100_000 + "]" * 100_000 + "}\n", "an object in it is nested too deeply"),
        ("--zeek", zeek_row("1e999999999"), "a time is no number of seconds"),
        ("--zeek", zeek_row("1e990000") * 100, "a time is no number of seconds"),
        ("--zeek", json_row(ts=1e300), "a time is no number of seconds"),
        ("--zeek", json_row(ts=float("nan")), "a time is no number of seconds"),
        ("--zeek", json_row(resumed=1), "a value is no bool"),
        ("--zeek", json_row(**{"id.orig_p": [1]}), "a value is no port"),
        ("--zeek", json_row(cert_chain_fps="x"), "a value is no vector[string]"),
        ("--zeek", json_row(cert_chain_fps=[{}]), "a value is no vector[string]"),
        ("--zeek", '{"fingerprint":["x"],"certificate.serial":"00"}', "a value is no string"),
        ("--eve", "hello\n", "is no eve.json"),
        ("--eve", "[1]\n", "is no eve.json: a line is no object"),
        ("--eve", "{}\n", "is no eve.json: a line is no event"),
        ("--eve", eve_event(src_ip=None), "an event has a src_ip that is none, or lacks it"),
        ("--eve", eve_event(src_port="a"), "an event has a src_port that is none, or lacks it"),
        ("--eve", eve_event(timestamp="x"), "is no eve.json: Invalid isoformat string: 'x'"),
        ("--eve", eve_event(tls=[1]), "an event has a tls that is none, or lacks it"),
        ("--eve", '{"event_type":"tls","tls":' + '{"a":' * 100_000 + "1" + "}" * 100_001, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_such_log_is_one_line(tmp_path: Path, option: str, text: str, said: str) -> None:
    path = tmp_path / "log"
    path.write_text(text)
    empty = write_pcap(tmp_path / "empty.pcap", [])
    result = run("verify", empty, option, path)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_logs_that_went_through_windows_are_read_as_they_were(logs: Path, tmp_path: Path) -> None:
    for name in ("ssl.log", "x509.log", "json/ssl.log"):
        changed = tmp_path / "log"
        changed.write_bytes(b"\xef\xbb\xbf" + (logs / name).read_bytes().replace(b"\n", b"\r\n"))
        assert read_zeek_log(changed) == read_zeek_log(logs / name)
        changed.write_bytes(gzip.compress(changed.read_bytes()))
        assert read_zeek_log(changed) == read_zeek_log(logs / name)
    events = tmp_path / "eve.json"
    events.write_bytes(b"\xef\xbb\xbf" + (logs / "eve.json").read_bytes().replace(b"\n", b"\r\n"))
    assert read_events(events) == read_events(logs / "eve.json")


def test_a_missing_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot be read"):
        verify_zeek(inspected(), [tmp_path / "none.log"])


def test_escapes_of_a_log_are_undone() -> None:
    assert unescape(r"a\x09b\\x41 \xc3\xa9 \xff") == "a\tb\\x41 é \\xff"


@pytest.mark.parametrize("reasons", [TSHARK_REASONS, ZEEK_REASONS, EVE_REASONS], ids=["tshark", "zeek", "eve"])
def test_every_reason_is_in_the_documentation(reasons: tuple[Reason, ...]) -> None:
    page = (ROOT / "docs" / "verify.md").read_text()
    assert [reason.text for reason in reasons if f"| {reason.text}" not in page] == []


@pytest.mark.parametrize("cut", [lambda zipped: zipped[:-10], lambda zipped: zipped[:20] + b"\xff" * 50])
def test_a_damaged_gzip_file_is_one_line(tmp_path: Path, cut: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "ssl.log.gz"
    path.write_bytes(cut(gzip.compress(json_row().encode() * 100)))
    result = run("verify", write_pcap(tmp_path / "empty.pcap", []), "--zeek", path)
    assert result.exit_code == 2
    assert "cannot be read: " in result.stderr and result.stderr.count("\n") == 1


def test_a_gzip_file_that_becomes_a_thousand_times_as_much_costs_a_line_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1 << 17)
    path = tmp_path / "eve.json.gz"
    with gzip.open(path, "wb") as out:
        out.write(b'{"event_type":"flow"}\n' * 50_000)
        out.write(bytes(lines.LONGEST_LINE + 1))
    tracemalloc.start()
    with pytest.raises(ToolError, match="a line has more than"):
        read_events(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * lines.LONGEST_LINE


def test_a_log_with_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_ROWS", 2)
    path = tmp_path / "log"
    for text, read in ((json_row(), read_zeek_log), (zeek_row("1.5"), read_zeek_log), (eve_event(), read_events)):
        last = text.splitlines()[-1] + "\n"
        path.write_text(text + last)
        read(path)
        path.write_text(text + 2 * last)
        with pytest.raises(ToolError, match="more than 2 rows"):
            read(path)


def test_half_of_a_surrogate_pair_in_an_event_is_shown_as_its_escape(logs: Path, tmp_path: Path) -> None:
    events = [json.loads(line) for line in (logs / "eve.json").read_text().splitlines()]
    event = next(event for event in events if "sni" in event.get("tls", {}))
    event["tls"]["sni"] = "\ud800"
    path = tmp_path / "eve.json"
    path.write_text("".join(json.dumps(each) + "\n" for each in [*events, json.loads(eve_event(src_ip="\udfff"))]))
    found = verify_eve(inspected(), path).unexplained.to_dict("records")
    assert [row["theirs"] for row in found if row["field"] == "tls.sni"] == ["\\ud800"]
    assert "\\udfff" in found[-1]["subject"]
