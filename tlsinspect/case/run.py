"""Runs: a command of this program, in a process of its own, in a folder where only the case's inputs are.

What a run depends on is the same everywhere: its working folder holds nothing but inputs/, its environment is set,
one process reads. So the same words give the same octets, and paths in outputs are those of the case.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..errors import CaseError
from .build import Case, Run, open_case
from .hashes import PACKAGE, hash_folder, list_versions
from .inputs import link_inputs
from .log import INPUTS, OUTPUTS, append_entry, locked, read_log, refuse_links

STDOUT, STDERR = "stdout.txt", "stderr.txt"
MISTAKE = 2  # exit status of a command that was not understood, or whose files cannot be read
STAGING = ".run-"
NOT_REPEATED = frozenset({"case", "ingest", "watch", "live"})  # what they write is another thing each time
WRITING = frozenset({"-o", "--output", "--certificates", "--write-baseline"})  # options that name what is written
URL = re.compile(r"\w[\w+.:-]*://")
ENVIRONMENT = {
    "COLUMNS": "100",
    "LINES": "40",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "MATPLOTLIBRC": os.devnull,
    "NO_COLOR": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONWARNINGS": "ignore",
    "TLSINSPECT_OFFLINE": "1",
    "TZ": "UTC",
}
INHERITED = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "MPLCONFIGDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Outcome:
    """What a process did: its exit status, and what it printed."""

    status: int
    stdout: bytes
    stderr: bytes


def add_run(case: Case, words: Sequence[str], reads_captures: bool = True, by: str = "") -> tuple[Case, Outcome]:
    """Run a command, given as its words without the program's name, and keep what it prints and writes.

    A word that names an input means that file. Where no capture is named and `reads_captures`, all of the case's
    are read. A command that ends with status 2 is not kept: the case stays as it was. Raises CaseError for words
    that lead out of the case, and where a link does.
    """
    own = own_words(case, words, reads_captures)
    refuse_links(case.directory)
    with staging(case, case.directory) as folder:
        outcome = execute(own, folder)
        if outcome.status == MISTAKE:
            return case, outcome
        with locked(case.directory):
            number = len(read_log(case.directory)) + 1
            place = f"{OUTPUTS}/{number:04}-{own[0]}"
            facts = {"words": own, "status": outcome.status, "folder": place, "outputs": hash_folder(folder)}
            target = case.directory / place
            if target.exists():
                raise CaseError(str(target), "is there already, and no entry of the case says so")
            folder.chmod(0o755)
            folder.rename(target)
            append_entry(case.directory, "run", {**facts, "versions": list_versions()}, by)
    return open_case(case.directory), outcome


def repeat_run(case: Case, run: Run, folder: Path) -> Outcome:
    """Do a run again, its outputs into `folder`; raises CaseError for one that no case would have taken."""
    if not run.words or own_words(case, run.words, False) != list(run.words):
        raise CaseError(shlex.join(run.words), "is nothing that 'case run' runs")
    with staging(case, folder) as made:
        outcome = execute(list(run.words), made)
        shutil.copytree(made, folder / "again")
    return outcome


def own_words(case: Case, words: Sequence[str], reads_captures: bool) -> list[str]:
    """The words with inputs by their paths in the case, all captures where none is named, and one process.

    A case may come from a stranger, and its runs are repeated: raises CaseError for words that would read or write
    anything outside the case, inputs that are only referred to among it.
    """
    if words[0] in NOT_REPEATED or words[0].startswith("-"):
        raise CaseError(words[0], "is no command that can be run in a case")
    inputs = {each.name: each for each in case.inputs}
    named = False
    rest = []
    for before, word in pairwise(words):
        option, equals, value = split_option(word)
        name = value.removeprefix(f"{INPUTS}/")
        if name in inputs:
            named = named or (inputs[name].capture and not option)
            value = f"{INPUTS}/{name}"
        elif Path(value).is_absolute() or ".." in Path(value).parts or URL.match(value):
            raise CaseError(value, "leads out of the case: add files with 'case add', and name outputs without a path")
        if {before, option} & WRITING and [part.lower() for part in Path(value).parts[:1]] == [INPUTS]:
            raise CaseError(
                value, "is where the inputs are, and no run writes there: let the command write another file"
            )
        rest.append(f"{option}{equals}{value}")
    if not reads_captures:
        return [words[0], *rest]
    captures = [] if named else [f"{INPUTS}/{each.name}" for each in inputs.values() if each.capture]
    if len(captures) > 1 and any(each.files for each in inputs.values()):
        raise CaseError(str(case.directory), "has a store, which is read alone: name the input that is to be read")
    one = [] if any(word.startswith("--processes") for word in rest) else ["--processes", "1"]
    return [words[0], *one, *captures, *rest]


def split_option(word: str) -> tuple[str, str, str]:
    """A word as option, what stands between, and value: --output=FILE, -oFILE, FILE."""
    if word.startswith("--"):
        option, equals, value = word.partition("=")
        return option, equals, value
    return (word[:2], "", word[2:]) if word.startswith("-") else ("", "", word)


@contextmanager
def staging(case: Case, parent: Path) -> Iterator[Path]:
    """A working folder for one run, with the inputs in it while the process runs; removed unless it was moved away."""
    folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
    try:
        (folder / INPUTS).mkdir()
        places = list(link_inputs(case.inputs, case.directory, folder / INPUTS))
        before = [place.stat().st_mtime_ns for place in places]
        yield folder
        if [place.stat().st_mtime_ns for place in places] != before:
            raise CaseError(str(case.directory), "an input was written to meanwhile; 'case verify' says which")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def execute(words: Sequence[str], folder: Path) -> Outcome:
    """Run the command with `folder` as its working folder; what it printed is put beside what it wrote.

    Raises CaseError for words that no process can be given: too many, too long, or not of Unicode.
    """
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ} | ENVIRONMENT
    environment["PYTHONPATH"] = str(PACKAGE.parent)
    command = [sys.executable, "-P", "-m", PACKAGE.name, *words]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CaseError(words[0], f"cannot be run with these words: {reason.lower()}") from error
    shutil.rmtree(folder / INPUTS)
    for name, octets in ((STDOUT, done.stdout), (STDERR, done.stderr)):
        if (folder / name).exists():
            raise CaseError(name, "is what the run's own output is kept as: let the command write another file")
        if octets:
            (folder / name).write_bytes(octets)
    return Outcome(done.returncode, done.stdout, done.stderr)
