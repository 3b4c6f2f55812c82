"""What the hellos offered and chose: columns of the connections table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from .. import registry
from ..wire.codes import (
    DELEGATED_CREDENTIAL,
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    FALLBACK_SCSV,
    PRE_SHARED_KEY,
    RENEGOTIATION_SCSV,
    STATUS_REQUEST,
    STATUS_REQUEST_V2,
)
from ..wire.messages import parse_alpn
from .arrow import TYPES, Columns, Mask, Runs, Shared, Types, number_array, value_array
from .records import Numbers, Records
from .vectors import Vectors

SEEN_FLAGS = {
    "encrypt_then_mac": ENCRYPT_THEN_MAC,
    "extended_master_secret": EXTENDED_MASTER_SECRET,
    "delegated_credential": DELEGATED_CREDENTIAL,
    "psk_offered": PRE_SHARED_KEY,
}

CLIENT_VECTORS = {
    "cipher_suites": "cipher_suites",
    "client_extensions": "extension_types",
    "supported_versions": "supported_versions",
    "supported_groups": "supported_groups",
    "key_share_groups": "key_share_groups",
    "signature_algorithms": "signature_algorithms",
    "certificate_compression": "certificate_compression",
}
CLIENT_OCTETS = ("compression_methods", "ec_point_formats", "psk_key_exchange_modes")
WITH_GREASE = ("cipher_suites", "client_extensions", "supported_versions", "supported_groups")
ECH_NUMBERS = {
    "ech_config_id": pa.uint8(),
    "ech_kdf": pa.uint16(),
    "ech_aead": pa.uint16(),
    "ech_enc_length": pa.int64(),
    "ech_payload_length": pa.int64(),
}


def build_client_columns(rows: Records) -> Columns:
    """What the ClientHellos offered."""
    absent: Mask = rows.numbers["raw_length"] < 0
    vectors = {name: Vectors(rows.runs[attribute]) for name, attribute in CLIENT_VECTORS.items()}
    cut: Mask = absent | (rows.numbers["complete"] == 0)
    columns = {name: vector.lists(absent | (cut & (vector.lengths == 0))) for name, vector in vectors.items()}
    for name in CLIENT_OCTETS:
        columns[name] = rows.runs[name].lists(absent | (cut & (rows.runs[name].lengths == 0)))
    columns["sslv2_cipher_kinds"] = triplet_lists(rows.runs["cipher_kinds"])
    for name, bit in SEEN_FLAGS.items():
        columns[name] = seen_flags((rows.numbers["seen"] >> bit) & 1 != 0, cut)
    staples = (rows.numbers["seen"] >> STATUS_REQUEST | rows.numbers["seen"] >> STATUS_REQUEST_V2) & 1
    columns["status_request"] = seen_flags(staples != 0, cut)
    suites = vectors["cipher_suites"]
    columns["fallback_scsv"] = seen_flags(suites.contain(suites.numbers == FALLBACK_SCSV), cut)
    renegotiation = suites.contain(suites.numbers == RENEGOTIATION_SCSV) | (rows.numbers["renegotiation_info"] != 0)
    columns["renegotiation_info"] = seen_flags(renegotiation, cut)
    grease = np.zeros(rows.count, np.bool_)
    for name in WITH_GREASE:
        grease |= vectors[name].contain(vectors[name].is_grease())
    columns["grease"] = seen_flags(grease, cut)
    columns["session_ticket_offered"] = seen_flags(rows.numbers["ticket_length"] > 0, cut)
    return columns | build_client_scalars(rows, absent)


def build_client_scalars(rows: Records, absent: Mask) -> Columns:
    """Numbers and texts of the ClientHellos."""
    numbers, runs, shared = rows.numbers, rows.runs, rows.shared
    header = np.where(runs["cipher_kinds"].missing, 4, 1)  # of the message
    unset = {name: absent | (numbers[name] == 0) for name in ("heartbeat_mode", "record_size_limit")}
    return {
        "client_legacy_version": number_array(numbers["legacy_version"], pa.uint16(), absent),
        "client_random": runs["random"].hex(absent | (runs["random"].lengths == 0)),
        "session_id": runs["session_id"].hex(absent | (numbers["session_id_lost"] != 0)),
        "server_name": shared["server_name"].column(decode_name, rows.types["string"]),
        "alpn_offered": shared["alpn"].column(decode_protocols, TYPES["list<string>"]),
        "heartbeat_mode": number_array(numbers["heartbeat_mode"], pa.uint8(), unset["heartbeat_mode"]),
        **build_ech_columns(rows),
        "record_size_limit": number_array(numbers["record_size_limit"], pa.uint16(), unset["record_size_limit"]),
        "client_hello_length": number_array(numbers["raw_length"] + header, pa.int64(), absent),
    }


def build_ech_columns(rows: Records) -> Columns:
    """What the ClientHellos say about an encrypted one."""
    numbers = rows.numbers
    return {
        "ech_type": rows.shared["ech_type"].texts(rows.types),
        "ech_kdf_name": names_of(numbers["ech_kdf"], registry.hpke_kdf_name, rows.types),
        "ech_aead_name": names_of(numbers["ech_aead"], registry.hpke_aead_name, rows.types),
        **{name: number_array(numbers[name], data_type, numbers[name] < 0) for name, data_type in ECH_NUMBERS.items()},
    }


def build_server_columns(rows: Records) -> Columns:
    """What the ServerHellos chose."""
    absent: Mask = rows.numbers["legacy_version"] < 0
    numbers, runs = rows.numbers, rows.runs
    unset = {name: absent | (numbers[name] < 0) for name in ("cipher_suite", "compression_method")}
    kinds = Vectors(runs["extension_types"])
    return {
        "server_legacy_version": number_array(numbers["legacy_version"], pa.uint16(), absent),
        "server_random": runs["random"].hex(absent),
        "server_session_id": runs["session_id"].hex(absent | (numbers["session_id_lost"] != 0)),
        "cipher_suite": number_array(numbers["cipher_suite"], pa.uint32(), unset["cipher_suite"]),
        "sslv2_server_cipher_kinds": triplet_lists(runs["cipher_kinds"]),
        "cipher_suite_name": names_of(numbers["cipher_suite"], registry.cipher_suite_name, rows.types),
        "compression_method": number_array(numbers["compression_method"], pa.uint8(), unset["compression_method"]),
        "server_extensions": kinds.lists(absent | ((numbers["complete"] == 0) & (kinds.lengths == 0))),
        "alpn": rows.shared["alpn"].column(
            lambda name: None if name is None else registry.alpn_text(name), rows.types["string"]
        ),
        "psk_selected": seen_flags(numbers["psk_selected"] != 0, absent | (numbers["complete"] == 0)),
    }


def seen_flags(seen: Mask, cut: Mask) -> pa.Array:
    """A column of truth values: what a hello that is not whole does not show is missing, not False."""
    return number_array(seen, pa.bool_(), cut & ~seen)


def triplet_lists(vectors: Runs) -> pa.ListArray:
    """A column of lists of 3-octet numbers, as SSL 2.0's cipher kinds are."""
    if vectors.missing.all():
        return pa.nulls(len(vectors.missing), TYPES["list<uint32>"])
    numbers = [
        None if vector is None else [int.from_bytes(vector[at : at + 3], "big") for at in range(0, len(vector) - 2, 3)]
        for vector in vectors.rows()
    ]
    return value_array(numbers, TYPES["list<uint32>"])


def decode_name(name: bytes | None) -> str | None:
    """A host name from the wire as text; octets that are no ASCII are escaped."""
    return None if name is None else name.decode("ascii", "backslashreplace")


def decode_protocols(vector: bytes | None) -> list[str] | None:
    """A ProtocolNameList as text."""
    return None if vector is None else [registry.alpn_text(name) for name in parse_alpn(vector)]


def names_of(codes: Numbers, name_of: Callable[[int], str], types: Types) -> pa.Array:
    """A column of names for a column of numbers; none for those below zero."""
    return Shared(codes.tolist()).column(lambda code: None if code < 0 else name_of(code), types["string"])
