"""Which captures are new, and how they will be read: what a run decides before it reads anything.

Goes in: sources, and what the store holds. Comes out: a plan, in the store. Plans are numbered in turn and each number
is given once, so that of two runs at once the second one sees the captures of the first and leaves them to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from .. import __version__
from ..capture import CaptureSource, printable
from ..errors import CaptureError, DecodeError
from ..tables.arrow import arrow_schema
from ..tables.events import build_rows, problem_row
from .catalogue import Catalogue, Tail
from .place import Place, is_remote
from .records import Part, Plan, StoredCapture, Strand, plan_name, to_json
from .sequences import COMPRESSED, Rotation, build_sequences, in_time
from .sources import AbsentSource, RemoteSource, changed_ns, compressed_since, open_source, open_unchanged
from .strand import STEP_OCTETS

SHARD_MINIMUM = 32 << 20  # octets of a sequence; below it one task is quicker than several
SHARDS = 16  # tasks of one sequence: each walks all of its packets
REREAD_OCTETS = 1 << 30
"""Octets of captures of an earlier run that are read again for connections that were open at its end."""
STRAND_MINIMUM = 8 << 20  # octets of small sequences that one task reads at least
HASHING_THREADS = 4

Hashed = Callable[[int], None]
Follows = dict[str, tuple[int, tuple[str, ...]]]


class Found(NamedTuple):
    """What was named: new captures, how many were there already or are copies, and what cannot be taken, and why.

    `copies` have the octets of another new one. `damage` has, by path, how those of them are damaged that are;
    `readable` are the paths of what can be taken or was.
    """

    captures: list[StoredCapture]
    known: int
    copies: int
    refused: list[tuple[str, str]]
    damage: dict[str, DecodeError]
    readable: set[str]


def take_stock(
    sources: Sequence[CaptureSource],
    refused: Sequence[CaptureError],
    catalogue: Catalogue,
    hashed: Hashed | None,
    executor: Executor | None,
) -> Found:
    """Tell new captures from those that the store has, by their contents, which threads or an executor read.

    A file that has the path, size and time of change of one that was taken is not read again. One that begins with all
    of another is refused, as its connections would be counted twice: it was taken before it was complete.
    """
    stored = {sha256: each for sha256, each in catalogue.captures.items() if sha256 not in catalogue.unread}
    files = {(each.path, each.size, each.changed_ns) for each in stored.values()}
    unknown = [source for source in sources if (place_of(source), source.size, changed_ns(source)) not in files]
    faults = [(error.path, error.reason) for error in refused]
    taken = set(stored) | {each.identity for each in stored.values()}
    before: dict[object, list[StoredCapture]] = defaultdict(list)
    for each in stored.values():
        for shared in {each.path, each.first_ns} - {None}:
            before[shared].append(each)
    found: dict[str, StoredCapture] = {}
    copies = 0
    with ThreadPoolExecutor(HASHING_THREADS) as threads:
        paths = [place_of(source) for source in unknown]
        for source, described in zip(unknown, (executor or threads).map(describe, paths), strict=True):
            if hashed is not None:
                hashed(source.size or 0)
            if isinstance(described, CaptureError):
                faults.append((described.path, described.reason))
            elif taken & {described.sha256, described.identity}:
                continue
            elif described.identity in found:
                copies += 1
            elif any(starts_with(source, each) for each in before[described.path] + before[described.first_ns]):
                faults.append((described.path, "has grown since it was stored: ingest captures once they are complete"))
            else:
                found[described.identity] = described
    known = len(sources) - len(found) - copies - (len(faults) - len(refused))
    damage = {error.path: error.__cause__ for error in refused if isinstance(error.__cause__, DecodeError)}
    readable = {path for source in sources for path in (source.path, printable(place_of(source)))}
    readable |= {plain for path in readable for plain in [COMPRESSED.sub("", path)] if path in compressed_since(plain)}
    return Found(list(found.values()), known, copies, faults, damage, readable - {path for path, _ in faults})


def find_moved(catalogue: Catalogue, sources: Sequence[CaptureSource]) -> dict[str, StoredCapture]:
    """Captures that were not read to the end and are not where they were, by SHA-256, at the paths of `sources`."""
    sizes: dict[int | None, list[CaptureSource]] = defaultdict(list)
    for source in sources:
        sizes[source.size].append(source)
    found: dict[str, StoredCapture] = {}
    left = {sha256 for plan, number in catalogue.unfinished() for sha256 in plan.strands[number].captures}
    for capture in (catalogue.captures[sha256] for sha256 in sorted(left)):
        if isinstance(open_unchanged(capture), AbsentSource):
            for source in sizes[capture.size]:
                with suppress(CaptureError, DecodeError):
                    if source.sha256() == capture.sha256:
                        found[capture.sha256] = replace(capture, path=place_of(source), changed_ns=changed_ns(source))
    return found


def describe(path: str) -> StoredCapture | CaptureError:
    """What a plan says of the capture at a path or URL; the error where it cannot be read. Reads the whole file.

    One that is compressed while it waits for its turn is taken as it is then.
    """
    described = describe_file(path)
    if isinstance(described, CaptureError):
        for compressed in compressed_since(path):
            return describe_file(compressed)
    return described


def describe_file(path: str) -> StoredCapture | CaptureError:
    """The same of a path or URL as it is."""
    try:
        source = RemoteSource(path) if is_remote(path) else CaptureSource(Path(path))
        first = source.first_time_ns()
        digest = source.sha256() or ""
        contents = (source.sha256_of_contents() or "") if source.compression else ""
    except CaptureError as error:
        return error
    except DecodeError as error:
        return CaptureError(printable(path), f"cannot be read: {error}")
    return StoredCapture(
        digest, source.name, place_of(source), source.size or 0, changed_ns(source), first, contents
    )  # fmt: skip


def place_of(source: CaptureSource) -> str:
    """The absolute path or the URL of a source."""
    return source.url if isinstance(source, RemoteSource) else str((source.location or Path()).absolute())


def starts_with(source: CaptureSource, before: StoredCapture) -> bool:
    """Whether a file begins with all that it held before."""
    with suppress(CaptureError, DecodeError):  # it has gone meanwhile
        return (source.size or 0) > before.size > 0 and source.sha256_of_first(before.size) == before.sha256
    return False


def make_plan(place: Place, found: Found, catalogue: Catalogue, rotation: Rotation, workers: int) -> Plan | None:
    """Write the plan for what is new; None where nothing is, or where another run was quicker."""
    refused, readable = new_refusals(found, catalogue), mended(found, catalogue)
    if not found.captures and not refused and not readable:
        return None
    number = len(catalogue.plans)
    now = datetime.now(UTC)
    strands, follows = build_strands(found, catalogue, rotation, workers)
    kept, replaced = write_kept(place, number, catalogue, readable)
    parts = (*write_refused(place, number, refused, found.damage, now), *kept)
    plan = Plan(
        number, __version__, now.isoformat(timespec="seconds"), tuple(found.captures), tuple(strands), follows, refused,
        parts, readable, replaced,
    )  # fmt: skip
    if place.create(plan_name(number), to_json(plan)):
        return plan
    for _, _, name, _ in parts:
        place.remove(name)
    return None


def new_refusals(found: Found, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """What cannot be read, as far as the store does not say so."""
    return tuple(each for each in found.refused if each not in catalogue.refused)


def mended(found: Found, catalogue: Catalogue) -> tuple[str, ...]:
    """The paths of which the store says that they cannot be read, though they can."""
    return tuple(sorted(found.readable & {path for path, _ in catalogue.refused}))


def build_strands(found: Found, catalogue: Catalogue, rotation: Rotation, workers: int) -> tuple[list[Strand], Follows]:
    """Captures as strands: large sequences are shared by several where workers are left over, small ones put together.

    A sequence that the store has goes on from there: captures at its end are read again for what was open then.
    """
    sequences = build_sequences(found.captures, rotation)
    tails = catalogue.tails()
    strands: list[Strand] = []
    follows: Follows = {}
    small: dict[str, list[StoredCapture]] = {}
    for sequence, members in sequences.items():
        again: tuple[str, ...] = ()
        tail = tails.get(sequence)
        if tail is not None and comes_after(members, tail, catalogue):
            again = captures_again(tail, catalogue)
            if again:
                follows[sequence] = tail.plan.number, tuple(sha256 for sha256 in tail.open if sha256 in again)
        size = sum(member.size for member in members)
        if not again and size < SHARD_MINIMUM:
            small[sequence] = members
            continue
        shards = min(SHARDS, -(-workers // len(sequences))) if size >= SHARD_MINIMUM else 1
        captures = again + tuple(member.sha256 for member in members)
        strands += [Strand(captures, ((sequence, 0),), len(again), shard, shards) for shard in range(shards)]
    return [*strands, *pack(small, workers)], follows


def workers_used(plan: Plan, workers: int) -> tuple[int, int] | None:
    """How many workers were wanted and have a task, where SHARDS leaves some without; None where it does not."""
    bound = len(plan.strands) < workers and any(strand.shards == SHARDS for strand in plan.strands)
    return (workers, len(plan.strands)) if bound else None


def pack(sequences: dict[str, list[StoredCapture]], workers: int) -> Iterator[Strand]:
    """Small sequences as strands of about the same size, about one for each worker."""
    total = sum(member.size for members in sequences.values() for member in members)
    enough = max(STRAND_MINIMUM, min(STEP_OCTETS, total // workers))
    captures: list[str] = []
    begins: list[tuple[str, int]] = []
    octets = 0
    for sequence, members in sequences.items():
        begins.append((sequence, len(captures)))
        captures += [member.sha256 for member in members]
        octets += sum(member.size for member in members)
        if octets >= enough:
            yield Strand(tuple(captures), tuple(begins))
            captures, begins, octets = [], [], 0
    if captures:
        yield Strand(tuple(captures), tuple(begins))


def comes_after(members: Sequence[StoredCapture], tail: Tail, catalogue: Catalogue) -> bool:
    """Whether captures begin behind the last packets of a sequence: those without packets say nothing of time."""
    if any(each.sha256 in tail.captures for each in members):  # which was not there when it was its turn
        return False
    before = [catalogue.captures[sha256] for sha256 in tail.captures]
    return all(each.first_ns is None or in_time(each) < in_time(members[0]) for each in before)


def captures_again(tail: Tail, catalogue: Catalogue) -> tuple[str, ...]:
    """The last captures of a sequence, from the first that has open connections, as far as they may be read again.

    The last one is read again in any case: what closed in it may have stragglers.
    """
    again: list[str] = []
    octets = 0
    for sha256 in reversed(tail.captures):
        capture = catalogue.captures[sha256]
        octets += capture.size
        if octets > REREAD_OCTETS or not open_source(capture).size:
            break
        again.insert(0, sha256)
    while len(again) > 1 and again[0] not in tail.open:
        del again[0]
    return tuple(again)


def write_refused(
    place: Place, plan: int, refused: Sequence[tuple[str, str]], damage: Mapping[str, DecodeError], now: datetime
) -> tuple[Part, ...]:
    """Write the problems that captures are which cannot be read."""
    if not refused:
        return ()
    rows = [
        problem_row(damage.get(path) or DecodeError("file", "unsupported", 0, reason), path, None, None, 1)
        for path, reason in refused
    ]
    day = now.strftime("%Y-%m-%d")
    return (
        write_problems(place, f"{plan:08}-refused-{place.writer}-{now:%H%M%S%f}", day, build_rows("problems", rows)),
    )


def write_kept(
    place: Place, plan: int, catalogue: Catalogue, readable: Sequence[str]
) -> tuple[list[Part], tuple[str, ...]]:
    """Write the problems of refused captures anew without those that can be read now.

    Returns the new files, and the names of those that they replace.
    """
    import pyarrow.compute as pc  # dear to import
    import pyarrow.parquet as pq

    kept: list[Part] = []
    replaced: list[str] = []
    for _, day, name, rows in catalogue.refusals() if readable else ():
        table = pq.read_table(place.path(name), filesystem=place.filesystem(), partitioning=None)
        left = table.filter(pc.invert(pc.is_in(table["capture"], pa.array(readable, pa.string()))))
        if len(left) < rows:
            replaced.append(name)
        if 0 < len(left) < rows:
            kept += [
                write_problems(place, f"{plan:08}-kept-{place.writer}-{len(replaced):05}", day, batch)
                for batch in left.combine_chunks().to_batches()
            ]
    return kept, tuple(replaced)


def write_problems(place: Place, name: str, day: str, rows: pa.RecordBatch) -> Part:
    """Write a file of problems of captures that cannot be read."""
    from ..export.parquet import ParquetWriter

    path = f"problems/day={day}/{name}.parquet"
    with place.writing(path) as file:
        writer = ParquetWriter(file, arrow_schema("problems"))
        writer.write(rows)
        writer.close()
    return "problems", day, path, len(rows)
