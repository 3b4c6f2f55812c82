"""What rules ask of the tables, where the rules' own cases do not show it."""

from __future__ import annotations

import pyarrow as pa

from tlsinspect.findings.facts import Facts
from tlsinspect.tables import arrow_schema


def facts_of(*rows: dict[str, object]) -> Facts:
    """Facts of connections of which no more is known than this."""
    return Facts(
        pa.Table.from_pylist(list(rows), arrow_schema("connections")), arrow_schema("certificates").empty_table()
    )


def test_randoms_too_short_to_have_a_key_are_compared_as_a_whole() -> None:
    texts = ("ab", "ab", "cd", None, "0" * 8 + "1" * 8, "2" * 8 + "1" * 8)
    rows = [{"connection_id": str(place), "server_random": text} for place, text in enumerate(texts)]
    assert facts_of(*rows).repeated("server_random").tolist() == [True, True, False, False, False, False]


def test_the_packet_of_a_finding_is_the_rules_then_the_hello_then_the_first() -> None:
    rows = ({"heartbleed_packet": 9, "first_packet": 1}, {"client_hello_packet": 4, "first_packet": 1})
    assert facts_of(*rows, {"first_packet": 3}, {}).packets("heartbleed_packet").tolist() == [9, 4, 3, -1]
