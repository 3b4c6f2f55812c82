"""Frames of link types that the kernel does not decode, by way of scapy's dissectors.

Goes in: a link type and a frame. Comes out: the IP packet in it, as octets. Scapy
is imported when the first such frame is met, and stays silent. It sends nothing;
importing it asks the operating system for the names of the local interfaces.
What a program has taught scapy (`conf.l2types.register`) is used as well.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .registry import LINKTYPES


def link_type_name(code: int) -> str:
    """Name a link type as tcpdump.org does, without prefix; "LINKTYPE_999" where it has no name."""
    return LINKTYPES.get(code) or f"LINKTYPE_{code}"


class LinkDissector:
    """Finds IP packets by scapy's dissectors; loads scapy once, and only when it is asked."""

    def __init__(self) -> None:
        self._dissectors: Mapping[int, Callable[[bytes], Any]] | None = None

    def find_ip(self, link_type: int, frame: bytes) -> bytes | None:
        """Return the outermost IP packet in a frame, or None where there is none or nobody can tell.

        Compressed headers (6LoWPAN) come out as the IPv6 headers that they stand for.
        """
        dissect = self._load().get(link_type)
        if dissect is None:
            return None
        with silence():
            try:
                layer = dissect(frame)
            except Exception:  # a dissector of scapy raises whatever a malformed frame leads it to
                return None
            while layer:
                if type(layer).__name__ in ("IP", "IPv6"):
                    return bytes(layer.original)
                layer = layer.payload
        return None

    def _load(self) -> Mapping[int, Callable[[bytes], Any]]:
        if self._dissectors is None:
            self._dissectors = load_dissectors()
        return self._dissectors


def load_dissectors() -> Mapping[int, Callable[[bytes], Any]]:
    """Import scapy's link layers, without its reading the routing tables; link type -> dissector."""
    with silence():
        from scapy.config import conf

        autoload = conf.route_autoload, conf.route6_autoload
        conf.route_autoload = conf.route6_autoload = False
        try:
            from scapy.layers import bluetooth, dot11, dot15d4, inet6, l2, ppi, ppp, sixlowpan  # noqa: F401
        finally:
            conf.route_autoload, conf.route6_autoload = autoload
    dissectors: Mapping[int, Callable[[bytes], Any]] = conf.l2types.num2layer
    return dissectors


@contextmanager
def silence() -> Iterator[None]:
    """Keep scapy's log messages, and the warnings of what it imports, from the terminal."""
    import logging  # dear to import, like scapy

    logger = logging.getLogger("scapy")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
