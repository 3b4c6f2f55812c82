"""Scenarios: one for each cipher suite worth a capture, and for unusual key exchange."""

from __future__ import annotations

from scenario import REQUEST, Client, Scenario, Server
from scenarios_versions import EC_SERVER, RSA_SERVER, S_CLIENT, TARGET

LEGACY = "java {programs}/LegacyPeer.java"
TLSLITE = "{python} {programs}/tlslite_peer.py"
BARE_SERVER = "openssl s_server -accept 443 -nocert -WWW -quiet"
PSK = "-psk 00112233445566778899aabbccddeeff -psk_identity sensor-7"


def build_openssl_suite(
    name: str, suite: str, code: int, server: str = RSA_SERVER, version: str = "-tls1_2", extra: str = ""
) -> Scenario:
    """OpenSSL on both sides, the client offering just this suite; `extra` is for both sides."""
    option = "-ciphersuites" if version == "-tls1_3" else "-cipher"
    limit = suite if version == "-tls1_3" else f"{suite}:@SECLEVEL=0"
    choice = f"{version} {option} {limit}{' ' + extra if extra else ''}"
    return Scenario(
        f"suite-{name}",
        f"suite {suite}",
        (Server("web", f"{server} {choice}"),),
        (Client("desktop", f"{S_CLIENT} {TARGET} {choice}", (REQUEST,)),),
        (f"tls.handshake.type == 2 && tls.handshake.ciphersuite == {code:#06x}", "tls.app_data"),
    )


def build_tlslite_suite(name: str, cipher: str, exchange: str, code: int, mac: str = "sha") -> Scenario:
    """tlslite-ng on both sides, the client offering one cipher with one key exchange."""
    choice = f"--maximum tls1.2 --ciphers {cipher} --exchanges {exchange} --macs {mac}"
    return Scenario(
        f"suite-{name}",
        f"cipher {cipher} with MAC {mac} and key exchange {exchange}",
        (Server("old", f"{TLSLITE} server 0.0.0.0 443 {choice} --certificate {{pki}}/old.crt {{pki}}/old.key"),),
        (Client("legacy", f"{TLSLITE} client old.test 443 {choice}"),),
        (f"tls.handshake.type == 2 && tls.handshake.ciphersuite == {code:#06x}", "tls.app_data"),
    )


def build_java_suite(name: str, suite: str, code: int, version: str = "TLSv1") -> Scenario:
    """Java on both sides, with its disabled algorithms on again."""
    return Scenario(
        f"suite-{name}",
        f"suite {suite}, {version}",
        (Server("old", f"{LEGACY} server - 443 {version} {suite} {{pki}}/old.p12"),),
        (Client("legacy", f"{LEGACY} client old.test 443 {version} {suite}"),),
        (f"tls.handshake.type == 2 && tls.handshake.ciphersuite == {code:#06x}", "tls.app_data"),
    )


SUITES = (
    build_openssl_suite("rsa-aes128-cbc-sha", "AES128-SHA", 0x002F),
    build_openssl_suite("rsa-aes256-gcm", "AES256-GCM-SHA384", 0x009D),
    build_openssl_suite("rsa-aes128-ccm8", "AES128-CCM8", 0xC0A0),
    build_openssl_suite("rsa-camellia256-cbc", "CAMELLIA256-SHA", 0x0084),
    build_openssl_suite("rsa-null-sha256", "NULL-SHA256", 0x003B),
    build_openssl_suite("rsa-null-md5", "NULL-MD5", 0x0001),
    build_openssl_suite("dhe-rsa-aes128-gcm", "DHE-RSA-AES128-GCM-SHA256", 0x009E),
    build_openssl_suite("dhe-rsa-aes256-cbc-sha", "DHE-RSA-AES256-SHA", 0x0039),
    build_openssl_suite("dhe-rsa-chacha20", "DHE-RSA-CHACHA20-POLY1305", 0xCCAA),
    build_openssl_suite(
        "dhe-1024-bit", "DHE-RSA-AES128-SHA", 0x0033, f"{RSA_SERVER} -dhparam {{pki}}/dh1024.pem", "-tls1_2"
    ),
    build_openssl_suite("ecdhe-rsa-aes256-cbc-sha384", "ECDHE-RSA-AES256-SHA384", 0xC028),
    build_openssl_suite("ecdhe-rsa-aria128-gcm", "ECDHE-ARIA128-GCM-SHA256", 0xC060),
    build_openssl_suite("ecdhe-ecdsa-aes128-gcm", "ECDHE-ECDSA-AES128-GCM-SHA256", 0xC02B, EC_SERVER),
    build_openssl_suite("ecdhe-ecdsa-aes256-ccm", "ECDHE-ECDSA-AES256-CCM", 0xC0AD, EC_SERVER),
    build_openssl_suite("ecdhe-ecdsa-chacha20", "ECDHE-ECDSA-CHACHA20-POLY1305", 0xCCA9, EC_SERVER),
    build_openssl_suite("ecdhe-ecdsa-null", "ECDHE-ECDSA-NULL-SHA", 0xC006, EC_SERVER),
    build_openssl_suite("anonymous-dh-aes128-cbc", "ADH-AES128-SHA", 0x0034, BARE_SERVER),
    build_openssl_suite("anonymous-ecdh-aes256-cbc", "AECDH-AES256-SHA", 0xC019, BARE_SERVER),
    build_openssl_suite("psk-aes128-ccm8", "PSK-AES128-CCM8", 0xC0A8, BARE_SERVER, extra=PSK),
    build_openssl_suite("dhe-psk-aes256-gcm", "DHE-PSK-AES256-GCM-SHA384", 0x00AB, BARE_SERVER, extra=PSK),
    build_openssl_suite("ecdhe-psk-chacha20", "ECDHE-PSK-CHACHA20-POLY1305", 0xCCAC, BARE_SERVER, extra=PSK),
    build_openssl_suite("rsa-psk-aes128-gcm", "RSA-PSK-AES128-GCM-SHA256", 0x00AC, RSA_SERVER, extra=PSK),
    build_openssl_suite("tls13-aes128-gcm", "TLS_AES_128_GCM_SHA256", 0x1301, EC_SERVER, "-tls1_3"),
    build_openssl_suite("tls13-chacha20", "TLS_CHACHA20_POLY1305_SHA256", 0x1303, EC_SERVER, "-tls1_3"),
    build_openssl_suite("tls13-aes128-ccm8", "TLS_AES_128_CCM_8_SHA256", 0x1305, EC_SERVER, "-tls1_3"),
    build_tlslite_suite("rsa-rc4-sha", "rc4", "rsa", 0x0005),
    build_tlslite_suite("rsa-rc4-md5", "rc4", "rsa", 0x0004, mac="md5"),
    build_tlslite_suite("rsa-3des", "3des", "rsa", 0x000A),
    build_tlslite_suite("ecdhe-rsa-3des", "3des", "ecdhe_rsa", 0xC012),
    build_java_suite("anonymous-dh-rc4-md5", "SSL_DH_anon_WITH_RC4_128_MD5", 0x0018),
    build_java_suite("rsa-export-rc4-40", "SSL_RSA_EXPORT_WITH_RC4_40_MD5", 0x0003),
    build_java_suite("rsa-export-des-40", "SSL_RSA_EXPORT_WITH_DES40_CBC_SHA", 0x0008),
    build_java_suite("dhe-export-des-40", "SSL_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", 0x0014),
    build_java_suite("rsa-des", "SSL_RSA_WITH_DES_CBC_SHA", 0x0009, "SSLv3"),
    build_java_suite("anonymous-dh-export-rc4-40", "SSL_DH_anon_EXPORT_WITH_RC4_40_MD5", 0x0017),
)
