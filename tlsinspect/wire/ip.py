"""From an IP header to the transport header behind it; fragments are put together again.

Goes in: a Packet whose `network` is set. Comes out: the protocol number, with
`transport`, `payload_end` and `missing` set, or -1 while a datagram lacks
fragments. Header checksums are not looked at: a capture taken on the sending
host has wrong ones where the network card computes them.
Spec: RFC 791, RFC 8200, RFC 4302 (AH), RFC 2675 (jumbograms), RFC 8754 (segment routing), RFC 6275 (mobility).
"""

from __future__ import annotations

from collections import OrderedDict

from ..errors import DecodeError
from .codes import EAPOL
from .limits import DEFAULT_LIMITS, Limits
from .packet import Packet
from .pieces import Pieces

PIECE_COST = 128  # octets that a held fragment costs beside its payload, so that tiny ones are not free

PAYLOAD_LIMIT = 65535
REMEMBERED = 256  # datagrams that became whole lately, so that repeats of their fragments are told from others

HOME_ADDRESS = 201  # of a destination options header

REASSEMBLED = -2  # what the readers below return when the packet became a whole datagram, to be read from its start


class Datagram(Pieces):
    """A datagram of which fragments are missing; offsets count from the end of its header.

    `repeats` tells that all of them came before, in a datagram that became whole.
    """

    def __init__(self, time_ns: int, number: int, version: int) -> None:
        super().__init__()
        self.time_ns = time_ns
        self.number = number
        self.version = version
        self.header = b""  # of the fragment at offset 0, ready to stand in front of the whole payload
        self.length = -1  # of the whole payload, known from the last fragment
        self.repeats = False


class FragmentTable:
    """Datagrams that wait for fragments, within stated limits; the oldest go first.

    What was given up or contradicted itself is counted: `take_problems`. `whole` has the time and the hashes
    of the pieces of datagrams that became whole: copies of their fragments may come later, and wait in vain.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.age_limit_ns = limits.fragment_seconds * 1_000_000_000
        self.cost = 0
        self.waiting: OrderedDict[bytes, Datagram] = OrderedDict()  # a dict looks long for its first key
        self.whole: OrderedDict[bytes, tuple[int, set[int]]] = OrderedDict()
        self.problems: dict[tuple[int, str, str], tuple[int, int]] = {}

    def take_problems(self) -> list[tuple[DecodeError, int, int]]:
        """Return (error, number of the first packet concerned, how often) of each problem since the last call."""
        taken = [
            (DecodeError(f"ipv{version}", kind, 0, expected), number, count)
            for (version, kind, expected), (number, count) in self.problems.items()
        ]
        self.problems.clear()
        return taken

    def close(self) -> None:
        """Give up what still waits, at the end of a capture."""
        while self.waiting:
            self.drop_oldest("gap", "the datagram's other fragments")

    def drop_oldest(self, kind: str, expected: str) -> None:
        """Give up the datagram that has waited longest."""
        self.drop(next(iter(self.waiting)), kind, expected)

    def drop(self, key: bytes, kind: str, expected: str) -> None:
        """Give up a datagram; one of nothing but repeats is no problem."""
        datagram = self.waiting.pop(key)
        self.cost -= datagram.cost(PIECE_COST)
        if not datagram.repeats:
            self.note(datagram, kind, expected)

    def note(self, datagram: Datagram, kind: str, expected: str) -> None:
        """Count one problem."""
        problem = (datagram.version, kind, expected)
        number, count = self.problems.get(problem, (datagram.number, 0))
        self.problems[problem] = (number, count + 1)

    def find(self, packet: Packet, key: bytes) -> Datagram:
        """Return the datagram that the packet's fragment belongs to, a new one where it is the first."""
        while self.waiting:
            oldest = next(iter(self.waiting.values()))
            if packet.time_ns - oldest.time_ns <= self.age_limit_ns:
                break
            self.drop_oldest("gap", "the datagram's other fragments")
        datagram = self.waiting.get(key)
        if datagram is None:
            if len(self.waiting) >= self.limits.fragmented_datagrams:
                self.drop_oldest("limit", f"at most {self.limits.fragmented_datagrams} incomplete datagrams")
            datagram = Datagram(packet.time_ns, packet.number, packet.ip_version)
            datagram.repeats = key in self.whole
            self.waiting[key] = datagram
        return datagram

    def remember(self, key: bytes, time_ns: int, datagram: Datagram) -> None:
        """Note a datagram that is whole."""
        self.whole.pop(key, None)
        if len(self.whole) >= REMEMBERED:
            self.whole.popitem(last=False)
        self.whole[key] = (time_ns, {hash(piece) for piece in datagram.pieces})

    def is_repeat(self, key: bytes, time_ns: int, offset: int, payload: bytes) -> bool:
        """Tell whether a fragment came before, in a datagram that became whole not long ago."""
        if key not in self.whole:
            return False
        since, pieces = self.whole[key]
        return time_ns - since <= self.age_limit_ns and hash((offset, payload)) in pieces

    def keep(self, packet: Packet, key: bytes, offset: int, header: bytes, more: bool) -> bool:
        """Keep the payload of one fragment; True when its datagram is whole and has become the packet.

        The first copy of an octet counts. `header` is what is to stand in front
        of the whole payload, empty for fragments behind the first.
        """
        payload = packet.data[packet.transport : packet.payload_end]
        datagram = self.find(packet, key)
        if datagram.repeats:
            datagram.repeats = self.is_repeat(key, packet.time_ns, offset, payload)
        if header and not datagram.header:
            datagram.header = header
        end = offset + len(payload)
        last = not more and not packet.missing
        if last and datagram.length < 0:
            datagram.length = end
        agreed = datagram.length < 0 or end == datagram.length or (end < datagram.length and not last)
        self.cost -= datagram.cost(PIECE_COST)
        if not datagram.add(offset, payload) or not agreed:
            self.note(datagram, "bad_value", "fragments that agree where they overlap")
        self.cost += datagram.cost(PIECE_COST)
        if is_whole(datagram):
            del self.waiting[key]
            self.cost -= datagram.cost(PIECE_COST)
            self.remember(key, packet.time_ns, datagram)
            become_datagram(packet, datagram)
            return True
        if len(datagram.pieces) > self.limits.datagram_fragments:
            self.drop(key, "limit", f"at most {self.limits.datagram_fragments} fragments of a datagram")
        while self.cost > self.limits.fragment_octets:
            self.drop_oldest("limit", f"at most {self.limits.fragment_octets} octets in incomplete datagrams")
        return False


def read_network(packet: Packet, fragments: FragmentTable) -> int:
    """Read the IP header at `packet.network` and what stands before the transport header.

    Returns the protocol number, EAPOL where no IP is, or -1 for a fragment that was kept. Trailing
    octets of the frame are left out of the payload; a total length of 0, which
    segmentation offload leaves behind, means up to the end of the frame.
    Raises DecodeError: lengths that contradict each other, a header cut short.
    """
    protocol = REASSEMBLED
    while protocol == REASSEMBLED:
        if packet.ip_version == 4:
            protocol = read_ipv4(packet, fragments)
        elif packet.ip_version == 6:
            protocol = read_ipv6(packet, fragments)
        else:
            protocol = EAPOL
    packet.protocol = protocol
    return protocol


def read_ipv4(packet: Packet, fragments: FragmentTable) -> int:
    """Read an IPv4 header, and of its options the source route. Spec: RFC 791 section 3.1."""
    data = packet.data
    at = packet.network
    available = packet.end - at
    if available < 20:
        raise DecodeError("ipv4", "truncated", max(available, 0), "a header of 20 octets")
    first = data[at]
    header = (first & 0x0F) * 4
    if first >> 4 != 4:
        raise DecodeError("ipv4", "bad_value", 0, "version 4")
    total = data[at + 2] << 8 | data[at + 3]
    if total == 0:
        total = available
    if header < 20 or header > total:
        raise DecodeError("ipv4", "bad_length", 0, "a header of 20 octets to the total length")
    if header > available:
        raise DecodeError("ipv4", "truncated", available, f"a header of {header} octets")
    packet.transport = at + header
    bound_payload(packet, at, total)
    if data[at + 6] & 0x3F or data[at + 7]:
        return read_ipv4_fragment(packet, fragments, header)
    protocol = data[at + 9]
    if header > 20 or protocol == 51:
        packet.source = -1
        packet.destination = find_route(packet, at + 20, at + header)
        if protocol == 51:
            return skip_extensions(packet, fragments, 51, at + 9)
    return protocol


def find_route(packet: Packet, at: int, end: int) -> int:
    """Return the offset of the last address of a source route that is not at its end, -1 where there is none.

    The options of an IPv4 header are between `at` and `end`. Spec: RFC 791 section 3.1.
    """
    data = packet.data
    while end - at >= 2 and data[at] != 0:
        length = 1 if data[at] == 1 else data[at + 1]
        if length == 0 or length > end - at:
            break
        if data[at] in (131, 137) and length >= 7 and length & 3 == 3 and 4 <= data[at + 2] <= length:
            return at + length - 4
        at += length
    return -1


def bound_payload(packet: Packet, at: int, length: int) -> None:
    """Set where the payload of a datagram of `length` octets from `at` ends, and how much of it is missing."""
    if at + length <= packet.end:
        packet.payload_end = at + length
        packet.missing = 0
    else:
        packet.payload_end = packet.end
        packet.missing = at + length - packet.end


def read_ipv4_fragment(packet: Packet, fragments: FragmentTable, header: int) -> int:
    """Keep one IPv4 fragment. Spec: RFC 791 section 3.2, RFC 815."""
    data = packet.data
    at = packet.network
    offset = (data[at + 6] & 0x1F) << 11 | data[at + 7] << 3
    more = data[at + 6] & 0x20 != 0
    check_fragment(packet, "ipv4", 6, offset, more)
    front = data[at : at + 6] + b"\0\0" + data[at + 8 : at + header] if offset == 0 else b""
    key = data[at + 12 : at + 20] + data[at + 9 : at + 10] + data[at + 4 : at + 6]
    return REASSEMBLED if fragments.keep(packet, key, offset, front, more) else -1


def check_fragment(packet: Packet, layer: str, place: int, offset: int, more: bool) -> None:
    """Raise DecodeError for a fragment that is no multiple of 8 octets, or that makes its datagram too long."""
    length = packet.payload_end - packet.transport + packet.missing
    if more and length & 7:
        raise DecodeError(layer, "bad_length", place, "fragments of a multiple of 8 octets before the last")
    if offset + length > PAYLOAD_LIMIT:
        raise DecodeError(layer, "bad_length", place, f"a payload of at most {PAYLOAD_LIMIT} octets")


def read_ipv6(packet: Packet, fragments: FragmentTable) -> int:
    """Read an IPv6 header and its extension headers. Spec: RFC 8200 section 3."""
    data = packet.data
    at = packet.network
    available = packet.end - at
    if available < 40:
        raise DecodeError("ipv6", "truncated", max(available, 0), "a header of 40 octets")
    if data[at] >> 4 != 6:
        raise DecodeError("ipv6", "bad_value", 0, "version 6")
    length = data[at + 4] << 8 | data[at + 5]
    protocol = data[at + 6]
    if length == 0:
        length = jumbo_length(packet, at) if protocol == 0 else available - 40
    packet.transport = at + 40
    bound_payload(packet, at, 40 + length)
    if protocol in (6, 17):
        return protocol
    packet.source = packet.destination = -1
    return skip_extensions(packet, fragments, protocol, at + 6)


def jumbo_length(packet: Packet, at: int) -> int:
    """Read the jumbo payload option of a hop-by-hop header, else the length up to the end of the frame.

    Spec: RFC 2675 section 2, RFC 8200 section 4.2.
    """
    data = packet.data
    available = packet.end - at - 40
    if available < 8:
        return available
    option = at + 42
    end = min(at + 40 + (data[at + 41] + 1) * 8, packet.end)
    while option + 6 <= end:
        if data[option] == 0xC2 and data[option + 1] == 4:
            high = data[option + 2] << 8 | data[option + 3]
            return high << 16 | data[option + 4] << 8 | data[option + 5]
        option += 1 if data[option] == 0 else 2 + data[option + 1]
    return available


def skip_extensions(packet: Packet, fragments: FragmentTable, protocol: int, named_at: int) -> int:
    """Step over extension headers, and note addresses in them; `named_at` is the octet that named `protocol`.

    Returns the first protocol that is none, with `transport` at its header, or
    what became of a fragment. Spec: RFC 8200 section 4, RFC 4302 section 2.
    """
    data = packet.data
    at = packet.transport
    while protocol == 51 or (packet.ip_version == 6 and protocol in (0, 43, 44, 60, 135, 139, 140)):
        room = packet.payload_end - at
        length = 8
        if room >= 8 and protocol == 51:
            length = (data[at + 1] + 2) * 4
        elif room >= 8 and protocol != 44:
            length = (data[at + 1] + 1) * 8
        if room < length:
            kind = "truncated" if packet.missing else "bad_length"
            raise DecodeError(f"ipv{packet.ip_version}", kind, at - packet.network, f"an extension of {length} octets")
        if protocol == 44 and (data[at + 2] or data[at + 3] & 0xF9):
            packet.transport = at + 8
            return read_ipv6_fragment(packet, fragments, at, named_at)
        if protocol == 43 and data[at + 3]:
            note_destination(packet, at, length)
        elif protocol == 60 and length >= 24:
            note_home(packet, at + 2, at + length)
        protocol = data[at]
        named_at = at
        at += length
    packet.transport = at
    return protocol


def note_destination(packet: Packet, at: int, length: int) -> None:
    """Note the last address of a routing header that is not at its end, where its type is known.

    Spec: RFC 8200 section 8.1, RFC 2460 section 4.4 (type 0), RFC 6275 section 6.4 (type 2), RFC 8754 section 2
    (type 4, whose list is in reverse).
    """
    kind = packet.data[at + 2]
    if length >= 24 and kind == 0:
        packet.destination = at + (length - 8 & ~15) - 8
    elif length >= 24 and kind in (2, 4):
        packet.destination = at + 8


def note_home(packet: Packet, at: int, end: int) -> None:
    """Note the home address in the destination options between `at` and `end`. Spec: RFC 6275 section 6.3."""
    data = packet.data
    while end - at >= 18:
        if data[at] == HOME_ADDRESS and data[at + 1] == 16:
            packet.source = at + 2
            return
        at += 1 if data[at] == 0 else 2 + data[at + 1]


def read_ipv6_fragment(packet: Packet, fragments: FragmentTable, at: int, named_at: int) -> int:
    """Keep one IPv6 fragment, whose fragment header is at `at`. Spec: RFC 8200 section 4.5."""
    data = packet.data
    network = packet.network
    offset = (data[at + 2] << 8 | data[at + 3]) & 0xFFF8
    more = data[at + 3] & 1 != 0
    check_fragment(packet, "ipv6", at - network, offset, more)
    front = data[network:named_at] + data[at : at + 1] + data[named_at + 1 : at] if offset == 0 else b""
    key = data[network + 8 : network + 40] + data[at + 4 : at + 8]
    return REASSEMBLED if fragments.keep(packet, key, offset, front, more) else -1


def is_whole(datagram: Datagram) -> bool:
    """Tell whether the pieces cover the whole payload: as many octets as it has, and none behind its end."""
    if datagram.octets != datagram.length or not datagram.header:
        return False
    return not datagram.pieces or datagram.pieces[len(datagram.pieces) - 1][0] < datagram.length


def become_datagram(packet: Packet, datagram: Datagram) -> None:
    """Make the packet the whole datagram, with its length in the header; the link's addresses are not part of it."""
    front = datagram.header
    payload = b"".join([piece for _, piece in datagram.pieces])
    if datagram.version == 4:
        length = len(front) + len(payload)
        place = 2
    else:
        length = len(front) - 40 + len(payload)
        place = 4
    if length > PAYLOAD_LIMIT:
        raise DecodeError(
            f"ipv{datagram.version}", "bad_length", place, f"a datagram of at most {PAYLOAD_LIMIT} octets"
        )
    packet.data = front[:place] + length.to_bytes(2, "big") + front[place + 2 :] + payload
    packet.start = 0
    packet.end = len(packet.data)
    packet.network = 0
    packet.source_mac = -1
