"""An inspection's connections -> a pcapng file with all of their packets and nothing else."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import pyarrow as pa

from .. import __version__
from ..errors import CaptureError
from ..statistics.wording import number_text
from .choose import comments_of
from .find import BEFORE_EAP_NS, PACKETS_PER_STEP, Found, Wanted, find_packets
from .packets import iter_packets
from .pcapng import PcapngWriter
from .secrets import TLS_KEY_LOG, own_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..capture import CaptureSource
    from ..inspection import Inspection
    from ..reading import Progress

LATEST = 1 << 63  # ns; later than any packet
COLUMNS = (
    *("client_ip", "client_port", "server_ip", "server_port", "transport", "starttls_protocol"),
    *("time_start", "time_end", "client_random"),
)


class Extracted(NamedTuple):
    """How much was written: connections, packets, packets with a comment, lines of decryption secrets."""

    connections: int
    packets: int
    commented: int
    secrets: int


class Passes:
    """Several readings of the same captures as one progress, in octets as stored."""

    def __init__(self, sources: Sequence[CaptureSource], passes: int, progress: Progress | None) -> None:
        self.progress = progress
        self.total = passes * sum(source.size or 0 for source in sources)
        self.before = 0

    def tell(self, source: CaptureSource) -> None:
        """Say how far the present reading is."""
        if self.progress is not None:
            self.progress(self.before + source.consumed, self.total)

    def end(self, source: CaptureSource) -> None:
        """Count a reading that is over, however much of the file it needed."""
        self.before += source.size or 0
        if self.progress is not None:
            self.progress(self.before, self.total)


def extract_packets(inspection: Inspection, out: BinaryIO, progress: Progress | None = None) -> Extracted:
    """Write every packet of an inspection's connections to `out`, as pcapng, in the order of the captures.

    Frames, link types and times are as captured; findings are comments of the packets that prove them; of the
    decryption secrets in the captures those follow that belong to the connections. The captures are read twice more,
    of which `progress` is told as that of read(); raises CaptureError where that cannot be done.
    """
    check_sources(inspection)
    rows = wanted_rows(inspection.on_demand("connections"))
    wanted, totals = Wanted(rows), inspection.reading.totals
    sources, names = needed_captures(inspection, rows)
    passes = Passes(sources, 2, progress)
    found = []
    for source in sources:
        found.append(find_packets(source, wanted, totals.tls_ports, totals.limits, passes.tell))
        passes.end(source)
    randoms = {row["client_random"] for row in rows if row["client_random"]}
    comment = f"{number_text(len(rows), 'connection')} extracted from {', '.join(names)}"
    writer = PcapngWriter(out, f"tlsinspect {__version__}", comment)
    secrets = b"".join(own_secrets(kind, octets, randoms) for each in found for kind, octets in each.secrets)
    if secrets:
        writer.write_secrets(TLS_KEY_LOG, secrets)
    comments = comments_of(inspection)
    commented = 0
    for source, name, each in zip(sources, names, found, strict=True):
        commented += copy_packets(writer, source, name, each, comments, passes.tell)
        passes.end(source)
    packets = sum(each.numbers.count for each in found)
    return Extracted(len(rows), packets, commented, secrets.count(b"\n"))


def needed_captures(inspection: Inspection, rows: list[dict[str, Any]]) -> tuple[list[CaptureSource], list[str]]:
    """The captures with packets of the time of some connection, and their names."""
    totals = inspection.reading.totals
    spans = sorted((row["time_start"], row["time_end"]) for row in rows)
    latest = list(accumulate((max(span) for span in spans), max))
    sources, names = [], []
    # Where reading was interrupted there are fewer facts than sources, and no connections in the others.
    for source, name, facts in zip(inspection.reading.sources, totals.names, totals.captures, strict=False):
        if facts["time_start"] is None:
            continue
        begun = bisect_right(spans, (facts["time_end"], LATEST))  # connections that begin before the capture ends
        if begun and latest[begun - 1] >= facts["time_start"] - BEFORE_EAP_NS:
            sources.append(source)
            names.append(name)
    return sources, names


def check_sources(inspection: Inspection) -> None:
    """Raise CaptureError for a capture that cannot be read again."""
    for source in inspection.reading.sources:
        if source.size is None:
            raise CaptureError(
                source.path, "can be read only once, and packets are copied in a second reading; save it"
            )


def copy_packets(
    writer: PcapngWriter,
    source: CaptureSource,
    name: str,
    found: Found,
    comments: dict[tuple[str, int], list[str]],
    tell: Callable[[CaptureSource], None],
) -> int:
    """Copy the packets that were found of one capture; returns how many of them got a comment."""
    commented, left = 0, found.numbers.count
    if not left:
        return 0
    for packet in iter_packets(source):
        if packet.number % PACKETS_PER_STEP == 0:
            tell(source)
        if packet.number in found.numbers:
            said = comments.get((name, packet.number), [])
            writer.write_packet(packet, name, said)
            commented += bool(said)
            left -= 1
            if not left:
                break
    return commented


def wanted_rows(connections: pa.Table) -> list[dict[str, Any]]:
    """The connections, as far as their packets are found by them; times in nanoseconds."""
    table = connections.select(list(COLUMNS))
    for name in ("time_start", "time_end"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return [row for row in rows if row["client_ip"] and row["server_ip"]]
