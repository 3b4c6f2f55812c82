"""Why a value is missing: the unknown_reasons column.

A column's reason follows from what is missing with it: the client's hello, the
server's hello, the server's chain, or nothing. Rows with the same pattern of
missing values share one map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa

from ..columns import CONNECTIONS
from .arrow import Shared, Types, missing_of
from .gathering import Circumstances
from .quic import QUIC_PREFIX

CLIENT_FIRST, CLIENT_LAST = "client_record_version", "grease"
SERVER_FIRST, SERVER_LAST = "server_legacy_version", "post_quantum"
CLIENT_ALSO = (
    "client_hello_packet", "client_hello_length", "ja3", "ja3_string", "ja4", "ja4_raw", "quic_transport_parameters",
    "quic_source_connection_id",
)  # fmt: skip
SERVER_ALSO = (
    "server_hello_packet",
    "ja3s",
    "ja3s_string",
    "client_certificate_requested",
    "ocsp_status",
    "ocsp_sha256s",
    "sct_list_sha256",
    "quic_server_connection_id",
)
CERTIFICATE = (
    "certificate_packet", "certificate_sha256s", "subject", "issuer", "san_count", "name_matches", "validation",
    "sct_count",
)  # fmt: skip
ENCRYPTED_IN_TLS13 = (
    "alpn", "authentication", "client_certificate_requested", "client_certificate_sha256s", "client_certificate_packet",
    "early_data_accepted",
    "ocsp_sha256s", "ocsp_status", "sct_list_sha256", "server_signature_algorithm", "server_signature_algorithm_name",
    "server_key_exchange", "ticket_lifetime_hint",
)  # fmt: skip
EVENTS = (  # that did not happen where nothing stands
    "failure_cause", "failure_reason", "failure_advice", "failure_packet", "renegotiation", "heartbleed",
    "heartbleed_packet", "clear_credentials", "starttls_injection",
    "clear_text_packet", "starttls_packet", "clear_credentials_packet", "starttls_injection_packet",
    "last_alert_packet", "server_key_exchange_packet", "renegotiation_packet", "ticket_packet",
    "change_cipher_spec_packet", "heartbeat_packet", "certificate_status_packet", "hello_retry_request_packet",
    "client_first_record_packet",
)  # fmt: skip
STAPLES = ("ocsp_status", "ocsp_sha256s")
SUITE_TELLS = ("key_exchange", "cipher", "cipher_mode", "mac", "key_bits", "forward_secrecy", "post_quantum")
UNTIMED = "not_captured"  # what both hellos are there for, and the packets have no times, or the clock was set back
OUTCOME = ("established", "established_evidence", "handshake_ms", "failure")
SSLV2_COLUMNS = ("sslv2_cipher_kinds", "sslv2_server_cipher_kinds")
PLACED = (
    "unknown_reasons", "later_captures", "later_packets", "tunnels", "vlans", "starttls_protocol", "starttls_status",
    *SSLV2_COLUMNS, *EVENTS,
)  # fmt: skip
EXPLAINED = tuple(column.name for column in CONNECTIONS if column.name not in PLACED)
CUT_SHORT = ("snaplen", "gap", "capture_end")
"""Why a message may lack what was sent: the capture has not all of it."""
ALERT = ("last_alert", "last_alert_name", "last_alert_sender")
UNHEARD = ("one_sided", *CUT_SHORT[:2], "midstream", "sealed")
"""Why an alert may have been sent that is not there."""
QUIC_COLUMNS = frozenset(name for name in EXPLAINED if name.startswith(QUIC_PREFIX))
QUIC_ANSWERS = ("quic_retry", "quic_version_negotiation")
QUIC_OFFERS = ("quic_0rtt", "quic_destination_connection_id")


def build_unknown_reasons(
    circumstances: Sequence[Circumstances], columns: Mapping[str, pa.Array], types: Types
) -> pa.Array:
    """Build the column: for each row, of which the circumstances are known, a map from what is missing to why.

    The columns of QUIC are left out where a connection is not QUIC.
    """
    masks = np.zeros((len(circumstances), len(EXPLAINED)), np.bool_)
    for place, name in enumerate(EXPLAINED):
        if columns[name].null_count:
            masks[:, place] = missing_of(columns[name])
    packed = np.packbits(masks, axis=1)
    rows = packed.view(f"V{packed.shape[1]}").ravel().tolist()
    patterns = Shared(zip(circumstances, rows, strict=True))
    return patterns.column(lambda pattern: explain(*pattern), types["map"])


@lru_cache(maxsize=4096)  # connections of a kind lack the same columns, batch after batch
def explain(circumstances: Circumstances, missing: bytes) -> list[tuple[str, str]]:
    """Why each of the columns is missing whose bit is set in `missing`, in the order of EXPLAINED."""
    client, server, certificate, outcome, opening, lost, tls13, established = circumstances
    tls13 = tls13 or server == "sealed"  # QUIC's handshake is that of TLS 1.3
    bits = np.unpackbits(np.frombuffer(missing, np.uint8), count=len(EXPLAINED))
    names = [EXPLAINED[place] for place in np.flatnonzero(bits)]
    if QUIC_COLUMNS.issubset(names):
        names = [name for name in names if name not in QUIC_COLUMNS]
    untimed = UNTIMED if "hello_ms" in names else ""
    unnamed = "" if server or "cipher_suite" in names or (tls13 and "group" in names) else "unnamed"
    own = {
        "tcp_rtt_ms": opening,
        "hello_ms": server or client or UNTIMED,
        "hello_retry_request": server or lost,
        "client_certificate_requested": server or ("" if tls13 else lost),
        "client_first_record_length": client or server or ("" if tls13 else lost),
        **dict.fromkeys(STAPLES, "" if tls13 else server or certificate or lost),
        "handshake_history": client or server,
        "early_data_accepted": client,
        "early_data_offered": client or lost or "not_captured",
        **dict.fromkeys(ALERT, next((why for why in (client, server, lost) if why in UNHEARD), "")),
        **dict.fromkeys(("quic_version", "quic_version_name", "quic_error"), server or client),
        **dict.fromkeys(QUIC_ANSWERS, "" if server == "not_applicable" else server or client),
        **dict.fromkeys(QUIC_OFFERS, client),
        **dict.fromkeys(SUITE_TELLS, unnamed),
        "authentication": "" if tls13 else unnamed,
        "resumed": server or certificate,
        "resumption": (server or certificate) if "resumed" in names else "",
        **(dict.fromkeys(OUTCOME, outcome) if outcome else {"handshake_ms": client or untimed} if established else {}),
    }
    return [(name, own.get(name) or reason(name, client, server, certificate, tls13, established)) for name in names]


def reason(name: str, client: str, server: str, certificate: str, tls13: bool, established: bool | None) -> str:
    """Why the column `name` is missing, given what is missing with it."""
    if "not_applicable" in (client, server) and client == server:
        return "not_applicable"
    if tls13 and name in ENCRYPTED_IN_TLS13:
        return "encrypted"
    if name in QUIC_ANSWERS or name in QUIC_OFFERS:
        return "not_captured"
    if name in CERTIFICATE:
        if name == "validation":
            return certificate or client or "not_captured"  # the packets have no times
        return certificate or (client if name == "name_matches" and client else "not_applicable")
    if name in CLIENT_COLUMNS:
        return client or "not_offered"
    if name in SERVER_COLUMNS:
        return server or ("not_offered" if name == "alpn" else "not_applicable")
    if name in OUTCOME and established is None:
        return server or client or "not_captured"
    return "not_applicable"


def columns_between(first: str, last: str) -> tuple[str, ...]:
    """The connections columns from `first` to `last`, both included."""
    names = [column.name for column in CONNECTIONS]
    return tuple(names[names.index(first) : names.index(last) + 1])


CLIENT_COLUMNS = frozenset(columns_between(CLIENT_FIRST, CLIENT_LAST) + CLIENT_ALSO)
SERVER_COLUMNS = frozenset(columns_between(SERVER_FIRST, SERVER_LAST) + SERVER_ALSO)
