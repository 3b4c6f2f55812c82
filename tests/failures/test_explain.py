"""Each failed handshake is explained by what the wire shows, with the packet that shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tls_vectors as tls
from samples import SAMPLES, inspect
from traffic import converse, write_pcap

import tlsinspect
from tlsinspect.failures import CAUSES, Failure, explain
from tlsinspect.failures.causes import ALERT_CAUSES, CERTIFICATE_ALERTS, VALIDATION_CAUSES
from tlsinspect.statistics.series import is_false, is_true
from tlsinspect.tables.failures import offered_versions
from tlsinspect.wire.messages import ClientHello

SILENT: dict[str, Any] = {
    "failure": "closed", "side": "client", "packet": 9, "alert": None, "level": 0, "history": "C", "protocol": "tls",
    "version": None, "versions": "TLS 1.3", "protocols": "h2", "server_name": "www.example", "validation": None,
    "issuer": None, "requested": False, "certificates": None, "retry": False, "answered": None, "sealed_alert": "",
    "quic_error": None, "hello_length": 300, "duration_ns": 5 * 10**9,
}  # fmt: skip
ALERT: dict[str, Any] = {"failure": "alert", "alert": 40, "level": 2, "side": "server"}
REFUSED = ALERT | {"side": "client", "history": "CsxknL", "alert": 42}
ASKED = ALERT | {"history": "CsxkrnXGIl", "requested": True, "certificates": 0}

CUT: dict[str, Any] = {"failure": "capture_end", "side": None, "packet": None}


@pytest.mark.parametrize(
    ("changes", "cause", "words"),
    [
        (ALERT | {"alert": 70}, "no_common_version", "every version that the client offered (TLS 1.3)"),
        (REFUSED | {"alert": 70, "version": "TLS 1.0"}, "no_common_version", "the server chose (TLS 1.0)"),
        (ALERT, "no_common_parameters", "nothing in the client's offer"),
        (REFUSED | {"alert": 40}, "choice_refused", "did not accept what the server chose"),
        (ASKED, "client_certificate_missing", "the client gave none"),
        (ASKED | {"alert": 42}, "client_certificate_missing", "the client gave none"),
        (ASKED | {"certificates": 2}, "client_certificate_refused", "refused the client's certificate"),
        (ASKED | {"certificates": 2, "alert": 45}, "client_certificate_refused", "refused the client's certificate"),
        (ALERT | {"alert": 116, "history": "Cs"}, "client_certificate_missing", "insists on a client certificate"),
        (REFUSED, "certificate_refused", "with the alert bad_certificate (packet 9)."),
        (REFUSED | {"validation": "expired"}, "certificate_expired", "it had expired"),
        (REFUSED | {"validation": "leaf_ok", "alert": 45}, "certificate_expired", "by its dates it was valid then"),
        (REFUSED | {"validation": "not_yet_valid"}, "certificate_not_yet_valid", "not yet valid"),
        (REFUSED | {"validation": "name_mismatch"}, "certificate_other_name", "it does not cover www.example"),
        (REFUSED | {"validation": "self_signed", "alert": 48}, "certificate_self_signed", "self-signed"),
        (REFUSED | {"validation": "expired", "alert": 48, "issuer": "CN=A"}, "unknown_authority", "issued by CN=A"),
        (REFUSED | {"validation": "expired", "alert": 44}, "certificate_revoked", "certificate_revoked"),
        (ALERT | {"alert": 112, "level": 1}, "name_not_recognised", "unrecognized_name as a warning"),
        (ALERT | {"alert": 120}, "no_application_protocol", "none of the offered protocols (h2)"),
        (ALERT | {"alert": 86}, "fallback_refused", "after the ClientHello"),
        (ALERT | {"alert": 201}, "other_alert", "0xC9"),
        (REFUSED | {"alert": 47, "history": "CjL", "retry": True}, "retry_not_followed", "refused the server's Hello"),
        (
            ALERT | {"side": "client", "alert": 50, "history": "CjCL", "retry": True},
            "message_refused",
            "ended the handshake after the HelloRetryRequest with the alert decode_error",
        ),
        (ALERT | {"history": "l"}, "no_common_parameters", "nothing in the client's offer"),
        (ALERT | {"history": "l", "midstream": True}, "other_alert", "before a ClientHello that could be read"),
        (ALERT | {"history": "CXGIl", "gap": True}, "other_alert", "after the client's key exchange with the alert"),
        (ASKED | {"alert": 50}, "client_certificate_missing", "the client gave none"),
        (ASKED | {"alert": 50, "certificates": 1}, "message_refused", "after the client's key exchange"),
        (ALERT | {"alert": 47, "psk": True}, "unknown_psk", "after a ClientHello that offers a pre-shared key, with"),
        (ALERT | {"alert": 47, "psk": True, "history": "CsI"}, "message_refused", "after the ClientHello"),
        (ALERT | {"alert": None, "history": "CsxknGIi"}, "encrypted_alert", "that is encrypted"),
        (ALERT | {"alert": 0, "history": "Cl"}, "ended_after_hello", "took its leave with close_notify (packet 9)"),
        ({"history": "Cj", "retry": True}, "retry_not_followed", "which did not come"),
        ({"history": "CjC", "retry": True}, "no_answer", "got no answer"),
        ({"answered": "http"}, "not_tls", "with HTTP, not TLS; the client closed"),
        ({"answered": "unknown"}, "not_tls", "with what is no TLS"),
        (
            {"answered": "http", "failure": "alert", "alert": 10, "level": 2, "history": "CL"},
            "not_tls",
            "with HTTP, not TLS; the client ended the handshake with the alert unexpected_message (packet 9).",
        ),
        ({"answered": "smtp", "failure": "alert", "alert": 70, "history": "CL"}, "not_tls", "with SMTP, not TLS"),
        (ALERT | {"answered": "smtp"}, "no_common_parameters", "nothing in the client's offer"),
        ({}, "no_answer", "The client closed the connection (packet 9) 5.0 s after its first packet"),
        ({"side": "server", "failure": "reset"}, "ended_after_hello", "The server reset the connection (packet 9)"),
        ({"hello_length": 1800}, "large_hello_unanswered", "whose 1,800 octets do not fit one packet, got no answer"),
        ({"hello_length": 1300, "protocol": "quic"}, "large_hello_unanswered", "1,300 octets"),
        ({"hello_length": 1300}, "no_answer", "got no answer"),
        ({"protocol": "quic", "quic_error": 10, "side": "server"}, "quic_error", "QUIC's error 0xa (packet 9)"),
        (
            {"history": "Cs", "sealed_alert": "client"},
            "encrypted_alert",
            "too short for a Finished, as an alert is, and the client",
        ),
        ({"history": "CsiI", "sealed_alert": "server"}, "encrypted_alert", "the message due there; the client closed"),
        ({"history": "Csxkn"}, "client_left_after_flight", "after the server's messages, without an alert"),
        ({"history": "CsxknGI", "side": "server"}, "server_left_after_keys", "after the client's messages"),
        ({"history": "CsxknG"}, "ended_early", "before the handshake was finished"),
        ({"history": "CsxknB"}, "ended_early", "before the handshake was finished"),
        ({"history": "CsxknI", "version": "TLS 1.2"}, "ended_early", "before the handshake was finished"),
        ({"history": "CsiI", "version": "TLS 1.3"}, "client_left_after_flight", "after the server's messages"),
        ({"history": ""}, "ended_early", "before a ClientHello that could be read"),
        (
            {"failure": "capture_end", "side": None, "packet": None},
            "capture_end",
            "after the ClientHello and before an",
        ),
        ({"failure": "capture_end", "history": "Cs"}, "capture_end", "whether the handshake was finished is unknown."),
        (CUT | {"history": "Cji"}, "capture_end", "after the HelloRetryRequest and before another ClientHello:"),
        (CUT | {"history": "Cv"}, "capture_end", "after the HelloVerifyRequest and before another ClientHello:"),
        (CUT | {"history": "CjC"}, "capture_end", "after the ClientHello and before an answer:"),
        (CUT | {"sent_on": "a Retry"}, "capture_end", "answered with a Retry, and before a ServerHello:"),
    ],
)
def test_an_ending_has_its_cause_and_its_words(changes: dict[str, Any], cause: str, words: str) -> None:
    explained = explain(Failure(**SILENT | changes))
    assert explained.cause == cause
    assert words in explained.sentence
    assert re.fullmatch(r"[A-Z][^\n]*\.", explained.sentence)


def test_every_cause_that_an_alert_or_a_certificate_has_is_declared() -> None:
    named = {*ALERT_CAUSES.values(), *CERTIFICATE_ALERTS.values(), *VALIDATION_CAUSES.values()}
    assert named <= set(CAUSES)
    assert all(cause.advice.endswith(".") and cause.reference and cause.title for cause in CAUSES.values())


def test_no_negative_seconds_are_told_of_where_the_clock_was_set_back() -> None:
    changes: dict[str, Any] = {"failure": "closed", "side": "client", "history": "C"}
    assert explain(Failure(**SILENT | changes)).sentence == (
        "The client closed the connection (packet 9) 5.0 s after its first packet: its ClientHello got no answer."
    )
    assert explain(Failure(**SILENT | changes | {"duration_ns": -(10**9)})).sentence == (
        "The client closed the connection (packet 9): its ClientHello got no answer."
    )


@pytest.mark.parametrize(
    ("sample", "cause", "packet"),
    [
        ("handshakes/alert-unknown-ca.pcap", "unknown_authority", 10),
        ("handshakes/alert-bad-certificate.pcap", "certificate_not_yet_valid", 10),
        ("handshakes/alert-certificate-expired.pcap", "certificate_expired", 10),
        ("handshakes/alert-unrecognized-name.pcap", "name_not_recognised", 6),
        ("handshakes/alert-no-application-protocol.pcap", "no_application_protocol", 6),
        ("handshakes/alert-handshake-failure.pcap", "no_common_parameters", 6),
        ("handshakes/alert-protocol-version.pcap", "no_common_version", 6),
        ("handshakes/client-certificate-self-signed.pcap", "client_certificate_refused", 11),
        ("handshakes/reset-after-hello.pcap", "ended_after_hello", 6),
        ("handshakes/silence-after-hello.pcap", "no_answer", 6),
        ("handshakes/tls-to-http.pcap", "not_tls", 10),
        ("handshakes/quic-alert.pcap", "no_application_protocol", 2),
    ],
)
def test_a_sample_says_why_it_failed_and_where(sample: str, cause: str, packet: int) -> None:
    (row,) = inspect(sample).connections.to_dict("records")
    assert (row["failure_cause"], row["failure_packet"]) == (cause, packet)
    assert f"(packet {packet})" in row["failure_reason"]
    assert row["failure_advice"] == CAUSES[cause].advice


def test_a_pre_shared_key_that_the_server_does_not_accept_is_the_cause(tmp_path: Path) -> None:
    hello = tls.client_hello(tls.extension(43, b"\x02\x03\x04") + tls.extension(41, bytes(47)))
    turns = (tls.handshake(tls.message(1, hello)), tls.alert(2, 47))
    (row,) = tlsinspect.read(write_pcap(tmp_path / "psk.pcap", converse(*turns))).connections.to_dict("records")
    assert (row["psk_offered"], row["failure_cause"]) == (True, "unknown_psk")


def test_a_failure_has_all_of_its_columns_and_everything_else_none() -> None:
    for sample in SAMPLES:
        rows = inspect(sample).connections
        failed = rows["failure"].notna()
        for column in ("failure_cause", "failure_reason", "failure_advice"):
            assert (rows[column].notna() == failed).all(), sample
        ended = is_false(rows["established"]) & ~is_true(rows["failure"] == "capture_end")
        assert (rows["failure_packet"].notna() == ended).all(), sample


def test_a_client_without_a_list_offers_its_version_and_those_before_but_tlcp_and_ssl_2_alone() -> None:
    hello = ClientHello()
    for version, told in ((0x0303, "TLS 1.2 and before"), (0x0101, "TLCP 1.1"), (0x0002, "SSL 2.0")):
        hello.legacy_version = version
        assert offered_versions(hello, cut=False) == told
    assert offered_versions(hello, cut=True) == ""
