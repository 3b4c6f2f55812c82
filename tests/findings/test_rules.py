"""Every rule fires on what it is about, and stays quiet on what comes near."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from signed_exchanges import RSA_SHA256, exchange, modulus

from tlsinspect.columns import COLUMNS, SEVERITIES
from tlsinspect.filters.vocabulary import WORDS
from tlsinspect.findings import CAPTURE_RULES, RULES, Facts, Rule, build_findings
from tlsinspect.findings.build import SUBJECTS
from tlsinspect.findings.clocks import LEAST
from tlsinspect.findings.facts import TOLD
from tlsinspect.findings.keys import SMALL_PRIMES, is_checked_prime, is_prime, is_safe, modulus_of
from tlsinspect.findings.known_primes import is_known, known_primes
from tlsinspect.findings.patterns import LEAST_REGULAR, find_beacons
from tlsinspect.pivots import build_pivot
from tlsinspect.registry import CIPHER_SUITES
from tlsinspect.registry.suites import suite_facts
from tlsinspect.tables import arrow_schema

DAY = 24 * 3600 * 10**9
SECOND = 10**9
NOW = 20_000 * DAY
RANDOM = "9d41c07e3fa2581be6137bc4d80f56a9723ce1905d4ab8f6077fd2319ec56a84"
SENTINEL = RANDOM[:48] + "444f574e47524401"
LEGACY: dict[str, Any] = {
    "version": 0x0303, "version_name": "TLS 1.2", "supported_versions": None, "cipher_suite": 0xC02F,
    "key_exchange": "ECDHE", "cipher": "AES_128", "cipher_mode": "GCM", "group": 29, "post_quantum": False,
    "server_extensions": [23, 0xFF01],
}  # fmt: skip
CLEAN: dict[str, Any] = {
    "connection_id": "clean", "capture": "made.pcap", "time_start": NOW, "client_ip": "192.0.2.1",
    "server_ip": "198.51.100.1", "server_port": 443, "protocol": "tls", "client_hello_packet": 1,
    "server_hello_packet": 2, "client_legacy_version": 0x0303, "supported_versions": [0x0304, 0x0303],
    "cipher_suites": [0x1301, 0xC02F], "compression_methods": [0], "client_extensions": [0, 10, 13, 43, 51],
    "server_name": "www.example", "supported_groups": [4588, 29], "key_share_groups": [4588, 29],
    "signature_algorithms": [0x0403, 0x0804], "renegotiation_info": True, "version": 0x0304,
    "version_name": "TLS 1.3", "cipher_suite": 0x1301, "compression_method": 0, "group": 4588,
    "key_exchange": "hybrid", "cipher": "AES_128", "cipher_mode": "GCM", "post_quantum": True,
    "server_extensions": [43, 51], "psk_selected": False, "server_random": RANDOM, "certificate_sha256s": ["ab"],
    "client_certificate_sha256s": ["ef"], "certificate_packet": 3, "validation": "leaf_ok", "name_matches": True,
    "ocsp_status": "absent", "status_request": True, "hello_retry_request": False, "early_data_offered": False,
    "fallback_scsv": False, "delegated_credential": False, "gap": False, "one_sided": False, "midstream": False,
    "truncated": False, "client_application_bytes": 1, "server_application_bytes": 1,
}  # fmt: skip
CERTIFICATE: dict[str, Any] = {
    "sha256": "ab", "version": 3, "san_dns": ["www.example"], "san_ip": [], "not_before": NOW - DAY,
    "not_after": NOW + 60 * DAY, "key_type": "RSA", "key_bits": 2048, "exponent": "65537", "is_ca": False,
    "signature_algorithm": "sha256WithRSAEncryption", "extended_key_usage": ["serverAuth"], "must_staple": False,
    "self_signed": False, "curve": None, "issue": None, "validity_days": 61.0,
}  # fmt: skip


REFUSED: dict[str, Any] = {"last_alert": 48, "last_alert_sender": "client"}
FULL: dict[str, Any] = LEGACY | {"server_session_id": "5e" * 32, "resumed": False, "resumption": None}
RESUMED: dict[str, Any] = FULL | {"resumed": True, "resumption": "session_id"}
OTHER_LEAF: dict[str, Any] = {"certificate_sha256s": ["cd"]}
CLIENT_SHARE: dict[str, Any] = {"client_key_share_id": "aa", "client_random": "00"}
PUBLIC: dict[str, Any] = {"anchor": "CN=Root", "publicly_trusted": True}
LONG_LIVED: dict[str, Any] = {"not_before": NOW - 300 * DAY}
ISSUED_2024: dict[str, Any] = {"not_before": 19_800 * DAY}
BOTH_USES: dict[str, Any] = {"extended_key_usage": ["serverAuth", "clientAuth"]}
RARE: dict[str, Any] = {"ja4": "rare", "server_name": None, "certificate": {"self_signed": True}}
OTHER_CLIENTS: list[dict[str, Any]] = [{"client_ip": f"1.1.1.{place}", "ja4": "usual"} for place in range(19)]
SAFE_PRIME, UNSAFE_PRIME, OTHER_PRIME = 2**128 - 15_449, 2**128 - 159, 2**127 - 1
COMPOSITE = SAFE_PRIME * UNSAFE_PRIME
PRIMORIAL = math.prod((2, *SMALL_PRIMES))
ROCA_MODULUS = ((2**37 + 29) * PRIMORIAL + pow(65537, 12345, PRIMORIAL)) * (
    (2**38 + 6) * PRIMORIAL + pow(65537, 6789, PRIMORIAL)
)


def tlv(tag: int, *parts: bytes) -> bytes:
    """DER: tag, length, contents."""
    contents = b"".join(parts)
    size = len(contents).to_bytes((len(contents).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag, *([len(contents)] if len(contents) < 128 else [0x80 | len(size), *size])]) + contents


def integer(number: int) -> bytes:
    """DER: an INTEGER."""
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def pem_with(modulus: int) -> str:
    """A certificate, as far as it is needed to find its RSA key."""
    key = tlv(0x30, tlv(0x30), tlv(3, b"\0", tlv(0x30, integer(modulus), integer(65537))))
    signed = tlv(0x30, integer(1), *[tlv(0x30)] * 4, key)
    text = b64encode(tlv(0x30, signed, tlv(0x30), tlv(3, b"\0"))).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"


EXCHANGE, FAULTY_EXCHANGE = (exchange(bytes.fromhex(RANDOM * 2), RSA_SHA256, fault).hex() for fault in (0, 1))
SIGNED: dict[str, Any] = LEGACY | {
    "authentication": "RSA", "client_random": RANDOM, "server_key_share_id": "made", "server_key_exchange": EXCHANGE,
    "certificate": {"pem": pem_with(modulus())},
}  # fmt: skip


def clocks(column: str, *offsets: int, step: int = 60) -> list[dict[str, Any]]:
    """Connections, `step` seconds one after the other, with these offsets in turn in the first octets of a random."""
    rows = []
    for place in range(4):
        start = NOW // SECOND + step * place
        told = (start + offsets[place % len(offsets)]).to_bytes(4, "big").hex()
        rows.append({"time_start": start * SECOND, column: told + f"{place:056x}"})
    return rows


def offer(code: int, near: int = 0xC030) -> tuple[dict[str, Any], dict[str, Any]]:
    """A suite that is offered and not taken, and a harmless one."""
    return {"cipher_suites": [0x1301, code]}, {"cipher_suites": [0x1301, near]}


def suite(code: int, near: int = 0xC030, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A suite that is taken, and a harmless one."""
    return LEGACY | {"cipher_suite": code} | more, LEGACY | {"cipher_suite": near}


def certified(fires: dict[str, Any], quiet: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts of the certificate, instead of the connection."""
    return {"certificate": fires}, {"certificate": quiet}


def stapled(fires: str, quiet: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A stapled response of one verdict, and of another."""
    return {"ocsp_status": "present", "stapled": fires}, {"ocsp_status": "present", "stapled": quiet}


def certified_twice(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Facts of the certificate, and of one that another connection shows."""
    return {"certificate": own, "second": other}


def judged(*faults: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Each of these faults of the chain, and one that another rule is about."""
    return {"judged": {"faults": ["expired", *faults]}}, {"judged": {"faults": ["expired"]}}


def above(fires: dict[str, Any], quiet: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts of an authority's certificate that the server sent behind its own."""
    fires, quiet = ({"certificate_sha256s": ["ab", "cd"], "second": {"is_ca": True} | each} for each in (fires, quiet))
    return fires, quiet


def client_judged(fires: str, quiet: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A fault of the client's chain, and another."""
    return {"client_judged": fires}, {"client_judged": quiet}


# rule -> what makes it fire, what comes near
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "VER-01": (LEGACY | {"version": 2}, LEGACY),
    "VER-02": ({"sslv2_cipher_kinds": [0x010080]}, {"sslv2_cipher_kinds": []}),
    "VER-03": (LEGACY | {"version": 0x0300}, LEGACY),
    "VER-03-OFFER": ({"supported_versions": [0x0304, 0x0300]}, LEGACY | {"version": 0x0300}),
    "VER-04": (LEGACY | {"version": 0x0301}, LEGACY),
    "VER-04-OFFER": ({"supported_versions": [0x0304, 0x0301]}, {"supported_versions": [0x0304, 0x0302]}),
    "VER-05": (LEGACY | {"version": 0x0302}, LEGACY),
    "VER-05-OFFER": ({"supported_versions": [0x0304, 0x0302]}, {"supported_versions": [0x0304, 0x0301]}),
    "VER-06": ({"version": 0x7F1C}, {"version": 0x0304}),
    "VER-06-OFFER": ({"supported_versions": [0x0304, 0x7F1C]}, {"version": 0x7F1C, "supported_versions": [0x0304]}),
    "VER-07": (LEGACY | {"client_legacy_version": 0x0301}, {"client_legacy_version": 0x0301}),
    "VER-08": (
        LEGACY | {"supported_versions": [0x0304], "server_random": SENTINEL},
        LEGACY | {"server_random": SENTINEL},
    ),
    "VER-09": ({"fallback_scsv": True}, {"fallback_scsv": None}),
    "VER-09-REFUSED": ({"last_alert": 86}, {"last_alert": 70}),
    "VER-10": (LEGACY | {"supported_versions": [0x0304, 0x0303]}, LEGACY),
    "VER-11": (LEGACY | {"version": 0xFEFF}, LEGACY | {"version": 0xFEFD}),
    "CIP-01": suite(0x003B), "CIP-01-OFFER": offer(0x003B),
    "CIP-02": suite(0x0034), "CIP-02-OFFER": offer(0x0034),
    "CIP-03": suite(0x0003), "CIP-03-OFFER": offer(0x0003, 0x0004),
    "CIP-04": suite(0x0009), "CIP-04-OFFER": offer(0x0009, 0x0008),
    "CIP-05": suite(0x0005), "CIP-05-OFFER": offer(0x0005, 0x0003),
    "CIP-06": suite(0x000A), "CIP-06-OFFER": offer(0x000A, 0x0009),
    "CIP-06-VOLUME": (
        {"cipher": "3DES_EDE", "server_application_bytes": (32 << 30) + 1},
        {"cipher": "3DES_EDE", "server_application_bytes": 32 << 30, "client_application_bytes": 32 << 30},
    ),
    "CIP-07": (LEGACY | {"cipher_mode": "CBC"}, LEGACY | {"cipher_mode": "CBC", "server_extensions": [22]}),
    "CIP-09": suite(0x002F), "CIP-09-OFFER": offer(0x002F),
    "CIP-10": suite(0xC004), "CIP-10-OFFER": offer(0xC004),
    "CIP-11": suite(0x00AA), "CIP-11-OFFER": offer(0x009E, 0x0034),
    "CIP-12": suite(0x0005, 0xC02F), "CIP-12-OFFER": offer(0x0005),
    "CIP-13": suite(0x0004), "CIP-13-OFFER": offer(0x0004, 0x0005),
    "CIP-13-SHA1": suite(0xC013),
    "CIP-18": suite(0x00A8, 0xCCAC), "CIP-18-OFFER": offer(0x00A8, 0x009C),
    "CIP-16": suite(0xC0A0), "CIP-16-OFFER": offer(0xC0A0, 0xC09C),
    "KEX-01": ({"dh_prime_bits": 1024}, {"dh_prime_bits": 1025}),
    "KEX-01-SHORT": ({"dh_prime_bits": 2047}, {"dh_prime_bits": 2048}),
    "KEX-04": ({"group": 19}, {"group": 21}),
    "KEX-04-OFFER": ({"supported_groups": [4588, 19]}, {"supported_groups": [4588, 19], "group": 19}),
    "KEX-04-EXPLICIT": ({"group": 0xFF01}, {"group": 23}),
    "KEX-04-EXPLICIT-OFFER": ({"supported_groups": [29, 0xFF02]}, {"supported_groups": [29], "group": 0xFF02}),
    "KEX-04-BINARY": ({"group": 9}, {"group": 5}),
    "KEX-06": ({"post_quantum": False}, {"post_quantum": False, "key_exchange": "PSK"}),
    "KEX-07": ({"group": 0x6399}, {"group": 4588}),
    "KEX-07-OFFER": ({"supported_groups": [0x6399]}, {"supported_groups": [0x6399], "group": 0x6399}),
    "KEX-08": ({"hello_retry_request": True}, {"hello_retry_request": None}),
    "KEX-09": ({"key_exchange": "PSK"}, LEGACY | {"key_exchange": "PSK"}),
    "KEX-10": ({"key_share_groups": [29]}, {"key_share_groups": [29], "early_data_offered": None}),
    "SIG-01": ({"server_signature_algorithm": 0x0201}, {"server_signature_algorithm": 0x0401}),
    "SIG-02": ({"signature_algorithms": [0x0201, 0x0203]}, {"signature_algorithms": [0x0201, 0x0401]}),
    "EXT-01": ({"compression_method": 1}, {"compression_methods": [1, 0]}),
    "EXT-01-OFFER": ({"compression_methods": [1, 0]}, {"compression_methods": [1, 0], "compression_method": 1}),
    "EXT-02": (LEGACY | {"server_extensions": [0xFF01]}, {"server_extensions": [43]}),
    "EXT-03": (
        LEGACY | {"server_extensions": [23]}, LEGACY | {"server_extensions": [23], "renegotiation_info": False},
    ),
    "EXT-03-OFFER": (LEGACY | {"renegotiation_info": False}, {"renegotiation_info": False}),
    "EXT-05": ({"server_extensions": [15]}, {"client_extensions": [15]}),
    "EXT-09": ({"server_extensions": [4]}, {"client_extensions": [4]}),
    "EXT-10": ({"early_data_offered": True}, {"early_data_offered": None}),
    "EXT-11": ({"ticket_lifetime_hint": 604801}, {"ticket_lifetime_hint": 604800}),
    "EXT-13": ({"server_name": None}, {"server_name": None, "client_hello_packet": None}),
    "EXT-13-ADDRESS": ({"server_name": "192.0.2.1"}, {"server_name": "1.2.3.example"}),
    "EXT-13-NAME": ({"server_name": "www.ex ample"}, {"server_name": "_dmarc.xn--4ca.example"}),
    "EXT-15-ESNI": ({"ech_type": "esni"}, {"ech_type": "outer"}),
    "EXT-15": ({"client_extensions": [13172]}, {"client_extensions": [16]}),
    "EXT-16": ({"ech_type": "outer"}, {"ech_type": "inner"}),
    "EXT-17": ({"twin": "another"}, {"twin": "clean"}),
    "EXT-17-CLIENT": (
        {"client_random": "01" * 32, "others": [{"client_random": "01" * 32}]},
        {"client_random": "01" * 32, "others": [{"client_random": "02" * 32}]},
    ),
    "EXT-17-PATTERN": (
        {"server_random": "5f5e100f" + "000102030405060708090a0b0c0d0e0f10111213" + "444f574e47524401"},
        {"server_random": "00" * 4 + "000102030405060708090a0b0c0d0e0f10111215" + "00" * 8},
    ),
    "EXT-17-PATTERN-CLIENT": (
        {"client_random": "5f5e100f" + "0001020304050607" * 2 + "07070707" + "9f" * 8},
        {"client_random": "00" * 4 + "000102030405060708" * 2 + "0807" + "00" * 8},
    ),
    "EXT-20": ({"delegated_credential": True}, {"delegated_credential": None}),
    "PRT-01": ({"protocol": "ssh"}, {"protocol": "ssh", "server_port": 22}),
    "PRT-02": ({"protocol": "http"}, {"protocol": "http", "server_port": 80}),
    "PRT-03": ({"starttls_status": "stripped"}, {"starttls_status": "used"}),
    "PRT-03-UNUSED": ({"starttls_status": "refused"}, {"starttls_status": "not_offered"}),
    "CRT-01": certified({"not_after": NOW - 1}, {"not_after": NOW}),
    "CRT-02": certified({"not_before": NOW + 1}, {"not_before": NOW}),
    "CRT-01-CHAIN": (
        {"judged": {"faults": ["untrusted_root", "expired"]}},
        {"judged": {"faults": ["expired"]}, "certificate": {"not_after": NOW - 1}},
    ),
    "CRT-02-CHAIN": (
        {"judged": {"faults": ["not_yet_valid"]}},
        {"judged": {"faults": ["not_yet_valid"]}, "certificate": {"not_before": NOW + 1}},
    ),
    "CRT-03-7": certified(LONG_LIVED | {"not_after": NOW + 6 * DAY}, LONG_LIVED | {"not_after": NOW - DAY}),
    "CRT-03-14": certified(LONG_LIVED | {"not_after": NOW + 7 * DAY}, LONG_LIVED | {"not_after": NOW + 6 * DAY}),
    "CRT-03-30": certified(LONG_LIVED | {"not_after": NOW + 29 * DAY}, LONG_LIVED | {"not_after": NOW + 30 * DAY}),
    "CRT-04": ({"name_matches": False}, {"name_matches": None}),
    "CRT-05": certified({"san_dns": []}, {"san_dns": [], "san_ip": ["192.0.2.1"]}),
    "CRT-06": certified({"self_signed": True}, {"self_signed": None}),
    "CRT-09": certified({"key_bits": 2047}, {"key_type": "EC", "key_bits": 256}),
    "CRT-10-MD5": certified(
        {"signature_algorithm": "md5WithRSAEncryption", "self_signed": None},
        {"signature_algorithm": "md5WithRSAEncryption", "self_signed": True},
    ),
    "CRT-10": certified(
        {"signature_algorithm": "ecdsa-with-SHA1"}, {"signature_algorithm": "ecdsa-with-SHA1", "self_signed": True}
    ),
    "CRT-09-CHAIN": above({"key_bits": 1024}, {"key_bits": 1024, "is_ca": False}),
    "CRT-10-CHAIN": above(
        {"signature_algorithm": "sha1WithRSAEncryption"},
        {"signature_algorithm": "sha1WithRSAEncryption", "self_signed": True},
    ),
    "CRT-11": certified({"exponent": "65536"}, {"exponent": "655370001"}),
    "CRT-19": certified({"is_ca": True}, {"is_ca": True, "self_signed": True}),
    "CRT-20": certified({"extended_key_usage": ["clientAuth"]}, {"extended_key_usage": []}),
    "CRT-20-USAGE": (
        LEGACY | {"certificate": {"key_usage": ["keyEncipherment"]}},
        LEGACY | {"certificate": {"key_usage": ["digitalSignature"]}},
    ),
    "CRT-22": certified({"curve": "explicit"}, {"curve": "secp256r1"}),
    "CRT-25": certified({"must_staple": True}, {"must_staple": None}),
    "CRT-27": certified({"version": 1}, {"version": None}),
    "CRT-31": (
        {"certificate": {"self_signed": True}, "client_certificate_sha256s": ["ab"]},
        {"certificate": {"self_signed": None}, "client_certificate_sha256s": ["ab"]},
    ),
    "CRT-31-DATES": client_judged("not_yet_valid", "untrusted_root"),
    "CRT-31-SAME": ({"client_certificate_sha256s": ["ab"]}, {"client_certificate_sha256s": ["cd"]}),
    "CRT-31-PATH": client_judged("bad_signature", "expired"),
    "CRT-31-CLEAR": (LEGACY, {}),
    "CRT-33": certified({"issue": "bad_value"}, {"issue": None}),
    "VER-12": (
        {"established": False, "other": {"time_start": NOW + 1, "supported_versions": [0x0303]}},
        {"established": True, "other": {"time_start": NOW + 1, "supported_versions": [0x0303]}},
    ),
    "EXT-04": ({"renegotiation": "client"}, {"renegotiation": "server"}),
    "EXT-06": ({"heartbleed": "success"}, {"heartbleed": "attempt"}),
    "EXT-06-LONGER": ({"heartbleed": "longer_answer"}, {"heartbleed": "attempt"}),
    "EXT-06-ATTEMPT": ({"heartbleed": "attempt"}, {"heartbleed": "longer_answer"}),
    "EXT-05-UNASKED": (
        LEGACY | {"handshake_history": "CsxknGIiB", "resumed": False},
        LEGACY | {"handshake_history": "CsxknGIiB", "resumed": False, "server_extensions": [15, 23, 0xFF01]},
    ),
    "EXT-07": (
        LEGACY | {"handshake_history": "CsxknIGIi", "resumed": False},
        LEGACY | {"handshake_history": "CsxknGIi", "resumed": False},
    ),
    "EXT-08": (
        {"session_ticket_offered": True, "session_id": "ab", "server_session_id": "ab" * 32},
        {"session_ticket_offered": True, "session_id": "ab", "server_session_id": "cd" * 32},
    ),
    "EXT-12": (
        {"ticket_key_name": "aa", "other": {"ticket_key_name": "aa", "time_start": NOW + 8 * DAY}},
        {"ticket_key_name": "aa", "other": {"ticket_key_name": "aa", "time_start": NOW + 6 * DAY}},
    ),
    "EXT-12-ZERO": ({"ticket_key_name": "00" * 16}, {"ticket_key_name": "00" * 15 + "01"}),
    "EXT-21": (RESUMED | {"other": FULL | {"server_name": "b.example"}}, RESUMED | {"other": FULL}),
    "EXT-14": ({"alpn": "h2", "alpn_offered": ["http/1.1"]}, {"alpn": "h2", "alpn_offered": ["http/1.1", "h2"]}),
    "EXT-14-UNCOMMON": (
        {"alpn_offered": ["h2", "x-tunnel"]},
        {"alpn_offered": ["h2", "http/1.1", "GREASE (0x3A3A)", "h3"]},
    ),
    "IR-03": (
        {"other": OTHER_LEAF | {"server_name": "WWW.example"}}, {"other": OTHER_LEAF | {"server_name": "b.example"}},
    ),
    "IR-07": (
        REFUSED | {"others": [REFUSED | {"server_ip": "1.1.1.1"}, REFUSED | {"server_ip": "1.1.1.2"}]},
        REFUSED | {"others": [REFUSED, REFUSED | {"server_ip": "1.1.1.2"}]},
    ),
    "IR-08": ({"failure_cause": "no_answer"}, {"failure_cause": "not_tls"}),
    "IR-09": ({"others": [{"ja4": str(place)} for place in range(10)]}, {"others": [{"ja4": "1"}] * 10}),
    "CAP-06": ({"time_end": NOW - 1}, {"time_end": NOW}),
    "KEX-02": ({"dh_prime": f"{COMPOSITE:x}"}, {"dh_prime": f"{SAFE_PRIME:x}"}),
    "KEX-02-UNSAFE": ({"dh_prime": f"{UNSAFE_PRIME:x}"}, {"dh_prime": f"{SAFE_PRIME:x}"}),
    "KEX-03": ({"dh_prime_bits": 2047}, {"dh_prime_bits": 2048}),
    "KEX-05": (
        {"server_key_share_id": "aa", "other": {"server_key_share_id": "aa", "server_random": "11" * 32}},
        {"server_key_share_id": "aa", "other": {"server_key_share_id": "aa"}},  # the same connection, recorded twice
    ),
    "KEX-05-CLIENT": (
        CLIENT_SHARE | {"other": CLIENT_SHARE | {"client_random": "11"}}, CLIENT_SHARE | {"other": CLIENT_SHARE},
    ),
    "SIG-03": (
        {"server_nonce_id": "aa", "other": {"server_nonce_id": "aa", "server_random": "11" * 32}},
        {"server_nonce_id": "aa", "other": {"server_nonce_id": "bb", "server_random": "11" * 32}},
    ),
    "CRT-09-HUGE": certified({"key_bits": 8193}, {"key_bits": 8192}),
    "CRT-11-HUGE": certified({"exponent": str(2**256 + 1)}, {"exponent": str(2**256 - 1)}),
    "CRT-12": certified({"pem": pem_with(ROCA_MODULUS)}, {"pem": pem_with(SAFE_PRIME * UNSAFE_PRIME)}),
    "CRT-14": (
        certified_twice({"pem": pem_with(SAFE_PRIME * UNSAFE_PRIME)}, {"pem": pem_with(SAFE_PRIME * OTHER_PRIME)}),
        certified_twice({"pem": pem_with(SAFE_PRIME * UNSAFE_PRIME)}, {"pem": pem_with(SAFE_PRIME * UNSAFE_PRIME)}),
    ),
    "CRT-15": (
        certified_twice({"spki_sha256": "aa", "subject": "CN=a"}, {"spki_sha256": "aa", "subject": "CN=b"}),
        certified_twice({"spki_sha256": "aa", "subject": "CN=a"}, {"spki_sha256": "aa", "subject": "CN=a"}),
    ),
    "CIP-08": (
        LEGACY | {"version": 0x0301, "cipher_mode": "CBC", "client_first_record_length": 400},
        LEGACY | {"version": 0x0301, "cipher_mode": "CBC", "client_first_record_length": 32},
    ),
    "CIP-14": (
        LEGACY | {"cipher_suite": 0x002F, "cipher_mode": "CBC", "other": LEGACY | {"forward_secrecy": True}},
        LEGACY
        | {"cipher_suite": 0x002F, "cipher_mode": "CBC", "cipher_suites": [0x002F]}
        | {"other": LEGACY | {"forward_secrecy": True}},
    ),
    "CRT-16": (
        certified_twice({"issuer": "CN=a", "serial": "01"}, {"issuer": "CN=a", "serial": "01"}),
        certified_twice({"issuer": "CN=a", "serial": "01"}, {"issuer": "CN=b", "serial": "01"}),
    ),
    "CRT-16-SERIAL": (
        {"certificate": ISSUED_2024 | {"issuer": "CN=a", "serial": "80000001"}, "judged": PUBLIC},
        {"certificate": ISSUED_2024 | {"issuer": "CN=a", "serial": "0180000001"}, "judged": PUBLIC},
    ),
    "CRT-18": certified({"not_after": NOW - 2 * DAY}, {"not_after": NOW}),
    "CRT-26": certified({"san_dns": ["a.example", "*.com"]}, {"san_dns": ["*.example.com"]}),
    "CRT-26-MANY": certified({"san_dns": ["a"] * 101}, {"san_dns": ["a"] * 100}),
    "CRT-07": judged("untrusted_root"),
    "CRT-07-SIGNATURE": judged("bad_signature"),
    "CRT-08": judged("incomplete_chain"),
    "CRT-08-ORDER": judged("wrong_order"),
    "CRT-08-ROOT": ({"judged": {"remarks": ["root_sent"]}}, {"judged": {"remarks": ["unneeded_sent"]}}),
    "CRT-19-PATH": judged("constraint_violated"),
    "CRT-23": (
        {"certificate": {"sct_count": 0}, "judged": PUBLIC},
        {"certificate": {"sct_count": 0}, "judged": {"anchor": "CN=Own root", "publicly_trusted": False}},
    ),
    "CRT-17": (
        {"certificate": ISSUED_2024 | {"validity_days": 398.1}, "judged": PUBLIC},
        {"certificate": ISSUED_2024 | {"validity_days": 398.0}, "judged": PUBLIC},
    ),
    "CRT-21": (
        {"certificate": BOTH_USES | {"not_before": 20_134 * DAY}, "judged": PUBLIC},
        {"certificate": BOTH_USES | {"not_before": 20_133 * DAY}, "judged": PUBLIC},
    ),
    "CRT-28": certified(
        {"issuer": "CN=L1K,O=Entrust\\, Inc.,C=US", "not_before": 20_058 * DAY},
        {"issuer": "CN=L1K,O=Entrust\\, Inc.,C=US", "not_before": 20_057 * DAY},
    ),
    "CRT-30": certified({"issuer": "C=US,O=Fortinet,CN=x"}, {"issuer": "CN=Not Fortinet,O=Not mitmproxy"}),
    "CRT-32": certified({"signature_algorithm": "ML-DSA-65"}, {"signature_algorithm": "Ed25519"}),
    "EXT-19": ({"server_extensions": [43, 51, 41]}, {"server_extensions": [43, 51, 44]}),
    "EXT-19-BROKEN": (
        {"problem": {"layer": "handshake", "kind": "bad_length", "connection_id": "clean"}},
        {"problem": {"layer": "handshake", "kind": "truncated", "connection_id": "clean"}},
    ),
    "IR-04": (
        {"others": [{"server_ip": f"1.1.1.{place}"} for place in range(9)]},
        {"others": [{"server_ip": f"1.1.1.{place}"} for place in range(8)]},
    ),
    "IR-04-SERVER": (
        {"others": [{"certificate_sha256s": [f"c{place}"]} for place in range(9)]},
        {"others": [{"certificate_sha256s": [f"c{place}"]} for place in range(8)]},
    ),
    "IR-05": (
        {"others": [{"time_start": NOW + place * 60 * SECOND} for place in range(1, 20)]},
        {"others": [{"time_start": NOW + place**3 * SECOND} for place in range(1, 20)]},
    ),
    "IR-06": (RARE | {"others": OTHER_CLIENTS}, RARE | {"others": OTHER_CLIENTS[1:]}),
    "IR-10": (
        {"established": True, "client_application_bytes": 10_000_000, "server_application_bytes": 1_000_000},
        {"established": True, "client_application_bytes": 10_000_000, "server_application_bytes": 1_000_001},
    ),
    "CRT-33-LIMIT": judged("limit"),
    "CRT-23-SIGNATURE": ({"scts": [{"valid": False}]}, {"scts": [{"valid": None}, {"valid": True}]}),
    "CRT-23-FEW": ({"judged": {"sct_faults": ["few_logs"]}}, {"judged": {"sct_faults": ["few_operators"]}}),
    "CRT-23-OPERATORS": ({"judged": {"sct_faults": ["operator_missing"]}}, {"judged": {"sct_faults": ["few_logs"]}}),
    "CRT-24": stapled("revoked", "unknown"),
    "CRT-24-EXPIRED": stapled("not_yet_valid", "good"),
    "CRT-24-SIGNATURE": stapled("unauthorized_responder", "unchecked"),
    "CRT-24-UNKNOWN": stapled("unknown", "unchecked"),
    "CRT-24-USELESS": stapled("unsuccessful", "limit"),
    "CRT-24-LIMIT": stapled("limit", "malformed"),
    "CAP-01": ({"gap": True}, {"gap": None}),
    "CAP-02": ({"one_sided": True}, {"one_sided": None}),
    "CAP-03": ({"midstream": True}, {"midstream": None}),
    "CAP-04": ({"truncated": True}, {"truncated": None}),
    "CAP-09": (SIGNED | {"server_key_exchange": EXCHANGE[:-2]}, SIGNED | {"server_key_exchange": EXCHANGE}),
    "SIG-04": (SIGNED | {"server_key_exchange": EXCHANGE, "server_random": SENTINEL}, SIGNED),
    "SIG-04-KEY": (SIGNED | {"server_key_exchange": FAULTY_EXCHANGE}, SIGNED | {"server_random": SENTINEL}),
    "EXT-18": ({"others": clocks("server_random", 3600)}, {"others": clocks("server_random", 300)}),
    "EXT-18-CLIENT": ({"others": clocks("client_random", -3600)}, {"others": clocks("client_random", -300)}),
    "PRT-04": ({"clear_credentials": "PASS"}, {"starttls_status": "used"}),
    "PRT-05": ({"starttls_injection": "client"}, {"starttls_status": "used"}),
    "CAP-07": certified({"pem": pem_with((1 << 16_384) + 1)}, {"pem": pem_with((1 << 16_383) + 1)}),
    "CAP-08": ({"dh_prime": "f" * 1025}, {"dh_prime": "f" * 1024}),
}  # fmt: skip


def test_evidence_names_the_operators_of_the_logs() -> None:
    judged = {"sct_faults": ["few_operators"], "sct_operators": ["Google"]}
    (row,) = build_findings(Facts(*tables_of({"judged": judged})), RULES).to_pylist()
    assert (row["id"], row["evidence"].split("; ")[-1]) == ("CRT-23-OPERATORS", "sct_operators Google (1)")


@pytest.mark.parametrize(
    ("rule_id", "certificate"),
    [
        ("CRT-09", {"key_type": "RSASSA-PSS", "key_bits": 1024}),
        ("CRT-12", {"key_type": "RSASSA-PSS", "pem": pem_with(ROCA_MODULUS)}),
        ("CRT-09-HUGE", {"key_type": "RSASSA-PSS", "key_bits": 9000}),
        ("CRT-10", {"signature_algorithm": "RSASSA-PSS-SHA1"}),
        ("CRT-10", {"signature_algorithm": "shaWithRSAEncryption"}),
        ("CRT-10", {"signature_algorithm": "dsa-with-SHA"}),
        ("CRT-10-MD5", {"signature_algorithm": "RSASSA-PSS-MD5"}),
    ],
)
def test_keys_and_signatures_of_pss_are_those_of_rsa(rule_id: str, certificate: dict[str, Any]) -> None:
    [rule] = [rule for rule in RULES if rule.id == rule_id]
    assert rule.find(Facts(*tables_of({"certificate": certificate}))).all()
    own = certificate | {"self_signed": True}
    assert rule_id.startswith("CRT-10") != rule.find(Facts(*tables_of({"certificate": own}))).all()
    sound = {"key_type": "RSASSA-PSS", "key_bits": 2048, "signature_algorithm": "RSASSA-PSS-SHA256"}
    assert not rule.find(Facts(*tables_of({"certificate": sound}))).any()


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (FULL | {"server_name": "WWW.example"}, False),
        (FULL | {"server_name": None}, False),
        (FULL | {"server_name": "b.example", "server_session_id": "5f" * 32}, False),
        (FULL | {"server_name": "b.example", "resumed": None}, False),
        (RESUMED | {"server_name": "b.example"}, True),  # the first handshake is not there
        ({"server_name": "b.example", "server_session_id": "5e" * 32, "resumed": False}, False),  # TLS 1.3 echoes
    ],
)
def test_a_session_is_held_to_its_name_by_its_id_and_the_names_that_are_known(
    other: dict[str, Any], found: bool
) -> None:
    [rule] = [rule for rule in RULES if rule.id == "EXT-21"]
    assert rule.find(Facts(*tables_of(RESUMED | {"other": other}))).any() == found
    assert not rule.find(Facts(*tables_of(RESUMED | {"resumption": "ticket", "other": other}))).any()


def test_a_session_that_two_names_share_is_told_where_it_is_not_its_own() -> None:
    [rule] = [rule for rule in RULES if rule.id == "EXT-21"]
    others = [RESUMED | {"server_name": "b.example"}, FULL]
    assert rule.find(Facts(*tables_of(RESUMED | {"others": others}))).tolist() == [False, True, False]


def test_a_clients_certificate_for_webrtc_names_nobody() -> None:
    [rule] = [rule for rule in RULES if rule.id == "CRT-31-CLEAR"]
    dtls = LEGACY | {"version": 0xFEFD, "protocol": "dtls", "client_certificate_sha256s": ["ab"]}
    for own, found in ((True, False), (False, True)):
        assert rule.find(Facts(*tables_of(dtls | {"certificate": {"self_signed": own}}))).any() == found
    assert not rule.find(Facts(*tables_of(LEGACY | {"client_certificate_sha256s": []}))).any()


def test_what_several_keys_protected_is_not_added_up() -> None:
    [rule] = [rule for rule in RULES if rule.id == "CIP-06-VOLUME"]
    row = {"cipher": "SKIPJACK", "server_application_bytes": 40 << 30}
    assert rule.find(Facts(*tables_of(row))).any()
    assert not rule.find(Facts(*tables_of(row | {"renegotiation_packet": 7}))).any()


@pytest.mark.parametrize(
    ("lived", "left", "found"),
    [
        (1, 5, []), (3, 3, []), (5, 2, ["CRT-03-7"]),  # of six and seven days
        (20, 27, []), (32, 15, ["CRT-03-30"]), (37, 10, ["CRT-03-14"]), (41, 6, ["CRT-03-7"]),  # of 47
        (60, 30, []), (61, 29, ["CRT-03-30"]),  # of 90
    ],
)  # fmt: skip
def test_a_certificate_ends_soon_where_less_than_a_third_of_its_life_is_left(
    lived: int, left: int, found: list[str]
) -> None:
    facts = Facts(*tables_of({"certificate": {"not_before": NOW - lived * DAY, "not_after": NOW + left * DAY}}))
    assert [rule.id for rule in RULES if rule.id.startswith("CRT-03") and rule.find(facts).any()] == found


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        ({}, {"serial": "5ac0ffee12345678a000ffff"}, True),
        ({}, {"serial": "5ac0ffee12345678a0010000"}, False),
        ({}, {"serial": "5ac0ffee12345678a0000000"}, False),  # which CRT-16 tells of
        ({}, {"serial": "5ac0ffee12345678a0000001", "issuer": "CN=b"}, False),
        ({}, {"serial": "5ac0ffee12345678a0000001", "not_before": 16_000 * DAY}, False),  # in 2013
        ({"serial": "01", "not_before": 16_000 * DAY}, {}, False),
        ({"serial": "00"}, {}, True),
        ({"serial": None}, {"serial": None}, False),
    ],
)  # fmt: skip
def test_serial_numbers_that_follow_each_other_can_be_guessed(
    own: dict[str, Any], other: dict[str, Any], found: bool
) -> None:
    [rule] = [rule for rule in RULES if rule.id == "CRT-16-SERIAL"]
    made = {"issuer": "CN=a", "serial": "5ac0ffee12345678a0000000"}
    row = {"certificate": made | own, "second": made | other, "other": OTHER_LEAF}
    assert rule.find(Facts(*tables_of(row | {"judged": PUBLIC}))).any() == found
    assert not rule.find(Facts(*tables_of(row))).any()


def test_a_self_signed_certificate_that_is_trusted_itself_is_no_finding() -> None:
    rules = {rule.id: rule for rule in RULES if rule.id in ("CRT-06", "CRT-31")}
    both: dict[str, Any] = {"certificate": {"self_signed": True}, "client_certificate_sha256s": ["ab"]}
    told = Facts(*tables_of(both | {"judged": {"anchor": "CN=www.example"}}))
    assert not rules["CRT-06"].find(told).any() and rules["CRT-31"].find(told).all()
    told = Facts(*tables_of(both | {"judged": {"anchor": None}, "client_anchor": "CN=www.example"}))
    assert rules["CRT-06"].find(told).all() and not rules["CRT-31"].find(told).any()
    told = Facts(*tables_of(both)[:2])
    assert rules["CRT-06"].find(told).all() and rules["CRT-31"].find(told).all()


@pytest.mark.parametrize(
    ("suite", "usage", "found"),
    [
        (0x009C, ["digitalSignature"], True),  # TLS_RSA_WITH_AES_128_GCM_SHA256
        (0x009C, ["digitalSignature", "keyEncipherment"], False),
        (0x00AC, ["digitalSignature"], True),  # TLS_RSA_PSK_WITH_AES_128_GCM_SHA256
        (0x009E, ["keyEncipherment"], True),  # TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
        (0x0003, ["digitalSignature"], False),  # TLS_RSA_EXPORT_WITH_RC4_40_MD5, which may have signed a short key
        (0xC02D, ["digitalSignature"], True),  # TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256
        (0xC02D, ["keyAgreement"], False),
        (0xC02F, [], False),  # no such extension
        (0xC02F, None, False),
        (0xC018, ["keyEncipherment"], False),  # TLS_ECDH_anon_WITH_AES_128_CBC_SHA
        (0xCCAC, ["keyEncipherment"], False),  # TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256
    ],
)
def test_the_key_usage_has_to_allow_the_key_exchange(suite: int, usage: list[str] | None, found: bool) -> None:
    [rule] = [rule for rule in RULES if rule.id == "CRT-20-USAGE"]
    row = LEGACY | {"cipher_suite": suite, "certificate": {"key_usage": usage}}
    assert rule.find(Facts(*tables_of(row))).any() == found
    assert not rule.find(Facts(*tables_of(row | {"version": 0x0304}))).any()


def test_a_certificate_without_a_first_day_ends_soon_too() -> None:
    facts = Facts(*tables_of({"certificate": {"not_before": None, "not_after": NOW + 6 * DAY}}))
    assert [rule.id for rule in RULES if rule.id.startswith("CRT-03") and rule.find(facts).any()] == ["CRT-03-7"]


def test_tlcp_is_no_older_version_of_tls() -> None:
    tlcp = LEGACY | {"version": 0x0101, "version_name": "TLCP 1.1", "client_legacy_version": 0x0101}
    facts = Facts(*tables_of(tlcp))
    assert not [rule.id for rule in RULES if rule.id.startswith("VER") and rule.find(facts).any()]
    fires, _ = CASES["VER-12"]
    [rule] = [rule for rule in RULES if rule.id == "VER-12"]
    assert not rule.find(Facts(*tables_of(fires | {"other": fires["other"] | tlcp}))).any()


@pytest.mark.parametrize("more", [{"resumed": True}, {"resumed": None}, {"renegotiation_packet": 9}])
def test_heartbeats_may_have_been_agreed_on_where_it_is_not_seen(more: dict[str, Any]) -> None:
    [rule] = [rule for rule in RULES if rule.id == "EXT-05-UNASKED"]
    assert not rule.find(Facts(*tables_of(CASES[rule.id][0] | more))).any()


def tables_of(changes: dict[str, Any], count: int = 1) -> tuple[pa.Table, pa.Table, Callable[[str], pa.Table]]:
    """Connections and certificates that are clean but for the changes, and what makes the other tables."""
    changes = dict(changes)
    judged = {"faults": [], "remarks": []} | changes.pop("judged", {})
    fault = changes.pop("client_judged", None)
    anchor = changes.pop("client_anchor", None)
    client = {"faults": [fault] if fault else [], "remarks": [], "anchor": anchor}
    certificate = CERTIFICATE | changes.pop("certificate", {})
    second = changes.pop("second", None)
    sent = [{"certificate_sha256": "ab", "source": "certificate"} | row for row in changes.pop("scts", [])]
    others_of = {
        "problems": [changes.pop("problem")] if "problem" in changes else [],
        "ocsp": [{"connection_id": "clean", "verdict": changes.pop("stapled", "good")}],
        "scts": sent,
    }
    twin = changes.pop("twin", None)
    others = [changes.pop("other")] if "other" in changes else changes.pop("others", [])
    rows = [CLEAN | changes] * count
    rows += [CLEAN | {"connection_id": f"other {place}"} | each for place, each in enumerate(others)]
    if twin is not None:
        rows.append(CLEAN | {"connection_id": twin})
    return (
        pa.Table.from_pylist(rows, arrow_schema("connections")),
        pa.Table.from_pylist(
            [certificate] + ([] if second is None else [CERTIFICATE | {"sha256": "cd"} | second]),
            arrow_schema("certificates"),
        ),
        lambda table: pa.Table.from_pylist(
            {"validation": [judged] * len(rows), "client_validation": [client] * len(rows)}.get(table)
            or others_of[table],
            arrow_schema(table),
        ),
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_fires_on_its_case_and_is_quiet_near_it(rule: Rule) -> None:
    fires, quiet = CASES[rule.id]
    assert rule.find(Facts(*tables_of(fires))).any()
    assert not rule.find(Facts(*tables_of(quiet))).any()


def test_advice_names_the_suites_without_encryption_whose_names_do_not_say_so() -> None:
    [advice] = [rule.advice for rule in RULES if rule.id == "CIP-01"]
    bare = {name for code, name in CIPHER_SUITES.items() if suite_facts(code).cipher == "NULL" and "NULL" not in name}
    assert bare and not [name for name in bare if name not in advice]


DATAGRAMS: dict[str, Any] = LEGACY | {"protocol": "dtls", "version": 0xFEFD, "client_legacy_version": 0xFEFD}


@pytest.mark.parametrize(
    ("rule_id", "fires"),
    [
        ("VER-07", {"client_legacy_version": 0xFEFF}),
        ("VER-07", {"supported_versions": [0xFEFF]}),
        ("VER-07", {"client_legacy_version": 0x0100}),
        ("VER-11", {"version": 0x0100}),
        ("EXT-02", {"version": 0x0100, "server_extensions": [0xFF01]}),
        ("VER-08", {"supported_versions": [0xFEFC, 0xFEFD], "server_random": SENTINEL}),
        ("VER-08", {"version": 0xFEFF, "server_random": SENTINEL[:-2] + "00"}),
        ("VER-10", {"supported_versions": [0xFEFC, 0xFEFD]}),
        ("CIP-07", {"cipher_mode": "CBC"}),
        ("CIP-14", {"forward_secrecy": False, "other": DATAGRAMS | {"forward_secrecy": True}}),
        ("EXT-02", {"server_extensions": [0xFF01]}),
        ("EXT-03", {"server_extensions": [23]}),
        ("EXT-03-OFFER", {"renegotiation_info": False, "psk_offered": False}),
    ],
)
def test_what_is_asked_of_tls_up_to_12_is_asked_of_dtls_too(rule_id: str, fires: dict[str, Any]) -> None:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    assert rule.find(Facts(*tables_of(DATAGRAMS | fires)))[0]
    assert not rule.find(Facts(*tables_of(DATAGRAMS))).any()


@pytest.mark.parametrize(
    ("rule_id", "fires"), [("KEX-06", {"post_quantum": False}), ("KEX-09", {"key_exchange": "PSK"})]
)
def test_what_is_asked_of_tls_13_is_asked_of_dtls_13_too(rule_id: str, fires: dict[str, Any]) -> None:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    assert rule.find(Facts(*tables_of({"protocol": "dtls", "version": 0xFEFC} | fires))).all()
    assert not rule.find(Facts(*tables_of({"protocol": "dtls", "version": 0xFEFC}))).any()


@pytest.mark.parametrize("group", [0x639A, 0xFE30, 0xFE31, 0xFE32, 0x023C, 0x2F3A, 0x4138])
def test_every_draft_of_kyber_is_of_the_time_before_ml_kem(group: int) -> None:
    taken, offered = (next(rule for rule in RULES if rule.id == name) for name in ("KEX-07", "KEX-07-OFFER"))
    assert taken.find(Facts(*tables_of({"group": group}))).all()
    assert offered.find(Facts(*tables_of({"supported_groups": [4588, group]}))).all()


def test_no_group_with_ml_kem_is_of_the_time_before_it() -> None:
    rules = [rule for rule in RULES if rule.id.startswith("KEX-07")]
    groups = [0x0201, 0x11EB, 0x11EC, 0x11ED, 0x11EE, 0x2F4B, 0x2FB6]
    assert not any(rule.find(Facts(*tables_of({"group": 29, "supported_groups": groups}))).any() for rule in rules)
    assert not any(rule.find(Facts(*tables_of({"group": group}))).any() for rule in rules for group in groups)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (0xC0A8, True), (0xCCAB, True),  # TLS_PSK_WITH_AES_128_CCM_8, TLS_PSK_WITH_CHACHA20_POLY1305_SHA256
        (0x001F, True), (0xC102, True), (0xE013, True),  # Kerberos, GOST, TLCP's ECC
        (0xC0A7, False), (0xCCAC, False), (0xE051, False),  # DHE_PSK, ECDHE_PSK, TLCP's ECDHE
        (0x0026, False), (0x00AC, False), (0xC004, False), (0x0000, False),  # what CIP-03, -09, -10 and -01 are about
        (0x1301, False),
    ],
)  # fmt: skip
def test_keys_without_forward_secrecy_are_found_once(code: int, found: bool) -> None:
    rules = {rule.id: rule for rule in RULES}
    facts = Facts(*tables_of(LEGACY | {"cipher_suite": code}))
    assert rules["CIP-18"].find(facts).any() == found
    assert not found or not (rules["CIP-09"].find(facts) | rules["CIP-10"].find(facts)).any()


def test_a_server_of_datagrams_is_told_of_newer_versions_of_datagrams() -> None:
    advice = {rule.id: rule.advice for rule in RULES}
    assert advice["VER-11"].startswith("Move the server to DTLS 1.3, or at least DTLS 1.2, and ")
    assert advice["VER-05"].startswith("Move the server to TLS 1.3, or at least TLS 1.2, and ")


def test_what_a_server_of_another_transport_can_do_is_no_better_choice() -> None:
    rule = next(rule for rule in RULES if rule.id == "CIP-14")
    worse, better = LEGACY | {"forward_secrecy": False}, LEGACY | {"forward_secrecy": True}
    assert rule.find(Facts(*tables_of(worse | {"other": better})))[0]
    assert not rule.find(Facts(*tables_of(worse | {"other": better | {"transport": "udp"}}))).any()


def test_datagrams_may_overtake_each_other() -> None:
    rule = next(rule for rule in RULES if rule.id == "EXT-07")
    early = {"handshake_history": "CsxknIGIi", "resumed": False}
    assert rule.find(Facts(*tables_of(LEGACY | early))).any()
    assert not rule.find(Facts(*tables_of(DATAGRAMS | early))).any()


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ((0xFEFD, "udp"), (0xFEFF, "udp"), True),
        ((0xFEFF, "udp"), (0xFEFD, "udp"), False),
        ((0xFEFD, "udp"), (0x0303, "tcp"), False),
        ((0xFEFD, "udp"), (0x0303, "udp"), False),
        ((0x0303, "tcp"), (0x0302, "tcp"), True),
    ],
)
def test_what_is_older_is_told_of_one_protocol(before: tuple[int, str], after: tuple[int, str], found: bool) -> None:
    first, second = (
        {"client_legacy_version": version, "transport": transport, "supported_versions": None, "established": False}
        for version, transport in (before, after)
    )
    rule = next(rule for rule in RULES if rule.id == "VER-12")
    tables = tables_of(first | {"other": second | {"time_start": NOW + SECOND}})
    assert rule.find(Facts(*tables)).tolist() == [False, found]


@pytest.mark.parametrize("organization", ["Chunghwa Telecom Co.\\, Ltd.", "行政院", "NETLOCK Kft."])
@pytest.mark.parametrize(("day", "found"), [(20_301, True), (20_300, False)])  # 2025-08-01, and the day before
def test_authorities_that_chrome_139_distrusts_issue_under_several_names(
    organization: str, day: int, found: bool
) -> None:
    [rule] = [rule for rule in RULES if rule.id == "CRT-28"]
    certificate = {"issuer": f"CN=G1,O={organization},C=TW", "not_before": day * DAY}
    assert rule.find(Facts(*tables_of({"certificate": certificate}))).any() == found


def test_an_issuer_that_is_not_known_may_be_an_intermediate_or_a_root_of_ones_own() -> None:
    [rule] = [rule for rule in RULES if rule.id == "CRT-08"]
    assert "intermediate" not in rule.title and rule.confidence == "likely"
    assert "--trust" in rule.advice


@pytest.mark.parametrize(
    ("mac", "octets", "found"), [("SHA384", 64, False), ("SHA384", 80, True), ("SHA256", 64, True)]
)
def test_a_split_record_is_as_long_as_its_mac_asks_for(mac: str, octets: int, found: bool) -> None:
    [rule] = [rule for rule in RULES if rule.id == "CIP-08"]
    changes = {"version": 0x0301, "cipher_mode": "CBC", "mac": mac, "client_first_record_length": octets}
    assert rule.find(Facts(*tables_of(LEGACY | changes))).any() == found


def test_a_handshake_whose_packets_end_is_no_failure_to_come_back_from() -> None:
    fires, _ = CASES["VER-12"]
    [rule] = [rule for rule in RULES if rule.id == "VER-12"]
    for failure, found in (("closed", True), ("capture_end", False)):
        assert rule.find(Facts(*tables_of(fires | {"failure": failure}))).any() == found


@pytest.mark.parametrize(
    "more",
    [
        {"certificate": {"sct_count": 2}},
        {"certificate": {"sct_count": None}},
        {"certificate": {"sct_count": 0, "not_before": 17_651 * DAY}},
        {"certificate": {"sct_count": 0}, "server_extensions": [18]},
        {"certificate": {"sct_count": 0}, "ocsp_status": "present"},
        {"certificate": {"sct_count": 0}, "ocsp_status": None},
    ],
)
def test_timestamps_are_missed_only_where_they_could_be_seen_and_are_asked_for(more: dict[str, Any]) -> None:
    rule = next(rule for rule in RULES if rule.id == "CRT-23")
    assert not rule.find(Facts(*tables_of({"judged": PUBLIC} | more))).any()


def test_what_the_servers_own_certificate_has_too_is_not_told_of_its_authority() -> None:
    weak = {"key_bits": 1024, "is_ca": True, "signature_algorithm": "md5WithRSAEncryption"}
    found = build_findings(Facts(*tables_of({"certificate": weak})), RULES)["id"].to_pylist()
    assert {"CRT-09", "CRT-10-MD5"} <= set(found) and not {"CRT-09-CHAIN", "CRT-10-CHAIN"} & set(found)


@pytest.mark.parametrize(("more", "found"), [({}, True), ({"san_uri": ["spiffe://a.example/b"]}, False)])
def test_a_certificate_with_a_uri_has_a_subject_alt_name(more: dict[str, Any], found: bool) -> None:
    rule = next(rule for rule in RULES if rule.id == "CRT-05")
    assert rule.find(Facts(*tables_of({"certificate": {"san_dns": [], **more}}))).any() == found


def test_of_a_certificate_with_the_name_where_nobody_reads_it_is_not_said_that_it_is_for_another() -> None:
    certificate = {"san_dns": [], "subject": "CN=www.example"}
    changes = {"certificate": certificate, "name_matches": False, "server_name": "www.example"}
    found = build_findings(Facts(*tables_of(changes)), RULES).to_pylist()
    titles = {row["id"]: row["title"] for row in found}
    assert titles["CRT-05"] == "Certificate without subjectAltName"
    assert titles["CRT-04"] == "Certificate does not cover the name that was asked for"


@pytest.mark.parametrize("rule_id", ["CRT-01-CHAIN", "CRT-02-CHAIN", "CRT-31-DATES"])
def test_dates_are_judged_only_where_packets_have_times(rule_id: str) -> None:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    fires, _ = CASES[rule_id]
    assert rule.find(Facts(*tables_of(fires))).any()
    assert not rule.find(Facts(*tables_of(fires | {"time_start": 0}))).any()


def test_the_arithmetic_of_keys_is_right() -> None:
    assert modulus_of(pem_with(COMPOSITE), 256) == COMPOSITE and modulus_of(pem_with(COMPOSITE), 255) is None
    assert modulus_of("-----BEGIN CERTIFICATE-----\nMAA=\n", 256) is None
    assert [number for number in range(60) if is_prime(number)] == [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59,
    ]  # fmt: skip
    assert not is_prime(COMPOSITE) and not is_prime(561) and is_prime(OTHER_PRIME)


def test_primes_are_known_by_their_halves_too() -> None:
    primes = [number for number in range(8, 3000) if all(number % each for each in range(2, number))]
    assert [number for number in range(8, 3000) if is_checked_prime(number)] == primes
    assert [number for number in range(8, 3000) if is_safe(number)] == [
        number for number in primes if all(number // 2 % each for each in range(2, number // 2))
    ]


def test_nothing_is_found_in_a_clean_connection_or_in_one_of_which_nothing_is_known() -> None:
    assert build_findings(Facts(*tables_of({})), RULES).num_rows == 0
    nothing = {name: None for name in CLEAN if name != "connection_id"}
    assert build_findings(Facts(*tables_of(nothing)), RULES).num_rows == 0


def test_rules_name_columns_and_words_that_exist() -> None:
    names = {column.name for table in ("connections", "validation") for column in COLUMNS[table]} | TOLD.keys()
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert set(CASES) ^ {rule.id for rule in RULES} == set(), "CASES has what each rule finds, and what is near it"
    for rule in RULES:
        packet = {rule.packet} if isinstance(rule.packet, str) else set()
        assert {*map(str, rule.evidence)} | packet <= names, rule.id
        assert rule.severity in SEVERITIES and rule.confidence in WORDS["confidence"] and rule.subject in SUBJECTS
        assert rule.advice.endswith(".") and rule.references and not rule.title.endswith(".")


def test_a_row_counts_all_connections_and_names_the_first_ones() -> None:
    (row,) = build_findings(Facts(*tables_of({"hello_retry_request": True}, 30)), RULES).to_pylist()
    assert (row["id"], row["subject"], row["connections"]) == ("KEX-08", "198.51.100.1:443", 30)
    assert row["connection_ids"] == ["clean"] * 20 and row["packets"] == [2] * 20
    assert row["evidence"] == "group_name unknown (30)"


def test_a_row_names_hosts_in_the_order_of_their_first_connection_and_packets_where_there_are_some() -> None:
    weak = {"cipher_suites": [0x0005], "client_hello_packet": None, "first_packet": None}
    other = {"server_ip": "198.51.100.2"} | weak | {"client_hello_packet": 7}
    found = build_findings(Facts(*tables_of(weak | {"others": [other, other]})), RULES).to_pylist()
    [row] = [row for row in found if row["id"] == "CIP-05-OFFER"]
    assert row["hosts"] == ["198.51.100.1:443", "198.51.100.2:443"]
    assert (row["connections"], row["packets"]) == (3, [None, 7, 7])


def test_subjects_beyond_the_limit_share_a_row_and_none_is_lost() -> None:
    connections, certificates, *judged = tables_of({"early_data_offered": True}, 300)
    clients = [f"192.0.2.{place}" for place in range(200)] + [f"192.0.2.{200 + place % 50}" for place in range(100)]
    for name, values in (("client_ip", clients), ("connection_id", [str(place) for place in range(300)])):
        connections = connections.set_column(connections.schema.get_field_index(name), name, pa.array(values))
    found = build_findings(Facts(connections, certificates, *judged), RULES).to_pylist()
    rows = [row for row in found if row["subject_kind"] == "client"]
    named = [row for row in rows if "others" not in row["subject"]]
    assert {row["subject"] for row in named[:50]} == set(clients[200:])  # those with most connections come last
    for row in named:
        assert row["connection_ids"] == [str(place) for place in range(300) if clients[place] == row["subject"]]
    assert len(rows) == 201 and sum(row["connections"] for row in rows) == 300
    assert [row["subject"] for row in rows if "others" in row["subject"]] == ["50 others"]
    assert np.all(np.diff([row["connections"] for row in named]) <= 0)


@pytest.mark.parametrize("bits", [1024, 1536, 2048])
def test_primes_of_standards_are_safe_primes_of_their_size(bits: int) -> None:
    for prime in known_primes(bits):
        assert prime.bit_length() == bits
        assert prime >> (bits - 64) == prime & (2**64 - 1) == 2**64 - 1
        assert is_prime(prime) and is_prime((prime - 1) // 2)
        assert is_known(prime) and not is_known(prime - 2)


def test_a_prime_of_a_standard_is_the_one_that_openssl_names() -> None:
    (group,) = [prime for prime in known_primes(2048) if f"{prime:x}"[16:32] == "adf85458a2bb4a9a"]  # RFC 7919 A.1
    assert f"{group:x}"[-32:] == "886b423861285c97ffffffffffffffff"
    assert known_primes(2047) == frozenset()


def test_of_a_cut_hello_it_is_not_said_what_it_lacks() -> None:
    lacking = {"server_name": None, "server_extensions": [43, 51, 41], "alpn": "h2", "truncated": True}
    rules = [rule for rule in RULES if rule.id in ("EXT-13", "EXT-14", "EXT-19")]
    for seen, found in ((False, 3), (None, 0)):
        facts = Facts(*tables_of(lacking | {"psk_offered": seen}))
        assert build_findings(facts, rules).num_rows == found


@pytest.mark.parametrize("flaw", ["gap", "truncated"])
@pytest.mark.parametrize(
    ("rule_id", "fires"),
    [
        ("EXT-04", {"renegotiation": "client"}),
        ("EXT-07", LEGACY | {"handshake_history": "CsxknIGIi", "resumed": False}),
        ("CRT-23", {"judged": PUBLIC, "certificate": {"sct_count": 0}}),
        ("CRT-25", {"certificate": {"must_staple": True}}),
        ("PRT-03-UNUSED", {"starttls_status": "requested"}),
    ],
)
def test_a_message_that_may_be_lost_does_not_count_as_not_sent(rule_id: str, fires: dict[str, Any], flaw: str) -> None:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    assert rule.find(Facts(*tables_of(fires))).any()
    assert not rule.find(Facts(*tables_of(fires | {flaw: True}))).any()


def test_of_a_cut_server_hello_it_is_not_said_what_it_lacks() -> None:
    lacking = LEGACY | {"server_extensions": [], "cipher_mode": "CBC"}
    rules = [rule for rule in RULES if rule.id in ("EXT-02", "EXT-03", "CIP-07")]
    for seen, found in ((False, 3), (None, 0)):
        assert build_findings(Facts(*tables_of(lacking | {"psk_selected": seen})), rules).num_rows == found


def test_what_is_judged_by_time_can_be_judged_at_another_one() -> None:
    connections, certificates, others = tables_of({})
    late = Facts(connections, certificates, others, at=NOW + 61 * DAY)
    assert [row["id"] for row in build_findings(late, RULES).to_pylist()] == ["CRT-01"]
    early = Facts(connections, certificates, others, at=NOW - 2 * DAY)
    assert [row["id"] for row in build_findings(early, RULES).to_pylist()] == ["CRT-02"]


@pytest.mark.parametrize("seed", range(5))
def test_timers_are_those_that_the_beacons_table_calls_regular(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = []
    for client, jitter in enumerate((0.0, 0.1, 0.2, 0.3, 0.5, 2.0)):
        times = np.cumsum(60 * (1 + jitter * random.uniform(-0.5, 0.5, 17 + client)).clip(0.01) * SECOND)
        ends = [{"time_start": NOW + int(time), "connection_id": f"{client} {time}"} for time in times]
        rows += [CLEAN | {"client_ip": f"192.0.2.{client}", "client_bytes": 1, "server_bytes": 1} | end for end in ends]
        twice = [end | {"time_start": end["time_start"] + SECOND // 3 * place} for end in ends for place in (0, 1)]
        rows += [
            CLEAN | {"client_ip": f"192.0.2.9{client}", "client_bytes": 1, "server_bytes": 1} | end for end in twice
        ]
    connections = pa.Table.from_pylist(rows, arrow_schema("connections"))
    certificates = pa.Table.from_pylist([CERTIFICATE], arrow_schema("certificates"))
    table = build_pivot("beacons", connections, certificates).to_pylist()
    regular = {row["client_ip"] for row in table if row["regular"] and row["visits"] >= LEAST_REGULAR}
    found = np.flatnonzero(find_beacons(Facts(connections, certificates)))
    assert {rows[place]["client_ip"] for place in found} == regular
    assert {len(client) for client in regular} == {len("192.0.2.4"), len("192.0.2.94")}
    assert len(found) == sum(row["client_ip"] in regular for row in rows)


def test_captures_whose_packets_nobody_knows_are_found_without_any_connection() -> None:
    connections, certificates, _ = tables_of({})
    problem = {"capture": "odd.pcap", "layer": "link", "kind": "unsupported", "count": 3, "expected": "another type"}
    problems = pa.Table.from_pylist([problem, problem | {"kind": "truncated"}], arrow_schema("problems"))
    facts = Facts(connections, certificates, lambda table: problems)
    (row,) = build_findings(facts, (), CAPTURE_RULES).to_pylist()
    assert (row["id"], row["subject"], row["connections"]) == ("CAP-05", "odd.pcap", 0)
    assert row["evidence"] == "3 packets; expected another type"


@pytest.mark.parametrize(
    "others",
    [
        clocks("client_random", 3600, -7200),  # no two of a majority agree
        clocks("client_random", 3600, step=0),  # one second
        clocks("client_random", 3600)[:2],
        [
            *clocks("client_random", 3600),  # a minority, though the median is of it
            *(
                {"time_start": NOW + place * SECOND, "client_random": f"{place:02x}" * 32}
                for place in range(92, 124, 4)
            ),
        ],
        [row | {"client_random": "cf21ad74" + "00" * 28} for row in clocks("client_random", 3600, step=1)],
    ],
)
def test_a_clock_is_off_only_where_different_seconds_agree(others: list[dict[str, Any]]) -> None:
    [rule] = [rule for rule in RULES if rule.id == "EXT-18-CLIENT"]
    assert not rule.find(Facts(*tables_of({"others": others}))).any()


def test_three_seconds_of_a_host_are_enough() -> None:
    [rule] = [rule for rule in RULES if rule.id == "EXT-18-CLIENT"]
    off = clocks("client_random", 86_400)[:LEAST]
    assert rule.find(Facts(*tables_of({"others": off}))).sum() == LEAST == 3


def test_randoms_of_which_most_tell_the_time_are_found_and_no_others() -> None:
    [rule] = [rule for rule in RULES if rule.id == "EXT-18-CLIENT"]
    off = clocks("client_random", 86_400)
    others = [*off, {"client_random": "ff" * 32}, {**off[0], "client_ip": "192.0.2.2"}]
    assert rule.find(Facts(*tables_of({"others": others}))).tolist() == [False, *[True] * 4, False, False]


def test_what_a_client_offers_is_shown_by_what_it_offers_and_not_by_what_was_agreed() -> None:
    offers = {"supported_versions": [0x0304, 0x0301, 0x0301], "cipher_suites": [0xC02F, 0x0005, 0x0004, 0x0005]}
    shown = {
        row["id"]: row["evidence"]
        for row in build_findings(
            Facts(
                *tables_of(
                    offers | {"supported_groups": [29, 1, 15], "others": [offers | {"cipher_suites": [0xC02F, 0x0005]}]}
                )
            ),
            RULES,
        ).to_pylist()
    }
    assert shown["VER-04-OFFER"].startswith("supported_versions TLS 1.0 (2); ja4 ")
    assert shown["CIP-05-OFFER"].startswith(
        "cipher_suites TLS_RSA_WITH_RC4_128_SHA (2), TLS_RSA_WITH_RC4_128_MD5 (1); "
    )
    assert shown["KEX-04-OFFER"].startswith("supported_groups sect163k1 (1), secp160k1 (1); ja4 ")
