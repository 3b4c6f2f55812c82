"""Two byte streams -> one Connection: which side is the client, what was offered and chosen, how it ended.

Goes in: a Flow that is over. Comes out: a Connection. Vectors stay wire bytes and
numbers stay numbers; what many connections share (fingerprints, addresses, chains)
is worked out once and remembered.
"""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import blake2b, sha1, sha256

from .connection import DTLS, GQUIC, QUIC, SSL2, Connection
from .errors import DecodeError
from .fingerprints import ja3_text, ja3s_text, ja4_texts, md5_hex
from .outcome import (
    SERVER_HELLO_DONE,
    certificate_requested,
    early_data_accepted,
    early_data_offered,
    history,
    is_before_tls13,
    retry_requested,
    set_outcome,
    set_resumption,
    set_times,
)
from .packet_numbers import PacketNumbers
from .protocols import SILENT, UNKNOWN, name_protocol
from .registry.suites import suite_facts
from .upgrades import ANSWERED, REFUSED, USED, find_upgrade
from .wire.addresses import address_text
from .wire.certificate_list import parse_certificate_list
from .wire.certificate_status import parse_certificate_status, parse_entry_staples
from .wire.codes import (
    ACK,
    DETECTING,
    EAPOL,
    RAW_PUBLIC_KEY,
    SCTP,
    STATUS_REQUEST,
    STATUS_REQUEST_V2,
    SYN,
    TCP,
    UDP,
)
from .wire.flow import Flow
from .wire.lone import LoneSegment
from .wire.messages import ServerHello, parse_server_key_exchange
from .wire.octets import cut
from .wire.record import RecordReader
from .wire.stream import Stream

MEMO_LIMIT = 65536  # remembered addresses; past it the memory starts anew
FINGERPRINT_MEMO_LIMIT = 8192  # the same for fingerprints, which no client has to offer twice
LONGEST_REMEMBERED = 2048  # letters of a JA3 string
CHAIN_MEMO_OCTETS = 1 << 24  # the same for chains, which are remembered as whole Certificate messages

SSL2_VERSION = 0x0002
WITHOUT_CERTIFICATE = frozenset({"anon", "PSK", "SRP", "NULL", "KRB5", "ECCPWD", "ECJPAKE"})  # authentication of suites
WITH_NONCE = frozenset({"ECDSA", "DSS"})  # authentication whose signatures need a number used once
WITH_SIGNATURE = WITH_NONCE | {"RSA"}  # whose signatures are checked
SHORTEST_PUBLIC_VALUE = 32  # octets; shorter ones can be searched through, and their equality says little
HTTP, HTTP_ANSWERS = "http", (b"HTTP/", b"<!DOCTYPE", b"<html", b"<HTML")  # the latter as HTTP/0.9 would
COMMUNITY_HASH = sha1(usedforsecurity=False)  # to be copied: making one costs more than hashing so little
IDENTITY_HASH = blake2b(digest_size=8)
TRANSPORTS = {TCP: "tcp", UDP: "udp", SCTP: "sctp", EAPOL: "eapol"}
PROTOCOL_OCTETS = {protocol: bytes([protocol & 0xFF, 0]) for protocol in TRANSPORTS}
SEED = bytes(2)  # of Community ID
OF_CLIENT, OF_SERVER = frozenset("GY"), frozenset("HJKNRTUV")
"""Letters of Flow.history: of ClientKeyExchange and CertificateVerify, and of what only a server sends in the clear."""
ONE_SIDED = OF_CLIENT | OF_SERVER
NAMED_SERVER_PORT = 1024  # a port below it marks the server where nothing else does


class ConnectionBuilder:
    """Turns flows into connections, and remembers what they share.

    `tls_ports` are the ports on which every connection gets a row. `certificates`
    maps the SHA-256 of each certificate seen, in hex, to its DER, `kept_octets` in all; `staples` does the same for
    stapled OCSP responses and lists of SCTs. `numbers` know where the packets of each capture begin.
    """

    def __init__(self, tls_ports: frozenset[int]) -> None:
        self.tls_ports = tls_ports
        self.numbers = PacketNumbers()
        self.certificates: dict[str, bytes] = {}
        self.kept_octets = 0
        self.staples: dict[str, bytes] = {}
        self.staple_octets = 0
        self.exchange_octets = 0
        self.addresses: dict[bytes, str] = {}
        self.chains: dict[bytes, tuple[bytes, tuple[str, ...]]] = {}
        self.chain_octets = 0
        self.fingerprints: dict[tuple[object, ...], tuple[str, str, str, str]] = {}
        self.server_fingerprints: dict[tuple[int, int, bytes], tuple[str, str]] = {}

    def build(self, flow: Flow) -> Connection:
        """Build the Connection of a flow that is over; its protocol says whether it carried TLS."""
        connection = self.describe(flow)
        self.numbers.settle(connection)
        return connection

    def describe(self, flow: Flow) -> Connection:
        """The same, with packets that are numbered from the first capture on."""
        connection = Connection()
        side = self.client_side(flow)
        client: Stream = flow.streams[side]
        server: Stream = flow.streams[1 - side]
        connection.client_side = side
        self.set_addresses(connection, flow, client, server)
        self.set_traffic(connection, flow, client, server)
        spoken = ""
        if client.head or server.head:
            spoken = name_protocol(client.head, server.head)
            if spoken != UNKNOWN or not (flow.is_tls() and (connection.midstream or connection.gap)):
                connection.clear_text_packet = first_of(client.head_packet(0), server.head_packet(0))
        connection.quic = flow.quic
        if flow.quic is not None and flow.quic.google:
            connection.protocol = GQUIC
            connection.client_state = connection.server_state = connection.certificate_state = "not_applicable"
            return connection
        if flow.carrier:
            spoken = flow.carrier
            if flow.is_tls():
                connection.starttls_protocol, connection.starttls_status = spoken, USED
        elif spoken and spoken != UNKNOWN:
            self.set_upgrade(connection, client, server)
        if not flow.is_tls() and flow.quic is None:
            said = connection.client_bytes + connection.server_bytes
            if flow.protocol == TCP:  # without keep-alives
                said = client.next_place + server.next_place
            connection.protocol = spoken or (UNKNOWN if said or connection.gap else SILENT)
            connection.client_state = connection.server_state = connection.certificate_state = "not_applicable"
            return connection
        if flow.server_hello is None and server.head and (not client.head or spoke_clear(connection, flow, server)):
            connection.answered = answer_of(flow, server, spoken)
        if is_sslv2(flow):
            connection.protocol = SSL2
        elif flow.quic is not None:
            connection.protocol = QUIC
        elif flow.dtls:
            connection.protocol = DTLS
        self.set_client(connection, flow)
        self.set_server(connection, flow)
        connection.early_data_offered = early_data_offered(flow)
        connection.early_data_accepted = early_data_accepted(flow)
        self.set_certificates(connection, flow, client, server)
        set_outcome(connection, flow, client, server)
        set_times(connection, flow)
        return connection

    def client_side(self, flow: Flow) -> int:
        """Who sent the ClientHello; failing that, not the ServerHello; failing that the SYN.

        Failing that too, who sent messages that only one side sends, or whose port is not the server's.
        """
        if flow.hello_side >= 0:
            return flow.hello_side
        if flow.server_side >= 0:
            return 1 - flow.server_side
        if flow.syn_side >= 0:
            return flow.syn_side
        for letter in flow.history:
            if letter.upper() in ONE_SIDED:
                return 0 if (letter.upper() in OF_CLIENT) == letter.isupper() else 1
        return self.named_side(flow.streams[0].key)

    def named_side(self, key: bytes) -> int:
        """The side of the client as ports tell: the other one's is of TLS, or of those below NAMED_SERVER_PORT."""
        size = len(key) - 4
        first = key[size] << 8 | key[size + 1]
        second = key[size + 2] << 8 | key[size + 3]
        if (first in self.tls_ports) != (second in self.tls_ports):
            return 1 if first in self.tls_ports else 0
        return 1 if first < second and first < NAMED_SERVER_PORT else 0

    def plain(self, lone: LoneSegment) -> tuple[int, str] | None:
        """Server port and protocol of a connection of a single segment, as by `build`; None where it may get a row."""
        key = lone.key
        port = lone.answered_port()
        from_client = lone.flags & ACK == 0
        if not lone.flags & SYN:
            from_client = self.named_side(key) == 0
            at = len(key) - (2 if from_client else 4)
            port = key[at] << 8 | key[at + 1]
        if port in self.tls_ports:
            return None
        protocol = name_protocol(lone.payload, b"") if from_client else name_protocol(b"", lone.payload)
        return (port, protocol) if protocol in (SILENT, UNKNOWN) else None

    def set_upgrade(self, connection: Connection, client: Stream, server: Stream) -> None:
        """What the clear text in front of TLS, or instead of it, says about an upgrade."""
        began = (len(client.head) > 0 and client.reader.mode != DETECTING) or (
            len(server.head) > 0 and server.reader.mode != DETECTING
        )
        upgrade = find_upgrade(client.head, server.head, began, (client, server))
        if upgrade.status == USED and server.reader.mode == DETECTING:  # a client may go on although it was refused
            answer = find_upgrade(client.head, server.head, False, (client, server))
            if answer.status == REFUSED and answer.place == upgrade.place:
                upgrade = answer
        connection.starttls_protocol, connection.starttls_status = upgrade.protocol, upgrade.status
        if upgrade.credentials is not None:
            connection.clear_credentials = upgrade.credentials.word
            connection.clear_credentials_packet = client.head_packet(upgrade.credentials.at)
        if upgrade.injection is not None:
            speaker = server if upgrade.injection.of_server else client
            connection.starttls_injection = upgrade.injection.word
            connection.starttls_injection_packet = speaker.head_packet(upgrade.injection.at)
        if upgrade.place is not None:
            by_server, at = upgrade.place
            packet = (server if by_server else client).head_packet(at)
            if packet >= 0 and upgrade.status in ANSWERED:
                packet = max(packet, server.head_packet_after(packet))
            connection.starttls_packet = packet

    def set_addresses(self, connection: Connection, flow: Flow, client: Stream, server: Stream) -> None:
        """Addresses, ports and the ids made of them."""
        key = client.key
        size = len(key) - 4
        source = cut(key, 0, size >> 1)
        destination = cut(key, size >> 1, size)
        connection.transport = TRANSPORTS[flow.protocol]
        connection.client_ip = self.address(source)
        connection.server_ip = self.address(destination)
        connection.client_port = key[size] << 8 | key[size + 1]
        connection.server_port = key[size + 2] << 8 | key[size + 3]
        if source > destination or (source == destination and connection.client_port > connection.server_port):
            key = server.key  # the lower address comes first
        start = flow.time_start.to_bytes(8, "big", signed=True)
        protocol = PROTOCOL_OCTETS[flow.protocol]
        ordered = b"".join([SEED, cut(key, 0, size), protocol, cut(key, size, size + 4), start])
        if flow.protocol != EAPOL:
            community = COMMUNITY_HASH.copy()
            community.update(cut(ordered, 0, len(ordered) - len(start)))
            connection.community_id = "1:" + b2a_base64(community.digest(), newline=False).decode("ascii")
        identity = IDENTITY_HASH.copy()
        identity.update(ordered)
        connection.connection_id = identity.hexdigest()

    def address(self, packed: bytes) -> str:
        """An address as text; those of IPv4 are spelled in less time than they are found again."""
        if len(packed) == 4:
            return address_text(packed)
        text = self.addresses.get(packed)
        if text is None:
            if len(self.addresses) > MEMO_LIMIT:
                self.addresses.clear()
            text = address_text(packed)
            self.addresses[packed] = text
        return text

    def set_traffic(self, connection: Connection, flow: Flow, client: Stream, server: Stream) -> None:
        """Counters and the quality of the capture."""
        connection.capture = flow.capture
        connection.first_packet = flow.first_packet
        connection.time_start = flow.time_start
        connection.time_end = flow.time_end
        connection.tunnels = flow.tunnels
        connection.vlans = flow.vlans
        connection.client_packets = client.packets
        connection.server_packets = server.packets
        connection.client_bytes = client.octets
        connection.server_bytes = server.octets
        connection.gap = client.gap or server.gap
        connection.out_of_order = client.out_of_order + server.out_of_order
        connection.retransmitted = client.retransmitted + server.retransmitted
        connection.overlap_conflict = client.overlap_conflict or server.overlap_conflict
        connection.midstream = self.begins_unseen(flow, client, server)
        connection.one_sided = client.packets == 0 or server.packets == 0
        connection.truncated = client.truncated or server.truncated
        connection.problems = flow.problems
        connection.messages = flow.messages
        connection.alerts = flow.alerts

    def begins_unseen(self, flow: Flow, client: Stream, server: Stream) -> bool:
        """Whether the capture starts after the connection did, as TCP's flags or a ClientHello that is not there show.

        What hides the ClientHello of QUIC, or is in front of one, is of the beginning, too.
        """
        if flow.protocol == TCP:
            return not (client.syn or server.syn)
        if flow.client_hello is not None or (client.packets == 0 and flow.server_hello is not None):
            return False
        quic = flow.quic
        if quic is None:
            return flow.is_tls() and not client.truncated
        sealed = quic.sealed[0] and (client.reader.side == 0 or client.packets == 0)  # 0 is who was heard first
        hidden = sealed or quic.google or quic.retry or quic.version_negotiation
        return not (hidden or client.truncated or flow.problems)

    def set_client(self, connection: Connection, flow: Flow) -> None:
        """What the client offered."""
        if connection.protocol != SSL2:
            client: Stream = flow.streams[connection.client_side]
            server: Stream = flow.streams[1 - connection.client_side]
            connection.client_application_bytes = client.reader.application_bytes
            connection.server_application_bytes = server.reader.application_bytes
        hello = flow.client_hello
        if hello is None:
            connection.client_state = self.missing_reason(connection, flow, connection.client_side)
            return
        connection.client_hello = hello
        if hello.key_share is not None:
            connection.client_key_share_id = short_hash(hello.key_share)
        if flow.first_record_length >= 0 and is_before_tls13(flow):
            connection.client_first_record_length = flow.first_record_length
            connection.client_first_record_packet = flow.first_record_packet
        connection.client_hello_packet = flow.client_hello_packet
        if flow.quic is None:
            connection.client_record_version = flow.hello_record_version
        if not hello.whole:
            return
        transport = "q" if flow.quic is not None else "d" if flow.dtls else "t"
        signature = (
            transport,
            hello.legacy_version,
            hello.cipher_suites,
            hello.extension_types,
            hello.supported_groups,
            hello.ec_point_formats,
            hello.signature_algorithms,
            hello.alpn,
            hello.supported_versions,
        )
        connection.fingerprint = self.fingerprints.get(signature)
        if connection.fingerprint is None:
            if len(self.fingerprints) > FINGERPRINT_MEMO_LIMIT:
                self.fingerprints.clear()
            text = ja3_text(hello)
            connection.fingerprint = (md5_hex(text), text, *ja4_texts(hello, transport))
            if len(text) <= LONGEST_REMEMBERED:
                self.fingerprints[signature] = connection.fingerprint

    def set_server(self, connection: Connection, flow: Flow) -> None:
        """What the server chose."""
        hello = flow.server_hello
        connection.hello_retry_request = retry_requested(flow, hello)
        connection.hello_retry_request_packet = flow.retry_packet
        if hello is None:
            connection.server_state = self.missing_reason(connection, flow, 1 - connection.client_side)
            return
        connection.server_hello = hello
        connection.server_hello_packet = flow.server_hello_packet
        if not hello.hides_version():
            connection.version = hello.version()
        if hello.group >= 0:
            connection.group = hello.group
        elif flow.tls13 and flow.retry is not None and flow.retry.group >= 0 and not hello.psk_selected:
            connection.group = flow.retry.group
        if hello.key_share is not None:
            connection.server_key_share_id = short_hash(hello.key_share)
        if flow.ticket_lifetime >= 0:
            connection.ticket_lifetime_hint = flow.ticket_lifetime
            connection.ticket_packet = flow.ticket_packet
            connection.ticket_key_name = flow.ticket_key_name
        if flow.server_key_exchange is not None:
            connection.server_key_exchange_packet = flow.server_key_exchange_packet
            self.set_key_exchange(connection, flow, hello, flow.server_key_exchange)
        if hello.legacy_version == SSL2_VERSION or not hello.whole:
            return
        signature = (hello.legacy_version, hello.cipher_suite, hello.extension_types)
        connection.server_fingerprint = self.server_fingerprints.get(signature)
        if connection.server_fingerprint is None:
            if len(self.server_fingerprints) > FINGERPRINT_MEMO_LIMIT:
                self.server_fingerprints.clear()
            text = ja3s_text(hello)
            connection.server_fingerprint = (md5_hex(text), text)
            self.server_fingerprints[signature] = connection.server_fingerprint

    def set_key_exchange(self, connection: Connection, flow: Flow, hello: ServerHello, body: bytes) -> None:
        """Group, prime size and signature scheme of a ServerKeyExchange."""
        suite = suite_facts(hello.cipher_suite)
        exchange = suite.key_exchange
        passwords = exchange == "ECJPAKE"  # begins as ECDHE does, unsigned (draft-cragie-tls-ecjpake-01)
        if "DHE" not in exchange and exchange != "DH" and not passwords:
            return
        algorithm = hello.legacy_version in (0x0303, 0xFEFD) and not passwords
        try:
            parsed = parse_server_key_exchange(body, "EC" not in exchange, "PSK" in exchange, algorithm)
        except DecodeError as error:
            connection.problems.append((error, flow.server_key_exchange_packet))
            return
        if parsed.group >= 0:
            connection.group = parsed.group
        if parsed.dh_prime_bits >= 0:
            connection.dh_prime_bits = parsed.dh_prime_bits
            connection.dh_prime = parsed.prime
        if parsed.public_value is not None and len(parsed.public_value) >= SHORTEST_PUBLIC_VALUE:
            connection.server_key_share_id = short_hash(parsed.public_value)
        if parsed.signature is not None:
            authentication = suite.authentication
            if authentication in WITH_NONCE:
                nonce = first_integer(parsed.signature)
                if nonce:
                    connection.server_nonce_id = short_hash(nonce)
            if authentication in WITH_SIGNATURE:
                self.keep_exchange(connection, flow, body)
        if parsed.signature_algorithm >= 0:
            connection.server_signature_algorithm = parsed.signature_algorithm

    def keep_exchange(self, connection: Connection, flow: Flow, body: bytes) -> None:
        """A ServerKeyExchange with a signature that can be checked, as far as the limits go."""
        octets = self.exchange_octets + len(body)
        if len(body) <= flow.limits.exchange_octets and octets <= flow.limits.exchanges_octets:
            self.exchange_octets = octets
            connection.server_key_exchange = body

    def set_certificates(self, connection: Connection, flow: Flow, client: Stream, server: Stream) -> None:
        """Chains of both sides, and why the server's is missing."""
        side = 1 - connection.client_side
        connection.certificate_sha256s = self.chain(connection, flow, server.reader)
        connection.client_certificate_sha256s = self.chain(connection, flow, client.reader)
        if server.reader.chain_packet >= 0:
            connection.certificate_packet = server.reader.chain_packet
        if client.reader.chain_packet >= 0:
            connection.client_certificate_packet = client.reader.chain_packet
        hello = flow.server_hello
        chain = server.reader.chain
        if connection.certificate_sha256s is not None and chain is not None and hello is not None:
            self.set_staples(connection, flow, hello, server.reader, chain)
        set_resumption(connection, flow, server.reader)
        if connection.server_hello is not None and not flow.tls13 and connection.protocol != SSL2:
            connection.client_certificate_requested = certificate_requested(connection, flow, client, server)
        if connection.certificate_sha256s is None:
            hello = connection.server_hello
            if connection.resumed:
                connection.certificate_state = "resumed"
            elif has_raw_key(flow, server.reader) or (
                hello is not None and suite_facts(hello.cipher_suite).authentication in WITHOUT_CERTIFICATE
            ):
                connection.certificate_state = "not_applicable"
            elif flow.tls13 or connection.server_state == "sealed":
                connection.certificate_state = "encrypted"
            elif connection.server_state:
                connection.certificate_state = connection.server_state
            else:
                connection.certificate_state = self.missing_reason(connection, flow, side)

    def chain(self, connection: Connection, flow: Flow, reader: RecordReader) -> tuple[str, ...] | None:
        """The hashes of a side's certificates, those that are whole; None when it sent none that is readable."""
        body = reader.chain
        if body is None:
            return None
        key = chain_key(body)
        known = self.chains.get(key)
        if known is not None and known[0] == body:
            return known[1]
        if has_raw_key(flow, reader):
            return None
        certificates, error = parse_certificate_list(body, flow.tls13)
        if error is not None:
            if not reader.chain_cut:
                connection.problems.append((error, reader.chain_packet))
            if not certificates:
                return None
        names = []
        for der in certificates:
            name = sha256(der).hexdigest()
            names.append(name)
            if name not in self.certificates:
                self.certificates[name] = der
                self.kept_octets += len(der)
        hashes = tuple(names)
        if error is None:
            if self.chain_octets > CHAIN_MEMO_OCTETS:
                self.chains.clear()
                self.chain_octets = 0
            self.chain_octets += len(body)
            self.chains[key] = (body, hashes)
        return hashes

    def forget_certificates(self) -> None:
        """Let go of all certificates; a chain that comes again is read again."""
        self.certificates.clear()
        self.kept_octets = 0
        self.chains.clear()
        self.chain_octets = 0

    def set_staples(
        self, connection: Connection, flow: Flow, hello: ServerHello, server: RecordReader, chain: bytes
    ) -> None:
        """What the server stapled to its certificate: OCSP responses, and a list of SCTs."""
        if connection.protocol == SSL2:
            return
        error: DecodeError | None = None
        timestamps = hello.timestamps
        status = flow.certificate_status
        responses: list[bytes] = []
        if flow.tls13:
            responses, timestamps, error = parse_entry_staples(chain)
        elif status is not None:
            responses, _, error = parse_certificate_status(status)
        connection.certificate_status_packet = flow.certificate_status_packet
        packet = server.chain_packet
        if responses or status is not None:
            connection.ocsp_status = "present"
            connection.ocsp_sha256s = self.keep_staples(connection, flow, responses, packet)
        elif flow.tls13 or status_came_not(flow, hello, server):
            connection.ocsp_status = "absent"
            connection.ocsp_sha256s = ()
        if timestamps is not None:
            for name in self.keep_staples(connection, flow, [timestamps], packet):
                connection.sct_list_sha256 = name
        if error is not None:
            connection.problems.append((error, packet))

    def keep_staples(self, connection: Connection, flow: Flow, found: list[bytes], packet: int) -> tuple[str, ...]:
        """The SHA-256s of what is kept; what limits cut off is among the problems."""
        names = []
        for octets in found:
            name = sha256(octets).hexdigest()
            if name not in self.staples:
                limit = flow.limits.staple_octets
                if len(octets) > limit or self.staple_octets + len(octets) > flow.limits.staples_octets:
                    expected = f"at most {limit} octets of a staple, {flow.limits.staples_octets} of all"
                    connection.problems.append((DecodeError("handshake", "limit", 0, expected), packet))
                    continue
                self.staple_octets += len(octets)
                self.staples[name] = octets
            names.append(name)
        return tuple(names)

    def missing_reason(self, connection: Connection, flow: Flow, side: int) -> str:
        """Why a message of `side` is missing: one of UNKNOWN_REASONS."""
        stream: Stream = flow.streams[side]
        if stream.packets == 0:
            return "one_sided"
        if stream.truncated:
            return "snaplen"
        if stream.gap:
            return "gap"
        if flow.quic is not None:
            sealed = flow.quic.sealed[0] or flow.quic.sealed[1]
            if not sealed and connection.midstream:
                return "midstream"
            return "sealed" if sealed else "malformed" if connection.problems else "not_captured"
        began_before = not stream.syn and stream.octets > 0 if flow.protocol == TCP else connection.midstream
        if began_before:
            return "midstream"
        hello = "C" if side == connection.client_side else "S"
        refusing = flow.alert_side == side and hello not in (history(flow, side) or "")
        return "malformed" if connection.problems and not refusing else "not_captured"


def answer_of(flow: Flow, server: Stream, spoken: str) -> str | None:
    """What the server answered that is no TLS; None where it may be the rest of a record whose beginning is lost."""
    if server.head.startswith(HTTP_ANSWERS):
        return HTTP
    lost = server.gap or (flow.protocol == TCP and not server.syn)
    return None if lost and spoken == UNKNOWN else spoken


def spoke_clear(connection: Connection, flow: Flow, server: Stream) -> bool:
    """Whether a server said more in the clear behind a ClientHello that its answer to the wish for TLS precedes."""
    return (
        server.reader.mode == DETECTING
        and 0 <= connection.starttls_packet < flow.client_hello_packet
        and server.head_packet_after(flow.client_hello_packet) >= 0
    )


def first_of(one: int, other: int) -> int:
    """The lower of two packet numbers, either of which may be missing (-1)."""
    return max(one, other) if one < 0 or other < 0 else min(one, other)


def status_came_not(flow: Flow, hello: ServerHello, server: RecordReader) -> bool:
    """Whether a CertificateStatus was neither announced by the server's hello nor can be in what the capture lacks.

    Spec: RFC 6066 section 8, RFC 6961 section 2.2.
    """
    stream: Stream = flow.streams[server.side]
    came_on = flow.server_key_exchange is not None or server.cipher_changed or SERVER_HELLO_DONE in flow.history.upper()
    if came_on and not stream.has_lost():
        return True
    return hello.complete and not (hello.seen >> STATUS_REQUEST | hello.seen >> STATUS_REQUEST_V2) & 1


def short_hash(octets: bytes) -> str:
    """A short name for octets, the same for the same ones."""
    name = IDENTITY_HASH.copy()
    name.update(octets)
    return name.hexdigest()


def first_integer(signature: bytes) -> bytes:
    """The r of an ECDSA or DSA signature; empty for what is none. Spec: RFC 3279 section 2.2.2."""
    at = 3 if len(signature) > 8 and signature[1] & 0x80 else 2
    if len(signature) < at + 2 or signature[0] != 0x30 or signature[at] != 2:
        return b""
    return cut(signature, at + 2, min(at + 2 + signature[at + 1], len(signature)))


def chain_key(body: bytes) -> bytes:
    """What a Certificate message is remembered by, before it is compared as a whole: hashing all of it is dear.

    These are its length and the end of its first certificate, a signature (RFC 5246 section 7.4.2).
    """
    if len(body) < 6:
        return body
    end = 6 + (body[3] << 16 | body[4] << 8 | body[5])
    return cut(body, 0, 3) + cut(body, end - 32, end)


def has_raw_key(flow: Flow, reader: RecordReader) -> bool:
    """True where a side sends a bare public key for a certificate, as the ServerHello chose (RFC 7250 section 4.2).

    In TLS 1.3 the choice is encrypted.
    """
    hello = flow.server_hello
    if hello is None:
        return False
    of_server = reader.side == flow.server_side
    return (hello.server_certificate_type if of_server else hello.client_certificate_type) == RAW_PUBLIC_KEY


def is_sslv2(flow: Flow) -> bool:
    """True where SSL 2.0 was spoken, or offered and nothing else."""
    if flow.server_hello is not None:
        return bool(flow.server_hello.legacy_version == SSL2_VERSION)
    return flow.sslv2 and flow.client_hello is not None and flow.client_hello.legacy_version == SSL2_VERSION
