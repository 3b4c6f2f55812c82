"""Connections and their staples -> the ocsp table, a row per response that a server stapled.

Rows that share chain, response and span of time share one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..certificates.facts import nanoseconds, spell_serial
from ..tables import arrow_schema
from ..tables.arrow import value_array
from .build import CHAIN, NO_TIME, groups
from .signatures import signature_name
from .staple import HASHES, Staple, read_staple
from .validator import Validator

STAPLES = "ocsp_sha256s"
OF_CONNECTION = ("connection_id", "server_ip", "server_port", "server_name")
Row = dict[str, Any]


def build_ocsp(
    connections: pa.Table, staples: Mapping[str, bytes], validator: Validator, at: datetime | None = None
) -> pa.Table:
    """Judge every stapled response at its connection's start, or all of them `at` one time (else UTC)."""
    schema = arrow_schema("ocsp")
    connections = connections.select(["time_start", "certificate_packet", CHAIN, STAPLES, *OF_CONNECTION])
    stapled = pc.greater(pc.fill_null(pc.list_value_length(connections[STAPLES]), 0), 0)
    connections = connections.filter(stapled)
    times = connections["time_start"].cast(pa.int64()).to_numpy()
    if at is not None:
        times = np.full(len(connections), nanoseconds(at), np.int64)
    answers: list[Row] = []
    rows: list[NDArray[np.intp]] = [np.zeros(0, np.intp)]
    places: list[NDArray[np.intp]] = [np.zeros(0, np.intp)]
    for same, row in iter_answers(connections, staples, validator, times):
        rows.append(same)
        places.append(np.full(len(same), len(answers), np.intp))
        answers.append(row)
    order = np.argsort(np.concatenate(rows), kind="stable")
    chosen, shared = pa.array(np.concatenate(rows)[order]), pa.array(np.concatenate(places)[order])
    columns: dict[str, pa.Array | pa.ChunkedArray] = {name: connections[name].take(chosen) for name in OF_CONNECTION}
    columns["packet"] = connections["certificate_packet"].take(chosen)
    columns["time"] = pa.array(times).take(chosen).cast(schema.field("time").type)
    for field in schema:
        if field.name not in columns:
            columns[field.name] = value_array([row[field.name] for row in answers], field.type).take(shared)
    return pa.table([columns[field.name] for field in schema], schema=schema)


def iter_answers(
    connections: pa.Table, staples: Mapping[str, bytes], validator: Validator, times: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.intp], Row]]:
    """Every distinct answer with the rows that it is for."""
    joined = [pc.binary_join(connections[name].combine_chunks(), " ") for name in (CHAIN, STAPLES)]
    both = pc.binary_join_element_wise(*joined, "|").dictionary_encode()
    both = both.combine_chunks() if isinstance(both, pa.ChunkedArray) else both
    texts = both.dictionary.to_pylist()
    for code, rows in groups(both.indices.to_numpy().astype(np.int64)):
        chain, names = (text.split() for text in texts[code].split("|"))
        for position, name in enumerate(names):
            staple = read_staple(staples[name], chain, validator)
            changes = np.array(sorted(staple.changes()), np.int64)
            spans = np.searchsorted(changes, times[rows], side="right")
            spans[times[rows] == NO_TIME] = -1
            for span, inside in groups(spans.astype(np.int64)):
                same = rows[inside]
                time = None if span < 0 else int(times[same[0]])
                yield same, {"position": position, "response_sha256": name} | answer_of(staple, time)


def answer_of(staple: Staple, time: int | None) -> Row:
    """A response's facts and what they are worth at a time."""
    faults = staple.judge(time)
    signer = staple.signer.certificate
    response, certificate = staple.response, staple.certificate
    row: Row = {
        "verdict": faults[0].verdict,
        "faults": [verdict for verdict in dict.fromkeys(fault.verdict for fault in faults) if verdict != "good"],
        "detail": "; ".join(dict.fromkeys(fault.text for fault in faults)),
        "certificate_sha256": certificate and certificate.sha256,
        "certificate_position": staple.position,
        "signature_valid": staple.signer.valid,
        "signer": staple.signer.kind,
        "signer_sha256": signer and signer.sha256,
    }
    row |= {
        "response_status": response and response.status,
        "responses": response.total if response is not None and response.total else None,
        "responder_name": response and response.responder,
        "responder_key_hash": hexadecimal(response and response.responder_key_hash),
        "produced_at": response and response.produced_at,
        "signature_algorithm": signature_name(response.algorithm) if response is not None else None,
    }
    statement = staple.statement
    return row | {
        "certificate_status": statement and statement.status,
        "this_update": statement and statement.this_update,
        "next_update": statement and statement.next_update,
        "revocation_time": statement and statement.revocation_time,
        "revocation_reason": statement and statement.revocation_reason,
        "hash_algorithm": statement and HASHES.get(statement.hash_algorithm, (statement.hash_algorithm,))[0],
        "issuer_name_hash": hexadecimal(statement and statement.issuer_name_hash),
        "issuer_key_hash": hexadecimal(statement and statement.issuer_key_hash),
        "serial": statement and spell_serial(statement.serial),
    }


def hexadecimal(octets: bytes | None) -> str | None:
    """Octets as hexadecimal digits."""
    return None if octets is None else octets.hex()
