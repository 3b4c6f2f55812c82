"""read(): one capture, several, damaged ones, interrupted ones; and the same rows streamed."""

from __future__ import annotations

import gc
import gzip
import hashlib
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from samples import CAPTURES, SAMPLES
from tls_vectors import (
    alert,
    certificate,
    client_hello,
    extension,
    handshake,
    message,
    record,
    server_hello,
    server_name,
)
from traffic import (
    ACK,
    CLIENT,
    FIN,
    NOON_NS,
    SERVER,
    Packet,
    converse,
    pcap,
    segment,
    tls12_turns,
    tls13_turns,
    write_pcap,
)

import tlsinspect
from tlsinspect import CaptureError
from tlsinspect.capture import CaptureSource
from tlsinspect.columns import COLUMNS
from tlsinspect.filters.compile import Filter
from tlsinspect.opening import TLS_PORTS, open_reading
from tlsinspect.parallel import ParallelReading
from tlsinspect.reading import BATCH_TABLES, PACKETS_PER_STEP, ROWS_PER_BATCH, Reading, Request
from tlsinspect.tables import Context, arrow_schema, build_gathered, empty_gathering
from tlsinspect.tables.arrow import ENCODED_TYPES

HELLO = handshake(message(1, client_hello()))


def conversation(number: int, *turns: bytes, port: int = 443) -> list[Packet]:
    """A connection of its own, `number` seconds after noon."""
    return converse(
        *(turns or tls12_turns()),
        client=("192.0.2.1", 20000 + number),
        server=("198.51.100.1", port),
        start_ns=NOON_NS + number * 10**9,
    )


def test_several_files_have_the_rows_of_each(tmp_path: Path) -> None:
    first = write_pcap(tmp_path / "first.pcap", conversation(1) + conversation(2, *tls13_turns()))
    second = write_pcap(tmp_path / "second.pcap", conversation(3))
    both, alone = tlsinspect.read([first, second]), [tlsinspect.read(path) for path in (first, second)]
    for table in ("connections", "messages", "captures", "offers", "chains"):
        rows = [pa.Table.from_pandas(getattr(part, table), preserve_index=False).to_pylist() for part in alone]
        together = pa.Table.from_pandas(getattr(both, table), preserve_index=False).to_pylist()
        assert sorted(together, key=repr) == sorted(rows[0] + rows[1], key=repr), table
    assert both.ports["connections"].sum() == 3


def test_files_are_read_by_the_time_of_their_first_packet(tmp_path: Path) -> None:
    late = write_pcap(tmp_path / "a-late.pcap", conversation(100))
    early = write_pcap(tmp_path / "b-early.pcap", conversation(1))
    inspection = tlsinspect.read([late, early])
    assert inspection.captures["capture"].tolist() == ["b-early.pcap", "a-late.pcap"]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_copy_of_a_capture_is_not_read_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setattr("tlsinspect.opening.PARALLEL_MINIMUM", 1)
    original = write_pcap(tmp_path / "trace.pcap", conversation(1) + conversation(2))
    copy = tmp_path / "trace (1).pcap.gz"
    copy.write_bytes(gzip.compress(original.read_bytes()))
    inspection = tlsinspect.read([original, copy], processes=processes)
    assert (len(inspection.connections), inspection.captures["capture"].tolist()) == (2, ["trace.pcap"])
    assert inspection.connections["connection_id"].is_unique
    assert inspection.copies == [(str(copy), str(original))]


def test_a_connection_that_goes_on_in_the_next_file_is_one_row(tmp_path: Path) -> None:
    packets = conversation(1)
    first = write_pcap(tmp_path / "day.1.pcap", packets[:4])
    second = write_pcap(tmp_path / "day.2.pcap", packets[4:])
    connections = tlsinspect.read([second, first]).connections
    assert connections[["capture", "established", "midstream"]].values.tolist() == [["day.1.pcap", True, False]]


def test_what_came_first_is_told_although_packets_of_the_next_file_are_counted_anew(tmp_path: Path) -> None:
    def read_cut(packets: list[Packet], cut: int) -> tuple[str | None, ...]:
        files = [write_pcap(tmp_path / "day.1.pcap", packets[:cut]), write_pcap(tmp_path / "day.2.pcap", packets[cut:])]
        [row] = tlsinspect.read(files).connections.to_dict("records")
        return row["renegotiation"], row["failure"]

    again = record(22, b"\x8f" * 200)
    for first, speaker in enumerate(("client", "server")):
        packets = conversation(1, *tls12_turns(), *[b""][:first], again, again)
        for cut in range(1, len(packets)):
            assert read_cut(packets, cut) == (speaker, None), cut
    hello, flight, *_ = tls12_turns()
    packets = converse(hello, flight, b"", alert(2, 50), closed=False)
    end = segment(CLIENT, SERVER, FIN | ACK, 1001 + len(hello), 2001 + len(flight), b"")
    packets.insert(-1, Packet(packets[-1].time_ns - 1, end))
    for cut in range(1, len(packets)):
        assert read_cut(packets, cut) == (None, "closed"), cut


def test_files_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    for number, folder in enumerate(("monday", "tuesday")):
        (tmp_path / folder).mkdir()
        write_pcap(tmp_path / folder / "trace.pcap", conversation(number))
    names = tlsinspect.read(tmp_path).captures["capture"].tolist()
    assert names == [str(tmp_path / "monday" / "trace.pcap"), str(tmp_path / "tuesday" / "trace.pcap")]


def test_rows_are_in_the_order_of_time(tmp_path: Path) -> None:
    packets = sorted(conversation(5) + conversation(1) + conversation(9) + conversation(3))
    connections = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets)).connections
    assert connections["client_port"].tolist() == [20001, 20003, 20005, 20009]


def test_ports_say_where_every_connection_is_a_row(tmp_path: Path) -> None:
    web = (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
    packets = conversation(1, *web, port=443) + conversation(2, *web, port=80) + conversation(3, port=9000)
    path = write_pcap(tmp_path / "made.pcap", packets)
    assert tlsinspect.read(path).connections["server_port"].tolist() == [443, 9000]
    other = tlsinspect.read(path, ports=[80])
    assert other.connections["server_port"].tolist() == [80, 9000]
    marked = other.ports[["server_port", "protocol", "tls_port"]].values.tolist()
    assert sorted(marked) == [[80, "http", True], [443, "http", False], [9000, "tls", False]]


def test_ports_frame_counts_shares_per_port(tmp_path: Path) -> None:
    web = (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
    packets = [packet for number in range(3) for packet in conversation(number)] + conversation(7, *web)
    ports = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets)).ports
    assert ports[["server_port", "protocol", "connections", "share"]].values.tolist() == [
        [443, "tls", 3, 0.75],
        [443, "http", 1, 0.25],
    ]


def test_captures_frame_describes_each_file(tmp_path: Path) -> None:
    packets = conversation(1)
    path = tmp_path / "made.pcap.gz"
    path.write_bytes(gzip.compress(pcap(packets, snaplen=300)))
    [row] = tlsinspect.read(path).captures.to_dict("records")
    assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (row["format"], row["compression"], row["link_types"]) == ("pcap-nanosecond", "gzip", ["ETHERNET"])
    assert (row["packets"], row["bytes"]) == (len(packets), sum(len(packet.frame) for packet in packets))
    assert row["truncated_packets"] == sum(len(packet.frame) > 300 for packet in packets) > 0
    assert (row["snaplen"], row["connections"], row["tls_connections"]) == (300, 1, 1)
    assert row["quality"] == "packets cut by the capture length"
    assert (row["time_start"].value, row["time_end"].value) == (packets[0].time_ns, packets[-1].time_ns)


def test_files_are_hashed_for_whom_asks_for_the_hash_alone(captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    sha256 = CaptureSource.sha256
    monkeypatch.setattr(CaptureSource, "sha256", lambda source: hashed.append(source.name) or sha256(source))
    inspection = tlsinspect.read(captures / "demo.pcapng")
    assert inspection.on_demand("captures").select(["capture", "packets"]).num_rows == 1
    assert not hashed
    assert inspection.arrow("captures")["sha256"].to_pylist() == [
        hashlib.sha256((captures / "demo.pcapng").read_bytes()).hexdigest()
    ]
    assert hashed == ["demo.pcapng"]
    assert len(inspection.captures) == 1
    assert hashed == ["demo.pcapng"]


def test_what_stands_before_the_damage_is_kept(tmp_path: Path) -> None:
    whole = pcap(conversation(1) + conversation(2))
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[:-30])
    inspection = tlsinspect.read(path)
    assert len(inspection.connections) == 2
    [(name, error)] = inspection.damage
    assert (name, error.kind) == ("cut.pcap", "truncated")
    [problem] = inspection.problems.to_dict("records")
    assert (problem["capture"], problem["layer"], problem["kind"]) == ("cut.pcap", "pcap", "truncated")
    last_record = len(whole) - len(conversation(2)[-1].frame) - 16
    assert problem["offset"] in (last_record, last_record + 16)
    assert inspection.captures["quality"].tolist() == ["damaged"]


def test_damage_in_one_file_does_not_touch_the_next(tmp_path: Path) -> None:
    (tmp_path / "1.pcap").write_bytes(pcap(conversation(1))[:-30])
    write_pcap(tmp_path / "2.pcap", conversation(2))
    inspection = tlsinspect.read(tmp_path)
    assert inspection.connections["capture"].tolist() == ["1.pcap", "2.pcap"]
    assert inspection.captures["quality"].tolist() == ["damaged", "complete"]


def test_corrupt_gzip_keeps_what_came_out_before(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(pcap([packet for n in range(50) for packet in conversation(n)])))
    packed[-8] ^= 0xFF  # of the checksum, behind the data
    path = tmp_path / "made.pcap.gz"
    path.write_bytes(bytes(packed))
    inspection = tlsinspect.read(path)
    assert len(inspection.connections) == 50
    assert [error.kind for _, error in inspection.damage] == ["corrupt"]
    assert inspection.problems[["layer", "kind"]].values.tolist() == [["file", "corrupt"]]


def test_gzip_with_garbage_in_the_middle_keeps_what_stands_before_it(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(pcap([packet for n in range(50) for packet in conversation(n)]), compresslevel=1))
    packed[len(packed) * 3 // 4 :] = b"\xff" * 200
    path = tmp_path / "made.pcap.gz"
    path.write_bytes(bytes(packed))
    inspection = tlsinspect.read(path)
    assert 10 < len(inspection.connections) < 50
    assert len(inspection.damage) == 1


def test_streamed_batches_hold_the_rows_of_the_frames(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "made.pcap", [packet for n in range(20) for packet in conversation(n)])
    inspection = tlsinspect.read(path)
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in BATCH_TABLES}
    for batch in open_reading(path, TLS_PORTS, BATCH_TABLES):
        batches[batch.table].append(batch.rows)
    for name in ("connections", "messages"):
        streamed = pa.Table.from_batches(batches[name]).to_pylist()
        assert sorted(streamed, key=repr) == sorted(inspection.arrow(name).to_pylist(), key=repr)


def test_rows_come_in_batches_of_bounded_size_while_reading(tmp_path: Path) -> None:
    count = 2 * ROWS_PER_BATCH + 10
    packets = [
        packet
        for number in range(count)
        for packet in converse(
            HELLO, client=(f"192.0.2.{number % 250}", 1024 + number // 250), start_ns=NOON_NS + number * 10**8
        )
    ]
    path = write_pcap(tmp_path / "many.pcap", packets)
    reading = open_reading(path, TLS_PORTS, ["connections"])
    assert [batch.rows.num_rows for batch in reading] == [ROWS_PER_BATCH, ROWS_PER_BATCH, 10]
    assert (reading.totals.listed, reading.totals.selected) == (count, count)


@pytest.mark.parametrize(
    "turns",
    [
        (handshake(message(1, client_hello(extension(0x1234, bytes(10_000))))),),
        (
            HELLO,
            handshake(message(2, server_hello()), message(11, certificate(*(b"0\1%d" % n for n in range(100, 150))))),
        ),
        (handshake(*(message(1, bytes(number)) for number in range(20))),),
    ],
    ids=["hello", "certificates", "problems"],
)
def test_batches_are_the_smaller_the_more_peers_said(
    turns: tuple[bytes, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlsinspect.reading.LENGTH_PER_BATCH", 45_000)
    path = write_pcap(
        tmp_path / "made.pcap", [packet for number in range(12) for packet in conversation(number, *turns)]
    )
    reading = open_reading(path, TLS_PORTS, ["connections"])
    assert [batch.rows.num_rows for batch in reading] == [5, 5, 2]


def test_a_hello_that_breaks_off_counts_for_what_there_is_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlsinspect.reading.LENGTH_PER_BATCH", 45_000)
    cut = handshake(message(1, client_hello(extension(0x1234, bytes(10_000)))))[:400]
    path = write_pcap(tmp_path / "made.pcap", [packet for number in range(12) for packet in conversation(number, cut)])
    reading = open_reading(path, TLS_PORTS, ["connections"])
    assert [batch.rows.num_rows for batch in reading] == [12]


def test_messages_are_those_of_the_selected_connections_alone(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "made.pcap", [packet for n in range(9) for packet in conversation(n)])
    ids = tlsinspect.read(path).connections["connection_id"].tolist()
    chosen = Filter(f"connection_id in {ids[3:5]}")
    reading = open_reading(path, TLS_PORTS, ["messages"], where=chosen)
    (batch,) = reading
    assert (reading.totals.listed, reading.totals.selected) == (9, 2)
    assert set(batch.rows["connection_id"].to_pylist()) == set(ids[3:5])


@pytest.mark.parametrize("kept", ["", "version_name == 'TLS 1.2'"])
def test_all_but_messages_is_the_same_where_they_are_not_read(kept: str) -> None:
    whole, without = (tlsinspect.read(CAPTURES / "demo.pcapng", messages=asked) for asked in (True, False))
    if kept:
        whole, without = whole.where(kept), without.where(kept)
    assert whole.arrow("messages").num_rows
    for name in COLUMNS:
        if name != "messages":
            assert without.arrow(name).equals(whole.arrow(name)), name


def test_messages_that_were_not_read_are_not_taken_for_none() -> None:
    inspection = tlsinspect.read(CAPTURES / "demo.pcapng", messages=False)
    first = inspection.connections["connection_id"].iloc[0]
    with pytest.raises(tlsinspect.TlsInspectError, match="messages=True"):
        inspection.messages  # noqa: B018
    with pytest.raises(tlsinspect.TlsInspectError, match="messages=True"):
        inspection.story(first)
    assert len(inspection.find_connections(first)) == 1


@pytest.mark.parametrize(
    "captures", [["demo.pcapng"], ["variants/rotated-1.pcap", "variants/rotated-2.pcap"], ["variants"]], ids=str
)
def test_worker_processes_read_what_one_process_reads(captures: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsinspect.opening.PARALLEL_MINIMUM", 0)
    paths = [CAPTURES / capture for capture in captures]
    alone, shared = tlsinspect.read(paths), tlsinspect.read(paths, processes=3)
    assert isinstance(open_reading(paths, TLS_PORTS, BATCH_TABLES, processes=3), ParallelReading)
    for table in COLUMNS:
        assert shared.frame(table).equals(alone.frame(table)), table


@pytest.mark.parametrize("kept_octets", [0, 5000, 1 << 30])
def test_rows_are_the_same_where_certificates_are_let_go_of(kept_octets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsinspect.reading.KEPT_OCTETS", kept_octets)
    path = CAPTURES / "demo.pcapng"
    whole = open_reading(path, TLS_PORTS, ["connections"])
    expected = pa.Table.from_batches([batch.rows for batch in whole])
    streamed = open_reading(path, TLS_PORTS, ["connections"], streamed=True)
    assert isinstance(streamed, Reading)
    rows, held = [], []
    for batch in streamed:
        rows.append(batch.rows)
        held.append(sum(map(len, streamed.builder.certificates.values())))
    assert pa.Table.from_batches(rows).combine_chunks().equals(expected)
    assert (len(rows) > 9) == (kept_octets < 10_000)
    assert max(held[:-1], default=0) <= kept_octets
    assert (len(whole.totals.certificates) > 9, streamed.totals.certificates, streamed.context.leaves) == (True, {}, {})


@pytest.mark.parametrize(("sample", "processes"), [*((sample, 1) for sample in SAMPLES), ("demo.pcapng", 2)])
def test_encoded_rows_are_the_plain_ones_and_their_type_is_always_the_same(
    sample: str, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlsinspect.opening.PARALLEL_MINIMUM", 0)
    monkeypatch.setattr("tlsinspect.reading.ROWS_PER_BATCH", 7)
    plain, encoded = (
        [
            batch.rows
            for batch in open_reading(CAPTURES / sample, TLS_PORTS, ["connections"], processes=processes, encoded=way)
        ]
        for way in (False, True)
    )
    schema = build_gathered(empty_gathering(0), Context([], {}, {}), encoded=True).schema
    wanted = arrow_schema("connections")
    changed = {field.name: field.type for field in schema if field.type != wanted.field(field.name).type}
    assert {"version_name", "ja4", "subject", "unknown_reasons"} < set(changed)
    assert set(changed.values()) == {ENCODED_TYPES["string"], ENCODED_TYPES["map"]}
    assert all(rows.schema == schema for rows in encoded)
    assert sorted(repr(row) for rows in encoded for row in rows.to_pylist()) == sorted(
        repr(row) for rows in plain for row in rows.to_pylist()
    )


def test_rows_that_are_selected_are_not_encoded() -> None:
    chosen = Filter("version_name == 'TLS 1.2'")
    batches = [*open_reading(CAPTURES / "demo.pcapng", TLS_PORTS, ["connections"], where=chosen, encoded=True)]
    assert {batch.rows.schema for batch in batches} == {arrow_schema("connections")}
    assert {row["version_name"] for batch in batches for row in batch.rows.to_pylist()} == {"TLS 1.2"}


def test_worker_processes_send_no_certificates_where_rows_are_all_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tlsinspect.opening.PARALLEL_MINIMUM", 0)
    path = CAPTURES / "demo.pcapng"
    shared = open_reading(path, TLS_PORTS, ["connections"], processes=2, streamed=True)
    rows = [row for batch in shared for row in batch.rows.to_pylist()]
    alone = [row for batch in open_reading(path, TLS_PORTS, ["connections"]) for row in batch.rows.to_pylist()]
    assert isinstance(shared, ParallelReading)
    assert sorted(map(repr, rows)) == sorted(map(repr, alone))
    assert shared.totals.certificates == {}


def test_worker_processes_tell_of_damage_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsinspect.opening.PARALLEL_MINIMUM", 0)
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap([packet for number in range(9) for packet in conversation(number)])[:-30])
    inspection = tlsinspect.read(path, processes=2)
    assert len(inspection.connections) == 9
    assert [error.kind for _, error in inspection.damage] == ["truncated"]
    assert inspection.problems["kind"].tolist() == ["truncated"]


def test_a_handshake_that_is_split_over_two_files_is_whole_when_both_are_read() -> None:
    connections = tlsinspect.read(
        [CAPTURES / "variants/rotated-2.pcap", CAPTURES / "variants/rotated-1.pcap"]
    ).connections
    [row] = connections.to_dict("records")
    assert (row["handshake_history"], row["established"], len(row["certificate_sha256s"])) == ("CsxknGIti", True, 2)
    assert row["capture"] == "rotated-1.pcap"


def test_progress_is_told_in_octets_of_the_files(tmp_path: Path) -> None:
    packets = conversation(0)
    path = write_pcap(tmp_path / "long.pcap", packets * (3 * PACKETS_PER_STEP // len(packets)))
    told: list[tuple[int, int | None]] = []
    tlsinspect.read(path, progress=lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert len(told) >= 2
    assert all(total == size for _, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_capture_costs_the_same_however_many_others_there_are(tmp_path: Path) -> None:
    class Counted(list[CaptureSource]):
        looked = 0

        def __getitem__(self, place: Any) -> Any:
            Counted.looked += len(found) if isinstance(found := super().__getitem__(place), list) else 1
            return found

        def __iter__(self) -> Iterator[CaptureSource]:
            Counted.looked += len(self)
            return super().__iter__()

    def looks(count: int) -> int:
        Counted.looked = 0
        sources = Counted(CaptureSource(path) for path in paths[:count])
        assert sum(batch.rows.num_rows for batch in Reading(Request(sources, TLS_PORTS, ("connections",)))) == count
        return Counted.looked

    paths = [write_pcap(tmp_path / f"{number}.pcap", conversation(number, *tls12_turns())) for number in range(40)]
    assert looks(40) == 10 * looks(4)


def test_ctrl_c_keeps_what_was_read(tmp_path: Path) -> None:
    once = len(conversation(0))
    packets = [packet for number in range(2 * PACKETS_PER_STEP // once) for packet in conversation(number)]

    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    inspection = tlsinspect.read(write_pcap(tmp_path / "long.pcap", packets), progress=interrupt)
    assert inspection.interrupted
    assert len(inspection.connections) == -(-PACKETS_PER_STEP // once)
    assert inspection.captures["packets"].tolist() == [PACKETS_PER_STEP]


@pytest.mark.parametrize("captures", ["missing.pcap", "no-*.pcap", "."])
def test_nothing_to_read_is_a_capture_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captures: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaptureError) as caught:
        tlsinspect.read(captures)
    assert str(caught.value).count("\n") == 0


def test_unknown_table_is_a_key_error(tmp_path: Path) -> None:
    inspection = tlsinspect.read(write_pcap(tmp_path / "made.pcap", conversation(1)))
    with pytest.raises(KeyError, match="sessions"):
        inspection.arrow("sessions")


def test_every_table_is_an_attribute_and_made_once(tmp_path: Path) -> None:
    inspection = tlsinspect.read(write_pcap(tmp_path / "made.pcap", conversation(1)))
    for table in COLUMNS:
        assert getattr(inspection, table) is getattr(inspection, table)


def test_server_names_stay_as_they_were_sent(tmp_path: Path) -> None:
    odd = tls12_turns(server_name(b"\x1b[31m\xff.example"))
    connections = tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(*odd))).connections
    assert connections["server_name"].tolist() == ["\x1b[31m\\xff.example"]


def test_half_open_connections_that_a_limit_ends_are_counted_under_their_port(tmp_path: Path) -> None:
    packets = [
        packet
        for number in range(40)
        for packet in converse(client=(CLIENT[0], 20000 + number), start_ns=NOON_NS + number)[:1]
    ]
    inspection = tlsinspect.read(
        write_pcap(tmp_path / "half-open.pcap", packets), limits=tlsinspect.Limits(connections=20)
    )
    [port] = inspection.ports.to_dict("records")
    assert (port["server_port"], port["protocol"], port["connections"]) == (443, "silent", 40)
    assert inspection.captures["connections"].tolist() == [40]
    [problem] = inspection.problems.to_dict("records")
    assert (problem["kind"], problem["expected"]) == ("limit", "at most 20 connections open at once")
    assert problem["count"] == 40 - len(inspection.connections)


@pytest.mark.parametrize(
    "asked", [(), ("connections", "certificates", "validation", "findings")], ids=["fresh", "asked"]
)
def test_an_inspection_can_be_pickled_before_and_after_its_frames_are_asked_for(asked: tuple[str, ...]) -> None:
    inspection = tlsinspect.read(CAPTURES / "handshakes" / "certificate-expired.pcap")
    for name in asked:
        assert len(getattr(inspection, name))
    again = pickle.loads(pickle.dumps(inspection))
    assert all(again.arrow(table).equals(inspection.arrow(table)) for table in COLUMNS)
    connection_id = inspection.connections["connection_id"][0]
    assert again.story(connection_id) == inspection.story(connection_id)
    assert again.arguments == inspection.arguments


def test_worker_processes_of_the_caller_give_inspections() -> None:
    captures = [CAPTURES / "handshakes" / name for name in ("curl-nginx.pcapng", "hybrid-openssl40.pcapng")]
    with ProcessPoolExecutor(2) as pool:
        there = list(pool.map(tlsinspect.read, captures))
    here = [tlsinspect.read(capture) for capture in captures]
    assert [one.arrow("findings") for one in there] == [one.arrow("findings") for one in here]


def test_the_garbage_collector_is_still_while_captures_are_read_and_not_for_a_reading_that_was_given_up() -> None:
    capture = CAPTURES / "demo.pcapng"
    given_up = iter(open_reading([capture], TLS_PORTS, BATCH_TABLES))
    next(given_up)
    assert gc.isenabled()
    told: list[bool] = []
    tlsinspect.read(capture, progress=lambda done, total: told.append(gc.isenabled()))
    assert told and not any(told)
    assert gc.isenabled()
