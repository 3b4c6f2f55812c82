"""RFC 9525: which names a certificate is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.certificates import CertificateFacts, name_matches

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


def named(*dns: str, ip: tuple[str, ...] = (), common_name: str | None = None) -> CertificateFacts:
    """Return the facts of a certificate for these names."""
    return CertificateFacts(sha256="", sha1="", san_dns=list(dns), san_ip=list(ip), subject_common_name=common_name)


@pytest.mark.parametrize(
    ("server_name", "presented"),
    [
        ("www.example.org", "www.example.org"),
        ("WWW.Example.ORG", "www.example.org"),
        ("www.example.org", "WWW.EXAMPLE.ORG"),
        ("www.example.org.", "www.example.org"),
        ("www.example.org", "*.example.org"),
        ("xn--mller-kva.example.org", "*.example.org"),
        ("xn--mller-kva.example", "XN--mller-kva.example"),
        ("_service.example.org", "_service.example.org"),
        ("localhost", "localhost"),
    ],
)
def test_name_matches(server_name: str, presented: str) -> None:
    assert name_matches(server_name, named("other.example", presented)) is True


@pytest.mark.parametrize(
    ("server_name", "presented"),
    [
        ("example.org", "www.example.org"),
        ("example.org", "*.example.org"),
        ("a.b.example.org", "*.example.org"),
        ("www.example.org", "w*.example.org"),
        ("www.example.org", "*w.example.org"),
        ("www.example.org", "*"),
        ("localhost", "*"),
        ("www.example.org", "www.*.org"),
        ("www.example.org", "*.*.org"),
        ("www.example.org", "*.www.example.org"),
        (".example.org", "*.example.org"),
        ("www.example.org..", "www.example.org"),
        ("www..example.org", "*..example.org"),
        ("*.example.org", "*.example.org"),
        ("", ""),
        (".", "."),
        ("www.example.org", ""),
        ("www.example.org", "www.example.org."),
        ("www.example.org", "www.example.org\\00.evil.example"),
        ("www.example.org\\00.evil.example", "www.example.org\\00.evil.example"),
        ("\u212aelvin.example", "kelvin.example"),
        ("kelvin.example", "\u212aelvin.example"),
        ("müller.example", "müller.example"),
        ("www.example.org\n", "www.example.org"),
    ],
)
def test_name_does_not_match(server_name: str, presented: str) -> None:
    assert name_matches(server_name, named(presented)) is False


def test_common_name_is_no_fallback() -> None:
    assert name_matches("www.example.org", named(common_name="www.example.org")) is False


@pytest.mark.parametrize(
    ("server_name", "presented"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8:0::1", "2001:db8::1"), ("::ffff:c000:201", "::ffff:192.0.2.1")],
)
def test_address_matches_the_same_address_only_among_addresses(server_name: str, presented: str) -> None:
    assert name_matches(server_name, named(ip=(presented,))) is True
    assert name_matches(server_name, named(server_name, presented)) is False
    assert name_matches(server_name, named(ip=("198.51.100.1", "#C00002"))) is False


def test_address_does_not_match_a_wildcard() -> None:
    assert name_matches("192.0.2.1", named("*.0.2.1")) is False


def test_unreadable_names_leave_it_unknown() -> None:
    assert name_matches("www.example.org", CertificateFacts(sha256="", sha1="")) is None


@given(st.lists(LABELS, min_size=2, max_size=5), st.lists(LABELS, min_size=1, max_size=2))
def test_wildcard_stands_for_exactly_one_label(labels: list[str], more: list[str]) -> None:
    parent = ".".join(["parent", *labels])
    facts = named(f"*.{parent}")
    assert name_matches(f"{labels[0]}.{parent}".upper(), facts) is True
    assert name_matches(".".join([*more, labels[0], parent]), facts) is False
    assert name_matches(parent, facts) is False


@given(st.text(), st.text())
def test_any_two_texts_give_an_answer(server_name: str, presented: str) -> None:
    assert name_matches(server_name, named(presented, ip=(presented,))) in (True, False)
