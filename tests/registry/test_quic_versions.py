"""Names of QUIC versions."""

from __future__ import annotations

import pytest

from tlsinspect.registry.quic import quic_version_name


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (0x00000001, "1"),
        (0x6B3343CF, "2"),
        (0x709A50C4, "2 (draft)"),
        (0xFF00001D, "draft 29"),
        (0xFF000009, "draft 09"),
        (0xFACEB002, "mvfst draft 27"),
        (0xFACEB00F, "mvfst (0xFACEB00F)"),
        (0x51303433, "Q043"),
        (0x54303531, "T051"),
        (0x1A2A3A4A, "GREASE (0x1A2A3A4A)"),
        (0xABCD0001, "MsQuic (0xABCD0001)"),
        (0x51300A33, "0x51300A33"),
        (0x5130FF33, "0x5130FF33"),
        (0x00000002, "0x00000002"),
    ],
)
def test_versions_have_names_and_unknown_ones_their_number(version: int, name: str) -> None:
    assert quic_version_name(version) == name
