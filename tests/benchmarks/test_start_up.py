"""The table of what starting up costs."""

from __future__ import annotations

from pathlib import Path

from start_up import PANDAS, Took, commands, render


def test_each_command_is_compared_with_its_import() -> None:
    asked = [each for each in commands(Path("a.pcap"), Path("out")) if each.name in (PANDAS, "summary")]
    table = render(asked, {PANDAS: Took(0.4, 0.5), "summary": Took(0.5, 0.5)})
    assert table.splitlines()[-1] == "| `summary` | 500 | 1.25 x `import pandas` | 1.00 | 1.4 x `import pandas` |"
