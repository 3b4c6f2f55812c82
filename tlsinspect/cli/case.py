"""tlsinspect case: captures, commands, outputs and notes in one folder that another person can verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .captures import tell_passed_over
from .lines import print_lines
from .output import errors_as_one_line, tell, writing_to

if TYPE_CHECKING:
    from ..errors import CaptureError

DIRECTORY = click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
BY = click.option("--by", default="", metavar="NAME", help="Who does it, for the log.")
REFERENCE = click.option(
    "--reference", is_flag=True,
    help="Do not copy files into the case; keep their hashes and where they are, as seen from DIR.",
)  # fmt: skip


@click.group()
def case() -> None:
    """Keep what was read, run and found for others to verify.

    DIR is a folder that holds the inputs by hash, a log of what was run and noted, chained by hash, and the outputs
    by hash. It can be moved, packed and sent: docs/case.md.

    \b
    Examples:
      tlsinspect case new march capture.pcapng --by "A. Analyst"
      tlsinspect case run march -- findings --severity-at-least high
      tlsinspect case run march -- report -o report
      tlsinspect case note march "10.0.0.7 is the test client: asked on the phone"
      tlsinspect case show march
      tlsinspect case verify march
    """


@case.command()
@BY
@REFERENCE
@DIRECTORY
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE...")
def new(directory: Path, captures: tuple[str, ...], reference: bool, by: str) -> None:
    """Make a case of captures, which are copied into it.

    CAPTURE is a file, a folder for all captures below it, or a store. DIR is made, or is an empty folder.

    \b
    Examples:
      tlsinspect case new march capture.pcapng
      tlsinspect case new march monday.pcapng tuesday.pcapng --by "A. Analyst"
      tlsinspect case new march big.pcapng --reference
      tlsinspect case new year-2026 year --reference
    """
    with errors_as_one_line(), writing_to(str(directory)):
        from ..case import create_case
        from ..case.text import describe_input

        passed_over: list[CaptureError] = []
        made = create_case(directory, captures, reference, by, passed_over)
        tell_passed_over(*passed_over)
        print_lines([f"{directory}: a case of", *(f"  {describe_input(each)}" for each in made.inputs), seal(made)])


@case.command()
@BY
@REFERENCE
@DIRECTORY
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def add(directory: Path, files: tuple[str, ...], reference: bool, by: str) -> None:
    """Add captures, stores, or other files that runs read.

    Such files are lists of indicators, policies and trusted certificates.

    \b
    Examples:
      tlsinspect case add march wednesday.pcapng
      tlsinspect case add march sslblacklist.csv
    """
    with errors_as_one_line(), writing_to(str(directory)):
        from ..case import add_inputs, open_case
        from ..case.text import describe_input

        before = open_case(directory)
        passed_over: list[CaptureError] = []
        after = add_inputs(before, files, reference, by, passed_over)
        tell_passed_over(*passed_over)
        added = after.inputs[len(before.inputs) :]
        print_lines([*(f"added {describe_input(each)}" for each in added), seal(after)])
        passed = len(files) - len(added)
        if not added:
            tell(f"nothing added: the case has {'it' if passed == 1 else 'them'} already")


@case.command(context_settings={"allow_interspersed_args": False})
@BY
@DIRECTORY
@click.argument("words", nargs=-1, required=True, metavar="COMMAND...")
@click.pass_context
def run(context: click.Context, directory: Path, words: tuple[str, ...], by: str) -> None:
    """Run a command on the case, and keep what it prints and writes.

    COMMAND is written as without the case, behind --, but captures and other inputs go by their names in the case, and
    where no capture is named all are read. Files that it writes are named without a folder of their own, or below
    one: they land in outputs/. Captures are read by one process, so that rows come in the same order every time.

    \b
    Examples:
      tlsinspect case run march -- summary
      tlsinspect case run march -- report -o report --title "Office uplink, March"
      tlsinspect case run march -- diff monday.pcapng tuesday.pcapng
      tlsinspect case run march -- findings --indicators sslblacklist.csv
    """
    with errors_as_one_line(), writing_to(str(directory)):
        from ..case import add_run, open_case
        from ..case.run import MISTAKE
        from ..statistics.wording import number_text

        words = words[1:] if words[0] == "--" else words
        if not words:
            raise click.UsageError("say which command, behind --")
        after, outcome = add_run(open_case(directory), words, reads_captures(context, words[0]), by)
        for stream, octets in ((sys.stdout, outcome.stdout), (sys.stderr, outcome.stderr)):
            click.echo(octets, nl=False, file=stream.buffer)
        if outcome.status == MISTAKE:
            tell("nothing was kept; files that a run reads are added with 'case add'")
            sys.exit(MISTAKE)
        made = after.runs[-1]
        kept = number_text(len(made.outputs), "file")
        for line in (f"entry {made.number}: {made.folder}, {kept}", seal(after)):
            tell(line)
        sys.exit(outcome.status)


@case.command()
@BY
@DIRECTORY
@click.argument("text")
def note(directory: Path, text: str, by: str) -> None:
    """Add a note.

    \b
    Examples:
      tlsinspect case note march "10.0.0.7 is the test client: asked on the phone"
      tlsinspect case note march "Report sent to the owner of the server" --by "A. Analyst"
    """
    with errors_as_one_line(), writing_to(str(directory)):
        from ..case import add_note, open_case

        print_lines([seal(add_note(open_case(directory), text, by))])


@case.command()
@DIRECTORY
def show(directory: Path) -> None:
    """List inputs, runs with versions, notes, and the seal.

    \b
    Examples:
      tlsinspect case show march
    """
    with errors_as_one_line():
        from ..case import open_case
        from ..case.text import render_case

        print_lines(render_case(open_case(directory)))


@case.command()
@DIRECTORY
@click.option(
    "--seal", "given", default="", metavar="HASH",
    help="The seal as noted elsewhere, or its first 8 digits or more: has the log been rewritten since?",
)  # fmt: skip
@click.option("--no-repeat", is_flag=True, help="Check hashes only, and run nothing again.")
def verify(directory: Path, given: str, no_repeat: bool) -> None:
    """Check log, inputs and outputs by hash, and do every run again.

    Every input, output and entry that is not what the log says is named, and every output that comes out different
    now. Nothing in the case is changed. The exit status is 1 where anything does not hold.

    \b
    Examples:
      tlsinspect case verify march
      tlsinspect case verify march --seal 3f1c02ab9d1e
    """
    with errors_as_one_line():
        from ..case import open_case, verify_case
        from ..case.text import render_check

        wrong = count = 0
        for check in verify_case(open_case(directory), given, not no_repeat):
            print_lines([render_check(check)])
            count += 1
            wrong += not check.holds
        click.echo(f"{wrong} of {count} checks failed" if wrong else f"All {count} checks hold")
        sys.exit(1 if wrong else 0)


def seal(made: Any) -> str:
    """The line that says a case's seal."""
    return f"seal {made.seal}"


def reads_captures(context: click.Context, name: str) -> bool:
    """Whether a command of this program reads captures; raises UsageError for one that there is not."""
    from ..case.run import NOT_REPEATED

    main = context.find_root().command
    command = main.commands.get(name) if isinstance(main, click.Group) else None
    if command is None or name in NOT_REPEATED:
        raise click.UsageError(f"{name!r} is no command that can be run in a case")
    return any(parameter.name == "captures" for parameter in command.params)
