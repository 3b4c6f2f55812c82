"""What counts as what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.synthetic import make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect.statistics import build_shares
from tlsinspect.statistics.categories import issuer_label


def category(name: str, **values: Any) -> str:
    """The category of a connection that differs from the usual in `values`."""
    shares = build_shares(name, make_frames(connections=[make_connection(1, **values)]), "connections")
    assert shares.denominator == 1
    return str(shares.table["category"].iloc[0])


@pytest.mark.parametrize(
    ("offered", "legacy", "best"),
    [
        ([0x0304, 0x0303], 0x0303, "TLS 1.3"),
        ([0x7F1C, 0x0304], 0x0303, "TLS 1.3"),
        ([0x7F1C, 0x0303], 0x0303, "TLS 1.3 (draft 28)"),
        ([0xFAFA, 0x0303, 0x0302], 0x0303, "TLS 1.2"),
        ([0xFAFA], 0x0303, "TLS 1.2"),
        ([0xFB1A, 0x0303], 0x0303, "TLS 1.3 (Facebook draft 26)"),
        ([0xFEFC, 0xFEFD], 0xFEFD, "DTLS 1.3"),
        ([0xFEFF, 0xFEFD], 0xFEFD, "DTLS 1.2"),
        ([], 0x0302, "TLS 1.1"),
        (None, 0x0300, "SSL 3.0"),
    ],
)
def test_best_version_offered_ignores_grease_and_prefers_the_standard(
    offered: list[int] | None, legacy: int, best: str
) -> None:
    assert category("versions_offered", supported_versions=offered, client_legacy_version=legacy) == best


@pytest.mark.parametrize(
    ("offered", "version", "limit"),
    [
        ([0x0304], 0x0304, "TLS 1.3 agreed"),
        ([0x7F1C], 0x7F1C, "TLS 1.3 agreed"),
        ([0xFB1A], 0xFB1A, "TLS 1.3 agreed"),
        ([0xFEFC, 0xFEFD], 0xFEFC, "TLS 1.3 agreed"),
        ([0xFEFC, 0xFEFD], 0xFEFD, "server chose less"),
        ([0xFEFD, 0xFEFF], 0xFEFD, "client offered less"),
        ([0x0304, 0x0303], 0x0303, "server chose less"),
        (None, 0x0303, "client offered less"),
    ],
)
def test_version_limit_says_who_kept_a_connection_below_tls_1_3(
    offered: list[int] | None, version: int, limit: str
) -> None:
    assert category("version_limit", supported_versions=offered, version=version) == limit


@pytest.mark.parametrize(
    ("suite", "wanted"),
    [
        ("TLS_AES_256_GCM_SHA384", "AES-GCM"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305"),
        ("TLS_RSA_WITH_AES_128_CCM_8", "other AEAD"),
        ("TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256", "other AEAD"),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "CBC"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "64-bit blocks (3DES, IDEA)"),
        ("SSL_CK_RC2_128_CBC_WITH_MD5", "64-bit blocks (3DES, IDEA)"),
        ("SSL_FORTEZZA_KEA_WITH_FORTEZZA_CBC_SHA", "64-bit blocks (3DES, IDEA)"),
        ("TLS_RSA_WITH_DES_CBC_SHA", "DES or export grade"),
        ("TLS_RSA_WITH_RC4_128_MD5", "RC4"),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", "DES or export grade"),
        ("TLS_RSA_WITH_NULL_SHA", "no encryption"),
        ("TLS_SHA256_SHA256", "no encryption"),
        ("TLS_GOSTR341112_256_WITH_28147_CNT_IMIT", "other stream cipher"),
    ],
)
def test_cipher_class_follows_from_the_suite(suite: str, wanted: str) -> None:
    assert category("cipher_classes", cipher_suite_name=suite) == wanted


def test_a_suite_without_a_name_has_no_class() -> None:
    shares = build_shares("cipher_classes", make_frames(connections=[make_connection(1, cipher_suite_name="0x1A2B")]))
    assert (shares.denominator, shares.unknown) == (0, 1)


@pytest.mark.parametrize(
    ("forward", "quantum", "wanted"),
    [
        (True, False, "forward secret, classical"),
        (True, True, "forward secret, post-quantum"),
        (False, False, "not forward secret"),
    ],
)
def test_secrecy_has_three_degrees(forward: bool, quantum: bool, wanted: str) -> None:
    assert category("secrecy", forward_secrecy=forward, post_quantum=quantum) == wanted


def test_secrecy_is_unknown_where_nobody_knows_whether_it_is_post_quantum() -> None:
    rows = [make_connection(1, forward_secrecy=True, post_quantum=None)]
    shares = build_shares("secrecy", make_frames(connections=rows))
    assert (shares.denominator, shares.unknown) == (0, 1)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"server_name": None}, True),  # none was asked for
        ({"server_name": None, "client_hello_packet": None}, False),
        ({"server_name": None, "psk_offered": None, "truncated": True}, False),
        ({"psk_offered": None, "truncated": True}, True),  # cut behind the name
    ],
)
def test_what_speaks_against_a_certificate_counts_where_its_name_could(values: dict[str, Any], told: bool) -> None:
    rows = [make_connection(1, validation="expired", **values)]
    shares = build_shares("validation", make_frames(connections=rows), "connections")
    assert (shares.denominator, shares.unknown) == (int(told), int(not told))


@pytest.mark.parametrize(
    ("resumed", "means", "wanted"),
    [
        (False, None, "full handshake"),
        (True, "psk", "resumed by PSK"),
        (True, "ticket", "resumed by ticket"),
        (True, None, "resumed"),
    ],
)
def test_resumption_names_its_means(resumed: bool, means: str | None, wanted: str) -> None:
    assert category("resumption", resumed=resumed, resumption=means) == wanted


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, "established"),
        ({"established": False, "failure": "reset"}, "connection reset"),
        ({"established": False, "failure": "alert"}, "encrypted alert"),
        (
            {
                "established": False,
                "failure": "alert",
                "last_alert_name": "unknown_ca",
                "last_alert_sender": "client",
            },
            "alert unknown_ca from client",
        ),
        ({"established": True, "last_alert_name": "close_notify", "last_alert_sender": "client"}, "established"),
    ],
)
def test_outcome_names_what_stopped_a_handshake(values: dict[str, Any], wanted: str) -> None:
    assert category("outcomes", **values) == wanted


def test_a_change_of_cipher_is_no_step_of_dtls_1_3() -> None:
    values = {"protocol": "dtls", "version": 0xFEFC, "handshake_history": "CsI"}
    assert category("failure_steps", **make_failed_connection(1, **values)) == "ServerHello"


def test_outcome_of_a_handshake_that_the_capture_cuts_off_is_unknown_not_failed() -> None:
    cut = make_connection(1, established=False, failure="capture_end", handshake_history="Cs")
    failed = make_failed_connection(2, handshake_history="C")
    frames = make_frames(connections=[make_connection(0), cut, failed])
    shares = build_shares("outcomes", frames)
    assert (shares.denominator, shares.unknown_reasons) == (2, {"capture_end": 1})
    assert build_shares("failure_steps", frames).table["category"].tolist() == ["ClientHello"]


def test_alerts_count_only_connections_that_had_one() -> None:
    shares = build_shares("alerts", make_frames(connections=[make_connection(1), make_failed_connection(2)]))
    assert (shares.table["category"].tolist(), shares.denominator, shares.unknown) == (["protocol_version"], 1, 0)


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"key_type": "RSA", "key_bits": 2048}, "RSA 2048"),
        ({"key_type": "EC", "key_bits": 256, "curve": "secp256r1"}, "EC secp256r1"),
        ({"key_type": "Ed25519", "key_bits": 256}, "Ed25519"),
    ],
)
def test_key_types_name_size_or_curve(facts: dict[str, Any], key: str) -> None:
    frames = make_frames(
        connections=[make_connection(1, certificate_sha256s=["aa", "bb"])],
        certificates=[{"sha256": "aa", **facts}, {"sha256": "bb", "key_type": "DSA"}],
    )
    assert build_shares("key_types", frames).table["category"].tolist() == [key]


def test_certificates_count_once_however_often_they_were_sent() -> None:
    rows = [make_connection(at, certificate_sha256s=["aa" if at else "bb"]) for at in range(4)]
    kinds = [{"sha256": "aa", "key_type": "Ed25519"}, {"sha256": "bb", "key_type": "Ed448"}]
    frames = make_frames(connections=rows, certificates=kinds)
    assert build_shares("key_types", frames).table["count"].tolist() == [1, 1]
    assert build_shares("key_types", frames, "connections").table["count"].tolist() == [3, 1]


def test_encrypted_certificates_are_unknown_and_say_so() -> None:
    row = make_connection(1, unknown_reasons=[("certificate_sha256s", "encrypted")])
    assert build_shares("key_types", make_frames(connections=[row]), "connections").unknown_reasons == {"encrypted": 1}


def test_authorities_name_self_signed_certificates_apart() -> None:
    frames = make_frames(
        connections=[make_old_connection(at, certificate_sha256s=[sha256]) for at, sha256 in enumerate(["aa", "bb"])],
        certificates=[
            {"sha256": "aa", "issuer": "CN=R11,O=Let's Encrypt,C=US", "self_signed": False},
            {"sha256": "bb", "issuer": "CN=router", "self_signed": True},
        ],
    )
    assert build_shares("authorities", frames).table["category"].tolist() == ["Let's Encrypt", "self-signed"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("CN=R11,O=Let's Encrypt,C=US", "Let's Encrypt"),
        ("CN=Root,OU=O=no,C=US", "Root"),
        (r"CN=x,O=Example\, Inc.", "Example, Inc."),
        ("OU=unit+O=Both,CN=x", "Both"),
        ("C=US", "C=US"),
        ("", "an empty name"),
        (r"O=line\0Abreak", r"line\0Abreak"),
    ],
)
def test_issuer_label_reads_rfc_4514_text(name: str, label: str) -> None:
    assert issuer_label(name) == label
