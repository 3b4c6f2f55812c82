"""How the program's own process ends."""

from __future__ import annotations

import gc
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run, start
from samples import CAPTURES, DEMO

FULL_DEVICE = Path("/dev/full")
CAPTURE = CAPTURES / "handshakes" / "tls12.pcap"

PROGRAM = """
import atexit, sys, threading
from tlsinspect import __main__ as program

class Kept:
    def __del__(self):
        print("taken apart")

kept = Kept()
sys.modules["kept"] = kept  # goes when the interpreter takes itself apart
atexit.register(print, "handler")
print("shown", end=" ")
print("told", end=" ", file=sys.stderr)
{before}
program.end(SystemExit({code}))
print("went on")
"""


def ended(code: str, before: str = "") -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(code=code, before=before)
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)


@pytest.mark.parametrize(("code", "status"), [("0", 0), ("None", 0), ("2", 2), ("130", 130)])
def test_a_command_that_is_over_ends_at_once(code: str, status: int) -> None:
    process = ended(code)
    assert process.returncode == status
    assert process.stdout == "shown handler\n"
    assert process.stderr == "told "


@pytest.mark.parametrize(
    ("code", "before"),
    [
        ("'words'", ""),
        ("0", "threading.Thread(target=threading.Event().wait, args=(0.2,)).start()"),
        ("0", "sys.stderr = open('/dev/full', 'w'); sys.stderr.write('lost')"),
    ],
    ids=["a text to be shown", "another thread", "a stream that cannot be written"],
)
def test_where_there_is_more_to_do_the_interpreter_does_it(code: str, before: str) -> None:
    process = ended(code, before)
    assert process.stdout.startswith("shown went on\nhandler\n")


def test_a_process_without_standard_output_ends_all_the_same() -> None:
    assert ended("3", "sys.stdout = None").returncode == 3


def test_the_program_ends_with_the_status_of_its_command() -> None:
    before = "sys.argv[1:] = ['nothing']; program.run()"
    process = ended("0", before)
    assert process.returncode == 2
    assert "No such command 'nothing'" in process.stderr
    assert process.stdout == "shown handler\n"


@pytest.mark.skipif(not FULL_DEVICE.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command",
    [["--help"], ["limits"], ["completion", "bash"], ["summary", str(CAPTURE)], ["export", str(CAPTURE)]],
    ids=" ".join,
)
def test_output_that_cannot_be_written_is_one_line(command: list[str]) -> None:
    with FULL_DEVICE.open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "tlsinspect", *command], check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert process.returncode == 2
    assert process.stderr == "tlsinspect: standard output: cannot be written: No space left on device\n"


@pytest.mark.skipif(not FULL_DEVICE.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command", [["--help"], ["summary", str(CAPTURE)], ["export", str(CAPTURE)], ["summary", "none"]]
)
def test_the_exit_status_tells_where_nothing_can_be_written(command: list[str]) -> None:
    with FULL_DEVICE.open("wb") as full:
        words = [sys.executable, "-m", "tlsinspect", *command]
        assert subprocess.run(words, check=False, stdout=full, stderr=full).returncode == 2


@pytest.mark.parametrize(
    "command", [("summary", DEMO), ("answers", DEMO, "--format", "json")], ids=lambda command: command[0]
)
def test_no_output_is_cut_in_silence_where_python_does_not_buffer_it(
    command: tuple[object, ...], tmp_path: Path
) -> None:
    """The output may have 100 octets, as on a disk that is nearly full: the system takes so many of a longer text."""

    def bound() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    with (tmp_path / "out").open("wb") as output:
        environment = {"PYTHONUNBUFFERED": "1", "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
        process = start(*command, environment=environment, stdout=output, preexec_fn=bound)
        _, errors = process.communicate()
    assert process.returncode == 2
    assert errors == b"tlsinspect: standard output: cannot be written: File too large\n"


def without(descriptors: tuple[int, ...], *command: object) -> subprocess.CompletedProcess[str]:
    """A command that was started without some of its standard streams."""

    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    words = [sys.executable, "-m", "tlsinspect", *(str(word) for word in command)]
    return subprocess.run(
        words, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, preexec_fn=close
    )


@pytest.mark.parametrize("command", [("summary",), ("export",), ("names",)], ids=" ".join)
def test_without_standard_error_what_is_found_is_shown_all_the_same(command: tuple[str, ...], tmp_path: Path) -> None:
    shown = without((), *command, CAPTURE)
    assert shown.stdout
    unheard = without((2,), *command, CAPTURE)
    assert (unheard.returncode, unheard.stdout) == (0, shown.stdout)
    refused = without((2,), *command, tmp_path / "missing")
    assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.parametrize(
    "command",
    [("--help",), ("summary", CAPTURE), ("export", CAPTURE), ("extract", CAPTURE, "--where", "version > 0", "-o", "-")],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("missing", [(1,), (0, 1)], ids=str)
def test_without_standard_output_what_would_be_written_there_is_one_line(
    command: tuple[object, ...], missing: tuple[int, ...]
) -> None:
    process = without(missing, *command)
    assert process.returncode == 2
    [line] = [line for line in process.stderr.splitlines() if "selected" not in line]
    assert line.endswith(": cannot be written: Bad file descriptor")


def test_without_standard_streams_a_file_gets_what_is_meant_for_it_and_nothing_else(tmp_path: Path) -> None:
    path, damaged = tmp_path / "rows.csv", tmp_path / "cut.pcap"
    damaged.write_bytes(CAPTURE.read_bytes()[:-30])
    expected = without((), "export", damaged).stdout
    assert without((0, 1, 2), "export", damaged, "-o", path).returncode == 0
    assert path.read_text() == expected


@pytest.mark.parametrize("command", ["summary", "export"])
def test_without_standard_input_a_capture_from_there_is_one_line(command: str) -> None:
    process = without((0,), command, "-")
    assert process.returncode == 2
    assert process.stderr == "tlsinspect: -: standard input is closed: pipe a capture into it\n"


def in_encoding(name: str, *command: object) -> tuple[int, str, str]:
    """The exit status and what a command shows and tells where the streams have this encoding."""
    process = start(*command, environment={"PYTHONIOENCODING": name, "COLUMNS": "100"})
    output, errors = process.communicate()
    encoding = name.partition(":")[0]
    return process.returncode, output.decode(encoding), errors.decode(encoding)


@pytest.mark.parametrize(
    ("command", "name"),
    [(command, name) for command in ("summary", "names") for name in ("ascii", "latin-1", "cp1252")],
)
def test_what_the_output_cannot_encode_is_shown_in_other_characters_of_the_same_width(command: str, name: str) -> None:
    wanted = in_encoding("utf-8", command, DEMO)
    shown = in_encoding(name, command, DEMO)
    assert not wanted[1].isascii()
    assert (shown[0], shown[2]) == (0, wanted[2])
    plain = wanted[1].replace("\u2588", "#").replace("\u258c", "-")
    assert shown[1] == (plain if name == "cp1252" else plain.replace("\u2026", "~"))


def test_other_characters_are_escaped_and_a_choice_of_the_person_holds(tmp_path: Path) -> None:
    path = tmp_path / "\u65e5\u672c-\u00b7.pcap"
    path.write_bytes(CAPTURE.read_bytes())
    assert "\\u65e5\\u672c--.pcap" in in_encoding("ascii", "summary", path)[1]
    assert "??-?.pcap" in in_encoding("ascii:replace", "summary", path)[1]
    told = in_encoding("latin-1", "summary", tmp_path / "\u65e5.pcap")
    assert told[0] == 2
    assert "\\u65e5.pcap: no such file" in told[2]


@pytest.mark.parametrize("command", ["summary", "names", "certificates"])
def test_text_is_shown_in_ascii_where_the_locale_has_no_more(command: str) -> None:
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None}
    process = start(command, DEMO, environment=environment)
    output, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert output.isascii() and b"~" in output


@pytest.mark.parametrize(
    "command",
    [("--help",), ("limits",), ("summary", CAPTURE), ("export", DEMO), ("check", DEMO, "--policy", "bsi-tr-02102-2")],
    ids=lambda command: command[0],
)
def test_an_output_that_nobody_reads_any_more_ends_as_in_other_programs(command: tuple[object, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start(*command, stdout=writing)
    os.close(writing)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (141, b"")


def test_too_little_memory_is_one_line_and_status_2() -> None:
    program = """
import tlsinspect.cli as cli
from tlsinspect.__main__ import run

def summary():
    raise MemoryError("malloc of size 1048576 failed")

cli.main = lambda **options: summary()
run()
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "tlsinspect: out of memory\n")


def test_a_package_that_is_not_installed_is_one_line_and_status_2() -> None:
    program = f"""
import sys
sys.modules["zstandard"] = None
sys.argv = ["tlsinspect", "summary", {str(CAPTURES / "variants" / "format-zstandard.pcap.zst")!r}]
from tlsinspect.__main__ import run
run()
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith("tlsinspect: ")
    assert line.endswith("'pip install tlsinspect' installs all that it needs")
    assert "zstandard" in line


def test_a_program_that_runs_a_command_looks_for_garbage_as_before() -> None:
    before = gc.get_threshold()
    assert run("limits").exit_code == 0
    assert gc.get_threshold() == before
