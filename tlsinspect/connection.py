"""The record behind one row of the connections frame, before names are looked up."""

from __future__ import annotations

from .errors import DecodeError
from .wire.messages import ClientHello, ServerHello
from .wire.quic_facts import QuicFacts

TLS = "tls"
DTLS = "dtls"
QUIC = "quic"
GQUIC = "gquic"  # Google's, with a handshake of its own
SSL2 = "ssl2"
CARRIES_TLS = frozenset({TLS, DTLS, QUIC, GQUIC, SSL2})


class Connection:
    """One connection: who spoke with whom, what was offered and chosen, how it ended.

    Attributes are named as the columns are. Vectors of numbers are wire bytes; None is a missing value, and so is -1
    for the packets of events, from `clear_text_packet` to `client_first_record_packet`. `client_state`, `server_state`
    and `certificate_state` say why the client's hello, the server's hello and the server's chain are missing ("" when
    they are there), `outcome_state` why it cannot be told whether the handshake was finished. Of one that was not,
    `failure_side` says who reset or closed the connection, `answered` what the server spoke instead of TLS,
    `sealed_alert` which side sent a record that may be an alert of TLS 1.3, "" for none. Packet numbers count on from
    the capture in which it starts; `later` says of each later one with a packet among them which number its first
    packet has, as (capture, number).
    """

    def __init__(self) -> None:
        self.connection_id = ""
        self.community_id: str | None = None
        self.capture = 0
        self.later: tuple[tuple[int, int], ...] | None = None
        self.first_packet = 0
        self.time_start = 0
        self.time_end = 0
        self.client_ip = ""
        self.client_port = 0
        self.server_ip = ""
        self.server_port = 0
        self.transport = "tcp"
        self.protocol = TLS
        self.quic: QuicFacts | None = None
        self.starttls_protocol: str | None = None
        self.starttls_status: str | None = None
        self.clear_credentials: str | None = None
        self.starttls_injection: str | None = None
        self.tunnels: list[str] | None = None
        self.vlans: list[int] | None = None
        self.client_packets = 0
        self.server_packets = 0
        self.client_bytes = 0
        self.server_bytes = 0
        self.client_application_bytes: int | None = None
        self.server_application_bytes: int | None = None
        self.gap = False
        self.out_of_order = 0
        self.retransmitted = 0
        self.overlap_conflict = False
        self.midstream = False
        self.one_sided = False
        self.truncated = False
        self.client_hello_packet: int | None = None
        self.server_hello_packet: int | None = None
        self.certificate_packet: int | None = None
        self.client_certificate_packet: int | None = None
        self.clear_text_packet = -1
        self.starttls_packet = -1
        self.clear_credentials_packet = -1
        self.starttls_injection_packet = -1
        self.last_alert_packet = -1
        self.server_key_exchange_packet = -1
        self.renegotiation_packet = -1
        self.ticket_packet = -1
        self.change_cipher_spec_packet = -1
        self.heartbeat_packet = -1
        self.certificate_status_packet = -1
        self.hello_retry_request_packet = -1
        self.client_first_record_packet = -1
        self.client_record_version: int | None = None
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.fingerprint: tuple[str, str, str, str] | None = None
        self.server_fingerprint: tuple[str, str] | None = None
        self.version: int | None = None
        self.group: int | None = None
        self.server_signature_algorithm: int | None = None
        self.dh_prime_bits: int | None = None
        self.dh_prime: bytes | None = None
        self.client_key_share_id: str | None = None
        self.server_key_share_id: str | None = None
        self.server_nonce_id: str | None = None
        self.server_key_exchange: bytes | None = None
        self.ticket_key_name: bytes | None = None
        self.client_first_record_length: int | None = None
        self.renegotiation: str | None = None
        self.heartbleed: str | None = None
        self.heartbleed_packet: int | None = None
        self.hello_retry_request: bool | None = None
        self.early_data_offered: bool | None = None
        self.early_data_accepted: bool | None = None
        self.ticket_lifetime_hint: int | None = None
        self.resumed: bool | None = None
        self.resumption: str | None = None
        self.established: bool | None = None
        self.established_evidence: str | None = None
        self.failure: str | None = None
        self.failure_packet: int | None = None
        self.failure_side: str | None = None
        self.answered: str | None = None
        self.sealed_alert = ""
        self.last_alert: int | None = None
        self.last_alert_sender: str | None = None
        self.handshake_history: str | None = None
        self.tcp_rtt_ms: float | None = None
        self.hello_ms: float | None = None
        self.handshake_ms: float | None = None
        self.certificate_sha256s: tuple[str, ...] | None = None
        self.client_certificate_sha256s: tuple[str, ...] | None = None
        self.client_certificate_requested: bool | None = None
        self.ocsp_status: str | None = None
        self.ocsp_sha256s: tuple[str, ...] | None = None
        self.sct_list_sha256: str | None = None
        self.client_state = ""
        self.server_state = ""
        self.certificate_state = ""
        self.outcome_state = ""
        self.client_side = 0
        self.messages: list[tuple[int, int, int, int, int, int, int]] = []
        self.alerts: list[tuple[int, int, int, int, int]] = []
        self.problems: list[tuple[DecodeError, int]] = []
