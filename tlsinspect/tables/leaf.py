"""Chains, and what the server's own certificate says: columns of the connections table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..certificates import LeafFacts, name_matches
from .arrow import TYPES, Columns, Mask, Shared, chosen_texts
from .context import Context
from .hellos import decode_name
from .records import Numbers, Records

VALIDATIONS = (None, "expired", "not_yet_valid", "self_signed", "name_mismatch", "leaf_ok")
NO_END = 2**63 - 1  # ns; a certificate that says no time is not out of it


def build_leaf_columns(rows: Records, hellos: Records, context: Context) -> Columns:
    """Chains, and the facts of the server's own certificate, which the names in the clients' `hellos` are held to."""
    asked = hellos.shared["server_name"]
    columns: Columns = {}
    chains = rows.shared["certificate_sha256s"]
    columns["certificate_sha256s"] = chains.column(lambda chain: chain, TYPES["list<string>"])
    clients = rows.shared["client_certificate_sha256s"]
    columns["client_certificate_sha256s"] = clients.column(lambda chain: chain, TYPES["list<string>"])
    staples = rows.shared["ocsp_sha256s"]
    columns["ocsp_sha256s"] = staples.column(lambda names: names, TYPES["list<string>"])
    columns["sct_list_sha256"] = rows.shared["sct_list_sha256"].texts(rows.types)
    leaves = Shared([chain[0] if chain else None for chain in chains.keys])
    leaves.positions = leaves.positions[chains.positions]
    facts = [None if leaf is None else context.leaf(leaf) for leaf in leaves.keys]
    for name, read, type_name in LEAF_COLUMNS:
        columns[name] = leaves.spread([None if fact is None else read(fact) for fact in facts], rows.types[type_name])
    names = len(asked.keys)
    pairs = Shared((leaves.positions.astype(np.int64) * names + asked.positions).tolist())
    matches = [matches_leaf(facts[pair // names], asked.keys[pair % names]) for pair in pairs.keys]
    columns["name_matches"] = pairs.spread(matches, pa.bool_())
    mismatch = np.array([match is False for match in matches], np.bool_)[pairs.positions]
    unnamed = np.array([name is None for name in asked.keys], np.bool_)[asked.positions]
    open_name = unnamed & ((hellos.numbers["raw_length"] < 0) | (hellos.numbers["complete"] == 0))
    columns["validation"] = build_validation(
        facts, leaves.positions, rows.numbers["time_start"], mismatch, open_name, rows.types["string"]
    )
    return columns


def build_validation(
    facts: Sequence[LeafFacts | None],
    leaves: NDArray[np.int32],
    times: Numbers,
    mismatch: Mask,
    open_name: Mask,
    data_type: pa.DataType,
) -> pa.Array:
    """What dates, issuer and name of the server's certificate say at the time of the connection; 0 stands for none.

    Where the name is open, as the ClientHello was not captured, nothing is said of what has nothing else against it.
    """
    timed = times != 0
    ends = [NO_END if fact is None or fact.not_after is None else fact.not_after for fact in facts]
    begins = [-NO_END if fact is None or fact.not_before is None else fact.not_before for fact in facts]
    own = np.array([fact is not None and bool(fact.self_signed) for fact in facts], np.bool_)
    none = np.array([fact is None for fact in facts], np.bool_)
    verdict = np.select(
        [
            none[leaves],
            timed & (times > np.array(ends, np.int64)[leaves]),
            timed & (times < np.array(begins, np.int64)[leaves]),
            own[leaves],
            mismatch,
            timed & ~open_name,
        ],
        [0, 1, 2, 3, 4, 5],
        0,
    )
    return chosen_texts(VALIDATIONS, verdict.astype(np.int32), data_type)


def matches_leaf(facts: LeafFacts | None, name: bytes | None) -> bool | None:
    """Whether a certificate is for the name that the client asked for; None where either is missing."""
    return None if facts is None or name is None else name_matches(decode_name(name) or "", facts)


def count_names(facts: LeafFacts) -> int | None:
    """How many names a certificate is for; None where its names could not be read."""
    return None if facts.san_dns is None or facts.san_ip is None else len(facts.san_dns) + len(facts.san_ip)


LEAF_COLUMNS: tuple[tuple[str, Callable[[LeafFacts], Any], str], ...] = (
    ("subject", lambda fact: fact.subject, "string"),
    ("issuer", lambda fact: fact.issuer, "string"),
    ("san_count", count_names, "int64"),
    ("sct_count", lambda fact: fact.sct_count, "int64"),
)
