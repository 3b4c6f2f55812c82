"""What a person calls a connection -> the rows that it can mean.

In: frames and a text. Out: rows of the connections frame, more than one where the text is ambiguous.
"""

from __future__ import annotations

import re
from functools import reduce
from ipaddress import ip_address
from operator import or_
from typing import TYPE_CHECKING

from ..arguments import MOST_MEANT, nearest
from ..columns import CONNECTIONS
from ..statistics.series import is_true
from ..wire.addresses import address_text
from .record import Inspected

if TYPE_CHECKING:
    import pandas as pd

PACKET = re.compile(r"#?([0-9]{1,15})")  # an id has 16 digits
ID_START = re.compile(r"[0-9a-f]{1,16}", re.IGNORECASE)
PLACE = re.compile(r"(?:\[(?P<inner>[^\[\]]+)\]|(?P<outer>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?")
MOST_LIKENED = 2000  # server names that a name without a connection is compared with
PACKETS = tuple(column.name for column in CONNECTIONS if column.name.endswith("_packet"))


def find_connections(inspected: Inspected, text: str | int) -> pd.DataFrame:
    """Find the connections that a text names.

    A number, as such or as text, or # and a number, is the packet that completes one of its messages; everything else
    is the start of its id, its server name, or the address of either side, however it is spelled, with or without the
    port. What names no packet is looked for as an id. No rows where nothing fits.
    """
    rows, text = inspected.connections, str(text).strip()
    number = PACKET.fullmatch(text)
    if number is not None:
        found = rows[by_packet(inspected, int(number[1]))]
        if len(found) or text.startswith("#"):
            return found
    return rows[by_name(rows, text)]


def nearest_packets(inspected: Inspected, text: str) -> list[int]:
    """The packets that complete a message next to one that completes none; none where the text is no packet number."""
    number = PACKET.fullmatch(text.strip())
    if number is None:
        return []
    packets, packet = inspected.messages["packet"].dropna(), int(number[1])
    return [*packets[packets < packet].nlargest(1), *packets[packets > packet].nsmallest(1)]


def similar_names(inspected: Inspected, text: str) -> list[str]:
    """Server names that may be meant by a text that names no connection: those with it inside, or spelled alike."""
    wanted = text.strip().lower()
    names = inspected.connections["server_name"].dropna().str.lower().unique().tolist()
    return [name for name in names if wanted in name][:MOST_MEANT] or nearest(wanted, names[:MOST_LIKENED])


def by_packet(inspected: Inspected, packet: int) -> pd.Series[bool]:
    """A mask: the connections with a message that this packet completes, of the first or a later capture."""
    rows = inspected.connections
    found = with_packet(inspected, rows, packet)
    later = rows[rows["later_packets"].notna()]
    ids = [
        name
        for name, firsts in zip(later["connection_id"], later["later_packets"], strict=True)
        if any(
            with_packet(inspected, later[later["connection_id"] == name], first - 1 + packet).any() for first in firsts
        )
    ]
    return found | is_true(rows["connection_id"].isin(ids))


def with_packet(inspected: Inspected, rows: pd.DataFrame, packet: int) -> pd.Series[bool]:
    """A mask of rows: those with a message that the packet of this number in the row completes."""
    messages = inspected.messages
    found = is_true(rows["connection_id"].isin(messages.loc[is_true(messages["packet"] == packet), "connection_id"]))
    for column in PACKETS:
        found |= is_true(rows[column] == packet)
    return found


def by_name(rows: pd.DataFrame, text: str) -> pd.Series[bool]:
    """A mask: the connections whose id starts so, or whose server name or address it is."""
    place = PLACE.fullmatch(text)
    host = text if place is None else place["inner"] or place["outer"]
    name, address = host.lower().rstrip("."), address_in(host)
    sides = {"server": is_true(rows["server_name"].str.lower().str.rstrip(".") == name)}
    if address:
        sides = {side: is_true(rows[f"{side}_ip"] == address) for side in ("client", "server")}
    if place is not None and place["port"]:
        sides = {side: mask & is_true(rows[f"{side}_port"] == int(place["port"])) for side, mask in sides.items()}
    found = reduce(or_, sides.values())
    if ID_START.fullmatch(text):
        found |= is_true(rows["connection_id"].str.startswith(text.lower()))
    return found


def address_in(text: str) -> str:
    """An address as the columns have it; "" where the text is none."""
    try:
        return address_text(ip_address(text).packed)
    except ValueError:
        return ""
