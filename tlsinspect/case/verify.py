"""A case -> is it what its log says, and does every run give the same again."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from ..errors import CaseError
from ..statistics.wording import number_text
from .build import Case, Run, read_run
from .hashes import hash_file, hash_folder, list_versions
from .inputs import Input, read_input
from .log import INPUTS, LOG_NAME, OUTPUTS, Entry
from .run import repeat_run

SEAL_LEAST = 8  # digits of a seal that a person has to give
READERS: dict[str, Callable[[Entry], object]] = {"input": read_input, "run": read_run}


class Check(NamedTuple):
    """One thing that was looked at: does it hold, what it is, what was found."""

    holds: bool
    subject: str
    found: str


def verify_case(case: Case, seal: str = "", repeat: bool = True) -> Iterator[Check]:
    """Check the log, every input and every output by hash; then, with `repeat`, do every run again and compare.

    `seal` is the hash of the last entry, or its first digits, as noted elsewhere. Where inputs are not what they
    were, nothing is run. Nothing in the case is changed.
    """
    yield from check_log(case, seal)
    inputs = list(check_inputs(case))
    yield from inputs
    for run in case.runs:
        yield from check_outputs(case, run)
    yield from find_strangers(case)
    if not repeat:
        return
    versions = list_versions()
    for run in case.runs:
        if all(check.holds for check in inputs):
            yield from check_repeated(case, run, versions)
        else:
            yield Check(False, f"run {run.number}", "was not repeated, as inputs are not what they were")


def check_log(case: Case, seal: str) -> Iterator[Check]:
    """Is the chain of entries whole, and does it end as the seal says."""
    faults = [entry for entry in case.entries if entry.fault]
    for entry in faults:
        yield Check(False, f"entry {entry.number}", f"{title_of(entry)}{entry.fault}")
    if not faults:
        number = len(case.entries)
        yield Check(True, LOG_NAME, f"{number} entries, each follows the one before; seal {case.seal}")
    for entry in case.entries:
        read = READERS.get(entry.kind)
        if read is not None and read(entry) is None and not entry.fault:
            yield Check(False, f"entry {entry.number}", f"{title_of(entry)}says nothing that can be looked at")
    if seal and (len(seal) < SEAL_LEAST or not case.seal.startswith(seal.lower())):
        at = [each.number for each in case.entries if len(seal) >= SEAL_LEAST and each.sha256.startswith(seal.lower())]
        told = f"is that of entry {at[0]}: others were added since" if at else "is that of no entry in this log"
        yield Check(bool(at), "the seal given", told)


def title_of(entry: Entry) -> str:
    """What an entry is, as far as that can still be told."""
    return f"({entry.kind} of {entry.time}) " if entry.time else ""


def check_inputs(case: Case) -> Iterator[Check]:
    """Is every input there, with the octets that it had; of a store each file that has not is named."""
    for each in case.inputs:
        if not each.files:
            yield check_file(f"input {each.name}", case.place(each), each.sha256)
        else:
            yield from check_store(case, each)


def check_store(case: Case, store: Input) -> Iterator[Check]:
    """Is every file of a store there, with the octets that it had."""
    checks = (
        check_file(f"input {store.name}/{path}", case.place(store) / path, sha256)
        for path, sha256 in store.files.items()
    )
    wrong = [check for check in checks if not check.holds]
    yield from wrong
    if not wrong:
        yield Check(True, f"input {store.name}", f"{number_text(len(store.files), 'file')} of a store")


def check_outputs(case: Case, run: Run) -> Iterator[Check]:
    """Is every output of a run there, with the octets that it had; each that is not is named."""
    places = {f"{run.folder}/{path}": sha256 for path, sha256 in run.outputs.items()}
    checks = [check_file(f"output {place}", case.directory / place, sha256) for place, sha256 in places.items()]
    wrong = [check for check in checks if not check.holds]
    yield from wrong
    if not wrong:
        yield Check(True, f"outputs of run {run.number}", f"{number_text(len(checks), 'file')} in {run.folder}")


def check_file(subject: str, path: Path, sha256: str) -> Check:
    """Has a file the octets that the log says."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            return Check(False, subject, "is no regular file")  # a pipe or device, which may never end
        found = hash_file(path)[0]
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        return Check(False, subject, f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}")
    if found != sha256:
        return Check(False, subject, f"was altered: SHA-256 {found[:16]}..., was {sha256[:16]}...")
    return Check(True, subject, f"SHA-256 {sha256[:16]}...")


def find_strangers(case: Case) -> Iterator[Check]:
    """Files among inputs and outputs that the log does not know, and links, behind which anything may be put later."""
    known = {place for each in case.inputs for place in each.places}
    known |= {f"{run.folder}/{path}" for run in case.runs for path in run.outputs}
    for path in sorted(path for name in (INPUTS, OUTPUTS) for path in iter_files(case.directory / name)):
        place = path.relative_to(case.directory).as_posix()
        if path.is_symlink():
            yield Check(False, place, "is a link: a case has its files in itself")
        elif place not in known:
            yield Check(False, place, "is in no entry of the log")


def iter_files(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder itself, with links to wherever; the folder alone where it is one."""
    if folder.is_symlink():
        yield folder
        return
    for place, folders, names in os.walk(folder):
        yield from (path for name in (*folders, *names) if (path := Path(place, name)).is_symlink() or name in names)


def check_repeated(case: Case, run: Run, versions: dict[str, str]) -> Iterator[Check]:
    """Do a run again: same exit status, same files, same octets."""
    subject = f"run {run.number} repeated"
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcome = repeat_run(case, run, Path(folder))
        except CaseError as error:
            yield Check(False, subject, str(error))
            return
        again = hash_folder(Path(folder) / "again")
        wrong = [f"exit status {outcome.status}, was {run.status}"] if outcome.status != run.status else []
        for path in sorted(run.outputs | again):
            if path not in again:
                wrong.append(f"{path} did not come out")
            elif path not in run.outputs:
                wrong.append(f"{path} came out as well")
            elif again[path] != run.outputs[path]:
                place = first_difference(case.directory / run.folder / path, Path(folder) / "again" / path)
                wrong.append(f"{path} came out different{place}")
    other = [f"{name} {run.versions[name]}, here {version}" for name, version in versions.items()
             if name in run.versions and run.versions[name] != version]  # fmt: skip
    made = f"; it was made with {', '.join(other)}" if other else ""
    yield from (Check(False, subject, f"{each}{made}") for each in wrong)
    if not wrong:
        outputs = number_text(len(run.outputs), "output")
        yield Check(True, subject, f"{shlex.join(run.words)}: {outputs}, the same octets{made}")


def first_difference(before: Path, after: Path) -> str:
    """Where two texts part, for a person to look; empty for what is no text or is not there."""
    if not before.is_file():
        return ""
    try:
        texts = [path.read_text(encoding="utf-8").splitlines() for path in (before, after)]
    except (OSError, UnicodeDecodeError):
        return ""
    for number, (one, other) in enumerate(zip_longest(*texts), 1):
        if one != other:
            return f", from line {number} on"
    return ""
