"""EAP on a LAN: IEEE 802.1X frames, each to the conversation of its supplicant.

Goes in: a Packet whose `network` is at an EAPOL header. Comes out: flows in the flow
table. There is no IP: a station's place in the flow is the link-local address that its
MAC address makes (RFC 4291 appendix A), and its port 0.
Spec: IEEE 802.1X-2020 clause 11.
"""

from __future__ import annotations

from collections import OrderedDict

from ..errors import DecodeError
from .codes import EAP_RESPONSE, EAPOL
from .eap import EapSession, FlowOwner
from .packet import Packet

EAP_PACKET = 0
AUTHENTICATOR_AT = 24  # octets in front of what an authenticator's MAC address makes of its own in a key


class EapolTable:
    """The conversations by the supplicant's MAC address; `speakers` maps whom it spoke to, to who spoke last.

    Both sides may send to the group address of port access entities: what the authenticator
    sends there is for the supplicant that spoke last to it, or to the group.
    """

    def __init__(self, table: FlowOwner) -> None:
        self.table = table
        self.sessions: OrderedDict[bytes, EapSession] = OrderedDict()  # a dict looks long for its first key
        self.speakers: dict[bytes, bytes] = {}

    def accept(self, packet: Packet) -> None:
        """Take an EAPOL frame. Raises DecodeError where it is cut short or its EAP packet lies about its length."""
        data = packet.data
        at = packet.network
        length = data[at + 2] << 8 | data[at + 3]
        if data[at + 1] != EAP_PACKET:
            return
        if packet.end - at - 4 < max(length, 4):
            raise DecodeError("eapol", "truncated", max(packet.end - at, 0), f"a frame of {length + 4} octets")
        source = data[packet.source_mac : packet.source_mac + 6]
        destination = data[packet.destination_mac : packet.destination_mac + 6]
        if data[at + 4] == EAP_RESPONSE:
            if len(self.speakers) >= self.table.limits.conversations:
                self.speakers.clear()
            self.speakers[destination] = source
            session = self.find(packet, source, destination)
        elif is_group(destination):
            supplicant = self.speakers.get(source) or self.speakers.get(destination)
            if supplicant is None:
                return
            session = self.find(packet, supplicant, source)
        else:
            session = self.find(packet, destination, source)
        session.read(data[at + 4 : at + 4 + length], packet.number, packet.time_ns)

    def find(self, packet: Packet, supplicant: bytes, authenticator: bytes) -> EapSession:
        """The supplicant's conversation; a new one when it turns to another authenticator.

        Where it spoke to the group before anybody else was captured, its authenticator is who answers.
        """
        key = address(supplicant) + address(authenticator) + bytes(4)
        session = self.sessions.get(supplicant)
        if session is not None:
            if session.key == key or is_group(authenticator):
                return session
            if is_group(session.key[AUTHENTICATOR_AT:]) and session.flow is not None:
                session.rename(key)
                return session
            if session.flow is not None:
                session.close()
            session.key = key
            session.heard = ({}, {})
        else:
            if len(self.sessions) >= self.table.limits.conversations:
                self.forget(next(iter(self.sessions)))
            session = self.sessions[supplicant] = EapSession(self.table, key, EAPOL)
        session.vlans = packet.vlans
        session.tunnels = packet.tunnels
        return session

    def forget(self, supplicant: bytes) -> None:
        """End the conversation of a supplicant, since there are too many."""
        session = self.sessions.pop(supplicant)
        if session.flow is not None:
            expected = f"at most {self.table.limits.conversations} supplicants followed at once"
            session.flow.problem(DecodeError("eapol", "limit", 0, expected))
        session.close()


def is_group(mac: bytes) -> bool:
    """An address of several stations (IEEE 802 clause 8.2)."""
    return mac[0] & 1 != 0


def address(mac: bytes) -> bytes:
    """The link-local IPv6 address that a MAC address makes. Spec: RFC 4291 sections 2.5.6 and appendix A."""
    return b"\xfe\x80" + bytes(6) + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
