"""From an Adoption to the content of its charts: words, exact numbers, and how to draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..adoption import SERIES, Adoption, Count, Event, Figure, load_events, load_figures
from ..adoption.series import LEAST_COUNT, adds_up
from ..arguments import pick
from ..export.text import cut_text
from ..statistics import STATISTICS, UNITS, Unit
from ..statistics.wording import MUCH_UNKNOWN, count_text, share_text
from .compose import LONGEST_TITLE, Content
from .curves import draw_nothing
from .style import PLAIN
from .trend_colours import trend_colours
from .trends import Layer, Mark, Published, Trend, draw_trend

if TYPE_CHECKING:
    import pandas as pd

    from .canvas import Canvas

__all__ = ["compose_adoption"]

MOST_MARKS, MOST_FIGURES = 10, 9
SECONDS_PER_DAY = 86_400
PERIOD_FORMATS = {"day": "%Y-%m-%d", "week": "the week of %Y-%m-%d", "month": "%Y-%m"}


def compose_adoption(adoption: Adoption, name: str, unit: str = "connections") -> Content:
    """Compose the chart of a series in one unit: its finding, its exact numbers, and how to draw it.

    Raises KeyError for a series or a unit that does not exist, ValueError for a unit that makes no sense for it.
    """
    series, counted = pick(SERIES, name, "series"), pick(UNITS, unit, "unit")
    statistic = STATISTICS[series.statistic]
    if unit not in statistic.units:
        raise ValueError(f"{name} is counted by {', '.join(statistic.units)}, not by {unit}")
    table = adoption.table(name, unit, series.top)
    categories = list(dict.fromkeys(table["category"].dropna()))
    known, unknown = (total_of(table, column) for column in ("denominator", "unknown"))

    trend = build_trend(adoption, name, counted, table, categories) if categories else None

    def draw(canvas: Canvas, y: float) -> float:
        if trend is None:
            return draw_nothing(canvas, y, f"Nothing to show: 0 of {count_text(unknown, counted)}")
        return draw_trend(canvas, y, trend)

    basis = f"{statistic.title} per {adoption.by}, of {count_text(known, counted)}"
    if unit not in ("connections", "bytes"):
        basis = f"{statistic.title} per {adoption.by}, by {counted.plural}"
    elif unknown:
        basis += f"; {count_text(unknown, counted)} more unknown ({share_text(unknown, known + unknown)})"
    subtitle = " · ".join(part for part in (basis, span_text(adoption)) if part)
    title = finding_of(adoption, name, unit)
    return Content(
        name, title, subtitle, how_to_read(adoption, series.stacked, counted, table), table, draw, trend is None
    )


def total_of(table: pd.DataFrame, column: str) -> int:
    """What a column of the periods adds up to, each period once."""
    return int(table.drop_duplicates("time")[column].fillna(0).sum())


def span_text(adoption: Adoption) -> str:
    """The days from the first to the last connection."""
    import pandas as pd

    if not adoption.observed:
        return ""
    first, last = adoption.ends()
    return f"{pd.Timestamp(first.first):%Y-%m-%d} to {pd.Timestamp(last.last):%Y-%m-%d} UTC"


def period_name(adoption: Adoption, time: Any) -> str:
    """A period as people name it."""
    return f"{time:{PERIOD_FORMATS[adoption.by]}}"


def finding_of(adoption: Adoption, name: str, unit: str) -> str:
    """The finding of a series in one unit, in a sentence of bounded length."""
    return cut_text(finding(adoption, name, UNITS[unit]), LONGEST_TITLE)


def finding(adoption: Adoption, name: str, unit: Unit) -> str:
    """What the share that the statistic speaks of did from the first whole period to the last."""
    statistic = STATISTICS[SERIES[name].statistic]
    categories, totals = adoption.categories(name, unit.name), adoption.totals(name, unit.name)
    if not categories:
        return f"{statistic.title} over time: nothing to show"
    category = statistic.focus if statistic.focus in totals else max(categories, key=lambda each: totals[each])
    place = adoption.names[name].index(category)
    known = [each for each in adoption.observed if name in each.counts and each.counts[name][unit.name].denominator]
    whole = [
        each for each in known
        if not adoption.is_partial(each) and each.counts[name][unit.name].denominator >= LEAST_COUNT
    ] or known  # fmt: skip
    told: list[str] = []
    for period in whole[:1] + whole[1:][-1:]:
        count = period.counts[name][unit.name]
        share = share_text(int(count.counts[place]) if place < len(count.counts) else 0, count.denominator)
        of_what = "" if told else what_of(unit, [each.counts[name][unit.name] for each in known])
        told.append(f"{share}{of_what} in {period_name(adoption, adoption.start_of(period))}")
    return f"{category}: " + ", ".join(told)


def what_of(unit: Unit, counts: list[Count]) -> str:
    """Of what the shares are, said once; that they are of the few that can tell, where much is unknown."""
    known, unknown = sum(each.denominator for each in counts), sum(each.unknown for each in counts)
    some = unknown > MUCH_UNKNOWN * (known + unknown) and unit.name != "bytes"
    return f" of {unit.plural}{' that show it' if some else ''}"


def how_to_read(adoption: Adoption, stacked: bool, unit: Unit, table: pd.DataFrame) -> str:
    """How to read the chart."""
    notes: list[str] = []
    if not total_of(table, "denominator"):
        return ""
    if unit.name == "connections":
        where = "Lines at the lowest layer" if adds_up(stacked, unit.name) else "Bands, or upright lines"
        notes.append(
            f"{where}: 95% interval, as wide as hosts differ from each other; none of fewer than 8 clients and servers."
        )
    elif unit.name != "bytes":
        notes.append("Bands, or upright lines: 95% interval (Wilson). Each counts once in every category it showed.")
    empty = table["denominator"].fillna(0) == 0
    if empty.any():
        notes.append(f"A gap: nothing known in that {adoption.by}.")
    if (table["thin"] & ~empty).any():
        notes.append(f"Lined: fewer than {LEAST_COUNT} {unit.plural}.")
    if table["partial"].any():
        notes.append(f"Pale: not the whole {adoption.by} is stored.")
    if total_of(table, "unknown"):
        notes.append("Hatched below: unknown, not part of the shares.")
    return " ".join(notes)


def build_trend(adoption: Adoption, name: str, unit: Unit, table: pd.DataFrame, categories: list[str]) -> Trend:
    """What is drawn: layers of shares by period, dates, and others' figures."""
    import numpy as np

    starts = adoption.starts()
    colours = trend_colours(name, adoption.categories(name))
    colours |= trend_colours(name, [each for each in categories if each not in colours])
    periods = table.drop_duplicates("time")
    if unit.name in ("connections", "bytes") and SERIES[name].stacked:
        categories = stack_order(name, categories)
    shares, lows, highs = (
        table.pivot_table(index="time", columns="category", values=column, aggfunc="first", observed=True, dropna=False)
        .reindex(starts).astype(float) for column in ("share", "low", "high")
    )  # fmt: skip
    layers = [
        Layer(category, colours[category], *(each[category].to_numpy() for each in (shares, lows, highs)))
        for category in categories
    ]
    edges = np.array([*(start.timestamp() for start in starts), adoption.end_of(adoption.observed[-1])])
    edges /= SECONDS_PER_DAY
    return Trend(
        edges,
        layers,
        adds_up(SERIES[name].stacked, unit.name),
        known=periods["denominator"].fillna(0).astype(float).to_numpy(),
        unknown=periods["unknown"].fillna(0).astype(float).to_numpy(),
        thin=periods["thin"].fillna(False).astype(bool).to_numpy(),
        partial=periods["partial"].fillna(False).astype(bool).to_numpy(),
        marks=marks_within(name, edges[0], edges[-1]),
        published=[publish(figure, colours) for figure in figures_of(name)],
        counted=f"{unit.plural.capitalize()} per {adoption.by}",
    )


def stack_order(name: str, categories: list[str]) -> list[str]:
    """The categories from the bottom up: what the statistic speaks of first, as its interval is drawn there."""
    focus = STATISTICS[SERIES[name].statistic].focus
    return sorted(categories, key=lambda category: category != focus) if focus else categories


def marks_within(name: str, first: float, last: float) -> list[Mark]:
    """The dates of a series' topics that lie in these days."""
    marks = [Mark(day_number(event), f"{event.when}  {event.name}") for event in events_of(name)]
    return [mark for mark in marks if first <= mark.day <= last][:MOST_MARKS]


def day_number(event: Event) -> float:
    """The day of an event, counted from 1970."""
    from datetime import date

    return float((event.day - date(1970, 1, 1)).days)


def events_of(name: str) -> list[Event]:
    """The dates that a series is to be seen beside."""
    return [event for event in load_events() if set(event.topics) & set(SERIES[name].topics)]


def figures_of(name: str) -> list[Figure]:
    """The latest published figures of a series."""
    figures = [each for each in load_figures() if each.series == name]
    latest = sorted(figures, key=lambda each: each.when)[-MOST_FIGURES:]
    return [each for each in figures if each in latest]


def publish(figure: Figure, colours: dict[str, Any]) -> Published:
    """A published figure as it is drawn."""
    text = (
        f"{figure.category}: {100 * figure.share:g}% of {figure.unit} ({figure.population}), "
        f"{figure.when}, {figure.study}"
    )
    return Published(text, figure.share, colours.get(figure.category, PLAIN))
