"""Connections counted, by port, protocol and capture: what is done for each, whether it gets a row or not."""

from __future__ import annotations

from .connection import CARRIES_TLS, Connection

Port = tuple[int, str, str]  # the server's, with transport and protocol
Place = tuple[int, str, str, int]  # the same, and the number of the capture


class Tally:
    """How many connections there were in each place, and how many octets they carried: `counts` has a list of both."""

    def __init__(self) -> None:
        self.counts: dict[Place, list[int]] = {}

    def count(self, connection: Connection) -> bool:
        """Count a connection; True when it carried TLS."""
        place = (connection.server_port, connection.transport, connection.protocol, connection.capture)
        self.note(place, 1, connection.client_bytes + connection.server_bytes)
        return connection.protocol in CARRIES_TLS

    def note(self, place: Place, connections: int, octets: int) -> None:
        """Count what is known to be in a place."""
        counted = self.counts.get(place)
        if counted is None:
            self.counts[place] = [connections, octets]
        else:
            counted[0] += connections
            counted[1] += octets

    def add(self, other: Tally) -> None:
        """Add the counts of others."""
        for place, (connections, octets) in other.counts.items():
            self.note(place, connections, octets)

    def by_port(self) -> dict[Port, tuple[int, int]]:
        """Connections and octets of each port."""
        found: dict[Port, tuple[int, int]] = {}
        for (port, transport, protocol, _), (connections, octets) in self.counts.items():
            before = found.get((port, transport, protocol), (0, 0))
            found[port, transport, protocol] = before[0] + connections, before[1] + octets
        return found

    def by_capture(self) -> dict[int, tuple[int, int]]:
        """Connections of each capture, and how many of them carried TLS."""
        found: dict[int, tuple[int, int]] = {}
        for (_, _, protocol, capture), (connections, _) in self.counts.items():
            before = found.get(capture, (0, 0))
            found[capture] = before[0] + connections, before[1] + (connections if protocol in CARRIES_TLS else 0)
        return found
