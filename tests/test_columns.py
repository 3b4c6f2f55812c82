"""COLUMNS, and the references that are written from it and from the commands."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from dataclasses import replace
from types import ModuleType

import click
import pytest
from samples import ROOT

from tlsinspect.charts import CHARTS
from tlsinspect.cli import main
from tlsinspect.columns import COLUMNS, JUDGEMENTS, UNKNOWN_REASONS
from tlsinspect.findings import CAPTURE_RULES, RULES
from tlsinspect.policies import READINGS, load_policy
from tlsinspect.tables.arrow import TYPES

DOCS = ROOT / "docs"

# The names that scoring tools and exporters rely on, in the order in which they were given.
FIXED = """
connection_id community_id capture time_start time_end client_ip client_port server_ip server_port transport protocol
starttls_protocol tunnels vlans client_packets server_packets client_bytes server_bytes client_application_bytes
server_application_bytes gap out_of_order retransmitted overlap_conflict midstream one_sided truncated
client_hello_packet server_hello_packet certificate_packet client_record_version client_legacy_version
supported_versions client_random session_id cipher_suites compression_methods client_extensions server_name
alpn_offered supported_groups key_share_groups signature_algorithms ec_point_formats psk_key_exchange_modes
session_ticket_offered psk_offered early_data_offered status_request extended_master_secret encrypt_then_mac
renegotiation_info heartbeat_mode fallback_scsv ech_type ech_config_id certificate_compression delegated_credential
record_size_limit grease server_legacy_version server_random server_session_id cipher_suite compression_method
server_extensions alpn group server_signature_algorithm dh_prime_bits hello_retry_request psk_selected
early_data_accepted ticket_lifetime_hint version version_name key_exchange authentication cipher cipher_mode mac
key_bits forward_secrecy post_quantum resumed resumption established established_evidence failure last_alert
last_alert_sender handshake_history tcp_rtt_ms hello_ms handshake_ms certificate_sha256s client_certificate_sha256s
client_certificate_requested subject issuer san_count name_matches validation ocsp_status sct_count ja3 ja3_string ja3s
ja3s_string ja4 ja4_raw unknown_reasons
"""


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """docs/generate_references.py as a module."""
    sys.path.insert(0, str(DOCS))
    spec = importlib.util.spec_from_file_location("generate_references", DOCS / "generate_references.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_column_reference_is_what_the_declarations_say(generator: ModuleType) -> None:
    assert (DOCS / "columns.md").read_text(encoding="utf-8") == generator.render_columns(), (
        "run: PYTHONPATH=. python docs/generate_references.py"
    )


def test_api_reference_has_what_pages_and_notebooks_import() -> None:
    reference = (DOCS / "api.md").read_text(encoding="utf-8")
    pages = [*DOCS.glob("*.md"), DOCS.parent / "README.md", *(DOCS.parent / "notebooks").glob("*.ipynb")]
    for page in pages:
        for module, names in re.findall(r"from (tlsinspect[\w.]*) import ([\w, ]+)", page.read_text(encoding="utf-8")):
            _, _, section = reference.partition(f"\n## {module}\n")
            shown = section.partition("\n## ")[0]
            for name in names.split(","):
                assert f"\n### {name.strip()}\n" in shown, f"{page.name}: {module}.{name.strip()}"


def test_api_reference_says_of_methods_what_they_raise() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    for method, error in (("where", "FilterError"), ("check", "PolicyError"), ("match", "TlsInspectError")):
        [line] = [line for line in page.splitlines() if line.startswith(f"- `{method}(")]
        assert f"Raises {error}" in line


def test_api_reference_says_what_records_hold_and_of_what_type() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    for record, fields in (
        ("answers.Answer", ["answer: str", "share: float | None", "details: tuple[Case, ...]"]),
        ("case.Check", ["holds: bool", "subject: str", "found: str"]),
        ("statistics.Shares", ["counts: list[tuple[str, int]]", "unknown_reasons: dict[str, int]"]),
    ):
        [block] = re.findall(rf"```python\nclass tlsinspect\.{record}\n(.*?)```", page, re.DOTALL)
        assert set(fields) <= {line.strip() for line in block.splitlines()}
    assert "\n- `connections: pd.DataFrame`: " in page
    assert "facts: Facts" not in page  # which is not public


def test_api_reference_is_what_the_docstrings_say(generator: ModuleType) -> None:
    assert (DOCS / "api.md").read_text(encoding="utf-8") == generator.render_api(generator.NOTICE), (
        "run: PYTHONPATH=. python docs/generate_references.py"
    )


def test_command_reference_is_what_the_commands_say(generator: ModuleType) -> None:
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == generator.render_commands(), (
        "run: PYTHONPATH=. python docs/generate_references.py"
    )


def test_chart_reference_is_what_the_charts_say(generator: ModuleType) -> None:
    assert (DOCS / "charts.md").read_text(encoding="utf-8") == generator.render_charts(), (
        "run: PYTHONPATH=. python docs/generate_references.py"
    )


def test_reference_of_failures_is_what_their_causes_say(generator: ModuleType) -> None:
    assert (DOCS / "failures.md").read_text(encoding="utf-8") == generator.render_failures(), (
        "run: PYTHONPATH=. python docs/generate_references.py"
    )


def test_reference_of_findings_is_what_the_rules_say(generator: ModuleType) -> None:
    assert (DOCS / "findings.md").read_text(encoding="utf-8") == generator.render_findings(), (
        "run: PYTHONPATH=. python docs/generate_references.py"
    )


def test_reference_of_policies_is_what_the_files_say(generator: ModuleType) -> None:
    assert (DOCS / "policies.md").read_text(encoding="utf-8") == generator.render_policies(), (
        "run: PYTHONPATH=. python docs/generate_references.py"
    )


def test_a_requirement_that_nobody_held_against_a_text_is_shown_as_such(generator: ModuleType) -> None:
    first, *rest = load_policy("iana-recommended").requirements
    policy = replace(load_policy("iana-recommended"), requirements=(replace(first, checked=()), *rest))
    assert generator.checked_text(policy, policy.requirements[0]) == "**no**"
    assert generator.checked_text(policy, policy.requirements[1]) == "text 2026-11-29"
    assert generator.reading_row(policy) == ("iana-recommended", "4", "3", "0", "0", "1")


def test_every_reference_of_a_rule_stands_in_the_list_of_what_was_checked_once() -> None:
    found = tomllib.loads((DOCS / "references.toml").read_text(encoding="utf-8"))
    listed = [*found["unchecked"], *found["own"], *(name for each in found["source"] for name in each["references"])]
    used = {reference for rule in (*RULES, *CAPTURE_RULES) for reference in rule.references}
    assert set(listed) ^ used == set(), "docs/references.toml says what each reference was held against, once"
    assert len(listed) == len(used)
    assert {each["kind"] for each in found["source"]} <= set(READINGS)
    assert all((ROOT / name).exists() for name in found["own"])


@pytest.mark.parametrize("frame", JUDGEMENTS)
def test_every_column_of_a_judgement_says_what_it_is(frame: str) -> None:
    names = [column.name for column in JUDGEMENTS[frame]]
    assert len(set(names)) == len(names)
    assert all(column.type in TYPES and column.meaning for column in JUDGEMENTS[frame])


def test_references_name_every_column_reason_command_option_and_chart(generator: ModuleType) -> None:
    columns, commands, charts = generator.render_columns(), generator.render_commands(), generator.render_charts()
    for chart in CHARTS.values():
        assert f"\n## {chart.name}\n\n- Asks: {chart.asks}\n" in charts
        assert f"- Misleads: {chart.misleads}\n" in charts
    for name in [column.name for table in COLUMNS.values() for column in table] + list(UNKNOWN_REASONS):
        assert f"| `{name}` |" in columns
    for name, command in main.commands.items():
        assert f"\n## tlsinspect {name}\n" in commands
        for option in command.params:
            assert isinstance(option, click.Argument) or f"| `{', '.join(option.opts)}" in commands


@pytest.mark.parametrize("table", COLUMNS)
def test_columns_have_distinct_names_known_types_and_a_meaning(table: str) -> None:
    names = [column.name for column in COLUMNS[table]]
    assert len(set(names)) == len(names)
    for column in COLUMNS[table]:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert column.type in TYPES
        assert column.meaning and not column.meaning.removesuffix("...").endswith(".")


def test_connections_have_the_fixed_names_in_their_order() -> None:
    names = [column.name for column in COLUMNS["connections"]]
    fixed = FIXED.split()
    assert [name for name in names if name in fixed] == fixed


def test_columns_in_milliseconds_and_bits_say_so_in_their_unit() -> None:
    units = {"_ms": "ms", "_bits": "bits", "_days": "days"}
    for column in (column for table in COLUMNS.values() for column in table):
        for ending, unit in units.items():
            if column.name.endswith(ending):
                assert column.unit == unit, column.name
