"""Scenarios: which protocol is on which port. TLS elsewhere than on 443, other things on 443."""

from __future__ import annotations

from scenario import REQUEST, Client, Scenario, Server
from scenarios_versions import EC_SERVER, S_CLIENT

CURL = "curl -s --http1.1 --cacert {pki}/bundle.crt"
NGINX = Server("web", "nginx -p {work} -c {work}/web.conf")
HELLO = "tls.handshake.type == 1"
STARTTLS = "{python} {programs}/starttls_server.py"
MAIL_CERTIFICATE = "{pki}/mail.crt {pki}/mail.key"


def build_odd_port(port: int, shows: str) -> Scenario:
    """TLS on some other port."""
    server = EC_SERVER.replace("-accept 443", f"-accept {port}")
    client = f"{S_CLIENT} -connect www.example:{port} -servername www.example"
    return Scenario(
        f"tls-on-{port}",
        shows,
        (Server("web", server, port),),
        (Client("desktop", client, (REQUEST,)),),
        (f"{HELLO} && tcp.dstport == {port}",),
    )


def build_plain(name: str, shows: str, server: Server, client: Client, *checks: str) -> Scenario:
    """Something on 443 that is not TLS."""
    return Scenario(name, shows, (server,), (client,), checks, ("tls.handshake",), connections=0)


def build_mail_in_the_clear() -> Scenario:
    """A client that would have liked TLS and sends its mail without."""
    letter = "--mail-from desk@mail.example --mail-rcpt post@mail.example --upload-file {work}/index.html"
    return build_plain(
        "starttls-not-offered",
        "SMTP whose server does not offer STARTTLS, or had it taken on the way: the mail goes in the clear",
        Server("mail", f"{STARTTLS} smtp 25 {MAIL_CERTIFICATE} --stripped", 25),
        Client("laptop", f"curl -s --ssl smtp://mail.example:25 {letter}"),
        'smtp.req.command == "MAIL"',
    )


def build_starttls(protocol: str, port: int) -> Scenario:
    """A protocol that turns to TLS after a few lines in the clear; the server is scripted, its TLS is Python's."""
    return Scenario(
        f"starttls-{protocol}",
        f"{protocol.upper()} on port {port} that turns to TLS on request",
        (Server("mail", f"{STARTTLS} {protocol} {port} {MAIL_CERTIFICATE}", port),),
        (Client("laptop", f"{S_CLIENT} -connect mail.example:{port} -starttls {protocol}", ("QUIT\n",)),),
        (HELLO,),
    )


PORTS = (
    build_odd_port(8443, "TLS on 8443"),
    build_odd_port(80, "TLS on 80, the port of plain HTTP"),
    build_odd_port(31337, "TLS on a port that no registry gives it"),
    build_plain(
        "http-on-443",
        "plain HTTP on 443",
        Server("plain", "{python} -m http.server 443"),
        Client("monitor", "curl -s http://plain.test:443/index.html"),
        "http.request && tcp.dstport == 443",
    ),
    build_plain(
        "http-to-https",
        "plain HTTP sent to an HTTPS port; nginx answers in plain HTTP that this was wrong",
        NGINX,
        Client("monitor", "curl -s http://www.example:443/"),
        "http.response.code == 400",
    ),
    build_plain(
        "http-redirect",
        "plain HTTP on 80 that sends the client to HTTPS",
        Server("web", NGINX.command, 80),
        Client("monitor", "curl -s http://www.example/"),
        "http.response.code == 301",
    ),
    build_plain(
        "ssh-on-443",
        "a Secure Shell server on 443",
        Server("shell", "dropbear -F -R -E -p 443 -r {work}/hostkey"),
        Client("build", "dbclient -y -y -p 443 nobody@shell.test true", seconds=4),
        'frame contains "SSH-2.0" && tcp.srcport == 443',
    ),
    build_plain(
        "banner-on-443",
        "a line protocol on 443: the server speaks first",
        Server("silent", "{python} {programs}/banner_server.py 443 --banner '220 mail.example ESMTP'"),
        Client("monitor", "{python} {programs}/send_bytes.py silent.test 443 484554500d0a"),
        'frame contains "220 mail.example"',
    ),
    build_plain(
        "unknown-on-443",
        "bytes of no known protocol on 443",
        Server("silent", "{python} {programs}/banner_server.py 443"),
        Client("monitor", "{python} {programs}/send_bytes.py silent.test 443 00ff10203040 8182838485868788"),
        "tcp.len == 6",
    ),
    build_plain(
        "silent-on-443",
        "a connection to 443 on which nobody says anything",
        Server("silent", "{python} {programs}/banner_server.py 443"),
        Client("monitor", "{python} {programs}/send_bytes.py silent.test 443 ''"),
        "tcp.flags.fin == 1",
    ),
    Scenario(
        "tls-to-http",
        "a hello sent to a plain HTTP server, which takes it for a bad request",
        (Server("plain", "{python} -m http.server 443"),),
        (Client("monitor", "curl -s https://plain.test/"),),
        (HELLO, 'frame contains "400"'),
        ("tls.handshake.type == 2",),
    ),
    Scenario(
        "ipv6",
        "TLS 1.3 and TLS 1.2 over IPv6",
        (NGINX,),
        (
            Client("tablet", f"{CURL} https://www6.example/"),
            Client("tablet", f"{CURL} --tls-max 1.2 https://shop6.example/"),
        ),
        ("ipv6 && tls.handshake.type == 2", "ipv6 && tls.handshake.type == 11"),
        connections=2,
    ),
    Scenario(
        "proxy-connect",
        "TLS inside an HTTP CONNECT through a proxy on 3128",
        (NGINX, Server("api", "{python} {programs}/connect_proxy.py 3128", 3128)),
        (Client("laptop", f"{CURL} --proxy http://api.example:3128 https://www.example/"),),
        ('http.request.method == "CONNECT"',),
    ),
    Scenario(
        "proxy-protocol",
        "a PROXY protocol line in front of the hello, as a load balancer sends it",
        (Server("web", NGINX.command, 9443),),
        (Client("laptop", f"{CURL} --haproxy-protocol https://www.example:9443/"),),
        ('frame contains "PROXY TCP4"',),
    ),
    build_starttls("smtp", 587),
    build_starttls("imap", 143),
    build_starttls("pop3", 110),
    build_starttls("ftp", 21),
    build_starttls("xmpp", 5222),
    build_starttls("postgres", 5432),
    build_mail_in_the_clear(),
)
