"""Packet numbers of connections in several captures, which are read one after the other.

Goes in: a Connection whose packets are numbered from the first capture on. Comes out: the same with numbers that its
own first capture begins with 1, and which count on in the captures that follow, as they would in one file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TypeVar

from .connection import Connection

Capture = TypeVar("Capture")

NUMBERED = (
    "first_packet", "client_hello_packet", "server_hello_packet", "certificate_packet", "client_certificate_packet",
    "clear_text_packet", "starttls_packet", "clear_credentials_packet", "starttls_injection_packet",
    "last_alert_packet", "server_key_exchange_packet", "renegotiation_packet", "ticket_packet",
    "change_cipher_spec_packet", "heartbeat_packet", "certificate_status_packet", "hello_retry_request_packet",
    "client_first_record_packet", "heartbleed_packet", "failure_packet",
)  # fmt: skip
"""Attributes of a Connection; None, or less than 1, is no packet."""


class PacketNumbers:
    """Of each capture, `starts` has the number of the last packet in front of it, counted from the first capture on."""

    def __init__(self) -> None:
        self.starts = [0]

    def begin(self, capture: int, before: int) -> None:
        """Another capture is read; those between the last and this one have no packets."""
        self.starts += [before] * (capture + 1 - len(self.starts))

    def settle(self, connection: Connection) -> None:
        """Count the packets of a connection from its own capture on, and note the later ones that they are in."""
        starts = self.starts
        if len(starts) == 1:
            return
        before = starts[connection.capture]
        numbers: set[int] = set()
        for name in NUMBERED:
            number = getattr(connection, name)
            if number is not None and number > 0:
                numbers.add(number)
                setattr(connection, name, number - before)
        numbers.update([number for _, number, *_ in connection.alerts], [number for _, number in connection.problems])
        numbers.update([number for _, _, number, *_ in connection.messages])
        if before:
            connection.alerts = [
                (time, own(number, before), side, level, description)
                for time, number, side, level, description in connection.alerts
            ]
            connection.problems = [(error, own(number, before)) for error, number in connection.problems]
            connection.messages = [
                (place, time, own(number, before), side, record, kind, length)
                for place, time, number, side, record, kind, length in connection.messages
            ]
        following = connection.capture + 1
        if following < len(starts) and max(numbers) > starts[following]:
            later = sorted({bisect_left(starts, number) - 1 for number in numbers if number > starts[following]})
            connection.later = tuple([(capture, starts[capture] - before + 1) for capture in later])


def own(number: int, before: int) -> int:
    """A number counted from another capture on; one that stands for no packet stays as it is."""
    return number - before if number > 0 else number


def place_in(capture: Capture, later: Iterable[tuple[Capture, int]] | None, packet: int) -> tuple[Capture, int]:
    """The capture that a packet of a connection is in, and its number there: see `Connection.later`."""
    before = 0
    for following, first in later or ():
        if first <= packet:
            capture, before = following, first - 1
    return capture, packet - before
