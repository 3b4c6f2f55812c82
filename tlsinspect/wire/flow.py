"""One connection as it is on the wire: its two streams, and what its TLS said.

Goes in: messages and alerts as the record readers find them. Comes out: a Flow
with the hellos parsed, certificates and key exchange raw, and the order of messages.
Which side is the client is not decided here.
Spec: RFC 8446 section 4, RFC 5246 section 7.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import (
    ALERT,
    APPLICATION_DATA,
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CERTIFICATE_STATUS,
    CHANGE_CIPHER_SPEC,
    CHANNEL_ID,
    CLIENT_HELLO,
    CLIENT_KEY_EXCHANGE,
    DETECTING,
    EARLY_DATA,
    FATAL,
    HANDSHAKE,
    HANDSHAKE_FAILURE,
    HEARTBEAT_RECORD,
    HELLO_RETRY_REQUEST_DRAFT,
    NEW_SESSION_TICKET,
    NEXT_PROTOCOL,
    OF_MESSAGE,
    SERVER_HELLO,
    SERVER_HELLO_DONE,
    SERVER_KEY_EXCHANGE,
    SSLV2_ERROR,
    SSLV2_SERVER_HELLO,
    TCP,
    UNENCRYPTED,
)
from .limits import DEFAULT_LIMITS, Limits
from .messages import (
    RETRY_RANDOM,
    ClientHello,
    ServerHello,
    parse_client_hello,
    parse_draft_retry_request,
    parse_server_hello,
    parse_sslv2_client_hello,
)
from .octets import cut
from .packet import Packet
from .quic_facts import QuicFacts
from .record import Listener, RecordReader
from .sslv2 import parse_sslv2_server_hello
from .stream import Stream

FINISHED_RECORD = 53  # octets of a sealed Finished of TLS 1.3: a header of 4, a hash of 32, content type, a tag of 16
FINISHED_LEAST = 40  # octets of one outside TCP, where data may stand for a Finished that was lost on the way
SHA384_SUITE, SHA384_ADDS = 0x1302, 16  # TLS_AES_256_GCM_SHA384, and by how much its Finished is longer
SSLV2_ALERTS = {1: HANDSHAKE_FAILURE, 2: 41, 4: 42, 6: 43}  # an SSL 2.0 error is the alert that says the same
SEALED_ALERT = 19  # octets of an encrypted alert in TLS 1.3: alert, content type and a tag of 16 (RFC 8446 5.2, 5.3)
PADDED_ALERT = 35  # the same from Java, which pads each record with 16 octets (RFC 8446 section 5.4)
AES_CCM_8, MAGMA_L, MAGMA_S = 0x1305, 0xC104, 0xC106  # suites whose tags are short (RFC 8446 B.4, RFC 9367)
SHORT_TAG_SAVES = 8  # octets by which their tags are shorter
HEARTBEAT_REQUEST = 1  # RFC 6520 section 3
HEARTBEAT_OVERHEAD = 256  # octets by which padding may make an answer longer than what it answers
HEARTBEAT_LEAST = 19  # octets of a heartbeat beside its payload: type, length and at least 16 of padding
HEARTBLEED_TRIED, HEARTBLEED_ANSWERED, HEARTBEAT_GREW = 1, 2, 3
TICKET_KEY_NAME = 16  # octets in front of a ticket as RFC 5077 section 4 recommends it
SSLV2_HANDSHAKE_RECORDS = 2  # encrypted records of a side that are noted: more may be data

HISTORY = {
    0: "H", 1: "C", 2: "S", 3: "V", 4: "T", 5: "E", 6: "J", 8: "O", 11: "X", 12: "K", 13: "R", 14: "N", 15: "Y",
    16: "G", 20: "F", 21: "W", 22: "U", 23: "A", 24: "P", 25: "X", 254: "M",
}  # fmt: skip
FULL_HANDSHAKE = frozenset("GKNX")  # letters of messages that neither a resumption nor TLS 1.3 has in the clear
SECOND_SIDE = {letter: letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class Flow(Listener):
    """One connection: `streams` in the order in which the sides were first seen.

    `messages` holds (number, time_ns, packet, side, record type, message type, length), the
    message type -1 where it is encrypted or none. `history` has capital letters for
    side 0. Times are ns, -1 where nothing was seen. What only one side says stands in its RecordReader.
    `certificate_status` is the body of the server's CertificateStatus, or its beginning.
    `protocol` is TCP, UDP, SCTP or EAPOL; `datagrams` reads what comes in datagrams or messages, None for TCP.
    `quic` is what is known of a QUIC connection besides its TLS, None for everything else.
    `carrier` names the protocol whose packets the TLS was taken out of, "" for none; `held` counts the octets
    that whoever takes it out keeps for later. Of FINs and of RSTs the first one's packet and side are kept, of
    FINs its time, too.
    `first_segments` are those of a TCP connection whose beginning may not have come yet, None once it is known, or too
    much has come to wait for it; `beginnings` says how often it was read anew with one that came.
    `sealed_alert_packet` is the client's record of TLS 1.3 that is shorter than a Finished, as an alert is, `refused`
    says that the first one that the server sealed is as long as an alert: its shortest message is longer; if nothing
    follows it is one. `unsure` counts the server's sealed records in front of a client's first that is longer than a
    Finished, and may hold one or a padded alert (RFC 8446 section 5.4); -1 without one. What is named
    `ahead_...` is of the client's first sealed record in front of the ServerHello, -1 without one. `renegotiation_side`
    says who first spoke of another handshake in TLS 1.2 and before, `announced` counts the client's encrypted messages
    beside its Finished that are to come, -1 while nobody asked, `heartbleed` is a HEARTBLEED_ number, 0 for none.
    `asked_all` says that nothing is missing of what would have asked for a client's certificate, `retry_lost` that a
    HelloRetryRequest, and the ClientHello in front of it, may be missing, `hello_first` that nothing of the client's is
    in front of its hello.
    What is named `..._packet` is the number of the packet that completes it, -1 without one; `change_packet` is that
    of the client's first ChangeCipherSpec, `heartbeat_packet` that of its first heartbeat.
    """

    def __init__(
        self,
        first_key: bytes,
        second_key: bytes,
        protocol: int,
        keep_messages: bool,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.protocol = protocol
        self.limits = limits
        self.held = 0
        self.datagrams: DatagramReader | None = None
        self.keep_messages = keep_messages
        self.streams = (Stream(self, 0, first_key, limits), Stream(self, 1, second_key, limits))
        self.pair()
        self.capture = 0
        self.first_packet = 0
        self.time_start = 0
        self.time_end = 0
        self.vlans: list[int] | None = None
        self.tunnels: list[str] | None = None
        self.first_segments: list[Packet] | None = None
        self.beginnings = 0
        self.closed = False
        self.finished = False
        self.syn_side = -1
        self.time_syn = -1
        self.time_syn_ack = -1
        self.client_hello: ClientHello | None = None
        self.retried_hello: ClientHello | None = None
        self.hello_side = -1
        self.hello_record_version = -1
        self.client_hello_packet = -1
        self.time_client_hello = -1
        self.server_hello: ServerHello | None = None
        self.retry: ServerHello | None = None
        self.server_side = -1
        self.server_hello_packet = -1
        self.time_server_hello = -1
        self.tls13 = False
        self.sslv2 = False
        self.dtls = False
        self.quic: QuicFacts | None = None
        self.carrier = ""
        self.server_key_exchange: bytes | None = None
        self.certificate_requested = False
        self.asked_all = False
        self.retry_lost = False
        self.hello_first = False
        self.client_key_exchange = False
        self.certificate_status: bytes | None = None
        self.ticket_lifetime = -1
        self.ticket_key_name: bytes | None = None
        self.fin_packet = -1
        self.fin_ns = -1
        self.fin_side = -1
        self.reset_packet = -1
        self.reset_side = -1
        self.sealed_alert_packet = -1
        self.refused = False
        self.unsure = -1
        self.ahead_length = -1
        self.ahead_packet = -1
        self.ahead_ns = -1
        self.alert_packet = -1
        self.alert_ns = -1
        self.server_key_exchange_packet = -1
        self.renegotiation_packet = -1
        self.ticket_packet = -1
        self.change_packet = -1
        self.heartbeat_packet = -1
        self.certificate_status_packet = -1
        self.retry_packet = -1
        self.first_record_packet = -1
        self.renegotiation_side = -1
        self.announced = -1
        self.first_record_length = -1
        self.heartbeat_side = -1
        self.heartbeat_length = 0
        self.heartbleed = 0
        self.heartbleed_packet = -1
        self.time_application = -1
        self.alert_description = -1
        self.alert_side = -1
        self.alert_encrypted = False
        self.alerts: list[tuple[int, int, int, int, int]] = []
        self.messages: list[tuple[int, int, int, int, int, int, int]] = []
        self.message_count = 0
        self.history = ""
        self.problems: list[tuple[DecodeError, int]] = []

    def pair(self) -> None:
        """Let the two directions know of each other, and of this."""
        first: Stream = self.streams[0]
        second: Stream = self.streams[1]
        first.reader.peer = second.reader
        second.reader.peer = first.reader
        first.owner = second.owner = self

    def is_tls(self) -> bool:
        """True when either direction was found to carry TLS records."""
        first: Stream = self.streams[0]
        second: Stream = self.streams[1]
        return first.reader.mode != DETECTING or second.reader.mode != DETECTING

    def is_half_open(self) -> bool:
        """A TCP connection with a SYN, and no payload from either side."""
        first: Stream = self.streams[0]
        second: Stream = self.streams[1]
        return self.syn_side >= 0 and self.protocol == TCP and first.octets == 0 and second.octets == 0

    def note(self, reader: RecordReader, record_type: int, kind: int, length: int, letter: str) -> None:
        """Note a message in `messages` and `history`."""
        self.message_count += 1
        if self.message_count > self.limits.messages:
            if self.message_count == self.limits.messages + 1:
                self.problem(DecodeError("handshake", "limit", 0, f"at most {self.limits.messages} messages"))
                self.mute()
            return
        if self.keep_messages:
            stream: Stream = self.streams[reader.side]
            self.messages.append(
                (self.message_count, stream.time_ns, stream.number, reader.side, record_type, kind, length)
            )
        if letter:
            said = letter if reader.side == 0 else SECOND_SIDE[letter]
            self.history += said

    def mute(self) -> None:
        """Read no more handshake messages: a peer may send as many as it likes, four octets each."""
        first: Stream = self.streams[0]
        second: Stream = self.streams[1]
        first.reader.muted = second.reader.muted = True

    def handshake(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        """Keep what the message says; see Listener."""
        retry = kind == SERVER_HELLO and cut(body, 2, 34) == RETRY_RANDOM
        self.note(reader, HANDSHAKE, kind, length, "J" if retry else HISTORY.get(kind, "Z"))
        stream: Stream = self.streams[reader.side]
        if len(body) < length:
            self.problem(DecodeError("handshake", "truncated", len(body), f"{length} octets{OF_MESSAGE}{kind}"))
        try:
            if kind == CLIENT_HELLO:
                self.take_client_hello(reader, parse_client_hello(body, self.dtls), length)
            elif kind == SERVER_HELLO:
                self.take_server_hello(reader, parse_server_hello(body), length == len(body))
            elif kind == HELLO_RETRY_REQUEST_DRAFT:
                self.take_server_hello(reader, parse_draft_retry_request(body), length == len(body))
            elif kind == CERTIFICATE:
                if reader.chain is None:
                    reader.chain = body
                    reader.chain_cut = len(body) < length
                    reader.chain_packet = stream.number
            elif kind == CERTIFICATE_STATUS:
                if self.certificate_status is None and reader.side != self.hello_side:
                    self.certificate_status = body
                    self.certificate_status_packet = stream.number
            elif len(body) < length:
                return
            elif kind == SERVER_KEY_EXCHANGE:
                if self.server_key_exchange is None:  # a later one is of other randoms (RFC 6347 section 4.2.8)
                    self.server_key_exchange = body
                    self.server_key_exchange_packet = stream.number
            elif kind == CERTIFICATE_REQUEST:
                self.certificate_requested = True
            elif kind == SERVER_HELLO_DONE:
                self.asked_all = self.asked_all or not stream.has_lost()
            elif kind == CLIENT_KEY_EXCHANGE:
                self.client_key_exchange = True
                self.asked_all = self.asked_all or not stream.has_lost()
            elif kind == NEW_SESSION_TICKET and length >= 6:
                self.ticket_lifetime = int.from_bytes(body[:4], "big")
                self.ticket_packet = stream.number
                if length >= 6 + TICKET_KEY_NAME:
                    self.ticket_key_name = cut(body, 6, 6 + TICKET_KEY_NAME)
        except DecodeError as error:
            self.problem(error)

    def sslv2_hello(self, reader: RecordReader, body: bytes, length: int) -> None:
        """An SSL 2.0 ClientHello; see Listener."""
        self.note(reader, HANDSHAKE, CLIENT_HELLO, length + 1, "C")
        self.sslv2 = True
        try:
            self.take_client_hello(reader, parse_sslv2_client_hello(body), length)
        except DecodeError as error:
            self.problem(error)

    def sslv2_message(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        """SSL 2.0 beyond the ClientHello, noted as what does the same in TLS; see Listener.

        The client chooses the cipher kind, in CLIENT-MASTER-KEY (section 2.5).
        """
        if kind == SSLV2_ERROR:
            code = int.from_bytes(body, "big")
            self.alert(reader, FATAL, SSLV2_ALERTS.get(code, HANDSHAKE_FAILURE))
            return
        try:
            if kind == SSLV2_SERVER_HELLO:
                self.note(reader, HANDSHAKE, SERVER_HELLO, length, "S")
                hello, certificate = parse_sslv2_server_hello(body)
                self.take_server_hello(reader, hello, True)
                if certificate and reader.chain is None:
                    stream: Stream = self.streams[reader.side]
                    entry = len(certificate).to_bytes(3, "big") + certificate
                    reader.chain = len(entry).to_bytes(3, "big") + entry
                    reader.chain_packet = stream.number
            else:
                self.note(reader, HANDSHAKE, CLIENT_KEY_EXCHANGE, length, "G")
                self.client_key_exchange = True
                if self.server_hello is not None and len(body) >= 3:
                    self.server_hello.cipher_suite = body[0] << 16 | body[1] << 8 | body[2]
        except DecodeError as error:
            self.problem(error)

    def take_client_hello(self, reader: RecordReader, hello: ClientHello, length: int) -> None:
        """The first ClientHello counts; the one after a HelloRetryRequest is kept beside it."""
        for error in hello.problems:
            self.problem(error)
        hello.whole = hello.raw_length == length
        hello.complete = hello.whole and not hello.problems
        hello.raw_length = length
        hello.session_id_lost = not (hello.complete or hello.session_id or hello.cipher_suites)
        if self.client_hello is not None:
            if self.retry is not None and self.retried_hello is None:
                self.retried_hello = hello
            return
        stream: Stream = self.streams[reader.side]
        self.client_hello = hello
        self.hello_side = reader.side
        self.hello_record_version = reader.record_version if reader.parts_version < 0 else reader.parts_version
        self.hello_first = stream.has_beginning()
        self.client_hello_packet = stream.number
        self.time_client_hello = stream.time_ns

    def take_server_hello(self, reader: RecordReader, hello: ServerHello, complete: bool) -> None:
        """The first ServerHello that is no HelloRetryRequest counts."""
        first: Stream = self.streams[0]
        second: Stream = self.streams[1]
        hello.whole = complete
        hello.complete = complete and not hello.problems
        hello.session_id_lost = not (hello.complete or hello.session_id or hello.cipher_suite >= 0)
        for error in hello.problems:
            self.problem(error)
        if hello.is_tls13() or hello.retry:
            self.tls13 = True
            self.time_application = -1  # what came before is early data
            self.first_record_length = -1
            self.first_record_packet = -1
            first.reader.encrypted = False
            second.reader.encrypted = False
        stream: Stream = self.streams[reader.side]
        if hello.retry:
            if self.retry is None:
                self.retry = hello
                self.retry_packet = stream.number
            return
        if self.server_hello is not None:
            return
        self.server_hello = hello
        self.server_side = reader.side
        self.server_hello_packet = stream.number
        self.time_server_hello = stream.time_ns
        if not stream.has_beginning():
            peer: Stream = self.streams[1 - reader.side]
            hellos = self.history.upper().count(HISTORY[CLIENT_HELLO])
            again = self.tls13 and peer.reader.finished_seen  # a hello was, behind a ChangeCipherSpec, taken for one
            self.retry_lost = again or not (peer.has_beginning() and not peer.pending and hellos == 1)
        if self.tls13 and self.protocol == TCP:
            first.reader.finished_seen = second.reader.finished_seen = False

    def change_cipher_spec(self, reader: RecordReader) -> None:
        """Handshake records that follow are encrypted, except in TLS 1.3 (RFC 8446 appendix D.4).

        Those of a suite without encryption are taken for it, too, but for alerts: their MAC is not told from messages.
        """
        self.note(reader, CHANGE_CIPHER_SPEC, -1, reader.record_length, "I")
        if reader.side == self.hello_side and self.change_packet < 0:
            stream: Stream = self.streams[reader.side]
            self.change_packet = stream.number
        if not self.tls13:
            server = self.server_hello
            if not reader.cipher_changed and self.protocol == TCP:
                reader.finished_seen = False  # what was taken for it is the rest of a message behind a hole
                reader.again_packet = -1
            reader.encrypted = True
            reader.veiled = not reader.cipher_changed and server is None
            reader.readable = not reader.cipher_changed and server is not None and server.cipher_suite in UNENCRYPTED
        reader.cipher_changed = True

    def encrypted_handshake(self, reader: RecordReader, length: int) -> None:
        """The first one of a side is its Finished; of an SSL 2.0 server it is SERVER-VERIFY, and the second Finished.

        There, the records that follow are of the same kind and may be anything.
        """
        if reader.sslv2 is not None:
            reader.sslv2_records += 1
            if reader.sslv2_records > SSLV2_HANDSHAKE_RECORDS:
                return
        self.note(reader, HANDSHAKE, -1, length, "")
        if reader.sslv2 is not None and reader.side != self.hello_side and reader.sslv2_records == 1:
            return
        stream: Stream = self.streams[reader.side]
        if not reader.finished_seen:
            reader.finished_seen = True
            reader.finished_packet = stream.number
            reader.finished_ns = stream.time_ns
        elif self.server_side == 1 - reader.side and self.announced_messages() > 0:
            self.announced -= 1
        elif reader.again_packet < 0 and reader.sslv2 is None and not self.dtls:
            reader.again_packet = stream.number
            reader.again_ns = stream.time_ns

    def find_renegotiation(self) -> None:
        """Say who first spoke of another handshake: packets tell, as what is behind a hole may be read late.

        Their times come first: in the next file packets are counted anew.
        """
        if self.tls13:
            return
        first = (0, 0)
        for stream in self.streams:
            reader: RecordReader = stream.reader
            peer = reader.peer
            if reader.again_packet < 0 or peer is None or not peer.finished_seen:
                continue
            again = (reader.again_ns, reader.again_packet)
            if again > (peer.finished_ns, peer.finished_packet) and (self.renegotiation_side < 0 or again < first):
                first = again
                self.renegotiation_side = reader.side
                self.renegotiation_packet = reader.again_packet

    def announced_messages(self) -> int:
        """How many messages that the server's extensions announce the client still sends beside its Finished."""
        if self.announced < 0 and self.server_hello is not None:
            types = self.server_hello.extension_types
            self.announced = 0
            for at in range(0, len(types) - 1, 2):
                if types[at] << 8 | types[at + 1] in (NEXT_PROTOCOL, CHANNEL_ID):
                    self.announced += 1
        return self.announced

    def alert(self, reader: RecordReader, level: int, description: int) -> None:
        """The last alert in the clear is what is remembered."""
        self.note(reader, ALERT, -1, 2 if level >= 0 else reader.record_length, "L" if level >= 0 else "")
        stream: Stream = self.streams[reader.side]
        if len(self.alerts) < self.limits.messages:
            self.alerts.append((stream.time_ns, stream.number, reader.side, level, description))
        if level < 0:
            self.alert_encrypted = True
            return
        self.alert_description = description
        self.alert_side = reader.side
        self.alert_packet = stream.number
        self.alert_ns = stream.time_ns

    def application_data(self, reader: RecordReader, length: int) -> None:
        """Watch until both sides are known to have finished; see RecordReader.watching."""
        side = reader.side
        stream: Stream = self.streams[side]
        other: Stream = self.streams[1 - side]
        if not reader.application_seen:
            reader.application_seen = True
            if side == self.hello_side and self.server_hello is None:
                self.ahead_length = length
                self.ahead_packet = stream.number
                self.ahead_ns = stream.time_ns
            if side == self.hello_side and not self.tls13:
                self.first_record_length = length
                self.first_record_packet = stream.number
            elif side != self.hello_side and self.tls13:
                self.refused = self.with_long_tag(length) == SEALED_ALERT and not stream.has_lost()
            self.note(reader, APPLICATION_DATA, -1, length, "")
        if self.tls13 and side == self.hello_side:
            finished = self.finished_length()
            if other.reader.application_records > (1 if self.refused else 0) and length >= finished:
                if reader.application_records == 1 and length > finished and self.protocol == TCP:
                    self.unsure = other.reader.application_records
                reader.finished_seen = True
                other.reader.finished_seen = True
                self.time_application = stream.time_ns
            elif (
                other.reader.application_records > 0
                and self.sealed_alert_packet < 0
                and self.may_be_alert(stream, length)
            ):
                self.sealed_alert_packet = stream.number
        elif self.tls13:
            if self.ahead_length >= 0 and reader.application_records > (1 if self.refused else 0):
                self.take_ahead(stream, other.reader)
        elif self.time_application < 0:
            self.time_application = stream.time_ns
        if self.time_application >= 0 and other.reader.application_seen:
            stream.reader.watching = False
            other.reader.watching = False

    def take_ahead(self, server: Stream, client: RecordReader) -> None:
        """What a client sealed stood in front of the ServerHello that it follows: each side was recorded for itself.

        Where a client may have sent early data, these are what it is.
        """
        length, hello = self.ahead_length, self.client_hello
        self.ahead_length = -1
        if self.protocol != TCP or hello is None or not hello.complete or hello.seen >> EARLY_DATA & 1:
            return
        if length >= self.finished_length():
            client.finished_seen = True
            server.reader.finished_seen = True
            self.time_application = self.ahead_ns
        elif not server.has_lost():
            self.sealed_alert_packet = self.ahead_packet

    def with_long_tag(self, length: int) -> int:
        """The length that a sealed record of TLS 1.3 has, or would have with a tag of 16 octets."""
        hello = self.server_hello
        if hello is not None and hello.cipher_suite in (AES_CCM_8, MAGMA_L, MAGMA_S):
            return length + SHORT_TAG_SAVES
        return length

    def finished_length(self) -> int:
        """The length of a sealed record of TLS 1.3 that holds a Finished and nothing else; over TCP no less will do."""
        if self.protocol != TCP:
            return FINISHED_LEAST
        hello = self.server_hello
        length = FINISHED_RECORD - self.with_long_tag(0)
        return length + (SHA384_ADDS if hello is not None and hello.cipher_suite == SHA384_SUITE else 0)

    def may_be_alert(self, client: Stream, length: int) -> bool:
        """Whether a client's record that is shorter than a Finished holds an alert.

        It may be data where a Finished was lost, and EndOfEarlyData where that may be sent: there only lengths tell.
        """
        hello = self.client_hello
        if self.with_long_tag(length) in (SEALED_ALERT, PADDED_ALERT):
            return True
        return hello is not None and not hello.seen >> EARLY_DATA & 1 and not client.has_lost()

    def heartbeat(self, reader: RecordReader, length: int) -> None:
        """A heartbeat record; see Listener."""
        self.note(reader, HEARTBEAT_RECORD, -1, length, "B")
        if reader.side == self.hello_side and self.heartbeat_packet < 0:
            stream: Stream = self.streams[reader.side]
            self.heartbeat_packet = stream.number
        if not reader.encrypted:
            return
        if self.heartbeat_side == 1 - reader.side and length > self.heartbeat_length + HEARTBEAT_OVERHEAD:
            self.note_heartbleed(reader, HEARTBEAT_GREW)
        self.heartbeat_side = reader.side
        self.heartbeat_length = length

    def heartbeat_message(self, reader: RecordReader, kind: int, payload_length: int) -> None:
        """A request whose record cannot hold what it says asks for memory (CVE-2014-0160, RFC 6520 section 4)."""
        if kind == HEARTBEAT_REQUEST:
            if payload_length + HEARTBEAT_LEAST > reader.record_length:
                self.note_heartbleed(reader, HEARTBLEED_TRIED)
                self.heartbeat_side = reader.side
                self.heartbeat_length = reader.record_length
        elif self.heartbeat_side == 1 - reader.side and reader.record_length > self.heartbeat_length:
            self.note_heartbleed(reader, HEARTBLEED_ANSWERED)

    def note_heartbleed(self, reader: RecordReader, what: int) -> None:
        """Keep the worst that was seen, and the packet that shows it."""
        if what > self.heartbleed or (what == HEARTBLEED_ANSWERED and self.heartbleed == HEARTBEAT_GREW):
            stream: Stream = self.streams[reader.side]
            self.heartbleed = what
            self.heartbleed_packet = stream.number

    def problem(self, error: DecodeError) -> None:
        """Note what does not follow the specification, and the packet at hand."""
        limit = self.limits.problems
        if len(self.problems) <= limit:
            if len(self.problems) == limit:
                error = DecodeError(error.layer, "limit", 0, f"at most {limit} problems of a connection")
            first: Stream = self.streams[0]
            second: Stream = self.streams[1]
            self.problems.append((error, first.number if first.number > second.number else second.number))

    def end(self) -> None:
        """The connection is over: read what waits behind holes."""
        if not self.finished:
            self.finished = True
            if self.datagrams is not None:
                self.datagrams.finish()
            for stream in self.streams:
                stream.finish()
            self.note_lost_beginnings()
            self.find_renegotiation()
            self.release()

    def note_lost_beginnings(self) -> None:
        """Note as a gap the SYN-ACK that a side acknowledged and nobody captured; a RST needs none."""
        for stream in self.streams:
            other: Stream = self.streams[1 - stream.reader.side]
            if other.syn and not stream.syn and not stream.started and stream.packets and not stream.reset:
                stream.gap = True

    def release(self) -> None:
        """Let go of what only reading needed; without the circles of references memory is free at once."""
        self.datagrams = None
        for stream in self.streams:
            stream.release()


class DatagramReader:
    """Reads the datagrams of one UDP flow, or the messages of what is no TCP; a protocol is a subclass.

    `accept` tells `flow` what it finds, through the Listener calls with `stream.reader`.
    """

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Take the next datagram of `stream`, `data[position:end]`."""

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        """True when a datagram of `stream` begins another connection between the same addresses and ports."""
        return False

    def finish(self) -> None:
        """The flow is over."""
