"""An inspection's connections -> a pcapng file of their handshakes that identifies nobody.

Every packet is made anew (anonymise/frames.py); nothing of the original but what is put in there. Only TLS over TCP is
rewritten: all other connections are left out, and counted by the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import pyarrow as pa

from .. import __version__
from ..anonymise.frames import Segment
from ..anonymise.handshakes import Frame, rewrite_connection
from ..dissect import LinkDissector
from ..errors import DecodeError
from ..statistics.wording import number_text
from ..wire.capfile import open_reader
from ..wire.codes import FIN, RST, SYN
from ..wire.flow_key import flow_key
from ..wire.flow_table import FlowTable
from ..wire.ip import FragmentTable
from ..wire.packet import Interface, Packet
from ..wire.walk import Walk
from .build import Passes, check_sources, needed_captures
from .choose import comments_of
from .find import PACKETS_PER_STEP
from .packets import NANOSECONDS, RawPacket
from .pcapng import PcapngWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..anonymise import Pseudonyms
    from ..capture import CaptureSource
    from ..inspection import Inspection
    from ..reading import Progress
    from ..wire.limits import Limits

COLUMNS = ("connection_id", "client_ip", "client_port", "server_ip", "server_port", "time_start", "time_end")
ETHERNET = 1
OTHER_PROTOCOL, UPGRADED, NOT_TCP = "another protocol than TLS", "an upgrade to TLS from clear text", "not over TCP"


class Shared(NamedTuple):
    """How much was written: connections, packets; and how many connections were left out, by the reason."""

    connections: int
    packets: int
    left_out: dict[str, int]


class Wanted(NamedTuple):
    """A connection whose segments are collected: its row, when its handshake ended, and what was collected."""

    row: dict[str, Any]
    end_ns: int
    segments: list[tuple[int, Segment]]


def share_packets(inspection: Inspection, out: BinaryIO, own: Pseudonyms, progress: Progress | None = None) -> Shared:
    """Write the handshakes of an inspection's connections to `out`, as pcapng, with pseudonyms.

    Numbers, times and order are those of the packets that they stand for; findings are comments, decryption secrets
    never follow. What was collected of the handshakes is held in memory. The captures are read once more, of which
    `progress` is told as that of read(); raises CaptureError where that cannot be done.
    """
    check_sources(inspection)
    left_out: Counter[str] = Counter()
    wanted = choose(inspection, left_out)
    totals = inspection.reading.totals
    sources, names = needed_captures(inspection, [each.row for each in wanted])
    passes = Passes(sources, 1, progress)
    for place, source in enumerate(sources):
        collect(source, place, wanted, totals.limits, passes.tell)
        passes.end(source)
    made: list[tuple[int, Frame]] = []
    connections = 0
    for each in wanted:
        places = {segment.number: place for place, segment in each.segments}
        frames = rewrite_connection(each.row, [segment for _, segment in each.segments], own)
        if isinstance(frames, str):
            left_out[frames] += 1
            continue
        connections += 1
        made += [(places[frame.number], frame) for frame in frames]
    made.sort(key=lambda pair: (pair[0], pair[1].number))
    writer = PcapngWriter(
        out, f"tlsinspect {__version__}", f"handshakes of {number_text(connections, 'connection')}, with pseudonyms"
    )
    interface = Interface(ETHERNET, 0, NANOSECONDS, 0, "")
    comments = comments_of(inspection)
    for place, frame in made:
        packet = RawPacket(frame.number, interface, frame.time_ns, frame.octets, frame.wire_length, [])
        writer.write_packet(packet, f"capture {place + 1}", comments.get((names[place], frame.number), []))
    return Shared(connections, len(made), dict(left_out))


def choose(inspection: Inspection, left_out: Counter[str]) -> list[Wanted]:
    """The connections that can be shared; the others are counted by the reason."""
    ends = handshake_ends(inspection)
    table = inspection.on_demand("connections").select(
        [*COLUMNS, "transport", "protocol", "starttls_protocol", "failure_cause"]
    )
    for name in ("time_start", "time_end"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()))
    wanted = []
    for row in table.to_pylist():
        if row["transport"] != "tcp":
            left_out[NOT_TCP] += 1
        elif row["starttls_protocol"]:
            left_out[UPGRADED] += 1
        elif row["protocol"] != "tls" or row["failure_cause"] == "not_tls":
            left_out[OTHER_PROTOCOL] += 1
        else:
            wanted.append(Wanted(row, ends.get(row["connection_id"], row["time_start"]), []))
    return wanted


def handshake_ends(inspection: Inspection) -> dict[str, int]:
    """For each connection the time of the last handshake message or first application data; of failed ones, alerts."""
    failed = inspection.on_demand("connections").select(["connection_id", "failure"]).to_pylist()
    without = {row["connection_id"] for row in failed if row["failure"]}
    table = inspection.arrow("messages").select(["connection_id", "time", "message_type"])
    times = table["time"].cast(pa.int64()).to_pylist()
    ids, kinds = table["connection_id"].to_pylist(), table["message_type"].to_pylist()
    ends: dict[str, int] = {}
    for connection, kind, time in zip(ids, kinds, times, strict=True):
        if kind != "alert" or connection in without:
            ends[connection] = max(ends.get(connection, time), time)
    return ends


def collect(
    source: CaptureSource, place: int, wanted: Iterable[Wanted], limits: Limits, tell: Callable[[CaptureSource], None]
) -> None:
    """Read one capture for the segments of the handshakes that are wanted."""
    fragments = FragmentTable(limits)
    collector = Collector(wanted, place, limits)
    walk = Walk(open_reader(source.blocks()), collector, fragments, LinkDissector())
    with suppress(DecodeError):
        while walk.advance(PACKETS_PER_STEP):
            tell(source)


class Collector(FlowTable):
    """Takes the segments of the connections that are wanted, wherever they are encapsulated."""

    def __init__(self, wanted: Iterable[Wanted], place: int, limits: Limits) -> None:
        super().__init__(frozenset(), (), False, limits=limits)
        self.place = place
        self.by_key: dict[bytes, list[tuple[Wanted, bool]]] = {}
        for each in wanted:
            ends = [
                (ip_address(each.row[f"{side}_ip"]).packed, int(each.row[f"{side}_port"]).to_bytes(2, "big"))
                for side in ("client", "server")
            ]
            for from_client, ((source, port), (other, other_port)) in ((True, ends), (False, ends[::-1])):
                self.by_key.setdefault(source + other + port + other_port, []).append((each, from_client))

    def add_segment(self, packet: Packet) -> None:
        """Take a TCP segment."""
        start = packet.transport
        if packet.payload_end - start < 20:
            return
        for each, from_client in self.by_key.get(flow_key(packet), ()):
            first, last = sorted((each.row["time_start"], each.row["time_end"]))
            flags = packet.data[start + 13]
            wanted = packet.time_ns <= each.end_ns or flags & (SYN | FIN | RST)
            if first <= packet.time_ns <= last and wanted:
                each.segments.append((self.place, read_segment(packet, from_client)))
                return

    def add_datagram(self, packet: Packet) -> None:
        """Pass over a UDP datagram."""

    def add_frame(self, packet: Packet) -> None:
        """Pass over an IEEE 802.1X frame."""


def read_segment(packet: Packet, from_client: bool) -> Segment:
    """A TCP segment out of its packet."""
    data, start = packet.data, packet.transport
    header = data[start : start + 20]
    payload = min(start + max(20, header[12] >> 4 << 2), packet.payload_end)
    octets = data[payload : packet.payload_end]
    return Segment(
        packet.number,
        packet.time_ns,
        from_client,
        int.from_bytes(header[4:8], "big"),
        int.from_bytes(header[8:12], "big"),
        header[13],
        int.from_bytes(header[14:16], "big"),
        data[start + 20 : payload],
        octets,
        len(octets) + packet.missing,
    )
