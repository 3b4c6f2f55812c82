"""Charts look as they did: one of each kind, of made connections, against pictures in the folder beside this file.

A picture that is meant to change is deleted; the next run writes it anew, fails, and is looked at.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from matplotlib.testing.compare import compare_images

from tests.synthetic import NOON, MadeFrames, make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect.charts import build_chart

PICTURES = Path(__file__).parent / "pictures"
DPI = 50
TOLERANCE = 6.0  # root mean square of the difference, of 255: fonts and lines may be smoothed otherwise
DRAWN = (
    ("versions", False), ("versions", True), ("versions-offered", False), ("version-matrix", False),
    ("tls13-over-time", False), ("cipher-suites", False), ("groups-offered", True), ("certificate-lifetimes", False),
    ("handshake-times", False), ("failure-steps", False),
)  # fmt: skip


def made() -> MadeFrames:
    """Sixty connections over an hour: two thirds new, a fifth old, the rest failed; with certificates."""
    rows = []
    for place in range(60):
        make = make_failed_connection if place % 8 == 7 else make_old_connection if place % 5 == 4 else make_connection
        values: dict[str, Any] = {"time_start": NOON + timedelta(minutes=place), "handshake_ms": 20.0 + place % 13}
        if make is make_connection:
            values |= {"certificate_sha256s": [f"{place % 4}"], "supported_groups": [29, 23, 4588][: 1 + place % 3]}
        elif make is make_failed_connection:
            values |= {"handshake_history": "C" if place % 16 == 7 else "Cs"}
        rows.append(make(place, **values))
    certificates = [
        {
            **{"sha256": str(place), "not_before": NOON - timedelta(days=30 * place), "issuer": "O=Example"},
            **{"not_after": NOON + timedelta(days=60), "validity_days": 60.0 + 30 * place, "first_seen": NOON},
        }
        for place in range(4)
    ]
    return make_frames(connections=rows, certificates=certificates)


@pytest.mark.parametrize(("name", "dark"), DRAWN)
def test_a_chart_looks_as_it_did(name: str, dark: bool, tmp_path: Path) -> None:
    file = f"{name}{'-dark' if dark else ''}.png"
    expected = PICTURES / file
    drawn = expected if not expected.exists() else tmp_path / file
    figure = build_chart(name, made(), dark=dark)
    figure.savefig(drawn, dpi=DPI, metadata={"Software": None})
    assert drawn != expected, f"{file} was not there: look at it, then run again"
    assert compare_images(str(expected), str(drawn), TOLERANCE) is None
