"""What callers give in Python -> paths, ids, ports, days; or an error that says what is wrong with it.

Nothing is guessed: what has another type than was asked for is a TypeError, what is out of range a ValueError.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from operator import index
from typing import TypeVar, cast

Path = str | os.PathLike[str]
T = TypeVar("T")

LAST_PORT = 65535
OVERLAPS = ("first", "last")
MOST_MEANT = 3
"""Names that are named where one is not known."""


def list_paths(paths: Path | Iterable[Path]) -> list[str]:
    """One path or several as texts; raises TypeError for what is no path, such as octets or a file that is open."""
    one = isinstance(paths, str | bytes | os.PathLike) or hasattr(paths, "read") or not isinstance(paths, Iterable)
    named: list[object] = [paths] if one else list(cast("Iterable[Path]", paths))
    texts = []
    for path in named:
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"a path is a str or an os.PathLike, not {type(path).__name__}")
        texts.append(os.fspath(path))
    return texts


def pick(named: Mapping[str, T], name: str, what: str) -> T:
    """What has this name; raises KeyError for a name that none has, with those that may have been meant."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a {what} is a text, not {type(name).__name__}")
    if name in named:
        return named[name]
    close = ", ".join(nearest(name, named))
    meant = f"did you mean {close}?" if close else f"there are {', '.join(named)}"
    raise KeyError(f"there is no {what} {name!r}; {meant}")


def nearest(text: str, known: Iterable[str]) -> list[str]:
    """The texts that are spelled most like this one: the same letters and digits first."""
    from difflib import get_close_matches  # a mistake is the only time that it is needed

    spelled: dict[str, str] = {}
    for each in known:
        spelled.setdefault(bare(each), each)
    if bare(text) in spelled:
        return [spelled[bare(text)]]
    return [spelled[each] for each in get_close_matches(bare(text), spelled, n=MOST_MEANT)]


def bare(text: str) -> str:
    """The letters and digits of a text, without the v of TLSv1.2, so that spellings of the same name are the same."""
    letters = "".join(character for character in text.casefold() if character.isalnum())
    return re.sub(r"^((?:d?tls|ssl))v(?=\d)", r"\1", letters)


def list_ids(ids: str | Iterable[str]) -> list[str]:
    """One connection id or several; raises TypeError for what is none, such as a whole frame."""
    if isinstance(ids, str):
        return [ids]
    several = list(ids) if isinstance(ids, Iterable) and not hasattr(ids, "columns") else [ids]
    for each in several:
        if not isinstance(each, str):
            raise TypeError(f"a connection id is a text, as in the column connection_id, not {type(each).__name__}")
    return cast("list[str]", several)


def check_ports(ports: Iterable[int]) -> frozenset[int]:
    """The ports; raises TypeError for what is no whole number, ValueError for one that is no port."""
    if isinstance(ports, str) or not isinstance(ports, Iterable):
        raise TypeError(f"ports are several whole numbers, such as [443, 8443], not {ports!r}")
    numbers = frozenset(whole_number(port, "a port") for port in ports)
    for port in numbers:
        if not 0 <= port <= LAST_PORT:
            raise ValueError(f"port {port} is not within 0 to {LAST_PORT}")
    return numbers


def whole_number(number: int, what: str) -> int:
    """A whole number; raises TypeError for what is none."""
    try:
        return index(number)
    except TypeError:
        raise TypeError(f"{what} is a whole number, not {number!r}") from None


def check_kind(given: object, kind: type, advice: str) -> None:
    """Raise TypeError, with what to give, for what is of another type."""
    if not isinstance(given, kind):
        raise TypeError(f"{advice}, not {type(given).__name__}")


def check_inspection(given: object, what: str) -> None:
    """Raise TypeError for what has no connections, such as a path or a frame. None are made to see that."""
    if not (hasattr(type(given), "connections") or "connections" in getattr(given, "__dict__", ())):
        made = "as tlsinspect.read and Store.inspection give it"
        raise TypeError(f"{what} an Inspection, {made}, not {type(given).__name__}")


def check_filter(text: object) -> None:
    """Raise TypeError for what is no text, such as the truth values that choose rows of a frame."""
    check_kind(text, str, 'a filter is a text, such as "version < 0x0303"')


def check_overlap(overlap: str) -> None:
    """Raise ValueError for what is neither "first" nor "last"."""
    if overlap not in OVERLAPS:
        raise ValueError(f"overlap: {overlap!r} is neither 'first' nor 'last'")


def check_processes(number: int) -> None:
    """Raise TypeError for what is no whole number of processes, ValueError for fewer than one."""
    if whole_number(number, "a number of processes") < 1:
        raise ValueError(f"{number} processes read nothing: at least 1 is needed")


def is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, as stands for an octet of a command line that is no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def utc_day(day: date) -> date:
    """The day of a date, or of a time in UTC (its zone where it has none); raises TypeError for what is no date."""
    if not isinstance(day, date):
        raise TypeError(f"{day!r} is no date, such as datetime.date(2026, 3, 31)")
    if not isinstance(day, datetime):
        return day
    return (day if day.tzinfo is None else day.astimezone(UTC)).date()


def check_time(at: datetime | None) -> None:
    """Raise TypeError for what is no time: a day alone would leave open which of its moments is meant."""
    if at is not None and not isinstance(at, datetime):
        raise TypeError(f"at: {at!r} is no time, such as datetime.datetime(2026, 3, 31, 12, tzinfo=datetime.UTC)")


def check_trust(trust: object) -> None:
    """Raise TypeError for what is no Trust, such as the path of a file: asking its type would load what verifies."""
    if trust is not None and not hasattr(trust, "anchors"):
        made = "trust is what tlsinspect.validation.load_trust makes of files"
        raise TypeError(f"{made}, not {type(trust).__name__}")
