"""The vendored names against tshark's own value lists, where tshark is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict

import pytest

from tlsinspect.registry import CIPHER_SUITES, EXTENSIONS, GROUPS, IP_PROTOCOLS, SIGNATURE_SCHEMES, VERSIONS
from tlsinspect.registry.generated import ALERTS, HANDSHAKE_TYPES

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

FIELDS = {
    "suites": "tls.handshake.ciphersuite",
    "extensions": "tls.handshake.extension.type",
    "groups": "tls.handshake.extensions_supported_group",
    "schemes": "tls.handshake.sig_hash_alg",
    "versions": "tls.handshake.extensions.supported_version",
    "alerts": "tls.alert_message.desc",
    "handshakes": "tls.handshake.type",
    "protocols": "ip.proto",
}

# Where tshark (4.0; later versions have caught up with some) says otherwise, and why this registry does not follow.
OTHER_NAMES = {
    "suites": {
        # one name on two numbers there; the drafts' and the old FIPS numbers are told apart here
        *(0xCC13, 0xCC14, 0xCC15, 0xFFE0, 0xFFE1),
    },
    "extensions": {
        23,  # RFC 9846 renamed extended_master_secret
        34,  # RFC 9345 spells delegated_credential
        40,  # "Reserved (key_share)"
        46,  # "Reserved (ticket_early_data_info)"
        17513,  # ALPS has had two numbers
        65445,  # "quic_transport_parameters (drafts version)"
    },
    # Open Quantum Safe's experiments, some on numbers that IANA has since given to ML-KEM
    "groups": {0x0200, 0x0201, 0x0202},
    "versions": {0x0101},
}


@pytest.fixture(scope="module")
def tshark_values() -> dict[str, dict[int, str]]:
    text = subprocess.run(["tshark", "-G", "values"], capture_output=True, text=True, check=True).stdout
    values: dict[str, dict[int, str]] = defaultdict(dict)
    wanted = {field: topic for topic, field in FIELDS.items()}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == 4 and parts[0] == "V" and parts[1] in wanted:
            values[wanted[parts[1]]][int(parts[2], 0)] = parts[3]
    return {
        topic: {code: name for code, name in names.items() if "GREASE" not in name} for topic, names in values.items()
    }


@pytest.mark.parametrize(
    ("topic", "table", "least"),
    [
        ("suites", CIPHER_SUITES, 380),
        ("extensions", EXTENSIONS, 50),
        ("groups", GROUPS, 40),
        ("schemes", SIGNATURE_SCHEMES, 16),
        ("versions", VERSIONS, 25),
    ],
)
def test_names_shared_with_tshark_are_the_same(
    tshark_values: dict[str, dict[int, str]], topic: str, table: dict[int, str], least: int
) -> None:
    theirs = tshark_values[topic]
    shared = set(table) & set(theirs)
    differing = {code for code in shared if table[code] != theirs[code]}
    assert len(shared) >= least
    assert not {hex(code): theirs[code] for code in differing - OTHER_NAMES.get(topic, set())}


@pytest.mark.parametrize(("topic", "table"), [("suites", CIPHER_SUITES), ("extensions", EXTENSIONS)])
def test_tshark_knows_no_suite_or_extension_that_is_missing_here(
    tshark_values: dict[str, dict[int, str]], topic: str, table: dict[int, str]
) -> None:
    assert not {hex(code): name for code, name in tshark_values[topic].items() if code not in table}


def test_alert_and_handshake_names_match_tsharks_titles(tshark_values: dict[str, dict[int, str]]) -> None:
    def letters(name: str) -> str:
        return "".join(character for character in name.lower() if character.isalnum())

    alerts = tshark_values["alerts"]
    assert {code for code in alerts if letters(alerts[code]) != letters(ALERTS[code])} == set()
    shared = set(tshark_values["handshakes"]) & set(HANDSHAKE_TYPES)
    handshakes = tshark_values["handshakes"]
    # below 9 the list is SSL 2.0's, which has types of its own
    differing = {code for code in shared if code > 8 and letters(handshakes[code]) != letters(HANDSHAKE_TYPES[code])}
    assert differing <= {21, 67}  # Client Certificate URL, Encrypted Extensions (of NPN)


def test_ip_protocols_are_those_of_tshark_at_the_numbers_that_carry_tls(
    tshark_values: dict[str, dict[int, str]],
) -> None:
    for code in (1, 2, 6, 17, 132):
        assert IP_PROTOCOLS[code] == tshark_values["protocols"][code]
