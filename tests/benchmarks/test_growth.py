"""How cost grows: parts of captures, read by each program, as a table and as a picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import growth
import measure
import pictures
import pytest
from growth import Growth, Part
from measure import Measured, Size

import tlsinspect


def part_of(packets: int, connections: int, **seconds: float) -> Part:
    runs = {name: [Measured(taken, 100.0 + taken, 20.0, 1.0)] for name, taken in seconds.items()}
    return Part(Size(packets, connections), runs)


def test_the_median_of_the_times_counts_and_the_most_memory() -> None:
    part = Part(Size(1, 1), {"one": [Measured(taken, 100 - taken, 20.0, 1.0) for taken in (9.0, 1.0, 2.0)]})
    assert (part.seconds("one"), part.megabytes("one")) == (2.0, 99.0)


def test_a_size_is_what_reading_finds(captures: Path) -> None:
    capture = captures / "demo.pcapng"
    found = tlsinspect.read(capture)
    assert measure.size_of(capture, growth.variants(None, 1)[0][0].environment) == Size(
        found.captures["packets"].sum(), len(found.connections)
    )


def test_one_process_per_core_is_the_most_and_uncompiled_reads_the_smallest_parts() -> None:
    chosen = growth.variants(None, 6)
    assert [program.name for program, _ in chosen] == [
        "one process", "2 processes", "4 processes", "6 processes", "one process, not compiled",
    ]  # fmt: skip
    assert [largest for _, largest in chosen] == [Fraction(1)] * 4 + [Fraction(1, 8)]


def test_parts_of_a_capture_grow_and_are_read_by_whom_they_are_for(
    captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "PARTS", (Fraction(1, 2), growth.WHOLE))
    package = Path(tlsinspect.__file__).parent.parent
    one, slow = growth.variants(package, 1)
    capture = captures / "handshakes" / "tls12.pcap"
    grown = growth.measure_growth(capture, "packets", [one, (slow[0], Fraction(1, 2))], 1, tmp_path)
    assert (grown.name, grown.axis) == ("tls12", "packets")
    half, whole = grown.parts
    assert 0 < half.count("packets") < whole.count("packets") == tlsinspect.read(capture).captures["packets"][0]
    assert [list(part.runs) for part in grown.parts] == [[one[0].name, slow[0].name], [one[0].name]]


def test_table_has_rates_of_each_program_that_read_a_part() -> None:
    grown = Growth("hs", "connections", [part_of(100, 10, one=2.0, two=1.0), part_of(400, 40, one=4.0)])
    assert growth.write_growth([grown], ["one", "two"]).splitlines()[2:] == [
        "| hs | 100 | 10 | one | 2.00 | 50 | 5 | 102 |",
        "| hs | 100 | 10 | two | 1.00 | 100 | 10 | 101 |",
        "| hs | 400 | 40 | one | 4.00 | 100 | 10 | 104 |",
    ]


def test_picture_of_growth_has_a_line_for_each_program_in_each_plot() -> None:
    grown = [
        Growth(name, axis, [part_of(100, 10, one=2.0, two=1.0), part_of(400, 40, one=4.0)])
        for name, axis in (("bulk", "packets"), ("hs", "connections"))
    ]
    figure = pictures.draw_growth(grown, ["one", "two"], "")
    drawn = [[list(zip(*line.get_data(), strict=True)) for line in axes.lines] for axes in figure.axes]
    seconds = [[(100, 2.0), (400, 4.0)], [(100, 1.0)]]
    memory = [[(100, 102.0), (400, 104.0)], [(100, 101.0)]]
    assert drawn[:2] == [seconds, memory]
    assert drawn[2] == [[(x // 10, y) for x, y in line] for line in seconds]
