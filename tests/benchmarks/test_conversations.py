"""Recorded connections become conversations whose contents are known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import conversations
import pytest
from conversations import Conversation


@pytest.fixture(scope="module")
def recorded(captures: Path) -> list[Conversation]:
    loaded: list[Conversation] = conversations.load_conversations(captures)
    return loaded


def one(recorded: list[Conversation], captures: Path, name: str) -> Conversation:
    file = next(captures.glob(f"handshakes/{name}.pcap*"))
    found = [conversations.build_conversation(packets) for packets in conversations.split_connections(file)]
    assert len(found) == 1 and found[0] is not None
    return found[0]


def test_conversations_cover_every_version_and_the_clear(recorded: list[Conversation]) -> None:
    assert {one.protocol for one in recorded} == {"tls", "http"}
    assert {b"\x03\x00", b"\x03\x01", b"\x03\x02", b"\x03\x03"} <= {one.record_version for one in recorded}
    assert {one.ip_version for one in recorded} == {4, 6}


def test_tls12_conversation_holds_one_of_each_and_its_chain(recorded: list[Conversation], captures: Path) -> None:
    conversation = one(recorded, captures, "tls12")
    assert conversation.holds == Counter(client_hellos=1, server_hellos=1, server_certificates=2)
    assert conversation.name == b"www.example"


def test_tls13_conversation_holds_no_certificate_in_the_clear(recorded: list[Conversation], captures: Path) -> None:
    assert one(recorded, captures, "tls13").holds == Counter(client_hellos=1, server_hellos=1)


def test_retry_counts_two_hellos_of_each_side(recorded: list[Conversation], captures: Path) -> None:
    conversation = one(recorded, captures, "hello-retry-request")
    assert conversation.holds == Counter(client_hellos=2, server_hellos=2)


def test_random_of_a_retry_request_is_left_alone(recorded: list[Conversation], captures: Path) -> None:
    conversation = one(recorded, captures, "hello-retry-request")
    changed = [change.name for changes in conversation.changes.values() for change in changes]
    assert changed.count("client_random") == 2
    assert changed.count("server_random") == 1


def test_client_certificates_are_counted_apart(recorded: list[Conversation], captures: Path) -> None:
    assert one(recorded, captures, "client-certificate-tls12").holds["client_certificates"] == 2


def test_changes_never_touch_a_record_header(recorded: list[Conversation], captures: Path) -> None:
    conversation = one(recorded, captures, "small-fragments")
    for side in (0, 1):
        stream = b"".join(segment.payload for segment in conversation.segments if segment.side == side)
        headers = {place for _, start, _ in conversations.iter_records(stream) for place in range(start - 5, start)}
        for index, changes in conversation.changes.items():
            segment = conversation.segments[index]
            if segment.side == side:
                touched = {segment.sequence - 1 + at for change in changes for at in range(change.start, change.end)}
                assert not touched & headers


def test_failed_handshake_takes_no_data(recorded: list[Conversation], captures: Path) -> None:
    assert one(recorded, captures, "alert-handshake-failure").insert_at is None


def test_data_goes_between_whole_records(recorded: list[Conversation]) -> None:
    placed = [one for one in recorded if one.protocol == "tls" and one.insert_at is not None]
    assert placed
    for conversation in placed:
        for side in (0, 1):
            before = conversation.segments[: conversation.insert_at]
            sent = b"".join(segment.payload for segment in before if segment.side == side)
            assert [end for _, _, end in conversations.iter_records(sent)][-1] == len(sent)


def test_connection_that_lacks_a_segment_is_not_taken(captures: Path) -> None:
    (packets,) = conversations.split_connections(captures / "handshakes" / "tls12.pcap")
    with_payload = [number for number, packet in enumerate(packets) if len(packet.segment) > 100]
    del packets[with_payload[0]]
    assert conversations.build_conversation(packets) is None
