"""Charts as markup of a page, drawn by several processes where there are many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from ..charts import Content, draw_chart
from ..charts.svg import PageCharts
from ..parallel import follow_parent, parent_number, start_context

if TYPE_CHECKING:
    from markupsafe import Markup

LEAST_CHARTS = 4  # that are worth a process

Chart = TypeVar("Chart")
Result = TypeVar("Result")
work: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []  # of a process that was started to draw


def draw_twice(content: Content, charts: PageCharts) -> tuple[Markup, Markup]:
    """Draw a chart for wide and for narrow screens."""
    from markupsafe import Markup

    label = f"{content.title}. {content.subtitle}. The table below has the numbers."
    wide, narrow = (
        Markup(charts.add(draw_chart(content, size, bare=True), label, f"chart {size}")) for size in ("page", "narrow")
    )
    return wide, narrow


def draw_apart(content: Content) -> tuple[Markup, Markup, dict[str, str]]:
    """The same with the letters that the drawings need, which the page has once."""
    charts = PageCharts(f"{content.name}-")
    return *draw_twice(content, charts), charts.glyphs


def iter_drawn(draw: Callable[[Chart], Result], charts: Sequence[Chart], processes: int) -> Iterator[Result]:
    """What `draw` gives for each chart, in order, by so many processes.

    They have to be forked, as how a chart is drawn cannot be sent; where that is not safe, this one draws alone.
    """
    context = start_context()
    if min(processes, len(charts) // LEAST_CHARTS) < 2 or context.get_start_method() != "fork":
        yield from map(draw, charts)
        return
    from ..charts import canvas  # noqa: F401 - so that those that are forked need not import it

    with ProcessPoolExecutor(processes, context, prepare, (draw, charts, parent_number())) as pool:
        yield from pool.map(draw_numbered, range(len(charts)))


def prepare(draw: Callable[[Any], Any], charts: Sequence[Any], parent: int) -> None:
    """What a process that draws does first; it ends with its parent."""
    follow_parent(parent)
    work.append((draw, charts))


def draw_numbered(number: int) -> Any:
    """Draw one of the charts that this process was started for."""
    [(draw, charts)] = work
    return draw(charts[number])
