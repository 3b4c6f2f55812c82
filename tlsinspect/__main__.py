"""python -m tlsinspect, and the program of that name."""

import atexit
import codecs
import gc
import io
import os
import sys
import threading

from .errors import INTERRUPTED

PLAIN = {"\u2588": "#", "\u258c": "-", "\u2026": "~", "\u00b7": "-"}
"""What stands for the bars, the mark of what was cut and the dot where an encoding has none; each as wide as it."""

ASCII = "tlsinspect_ascii"
NEW_OBJECTS = 100_000  # between two looks for garbage, of which a command makes next to none

UNABLE = ("strict", "surrogateescape", "backslashreplace")
"""How Python's own streams treat what they cannot encode, unless PYTHONIOENCODING says how."""


def run() -> None:
    """Run the command line in a process of its own.

    Output that cannot be written, too little memory, and a package that is missing are one line and exit status 2.
    """
    try:
        open_missing()
        write_wholly()
        show_what_can_be_shown()
        run_command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "tlsinspect":
            raise
        print(f"tlsinspect: {error}: 'pip install tlsinspect' installs all that it needs", file=sys.stderr)
        sys.exit(2)


def run_command() -> None:
    """Run the command line; it is imported here, so that Ctrl-C ends that as it ends everything else."""
    import click

    from .cli import ALONE, forget_output, main

    gc.set_threshold(NEW_OBJECTS)
    try:
        main(prog_name="tlsinspect", obj=ALONE)
    except SystemExit as ended:
        end(ended)
        raise
    except (OSError, MemoryError) as error:
        if isinstance(error, MemoryError):
            fault = "out of memory"
        elif error.filename is None:
            fault = f"standard output: cannot be written: {error.strerror or error}"
        else:
            raise
        try:
            click.echo(f"tlsinspect: {fault}", err=True)
        except OSError:  # nobody can be told: the exit status tells
            forget_output(sys.stderr)
        forget_output(sys.stdout)
        sys.exit(2)


def open_missing() -> None:
    """Open something in the place of standard streams that the process was started without, as by 2>&-.

    Else the next file that is opened would have the number of one, and whatever is written to that. What is said goes
    nowhere then; output cannot be written, and who writes some is told so; standard input stays missing.
    """
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def write_wholly() -> None:
    """Give standard output the buffer that PYTHONUNBUFFERED takes away: else a long text ends where one write stopped.

    Lines go on to the output at once, as without it.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and isinstance(sys.stdout.buffer, io.RawIOBase):
        buffered = io.BufferedWriter(sys.stdout.buffer)
        sys.stdout = io.TextIOWrapper(buffered, sys.stdout.encoding, sys.stdout.errors, line_buffering=True)


def show_what_can_be_shown() -> None:
    """Let no character that an encoding has not end a command, unless PYTHONIOENCODING says what happens then.

    Where that is ASCII it gets another name: click writes UTF-8 to what is called ASCII, and rich does not.
    """
    codecs.register_error("plainly", write_plainly)
    codecs.register(find_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            errors = "plainly" if stream.errors in UNABLE else stream.errors
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=ASCII if is_ascii else stream.encoding, errors=errors)


def find_ascii(name: str) -> codecs.CodecInfo | None:
    """ASCII under our name for it. Spec: Python's codecs, register."""
    if name != ASCII:
        return None
    found = codecs.lookup("ascii")
    return codecs.CodecInfo(
        found.encode, found.decode, found.streamreader, found.streamwriter, found.incrementalencoder,
        found.incrementaldecoder, name,
    )  # fmt: skip


def write_plainly(error: UnicodeError) -> tuple[str, int]:
    """What to write for characters that the output's encoding has not, and where to go on: escapes, and PLAIN.

    Spec: Python's codecs, register_error.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    plain = (PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in characters)
    return "".join(plain), error.end


def end(ended: SystemExit) -> None:
    """End the process at once; where it has more to do than that, do nothing.

    The interpreter would first take every module and table apart, which takes up to a fifth of a short command.
    """
    if threading.active_count() > 1 or not (ended.code is None or isinstance(ended.code, int)):
        return
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # nobody reads any more: the interpreter says so as always
        return
    atexit._run_exitfuncs()
    os._exit(ended.code or 0)


if __name__ == "__main__":
    run()
