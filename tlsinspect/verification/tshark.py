"""A second opinion from Wireshark: tshark reads the same capture through pyshark, and every field is compared.

Goes in: an Inspection of one capture. Comes out: a Verification. On a busy machine pyshark now and then loses the end
of tshark's output or its exit status; so a crash counts when it comes twice, and so does a difference.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..errors import CaptureError, ToolError
from .places import packet_of
from .record import PRESENCE, Difference, Ends, Row, Tally, Verification, by_ends, conclude, subject_of
from .tshark_fields import Expected, take_packet
from .tshark_reasons import TSHARK_REASONS

if TYPE_CHECKING:
    from ..capture import CaptureSource
    from ..inspection import Inspection

FILTER = "tls.handshake.type in {1, 2, 11, 12} || dtls.handshake.type in {1, 2, 11, 12}"
PREFERENCES = {"tcp.reassemble_out_of_order": "TRUE", "tcp.try_heuristic_first": "TRUE"}
NOT_READ_BY_TSHARK = frozenset({"bzip2", "xz"})
SHOWN_BY = ("client_hello_packet", "server_hello_packet", "certificate_packet")
ONLY_OURS_IF_MISSING = ("group", "dh_prime_bits", "server_signature_algorithm", "certificate_sha256s")
"""Columns of messages that a connection need not have: ours stay empty where tshark saw none."""


def verify_tshark(inspection: Inspection) -> Verification:
    """Compare the connections that have a hello or a certificate with what tshark reads in the same file.

    Raises CaptureError for anything but one capture in a file, ToolError where tshark is not installed or cannot read
    it.
    """
    if len(inspection.reading.sources) != 1:
        raise CaptureError(inspection.reading_arguments, "tshark compares one capture at a time")
    [source] = inspection.reading.sources
    ours = own_rows(inspection)
    with readable(source) as path:
        tally = compare(ours, read_twice(path, bool(inspection.damage)))
        if any(each.reason is None for each in tally.found):
            again = {key_of(each) for each in compare(ours, read_twice(path, bool(inspection.damage))).found}
            tally.found = [each for each in tally.found if each.reason or key_of(each) in again]
    return conclude(f"tshark {tshark_version()}", tally)


def own_rows(inspection: Inspection) -> dict[Ends, list[Row]]:
    """Our connections with a hello or a certificate, by their ends, in the order of time."""
    rows = inspection.arrow("connections").sort_by([("time_start", "ascending"), ("connection_id", "ascending")])
    return by_ends(row for row in rows.to_pylist() if any(row[name] is not None for name in SHOWN_BY))


@contextmanager
def readable(source: CaptureSource) -> Iterator[Path]:
    """A file with the capture that tshark can read."""
    if source.location is None:
        raise CaptureError(source.path, "tshark has to read the capture as well: save it to a file first")
    if source.compression not in NOT_READ_BY_TSHARK:
        yield source.location
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "capture"
        with path.open("wb") as out:
            out.writelines(source.blocks())
        yield path


def read_twice(path: Path, is_damaged: bool) -> dict[Ends, list[Expected]]:
    """What tshark reads, asked once more where it crashes; of a damaged file, what comes before the damage."""
    from pyshark.capture.capture import TSharkCrashException

    try:
        return in_own_thread(path, False)
    except TSharkCrashException:
        pass
    try:
        return in_own_thread(path, is_damaged)
    except TSharkCrashException as error:
        raise ToolError("tshark", reason_of(str(error))) from None


def in_own_thread(path: Path, is_crash_accepted: bool) -> dict[Ends, list[Expected]]:
    """Read in a thread of its own: pyshark runs an event loop, and in a notebook this thread has one already."""
    asyncio_logger = logging.getLogger("asyncio")  # warns of a process whose end pyshark's own kill() has taken
    level = asyncio_logger.level
    asyncio_logger.setLevel(logging.ERROR)
    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(read_once, path, is_crash_accepted).result()
    finally:
        asyncio_logger.setLevel(level)


def read_once(path: Path, is_crash_accepted: bool) -> dict[Ends, list[Expected]]:
    """What one process of tshark reads: columns and their values, for each connection with a hello, by its ends."""
    from pyshark import FileCapture
    from pyshark.capture.capture import TSharkCrashException
    from pyshark.tshark.output_parser.tshark_json import TsharkJsonParser

    class Parser(TsharkJsonParser):  # type: ignore[misc]
        """pyshark's, which would stop at octets that are no UTF-8: tshark writes those of comments as they are."""

        def _parse_single_packet(self, packet: bytes) -> Any:
            return super()._parse_single_packet(packet.decode(errors="replace").encode())

    class Reader(FileCapture):  # type: ignore[misc]
        """pyshark's, which would ask tshark for its version for each file anew."""

        def _setup_tshark_output_parser(self) -> Any:
            return Parser(tshark_version())

        def _get_tshark_version(self) -> Any:
            return tshark_version()

        def __del__(self) -> None:
            """Nothing: it is closed below, once."""

    tshark_version()  # says so where there is none
    streams: dict[str, Expected] = {}
    capture = Reader(str(path), use_json=True, display_filter=FILTER, override_prefs=PREFERENCES)
    try:
        for packet in iter_packets(capture):
            take_packet(packet, streams)
    except TSharkCrashException:
        if not is_crash_accepted:
            raise
    finally:
        close(capture)
    found: dict[Ends, list[Expected]] = {}
    for expected in streams.values():
        if "ends" in expected:
            found.setdefault(expected.pop("ends"), []).append(expected)
    return found


def iter_packets(capture: Any) -> Iterator[Any]:
    """The packets; raises ToolError for one that pyshark can make nothing of."""
    packets = iter(capture)
    while True:
        try:
            packet = next(packets, None)
        except KeyError as error:
            raise ToolError("pyshark", f"it reads no packet without {error}") from None
        if packet is None:
            return
        yield packet


def close(capture: Any) -> None:
    """End what pyshark started; that tshark has crashed is known by now."""
    from pyshark.capture.capture import TSharkCrashException

    with suppress(TSharkCrashException):
        capture.close()
    capture.eventloop.close()


@cache
def tshark_version() -> Any:
    """The version of the tshark that is installed; raises ToolError where none is."""
    from pyshark.tshark.tshark import TSharkNotFoundException, get_tshark_version

    try:
        return get_tshark_version()
    except TSharkNotFoundException:
        raise ToolError("tshark", "it is not installed; Debian has it as package tshark") from None


def reason_of(crash: str) -> str:
    """What tshark said last, as pyshark reports it."""
    found = re.search(r"Last error line: (?:tshark: )?(.*)", crash)
    return found[1] if found else "it ended with an error"


def compare(ours: dict[Ends, list[Row]], theirs: dict[Ends, list[Expected]]) -> Tally:
    """Every field of every connection."""
    tally = Tally(TSHARK_REASONS)
    for ends in theirs | ours:
        compare_connections(tally, ends, ours.get(ends, []), theirs.get(ends, []))
    return tally


def compare_connections(tally: Tally, ends: Ends, ours: list[Row], theirs: list[Expected]) -> None:
    """Those with the same ends, in the order of time."""
    if len(ours) != len(theirs):
        first = ours[0] if ours else None
        tally.differ(Difference(subject_of(ends), PRESENCE, len(ours), len(theirs), first, packet_of(PRESENCE, first)))
        return
    for row, expected in zip(ours, theirs, strict=True):
        tally.matched += 1
        for column, value in (dict.fromkeys(ONLY_OURS_IF_MISSING) | expected).items():
            if row[column] != value:
                place = packet_of(column, row)
                tally.differ(Difference(subject_of(ends), column, row[column], value, row, place))
            elif value is not None:
                tally.agree()


def key_of(difference: Difference) -> tuple[str, ...]:
    """What makes two differences the same."""
    return difference.subject, difference.field, repr(difference.ours), repr(difference.theirs)
