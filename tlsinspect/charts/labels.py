"""Text on charts: made harmless, measured, cut and broken to fit.

In: any text, from the network too. Out: text without control characters, in which
every character has a glyph; those that have none are escapes, so that no two names look alike.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from ..export.text import cut_text, escape_control
from .style import FONT

HINTING = 1.03  # by so much letters of pixels can be wider than their shapes


def show_text(text: str) -> str:
    """Text as charts show it: control and bidi characters and those without a glyph as escapes."""
    glyphs = font_characters()
    return "".join(
        character if ord(character) in glyphs else character.encode("unicode_escape").decode("ascii")
        for character in escape_control(text)
    )


@lru_cache(maxsize=1)
def font_characters() -> frozenset[int]:
    """The code points for which the charts' font has glyphs."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())


@lru_cache(maxsize=4096)
def character_width(character: str, bold: bool) -> float:
    """How far a character moves the pen, in inches at a type size of one point."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family=FONT, weight="bold" if bold else "normal")))
    font.set_size(100, 72)
    return float(font.load_char(ord(character)).linearHoriAdvance) / 65536 / 100 / 72


def text_width(text: str, points: float, bold: bool = False) -> float:
    """The width of a line of text in inches, at most: kerning may bring letters closer."""
    return points * sum(character_width(character, bold) for character in text)


def fit_text(text: str, width: float, points: float) -> str:
    """The text, cut in the middle where it is wider than `width` inches."""
    if text_width(text, points) <= width:
        return text
    most = bisect_right(range(1, len(text)), width, key=lambda count: text_width(cut_text(text, count), points))
    return cut_text(text, max(most, 1))


def wrap_text(text: str, width: float, points: float, bold: bool = False) -> list[str]:
    """The text in lines of at most `width` inches, broken at spaces; a longer word is broken where it must."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, points, bold) <= width:
            lines[-1] = longer
            continue
        lines.extend(break_word(word, width, points, bold))
    return lines


def break_word(word: str, width: float, points: float, bold: bool) -> list[str]:
    """A word in pieces of at most `width` inches, of a character at least."""

    def measure(count: int) -> float:
        return text_width(word[start : start + count], points, bold)

    pieces: list[str] = []
    start = 0
    while start < len(word) or not pieces:
        fitting = max(bisect_right(range(1, len(word) - start + 1), width, key=measure), 1)
        pieces.append(word[start : start + fitting])
        start += fitting
    return pieces
