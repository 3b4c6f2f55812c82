"""Runs tlsinspect and its peers side by side, on the same captures, in one run.

    python benchmarks/run.py                                 all workloads, full size
    python benchmarks/run.py mixed bulk --scale 0.05         two of them, small
    python benchmarks/run.py --check --markdown docs/benchmarks.md
    python benchmarks/run.py --workload office.pcap --truth office.json --check

Whole processes are measured, capture in the page cache, the programs in turn and that
several times over; the median counts. What is compared are ratios within this run: seconds
stand beside them and say little about another machine. Programs that are not installed are
named and left out.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from measure import Measured, ProgramError, Size, beside, measure, say, size_of, warm
from programs import BASE, CAPTURES, FOLDER, ROOT, TSHARK_FIELDS, Program, messages_command, programs, variant_of
from results import around_markers, machine, measured, put_between_markers, rounds_of, write_results
from truth import TCP, Counts, count_tlsinspect, count_tshark, read_transport, read_truth
from workloads import WORKLOADS


@dataclass
class Subject:
    """A capture to measure on: its truth, transport and size, the runs of each program, and what they found in it."""

    name: str
    capture: Path
    truth: Counts | None
    transport: str = TCP
    size: Size | None = None
    runs: dict[str, list[Measured]] = field(default_factory=dict)
    found: dict[str, Counts] = field(default_factory=dict)


def main() -> int:
    """Measure and print; the exit status is 1 where --check finds that tlsinspect missed something."""
    arguments = parse_arguments()
    chosen, left_out = choose_programs(arguments)
    subjects = find_subjects(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for subject in subjects:
            left_out += measure_subject(subject, chosen, arguments.repetitions, Path(folder))
        for subject in subjects if arguments.check else ():  # last, as counting takes memory that would be measured
            count_found(subject, chosen, Path(folder))
    variant = variant_of(base_of(chosen))
    text = write_results(f"Made by `{command_line()}`, {variant},", subjects, chosen, left_out)
    print(text)
    if arguments.markdown:
        put_between_markers(arguments.markdown, "ratios", text)
    if arguments.picture:
        from pictures import draw_ratios

        from tlsinspect.charts.files import save_drawing

        note = f"{rounds_of(arguments.repetitions)}, {machine()}."
        save_drawing(draw_ratios(subjects, measured(subjects, chosen), note), arguments.picture)
    checked = [subject for subject in subjects if arguments.check and subject.truth is not None]
    return 0 if all(subject.found.get(BASE) == subject.truth for subject in checked) else 1


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option(
        "workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; all of them unless told otherwise"
    )
    option("--scale", type=float, default=1.0, help="size of the workloads, 1 being the full size")
    option("--seed", type=int, default=1, help="seed of the workloads")
    option("--folder", type=Path, default=ROOT / "build" / "benchmarks", help="where workloads are kept")
    option("--workload", type=Path, action="append", default=[], metavar="FILE", help="measure on this capture instead")
    option("--truth", type=Path, action="append", default=[], metavar="FILE", help="what that capture holds, as JSON")
    option("--repetitions", type=int, default=3, help="how often each program runs")
    option("--only", action="append", default=[], metavar="PROGRAM", help="run this program (and others named so)")
    option("--pure", action="store_true", help="measure tlsinspect without compiled modules as well")
    option(
        "--package", type=Path, metavar="FOLDER", help="folder with the tlsinspect to measure, if not the installed one"
    )
    option(
        "--peers-python", default=sys.executable, metavar="FILE", help="interpreter that has nfstream, pyshark, scapy"
    )
    option("--check", action="store_true", help="hold what tlsinspect and tshark found to the truth")
    option("--markdown", type=Path, metavar="FILE", help="put the results between the markers of this file")
    option("--picture", type=Path, metavar="FILE", help="draw the ratios as an SVG or PNG")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.workloads) - set(WORKLOADS))
    if unknown:
        parser.error(f"{unknown[0]!r} is none of {', '.join(WORKLOADS)}")
    if arguments.truth and len(arguments.truth) != len(arguments.workload):
        parser.error("as many --truth as --workload are needed")
    if arguments.markdown:
        around_markers(arguments.markdown, "ratios")  # fails now, and not after hours of measuring
    return arguments


def choose_programs(arguments: argparse.Namespace) -> tuple[list[Program], list[str]]:
    """The programs that can run here, and a line for each that cannot."""
    declared = programs(sys.executable, arguments.peers_python, arguments.package, arguments.pure)
    chosen, left_out = [], []
    for program in declared:
        if arguments.only and program.name not in (BASE, *arguments.only):
            continue
        reason = program.missing()
        if reason:
            left_out.append(f"left out: {program.name}: {reason}")
        else:
            chosen.append(program)
    return chosen, left_out


def base_of(chosen: Sequence[Program]) -> Program:
    """tlsinspect, which is always among them."""
    return next(program for program in chosen if program.name == BASE)


def find_subjects(arguments: argparse.Namespace) -> list[Subject]:
    """The captures to measure on; workloads are made where they are missing or older than the samples."""
    if arguments.workload:
        files = zip_longest(arguments.workload, arguments.truth)
        return [subject_of(capture.stem, capture.resolve(), truth) for capture, truth in files]
    arguments.folder.mkdir(parents=True, exist_ok=True)
    newest = max(path.stat().st_mtime for path in CAPTURES.rglob("*.pcap*"))
    subjects = []
    for name in arguments.workloads or WORKLOADS:
        capture = arguments.folder.resolve() / f"{name}-{arguments.scale:g}-{arguments.seed}.pcap"
        truth = capture.with_suffix(".json")
        if not truth.exists() or truth.stat().st_mtime < newest:
            say(f"making {capture.name}")
            options = ["--scale", str(arguments.scale), "--seed", str(arguments.seed)]
            maker = [sys.executable, str(FOLDER / "make_workloads.py"), name, str(capture), *options]
            truth.write_bytes(subprocess.run(maker, check=True, capture_output=True).stdout)
        subjects.append(subject_of(name, capture, truth))
    return subjects


def subject_of(name: str, capture: Path, truth: Path | None) -> Subject:
    """A capture with the truth of a file, where there is one."""
    return Subject(name, capture, read_truth(truth), read_transport(truth)) if truth else Subject(name, capture, None)


def measure_subject(subject: Subject, chosen: Sequence[Program], repetitions: int, folder: Path) -> list[str]:
    """Run every program on a capture, in turn; returns a line for each that failed."""
    warm(subject.capture)
    subject.size = size_of(subject.capture, base_of(chosen).environment)
    failed: dict[str, str] = {}
    for number in range(repetitions):
        for program in chosen:
            if program.name in failed:
                continue
            say(f"{subject.name}, {number + 1} of {repetitions}: {program.name}")
            try:
                run = measure(program, subject.capture, output_of(program, subject, folder))
            except ProgramError as failure:
                failed[program.name] = f"left out: {program.name} on {subject.name}: {failure}"
                say(failed[program.name])
                subject.runs.pop(program.name, None)
                continue
            subject.runs.setdefault(program.name, []).append(run)
    return list(failed.values())


def count_found(subject: Subject, chosen: Sequence[Program], folder: Path) -> None:
    """Count what tlsinspect and tshark found in a capture whose truth is known."""
    if subject.truth is None:
        return
    for program in chosen:
        if program.name not in subject.runs:
            continue
        if program.name == BASE:
            messages = folder / f"{subject.name}-messages"
            command = messages_command(program, subject.capture, messages)
            subprocess.run(command, check=True, env=program.environment, cwd=folder)
            subject.found[BASE] = count_tlsinspect(output_of(program, subject, folder), messages, subject.transport)
        elif program.name == "tshark":
            fields = beside(output_of(program, subject, folder), "stdout")
            subject.found[program.name] = count_tshark(fields, TSHARK_FIELDS, subject.transport)


def output_of(program: Program, subject: Subject, folder: Path) -> Path:
    """The file to which a program writes."""
    return folder / f"{subject.name}-{program.name}".replace(" ", "-").replace(",", "")


def command_line() -> str:
    """This run's command, files by their names only."""
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return shlex.join(["python", "benchmarks/run.py", *words])


if __name__ == "__main__":
    sys.exit(main())
