"""SERIES: what is followed over time, declared once.

A series is a statistic of STATISTICS, counted in every period: what counts as what is said there and
nowhere else. To add one, add a row; where its statistic looks at other columns, add them to a family
of looks/catalogue.py.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from ..arguments import pick

BY = {"day": "1 day", "week": "1 week", "month": "1 month"}
"""The periods that a person can ask for, as statistics.timeline names them."""


EPOCH = date(1970, 1, 1)


class Series(NamedTuple):
    """A statistic over time: its name, which is that of its chart; its statistic; the family of its columns.

    `stacked` says that every connection is of one category, so that shares add up to a whole. `top` is
    how many categories are drawn; `topics` are those of the dates and published figures beside it.
    """

    name: str
    statistic: str
    family: str
    stacked: bool = True
    top: int = 8
    topics: tuple[str, ...] = ()


SERIES: dict[str, Series] = {
    series.name: series
    for series in (
        Series("versions", "versions", "agreed", topics=("versions",)),
        Series("versions-offered", "versions_offered", "offered", topics=("versions",)),
        Series("version-limit", "version_limit", "offered", topics=("versions",)),
        Series("cipher-classes", "cipher_classes", "agreed", top=9, topics=("ciphers",)),
        Series("aead", "aead", "agreed", topics=("aead",)),
        Series("weak-offers", "weak_offers", "offered", stacked=False, topics=("ciphers",)),
        Series("key-exchange", "key_exchange", "agreed", topics=("key exchange",)),
        Series("forward-secrecy", "forward_secrecy", "agreed", topics=("key exchange",)),
        Series("groups", "groups", "agreed", topics=("groups",)),
        Series("groups-offered", "groups_offered", "offered", stacked=False, topics=("groups",)),
        Series("post-quantum", "post_quantum", "agreed", topics=("post-quantum",)),
        Series("post-quantum-limit", "post_quantum_limit", "offered", topics=("post-quantum",)),
        Series("extensions-offered", "extensions_offered", "offered", stacked=False, top=10, topics=("extensions",)),
        Series("certificate-keys", "key_types", "certificate", topics=("certificate keys",)),
        Series("certificate-signatures", "signature_algorithms", "certificate", topics=("certificate signatures",)),
        Series("lifetimes", "lifetimes", "certificate", topics=("lifetimes",)),
        Series("authorities", "authorities", "certificate", topics=("authorities",)),
        Series("resumption", "resumption", "agreed", topics=("resumption",)),
        Series("transports", "transports", "port", topics=("quic",)),
        Series("ports", "server_ports", "port", topics=("ports",)),
    )
}


@cache
def period_start(day: int, by: str) -> int:
    """The first day of the period that a day is in, both counted from 1970; weeks start on Monday.

    Raises KeyError for a period that is not in BY.
    """
    this = EPOCH + timedelta(days=day)
    firsts = {"day": this, "week": this - timedelta(days=this.weekday()), "month": this.replace(day=1)}
    return (pick(firsts, by, "period") - EPOCH).days


def family_series(family: str) -> tuple[Series, ...]:
    """The series whose categories follow from the columns of a family."""
    return tuple(series for series in SERIES.values() if series.family == family)
