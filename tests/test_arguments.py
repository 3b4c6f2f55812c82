"""What callers give in Python: one or several, and what is refused in words."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow.dataset import dataset
from samples import CAPTURES, inspect

import tlsinspect
from tlsinspect.adoption import Adoption, build_adoption, count_adoption
from tlsinspect.arguments import check_ports
from tlsinspect.charts import CHARTS, build_chart, compose_chart
from tlsinspect.charts.adoption import compose_adoption
from tlsinspect.comparison import compare
from tlsinspect.export import write_export
from tlsinspect.filters.compile import Filter
from tlsinspect.indicators import read_indicators
from tlsinspect.policies import load_policy
from tlsinspect.statistics import STATISTICS, build_shares, build_timeline
from tlsinspect.validation import load_trust

SAMPLE = CAPTURES / "handshakes" / "curl-nginx.pcapng"


@pytest.mark.parametrize(
    "captures", [SAMPLE, str(SAMPLE), [SAMPLE], (str(SAMPLE),), {SAMPLE}], ids=lambda given: type(given).__name__
)
def test_captures_are_a_path_or_several(captures: Any) -> None:
    assert tlsinspect.read(captures).arguments == str(SAMPLE)


def test_captures_may_come_one_after_the_other() -> None:
    inspection = tlsinspect.read(path for path in [SAMPLE])
    assert inspection.arguments == str(SAMPLE)
    assert len(inspection.connections) == 1


@pytest.mark.parametrize("captures", [b"octets", io.BytesIO(b"octets"), [SAMPLE, 7], [b"name"], 7])
def test_what_is_no_path_is_refused_by_its_type(tmp_path: Path, captures: Any) -> None:
    for take in (tlsinspect.read, lambda given: tlsinspect.ingest(given, tmp_path / "store")):
        with pytest.raises(TypeError, match=r"a path is a str or an os\.PathLike, not (bytes|BytesIO|int)$"):
            take(captures)
    assert not (tmp_path / "store").exists()


REFUSED = (
    ({"ports": "443"}, TypeError, r"several whole numbers, such as \[443, 8443\], not '443'"),
    ({"ports": 443}, TypeError, r"several whole numbers, such as \[443, 8443\], not 443"),
    ({"ports": ["443"]}, TypeError, "a port is a whole number, not '443'"),
    ({"limits": {"messages": 9}}, TypeError, r"limits are tlsinspect.Limits, such as .*, not dict"),
    ({"ports": [443, 70000]}, ValueError, "port 70000 is not within 0 to 65535"),
    ({"ports": [-1]}, ValueError, "port -1 is not within"),
    ({"overlap": "newest"}, ValueError, "overlap: 'newest' is neither"),
)


@pytest.mark.parametrize(("options", "kind", "words"), REFUSED)
def test_options_out_of_range_are_refused(
    tmp_path: Path, options: dict[str, Any], kind: type[Exception], words: str
) -> None:
    takes: tuple[Callable[[], object], ...] = (
        lambda: tlsinspect.read(SAMPLE, **options),
        lambda: tlsinspect.ingest(SAMPLE, tmp_path / "store", **options),
    )
    for take in takes:
        with pytest.raises(kind, match=words):
            take()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(("number", "kind"), [(0, ValueError), (-2, ValueError), ("2", TypeError), (None, TypeError)])
def test_fewer_processes_than_one_are_refused(tmp_path: Path, number: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        tlsinspect.read(SAMPLE, processes=number)
    with pytest.raises(kind):
        tlsinspect.ingest(SAMPLE, tmp_path / "store", workers=number)
    assert not (tmp_path / "store").exists()


def test_a_store_is_not_made_with_a_rotation_that_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rotation: 'daily' is none of names, all, none"):
        tlsinspect.ingest(SAMPLE, tmp_path / "store", rotation="daily")  # type: ignore[arg-type]
    assert not (tmp_path / "store").exists()


def test_numbers_of_numpy_are_ports() -> None:
    assert check_ports(np.array([443, 8443], np.uint16)) == {443, 8443}
    assert check_ports(range(3)) == {0, 1, 2}


def test_one_id_stands_for_itself(tmp_path: Path) -> None:
    tlsinspect.ingest(CAPTURES / "demo.pcapng", tmp_path / "store")
    for inspection in (inspect("demo.pcapng"), tlsinspect.Store(tmp_path / "store").inspection()):
        ids = inspection.connections["connection_id"]
        one = inspection.only(ids[3])
        assert one.connections["connection_id"].tolist() == [ids[3]]
        assert one.selection == inspection.only(ids[3:4]).selection == f"connection_id in ['{ids[3]}']"


def test_one_list_of_indicators_stands_for_itself(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("192.0.2.31\n")
    inspection = inspect("demo.pcapng")
    assert inspection.match(str(listed)).equals(inspection.match([listed]))
    assert len(inspection.match(listed)) > 0


def test_a_name_that_there_is_not_is_told_with_those_that_may_be_meant(tmp_path: Path) -> None:
    inspection = inspect("handshakes/curl-nginx.pcapng")
    tlsinspect.ingest(SAMPLE, tmp_path)
    store = tlsinspect.Store(tmp_path)
    tables = [dataset(inspection.arrow(name)) for name in ("connections", "certificates")]
    adoption = Adoption("month", [], {})
    mistakes: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: build_shares("version-limit", inspection), "statistic 'version-limit'; did you mean version_limit"),
        (lambda: build_shares("versions", inspection, "client"), "unit 'client'; did you mean clients"),
        (lambda: build_timeline("version", inspection), "statistic 'version'; did you mean versions"),
        (lambda: build_timeline("VersionLimit", inspection), "statistic 'VersionLimit'; did you mean version_limit"),
        (lambda: build_chart("tls13_over_time", inspection), "chart 'tls13_over_time'; did you mean tls13-over-time"),
        (lambda: inspection.frame("conections"), "table 'conections'; did you mean connections"),
        (lambda: inspection.pivot("host"), "pivot 'host'; did you mean hosts"),
        (lambda: adoption.table("version"), "series 'version'; did you mean versions"),
        (lambda: compose_adoption(adoption, "versions", "client"), "unit 'client'; did you mean clients"),
        (lambda: count_adoption(*tables, by="moth"), "period 'moth'; did you mean month"),
        (lambda: store.dataset("conections"), "table 'conections'; did you mean connections"),
        (lambda: store.rows("chains"), "table with files of its own 'chains'; there are connections, messages"),
        (lambda: inspection.story("f00d"), "connection 'f00d'; find_connections takes packet numbers"),
        (lambda: store.inspection().story("f00d"), "connection 'f00d'; find_connections takes packet numbers"),
        (lambda: inspection.cases("?"), "question '\\?'; there are tls-ports, other-ports, handshakes"),
    )
    for mistake, words in mistakes:
        with pytest.raises(KeyError, match=f"there is no {words}"):
            mistake()


def test_what_is_of_another_type_is_told_with_what_to_give(tmp_path: Path) -> None:
    inspection = inspect("handshakes/curl-nginx.pcapng")
    tlsinspect.ingest(SAMPLE, tmp_path)
    store: Any = tlsinspect.Store(tmp_path)
    frame: Any = inspection.connections
    given: Any = str(SAMPLE)
    mistakes: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: tlsinspect.read(SAMPLE, where=frame["resumed"]), "a filter is a text, such as .*, not Series"),
        (lambda: inspection.where(None), "a filter is a text, such as .*, not NoneType"),  # type: ignore[arg-type]
        (lambda: inspection.only(frame), "a connection id is a text, .*, not DataFrame"),
        (lambda: inspection.only([7]), "a connection id is a text, .*, not int"),  # type: ignore[list-item]
        (lambda: inspection.trusting(given), "trust is what .*load_trust makes of files, not str"),
        (lambda: inspection.with_indicators(given), "indicators are what .*read_indicators makes of files, not str"),
        (lambda: inspection.whatif(drop=["CBC"]), "what to drop is a text, .*, not list"),  # type: ignore[arg-type]
        (lambda: build_shares("versions", frame), "shares are counted of an Inspection, .*, not DataFrame"),
        (lambda: build_shares(inspection, given), "the name of a statistic is a text, not Inspection"),  # type: ignore[arg-type]
        (lambda: build_chart("versions", store), "as tlsinspect.read and Store.inspection give it, not Store"),
        (lambda: build_chart("versions", frame), "a chart is made of an Inspection, .*, not DataFrame"),
        (lambda: compare(given, inspection), "what is compared is an Inspection, .*, not str"),
        (lambda: write_export(given, "csv", "out"), "what is written is an Inspection, .*, not str"),
        (lambda: build_adoption(given), "adoption is counted of a Store, .*, not str"),
    )
    for mistake, words in mistakes:
        with pytest.raises(TypeError, match=words):
            mistake()


def test_one_file_to_trust_or_to_look_for_stands_for_itself(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("192.0.2.31\n")
    assert read_indicators(str(listed)).by_kind == read_indicators([listed]).by_kind
    for paths in (str(tmp_path / "none.pem"), tmp_path / "none.pem"):
        with pytest.raises(tlsinspect.TlsInspectError, match=r"none\.pem: No such file"):
            load_trust(paths)


def test_results_are_one_line_where_they_are_shown(tmp_path: Path) -> None:
    inspection = inspect("handshakes/curl-nginx.pcapng")
    tlsinspect.ingest(SAMPLE, tmp_path)
    store = tlsinspect.Store(tmp_path)
    connection = inspection.connections.iloc[0]
    day = connection["time_start"].date()
    assert [repr(shown) for shown in (
        build_shares("versions", inspection), store, build_adoption(store), inspection.check("mozilla-modern"),
        inspection.whatif(drop="TLS 1.3"), inspection.quantum(), inspection.story(connection.connection_id),
        inspection.answers()[2], compare(inspection, inspection), build_timeline("versions", inspection),
        compose_chart("versions", inspection), load_policy("mozilla-modern"), read_indicators([]), load_trust(),
        tlsinspect.Limits(), tlsinspect.Limits(messages=9), STATISTICS["versions"], CHARTS["versions"],
        Filter("version == 9"),
    )] == [
        "<Shares of versions, of 1 connection: TLS 1.3 1; 0 unknown, 0 excluded>",
        f"<Store {tmp_path}>",
        "<Adoption: 20 series of 1 connection, in 1 month>",
        f"<Check of mozilla-modern, as on {day}: 0 of 7 requirements fail>",
        f"<WhatIf Without TLS 1.3, as on {day}: 0 of 1 connection fail>",
        "<Ledger of 1 connection: 0 no forward secrecy, 1 classical forward secrecy, 0 post-quantum, 0 unknown; "
        "1 server to migrate>",
        f"<Story of {connection.connection_id}, 192.0.2.11 to www.example at 198.51.100.10:443: TLS 1.3: 6 steps; "
        "The handshake succeeded: both sides sent Finished>",
        "<Answer handshakes: All connections finished the handshake.>",
        "<Comparison: 0 changes; 0 of 0 shares tested moved>",
        "<Timeline of versions, TLS 1.3: 1 of 1 connection, in 1 x 1 s>",
        "<Content of versions: TLS 1.3 was agreed for all connections>",
        "<Policy mozilla-modern: Mozilla Server Side TLS: modern (version 5.8), 7 requirements>",
        "<Indicators of no list: 0 used>", f"<Trust in {load_trust().name}>", "Limits()", "Limits(messages=9)",
        "<Statistic versions: Which protocol versions are in use?>",
        "<Chart versions: Which protocol versions are in use?>", "<Filter of connections: version == 9>",
    ]  # fmt: skip


def test_a_policy_of_somebody_else_cannot_act_upon_a_terminal() -> None:
    policy = replace(load_policy("mozilla-modern"), title="red \x1b[31m\u202e")
    assert repr(policy) == "<Policy mozilla-modern: red ?[31m? (version 5.8), 7 requirements>"


def test_results_that_hold_frames_are_equal_to_themselves_alone() -> None:
    inspection = inspect("handshakes/curl-nginx.pcapng")
    makes: tuple[Callable[[], object], ...] = (
        lambda: compare(inspection, inspection), lambda: build_timeline("versions", inspection), inspection.quantum,
        lambda: compose_chart("versions", inspection), lambda: Adoption("month", [], {}),
    )  # fmt: skip
    for make in makes:
        one, other = make(), make()
        assert one != other and len({one, other}) == 2


def test_a_repl_completes_what_is_imported_late() -> None:
    """In a process of its own: names that were asked for once are there anyway."""
    script = (
        "import tlsinspect; from tlsinspect import charts; "
        "print(all(set(each.__all__) <= set(dir(each)) for each in (tlsinspect, charts)))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
