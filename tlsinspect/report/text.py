"""The summary: what a capture holds, on one screen of a terminal.

In: an Inspection. Out: something that rich prints, as wide as the terminal and
about 24 lines high. Texts from the network never reach it as markup or as control
characters: everything is a Text, and every Text is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from ..charts.style import VERSION_COLOURS
from ..columns import COMPLETE, SEVERITIES
from ..connection import CARRIES_TLS
from ..export.text import CUT, cut_text, escape_control
from ..policy import ENDING_SOON
from ..statistics import Shares, build_shares
from ..statistics.flaws import CUT_OFF, FLAWS, describe_flaws
from ..statistics.memory import remember
from ..statistics.observations import rows_of, with_tls
from ..statistics.ports import count_ports
from ..statistics.renewal import ends_soon
from ..statistics.rows import among, columns_of, mask_of, one_piece, says, values_of
from ..statistics.wording import MUCH_UNKNOWN, count_text, number_text, packet_text, period_text, share_text
from .notable import Notable, find_notable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text

    from .inspected import Inspected

WIDE, WIDEST = 100, 120
LABEL_WIDTH, LONGEST_NAME, LONGEST_CAPTURE = 14, 60, 24
LEAST_REMARK = 20  # characters, signs around it included
MOST_VERSIONS, MOST_WEAK, MOST_WEAK_ON_WIDE, MOST_FILES = 5, 2, 10, 3
BAR, HALF_BAR = "█", "▌"
MORE = ("tlsinspect answers CAPTURE", "tlsinspect show CAPTURE PACKET")
FLAWED = {
    FLAWS["gap"]: "lacking segments",
    FLAWS["midstream"]: "begun earlier",
    FLAWS["one_sided"]: "one-sided",
    FLAWS["truncated"]: "cut short",
    CUT_OFF: "going on later",
}


@dataclass(frozen=True)
class Items:
    """Words set one after the other, as many as fit.

    They get `height` lines, or `wide_height` on a wide terminal; `more` counts words that are not among them.
    """

    words: Sequence[str]
    lead: str = ""
    more: int = 0
    height: int = 1
    wide_height: int = 2
    style: str = ""

    def lines(self, width: int) -> Iterator[Text]:
        """The lines; the last says how many words there was no room for."""
        from rich.text import Text

        height = self.wide_height if width + LABEL_WIDTH >= WIDE else self.height
        words = [escape_control(word) for word in self.words]
        lines = [escape_control(self.lead)]
        for place, word in enumerate(words):
            longer = f"{lines[-1]} {word}".strip()
            rest = len(words) - place - 1 + self.more
            room = width - 1 - (len(f" {rest:,} more") if rest and len(lines) == height else 0)
            if len(longer) <= room or place == 0:
                lines[-1] = longer + ("," if rest else "")
            elif len(lines) < height:
                lines.append(word + ("," if rest else ""))
            else:
                lines[-1] += f" {rest + 1:,} more"
                break
        else:
            lines[-1] += f" {self.more:,} more" if self.more else ""
        for line in lines:
            text = Text(line, style=self.style)
            text.truncate(width, overflow="ellipsis")
            yield text


@dataclass(frozen=True)
class Proof:
    """A remark with where it can be seen: where there is no room, the packet alone proves it, and the remark is cut."""

    where: str
    remark: str
    connections: str
    packet: str

    def lines(self, width: int) -> Iterator[Text]:
        """One line."""
        from rich.text import Text

        where = cut_text(escape_control(self.where), max(width // 3, 8))
        proof = ", ".join(part for part in (self.connections, self.packet) if part)
        if len(where) + len(proof) + LEAST_REMARK > width:
            proof = self.packet or self.connections
        proof = f" ({proof})"
        room = max(width - len(where) - len(proof) - 2, 8)
        remark = escape_control(self.remark)
        remark = remark if len(remark) <= room else remark[: room - 1] + CUT
        line = Text.assemble((where, "bold"), ": ", (remark, "yellow"), (proof, "dim"))
        line.truncate(width, overflow="ellipsis")
        yield line


@dataclass(frozen=True)
class Bars:
    """Shares as bars, one to a line."""

    shares: Shares

    def lines(self, width: int) -> Iterator[Text]:
        """A line for each of the first categories; the last says how much is unknown."""
        from rich.text import Text

        rows = self.shares.counts
        name_width = max((len(name) for name, _ in rows), default=0)
        unknown = f"  {self.shares.unknown:,} unknown" if self.shares.unknown else ""
        room = max(width - name_width - len(unknown) - 20, 8)
        for name, count in rows:
            length = room * count / self.shares.denominator
            bar = BAR * int(length) + (HALF_BAR if length % 1 >= 0.5 or length < 1 else "")
            colour = VERSION_COLOURS.get(name.partition(" (")[0])
            share = share_text(count, self.shares.denominator)
            line = Text.assemble(
                f"{escape_control(name):<{name_width}} ",
                (f"{share:>6} ", "bold"),
                (f"{count:>8,}  ", "dim"),
                (bar, colour.dark if colour else "dim"),
                (unknown if name == rows[-1][0] else "", "dim"),
            )
            line.truncate(width, overflow="ellipsis")
            yield line


Part = Items | Proof | Bars


@dataclass(frozen=True)
class Row:
    """A label and what stands beside it."""

    label: str
    parts: Sequence[Part]
    on_wide: Sequence[Part] = ()  # what there is room for on a wide terminal only


class Summary:
    """Rows that set themselves to the width of the terminal."""

    def __init__(self, heading: Sequence[Items], rows: Sequence[Row]) -> None:
        self.heading = heading
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; rich calls this with the room that there is."""
        from rich.text import Text

        width = min(options.max_width, WIDEST)
        for items in self.heading:
            yield from items.lines(width)
        for row in self.rows:
            label = row.label
            for part in (*row.parts, *(row.on_wide if width >= WIDE else ())):
                for line in part.lines(width - LABEL_WIDTH):
                    yield Text.assemble((f"{label:<{LABEL_WIDTH}}", "bold cyan"), line)
                    label = ""


def render_summary(inspection: Inspected) -> Summary:
    """What a stranger wants to know of a capture, as something that rich prints."""
    inspection = remember(inspection)
    weak = find_notable(inspection)
    names = [name or "" for name in columns_of(inspection, "captures").column("capture").to_pylist()]
    alike = length_alike(names) if len(names) > 1 else None
    rows = [
        Row("Versions", [version_part(inspection)]),
        Row("Ciphers", [leading(inspection, "cipher_suites", 2)]),
        Row("Key exchange", [leading(inspection, "key_exchange")]),
        Row("Secrecy", [secrecy_items(inspection)]),
        Row("Handshakes", [leading(inspection, "outcomes")]),
        Row("Certificates", [certificate_items(inspection)]),
        Row("Authorities", [leading(inspection, "authorities")]),
        Row("Names", [leading(inspection, "server_names")]),
        Row("TLS ports", [port_items(inspection)]),
        Row("Findings", [finding_items(inspection)]),
        Row(
            "Weak",
            weak_parts(weak[:MOST_WEAK], len(weak), alike),
            weak_parts(weak[MOST_WEAK:MOST_WEAK_ON_WIDE], 1, alike),
        ),
        Row("Quality", [quality_items(inspection)]),
        Row("More", [Items(MORE, height=2, style="green")]),
    ]
    return Summary(heading_lines(inspection), rows)


def heading_lines(inspection: Inspected) -> list[Items]:
    """Which files, how much, when."""
    columns = values_of(columns_of(inspection, "captures"), "capture", "packets", "time_start", "time_end")
    files, packets, starts, ends = ([value for value in column if value is not None] for column in columns)
    [connections] = values_of(columns_of(inspection, "ports"), "connections")
    names = [cut_text(name, LONGEST_NAME) for name in files]
    every = sum(count or 0 for count in connections)
    facts = [number_text(sum(packets), "packet"), number_text(every, "connection")]
    if inspection.selection or inspection.days:  # captures are counted whole
        facts = [f"{facts[0]} read", f"{facts[1]} selected"]
    facts.append(f"{int(with_tls(inspection).sum()):,} with TLS")
    period = period_text(min(starts, default=None), max(ends, default=None))
    shown = Items(names[:MOST_FILES], more=max(len(names) - MOST_FILES, 0), style="bold")
    return [shown if names else Items(["no capture"]), Items([*facts, *([period] if period else [])], height=2)]


def version_part(inspection: Inspected) -> Part:
    """Bars for the versions; why there are none where there are none."""
    shares = build_shares("versions", inspection, top=MOST_VERSIONS - 1)
    return Bars(shares) if shares.denominator else Items([nothing_known(shares)])


def nothing_known(shares: Shares) -> str:
    """That there is no answer, and for how many."""
    return (
        f"nothing to say: unknown for {count_text(shares.unknown, shares.unit)}" if shares.unknown else "nothing to say"
    )


def leading(inspection: Inspected, name: str, height: int = 1) -> Items:
    """The leading categories of a statistic with their shares, and how much is unknown."""
    shares = build_shares(name, inspection, "connections")
    if not shares.denominator:
        return Items([nothing_known(shares)])
    words = [f"{category} {share_text(count, shares.denominator)}" for category, count in shares.counts if count]
    return Items(words, lead=known_text(shares), height=height)


def known_text(shares: Shares) -> str:
    """For how many there is an answer; empty where that is nearly all."""
    total = shares.denominator + shares.unknown
    return f"(known for {share_text(shares.denominator, total)})" if shares.unknown_share > MUCH_UNKNOWN else ""


def secrecy_items(inspection: Inspected) -> Items:
    """What a later attacker could not read."""
    words, known = [], []
    for name, text in (("forward_secrecy", "forward secret"), ("post_quantum", "post-quantum")):
        shares = build_shares(name, inspection)
        if shares.denominator:
            words.append(f"{share_text(shares.count_of(shares.statistic.focus), shares.denominator)} {text}")
            known.append(known_text(shares))
    if len(set(known)) == 1:
        return Items(words, lead=known[0])
    told = [f"{word} {lead}".strip() for word, lead in zip(words, known, strict=True)]
    return Items(told or ["nothing to say"], height=2)


def certificate_items(inspection: Inspected) -> Items:
    """How many certificates were in the clear, and what is wrong with how many.

    Self-signed are those that a side showed as its own: every root is, and many are sent along. Those that end soon are
    those of CRT-03.
    """
    certificates, chains = columns_of(inspection, "certificates"), columns_of(inspection, "chains")
    shown = one_piece(chains.column("sha256")).filter(pa.array(among(chains, "position", (0,))))
    own = mask_of(pc.is_in(one_piece(certificates.column("sha256")), value_set=shown))
    since, until, first, last = (
        one_piece(certificates.column(name)) for name in ("not_before", "not_after", "first_seen", "last_seen")
    )
    faults = {
        "expired": mask_of(pc.less(until, last)),
        "self-signed": says(certificates, "self_signed") & own,
        "not yet valid": mask_of(pc.greater(since, first)),
        f"ending within {ENDING_SOON.days} days": ends_soon(certificates),
    }
    words = [f"{int(mask.sum()):,} {name}" for name, mask in faults.items() if mask.any()]
    return Items([f"{len(until):,} in the clear", *words], height=2)


def port_items(inspection: Inspected) -> Items:
    """What the ports that were asked for carry, and where else TLS is."""
    rows = count_ports(inspection)
    carried = [row for row in rows if row["tls_port"]]
    asked: dict[str, list[str]] = {}
    for row in carried:
        text = f"{row['protocol']} {share_text(row['count'], row['denominator'])}"
        asked.setdefault(f"{row['server_port']}/{row['transport']}", []).append(text)
    elsewhere = [row for row in rows if not row["tls_port"] and row["protocol"] in CARRIES_TLS]
    others = dict.fromkeys(f"{row['server_port']}/{row['transport']}" for row in elsewhere)
    words = [f"{port} {' + '.join(texts)}" for port, texts in asked.items()]
    return Items([*words, *(f"{other} TLS too" for other in others)] or ["no connection"], height=2)


def finding_items(inspection: Inspected) -> Items:
    """How many kinds of findings there are of each severity, the worst first."""
    kinds = dict(zip(*values_of(columns_of(inspection, "findings"), "id", "severity"), strict=True))
    severities = list(kinds.values())
    words = [f"{severities.count(name):,} {name}" for name in reversed(SEVERITIES) if name in severities]
    return Items(words or ["nothing was found"], height=2)


def weak_parts(weak: Sequence[Notable], number: int, alike: int | None) -> list[Part]:
    """Remarks on connections, each with where it can be seen; that there is none of any where `number` is 0."""
    if not number:
        return [Items(["nothing that stands out"])]
    return [Proof(each.server_name or each.server, "; ".join(each.remarks), *proof_texts(each, alike)) for each in weak]


def proof_texts(each: Notable, alike: int | None) -> tuple[str, str]:
    """How many connections, and the packet that shows it, if one does.

    Where there are several captures, of which: their names have so many first characters in common.
    """
    packet = packet_text(each.packet, None if alike is None else short_name(each.capture, alike))
    return number_text(each.connections, "connection"), packet.removeprefix(", ")


def length_alike(names: Sequence[str]) -> int:
    """How many first characters all names have in common, as the first and the last of them in order do."""
    first, last = min(names), max(names)
    return next((place for place, letter in enumerate(first) if not last.startswith(letter, place)), len(first))


def short_name(name: str, alike: int) -> str:
    """A capture's name, of which the beginning is left out first, as far as it is that of all of them."""
    front = min(alike, len(name) - LONGEST_CAPTURE + 1) if len(name) > LONGEST_CAPTURE else 0
    return escape_control(cut_text(CUT * (front > 0) + name[front:], LONGEST_CAPTURE))


def quality_items(inspection: Inspected) -> Items:
    """What is wrong with the captures and the connections in them, and how many things could not be read."""
    faults = [text for text in quality_counts(inspection) if text != COMPLETE]
    rows = rows_of(inspection, with_tls)
    flaws = counted(describe_flaws(rows).to_pylist())
    if flaws:
        flawed = sum(number for _, number in flaws)
        faults.append(f"{share_text(len(rows) - flawed, len(rows))} of TLS connections whole")
        faults += [f"{number:,} {FLAWED[text]}" for text, number in flaws]
    [counts] = values_of(columns_of(inspection, "problems"), "count")
    problems = sum(1 if count is None else count for count in counts)
    read = f"{number_text(problems, 'problem')} (export --table problems)" if problems else "everything could be read"
    whole = [] if problems else [COMPLETE]
    return Items([*(faults or whole), read], height=2)


def quality_counts(inspection: Inspected) -> list[str]:
    """Each kind of quality, and of how many files where they differ."""
    [qualities] = values_of(columns_of(inspection, "captures"), "quality")
    counts = counted(qualities)
    return [text if len(counts) == 1 else f"{number:,} x {text}" for text, number in counts]


def counted(texts: Iterable[str | None]) -> list[tuple[str, int]]:
    """Each text and how often it stands there, the most frequent first, then in their order."""
    return Counter(text for text in texts if text is not None).most_common()
