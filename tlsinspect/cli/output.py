"""What commands say beside their results: remarks and errors on standard error, progress, texts laid out by rich."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ..errors import FilterError, TlsInspectError
from . import endings

if TYPE_CHECKING:
    from rich.console import Console

    from ..reading import Progress


def tell(text: str) -> None:
    """Say a line on standard error, with everything escaped that a terminal would act upon."""
    from ..export.text import escape_control

    click.echo(f"tlsinspect: {escape_control(text)}", err=True)


@contextmanager
def errors_as_one_line() -> Iterator[None]:
    """What cannot be read or understood is one line on standard error and exit status 2; a filter is shown below it."""
    try:
        with endings():
            yield
    except FilterError as error:
        refuse_filter(error)
    except TlsInspectError as error:
        tell(str(error))
        sys.exit(2)


def refuse_filter(error: FilterError) -> NoReturn:
    """Show a filter and the place of its mistake, which the error has made safe to print, and end with status 2."""
    click.echo(f"tlsinspect: {error}", err=True)
    sys.exit(2)


@contextmanager
def writing_to(output: str) -> Iterator[None]:
    """A file or folder that cannot be written is one line on standard error and exit status 2."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        place = "standard output" if output == "-" else output
        taken = isinstance(error, FileExistsError) and Path(output).is_file()
        tell(f"{place}: cannot be written: {'it is a file, and no folder' if taken else error.strerror or error}")
        sys.exit(2)


def quiet_matplotlib() -> None:
    """Let matplotlib keep to itself where it keeps its list of fonts, and that it makes one: drawing is the same."""
    import logging

    logging.getLogger("matplotlib").addHandler(logging.NullHandler())


@contextmanager
def progress_bar(doing: str = "reading", octets: bool = True) -> Iterator[Progress | None]:
    """A bar with rate and time left, on standard error, on a terminal only; of octets, or of other things."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as Speed

    rate = (DownloadColumn(), Speed()) if octets else (MofNCompleteColumn(),)
    columns = (TextColumn(doing), BarColumn(), *rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_rendered(shown: Any) -> None:
    """Print a text as it is, and anything else as rich lays it out for this terminal."""
    if isinstance(shown, str):
        click.echo(shown)
        return
    open_console().print(shown, crop=False)


def open_console() -> Console:
    """Standard output for rich, whose own console would end the process where nobody reads that any more."""
    from rich.console import Console

    class Output(Console):
        """Leaves that to errors_as_one_line."""

        def on_broken_pipe(self) -> None:
            """Raise it again."""
            raise BrokenPipeError

    if not os.environ.get("COLUMNS", "1").strip("0"):
        del os.environ["COLUMNS"]  # as where a terminal's size is not known: rich would print nothing
    return Output()
