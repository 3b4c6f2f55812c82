"""What stands on the page: headline numbers, charts in sections, tables.

In: an Inspection. Out: plain records of text and numbers, which the template lays
out. Nothing here is markup but the charts' SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ..answers import build_answers
from ..charts import CHARTS, Content, compose_chart
from ..charts.compose import compose_shares
from ..charts.svg import PageCharts
from ..policy import BROKEN_CLASSES, FORBIDDEN_VERSIONS
from ..statistics import STATISTICS, Shares, build_shares_by_unit, wilson_interval
from ..statistics.observations import tls_connections
from ..statistics.wording import (
    count_text,
    duration_text,
    interval_text,
    list_text,
    number_text,
    period_text,
    share_text,
)
from .answers import basis_text
from .figures import Drawing
from .findings import Severity, build_severities, findings_summary
from .notable import FAILURES, build_notable_frame, find_notable
from .policy import PolicySection, build_policy_section
from .tables import (
    Table,
    captures_table,
    certificates_table,
    failures_table,
    numbers_table,
    ports_table,
    problems_table,
    units_table,
    unknown_table,
)

if TYPE_CHECKING:
    import pandas as pd

    from .inspected import Inspected

# Section: id, title, its name in the contents, and its charts.
SECTIONS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "versions",
        "Versions",
        "Versions",
        ("versions", "versions-offered", "version-matrix", "version-limit", "tls13-over-time"),
    ),
    (
        "keys",
        "Keys and ciphers",
        "Keys",
        (
            "secrecy",
            "key-exchange",
            "groups",
            "groups-offered",
            "post-quantum",
            "cipher-classes",
            "cipher-suites",
            "aead",
            "weak-offers",
        ),
    ),
    (
        "certificates",
        "Certificates",
        "Certificates",
        (
            "certificate-validity",
            "certificate-lifetimes",
            "lifetime-classes",
            "remaining-days",
            "names-per-certificate",
            "authorities",
            "certificate-keys",
            "certificate-signatures",
        ),
    ),
    ("ports", "Ports and traffic", "Ports", ("ports", "traffic-over-time")),
    (
        "handshakes",
        "Handshakes",
        "Handshakes",
        ("outcomes", "failure-steps", "resumption", "handshake-times", "hello-sizes", "handshake-signatures"),
    ),
    (
        "visible",
        "What an observer can read",
        "Readable",
        ("server-names", "application-protocols", "clients", "extensions-offered", "signatures-offered"),
    ),
)


@dataclass(frozen=True)
class Tile:
    """One headline number."""

    label: str
    value: str
    detail: str


@dataclass(frozen=True)
class Reply:
    """A question that people bring, its answer, what it rests on, its caveats, and the command that lists the cases."""

    id: str
    question: str
    answer: str
    basis: str
    caveats: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class Figure:
    """One chart on the page, with what a reader needs who cannot see it."""

    content: Content
    statistic: str
    question: str
    caveat: str
    table: Table
    numbers: pd.DataFrame
    page_svg: str = ""  # for wide screens; none of a chart with nothing to show
    narrow_svg: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page that holds charts."""

    id: str
    title: str
    short: str
    figures: Sequence[Figure]
    empty: Sequence[Figure]  # those with nothing to show, which are only named


@dataclass(frozen=True)
class Page:
    """Everything that the template lays out."""

    title: str
    subtitle: str
    tiles: Sequence[Tile]
    answers: Sequence[Reply]
    findings: Sequence[Severity]
    findings_summary: str
    captures: Table
    sections: Sequence[Section]
    glyphs: str
    failures: Table
    failures_frame: pd.DataFrame
    certificates: Table
    ports: Table
    problems: Table
    unknown: Table
    policy: PolicySection


class Composed(NamedTuple):
    """The charts of the page by name, not drawn yet, and the shares of each statistic by unit."""

    figures: dict[str, Figure]
    shares: dict[str, dict[str, Shares]]


def compose_figures(inspection: Inspected) -> Composed:
    """Work out what the charts show."""
    shares = {name: build_shares_by_unit(name, inspection) for name in STATISTICS}
    contents = [compose_chart(name, inspection) for _, _, _, names in SECTIONS for name in names]
    return Composed({content.name: build_figure(content, shares) for content in contents}, shares)


def build_page(inspection: Inspected, title: str, composed: Composed) -> Page:
    """Work out everything else that stands on the page; its charts are not drawn yet."""
    figures, shares = composed
    failures = find_notable(inspection, FAILURES)
    findings = build_severities(inspection)
    by_connection = {name: units["connections"] for name, units in shares.items()}
    return Page(
        title=title,
        subtitle=page_subtitle(inspection),
        tiles=build_tiles(inspection, by_connection),
        answers=build_replies(inspection),
        findings=findings,
        findings_summary=findings_summary(findings),
        captures=captures_table(inspection),
        sections=[build_section(*section, figures) for section in SECTIONS],
        glyphs="",
        failures=failures_table(failures),
        failures_frame=build_notable_frame(failures),
        certificates=certificates_table(inspection),
        ports=ports_table(inspection),
        problems=problems_table(inspection),
        unknown=unknown_table(list(by_connection.values())),
        policy=build_policy_section(inspection),
    )


def with_drawings(page: Page, drawings: Mapping[str, Drawing]) -> Page:
    """The page with the drawings of its charts, by name."""
    from markupsafe import Markup

    charts = PageCharts()
    for drawing in drawings.values():
        charts.glyphs |= drawing.glyphs

    def drawn(figure: Figure) -> Figure:
        drawing = drawings[figure.content.name]
        return replace(figure, page_svg=drawing.wide, narrow_svg=drawing.narrow)

    sections = [replace(section, figures=[*map(drawn, section.figures)]) for section in page.sections]
    return replace(page, sections=sections, glyphs=Markup(charts.shared()))


def build_section(id_: str, title: str, short: str, names: Sequence[str], figures: dict[str, Figure]) -> Section:
    """A part of the page from its charts."""
    charts = [figures[name] for name in names]
    drawn, empty = ([each for each in charts if each.content.empty == nothing] for nothing in (False, True))
    return Section(id_, title, short, drawn, empty)


def build_replies(inspection: Inspected) -> list[Reply]:
    """The answers in words."""
    return [
        Reply(each.id, each.question, each.answer, basis_text(each), (each.caveat, *each.advice), each.command)
        for each in build_answers(inspection, inspection.arguments)
    ]


def build_figure(content: Content, shares: dict[str, dict[str, Shares]]) -> Figure:
    """A chart with its words and numbers, not drawn yet."""
    import pandas as pd

    chart = CHARTS[content.name]
    statistic = STATISTICS[chart.statistic]
    table, numbers = numbers_table(content), content.numbers
    if chart.compose is compose_shares:
        units = shares[statistic.name]
        table, numbers = units_table(units, content.name), pd.concat([each.to_frame() for each in units.values()])
    question, caveat = chart.question or statistic.question, chart.caveat or statistic.caveat
    return Figure(content, chart.statistic, question, caveat, table, numbers)


def page_subtitle(inspection: Inspected) -> str:
    """How many files, of what time."""
    captures = inspection.captures
    start, end = captures["time_start"].min(), captures["time_end"].max()
    days = f"only connections of {inspection.days}" if inspection.days else ""
    chosen = f"only connections where {inspection.selection}" if inspection.selection else ""
    files = number_text(len(captures), "capture")
    return ", ".join(part for part in (files, period_text(start, end), days, chosen) if part)


def build_tiles(inspection: Inspected, shares: dict[str, Shares]) -> list[Tile]:
    """The headline numbers."""
    captures = inspection.captures
    packets = int(captures["packets"].sum())
    start, end = captures["time_start"].min(), captures["time_end"].max()
    span = duration_text((end - start).total_seconds()) if period_text(start, end) else "no time"
    every, tls = int(inspection.ports["connections"].sum()), len(tls_connections(inspection))
    selected = bool(inspection.selection or inspection.days)  # captures are counted whole
    return [
        Tile("Packets read" if selected else "Packets", f"{packets:,}", f"in {span}"),
        Tile(
            "TLS connections",
            f"{tls:,}",
            f"of {number_text(every, 'connection')} {'selected' if selected else 'in all'}",
        ),
        kin_tile(shares["versions"]),
        share_tile("Older than TLS 1.2", shares["versions"], FORBIDDEN_VERSIONS),
        share_tile("Forward secrecy", shares["forward_secrecy"], ("forward secret",)),
        share_tile("Post-quantum key exchange", shares["post_quantum"], ("post-quantum",)),
        share_tile("Broken ciphers", shares["cipher_classes"], BROKEN_CLASSES),
        share_tile("Handshakes that failed", shares["outcomes"], None),
    ]


def kin_tile(shares: Shares) -> Tile:
    """The share of what a statistic speaks of, with its kin."""
    label = list_text([shares.statistic.focus, *shares.kin], "and")
    return count_tile(label, shares, shares.count_with_kin())


def share_tile(label: str, shares: Shares, categories: tuple[str, ...] | None) -> Tile:
    """A share of several categories together, or of all but the statistic's own."""
    names = [str(name) for name in shares.table["category"]]
    wanted = [name for name in names if (name in categories if categories else name != shares.statistic.focus)]
    return count_tile(label, shares, sum(shares.count_of(name) for name in wanted))


def count_tile(label: str, shares: Shares, count: int) -> Tile:
    """A share and what it rests on; n/a where nothing is known."""
    if not shares.denominator:
        asked = count_text(shares.unknown, shares.unit)
        return Tile(label, "n/a", f"unknown for {asked}" if shares.unknown else f"of {asked}")
    interval = interval_text(*wilson_interval(count, shares.denominator), shares.denominator)
    return Tile(label, share_text(count, shares.denominator), f"{count:,} of {shares.denominator:,}; 95%: {interval}")
