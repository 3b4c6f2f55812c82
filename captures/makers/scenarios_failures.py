"""Scenarios: handshakes that fail, each with the alert or the silence that ends it."""

from __future__ import annotations

from scenario import REQUEST, Client, Scenario, Server
from scenarios_versions import EC_SERVER, RSA_SERVER, S_CLIENT, TARGET

BARE_SERVER = "openssl s_server -accept 443 -nocert -WWW -quiet"
SEND = "{python} {programs}/send_bytes.py www.example 443"
CURL = "curl -s --max-time 5 --cacert {pki}/bundle.crt"


def build_alert(
    name: str, code: int, shows: str, server: str, client: str, host: str = "web", on: str = "desktop"
) -> Scenario:
    """A connection that an alert of the given code ends."""
    typed = (REQUEST,) if client.startswith("openssl") else ()
    key_log = "-keylogfile" in client
    return Scenario(
        f"alert-{name}",
        shows,
        (Server(host, server),),
        (Client(on, client, typed),),
        (f"tls.alert_message.desc == {code}",),
        or_more=client.startswith("chromium"),
        key_log=key_log,
    )


ALERTS = (
    build_alert(
        "protocol-version", 70, "the client ends at TLS 1.1, the server begins at TLS 1.3", f"{EC_SERVER} -tls1_3",
        f"{S_CLIENT} {TARGET} -tls1_1 -cipher ALL:@SECLEVEL=0",
    ),
    build_alert(
        "handshake-failure", 40, "no suite in common", f"{RSA_SERVER} -tls1_2 -cipher AES256-GCM-SHA384",
        f"{S_CLIENT} {TARGET} -tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305",
    ),
    build_alert(
        "handshake-failure-group", 40, "no group in common, TLS 1.3", f"{EC_SERVER} -tls1_3 -groups P-521",
        f"{S_CLIENT} {TARGET} -groups X25519:P-256",
    ),
    build_alert(
        "unknown-ca", 48, "the client does not trust the authority", f"{EC_SERVER} -tls1_2",
        "curl -s https://www.example/index.html",
    ),
    build_alert(
        "bad-certificate", 42, "the client refuses a certificate that is not valid yet",
        "openssl s_server -accept 443 -cert {pki}/future.crt -key {pki}/future.key -cert_chain {pki}/future.rest "
        "-tls1_2 -WWW -quiet",
        f"{CURL} https://future.test/", "lab",
    ),
    build_alert(
        "certificate-expired", 45, "the client refuses an expired certificate",
        "openssl s_server -accept 443 -cert {pki}/expired.crt -key {pki}/expired.key -cert_chain {pki}/expired.rest "
        "-tls1_2 -WWW -quiet",
        f"{CURL} https://expired.test/", "lab",
    ),
    build_alert(
        "certificate-revoked", 44, "the client has a revocation list and the certificate is on it",
        "openssl s_server -accept 443 -cert {pki}/revoked.crt -key {pki}/revoked.key -cert_chain {pki}/revoked.rest "
        "-tls1_2 -WWW -quiet",
        "openssl s_client -ign_eof -CAfile {pki}/bundle.crt -CRL {pki}/revoked.crl -crl_check -verify_return_error "
        "-connect wild.apps.test:443 -servername wild.apps.test", "lab",
    ),
    build_alert(
        "certificate-unknown", 46, "Chromium does not trust the authority", f"{EC_SERVER} -tls1_2",
        "chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --user-data-dir={work}/profile-strict --dump-dom "
        "https://www.example/index.html",
    ),
    build_alert(
        "certificate-required", 116, "TLS 1.3 server that insists on a client certificate",
        f"{EC_SERVER} -tls1_3 -Verify 3 -verifyCAfile {{pki}}/bundle.crt", f"{S_CLIENT} {TARGET} "
        "-keylogfile {work}/alert-certificate-required.keys",
    ),
    build_alert(
        "unrecognized-name", 112, "nginx has no such name", "nginx -p {work} -c {work}/web.conf",
        f"{CURL} https://unknown.example/",
    ),
    build_alert(
        "no-application-protocol", 120, "no application protocol in common", f"{EC_SERVER} -alpn h2",
        f"{S_CLIENT} {TARGET} -alpn acme-tls/1",
    ),
    build_alert(
        "inappropriate-fallback", 86, "TLS_FALLBACK_SCSV: the client has gone down, the server can do better",
        f"{RSA_SERVER} -cipher ALL:@SECLEVEL=0", f"{S_CLIENT} {TARGET} -tls1_1 -fallback_scsv -cipher ALL:@SECLEVEL=0",
    ),
    build_alert(
        "unknown-psk-identity", 115, "a user of SRP whom the server does not know",
        f"{BARE_SERVER} -tls1_2 -cipher SRP-AES-256-CBC-SHA:@SECLEVEL=0 -srpvfile {{pki}}/srp.verifiers",
        f"{S_CLIENT} {TARGET} -tls1_2 -cipher SRP-AES-256-CBC-SHA:@SECLEVEL=0 -srpuser nobody -srppass pass:x",
    ),
    build_alert(
        "bad-record-mac", 20, "a pre-shared key that differs", f"{BARE_SERVER} -tls1_2 -psk 0011223344556677",
        f"{S_CLIENT} {TARGET} -tls1_2 -psk ffff223344556677",
    ),
    build_alert(
        "illegal-parameter", 47, "a pre-shared key that differs, TLS 1.3: the binder does not fit",
        f"{BARE_SERVER} -tls1_3 -psk 0011223344556677", f"{S_CLIENT} {TARGET} -tls1_3 -psk ffff223344556677",
    ),
    build_alert(
        "decode-error", 50, "a hello that is cut short inside its extensions", EC_SERVER,
        f"{SEND} 16030100330100002f0303{'a5' * 32}0000021301010000040010ffff",
    ),
    build_alert(
        "unexpected-message", 10, "a Finished where a hello belongs", EC_SERVER,
        f"{SEND} 16030300101400000c{'00' * 12}",
    ),
    build_alert(
        "insufficient-security", 71, "tlslite-ng finds the offer too weak",
        "{python} {programs}/tlslite_peer.py server 0.0.0.0 443 --maximum tls1.2 --ciphers rc4 --macs md5 "
        "--exchanges dh_anon --anonymous --certificate {pki}/old.crt {pki}/old.key",
        "{python} {programs}/tlslite_peer.py client old.test 443 --maximum tls1.2 --ciphers rc4 --macs md5 "
        "--exchanges dh_anon --anonymous", "old", "legacy",
    ),
)  # fmt: skip

SILENCES = (
    Scenario(
        "reset-after-hello",
        "a hello, answered by a reset: a filter on the way, or a server that wants nothing of it",
        (Server("silent", "{python} {programs}/banner_server.py 443 --reset"),),
        (Client("desktop", "curl -s --max-time 5 https://silent.test/"),),
        ("tls.handshake.type == 1", "tcp.flags.reset == 1"),
    ),
    Scenario(
        "silence-after-hello",
        "a hello that is acknowledged and never answered, until the client gives up",
        (Server("silent", "{python} {programs}/banner_server.py 443"),),
        (Client("desktop", "curl -s --max-time 2 https://silent.test/"),),
        ("tls.handshake.type == 1",),
        ("tls.handshake.type == 2",),
    ),
    Scenario(
        "close-after-hello",
        "a hello, answered by an ordinary close",
        (Server("silent", "{python} {programs}/banner_server.py 443 --once"),),
        (Client("desktop", "curl -s --max-time 5 https://silent.test/"),),
        ("tls.handshake.type == 1", "tcp.flags.fin == 1"),
        ("tls.handshake.type == 2",),
    ),
    Scenario(
        "refused",
        "connections refused: nobody listens on 443",
        (),
        (Client("desktop", "curl -s https://plain.test/"), Client("desktop", "curl -s https://www6.example/")),
        ("tcp.flags.reset == 1",),
        connections=0,
    ),
    Scenario(
        "client-leaves",
        "the client closes after the server's flight, without a word",
        (Server("web", f"{RSA_SERVER} -tls1_2 -cipher ALL:@SECLEVEL=0"),),
        (Client("desktop", f"{SEND} 160301002d010000290303{'a5' * 32}000002002f0100"),),
        ("tls.handshake.type == 11",),
        ("tls.handshake.type == 16",),
    ),
)
