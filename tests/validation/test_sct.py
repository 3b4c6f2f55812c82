"""Signed certificate timestamps: made lists, each answer once."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from made_chains import LEAF, MIDDLE, NOON, NOON_NS, YEARS, key_of, make_validator, named

from tlsinspect.certificates import parse_certificate
from tlsinspect.certificates.der import iter_elements, parse_element
from tlsinspect.errors import TrustError
from tlsinspect.tables import arrow_schema
from tlsinspect.validation import Log, known_logs, load_logs
from tlsinspect.validation.ocsp import parse_response
from tlsinspect.validation.sct import SCT_LIST, Timestamp, build_scts, parse_timestamp, signed_octets
from tlsinspect.wire.limits import Limits

KEY = key_of("log").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
LOG_ID = sha256(KEY).digest()
LOGS = {LOG_ID: Log("Log 2025", "Operator", KEY)}
MS = NOON_NS // 10**6
NOBODY = pa.Table.from_pylist([], arrow_schema("connections"))


def builder() -> x509.CertificateBuilder:
    """A certificate without timestamps; the serial number is fixed, so that it is the same each time."""
    made = x509.CertificateBuilder(named("Middle"), named("www.example"), key_of("www.example").public_key(), 7, *YEARS)
    return made.add_extension(x509.SubjectAlternativeName([x509.DNSName("www.example")]), False)


def entry() -> bytes:
    """What a log signs of it, from the certificate as it was before the timestamps were there."""
    issuer = key_of("Middle").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = builder().sign(key_of("Middle"), hashes.SHA256()).tbs_certificate_bytes
    return b"\x00\x01" + sha256(issuer).digest() + len(body).to_bytes(3, "big") + body


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
    return build_scts(NOBODY, [parse_certificate(der).sha256], {}, validator, logs).to_pylist()


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


def serialize_sent(der: bytes) -> bytes:
    """A timestamp that the log signed for a certificate as it was issued."""
    entry = b"\x00\x00" + len(der).to_bytes(3, "big") + der
    unsigned = Timestamp(LOG_ID, MS, b"", (4, 3), b"")
    signature = key_of("log").sign(signed_octets(unsigned, entry), ec.ECDSA(hashes.SHA256()))
    return b"\0" + LOG_ID + MS.to_bytes(8, "big") + b"\0\0\x04\x03" + len(signature).to_bytes(2, "big") + signature


def stapled(data: bytes) -> bytes:
    """A good OCSP response about LEAF with these octets as its list of timestamps."""
    issuer = x509.load_der_x509_certificate(MIDDLE)
    made = ocsp.OCSPResponseBuilder().add_response(
        x509.load_der_x509_certificate(LEAF), issuer, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, NOON, None, None, None
    )
    whole = made.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer).sign(key_of("Middle"), hashes.SHA256())
    found = parse_response(whole.public_bytes(Encoding.DER), 1)
    responder, time, listed_ = iter_elements(parse_element(found.signed, 0, len(found.signed)))
    single = next(iter_elements(listed_))
    value = wrap(4, wrap(4, data))
    extension = wrap(0x30, bytes.fromhex("060a2b06010401d679020405"), value)
    longer = wrap(0x30, single.contents, wrap(0xA1, wrap(0x30, extension)))
    signed = wrap(0x30, responder.encoding, time.encoding, wrap(0x30, longer))
    signature = key_of("Middle").sign(signed, ec.ECDSA(hashes.SHA256()))
    basic = wrap(0x30, signed, found.algorithm, wrap(3, b"\0", signature))
    kind = bytes.fromhex("06092b0601050507300101")
    return wrap(0x30, b"\x0a\x01\x00", wrap(0xA0, wrap(0x30, kind, wrap(4, basic))))


def wrap(tag: int, *parts: bytes) -> bytes:
    """DER with a length of three octets."""
    contents = b"".join(parts)
    return bytes([tag]) + b"\x83" + len(contents).to_bytes(3, "big") + contents


def test_timestamps_come_in_the_extension_and_in_responses_too() -> None:
    sent, wrong = listed([serialize_sent(LEAF)]), listed([serialize()])
    responses = {"response": stapled(sent), "broken": stapled(sent[:-1])}
    leaf, middle = (parse_certificate(der).sha256 for der in (LEAF, MIDDLE))
    rows = [
        {"certificate_sha256s": [leaf, middle], "sct_list_sha256": "sent", "ocsp_sha256s": ["response", "broken"]},
        {"certificate_sha256s": [leaf, middle], "sct_list_sha256": "wrong", "ocsp_sha256s": ["response"]},
        {"certificate_sha256s": None, "sct_list_sha256": None, "ocsp_sha256s": None},
    ]
    connections = pa.Table.from_pylist(rows, arrow_schema("connections"))
    staples = {"sent": sent, "wrong": wrong, **responses}
    found = build_scts(connections, [leaf, middle], staples, make_validator([LEAF, MIDDLE]), LOGS).to_pylist()
    assert {row["certificate_sha256"] for row in found} == {leaf}
    assert [(row["source"], row["valid"], row["reason"]) for row in found] == [
        ("tls_extension", True, None),
        ("tls_extension", False, "bad_signature"),
        ("ocsp", True, None),
        ("ocsp", False, "malformed"),
    ]


@pytest.mark.parametrize(
    ("times", "at", "objection"),
    [
        ([NOON - timedelta(seconds=299)], None, None),
        ([NOON - timedelta(seconds=301)], None, "future"),
        ([NOON - timedelta(days=9), NOON], None, None),
        ([datetime(1970, 1, 1, tzinfo=UTC)], None, None),  # packets without times
        ([None], None, None),
        ([NOON], NOON - timedelta(days=1), "future"),
        ([NOON - timedelta(days=1)], NOON, None),
    ],
)
def test_a_timestamp_later_than_all_connections_does_not_count(
    times: list[datetime | None], at: datetime | None, objection: str | None
) -> None:
    der = certificate(listed([serialize(), serialize(log_id=bytes(32))]))
    name = parse_certificate(der).sha256
    for column in ("certificate_sha256s", "client_certificate_sha256s"):
        rows = [{"time_start": time, column: [name]} for time in times] + [{"time_start": NOON}]
        connections = pa.Table.from_pylist(rows, arrow_schema("connections"))
        found = build_scts(connections, [name], {}, make_validator([der, MIDDLE]), LOGS, at).to_pylist()
        assert [row["valid"] for row in found] == [True, None]
        assert [row["log_objection"] for row in found] == [objection] * 2


@pytest.mark.parametrize(
    ("state", "since", "objection"),
    [
        ("retired", MS, "retired"),
        ("retired", MS + 1, None),
        ("rejected", MS - 1, "rejected"),
        ("usable", MS, None),
        ("usable", MS + 1, None),
        ("readonly", MS - 1, None),
        ("pending", MS, "pending"),
        ("admissible", MS + 1, None),
    ],
)
def test_a_log_that_was_not_accepted_at_that_time_is_told(state: str, since: int, objection: str | None) -> None:
    log = Log("Log 2025", "Operator", KEY, state, since * 10**6)
    row = rows_of(listed([serialize()]), {LOG_ID: log})[0]
    assert (row["valid"], row["log_state"], row["log_objection"]) == (True, state, objection)


def test_a_log_takes_certificates_that_end_in_its_interval() -> None:
    end = int(YEARS[1].timestamp()) * 10**9
    for start, stop, objection in ((end, end + 1, None), (end + 1, end + 2, "interval"), (0, end, "interval")):
        log = Log("Log 2025", "Operator", KEY, "usable", 0, start, stop)
        assert rows_of(listed([serialize()]), {LOG_ID: log})[0]["log_objection"] == objection


def test_the_list_that_comes_along_has_logs_of_all_years_with_their_operators() -> None:
    logs = known_logs()
    assert len(logs) > 100
    operators = {log.operator for log in logs.values()}
    assert {"Google", "Cloudflare", "DigiCert", "Sectigo", "Let's Encrypt", "Geomys"} <= operators
    pilot = logs[bytes.fromhex("a4b90990b418581487bb13a2cc67700a3c359804f91bdfb8e377cd0ec80ddc10")]
    assert (pilot.name, pilot.state) == ("Google Pilot", "rejected")


def test_logs_of_this_year_come_with_the_interval_that_they_take() -> None:
    logs = {log.name: log for log in known_logs().values()}
    oak, argon = logs["Lets Encrypt Oak2026h2"], logs["Google Argon2026h2"]
    start, end = (int(datetime(*day, tzinfo=UTC).timestamp()) * 10**9 for day in ((2026, 7, 1), (2027, 1, 1)))
    assert (argon.start, argon.end) == (start, end)
    made = start - 10**9
    assert [argon.object_to(made, when) for when in (start - 1, start, end - 1, end)] == [
        "interval",
        None,
        None,
        "interval",
    ]
    assert oak.since is not None
    assert [oak.object_to(when, start) for when in (oak.since - 1, oak.since)] == [None, "retired"]
