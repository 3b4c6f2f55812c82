"""QUIC connections: which packets a flow has, and the TLS hellos in its Initial packets.

Goes in: the datagrams of one UDP flow, and what derives Initial keys. Comes out: the
same Listener calls that TLS over TCP makes, and QuicFacts. Only Initial packets are
opened; all others are counted, and a packet with a short header costs no more than that.
Spec: RFC 9000, RFC 9001, RFC 9368 and RFC 9369.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import (
    APPLICATION_DATA,
    FATAL,
    HANDSHAKE,
    QUIC_HANDSHAKE,
    QUIC_INITIAL,
    QUIC_NEGOTIATION,
    QUIC_RETRY,
    QUIC_ZERO_RTT,
    READING,
)
from .flow import DatagramReader, Flow
from .gquic import find_server_name
from .quic_facts import QuicFacts
from .quic_frames import CryptoStream, Frames, parse_frames
from .quic_packet import (
    InitialKeys,
    LongHeader,
    is_google_crypto,
    is_reserved,
    read_long_header,
    remove_protection,
)
from .record import RecordReader
from .stream import Stream

ORIGIN_LIMIT = 4  # connection ids that keys were derived from, of one flow
EARLY_INITIALS = 4  # Initial packets of a flow that are kept until the client's first one gives their keys
ORIGIN_MINIMUM = 8  # octets of the connection id that a client invents (RFC 9000 section 7.2); no limit after a Retry
SMALLEST_DATAGRAM = 1200  # of a client's Initial packet (RFC 9000 section 14.1)

CRYPTO_ERROR = 0x0100  # and the 255 that follow: a TLS alert (RFC 9001 section 4.8)
GOOGLE_TLS = 0x543035  # T050 to T059, in the upper three octets: TLS in Google's framing


EarlyInitial = tuple[bytes, LongHeader, Stream, int, int]


class QuicReader(DatagramReader):
    """Where both directions of a QUIC connection stand.

    `client` is the side that opened it, -1 while that is not known. `origins` are the
    connection ids whose keys opened a packet of the client, the latest first, `origin` the one whose keys opened the
    packet at hand, `retried` the one that a Retry told the client to use. `offers` are the keys that the client's
    packets had, as (version, connection id), `given_up` those of what it said before it began again, `answer` those of
    the server's first packet that was opened. `early` are packets whose keys are not known yet, as (datagram, header,
    direction, packet, ns). `latest` are packet and time of what each side said last in its place, `largest` the highest
    packet numbers, `with_token` and `without_token` whether the client's own keys opened such packets, `id_lengths`
    what short headers of each side have for a connection id.
    """

    def __init__(self, keys: InitialKeys) -> None:
        self.keys = keys
        self.flow: Flow | None = None
        self.facts = QuicFacts()
        self.client = -1
        self.origins: list[bytes] = []
        self.origin = b""
        self.retried = b""
        self.offers: list[tuple[int, bytes]] = []
        self.given_up: list[tuple[int, bytes]] = []
        self.answer: tuple[int, bytes] | None = None
        self.early: list[EarlyInitial] = []
        self.reading_early = False
        self.answered = False
        self.with_token = False
        self.without_token = False
        self.crypto = [CryptoStream(), CryptoStream()]
        self.latest = [(-1, 0), (-1, 0)]
        self.largest = [-1, -1]
        self.initials = 0
        self.handshake_seen = [False, False]
        self.id_lengths = [0, 0]
        self.settled = False

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read the packets of a datagram."""
        if self.flow is None:
            self.flow = flow
            flow.quic = self.facts
            self.crypto = [CryptoStream(flow.limits), CryptoStream(flow.limits)]
        if position < end:
            if data[position] & 0x80:
                self.read_datagram(flow, stream, data[position:end])
            else:
                self.count_short(flow, stream, end - position)

    def count_short(self, flow: Flow, stream: Stream, length: int) -> None:
        """Count a packet with a short header, which lasts until the end of its datagram."""
        reader = stream.reader
        length -= 1 + self.id_lengths[reader.side]
        if length > 0:
            reader.application_bytes += length
            reader.application_records += 1
            if not self.settled:
                self.watch(flow, stream, length)

    def watch(self, flow: Flow, stream: Stream, length: int) -> None:
        """Note each side's first 1-RTT packet.

        The client sends none before the server's Finished verified (RFC 9001 section 5.7), so
        that one behind the server's Handshake packets shows that both sides finished.
        """
        side = stream.reader.side
        reader: RecordReader = stream.reader
        other: RecordReader = flow.streams[1 - side].reader
        if not reader.application_seen:
            reader.application_seen = True
            flow.note(reader, APPLICATION_DATA, -1, length, "")
        if side == self.client and (self.handshake_seen[1 - side] or other.application_seen):
            reader.finished_seen = True
            other.finished_seen = True
            if flow.time_application < 0:
                flow.time_application = stream.time_ns
        if flow.time_application >= 0 and other.application_seen:
            self.settled = True
            flow.held = 0
            for crypto in self.crypto:
                crypto.forget()
                flow.held += crypto.held

    def read_datagram(self, flow: Flow, stream: Stream, datagram: bytes) -> None:
        """Read the packets of a datagram that starts with a long header (RFC 9000 section 12.2)."""
        position = 0
        destination = b""
        while position < len(datagram):
            if datagram[position] & 0x80 == 0:
                if datagram[position] & 0x40:
                    self.count_short(flow, stream, len(datagram) - position)
                return
            try:
                header = read_long_header(datagram, position)
            except DecodeError as error:
                flow.problem(error)
                return
            if position > 0 and header.destination != destination:
                return
            destination = header.destination
            self.take_packet(flow, stream, datagram, header)
            position = header.end

    def take_packet(self, flow: Flow, stream: Stream, datagram: bytes, header: LongHeader) -> None:
        """Take a packet with a long header."""
        side = stream.reader.side
        if header.kind in (QUIC_NEGOTIATION, QUIC_RETRY):
            self.know_client(flow, 1 - side)
            if header.kind == QUIC_RETRY:
                self.facts.retry = True
                self.retried = header.source
            else:
                self.facts.version_negotiation = True
            return
        self.take_version(header, side)
        if self.facts.connection_ids[side] is None:
            self.facts.connection_ids[side] = (header.destination, header.source)
            self.id_lengths[1 - side] = len(header.source)
        if header.kind == QUIC_INITIAL:
            crypto: CryptoStream = self.crypto[side]
            if not crypto.full:
                self.read_initial(flow, stream, datagram, header)
        elif header.kind == QUIC_HANDSHAKE:
            self.handshake_seen[side] = True
        elif header.kind == QUIC_ZERO_RTT:
            self.know_client(flow, side)
            self.facts.zero_rtt = True
            stream.reader.application_bytes += header.end - header.number_at
        elif not self.facts.google:
            self.seal(flow, side, DecodeError("quic", "unsupported", header.start + 1, "a version that is read here"))
        elif self.facts.server_name is None:
            self.facts.server_name = find_server_name(datagram)

    def know_client(self, flow: Flow, side: int) -> None:
        """`side` sent what only a client sends."""
        if self.client < 0:
            self.client = side
            flow.syn_side = side

    def take_version(self, header: LongHeader, side: int) -> None:
        """The server's version counts; until it answers the client's latest (RFC 9368)."""
        if self.client == 1 - side:
            if not self.answered and is_reserved(self.facts.version):
                self.facts.versions_differ = True  # nobody speaks a reserved version: a list of others was sent
            self.answered = True
        elif self.answered:
            return
        elif self.facts.version not in (-1, header.version):
            self.facts.versions_differ = True
        self.facts.version = header.version
        self.facts.google = is_google_crypto(header.version)

    def read_initial(self, flow: Flow, stream: Stream, datagram: bytes, header: LongHeader) -> None:
        """Open an Initial packet and read its frames.

        Until the server has answered under keys that are known, others may follow from a Retry that was not captured.
        """
        side = stream.reader.side
        if header.missing and not stream.truncated:
            flow.problem(DecodeError("quic", "bad_length", header.number_at, "a packet within its datagram"))
            return
        payload = self.open_initial(flow, side, datagram, header)
        if payload is None and self.client < 0 and len(self.early) < EARLY_INITIALS:
            self.early.append((datagram, header, stream, stream.number, stream.time_ns))
            flow.held += len(datagram)
            return
        if payload is None:
            within = self.initials <= flow.limits.quic_initials
            known = self.answer is not None or (side == self.client and header.destination in self.origins)
            expected = known and within and not (header.missing or self.reading_early)
            error = DecodeError("quic", "bad_value", header.number_at, "an Initial packet that its keys open")
            self.seal(flow, side, error if expected else None)
            return
        crypto: CryptoStream = self.crypto[side]
        self.largest[side] = max(header.number, self.largest[side])
        self.facts.opened[side] = True
        frames = parse_frames(payload, self.is_google_framed(header))
        if side == self.client:
            self.note_token(header)
            if self.is_given_up(flow, side, (header.version, self.origin), frames):
                return
            crypto = self.crypto[side]
        elif self.answer is None:
            self.answer = (header.version, self.origin)
        for offset, octets in frames.crypto:
            self.take_crypto(flow, stream, offset, octets)
        if header.missing:
            crypto.note_cut(frames)
        if crypto.delivered == crypto.cut and stream.reader.parts_length:
            stream.reader.lose_message(0)  # a message that the capture cut: this packet has what there is of it
            crypto.over = True
        if frames.problem is not None and not header.missing:
            flow.problem(frames.problem)
        if frames.close_error >= 0 and self.facts.close_error < 0:
            self.take_close(flow, stream, frames.close_error)
        if self.early:
            self.read_early(flow)

    def note_token(self, header: LongHeader) -> None:
        """Note what the token of a client's Initial packet, or the lack of one, says of what went before.

        Behind a Retry there is a token, and packets are not numbered anew (RFC 9000 section 17.2.5.3). A token that
        the first packet lacks comes of a Retry; one of an earlier connection is in all of them (section 8.1.3).
        """
        if header.destination != self.origin:
            return
        if header.token_length:
            self.with_token = True
        else:
            self.without_token = True
        if self.with_token and self.without_token:
            self.facts.retry = True
        begins = header.token_length == 0 or header.number == 0
        if self.facts.first_destination is None or (begins and not self.facts.begins):
            self.facts.first_destination = header.destination
            self.facts.begins = begins

    def read_early(self, flow: Flow) -> None:
        """The client's first packet came: read those that stand in front of it in the capture."""
        early = self.early
        self.early = []
        self.reading_early = True
        for datagram, header, stream, number, time_ns in early:
            current, now = stream.number, stream.time_ns
            stream.number, stream.time_ns = number, time_ns
            self.read_initial(flow, stream, datagram, header)
            stream.number, stream.time_ns = current, now
        self.reading_early = False

    def is_google_framed(self, header: LongHeader) -> bool:
        """Whether an Initial packet has frames of Google's."""
        return self.facts.google or header.version >> 8 == GOOGLE_TLS

    def seal(self, flow: Flow, side: int, error: DecodeError | None) -> None:
        """A packet of `side` cannot be opened; the first time that is a problem where it should have been possible."""
        if error is not None and not self.facts.sealed[side]:
            flow.problem(error)
        self.facts.sealed[side] = True

    def open_initial(self, flow: Flow, side: int, datagram: bytes, header: LongHeader) -> bytes | None:
        """The payload of an Initial packet in the clear; None where no keys open it.

        A client's packet may have begun the connection itself, or followed a Retry: then
        its own destination connection id is what the keys come from (RFC 9001 section 5.2).
        """
        self.initials += 1
        limit = flow.limits.quic_initials
        if self.initials > limit:
            if self.initials == limit + 1:
                flow.problem(DecodeError("quic", "limit", 0, f"at most {limit} Initial packets"))
            return None
        if header.missing:  # any keys open it, and what a hello comes out of are the right ones
            payload = self.open_first(flow, side, datagram, header)
            return payload if payload is not None else self.open_next(side, datagram, header)
        payload = self.open_next(side, datagram, header)
        if payload is None:
            payload = self.open_first(flow, side, datagram, header)
        if payload is None and self.client < 0:
            payload = self.open_answer(flow, side, datagram, header)
        if payload is None and self.retried and self.client >= 0:  # in front of what the client said again, or without
            role = 0 if side == self.client else 1
            payload = self.open_under(self.retried, role, datagram, header, self.largest[side])
            if payload is not None:
                self.origin = self.retried
        return payload

    def open_next(self, side: int, datagram: bytes, header: LongHeader) -> bytes | None:
        """Open an Initial packet with keys that opened one before."""
        role = 0 if side == self.client else 1
        for origin in self.origins:
            payload = self.open_under(origin, role, datagram, header, self.largest[side])
            if payload is not None and (not header.missing or may_be_frames(payload, self.is_google_framed(header))):
                self.origin = origin
                return payload
        return None

    def open_first(self, flow: Flow, side: int, datagram: bytes, header: LongHeader) -> bytes | None:
        """Open a client's Initial packet with the keys that come from its own destination connection id."""
        if self.client == 1 - side or header.destination in self.origins or len(self.origins) >= ORIGIN_LIMIT:
            return None
        if header.token_length == 0 and len(header.destination) < ORIGIN_MINIMUM:
            return None
        payload = self.open_under(header.destination, 0, datagram, header, self.largest[side])
        if payload is None or (header.missing and not begins_handshake(payload)):
            return None
        self.know_client(flow, side)
        self.origins.insert(0, header.destination)
        self.origin = header.destination
        return payload

    def open_answer(self, flow: Flow, side: int, datagram: bytes, header: LongHeader) -> bytes | None:
        """Open a whole Initial packet of a server whose client's packets were cut where nothing tells of a hello."""
        for _, early, stream, _, _ in self.early:
            if stream.reader.side == side or not early.missing:
                continue
            payload = self.open_under(early.destination, 1, datagram, header, -1)
            if payload is not None:
                self.know_client(flow, 1 - side)
                self.origins.insert(0, early.destination)
                self.origin = early.destination
                return payload
        return None

    def open_under(self, origin: bytes, role: int, datagram: bytes, header: LongHeader, largest: int) -> bytes | None:
        """Open a packet with the keys that come from `origin`; `role` is 0 for the client's, 1 for the server's."""
        for pair in self.keys.derive(header.version, origin):
            payload = remove_protection(pair[role], datagram, header, largest)
            if payload is not None:
                return payload
        return None

    def is_given_up(self, flow: Flow, side: int, keys: tuple[int, bytes], frames: Frames) -> bool:
        """True for a late copy of what the client said before it began again; under new keys it may do that now."""
        if keys in self.given_up:
            return True
        if keys not in self.offers:
            if (flow.server_hello is None or keys == self.answer) and self.is_another_hello(side, frames):
                self.restart(flow)
                self.given_up += self.offers
                self.offers = []
            self.offers.append(keys)
        return False

    def is_another_hello(self, side: int, frames: Frames) -> bool:
        """True when a packet under new keys says something else at the same place of the CRYPTO stream."""
        crypto: CryptoStream = self.crypto[side]
        return True in [crypto.differs(offset, octets) for offset, octets in frames.crypto]

    def restart(self, flow: Flow) -> None:
        """The client begins again: what it said before was answered with a list of versions, or a Retry.

        Behind a Retry it should say the same again (RFC 9000 section 17.2.5.3), but not all do. What the server says to
        that may stand in front of it in the capture.
        """
        for stream in flow.streams:
            side = stream.reader.side
            if flow.server_hello is None or side == self.client:
                stream.reader.lose_message(0)
                self.crypto[side] = CryptoStream(flow.limits)
        flow.client_hello = None
        if flow.server_hello is None:
            flow.retry = None

    def take_crypto(self, flow: Flow, stream: Stream, offset: int, octets: bytes) -> None:
        """Put a CRYPTO frame in its place and hand on what is in order."""
        reader = stream.reader
        crypto: CryptoStream = self.crypto[reader.side]
        try:
            crypto.add(offset, octets)
        except DecodeError as error:
            flow.problem(error)
        other: CryptoStream = self.crypto[1 - reader.side]
        flow.held = crypto.held + other.held
        if crypto.conflict:
            stream.overlap_conflict = True
        ready = crypto.take()
        if not ready:
            return
        if self.facts.google:
            if self.facts.server_name is None:
                self.facts.server_name = find_server_name(ready)
            return
        self.latest[reader.side] = (stream.number, stream.time_ns)
        reader.mode = READING
        reader.record_type = HANDSHAKE
        reader.collect(ready, 0, len(ready))

    def take_close(self, flow: Flow, stream: Stream, error: int) -> None:
        """A side closed the connection; a TLS alert says so by its error code."""
        self.facts.close_error = error
        stream.fin = True
        if flow.fin_packet < 0:
            flow.fin_packet = stream.number
            flow.fin_ns = stream.time_ns
            flow.fin_side = stream.reader.side
        if error >> 8 == CRYPTO_ERROR >> 8 and not self.facts.google:
            flow.alert(stream.reader, FATAL, error & 0xFF)

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        """True for an Initial packet under keys of its own, where no Retry or Version Negotiation explains that."""
        flow = self.flow
        size = end - position + stream.lacking
        if flow is None or flow.client_hello is None or size < SMALLEST_DATAGRAM or position >= end:
            return False
        if not data[position] & 0x80:
            return False
        datagram = data[position:end]
        try:
            header = read_long_header(datagram, 0)
        except DecodeError:
            return False
        if header.kind != QUIC_INITIAL or len(header.destination) < ORIGIN_MINIMUM:
            return False
        if self.is_expected(flow, stream.reader.side, header):
            return False
        self.initials += 1
        if self.initials > flow.limits.quic_initials:
            return False
        payload = self.open_under(header.destination, 0, datagram, header, -1)
        return payload is not None and (not header.missing or begins_handshake(payload))

    def is_expected(self, flow: Flow, side: int, header: LongHeader) -> bool:
        """True when an Initial packet's connection ids are of this connection, or follow from an answer to it.

        Until the server's hello a client that was sent a Retry or a list of versions takes
        other ids; where that answer was not captured, the token or its own id tell.
        """
        own = self.facts.connection_ids[side]
        peer = self.facts.connection_ids[1 - side]
        if header.destination in self.origins or (peer is not None and header.destination == peer[1]):
            return True
        if self.retried and header.destination == self.retried:
            return True
        if flow.server_hello is not None:
            return False
        same = own is not None and len(header.source) > 0 and header.source == own[1]
        return same or header.token_length > 0 or self.facts.retry or self.facts.version_negotiation

    def finish(self) -> None:
        """The flow is over: octets that wait for earlier ones, or a message for its end, show that others were lost."""
        if self.flow is None:
            return
        for _, _, early, _, _ in self.early:
            self.facts.sealed[early.reader.side] = True
        for side in (0, 1):
            stream: Stream = self.flow.streams[side]
            crypto: CryptoStream = self.crypto[side]
            if (crypto.is_waiting() or stream.reader.parts_length) and not stream.truncated:
                stream.gap = True
            if stream.reader.parts_length:
                self.end_message(stream)
        self.flow = None

    def end_message(self, stream: Stream) -> None:
        """Hand over a message without its end, as of the packet that has the last octets of it in order."""
        number, time_ns = stream.number, stream.time_ns
        stream.number, stream.time_ns = self.latest[stream.reader.side]
        stream.reader.lose_message(0)
        stream.number, stream.time_ns = number, time_ns


def may_be_frames(payload: bytes, google: bool) -> bool:
    """Whether the beginning of a payload can be that of frames; what wrong keys make of it mostly cannot."""
    problem = parse_frames(payload, google).problem
    return problem is None or problem.kind == "truncated"


def begins_handshake(payload: bytes) -> bool:
    """A CRYPTO frame with the first octets of a ClientHello: what cannot be authenticated must look like one."""
    for offset, octets in parse_frames(payload).crypto:
        if offset == 0:
            return octets[:2] == b"\x01\x00"
    return False
