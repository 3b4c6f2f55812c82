"""Messages of one connection -> steps of its story.

In: rows of the messages and alerts frames, and the row of the connection. Out: Steps in wire order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from . import words
from .record import Fact, Step

Row = dict[Any, Any]
NANOSECONDS = 1_000_000_000


def build_steps(connection: Row, messages: Sequence[Row], alerts: Sequence[Row]) -> tuple[Step, ...]:
    """One step for each message; what its place in the order says of an encrypted one is said."""
    telling = Telling(connection, alerts)
    return tuple(telling.step(message) for message in messages)


class Telling:
    """What has happened so far: it decides what the next message means."""

    def __init__(self, connection: Row, alerts: Sequence[Row]) -> None:
        self.connection = connection
        self.alerts: Iterator[Row] = iter(alerts)
        self.hellos = {"client": 0, "server": 0}
        self.verifies = False  # the server sent a HelloVerifyRequest
        self.changed: set[str] = set()  # who announced encryption and has not sent Finished yet
        self.is_tls13 = "1.3" in (connection["version_name"] or "") or connection["hello_retry_request"] is True

    def step(self, message: Row) -> Step:
        """The step that a message is."""
        kind, sender = message["message_type"], message["sender"]
        facts: tuple[Fact, ...] = ()
        if self.connection["protocol"] == "ssl2" and kind in words.SSLV2_MESSAGES:
            title, explanation = words.SSLV2_MESSAGES[kind]
        elif kind == "alert":
            title, explanation = self.alert()
        elif kind in ("client_hello", "server_hello"):
            title, explanation = self.hello(kind, sender)
        elif kind == "application_data":
            title, explanation = self.application_data(sender)
        elif kind == "encrypted_handshake":
            title, explanation = words.FINISHED if sender in self.changed else words.RENEGOTIATION
            self.changed.discard(sender)
        else:
            title, explanation = words.MESSAGES.get(kind, (str(kind).replace("_", " "), words.UNEXPLAINED))
        self.verifies |= kind == "hello_verify_request"
        if kind == "change_cipher_spec":
            self.changed.add(sender)
            explanation = words.COMPATIBILITY if self.is_tls13 else explanation
        if message["length"] is not None:
            facts = (Fact("length", f"{message['length']:,} octet{'' if message['length'] == 1 else 's'}"),)
        seconds = (message["time"].value - self.connection["time_start"].value) / NANOSECONDS
        return Step(message["packet"], seconds, sender, title, explanation, facts)

    def hello(self, kind: str, sender: str) -> tuple[str, str]:
        """A hello, or what looks like one: a second ClientHello, a HelloRetryRequest."""
        self.hellos[sender] += 1
        first = self.hellos[sender] == 1
        title, explanation = words.MESSAGES[kind]
        if kind == "client_hello" and not first:
            return f"{title} again", words.SECOND_HELLO if self.asked_again() else words.UNASKED_HELLO
        if kind == "server_hello" and first and self.connection["hello_retry_request"] is True:
            return words.MESSAGES["hello_retry_request"]
        return title, explanation

    def asked_again(self) -> bool:
        """Whether the server has asked for another ClientHello by now."""
        if self.connection["quic_retry"] is True or self.connection["quic_version_negotiation"] is True:
            return True
        return self.verifies or (self.hellos["server"] > 0 and self.connection["hello_retry_request"] is True)

    def alert(self) -> tuple[str, str]:
        """The next alert, in plain words where it is in the clear."""
        alert = next(self.alerts, None)
        if alert is None or alert["name"] == "encrypted":
            return words.ENCRYPTED_ALERT
        level = {1: "warning", 2: "fatal"}.get(alert["level"], f"level {alert['level']}")
        return f"Alert: {alert['name']} ({level})", words.ALERTS.get(alert["name"], words.UNEXPLAINED)

    def application_data(self, sender: str) -> tuple[str, str]:
        """The first record under encryption: in TLS 1.3 over TCP the rest of the handshake looks like it."""
        if not self.is_tls13 or self.connection["protocol"] == "quic":
            return words.APPLICATION
        if sender == "client":
            return words.CLIENT_REST if self.hellos["server"] else words.EARLY_DATA
        return words.SERVER_REST_RESUMED if self.connection["resumed"] is True else words.SERVER_REST
