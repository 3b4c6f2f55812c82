"""What is shared: nothing in it is the original's, and it says the same."""

from __future__ import annotations

import json
import shutil
import stat
import tracemalloc
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address, ip_network
from itertools import combinations
from math import gcd
from pathlib import Path
from time import process_time

import pyarrow as pa
import pytest
from anonymise.originals import leaks, octets_of, texts_of
from command_line import run
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from made_certificates import YEAR, make_certificate, private_key
from samples import CAPTURES, inspect

import tlsinspect
from tlsinspect import Inspection
from tlsinspect.anonymise import Pseudonyms, anonymise
from tlsinspect.anonymise.addresses import Addresses
from tlsinspect.anonymise.certificates import anonymise_certificate
from tlsinspect.anonymise.der import scrub_octets
from tlsinspect.anonymise.identity import identify
from tlsinspect.anonymise.key import load_key
from tlsinspect.anonymise.public_keys import scrub_modulus
from tlsinspect.columns import COLUMNS, PIVOTS
from tlsinspect.errors import TlsInspectError
from tlsinspect.export import open_writer
from tlsinspect.indicators import read_indicators
from tlsinspect.report import page

KEY = bytes(range(32))
OWN = Pseudonyms(KEY)
SAMPLES = (
    *("handshakes/client-certificate-tls12.pcap", "handshakes/certificate-many-names.pcap"),
    *("handshakes/eap-tls-lan.pcap", "handshakes/quic-aioquic.pcapng", "handshakes/resumption-ticket.pcap"),
    "handshakes/certificate-stapled.pcap",
)
PAPER_KEY = bytes.fromhex("152217 8d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202".replace(" ", ""))


def written(tables: dict[str, pa.Table]) -> bytes:
    """All tables as JSON Lines."""
    out = BytesIO()
    for rows in tables.values():
        writer = open_writer("jsonl", out, rows.schema)
        for batch in rows.combine_chunks().to_batches():
            writer.write(batch)
        writer.close()
    return out.getvalue()


def found_by(inspection: Inspection) -> list[tuple[str, str, int]]:
    rows = inspection.arrow("findings").to_pylist()
    return sorted((row["id"], row["severity"], row["connections"]) for row in rows)


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_table_holds_an_original_and_the_findings_are_the_same(sample: str) -> None:
    original = inspect(sample)
    shared = anonymise(original, OWN)
    tables = {name: shared.arrow(name) for name in COLUMNS} | {name: shared.pivot_arrow(name) for name in PIVOTS}
    octets = written(tables)
    assert leaks(octets, texts_of(original)) == []
    assert leaks(octets, octets_of(original)) == []
    assert leaks(f"{shared.arguments} {shared.selection}".encode(), texts_of(original)) == []
    assert found_by(shared) == found_by(original)
    for name in COLUMNS:
        assert len(tables[name]) == len(original.arrow(name)), name


LEFT_OUT = {
    ("connections", "server_key_exchange"), ("staples", "octets"),
    ("validation", "detail"), ("validation", "sct_operators"), ("client_validation", "detail"),
    ("scts", "time"), ("ocsp", "detail"), ("ocsp", "serial"),
    *(("ocsp", column) for column in ("this_update", "next_update", "produced_at")),
}  # fmt: skip


def test_no_column_is_left_out_but_those_that_cannot_be_shared() -> None:
    lost = set()
    for sample in ("demo.pcapng", "handshakes/certificate-stapled.pcap", "handshakes/certificate-timestamps.pcap"):
        original = inspect(sample)
        shared = anonymise(original, OWN)
        for name in COLUMNS:
            before, after = original.arrow(name), shared.arrow(name)
            lost |= {(name, each) for each in before.column_names if after[each].null_count > before[each].null_count}
    assert lost == LEFT_OUT


def test_the_scan_finds_what_is_there() -> None:
    original = inspect(SAMPLES[0])
    octets = written({name: original.arrow(name) for name in ("connections", "certificates")})
    assert set(leaks(octets, texts_of(original))) >= {original.connections["client_random"].iloc[0], "www.example"}
    assert leaks(octets, octets_of(original))


def test_what_lists_say_of_a_match_is_left_out(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("www.example # whose it is\n")
    matched = inspect("demo.pcapng").with_indicators(read_indicators([listed]))
    assert any(name.startswith("IND-") for name in matched.findings["id"])
    assert found_by(anonymise(matched, OWN)) == found_by(inspect("demo.pcapng"))


def test_numbers_versions_and_fingerprints_stay_and_equal_things_stay_equal() -> None:
    original = inspect("demo.pcapng").connections
    shared = anonymise(inspect("demo.pcapng"), OWN).connections
    for name in (
        "version",
        "cipher_suites",
        "ja4",
        "client_hello_length",
        "server_port",
        "failure_cause",
        "validation",
    ):
        assert original[name].equals(shared[name]), name
    for name in ("server_name", "client_ip", "subject", "session_id", "connection_id", "client_random"):
        assert original[name].nunique() == shared[name].nunique(), name
        assert original[name].isna().equals(shared[name].isna()), name
    leaf = anonymise(inspect("demo.pcapng"), OWN).certificates.set_index("sha256")
    for _, row in shared.dropna(subset=["certificate_sha256s"]).head(40).iterrows():
        covers = set(leaf.loc[row["certificate_sha256s"][0], "san_dns"])
        if row["name_matches"] is True and covers:
            name = row["server_name"]
            assert name in covers or f"*.{name.partition('.')[2]}" in covers


def test_a_text_column_that_nobody_has_thought_of_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    original = inspect("handshakes/tls12.pcap")
    secret = original.arrow("connections").append_column("comment", pa.array(["secret"]))
    fresh = Inspection({**original.arrow_tables, "connections": secret}, original.reading)
    shared = anonymise(fresh, OWN)
    assert shared.arrow("connections")["comment"].to_pylist() == [None]


@pytest.mark.parametrize("sample", ["demo.pcapng", "handshakes/ipv6.pcap"])
def test_ids_follow_from_addresses_as_the_reader_makes_them(sample: str) -> None:
    rows = inspect(sample).arrow("connections")
    starts = rows["time_start"].cast(pa.int64()).to_pylist()
    for row, start in zip(rows.to_pylist(), starts, strict=True):
        ends = (row["client_ip"], row["client_port"], row["server_ip"], row["server_port"], row["transport"])
        assert identify(*ends, start) == (row["connection_id"], row["community_id"])


@pytest.mark.parametrize(
    ("address", "pseudonym"),
    [("128.11.68.132", "135.242.180.132"), ("129.118.74.4", "134.136.186.123"), ("130.132.252.244", "133.68.164.234"),
     ("141.223.7.43", "141.167.8.160")],
)  # fmt: skip
def test_addresses_are_those_of_the_authors_of_crypto_pan(address: str, pseudonym: str) -> None:
    assert Addresses(PAPER_KEY, ()).text(address) == pseudonym


def test_addresses_keep_their_class_and_common_bits() -> None:
    private, public, local = (OWN.address(text) for text in ("10.1.2.3", "9.1.2.3", "fe80::1234"))
    assert private.startswith("10.") and not public.startswith("10.") and ip_address(local).is_link_local
    pairs = [("198.51.100.7", "198.51.100.9", 28), ("2001:db8::1", "2001:db8:0:1::1", 63)]
    for one, other, common in pairs:
        first, second = (int(ip_address(OWN.address(text))) for text in (one, other))
        width = 32 if "." in one else 128
        assert (first ^ second).bit_length() == width - common
    assert len({OWN.address(f"192.168.{place >> 8}.{place & 255}") for place in range(2048)}) == 2048


def test_names_keep_their_tree_and_length_and_no_two_become_one() -> None:
    name, sibling, wildcard = (OWN.name(text) for text in ("www.Example.org", "ftp.example.org", "*.example.org"))
    assert name.partition(".")[2] == sibling.partition(".")[2] == wildcard.removeprefix("*.")
    assert [len(label) for label in name.split(".")] == [3, 7, 3] and name != "www.example.org"
    assert OWN.name("www.example.net").partition(".")[0] != name.partition(".")[0]
    for count, texts in ((36, "abcdefghijklmnopqrstuvwxyz0123456789"), (1296, None)):
        every = texts or [a + b for a in ALPHABET for b in ALPHABET]
        assert len({OWN.label(label, "example.org") for label in every}) == count
    assert OWN.text("http://crl.example.org/ca.crl").startswith("http://")
    assert len(OWN.text("Müller & Söhne").encode()) == len("Müller & Söhne".encode())


@pytest.mark.parametrize("front", ["a." * 20_000, "a" * 400_000 + ".", "www." * 40 + "x" * 200 + "."])
def test_a_name_that_is_too_long_for_a_host_takes_no_longer_and_ends_as_others_do(front: str) -> None:
    begun = process_time()
    made = OWN.name(f"{front}example.org")
    assert process_time() - begun < 1
    assert made.endswith(f".{OWN.name('example.org')}") and len(made) == len(front) + 11
    assert [place for place, each in enumerate(made) if each == "."] == [
        place for place, each in enumerate(f"{front}example.org") if each == "."
    ]
    assert front[:9] not in made and made != OWN.name(f"b{front[1:]}example.org")


def test_a_long_text_takes_no_longer() -> None:
    begun = process_time()
    assert len(OWN.text("x " * 200_000)) == 400_000
    assert process_time() - begun < 1
    assert OWN.text("x " * 600) != OWN.text("x " * 599 + "xy")


ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize("sample", ["handshakes/certificate-stapled.pcap", "handshakes/certificate-ed25519.pcap",
                                    "handshakes/certificate-p384.pcap", "handshakes/ssl3.pcap"])  # fmt: skip
def test_certificates_keep_length_and_kind_and_others_still_read_them(sample: str) -> None:
    certificates = inspect(sample).reading.context.certificates.values()
    assert certificates
    for old in certificates:
        new = anonymise_certificate(old, OWN)
        assert len(new) == len(old)
        before, after = (x509.load_der_x509_certificate(der) for der in (old, new))
        assert type(before.public_key()) is type(after.public_key())
        assert before.signature_algorithm_oid == after.signature_algorithm_oid
        assert [each.oid for each in before.extensions] == [each.oid for each in after.extensions]
        assert before.serial_number != after.serial_number and before.signature != after.signature
        lifetime = before.not_valid_after_utc - before.not_valid_before_utc
        assert after.not_valid_after_utc - after.not_valid_before_utc == lifetime
        assert before.not_valid_before_utc != after.not_valid_before_utc


def test_what_is_no_certificate_becomes_octets_of_the_same_length() -> None:
    for der in (b"", b"\x30\x03\x02\x01\x01", b"secret name", bytes(300)):
        assert len(anonymise_certificate(der, OWN)) == len(der)
        assert not der or anonymise_certificate(der, OWN) != der


@pytest.mark.parametrize("cut", range(0, 700, 67))
def test_a_certificate_that_is_cut_short_leaves_nothing_either(cut: int) -> None:
    (old, *_) = inspect("handshakes/certificate-stapled.pcap").reading.context.certificates.values()
    made = anonymise_certificate(old[:cut], OWN)
    assert len(made) == min(cut, len(old))
    assert not any(old[at : at + 12] in made for at in range(0, cut - 12))


def test_a_certificate_whose_parts_are_missing_leaves_nothing_and_does_not_end_the_export() -> None:
    algorithm = bytes.fromhex("300506032b6570")
    for count in range(6):
        signed = b"\x02\x01\x05" + b"\x0c\x06secret" * count
        outer = bytes([0x30, len(signed)]) + signed + algorithm + b"\x03\x01\0"
        der = bytes([0x30, len(outer)]) + outer
        made = anonymise_certificate(der, OWN)
        assert len(made) == len(der) and b"secret" not in made


def test_names_of_one_label_are_one_pseudonym_in_hellos_and_certificates() -> None:
    made = x509.load_der_x509_certificate(anonymise_certificate(make_certificate("localhost", "localhost", "nas"), OWN))
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == [OWN.name("localhost"), OWN.name("nas")]
    assert made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == OWN.name("localhost")


@pytest.mark.parametrize(
    ("identifier", "stays"),
    [("2.5.29.37", True), ("1.3.6.1.5.5.7.3.1", True), ("1.3.6.1.4.1.311.20.2.2", True),
     ("2.16.840.1.101.3.4.3.18", True),
     ("1.2.643.7.1.1.3.2", True), ("1.3.6.1.4.1.99999.1", False), ("2.16.756.1.89.1", False), ("1.2.246.537.6", False)],
)  # fmt: skip
def test_identifiers_that_everybody_uses_stay_and_others_become_others(identifier: str, stays: bool) -> None:
    name = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(identifier), "value")])
    builder = x509.CertificateBuilder(name, name, private_key().public_key(), 7, *YEAR)
    der = builder.sign(private_key(), None).public_bytes(Encoding.DER)
    made = x509.load_der_x509_certificate(anonymise_certificate(der, OWN))
    assert ([each.oid.dotted_string for each in made.subject] == [identifier]) == stays


def test_a_name_is_the_same_wherever_in_a_certificate_it_stands() -> None:
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Somebody"), x509.NameAttribute(NameOID.COMMON_NAME, "a")]
    )
    issuer = x509.AuthorityKeyIdentifier(b"key", [x509.DirectoryName(name)], 7)
    builder = x509.CertificateBuilder(name, name, private_key().public_key(), 7, *YEAR).add_extension(issuer, False)
    der = anonymise_certificate(builder.sign(private_key(), None).public_bytes(Encoding.DER), OWN)
    made = x509.load_der_x509_certificate(der)
    [named] = made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.authority_cert_issuer or ()
    assert named.value == made.issuer != name


def test_networks_and_registered_ids_in_certificates_are_such_for_others_too() -> None:
    networks = [ip_network(each) for each in ("203.0.113.128/25", "0.0.0.0/0", "2001:db8:7::/48")]
    identifier = x509.RegisteredID(x509.ObjectIdentifier("1.3.6.1.4.1.99999.5.300.2"))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "name")])
    builder = x509.CertificateBuilder(name, name, private_key().public_key(), 7, *YEAR)
    builder = builder.add_extension(x509.SubjectAlternativeName([identifier]), False)
    builder = builder.add_extension(x509.NameConstraints([x509.IPAddress(each) for each in networks], None), True)
    der = anonymise_certificate(builder.sign(private_key(), None).public_bytes(Encoding.DER), OWN)
    read = x509.load_der_x509_certificate(der).extensions
    [other] = read.get_extension_for_class(x509.SubjectAlternativeName).value
    assert isinstance(other, x509.RegisteredID) and other != identifier
    assert other.value.dotted_string.startswith("1.3.6.1.4.1.")
    constraints = read.get_extension_for_class(x509.NameConstraints).value
    made = [each.value for each in constraints.permitted_subtrees or ()]
    assert [each.prefixlen for each in made] == [each.prefixlen for each in networks]
    for old, new in zip(networks, made, strict=True):
        assert all(ip_address(OWN.address(str(old[place]))) in new for place in (0, 1, 77, -1))


def test_keys_seem_to_have_no_prime_in_common() -> None:
    made = [scrub_modulus((1 << 1023 | number).to_bytes(129, "big"), OWN) for number in range(1, 81, 2)]
    moduli = [int.from_bytes(octets, "big") for octets in made]
    assert {number.bit_length() for number in moduli} == {1024} and all(number % 2 for number in moduli)
    assert {gcd(one, other) for one, other in combinations(moduli, 2)} == {1}
    assert {gcd(number, 3 * 5 * 7 * 65521) for number in moduli} == {1}


def test_times_that_others_publish_are_left_out_of_packets() -> None:
    times = b"\x18\x0f20260314150926Z" + b"\x17\x0d260314150926Z"
    made = scrub_octets(bytes([0x30, len(times)]) + times, OWN)
    assert made[2:] == b"\x18\x0f20000101000000Z" + b"\x17\x0d000101000000Z"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-06-01", "9999-12-31T23:59:59"),
        ("2025-06-01", "9999-12-31T23:59:58"),
        ("2025-06-01", "2049-12-31T23:59:59"),
        ("1950-01-01", "2030-01-01"),
        ("1950-01-01", "2049-12-31T23:59:59"),
    ],
)
def test_dates_at_the_ends_of_what_their_form_can_say_stay_there(first: str, last: str) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    old = make_certificate("device.example", validity=(begin, end))
    for number in range(8):
        made = x509.load_der_x509_certificate(anonymise_certificate(old, Pseudonyms(bytes([number] * 32))))
        assert abs(made.not_valid_before_utc - begin) <= timedelta(days=1) >= abs(made.not_valid_after_utc - end)
        assert last != "9999-12-31T23:59:59" or made.not_valid_after_utc == end  # RFC 5280 section 4.1.2.5: no end


@pytest.mark.parametrize("given", [(True, True), (True, False), (False, True)])
def test_the_period_of_the_private_key_moves_as_the_validity_does(given: tuple[bool, bool]) -> None:
    before, after = (date if wanted else None for date, wanted in zip(YEAR, given, strict=True))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "name")])
    builder = x509.CertificateBuilder(name, name, private_key().public_key(), 7, *YEAR)
    builder = builder.add_extension(x509.PrivateKeyUsagePeriod(before, after), False)
    der = anonymise_certificate(builder.sign(private_key(), None).public_bytes(Encoding.DER), OWN)
    read = x509.load_der_x509_certificate(der)
    found = read.extensions.get_extension_for_class(x509.PrivateKeyUsagePeriod).value
    moved = read.not_valid_before_utc, read.not_valid_after_utc
    wanted = tuple(date if each else None for date, each in zip(moved, given, strict=True))
    assert tuple(each and each.replace(tzinfo=UTC) for each in (found.not_before, found.not_after)) == wanted
    assert moved[0] != YEAR[0]


def test_export_makes_a_key_that_only_its_owner_reads_and_says_so(tmp_path: Path) -> None:
    key = tmp_path / "march.key"
    command = ["export", CAPTURES / "handshakes" / "tls12.pcap", "--format", "jsonl", "--anonymise", key]
    first, again = run(*command), run(*command)
    assert first.exit_code == 0 and f"{key}: a new key" in first.stderr and again.stderr == ""
    assert first.stdout == again.stdout
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    row = json.loads(first.stdout)
    original = inspect("handshakes/tls12.pcap").connections.iloc[0]
    assert row["cipher_suite_name"] == original["cipher_suite_name"]
    assert row["server_name"] != original["server_name"] and row["client_ip"] != original["client_ip"]
    key.write_text("no key")
    refused = run(*command)
    assert refused.exit_code == 2 and "holds no key of tlsinspect" in refused.stderr


def test_a_key_file_is_read_as_an_editor_left_it_and_no_further_than_a_key_goes(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key, made = load_key(path)
    assert made
    line = path.read_bytes().strip()
    for content in (line, line + b"\r\n", b"\xef\xbb\xbf" + line + b"\n"):
        path.write_bytes(content)
        assert load_key(path) == (key, False)
    for content in (b"\xff\xfe", line + b"\n\n", line + b"\n" + b"\0" * 1000):
        path.write_bytes(content)
        with pytest.raises(TlsInspectError, match="key: holds no key of tlsinspect; name a file that does not exist"):
            load_key(path)
    with path.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    with pytest.raises(TlsInspectError, match="holds no key"):
        load_key(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("format_name", ["eve", "ecs", "stix", "misp", "cbom", "zeek", "sqlite"])
def test_formats_of_other_tools_hold_no_original_either(format_name: str, tmp_path: Path) -> None:
    sample = "handshakes/client-certificate-tls12.pcap"
    command = ["export", CAPTURES / sample, "--format", format_name, "--anonymise", tmp_path / "key"]
    (tmp_path / "out").mkdir()
    done = run(*command, "-o", tmp_path / "out" / ("" if format_name == "zeek" else "file"))
    assert done.exit_code == 0, done.output
    octets = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert b"TLS" in octets and leaks(octets, texts_of(inspect(sample))) == []


@pytest.mark.parametrize("table", ["connections", "messages", "certificates", "chains"])
def test_what_is_exported_from_a_store_holds_no_original_either(table: str, tmp_path: Path) -> None:
    tlsinspect.ingest([CAPTURES / SAMPLES[0]], tmp_path / "store")
    original = inspect(SAMPLES[0])
    asked = ("export", tmp_path / "store", "--table", table, "--format", "jsonl")
    assert leaks(run(*asked).stdout.encode(), texts_of(original))
    shared = run(*asked, "--anonymise", tmp_path / "key")
    assert shared.exit_code == 0 and len(shared.stdout.splitlines()) == len(original.arrow(table))
    assert leaks(shared.stdout.encode(), texts_of(original) | {str(tmp_path / "store")}) == []


def test_a_key_file_without_a_name_is_refused_and_nothing_is_written_in_the_clear() -> None:
    for table in ("connections", "findings"):
        done = run("export", CAPTURES / "handshakes" / "tls12.pcap", "--table", table, "--anonymise", "")
        assert done.exit_code == 2 and done.stdout == ""


def test_a_report_to_share_holds_no_original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = page.SECTIONS[-1]
    monkeypatch.setattr(page, "SECTIONS", ((*section[:-1], ("server-names",)),))
    shutil.copy(CAPTURES / "handshakes" / "client-certificate-tls12.pcap", tmp_path / "headquarters.pcap")
    command = ["report", tmp_path / "headquarters.pcap", "-o", tmp_path / "out", "--anonymise", tmp_path / "key"]
    done = run(*command, "--where", "server_name == 'www.example'")
    assert done.exit_code == 0, done.output
    original = tlsinspect.read(tmp_path / "headquarters.pcap")
    texts = texts_of(original) | {"headquarters", "www.example"}
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) > 15
    assert {path.name: found for path in files if (found := leaks(path.read_bytes(), texts))} == {}
    assert "only connections where [not shown]" in (tmp_path / "out" / "index.html").read_text()
