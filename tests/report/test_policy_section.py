"""The page's policy section: what BCP 195 says of the connections, and what could be read later."""

from __future__ import annotations

from pathlib import Path

from tests.synthetic import make_connection, make_frames, make_old_connection
from tlsinspect import Inspection
from tlsinspect.report.policy import build_policy_section


def test_section_has_what_the_check_finds(demo: Inspection) -> None:
    made, check = build_policy_section(demo), demo.check("bcp195")
    failed = [row for row in check.requirement_table.to_pylist() if row["verdict"] == "fail"]
    assert len(made.failed.rows) == len(failed) and made.failed.rows[0][1] == "critical"
    assert [title for title, _ in made.others] == ["Passed", "Not observable"]  # whether servers speak DTLS 1.3
    assert len(made.hosts.rows) + made.hosts.left_out == check.host_table.num_rows
    assert len(made.servers.rows) == 20 and made.servers.left_out == demo.quantum().server_table.num_rows - 20
    plain_psk = 27  # tshark: suites with a pre-shared key alone, which fail nothing else
    assert made.summary.startswith(f"519 connections with TLS: {113 + plain_psk} fail a requirement")


def test_tables_beside_the_page_have_all_rows(report: Path) -> None:
    tables = report.parent / "tables"
    assert (tables / "policy-requirements.csv").read_text(encoding="utf-8").count("bcp195-") >= 22
    assert (tables / "quantum-servers.csv").exists()
    page = report.read_text(encoding="utf-8")
    assert '<section id="policy">' in page and 'href="tables/policy-hosts.csv"' in page


def test_a_capture_without_tls_has_no_rows() -> None:
    made = build_policy_section(make_frames())
    assert made.failed.rows == made.hosts.rows == made.classes.rows == made.servers.rows == []
    assert made.summary == "There is no connection with TLS to judge."


def test_unknown_places_stay_unknown() -> None:
    nowhere = dict.fromkeys(("server_hello_packet", "client_hello_packet", "first_packet"))
    rows = [make_old_connection(1, **nowhere), make_connection(2, post_quantum=None)]
    made = build_policy_section(make_frames(connections=rows))
    assert made.failed.rows[0][5] == ("198.51.100.1:443", "")
    assert made.classes.rows[3][1] == ("1", "")
