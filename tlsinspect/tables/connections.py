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
from numpy.typing import NDArray

from .. import registry
from ..certificates import CertificateFacts, LeafFacts, name_matches, parse_certificate, parse_leaf
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
from ..wire.messages import ClientHello, ServerHello, parse_alpn
from .arrow import TYPES, Mask, Shared, arrow_schema, list_array, number_array, octet_array, spread, text_array
from .pack import MISSING, NUMBERS, pack_numbers
from .quic import build_quic_columns, with_google_names
from .reasons import build_unknown_reasons
from .security import SECURITY_COLUMNS, session_security
from .vectors import Vectors

TEXTS = ("connection_id", "community_id", "client_ip", "server_ip")
SHARED_TEXTS = (
    "transport", "protocol", "starttls_protocol", "resumption", "established_evidence", "failure", "last_alert_sender",
    "handshake_history", "ocsp_status",
)  # fmt: skip
DURATIONS = ("tcp_rtt_ms", "hello_ms", "handshake_ms")
NEVER_NEGATIVE = frozenset(NUMBERS) - {"time_start", "time_end"}  # whose MISSING is no value

SEEN_FLAGS = {
    "status_request": STATUS_REQUEST,
    "encrypt_then_mac": ENCRYPT_THEN_MAC,
    "extended_master_secret": EXTENDED_MASTER_SECRET,
    "delegated_credential": DELEGATED_CREDENTIAL,
    "psk_offered": PRE_SHARED_KEY,
    "early_data_offered": EARLY_DATA,
}

NAMED = {
    "group_name": ("group", registry.group_name),
    "server_signature_algorithm_name": ("server_signature_algorithm", registry.signature_scheme_name),
    "last_alert_name": ("last_alert", registry.alert_name),
    "version_name": ("version", registry.version_name),
}

CLIENT_VECTORS = (
    "cipher_suites", "extension_types", "supported_versions", "supported_groups", "key_share_groups",
    "signature_algorithms", "certificate_compression", "compression_methods", "ec_point_formats",
    "psk_key_exchange_modes",
)  # fmt: skip
CLIENT_OCTETS = ("compression_methods", "ec_point_formats", "psk_key_exchange_modes")
CLIENT_NUMBERS = (
    "legacy_version", "ticket_length", "heartbeat_mode", "ech_config_id", "record_size_limit", "raw_length",
)  # fmt: skip
CLIENT_VALUES = (
    *CLIENT_NUMBERS, "seen", "renegotiation_info", "random", "session_id", "server_name", "alpn", "ech_type",
)  # fmt: skip
COLUMN_OF = {"extension_types": "client_extensions"}  # columns that are named otherwise than the vector
NO_CLIENT_HELLO = ClientHello()
NO_SERVER_HELLO = ServerHello()
SERVER_NUMBERS = ("legacy_version", "cipher_suite", "compression_method", "psk_selected")
SERVER_VALUES = (*SERVER_NUMBERS, "random", "session_id", "extension_types", "alpn")
VALIDATIONS = (None, "expired", "not_yet_valid", "self_signed", "name_mismatch", "leaf_ok")
NO_END = 2**63 - 1  # ns; a certificate that says no time is not out of it

Columns = dict[str, pa.Array]
Numbers = NDArray[np.int64]


class Context:
    """What the rows of a run share: file names by number, certificates by SHA-256, facts already read."""

    def __init__(self, captures: Sequence[str], certificates: Mapping[str, bytes]) -> None:
        self.captures = captures
        self.certificates = certificates
        self.facts: dict[str, CertificateFacts] = {}
        self.leaves: dict[str, LeafFacts] = {}

    def certificate(self, sha256: str) -> CertificateFacts:
        """The facts of a certificate of this run."""
        if sha256 not in self.facts:
            self.facts[sha256] = parse_certificate(self.certificates[sha256])
        return self.facts[sha256]

    def leaf(self, sha256: str) -> LeafFacts:
        """The few facts that the connections table shows of a server's own certificate."""
        if sha256 not in self.leaves:
            self.leaves[sha256] = parse_leaf(self.certificates[sha256])
        return self.leaves[sha256]


def build_connections(batch: Sequence[Connection], context: Context) -> pa.RecordBatch:
    """Build the connections table's rows for a batch of connections."""
    connections = list(batch)
    numbers = pack(connections)
    columns = build_plain(connections, numbers)
    captures = Shared(numbers["capture"].tolist())
    columns["capture"] = captures.column(lambda number: context.captures[number], TYPES["string"])
    for name, (source, name_of) in NAMED.items():
        columns[name] = names_of(numbers[source], name_of)
    columns.update(build_client_columns(connections))
    columns["server_name"] = with_google_names(columns["server_name"], connections)
    columns.update(build_quic_columns(connections))
    columns.update(build_server_columns(connections))
    columns.update(build_security(connections))
    columns.update(build_fingerprints(connections))
    columns.update(build_leaf_columns(connections, numbers["time_start"], context))
    columns["unknown_reasons"] = build_unknown_reasons(connections, columns)
    schema = arrow_schema("connections")
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def pack(batch: list[Connection]) -> dict[str, Numbers]:
    """The numbers of all connections, by attribute."""
    table = np.empty((len(NUMBERS), len(batch)), np.int64)
    pack_numbers(batch, table)
    return dict(zip(NUMBERS, table, strict=True))


def build_plain(batch: list[Connection], numbers: Mapping[str, Numbers]) -> Columns:
    """The columns that a Connection has as they are."""
    schema = arrow_schema("connections")
    columns: Columns = {}
    for name, values in numbers.items():
        missing = values == MISSING if name in NEVER_NEGATIVE else None
        if name != "capture":
            columns[name] = number_array(values, schema.field(name).type, missing)
    texts = rows_of(TEXTS + SHARED_TEXTS + DURATIONS, batch)
    for name in TEXTS:
        columns[name] = text_array(texts[name])
    for name in SHARED_TEXTS:
        columns[name] = Shared(texts[name]).column(str_or_none, pa.string())
    for name in DURATIONS:
        milliseconds = np.array(texts[name], np.float64)
        columns[name] = number_array(milliseconds, pa.float64(), np.isnan(milliseconds))
    for name in ("tunnels", "vlans"):
        lists = [None if value is None else tuple(value) for value in map(attrgetter(name), batch)]
        columns[name] = Shared(lists).column(lambda value: value, schema.field(name).type)
    return columns


def rows_of(attributes: Sequence[str], records: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """The values of several attributes, by attribute."""
    values = zip(*map(attrgetter(*attributes), records), strict=True) if records else iter([()] * len(attributes))
    return dict(zip(attributes, values, strict=True))


def build_client_columns(batch: list[Connection]) -> Columns:
    """What the ClientHellos offered."""
    hellos = [connection.client_hello or NO_CLIENT_HELLO for connection in batch]
    absent = np.fromiter((hello is NO_CLIENT_HELLO for hello in hellos), np.bool_, len(hellos))
    values = rows_of(CLIENT_VECTORS + CLIENT_VALUES, hellos)
    vectors = {name: Vectors(values[name]) for name in CLIENT_VECTORS if name not in CLIENT_OCTETS}
    columns = {COLUMN_OF.get(name, name): vector.lists(absent) for name, vector in vectors.items()}
    for name in CLIENT_OCTETS:
        columns[name] = list_array(values[name], 1, absent)
    seen = np.array(values["seen"], np.uint64)
    for name, bit in SEEN_FLAGS.items():
        columns[name] = number_array((seen >> np.uint64(bit)) & np.uint64(1), pa.bool_(), absent)
    suites = vectors["cipher_suites"]
    columns["fallback_scsv"] = number_array(suites.contain(suites.numbers == FALLBACK_SCSV), pa.bool_(), absent)
    renegotiation = suites.contain(suites.numbers == RENEGOTIATION_SCSV) | np.array(values["renegotiation_info"], bool)
    columns["renegotiation_info"] = number_array(renegotiation, pa.bool_(), absent)
    grease = np.zeros(len(hellos), np.bool_)
    for name in ("cipher_suites", "extension_types", "supported_versions", "supported_groups"):
        grease |= vectors[name].contain(vectors[name].is_grease())
    columns["grease"] = number_array(grease, pa.bool_(), absent)
    return columns | build_client_scalars(values, absent)


def build_client_scalars(values: Mapping[str, Sequence[Any]], absent: Mask) -> Columns:
    """Numbers and texts of the ClientHellos."""
    numbers = {name: np.array(values[name], np.int64) for name in CLIENT_NUMBERS}
    unset = {name: absent | (numbers[name] == 0) for name in ("heartbeat_mode", "record_size_limit")}
    return {
        "client_legacy_version": number_array(numbers["legacy_version"], pa.uint16(), absent),
        "client_random": hex_array(values["random"], absent),
        "session_id": hex_array(values["session_id"], absent),
        "server_name": Shared(values["server_name"]).column(decode_name, pa.string()),
        "alpn_offered": Shared(values["alpn"]).column(decode_protocols, TYPES["list<string>"]),
        "session_ticket_offered": number_array(numbers["ticket_length"] > 0, pa.bool_(), absent),
        "heartbeat_mode": number_array(numbers["heartbeat_mode"], pa.uint8(), unset["heartbeat_mode"]),
        "ech_type": Shared(values["ech_type"]).column(str_or_none, pa.string()),
        "ech_config_id": number_array(numbers["ech_config_id"], pa.uint8(), numbers["ech_config_id"] < 0),
        "record_size_limit": number_array(numbers["record_size_limit"], pa.uint16(), unset["record_size_limit"]),
        "client_hello_length": number_array(numbers["raw_length"] + 4, pa.int64(), absent),
    }


def build_server_columns(batch: list[Connection]) -> Columns:
    """What the ServerHellos chose."""
    hellos = [connection.server_hello or NO_SERVER_HELLO for connection in batch]
    absent = np.fromiter((hello is NO_SERVER_HELLO for hello in hellos), np.bool_, len(hellos))
    values = rows_of(SERVER_VALUES, hellos)
    numbers = {name: np.array(values[name], np.int64) for name in SERVER_NUMBERS}
    unset = {name: absent | (numbers[name] < 0) for name in ("cipher_suite", "compression_method")}
    return {
        "server_legacy_version": number_array(numbers["legacy_version"], pa.uint16(), absent),
        "server_random": hex_array(values["random"], absent),
        "server_session_id": hex_array(values["session_id"], absent),
        "cipher_suite": number_array(numbers["cipher_suite"], pa.uint16(), unset["cipher_suite"]),
        "cipher_suite_name": names_of(numbers["cipher_suite"], registry.cipher_suite_name),
        "compression_method": number_array(numbers["compression_method"], pa.uint8(), unset["compression_method"]),
        "server_extensions": Vectors(values["extension_types"]).lists(absent),
        "alpn": Shared(values["alpn"]).column(
            lambda name: None if name is None else registry.alpn_text(name), pa.string()
        ),
        "psk_selected": number_array(numbers["psk_selected"], pa.bool_(), absent),
        "early_data_accepted": pa.nulls(len(hellos), pa.bool_()),
    }


def build_security(batch: list[Connection]) -> Columns:
    """Key exchange, authentication, cipher and what they are worth."""
    shared = Shared(
        [
            None if hello is None else (hello.cipher_suite, hello.is_tls13(), connection.group, hello.psk_selected)
            for connection, hello in ((connection, connection.server_hello) for connection in batch)
        ]
    )
    facts = [session_security(*key) if key else None for key in shared.keys]
    return {
        name: shared.spread([getattr(fact, name) if fact else None for fact in facts], TYPES[type_name])
        for name, type_name in SECURITY_COLUMNS.items()
    }


def build_fingerprints(batch: list[Connection]) -> Columns:
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


def build_leaf_columns(batch: list[Connection], times: Numbers, context: Context) -> Columns:
    """Chains, and the facts of the server's own certificate."""
    values = rows_of(("certificate_sha256s", "client_certificate_sha256s"), batch)
    texts = TYPES["list<string>"]
    columns = {name: Shared(chains).column(lambda chain: chain, texts) for name, chains in values.items()}
    leaves = Shared([chain[0] if chain else None for chain in values["certificate_sha256s"]])
    facts = [None if leaf is None else context.leaf(leaf) for leaf in leaves.keys]
    for name, read, data_type in LEAF_COLUMNS:
        columns[name] = leaves.spread([None if fact is None else read(fact) for fact in facts], data_type)
    asked = [None if hello is None else hello.server_name for hello in map(attrgetter("client_hello"), batch)]
    pairs = Shared(zip(leaves.positions.tolist(), asked, strict=True))
    matches = [matches_leaf(facts[leaf], name) for leaf, name in pairs.keys]
    columns["name_matches"] = pairs.spread(matches, pa.bool_())
    mismatch = np.array([match is False for match in matches], np.bool_)[pairs.positions]
    columns["validation"] = build_validation(facts, leaves.positions, times, mismatch)
    return columns


def build_validation(
    facts: Sequence[LeafFacts | None], leaves: NDArray[np.int32], times: Numbers, mismatch: Mask
) -> pa.Array:
    """What dates, issuer and name of the server's certificate say at the time of the connection."""
    ends = [NO_END if fact is None or fact.not_after is None else fact.not_after for fact in facts]
    begins = [-NO_END if fact is None or fact.not_before is None else fact.not_before for fact in facts]
    own = np.array([fact is not None and bool(fact.self_signed) for fact in facts], np.bool_)
    none = np.array([fact is None for fact in facts], np.bool_)
    verdict = np.select(
        [
            none[leaves],
            times > np.array(ends, np.int64)[leaves],
            times < np.array(begins, np.int64)[leaves],
            own[leaves],
            mismatch,
        ],
        [0, 1, 2, 3, 4],
        5,
    )
    return spread(text_array(VALIDATIONS), verdict.astype(np.int32))


def matches_leaf(facts: LeafFacts | None, name: bytes | None) -> bool | None:
    """Whether a certificate is for the name that the client asked for; None where either is missing."""
    return None if facts is None or name is None else name_matches(decode_name(name) or "", facts)


def count_names(facts: LeafFacts) -> int | None:
    """How many names a certificate is for; None where its names could not be read."""
    return None if facts.san_dns is None or facts.san_ip is None else len(facts.san_dns) + len(facts.san_ip)


def decode_name(name: bytes | None) -> str | None:
    """A host name from the wire as text; octets that are no ASCII are escaped."""
    return None if name is None else name.decode("ascii", "backslashreplace")


def decode_protocols(vector: bytes | None) -> list[str] | None:
    """A ProtocolNameList as text."""
    return None if vector is None else [registry.alpn_text(name) for name in parse_alpn(vector)]


def str_or_none(text: str | None) -> str | None:
    """The text as it is."""
    return text


def hex_array(values: Sequence[bytes], absent: Mask) -> pa.Array:
    """A column of octets as hexadecimal text."""
    return octet_array([value.hex().encode() for value in values], pa.string(), 1, absent)


def names_of(codes: Numbers, name_of: Callable[[int], str]) -> pa.Array:
    """A column of names for a column of numbers; none for those below zero."""
    return Shared(codes.tolist()).column(lambda code: None if code < 0 else name_of(code), pa.string())


LEAF_COLUMNS: tuple[tuple[str, Callable[[LeafFacts], Any], pa.DataType], ...] = (
    ("subject", lambda fact: fact.subject, pa.string()),
    ("issuer", lambda fact: fact.issuer, pa.string()),
    ("san_count", count_names, pa.int64()),
    ("sct_count", lambda fact: fact.sct_count, pa.int64()),
)
