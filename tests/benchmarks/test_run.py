"""The side-by-side run measures whole processes, scales parts openly, and tells what is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import measure
import pictures
import pytest
import results
import stages
import truth
from matplotlib.patches import Rectangle
from measure import Measured, ProgramError
from programs import Program

import tlsinspect
from tlsinspect.reading import Reading

ROOT = Path(__file__).parent.parent.parent


def python_program(code: str, fraction: float = 1.0) -> Program:
    return Program(
        "probe", "", lambda capture, _: [sys.executable, "-c", code, str(capture)], sys.executable, "", fraction
    )


def test_measure_tells_the_most_memory_that_was_held(captures: Path, tmp_path: Path) -> None:
    small = measure.measure(python_program("pass"), captures / "demo.pcapng", tmp_path / "out")
    more = int(small.megabytes) + 100
    large = measure.measure(
        python_program(f"bytearray(b'x') * {more * 1_000_000}"), captures / "demo.pcapng", tmp_path / "out"
    )
    assert small.megabytes < more <= large.megabytes < more + 100


def test_program_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="status 3: out of luck"):
        measure.measure(
            python_program("import sys; print('out of luck', file=sys.stderr); sys.exit(3)"), tmp_path, tmp_path / "out"
        )


@pytest.mark.parametrize("silenced", [False, True])
def test_what_a_silenced_program_prints_is_written_nowhere(silenced: bool, captures: Path, tmp_path: Path) -> None:
    program = replace(python_program("print('much')"), silenced=silenced)
    measure.measure(program, captures / "demo.pcapng", tmp_path / "out")
    assert (tmp_path / "out.stdout").exists() == (not silenced)


def test_small_capture_is_never_divided(captures: Path, tmp_path: Path) -> None:
    capture = captures / "handshakes" / "tls12.pcap"
    assert measure.part_of(capture, 0.05, tmp_path) == (capture, 1.0)


def test_part_of_a_capture_is_whole_packets_and_scaled(
    captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "WHOLE_UP_TO", 0)
    capture = captures / "handshakes" / "tls12.pcap"
    part, scale = measure.part_of(capture, 0.5, tmp_path)
    whole = tlsinspect.read(capture).captures["packets"][0]
    found = tlsinspect.read(part)
    assert 0 < found.captures["packets"][0] < whole
    assert not found.damage
    assert scale == capture.stat().st_size / part.stat().st_size


def test_truth_with_short_keys_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"nch": 1, "nsh": 2, "conns_with_sni": 3, "scerts": 4, "ccerts": 5, "packets": 6}))
    assert list(truth.read_truth(path).values()) == [1, 2, 3, 4, 5]


def test_truth_that_lacks_a_count_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"client_hellos": 1}))
    with pytest.raises(KeyError):
        truth.read_truth(path)


class Subject:
    """What a measured capture shows."""

    def __init__(self, capture: Path) -> None:
        self.name = "sample"
        self.capture = capture
        self.truth: truth.Counts | None = dict.fromkeys(truth.KINDS, 10)
        self.size = measure.Size(6000, 30)
        self.runs = {
            "tlsinspect": [
                Measured(2.0, 500.0, 20.0, 1.0),
                Measured(4.0, 700.0, 20.0, 1.0),
                Measured(3.0, 600.0, 20.0, 1.0),
            ],
            "light": [Measured(0.3, 20.0, 20.0, 1.0)],
            "slow": [Measured(30.0, 9000.0, 20.0, 20.0)],
        }
        self.found = {"tlsinspect": dict.fromkeys(truth.KINDS, 10), "slow": dict.fromkeys(truth.KINDS, 9)}


def test_cell_gives_the_ratio_of_medians_and_the_most_memory(captures: Path) -> None:
    subject = Subject(captures / "demo.pcapng")
    assert results.cell(subject, "tlsinspect") == "**1** (3.00 s, 700 MB)"
    assert results.cell(subject, "slow") == "**10**\\* (30.00 s, 9,000 MB)"
    assert results.cell(subject, "light") == "**0.1** (0.30 s, under 20 MB)"
    assert results.cell(subject, "absent") == ""


def test_page_says_what_was_scaled_and_what_was_missed(captures: Path) -> None:
    rows = [Program(name, "", lambda capture, _: [], "cat") for name in ("tlsinspect", "slow")]
    page = results.write_results("Made", [Subject(captures / "demo.pcapng")], rows, ["left out: other"])
    assert "its time multiplied by 20" in page
    assert "| packets; connections a second | sample (6,000; 30) |" in page
    assert "| tlsinspect | 2,000; 10 |" in page
    assert "| | tlsinspect | all | all | all | all | all |" in page
    assert "| | slow | 9 | 9 | 9 | 9 | 9 |" in page
    assert "- left out: other" in page


def test_picture_has_a_bar_from_one_to_each_ratio(captures: Path) -> None:
    rows = [Program(name, "", lambda capture, _: [], "cat") for name in ("light", "tlsinspect", "slow")]
    subject = Subject(captures / "demo.pcapng")
    assert pictures.ratios_of(subject) == {"tlsinspect": 1.0, "light": pytest.approx(0.1), "slow": pytest.approx(10)}
    figure = pictures.draw_ratios([subject], rows, "")
    light, own, slow = (artist for artist in figure.artists if isinstance(artist, Rectangle))
    assert light.get_x() + light.get_width() == pytest.approx(own.get_x()) == pytest.approx(slow.get_x())
    assert light.get_width() == pytest.approx(slow.get_width())
    assert light.get_width() > own.get_width() == 0


def test_markers_keep_what_stands_around_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before <!-- ratios: begin -->old<!-- ratios: end --> after")
    results.put_between_markers(page, "ratios", "new")
    assert page.read_text() == "before <!-- ratios: begin -->\n\nnew\n\n<!-- ratios: end --> after"
    with pytest.raises(ValueError, match="stages: begin"):
        results.put_between_markers(page, "stages", "new")


def test_run_checks_tlsinspect_against_the_truth(tmp_path: Path) -> None:
    package = Path(tlsinspect.__file__).parent.parent
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "small", "--only", "cat", "--check"]
    options = ["--repetitions", "1", "--folder", str(tmp_path), "--package", str(package)]
    run = subprocess.run([*command, *options], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "| | tlsinspect | all | all | all | all | all |" in run.stdout
    stated = json.loads((tmp_path / "small-1-1.json").read_text())
    false = tmp_path / "false.json"
    false.write_text(json.dumps(stated | {"names": stated["names"] + 1}))
    other = ["--workload", str(tmp_path / "small-1-1.pcap"), "--truth", str(false)]
    again = subprocess.run([*command[:2], *command[3:], *options, *other], check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert f"| | tlsinspect | all | all | {stated['names']} | all | all |" in again.stdout


def test_every_stage_of_an_export_is_timed(captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[Reading] = []

    def forget(reading: Reading) -> None:
        forgotten.append(reading)

    monkeypatch.setattr(Reading, "forget_certificates", forget)
    seconds = stages.time_stages(captures / "demo.pcapng")
    assert set(seconds) == set(stages.STAGES)
    assert all(seconds[stage] > 0 for stage in ("read", "walk", "connections", "certificates", "tables", "write"))
    assert len(forgotten) == 1
