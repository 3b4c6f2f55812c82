"""Every handshake of every sample, field by field, as Wireshark's dissectors read it: `tlsinspect verify`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from samples import CAPTURES, SAMPLES, inspect

import tlsinspect
from tlsinspect.errors import ToolError
from tlsinspect.verification import verify_tshark

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")

HANDSHAKES = [sample for sample in SAMPLES if sample.startswith("handshakes/")]
WITHOUT_TIMES = "variants/format-ng-simple-packets.pcapng"
REFUSED = "variants/format-ng-undeclared-interface.pcapng"
COUNTED = 13_000  # facts of the demo capture, and a few more
OF_HANDSHAKES = 4_600  # of all of them, one by one: 4,697


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample not in HANDSHAKES])
def test_tshark_reads_the_same(sample: str) -> None:
    if sample == REFUSED:
        pytest.skip("tshark refuses the whole file; here one packet is passed over")
    if sample == WITHOUT_TIMES:
        with pytest.raises(ToolError, match=r"pyshark: it reads no packet without 'frame\.time_epoch'"):
            verify_tshark(inspect(sample))
        return
    found = verify_tshark(inspect(sample))
    assert found.unexplained.to_dict("records") == []
    if sample == "demo.pcapng":
        assert found.facts > COUNTED


def test_tshark_reads_the_same_handshakes(tmp_path: Path) -> None:
    """All in one file, since starting tshark takes longer than reading a handshake; no two have the same ends."""
    frames = [inspect(sample).connections for sample in HANDSHAKES]
    ends = [set(zip(frame.client_ip, frame.client_port, frame.server_ip, strict=True)) for frame in frames]
    assert len(set.union(*ends)) == sum(map(len, ends))
    together = tmp_path / "handshakes.pcapng"
    captures = [str(CAPTURES / sample) for sample in HANDSHAKES]
    subprocess.run(["mergecap", "-a", "-w", str(together), *captures], check=True, capture_output=True)
    whole = tlsinspect.read(together)
    assert len(whole.connections) == sum(map(len, frames))
    found = verify_tshark(whole)
    assert found.unexplained.to_dict("records") == []
    assert found.facts > OF_HANDSHAKES
