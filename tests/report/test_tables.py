"""What the page says of single rows."""

from __future__ import annotations

from typing import Any

import pytest

from tlsinspect.report.tables import certificate_remarks

PLAIN: dict[str, Any] = dict.fromkeys(
    (
        "first_seen", "last_seen", "not_before", "not_after", "self_signed", "key_type", "key_bits",
        "signature_algorithm", "is_ca", "issue",
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("certificate", "remark"),
    [
        ({"key_type": "RSASSA-PSS", "key_bits": 1024}, "small key"),
        ({"key_type": "RSASSA-PSS", "key_bits": 2048}, ""),
        ({"signature_algorithm": "RSASSA-PSS-SHA1"}, "broken signature hash"),
        ({"signature_algorithm": "ecdsa-with-SHA1"}, "broken signature hash"),
        ({"signature_algorithm": "md5WithRSAEncryption"}, "broken signature hash"),
        ({"signature_algorithm": "RSASSA-PSS-SHA256"}, ""),
    ],
)
def test_small_keys_and_broken_hashes_stand_out_however_they_are_named(
    certificate: dict[str, Any], remark: str
) -> None:
    assert certificate_remarks(PLAIN | certificate) == remark
