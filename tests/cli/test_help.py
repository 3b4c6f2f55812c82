"""--help: complete, with examples that work, and at once."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import run

from tlsinspect.cli import main, pivots

COMMANDS = sorted(main.commands)
SLOW_IMPORTS = ("pandas", "pyarrow", "numpy", "matplotlib", "rich", "cryptography", "scapy", "jinja2", "pyshark")
MOST_MODULES = 200  # click and what it needs are 120; a fifth of a second is enough for many more


def examples_of(command: str) -> list[list[str]]:
    """The arguments of each example in a command's help, up to a pipe or redirection."""
    text = main.commands[command].help or ""
    found = []
    for line in text.partition("Examples:")[2].splitlines():
        _, called, rest = line.partition(f"tlsinspect {command}")
        if called:
            words = shlex.split(rest.replace(')"', " "))
            found.append([word for at, word in enumerate(words) if not {"|", ">"} & set(words[: at + 1])])
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_examples_that_parse(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    examples = examples_of(command)
    assert len(examples) >= 2
    for arguments in examples:
        main.commands[command].make_context(command, list(arguments))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_every_command_is_explained(command: str) -> None:
    for parameter in main.commands[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_help_of_the_program_lists_every_command_with_a_whole_sentence() -> None:
    text = run("--help").stdout
    assert "tlsinspect summary capture.pcapng" in text
    for command in COMMANDS:
        [line] = [line for line in text.splitlines() if line.startswith(f"  {command} ")]
        assert line.endswith(".") and not line.endswith("...")


def test_help_of_a_case_cuts_no_sentence() -> None:
    lines = run("case", "--help").stdout.partition("Commands:\n")[2].splitlines()
    assert len(lines) == 6 and all(line.endswith(".") and not line.endswith("...") for line in lines)


def test_short_options_ask_for_help_and_version() -> None:
    assert run("-h").stdout == run("--help").stdout
    assert run("-V").stdout.startswith("tlsinspect ")


def test_a_typing_mistake_in_a_command_is_one_error_and_status_2() -> None:
    result = run("sumary", "x.pcap")
    assert result.exit_code == 2
    assert "sumary" in result.stderr


@pytest.mark.parametrize("arguments", [["--help"], *([command, "--help"] for command in COMMANDS)], ids=" ".join)
def test_help_loads_nothing_that_is_slow_to_load(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom tlsinspect.cli import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        f"print(len(sys.modules), *({{name.partition('.')[0] for name in sys.modules}} & set({SLOW_IMPORTS!r})))"
    )
    printed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    count, *slow = printed.stdout.splitlines()[-1].split()
    assert slow == []
    assert int(count) < MOST_MODULES


def test_a_command_loads_no_other_command() -> None:
    code = "import sys\nfrom tlsinspect.cli import main\nmain.commands['summary']\nprint(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    loaded = {name.removeprefix("tlsinspect.cli.") for name in printed if name.startswith("tlsinspect.cli.")}
    assert loaded == {"captures", "options", "output", "summary"}


def test_every_pivot_has_a_command_of_its_name() -> None:
    assert set(pivots.PIVOTS) <= {*COMMANDS}
    assert [main.commands[name].name for name in COMMANDS] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_value_is_called_by_what_it_is_and_not_by_its_type(command: str) -> None:
    assert not {"INTEGER", "FLOAT", "RANGE"} & set(run(command, "--help").stdout.split())


def test_diff_reads_several_as_one_only_where_it_splits_them() -> None:
    assert "with --split several are read as one" in " ".join(run("diff", "--help").stdout.split())
