"""Connection records -> the connections table, a batch at a time.

What many rows share (names of numbers, facts of suites and certificates) is
worked out once per distinct value and taken from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa

from .. import registry
from ..certificates import CertificateFacts, name_matches, parse_certificate
from ..connection import Connection
from ..wire.codes import (
    DELEGATED_CREDENTIAL,
    EARLY_DATA,
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    FALLBACK_SCSV,
    PRE_SHARED_KEY,
    RENEGOTIATION_SCSV,
    STATUS_REQUEST,
)
from ..wire.messages import ClientHello, parse_alpn
from .arrow import TYPES, Shared, Vectors, array_of, arrow_schema, octet_lists, triplet_lists
from .quic import build_quic_columns, with_google_names
from .reasons import build_unknown_reasons
from .security import SECURITY_COLUMNS, session_security

PLAIN = (
    "connection_id", "community_id", "time_start", "time_end", "client_ip", "client_port", "server_ip", "server_port",
    "transport", "protocol", "starttls_protocol", "starttls_status", "tunnels", "vlans", "client_packets",
    "server_packets", "client_bytes", "server_bytes", "client_application_bytes", "server_application_bytes", "gap",
    "out_of_order", "retransmitted", "overlap_conflict", "midstream", "one_sided", "truncated", "client_hello_packet",
    "server_hello_packet", "certificate_packet", "client_record_version", "group", "server_signature_algorithm",
    "dh_prime_bits", "hello_retry_request", "ticket_lifetime_hint", "version", "resumed", "resumption", "established",
    "established_evidence", "failure", "last_alert", "last_alert_sender", "handshake_history", "tcp_rtt_ms",
    "hello_ms", "handshake_ms", "client_certificate_requested", "ocsp_status",
)  # fmt: skip

SEEN_FLAGS = {
    "status_request": STATUS_REQUEST,
    "encrypt_then_mac": ENCRYPT_THEN_MAC,
    "extended_master_secret": EXTENDED_MASTER_SECRET,
    "delegated_credential": DELEGATED_CREDENTIAL,
    "psk_offered": PRE_SHARED_KEY,
    "early_data_offered": EARLY_DATA,
}

ECH_NUMBERS = {  # attributes of a ClientHello, -1 where there is none, as columns
    "ech_config_id": "uint8",
    "ech_kdf": "uint16",
    "ech_aead": "uint16",
    "ech_enc_length": "int64",
    "ech_payload_length": "int64",
}
ECH_NAMED = {"ech_kdf": registry.hpke_kdf_name, "ech_aead": registry.hpke_aead_name}

NAMED = {
    "group_name": ("group", registry.group_name),
    "server_signature_algorithm_name": ("server_signature_algorithm", registry.signature_scheme_name),
    "last_alert_name": ("last_alert", registry.alert_name),
    "version_name": ("version", registry.version_name),
}

Columns = dict[str, pa.Array]


class Context:
    """What the rows of a run share: file names by number, certificates by SHA-256, facts already read."""

    def __init__(self, captures: Sequence[str], certificates: Mapping[str, bytes]) -> None:
        self.captures = captures
        self.certificates = certificates
        self.facts: dict[str, CertificateFacts] = {}

    def certificate(self, sha256: str) -> CertificateFacts:
        """The facts of a certificate of this run."""
        if sha256 not in self.facts:
            self.facts[sha256] = parse_certificate(self.certificates[sha256])
        return self.facts[sha256]


def build_connections(batch: Sequence[Connection], context: Context) -> pa.RecordBatch:
    """Build the connections table's rows for a batch of connections."""
    columns = build_plain(batch)
    captures = Shared(connection.capture for connection in batch)
    columns["capture"] = captures.column(lambda number: context.captures[number], TYPES["string"])
    for name, (source, name_of) in NAMED.items():
        columns[name] = names_of(columns[source].to_pylist(), name_of)
    columns.update(build_client_columns(batch))
    columns["server_name"] = with_google_names(columns["server_name"], batch)
    columns.update(build_quic_columns(batch))
    columns.update(build_server_columns(batch))
    columns.update(build_security(batch))
    columns.update(build_fingerprints(batch))
    columns.update(build_leaf_columns(batch, context))
    columns["unknown_reasons"] = build_unknown_reasons(batch, columns)
    schema = arrow_schema("connections")
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def build_plain(batch: Sequence[Connection]) -> Columns:
    """The columns that a Connection has as they are."""
    rows = zip(*map(attrgetter(*PLAIN), batch), strict=True) if batch else iter([()] * len(PLAIN))
    return {name: array_of("connections", name, values) for name, values in zip(PLAIN, rows, strict=True)}


class Dense:
    """The hellos that are there, and where their rows are: columns are built on these and spread."""

    def __init__(self, hellos: Sequence[Any]) -> None:
        self.hellos: list[Any] = [hello for hello in hellos if hello is not None]
        positions = iter(range(len(self.hellos)))
        self.positions = pa.array([None if hello is None else next(positions) for hello in hellos], pa.int32())

    def values(self, attribute: str) -> list[Any]:
        """One attribute of each hello."""
        return list(map(attrgetter(attribute), self.hellos))

    def spread(self, array: pa.Array) -> pa.Array:
        """A column for all rows from an array for the hellos."""
        return array.take(self.positions)


def build_client_columns(batch: Sequence[Connection]) -> Columns:
    """What the ClientHellos offered."""
    dense = Dense([connection.client_hello for connection in batch])
    columns: Columns = {}
    vectors = {
        name: Vectors(dense.values(attribute))
        for name, attribute in (
            ("cipher_suites", "cipher_suites"),
            ("client_extensions", "extension_types"),
            ("supported_versions", "supported_versions"),
            ("supported_groups", "supported_groups"),
            ("key_share_groups", "key_share_groups"),
            ("signature_algorithms", "signature_algorithms"),
            ("certificate_compression", "certificate_compression"),
        )
    }
    for name, vector in vectors.items():
        columns[name] = vector.lists()
    for name in ("compression_methods", "ec_point_formats", "psk_key_exchange_modes"):
        columns[name] = octet_lists(dense.values(name))
    columns["sslv2_cipher_kinds"] = triplet_lists(dense.values("cipher_kinds"))
    seen = np.array(dense.values("seen"), np.uint64)
    for name, bit in SEEN_FLAGS.items():
        columns[name] = pa.array((seen >> np.uint64(bit)) & np.uint64(1) == 1)
    suites = vectors["cipher_suites"]
    columns["fallback_scsv"] = pa.array(suites.contain(suites.numbers == FALLBACK_SCSV))
    scsv = suites.contain(suites.numbers == RENEGOTIATION_SCSV)
    columns["renegotiation_info"] = pa.array(scsv | np.array(dense.values("renegotiation_info"), np.bool_))
    grease = np.zeros(len(dense.hellos), np.bool_)
    for name in ("cipher_suites", "client_extensions", "supported_versions", "supported_groups"):
        grease |= vectors[name].contain(vectors[name].is_grease())
    columns["grease"] = pa.array(grease)
    columns.update(build_client_scalars(dense))
    return {name: dense.spread(array) for name, array in columns.items()}


def build_client_scalars(dense: Dense) -> Columns:
    """Numbers and texts of the ClientHellos."""
    hellos: list[ClientHello] = dense.hellos
    alpn = Shared(dense.values("alpn"))
    return {
        "client_legacy_version": pa.array(dense.values("legacy_version"), pa.uint16()),
        "client_random": pa.array([hello.random.hex() for hello in hellos], pa.string()),
        "session_id": pa.array([hello.session_id.hex() for hello in hellos], pa.string()),
        "server_name": Shared(dense.values("server_name")).column(decode_name, pa.string()),
        "alpn_offered": alpn.column(
            lambda vector: None if vector is None else [registry.alpn_text(name) for name in parse_alpn(vector)],
            TYPES["list<string>"],
        ),
        "session_ticket_offered": pa.array([hello.ticket_length > 0 for hello in hellos], pa.bool_()),
        "heartbeat_mode": pa.array([hello.heartbeat_mode or None for hello in hellos], pa.uint8()),
        **build_ech_columns(dense),
        "record_size_limit": pa.array([hello.record_size_limit or None for hello in hellos], pa.uint16()),
        "client_hello_length": pa.array([hello.raw_length + 4 for hello in hellos], pa.int64()),
    }


def build_ech_columns(dense: Dense) -> Columns:
    """What the ClientHellos say about an encrypted one; few of them do."""
    some = Dense([hello if hello.ech_type is not None else None for hello in dense.hellos])
    columns = {"ech_type": pa.array(some.values("ech_type"), pa.string())}
    for name, type_name in ECH_NUMBERS.items():
        columns[name] = pa.array(map(none_below_zero, some.values(name)), TYPES[type_name])
    for name, name_of in ECH_NAMED.items():
        columns[f"{name}_name"] = names_of(columns[name].to_pylist(), name_of)
    return {name: some.spread(array) for name, array in columns.items()}


def build_server_columns(batch: Sequence[Connection]) -> Columns:
    """What the ServerHellos chose."""
    dense = Dense([connection.server_hello for connection in batch])
    suites = [none_below_zero(code) for code in dense.values("cipher_suite")]
    columns = {
        "server_legacy_version": pa.array(dense.values("legacy_version"), pa.uint16()),
        "server_random": pa.array([random.hex() for random in dense.values("random")], pa.string()),
        "server_session_id": pa.array([value.hex() for value in dense.values("session_id")], pa.string()),
        "cipher_suite": pa.array(suites, pa.uint32()),
        "sslv2_server_cipher_kinds": triplet_lists(dense.values("cipher_kinds")),
        "cipher_suite_name": names_of(suites, registry.cipher_suite_name),
        "compression_method": pa.array(map(none_below_zero, dense.values("compression_method")), pa.uint8()),
        "server_extensions": Vectors(dense.values("extension_types")).lists(),
        "alpn": Shared(dense.values("alpn")).column(
            lambda name: None if name is None else registry.alpn_text(name), pa.string()
        ),
        "psk_selected": pa.array(dense.values("psk_selected"), pa.bool_()),
        "early_data_accepted": pa.nulls(len(suites), pa.bool_()),
    }
    return {name: dense.spread(array) for name, array in columns.items()}


def build_security(batch: Sequence[Connection]) -> Columns:
    """Key exchange, authentication, cipher and what they are worth."""
    shared = Shared(
        None
        if connection.server_hello is None
        else (
            connection.server_hello.cipher_suite,
            connection.server_hello.is_tls13(),
            connection.group,
            connection.server_hello.psk_selected,
        )
        for connection in batch
    )
    facts = [session_security(*key) if key else None for key in shared.keys]
    return {
        name: shared.spread([getattr(fact, name) if fact else None for fact in facts], TYPES[type_name])
        for name, type_name in SECURITY_COLUMNS.items()
    }


def build_fingerprints(batch: Sequence[Connection]) -> Columns:
    """JA3, JA3S and JA4 with the texts that they are hashes of."""
    columns: Columns = {}
    for attribute, names in (
        ("fingerprint", ("ja3", "ja3_string", "ja4", "ja4_raw")),
        ("server_fingerprint", ("ja3s", "ja3s_string")),
    ):
        shared = Shared(map(attrgetter(attribute), batch))
        for position, name in enumerate(names):
            columns[name] = shared.spread([key[position] if key else None for key in shared.keys], pa.string())
    return columns


def build_leaf_columns(batch: Sequence[Connection], context: Context) -> Columns:
    """Chains, and the facts of the server's own certificate."""
    columns: Columns = {}
    for name in ("certificate_sha256s", "client_certificate_sha256s"):
        columns[name] = Shared(map(attrgetter(name), batch)).column(lambda chain: chain, TYPES["list<string>"])
    leaves = Shared(
        connection.certificate_sha256s[0] if connection.certificate_sha256s else None for connection in batch
    )
    facts = [None if leaf is None else context.certificate(leaf) for leaf in leaves.keys]
    take: Callable[[Callable[[CertificateFacts], Any], pa.DataType], pa.Array] = lambda read, data_type: leaves.spread(  # noqa: E731
        [None if fact is None else read(fact) for fact in facts], data_type
    )
    columns["subject"] = take(lambda fact: fact.subject, pa.string())
    columns["issuer"] = take(lambda fact: fact.issuer, pa.string())
    columns["san_count"] = take(count_names, pa.int64())
    columns["sct_count"] = take(lambda fact: fact.sct_count, pa.int64())
    names = Shared(leaf_and_name(connection) for connection in batch)
    columns["name_matches"] = names.column(
        lambda key: (
            None
            if key is None or key[1] is None
            else name_matches(decode_name(key[1]) or "", context.certificate(key[0]))
        ),
        pa.bool_(),
    )
    matches = columns["name_matches"].to_pylist()
    columns["validation"] = pa.array(
        [validate_leaf(connection, match, context) for connection, match in zip(batch, matches, strict=True)],
        pa.string(),
    )
    return columns


def count_names(facts: CertificateFacts) -> int | None:
    """How many names a certificate is for; None where its names could not be read."""
    return None if facts.san_dns is None or facts.san_ip is None else len(facts.san_dns) + len(facts.san_ip)


def leaf_and_name(connection: Connection) -> tuple[str, bytes | None] | None:
    """The server's own certificate and the name that the client asked for."""
    if not connection.certificate_sha256s:
        return None
    hello = connection.client_hello
    return connection.certificate_sha256s[0], None if hello is None else hello.server_name


def validate_leaf(connection: Connection, matches: bool | None, context: Context) -> str | None:
    """What dates, issuer and name of the server's certificate say at the time of the connection."""
    if not connection.certificate_sha256s:
        return None
    facts = context.certificate(connection.certificate_sha256s[0])
    if facts.not_after is not None and connection.time_start > facts.not_after:
        return "expired"
    if facts.not_before is not None and connection.time_start < facts.not_before:
        return "not_yet_valid"
    if facts.self_signed:
        return "self_signed"
    return "name_mismatch" if matches is False else "leaf_ok"


def decode_name(name: bytes | None) -> str | None:
    """A host name from the wire as text; octets that are no ASCII are escaped."""
    return None if name is None else name.decode("ascii", "backslashreplace")


def names_of(codes: Sequence[int | None], name_of: Callable[[int], str]) -> pa.Array:
    """A column of names for a column of numbers."""
    return Shared(codes).column(lambda code: None if code is None else name_of(code), pa.string())


def none_below_zero(number: int) -> int | None:
    """None for the kernel's -1."""
    return None if number < 0 else number
