"""How many instructions the kernel takes for the demo capture, counted by valgrind.

    python tests/count_instructions.py             # count, and compare with what is stored
    python tests/count_instructions.py --record    # store the count for this Python and this machine

The count does not depend on how busy the machine is: it repeats to a millionth. It does depend on the
interpreter and on the processor's instruction set, so that each has a reference of its own. What is counted
are the walk through the packets and the building of connections, not the start of the program.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CAPTURE = ROOT / "captures" / "demo.pcapng"
REFERENCES = ROOT / "tests" / "goldens" / "instructions.json"
TOLERANCE = 0.1
PLACE = f"{platform.python_implementation().lower()}-{sys.version_info[0]}.{sys.version_info[1]}-{platform.machine()}"

READER = ROOT / "benchmarks" / "kernel_alone.py"


def find_valgrind() -> str | None:
    """Where valgrind is, or None."""
    return shutil.which("valgrind")


def count_instructions() -> int:
    """Run the installed kernel under callgrind; returns what was collected between entry and exit of its two doors."""
    done = subprocess.run(
        [
            find_valgrind() or "valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*Walk_advance",
            "--toggle-collect=*ConnectionBuilder_build", "--callgrind-out-file=/dev/null",
            sys.executable, "-P", str(READER), str(CAPTURE),
        ],
        env=os.environ | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise ValueError(f"callgrind says no count: {done.stderr[-200:]}")
    return int(found[1])


def load_references() -> dict[str, int]:
    """The stored counts by Python and machine."""
    references: dict[str, int] = json.loads(REFERENCES.read_text(encoding="utf-8"))
    return references


def main() -> None:
    """Count and compare, or store."""
    counted = count_instructions()
    references = load_references()
    known = references.get(PLACE)
    change = f", {counted / known - 1:+.2%} of what is stored" if known else ""
    print(f"{PLACE}: {counted:,} instructions{change}")
    if "--record" in sys.argv[1:]:
        references[PLACE] = counted
        REFERENCES.write_text(json.dumps(references, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
