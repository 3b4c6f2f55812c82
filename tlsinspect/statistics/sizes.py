"""Sizes of ClientHellos against one packet.

In: the frames. Out: categories, and a table in octets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .observations import Frames, with_tls
from .offers import has_post_quantum
from .rows import Mask, among, columns_of
from .series import build_result, is_true, text_series

if TYPE_CHECKING:
    import pandas as pd

MTU = 1500
RECORD_HEADER = 5
# What is left of 1,500 octets after the headers of IP, of TCP without options and of one record.
ONE_PACKET_IPV4, ONE_PACKET_IPV6 = MTU - 20 - 20 - RECORD_HEADER, MTU - 40 - 20 - RECORD_HEADER
FITS, TOO_LARGE = "fits one packet", "larger than one packet"
WITH_SHARE, WITHOUT_SHARE = "post-quantum key share", "no post-quantum key share"


def over_tcp(frames: Frames) -> Mask:
    """The TLS connections over TCP."""
    return with_tls(frames) & among(columns_of(frames, "connections"), "transport", ("tcp",))


def hello_fits(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by whether the ClientHello fits one packet of 1,500 octets."""
    lengths = rows["client_hello_length"]
    over_ipv6 = is_true(rows["client_ip"].str.contains(":", regex=False))
    fits = is_true(lengths <= ONE_PACKET_IPV6) | (is_true(lengths <= ONE_PACKET_IPV4) & ~over_ipv6)
    category = text_series(None, rows)
    category[lengths.notna()] = TOO_LARGE
    category[fits] = FITS
    return category


def build_hello_sizes(frames: Frames) -> pd.DataFrame:
    """One row per distinct kind and size of ClientHello over TCP: category, octets, count, share (at most so long).

    The categories are those with and those without a post-quantum key share; shares are within a category.
    """
    rows = frames.connections[over_tcp(frames)]
    rows = rows[rows["client_hello_length"].notna()]
    kinds = has_post_quantum(rows["key_share_groups"]).map({True: WITH_SHARE, False: WITHOUT_SHARE})
    columns: dict[str, list[Any]] = {name: [] for name in ("category", "octets", "count", "share")}
    for kind in (WITH_SHARE, WITHOUT_SHARE):
        lengths = rows.loc[kinds == kind, "client_hello_length"].astype(int)
        reached = 0
        for octets, count in sorted(lengths.value_counts().items()):
            reached += int(count)
            for name, value in zip(columns, (kind, octets, int(count), reached / len(lengths)), strict=True):
                columns[name].append(value)
    return build_result(columns)
