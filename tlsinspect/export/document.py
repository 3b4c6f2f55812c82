"""One JSON document with an indent of one, written a piece at a time: its text is never held whole.

Goes in: what JSON has, and iterators in place of long lists. Comes out: the text that json.dumps makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any


def iter_document(value: Any, line: str = "\n") -> Iterator[str]:
    """The pieces of a document's text; an iterator in it is a list, of which one thing at a time is asked for."""
    inner = line + " "
    if isinstance(value, dict) and value:
        yield "{"
        for place, (name, each) in enumerate(value.items()):
            yield f"{',' if place else ''}{inner}{json.dumps(name)}: "
            yield from iter_document(each, inner)
        yield line + "}"
    elif isinstance(value, list | Iterator):
        yield from iter_list(value, line)
    else:
        yield text_of(value, line)


def iter_list(values: Iterable[Any], line: str) -> Iterator[str]:
    """The pieces of a list, one for each thing in it."""
    inner = line + " "
    begin = "["
    for each in values:
        yield begin + inner + text_of(each, inner)
        begin = ","
    yield "[]" if begin == "[" else line + "]"


def text_of(value: Any, line: str) -> str:
    """The text of one thing; `line` is what begins a line as far in as this one."""
    return json.dumps(value, indent=1).replace("\n", line)
