"""tlsinspect quantum: text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter

from command_line import run
from samples import CAPTURES, DEMO

from tlsinspect.compliance.quantum_text import SHOWN

HOSTS = ("--format", "csv", "--frame", "hosts")
HYBRID = CAPTURES / "handshakes" / "hybrid-retry.pcapng"
OLD = CAPTURES / "handshakes" / "ssl3.pcap"


def test_text_has_a_row_per_class_and_the_servers_to_migrate() -> None:
    result = run("quantum", OLD)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1].startswith("no forward secrecy") and "1  100% (21 to 100%)" in lines[1]
    assert "Migrate first, of 1 server with something to migrate" in lines
    assert any("1 connection and" in line and "without forward secrecy, packet 6" in line for line in lines)
    told = run("quantum", OLD, HYBRID).stdout
    assert "without forward secrecy, packet 6 of ssl3.pcap\n" in told


def test_what_is_left_out_is_counted_and_said_where_to_be_found() -> None:
    lines = run("quantum", DEMO).stdout.splitlines()
    rows = list(csv.DictReader(io.StringIO(run("quantum", DEMO, "--format", "csv").stdout)))
    assert f"  and {len(rows) - SHOWN:,} more; --format csv lists all" in lines and len(rows) > SHOWN
    told = run("whatif", DEMO, "--drop", "TLS 1.2").stdout
    rest = re.findall(r"and ([0-9]+) more; --format csv --frame hosts lists all", told)
    hosts = csv.DictReader(io.StringIO(run("whatif", DEMO, "--drop", "TLS 1.2", *HOSTS).stdout))
    counts = Counter(row["kind"] for row in hosts)
    assert [int(each) for each in rest] == [count - 8 for count in counts.values() if count > 8] and rest
    told = run("check", DEMO, "--policy", "bcp195").stdout
    hosts = csv.DictReader(io.StringIO(run("check", DEMO, "--policy", "bcp195", *HOSTS).stdout))
    assert f"  and {len([*hosts]) - 10} more hosts; --format csv --frame hosts lists all\n" in told


def test_what_is_post_quantum_is_not_to_be_migrated() -> None:
    made = json.loads(run("quantum", HYBRID, "--format", "json").stdout)
    classes = {row["protection"]: row["connections"] for row in made["classes"]}
    assert classes["post-quantum"] == 1 and made["servers"] == []


def test_csv_has_the_frame_that_was_asked_for() -> None:
    rows = list(csv.DictReader(io.StringIO(run("quantum", OLD, "--format", "csv").stdout)))
    assert len(rows) == 1 and rows[0]["no_secrecy_connections"] == "1"
    rows = list(csv.DictReader(io.StringIO(run("quantum", OLD, "--format", "csv", "--frame", "classes").stdout)))
    assert [row["connections"] for row in rows] == ["1", "0", "0", "0"]
