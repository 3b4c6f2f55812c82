"""Why handshakes were not finished: columns of the connections table.

Only rows with a failure cost anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from .. import registry
from ..connection import Connection
from ..failures import CAUSES, Explanation, Failure, explain
from ..packet_numbers import place_in
from ..wire.codes import TLCP_VERSION
from ..wire.messages import ClientHello
from ..wire.quic_facts import QuicFacts
from .arrow import Columns, Shared, Types, text_array
from .gathering import client_cut
from .hellos import decode_name, decode_protocols
from .reasons import CUT_SHORT

SINGLE_VERSIONS = (0x0002, TLCP_VERSION)  # SSL 2.0 and TLCP: whoever offers them offers no other


def build_failure_columns(
    count: int, failed: Sequence[tuple[int, Connection]], columns: Mapping[str, pa.Array], types: Types
) -> Columns:
    """Cause, sentence and advice of `count` rows, for those that `failed`."""
    found: list[Explanation | None] = [None] * count
    for place, connection in failed:
        found[place] = explain(failure_of(connection, columns, place))
    causes = Shared([each.cause if each else None for each in found])
    return {
        "failure_cause": causes.texts(types),
        "failure_reason": text_array([each.sentence if each else None for each in found]),
        "failure_advice": causes.column(lambda code: CAUSES[code].advice if code else None, types["string"]),
    }


def failure_of(connection: Connection, columns: Mapping[str, pa.Array], place: int) -> Failure:
    """What is asked of the connection at `place`, from its record and the columns that are made."""

    def value(name: str) -> Any:
        return columns[name][place].as_py()

    hello, chain = connection.client_hello, connection.client_certificate_sha256s
    quic = connection.quic
    where, packet = connection.capture, connection.failure_packet
    if packet is not None:
        where, packet = place_in(where, connection.later, packet)
    return Failure(
        failure=connection.failure or "",
        side=connection.failure_side,
        packet=packet,
        alert=connection.last_alert,
        level=next((level for _, _, _, level, _ in reversed(connection.alerts) if level >= 0), 0),
        history=connection.handshake_history or "",
        protocol=connection.protocol,
        version=value("version_name"),
        versions=offered_versions(hello, client_cut(connection) in CUT_SHORT) if hello else "",
        protocols=", ".join(decode_protocols(hello.alpn) or ()) if hello else "",
        server_name=decode_name(hello.server_name) if hello else None,
        validation=value("validation"),
        issuer=value("issuer"),
        requested=bool(connection.client_certificate_requested),
        certificates=None if chain is None else len(chain),
        retry=bool(connection.hello_retry_request),
        answered=connection.answered,
        sealed_alert=connection.sealed_alert,
        quic_error=quic.close_error if quic is not None and quic.close_error >= 0 else None,
        hello_length=hello.raw_length if hello else 0,
        duration_ns=connection.time_end - connection.time_start,
        lost=connection.gap or connection.truncated,
        gap=connection.gap,
        midstream=connection.midstream,
        sent_on="" if quic is None else sent_on(quic),
        psk=bool(value("psk_offered")),
        later=where != connection.capture,
    )


def sent_on(quic: QuicFacts) -> str:
    """What a server of QUIC answered a client with, that this one may begin anew; empty where it did not."""
    if quic.retry:
        return "a Retry"
    return "a list of its versions (Version Negotiation)" if quic.version_negotiation else ""


def offered_versions(hello: ClientHello, cut: bool) -> str:
    """The versions that a client offers: those of the extension, else its version and before.

    Empty where the hello is `cut` and does not have the extension: it may have been lost.
    """
    listed = hello.supported_versions
    if cut and listed is None:
        return ""
    if not listed:
        before = "" if hello.legacy_version in SINGLE_VERSIONS else " and before"
        return registry.version_name(hello.legacy_version) + before
    codes = [int.from_bytes(listed[at : at + 2], "big") for at in range(0, len(listed) - 1, 2)]
    return ", ".join(registry.version_name(code) for code in codes if not registry.is_grease(code))
