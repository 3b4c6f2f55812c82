"""Names of QUIC versions, from IANA's registry and from the drafts and experiments that were never in it.

A number that nobody named shows as "0x1A2B3C4D". Spec: RFC 9000 section 22.2.
"""

from __future__ import annotations

NAMES = {
    0x00000001: "1",
    0x6B3343CF: "2",
    0x709A50C4: "2 (draft)",
    0xFACEB001: "mvfst draft 22",
    0xFACEB002: "mvfst draft 27",
    0xFACEB00E: "mvfst experimental",
    0x50524F58: "PROX",
}

RANGES = (
    (0xFACEB000, 0xFACEB0FF, "mvfst"),
    (0xFF020000, 0xFF0200FF, "2 (draft)"),
    (0x50435130, 0x50435131, "picoquic"),
    (0x51474F00, 0x51474FFF, "quic-go"),
    (0x91C17000, 0x91C170FF, "quicly"),
    (0xABCD0000, 0xABCD000F, "MsQuic"),
    (0xF0F0F0F0, 0xF0F0F1FF, "measurability experiment"),
    (0xF123F0C0, 0xF123F0CF, "MozQuic"),
    (0x45474700, 0x454747FF, "Quant"),
)


def quic_version_name(version: int) -> str:
    """Name a QUIC version: "1", "draft 29", "Q043", "GREASE (0x1A2A3A4A)"."""
    if version in NAMES:
        return NAMES[version]
    if version & 0x0F0F0F0F == 0x0A0A0A0A:
        return f"GREASE (0x{version:08X})"
    if version >> 8 == 0xFF0000:
        return f"draft {version & 0xFF:02d}"
    if version >> 24 in (0x51, 0x54) and version >> 16 & 0xFF == 0x30:
        return google_name(version)
    for first, last, name in RANGES:
        if first <= version <= last:
            return f"{name} (0x{version:08X})"
    return f"0x{version:08X}"


def google_name(version: int) -> str:
    """Google's versions are four ASCII characters: Q or T and three digits."""
    text = version.to_bytes(4, "big")
    return text.decode("ascii") if text[1:].isdigit() else f"0x{version:08X}"
