"""DTLS: records in datagrams, and handshake messages in fragments.

Goes in: the datagrams of one UDP flow, or messages of SCTP. Comes out: the same
Listener calls that TLS over TCP makes. A message is handed over when its fragments are complete, and
once however often it is sent. Nothing is decrypted: what has an epoch above 0 is
counted, a record that comes again once. Spec: RFC 9147, RFC 6347, RFC 9146; 0x0100 is what OpenSSL sent before 0.9.8f.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HEARTBEAT_HEADER,
    HEARTBEAT_RECORD,
    HELLO_VERIFY_REQUEST,
    READING,
    RECORD_LENGTH_LIMIT,
    SERVER_HELLO,
)
from .flow import FULL_HANDSHAKE, DatagramReader, Flow
from .octets import cut
from .pieces import Pieces
from .record import RecordReader
from .stream import Stream

RECORD_HEADER = 13
FRAGMENT_HEADER = 12
CONNECTION_ID_RECORD = 25  # tls12_cid (RFC 9146)
ACK_RECORD = 26  # RFC 9147 section 7
CIPHERTEXT = 1  # the first three bits of an encrypted record of DTLS 1.3, and its others (RFC 9147 section 4)
WITH_CONNECTION_ID, LONG_NUMBER, WITH_LENGTH, LOW_EPOCH = 0x10, 0x08, 0x04, 0x03
HANDSHAKE_EPOCH = 2  # RFC 9147 section 6.1
RECORD_NUMBER = 16  # octets of one in an ACK (RFC 9147 section 7)
SHORTEST_ACK = 2 + RECORD_NUMBER + 1 + 8  # octets: length, a number, content type and the tag of a CCM_8 suite
LONGER_TAG = 8  # octets by which that of all others is longer
LONGEST_CONNECTION_ID = 255
CHAIN = 4  # records that lead to each other: a connection id's length that lets them is believed
RANDOM_AT, RANDOM_END = 2, 34  # where a ClientHello has its random
PIECE_COST = 150  # octets that a fragment costs beside its own
WINDOW = 64  # numbers of the latest records of which it is known whether they came (RFC 6347 section 4.1.2.6)
WINDOW_MASK = (1 << WINDOW) - 1
NEWEST = 1  # the bit of the latest record


class Message(Pieces):
    """A handshake message of which fragments came. `number` and `time_ns` are those of the packet with the last one."""

    def __init__(self, kind: int, length: int) -> None:
        super().__init__()
        self.kind = kind
        self.length = length
        self.number = 0
        self.time_ns = 0


class Window:
    """Which of the latest records of an epoch came: bit n of `seen` stands for the number `latest` - n."""

    def __init__(self) -> None:
        self.epoch = -1
        self.latest = 0
        self.seen = 0

    def is_repeated(self, epoch: int, number: int) -> bool:
        """Note a record; True where it came before. Numbers that are too old to tell count as new."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.latest = number
            self.seen = NEWEST
            return False
        ahead = number - self.latest
        if ahead > 0:
            self.latest = number
            self.seen = (self.seen << ahead & WINDOW_MASK if ahead < WINDOW else 0) | NEWEST
            return False
        bit = NEWEST << -ahead if ahead > -WINDOW else 0
        repeated = self.seen & bit != 0
        self.seen |= bit
        return repeated


class DtlsReader(DatagramReader):
    """Where both directions of a DTLS association stand.

    `messages` are those of each side that are not complete; `delivered` the message_seq and type of those that were: a
    server that keeps nothing before it has a cookie back may count its ServerHello as the first message again.
    `id_lengths` are what each side's records with a connection id have for one, -1 while that is not known;
    `changed` says for each side whether a ChangeCipherSpec came and no such record since; `windows` are those of each
    side's even epochs and of its odd ones.
    """

    def __init__(self) -> None:
        self.messages: tuple[dict[int, Message], dict[int, Message]] = ({}, {})
        self.delivered: tuple[set[int], set[int]] = (set(), set())
        self.id_lengths = [-1, -1]
        self.changed = [False, False]
        self.windows = ((Window(), Window()), (Window(), Window()))
        self.flow: Flow | None = None

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read the records of a datagram; what is no DTLS record ends it, as does one that the capture length cuts."""
        reader = stream.reader
        lacking = stream.lacking
        if self.flow is None:
            self.flow = flow
            flow.dtls = True
            reader.mode = READING
        while position < end:
            if data[position] >> 5 == CIPHERTEXT:
                position = self.read_ciphertext(flow, reader, data, position, end)
                continue
            header = RECORD_HEADER
            if data[position] == CONNECTION_ID_RECORD:
                header += self.id_length(reader.side, data, position, end)
            if not is_record(data, position, end, header, lacking):
                if is_record_type(data[position]) and not lacking:
                    flow.problem(DecodeError("dtls", "bad_value", 0, "a record header that fits the datagram"))
                return
            body = position + header
            length = data[body - 2] << 8 | data[body - 1]
            reader.record_type = data[position]
            reader.record_version = data[position + 1] << 8 | data[position + 2]
            reader.record_length = length
            epoch = data[position + 3] << 8 | data[position + 4]
            if self.is_repeated(reader, data, position, epoch):
                stream.retransmitted += 1
            else:
                stop = body + length
                self.read_record(flow, stream, data, body, stop if stop < end else end, epoch)
            position = body + length

    def is_repeated(self, reader: RecordReader, data: bytes, position: int, epoch: int) -> bool:
        """Whether a record came before: what is sent again has a new number, so it was recorded, or carried, twice.

        Messages in the clear have numbers of their own, and a server without state may give a record's number again.
        Spec: RFC 6347 sections 4.1.2.6 and 4.2.1.
        """
        if epoch == 0 and reader.record_type == HANDSHAKE:
            return False
        number = data[position + 5] << 16 | data[position + 6] << 8 | data[position + 7]
        number = number << 24 | data[position + 8] << 16 | data[position + 9] << 8 | data[position + 10]
        window: Window = self.windows[reader.side][epoch & 1]
        return window.is_repeated(epoch, number)

    def id_length(self, side: int, data: bytes, position: int, end: int) -> int:
        """The length of the connection id in a record of `side`: what the other side asked for, else one that fits.

        Spec: RFC 9146 sections 3 and 4; a header does not say how long its connection id is.
        """
        known = self.id_lengths[side]
        if known < 0 or not is_record(data, position, end, RECORD_HEADER + known, 0):
            known = self.id_lengths[side] = fit_connection_id(data, position, end)
        return known if known > 0 else 0

    def read_record(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int, epoch: int) -> None:
        """Read a record's content, `data[position:end]`, which is all of it unless it was cut.

        The first record with a connection id behind a ChangeCipherSpec is a Finished: its own type is encrypted.
        A handshake of the second epoch, or of a later one, ends a renegotiation; messages that begin one are not told
        from a Finished that is sent again. An ACK is stepped over.
        """
        reader = stream.reader
        kind = reader.record_type
        if kind == CONNECTION_ID_RECORD and self.changed[reader.side]:
            self.changed[reader.side] = False
            flow.encrypted_handshake(reader, reader.record_length)
        elif kind in (APPLICATION_DATA, CONNECTION_ID_RECORD):
            self.count(flow, reader, reader.record_length)
        elif kind == CHANGE_CIPHER_SPEC:
            self.changed[reader.side] = True
            flow.change_cipher_spec(reader)
        elif kind == HANDSHAKE:
            if epoch > 0:
                self.changed[reader.side] = False
                flow.encrypted_handshake(reader, reader.record_length)
                if epoch > 1 and flow.renegotiation_packet < 0:
                    flow.renegotiation_packet = stream.number
            else:
                self.read_fragments(flow, stream, data, position, end)
        elif kind == ALERT:
            if epoch > 0 or reader.record_length != 2:
                flow.alert(reader, -1, -1)
            elif end - position == 2:
                flow.alert(reader, data[position], data[position + 1])
        elif kind == HEARTBEAT_RECORD:
            reader.encrypted = epoch > 0
            flow.heartbeat(reader, reader.record_length)
            if epoch == 0 and end - position >= HEARTBEAT_HEADER:
                flow.heartbeat_message(reader, data[position], data[position + 1] << 8 | data[position + 2])

    def read_ciphertext(self, flow: Flow, reader: RecordReader, data: bytes, position: int, end: int) -> int:
        """Count a record of DTLS 1.3 that is encrypted; returns where it ends, which is with its datagram
        where it has no length, or one that does not fit. Of a client an ACK does not show that it finished.

        Spec: RFC 9147 sections 4 and 4.1.
        """
        first = data[position]
        at = position + (3 if first & LONG_NUMBER else 2)
        known = self.id_lengths[reader.side]
        if first & WITH_CONNECTION_ID and known > 0:
            at += known
        if first & WITH_LENGTH and not (first & WITH_CONNECTION_ID and known < 0):
            at += 2
            if at <= end and data[at - 2] << 8 | data[at - 1] <= end - at:
                end = at + (data[at - 2] << 8 | data[at - 1])
        length = end - at if end > at else 0
        reader.application_bytes += length
        reader.application_records += 1
        if reader.watching and not (first & LOW_EPOCH == HANDSHAKE_EPOCH and is_sealed_ack(length)):
            flow.application_data(reader, length)
        return end

    def count(self, flow: Flow, reader: RecordReader, length: int) -> None:
        """Count an encrypted record."""
        reader.application_bytes += length
        reader.application_records += 1
        if reader.watching:
            flow.application_data(reader, length)

    def read_fragments(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read the handshake fragments of a record, of which the capture length may have cut the last one."""
        record_end = end
        if stream.lacking and stream.reader.record_length > end - position:
            record_end = position + stream.reader.record_length
        while position < end and not stream.reader.muted:
            if end - position < FRAGMENT_HEADER:
                if end == record_end:
                    flow.problem(DecodeError("dtls", "truncated", end - position, "a fragment header of 12 octets"))
                return
            kind = data[position]
            length = data[position + 1] << 16 | data[position + 2] << 8 | data[position + 3]
            sequence = data[position + 4] << 8 | data[position + 5]
            offset = data[position + 6] << 16 | data[position + 7] << 8 | data[position + 8]
            size = data[position + 9] << 16 | data[position + 10] << 8 | data[position + 11]
            position += FRAGMENT_HEADER
            if size > record_end - position or offset + size > length or length > flow.limits.message_octets:
                flow.problem(DecodeError("dtls", "bad_length", 9, "a fragment within its record and its message"))
                return
            stop = position + size
            fragment = data[position : stop if stop < end else end]
            self.take_fragment(flow, stream, kind, length, sequence, offset, fragment, stop > end)
            position += size

    def take_fragment(
        self, flow: Flow, stream: Stream, kind: int, length: int, sequence: int, offset: int, fragment: bytes, cut: bool
    ) -> None:
        """Keep a fragment; hand its message over when it is complete, or when the capture length cut its beginning."""
        side = stream.reader.side
        if sequence << 8 | kind in self.delivered[side]:
            stream.retransmitted += 1
            return
        if offset == 0 and (cut or len(fragment) == length) and sequence not in self.messages[side]:
            self.deliver(flow, stream.reader, kind, sequence, fragment, length)
            return
        messages = self.messages[side]
        message = messages.get(sequence)
        if message is None or message.kind != kind or message.length != length:
            if message is not None:
                flow.held -= message.cost(PIECE_COST)
                del messages[sequence]
            message = Message(kind, length)
        if not self.has_room(flow, messages, message, sequence):
            return
        messages[sequence] = message
        flow.held -= message.cost(PIECE_COST)
        message.add(offset, fragment)
        message.number = stream.number
        message.time_ns = stream.time_ns
        if message.octets < length:
            flow.held += message.cost(PIECE_COST)
            return
        del messages[sequence]
        self.deliver(flow, stream.reader, kind, sequence, message.beginning(), length)

    def deliver(self, flow: Flow, reader: RecordReader, kind: int, sequence: int, body: bytes, length: int) -> None:
        """Hand over a message of which no more will come; a hello says what connection ids the other side writes."""
        self.delivered[reader.side].add(sequence << 8 | kind)
        flow.handshake(reader, kind, body, length)
        if kind == CLIENT_HELLO and flow.client_hello is not None:
            self.id_lengths[1 - reader.side] = flow.client_hello.connection_id_length
        elif kind == SERVER_HELLO and flow.server_hello is not None:
            self.id_lengths[1 - reader.side] = flow.server_hello.connection_id_length

    def has_room(self, flow: Flow, messages: dict[int, Message], message: Message, sequence: int) -> bool:
        """Whether another fragment of a message may be kept; a problem of the flow where not."""
        limits = flow.limits
        octets = 0
        for other in messages.values():
            octets += other.octets
        expected = ""
        if octets >= limits.dtls_octets:
            expected = f"at most {limits.dtls_octets} octets of messages in fragments"
        elif sequence not in messages and len(messages) >= limits.dtls_messages:
            expected = f"at most {limits.dtls_messages} messages in fragments"
        elif len(message.pieces) >= limits.dtls_fragments:
            expected = f"at most {limits.dtls_fragments} fragments of a message"
        if expected:
            flow.problem(DecodeError("dtls", "limit", 0, expected))
        return not expected

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        """True for a ClientHello in the clear with message_seq 0 and another random: another association begins.

        Whether the one before was answered does not matter: who repeats a hello, or is asked for a cookie or for
        another share, keeps its random. While nobody answered, the other side's hello may be meant for the same
        association. Spec: RFC 6347 sections 4.2.1, 4.2.4 and 4.2.8, RFC 9147 sections 5.3 and 5.11.
        """
        flow = self.flow
        if position >= end or data[position] != HANDSHAKE or flow is None or flow.client_hello is None:
            return False
        at = position + RECORD_HEADER
        body = at + FRAGMENT_HEADER
        if end <= body or data[at] != CLIENT_HELLO:
            return False
        epoch = data[position + 3] << 8 | data[position + 4]
        sequence = data[at + 4] << 8 | data[at + 5]
        offset = data[at + 6] << 16 | data[at + 7] << 8 | data[at + 8]
        size = data[at + 9] << 16 | data[at + 10] << 8 | data[at + 11]
        if epoch or sequence or offset or size < RANDOM_END or size > end - body:
            return False
        if stream.reader.side != flow.hello_side and flow.server_hello is None:
            return False
        random = cut(data, body + RANDOM_AT, body + RANDOM_END)
        return random != flow.client_hello.random and open_dtls(data, position, end) is not None

    def finish(self) -> None:
        """The flow is over: hand over the beginnings of messages that were not completed.

        Message numbers without a hole say that a side's messages are all there, from the first that came to the last.
        """
        if self.flow is None:
            return
        self.note_lost_keys(self.flow)
        if not self.flow.problems:
            for side in (0, 1):
                whole = {each >> 8 for each in self.delivered[side]}
                heard = whole.union(self.messages[side])
                if whole and max(heard) - min(heard) > len(whole - {max(heard)}):
                    self.flow.streams[side].gap = True
        for stream, messages in zip(self.flow.streams, self.messages, strict=True):
            for sequence in sorted(messages):
                message = messages[sequence]
                stream.number, stream.time_ns = message.number, message.time_ns
                self.flow.handshake(stream.reader, message.kind, message.beginning(), message.length)
        self.flow = None

    def note_lost_keys(self, flow: Flow) -> None:
        """Note as a gap that a side's ChangeCipherSpec or Finished is missing, where later records are there.

        In a full handshake the client's come first (RFC 5246 section 7.3). Nothing is said of what begins midstream.
        """
        if flow.client_hello is None:
            return
        for side in (0, 1):
            window: Window = self.windows[side][1]
            if window.epoch < 1:
                continue
            stream: Stream = flow.streams[side]
            peer: Stream = flow.streams[1 - side]
            if not (stream.reader.cipher_changed and stream.reader.finished_seen):
                stream.gap = True
            full = not FULL_HANDSHAKE.isdisjoint(flow.history.upper())
            if side != flow.hello_side and full and peer.packets:
                peer.gap = peer.gap or not (peer.reader.cipher_changed and peer.reader.finished_seen)


def open_dtls(data: bytes, position: int, end: int) -> DatagramReader | None:
    """A reader for the flow when its datagram is DTLS: whole records, the first one plausible."""
    if end - position < RECORD_HEADER:
        return None
    kind = data[position]
    if kind != CONNECTION_ID_RECORD and not is_record(data, position, end, RECORD_HEADER, 0):
        return None
    version = data[position + 1] << 8 | data[position + 2]
    epoch = data[position + 3] << 8 | data[position + 4]
    if kind == HANDSHAKE and epoch == 0:
        if end - position < RECORD_HEADER + FRAGMENT_HEADER:
            return None
        message = data[position + RECORD_HEADER]
        if message not in (CLIENT_HELLO, SERVER_HELLO, HELLO_VERIFY_REQUEST) and version == 0x0100:
            return None
    elif version == 0x0100 and epoch == 0:
        return None
    at = position
    while at < end:
        if data[at] == CONNECTION_ID_RECORD:
            return DtlsReader() if fit_connection_id(data, at, end) >= 0 else None
        if not is_record(data, at, end, RECORD_HEADER, 0):
            return None
        at += RECORD_HEADER + (data[at + 11] << 8 | data[at + 12])
    return DtlsReader()


def is_sealed_ack(length: int) -> bool:
    """An encrypted record as long as an ACK of some records; neither a Finished nor an alert of DTLS 1.3 is."""
    return length >= SHORTEST_ACK and (length - SHORTEST_ACK) % RECORD_NUMBER in (0, LONGER_TAG)


def is_record_type(octet: int) -> bool:
    """The first octet of a record with a whole header."""
    return CHANGE_CIPHER_SPEC <= octet <= ACK_RECORD


def open_cut_dtls(data: bytes, position: int, end: int) -> DatagramReader | None:
    """A reader for the flow when the capture length cuts its datagram within a hello that has a record for itself."""
    body = position + RECORD_HEADER + FRAGMENT_HEADER
    if (
        end < body
        or data[position] != HANDSHAKE
        or not is_record(data, position, end, RECORD_HEADER, RECORD_LENGTH_LIMIT)
    ):
        return None
    message = position + RECORD_HEADER
    length = data[message + 1] << 16 | data[message + 2] << 8 | data[message + 3]
    offset = data[message + 6] << 16 | data[message + 7] << 8 | data[message + 8]
    size = data[message + 9] << 16 | data[message + 10] << 8 | data[message + 11]
    is_cut = (
        data[message] in (CLIENT_HELLO, SERVER_HELLO)
        and data[position + 3] << 8 | data[position + 4] == 0
        and offset == 0
        and end - body < size <= length <= RECORD_LENGTH_LIMIT
        and size + FRAGMENT_HEADER == data[message - 2] << 8 | data[message - 1]
    )
    return DtlsReader() if is_cut else None


def is_record(data: bytes, position: int, end: int, header: int, lacking: int) -> bool:
    """A record that fits the datagram, with a header of `header` octets: known type and version, an allowed length.

    `lacking` octets of the datagram were not captured.
    """
    if end - position < header or not is_record_type(data[position]):
        return False
    version = data[position + 1] << 8 | data[position + 2]
    if version not in (0xFEFF, 0xFEFD, 0x0100):
        return False
    length = data[position + header - 2] << 8 | data[position + header - 1]
    return length <= RECORD_LENGTH_LIMIT and length <= end + lacking - position - header


def fit_connection_id(data: bytes, position: int, end: int) -> int:
    """How long connection ids are where records from `position` on end with their datagram; -1 where none does that.

    The shortest that fits counts. They are of DTLS 1.2 alone (RFC 9146 section 4).
    """
    if end - position < RECORD_HEADER or data[position + 1] << 8 | data[position + 2] != 0xFEFD:
        return -1
    for length in range(LONGEST_CONNECTION_ID + 1):
        at = position
        records = 0
        while at < end and records < CHAIN:
            header = RECORD_HEADER + (length if data[at] == CONNECTION_ID_RECORD else 0)
            if not is_record(data, at, end, header, 0):
                break
            at += header + (data[at + header - 2] << 8 | data[at + header - 1])
            records += 1
        if at == end or records == CHAIN:
            return length
    return -1
