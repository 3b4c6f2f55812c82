"""What is stapled to a certificate: taken apart, not read."""

from __future__ import annotations

import pytest
import tls_vectors as tls

from tlsinspect.wire.certificate_status import parse_certificate_status, parse_entry_staples

SINGLE = b"\x01" + tls.vector24(b"response")
SEVERAL = b"\x02" + tls.vector24(tls.vector24(b"leaf") + tls.vector24(b"") + tls.vector24(b"issuer"))
LEAF = tls.extension(18, b"timestamps") + tls.extension(5, SINGLE)
ENTRIES = b"\x00" + tls.vector24(
    tls.vector24(b"leaf")
    + tls.vector16(LEAF)
    + tls.vector24(b"issuer")
    + tls.vector16(tls.extension(5, b"\x01" + tls.vector24(b"other")) + tls.extension(18, b"not the leaf's"))
)


def test_one_response_or_several_come_in_wire_order() -> None:
    assert parse_certificate_status(SINGLE) == ([b"response"], None, None)
    assert parse_certificate_status(SEVERAL) == ([b"leaf", b"issuer"], None, None)


@pytest.mark.parametrize("body", [SINGLE, SEVERAL])
def test_a_status_cut_anywhere_keeps_the_responses_before_the_cut(body: bytes) -> None:
    for cut in range(len(body)):
        responses, _, error = parse_certificate_status(body[:cut])
        assert responses in ([], [b"leaf"]) or cut == len(body) - len(b"issuer")
        assert error is not None and error.kind == "truncated"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\x07" + SINGLE[1:], "unsupported"),
        (SINGLE + b"\x00", "trailing_data"),
        (b"\x02\x00\x00\x04\x00\x00\x09abcd", "truncated"),
    ],
)
def test_a_status_that_is_wrong_says_how(body: bytes, kind: str) -> None:
    error = parse_certificate_status(body)[2]
    assert error is not None and error.kind == kind


def test_entries_of_tls13_have_responses_and_the_leaf_its_timestamps() -> None:
    assert parse_entry_staples(ENTRIES) == ([b"response", b"other"], b"timestamps", None)


def test_a_wrong_status_in_an_entry_is_told_and_cut_entries_are_left_to_the_list() -> None:
    wrong = b"\x00" + tls.vector24(tls.vector24(b"leaf") + tls.vector16(tls.extension(5, SINGLE + b"\x00")))
    error = parse_entry_staples(wrong)[2]
    assert error is not None and error.kind == "trailing_data"
    for cut in range(len(ENTRIES)):
        assert parse_entry_staples(ENTRIES[:cut])[2] is None
