"""Dates and published figures: complete, sourced, and of something that is drawn."""

from __future__ import annotations

import re

from tlsinspect.adoption import SERIES, load_events, load_figures
from tlsinspect.statistics.lifetimes import LIMITS

TOPICS = {topic for series in SERIES.values() for topic in series.topics}


def test_every_date_has_a_source_and_stands_beside_some_chart() -> None:
    assert len(load_events()) > 25
    for event in load_events():
        assert re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", event.when) and event.source.startswith("https://"), event
        assert set(event.topics) <= TOPICS, event
        assert event.kind in ("attack", "standard", "software"), event


def test_limits_of_lifetimes_are_those_of_the_policy() -> None:
    days = {event.day for event in load_events() if event.topics == ("lifetimes",)}
    assert days == {start.date() for start, _ in LIMITS}


def test_every_published_figure_says_of_what_when_and_by_whom() -> None:
    assert len(load_figures()) > 30
    assert len({figure[:2] + figure[3:] for figure in load_figures()}) == len(load_figures())  # none stands twice
    for figure in load_figures():
        assert figure.series in SERIES and 0 < figure.share < 1, figure
        assert all((figure.unit, figure.population, figure.study)), figure
        assert re.fullmatch(r"\d{4}-\d{2}", figure.when) and figure.source.startswith("https://"), figure
