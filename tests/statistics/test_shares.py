"""Shares: what is counted, out of what, and what stays outside."""

from __future__ import annotations

import pickle
from functools import cache

import pytest

from tests.synthetic import MadeFrames, Row, make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect.statistics import STATISTICS, UNITS, build_shares, build_shares_by_unit, build_timeline
from tlsinspect.statistics.memory import remember

EVERY_QUESTION = [(name, unit) for name, statistic in STATISTICS.items() for unit in statistic.units]


def counts(name: str, frames: MadeFrames, unit: str = "connections", top: int = 0) -> dict[str, int]:
    """Category -> count."""
    table = build_shares(name, frames, unit, top).table
    return dict(zip(table["category"], table["count"], strict=True))


def mixed() -> list[Row]:
    """Six connections with TLS 1.3 to one server, two with TLS 1.0 to another, a failure and two unknown ones."""
    one_sided = {
        "one_sided": True,
        "version": None,
        "version_name": None,
        "unknown_reasons": [("version", "one_sided")],
    }
    return [
        *(make_connection(number) for number in range(6)),
        *(make_old_connection(number, server_ip="198.51.100.2", server_bytes=1000) for number in (6, 7)),
        make_failed_connection(8),
        *(make_connection(number, **one_sided) for number in (9, 10)),
    ]


@cache
def mixed_frames() -> MadeFrames:
    """The frames of mixed(), made once for all questions."""
    return remember(make_frames(connections=mixed()))


@cache
def no_frames() -> MadeFrames:
    """Frames without a row."""
    return remember(make_frames())


@cache
def frames_of_nulls() -> MadeFrames:
    """One connection of which nothing is known."""
    return remember(make_frames(connections=[{"connection_id": "0", "protocol": "tls"}], ports=[{"server_port": 443}]))


def test_shares_have_only_known_versions_in_the_denominator() -> None:
    shares = build_shares("versions", make_frames(connections=mixed()))
    assert shares.table["share"].tolist() == [0.75, 0.25]
    assert shares.denominator == 8


def test_shares_keep_what_is_unknown_in_sight_with_its_reason() -> None:
    shares = build_shares("versions", make_frames(connections=mixed()))
    assert (shares.unknown, shares.unknown_reasons) == (2, {"one_sided": 2})
    assert shares.unknown_share == 0.2


def test_a_handshake_that_ended_before_a_choice_is_excluded_and_not_unknown() -> None:
    assert build_shares("versions", make_frames(connections=mixed())).excluded == 1


def test_a_missing_server_hello_is_unknown_when_the_capture_has_a_gap() -> None:
    frames = make_frames(connections=[make_failed_connection(1, gap=True)])
    shares = build_shares("versions", frames)
    assert (shares.unknown, shares.excluded) == (1, 0)


@pytest.mark.parametrize("name", ["versions", "cipher_suites", "groups", "secrecy", "resumption", "key_types"])
def test_a_handshake_that_the_capture_cuts_off_before_a_choice_is_unknown(name: str) -> None:
    cut = make_failed_connection(1, failure="capture_end")
    shares = build_shares(name, make_frames(connections=[cut]), "connections")
    assert (shares.denominator, shares.unknown, shares.excluded) == (0, 1, 0)


@pytest.mark.parametrize(("reason", "unknown"), [("midstream", {"midstream": 1}), ("not_applicable", {})])
def test_why_nothing_is_known_of_a_resumption_says_the_version(reason: str, unknown: dict[str, int]) -> None:
    unseen = make_failed_connection(1, truncated=True, resumed=False, unknown_reasons=[("version", reason)])
    assert build_shares("resumption", make_frames(connections=[unseen])).unknown_reasons == unknown


def test_what_a_client_did_not_offer_is_excluded() -> None:
    nameless = make_connection(1, server_name=None, unknown_reasons=[("server_name", "not_offered")])
    shares = build_shares("server_names", make_frames(connections=[nameless, make_connection(2)]))
    assert (shares.denominator, shares.unknown, shares.excluded) == (1, 0, 1)


def test_of_a_thing_that_is_unknown_the_reason_of_its_first_row_counts() -> None:
    unknown = {"version": None, "version_name": None, "server_name": "a.example"}
    rows = [
        make_connection(number, **unknown | {"unknown_reasons": [("version", reason)], reason: True})
        for number, reason in enumerate(["one_sided", "gap", "gap"])
    ]
    shares = build_shares("versions", make_frames(connections=rows), "names")
    assert (shares.unknown, shares.unknown_reasons) == (1, {"one_sided": 1})


def test_a_name_in_capitals_is_the_same_name() -> None:
    frames = make_frames(connections=[make_connection(at, server_name=name) for at, name in enumerate(("A.b", "a.B"))])
    assert counts("server_names", frames) == {"a.b": 2}


def test_bytes_weigh_connections_and_have_no_interval() -> None:
    shares = build_shares("versions", make_frames(connections=mixed()), "bytes")
    assert shares.table["count"].tolist() == [30000, 4000]
    assert shares.table[["low", "high"]].isna().all(axis=None)


def test_a_server_counts_once_in_each_version_that_it_showed() -> None:
    both = [make_connection(1), make_connection(2), make_old_connection(3), make_connection(4, server_port=8443)]
    shares = build_shares("versions", make_frames(connections=both), "servers")
    assert dict(zip(shares.table["category"], shares.table["count"], strict=True)) == {"TLS 1.3": 2, "TLS 1.0": 1}
    assert shares.denominator == 2


def test_a_server_is_unknown_only_if_no_connection_tells() -> None:
    unknown = {"version": None, "version_name": None, "unknown_reasons": [("version", "gap")], "gap": True}
    rows = [make_connection(1), make_connection(2, **unknown), make_connection(3, server_ip="203.0.113.9", **unknown)]
    shares = build_shares("versions", make_frames(connections=rows), "servers")
    assert (shares.denominator, shares.unknown, shares.unknown_reasons) == (1, 1, {"gap": 1})


def test_names_count_without_regard_to_case() -> None:
    rows = [make_connection(1, server_name="WWW.example"), make_connection(2, server_name="www.example")]
    assert counts("versions", make_frames(connections=rows), "names") == {"TLS 1.3": 1}


def test_versions_stand_newest_first_and_drafts_beside_their_version() -> None:
    names = ["TLS 1.0", "TLS 1.2", "TLS 1.3 (draft 23)", "TLS 1.3", "SSL 3.0"]
    frames = make_frames(connections=[make_connection(at, version_name=name) for at, name in enumerate(names)])
    assert list(counts("versions", frames)) == ["TLS 1.3", "TLS 1.3 (draft 23)", "TLS 1.2", "TLS 1.0", "SSL 3.0"]


def test_the_tail_is_folded_into_one_row() -> None:
    rows = [make_connection(at, server_name=f"h{at % 5}.example") for at in range(9)]
    folded = counts("server_names", make_frames(connections=rows), top=2)
    assert folded == {"h0.example": 2, "h1.example": 2, "other (3 more)": 5}


def test_the_tail_of_an_ordered_statistic_is_what_is_rare_and_not_what_is_last() -> None:
    names = ["TLS 1.3"] * 3 + ["TLS 1.2", "TLS 1.1"] + ["SSL 3.0"] * 2
    frames = make_frames(connections=[make_connection(at, version_name=name) for at, name in enumerate(names)])
    assert counts("versions", frames, top=2) == {"TLS 1.3": 3, "SSL 3.0": 2, "other (2 more)": 2}


def test_a_tail_of_one_is_not_folded() -> None:
    rows = [make_connection(at, server_name=f"h{at}.example") for at in range(3)]
    assert len(counts("server_names", make_frames(connections=rows), top=2)) == 3


def test_a_folded_tail_counts_each_server_once() -> None:
    rows = [make_connection(at, server_name=f"h{at}.example") for at in range(5)]
    assert counts("server_names", make_frames(connections=rows), "servers", top=2)["other (3 more)"] == 1


def test_to_frame_ends_with_what_is_unknown() -> None:
    frame = build_shares("versions", make_frames(connections=mixed())).to_frame()
    assert frame.iloc[-1][["category", "count"]].tolist() == ["unknown", 2]
    assert frame["share"].isna().tolist() == [False, False, True]
    assert set(frame["unit"]) == {"connections"}


def test_share_of_a_category_is_none_of_nothing() -> None:
    shares = build_shares("versions", make_frames(connections=mixed()))
    assert (shares.share_of("TLS 1.3"), shares.share_of("SSL 3.0")) == (0.75, 0.0)
    assert build_shares("versions", make_frames()).share_of("TLS 1.3") is None


def test_shares_by_unit_are_those_of_each_unit_alone() -> None:
    frames = make_frames(connections=mixed())
    together = build_shares_by_unit("versions", frames)
    assert list(together) == list(STATISTICS["versions"].units)
    for unit, shares in together.items():
        assert shares.table.equals(build_shares("versions", frames, unit).table)


def test_only_tls_is_asked_for_versions() -> None:
    rows = [make_connection(1), make_connection(2, protocol="http", version_name=None)]
    shares = build_shares("versions", make_frames(connections=rows))
    assert (shares.denominator, shares.unknown, shares.excluded) == (1, 0, 0)


def test_what_tls_ports_carry_leaves_other_ports_out() -> None:
    rows = [make_connection(1), make_connection(2, protocol="ssh"), make_connection(3, server_port=993)]
    assert counts("protocols", make_frames(connections=rows)) == {"ssh": 1, "tls": 1}


def test_a_unit_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="not counted by certificates"):
        build_shares("versions", make_frames(), "certificates")


@pytest.mark.parametrize(("name", "unit"), EVERY_QUESTION)
def test_every_question_copes_with_no_rows(name: str, unit: str) -> None:
    shares = build_shares(name, no_frames(), unit)
    assert (len(shares.table), shares.denominator, shares.unknown, shares.excluded) == (0, 0, 0, 0)
    assert len(shares.to_frame()) == 1


@pytest.mark.parametrize(("name", "unit"), EVERY_QUESTION)
def test_every_question_copes_with_a_row_of_nulls(name: str, unit: str) -> None:
    assert build_shares(name, frames_of_nulls(), unit).denominator == 0


@pytest.mark.parametrize(("name", "unit"), EVERY_QUESTION)
def test_every_share_is_count_by_denominator_within_its_interval(name: str, unit: str) -> None:
    shares = build_shares(name, mixed_frames(), unit)
    assert set(shares.table["denominator"]) <= {shares.denominator}
    assert (shares.table["count"] / shares.table["denominator"]).tolist() == shares.table["share"].tolist()
    if UNITS[unit].name != "bytes":
        assert (shares.table["low"] <= shares.table["share"]).all()
        assert (shares.table["share"] <= shares.table["high"]).all()


@pytest.mark.parametrize(("name", "unit"), [("versions", "clients"), ("key_types", "certificates"), ("ja4", "bytes")])
def test_shares_can_be_handed_back_by_a_process_without_the_frames(name: str, unit: str) -> None:
    made = build_shares(name, make_frames(connections=mixed()), unit)
    text = pickle.dumps(made)
    back = pickle.loads(text)
    assert back.to_frame().equals(made.to_frame())
    assert (back.statistic, back.unit, back.kin) == (made.statistic, made.unit, made.kin)
    assert (back.time_start, back.time_end) == (made.time_start, made.time_end)
    assert back.count_with_kin() == made.count_with_kin()
    assert b"server_hello_packet" not in text
    assert pickle.loads(pickle.dumps(build_timeline("versions", make_frames(connections=mixed())))).table["count"].sum()
