"""Numbers and answers in words, the same in every chart, page and terminal.

In: counts, fractions, times, Shares. Out: short English text. No judgement and
no markup; text from the network passes through unescaped, for the caller to escape.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeGuard

from .catalogue import Unit

if TYPE_CHECKING:
    from ..tables.starts import Start
    from .shares import Shares
    from .timeline import Timeline

MUCH_UNKNOWN = 0.1  # from here an answer must say of itself that it is about the rest
MANY = 1000  # from here a share's first decimal means something
WHOLE_WORDS = {"s": "second", "min": "minute", "h": "hour"}
BYTE_PREFIXES = ("kB", "MB", "GB", "TB", "PB", "EB")
REASONS = {
    "not_captured": "what would say it is not in the capture",
    "one_sided": "only one direction of the connection is in the capture",
    "gap": "the capture lacks segments that were sent",
    "midstream": "the capture starts after the connection did",
    "snaplen": "packets were cut by the capture length",
    "capture_end": "the capture ends before the handshake does",
    "encrypted": "TLS 1.3 encrypts it",
    "sealed": "QUIC's Initial packets that would say it were not captured or could not be opened",
    "resumed": "a resumed session does not repeat it",
    "malformed": "the message could not be decoded",
    "unnamed": "the number of the suite or group has no name that tells",
    "not_offered": "nobody offered it",
    "not_applicable": "it does not apply here",
    "silent": "nobody spoke",
    "not_stated": "the reader states no reason",
}


def share_text(count: int, denominator: int) -> str:
    """A share as a percentage; neither 0% nor 100% unless it is none or all."""
    return f"{percent_text(count / denominator, denominator)}%" if denominator else "n/a"


def percent_text(fraction: float, denominator: float) -> str:
    """A fraction of so many things in per cent: "62", "62.1" of many; neither "0" nor "100" unless it is 0 or 1."""
    if fraction in (0, 1):
        return f"{100 * fraction:.0f}"
    digits = 1 if denominator >= MANY else 0
    text = f"{100 * fraction:.{digits}f}"
    if float(text) == 0:
        return f"<{10**-digits:.{digits}f}"
    return f">{100 - 10**-digits:.{digits}f}" if float(text) == 100 else text


def share_of_text(count: int, denominator: int, plural: str, shown: str = "") -> str:
    """A share of something: "62% of connections", "no connections", "all connections".

    With `shown`, a share of the few that can tell: "62% of the 32 connections that show it".
    """
    if shown and denominator == 1:
        one = f"{plural.removesuffix('s')} that shows {shown}"
        return f"the one {one}" if count else f"none of the one {one}"
    if shown:
        some = {0: "none of the", denominator: "all of the"}.get(count, f"{share_text(count, denominator)} of the")
        return f"{some} {denominator:,} {plural} that show {shown}"
    if count == 0:
        return f"no {plural}"
    return f"all {plural}" if count == denominator else f"{share_text(count, denominator)} of {plural}"


def interval_text(low: float, high: float, denominator: int) -> str:
    """The interval of a share of so many things, with as many digits as the share: "55 to 68%", "41.0 to 43.1%"."""
    return f"{percent_text(low, denominator)} to {percent_text(high, denominator)}%"


def count_text(count: int, unit: Unit) -> str:
    """A number of units: "1 connection", "1,204 servers", "3.1 MB"."""
    if unit.name == "bytes":
        return bytes_text(count)
    return f"{count:,} {unit.singular if count == 1 else unit.plural}"


def number_text(number: int, thing: str) -> str:
    """A number of things: "1 packet", "1,204 packets"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def packet_text(packet: int | None, capture: str | None) -> str:
    """Where the proof is: ", packet 212", and of which capture where there are several; nothing without a packet."""
    if packet is None:
        return ""
    return f", packet {packet} of {capture}" if capture else f", packet {packet}"


def located(packet: int | None, start: Start | None) -> tuple[int | None, str | None]:
    """A packet of a connection that starts there: its number in the capture that it is in, and that capture."""
    if packet is None or start is None:
        return packet, None
    capture, number = start.place(packet)
    return number, capture


def place_text(packet: int | None, start: Start | None) -> str:
    """Where the proof is, as packet_text has it, for a connection that starts there."""
    return packet_text(*located(packet, start))


def list_text(names: Sequence[str], last: str) -> str:
    """Names with a word before the last: "a", "a or b", "a, b or c"."""
    return f" {last} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def bytes_text(count: int) -> str:
    """Octets with a decimal prefix: "812 B", "3.1 MB"."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for prefix in BYTE_PREFIXES:
        value /= 1000
        if value < 999.5 or prefix == BYTE_PREFIXES[-1]:
            break
    return f"{value:.0f} {prefix}" if value >= 100 else f"{value:.1f} {prefix}"


def duration_text(seconds: float) -> str:
    """A length of time in its two largest parts: "5 h 45 min", "3.2 s"."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 or seconds == int(seconds) else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    for size, name, smaller, smaller_name in ((1440, "d", 60, "h"), (60, "h", 1, "min")):
        if minutes >= size:
            rest = minutes % size // smaller
            return f"{minutes // size} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{minutes} min"


def bucket_text(width: str) -> str:
    """What follows "per" for buckets of time this wide: "10 min" as it is, and for "1 min" or "1 month" the word."""
    number, _, unit = width.partition(" ")
    return WHOLE_WORDS.get(unit, unit) if number == "1" else width


def period_text(start: datetime | None, end: datetime | None) -> str:
    """A period in UTC, without saying the day twice; empty where it is not known, as of packets without times."""
    if not (is_time(start) and is_time(end) and end.timestamp()):
        return ""
    if start.date() != end.date():
        return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    if f"{start:%H:%M}" == f"{end:%H:%M}":
        return f"{start:%Y-%m-%d %H:%M} UTC"
    return f"{start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC"


def transport_text(transport: str) -> str:
    """What follows a server's port: nothing for TCP, as most is, otherwise the transport."""
    return "" if transport == "tcp" else f"/{transport}"


def begin(text: str) -> str:
    """A text with a capital in front, the rest as it is."""
    return text[:1].upper() + text[1:]


def is_time(moment: datetime | None) -> TypeGuard[datetime]:
    """Whether it is a time, and none of what pandas has for those that are missing."""
    return isinstance(moment, datetime) and isinstance(moment.year, int)


def statement(shares: Shares) -> str:
    """The answer in one sentence without a full stop; that there is none where nothing is known.

    Where much is unknown, the sentence says that it speaks of the rest only.
    """
    if not shares.denominator:
        asked = count_text(shares.unknown, shares.unit)
        nothing = f"nothing to show, unknown for {asked}" if shares.unknown else f"nothing to show of {asked}"
        return f"{shares.statistic.title}: {nothing}"
    category = shares.statistic.focus or largest(shares)
    count = shares.count_of(category)
    shown = "it" if shares.unknown_share > MUCH_UNKNOWN and shares.unit.name != "bytes" else ""
    share = share_of_text(count, shares.denominator, shares.unit.plural, shown)
    template = shares.statistic.statement
    share = begin(share) if template.startswith("{share}") else share
    kin = f", with {' and '.join(shares.kin)} for {share_text(shares.count_with_kin(), shares.denominator)}"
    return template.format(category=category, share=share) + (kin if shares.kin else "")


def largest(shares: Shares) -> str:
    """The largest category; of equal ones the first, and never the row for what was folded."""
    named = shares.counts[:-1] if shares.folded else shares.counts
    return max(named, key=lambda pair: pair[1])[0] if named else "none"


def basis(shares: Shares) -> str:
    """What the shares rest on: "of 312 connections; 20 more unknown (6%)"."""
    text = f"of {count_text(shares.denominator, shares.unit)}"
    if shares.unknown:
        total = shares.denominator + shares.unknown
        text += f"; {count_text(shares.unknown, shares.unit)} more unknown ({share_text(shares.unknown, total)})"
    return text


def timeline_statement(timeline: Timeline) -> str:
    """How a share differs between the earlier and the later half of what was counted, in one sentence.

    Hosts and names may be in both halves, so that these are halves of the connections.
    """
    whole, plural = timeline.whole, timeline.unit.plural
    if not whole.denominator:
        return f"{timeline.category} over time: nothing to show of {count_text(0, timeline.unit)}"
    if not timeline.halves:
        return f"{timeline.category}: {share_text(whole.count, whole.denominator)} of {plural}"
    earlier, later = (share_text(half.count, half.denominator) for half in timeline.halves)
    if timeline.unit.key:
        of_what = f"{plural} in the earlier half of connections"
        return f"{timeline.category}: {earlier} of {of_what}, {later} of those in the later half"
    return f"{timeline.category}: {earlier} of the earlier half of {plural}, {later} of the later half"


def milliseconds_text(milliseconds: float) -> str:
    """A time with three digits: "0.042 ms", "33.1 ms", "1,420 ms"."""
    digits = f"{milliseconds:.3g}"
    return f"{float(digits):,.0f} ms" if float(digits) >= 100 else f"{digits} ms"


def endpoint(address: str | None, port: int | None) -> str:
    """An address and port as one text; IPv6 in brackets."""
    host = f"[{address}]" if address and ":" in address else address or "?"
    return f"{host}:{port}"
