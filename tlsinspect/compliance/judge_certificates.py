"""The server's own certificate against one requirement, for every connection that it was sent in.

In: the facts, a requirement. Out: the masks of judge.py.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..findings.facts import Facts, whole
from ..policies import Requirement
from ..statistics.lifetimes import whole_days
from ..statistics.rows import Mask, mask_of
from .judge import Judged, tls_rows

SERVER = "certificate_sha256s"
NO_FAULT_OF_TRUST = frozenset({"valid", "name_mismatch", "wrong_order", "not_observable", "not_applicable"})
CLIENT = "client_certificate_sha256s"
BREAKS_PATH = ("malformed", "bad_signature", "expired", "not_yet_valid", "constraint_violated")
LEAVES_OPEN = ("untrusted_root", "self_signed", "incomplete_chain", "unsupported", "limit")  # a server may know more
NO_CERTIFICATE = ("anon", "NULL", "PSK", "KRB5", "SRP", "ECCPWD", "ECJPAKE")


def certificate_rows(facts: Facts) -> Mask:
    """Connections whose server has a certificate, or may have: it sends one with RSA_PSK too (RFC 4279 section 4)."""
    none = facts.chosen_suite(lambda _, suite: suite.authentication in NO_CERTIFICATE)
    return tls_rows(facts) & ~(none & ~mask_of(pc.is_valid(facts.leaf(SERVER))))


def certificate_column(facts: Facts, name: str) -> pa.Array:
    """A column of the certificates table, for each row's server certificate."""

    def places() -> pa.Array:
        return pc.index_in(facts.leaf(SERVER), value_set=facts.certificates["sha256"].combine_chunks())

    column: pa.Array = facts.once(
        f"certificate {name}",
        lambda: facts.certificates[name].combine_chunks().take(facts.once("certificate places", places)),
    )
    return column


def judge_certificate_text(column: str, not_own: bool = False) -> Callable[[Facts, Requirement], Judged]:
    """What a text column of the certificates says; not asked of self-signed ones where the signature is meant."""

    def judge(facts: Facts, asked: Requirement) -> Judged:
        texts = certificate_column(facts, column)
        patterns = asked.allow or asked.forbid
        distinct = [text for text in pc.unique(texts).to_pylist() if text is not None]
        matched = [text for text in distinct if any(fnmatchcase(text, pattern) for pattern in patterns)]
        found = mask_of(pc.is_in(texts, value_set=pa.array(matched, pa.string())))
        known = mask_of(pc.is_valid(texts))
        applies = certificate_rows(facts)
        if not_own:
            applies = applies & ~mask_of(certificate_column(facts, "self_signed"))
        if column == "curve":
            kinds = certificate_column(facts, "key_type")
            applies = applies & ~mask_of(pc.not_equal(kinds, "EC"))
        return Judged(applies, known, found if asked.allow else known & ~found)

    return judge


def judge_key_bits(facts: Facts, asked: Requirement) -> Judged:
    """The size of the certificate's key, where a least size for its kind is asked for."""
    kinds, bits = certificate_column(facts, "key_type"), certificate_column(facts, "key_bits")
    applies, good = certificate_rows(facts), np.zeros(len(kinds), np.bool_)
    for kind, least in asked.least.items():
        good |= mask_of(pc.and_kleene(pc.equal(kinds, kind), pc.greater_equal(bits, least)))
    judged = mask_of(pc.is_in(kinds, value_set=pa.array(list(asked.least), pa.string())))
    return Judged(applies & (judged | mask_of(pc.is_null(kinds))), judged & mask_of(pc.is_valid(bits)), good)


def judge_lifetime(facts: Facts, asked: Requirement) -> Judged:
    """How long the certificate is valid in all."""
    days = certificate_column(facts, "validity_days")
    distinct = pc.unique(days).drop_null().to_pylist()
    short = [value for value in distinct if asked.most is not None and whole_days(value) <= asked.most]
    good = mask_of(pc.is_in(days, value_set=pa.array(short, pa.float64())))
    applies = certificate_rows(facts) & ~mask_of(certificate_column(facts, "self_signed"))
    return Judged(applies, mask_of(pc.is_valid(days)), good)


def judge_dates(facts: Facts, asked: Requirement) -> Judged:
    """The certificate is in date at the time of the connection."""
    begins, ends = certificate_column(facts, "not_before"), certificate_column(facts, "not_after")
    now = facts.column("time_start")
    good = mask_of(pc.and_kleene(pc.less_equal(begins, now), pc.greater_equal(ends, now)))
    known = mask_of(pc.and_(pc.is_valid(begins), pc.is_valid(ends)))
    return Judged(certificate_rows(facts), known & facts.timed(), good)


def judge_certificate_names(facts: Facts, asked: Requirement) -> Judged:
    """The certificate has a DNS name or an address in subjectAltName."""
    names, addresses = certificate_column(facts, "san_dns"), certificate_column(facts, "san_ip")
    counts = pc.add(pc.list_value_length(names), pc.list_value_length(addresses))
    return Judged(certificate_rows(facts), mask_of(pc.is_valid(counts)), mask_of(pc.greater(counts, 0)))


def judge_certificate_name(facts: Facts, asked: Requirement) -> Judged:
    """The certificate is for the name that the client asked for; one that asks for none needs none."""
    nameless = facts.whole_hello() & ~facts.known("server_name")
    return Judged(certificate_rows(facts) & ~nameless, facts.known("name_matches"), facts.says("name_matches"))


def judge_trust(facts: Facts, asked: Requirement) -> Judged:
    """The chain leads to a trusted root, in date, and nothing speaks against it; its name and order are not asked."""
    applies = certificate_rows(facts)
    table = facts.other("validation")
    if table is None:
        return Judged(applies, np.zeros(len(applies), np.bool_), np.zeros(len(applies), np.bool_))
    from ..validation import VERDICTS  # loads the cryptography package, and few ask

    timed = mask_of(pc.not_equal(whole(table, "time").cast(pa.int64()), 0))
    rooted = timed & mask_of(pc.is_valid(whole(table, "anchor")))
    known = rooted | mask_of(pc.is_null(whole(table, "reason")))  # where no more than the name is open, there is a root
    bad = facts.validation_has("faults", *(each for each in VERDICTS if each not in NO_FAULT_OF_TRUST))
    return Judged(applies, known, known & ~bad)


def judge_status(facts: Facts, asked: Requirement) -> Judged:
    """A stapled response says that the certificate is good, and none that it or one above it is revoked."""
    applies = certificate_rows(facts)
    table = facts.other("ocsp") if facts.among("ocsp_status", "present").any() else None
    if table is None:
        return Judged(applies, np.zeros(len(applies), np.bool_), np.zeros(len(applies), np.bool_))
    own = pc.and_(pc.equal(table["verdict"], "good"), pc.equal(table["certificate_position"], 0))
    bad, good = (
        mask_of(pc.is_in(facts.column("connection_id"), value_set=whole(table.filter(rows), "connection_id")))
        for rows in (pc.equal(table["verdict"], "revoked"), own)
    )
    return Judged(applies, bad | good, good & ~bad)


def judge_client_path(facts: Facts, asked: Requirement) -> Judged:
    """That a chain that the server took stands, whomever it trusts; not asked where none was sent or taken.

    Where a handshake's packets end first, nobody knows whether the server took it.
    """
    none = facts.known(CLIENT) & ~mask_of(pc.is_valid(facts.leaf(CLIENT)))
    refused = facts.says("established", False) & ~facts.among("failure", "capture_end")
    applies = tls_rows(facts) & ~facts.says("client_certificate_requested", False) & ~refused & ~none
    taken = facts.known(CLIENT) & ~none & facts.says("established")
    table = facts.other("client_validation") if taken.any() else None
    if table is None:
        return Judged(applies, np.zeros(len(applies), np.bool_), np.zeros(len(applies), np.bool_))
    bad = taken & facts.validation_has("faults", *BREAKS_PATH, side="client_validation")
    doubtful = facts.validation_has("faults", *LEAVES_OPEN, side="client_validation")
    known = taken & mask_of(pc.is_null(whole(table, "reason"))) & (bad | ~doubtful)
    return Judged(applies, known, known & ~bad)


CERTIFICATE_JUDGES: dict[str, Callable[[Facts, Requirement], Judged]] = {
    "certificate_key_type": judge_certificate_text("key_type"),
    "certificate_key_bits": judge_key_bits,
    "certificate_curve": judge_certificate_text("curve"),
    "certificate_signature": judge_certificate_text("signature_algorithm", not_own=True),
    "certificate_lifetime": judge_lifetime,
    "certificate_dates": judge_dates,
    "certificate_name": judge_certificate_name,
    "certificate_names": judge_certificate_names,
    "certificate_trust": judge_trust,
    "certificate_status": judge_status,
    "client_certificate_path": judge_client_path,
}
