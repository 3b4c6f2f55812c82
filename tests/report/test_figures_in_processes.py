"""Drawing by processes where no home can be written, as for a user of a container that has none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import DEMO

ROOT = Path(__file__).parent.parent.parent


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


def test_what_draws_is_imported_before_processes_are_forked() -> None:
    program = """
import sys
from tests.synthetic import make_connection, make_frames
from tlsinspect.charts import compose_chart, draw_chart
from tlsinspect.charts.files import svg_text
from tlsinspect.report.figures import prepare_drawing
content = compose_chart("tls13-over-time", make_frames(connections=[make_connection(1)]))
prepare_drawing()
before = set(sys.modules)
svg_text(draw_chart(content))
late = [name for name in sys.modules if name.startswith("matplotlib.") and name not in before]
assert late == [], late
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
