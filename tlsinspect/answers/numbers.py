"""Numbers: how each question is counted, and the sentence that says it.

In: the frames. Out: Number. What can be a statistic is one; the rest is counted here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..statistics import Shares, build_shares
from ..statistics.hellos import cut_hellos
from ..statistics.lifetimes import sent_certificates
from ..statistics.observations import tls_connections, unknown_reasons
from ..statistics.rows import FrameColumns
from ..statistics.series import arrow_series, is_true
from ..statistics.wording import REASONS, begin, list_text, number_text, share_of_text, share_text
from . import cases
from .record import Inspected, Number

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 3


def number_of(shares: Shares, count: int, sentence: str) -> Number:
    """A Number from shares; the sentence says that there is nothing to say where nothing is known."""
    if not shares.denominator:
        sentence = "Nothing here can tell." if shares.unknown else f"There are no {shares.unit.plural} to ask."
    return Number(sentence, count, shares.denominator, shares.unit.plural, shares.unknown, dict(shares.unknown_reasons))


def list_counts(counts: dict[str, int], most: int = MOST_NAMED) -> str:
    """Names with their counts: "http 13, ssh 4, 2 more"."""
    items = list(counts.items())
    words = [f"{name} {count:,}" for name, count in items[:most]]
    return ", ".join([*words, *([f"{len(items) - most} more"] if len(items) > most else [])])


def counts_of(shares: Shares) -> dict[str, int]:
    """Category -> count, in the order of the statistic, without what does not occur."""
    table = shares.table
    return {name: int(count) for name, count in zip(table["category"], table["count"], strict=True) if count}


def counts_in(column: pd.Series[str]) -> dict[str, int]:
    """Text -> how often, the commonest first."""
    return {str(name): int(count) for name, count in column.dropna().value_counts().items()}


def on_tls_ports(frames: Inspected) -> Number:
    """TLS among the connections to TLS ports on which somebody spoke."""
    shares = build_shares("protocols", frames, "connections")
    others = counts_in(cases.other_protocols(frames))
    count, total = shares.count_of("tls"), shares.denominator
    if not total:
        sentence = "No connection to a TLS port says what it carries."
    elif others:
        sentence = f"No: {share_of_text(count, total, 'connections to TLS ports')} carry TLS; "
        sentence += f"the rest is not TLS: {list_counts(others)}."
    else:
        sentence = "Yes, as far as the first octets tell: every connection to a TLS port carries TLS."
    return Number(sentence, count, total, "connections to TLS ports", shares.unknown, dict(shares.unknown_reasons))


def on_other_ports(frames: Inspected) -> Number:
    """TLS on ports that were not asked for as TLS ports."""
    rows = tls_connections(frames)
    found = frames.connections[cases.on_other_ports(frames).notna()]
    ports = Counter(f"{port}/{name}" for port, name in zip(found["server_port"], found["transport"], strict=True))
    share = share_of_text(len(found), len(rows), "TLS connections")
    sentence = (
        f"Yes: {share}, on port{'s' if len(ports) > 1 else ''} {list_counts(dict(ports.most_common()), 6)}."
        if len(found)
        else "No: all TLS is on the TLS ports."
    )
    return Number(sentence if len(rows) else "There is no TLS.", len(found), len(rows), "TLS connections")


def tls13(frames: Inspected) -> Number:
    """TLS 1.3, its drafts and DTLS 1.3 among the versions agreed."""
    shares = build_shares("versions", frames)
    count = shares.count_with_kin()
    sentence = f"{begin(share_of_text(count, shares.denominator, 'connections'))} agreed on "
    sentence += list_text(["TLS 1.3", *shares.kin], "or")
    return number_of(shares, count, f"{sentence} ({list_counts(counts_of(shares), 5)}).")


def below_tls13(frames: Inspected) -> Number:
    """Who kept the connections below TLS 1.3."""
    shares = build_shares("version_limit", frames)
    count = shares.denominator - shares.count_of("TLS 1.3 agreed")
    reasons = counts_in(cases.below_tls13(frames))
    that_tell = " that can tell" if shares.unknown else ""
    sentence = (
        f"Of {number_text(count, 'connection')} below TLS 1.3{that_tell}: {list_counts(reasons, 4)}."
        if count
        else f"Nothing{that_tell} is below it."
    )
    return number_of(shares, count, sentence)


def forward_secrecy(frames: Inspected) -> Number:
    """Sessions that the server's long-term key opens later."""
    shares = build_shares("forward_secrecy", frames)
    count = shares.count_of("not forward secret")
    share = begin(share_of_text(count, shares.denominator, "connections"))
    exchanges = counts_in(cases.no_forward_secrecy(frames))
    means = f" ({list_counts(exchanges)})" if exchanges else ""
    return number_of(shares, count, f"{share} can be read later by whoever gets the long-term key{means}.")


def old_versions(frames: Inspected) -> Number:
    """Versions that RFC 8996 and its predecessors forbid."""
    shares = build_shares("versions", frames)
    found = cases.old_versions(frames)
    rows = frames.connections[found.notna()]
    count = len(rows)
    share = begin(share_of_text(count, shares.denominator, "connections"))
    between = (
        f": {list_counts(counts_in(found), 5)}; {number_text(rows['client_ip'].nunique(), 'client')}, " if count else ""
    )
    servers = len(rows[["server_ip", "server_port"]].drop_duplicates())  # address and port, as everywhere
    between += number_text(servers, "server") if count else ""
    return number_of(shares, count, f"{share} agreed on a version older than TLS 1.2{between}.")


def weak_suites(frames: Inspected) -> Number:
    """Suites that RFC 9325 forbids, and the commonest suite."""
    shares = build_shares("cipher_suites", frames)
    found = counts_in(cases.weak_suites(frames))
    count = sum(found.values())
    share = begin(share_of_text(count, shares.denominator, "connections"))
    which = f": {list_counts(found, 5)}" if found else ""
    common = next(iter(counts_of(shares).items()), ("", 0))
    most = f" The commonest suite is {common[0]} ({share_text(common[1], shares.denominator)})." if common[0] else ""
    return number_of(shares, count, f"{share} agreed on a weak suite{which}.{most}")


def authorities(frames: Inspected) -> Number:
    """The authority that issued most of the servers' certificates."""
    shares = build_shares("authorities", frames)
    found = {name: count for name, count in counts_of(shares).items() if name != "self-signed"}
    count = sum(found.values())
    sentence = f"{len(found):,} {'authority' if len(found) == 1 else 'authorities'} issued "
    sentence += f"{share_of_text(count, shares.denominator, 'server certificates')}"
    if not found:
        sentence = "No authority issued a server certificate"
    which = f": {list_counts(found, 5)}" if found else ""
    own = shares.count_of("self-signed")
    return number_of(shares, count, sentence + which + (f"; self-signed {own:,}." if own else "."))


def certificate_checks(frames: Inspected) -> Number:
    """Servers' certificates against which dates or names speak, by connection."""
    shares = build_shares("validation", frames, "connections")
    found = {name: count for name, count in counts_of(shares).items() if name != "nothing against it"}
    count = sum(found.values())
    share = begin(share_of_text(count, shares.denominator, "connections", "it"))
    which = f": {list_counts(found, 5)}" if found else ""
    others = sum(counts_in(cases.certificate_checks(frames)).values()) - count
    lost = f"; so did {others:,} of those whose name is not known" if others else ""
    return number_of(shares, count, f"{share} got a certificate with something against it{which}{lost}.")


def certificate_dates(frames: Inspected) -> Number:
    """Certificates that were out of date, or soon to be, when they were seen."""
    faults = cases.date_faults(frames.certificates)
    found = counts_in(faults)
    readable, timed = (frames.certificates[name].notna() for name in ("not_after", "last_seen"))
    dated = int((readable & timed).sum())
    share = begin(share_of_text(sum(found.values()), dated, "certificates"))
    which = f": {list_counts(found)}" if found else ""
    sentence = f"{share} were out of date when seen, or soon to be{which}."
    if not dated:
        sentence = "Nothing here can tell." if len(readable) else "No certificate was in the clear."
    unknown = {"malformed": int((~readable).sum()), "not_captured": int((readable & ~timed).sum())}
    reasons = {reason: count for reason, count in unknown.items() if count}
    return Number(sentence, sum(found.values()), dated, "certificates", sum(reasons.values()), reasons)


def names_per_certificate(frames: Inspected) -> Number:
    """How many names the servers' certificates cover."""
    certificates = sent_certificates(frames)
    readable = certificates["san_dns"].notna() & certificates["san_ip"].notna()
    sizes, lost = cases.names_of(certificates[readable]), int((~readable).sum())
    many = int((sizes > 1).sum())
    reasons = {"malformed": lost} if lost else {}
    if not len(sizes):
        nothing = "Nothing here can tell." if lost else "No server certificate was in the clear."
        return Number(nothing, 0, 0, "server certificates", lost, reasons)
    share = begin(share_of_text(many, len(sizes), "server certificates"))
    sentence = f"{share} cover more than one name; the median is {sizes.median():g}, the most {int(sizes.max()):,}."
    return Number(sentence, many, len(sizes), "server certificates", lost, reasons)


def resumed(frames: Inspected) -> Number:
    """Connections that resumed an earlier session."""
    shares = build_shares("resumption", frames)
    count = shares.denominator - shares.count_of("full handshake")
    share = begin(share_of_text(count, shares.denominator, "connections"))
    means = counts_in(cases.resumed(frames))
    return number_of(shares, count, f"{share} resumed a session{f' ({list_counts(means)})' if means else ''}.")


def post_quantum(frames: Inspected) -> Number:
    """Connections whose keys a later quantum computer would not give away."""
    shares = build_shares("post_quantum", frames)
    count = shares.count_of("post-quantum")
    share = begin(share_of_text(count, shares.denominator, "connections"))
    groups = counts_in(cases.post_quantum(frames))
    return number_of(
        shares, count, f"{share} have a post-quantum key exchange{f' ({list_counts(groups)})' if groups else ''}."
    )


def handshakes(frames: Inspected) -> Number:
    """Handshakes that both sides finished."""
    shares = build_shares("outcomes", frames)
    count = shares.count_of("established")
    causes: Counter[str] = Counter()
    for cause, number in counts_in(cases.failed(frames)).items():
        causes[cause.partition(" (")[0]] += number
    share = begin(share_of_text(count, shares.denominator, "connections"))
    failed = f"; not: {list_counts(dict(causes.most_common()))}" if causes else ""
    return number_of(shares, count, f"{share} finished the handshake{failed}.")


def key_elsewhere(frames: Inspected) -> Number:
    """Clients that would accept a delegated credential."""
    seen, unknown = hellos_that_tell(frames, "delegated_credential")
    count = int(is_true(seen["delegated_credential"]).sum())
    share = share_of_text(count, len(seen), "ClientHellos")
    sentence = f"It could, and the wire does not say: {share} would accept a delegated credential."
    if not len(seen):
        sentence = "It could, and the wire does not say; nor can anything here tell who accepts delegated credentials."
    return of_hellos(sentence, count, len(seen), unknown)


def visible(frames: Inspected) -> Number:
    """Connections whose server name anybody on the way can read."""
    seen, unknown = hellos_that_tell(frames, "server_name")
    named = seen[is_true(seen["server_name"] != "")]
    hidden = int(is_true(tls_connections(frames)["ech_type"] == "outer").sum())
    share = share_of_text(len(named), len(seen), "ClientHellos")
    names = number_text(named["server_name"].str.lower().nunique(), "name")
    sentence = (
        f"Addresses, ports, times and sizes always; {share} name the server too ({names}). "
        f"Encrypted ClientHello, real or GREASE: {hidden:,}."
    )
    if not len(seen):
        sentence = "Addresses, ports, times and sizes always; of names nothing here can tell."
    return of_hellos(sentence, len(named), len(seen), unknown)


def hellos_that_tell(frames: Inspected, column: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """The connections whose ClientHello says what `column` holds, or that it has no such thing; why others do not.

    Those that it does not apply to are neither. The greeting of Google's QUIC, which is none, may say it too.
    """
    rows = tls_connections(frames)
    known = rows[column].notna()
    told = known | (rows["client_hello_packet"].notna() & ~cut_hellos(FrameColumns(rows)))
    others = rows[~told]
    reasons = arrow_series(unknown_reasons(FrameColumns(others), column), others)
    why = reasons.fillna("not_captured")
    return rows[told], counts_in(why.where(why != "not_applicable", None))


def of_hellos(sentence: str, count: int, seen: int, unknown: dict[str, int]) -> Number:
    """A Number of the ClientHellos that tell; the other connections cannot, for the reasons counted.

    The sentence says that there is nothing to say where there is no connection with TLS.
    """
    if not seen and not unknown:
        sentence = "There are no ClientHellos to ask."
    return Number(sentence, count, seen, "ClientHellos", sum(unknown.values()), unknown)


def not_seen(frames: Inspected) -> Number:
    """Connections whose server certificate cannot be seen, by reason."""
    shares = build_shares("key_types", frames, "connections")
    total = shares.denominator + shares.unknown
    reasons = [f"{REASONS[name]} ({count:,})" for name, count in shares.unknown_reasons.items()]
    if not total:
        sentence = "There is no connection with a certificate to see."
    elif not reasons:
        sentence = "Every certificate that was sent could be seen."
    else:
        share = begin(share_of_text(shares.unknown, total, "connections"))
        sentence = f"{share} show no server certificate: {'; '.join(reasons)}."
    return Number(sentence, shares.unknown, total, "connections with a certificate to see")


def capture_quality(frames: Inspected) -> Number:
    """Connections of which the capture has everything, and what to do better next time."""
    rows = tls_connections(frames)
    flaws = cases.flaws(frames)
    found = counts_in(flaws)
    count = len(rows) - sum(found.values())
    problems = int(frames.problems["count"].fillna(1).sum())
    share = begin(share_of_text(count, len(rows), "TLS connections"))
    sentence = (
        f"{share} are whole{f'; not: {list_counts(found, 5)}' if found else ''}." if len(rows) else "There is no TLS."
    )
    sentence += f" {number_text(problems, 'problem')} while reading."
    filtered = cases.handshakes_only(rows)
    advice = [cases.ADVICE_FILTER] if filtered else [cases.ADVICE[name] for name in found]
    if filtered:
        sentence += " No connection has application data, as where a filter kept the handshakes alone."
    if problems:
        advice.append(cases.ADVICE_PROBLEMS)
    if len(rows) and not advice:
        advice.append(cases.ADVICE_KEYS)
    return Number(sentence, count, len(rows), "TLS connections", advice=tuple(advice))
