"""From statistics to the content of charts: words, numbers, bars, and how to draw them.

In: the frames and a chart's declaration. Out: Content, which draws itself on a
canvas of any size. Numbers come from statistics; here they only get words and colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..export.text import cut_text, escape_control
from ..statistics import (
    STATISTICS,
    UNITS,
    Frames,
    Shares,
    Unit,
    build_handshake_ecdf,
    build_handshake_quantiles,
    build_port_shares,
    build_shares,
    build_timeline,
)
from ..statistics.offers import GREASE
from ..statistics.shares import sort_counts
from ..statistics.wording import (
    basis,
    bucket_text,
    count_text,
    list_text,
    milliseconds_text,
    number_text,
    period_text,
    share_text,
    statement,
    timeline_statement,
)
from .bars import Bar, Pair, Stack, draw_bars, draw_pairs, draw_stacks
from .curves import draw_distributions, draw_nothing, draw_timeline
from .style import PLAIN, REST, UNKNOWN, Colour

if TYPE_CHECKING:
    import pandas as pd

    from .canvas import Canvas

TOP = 12  # bars of one chart; the rest is folded into one
FOLDED = "folded"  # the kind of that one
MOST_PORTS = 12
MOST_PARTS_SAID = 2
MOST_PAIRS = 8
MOST_CURVES, LEAST_FOR_CURVE = 6, 5
LONGEST_TITLE, LONGEST_PROTOCOL = 140, 16
INTERVAL_NOTE = "Lines on the bars: 95% interval of the share (Wilson)."
SEVERAL_NOTE = "Each counts once in every category it showed, so that shares can add up to more than 100%."

Legend = list[tuple[str, Colour]]
Draw = Callable[["Canvas", float], float]


@dataclass(frozen=True, eq=False)
class Content:
    """A composed chart: its finding, what that rests on, the exact numbers, and how to draw it.

    `empty` is one that can only say that it has nothing to show.
    """

    name: str
    title: str
    subtitle: str
    note: str
    numbers: pd.DataFrame
    draw: Draw
    empty: bool = False

    def __repr__(self) -> str:
        """Which chart it is, and its finding, on one line."""
        return escape_control(f"<Content of {self.name}: {self.title}>")

    def words(self) -> list[str]:
        """The chart for who cannot see it: finding, basis, how to read it; control characters escaped."""
        return [escape_control(text) for text in (self.title, self.subtitle, self.note) if text]


def plain_colour(category: str) -> Colour:
    """The colour of categories that need none of their own."""
    return PLAIN


def no_legend(categories: list[str]) -> Legend:
    """Labels say all."""
    return []


@dataclass(frozen=True)
class Chart:
    """A chart of one statistic, in one unit unless asked for another.

    `compose` makes its content; `colour` gives a category its colour, `legend` says what colours mean
    where labels do not. `question` and `caveat` stand where the statistic's own do not fit; `only_units`
    where it is counted in fewer ways than the statistic.
    """

    name: str
    statistic: str
    compose: Callable[[Chart, Frames, str], Content]
    unit: str = ""
    colour: Callable[[str], Colour] = field(default_factory=lambda: plain_colour)
    legend: Callable[[list[str]], Legend] = field(default_factory=lambda: no_legend)
    question: str = ""
    caveat: str = ""
    only_units: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Its name and its question, on one line."""
        return f"<Chart {self.name}: {self.asks}>"

    @property
    def asks(self) -> str:
        """The question that the chart answers."""
        return self.question or STATISTICS[self.statistic].question

    @property
    def misleads(self) -> str:
        """How it can be misread."""
        return self.caveat or STATISTICS[self.statistic].caveat

    @property
    def units(self) -> tuple[str, ...]:
        """What it can be counted by; the first one if nothing else is asked for."""
        return self.only_units or STATISTICS[self.statistic].units


def compose_shares(chart: Chart, frames: Frames, unit: str) -> Content:
    """One bar per category, the tail folded, what is unknown below."""
    shares = build_shares(chart.statistic, frames, unit, top=TOP)
    bars = build_bars(shares, chart.colour)
    legend = chart.legend([bar.label for bar in bars if bar.kind != FOLDED])
    note = share_note(shares)

    def draw(canvas: Canvas, y: float) -> float:
        if not shares.denominator:
            return draw_nothing(canvas, y, f"Nothing to show: 0 of {count_text(total(shares), shares.unit)}")
        return draw_bars(canvas, canvas.legend(y, legend), bars, unknown_bars(shares))

    numbers = build_shares(chart.statistic, frames, unit).to_frame() if shares.folded else shares.to_frame()
    return Content(chart.name, finding(shares), share_subtitle(shares), note, numbers, draw, not shares.denominator)


def records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows of a table, missing values as None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def build_bars(shares: Shares, colour: Callable[[str], Colour]) -> list[Bar]:
    """A bar for each row of a table of shares; what is folded stands last, and is of no one category."""
    bars = [build_bar(row, shares.unit, colour) for row in records(shares.table)]
    if shares.folded:
        bars[-1] = bars[-1]._replace(colour=REST, kind=FOLDED)
    return bars


def build_bar(row: dict[Any, Any], unit: Unit, colour: Callable[[str], Colour]) -> Bar:
    """The bar of a row of a table of shares."""
    value = share_text(row["count"], row["denominator"])
    detail = bare_number(row["count"], unit)
    category = row["category"]
    tone = REST if category == GREASE else colour(category)  # which is there to be ignored
    return Bar(category, row["share"], value, detail, row["low"], row["high"], tone)


def bare_number(count: int, unit: Unit) -> str:
    """A number without its unit, which the subtitle says; bytes keep theirs."""
    return count_text(count, unit) if unit.name == "bytes" else f"{count:,}"


def unknown_bars(shares: Shares) -> list[Bar]:
    """The bar for what is unknown, as a share of all to which the question applies; none where all is known."""
    if not shares.unknown:
        return []
    value = share_text(shares.unknown, total(shares))
    detail = f"{bare_number(shares.unknown, shares.unit)} of {bare_number(total(shares), shares.unit)}"
    return [Bar("unknown", shares.unknown_share, value, detail, None, None, UNKNOWN, "unknown")]


def finding(shares: Shares) -> str:
    """The answer in one sentence of bounded length, whatever names are in it."""
    return cut_text(statement(shares), LONGEST_TITLE)


def left_to_numbers(hidden: int, thing: str) -> str:
    """That things are not drawn, to be put behind a note: " 2 rarer pairs are in the numbers only."."""
    return f" {number_text(hidden, thing)} {'is' if hidden == 1 else 'are'} in the numbers only." if hidden else ""


def total(shares: Shares) -> int:
    """All units to which the question applies, known or not."""
    return shares.denominator + shares.unknown


def share_subtitle(shares: Shares) -> str:
    """Subject, basis and period."""
    parts = (f"{shares.statistic.title}, {basis(shares)}", period_text(shares.time_start, shares.time_end))
    return " · ".join(part for part in parts if part)


def share_note(shares: Shares) -> str:
    """How to read the bars."""
    notes = [INTERVAL_NOTE] if shares.unit.name != "bytes" else []
    if int(shares.table["count"].sum()) > shares.denominator:
        notes.append(SEVERAL_NOTE)
    if shares.unknown:
        notes.append("Unknown is not part of the shares above it.")
    if shares.excluded:
        notes.append(f"Does not apply to {count_text(shares.excluded, shares.unit)}.")
    return " ".join(notes)


def compose_offers(chart: Chart, frames: Frames, unit: str) -> Content:
    """The best version offered beside the version agreed."""
    import pandas as pd

    offered, agreed = build_shares("versions_offered", frames, unit), build_shares("versions", frames, unit)
    counts = Counter(counts_of(offered)) + Counter(counts_of(agreed))
    shown = dict(counts.most_common(MOST_PAIRS))
    hidden = len(counts) - len(shown)
    names = [name for name, _ in sort_counts(shown, STATISTICS["versions"].order)]
    pairs = [Pair(version_bar(offered, name, chart), version_bar(agreed, name, chart)) for name in names]
    keys = (f"best offered ({sample_text(offered)})", f"agreed ({sample_text(agreed)})")
    note = share_note(agreed)
    if offered.unknown or agreed.unknown:
        unknown = f"{unknown_text(offered, 'offer')}, {unknown_text(agreed, 'version', ' agreed')}"
        note += f" Unknown: {unknown}."
    note = f"{note}{left_to_numbers(hidden, 'rarer version')}".strip()

    def draw(canvas: Canvas, y: float) -> float:
        if not pairs:
            return draw_nothing(canvas, y, f"Nothing to show: 0 of {count_text(total(offered), offered.unit)}")
        return draw_pairs(canvas, y, pairs, keys)

    title = "Best version offered, and version agreed"
    if offered.denominator and agreed.denominator:
        could, did = (share_text(each.count_with_kin(), each.denominator) for each in (offered, agreed))
        kinds = list_text(list(dict.fromkeys(["TLS 1.3", *offered.kin, *agreed.kin])), "or")
        title = f"{kinds}: offered for {could}, agreed for {did} of {agreed.unit.plural}"
    period = period_text(offered.time_start, offered.time_end)
    subtitle = " · ".join(
        part for part in ("The best version that the client offered, and the one agreed", period) if part
    )
    numbers = pd.concat([offered.to_frame(), agreed.to_frame()])
    return Content(chart.name, title, subtitle, note, numbers, draw, not pairs)


def sample_text(shares: Shares) -> str:
    """What the shares are of, in short."""
    number = bare_number(shares.denominator, shares.unit)
    return number if shares.unit.name == "bytes" else f"n {number}"


def unknown_text(shares: Shares, thing: str, which: str = "") -> str:
    """How many of a thing are not known; where it is not connections that count, of how many of what does."""
    if shares.unit.name == "connections":
        return number_text(shares.unknown, thing) + which
    return f"the {thing}{which} of {count_text(shares.unknown, shares.unit)}"


def counts_of(shares: Shares) -> dict[str, int]:
    """Category -> count."""
    return dict(zip(shares.table["category"], shares.table["count"], strict=True))


def version_bar(shares: Shares, name: str, chart: Chart) -> Bar:
    """The bar of one version, empty where the version does not occur."""
    for row in records(shares.table):
        if row["category"] == name:
            return build_bar(row, shares.unit, chart.colour)
    return Bar(name, 0.0, "0%", "0", None, None, chart.colour(name))


def compose_timeline(chart: Chart, frames: Frames, unit: str) -> Content:
    """The share of what the statistic speaks of, over time."""
    timeline = build_timeline(chart.statistic, frames, unit=unit or "connections")
    table, category = timeline.table, timeline.category
    known, unknown = timeline.whole.denominator, timeline.whole.unknown
    interval = "Band, or upright line: 95% interval (Wilson). " if timeline.unit.name != "bytes" else ""
    bucket = bucket_text(timeline.width)
    note = f"{interval}A gap in the line: nothing known in that {bucket}. Larger dots rest on more."

    def draw(canvas: Canvas, y: float) -> float:
        if not known:
            return draw_nothing(canvas, y, f"Nothing to show: 0 of {count_text(unknown, timeline.unit)}")
        return draw_timeline(canvas, y, timeline, chart.colour(category))

    basis_text = f"{category} per {bucket}, of {count_text(known, timeline.unit)}"
    more = f"; {bare_number(unknown, timeline.unit)} more unknown" if unknown else ""
    period = period_text(timeline.time_start, timeline.time_end)
    subtitle = " · ".join(part for part in (basis_text + more, period) if part)
    return Content(chart.name, timeline_statement(timeline), subtitle, note, table, draw, not known)


def compose_ports(chart: Chart, frames: Frames, unit: str) -> Content:
    """One 100 % bar per port: what its connections carried."""
    from ..connection import CARRIES_TLS

    table = build_port_shares(frames, unit or "connections")
    shown = table[table["tls_port"] | table["protocol"].isin(CARRIES_TLS)][["server_port", "transport"]]
    ports = list(dict.fromkeys(shown.itertuples(index=False, name=None)))
    counted = UNITS[unit or "connections"]
    stacks = [build_stack(table, port, transport, counted, chart) for port, transport in ports[:MOST_PORTS]]
    hidden = len(ports) - len(stacks)
    note = f"{number_text(hidden, 'more port')} carried TLS." if hidden else ""

    def draw(canvas: Canvas, y: float) -> float:
        if not stacks:
            return draw_nothing(canvas, y, "Nothing to show: 0 connections on TLS ports, and none with TLS")
        return draw_stacks(canvas, y, stacks)

    shares = build_shares("protocols", frames, unit)
    if shares.unknown:
        note = f"{note} On {count_text(shares.unknown, shares.unit)} nobody spoke: not part of the share above.".strip()
    subtitle = "What each port carried: the TLS ports first, then every other port on which TLS was found"
    title = finding(shares)
    if stacks and not shares.denominator + shares.unknown:
        title = f"No connection to a TLS port; TLS on {number_text(len(ports), 'other port')}"
    return Content(chart.name, title, subtitle, note, table, draw, not stacks)


def build_stack(table: pd.DataFrame, port: int, transport: str, unit: Unit, chart: Chart) -> Stack:
    """The bar of one port."""
    rows = records(table[(table["server_port"] == port) & (table["transport"] == transport)])
    names = [cut_text(row["protocol"] or "", LONGEST_PROTOCOL) for row in rows]
    parts: dict[str, tuple[str, float, Colour]] = {}
    for name, row in zip(names, rows, strict=True):
        colour = chart.colour(name)
        shown = "other" if colour is REST else name
        before = parts[shown][1] if shown in parts else 0.0
        parts[shown] = (shown, before + (row["share"] or 0.0), colour)
    shares = [share_text(row["count"], row["denominator"]) for row in rows]
    said = [f"{share} {name}" for share, name in zip(shares, names, strict=True)][:MOST_PARTS_SAID]
    return Stack(
        f"{port}/{transport}", f"{', '.join(said)} of {bare_number(rows[0]['denominator'], unit)}", list(parts.values())
    )


def compose_handshake_times(chart: Chart, frames: Frames, unit: str) -> Content:
    """The distribution of handshake times by version."""
    quantiles = build_handshake_quantiles(frames)
    points = build_handshake_ecdf(frames)
    rows = sorted(records(quantiles), key=lambda row: -row["connections"])
    drawn = [row for row in rows if row["connections"] >= LEAST_FOR_CURVE][:MOST_CURVES] or rows[:1]
    medians = {row["version_name"]: milliseconds_text(row["median"]) for row in drawn}
    labels = {
        row["version_name"]: f"{row['version_name']}: {medians[row['version_name']]} (n {row['connections']:,})"
        for row in drawn
    }
    number, hidden = int(quantiles["connections"].sum()), len(rows) - len(drawn)
    note = "The dotted line marks the medians." + left_to_numbers(hidden, "rarer version")

    def draw(canvas: Canvas, y: float) -> float:
        if not number:
            return draw_nothing(canvas, y, "Nothing to show: 0 full handshakes with application data")
        return draw_distributions(canvas, y, points[points["version_name"].isin(labels)], labels)

    said = [f"{median} with {name}" for name, median in list(medians.items())[:2]]
    title = f"Half of the handshakes take up to {', '.join(said)}" if said else "Handshake times: nothing to show"
    counted = number_text(number, "full handshake")
    subtitle = f"ClientHello to the first application data, {counted}; the share that took at most so long"
    return Content(chart.name, cut_text(title, LONGEST_TITLE), subtitle, note, quantiles, draw, not number)
