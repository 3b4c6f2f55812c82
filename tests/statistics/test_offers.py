"""What clients offer: several categories of one connection, each counted once."""

from __future__ import annotations

import pytest

from tests.synthetic import make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect.statistics import build_shares, build_timeline
from tlsinspect.statistics.offers import NO_WEAK_KIND, kinds_of, weak_kinds

X25519, P256, MLKEM = 0x001D, 0x0017, 0x11EC
AES, RC4, ANON_RC4, EXPORT_RC4, NULL, DES, TRIPLE_DES = 0xC02F, 0x0005, 0x0018, 0x0003, 0x0002, 0x0009, 0x000A


def counts(name: str, unit: str = "", top: int = 0, **rows: list[dict[str, object]]) -> dict[str, int]:
    """Category -> count."""
    table = build_shares(name, make_frames(**rows), unit, top).table
    return dict(zip(table["category"], table["count"], strict=True))


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        (0x1301, []),
        (AES, []),
        (RC4, ["RC4"]),
        (ANON_RC4, ["no authentication (anon)", "RC4"]),
        (EXPORT_RC4, ["export grade", "RC4"]),
        (NULL, ["no encryption (NULL)"]),
        (DES, ["single DES"]),
        (0x0008, ["export grade"]),
        (TRIPLE_DES, ["3DES"]),
        (0xC016, ["no authentication (anon)", "RC4"]),
        (0x00FF, []),
        (0x0A0A, []),
        (0xFEDC, []),
    ],
)
def test_a_suite_is_of_every_weak_kind_that_its_name_says(code: int, kinds: list[str]) -> None:
    assert [kind for kind in kinds_of(code) if (code, kind) != (0x0008, "single DES")] == kinds


def test_an_offer_without_a_weak_kind_says_so() -> None:
    assert weak_kinds((0x0A0A, 0x1301, AES, 0x00FF)) == [NO_WEAK_KIND]
    assert weak_kinds(()) == [NO_WEAK_KIND]


def test_a_connection_counts_once_in_each_kind_that_it_offers() -> None:
    rows = [
        make_connection(0, cipher_suites=[AES, RC4, ANON_RC4], client_ip="192.0.2.1", client_bytes=1, server_bytes=0),
        make_connection(1, cipher_suites=[RC4, RC4], client_ip="192.0.2.1", client_bytes=10, server_bytes=0),
        make_connection(2, cipher_suites=[AES], client_ip="192.0.2.2", client_bytes=100, server_bytes=0),
    ]
    assert counts("weak_offers", connections=rows) == {"RC4": 2, NO_WEAK_KIND: 1, "no authentication (anon)": 1}
    assert counts("weak_offers", "bytes", connections=rows)["RC4"] == 11
    assert counts("weak_offers", "clients", connections=rows)["RC4"] == 1
    assert build_shares("weak_offers", make_frames(connections=rows)).denominator == 3


def test_cipher_kinds_of_ssl_2_are_suites_like_others() -> None:
    rows = [make_connection(0, cipher_suites=[], sslv2_cipher_kinds=[0x060040, 0x020080])]
    assert counts("weak_offers", connections=rows) == {"single DES": 1, "RC4": 1, "export grade": 1}


def test_a_list_of_suites_that_was_cut_is_not_known_to_be_without_weak_ones() -> None:
    cut = {"truncated": True, "psk_offered": None, "unknown_reasons": [("psk_offered", "snaplen")]}
    rows = [
        make_connection(0, cipher_suites=[AES], client_extensions=[], **cut),
        make_connection(1, cipher_suites=[AES], client_extensions=[0], **cut),
        make_connection(2, cipher_suites=[AES], client_extensions=[], psk_offered=False),
    ]
    shares = build_shares("weak_offers", make_frames(connections=rows))
    assert (shares.denominator, shares.unknown_reasons) == (2, {"snaplen": 1})
    assert counts("weak_offers", connections=rows) == {"no weak kind": 2}


def test_an_offer_that_was_not_seen_is_unknown_and_none_at_all_does_not_apply() -> None:
    rows = [
        make_connection(0, supported_groups=[X25519]),
        make_connection(1, supported_groups=None, unknown_reasons=[("supported_groups", "gap")]),
        make_connection(2, supported_groups=None, unknown_reasons=[("supported_groups", "not_offered")]),
    ]
    shares = build_shares("groups_offered", make_frames(connections=rows))
    assert (shares.denominator, shares.unknown, shares.excluded) == (1, 1, 1)
    assert shares.unknown_reasons == {"gap": 1}


def test_an_empty_offer_is_known_and_has_no_category() -> None:
    shares = build_shares("extensions_offered", make_frames(connections=[make_connection(0, client_extensions=[])]))
    assert (shares.denominator, shares.unknown, len(shares.table)) == (1, 0, 0)


def test_grease_values_are_one_category() -> None:
    rows = [make_connection(0, supported_groups=[0x0A0A, 0x3A3A, X25519]), make_connection(1, supported_groups=[P256])]
    assert counts("groups_offered", connections=rows) == {"GREASE": 1, "secp256r1": 1, "x25519": 1}


def test_what_is_folded_counts_each_connection_once() -> None:
    rows = [make_connection(at, client_extensions=[0, 10, 11, 13, 16]) for at in range(4)]
    rows += [make_connection(9, client_extensions=[0])]
    assert counts("extensions_offered", top=1, connections=rows) == {"server_name": 5, "other (4 more)": 4}


def test_an_offer_can_be_followed_over_time() -> None:
    rows = [make_connection(0, cipher_suites=[AES, RC4]), make_connection(1, cipher_suites=[AES])]
    timeline = build_timeline("weak_offers", make_frames(connections=rows), category="RC4")
    assert timeline.table["count"].tolist() == [1, 0]
    assert timeline.table["denominator"].tolist() == [1, 1]


def test_signatures_offered_are_named() -> None:
    rows = [make_connection(0, signature_algorithms=[0x0403, 0x0804])]
    assert counts("signatures_offered", connections=rows) == {"ecdsa_secp256r1_sha256": 1, "rsa_pss_rsae_sha256": 1}


def test_signature_of_the_server_is_what_it_signed_with() -> None:
    rows = [
        make_old_connection(
            0, server_signature_algorithm=0x0804, server_signature_algorithm_name="rsa_pss_rsae_sha256"
        ),
        make_connection(1, unknown_reasons=[("server_signature_algorithm", "encrypted")]),
    ]
    shares = build_shares("handshake_signatures", make_frames(connections=rows))
    assert shares.table["category"].tolist() == ["rsa_pss_rsae_sha256"]
    assert shares.unknown_reasons == {"encrypted": 1}


def test_post_quantum_is_held_back_by_client_or_server() -> None:
    rows = [
        make_connection(0, supported_groups=[MLKEM, X25519], post_quantum=True),
        make_connection(1, supported_groups=[MLKEM, X25519], post_quantum=False),
        make_connection(2, supported_groups=[X25519], post_quantum=False),
        make_old_connection(3, supported_groups=None, post_quantum=False),
        make_connection(4, supported_groups=[MLKEM], post_quantum=None, unknown_reasons=[("post_quantum", "gap")]),
        make_connection(5, client_hello_packet=None, post_quantum=False),
        make_failed_connection(6, supported_groups=[MLKEM]),
    ]
    shares = build_shares("post_quantum_limit", make_frames(connections=rows))
    assert dict(zip(shares.table["category"], shares.table["count"], strict=True)) == {
        "post-quantum agreed": 1,
        "server chose classical": 1,
        "client offered none": 2,
    }
    assert (shares.unknown, shares.excluded) == (2, 1)


def test_aead_is_of_those_that_agreed_on_one() -> None:
    names = ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]
    names += ["TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_SM4_GCM_SM3"]
    rows = [make_connection(at, cipher_suite_name=name) for at, name in enumerate(names)]
    rows += [make_connection(9, cipher_suite_name=None, unknown_reasons=[("cipher_suite", "gap")])]
    shares = build_shares("aead", make_frames(connections=rows))
    assert dict(zip(shares.table["category"], shares.table["count"], strict=True)) == {
        "AES-128-GCM": 2,
        "ChaCha20-Poly1305": 1,
        "AES-256-CCM-8": 1,
        "SM4-GCM": 1,
    }
    assert (shares.denominator, shares.unknown) == (5, 1)


def test_version_pairs_are_best_offer_and_agreement() -> None:
    rows = [
        make_connection(0),
        make_connection(1, version_name="TLS 1.2", version=0x0303),
        make_old_connection(2),
        make_connection(3, version_name=None, version=None, unknown_reasons=[("version", "gap")]),
    ]
    shares = build_shares("version_pairs", make_frames(connections=rows))
    assert set(shares.table["category"]) == {"TLS 1.3 → TLS 1.3", "TLS 1.3 → TLS 1.2", "TLS 1.0 → TLS 1.0"}
    assert (shares.denominator, shares.unknown) == (3, 1)
