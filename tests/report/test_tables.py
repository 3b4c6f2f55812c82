"""What the page says of single rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from synthetic import NOON, make_connection, make_failed_connection, make_frames

from tlsinspect.charts import compose_chart
from tlsinspect.report.findings import build_subject
from tlsinspect.report.html import template_environment
from tlsinspect.report.notable import FAILURES, find_notable
from tlsinspect.report.tables import (
    Table,
    certificate_remarks,
    certificates_table,
    failures_table,
    numbers_table,
    problems_table,
)

PLAIN: dict[str, Any] = dict.fromkeys(
    (
        "first_seen", "last_seen", "not_before", "not_after", "self_signed", "key_type", "key_bits",
        "signature_algorithm", "is_ca", "issue",
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("certificate", "remark"),
    [
        ({"key_type": "RSASSA-PSS", "key_bits": 1024}, "small key"),
        ({"key_type": "RSASSA-PSS", "key_bits": 2048}, ""),
        ({"key_type": "EC", "key_bits": 192}, "small key"),
        ({"key_type": "EC", "key_bits": 224}, ""),
        ({"signature_algorithm": "RSASSA-PSS-SHA1"}, "broken signature hash"),
        ({"signature_algorithm": "ecdsa-with-SHA1"}, "broken signature hash"),
        ({"signature_algorithm": "md5WithRSAEncryption"}, "broken signature hash"),
        ({"signature_algorithm": "md5WithRSAEncryption", "self_signed": True}, "self-signed"),
        ({"signature_algorithm": "RSASSA-PSS-SHA256"}, ""),
    ],
)
def test_small_keys_and_broken_hashes_stand_out_however_they_are_named(
    certificate: dict[str, Any], remark: str
) -> None:
    assert certificate_remarks(PLAIN | certificate) == remark


def test_what_cannot_be_read_of_a_certificate_is_not_nothing() -> None:
    known = {"sha256": "aa", "san_dns": [], "san_ip": [], "validity_days": 90.0}
    rows = certificates_table(make_frames(certificates=[known, {"sha256": "bb"}])).rows
    dates, names = zip(*((row[2], row[3]) for row in rows), strict=True)
    assert names == ("0", "") and [each[1] for each in dates] == ["90 days", ""]


def test_a_failure_stands_with_the_packet_that_shows_it() -> None:
    failures = find_notable(make_frames(connections=[make_failed_connection(1, failure_packet=15)]), FAILURES)
    ((_, _, connections, packet, _),) = failures_table(failures).rows
    assert (connections, packet[0]) == (("1", "from 1 client"), "15")
    ((_, _, _, none, _),) = failures_table([replace(failures[0], packet=None)]).rows
    assert none[0] == ""


@pytest.mark.parametrize(("number", "shown"), [(5, "1, 2, 3, 4, 5"), (6, "1, 2, 3, 4, 5, …")])
def test_of_a_findings_packets_five_are_shown_and_that_there_are_more(number: int, shown: str) -> None:
    row = {
        "subject": "198.51.100.1:443", "subject_kind": "server", "connections": number, "hosts": None,
        "packets": [*range(1, number + 1)], "evidence": "",
    }  # fmt: skip
    assert build_subject(row, {}).packets == shown


def test_problems_that_differ_by_their_place_alone_are_one_row_with_the_first_packet() -> None:
    gap = {"capture": "a.pcap", "layer": "tcp", "kind": "gap", "expected": "1 octet"}
    rows = [
        gap | {"packet": 9, "offset": 5, "count": 2},
        gap | {"packet": 4, "offset": 7},
        gap,
        gap | {"capture": "b.pcap", "packet": 1},
    ]
    table = problems_table(make_frames(problems=rows))  # type: ignore[arg-type]
    assert [(row[0], row[4], row[5], row[6]) for row in table.rows] == [
        ("4", "a.pcap", "4", "7"), ("1", "b.pcap", "1", ""),
    ]  # fmt: skip


def test_digests_and_times_among_the_numbers_of_a_chart_are_set_as_such() -> None:
    certificate = {"sha256": "aa", "not_before": NOON, "not_after": NOON, "validity_days": 399.0}
    frames = make_frames(connections=[make_connection(0, certificate_sha256s=["aa"])], certificates=[certificate])
    table = numbers_table(compose_chart("certificate-lifetimes", frames))
    assert dict(table.columns) == {
        "issued": "dates", "days": "number", "limit days": "number", "category": "", "sha256": "code",
    }  # fmt: skip


@pytest.mark.parametrize(("number", "words"), [(1, "1 more row is in"), (2000, "2,000 more rows are in")])
def test_rows_left_out_are_counted_in_english(number: int, words: str) -> None:
    macro = template_environment().get_template("table.html").module.table  # type: ignore[attr-defined]
    page = macro(Table((("port", ""),), [["443/tcp"]], "tables/ports.csv", number), "Ports")
    assert f'{words} <a href="tables/ports.csv">' in page
