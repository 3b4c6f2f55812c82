"""The lines of a log that another program wrote, and what is wrong with them as one line for a person.

Goes in: a file, possibly gzip-compressed, from anybody. Comes out: line by line, so that what is kept of it is all that
it costs.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import ToolError

GZIP = b"\x1f\x8b"
MARK = b"\xef\xbb\xbf"
"""The byte order mark that editors of Windows put in front of UTF-8."""

LONGEST_LINE = 1 << 24
"""Octets of a line: an event with the certificates of a chain has some 10,000."""

MOST_ROWS = 5_000_000
"""Rows of a log that are kept."""


def iter_lines(path: Path) -> Iterator[str]:
    """The lines of a file that are not empty, without their ends, of Unix or Windows, and without a byte order mark.

    Raises ValueError for one that is too long.
    """
    with path.open("rb") as file:
        zipped = file.peek(len(GZIP)).startswith(GZIP)
        lines = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if zipped else file
        while line := lines.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise ValueError(f"a line has more than {LONGEST_LINE:,} octets")
            if text := line.removeprefix(MARK).decode("utf-8", "backslashreplace").rstrip("\r\n"):
                yield text


def parse_object(line: str) -> dict[str, Any]:
    """A line that is a JSON object; raises ValueError for what is none."""
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("a line is no object")
    return found


def add_row(rows: list[Any], row: Any) -> None:
    """Keep one more row; raises ValueError where there are too many."""
    if len(rows) == MOST_ROWS:
        raise ValueError(f"there are more than {MOST_ROWS:,} rows")
    rows.append(row)


@contextmanager
def refusing(path: Path, kind: str) -> Iterator[None]:
    """Raise ToolError, which names the file, for one that cannot be read, and for what is wrong with its content."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise ToolError(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except (ValueError, KeyError) as error:
        raise ToolError(str(path), f"is no {kind}: {error}") from None
    except RecursionError:
        raise ToolError(str(path), f"is no {kind}: an object in it is nested too deeply") from None
