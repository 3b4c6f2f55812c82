"""Worker processes end with the process that started them, whatever ends that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from samples import CAPTURES

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 120.0
ENDINGS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc tells which processes live")

SHARED = """
import os, signal, time

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run where it is ignored, as by nohup

def sleep(*what):
    os.write(1, f"{{os.getpid()}}\\n".encode())
    time.sleep(600)

{program}
"""
READING = """
import sys
from pathlib import Path
from tlsinspect import parallel
from tlsinspect.capture import CaptureSource
from tlsinspect.reading import Request

def receive(workers):
    print(*(worker.pid for worker in workers.values()), sep="\\n", flush=True)
    for _ in range(12_000):  # a signal that comes as a sleep begins is handled behind it
        time.sleep(0.05)
    yield

parallel.PIPE_LENGTH = 4096  # octets, which the first rows fill
request = Request([CaptureSource(Path(sys.argv[1]))], frozenset({443}), ("connections",))
reading = parallel.ParallelReading(request, None, 2)
reading.receive = receive
list(reading)
"""
PROGRAMS = {
    "reading": READING,
    "ingestion": """
from tlsinspect.store import executors
executors.run_strand = sleep
executors.run_in_processes((1, 2), 2, lambda octets: None)
""",
    "drawing": """
from tlsinspect.forked import iter_shared
list(iter_shared(sleep, range(8), 2))
""",
}


def alive(process: int) -> bool:
    """Whether a process is there, and more than what is left of it until somebody asks how it ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@contextmanager
def started(program: str) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process with two workers, whose numbers it prints, and these; none of them lives on."""
    command = [sys.executable, "-c", SHARED.format(program=program), str(CAPTURES / "demo.pcapng")]
    workers: list[int] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            workers += [int(process.stdout.readline()) for _ in range(2)]
            yield process, workers
        finally:
            for each in (process.pid, *workers):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)


def wait_for_end(workers: list[int]) -> None:
    """Return once none of the workers is there any more."""
    patience = time.monotonic() + PATIENCE_SECONDS
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < patience
        time.sleep(POLL_SECONDS)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.name)
@pytest.mark.parametrize("program", PROGRAMS)
def test_workers_end_with_the_process_that_started_them(program: str, ending: signal.Signals) -> None:
    with started(PROGRAMS[program]) as (process, workers):
        process.send_signal(ending)
        assert process.wait(PATIENCE_SECONDS) == -ending
        wait_for_end(workers)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_worker_ends_where_nobody_takes_its_rows_and_no_signal_comes() -> None:
    unheard = READING.replace("parallel.PIPE_LENGTH", "parallel.parent_number = lambda: 0\nparallel.PIPE_LENGTH", 1)
    with started(unheard) as (process, workers):
        process.kill()
        wait_for_end(workers)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_worker_whose_parent_ended_before_it_began_ends_too() -> None:
    program = "import os\nfrom tlsinspect.forked import follow_parent\nfollow_parent(os.getpid())\nprint('went on')"
    process = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (process.returncode, process.stdout) == (-signal.SIGTERM, "")


@pytest.mark.parametrize("program", ["reading", "ingestion"])
def test_the_parent_ends_its_workers_where_the_system_does_not(program: str) -> None:
    silent = "import tlsinspect.forked\ntlsinspect.forked.parent_number = lambda: 0\n"
    with started(silent + PROGRAMS[program]) as (process, workers):
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGTERM
        wait_for_end(workers)


def test_a_signal_that_is_ignored_stays_so() -> None:
    program = """
import os, signal
from tlsinspect.parallel import ending_with
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with ending_with(lambda: []):
    os.kill(os.getpid(), signal.SIGHUP)
    print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, end=" ")
print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
"""
    process = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (process.returncode, process.stdout) == (0, "False True\n")


def run_program(program: str, *arguments: str) -> str:
    """What a Python program of its own, where work is forked, prints."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_SECONDS).stdout


def test_work_that_is_shared_begins_at_once_and_ends_where_nobody_wants_it_any_more(tmp_path: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from tlsinspect.forked import sharing

folder = Path(sys.argv[1])

def make(number):
    (folder / str(number)).touch()
    time.sleep(600)

try:
    with sharing(make, range(9), 2):
        while not list(folder.iterdir()):
            time.sleep(0.01)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("interrupted")
"""
    assert run_program(program, str(tmp_path)) == "interrupted\n"
    assert len(list(tmp_path.iterdir())) <= 2


def test_a_process_that_was_forked_for_work_shares_its_own_with_nobody() -> None:
    program = """
import os
from tlsinspect.forked import iter_shared

def numbers(count):
    return {os.getpid()} | set(iter_shared(lambda number: os.getpid(), range(count), 2))

print([len(found) for found in iter_shared(numbers, [3, 4, 5], 2)], len(numbers(9)) > 1)
"""
    assert run_program(program) == "[1, 1, 1] True\n"


def test_a_worker_that_is_killed_is_an_error_of_this_package_s_own() -> None:
    program = """
import os, signal
from tlsinspect.errors import TlsInspectError
from tlsinspect.forked import iter_shared

try:
    list(iter_shared(lambda number: os.kill(os.getpid(), signal.SIGKILL), range(9), 2))
except TlsInspectError as error:
    print(error)
"""
    assert run_program(program) == "a worker process was killed (out of memory?)\n"


LACKING = {
    "semaphores": """
import _multiprocessing
import multiprocessing.synchronize

def refuse(*what):
    raise FileNotFoundError(2, "No such file or directory")

_multiprocessing.SemLock = refuse
""",
    "processes": """
fork, forked = os.fork, []

def fork_once():
    if forked:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    forked.append(None)
    return fork()

os.fork = fork_once
""",
    "threads": """
import threading

def refuse(*what, **how):
    raise RuntimeError("can't start new thread")

threading._start_new_thread = threading._start_joinable_thread = refuse  # the latter since Python 3.13
""",
}
WORKS = {
    "reading": """
import sys
from pathlib import Path
from tlsinspect.capture import CaptureSource
from tlsinspect.parallel import ParallelReading
from tlsinspect.reading import Reading, Request

def told(reading):
    rows = [(batch.table, row) for batch in reading for row in batch.rows.to_pylist()]
    return rows, reading.totals.captures, reading.totals.problems, reading.totals.listed

def request():
    return Request([CaptureSource(Path(sys.argv[1]))], frozenset({443}), ("connections", "messages"))

seen = [os.getpid()]
assert told(ParallelReading(request(), None, 2)) == told(Reading(request(), None))
""",
    "ingestion": """
from tlsinspect.store import executors
seen = []
executors.run_strand = lambda work, told=None: seen.append(os.getpid())
executors.fresh_octets = lambda work: 0
executors.run_works([1, 2, 3], None, 2, lambda octets: None)
""",
    "drawing": """
from tlsinspect.forked import iter_shared
seen = list(iter_shared(lambda number: os.getpid(), range(8), 2))
""",
    "counting": """
from tlsinspect.adoption.divide import count_parts

def count(part, certificates, by):
    return os.getpid()

seen = [number for part, number in count_parts(count, ["a", "b", "c"], None, "day", 2)]
""",
}
LEFT = """
try:
    left = os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    left = "nobody"
print(set(seen) == {os.getpid()}, left)
"""


@pytest.mark.parametrize("program", WORKS)
@pytest.mark.parametrize("lacking", LACKING)
def test_a_process_works_alone_where_no_others_can_be_started(lacking: str, program: str) -> None:
    if (lacking, program) == ("threads", "reading"):
        pytest.skip("a shared reading starts no thread")
    whole = f"import os\n{LACKING[lacking]}{WORKS[program]}{LEFT}"
    assert run_program(whole, str(CAPTURES / "demo.pcapng")) == "True nobody\n"


def test_counting_says_that_a_worker_was_killed_and_leaves_ctrl_c_to_its_parent() -> None:
    program = """
import os, signal
from tlsinspect.adoption.divide import count_parts
from tlsinspect.errors import TlsInspectError

def ignores(part, certificates, by):
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN

def killed(part, certificates, by):
    os.kill(os.getpid(), signal.SIGKILL)

print([ignored for part, ignored in count_parts(ignores, ["a", "b"], None, "day", 2)])
try:
    list(count_parts(killed, ["a", "b"], None, "day", 2))
except TlsInspectError as error:
    print(error)
"""
    assert run_program(program) == "[True, True]\na worker process was killed (out of memory?)\n"


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "a worker process was killed (out of memory?)"),
        ("raise MemoryError", "MemoryError"),
        ("os._exit(3)", "a worker process ended early (exit status 3)"),
    ],
)
def test_a_shared_reading_says_how_a_worker_ended(end: str, told: str) -> None:
    program = f"""
import os, signal, sys
from pathlib import Path
from tlsinspect import parallel
from tlsinspect.capture import CaptureSource
from tlsinspect.errors import TlsInspectError
from tlsinspect.reading import Request

def laid_out(rows):
    {end}

parallel.laid_out = laid_out
request = Request([CaptureSource(Path(sys.argv[1]))], frozenset({{443}}), ("connections",))
try:
    list(parallel.ParallelReading(request, None, 2))
except (TlsInspectError, MemoryError) as error:
    print(str(error) or type(error).__name__)
"""
    assert run_program(program, str(CAPTURES / "demo.pcapng")) == f"{told}\n"
