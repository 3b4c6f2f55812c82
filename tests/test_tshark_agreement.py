"""Every handshake of every sample, field by field, as Wireshark's dissectors read it: `tlsinspect verify`."""

from __future__ import annotations

import shutil

import pytest
from samples import SAMPLES, inspect

from tlsinspect.errors import ToolError
from tlsinspect.verification import verify_tshark

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")

WITHOUT_TIMES = "variants/format-ng-simple-packets.pcapng"
REFUSED = "variants/format-ng-undeclared-interface.pcapng"
COUNTED = 13_000  # facts of the demo capture, and a few more


@pytest.mark.parametrize("sample", SAMPLES)
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
