"""Scenarios: ordinary programs as they come, one or a few visits each."""

from __future__ import annotations

from demo_visits import browse
from scenario import REQUEST, Client, Scenario, Server

NGINX = Server("web", "nginx -p {work} -c {work}/web.conf")
NODE24 = "{node24} {programs}/node_server.mjs"
CURL = "curl -s --cacert {pki}/bundle.crt"
TLS13 = "tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304"
TLS12 = "tls.handshake.type == 2 && tls.handshake.version == 0x0303"
HYBRID = "tls.handshake.type == 2 && tls.handshake.extensions_key_share_group == 4588"
GREASE_ECH = "tls.handshake.type == 1 && tls.handshake.extension.type == 65037"


def build_visit(
    name: str, shows: str, server: Server, client: Client, *checks: str, connections: int = 1, or_more: bool = False
) -> Scenario:
    """One program that serves, one that visits it."""
    return Scenario(
        name,
        shows,
        (server,),
        (client,),
        checks,
        connections=connections,
        or_more=or_more,
        suffix="pcapng",
        filter=f"tcp port {server.port}",
    )


PROGRAMS_AS_THEY_COME = (
    build_visit(
        "curl-nginx", "curl and nginx, HTTP/2, TLS 1.3", NGINX, Client("laptop", f"{CURL} https://www.example/"), TLS13
    ),
    build_visit(
        "curl-nginx-names",
        "curl visits three names on one address; the names are all that tells them apart",
        NGINX,
        Client("laptop", f"{CURL} --http1.1 https://www.example/ https://shop.example/ https://blog.example/"),
        'tls.handshake.extensions_server_name == "shop.example"',
        connections=3,
    ),
    build_visit(
        "curl-nginx-stapled",
        "nginx staples an OCSP response, TLS 1.2",
        NGINX,
        Client("laptop", f"{CURL} --cert-status --tls-max 1.2 https://shop.example/"),
        "tls.handshake.type == 22",
    ),
    build_visit(
        "wget-nginx",
        "Wget (GnuTLS) and nginx",
        NGINX,
        Client("build", "wget -q -O /dev/null --ca-certificate={pki}/bundle.crt https://blog.example/"),
        TLS13,
    ),
    build_visit(
        "gnutls",
        "GnuTLS on both sides, TLS 1.3",
        Server("mail", "gnutls-serv --http --x509certfile {pki}/mail.crt --x509keyfile {pki}/mail.key --port 443 -q"),
        Client("laptop", "gnutls-cli --x509cafile {pki}/bundle.crt mail.example", (REQUEST,)),
        TLS13,
    ),
    build_visit(
        "gnutls-tls12",
        "GnuTLS on both sides, TLS 1.2 with record size limit and encrypt-then-MAC",
        Server("mail", "gnutls-serv --http --x509certfile {pki}/mail.crt --x509keyfile {pki}/mail.key --port 443 -q"),
        Client(
            "laptop",
            "gnutls-cli --x509cafile {pki}/bundle.crt --recordsize=1024 "
            "--priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC mail.example",
            (REQUEST,),
        ),
        TLS12,
        "tls.handshake.type == 2 && tls.handshake.extension.type == 22",
    ),
    build_visit(
        "python-nginx",
        "Python's ssl module and nginx: TLS 1.2, then the same session resumed",
        NGINX,
        Client("monitor", "{python} {programs}/python_client.py www.example 443 --maximum TLSv1_2 --times 2"),
        TLS12,
        connections=2,
    ),
    build_visit(
        "node-http2",
        "Node.js 20 on both sides, HTTP/2",
        Server("api", "node {programs}/node_server.mjs 443 {pki}/api.crt {pki}/api.key"),
        Client("build", "node {programs}/node_client.mjs https://api.example/ {pki}/bundle.crt"),
        TLS13,
    ),
    build_visit(
        "java17",
        "Java 17 as it comes, and nginx",
        NGINX,
        Client(
            "build",
            "java {programs}/LegacyPeer.java client www.example 443 TLSv1.3,TLSv1.2 "
            "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
        TLS13,
    ),
    build_visit(
        "chromium-nginx",
        "Chromium and nginx: a page and a script from another name; GREASE and an ECH that is only GREASE",
        NGINX,
        browse("desktop", "https://www.example/"),
        TLS13,
        GREASE_ECH,
        connections=2,
        or_more=True,
    ),
    build_visit(
        "chromium-hybrid",
        "Chromium and Node.js 24 agree on the post-quantum hybrid X25519MLKEM768; the hello spans two segments",
        Server("modern", f"{NODE24} 443 {{pki}}/modern.crt {{pki}}/modern.key X25519MLKEM768:X25519 TLSv1.3"),
        browse("desktop", "https://modern.example/"),
        HYBRID,
        GREASE_ECH,
        or_more=True,
    ),
    build_visit(
        "chromium-tls10",
        "Chromium at a server that ends at TLS 1.1: it is refused, and tries again",
        Server(
            "old",
            "openssl s_server -accept 443 -cert {pki}/old.crt -key {pki}/old.key -no_tls1_3 -no_tls1_2 "
            "-cipher ALL:@SECLEVEL=0 -WWW -quiet",
        ),
        browse("desktop", "https://old.test/"),
        "tls.alert_message.desc == 70",
        connections=2,
        or_more=True,
    ),
    build_visit(
        "hybrid-openssl40",
        "OpenSSL 4.0 and OpenSSL 3.5 agree on X25519MLKEM768",
        Server("modern", f"{NODE24} 443 {{pki}}/modern.crt {{pki}}/modern.key X25519MLKEM768:X25519 TLSv1.3"),
        Client("build", "{python} {programs}/newer_openssl_client.py modern.example 443"),
        HYBRID,
    ),
    build_visit(
        "hybrid-retry",
        "HelloRetryRequest to the post-quantum hybrid SecP384r1MLKEM1024",
        Server("modern", f"{NODE24} 443 {{pki}}/quantum.crt {{pki}}/quantum.key SecP384r1MLKEM1024 TLSv1.3"),
        Client(
            "build",
            "{node24} {programs}/node_client.mjs https://quantum.example/ {pki}/bundle.crt X25519:SecP384r1MLKEM1024",
        ),
        "tls.handshake.type == 2 && tls.handshake.extensions_key_share_selected_group == 4589",
    ),
    build_visit(
        "pure-mlkem",
        "ML-KEM-768 alone, without a classical group beside it",
        Server("modern", f"{NODE24} 443 {{pki}}/quantum.crt {{pki}}/quantum.key MLKEM768 TLSv1.3"),
        Client("build", "{node24} {programs}/node_client.mjs https://quantum.example/ {pki}/bundle.crt MLKEM768"),
        "tls.handshake.type == 2 && tls.handshake.extensions_key_share_group == 513",
    ),
    build_visit(
        "caddy",
        "curl and Caddy, whose TLS is Go's",
        Server("modern", "caddy run --config {work}/Caddyfile --adapter caddyfile"),
        Client("laptop", f"{CURL} https://modern.example/"),
        TLS13,
    ),
    build_visit(
        "sslscan",
        "sslscan looks for versions, SSL 2.0 included, at an OpenSSL server",
        Server("web", "openssl s_server -accept 443 -cert {pki}/www-rsa.crt -key {pki}/www-rsa.key -WWW -quiet"),
        Client(
            "scanner",
            "sslscan --no-ciphersuites --no-compression --no-heartbleed --no-groups --no-check-certificate "
            "--no-renegotiation --no-fallback www.example",
        ),
        "tls.handshake.type == 2",
        connections=5,
        or_more=True,
    ),
    build_visit(
        "sslscan-heartbleed",
        "sslscan sends a heartbeat request that claims more bytes than it has, to each version",
        Server("web", "openssl s_server -accept 443 -cert {pki}/www-rsa.crt -key {pki}/www-rsa.key -WWW -quiet"),
        Client(
            "scanner",
            "sslscan --no-ciphersuites --no-compression --no-groups --no-check-certificate "
            "--no-renegotiation --no-fallback --tls12 www.example",
        ),
        "tls.record.content_type == 24 or tls.heartbeat_message",
        connections=2,
        or_more=True,
    ),
)
