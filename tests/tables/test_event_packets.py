"""The packets of events are those that the messages and alerts tables say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from samples import SAMPLES, inspect

FIRST = {
    "server_key_exchange_packet": ("server", "server_key_exchange"),
    "certificate_status_packet": ("server", "certificate_status"),
    "client_certificate_packet": ("client", "certificate"),
    "hello_retry_request_packet": ("server", "server_hello"),
    "change_cipher_spec_packet": ("client", "change_cipher_spec"),
    "client_first_record_packet": ("client", "application_data"),
    "heartbeat_packet": ("client", "heartbeat"),
}
"""Column -> who sent the message, and what it is; the first one counts."""
LAST = {"ticket_packet": ("server", "new_session_ticket")}
CAPTURES = [name for name in SAMPLES if name.startswith("handshakes/")]


def by_connection(table: str, name: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a table of a sample, by connection."""
    found: dict[str, list[dict[str, Any]]] = {}
    columns = [column for column in inspect(name).arrow(table).column_names if column != "time"]
    for row in inspect(name).arrow(table).select(columns).to_pylist():
        found.setdefault(row["connection_id"], []).append(row)
    return found


def packets_of(rows: Iterable[dict[str, Any]], sender: str, kind: str) -> list[int]:
    """The packets of messages of one kind."""
    return [
        row["packet"] for row in rows if row["sender"] == sender and kind in (row["message_type"], row["record_type"])
    ]


@pytest.mark.parametrize("name", CAPTURES)
def test_the_packet_of_an_event_is_that_of_its_message(name: str) -> None:
    messages = by_connection("messages", name)
    for row in inspect(name).arrow("connections").select(["connection_id", *FIRST, *LAST]).to_pylist():
        said = messages.get(row["connection_id"], [])
        for column, what in FIRST.items():
            assert row[column] in (None, *packets_of(said, *what)[:1]), column
        for column, what in LAST.items():
            assert row[column] in (None, *packets_of(said, *what)[-1:]), column


@pytest.mark.parametrize("name", CAPTURES)
def test_the_packet_of_the_last_alert_is_that_of_one_of_its_kind(name: str) -> None:
    alerts = by_connection("alerts", name)
    columns = ["connection_id", "last_alert", "last_alert_packet"]
    for row in inspect(name).arrow("connections").select(columns).to_pylist():
        said = [each["packet"] for each in alerts.get(row["connection_id"], []) if each["description"] is not None]
        assert row["last_alert_packet"] == (None if row["last_alert"] is None else said[-1])


@pytest.mark.parametrize("name", CAPTURES)
def test_a_renegotiation_begins_behind_the_first_handshake(name: str) -> None:
    messages = by_connection("messages", name)
    columns = ["connection_id", "renegotiation", "renegotiation_packet", "change_cipher_spec_packet"]
    for row in inspect(name).arrow("connections").select(columns).to_pylist():
        if row["renegotiation"] is not None:
            sent = packets_of(messages[row["connection_id"]], row["renegotiation"], "handshake")
            assert row["renegotiation_packet"] in [each for each in sent if each > row["change_cipher_spec_packet"]]


def test_every_event_is_in_some_sample() -> None:
    events = {*FIRST, *LAST, "last_alert_packet", "renegotiation_packet"}
    tables = [inspect(name).arrow("connections") for name in CAPTURES]
    assert {each for each in events if any(table[each].null_count < len(table) for table in tables)} == events
