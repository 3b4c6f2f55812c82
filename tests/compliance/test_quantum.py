"""The quantum ledger counts what could be read later, and ranks the servers by what hangs on one key."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from samples import SAMPLES, inspect
from synthetic import make_connection

from tlsinspect.compliance import Ledger, build_ledger
from tlsinspect.statistics.catalogue import SECRECY_ORDER
from tlsinspect.statistics.shares import build_shares
from tlsinspect.tables import arrow_schema

STATIC: dict[str, Any] = {"forward_secrecy": False, "post_quantum": False, "key_exchange": "RSA", "group": None}
HYBRID: dict[str, Any] = {"post_quantum": True, "group": 4588}


def ledger_of(*changes: dict[str, Any]) -> Ledger:
    """The ledger of connections that are classical and carry 10 octets but for the changes."""
    content = {"client_application_bytes": 4, "server_application_bytes": 6}
    rows = [make_connection(number, **(content | change)) for number, change in enumerate(changes, 1)]
    return build_ledger(pa.Table.from_pylist(rows, arrow_schema("connections")))


def test_connections_content_and_names_are_counted_by_what_protects_them() -> None:
    unknown = {"forward_secrecy": None, "post_quantum": None, "server_application_bytes": None}
    made = ledger_of(STATIC, {}, {"server_name": "other.example"}, HYBRID, unknown, {"protocol": "ssh"})
    rows = made.class_table.to_pylist()
    assert [(row["connections"], row["bytes"], row["names"]) for row in rows] == [
        (1, 10, 1), (2, 20, 2), (1, 10, 1), (1, 4, 1),
    ]  # fmt: skip
    assert [row["denominator"] for row in rows] == [4, 4, 4, None]
    assert [row["share"] for row in rows] == [0.25, 0.5, 0.25, None] and rows[1]["byte_share"] == 0.5
    assert rows[1]["low"] < 0.5 < rows[1]["high"]


def test_a_handshake_that_the_capture_cuts_off_is_unknown_and_one_that_ended_before_its_keys_is_left_out() -> None:
    keyless = {
        "server_hello_packet": None, "cipher_suite": None, "forward_secrecy": None, "post_quantum": None,
        "established": False,
    }  # fmt: skip
    made = ledger_of(keyless | {"failure": "capture_end"}, keyless | {"failure": "closed"})
    assert [row["connections"] for row in made.class_table.to_pylist()] == [0, 0, 0, 1]


def test_a_name_in_capitals_is_the_same_name() -> None:
    made = ledger_of({}, {"server_name": "WWW.Example"}, {"server_name": "other.example"})
    assert made.class_table["names"].to_pylist() == [0, 2, 0, 0]
    assert made.server_table["names"].to_pylist() == [["www.example", "other.example"]]


def test_the_first_to_migrate_has_most_content_under_one_key_and_a_safe_one_is_not_listed() -> None:
    one, two, three, safe = ({"server_ip": f"198.51.100.{number}"} for number in range(1, 5))
    made = ledger_of(
        three | {"server_application_bytes": 900}, one | STATIC, two | STATIC | {"server_application_bytes": 90},
        safe | HYBRID, two, {"supported_groups": [4588, 29]} | three,
    )  # fmt: skip
    rows = made.server_table.to_pylist()
    assert [row["server"] for row in rows] == ["198.51.100.2:443", "198.51.100.1:443", "198.51.100.3:443"]
    assert (rows[0]["no_secrecy_bytes"], rows[0]["classical_connections"], rows[0]["packet"]) == (94, 1, 36)
    assert (rows[2]["classical_bytes"], rows[2]["offered_connections"]) == (914, 1)


@pytest.mark.parametrize(
    ("suite", "group", "protection"),
    [
        (0xC010, 29, "no forward secrecy"),  # TLS_ECDHE_RSA_WITH_NULL_SHA
        (0xC0B4, 4588, "no forward secrecy"),  # TLS_SHA256_SHA256, of TLS 1.3
        (0x0014, None, "no forward secrecy"),  # TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA
        (0x0015, None, "no forward secrecy"),  # TLS_DHE_RSA_WITH_DES_CBC_SHA
        (0x0016, None, "classical forward secrecy"),  # TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA
        (0x1301, 4588, "post-quantum"),
    ],
)
def test_no_key_exchange_protects_what_is_not_encrypted_or_with_keys_that_can_be_tried(
    suite: int, group: int | None, protection: str
) -> None:
    made = ledger_of({"cipher_suite": suite, "group": group, "post_quantum": group == 4588})
    assert [row["protection"] for row in made.class_table.to_pylist() if row["connections"]] == [protection]


def test_a_sample_is_counted_as_its_suites_and_groups_say() -> None:
    """By tshark's count of suites: 27 with static RSA and 27 with a plain PSK; of groups: 23 and 4 hybrid."""
    rows = {row["protection"]: row for row in inspect("demo.pcapng").quantum().class_table.to_pylist()}
    assert rows["no forward secrecy"]["connections"] == 27 + 27
    assert rows["post-quantum"]["connections"] == 23 + 4


@pytest.mark.parametrize("name", SAMPLES)
def test_the_ledger_and_the_statistic_of_secrecy_count_the_same(name: str) -> None:
    ledger = inspect(name).quantum().class_table["connections"].to_pylist()
    shares = build_shares("secrecy", inspect(name))
    assert [*(shares.count_of(category) for category in reversed(SECRECY_ORDER)), shares.unknown] == ledger


def test_an_empty_capture_has_an_empty_ledger() -> None:
    made = ledger_of()
    assert made.server_table.num_rows == 0 and [row["connections"] for row in made.class_table.to_pylist()] == [0] * 4
