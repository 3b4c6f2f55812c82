"""Charts as markup of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..charts import Content, draw_chart
from ..charts.svg import PageCharts

if TYPE_CHECKING:
    from markupsafe import Markup


def draw_twice(content: Content, charts: PageCharts) -> tuple[Markup, Markup]:
    """Draw a chart for wide and for narrow screens."""
    from markupsafe import Markup

    label = f"{content.title}. {content.subtitle}. The table below has the numbers."
    wide, narrow = (
        Markup(charts.add(draw_chart(content, size, bare=True), label, f"chart {size}")) for size in ("page", "narrow")
    )
    return wide, narrow
