"""What holds for every frame of every capture: declared columns, declared types, a reason for each missing value."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from samples import SAMPLES, inspect
from tls_vectors import application
from traffic import converse, write_pcap

import tlsinspect
from tlsinspect import Inspection
from tlsinspect.columns import COLUMNS, UNKNOWN_REASONS

ARROW_TYPES = {
    "string": "string",
    "bool": "bool",
    "uint8": "uint8",
    "uint16": "uint16",
    "uint32": "uint32",
    "int64": "int64",
    "float64": "double",
    "timestamp": "timestamp[ns, tz=UTC]",
    "list<uint8>": "list<item: uint8>",
    "list<uint16>": "list<item: uint16>",
    "list<uint32>": "list<item: uint32>",
    "list<int64>": "list<item: int64>",
    "list<string>": "list<item: string>",
    "map": "map<string, string>",
}
NULL_BY_MEANING = {
    "later_captures",
    "later_packets",
    "tunnels",
    "vlans",
    "starttls_protocol",
    "starttls_status",
    "clear_credentials",
    "starttls_injection",
    "sslv2_cipher_kinds",
    "sslv2_server_cipher_kinds",
    "failure_cause",
    "failure_reason",
    "failure_advice",
    "failure_packet",
    "renegotiation",
    "heartbleed",
    "heartbleed_packet",
    "unknown_reasons",
    *("clear_text_packet", "starttls_packet", "clear_credentials_packet", "starttls_injection_packet"),
    *("last_alert_packet", "server_key_exchange_packet", "renegotiation_packet", "ticket_packet"),
    *("change_cipher_spec_packet", "heartbeat_packet", "certificate_status_packet", "hello_retry_request_packet"),
    "client_first_record_packet",
}
QUIC_COLUMNS = [column.name for column in COLUMNS["connections"] if column.name.startswith("quic_")]


def assert_as_declared(inspection: Inspection) -> None:
    for table, columns in COLUMNS.items():
        frame = getattr(inspection, table)
        found = {name: str(dtype.pyarrow_dtype) for name, dtype in frame.dtypes.items()}
        assert found == {column.name: ARROW_TYPES[column.type] for column in columns}
        assert list(frame.columns) == [column.name for column in columns]


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_frame_has_exactly_the_declared_columns_and_types(sample: str) -> None:
    assert_as_declared(inspect(sample))


def test_an_empty_capture_has_the_same_columns_and_no_rows(tmp_path: Path) -> None:
    inspection = tlsinspect.read(write_pcap(tmp_path / "empty.pcap", []))
    assert_as_declared(inspection)
    assert {table: len(getattr(inspection, table)) for table in COLUMNS if table != "captures"} == dict.fromkeys(
        COLUMNS.keys() - {"captures"}, 0
    )
    assert inspection.captures["quality"].tolist() == ["no packets"]


def test_a_capture_without_tls_has_the_same_columns(tmp_path: Path) -> None:
    packets = converse(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", server=("198.51.100.1", 80))
    inspection = tlsinspect.read(write_pcap(tmp_path / "http.pcap", packets))
    assert_as_declared(inspection)
    assert inspection.connections.empty
    assert inspection.ports[["server_port", "protocol", "connections"]].values.tolist() == [[80, "http", 1]]


def test_application_data_alone_is_a_connection_with_all_the_columns(tmp_path: Path) -> None:
    packets = converse(application() * 3, application() * 3, opened=False, closed=False)
    inspection = tlsinspect.read(write_pcap(tmp_path / "middle.pcap", packets))
    assert_as_declared(inspection)
    assert inspection.connections["midstream"].tolist() == [True]


@pytest.mark.parametrize("sample", SAMPLES)
def test_each_missing_value_has_a_declared_reason_and_no_other_value_has_one(sample: str) -> None:
    connections = inspect(sample).connections
    explained = [name for name in connections.columns if name not in NULL_BY_MEANING]
    missing = connections[explained].isna()
    missing.loc[~connections["protocol"].isin(["quic", "gquic"]), QUIC_COLUMNS] = False
    for row, reasons in zip(missing.itertuples(index=False), connections["unknown_reasons"], strict=True):
        given = dict(reasons)
        assert set(given.values()) <= set(UNKNOWN_REASONS)
        assert set(given) == {name for name, null in zip(explained, row, strict=True) if null}


@pytest.mark.parametrize("sample", SAMPLES)
def test_rows_of_all_frames_belong_together(sample: str) -> None:
    inspection = inspect(sample)
    ids = set(inspection.connections["connection_id"])
    assert len(ids) == len(inspection.connections)
    for table in ("chains", "offers", "messages", "alerts"):
        assert set(getattr(inspection, table)["connection_id"]) <= ids
    assert set(inspection.problems["connection_id"].dropna()) <= ids
    assert set(inspection.chains["sha256"]) == set(inspection.certificates["sha256"])
    assert inspection.ports["connections"].sum() == inspection.captures["connections"].sum()
    assert (inspection.certificates["connections"] <= len(ids)).all()


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_name_stands_beside_each_number_and_nowhere_else(sample: str) -> None:
    connections = inspect(sample).connections
    for name in ("cipher_suite", "group", "version", "server_signature_algorithm", "last_alert"):
        assert (connections[name].isna() == connections[f"{name}_name"].isna()).all(), name


@pytest.mark.parametrize("sample", SAMPLES)
def test_packet_numbers_and_times_lie_within_the_capture(sample: str) -> None:
    inspection = inspect(sample)
    capture = inspection.captures.iloc[0]
    connections = inspection.connections
    numbers = pd.concat(
        [inspection.messages["packet"], inspection.alerts["packet"], connections["client_hello_packet"]]
    )
    strangers = 2 if "strangers" in sample else 0  # custom blocks have a number, as in Wireshark, and are no packets
    assert numbers.dropna().between(1, int(capture["packets"]) + strangers).all()
    assert connections["time_start"].between(capture["time_start"], capture["time_end"]).all()
    assert connections["time_end"].between(capture["time_start"], capture["time_end"]).all()


@pytest.mark.parametrize("sample", SAMPLES)
def test_lists_offered_are_the_rows_of_the_offers_frame(sample: str) -> None:
    inspection = inspect(sample)
    offers = inspection.offers
    suites = offers[offers["kind"] == "cipher_suite"].groupby("connection_id")["code"].agg(list)
    for row in inspection.connections.itertuples():
        offered = row.cipher_suites if isinstance(row.cipher_suites, list) else []
        assert suites.get(row.connection_id, []) == offered
