"""The look of every chart: sizes, and one colour for one thing.

Colours of a scale differ in lightness, so that they stay apart in grey print and
for colour-blind readers. Each has a second value for dark pages; a page that
shows a chart inline swaps the two (see svg.py). Nothing here draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any, NamedTuple, cast

FONT = "DejaVu Sans"  # comes with matplotlib, so that charts look the same everywhere


class Size(NamedTuple):
    """A place for charts: width in inches before `scale`, which enlarges everything, type included.

    `height` is fixed where the place is (a slide); None lets the content decide.
    `labels_above` puts a bar's label above it, for want of width.
    """

    width: float
    scale: float
    height: float | None
    labels_above: bool


SIZES: dict[str, Size] = {
    "page": Size(7.2, 1.0, None, False),
    "slide": Size(7.2, 16 / 9, 4.05, False),
    "narrow": Size(3.6, 1.0, None, True),
}


class Colour(NamedTuple):
    """A named colour on light and on dark ground."""

    name: str
    light: str
    dark: str


INK = Colour("ink", "#1d2433", "#e8ebf0")
MUTED = Colour("muted", "#5b6474", "#a3acbb")
GRID = Colour("grid", "#e3e6ec", "#333b49")
PAPER = Colour("paper", "#fefefe", "#171b22")
UNKNOWN = Colour("unknown", "#c9ced6", "#4a5260")
UNKNOWN_HATCH = Colour("unknown-hatch", "#868e9b", "#8b94a3")
PLAIN = Colour("plain", "#64748b", "#8496b0")

TLS_1_3 = Colour("tls13", "#0b4a8f", "#4f8fdc")
TLS_1_2 = Colour("tls12", "#7db8e8", "#9ccaf0")
TLS_1_1 = Colour("tls11", "#ecc94b", "#ecc94b")
TLS_1_0 = Colour("tls10", "#d9822b", "#e08f3c")
SSL_3_0 = Colour("ssl30", "#b8442a", "#d05a3e")
SSL_2_0 = Colour("ssl20", "#4a0d12", "#8f2730")
VERSION_COLOURS = {
    "TLS 1.3": TLS_1_3,
    "TLS 1.2": TLS_1_2,
    "TLS 1.1": TLS_1_1,
    "TLS 1.0": TLS_1_0,
    "SSL 3.0": SSL_3_0,
    "SSL 2.0": SSL_2_0,
    "DTLS 1.3": TLS_1_3,
    "DTLS 1.2": TLS_1_2,
    "DTLS 1.0": TLS_1_0,
}

POST_QUANTUM = Colour("post-quantum", "#5b2a86", "#a678d8")
FORWARD_SECRET = Colour("forward-secret", "#1fa187", "#35b89c")
NOT_FORWARD_SECRET = Colour("not-forward-secret", "#c2185b", "#e0447f")
SECRECY_COLOURS = {
    "forward secret, post-quantum": POST_QUANTUM,
    "forward secret, classical": FORWARD_SECRET,
    "not forward secret": NOT_FORWARD_SECRET,
}

CIPHER_CLASS_COLOURS = {
    "AES-GCM": Colour("aes-gcm", "#0f4d3f", "#2f8a74"),
    "ChaCha20-Poly1305": Colour("chacha20", "#47987a", "#5fb795"),
    "other AEAD": Colour("other-aead", "#a9d8bd", "#bfe6cf"),
    "CBC": Colour("cbc", "#d9b84c", "#d9b84c"),
    "other stream cipher": Colour("other-stream", "#8a7a3f", "#a3925a"),
    "64-bit blocks (3DES, IDEA)": Colour("small-blocks", "#d98e4a", "#d98e4a"),
    "RC4": Colour("rc4", "#b5533c", "#cc6a52"),
    "DES or export grade": Colour("export", "#932f3f", "#b54457"),
    "no encryption": Colour("null", "#3d0c11", "#7d1f2a"),
}

GOOD = Colour("good", "#3f8f6b", "#56ad86")
BAD = Colour("bad", "#d97742", "#e08a5a")
PROTOCOL_COLOURS = {
    "tls": Colour("tls", "#27708b", "#4b9cb9"),
    "quic": Colour("quic", "#5fb3c4", "#7cc9d8"),
    "gquic": Colour("gquic", "#8fd0d9", "#a8dde4"),
    "dtls": Colour("dtls", "#a4d4b4", "#a4d4b4"),
    "ssl2": SSL_2_0,
    "http": Colour("http", "#e9b44c", "#e9b44c"),
    "ssh": Colour("ssh", "#9c6ade", "#b48ae8"),
    "silent": Colour("silent", "#8c8577", "#7a7265"),  # 3 : 1 on its ground at least (WCAG 1.4.11)
    "unknown": UNKNOWN,
}

# What has no colour of its own, told apart beside others in one chart, in this order.
TRENDS = (
    Colour("trend-1", "#2f5d8a", "#6ea3d6"),
    Colour("trend-2", "#c76b29", "#e39355"),
    Colour("trend-3", "#4d9a63", "#6fbf86"),
    Colour("trend-4", "#8f5aa8", "#b98bd0"),
    Colour("trend-5", "#b8a136", "#d4bf5a"),
    Colour("trend-6", "#b3475e", "#d9758a"),
    Colour("trend-7", "#4aa3a8", "#72c6ca"),
    Colour("trend-8", "#7a6a58", "#a8968a"),
    Colour("trend-9", "#8fa3bf", "#aebdd4"),
    Colour("trend-10", "#3d3f66", "#8083b8"),
)
REST = Colour("rest", "#aab2bd", "#646e7d")  # of what is no category: GREASE, and the tail folded into one bar

# The shades of heat maps, from little to much.
HEAT = (
    Colour("heat-1", "#dfe9f5", "#34465f"),
    Colour("heat-2", "#b7cfe9", "#446085"),
    Colour("heat-3", "#86abd6", "#5a80b0"),
    Colour("heat-4", "#3f72b3", "#86abda"),
    Colour("heat-5", "#1b437f", "#bdd5f0"),
)

# What is pale on one of its grounds has a stronger colour of the same hue for its outline, and for lines.
EDGES = {
    "tls12": Colour("tls12-edge", "#3c86c6", "#9ccaf0"),
    "tls11": Colour("tls11-edge", "#958310", "#ecc94b"),
    "tls10": Colour("tls10-edge", "#c26a15", "#e08f3c"),
    "ssl20": Colour("ssl20-edge", "#57131a", "#c25560"),
    "other-aead": Colour("other-aead-edge", "#5a9f76", "#bfe6cf"),
    "cbc": Colour("cbc-edge", "#a0821f", "#d9b84c"),
    "small-blocks": Colour("small-blocks-edge", "#c0752c", "#d98e4a"),
    "null": Colour("null-edge", "#4b1218", "#c0505e"),
    "quic": Colour("quic-edge", "#2e93a8", "#7cc9d8"),
    "gquic": Colour("gquic-edge", "#4a98a3", "#a8dde4"),
    "dtls": Colour("dtls-edge", "#569f6f", "#a4d4b4"),
    "http": Colour("http-edge", "#b8801a", "#e9b44c"),
    "trend-5": Colour("trend-5-edge", "#9b8722", "#d4bf5a"),
    "trend-7": Colour("trend-7-edge", "#3f969b", "#72c6ca"),
    "trend-9": Colour("trend-9-edge", "#7389a8", "#aebdd4"),
    "rest": Colour("rest-edge", "#838c9a", "#798391"),
}


def version_colour(version: str) -> Colour:
    """A version's colour; a draft has that of its version."""
    return VERSION_COLOURS.get(version.partition(" (")[0], PLAIN)


def edge_of(colour: Colour) -> Colour:
    """The colour of a thing's outline and lines, which its ground does not swallow: 3 : 1 at least (WCAG 1.4.11)."""
    return EDGES.get(colour.name, colour)


COLOURS: dict[str, Colour] = {
    colour.name: colour
    for colour in (
        *(INK, MUTED, GRID, PAPER, UNKNOWN, UNKNOWN_HATCH, PLAIN, GOOD, BAD),
        *VERSION_COLOURS.values(),
        *SECRECY_COLOURS.values(),
        *CIPHER_CLASS_COLOURS.values(),
        *PROTOCOL_COLOURS.values(),
        *HEAT,
        *TRENDS,
        REST,
        *EDGES.values(),
    )
}

# What matplotlib is told while it draws and saves, beside what it comes with. Without parse_math a "$" in a name stays
# a "$"; with a fixed salt and glyphs as paths the same numbers give the same SVG on every machine.
SETTINGS: Any = {
    "font.family": [FONT],
    "text.parse_math": False,
    "timezone": "UTC",
    "svg.fonttype": "path",
    "svg.hashsalt": "tlsinspect",
    "hatch.linewidth": 0.8,
    "path.simplify": False,
}

KEPT = ("backend", "date.epoch")  # of the caller's: what shows figures, and what matplotlib is told once only

ONE_AT_A_TIME = RLock()


@contextmanager
def own_settings() -> Iterator[None]:
    """Let matplotlib draw with what it comes with and SETTINGS, whatever the caller has set, which is kept.

    One thread at a time: matplotlib's settings are those of the whole process, and what one thread found would be
    the other's.
    """
    from matplotlib import rcParams

    current, own = cast("dict[str, Any]", rcParams), all_settings()
    with ONE_AT_A_TIME:
        before = {name: dict.__getitem__(current, name) for name in own}
        dict.update(current, own)
        try:
            yield
        finally:
            dict.update(current, before)


@cache
def all_settings() -> dict[str, Any]:
    """What matplotlib comes with and SETTINGS, as it keeps them: checked once, which is most of the work."""
    from matplotlib import RcParams, rcParamsDefault

    shipped: Any = rcParamsDefault
    own = dict.copy(shipped) | RcParams(SETTINGS)
    return {name: value for name, value in own.items() if name not in KEPT}
