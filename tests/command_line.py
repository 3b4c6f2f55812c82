"""Running the command line: in this process, or as a program of its own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from typing import Any

from click.testing import CliRunner, Result

from tlsinspect.cli import main


def run(*arguments: object, input: bytes | None = None) -> Result:
    """The result of a command run in this process; `input` is its standard input."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=input, prog_name="tlsinspect")


def start(
    *arguments: object, environment: dict[str, str | None] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """A running process, away from the source tree; `options` are those of Popen.

    `environment` changes that of the tests; a variable that is None is unset.
    """
    command = [sys.executable, "-m", "tlsinspect", *(str(argument) for argument in arguments)]
    settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    variables = {name: value for name, value in (os.environ | (environment or {})).items() if value is not None}
    return subprocess.Popen(command, cwd=tempfile.gettempdir(), env=variables, **settings | options)


def start_on_full_disk(room: int, *arguments: object) -> subprocess.Popen[bytes]:
    """A running process that may write `room` octets to a file; of bytecode it would keep half a file unnoticed."""
    return start(
        *arguments,
        environment={"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
