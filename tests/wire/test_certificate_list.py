"""Certificate messages: certificates in wire order, and those before the place where a message breaks off."""

from __future__ import annotations

import pytest
import tls_vectors as tls
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.wire.certificate_list import parse_certificate_list

CERTIFICATES = [b"leaf" * 9, b"issuer" * 5, b"root"]
TLS12 = tls.certificate(*CERTIFICATES)
TLS13 = b"\x07context" + tls.vector24(
    b"".join(tls.vector24(der) + tls.vector16(tls.extension(5, b"status")) for der in CERTIFICATES)
)


@pytest.mark.parametrize(("body", "tls13"), [(TLS12, False), (TLS13, True)])
def test_certificates_come_in_wire_order(body: bytes, tls13: bool) -> None:
    assert parse_certificate_list(body, tls13) == (CERTIFICATES, None)


def test_an_empty_list_is_a_client_without_certificate() -> None:
    assert parse_certificate_list(b"\x00\x00\x00", False) == ([], None)


@pytest.mark.parametrize(("body", "tls13"), [(TLS12, False), (TLS13, True)])
def test_a_body_cut_anywhere_keeps_the_certificates_before_the_cut(body: bytes, tls13: bool) -> None:
    for cut in range(len(body)):
        whole, error = parse_certificate_list(body[:cut], tls13)
        assert whole == [der for der in CERTIFICATES if body.find(der) + len(der) <= cut]
        assert error is not None and error.kind == "truncated"


@pytest.mark.parametrize(
    ("body", "kept", "kind"),
    [
        ("", [], "truncated"),
        ("0000", [], "truncated"),
        ("000004 000002 61", [], "truncated"),
        ("000003 000001", [], "truncated"),
        ("000007 000001 61 000009", [b"a"], "truncated"),
        ("000002 0000", [], "truncated"),
        ("000004 000001 61 00", [b"a"], "trailing_data"),
        ("000009 000001 61", [b"a"], "truncated"),
    ],
)
def test_a_length_that_leaves_its_block_is_said_and_costs_nothing_before_it(
    body: str, kept: list[bytes], kind: str
) -> None:
    certificates, error = parse_certificate_list(bytes.fromhex(body), False)
    assert certificates == kept
    assert error is not None and error.kind == kind


@given(st.binary(max_size=80), st.booleans())
def test_any_octets_are_survived(body: bytes, tls13: bool) -> None:
    certificates, _ = parse_certificate_list(body, tls13)
    assert sum(map(len, certificates)) <= len(body)
