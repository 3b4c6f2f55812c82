"""Comparisons: what is new, gone and changed, and a test of shares that chance seldom passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import run
from samples import CAPTURES, DEMO, inspect

from tlsinspect.comparison import clustered, compare
from tlsinspect.comparison.clustered import LEAST_CLIENTS, holm, measure_difference, shares
from tlsinspect.comparison.things import THINGS, compare_rows
from tlsinspect.report.comparison import render_shares

SMALL = CAPTURES / "handshakes" / "tls12.pcap"
SPLIT = "2026-11-22T11:00"


def test_two_times_of_a_capture_are_compared_as_typed() -> None:
    result = run("diff", DEMO, "--split", SPLIT)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.stderr
    assert lines[0].endswith("252 connections with TLS of 12 clients, 2026-11-22 08:04 to 10:59 UTC")
    assert lines[1].endswith("267 connections with TLS of 13 clients, 2026-11-22 11:00 to 13:52 UTC")
    new = lines.index("4 new server names")
    assert lines[new + 4] == "  expired.test  (5 connections, first 2026-11-22 11:20:15)"
    assert "2 server names gone" in lines
    assert "  mail.example: no longer 198.51.100.25:143" in lines
    assert "  198.51.100.25 port 443: TLS 1.3 -> TLS 1.0" in lines
    assert any("0 shares of 37 moved" in line and "permutation of 13 clients" in line for line in lines)


def test_a_capture_without_tls_is_said_to_have_none() -> None:
    lines = run("diff", SMALL, CAPTURES / "handshakes" / "http-on-443.pcap").stdout.splitlines()
    assert ": 1 connection with TLS of 1 client, " in lines[0] and ": 0 connections with TLS, " in lines[1]
    assert lines[-1] == "No shares were compared: of one side at least no handshake is known."


def test_what_is_new_and_gone_are_the_differences_of_the_pivots() -> None:
    whole = inspect("demo.pcapng")
    before, after = whole.where(f"time_start < '{SPLIT}'"), whole.where(f"time_start >= '{SPLIT}'")
    changes = compare(before, after).changes
    old, new = (set(each.pivot("names")["server_name"]) for each in (before, after))
    names = changes[changes["kind"] == "name"]
    assert set(names.loc[names["change"] == "new", "thing"]) == new - old
    assert set(names.loc[names["change"] == "gone", "thing"]) == old - new
    same = compare(before, before)
    assert len(same.changes) == 0
    assert (same.shares["difference"] == 0).all()
    assert same.shares["moved"].notna().all() and not same.shares["moved"].any()


def test_what_could_not_be_tested_is_not_said_to_have_stayed() -> None:
    few = inspect("handshakes/tls12.pcap")
    shares = compare(few, few).shares
    assert len(shares) and shares[["low", "high", "p", "moved"]].isna().all(axis=None)


def test_a_change_is_told_only_where_both_sides_know() -> None:
    old = {"issuers": ["CN=A"], "keys": [], "servers": ["a:443"], "connections": 1, "first_seen": 0, "last_seen": 0}
    new = {**old, "issuers": ["CN=Proxy"], "keys": ["k"], "servers": ["a:443", "b:443"]}
    rows = list(compare_rows("name", "bank.example", THINGS["name"], old, new))
    assert [(row["change"], row["before"], row["after"]) for row in rows] == [
        ("issuers", "CN=A", "CN=Proxy"), ("servers", None, "b:443")
    ]  # fmt: skip


def made_counts(generator: np.random.Generator, clients: int, likely: float) -> np.ndarray:
    """Connections by client and two categories, of which each client nearly always has the same one."""
    sizes = generator.geometric(0.05, clients)
    of_first = generator.random(clients) < likely
    first = generator.binomial(sizes, np.where(of_first, 0.95, 0.05))
    return np.column_stack([first, sizes - first]).astype(float)


def test_chance_seldom_passes_though_connections_of_a_client_are_alike() -> None:
    generator = np.random.default_rng(5)
    clustered, naive = [], []
    for _ in range(150):
        before, after = made_counts(generator, 20, 0.5), made_counts(generator, 20, 0.5)
        found = measure_difference(np.vstack([before, 0 * before]), np.vstack([0 * after, after]))
        clustered.append(found.p[0] < 0.05)
        totals = before.sum(), after.sum()
        spread = np.sqrt(0.25 / totals[0] + 0.25 / totals[1])
        naive.append(abs(found.difference[0]) > 1.96 * spread)
    assert np.mean(clustered) < 0.1
    assert np.mean(naive) > 0.4  # what a test would say that takes connections as independent


@pytest.mark.parametrize(("before", "after"), [(200, 20), (20, 200)])
def test_chance_seldom_passes_where_one_capture_is_much_larger(before: int, after: int) -> None:
    generator = np.random.default_rng(11)
    passed = []
    for _ in range(100):
        first, second = made_counts(generator, before, 0.5), made_counts(generator, after, 0.5)
        found = measure_difference(np.vstack([first, 0 * second]), np.vstack([0 * first, second]))
        passed.append(found.p[0] < 0.05)
    assert np.mean(passed) < 0.12
    rare = np.array([[30.0, 0.0]] * 99 + [[28.0, 2.0]])
    rest = np.array([[30.0, 0.0]] * 10)
    found = measure_difference(np.vstack([rare[:90], 0 * rest]), np.vstack([0 * rare[:90], rare[90:]]))
    assert found.p[0] > 0.05, "what one of ten clients does is no change"


def test_a_change_of_many_clients_is_found_and_one_of_a_single_client_is_not() -> None:
    generator = np.random.default_rng(6)
    before = made_counts(generator, 40, 0.1)
    found = measure_difference(before, before[:, ::-1])
    assert found.p[0] < 0.01
    assert found.low[0] <= found.difference[0] <= found.high[0]
    assert found.low[0] > 0
    one = before.copy()
    one[0] = (5000, 0)
    assert measure_difference(before, one).p[0] > 0.2
    few = measure_difference(before[: LEAST_CLIENTS - 1], before[: LEAST_CLIENTS - 1, ::-1])
    assert np.isnan(few.p).all()


def test_p_values_do_not_depend_on_how_many_shuffles_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(7)
    before, after = made_counts(generator, 21, 0.5), made_counts(generator, 21, 0.7)
    usual = measure_difference(before, after).p
    for held in (1, 21 * 33):
        monkeypatch.setattr("tlsinspect.comparison.clustered.SWAPS_AT_ONCE", held)
        assert measure_difference(before, after).p.tolist() == usual.tolist()


@pytest.mark.parametrize("kept", [clustered.SWAPS_KEPT, 0])
def test_questions_about_the_same_clients_share_what_is_drawn(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustered, "SWAPS_KEPT", kept)
    generator = np.random.default_rng(8)
    first, once = (made_counts(generator, 21, 0.5) + 1 for _ in range(2))
    more = np.vstack([first, 0 * once]), np.vstack([first, once])
    asked = [(first, first[:, ::-1]), (first[:, ::-1], first + 1), more, (first, first[:, ::-1])]
    alone = [measure_difference(*each).p.tolist() for each in asked]
    drawn: list[int] = []
    real = clustered.Arrangements.swaps
    monkeypatch.setattr(
        clustered.Arrangements, "swaps", lambda self, count: drawn.append(self.clients) or real(self, count)
    )
    shared = clustered.Drawn()
    assert [measure_difference(*each, shared).p.tolist() for each in asked] == alone
    shuffles = {clients: drawn.count(clients) for clients in (21, 42)}
    assert shuffles[21] == (2 if kept else 3) * shuffles[42] > 0


def test_clients_that_do_the_same_again_leave_no_doubt() -> None:
    before = made_counts(np.random.default_rng(8), 12, 0.5)
    found = measure_difference(before, before)
    assert found.difference.tolist() == found.low.tolist() == found.high.tolist() == [0, 0]


def test_the_interval_of_clients_with_one_connection_each_is_that_of_two_proportions() -> None:
    first, second = (
        np.repeat([[1.0, 0.0], [0.0, 1.0]], [30, 70], axis=0),
        np.repeat([[1.0, 0.0], [0.0, 1.0]], [20, 20], axis=0),
    )
    found = measure_difference(np.vstack([first, 0 * second]), np.vstack([0 * first, second]))
    error = np.sqrt(140 / 139 * (0.3 * 0.7 / 100 + 0.5 * 0.5 / 40))
    assert found.difference[0] == pytest.approx(0.2)
    assert (found.high - found.low).tolist() == pytest.approx([2 * 1.96 * error] * 2)


def test_no_interval_goes_beyond_a_whole() -> None:
    before = np.array([[10.0, 0.0]] * 8 + [[0.0, 1.0]])
    found = measure_difference(before, before[:, ::-1])
    assert found.low.tolist()[0] == -1 and found.high.tolist()[1] == 1
    assert -1 < found.high[0] < 0 < found.low[1] < 1


ROW = {
    "statistic": "versions", "category": "TLS 1.3", "before": 0.0, "after": 1.0, "difference": 1.0, "low": None,
    "high": None, "p": None, "moved": None, "clients": 3, "connections_before": 3, "connections_after": 3,
    "unknown_before": 0, "unknown_after": 0,
}  # fmt: skip


def test_the_clients_that_are_told_are_those_of_the_tests() -> None:
    tested = {**ROW, "difference": 0.1, "low": 0.0, "high": 0.2, "p": 0.5}
    lines = list(render_shares([ROW, {**tested, "clients": 12}, {**tested, "clients": 20}]))
    assert lines[0].startswith("0 shares of 2 moved") and "(permutation of 12 to 20 clients," in lines[0]


@pytest.mark.parametrize(
    ("before", "after", "interval", "told"),
    [
        (0.0, 1.0, (0.5, 1.0), "0% to 100% (+100 points, 95%: +50 to +100"),
        (0.004, 0.06, (-0.0002, 0.1), "<1% to 6% (+6 points, 95%: 0 to +10"),
        (0.5, 0.495, (-0.012, 0.002), "50% to 50% (-0.5 points, 95%: -1 to +0.2"),
    ],
)
def test_small_shares_and_differences_are_not_told_as_none(
    before: float, after: float, interval: tuple[float, float], told: str
) -> None:
    low, high = interval
    row = {**ROW, "before": before, "after": after, "difference": after - before, "low": low, "high": high, "p": 0.5}
    [line] = list(render_shares([{**row, "connections_before": 250, "connections_after": 250}]))[2:]
    assert line.startswith(f"  TLS 1.3: {told}, adjusted p")


def test_p_values_are_adjusted_for_their_number() -> None:
    assert holm(np.array([0.01, np.nan, 0.04, 0.03])).tolist()[::2] == pytest.approx([0.03, 0.06])
    assert np.isnan(holm(np.array([np.nan]))[0])
    assert np.isnan(shares(np.array([0.0, 0.0]))).all()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["x"], "name two captures"),
        (["x", "--split", "noon"], "is no time"),
        (["x", "--split", "2026-13-01"], "no ISO 8601 time"),
        ([str(DEMO), "--split", "2020-01-01"], "no connection before"),
    ],
)
def test_what_cannot_be_compared_is_said(arguments: list[str], told: str, tmp_path: Path) -> None:
    result = run("diff", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


def test_the_tables_are_written_whole() -> None:
    for format_name, column in (("changes-csv", "thing"), ("shares-csv", "category")):
        result = run("diff", SMALL, SMALL, "--format", format_name, "--where", "server_port == 443")
        assert result.exit_code == 0, result.stderr
        assert column in result.stdout.splitlines()[0]
