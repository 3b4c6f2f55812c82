"""The validation table as lines for people: a count per verdict, then each case once with its packets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..columns.verdicts import STAPLE_VERDICTS, VERDICTS
from ..statistics.wording import endpoint, located, number_text
from ..tables.starts import Start

SHOWN_CASES = 20  # of each verdict; CSV and JSON Lines have every connection
SHOWN_PACKETS = 5
SCT_REASONS = {
    "malformed": "it cannot be read",
    "bad_signature": "the signature does not fit the log's key",
    "unknown_log": "the log is not in the list",
    "no_issuer": "no certificate of the issuer was seen",
    "unsupported": "the signature is of a kind that cannot be checked here",
    "version": "its version is not that of RFC 6962",
    "limit": "limit chain_signatures",
}
SCT_SOURCES = {
    "certificate": "inside certificates",
    "tls_extension": "in the TLS extension",
    "ocsp": "in stapled OCSP responses",
}
OBJECTIONS = {
    "future": "later than the last connection with the certificate, or than the time of the judgement",
    "pending": "the log is not accepted yet",
    "retired": "made when the log was no longer accepted",
    "rejected": "made when the log was no longer accepted",
    "interval": "the certificate ends outside of what the log takes",
}
SCT_VERDICTS = {
    "enough": "enough",
    "few_logs": "of too few logs",
    "few_operators": "of one log operator alone",
    "operator_missing": "none of Google's, or none of another operator's",
    "unknown": "not known, as a log is not in the list",
}
Place = tuple[int | None, str | None]
OBJECTS = "a verifier with the rules of the Web PKI objects"
SILENT = ("valid", "not_observable", "not_applicable")


def render_validation(rows: pa.Table, trust: str, moment: str, starts: Mapping[str, Start]) -> Iterator[str]:
    """Lines; texts from the network in them are as they came: escape them.

    `starts`, where there are several captures, says in which one each connection starts, and where it goes on.
    """
    yield f"Judged against {trust}, {moment}."
    if not len(rows):
        yield "There are no connections."
        return
    verdicts = Counter(rows["verdict"].to_pylist())
    yield ""
    yield from render_counts(verdicts, VERDICTS)
    width = max(len(str(count)) for count in verdicts.values())
    unseen = rows.filter(pc.equal(rows["verdict"], "not_observable"))
    for detail, count in Counter(unseen["detail"].to_pylist()).most_common():
        yield f"{'':{width}}  not observable: {number_text(count, 'connection')}, as {detail}"
    yield from render_cases(rows, starts)


def render_clients(rows: pa.Table, starts: Mapping[str, Start]) -> Iterator[str]:
    """The same of what clients sent; nothing where none was seen to send a certificate."""
    seen = rows.filter(pc.invert(pc.is_in(rows["verdict"], value_set=pa.array(SILENT[1:]))))
    if len(seen):
        yield ""
        yield f"Clients' certificates in {number_text(len(seen), 'connection')}, no name compared:"
        yield from render_counts(Counter(seen["verdict"].to_pylist()), VERDICTS)
        yield from render_cases(seen, starts)


def render_counts(counts: Counter[str], meanings: Mapping[str, str]) -> Iterator[str]:
    """How many there are of each verdict, and what it means."""
    width, longest = max(len(str(count)) for count in counts.values()), max(map(len, meanings))
    for verdict, meaning in meanings.items():
        if counts[verdict]:
            yield f"{counts[verdict]:>{width}}  {verdict:{longest}}  {meaning}"


def render_cases(rows: pa.Table, starts: Mapping[str, Start]) -> Iterator[str]:
    """What is wrong, a case for each server, name and sentence (and client), and what the verifier objects to."""
    cases: dict[str, dict[tuple[Any, ...], list[Place]]] = {}
    names = ["verdict", "server_ip", "server_port", "server_name", "detail", "objection"]
    if "client_ip" in rows.column_names:
        names.insert(1, "client_ip")
    columns = [rows[name].to_pylist() for name in names]
    for verdict, *case, objection, packet in zip(*columns, packets_of(rows, starts), strict=True):
        if verdict not in SILENT:
            cases.setdefault(verdict, {}).setdefault((*case, None), []).append(packet)
        elif objection is not None:
            cases.setdefault(verdict, {}).setdefault((*case[:-1], "", objection), []).append(packet)
    for verdict in VERDICTS:
        found = sorted(cases.get(verdict, {}).items(), key=lambda item: -len(item[1]))
        if found:
            yield ""
            yield f"{verdict}, though {OBJECTS}" if verdict in SILENT else verdict
        for (*client, address, port, name, detail, objection), packets in found[:SHOWN_CASES]:
            shown = f"{client[0]} to {endpoint(address, port)}" if client else endpoint(address, port)
            yield from render_case(shown, name, packets, objection or detail)
        if len(found) > SHOWN_CASES:
            yield rest_text(len(found), "client_validation" if client else "validation")


def rest_text(count: int, table: str) -> str:
    """How many cases are not shown, and what lists all."""
    return f"  and {count - SHOWN_CASES:,} more; --format csv --table {table} lists all"


def render_case(where: str, name: str | None, packets: list[Place], detail: str) -> Iterator[str]:
    """One of them: where, in how many connections, and what is wrong."""
    called = f" ({name})" if name else ""
    yield f"  {where}{called}: {number_text(len(packets), 'connection')}, {packets_text(packets)}"
    yield f"    {detail}"


def render_staples(rows: pa.Table, starts: Mapping[str, Start]) -> Iterator[str]:
    """What stapled OCSP responses are worth: a count for each verdict, then what is not good; nothing without any."""
    if not len(rows):
        return
    yield ""
    yield f"{number_text(len(rows), 'stapled OCSP response')}:"
    yield from render_counts(Counter(rows["verdict"].to_pylist()), STAPLE_VERDICTS)
    cases: dict[tuple[Any, ...], list[Place]] = {}
    columns = [rows[name].to_pylist() for name in ("verdict", "server_ip", "server_port", "server_name", "detail")]
    for verdict, *case, packet in zip(*columns, packets_of(rows, starts), strict=True):
        if verdict != "good":
            cases.setdefault((verdict, *case), []).append(packet)
    found = sorted(cases.items(), key=lambda item: list(STAPLE_VERDICTS).index(item[0][0]))
    for (verdict, address, port, name, detail), packets in found[:SHOWN_CASES]:
        yield from render_case(f"{verdict}: {endpoint(address, port)}", name, packets, detail)
    if len(found) > SHOWN_CASES:
        yield rest_text(len(found), "ocsp")


def render_scts(rows: pa.Table) -> Iterator[str]:
    """What certificate timestamps are worth: a count for each answer, then those that are false or do not count."""
    pairs = Counter(zip(rows["valid"].to_pylist(), rows["reason"].to_pylist(), strict=True))
    yield ""
    sources = Counter(rows["source"].to_pylist())
    said = ", ".join(f"{count} {SCT_SOURCES[source]}" for source, count in sources.most_common())
    yield number_text(len(rows), "SCT") + (f", {said}:" if pairs else "")
    for (valid, reason), count in pairs.most_common():
        word = {True: "valid", False: "not valid"}.get(valid, "not known")
        yield f"  {count}  {word}" + (f": {SCT_REASONS[reason]}" if reason else "")
    wrong = rows.filter(pc.equal(rows["valid"], False)).to_pylist()
    for row in wrong[:SHOWN_CASES]:
        log = row["log_name"] or row["log_id"] or "a log that cannot be read"
        yield f"  certificate {row['certificate_sha256']}, SCT {row['position']} of {log}: {SCT_REASONS[row['reason']]}"
    if len(wrong) > SHOWN_CASES:
        yield rest_text(len(wrong), "scts")
    kinds = zip(*(rows[name].to_pylist() for name in ("log_objection", "log_name", "log_state_since")), strict=True)
    for (objection, log, since), count in Counter(kind for kind in kinds if kind[0]).most_common(SHOWN_CASES):
        when = f" (since {since:%Y-%m-%d})" if since is not None and objection not in ("interval", "future") else ""
        yield f"  {count}  of {log or 'a log that is not in the list'}: {OBJECTIONS[objection]}{when}"


def render_transparency(rows: pa.Table) -> Iterator[str]:
    """Whether the timestamps are what browsers ask for: a count for each answer, with the operators; of servers."""
    columns = zip(rows["sct_verdict"].to_pylist(), rows["sct_operators"].to_pylist(), strict=True)
    answers = Counter((verdict, tuple(operators)) for verdict, operators in columns if verdict is not None)
    if answers:
        yield ""
        yield "SCTs of publicly trusted certificates, by what browsers asked for when they were issued:"
    for (verdict, operators), count in sorted(answers.items(), key=lambda item: (item[0][0] == "enough", -item[1])):
        told = ", ".join(operators) or "no log known"
        yield f"  {number_text(count, 'connection')}: {SCT_VERDICTS[verdict]} ({told})"


def packets_of(rows: pa.Table, starts: Mapping[str, Start]) -> list[Place]:
    """The packet that proves each row, None without one, and its capture, None where `starts` does not know it."""
    pairs = zip(rows["packet"].to_pylist(), rows["connection_id"].to_pylist(), strict=True)
    return [located(packet, starts.get(name)) for packet, name in pairs]


def packets_text(places: list[Place]) -> str:
    """The packets that complete the Certificate messages: "packets 4, 19 of a.pcap; 3 of b.pcap and 7 more"."""
    known = [(packet, capture) for packet, capture in places if packet is not None]
    more = f" and {len(known) - SHOWN_PACKETS} more" if len(known) > SHOWN_PACKETS else ""
    said = [
        ", ".join(str(packet) for packet, _ in group) + (f" of {capture}" if capture else "")
        for capture, group in groupby(known[:SHOWN_PACKETS], key=itemgetter(1))
    ]
    return f"packet{'s' * (len(known) != 1)} {'; '.join(said)}{more}"
