"""From a captured frame to the transport header in it.

Goes in: a Packet as the readers leave it, and the table of held fragments.
Comes out: the protocol number of the innermost IP packet, with the packet's
fields set by link and ip; or that there is nothing to read.
"""

from __future__ import annotations

from .ip import FragmentTable, read_network
from .link import locate_network
from .packet import Packet


def locate_transport(packet: Packet, fragments: FragmentTable) -> int:
    """Find the transport header of one frame.

    Returns the IP protocol number (6 TCP, 17 UDP, ...), -1 for a frame without
    IP and for a fragment that was kept, -2 for a link type that is not known here.
    Raises DecodeError for headers that contradict themselves or were cut short.
    """
    version = locate_network(packet)
    if version <= 0:
        return -1 if version == 0 else -2
    return read_network(packet, fragments)
