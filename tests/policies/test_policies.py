"""Policies are data: each that comes with the program is whole, and a file that is none is refused in one line."""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from samples import ROOT

from tlsinspect.columns import CONNECTIONS, SEVERITIES
from tlsinspect.errors import PolicyError
from tlsinspect.findings.build import SUBJECTS
from tlsinspect.policies import KINDS, READINGS, load_policy, policy_names
from tlsinspect.policies.record import signature_algorithms
from tlsinspect.policy import BROKEN_VERSIONS, LEAST_DH_PRIME_BITS, OLD_VERSIONS
from tlsinspect.statistics.lifetimes import LIMITS

HEAD = 'title = "Ours"\ndocument = "House rules"\nedition = "1"\nurl = "https://rules.example/"\nnote = ""\n'
ROW = '[[requirement]]\nid = "a"\nclause = "1"\ntext = "No TLS 1.0."\nabout = "version"\nseverity = "high"\n'
GOOD = f'{HEAD}{ROW}forbid = ["TLS 1.0"]\n'


@pytest.mark.parametrize("name", policy_names())
def test_a_policy_says_of_every_requirement_where_it_comes_from(name: str) -> None:
    policy = load_policy(name)
    assert policy.name == name and policy.title and policy.document and policy.edition
    assert policy.url.startswith("https://")
    for asked in policy.requirements:
        assert asked.clause.strip() and asked.text.endswith(".") and asked.severity in SEVERITIES
        assert asked.start is None or asked.end is None or asked.start < asked.end


@pytest.mark.parametrize("name", policy_names())
def test_a_policy_says_of_every_requirement_what_it_was_held_against_and_uses_every_source(name: str) -> None:
    policy = load_policy(name)
    assert {source for asked in policy.requirements for source in asked.checked} == set(policy.sources)
    for source in policy.sources.values():
        assert source.kind in READINGS and len(source.name) > 20 and source.checked >= date(2026, 11, 29)


def test_recommendations_of_the_bsi_end_with_their_years() -> None:
    policy = load_policy("bsi-tr-02102-2")
    ends = {asked.id: asked.start for asked in policy.requirements if asked.start}
    assert ends == {
        "bsi-pkcs1-end": date(2026, 1, 1), "bsi-static-end": date(2027, 1, 1), "bsi-psk-ke": date(2027, 1, 1),
        "bsi-dhe-end": date(2030, 1, 1), "bsi-tls12-end": date(2032, 1, 1), "bsi-hybrid": date(2032, 1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "asked", "short"),
    [
        ("bcp195", "bcp195-certificate-hash", r"(md[245]|sha1?)(with|$)"),
        ("pci-dss-4.0.1", "pci-certificate-hash", r"(md[245]|ripemd160|sha1?)(with|$)"),
        ("nist-sp800-52r2", "52r2-certificate-hash", r"(md[245]|ripemd160|sha1?)(with|$)"),
        ("bsi-tr-02102-2", "bsi-certificate-hash", r"(md[245]|ripemd160|sha1?|224)(with|$)"),
    ],
)
def test_a_hash_that_is_too_short_is_refused_in_every_kind_of_signature(name: str, asked: str, short: str) -> None:
    [forbid] = [each.forbid for each in load_policy(name).requirements if each.id == asked]
    refused = {each for each in signature_algorithms() if any(fnmatchcase(each, pattern) for pattern in forbid)}
    assert refused == {each for each in signature_algorithms() if re.search(short, each, re.IGNORECASE)}


def test_the_policy_of_the_registry_is_of_the_day_of_the_registry() -> None:
    page = (ROOT / "tlsinspect" / "registry" / "data" / "README.md").read_text(encoding="utf-8")
    (day,) = re.findall(r"are in the state of (\d{4}-\d\d-\d\d)", page)
    assert load_policy("iana-recommended").edition == f"registry as of {date.fromisoformat(day):%B %Y}"


def test_the_policy_of_bcp_195_names_all_of_its_parts_and_what_updates_them() -> None:
    policy = load_policy("bcp195")
    named = set(re.findall(r"RFC (\d+)", f"{policy.document} {policy.note}"))
    assert named == {"8996", "9325", "9852", "10015"}


def test_the_policies_that_were_promised_are_there() -> None:
    assert set(policy_names()) == {
        "bcp195", "nist-sp800-52r2", "mozilla-modern", "mozilla-intermediate", "mozilla-old", "pci-dss-4.0.1",
        "bsi-tr-02102-2", "iana-recommended", "cabf-br", "cnsa-2.0", "nist-ir8547",
    }  # fmt: skip


def test_kinds_name_columns_and_subjects_that_exist() -> None:
    names = {column.name for column in CONNECTIONS}
    for kind in KINDS.values():
        assert {*kind.evidence, kind.packet} <= names and kind.subject in SUBJECTS and kind.meaning


def test_the_example_of_the_guide_is_a_policy(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "policies-and-whatif.md").read_text(encoding="utf-8")
    (example,) = [text for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[[requirement]]" in text]
    (tmp_path / "house.toml").write_text(example)
    versions, hybrid = load_policy(tmp_path / "house.toml").requirements
    assert len(versions.forbid) == 4 and hybrid.start == date(2028, 1, 1)


def test_names_may_stand_for_several(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(GOOD.replace('"TLS 1.0"', '"SSL *"'))
    (asked,) = load_policy(tmp_path / "ours.toml").requirements
    assert asked.forbid == {"SSL 2.0", "SSL 3.0"}


def test_what_remarks_judge_by_is_what_bcp_195_says() -> None:
    assert set(BROKEN_VERSIONS) == {"SSL 2.0", "SSL 3.0"} and LEAST_DH_PRIME_BITS == 2048
    assert {"TLS 1.0", "TLS 1.1", "DTLS 1.0"} <= set(OLD_VERSIONS)


@pytest.mark.parametrize("name", policy_names())
def test_a_requirement_that_names_one_version_is_asked_of_no_other(name: str) -> None:
    for asked in load_policy(name).requirements:
        named = re.match(r"(TLS 1[.][0-9]) (?!(and|or) )", asked.text)
        if named is not None and asked.versions:
            assert asked.versions <= {named[1], f"D{named[1]}"}, asked.id


def test_a_requirement_binds_from_its_first_day_to_the_day_before_its_last() -> None:
    (limit,) = [each for each in load_policy("cabf-br").requirements if each.id == "cabf-100-days"]
    days = (date(2027, 3, 14), date(2027, 3, 15), date(2029, 3, 14), date(2029, 3, 15))
    assert [limit.binds(day) for day in days] == [False, True, True, False]


def test_lifetime_limits_of_charts_are_those_of_the_policy() -> None:
    assert [days for _, days in LIMITS] == [1827, 1188, 825, 398, 200, 100, 47]
    assert LIMITS[-1][0].date() == date(2029, 3, 15)


def about(kind: str, name: str) -> str:
    """A policy that forbids one thing."""
    return HEAD + ROW.replace('"version"', f'"{kind}"') + f'forbid = ["{name}"]\n'


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("certificate_curve", "explicit"),
        ("certificate_curve", "sect*"),
        ("certificate_key_type", "1.2.840.10046.2.2"),
        ("certificate_signature", "RSASSA-PSS-SHA1"),
        ("certificate_signature", "*-SHA*"),
        ("certificate_signature", "1.2.3.4"),
    ],
)
def test_what_certificates_say_is_named_as_they_are_shown(kind: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(about(kind, name))
    assert load_policy(path).requirements[0].forbid == {name}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("title = ", "is not TOML: Invalid value"),
        (HEAD, "has no [[requirement]]"),
        (GOOD.replace("edition", "year"), "lacks 'edition', which is a text"),
        (f'colour = "red"\n{GOOD}', "has 'colour', which means nothing here"),
        (GOOD + ROW + 'forbid = ["TLS 1.1"]\n', "has two requirements with the id 'a'"),
        (GOOD.replace("clause", "section"), "requirement 'a' lacks 'clause', which is a text"),
        (GOOD.replace('"high"', '"dire"'), "requirement 'a' has the severity 'dire', which is none of info, low"),
        (GOOD.replace('"version"', '"weather"'), "requirement 'a' is about 'weather', which is none of version"),
        (GOOD.replace("TLS 1.0", "TLS 9"), "requirement 'a' names 'TLS 9', which stands for nothing there"),
        (
            GOOD.replace("TLS 1.0", "TLSv1.2"),
            "requirement 'a' names 'TLSv1.2', which stands for nothing there; did you mean TLS 1.2?",
        ),
        (
            about("certificate_key_type", "rsa"),
            "requirement 'a' names 'rsa', which stands for nothing there; did you mean RSA?",
        ),
        (GOOD.replace("forbid", "require"), "requirement 'a' is about version, which needs one of allow, forbid"),
        (GOOD + "least = 3\n", "requirement 'a' is about version, which needs one of allow, forbid"),
        (GOOD.replace('["TLS 1.0"]', '"TLS 1.0"'), "requirement 'a' has 'TLS 1.0' where a list of names belongs"),
        (GOOD.replace('["TLS 1.0"]', "[]"), "requirement 'a' has [] where a list of names belongs"),
        (GOOD + "from = 2030-01-01\nuntil = 2030-01-01\n", "requirement 'a' ends before it begins"),
        (
            HEAD + ROW.replace('"version"', '"dh_bits"') + "least = { RSA = 1 }\n",
            "requirement 'a' has {'RSA': 1} where a whole number from 1 to 2,147,483,647 belongs",
        ),
        (
            HEAD + ROW.replace('"version"', '"certificate_key_bits"') + "least = 2048\n",
            "requirement 'a' has 2048 where a size for each kind of key belongs, as { RSA = 2048 }",
        ),
        (
            HEAD + ROW.replace('"version"', '"certificate_key_bits"') + "least = { ECDSA = 256 }\n",
            "requirement 'a' names 'ECDSA', which is no kind of key",
        ),
        (about("certificate_curve", "P-256"), "requirement 'a' names 'P-256', which stands for nothing there"),
        (about("certificate_key_type", "rsa"), "requirement 'a' names 'rsa', which stands for nothing there"),
        (about("certificate_signature", "SHA1*"), "requirement 'a' names 'SHA1*', which stands for nothing there"),
        (GOOD + 'from = "soon"\n', "requirement 'a' has a 'from' that is no date, as 2029-03-15 is"),
        (
            HEAD + ROW.replace('"version"', '"dh_bits"') + "least = -1\n",
            "requirement 'a' has -1 where a whole number from 1 to 2,147,483,647 belongs",
        ),
        (
            HEAD + ROW.replace('"version"', '"forward_secrecy"') + "least = 1\n",
            "requirement 'a' is about forward_secrecy, which takes none of allow",
        ),
        (GOOD + 'checked = ["book"]\n', "requirement 'a' was checked against 'book', which is no source"),
        (GOOD + "checked = true\n", "requirement 'a' has True where the names of sources belong"),
        ("source = 1\n" + GOOD, "has a 'source' that is no table, as [source.text] is"),
        (GOOD + "[source.book]\nkind = 'text'\n", "source 'book' needs kind, name, checked, and nothing else"),
        (
            GOOD + "[source.book]\nkind = []\nname = 'it'\nchecked = 2026-01-02\n",
            "source 'book' needs a kind and a name, which are texts, and a date",
        ),
        (
            GOOD + "[source.book]\nkind = 'rumour'\nname = 'it'\nchecked = 2026-01-02\n",
            "source 'book' has the kind 'rumour', which is none of text, excerpt, digest",
        ),
        ("a = " + "[" * 100_000, "is not TOML"),
        ("\xff", "is not TOML"),
        ("a" + ".a" * 400_000 + " = 1\n", "has a key of more than 64 parts"),
        ("x = {" + '"a b" . ' * 100 + "a = 1}\n", "has a key of more than 64 parts"),
        ("[" + "'a'." * 100 + "a]\n", "has a key of more than 64 parts"),
        (f'colour = "{"a." * 100}"\n{GOOD}', "has 'colour', which means nothing here"),
        ("a = " + "1" * 5000, "is not TOML"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_in_one_clear_line(content: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(PolicyError) as refused:
        load_policy(path)
    assert refused.value.reason.startswith(reason) and "\n" not in str(refused.value)


def test_a_policy_is_read_behind_a_byte_order_mark_and_with_lines_of_windows(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(GOOD)
    plain = load_policy(tmp_path / "ours.toml")
    (tmp_path / "ours.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_policy(tmp_path / "ours.toml") == plain


@pytest.mark.parametrize(
    ("part", "name"),
    [("modern", "mozilla-modern"), ("52r2", "nist-sp800-52r2"), ("cnsa", "cnsa-2.0"), ("PCI-DSS", "pci-dss-4.0.1")],
)
def test_a_part_of_a_name_that_no_other_has_names_a_policy(part: str, name: str) -> None:
    assert load_policy(part) is load_policy(name)


def test_a_part_that_several_have_is_refused_with_their_names() -> None:
    with pytest.raises(
        PolicyError, match=r"several policies \(mozilla-intermediate, mozilla-modern, mozilla-old\); say more"
    ):
        load_policy("mozilla")
    with pytest.raises(PolicyError, match=r"there is no such policy; did you mean mozilla-modern\?$"):
        load_policy("mod")


def test_a_policy_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"there is no such policy; there are bcp195, .*, or a \.toml file"):
        load_policy("bcp194")
    with pytest.raises(PolicyError, match="cannot be read: No such file"):
        load_policy(tmp_path / "missing.toml")


def test_what_bcp195_asks_of_dtls_10_it_asks_of_openssls_first_too() -> None:
    named = [each.versions | each.forbid for each in load_policy("bcp195").requirements]
    assert sum("DTLS 1.0" in names for names in named) == 5
    assert all(("DTLS 1.0" in names) == ("DTLS 1.0 (OpenSSL pre 0.9.8f)" in names) for names in named)
