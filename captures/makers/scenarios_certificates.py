"""Scenarios: certificates of every kind, on the server and on the client side.

TLS 1.2 where the chain is the point, because TLS 1.3 hides it.
"""

from __future__ import annotations

from network import find_owner
from scenario import REQUEST, Client, Scenario, Server
from scenarios_versions import EC_SERVER, RSA_SERVER, S_CLIENT, TARGET

CHAINLESS = ("selfsigned", "incomplete")
VERIFYING = "-verify 5 -verifyCAfile {pki}/bundle.crt"
DEMANDING = "-Verify 5 -verifyCAfile {pki}/bundle.crt -verify_return_error"


def serve(certificate: str) -> str:
    """A TLS 1.2 server at www.example with another certificate."""
    return f"{EC_SERVER.replace('/www.', f'/{certificate}.')} -tls1_2"


def build_server_certificate(
    name: str, certificate: str, host: str, shows: str, *checks: str, trusting: bool = True
) -> Scenario:
    """One certificate of the private authority, sent by s_server with the chain in its file."""
    rest = "" if certificate in CHAINLESS else f"-cert_chain {{pki}}/{certificate}.rest "
    server = (
        f"openssl s_server -accept 443 -cert {{pki}}/{certificate}.crt -key {{pki}}/{certificate}.key "
        f"{rest}-tls1_2 -cipher ALL:@SECLEVEL=0 -WWW -quiet"
    )
    strict = " -verify_return_error" if not trusting else ""
    client = (
        f"openssl s_client -ign_eof -CAfile {{pki}}/bundle.crt -connect {host}:443 -servername {host} "
        f"-verify_hostname {host} -cipher ALL:@SECLEVEL=0{strict}"
    )
    return Scenario(
        f"certificate-{name}",
        shows,
        (Server(find_owner(host), server),),
        (Client("laptop", client, (REQUEST,)),),
        ("tls.handshake.type == 11", *checks),
    )


def build_client_certificate(
    name: str, shows: str, server: str, client: str, checks: tuple[str, ...], suffix: str = "pcap"
) -> Scenario:
    """A server that asks for a certificate and a client that has one or not."""
    return Scenario(
        f"client-certificate-{name}",
        shows,
        (Server("web", server),),
        (Client("partner", f"{S_CLIENT} {TARGET} {client}".strip(), (REQUEST,)),),
        checks,
        suffix=suffix,
    )


CERTIFICATES = (
    build_server_certificate("rsa1024", "rsa1024", "rsa1024.test", "RSA key of 1024 bits"),
    build_server_certificate("rsa4096", "rsa4096", "rsa4096.test", "RSA key of 4096 bits"),
    build_server_certificate("p384", "p384", "p384.test", "ECDSA key on P-384", "pkcs1.namedCurve == 1.3.132.0.34"),
    build_server_certificate("ed25519", "ed25519", "ed25519.test", "Ed25519 key, also signing the key exchange"),
    build_server_certificate("sha1", "sha1", "sha1.test", "leaf signed with SHA-1"),
    build_server_certificate("md5", "ancient", "old.test", "leaf signed with MD5, common name but no alternative name"),
    build_server_certificate("expired", "expired", "expired.test", "expired leaf, accepted all the same"),
    build_server_certificate(
        "expired-refused",
        "expired",
        "expired.test",
        "expired leaf, refused by the client",
        "tls.alert_message.desc == 45",
        trusting=False,
    ),
    build_server_certificate("not-yet-valid", "future", "future.test", "leaf that is not valid yet"),
    build_server_certificate("self-signed", "selfsigned", "selfsigned.test", "self-signed leaf, ten years valid"),
    build_server_certificate("wrong-name", "wrongname", "wrongname.test", "leaf for another name"),
    build_server_certificate("wildcard", "wild", "wild.apps.test", "leaf for *.apps.test"),
    build_server_certificate("many-names", "many", "many.example", "leaf with 121 alternative names"),
    build_server_certificate("incomplete-chain", "incomplete", "incomplete.test", "chain without its intermediate"),
    build_server_certificate("wrong-order", "wrongorder", "incomplete.test", "chain out of order, with the root"),
    build_server_certificate("constrained-key-usage", "usage", "wild.apps.test", "leaf for client authentication only"),
    build_server_certificate(
        "delegation-usage", "delegating", "quantum.example", "leaf that may sign delegated credentials (RFC 9345)"
    ),
    Scenario(
        "certificate-stapled",
        "OCSP response stapled to a must-staple leaf",
        (Server("web", f"{EC_SERVER.replace('/www.', '/staple.')} -tls1_2 -status_file {{pki}}/staple.ocsp"),),
        (Client("laptop", f"{S_CLIENT} {TARGET} -status", (REQUEST,)),),
        ("tls.handshake.type == 22", "tls.handshake.extension.type == 5 && tls.handshake.type == 1"),
    ),
    *(
        Scenario(
            f"certificate-stapled-{kind}",
            shows,
            (Server("web", f"{serve(name)} -status_file {{pki}}/{name}.ocsp"),),
            (Client("laptop", f"{S_CLIENT} {TARGET} -status", (REQUEST,)),),
            ("tls.handshake.type == 22", *checks),
        )
        for kind, name, shows, checks in (
            ("revoked", "staple-revoked", "stapled OCSP response that says revoked", ("ocsp.revoked_element",)),
            ("expired", "staple-expired", "stapled OCSP response that was due to be renewed", ("ocsp.good_element",)),
            ("forged", "staple-forged", "stapled OCSP response with a wrong signature", ("ocsp.good_element",)),
        )
    ),
    Scenario(
        "certificate-stapled-tls13",
        "stapled OCSP response that says revoked, in the Certificate of TLS 1.3; key log beside it",
        (
            Server(
                "web",
                f"{EC_SERVER.replace('/www.', '/staple-revoked.')} -tls1_3 -status_file {{pki}}/staple-revoked.ocsp",
            ),
        ),
        (
            Client(
                "laptop",
                f"{S_CLIENT} {TARGET} -status -keylogfile {{work}}/certificate-stapled-tls13.keys",
                (REQUEST,),
            ),
        ),
        ("tls.handshake.type == 11", "ocsp.revoked_element"),
        ("tls.handshake.type == 22",),
        key_log=True,
    ),
    Scenario(
        "certificate-timestamps",
        "two SCTs in the TLS extension (RFC 6962)",
        (Server("web", f"{serve('logged')} -serverinfo {{pki}}/logged.serverinfo"),),
        (Client("laptop", f"{S_CLIENT} {TARGET} -ct -ctlogfile {{pki}}/logged.logs", (REQUEST,)),),
        ("tls.handshake.type == 2 && tls.handshake.extension.type == 18",),
    ),
    Scenario(
        "certificate-not-stapled",
        "must-staple leaf without the staple that the client asked for",
        (Server("web", f"{EC_SERVER.replace('/www.', '/staple.')} -tls1_2"),),
        (Client("laptop", f"{S_CLIENT} {TARGET} -status", (REQUEST,)),),
        ("tls.handshake.extension.type == 5 && tls.handshake.type == 1",),
        ("tls.handshake.type == 22",),
    ),
    build_client_certificate(
        "tls12",
        "client certificate in TLS 1.2, where it can be read",
        f"{RSA_SERVER} -tls1_2 {VERIFYING}",
        "-cert {pki}/client.crt -key {pki}/client.key -cert_chain {pki}/intermediate.crt",
        ("tls.handshake.type == 13", "tls.handshake.type == 15"),
    ),
    build_client_certificate(
        "tls13",
        "client certificate in TLS 1.3, where it is encrypted",
        f"{RSA_SERVER} -tls1_3 {VERIFYING}",
        "-cert {pki}/client.crt -key {pki}/client.key",
        ("tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304",),
        "pcapng",
    ),
    build_client_certificate(
        "none",
        "the server asks for a certificate, the client has none, the server goes on",
        f"{RSA_SERVER} -tls1_2 {VERIFYING}",
        "",
        ("tls.handshake.type == 13", "tls.handshake.certificates_length == 0"),
    ),
    build_client_certificate(
        "refused",
        "expired client certificate, refused by the server",
        f"{RSA_SERVER} -tls1_2 {DEMANDING}",
        "-cert {pki}/client-expired.crt -key {pki}/client-expired.key",
        ("tls.handshake.type == 13", "tls.alert_message.desc == 45"),
    ),
    build_client_certificate(
        "self-signed",
        "self-signed client certificate, refused by the server",
        f"{RSA_SERVER} -tls1_2 {DEMANDING}",
        "-cert {pki}/client-stranger.crt -key {pki}/client-stranger.key",
        ("tls.handshake.type == 13", "tls.alert_message.level == 2"),
    ),
)
