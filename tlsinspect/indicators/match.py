"""Indicators and connections -> rows of the findings table, a row per indicator and client or server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..columns import SEVERITIES
from ..findings import CAPTURE_RULES, RULES, Facts, Rule, build_findings
from ..statistics.rows import Mask
from ..tables import arrow_schema
from .record import Indicator, Indicators, plain_address

MOST_SAID = 3  # lists that the evidence of a row names
MOST_LABELS = 127  # of a name in DNS: RFC 1035 section 2.3.4 has 255 octets


@dataclass(frozen=True)
class Matching:
    """How a kind of thing is looked for: the finding that a match is, and what it says."""

    id: str
    title: str
    severity: str
    confidence: str
    evidence: tuple[str, ...]
    packet: str
    subject: str = "client"


ADVICE = "See what the list says and when, then what this client did before and after: tlsinspect show, extract."
NAME = Matching(
    "IND-NAME", "Server name on an indicator list", "high", "likely", ("server_name",), "client_hello_packet"
)
ADDRESS = Matching(
    "IND-ADDR", "Address on an indicator list", "medium", "likely", ("server_name",), "client_hello_packet"
)
CERTIFICATE = Matching(
    "IND-CERT", "Certificate on an indicator list", "high", "certain", ("server_name", "subject"), "certificate_packet"
)
CERTIFICATE_NAME = Matching(
    "IND-SAN", "Certificate for a name on an indicator list", "medium", "likely", ("server_name", "subject"),
    "certificate_packet",
)  # fmt: skip
CLIENT = Matching(
    "IND-JA", "Client's fingerprint on an indicator list", "medium", "likely", ("server_name", "ja4"),
    "client_hello_packet",
)  # fmt: skip
SERVER = Matching(
    "IND-JAS", "Server's fingerprint on an indicator list", "low", "likely", ("server_name", "ja3s"),
    "server_hello_packet", "server",
)  # fmt: skip

MATCHINGS = (NAME, ADDRESS, CERTIFICATE, CERTIFICATE_NAME, CLIENT, SERVER)

Found = tuple[Matching, list[Indicator], Callable[[Facts], Mask]]


def finding_ids() -> tuple[str, ...]:
    """Every id that a row of the findings table can have."""
    judged = [rule.id for rule in RULES] + [rule.id for rule in CAPTURE_RULES]
    return (*judged, *(matching.id for matching in MATCHINGS))


def match_indicators(indicators: Indicators, connections: pa.Table, certificates: pa.Table) -> pa.Table:
    """Rows of the findings table for everything on the lists that was met, the worst first.

    What the lists say (reason, list, date) stands in the evidence, and the lists in the references.
    """
    facts = Facts(connections, certificates)
    matches = list(iter_matches(indicators, facts))
    rules = [
        Rule(
            f"{matching.id} {place}", matching.title, matching.severity, find, matching.evidence, ADVICE,
            tuple(dict.fromkeys(each.list for each in found)), matching.subject, matching.packet, matching.confidence,
        )
        for place, (matching, found, find) in enumerate(matches)
    ]  # fmt: skip
    rows: list[dict[str, Any]] = []
    for row in build_findings(facts, rules).to_pylist():
        rule_id, _, place = row["id"].partition(" ")
        rows.append({**row, "id": rule_id, "evidence": f"{said(matches[int(place)][1])}; {row['evidence']}"})
    rows.sort(key=lambda row: (-SEVERITIES.index(row["severity"]), row["id"], -row["connections"]))
    return pa.Table.from_pylist(rows, arrow_schema("findings"))


def add_matches(findings: pa.Table, indicators: Indicators, connections: pa.Table, certificates: pa.Table) -> pa.Table:
    """The findings table with the matches among its rows, in front of what is as severe."""
    rows = pa.concat_tables([match_indicators(indicators, connections, certificates), findings])
    rank = pc.index_in(rows["severity"], value_set=pa.array(SEVERITIES))
    keyed = rows.append_column("rank", rank).append_column("place", pa.array(range(rows.num_rows), pa.int64()))
    return keyed.sort_by([("rank", "descending"), ("place", "ascending")]).drop_columns(["rank", "place"])


def said(found: list[Indicator]) -> str:
    """What the lists say, of each value that was met: "VALUE: REASON (LIST, DATE)"."""
    different = list(dict.fromkeys(found))
    by_value: dict[str, list[str]] = {}
    for each in different[:MOST_SAID]:
        where = ", ".join(part for part in (each.list, each.date) if part)
        value = f"*.{each.value}" if each.kind == "suffix" else each.value
        by_value.setdefault(value, []).append(f"{each.reason or 'no reason given'} ({where})")
    more = f", and {len(different) - MOST_SAID} more" if len(different) > MOST_SAID else ""
    return ", ".join(f"{value}: {', '.join(parts)}" for value, parts in by_value.items()) + more


def iter_matches(indicators: Indicators, facts: Facts) -> Iterator[Found]:
    """Every indicator that was met, and which connections did."""
    by_kind = indicators.by_kind
    yield from match_certificates(by_kind, facts)
    yield from match_names(by_kind, facts)
    yield from match_certificate_names(by_kind, facts)
    for kind, matching in (("ja3", CLIENT), ("ja4", CLIENT), ("ja3s", SERVER)):
        for value in distinct(facts.column(kind)):
            found = by_kind[kind].get(value.lower())
            if found:
                yield matching, found, partial(among, name=kind, values=(value,))
    yield from match_addresses(by_kind, facts)


def distinct(column: pa.Array) -> list[str]:
    """The values that a column of texts has."""
    return [value for value in pc.unique(column).to_pylist() if value is not None]


def among(facts: Facts, name: str, values: tuple[str, ...]) -> Mask:
    """Rows in which a column has one of these values."""
    return facts.among(name, *values)


def match_names(by_kind: dict[str, dict[str, list[Indicator]]], facts: Facts) -> Iterator[Found]:
    """Names that clients asked for."""
    spellings: dict[str, list[str]] = {}
    for name in distinct(facts.column("server_name")):
        spellings.setdefault(name.lower().rstrip("."), []).append(name)
    for lower, names in spellings.items():
        found = listed(by_kind, lower)
        if found:
            yield NAME, found, partial(among, name="server_name", values=tuple(names))


def listed(by_kind: dict[str, dict[str, list[Indicator]]], name: str) -> list[Indicator]:
    """What lists say of a name in lower case: as it is, and below those that stand for everything below them."""
    labels = name.split(".")
    found = list(by_kind["name"].get(name, []))
    for place in range(max(0, len(labels) - MOST_LABELS), len(labels)):
        found += by_kind["suffix"].get(".".join(labels[place:]), [])
    return found


def match_certificate_names(by_kind: dict[str, dict[str, list[Indicator]]], facts: Facts) -> Iterator[Found]:
    """Names in certificates of servers (subjectAltName, and the common name), where the client asked for none of them:
    it asked for no name, or for another that the certificate covers.
    """
    if not by_kind["name"] and not by_kind["suffix"]:
        return
    asked = tuple(name for name in distinct(facts.column("server_name")) if listed(by_kind, name.lower().rstrip(".")))
    table = facts.certificates.select(["sha256", "subject_common_name", "san_dns"])
    for sha256, common, others in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
        names = dict.fromkeys(name.lower().rstrip(".") for name in (common, *(others or ())) if name)
        found = [each for name in names for each in listed(by_kind, name)]
        if found:
            yield CERTIFICATE_NAME, found, partial(presented, sha256=sha256, asked=asked)


def presented(facts: Facts, sha256: str, asked: tuple[str, ...]) -> Mask:
    """Rows whose server's own certificate is this one, and whose client asked for none of these names."""
    own = facts.certificate(lambda certificates: pc.equal(certificates["sha256"], sha256))
    return own & ~facts.among("server_name", *asked)


def match_certificates(by_kind: dict[str, dict[str, list[Indicator]]], facts: Facts) -> Iterator[Found]:
    """Certificates anywhere in what either side sent."""
    table = facts.certificates.select(["sha256", "sha1"])
    for sha256, sha1 in zip(table["sha256"].to_pylist(), table["sha1"].to_pylist(), strict=True):
        found = [*by_kind["sha256"].get(sha256, []), *by_kind["sha1"].get(sha1 or "", [])]
        if found:
            yield CERTIFICATE, found, partial(sent, sha256=sha256)


def sent(facts: Facts, sha256: str) -> Mask:
    """Rows in which a side sent this certificate."""
    found = facts.chain(lambda certificates: pc.equal(certificates["sha256"].combine_chunks(), sha256))
    return found | facts.certificate(
        lambda certificates: pc.equal(certificates["sha256"], sha256), "client_certificate_sha256s"
    )


def match_addresses(by_kind: dict[str, dict[str, list[Indicator]]], facts: Facts) -> Iterator[Found]:
    """Addresses of either side, and networks that hold them."""
    networks: dict[tuple[int, int], dict[int, list[Indicator]]] = {}  # by bits of an address, and of those that vary
    for text, listed in by_kind["network"].items():
        network = ip_network(text)
        varying = network.max_prefixlen - network.prefixlen
        same = networks.setdefault((network.max_prefixlen, varying), {})
        same[int(network.network_address) >> varying] = listed
    for name in ("server_ip", "client_ip"):
        for value in distinct(facts.column(name)):
            address = plain_address(value)
            found = list(by_kind["address"].get(str(address), []))
            for (bits, varying), same in networks.items():
                if bits == address.max_prefixlen:
                    found += same.get(int(address) >> varying, [])
            if found:
                yield ADDRESS, found, partial(among, name=name, values=(value,))
