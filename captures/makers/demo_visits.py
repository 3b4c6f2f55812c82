"""The tables behind demo.pcapng: which programs serve, and who visits them, how often and when."""

from __future__ import annotations

from dataclasses import dataclass

from scenario import REQUEST, Client, Server

SPKI = (
    "$(openssl x509 -in {pki}/stream.crt -noout -pubkey | openssl pkey -pubin -outform DER "
    "| openssl dgst -sha256 -binary | base64)"
)
CHROMIUM = (
    "chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --ignore-certificate-errors"
)
S_CLIENT = "openssl s_client -ign_eof -CAfile {pki}/bundle.crt"
LIGHT_SCAN = (
    "sslscan --no-ciphersuites --no-compression --no-heartbleed --no-groups --no-check-certificate "
    "--no-renegotiation --no-fallback"
)


@dataclass(frozen=True)
class Visits:
    """One client command, repeated; `shape` is how the repetitions lie in the recorded hours.

    Shapes: steady, growing, fading, regular (like a timer) and burst (close together at `hour`).
    """

    client: Client
    count: int
    shape: str = "steady"
    hour: float = 0.0


def browse(host: str, url: str) -> Client:
    """Chromium on a host opens a page, with a profile that stays for that host."""
    return Client(host, f"{CHROMIUM} --user-data-dir={{work}}/profile-{host} --dump-dom {url}", seconds=12)


def stream(host: str, url: str) -> Client:
    """Chromium on a host opens a page over QUIC, which it does only with a certificate that it is told to trust."""
    flags = CHROMIUM.replace("--disable-quic ", "").replace(" --ignore-certificate-errors", "")
    name = url.split("/")[2]
    command = (
        f'{flags} --user-data-dir={{work}}/profile-quic-{host} --ignore-certificate-errors-spki-list="{SPKI}" '
        f"--origin-to-force-quic-on={name}:443 --dump-dom {url}"
    )
    return Client(host, f"sh -c '{command}'", seconds=12)


def python(host: str, arguments: str) -> Client:
    """The ssl module of Python on a host."""
    return Client(host, f"{{python}} {{programs}}/python_client.py {arguments}")


def tlslite(host: str, arguments: str) -> Client:
    """A tlslite-ng client on a host."""
    return Client(host, f"{{python}} {{programs}}/tlslite_peer.py client {arguments}")


def s_client(host: str, arguments: str) -> Client:
    """The openssl client on a host, asking for one page."""
    return Client(host, f"{S_CLIENT} {arguments}", (REQUEST,))


SERVICES = (
    Server("web", "nginx -p {work} -c {work}/web.conf"),
    Server("lab", "nginx -p {work} -c {work}/lab.conf"),
    Server("api", "node {programs}/node_server.mjs 443 {pki}/api.crt {pki}/api.key"),
    Server("api", "nginx -p {work} -c {work}/bank.conf", 8443),
    Server(
        "modern",
        "{node24} {programs}/node_server.mjs 443 {pki}/modern.crt {pki}/modern.key X25519MLKEM768:X25519 TLSv1.3",
    ),
    Server(
        "modern",
        "{node24} {programs}/node_server.mjs 8443 {pki}/quantum.crt {pki}/quantum.key SecP384r1MLKEM1024:P-384 TLSv1.3",
        8443,
    ),
    Server("mail", "gnutls-serv --http --x509certfile {pki}/mail.crt --x509keyfile {pki}/mail.key --port 443 -q"),
    Server("mail", "openssl s_server -accept 993 -cert {pki}/mail.crt -key {pki}/mail.key -tls1_2 -WWW -quiet", 993),
    Server("stream", "caddy run --config {work}/Caddyfile-quic --adapter caddyfile", 443, "udp"),
    Server(
        "modern",
        "{python} {programs}/quic_peer.py server :: 443 --certificate {pki}/quantum.crt {pki}/quantum.key",
        443,
        "udp",
    ),
    Server("mail", "{python} {programs}/starttls_server.py smtp 587 {pki}/mail.crt {pki}/mail.key", 587),
    Server("mail", "{python} {programs}/starttls_server.py imap 143 {pki}/mail.crt {pki}/mail.key", 143),
    Server(
        "device",
        "openssl s_server -accept 4433 -cert {pki}/broker.crt -key {pki}/broker.key -quiet -dtls1_2",
        4433,
        "udp",
    ),
    Server(
        "old",
        "openssl s_server -accept 443 -cert {pki}/old.crt -cert_chain {pki}/intermediate.crt -key {pki}/old.key "
        "-no_tls1_3 -no_tls1_2 -cipher AES128-SHA:AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0 -WWW -quiet",
    ),
    Server(
        "old",
        "{python} {programs}/tlslite_peer.py server 0.0.0.0 4433 --maximum tls1.0 --ciphers rc4 3des "
        "--certificate {pki}/cashdesk.crt {pki}/cashdesk.key",
        4433,
    ),
    Server(
        "old",
        "java {programs}/LegacyPeer.java server - 8443 SSLv2Hello,SSLv3,TLSv1 "
        "SSL_RSA_EXPORT_WITH_RC4_40_MD5,SSL_RSA_WITH_DES_CBC_SHA,SSL_RSA_WITH_RC4_128_MD5 {pki}/ancient.p12",
        8443,
    ),
    Server(
        "device",
        "openssl s_server -accept 4443 -cert {pki}/device.crt -key {pki}/device.key -tls1_2 "
        "-cipher AES128-SHA256:AES128-SHA -WWW -quiet",
        4443,
    ),
    Server(
        "device",
        "openssl s_server -accept 80 -cert {pki}/device.crt -key {pki}/device.key -no_ticket -WWW -quiet",
        80,
    ),
    Server(
        "device",
        "openssl s_server -accept 8883 -nocert -psk 0102030405060708 -psk_identity sensor -tls1_2 "
        "-cipher PSK-AES128-CCM8:PSK-AES128-GCM-SHA256 -WWW -quiet",
        8883,
    ),
    Server("shell", "dropbear -F -R -E -w -p 443 -r {work}/hostkey"),
    Server("plain", "{python} -m http.server 443"),
    Server("silent", "{python} {programs}/banner_server.py 443"),
)

VISITS = (
    Visits(browse("desktop", "https://www.example/"), 9, "growing"),
    Visits(browse("desktop", "https://shop.example/"), 6, "growing"),
    Visits(browse("desktop", "https://modern.example/"), 7, "growing"),
    Visits(browse("tablet", "https://blog.example/"), 5, "growing"),
    Visits(browse("tablet", "https://quantum.example:8443/"), 4, "growing"),
    Visits(browse("tablet", "https://www6.example/"), 5, "growing"),
    Visits(browse("desktop", "https://old.test/"), 2, "fading"),
    Visits(
        Client("laptop", "curl -s --cacert {pki}/bundle.crt https://www.example/ https://shop.example/"), 12, "growing"
    ),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt https://shop6.example/"), 9, "steady"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt --tls-max 1.2 https://blog.example/"), 12, "fading"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt https://many.example/"), 6, "steady"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt https://wild.apps.test/"), 4, "steady"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt https://expired.test/"), 5, "steady"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt https://selfsigned.test/"), 4, "steady"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt --tls-max 1.2 https://wrongname.test/"), 3, "steady"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt --tls-max 1.2 https://future.test/"), 2, "steady"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt --tls-max 1.2 https://incomplete.test/"), 3, "steady"),
    Visits(Client("laptop", "curl -s https://rsa4096.test/"), 3, "fading"),
    Visits(Client("laptop", "curl -sk --tls-max 1.2 https://selfsigned.test/"), 3, "fading"),
    Visits(Client("laptop", "curl -s http://www.example/"), 4, "fading"),
    Visits(
        Client(
            "laptop",
            "curl -s --cacert {pki}/bundle.crt https://nothere.example/ --resolve nothere.example:443:198.51.100.10",
        ),
        3,
    ),
    Visits(Client("laptop", "gnutls-cli --x509cafile {pki}/bundle.crt mail.example", (REQUEST,)), 9, "steady"),
    Visits(s_client("laptop", "-connect mail.example:993 -servername mail.example"), 12, "regular"),
    Visits(
        Client("build", "wget -q -O /dev/null --ca-certificate={pki}/bundle.crt https://static.example/"), 6, "growing"
    ),
    Visits(
        Client("build", "wget -q -O /dev/null --ca-certificate={pki}/bundle.crt https://rsa4096.test/"), 5, "steady"
    ),
    Visits(Client("build", "node {programs}/node_client.mjs https://api.example/ {pki}/bundle.crt"), 14, "growing"),
    Visits(Client("build", "node {programs}/node_client.mjs https://api6.example/ {pki}/bundle.crt"), 5, "growing"),
    Visits(
        Client("build", "{node24} {programs}/node_client.mjs https://modern.example/ {pki}/bundle.crt"), 8, "growing"
    ),
    Visits(Client("build", "{python} {programs}/newer_openssl_client.py modern.example 443"), 7, "growing"),
    Visits(
        Client(
            "build",
            "{node24} {programs}/node_client.mjs https://quantum.example:8443/ {pki}/bundle.crt "
            "X25519:SecP384r1MLKEM1024",
        ),
        4,
        "growing",
    ),
    Visits(stream("desktop", "https://stream.example/"), 5, "growing"),
    Visits(Client("laptop", "curl -s --cacert {pki}/bundle.crt https://stream.example/"), 6),
    Visits(
        Client("tablet", "{python} {programs}/quic_peer.py client quantum.example 443 --authority {pki}/bundle.crt"),
        5,
        "growing",
    ),
    Visits(s_client("laptop", "-connect mail.example:587 -starttls smtp"), 5),
    Visits(s_client("laptop", "-connect mail.example:143 -starttls imap"), 4, "fading"),
    Visits(
        Client(
            "sensor",
            "openssl s_client -connect broker.test:4433 -servername broker.test -dtls1_2 -CAfile {pki}/bundle.crt",
            ("reading 42\n", "Q\n"),
        ),
        8,
        "regular",
    ),
    Visits(
        Client(
            "build",
            "java {programs}/LegacyPeer.java client api.example 443 TLSv1.3,TLSv1.2 "
            "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
        4,
    ),
    Visits(python("build", "api.example 443 --authority {pki}/bundle.crt --alpn http/1.1 --times 2"), 8, "steady"),
    Visits(python("build", "p384.test 443 --authority {pki}/bundle.crt"), 3, "steady"),
    Visits(python("build", "ed25519.test 443 --authority {pki}/bundle.crt"), 3, "growing"),
    Visits(Client("build", "dbclient -y -p 443 nobody@shell.test true", seconds=3), 4, "steady"),
    Visits(python("monitor", "www.example 443 --maximum TLSv1_2 --times 2"), 22, "regular"),
    Visits(python("monitor", "shop.example 443 --maximum TLSv1_2 --nameless"), 3, "steady"),
    Visits(python("monitor", "blog.example 443 --maximum TLSv1_2 --ciphers ECDHE+CHACHA20 --times 2"), 8, "steady"),
    Visits(python("monitor", "sha1.test 443 --maximum TLSv1_2 --ciphers AES256-GCM-SHA384:@SECLEVEL=0"), 5, "fading"),
    Visits(
        python("monitor", "rsa1024.test 443 --maximum TLSv1_2 --ciphers DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"),
        5,
        "fading",
    ),
    Visits(Client("monitor", "curl -s --max-time 1 https://silent.test/", seconds=4), 4, "regular"),
    Visits(Client("monitor", "curl -s http://plain.test:443/"), 9, "regular"),
    Visits(Client("monitor", "curl -sk --http1.1 --tls-max 1.2 https://device.test:4443/index.html"), 8, "regular"),
    Visits(Client("monitor", "curl -sk --http1.1 https://device.test:80/index.html"), 4, "steady"),
    Visits(Client("monitor", "curl -s https://www.example:8443/ --cacert {pki}/bundle.crt"), 5, "steady"),
    Visits(
        Client(
            "partner",
            "curl -s --cacert {pki}/bundle.crt --cert {pki}/client.crt --key {pki}/client.key --tls-max 1.2 "
            "https://bank.example:8443/",
        ),
        7,
        "fading",
    ),
    Visits(
        Client(
            "partner",
            "curl -s --cacert {pki}/bundle.crt --cert {pki}/client-rsa.crt --key {pki}/client-rsa.key "
            "https://bank.example:8443/",
        ),
        7,
        "growing",
    ),
    Visits(
        Client(
            "partner",
            "curl -s --cacert {pki}/bundle.crt --cert {pki}/client-expired.crt --key {pki}/client-expired.key "
            "--tls-max 1.2 https://bank.example:8443/",
        ),
        2,
    ),
    Visits(
        s_client("legacy", "-connect old.test:443 -servername old.test -tls1 -cipher ALL:@SECLEVEL=0"), 16, "fading"
    ),
    Visits(s_client("legacy", "-connect old.test:443 -tls1_1 -cipher ALL:@SECLEVEL=0"), 10, "fading"),
    Visits(
        s_client("legacy", "-connect www.example:443 -servername www.example -tls1 -cipher ALL:@SECLEVEL=0"),
        6,
        "fading",
    ),
    Visits(
        s_client("legacy", "-connect shop.example:443 -servername shop.example -tls1_2 -cipher AES128-SHA"), 3, "fading"
    ),
    Visits(
        s_client("legacy", "-connect old.test:443 -tls1_1 -cipher DHE-RSA-AES128-SHA:@SECLEVEL=0 -fallback_scsv"),
        3,
        "fading",
    ),
    Visits(tlslite("printer", "cashdesk.test 4433 --maximum ssl3 --ciphers rc4"), 7, "fading"),
    Visits(tlslite("printer", "cashdesk.test 4433 --maximum tls1.0 --ciphers 3des"), 8, "fading"),
    Visits(
        Client(
            "printer",
            "java {programs}/LegacyPeer.java client ancient.test 8443 SSLv2Hello,TLSv1 SSL_RSA_WITH_DES_CBC_SHA",
        ),
        2,
        "fading",
    ),
    Visits(
        Client(
            "printer", "java {programs}/LegacyPeer.java client ancient.test 8443 TLSv1 SSL_RSA_EXPORT_WITH_RC4_40_MD5"
        ),
        3,
        "fading",
    ),
    Visits(
        s_client(
            "sensor",
            "-connect broker.test:8883 -psk 0102030405060708 -psk_identity sensor -tls1_2 -cipher PSK-AES128-CCM8",
        ),
        24,
        "regular",
    ),
    Visits(
        s_client(
            "sensor",
            "-connect broker.test:8883 -psk ffffffff -psk_identity sensor -tls1_2 -cipher PSK-AES128-GCM-SHA256",
        ),
        3,
    ),
    *(
        Visits(s_client("scanner", f"-connect {name}:443 {version} -cipher ALL:@SECLEVEL=0"), 1, "burst", 3.4)
        for name in (
            "www.example",
            "api.example",
            "mail.example",
            "old.test",
            "modern.example",
            "plain.test",
            "shell.test",
        )
        for version in ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3")
    ),
    *(
        Visits(Client("scanner", f"{LIGHT_SCAN} {name}"), 1, "burst", 3.6)
        for name in ("old.test", "mail.example", "cashdesk.test:4433")
    ),
    Visits(Client("scanner", "curl -s --max-time 2 http://www.example:443/ http://api.example:443/"), 2, "burst", 3.5),
)
