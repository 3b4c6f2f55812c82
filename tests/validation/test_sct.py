"""Signed certificate timestamps: made lists, each answer once."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from made_chains import MIDDLE, NOON_NS, YEARS, key_of, make_validator, named

from tlsinspect.certificates import parse_certificate
from tlsinspect.errors import TrustError
from tlsinspect.validation import Log, load_logs
from tlsinspect.validation.sct import SCT_LIST, Timestamp, build_scts, parse_timestamp, signed_octets
from tlsinspect.wire.limits import Limits

KEY = key_of("log").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
LOG_ID = sha256(KEY).digest()
LOGS = {LOG_ID: Log("Log 2025", "Operator", KEY)}
MS = NOON_NS // 10**6


def builder() -> x509.CertificateBuilder:
    """A certificate without timestamps; the serial number is fixed, so that it is the same each time."""
    made = x509.CertificateBuilder(named("Middle"), named("www.example"), key_of("www.example").public_key(), 7, *YEARS)
    return made.add_extension(x509.SubjectAlternativeName([x509.DNSName("www.example")]), False)


def entry() -> bytes:
    """What a log signs of it, from the certificate as it was before the timestamps were there."""
    issuer = key_of("Middle").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = builder().sign(key_of("Middle"), hashes.SHA256()).tbs_certificate_bytes
    return sha256(issuer).digest() + len(body).to_bytes(3, "big") + body


def serialize(
    extensions: bytes = b"",
    log_id: bytes = LOG_ID,
    algorithm: tuple[int, int] = (4, 3),
    version: int = 0,
    time: int = MS,
) -> bytes:
    """A timestamp that the log signed; `time` is the one told, the signed one is NOON."""
    unsigned = Timestamp(log_id, MS, extensions, algorithm, b"")
    signature = key_of("log").sign(signed_octets(unsigned, entry()), ec.ECDSA(hashes.SHA256()))
    head = bytes([version]) + log_id + time.to_bytes(8, "big") + len(extensions).to_bytes(2, "big") + extensions
    return head + bytes(algorithm) + len(signature).to_bytes(2, "big") + signature


def listed(items: Sequence[bytes]) -> bytes:
    """A SignedCertificateTimestampList."""
    body = b"".join(len(item).to_bytes(2, "big") + item for item in items)
    return len(body).to_bytes(2, "big") + body


def certificate(data: bytes) -> bytes:
    """The certificate with these octets as its list of timestamps."""
    length = bytes([len(data)]) if len(data) < 128 else b"\x82" + len(data).to_bytes(2, "big")
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(SCT_LIST), b"\x04" + length + data)
    return builder().add_extension(extension, False).sign(key_of("Middle"), hashes.SHA256()).public_bytes(Encoding.DER)


def rows_of(
    data: bytes, logs: Mapping[bytes, Log] = LOGS, others: Sequence[bytes] = (MIDDLE,), limits: Limits | None = None
) -> list[dict[str, Any]]:
    """The rows of the certificate with this list."""
    der = certificate(data)
    validator = make_validator([der, *others], limits=limits or Limits())
    return build_scts([parse_certificate(der).sha256], validator, logs).to_pylist()


def test_a_timestamp_that_the_log_signed_is_valid() -> None:
    rows = rows_of(listed([serialize(), serialize(b"extension")]))
    assert [(row["valid"], row["reason"], row["position"]) for row in rows] == [(True, None, 0), (True, None, 1)]
    assert (rows[0]["log_id"], rows[0]["log_name"], rows[0]["log_operator"]) == (LOG_ID.hex(), "Log 2025", "Operator")
    assert rows[0]["signature_algorithm"] == "ecdsa_sha256"
    assert rows[0]["time"].timestamp() * 1000 == MS


@pytest.mark.parametrize(
    ("item", "valid", "reason"),
    [
        (serialize(time=MS + 1), False, "bad_signature"),
        (serialize(algorithm=(4, 1)), False, "bad_signature"),
        (serialize(algorithm=(2, 3)), None, "unsupported"),
        (serialize(log_id=bytes(32)), None, "unknown_log"),
        (serialize(version=1), None, "version"),
        (serialize()[:-1], False, "malformed"),
        (serialize() + b"\0", False, "malformed"),
    ],
)
def test_what_is_wrong_has_its_reason(item: bytes, valid: bool | None, reason: str) -> None:
    assert [(row["valid"], row["reason"]) for row in rows_of(listed([item]))] == [(valid, reason)]


def test_without_the_issuer_or_the_list_of_logs_nothing_is_known() -> None:
    data = listed([serialize()])
    assert [(row["valid"], row["reason"]) for row in rows_of(data, others=())] == [(None, "no_issuer")]
    assert [(row["valid"], row["reason"]) for row in rows_of(data, logs={})] == [(None, "unknown_log")]


def test_every_cut_of_a_list_ends_in_one_row_that_says_so() -> None:
    whole = listed([serialize(), serialize()])
    for size in range(0, len(whole), 7):
        assert [row["reason"] for row in rows_of(whole[:size])] == ["malformed"]
        lied = (size - 2).to_bytes(2, "big") + whole[2:size] if size > 2 else b""
        assert rows_of(lied)[-1]["reason"] in ("malformed", None)


def test_every_cut_of_a_timestamp_is_unreadable() -> None:
    whole = serialize(b"extension")
    assert all(parse_timestamp(whole[:size]) is None for size in range(len(whole)))


def test_a_long_list_ends_at_the_limit() -> None:
    rows = rows_of(listed([serialize()] * 9), limits=Limits(chain_signatures=4))
    assert [row["reason"] for row in rows] == [None, None, None, None, "limit"]


def test_a_list_of_logs_is_read_and_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "log_list.json"
    key = b64encode(KEY).decode()
    for kind in ("logs", "tiled_logs"):
        path.write_text(
            json.dumps({"operators": [{"name": "Operator", kind: [{"description": "Log 2025", "key": key}]}]})
        )
        assert load_logs(path) == LOGS
    for text in ("", "[]", '{"operators": []}', '{"operators": [{"logs": [{}]}]}', "[" * 100_000):
        path.write_text(text)
        with pytest.raises(TrustError):
            load_logs(path)
    with pytest.raises(TrustError):
        load_logs(tmp_path / "gone.json")
