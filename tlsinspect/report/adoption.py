"""The page of an adoption: all its charts, with what they rest on, beside the dates and figures of others.

In: an Adoption and a folder. Out: index.html, which needs nothing outside itself, charts as SVG, PNG and
CSV, and every series in every unit as one CSV. It looks and is built as the report of a capture is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..adoption import SERIES, Adoption, Event, Figure, load_events, load_figures
from ..arguments import pick
from ..charts import Content, draw_chart, save_chart
from ..charts.adoption import compose_adoption, finding_of, period_name, span_text
from ..charts.files import csv_bytes
from ..charts.svg import PageCharts, colour_variables
from ..statistics import STATISTICS, UNITS
from ..statistics.wording import number_text
from ..whole import write_whole
from .figures import draw_twice, iter_drawn
from .html import PAGE_NAME, as_markup, source_hash, template_environment
from .tables import Cell, Table, cut_table, records_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_adoption"]

SERIES_FILE = "series.csv"
DEFAULT_TITLE = "TLS adoption"
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("versions", "Versions", ("versions", "versions-offered", "version-limit")),
    ("ciphers", "Ciphers", ("cipher-classes", "aead", "weak-offers")),
    ("keys", "Key exchange", ("key-exchange", "forward-secrecy", "groups", "groups-offered")),
    ("quantum", "Post-quantum", ("post-quantum", "post-quantum-limit")),
    (
        "certificates",
        "Certificates",
        ("certificate-keys", "certificate-signatures", "lifetimes", "authorities"),
    ),
    ("handshakes", "Handshakes", ("extensions-offered", "resumption")),
    ("transport", "Transport and ports", ("transports", "ports")),
)
HEADLINES = ("versions", "post-quantum", "forward-secrecy", "cipher-classes", "transports", "lifetimes")


@dataclass(frozen=True)
class Drawn:
    """A chart on the page: what it asks, how it can mislead, its drawings, and its numbers as tables."""

    name: str
    title: str
    subtitle: str
    note: str
    question: str
    caveat: str
    page_svg: str
    narrow_svg: str
    numbers: Table
    units: Table


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    id: str
    title: str
    charts: Sequence[Drawn]


def write_adoption(
    adoption: Adoption,
    directory: str | Path,
    unit: str = "connections",
    title: str = DEFAULT_TITLE,
    only: Sequence[str] = (),
    processes: int = 1,
) -> Path:
    """Write page, charts and numbers into a directory, which is made if need be; return the path of the page.

    Charts count `unit` where it makes sense for their series, else connections; series.csv has all units.
    With `only`, page, charts and headlines are of these series; the numbers always of all. So many `processes` draw.
    Raises KeyError for a unit or series that does not exist, OSError where writing fails.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {pick(SERIES, name, "series").name for name in only or SERIES}
    asked = [
        (adoption, name, unit_of(adoption, name, unit), folder / "charts")
        for _, _, names in SECTIONS
        for name in names
        if name in wanted
    ]
    (folder / SERIES_FILE).write_bytes(csv_bytes(all_series(adoption)))
    shown: dict[str, Drawn] = {}
    charts = PageCharts()
    for each, glyphs in iter_drawn(draw_series, asked, processes):
        shown[each.name] = each
        charts.glyphs |= glyphs
    sections = [
        Section(id_, name, [shown[each] for each in names if each in shown])
        for id_, name, names in SECTIONS
        if shown.keys() & set(names)
    ]
    page = folder / PAGE_NAME
    write_whole(page, render(adoption, sections, charts, unit, title, only).encode())
    return page


def unit_of(adoption: Adoption, name: str, unit: str) -> str:
    """The unit, or connections where a series is not counted by it."""
    return UNITS[unit].name if unit in adoption.units(name) else "connections"


def all_series(adoption: Adoption) -> pd.DataFrame:
    """Every series in every unit, one below the other, with its name and unit in front."""
    import pandas as pd

    parts = []
    for name in SERIES:
        for unit in adoption.units(name):
            table = adoption.table(name, unit)
            table.insert(0, "series", name)
            table.insert(1, "unit", unit)
            parts.append(table)
    return pd.concat(parts, ignore_index=True)


def summary_lines(adoption: Adoption, unit: str = "connections", only: Sequence[str] = ()) -> list[str]:
    """What a terminal says: how much was counted, and the headlines, or those of `only` these series."""
    total = sum(adoption.connections())
    days = sum(len(period.days) for period in adoption.observed)
    if not total:
        return ["No TLS connection was counted: none is stored, or none in the days chosen"]
    lines = [
        f"{number_text(total, 'TLS connection')} on {number_text(days, 'day')}, {span_text(adoption)}, "
        f"in {number_text(len(adoption.starts()), adoption.by)}"
    ]
    asked = {pick(SERIES, name, "series").name for name in only}
    for name in [name for name in SERIES if name in asked] if asked else HEADLINES:
        title = STATISTICS[SERIES[name].statistic].title
        told = finding_of(adoption, name, unit_of(adoption, name, unit))
        lines.append(told if told.startswith(f"{title} ") else f"{title}: {told}")
    return lines


def draw_series(asked: tuple[Adoption, str, str, Path]) -> tuple[Drawn, dict[str, str]]:
    """Draw the chart of a series in a unit into its files and for the page, with the words and tables around it.

    Returns with it the letters that the page's drawings need.
    """
    adoption, name, unit, folder = asked
    content = compose_adoption(adoption, name, unit)
    statistic = STATISTICS[SERIES[name].statistic]
    charts = PageCharts(f"{name}-")
    wide, narrow = draw_twice(content, charts)
    save_chart(draw_chart(content), folder, name, content.numbers)
    words = (content.title, content.subtitle, content.note, statistic.question, statistic.caveat)
    tables = shares_table(adoption, content), units_table(adoption, name)
    return Drawn(name, *words, wide, narrow, *tables), charts.glyphs


def shares_table(adoption: Adoption, content: Content) -> Table:
    """A row per period, the latest first, and a column per category drawn: share and interval."""
    categories = list(dict.fromkeys(content.numbers["category"].dropna()))
    columns = (
        (adoption.by, ""),
        ("known", "number"),
        ("unknown", "number"),
        *((category, "number") for category in categories),
    )
    rows: list[list[Cell]] = []
    for time, part in groupby(records_of(content.numbers), key=itemgetter("time")):
        records = list(part)
        known, unknown = records[0]["denominator"] or 0, records[0]["unknown"] or 0
        shares = {record["category"]: share_cell(record) for record in records}
        doubts = ", ".join(word for word in ("partial", "thin") if records[0][word] and known)
        cells: list[Cell] = [(period_name(adoption, time), doubts), f"{known:,}", f"{unknown:,}"]
        rows.insert(0, cells + [shares.get(category, "") for category in categories])
    return cut_table(columns, rows, f"charts/{content.name}.csv", len(rows))


def share_cell(record: dict[Any, Any]) -> Cell:
    """A share, and below it its interval."""
    if record["share"] is None:
        return ""
    share = f"{100 * record['share']:.1f}%"
    if record["low"] is None:
        return share
    return share, f"{100 * record['low']:.0f} to {100 * record['high']:.0f}%"


def units_table(adoption: Adoption, name: str) -> Table:
    """The finding in every unit that the series is counted by."""
    rows: list[list[Cell]] = [[unit, finding_of(adoption, name, unit)] for unit in adoption.units(name)]
    return cut_table((("by", ""), ("finding", "")), rows, SERIES_FILE, len(rows))


def render(
    adoption: Adoption, sections: list[Section], charts: PageCharts, unit: str, title: str, only: Sequence[str]
) -> str:
    """The page as HTML."""
    environment = template_environment()
    style = environment.get_template("report.css").render(light=colour_variables(False), dark=colour_variables(True))
    return environment.get_template("adoption.html").render(
        title=title,
        lines=summary_lines(adoption, unit, only),
        by=adoption.by,
        unit=UNITS[unit],
        sections=sections,
        glyphs=as_markup(charts.shared()),
        events=events_table(load_events()),
        figures=load_figures(),
        figures_table=figures_table(load_figures()),
        style=as_markup(style),
        style_hash=source_hash(style),
        version=__version__,
        series_file=SERIES_FILE,
    )


def events_table(events: Sequence[Event]) -> list[tuple[str, str, str, str]]:
    """Date, event, kind and source, the latest first."""
    return [(event.when, event.name, event.kind, event.source) for event in reversed(events)]


def figures_table(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """Series, what, share, of what, when, who, source."""
    return [
        (
            each.series, each.category, f"{100 * each.share:g}%", f"{each.unit} ({each.population})", each.when,
            each.study, each.source,
        )
        for each in figures
    ]  # fmt: skip
