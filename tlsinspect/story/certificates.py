"""Chains of one connection -> its certificates, and what speaks against them.

In: rows of the chains and certificates frames, and the row of the connection. Out: StoryCertificates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..statistics.categories import VALIDATIONS
from .record import Fact, StoryCertificate

Row = dict[Any, Any]
MOST_NAMES = 6


def build_certificates(connection: Row, chain: Sequence[Row], known: dict[str, Row]) -> tuple[StoryCertificate, ...]:
    """The certificates of both sides in wire order; `known` maps a SHA-256 to its row."""
    return tuple(build_certificate(connection, place, known.get(place["sha256"], {})) for place in chain)


def build_certificate(connection: Row, place: Row, row: Row) -> StoryCertificate:
    """One certificate."""
    names = [*(row.get("san_dns") or ()), *(row.get("san_ip") or ())]
    rest = len(names) - MOST_NAMES
    facts = (
        Fact("issuer", row.get("issuer") or ""),
        Fact("names", ", ".join([*names[:MOST_NAMES], *([f"{rest} more"] if rest > 0 else [])])),
        Fact("valid", period(row)),
        Fact("key", " ".join(str(part) for part in (row.get("key_type"), key_size(row)) if part)),
        Fact("signature", row.get("signature_algorithm") or ""),
        Fact("SCTs", str(row["sct_count"]) if row.get("sct_count") else ""),
        Fact("SHA-256", place["sha256"]),
    )
    return StoryCertificate(
        place["side"],
        place["position"],
        row.get("subject") or "an empty subject",
        tuple(fact for fact in facts if fact.value),
        tuple(remarks(connection, place, row)),
    )


def period(row: Row) -> str:
    """The days between which it is valid."""
    start, end = row.get("not_before"), row.get("not_after")
    return "" if start is None or end is None else f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"


def key_size(row: Row) -> str:
    """The curve, or the size in bits."""
    bits = row.get("key_bits")
    return row.get("curve") or (f"{bits} bits" if bits else "")


def remarks(connection: Row, place: Row, row: Row) -> list[str]:
    """What dates, and for the server's own certificate the name, say against it at the time of the connection."""
    found = []
    time, start, end = connection["time_start"], row.get("not_before"), row.get("not_after")
    timed = time.value != 0  # packets without times have 0
    if timed and end is not None and end < time:
        found.append("expired when it was shown")
    if timed and start is not None and start > time:
        found.append("not yet valid when it was shown")
    if row.get("issue"):
        found.append(f"not well formed: {row['issue']}")
    if place["position"] == 0 and place["side"] == "server":
        if connection["name_matches"] is False:
            found.append(VALIDATIONS["name_mismatch"])
        if row.get("self_signed") is True:
            found.append(VALIDATIONS["self_signed"])
    return found
