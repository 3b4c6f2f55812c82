"""Statistics of frames that are remembered."""

from __future__ import annotations

from tests.synthetic import make_connection, make_frames, make_old_connection
from tlsinspect.statistics import build_shares_by_unit
from tlsinspect.statistics.memory import remember
from tlsinspect.statistics.observations import tls_connections


def test_what_is_remembered_counts_the_same() -> None:
    rows = [make_connection(0), make_old_connection(1), make_connection(2, protocol="http")]
    frames = make_frames(connections=rows)
    remembered = remember(frames)
    for _ in range(2):
        for name in ("versions", "authorities", "protocols", "groups_offered"):
            fresh, kept = build_shares_by_unit(name, frames), build_shares_by_unit(name, remembered)
            assert [shares.to_frame().to_csv() for shares in kept.values()] == [
                shares.to_frame().to_csv() for shares in fresh.values()
            ]


def test_frames_without_a_memory_may_change() -> None:
    frames = make_frames(connections=[make_connection(0), make_connection(1)])
    assert len(tls_connections(frames)) == 2
    frames.connections.loc[0, "protocol"] = "http"
    assert len(tls_connections(frames)) == 1


def test_frames_with_a_memory_give_the_same_rows_again() -> None:
    remembered = remember(make_frames(connections=[make_connection(0)]))
    assert tls_connections(remembered) is tls_connections(remembered)
    assert remember(remembered) is remembered
