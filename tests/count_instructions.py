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

READER = """
import sys
from tlsinspect import quic_protection, upgrades
from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.dissect import LinkDissector
from tlsinspect.quic_keys import QuicKeys
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.carriers import open_carrier
from tlsinspect.wire.dtls import open_dtls
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.ip import FragmentTable
from tlsinspect.wire.openvpn import frame_openvpn
from tlsinspect.wire.quic_opener import QuicOpener
from tlsinspect.wire.walk import Walk

ports = frozenset({443, 8443})
openers = (open_dtls, QuicOpener(QuicKeys()), open_carrier)
for turn in range(2):  # what is worked out once and remembered belongs to the first turn
    with open(sys.argv[1], "rb") as capture:
        blocks = iter([capture.read()])
    table = FlowTable(ports, openers, False, 0, 1, (frame_openvpn,))
    walk = Walk(open_reader(blocks), table, FragmentTable(), LinkDissector())
    while walk.advance(8192):
        pass
    table.finish()
    builder = ConnectionBuilder(ports)
    for flow in table.finished:
        builder.build(flow)
print(walk.packets, len(table.finished))
"""


def find_valgrind() -> str | None:
    """Where valgrind is, or None."""
    return shutil.which("valgrind")


def count_instructions() -> int:
    """Run the installed kernel under callgrind; returns what was collected between entry and exit of its two doors."""
    done = subprocess.run(
        [
            find_valgrind() or "valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*Walk_advance",
            "--toggle-collect=*ConnectionBuilder_build", "--callgrind-out-file=/dev/null",
            sys.executable, "-P", "-c", READER, str(CAPTURE),
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
