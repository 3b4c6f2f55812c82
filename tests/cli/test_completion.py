"""The completion scripts."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from command_line import run, start


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_TLSINSPECT_COMPLETE" in result.stdout
    assert "tlsinspect" in result.stdout


def test_bash_accepts_its_script() -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    script = run("completion", "bash").stdout
    checked = subprocess.run(
        ["bash", "-c", f"{script}\ncomplete -p tlsinspect"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_completion_offers_tables_and_options() -> None:
    for words, word, offered in (
        ("tlsinspect export --table ", "3", "certificates"),
        ("tlsinspect export --f", "2", "--format"),
        ("tlsinspect ", "1", "summary"),
        ("tlsinspect check a.pcap --policy nist", "4", "nist-ir8547"),
        ("tlsinspect whatif a.pcap --policy ", "4", "bcp195"),
        ("tlsinspect answers a.pcap --cases for", "4", "forward-secrecy"),
    ):
        environment = {"_TLSINSPECT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": word}
        output, _ = start(environment=environment).communicate(timeout=120)
        assert f"plain,{offered}" in output.decode().splitlines()


def test_an_unknown_shell_is_refused() -> None:
    result = run("completion", "tcsh")
    assert result.exit_code == 2
    assert "tcsh" in result.stderr
