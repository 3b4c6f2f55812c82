"""Lists of indicators: every format, what of it is used, and the findings that matches are."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from threading import Thread
from time import process_time
from typing import Any

import pyarrow as pa
import pytest
from command_line import run
from samples import CAPTURES, inspect
from synthetic import make_connection

from tlsinspect import Inspection, TlsInspectError
from tlsinspect.indicators import match_indicators, read_indicators
from tlsinspect.indicators.record import LONGEST_REASON, MOST_REASONS, kind_of
from tlsinspect.tables import arrow_schema

SHA1, SHA256, JA3 = "ab" * 20, "cd" * 32, "e7d705a3286e19ea42f587b344ee6865"
JA4 = "t13d1516h2_8daaf6152771_02713d6af862"

LONG_PATTERNS = ("a" * 65_536, "a:" + "a" * 65_530, "[a:b = '" + " " * 65_520, "a:b" * 21_000, "a:b.c='d" * 8_000)
"""Those for which time would grow with the square of the length, if anything did."""

SSLBL = f"""################
# abuse.ch SSLBL SSL Certificate Blacklist (SHA1 Fingerprints)
# Listingdate,SHA1,Listingreason
2025-11-02 10:11:12,{SHA1},Dridex C&C
2025-11-03 10:11:12,no-hash,broken
"""
SSLBL_JA3 = f"# ja3_md5,Firstseen,Lastseen,Listingreason\n{JA3},2017-07-14 18:08:15,2019-07-27 20:42:54,Adware\n"
SSLBL_IP = "# Firstseen,DstIP,DstPort\n2025-01-01 00:00:00,198.51.100.1,443\n"
ZEEK = (
    "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n"
    f"Bad.example\tIntel::DOMAIN\tfeed\tphishing\n198.51.100.0/24\tIntel::SUBNET\tfeed\t-\n"
    f"{SHA1.upper()}\tIntel::CERT_HASH\tfeed\t-\nx@y.example\tIntel::EMAIL\tfeed\t-\n"
)
STIX = {
    "type": "bundle", "id": "bundle--1",
    "objects": [
        {"type": "indicator", "name": "C2", "valid_from": "2026-01-01T00:00:00Z",
         "pattern": "[domain-name:value = 'bad.example' OR ipv4-addr:value = '198.51.100.1']"},
        {"type": "indicator", "name": "TLS",
         "pattern": f"[x509-certificate:hashes.'SHA-1' = '{SHA1}']"},
        {"type": "indicator", "name": "net", "pattern": "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"},
        {"type": "indicator", "pattern": "[domain-name:value = 'a.example' AND ipv4-addr:value = '1.2.3.4']"},
        {"type": "indicator", "pattern": "[domain-name:value != 'good.example']"},
        {"type": "indicator", "pattern": "[domain-name:value = 'old.example']", "revoked": True},
        {"type": "malware", "name": "not an indicator"},
    ],
}  # fmt: skip
MISP = {
    "Event": {
        "info": "Campaign",
        "Attribute": [
            {"type": "domain", "value": "bad.example", "to_ids": True, "timestamp": "1767225600", "comment": "panel"},
            {"type": "ip-dst|port", "value": "198.51.100.1|443", "to_ids": True},
            {"type": "hostname|port", "value": "www.bad.example|443", "to_ids": True},
            {"type": "text", "value": "words", "to_ids": True},
            {"type": "domain", "value": "benign.example", "to_ids": False},
        ],
        "Object": [{"Attribute": [{"type": "ja3-fingerprint-md5", "value": JA3, "to_ids": True}]}],
    }
}  # fmt: skip
PLAIN = (
    f"# list\nbad.example ; panel\n*.Worse.example\n0.0.0.0 ads.example\n198.51.100.0/24\n{JA3}\n{JA4}\n{SHA256}\n???\n"
)


def written(folder: Path, content: object) -> Path:
    path = folder / "list.txt"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("content", "format_name", "used", "unused", "kinds"),
    [
        (SSLBL, "abuse.ch SSLBL", 1, 1, {"sha1"}),
        (SSLBL_JA3, "abuse.ch SSLBL", 1, 0, {"ja3"}),
        (SSLBL_IP, "abuse.ch SSLBL", 1, 0, {"address"}),
        (ZEEK, "Zeek intel", 3, 1, {"name", "network", "sha1"}),
        (STIX, "STIX 2.1", 4, 3, {"name", "address", "sha1", "network"}),
        (MISP, "MISP", 4, 2, {"name", "address", "ja3"}),
        ([MISP, MISP], "MISP", 8, 4, {"name", "address", "ja3"}),
        ({"response": [MISP]}, "MISP", 4, 2, {"name", "address", "ja3"}),
        (PLAIN, "plain list", 7, 1, {"name", "suffix", "network", "ja3", "ja3s", "ja4", "sha256"}),
    ],
)
def test_every_format_is_told_by_its_content_and_what_is_not_used_is_counted(
    content: object, format_name: str, used: int, unused: int, kinds: set[str], tmp_path: Path
) -> None:
    indicators = read_indicators([written(tmp_path, content)])
    [facts] = indicators.lists
    assert (facts.format, facts.used, sum(facts.unused.values())) == (format_name, used, unused)
    assert {kind for kind, values in indicators.by_kind.items() if values} == kinds


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no indicator"), ("# only a comment\n", "no indicator"), ("\x00\x01\xff", "null characters"),
        ("{", "damaged JSON"), ("[" * 100_000, "damaged JSON"), ('{"a": 1}', "neither a STIX"),
        (STIX | {"objects": []}, "no indicator"), (STIX | {"objects": 5}, "no indicator"),
        ({"Event": {"Attribute": 5, "Object": 5}}, "no indicator"), ({"response": 5}, "neither a STIX"),
        ({"Event": {"Object": [{"Attribute": {"type": "domain"}}]}}, "no indicator"),
        ("# Firstseen,DstIP,DstPort\n" + f"x,\"{'1' * 60_000}\n" * 3, "no value of its kind"),
    ],
)  # fmt: skip
def test_what_holds_no_indicator_is_refused_with_its_path(content: object, said: str, tmp_path: Path) -> None:
    with pytest.raises(TlsInspectError, match=said):
        read_indicators([written(tmp_path, content)])
    with pytest.raises(TlsInspectError, match=r"missing\.csv: no such file"):
        read_indicators([tmp_path / "missing.csv"])


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
def test_what_is_no_text_is_not_read_to_its_end() -> None:
    with pytest.raises(TlsInspectError, match="/dev/zero: no indicator: it has null characters, as no list has"):
        read_indicators(["/dev/zero"])


def test_a_long_pattern_takes_no_longer_than_its_length(tmp_path: Path) -> None:
    begun = process_time()
    for pattern in LONG_PATTERNS:
        with pytest.raises(TlsInspectError, match="joined by OR"):
            read_indicators([written(tmp_path, STIX | {"objects": [{"type": "indicator", "pattern": pattern}]})])
    assert process_time() - begun < 20  # hundredths of a second; a minute for the first alone where it is squared


def matches(folder: Path, content: object, *connections: dict[str, Any], **certificate: Any) -> list[dict[str, Any]]:
    made = pa.Table.from_pylist(list(connections), arrow_schema("connections"))
    known = pa.Table.from_pylist([certificate] if certificate else [], arrow_schema("certificates"))
    rows: list[dict[str, Any]] = match_indicators(read_indicators([written(folder, content)]), made, known).to_pylist()
    return rows


def test_a_match_is_a_finding_of_the_client_with_list_date_and_reason(tmp_path: Path) -> None:
    connections = [
        make_connection(1, server_name="x.example", certificate_sha256s=["9" * 64, SHA256]),
        make_connection(2, server_name="y.example", certificate_sha256s=None),
        make_connection(3, client_ip="192.0.2.9", certificate_sha256s=None, client_certificate_sha256s=[SHA256]),
    ]
    rows = matches(tmp_path, SSLBL, *connections, sha256=SHA256, sha1=SHA1, subject="CN=x")
    assert [(row["id"], row["severity"], row["subject"], row["connections"]) for row in rows] == [
        ("IND-CERT", "high", "192.0.2.1", 1), ("IND-CERT", "high", "192.0.2.9", 1)
    ]  # fmt: skip
    assert rows[0]["evidence"].startswith(
        f"{SHA1}: Dridex C&C (list.txt, 2025-11-02 10:11:12); server_name x.example (1)"
    )
    assert rows[0]["references"] == ["list.txt"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("bad.example", True), ("BAD.example", True), ("www.bad.example", False), ("worse.example", True),
     ("a.b.worse.example", True), ("notworse.example", False), ("example", False), ("a.test", True), (None, False)],
)  # fmt: skip
def test_a_name_matches_as_it_is_and_below_a_star(name: str | None, found: bool, tmp_path: Path) -> None:
    content = "bad.example\n*.worse.example\n*.test\n"
    assert [row["id"] for row in matches(tmp_path, content, make_connection(1, server_name=name))] == [
        "IND-NAME"
    ] * found


@pytest.mark.parametrize(
    ("common", "names", "met"),
    [
        (None, ["good.example", "BAD.example"], "bad.example"), ("bad.example", None, "bad.example"),
        ("c2 \x00", ["*.worse.example"], "*.worse.example"), (None, ["www.worse.example."], "*.worse.example"),
        (None, ["www.bad.example", "bad.example.org"], ""), (None, None, ""),
    ],
)  # fmt: skip
def test_a_name_matches_in_the_certificate_where_no_client_asked_for_it(
    common: str | None, names: list[str] | None, met: str, tmp_path: Path
) -> None:
    connections = [
        make_connection(1, server_name=None, certificate_sha256s=[SHA256]),
        make_connection(2, server_name="good.example", certificate_sha256s=[SHA256, "9" * 64]),
        make_connection(3, client_ip="192.0.2.9", server_name="good.example", certificate_sha256s=["9" * 64, SHA256]),
        make_connection(4, client_ip="192.0.2.8", server_name="Bad.Example", certificate_sha256s=[SHA256]),
    ]
    content = "bad.example # panel\n*.worse.example # panel\n"
    certificate = {"sha256": SHA256, "subject_common_name": common, "san_dns": names}
    rows = matches(tmp_path, content, *connections, **certificate)
    assert [(row["id"], row["subject"], row["connections"]) for row in rows] == [
        ("IND-NAME", "192.0.2.8", 1), *[("IND-SAN", "192.0.2.1", 2)] * bool(met)
    ]  # fmt: skip
    if met:
        assert rows[1]["evidence"].startswith(f"{met}: panel (list.txt); ") and rows[1]["severity"] == "medium"
    assert [row["id"] for row in matches(tmp_path, JA3, *connections, **certificate)] == []


def test_a_name_of_many_labels_takes_no_longer_than_its_length(tmp_path: Path) -> None:
    name = "a." * 100_000 + "worse.example"
    [row] = matches(tmp_path, "*.worse.example\n", make_connection(1, server_name=name))
    assert row["id"] == "IND-NAME"


def test_what_a_list_says_is_cut_and_reasons_are_counted_apart_up_to_a_number(tmp_path: Path) -> None:
    odd = [{"type": f"odd {number}", "value": "x"} for number in range(1000)]
    long = {"type": "domain", "value": "bad.example", "comment": "\ud800" + "x" * 100_000, "timestamp": "1767225600"}
    document = {"Event": {"Attribute": [*odd, {"type": "x" * 100_000}, long]}}
    [facts] = read_indicators([written(tmp_path, document)]).lists
    assert len(facts.unused) == MOST_REASONS + 1 and facts.unused["other reasons"] == 1001 - MOST_REASONS
    [row] = matches(tmp_path, document, make_connection(1, server_name="bad.example"))
    assert row["evidence"].startswith("bad.example: \\ud800xxx") and len(row["evidence"]) < 2 * LONGEST_REASON


@pytest.mark.parametrize(
    ("network", "subjects"),
    [
        ("198.51.100.0/25", ["2002::1"]), ("198.51.0.0/16", ["2002::1"]), ("0.0.0.0/0", ["2002::1"]),
        ("198.51.100.128/25", []), ("2001:db8::/32", []), ("2002::/15", ["2002::1"]), ("::/0", ["2002::1"]),
    ],
)  # fmt: skip
def test_networks_of_all_sizes_hold_their_addresses_and_no_others(
    network: str, subjects: list[str], tmp_path: Path
) -> None:
    rows = matches(tmp_path, f"{network}\n", make_connection(1, server_ip="198.51.100.7", client_ip="2002::1"))
    assert [row["subject"] for row in rows] == subjects


def test_addresses_match_in_their_networks_on_both_sides(tmp_path: Path) -> None:
    content = "198.51.100.0/24\n2001:DB8::1\n"
    connections = [
        make_connection(1),
        make_connection(2, client_ip="2001:db8::1", server_ip="2001:db8::2"),
        make_connection(3, server_ip="203.0.113.1"),
    ]
    rows = matches(tmp_path, content, *connections)
    assert {(row["id"], row["subject"], row["severity"]) for row in rows} == {
        ("IND-ADDR", "192.0.2.1", "medium"), ("IND-ADDR", "2001:db8::1", "medium")
    }  # fmt: skip


def test_a_fingerprint_alone_is_never_more_than_medium(tmp_path: Path) -> None:
    connection = make_connection(1, ja3=JA3, ja3s=JA3, ja4=JA4)
    rows = matches(tmp_path, f"{JA3}\n{JA4}\n", connection)
    assert [(row["id"], row["severity"]) for row in rows] == [
        ("IND-JA", "medium"),
        ("IND-JA", "medium"),
        ("IND-JAS", "low"),
    ]
    assert [row["id"] for row in matches(tmp_path, SSLBL_JA3, connection)] == ["IND-JA"]


def test_a_hosts_file_has_several_names_in_a_line_and_a_list_dots_in_brackets(tmp_path: Path) -> None:
    text = "0.0.0.0 one.example two.example # ads\n:: three.example\nbad[.]four(dot)example\n203[.]0.113{.}7\n"
    indicators = read_indicators([written(tmp_path, text + "2001[:]db8::1\n")])
    assert set(indicators.by_kind["name"]) == {"one.example", "two.example", "three.example", "bad.four.example"}
    assert set(indicators.by_kind["address"]) == {"203.0.113.7", "2001:db8::1"}
    assert indicators.by_kind["name"]["two.example"][0].reason == "ads"
    assert not indicators.lists[0].unused


@pytest.mark.parametrize(
    ("word", "kind", "value"),
    [
        ("198.51.100.1:443", "address", "198.51.100.1"),
        ("[2001:DB8::1]:443", "address", "2001:db8::1"),
        ("[2001:db8::1]", "address", "2001:db8::1"),
        ("bad.example:8443", "name", "bad.example"),
        ("https://bad.example", "name", "bad.example"),
        ("hxxps[:]//user:x@Bad[.]example:8443/a/b?c=http://good.example/", "name", "bad.example"),
        ("http://198.51.100.1/path", "address", "198.51.100.1"),
        ("http://[2001:db8::1]:80/", "address", "2001:db8::1"),
        ("Bücher.example", "name", "xn--bcher-kva.example"),
        ("bücher。example", "name", "xn--bcher-kva.example"),
        ("https://пример.рф/путь", "name", "xn--e1afmkfd.xn--p1ai"),
        ("*.BÜCHER.example", "suffix", "xn--bcher-kva.example"),
    ],
)
def test_of_what_a_list_spells_otherwise_the_host_is_looked_for(
    word: str, kind: str, value: str, tmp_path: Path
) -> None:
    indicators = read_indicators([written(tmp_path, f"{word} # reason\n")])
    assert {name: list(values) for name, values in indicators.by_kind.items() if values} == {kind: [value]}
    assert (indicators.lists[0].used, indicators.lists[0].unused) == (1, {})


@pytest.mark.parametrize(
    "word",
    [
        "10.0.0.0/99", "198.51.100.1:port", "198.51.100.1:443:443", "[2001:db8::1", "[bad.example]:443", "http://",
        "x@bad.example", "bad.example/path", f"https://{SHA1}/", "ü" * 60_000, f"{'ü' * 70}.example", "ü..example",
        "http://" + "a:" * 30_000,
    ],
)  # fmt: skip
def test_what_has_no_host_is_not_used(word: str, tmp_path: Path) -> None:
    indicators = read_indicators([written(tmp_path, f"bad.example\n{word}\n")])
    assert {name: list(values) for name, values in indicators.by_kind.items() if values} == {"name": ["bad.example"]}
    assert sum(indicators.lists[0].unused.values()) == 1


def test_a_name_in_unicode_meets_what_is_sent_of_it(tmp_path: Path) -> None:
    [row] = matches(tmp_path, "bücher.example\n", make_connection(1, server_name="xn--bcher-kva.example"))
    assert row["id"] == "IND-NAME"


@pytest.mark.parametrize("mark", [True, 1, "1"])
@pytest.mark.parametrize("part", ["event", "object", "attribute", "attribute of an object"])
def test_what_was_deleted_in_misp_is_not_used(part: str, mark: object, tmp_path: Path) -> None:
    own = {"type": "domain", "value": "own.example", "to_ids": True, "deleted": False}
    inner = {"type": "domain", "value": "inner.example", "to_ids": True}
    holder: dict[str, Any] = {"Attribute": [inner]}
    event: dict[str, Any] = {"info": "x", "Attribute": [own], "Object": [holder]}
    parts = {"event": event, "object": holder, "attribute": own, "attribute of an object": inner}
    parts[part]["deleted"] = mark
    kept = {"Event": {"Attribute": [{"type": "domain", "value": "kept.example"}]}}
    indicators = read_indicators([written(tmp_path, [{"Event": event}, kept])])
    gone = {"event": {"own", "inner"}, "attribute": {"own"}}.get(part, {"inner"})
    assert set(indicators.by_kind["name"]) == {f"{name}.example" for name in {"own", "inner", "kept"} - gone}
    assert indicators.lists[0].unused == {"deleted": len(gone)}


def test_both_parts_of_a_pair_of_misp_are_looked_for_where_both_are_things(tmp_path: Path) -> None:
    values = {
        "domain|ip": "bad.example|198.51.100.1", "ip-src|port": "2001:db8::1|443", "ip-dst|port": "198.51.100.2|443",
        "hostname|port": "www.bad.example|443",
    }  # fmt: skip
    attributes = [{"type": kind, "value": value, "to_ids": True} for kind, value in values.items()]
    indicators = read_indicators([written(tmp_path, {"Event": {"Attribute": attributes}})])
    assert set(indicators.by_kind["name"]) == {"bad.example", "www.bad.example"}
    assert set(indicators.by_kind["address"]) == {"198.51.100.1", "198.51.100.2", "2001:db8::1"}
    assert indicators.lists[0].unused == {}


def test_what_stands_alone_is_told_by_its_form() -> None:
    assert kind_of(":".join(["AB"] * 20)) == "sha1"
    assert kind_of("::1") == "address"
    assert kind_of("a") is None
    assert kind_of("10.0.0.300") is None


@pytest.mark.parametrize(
    "value", [JA4, "q13d0312h3_55b375c5d22e_178839b6cec1", "dd2d280700_d943125447b4_e7e480e5a997",
              "dd3i1503fO_55b375c5d22e_178839b6cec1", "ts3d040200_3d0d7dd9e512_44798dd7d0f2"]
)  # fmt: skip
def test_ja4_is_met_whatever_the_transport_the_version_and_the_case(value: str, tmp_path: Path) -> None:
    [row] = matches(tmp_path, f"{value.lower()}\n", make_connection(1, ja4=value))
    assert row["id"] == "IND-JA" and row["evidence"].startswith(f"{value.lower()}: ")
    assert len(matches(tmp_path, f"{value.upper()}\n", make_connection(1, ja4=value))) == 1


def test_every_ja4_that_this_program_writes_can_stand_on_a_list() -> None:
    for sample in ("demo.pcapng", "handshakes/dtls12.pcap", "handshakes/dtls10.pcap", "handshakes/ssl2.pcap"):
        for value in inspect(sample).connections["ja4"].dropna().unique():
            assert kind_of(value) == "ja4", value


@pytest.mark.parametrize("word", ["::ffff:198.51.100.7", "::FFFF:C633:6407", "::ffff:198.51.100.0/120"])
def test_an_address_of_ipv4_is_met_also_where_it_is_written_as_one_of_ipv6(word: str, tmp_path: Path) -> None:
    connections = [make_connection(1, server_ip="198.51.100.7"), make_connection(2, server_ip="203.0.113.7")]
    [row] = matches(tmp_path, f"{word}\n", *connections)
    assert row["connections"] == 1 and row["evidence"].startswith("198.51.100.")
    [row] = matches(tmp_path, "198.51.100.7\n", make_connection(1, server_ip="::ffff:198.51.100.7"))
    assert row["id"] == "IND-ADDR"


@pytest.mark.parametrize("word", ["*bad.example", "**.bad.example", "www.*.example", "fe80::1%eth0"])
def test_what_means_more_than_is_looked_for_is_not_taken_for_less(word: str, tmp_path: Path) -> None:
    indicators = read_indicators([written(tmp_path, f"kept.example\n{word}\n")])
    assert {value for values in indicators.by_kind.values() for value in values} == {"kept.example"}
    assert sum(indicators.lists[0].unused.values()) == 1


def test_each_reason_stands_behind_the_value_that_it_was_given_for(tmp_path: Path) -> None:
    content = (
        "198.51.100.7 # one host\n198.51.100.0/24 # all of it\n198.51.100.7:443 # one host\n198.51.100.7 # again\n"
    )
    [row] = matches(tmp_path, content, make_connection(1, server_ip="198.51.100.7"))
    assert row["evidence"].startswith(
        "198.51.100.7: one host (list.txt), again (list.txt), 198.51.100.0/24: all of it (list.txt); "
    )
    [row] = matches(tmp_path, "a.example # x\n*.example # y\n", make_connection(1, server_name="a.example"))
    assert row["evidence"].startswith("a.example: x (list.txt), *.example: y (list.txt); ")


def test_what_kind_of_fingerprint_it_is_an_object_of_misp_says_by_the_relation(tmp_path: Path) -> None:
    ja3s = [
        {"type": "ja3-fingerprint-md5", "object_relation": "ja3-fingerprint-md5", "value": "a" * 32, "to_ids": True},
        {"type": "ja3-fingerprint-md5", "object_relation": "ja3s-fingerprint-md5", "value": "b" * 32, "to_ids": True},
    ]
    ja4 = {"type": "text", "object_relation": "ja4-fingerprint", "value": JA4, "to_ids": True}
    document = {"Event": {"Object": [{"name": "ja3s", "Attribute": ja3s}, {"name": "ja4-plus", "Attribute": [ja4]}]}}
    by_kind = read_indicators([written(tmp_path, document)]).by_kind
    assert {kind: list(values) for kind, values in by_kind.items() if values} == {
        "ja3": ["a" * 32], "ja3s": ["b" * 32], "ja4": [JA4]
    }  # fmt: skip


@pytest.mark.parametrize("mark", [False, 0, "0"])
def test_what_misp_does_not_mean_for_detection_is_not_used(mark: object, tmp_path: Path) -> None:
    attributes = [
        {"type": "domain", "value": "seen.example", "to_ids": mark}, {"type": "domain", "value": "a.example"}
    ]  # fmt: skip
    indicators = read_indicators([written(tmp_path, {"Event": {"Attribute": attributes}})])
    assert list(indicators.by_kind["name"]) == ["a.example"]
    assert indicators.lists[0].unused == {"not meant for detection (to_ids)": 1}


def test_events_without_their_envelope_and_attributes_that_were_searched_for_are_read(tmp_path: Path) -> None:
    attribute = {"type": "domain", "value": "bad.example", "to_ids": True}
    found = {**attribute, "Event": {"id": "7", "info": "Campaign"}}
    for document in (
        {"info": "Campaign", "Attribute": [attribute]},
        {"info": "Campaign", "Object": [{"Attribute": [attribute]}]},
        {"response": {"Attribute": [found]}},
        {"Attribute": [found]},
    ):
        [row] = matches(tmp_path, document, make_connection(1, server_name="bad.example"))
        assert row["evidence"].startswith("bad.example: Campaign (list.txt); ")


def test_a_match_of_stix_says_until_when_it_was_valid(tmp_path: Path) -> None:
    indicator = STIX["objects"][0] | {"valid_until": "2026-02-01T00:00:00Z"}  # type: ignore[operator]
    connection = make_connection(1, server_ip="203.0.113.1", server_name="bad.example")
    [row] = matches(tmp_path, STIX | {"objects": [indicator]}, connection)
    assert "C2 (list.txt, 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z)" in row["evidence"]


def test_what_a_taxii_server_answers_is_read_and_patterns_of_other_languages_are_not(tmp_path: Path) -> None:
    rule = {"type": "indicator", "pattern": "[domain-name:value = 'rule.example']", "pattern_type": "sigma"}
    named = {"type": "indicator", "pattern": "[domain-name:value = 'bad.example']", "pattern_type": "stix"}
    indicators = read_indicators([written(tmp_path, {"more": False, "objects": [rule, named]})])
    assert list(indicators.by_kind["name"]) == ["bad.example"]
    assert indicators.lists[0].unused == {"a pattern of type sigma": 1}


@pytest.mark.parametrize("content", ["bad.example\r\n198.51.100.7\r\n", json.dumps(MISP), SSLBL, ZEEK])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_is_the_same_however_windows_saved_it(content: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(content, encoding=encoding)
    found = read_indicators([path])
    path.write_text(content, encoding="utf-8")
    assert found.by_kind == read_indicators([path]).by_kind
    assert found.lists[0].used


def test_a_list_may_come_through_a_pipe(tmp_path: Path) -> None:
    for content in (json.dumps(STIX), json.dumps(MISP), PLAIN):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = Thread(target=pipe.write_text, args=(content,), daemon=True)
        writer.start()
        found = read_indicators([pipe])
        pipe.unlink()
        assert found.lists[0].used == read_indicators([written(tmp_path, content)]).lists[0].used


def test_a_list_may_be_a_column_of_a_spreadsheet(tmp_path: Path) -> None:
    content = 'indicator,comment\n"bad.example","panel"\n"198.51.100.7","x"\n'
    by_kind = read_indicators([written(tmp_path, content)]).by_kind
    assert (list(by_kind["name"]), list(by_kind["address"])) == (["bad.example"], ["198.51.100.7"])


@pytest.mark.parametrize("head", ["# Listingdate,SHA1,Listingreason", '# "Listingdate","SHA1","Listingreason"',
                                  "Listingdate,SHA1,Listingreason"])  # fmt: skip
def test_the_columns_of_sslbl_are_found_however_they_are_named(head: str, tmp_path: Path) -> None:
    indicators = read_indicators([written(tmp_path, f'{head}\n"2025-11-02 10:11:12",{SHA1},"Dridex C&C"\n')])
    [indicator] = indicators.by_kind["sha1"][SHA1]
    assert (indicator.date, indicator.reason) == ("2025-11-02 10:11:12", "Dridex C&C")
    assert (indicators.lists[0].format, indicators.lists[0].unused) == ("abuse.ch SSLBL", {})


def test_where_a_hosts_file_sends_names_is_no_indicator(tmp_path: Path) -> None:
    by_kind = read_indicators([written(tmp_path, "0.0.0.0 0.0.0.0\n127.0.0.1 bad.example\n")]).by_kind
    assert {kind: list(values) for kind, values in by_kind.items() if values} == {"name": ["bad.example"]}


def test_what_was_met_stays_among_the_findings_of_what_is_selected(tmp_path: Path) -> None:
    whole = inspect("demo.pcapng")
    first, second = read_indicators([written(tmp_path, "old.test\n")]), read_indicators([written(tmp_path, "*.test\n")])
    matched = whole.with_indicators(first)
    ids = whole.where("client_ip == '192.0.2.30'").connections["connection_id"]

    def met(inspection: Inspection) -> set[tuple[str, str]]:
        rows = inspection.arrow("findings").to_pylist()
        return {(row["subject"], row["evidence"].partition(":")[0]) for row in rows if row["id"] == "IND-NAME"}

    assert met(matched) == {(f"192.0.2.{host}", "old.test") for host in (10, 30, 60)}
    assert met(matched.trusting()) == met(matched)
    assert met(pickle.loads(pickle.dumps(matched))) == met(matched)
    assert met(matched.only(ids)) == met(matched.where("client_ip == '192.0.2.30'")) == {("192.0.2.30", "old.test")}
    assert met(matched.with_indicators(second)) > met(matched)
    assert met(whole) == set()


def test_findings_lists_matches_as_typed_and_says_what_of_a_list_is_used(tmp_path: Path) -> None:
    sha1 = inspect("demo.pcapng").certificates.query("subject_common_name == 'ancient.test'")["sha1"].iloc[0]
    path = tmp_path / "sslblacklist.csv"
    path.write_text(f"# Listingdate,SHA1,Listingreason\n2026-01-02 03:04:05,{sha1},Evil\x1b[2J C&C\nx,y,z\n")
    result = run(
        "findings",
        CAPTURES / "demo.pcapng",
        "--indicators",
        path,
        "--rows",
        "id.startswith('IND-') or severity == 'high'",
    )
    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.stderr
    assert lines[0] == "HIGH     IND-CERT  Certificate on an indicator list: 5 connections"
    assert "Evil\\x1b[2J C&C (sslblacklist.csv, 2026-01-02 03:04:05)" in lines[1]
    assert "1 indicator (abuse.ch SSLBL); 1 not used: no value of its kind" in result.stderr
    assert "\x1b" not in result.stdout + result.stderr
    missing = run("findings", "no.pcap", "--indicators", tmp_path / "no.csv")
    assert (missing.exit_code, "no.csv: no such file" in missing.stderr) == (2, True)
    assert list(inspect("demo.pcapng").match([path])["id"]) == ["IND-CERT"]
