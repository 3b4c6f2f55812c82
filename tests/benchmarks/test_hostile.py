"""What hostile loads cost, beside ordinary traffic."""

from __future__ import annotations

from pathlib import Path

import hostile
import pytest


@pytest.mark.parametrize(("load", "cut_off"), [("half-open", {}), ("tiny-fragments", "datagram")])
def test_a_load_is_read_with_what_limits_cut_off(load: str, cut_off: object, tmp_path: Path) -> None:
    capture = tmp_path / "load.pcap"
    packets = hostile.write_load(load, capture, 0.002)
    found = hostile.read_here(capture)
    assert found["packets"] == packets > 0
    assert found["connections"] == (packets if load == "half-open" else 0)
    limits = found["limits"]
    assert isinstance(limits, dict)
    assert limits == cut_off or any(str(cut_off) in text for text in limits)


def test_a_load_costs_what_ordinary_traffic_costs_times_its_ratio(tmp_path: Path) -> None:
    usual = {"packets": 100, "connections": 10, "seconds": 1.0, "megabytes": 50.0, "limits": {}, "flags": []}
    load = usual | {"packets": 50, "connections": 20, "limits": {"tcp: at most 5": 1200}, "flags": ["gap"]}
    assert (
        hostile.describe("load", load, usual) == "| load | 50 | 20 | 2.00 | 0.50 | 50 | 1,200 x tcp: at most 5; `gap` |"
    )


def test_memory_is_that_of_the_reading_process_alone(tmp_path: Path) -> None:
    capture = tmp_path / "load.pcap"
    hostile.write_load("half-open", capture, 0.0001)
    ballast = bytearray(b"x") * 400_000_000
    found = hostile.measure(capture)
    assert 10 < float(str(found["megabytes"])) < len(ballast) / 1e6
