"""What a ClientHello offers of which the capture has only the beginning is unknown, wherever it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tls_vectors as tls
from samples import write_cut
from synthetic import make_connection, make_frames
from traffic import converse, write_pcap

import tlsinspect
from tlsinspect import Inspection
from tlsinspect.adoption import build_adoption
from tlsinspect.answers import QUESTIONS
from tlsinspect.answers.build import build_answer
from tlsinspect.compliance import build_whatif
from tlsinspect.findings import RULES, Facts, build_findings
from tlsinspect.pivots import build_pivot
from tlsinspect.policies.drop import parse_drop
from tlsinspect.statistics import build_shares
from tlsinspect.story.clues import offered_versions
from tlsinspect.tables import arrow_schema

OCTETS = 160
"""Of each packet: the end of the cipher suites, with no extension behind them."""
TLS12: dict[str, Any] = {
    "version": 0x0303, "version_name": "TLS 1.2", "cipher_suite": 0xC02F, "cipher_suites": [0x1301, 0xC02F],
    "compression_methods": [0],
}  # fmt: skip
CUT: dict[str, Any] = TLS12 | {
    "supported_versions": None, "supported_groups": None, "server_name": None, "truncated": True, "psk_offered": None,
    "unknown_reasons": [("supported_versions", "snaplen"), ("supported_groups", "snaplen")],
}  # fmt: skip


def cut_sample(name: str, folder: Path) -> Inspection:
    return tlsinspect.read(write_cut(f"handshakes/{name}.pcap", OCTETS, folder / "cut.pcap"))


def table_of(*rows: dict[str, Any]) -> pa.Table:
    made = [make_connection(number, **row) for number, row in enumerate(rows)]
    return pa.Table.from_pylist(made, arrow_schema("connections"))


def facts_of(*rows: dict[str, Any]) -> Facts:
    return Facts(table_of(*rows), arrow_schema("certificates").empty_table())


@pytest.mark.parametrize(
    "statistic",
    [
        *("versions_offered", "version_pairs", "version_limit", "post_quantum_limit", "groups_offered"),
        "extensions_offered",
    ],
)
def test_statistics_of_offers_are_unknown_for_the_reason_of_the_cut(statistic: str, tmp_path: Path) -> None:
    shares = build_shares(statistic, cut_sample("certificate-expired-refused", tmp_path))
    assert (shares.denominator, dict(shares.unknown_reasons)) == (0, {"snaplen": 1})


def test_extensions_in_front_of_the_cut_are_no_offer_without_the_others(tmp_path: Path) -> None:
    cut = write_cut("handshakes/certificate-expired-refused.pcap", 400, tmp_path / "cut.pcap")
    inspection = tlsinspect.read(cut)
    assert inspection.connections["client_extensions"].tolist() == [[0, 11, 10, 35, 22, 23, 13]]
    shares = build_shares("extensions_offered", inspection)
    assert (shares.denominator, dict(shares.unknown_reasons)) == (0, {"snaplen": 1})
    tlsinspect.ingest(cut, tmp_path / "store")
    [row] = build_adoption(tlsinspect.Store(tmp_path / "store")).table("extensions-offered").to_dict("records")
    assert (row["denominator"], row["unknown"]) == (0, 1)


def test_a_list_that_stands_behind_the_cut_is_missing_and_not_empty(tmp_path: Path) -> None:
    lists = ["cipher_suites", "compression_methods", "client_extensions", "server_extensions"]
    for octets, missing in ((300, [False, True, True, False]), (110, [True] * 4)):
        cut = write_cut("handshakes/certificate-expired-refused.pcap", octets, tmp_path / f"{octets}.pcap")
        rows = tlsinspect.read(cut).connections
        assert rows[lists].isna().iloc[0].tolist() == missing
        reasons = dict(rows["unknown_reasons"].iloc[0])
        assert [reasons.get(name) == "snaplen" for name in lists] == missing


def test_the_version_agreed_is_known_without_the_offer(tmp_path: Path) -> None:
    answers = {each.id: each for each in cut_sample("delegated-credential-offer", tmp_path).answers()}
    assert (answers["tls13"].count, answers["tls13"].denominator) == (1, 1)
    assert answers["tls13"].cases == 1
    assert answers["below-tls13"].answer == "Nothing here can tell."
    assert answers["below-tls13"].unknown_reasons == {"snaplen": 1}


@pytest.mark.parametrize("question", ["visible", "key-elsewhere"])
def test_what_a_cut_hello_does_not_show_it_is_not_said_to_lack(question: str, tmp_path: Path) -> None:
    answers = {each.id: each for each in cut_sample("delegated-credential-offer", tmp_path).answers()}
    assert (answers[question].count, answers[question].denominator) == (0, 0)
    assert answers[question].unknown_reasons == {"snaplen": 1}


def test_a_cut_hello_that_names_the_server_counts_and_one_that_was_not_seen_has_its_own_reason() -> None:
    unseen = {"client_hello_packet": None, "server_name": None, "unknown_reasons": [("server_name", "one_sided")]}
    rows = [CUT | {"server_name": "www.example"}, {"server_name": None}, unseen, unseen | {"unknown_reasons": []}]
    frames = make_frames(connections=[make_connection(number, **row) for number, row in enumerate(rows)])
    answer = build_answer(QUESTIONS["visible"], frames, "made.pcap")
    assert (answer.count, answer.denominator, answer.cases) == (1, 2, 1)
    assert answer.unknown_reasons == {"one_sided": 1, "not_captured": 1}


def test_the_story_says_why_the_versions_are_unknown(tmp_path: Path) -> None:
    made = cut_sample("certificate-expired-refused", tmp_path)
    offered = {fact.name: fact.value for fact in made.story(made.connections["connection_id"].iloc[0]).offered}
    assert offered["versions"] == "unknown: packets were cut by the capture length"
    assert "groups" not in offered


def test_a_refused_version_is_not_said_to_have_been_all_that_was_offered(tmp_path: Path) -> None:
    (reason,) = cut_sample("alert-protocol-version", tmp_path).connections["failure_reason"]
    assert reason.startswith("The server refused every version that the client offered (not seen) with")


def test_no_retry_with_an_older_version_is_found_where_the_offer_was_cut() -> None:
    rules = [rule for rule in RULES if rule.id == "VER-12"]
    failed = {"established": False, "supported_versions": [0x0304, 0x0303]}
    whole = {"supported_versions": None, "psk_offered": False}
    assert build_findings(facts_of(failed, whole), rules).num_rows == 1
    assert build_findings(facts_of(failed, CUT), rules).num_rows == 0


def test_a_hello_within_which_the_capture_ends_is_cut_too(tmp_path: Path) -> None:
    extensions = tls.extension(0x1234, bytes(1500)) + tls.server_name(b"www.example")
    packets = converse(tls.handshake(tls.message(1, tls.client_hello(extensions))), closed=False)
    for count, found in ((len(packets), True), (len(packets) - 1, False)):
        inspection = tlsinspect.read(write_pcap(tmp_path / "end.pcap", packets[:count]))
        assert inspection.arrow("connections")["server_name"].is_valid().to_pylist() == [found]
        assert "EXT-13" not in inspection.arrow("findings")["id"].to_pylist()


def test_what_would_break_is_unknown_where_the_offer_was_cut() -> None:
    for dropped in ("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "x25519"):
        (row,) = build_whatif(table_of(CUT), parse_drop(dropped)).connection_table.to_pylist()
        assert (row["outcome"], row["why"]) == ("unknown", "the offer or the choice is not in the capture")


def test_hosts_offer_what_a_whole_hello_says() -> None:
    none = arrow_schema("certificates").empty_table()
    old = TLS12 | {"supported_versions": None, "psk_offered": False}
    for rows, wanted in (
        ([CUT], []),
        ([CUT, old], ["TLS 1.2"]),
        ([CUT | {"supported_versions": [0x0304]}], ["TLS 1.3"]),
    ):
        (client,) = [row for row in build_pivot("hosts", table_of(*rows), none).to_pylist() if row["role"] == "client"]
        assert client["offered_versions"] == wanted


def test_clues_compare_no_versions_of_a_cut_hello() -> None:
    assert offered_versions(make_connection(1, **CUT)) == set()
    assert 0x0303 in offered_versions(make_connection(1, **CUT | {"psk_offered": False}))
