"""Charts as markup of a page, drawn by several processes where there are many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ..charts import Content, draw_chart
from ..charts.svg import PageCharts
from ..forked import iter_shared

if TYPE_CHECKING:
    from markupsafe import Markup

LEAST_CHARTS = 4  # that are worth a process

Chart = TypeVar("Chart")
Result = TypeVar("Result")


class Drawing(NamedTuple):
    """A chart for wide and for narrow screens, and the letters that it needs, which the page has once."""

    wide: Markup
    narrow: Markup
    glyphs: dict[str, str]


def draw_twice(content: Content, charts: PageCharts) -> tuple[Markup, Markup]:
    """Draw a chart for wide and for narrow screens."""
    from markupsafe import Markup

    label = f"{content.title}. {content.subtitle}. The table below has the numbers."
    wide, narrow = (
        Markup(charts.add(draw_chart(content, size, bare=True), label, f"chart {size}")) for size in ("page", "narrow")
    )
    return wide, narrow


def draw_apart(content: Content) -> Drawing:
    """The same, whatever other charts the page has."""
    charts = PageCharts(f"{content.name}-")
    return Drawing(*draw_twice(content, charts), charts.glyphs)


def iter_drawn(draw: Callable[[Chart], Result], charts: Sequence[Chart], processes: int) -> Iterator[Result]:
    """What `draw` gives for each chart, in order, by so many processes where there are many charts."""
    if min(processes, len(charts) // LEAST_CHARTS) < 2:
        return map(draw, charts)
    prepare_drawing()
    return iter_shared(draw, charts, processes)


def prepare_drawing() -> None:
    """Import what draws once, and let matplotlib choose its folder, before others are forked that need both.

    Where a home cannot be written that is a temporary folder, which each of them would make and leave.
    """
    import matplotlib as mpl

    from ..charts import canvas, renderers  # noqa: F401

    mpl.get_cachedir()
