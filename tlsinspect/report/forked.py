"""Work for a page that several processes share, where it is safe to fork them.

Goes in: a function and what it is to be called with. Comes out: what it gives for each, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from ..parallel import follow_parent, parent_number, start_context

Asked = TypeVar("Asked")
Result = TypeVar("Result")
work: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []  # of a process that was started for it


def iter_shared(make: Callable[[Asked], Result], asked: Sequence[Asked], processes: int) -> Iterator[Result]:
    """What `make` gives for each of those asked for, in order, by so many processes.

    They have to be forked, as neither a function nor frames need be sent then; where that is not safe, or one would
    do, this process works alone.
    """
    context = start_context()
    if min(processes, len(asked)) < 2 or context.get_start_method() != "fork":
        yield from map(make, asked)
        return
    with ProcessPoolExecutor(processes, context, prepare, (make, asked, parent_number())) as pool:
        yield from pool.map(make_numbered, range(len(asked)))


def prepare(make: Callable[[Any], Any], asked: Sequence[Any], parent: int) -> None:
    """What such a process does first; it ends with its parent."""
    follow_parent(parent)
    work.append((make, asked))


def make_numbered(number: int) -> Any:
    """Do a part of what this process was started for."""
    [(make, asked)] = work
    return make(asked[number])
