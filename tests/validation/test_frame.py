"""The validation frame: a row per connection, whatever it carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_chains import LEAF, MIDDLE, NOON_NS, ROOT, issue
from samples import CAPTURES, inspect
from tls_vectors import server_name
from traffic import SERVER, converse, tls12_turns, tls13_turns, write_pcap, write_without_times

import tlsinspect
from tlsinspect import Inspection, forked
from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.columns import COLUMNS
from tlsinspect.validation import VERDICTS, Trust, build
from tlsinspect.validation.build import NAME_LOST, UNDATED
from tlsinspect.validation.history import Period
from tlsinspect.validation.validator import Validator
from tlsinspect.wire.limits import DEFAULT_LIMITS

TRUST = Trust("the test's root", [ROOT])
DAY_NS = 86_400 * 10**9


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    """A good chain for the right and a wrong name and for none, the same a day late, and one of TLS 1.3."""
    end = datetime(2025, 6, 15, 18, tzinfo=UTC)
    brief = issue("brief", "Middle", names=["www.example"], validity=(datetime(2025, 1, 1, tzinfo=UTC), end))
    turns = [
        (tls12_turns(server_name(b"www.example"), LEAF, MIDDLE), 0),
        (tls12_turns(server_name(b"192.0.2.80"), LEAF, MIDDLE), 0),
        (tls12_turns(server_name(b"other.test"), LEAF, MIDDLE), 0),
        (tls12_turns(b"", LEAF, MIDDLE), 0),
        (tls12_turns(server_name(b"www.example"), brief, MIDDLE), 0),
        (tls12_turns(server_name(b"www.example"), brief, MIDDLE), 1),
        (tls13_turns(), 0),
    ]
    packets = []
    for number, (turn, days) in enumerate(turns):
        start = NOON_NS + days * DAY_NS + number
        packets += converse(*turn, client=("192.0.2.1", 50_000 + number), start_ns=start)
    return tlsinspect.read(write_pcap(tmp_path_factory.mktemp("made") / "made.pcap", packets))


@pytest.fixture(scope="module")
def frame(made: Inspection) -> pd.DataFrame:
    """Its validation, in the order of the turns."""
    rows = made.validate(trust=TRUST).merge(made.connections[["connection_id", "client_port"]])
    return rows.sort_values("client_port").reset_index(drop=True)


def test_every_connection_has_a_verdict(frame: pd.DataFrame) -> None:
    assert frame["verdict"].tolist() == [
        "valid", "valid", "name_mismatch", "valid", "valid", "expired", "not_observable",
    ]  # fmt: skip
    assert frame["reason"].tolist()[-1] == "encrypted"


def test_the_detail_says_which_certificate_and_why(frame: pd.DataFrame) -> None:
    details = frame["detail"].tolist()
    assert details[0] == "the path ends at CN=Root, trusted by the test's root"
    assert details[2] == "the client asked for other.test, the certificate is for www.example, 192.0.2.80"
    assert "no name was asked for" in details[3]
    assert "CN=brief was valid until 2025-06-15 18:00:00 UTC" in details[5]
    assert frame["fault_position"].tolist()[5] == 0
    assert frame["fault_sha256"].tolist()[2] == parse_certificate(LEAF).sha256
    assert list(frame["path"][0]) == [parse_certificate(der).sha256 for der in (LEAF, MIDDLE, ROOT)]


def test_a_name_that_was_not_captured_is_told_from_one_that_was_not_asked_for(tmp_path: Path) -> None:
    """Of a server alone only that is said which no name could change."""
    whole = converse(*tls12_turns(b"", LEAF, MIDDLE))
    alone = converse(*tls12_turns(server_name(b"other.test"), LEAF, MIDDLE), client=("192.0.2.9", 50_009))
    expired = issue("late", "Middle", names=["www.example"], validity=(datetime(2020, 1, 1), datetime(2021, 1, 1)))
    dated = converse(*tls12_turns(server_name(b"www.example"), expired, MIDDLE), client=("192.0.2.8", 50_008))
    heard = [packet for packet in [*alone, *dated] if packet.frame[34:36] == SERVER[1].to_bytes(2, "big")]
    inspection = tlsinspect.read(write_pcap(tmp_path / "alone.pcap", [*whole, *heard]))
    rows = inspection.connections.sort_values("client_port").to_dict("records")
    assert [row["server_name"] for row in rows] == [None, None, None]
    assert [row["validation"] for row in rows] == ["leaf_ok", "expired", None]
    assert dict(rows[2]["unknown_reasons"])["validation"] == "one_sided"
    frame = inspection.validate(trust=TRUST).merge(inspection.connections[["connection_id", "client_port"]])
    frame = frame.sort_values("client_port")
    assert frame["verdict"].tolist() == ["valid", "expired", "not_observable"]
    assert frame["reason"].fillna("").tolist() == ["", "", "one_sided"]
    asked, _, lost = frame["detail"]
    assert asked.endswith("; no name was asked for, so none was compared")
    assert lost == f"{NAME_LOST}; nothing else speaks against the chain"
    assert frame["anchor"].tolist() == ["CN=Root", "CN=Root", "CN=Root"]
    trusting = inspection.trusting(TRUST)
    said = trusting.story(rows[2]["connection_id"]).trust
    assert said.startswith("Whether the server's chain is trusted cannot be said (not observable): the name that")
    table = trusting.check("pci-dss-4.0.1").requirement_table
    asked_of = {row["id"]: row for row in table.to_pylist()}
    assert asked_of["pci-certificate-trust"]["not_observable"] == 0  # whether the name fits is another requirement
    assert asked_of["pci-certificate-name"]["not_observable"] == 2


def test_a_name_that_was_cut_off_a_hello_leaves_its_certificate_open(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(server_name(b"other.test"), LEAF, MIDDLE))
    hello = next(place for place, (_, frame) in enumerate(packets) if frame[54:56] == b"\x16\x03")
    packets[hello] = packets[hello]._replace(frame=packets[hello].frame[:110])
    inspection = tlsinspect.read(write_pcap(tmp_path / "cut.pcap", packets))
    (row,) = inspection.connections.to_dict("records")
    assert (row["server_name"], row["validation"], row["truncated"]) == (None, None, True)
    assert len(row["certificate_sha256s"]) == 2
    assert dict(row["unknown_reasons"])["validation"] == "snaplen"
    (judged,) = inspection.validate(trust=TRUST).to_dict("records")
    assert (judged["verdict"], judged["reason"]) == ("not_observable", "snaplen")


def test_a_chain_without_name_and_time_has_the_reason_of_the_time(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(server_name(b"www.example"), LEAF, MIDDLE))
    heard = [packet for packet in packets if packet.frame[34:36] == SERVER[1].to_bytes(2, "big")]
    (row,) = tlsinspect.read(write_without_times(tmp_path / "a.pcapng", heard)).validate(trust=TRUST).to_dict("records")
    assert (row["verdict"], row["reason"]) == ("not_observable", "not_captured")
    assert row["detail"] == f"{UNDATED}; {NAME_LOST}; nothing else speaks against the chain"


def test_another_time_is_another_verdict(made: Inspection) -> None:
    early = made.validate(at=datetime(2019, 1, 1), trust=TRUST)
    assert set(early["verdict"]) == {"not_yet_valid", "not_observable"}
    assert early["time"].iloc[0] == pd.Timestamp("2019-01-01", tz="UTC")


def test_the_default_trusts_mozillas_roots_alone(made: Inspection) -> None:
    assert set(made.validation["verdict"]) == {"untrusted_root", "expired", "not_observable"}


def test_a_chain_is_judged_once_for_all_its_connections(made: Inspection, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = []
    plain = Validator.judge

    def counting(self: Validator, chain: list[str], *asked: Any) -> object:
        judged.append(chain)
        return plain(self, chain, *asked)

    monkeypatch.setattr(Validator, "judge", counting)
    made.validate(trust=TRUST)
    assert len(judged) == 3  # the good chain, the brief one before and after its end


@pytest.mark.parametrize("sample", ["handshakes/ssh-on-443.pcap", "handshakes/resumption-ticket.pcap", "demo.pcapng"])
def test_the_frame_has_the_declared_columns_and_known_verdicts(sample: str) -> None:
    inspection = inspect(sample)
    rows = inspection.validation
    assert list(rows.columns) == [column.name for column in COLUMNS["validation"]]
    assert len(rows) == len(inspection.connections)
    assert set(rows["verdict"]) <= set(VERDICTS)
    unseen = rows["verdict"].isin(["not_observable", "not_applicable"])
    assert (rows["reason"].notna() == unseen).all()


def test_a_resumed_session_has_no_certificate_to_judge() -> None:
    rows = inspect("handshakes/resumption-ticket.pcap").validation
    assert ("not_observable", "resumed") in set(zip(rows["verdict"], rows["reason"], strict=True))


def test_a_hostile_chain_is_a_row_like_any_other(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(server_name(b"www.example"), b"\x30\x84\xff\xff\xff\xff", LEAF[:100], b""))
    rows = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets)).validation
    assert rows["verdict"].tolist() == ["malformed"]


def test_an_empty_list_of_certificates_is_malformed(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(server_name(b"www.example")))
    rows = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets)).validation
    assert rows["detail"].tolist() == ["the server sent an empty list of certificates"]


def test_the_trust_may_be_a_file_of_pem(tmp_path: Path, made: Inspection) -> None:
    from tlsinspect.validation import load_trust

    (tmp_path / "root.pem").write_text("Root of the test\n" + pem_of(ROOT))
    rows = made.validate(trust=load_trust([tmp_path / "root.pem"]))
    assert rows["verdict"].tolist().count("valid") == 4


def test_a_root_that_leaves_between_two_connections_is_trusted_at_the_first_alone(made: Inspection) -> None:
    root = parse_certificate(ROOT).sha256
    until = Trust("roots with an end", [ROOT], frozenset({root}), {root: Period(0, NOON_NS + DAY_NS)})
    rows = made.trusting(until).validation
    days = rows["time"].astype("int64") >= NOON_NS + DAY_NS
    seen = rows["reason"].isna()
    assert set(rows[seen & ~days]["publicly_trusted"]) == {True}
    assert set(rows[seen & days]["publicly_trusted"]) == {False} and days.any()
    assert all("untrusted_root" in faults for faults in rows[seen & days]["faults"])


def test_a_judgement_may_change_after_the_first_connection_and_up_to_the_last() -> None:
    leaf, root = parse_certificate(LEAF), parse_certificate(ROOT).sha256
    trust = Trust("roots with two ends", [ROOT], periods={root: Period(NOON_NS, NOON_NS + DAY_NS)})
    validator = Validator(trust, {leaf.sha256: LEAF}, {leaf.sha256: leaf}.__getitem__, DEFAULT_LIMITS)
    assert leaf.not_before is not None and leaf.not_after is not None
    all_changes = [leaf.not_before, NOON_NS, NOON_NS + DAY_NS, leaf.not_after + 1]
    assert validator.find_changes([leaf.sha256], leaf.not_before - 1, leaf.not_after + 1) == all_changes
    assert validator.find_changes([leaf.sha256], leaf.not_before, leaf.not_after) == all_changes[1:-1]
    assert validator.find_changes([leaf.sha256], NOON_NS, NOON_NS + DAY_NS) == [NOON_NS + DAY_NS]


LOW = issue("Low", "Middle", authority=True)
LONG = [issue("www.example", "Low", names=["www.example"]), LOW, MIDDLE]


@pytest.mark.parametrize(
    ("chain", "end", "name", "verdict", "faults"),
    [
        ([LEAF, MIDDLE], MIDDLE, b"www.example", "not_observable", []),
        (LONG, MIDDLE, b"www.example", "not_observable", []),
        ([LEAF, MIDDLE, ROOT], ROOT, b"www.example", "valid", []),
        ([LEAF, MIDDLE], MIDDLE, b"other.test", "name_mismatch", ["name_mismatch"]),
        ([issue("a", "Other"), issue("Other", "Other", authority=True), MIDDLE], MIDDLE, b"", "untrusted_root", None),
    ],
)
def test_what_a_chain_lacks_that_the_capture_cuts_may_have_been_sent(
    chain: list[bytes], end: bytes, name: bytes, verdict: str, faults: list[str] | None, tmp_path: Path
) -> None:
    hello, flight, *rest = tls12_turns(server_name(name), *chain)
    place = flight.index(end) + len(end) // 2
    packets = converse(hello, flight[:place], b"", flight[place:], *rest)
    lost = next(number for number, packet in enumerate(packets) if packet.frame.endswith(flight[place:]))
    inspection = tlsinspect.read(write_pcap(tmp_path / "lost.pcap", packets[:lost] + packets[lost + 1 :]))
    [row] = inspection.trusting(TRUST).arrow("validation").to_pylist()
    assert row["verdict"] == verdict
    assert row["reason"] == ("gap" if verdict == "not_observable" else None)
    assert faults is None or row["faults"] == faults
    [row] = tlsinspect.read(write_pcap(tmp_path / "all.pcap", packets)).trusting(TRUST).arrow("validation").to_pylist()
    assert row["verdict"] != "not_observable"


def test_a_chain_that_the_server_sent_short_is_incomplete_whatever_else_is_lost(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(server_name(b"www.example"), LEAF))
    inspection = tlsinspect.read(write_pcap(tmp_path / "lost.pcap", [*packets[:-3], *packets[-2:]]))
    [row] = inspection.trusting(TRUST).arrow("validation").to_pylist()
    assert row["verdict"] == "incomplete_chain"


def test_dates_are_not_judged_where_packets_have_no_time_unless_one_is_given(tmp_path: Path) -> None:
    turns = [tls12_turns(server_name(name), LEAF, MIDDLE) for name in (b"www.example", b"other.test")]
    packets = [packet for number, turn in enumerate(turns) for packet in converse(*turn, client=("192.0.2.1", number))]
    inspection = tlsinspect.read(write_without_times(tmp_path / "made.pcapng", packets))
    frame = inspection.validate(trust=TRUST)
    assert sorted(zip(frame["verdict"], frame["reason"].fillna(""), strict=True)) == [
        ("name_mismatch", ""), ("not_observable", "not_captured"),
    ]  # fmt: skip
    assert all("the packets have no times, so dates were not judged" in detail for detail in frame["detail"])
    assert all(len(path) == 3 for path in frame["path"])
    dated = inspection.validate(at=datetime(2025, 6, 15), trust=TRUST)
    assert sorted(dated["verdict"]) == ["name_mismatch", "valid"]


@pytest.mark.parametrize("asked", [1, 2, 100])
def test_processes_that_share_chains_give_what_one_gives(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    original = forked.iter_shared

    def iter_shared(make: Callable[[int], Any], firsts: Sequence[int], processes: int) -> Iterator[Any]:
        """What it gives, with how many parts and processes there were."""
        judged.extend((len(firsts), processes))
        return original(make, firsts, processes)

    alone = inspect("demo.pcapng")
    shared = alone.trusting()
    shared.processes = asked
    monkeypatch.setattr(build, "PART", 4)
    monkeypatch.setattr(forked, "iter_shared", iter_shared)
    assert shared.arrow("validation").equals(alone.arrow("validation"))
    chains = len({tuple(chain or ()) for chain in alone.arrow("connections")["certificate_sha256s"].to_pylist()})
    assert judged == ([] if asked == 1 else [-(-chains // 4), min(asked, chains // 4)])
    assert [shared.where("server_port == 443").processes, shared.only([]).processes] == [asked] * 2


def test_processes_that_read_judge_too() -> None:
    assert tlsinspect.read(CAPTURES / "demo.pcapng", processes=2).processes == 2
