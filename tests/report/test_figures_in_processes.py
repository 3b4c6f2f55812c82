"""Drawing by processes where no home can be written, as for a user of a container that has none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import DEMO


@pytest.mark.parametrize("command", ["report", "chart"])
def test_matplotlib_says_nothing_and_leaves_nothing_where_no_home_can_be_written(command: str, tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.touch()  # below a file there is no folder, not for root either
    temporary.mkdir()
    arguments = {
        "report": ["-o", tmp_path / "out", "--processes", "2"],
        "chart": ["versions", "-o", tmp_path / "v.svg"],
    }
    environment = {name: value for name, value in os.environ.items() if name not in ("MPLCONFIGDIR", "XDG_CONFIG_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "tlsinspect", command, str(DEMO), *map(str, arguments[command])],
        check=True,
        capture_output=True,
        text=True,
        env=environment | {"HOME": str(home), "TMPDIR": str(temporary)},
    )
    assert (done.stderr, list(temporary.iterdir())) == ("", [])
