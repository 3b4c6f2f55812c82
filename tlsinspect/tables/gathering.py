"""Connections taken apart as they come: the attributes that become columns of the connections table.

Each function that reads a record has the names of what it reads, in its order, above it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connection import SSL2, Connection
from ..wire.messages import ClientHello, ServerHello
from .pack import Column, Keys, Octets, Texts

MISSING = -1  # stands for None among numbers that are never negative
NAN = float("nan")
HASH_LENGTH = 200  # octets that a certificate's hash takes in a row, among the others of its chain
PROBLEM_LENGTH = 500  # octets that a problem comes to, likewise
STEP = 128  # connections whose values wait to be settled: few, so that they are still in a core's own cache

NUMBERS = (
    "capture", "time_start", "time_end", "client_port", "server_port", "client_packets", "server_packets",
    "client_bytes", "server_bytes", "client_application_bytes", "server_application_bytes", "gap", "out_of_order",
    "retransmitted", "overlap_conflict", "midstream", "one_sided", "truncated", "client_hello_packet",
    "server_hello_packet", "certificate_packet", "client_record_version", "group", "server_signature_algorithm",
    "dh_prime_bits", "hello_retry_request", "ticket_lifetime_hint", "version", "resumed", "established", "last_alert",
    "client_certificate_requested", "client_first_record_length", "heartbleed_packet", "failure_packet",
    "first_packet", "client_certificate_packet", "clear_text_packet", "starttls_packet", "clear_credentials_packet",
    "starttls_injection_packet", "last_alert_packet", "server_key_exchange_packet", "renegotiation_packet",
    "ticket_packet", "change_cipher_spec_packet", "heartbeat_packet", "certificate_status_packet",
    "hello_retry_request_packet", "client_first_record_packet", "early_data_accepted", "early_data_offered",
)  # fmt: skip
DURATIONS = ("tcp_rtt_ms", "hello_ms", "handshake_ms")
TEXTS = (
    "connection_id", "community_id", "client_ip", "server_ip", "client_key_share_id", "server_key_share_id",
    "server_nonce_id",
)  # fmt: skip
OCTETS = ("server_key_exchange", "dh_prime", "ticket_key_name")
SHARED = (
    "transport", "protocol", "starttls_protocol", "resumption", "established_evidence", "failure", "last_alert_sender",
    "handshake_history", "ocsp_status", "tunnels", "vlans", "fingerprint", "server_fingerprint",
    "certificate_sha256s", "client_certificate_sha256s", "starttls_status", "ocsp_sha256s", "sct_list_sha256",
    "clear_credentials", "starttls_injection", "renegotiation", "heartbleed", "later",
)  # fmt: skip
CLIENT_NUMBERS = (
    "legacy_version", "seen", "renegotiation_info", "ticket_length", "heartbeat_mode", "ech_config_id",
    "record_size_limit", "raw_length",
    "ech_kdf", "ech_aead", "ech_enc_length", "ech_payload_length", "complete", "session_id_lost",
)  # fmt: skip
CLIENT_OCTETS = (
    "random", "session_id", "cipher_suites", "extension_types", "supported_versions", "supported_groups",
    "key_share_groups", "signature_algorithms", "certificate_compression", "compression_methods", "ec_point_formats",
    "psk_key_exchange_modes", "cipher_kinds",
)  # fmt: skip
CLIENT_SHARED = ("server_name", "alpn", "ech_type")
SERVER_NUMBERS = (
    "legacy_version", "cipher_suite", "compression_method", "psk_selected", "complete", "session_id_lost",
)  # fmt: skip
SERVER_OCTETS = ("random", "session_id", "extension_types", "cipher_kinds")
SERVER_SHARED = ("alpn",)


EDDSA_SCHEMES = (0x0807, 0x0808)  # ed25519 and ed448 (RFC 8422 section 5.1.3)
Session = tuple[int, bool, int | None, bool, bool]
Circumstances = tuple[str, str, str, str, str, str, bool, bool | None]

OBJECTS: dict[str, type[Texts | Octets | Keys]] = {
    **dict.fromkeys(TEXTS, Texts),
    **dict.fromkeys(OCTETS, Octets),
    **dict.fromkeys(SHARED, Keys),
}
CLIENT_OBJECTS = {**dict.fromkeys(CLIENT_OCTETS, Octets), **dict.fromkeys(CLIENT_SHARED, Keys)}
SERVER_OBJECTS = {**dict.fromkeys(SERVER_OCTETS, Octets), **dict.fromkeys(SERVER_SHARED, Keys)}


class Gathered:
    """Connections taken apart as they come, an entry per connection in each of its parts.

    A record and all that it holds are in the processor's cache then, and are let go of before they leave it: few wait
    at any time. The tables of numbers have a row per name of NUMBERS, DURATIONS, CLIENT_NUMBERS and SERVER_NUMBERS,
    and room for `capacity` connections, of which `count` are there; `columns` and its likes have a Column per name of
    OBJECTS and its likes. For a hello that is not there one stands that is given. `failed` and `quic` hold the place
    and the record of those connections of which more is asked.
    """

    def __init__(self, capacity: int, no_client: ClientHello, no_server: ServerHello) -> None:
        self.count = 0
        self.no_client = no_client
        self.no_server = no_server
        self.numbers = np.empty((len(NUMBERS), capacity), np.int64)
        self.durations = np.empty((len(DURATIONS), capacity), np.float64)
        self.client_numbers = np.empty((len(CLIENT_NUMBERS), capacity), np.int64)
        self.server_numbers = np.empty((len(SERVER_NUMBERS), capacity), np.int64)
        self.columns: list[Column] = [kind(capacity) for kind in OBJECTS.values()]
        self.client_columns: list[Column] = [kind(capacity) for kind in CLIENT_OBJECTS.values()]
        self.server_columns: list[Column] = [kind(capacity) for kind in SERVER_OBJECTS.values()]
        self.objects = [column.waiting for column in self.columns]
        self.client_objects = [column.waiting for column in self.client_columns]
        self.server_objects = [column.waiting for column in self.server_columns]
        self.sessions: list[Session | None] = []
        self.circumstances: list[Circumstances] = []
        self.failed: list[tuple[int, Connection]] = []
        self.quic: list[tuple[int, Connection]] = []
        self.known: dict[Any, Any] = {}

    def add(self, connection: Connection) -> None:
        """Take a connection; raises IndexError where there is no place left."""
        place = self.count
        client = self.no_client if connection.client_hello is None else connection.client_hello
        server = self.no_server if connection.server_hello is None else connection.server_hello
        pack_numbers(connection, self.numbers, place)
        pack_durations(connection, self.durations, place)
        pack_client_numbers(client, self.client_numbers, place)
        pack_server_numbers(server, self.server_numbers, place)
        pack_objects(connection, self.objects)
        pack_client_objects(client, self.client_objects)
        pack_server_objects(server, self.server_objects)
        self.sessions.append(self.once(session_of(connection)))
        self.circumstances.append(self.once(circumstances_of(connection)))
        if connection.failure is not None:
            self.failed.append((place, connection))
        if connection.quic is not None:
            self.quic.append((place, connection))
        self.count = place + 1
        if self.count % STEP == 0:
            self.settle()

    def settle(self) -> None:
        """Take what waits in all columns."""
        for columns in (self.columns, self.client_columns, self.server_columns):
            for column in columns:
                column.settle()

    def once(self, value: Any) -> Any:
        """The first object that is equal to this one."""
        return self.known.setdefault(value, value)


def pack_numbers(connection: Connection, table: NDArray[np.int64], place: int) -> None:
    """Fill a column of `table`, which has a row per name of NUMBERS; None becomes MISSING."""
    table[0, place] = connection.capture
    table[1, place] = connection.time_start
    table[2, place] = connection.time_end
    table[3, place] = connection.client_port
    table[4, place] = connection.server_port
    table[5, place] = connection.client_packets
    table[6, place] = connection.server_packets
    table[7, place] = connection.client_bytes
    table[8, place] = connection.server_bytes
    table[9, place] = number_of(connection.client_application_bytes)
    table[10, place] = number_of(connection.server_application_bytes)
    table[11, place] = connection.gap
    table[12, place] = connection.out_of_order
    table[13, place] = connection.retransmitted
    table[14, place] = connection.overlap_conflict
    table[15, place] = connection.midstream
    table[16, place] = connection.one_sided
    table[17, place] = connection.truncated
    table[18, place] = number_of(connection.client_hello_packet)
    table[19, place] = number_of(connection.server_hello_packet)
    table[20, place] = number_of(connection.certificate_packet)
    table[21, place] = number_of(connection.client_record_version)
    table[22, place] = number_of(connection.group)
    table[23, place] = number_of(connection.server_signature_algorithm)
    table[24, place] = number_of(connection.dh_prime_bits)
    table[25, place] = number_of(connection.hello_retry_request)
    table[26, place] = number_of(connection.ticket_lifetime_hint)
    table[27, place] = number_of(connection.version)
    table[28, place] = number_of(connection.resumed)
    table[29, place] = number_of(connection.established)
    table[30, place] = number_of(connection.last_alert)
    table[31, place] = number_of(connection.client_certificate_requested)
    table[32, place] = number_of(connection.client_first_record_length)
    table[33, place] = number_of(connection.heartbleed_packet)
    table[34, place] = number_of(connection.failure_packet)
    table[35, place] = connection.first_packet
    table[36, place] = number_of(connection.client_certificate_packet)
    table[37, place] = connection.clear_text_packet
    table[38, place] = connection.starttls_packet
    table[39, place] = connection.clear_credentials_packet
    table[40, place] = connection.starttls_injection_packet
    table[41, place] = connection.last_alert_packet
    table[42, place] = connection.server_key_exchange_packet
    table[43, place] = connection.renegotiation_packet
    table[44, place] = connection.ticket_packet
    table[45, place] = connection.change_cipher_spec_packet
    table[46, place] = connection.heartbeat_packet
    table[47, place] = connection.certificate_status_packet
    table[48, place] = connection.hello_retry_request_packet
    table[49, place] = connection.client_first_record_packet
    table[50, place] = number_of(connection.early_data_accepted)
    table[51, place] = number_of(connection.early_data_offered)


def pack_durations(connection: Connection, table: NDArray[np.float64], place: int) -> None:
    """Fill a column of `table`, which has a row per name of DURATIONS; None becomes a NaN."""
    table[0, place] = NAN if connection.tcp_rtt_ms is None else connection.tcp_rtt_ms
    table[1, place] = NAN if connection.hello_ms is None else connection.hello_ms
    table[2, place] = NAN if connection.handshake_ms is None else connection.handshake_ms


def pack_objects(connection: Connection, objects: list[list[Any]]) -> None:
    """Append to `objects`, which has a list per name of OBJECTS."""
    objects[0].append(connection.connection_id)
    objects[1].append(connection.community_id)
    objects[2].append(connection.client_ip)
    objects[3].append(connection.server_ip)
    objects[4].append(connection.client_key_share_id)
    objects[5].append(connection.server_key_share_id)
    objects[6].append(connection.server_nonce_id)
    objects[7].append(connection.server_key_exchange)
    objects[8].append(connection.dh_prime)
    objects[9].append(connection.ticket_key_name)
    objects[10].append(connection.transport)
    objects[11].append(connection.protocol)
    objects[12].append(connection.starttls_protocol)
    objects[13].append(connection.resumption)
    objects[14].append(connection.established_evidence)
    objects[15].append(connection.failure)
    objects[16].append(connection.last_alert_sender)
    objects[17].append(connection.handshake_history)
    objects[18].append(connection.ocsp_status)
    objects[19].append(None if connection.tunnels is None else tuple(connection.tunnels))
    objects[20].append(None if connection.vlans is None else tuple(connection.vlans))
    objects[21].append(connection.fingerprint)
    objects[22].append(connection.server_fingerprint)
    objects[23].append(connection.certificate_sha256s)
    objects[24].append(connection.client_certificate_sha256s)
    objects[25].append(connection.starttls_status)
    objects[26].append(connection.ocsp_sha256s)
    objects[27].append(connection.sct_list_sha256)
    objects[28].append(connection.clear_credentials)
    objects[29].append(connection.starttls_injection)
    objects[30].append(connection.renegotiation)
    objects[31].append(connection.heartbleed)
    objects[32].append(connection.later)


def pack_client_numbers(hello: ClientHello, table: NDArray[np.int64], place: int) -> None:
    """Fill a column of `table`, which has a row per name of CLIENT_NUMBERS."""
    table[0, place] = hello.legacy_version
    table[1, place] = hello.seen
    table[2, place] = hello.renegotiation_info
    table[3, place] = hello.ticket_length
    table[4, place] = hello.heartbeat_mode
    table[5, place] = hello.ech_config_id
    table[6, place] = hello.record_size_limit
    table[7, place] = hello.raw_length
    table[8, place] = hello.ech_kdf
    table[9, place] = hello.ech_aead
    table[10, place] = hello.ech_enc_length
    table[11, place] = hello.ech_payload_length
    table[12, place] = hello.complete
    table[13, place] = hello.session_id_lost


def pack_client_objects(hello: ClientHello, objects: list[list[Any]]) -> None:
    """Append to `objects`, which has a list per name of CLIENT_OBJECTS."""
    objects[0].append(hello.random)
    objects[1].append(hello.session_id)
    objects[2].append(hello.cipher_suites)
    objects[3].append(hello.extension_types)
    objects[4].append(hello.supported_versions)
    objects[5].append(hello.supported_groups)
    objects[6].append(hello.key_share_groups)
    objects[7].append(hello.signature_algorithms)
    objects[8].append(hello.certificate_compression)
    objects[9].append(hello.compression_methods)
    objects[10].append(hello.ec_point_formats)
    objects[11].append(hello.psk_key_exchange_modes)
    objects[12].append(hello.cipher_kinds)
    objects[13].append(hello.server_name)
    objects[14].append(hello.alpn)
    objects[15].append(hello.ech_type)


def pack_server_numbers(hello: ServerHello, table: NDArray[np.int64], place: int) -> None:
    """Fill a column of `table`, which has a row per name of SERVER_NUMBERS."""
    table[0, place] = hello.legacy_version
    table[1, place] = hello.cipher_suite
    table[2, place] = hello.compression_method
    table[3, place] = hello.psk_selected
    table[4, place] = hello.complete
    table[5, place] = hello.session_id_lost


def pack_server_objects(hello: ServerHello, objects: list[list[Any]]) -> None:
    """Append to `objects`, which has a list per name of SERVER_OBJECTS."""
    objects[0].append(hello.random)
    objects[1].append(hello.session_id)
    objects[2].append(hello.extension_types)
    objects[3].append(hello.cipher_kinds)
    objects[4].append(hello.alpn)


def row_length(connection: Connection) -> int:
    """Octets of a connection's rows that are as many as its peers like, by estimate; of ordinary ones next to none."""
    length = len(connection.problems) * PROBLEM_LENGTH
    client, server = connection.client_hello, connection.server_hello
    if client is not None:
        length += min(client.raw_length, connection.client_bytes)  # one that was cut off may claim more
    if server is not None:
        length += len(server.extension_types)
    if connection.certificate_sha256s is not None:
        length += len(connection.certificate_sha256s) * HASH_LENGTH
    if connection.client_certificate_sha256s is not None:
        length += len(connection.client_certificate_sha256s) * HASH_LENGTH
    return length


def session_of(connection: Connection) -> Session | None:
    """What the security of a session follows from.

    Suite, whether it is TLS 1.3, group, whether a PSK authenticates, whether the key exchange is signed with EdDSA.
    """
    hello = connection.server_hello
    if hello is None:
        return None
    alone = hello.authenticates_by_psk()
    if hello.is_tls13() and connection.group is None and not hello.complete:
        alone = False  # a key share may be in what was cut off
    eddsa = connection.server_signature_algorithm in EDDSA_SCHEMES
    return hello.cipher_suite, hello.is_tls13(), connection.group, alone, eddsa


def circumstances_of(connection: Connection) -> Circumstances:
    """Why values of a connection are missing, as far as one reason holds for many (see reasons)."""
    hello = connection.server_hello
    return (
        connection.client_state or client_cut(connection),
        connection.server_state or server_cut(connection),
        connection.certificate_state,
        connection.outcome_state,
        opening_unseen(connection),
        incomplete(connection),
        hello is not None and hello.is_tls13(),
        connection.established,
    )


def incomplete(connection: Connection) -> str:
    """Why requests that are not there may have been sent; "" where nothing is missing, and of SSL 2.0."""
    if connection.protocol == SSL2:
        return ""
    ended = "not_captured" if connection.established is False else ""
    return lost_reason(connection) or ("midstream" if connection.midstream else ended)


def opening_unseen(connection: Connection) -> str:
    """Why the round trip of TCP's handshake is not known, where it is not; "" where none is looked for."""
    if connection.transport != "tcp" or connection.client_state == connection.server_state == "not_applicable":
        return ""
    return "midstream" if connection.midstream else "one_sided" if connection.one_sided else "not_captured"


def client_cut(connection: Connection) -> str:
    """Why a ClientHello that is there may lack what it said further on; "" where it is whole."""
    hello = connection.client_hello
    if hello is None or hello.complete:
        return ""
    return cut_reason(connection)


def server_cut(connection: Connection) -> str:
    """Why a ServerHello that is there may lack what it said further on; "" where it is whole."""
    hello = connection.server_hello
    if hello is None or hello.complete:
        return ""
    return cut_reason(connection)


def cut_reason(connection: Connection) -> str:
    """Why a message breaks off."""
    return lost_reason(connection) or "malformed"


def lost_reason(connection: Connection) -> str:
    """Why the capture has not all that was sent behind its beginning; "" where it has."""
    return "snaplen" if connection.truncated else "gap" if connection.gap else ""


def number_of(value: Any) -> int:
    """The number itself, or MISSING for None."""
    return MISSING if value is None else int(value)
