"""Whether it is decided what became of an upgrade that was offered or asked for, and not made.

Goes in: the protocol, the status so far, what the client said, the two sides. Comes out: whether the packets show that
no TLS came. Where they merely end before, it may have come.
"""

from __future__ import annotations

import re

from ..wire.stream import Stream
from .exposure import Heard, spoke_on
from .status import OFFERED, REQUESTED, Status

ANSWER_DECIDES = frozenset({"tds", "rdp"})  # a status of theirs is made of both sides' only word about TLS
WENT_ON = re.compile(
    rb"^(?:(?:MAIL|AUTH|AUTHINFO|AUTHENTICATE|USER|PASS|APOP|GROUP)\b|\S+ +(?:LOGIN|AUTHENTICATE)\b)|<auth\b",
    re.IGNORECASE | re.MULTILINE,
)
"""What a client says that goes on in the clear: TLS comes before mail, and before it says who it is."""


def is_decided(
    name: str, status: Status, client: bytes, server: bytes, behind: tuple[int, int], heard: Heard | None
) -> bool:
    """Whether a status will stay what it is; without `heard` the dialogue is held to be over.

    `behind` are the octets in front of what client and server said.
    """
    if status not in (OFFERED, REQUESTED) or heard is None or any(map(is_over, heard)):
        return True
    if status == REQUESTED:  # a client may send more with its request; a server that agreed has to wait for TLS
        more = spoke_on(name, client, server, behind, heard)
        return more is not None and more.word != "client"
    return name in ANSWER_DECIDES or (name == "mysql" and len(client) > 0) or WENT_ON.search(client) is not None


def is_over(side: Stream) -> bool:
    """Whether a side closed the connection or reset it, or said more in the clear than is looked at."""
    return side.fin or side.reset or side.head_is_full()
