"""Filters: what they select, and how mistakes are told."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from command_line import run, start
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CAPTURES, ROOT, inspect
from synthetic import NOON, make_connection

import tlsinspect
from tlsinspect import FilterError
from tlsinspect.columns import COLUMNS, PIVOTS
from tlsinspect.filters.compile import Filter
from tlsinspect.filters.complete import complete
from tlsinspect.filters.parse import DEEPEST
from tlsinspect.filters.scan import LONGEST_EXPRESSION
from tlsinspect.filters.vocabulary import objection
from tlsinspect.report.page import page_subtitle
from tlsinspect.tables import arrow_schema

ROWS = [
    {
        "server_name": "www.a.example", "client_ip": "10.1.2.3", "version": 0x0304, "cipher_suites": [0x1301, 0x1302],
        "alpn_offered": ["h2", "http/1.1"], "hello_ms": 250.0, "resumed": True, "group": 29, "key_share_groups": [29],
        "time_end": NOON,
    },
    {
        "server_name": "Mail.b.example", "client_ip": "fd00::1", "version": 0x0303, "cipher_suites": [],
        "alpn_offered": [], "hello_ms": 10.0, "resumed": False, "group": 23, "key_share_groups": [29],
        "unknown_reasons": [("alpn", "not_offered")], "client_bytes": 0,
    },
    {
        "server_name": None, "client_ip": None, "version": None, "cipher_suites": None, "alpn_offered": None,
        "hello_ms": None, "resumed": None, "group": None, "key_share_groups": None, "time_start": NOON,
    },
]  # fmt: skip


def rows() -> pa.Table:
    return pa.Table.from_pylist(
        [make_connection(number, **values) for number, values in enumerate(ROWS, 1)], arrow_schema("connections")
    )


@pytest.mark.parametrize("spelling", ["::ffff:192.0.2.7", "::FFFF:C000:207", "0:0:0:0:0:ffff:192.0.2.7"])
def test_an_address_that_ends_as_one_of_ipv4_is_the_same_however_it_is_spelled(spelling: str) -> None:
    made = pa.Table.from_pylist([make_connection(1, client_ip="::ffff:192.0.2.7")], arrow_schema("connections"))
    for expression in (f"client_ip == '{spelling}'", f"client_ip in '{spelling}'"):
        assert Filter(expression).mask(made).to_pylist() == [True], expression


def selected(expression: str) -> list[int]:
    return [number for number, holds in enumerate(Filter(expression).mask(rows()).to_pylist()) if holds]


@pytest.mark.parametrize(
    ("expression", "numbers"),
    [
        ("server_name == 'www.a.example'", [0]),
        ("server_name != 'www.a.example'", [1]),
        ("not server_name == 'www.a.example'", [1]),
        ("server_name is null", [2]),
        ("server_name is not null", [0, 1]),
        ("server_name is null or resumed", [0, 2]),
        ("not (server_name is null and resumed)", [0, 1]),
        ("server_name in ['www.a.example', 'x']", [0]),
        ("server_name not in ['www.a.example', 'x']", [1]),
        ("server_name in []", []),
        ("server_name.endswith('.example', '.test') and server_name.startswith('www')", [0]),
        ("server_name.contains('b.') or 'www' in server_name", [0, 1]),
        ("server_name.lower().matches('^mail\\.')", [1]),
        ("'a\\'b' == 'a\\'b' and server_name.matches('\\.a\\.')", [0]),
        ("client_ip in '10.0.0.0/8'", [0]),
        ("client_ip in ['fd00::/8', '192.0.2.1']", [1]),
        ("client_ip not in '10.0.0.0/8'", [1]),
        ("client_ip == 'FD00:0::1'", [1]),
        ("version >= 0x0303 and version < 772", [1]),
        ("0x0302 < version <= 0x0304", [0, 1]),
        ("version in (0x0304, 5)", [0]),
        ("0x1302 in cipher_suites", [0]),
        ("0x1302 not in cipher_suites", [1]),
        ("group in key_share_groups", [0]),
        ("not (group in key_share_groups)", [1]),
        ("'h2' in alpn_offered", [0]),
        ("alpn_offered.startswith('http/')", [0]),
        ("len(cipher_suites) == 0", [1]),
        ("len(server_name) > 13", [1]),
        ("hello_ms > 0.2s", [0]),
        ("hello_ms > 200", [0]),
        ("time_start > '2026-03-01T12:00:01.5Z'", [1]),
        ("time_start - '2026-03-01 13:00+01:00' == 2s", [1]),
        ("time_end - time_start < 0s", [0]),
        ("time_start + 1s <= '2026-03-01T12:00:02'", [0, 2]),
        ("100 / client_bytes > 0", [0, 2]),
        ("2 * version - 772 == 772", [0]),
        ("resumed", [0]),
        ("not resumed", [1]),
        ("resumed == false", [1]),
        ("unknown_reasons['alpn'] == 'not_offered'", [1]),
        ("connections.version == 0x0304 OR FALSE", [0]),
        ("true", [0, 1, 2]),
        ("version == -1 or version == 70000", []),
    ],
)  # fmt: skip
def test_a_filter_selects_the_rows_of_which_it_is_true(expression: str, numbers: list[int]) -> None:
    assert str(NOON) == "2026-03-01 12:00:00+00:00"
    assert selected(expression) == numbers


@pytest.mark.parametrize(
    ("expression", "table"),
    [
        ("version_name in ['TLS 1.3 (draft 23)', 'TLS 1.3 (Facebook draft 27)', '0x0305']", "connections"),
        ("version_name == 'DTLS 1.3 (draft 43)'", "connections"),
        ("group_name == 'GREASE (0x0A0A)' or cipher_suite_name == '0x1A2B'", "connections"),
        ("protocol == 'somebody elses' or server_name == 'TLS1.2'", "connections"),
        ("name == 'TLS1.2' and kind == 'version'", "offers"),
        ("'DTLS 1.2' in versions and role == 'server' and 'DTLS1.2' in server_names", "hosts"),
    ],
)
def test_a_text_that_a_row_may_have_is_no_mistake(expression: str, table: str) -> None:
    assert Filter(expression, table).columns


def test_no_sample_has_a_text_that_filters_call_impossible() -> None:
    read = tlsinspect.read(CAPTURES)
    for table in (*COLUMNS, *PIVOTS):
        rows = read.pivot_arrow(table) if table in PIVOTS else read.arrow(table)
        for name, column in zip(rows.column_names, rows.columns, strict=True):
            texts = pc.list_flatten(column) if pa.types.is_list(column.type) else column
            if texts.type == pa.string():
                told = {objection(table, name, text) for text in pc.unique(texts).drop_null().to_pylist()}
                assert told <= {""}, (table, name)
    reasons = {why for row in read.connections["unknown_reasons"] for _, why in row}
    assert {objection("connections", "unknown_reasons", why) for why in reasons} == {""}


@pytest.mark.parametrize(
    ("table", "expression", "said"),
    [
        ("validation", "verdict == 'vaild'", "no row has 'vaild' in verdict; did you mean 'valid'"),
        ("client_validation", "verdict in ['valid', 'self-signed']", "did you mean 'self_signed'?"),
        ("validation", "'selfsigned' in faults", "did you mean 'self_signed'?"),
        ("validation", "sct_verdict != 'few_log'", "it is one of enough, few_logs, few_operators, operator_missing"),
        ("ocsp", "verdict == 'Good'", "it is one of malformed, limit"),
        ("findings", "id == 'CRT3-30'", "did you mean 'CRT-03-30'"),
        ("findings", "id not in ['CIP-03', 'cip-04']", "no row has 'cip-04' in id; did you mean 'CIP-04'?"),
        ("findings", "subject_kind == 'host'", "it is one of server, client, certificate"),
    ],
)  # fmt: skip
def test_words_of_what_is_judged_are_checked_too(table: str, expression: str, said: str) -> None:
    with pytest.raises(FilterError) as told:
        inspect("demo.pcapng").select(table, expression)
    assert said in str(told.value)


def test_ids_of_indicators_and_of_captures_are_no_mistake() -> None:
    found = inspect("demo.pcapng").select("findings", "id in ['IND-JAS', 'CAP-01', 'CRT-03-7', 'VER-02']")
    assert set(found["id"]) == {"CRT-03-7", "VER-02"}


@pytest.mark.parametrize(
    ("expression", "marked", "said"),
    [
        ("version == 1 and sever_name == 'a'", "sever_name", "did you mean server_name?"),
        ("version_name == TLS", "TLS", "A text stands in quotes: 'TLS'"),
        ("server_name == www.example and resumed", "www.example", "quotes: 'www.example'"),
        ("client_ip == 192.0.2.30", "192.0.2.30", "quotes: '192.0.2.30'"),
        ("client_ip in 10.0.0.0/8", "10.0.0.0/8", "quotes: '10.0.0.0/8'"),
        ("server_name in (a-b.test, 'c')", "a-b.test", "quotes: 'a-b.test'"),
        ("version_name == TLS 1.2", "TLS 1.2", "quotes: 'TLS 1.2'"),
        ("client_ip == 2001:db8::1", ":", "stands in quotes"),
        ("connection_id == 8789a4fc", "a4fc", "A text or a time stands in quotes"),
        ("time_start > 2026-11-22", "2026-11-22", "write '2026-11-22' in quotes"),
        ("ip.addr == '192.0.2.30'", "ip.addr", "there is no column ip.addr"),
        ("server_name contains 'mail'", "contains", "write server_name.contains('...')"),
        ("resumed or server_name LIKE '%mail%'", "LIKE", "write server_name.contains('...')"),
        ("'.' == server_name.", "", "the filter ends"),
        ("'.'.name == 1", "name", "a ( is missing"),
        ("port == 443", "port", "did you mean client_port or server_port?"),
        ("sni == 'a'", "sni", "did you mean server_name?"),
        ("key_type == 'RSA'", "key_type", "it is one of certificates"),
        ("version = 1", "=", "write =="),
        ("resumed && grease", "&", "write and"),
        ("server_port == '443'", "'443'", "write 443 without quotes"),
        ("version_name == 'TLS1.2'", "'TLS1.2'", "no row has 'TLS1.2' in version_name; did you mean 'TLS 1.2'?"),
        ("'TLSv1.3' != version_name", "'TLSv1.3'", "did you mean 'TLS 1.3'?"),
        ("version_name in ['TLS 1.2', 'dtls v1.2']", "'dtls v1.2'", "did you mean 'DTLS 1.2'?"),
        ("version == 'TLS 1.2'", "'TLS 1.2'", "version is a number, and 'TLS 1.2' is a text; write 0x0303 for TLS 1.2"),
        ("version in [0x0304, 'TLSv1.2']", "'TLSv1.2'", "write 0x0303 for TLS 1.2"),
        ("'X25519' in key_share_groups", "'X25519'", "a list of numbers, and this is a text; write 0x001D for x25519"),
        ("server_port == 'https'", "'https'", "server_port is a number, and 'https' is a text"),
        ("failure_cause == 'unknown_autority'", "'unknown_autority'", "did you mean 'unknown_authority'"),
        ("unknown_reasons['alpnn'] == 'gap'", "'alpnn'", "a column of connections, in quotes; did you mean alpn?"),
        ("day == '2026-11-22'", "day", "did you mean time_start?"),
        ("resumed or version >= 1.3", "1.3", "numbers as they are on the wire; write 0x0304 for TLS 1.3"),
        ("1.0 in supported_versions", "1.0", "write 0x0301 for TLS 1.0"),
        ("version not in [3.0, 0x0303]", "3.0", "write 0x0300 for SSL 3.0"),
        ("version < 1.25", "1.25", "version has numbers as they are on the wire"),
        ("group_name == 'X25519'", "'X25519'", "did you mean 'x25519'?"),
        ("cipher_suite_name == 'none such at all'", "'none such at all'", "docs/columns.md says what stands there"),
        ("key_exchange not in ('ecdhe', 'RSA')", "'ecdhe'", "did you mean 'ECDHE'?"),
        ("protocol == 'TLS'", "'TLS'", "write 'tls'"),
        ("validation == 'ok'", "'ok'", "it is one of expired, not_yet_valid, self_signed, name_mismatch, leaf_ok"),
        ("unknown_reasons['alpn'] == 'crypted'", "'crypted'", "it is one of not_captured, one_sided, gap"),
        ("version_name == 771", "771", "write version in place of version_name"),
        ("server_name == 771", "771", "write '771' in quotes"),
        ("server_name > 'a'", "server_name > 'a'", "no order"),
        ("version_name < 'TLS 1.2'", "version_name < 'TLS 1.2'", "version is a number that has one"),
        ("server_name", "server_name", "no condition"),
        ("server_name == null", "server_name == null", "write server_name is null"),
        ("server_name == 'abc", "'", "does not end"),
        ("server_name.matches('(')", "'('", "missing )"),
        ("server_name.matches('(a{1000}){1000}')", "'(a{1000}){1000}'", "RE2"),
        ("server_name.system('x')", "system", "startswith"),
        ("__import__('os').system('x')", "(", "stands where"),
        ("client_ip == '10.0.0.0/8'", "'10.0.0.0/8'", "write client_ip in '10.0.0.0/8'"),
        ("client_ip in 'office'", "'office'", "no network"),
        ("client_ip == 'office'", "'office'", "no IP address"),
        ("time_start > 'yesterday'", "'yesterday'", "ISO 8601"),
        ("time_start < '2300-01-01'", "'2300-01-01'", "from 1677-09-22 to 2262-04-10"),
        ("time_end - time_start > 5", "5", "write 5s"),
        ("hello_ms > 5q", "q", "no unit"),
        ("cipher_suites == [1]", "[1]", "behind in"),
        ("'a' in cipher_suites", "'a'", "a list of numbers"),
        ("server_name in 'abc'", "'abc'", "needs a list"),
        ("unknown_reasons['x'] is null", "'x'", "a column of connections"),
        ("resumed == 1", "1", "write resumed or not resumed"),
        ("(version == 1", "", "the filter ends where )"),
        ("version == 99999999999999999999", "99999999999999999999", "larger than"),
        ("certificates.key_bits == 1", "certificates.key_bits", "speaks of connections"),
        ("", "", "empty"),
    ],
)  # fmt: skip
def test_a_mistake_is_pointed_at(expression: str, marked: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        Filter(expression)
    error = caught.value
    assert said in error.reason
    assert expression[error.start : error.end] == marked
    reason, shown, mark = str(error).split("\n")
    assert reason == error.reason
    assert shown[len(mark) - len(mark.lstrip()) :].startswith(marked)
    assert pickle.loads(pickle.dumps(error)).start == error.start


@pytest.mark.parametrize(
    "expression", ["severity == 'critcal'", "severity != 'High'", "severity in ['high', 'severe']"]
)
def test_a_severity_that_there_is_not_is_a_mistake(expression: str) -> None:
    with pytest.raises(FilterError, match="info, low, medium, high, critical"):
        Filter(expression, "findings")
    assert Filter("severity in ['high', 'critical'] or severity == 'low'", "findings")


@pytest.mark.parametrize(
    "expression",
    ["(" * 2000, "not " * 1000 + "resumed", "1" + "+1" * 1000 + "==1", "-" * 3000, "server_name" + ".lower()" * 400,
     "x" * (LONGEST_EXPRESSION + 1)],
)  # fmt: skip
def test_length_and_depth_have_limits(expression: str) -> None:
    with pytest.raises(FilterError, match=f"at most {DEEPEST} levels|at most {LONGEST_EXPRESSION}|number was expected"):
        Filter(expression)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["version", "server_name", "'a'", "5", "5s", "==", "<", "in", "not", "and", "or", "is", "null", "(", ")",
             "[", "]", ",", ".", "lower", "matches", "len", "+", "/", "-", "cipher_suites", "resumed", "time_start",
             "unknown_reasons", "true", "'10.0.0.0/8'", "client_ip", "\x1b[2J", "'2026-03-01'"]
        ), max_size=12,
    ).map(" ".join)
)  # fmt: skip
def test_any_text_is_a_filter_or_an_error_that_is_safe_to_print(text: str) -> None:
    try:
        mask = Filter(text).mask(rows())
    except FilterError as error:
        assert "\x1b" not in str(error)
    else:
        assert len(mask) == len(ROWS)
        assert mask.null_count == 0


def test_octets_of_a_command_line_that_are_no_utf_8_are_pointed_at() -> None:
    with pytest.raises(FilterError, match="no UTF-8") as refused:
        Filter("server_name == 'a\udcff'")
    assert refused.value.text[refused.value.start : refused.value.end] == "'a\udcff'"
    assert str(refused.value).isascii()


def test_a_list_of_addresses_is_in_no_network() -> None:
    with pytest.raises(FilterError, match="in needs a list"):
        Filter("san_ip in '10.0.0.0/8'", "certificates")


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("not_after + 30d < '2030-01-01'", [False, True, None]),
        ("not_after + 30d >= not_after", [True, True, None]),
        ("not_after - not_before > 398d", [True, False, None]),
        ("not_before - not_after < -398d", [True, False, None]),
        ("not_before - 36500d < '2000-01-01'", [True, True, True]),
        ("not_after - not_before + 36500d > 36500d", [True, True, None]),
        ("not_before - not_after - 36500d - 36500d - 36500d < 0d", [True, True, None]),
        ("not_after - not_before == 365d", [False, True, None]),
    ],
)
def test_times_and_durations_never_wrap_around(expression: str, selected: list[bool | None]) -> None:
    times = pa.timestamp("ns", "UTC")
    latest, some_day, day = (1 << 63) - 1, 1_700_000_000 * 10**9, 86_400 * 10**9
    rows = pa.table(
        {
            "not_before": pa.array([-latest, some_day, some_day], times),
            "not_after": pa.array([latest, some_day + 365 * day, None], times),
        }
    )
    assert Filter(expression, "certificates").mask(rows).to_pylist() == [each is True for each in selected]


def test_every_example_of_the_documentation_selects_or_rejects() -> None:
    text = (ROOT / "docs" / "filter.md").read_text()
    examples = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert examples is not None
    lines = examples[1].splitlines()
    assert len(lines) == 20
    demo = inspect("demo.pcapng").arrow("connections")
    counts = [sum(Filter(line).mask(demo).to_pylist()) for line in lines]
    assert sum(0 < count < demo.num_rows for count in counts) >= 12
    for table, example in (
        ("findings", "severity >= 'high'"),
        ("certificates", "not_after - not_before > 398d"),
        ("alerts", "level == 2"),
    ):
        assert f"`{example}` of {table}" in text.replace("\n", " ")
        rows = inspect("demo.pcapng").arrow(table)
        assert 0 < Filter(example, table).apply(rows).num_rows < rows.num_rows


def test_a_selection_restricts_every_table_to_its_connections() -> None:
    whole = inspect("demo.pcapng")
    part = whole.where("version_name == 'TLS 1.2'").where("server_name is not null")
    ids = set(part.connections["connection_id"])
    assert 0 < len(ids) < len(whole.connections)
    for table in ("messages", "alerts", "chains", "offers"):
        assert set(part.frame(table)["connection_id"]) <= ids
        assert len(part.frame(table)) == whole.frame(table)["connection_id"].isin(ids).sum()
    assert set(part.certificates["sha256"]) == set(part.chains["sha256"])
    assert part.ports["connections"].sum() == len(ids)
    assert part.arguments.endswith("--where '(version_name == '\"'\"'TLS 1.2'\"'\"') and (server_name is not null)'")


def test_a_filter_while_reading_gives_what_a_filter_afterwards_does() -> None:
    expression = "server_name.endswith('.example')"
    while_reading = tlsinspect.read(CAPTURES / "demo.pcapng", where=expression)
    afterwards = inspect("demo.pcapng").where(expression)
    assert while_reading.selection == afterwards.selection
    for table in ("connections", "messages", "alerts", "chains", "certificates", "problems", "ports", "findings"):
        assert while_reading.arrow(table).equals(afterwards.arrow(table)), table


def test_export_writes_the_connections_of_which_the_filter_is_true() -> None:
    result = run("export", CAPTURES / "demo.pcapng", "--where", "version == 0x0303 and resumed", "--format", "jsonl")
    connections = inspect("demo.pcapng").connections
    wanted = connections[(connections["version"] == 0x0303) & connections["resumed"]]
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(wanted) > 0
    assert f"{len(wanted)} of {len(connections)} connections selected" in result.stderr


def test_export_filters_the_rows_of_another_table_by_their_own_columns() -> None:
    arguments: list[Any] = ["export", CAPTURES / "demo.pcapng", "--table", "certificates", "--format", "jsonl"]
    rows = run(*arguments, "--rows", "key_bits < 2048 and key_type == 'RSA'").stdout.splitlines()
    assert rows
    assert all('"key_type": "RSA"' in row for row in rows)
    unclear = run(*arguments, "--where", "key_bits < 2048")
    assert unclear.exit_code == 2
    assert "write connections.key_bits" in unclear.stderr


def test_a_mistake_ends_a_command_before_a_capture_is_read() -> None:
    result = run("summary", "no-such-file.pcap", "--where", "sever_name == 'a'")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "tlsinspect: there is no column sever_name in connections; did you mean server_name?",
        "  sever_name == 'a'",
        "  ^^^^^^^^^^",
    ]


def test_a_report_says_of_which_connections_it_is(tmp_path: Any) -> None:
    result = run(
        "chart", CAPTURES / "demo.pcapng", "versions", "-o", tmp_path / "x.svg", "--where", "server_port == 443"
    )
    assert result.exit_code == 0
    assert "Only connections where server_port == 443" in result.stdout
    subtitle = page_subtitle(inspect("demo.pcapng").where("server_port == 443"))
    assert subtitle.endswith("only connections where server_port == 443")


def test_the_name_at_the_end_is_completed() -> None:
    assert "server_name" in complete("server_")
    assert complete("version == 1 and server_na") == ["version == 1 and server_name"]
    assert complete("server_name.ends") == ["server_name.endswith("]
    assert complete("server_name == 'ver") == []
    assert "key_type" in complete("key", "certificates")
    environment: dict[str, str | None] = {
        "_TLSINSPECT_COMPLETE": "bash_complete",
        "COMP_WORDS": "tlsinspect export x.pcap --where \"resumed and server_na",
        "COMP_CWORD": "4",
    }  # fmt: skip
    output, _ = start(environment=environment).communicate(timeout=120)
    assert output.decode().splitlines() == ["plain,resumed and server_name"]
