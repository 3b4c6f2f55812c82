"""Connections, certificates and trust -> the validation and client_validation tables, a row per connection.

Rows that share chain, name and span of time share one answer, so that a million connections cost
little more than their chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..certificates import CertificateFacts, escape_text
from ..certificates.facts import nanoseconds
from ..statistics.observations import CAPTURE_END
from ..statistics.rows import looked_up
from ..statistics.wording import REASONS
from ..tables import arrow_schema
from ..tables.arrow import value_array
from ..wire.codes import CERTIFICATE, OF_MESSAGE
from .checks import CLIENT, SERVER, Purpose
from .record import RANKS, Fault, Judgement
from .transparency import Transparency
from .trust import Trust
from .validator import Validator

CHAIN, CLIENT_CHAIN = "certificate_sha256s", "client_certificate_sha256s"
MOST_NAMES = 3
PART = 512  # chains that a process judges at a time; fewer are not worth one
NO_STAMPS: Mapping[str, Transparency] = {}
NO_STAMP = dict.fromkeys(("sct_logs", "sct_operators", "sct_verdict", "sct_faults"))
SHARED = ("verdict", "faults", "fault_position", "fault_sha256", "detail", "path", "anchor", "publicly_trusted",
          "objection", "remarks", "reason", "sct_logs", "sct_operators", "sct_verdict", "sct_faults")  # fmt: skip
WHOLE, CUT_BY = -1, ("snaplen", "gap", CAPTURE_END, "malformed")
Answer = dict[str, Any]
Answered = tuple[NDArray[np.intp], Answer]  # and the rows that it is for
NOTHING_SENT = Judgement(
    (Fault("malformed", None, "the server sent an empty list of certificates"),), (), None, None, ()
)
NOT_ASKED, LOST = 1, 2
LOST_BY = tuple(REASONS)
UNNAMED = ("", "; no name was asked for, so none was compared")
NO_TIME = 0  # what a connection starts at whose packets have no times
UNDATED = "the packets have no times, so dates were not judged"
NAME_LOST = "the name that the client asked for was not captured, so none was compared"
REFUSED_TO_SEND = "the client was asked for a certificate and sent none"  # which RFC 5246 section 7.4.6 lets it do


class Side(NamedTuple):
    """Whose chains: the table that is made, the column of the chains, and what they are used for."""

    table: str
    chain: str
    purpose: Purpose


SERVERS = Side("validation", CHAIN, SERVER)
CLIENTS = Side("client_validation", CLIENT_CHAIN, CLIENT)


def build_validation(
    connections: pa.Table,
    validator: Validator,
    at: datetime | None = None,
    stamps: Mapping[str, Transparency] = NO_STAMPS,
    problems: pa.Table | None = None,
    processes: int = 1,
) -> pa.Table:
    """Judge every server's chain at its connection's start, or all of them `at` one time (without a time zone: UTC).

    Where packets have no times, dates are not judged, and where the capture lacks the name that was asked for, no name:
    a chain with nothing else against it is not_observable.
    `stamps` say what the timestamps of a certificate (SHA-256) amount to: see judge_transparency. `problems` tell where
    a message breaks off: what its chain lacks the server may have sent. So many `processes` share many chains.
    """
    packets = connections["certificate_packet"]
    return build_side(SERVERS, connections, packets, validator, at, stamps, problems, processes)


def build_client_validation(
    connections: pa.Table,
    validator: Validator,
    at: datetime | None = None,
    problems: pa.Table | None = None,
    processes: int = 1,
) -> pa.Table:
    """Judge every client's chain, as build_validation judges those of servers."""
    packets = connections["client_certificate_packet"]
    return build_side(CLIENTS, connections, packets, validator, at, NO_STAMPS, problems, processes)


def build_side(
    side: Side,
    connections: pa.Table,
    packets: pa.Array | pa.ChunkedArray,
    validator: Validator,
    at: datetime | None,
    stamps: Mapping[str, Transparency],
    problems: pa.Table | None,
    processes: int,
) -> pa.Table:
    """The table of one side."""
    schema = arrow_schema(side.table)
    count = len(connections)
    times = connections["time_start"].cast(pa.int64()).to_numpy()
    if at is not None:
        times = np.full(count, nanoseconds(at), np.int64)
    answers: list[Answer] = []
    places = np.full(count, -1, np.int64)
    cut = cut_messages(connections, problems)
    for rows, answer in Chains(side, connections, validator, times, stamps, cut).iter_answers(processes):
        places[rows] = len(answers)
        answers.append(answer)
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        name: connections[name]
        for name in ("connection_id", "client_ip", "client_port", "server_ip", "server_port", "server_name")
    }
    columns["packet"] = packets
    columns["time"] = pa.array(times).cast(schema.field("time").type)
    for name in [name for name in SHARED if name in schema.names]:
        values = value_array([answer[name] for answer in answers], schema.field(name).type)
        columns[name] = values.take(pa.array(places))
    return pa.table([columns[field.name] for field in schema], schema=schema)


class Chains:
    """The distinct chains of one side, each with its connections, and what else their answers depend on.

    `cut` is what cut_messages gives.
    """

    def __init__(
        self,
        side: Side,
        connections: pa.Table,
        validator: Validator,
        times: NDArray[np.int64],
        stamps: Mapping[str, Transparency],
        cut: NDArray[np.int64],
    ) -> None:
        self.side, self.connections, self.validator = side, connections, validator
        self.times, self.stamps, self.cut = times, stamps, cut
        joined = pc.binary_join(connections[side.chain].combine_chunks(), " ").dictionary_encode()
        joined = joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
        names = mismatched_names(connections, side is SERVERS)
        self.names = names.dictionary.to_pylist()
        self.name_codes = pc.fill_null(names.indices, -1).to_numpy().astype(np.int64)
        self.unnamed = find_unnamed(connections, side is SERVERS)
        self.texts = joined.dictionary.to_pylist()
        self.shown = list(groups(pc.fill_null(joined.indices, -1).to_numpy().astype(np.int64)))

    def iter_answers(self, processes: int) -> Iterator[Answered]:
        """Every distinct answer; so many `processes` share the chains."""
        firsts, sharing = range(0, len(self.shown), PART), min(processes, len(self.shown) // PART)
        parts: Iterable[list[Answered]] = map(self.judge_part, firsts)
        if sharing > 1:
            from ..forked import iter_shared  # asked for by few

            self.validator.prepare()  # once, before others are forked
            parts = iter_shared(self.judge_part, firsts, sharing)
        for answers in parts:
            yield from answers

    def judge_part(self, first: int) -> list[Answered]:
        """The answers for PART of the chains."""
        return [answer for code, rows in self.shown[first : first + PART] for answer in self.iter_judged(code, rows)]

    def iter_judged(self, code: int, rows: NDArray[np.intp]) -> Iterator[Answered]:
        """The answers for the connections that show one chain, or none."""
        side, validator = self.side, self.validator
        if code < 0:
            yield from iter_unseen(side, self.connections, rows)
            return
        chain = self.texts[code].split()
        if not chain and side is CLIENTS:
            yield rows, unseen_answer("not_offered", REFUSED_TO_SEND)
            return
        if not chain:
            yield rows, answer_of(NOTHING_SENT, None, chain, validator.trust)
            return
        kinds = np.where(self.name_codes[rows] < 0, -1 - self.unnamed[rows], self.name_codes[rows])
        for same, dated, judgement in iter_spans(chain, self.times[rows], validator, side.purpose):
            for kind, within in groups(kinds[same]):
                fault = name_fault(self.names[kind], validator.facts_of(chain[0])) if kind >= 0 else None
                unasked = max(-1 - kind, 0)
                lost = LOST_BY[unasked - LOST] if unasked >= LOST else None
                some = rows[same][within]
                for reason, alike in groups(self.cut[some]):
                    told = judgement if reason == WHOLE else leave_open(judgement, validator)
                    answer = answer_of(told, fault, chain, validator.trust, "" if lost else UNNAMED[unasked])
                    if answer["verdict"] == "valid" and told.anchor is None:
                        answer = unseen_answer(CUT_BY[reason], REASONS[CUT_BY[reason]])
                    elif lost or not dated:
                        answer = open_answer(answer, dated, lost)
                    stamps = tell_stamps(self.stamps.get(chain[0]), bool(answer["publicly_trusted"]))
                    yield some[alike], answer | stamps


def cut_messages(connections: pa.Table, problems: pa.Table | None) -> NDArray[np.int64]:
    """For each connection with a Certificate message that breaks off why it does, by its place in CUT_BY; else WHOLE.

    Of which side the message is the problem does not say.
    """
    cut = np.full(len(connections), WHOLE, np.int64)
    if problems is None:
        return cut
    kind = pc.and_(pc.equal(problems["layer"], "handshake"), pc.equal(problems["kind"], "truncated"))
    kind = pc.and_(kind, pc.ends_with(problems["expected"], pattern=f"{OF_MESSAGE}{CERTIFICATE}"))
    named = problems["connection_id"].filter(kind).combine_chunks()
    if not len(named):
        return cut
    flags = [connections["truncated"], connections["gap"], pc.equal(connections["failure"], CAPTURE_END)]
    causes = [pc.fill_null(flag, False).to_numpy() for flag in flags]
    broken = pc.is_in(connections["connection_id"], value_set=named).to_numpy()
    return np.where(broken, np.select(causes, range(len(causes)), len(causes)), WHOLE)


def leave_open(judgement: Judgement, validator: Validator) -> Judgement:
    """What can be said of a chain of which more may have been sent: not where its path ends, unless it is at a root."""
    above = ["incomplete_chain"]
    if judgement.path and not validator.candidate(judgement.path[-1]).self_issued:
        above.append("untrusted_root")
    return judgement._replace(faults=tuple(each for each in judgement.faults if each.verdict not in above))


def iter_spans(
    chain: list[str], times: NDArray[np.int64], validator: Validator, purpose: Purpose
) -> Iterator[tuple[NDArray[np.intp], bool, Judgement]]:
    """The judgements of a chain, each with the places in `times` that it is for, and whether there is a time."""
    undated, dated = np.flatnonzero(times == NO_TIME), np.flatnonzero(times != NO_TIME)
    if len(undated):
        yield undated, False, validator.judge(chain, None, purpose)
    if not len(dated):
        return
    first, last = int(times[dated].min()), int(times[dated].max())
    changes = validator.find_changes(chain, first, last) if first < last else []
    if not changes:
        yield dated, True, validator.judge(chain, first, purpose)
        return
    for _, same in groups(np.searchsorted(np.array(changes, np.int64), times[dated], side="right")):
        yield dated[same], True, validator.judge(chain, int(times[dated[same[0]]]), purpose)


def groups(codes: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each distinct code with the places at which it stands."""
    if not len(codes):
        return
    if len(codes) == 1 or (codes == codes[0]).all():
        yield int(codes[0]), np.arange(len(codes))
        return
    order = np.argsort(codes, kind="stable")
    values, starts = np.unique(codes[order], return_index=True)
    yield from zip(values.tolist(), np.split(order, starts[1:]), strict=True)


def find_unnamed(connections: pa.Table, compared: bool) -> NDArray[np.int64]:
    """For each connection why no name is compared: NOT_ASKED, or LOST and its reason's place in LOST_BY; else 0."""
    if not compared:
        return np.zeros(len(connections), np.int64)
    reasons = looked_up(connections, "unknown_reasons", "server_name")
    places = pc.fill_null(pc.index_in(reasons, value_set=pa.array(LOST_BY)), LOST_BY.index("not_offered")).to_numpy()
    unnamed = np.asarray(pc.is_null(connections["server_name"]).to_numpy(), np.bool_)
    unasked = places == LOST_BY.index("not_offered")
    return np.where(unnamed, np.where(unasked, NOT_ASKED, LOST + places.astype(np.int64)), 0)


def mismatched_names(connections: pa.Table, compared: bool) -> pa.DictionaryArray:
    """The names that clients asked for in vain, null elsewhere; all are where names are not compared."""
    if not compared:
        return pa.nulls(len(connections), pa.string()).dictionary_encode()
    wrong = pc.equal(connections["name_matches"], False)
    names = pc.if_else(pc.fill_null(wrong, False), pc.fill_null(connections["server_name"], ""), None)
    return names.cast(pa.string()).combine_chunks().dictionary_encode()


def name_fault(name: str, leaf: CertificateFacts) -> Fault:
    """The certificate is for other names (RFC 9525)."""
    covered = [*(leaf.san_dns or ()), *(leaf.san_ip or ())]
    shown = ", ".join(covered[:MOST_NAMES]) or "no name"
    more = f" and {len(covered) - MOST_NAMES} more" if len(covered) > MOST_NAMES else ""
    words = f"the client asked for {escape_text(name)}, the certificate is for {shown}{more}"
    return Fault("name_mismatch", leaf.sha256, words)


def answer_of(
    judgement: Judgement, name: Fault | None, chain: Sequence[str], trust: Trust, unnamed: str = ""
) -> Answer:
    """A judgement, and the name's, as the row's values; `unnamed` says why no name was compared."""
    faults = sorted([*judgement.faults, *([name] if name else [])], key=lambda fault: RANKS[fault.verdict])
    first = faults[0] if faults else None
    good = f"the path ends at {judgement.anchor}, trusted by {trust.name}{unnamed}"
    return {
        "verdict": first.verdict if first else "valid",
        "faults": list(dict.fromkeys(fault.verdict for fault in faults)),
        "fault_position": chain.index(first.sha256) if first and first.sha256 in chain else None,
        "fault_sha256": first.sha256 if first else None,
        "detail": "; ".join(dict.fromkeys(fault.text for fault in faults)) or good,
        "path": list(judgement.path),
        "anchor": judgement.anchor,
        "publicly_trusted": judgement.anchor is not None and judgement.path[-1] in trust.public,
        "objection": judgement.objection,
        "remarks": list(judgement.remarks),
        "reason": None,
        **NO_STAMP,
    }


def open_answer(answer: Answer, dated: bool, lost: str | None) -> Answer:
    """An answer without dates, or without a name that is `lost` for that reason: what else is wrong stands.

    What is not wrong is not known to be good.
    """
    if answer["verdict"] != "valid":
        return answer if dated else answer | {"detail": f"{answer['detail']}; {UNDATED}"}
    untold = [UNDATED] * (not dated) + [NAME_LOST] * (lost is not None)
    told = "; ".join([*untold, "nothing else speaks against the chain"])
    return answer | {"verdict": "not_observable", "reason": lost if dated else "not_captured", "detail": told}


def tell_stamps(found: Transparency | None, public: bool) -> Answer:
    """What the certificate's timestamps amount to; browsers ask only publicly trusted certificates for them."""
    if found is None:
        return NO_STAMP
    told: Answer = {"sct_logs": found.logs, "sct_operators": list(found.operators)}
    asked = public and found.verdict is not None
    known = asked and found.verdict != "unknown"
    return told | {"sct_verdict": found.verdict if asked else None, "sct_faults": list(found.faults) if known else None}


def iter_unseen(side: Side, connections: pa.Table, rows: NDArray[np.intp]) -> Iterator[Answered]:
    """Connections without a chain, by the reason why there is none."""
    reasons = looked_up(connections, "unknown_reasons", side.chain).take(pa.array(rows)).dictionary_encode()
    for code, within in groups(pc.fill_null(reasons.indices, -1).to_numpy().astype(np.int64)):
        reason = reasons.dictionary[code].as_py() if code >= 0 else "not_applicable"
        yield rows[within], unseen_answer(reason, REASONS[reason])


def unseen_answer(reason: str, detail: str) -> Answer:
    """The row's values where there is no chain."""
    verdict = "not_applicable" if reason in ("not_applicable", "not_offered") else "not_observable"
    empty: Answer = {"faults": [], "path": [], "remarks": []}
    return dict.fromkeys(SHARED) | empty | {"verdict": verdict, "reason": reason, "detail": detail}
