"""Signals that end a process, before which it cleans up."""

from __future__ import annotations

import signal
import subprocess
import sys

BEGIN = """
import os, signal
from tlsinspect.endings import cleaning
first, second = cleaning(lambda: print("first", flush=True)), cleaning(lambda: print("second", flush=True))
first.__enter__()
second.__enter__()
"""
HANDLER = "print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)\n"
KILL = "os.kill(os.getpid(), signal.SIGTERM)\n"


def run(program: str) -> tuple[int, list[str]]:
    process = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert process.stderr == ""
    return process.returncode, process.stdout.split()


def test_what_began_last_is_cleaned_first() -> None:
    assert run(BEGIN + KILL) == (-signal.SIGTERM, ["second", "first"])


def test_what_began_first_may_end_first() -> None:
    program = BEGIN + "first.__exit__(None, None, None)\n" + HANDLER
    assert run(program + KILL) == (-signal.SIGTERM, ["False", "second"])
    assert run(program + "second.__exit__(None, None, None)\n" + HANDLER) == (0, ["False", "True"])


def test_a_process_cleans_nothing_of_the_one_that_it_was_forked_from() -> None:
    program = BEGIN + "child = os.fork()\nif not child:\n    " + KILL + "print(os.waitpid(child, 0)[1])\n"
    assert run(program) == (0, [str(int(signal.SIGTERM))])


def test_another_handler_is_left_alone() -> None:
    program = "import signal\nsignal.signal(signal.SIGTERM, lambda number, frame: print('theirs', flush=True))\n"
    assert run(program + BEGIN + KILL) == (0, ["theirs"])
