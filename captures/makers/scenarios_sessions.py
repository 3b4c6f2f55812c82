"""Scenarios: what happens around a handshake. Resumption, early data, retries, renegotiation."""

from __future__ import annotations

from scenario import REQUEST, Client, Scenario, Server
from scenarios_versions import EC_SERVER, RSA_SERVER, S_CLIENT, TARGET

BARE_SERVER = "openssl s_server -accept 443 -nocert -WWW -quiet"
QUIET_SERVER = EC_SERVER.replace("-WWW ", "")
TYPING_CLIENT = S_CLIENT.replace(" -ign_eof", "")
TLSLITE = "{python} {programs}/tlslite_peer.py"
SHARED_KEY = "--minimum tls1.3 --psk-modes psk_ke --shared-key 00112233445566778899aabbccddeeff"
PSK = "-psk 00112233445566778899aabbccddeeff"
RETRY = "tls.handshake.type == 2 && tls.handshake.extensions_key_share_selected_group"
TLS13 = "tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304"
RESUMED13 = "tls.handshake.type == 2 && tls.handshake.extension.type == 41"
RENEGOTIATION = "tls.handshake.type == 1 && tls.handshake.extensions_reneg_info_len > 0"
WAITING = ("waiting\n",) * 8


def build_two_visits(
    name: str, shows: str, server: str, checks: tuple[str, ...], absent: tuple[str, ...] = (), second: str = ""
) -> Scenario:
    """A client that stores its session, and comes back with it."""
    first = f"{S_CLIENT} {TARGET} -sess_out {{work}}/{name}.session"
    again = f"{S_CLIENT} {TARGET} -sess_in {{work}}/{name}.session"
    return Scenario(
        name,
        shows,
        (Server("web", server),),
        (Client("desktop", first, (REQUEST,)), Client("desktop", f"{again} {second}".strip(), (REQUEST,))),
        checks,
        absent,
        connections=2,
    )


def build_early_data(name: str, shows: str, server: str, *checks: str) -> Scenario:
    """A first visit that brings a ticket, and a second that sends data at once."""
    return Scenario(
        name,
        shows,
        (Server("web", server),),
        (
            Client("desktop", f"{TYPING_CLIENT} {TARGET} -sess_out {{work}}/{name}.session", ("hello\n", "Q\n")),
            Client(
                "desktop",
                f"{TYPING_CLIENT} {TARGET} -sess_in {{work}}/{name}.session -early_data {{work}}/index.html "
                f"-keylogfile {{work}}/{name}.keys",
                ("hello\n", "Q\n"),
            ),
        ),
        ("tls.handshake.type == 1 && tls.handshake.extension.type == 42", *checks),
        connections=2,
        key_log=True,
    )


def build_pair(name: str, shows: str, server: str, client: str, *checks: str, typed: tuple[str, ...] = ()) -> Scenario:
    """One server, one client, one connection."""
    return Scenario(
        name,
        shows,
        (Server("web", server),),
        (Client("desktop", client, typed or (REQUEST,)),),
        checks,
        key_log="-keylogfile" in client,
    )


RESUMPTIONS = (
    build_two_visits(
        "resumption-session-id",
        "TLS 1.2 resumption by session id: a full handshake, then an abbreviated one",
        f"{RSA_SERVER} -tls1_2 -no_ticket",
        ("tls.handshake.type == 2 && tls.handshake.session_id_length == 32",),
        ("tls.handshake.type == 4",),
    ),
    build_two_visits(
        "resumption-ticket",
        "TLS 1.2 resumption by ticket (RFC 5077)",
        f"{RSA_SERVER} -tls1_2",
        ("tls.handshake.type == 4", "tls.handshake.type == 1 && tls.handshake.session_id_length == 32"),
    ),
    Scenario(
        "resumption-refused",
        "a TLS 1.2 session that the server does not know: a session id is offered, the handshake is full",
        (Server("web", f"{RSA_SERVER} -tls1_2 -no_ticket"), Server("modern", f"{RSA_SERVER} -tls1_2 -no_ticket")),
        (
            Client("desktop", f"{S_CLIENT} {TARGET} -sess_out {{work}}/refused.session", (REQUEST,)),
            Client(
                "desktop",
                f"{S_CLIENT} -connect modern.example:443 -servername www.example -sess_in {{work}}/refused.session",
                (REQUEST,),
            ),
        ),
        ("tls.handshake.type == 1 && tls.handshake.session_id_length == 32", "tls.handshake.type == 11"),
        connections=2,
    ),
    build_two_visits("resumption-tls13", "TLS 1.3 resumption by PSK with (EC)DHE", EC_SERVER, (RESUMED13,)),
    Scenario(
        "psk-tls13-without-exchange",
        "TLS 1.3 with an external PSK and no (EC)DHE: psk_ke, without forward secrecy",
        (Server("old", f"{TLSLITE} server 0.0.0.0 443 {SHARED_KEY} --certificate {{pki}}/old.crt {{pki}}/old.key"),),
        (Client("sensor", f"{TLSLITE} client old.test 443 {SHARED_KEY}"),),
        (f"{RESUMED13} && !(tls.handshake.extension.type == 51)", "tls.extension.psk_ke_mode == 0"),
    ),
    build_early_data("early-data", "0-RTT data that the server takes", f"{QUIET_SERVER} -early_data", RESUMED13),
    build_early_data(
        "early-data-refused",
        "0-RTT data that the server drops, because it asks for another group first",
        f"{QUIET_SERVER} -max_early_data 64 -groups P-384",
        RETRY,
    ),
    build_pair(
        "psk-tls13",
        "TLS 1.3 with an external PSK and no certificate",
        f"{BARE_SERVER} -tls1_3 {PSK}",
        f"{S_CLIENT} {TARGET} -tls1_3 {PSK}",
        RESUMED13,
    ),
)

SESSIONS = (
    build_pair(
        "hello-retry-request",
        "HelloRetryRequest: the client's key share is for a group that the server does not take",
        f"{EC_SERVER} -groups P-384",
        f"{S_CLIENT} {TARGET} -groups X25519:P-384",
        RETRY,
    ),
    build_pair(
        "hello-retry-cookie",
        "HelloRetryRequest with a cookie",
        f"{TLSLITE} server 0.0.0.0 443 --curves secp256r1 --certificate {{pki}}/www.crt {{pki}}/www.key",
        f"{S_CLIENT} {TARGET} -groups X25519:P-256",
        RETRY,
        "tls.handshake.type == 1 && tls.handshake.extension.type == 44",
    ),
    build_pair(
        "renegotiation-client",
        "the client starts a second handshake inside the first connection; key log beside it",
        f"{QUIET_SERVER} -tls1_2 -client_renegotiation",
        f"{TYPING_CLIENT} {TARGET} -keylogfile {{work}}/renegotiation-client.keys",
        RENEGOTIATION,
        typed=("R\n", "after\n", "Q\n"),
    ),
    build_pair(
        "renegotiation-server",
        "the server asks for a second handshake with a HelloRequest; it is abbreviated; key log beside it",
        f"sh -c '(sleep 1; echo r; sleep 1; echo Q; sleep 1) | {QUIET_SERVER.replace(' -quiet', '')} -tls1_2'",
        f"{TYPING_CLIENT} {TARGET} -keylogfile {{work}}/renegotiation-server.keys",
        RENEGOTIATION,
        "tls.handshake.type == 0",
        typed=WAITING,
    ),
    Scenario(
        "key-update",
        "TLS 1.3 key updates, asked for by the client; key log beside it",
        (Server("web", QUIET_SERVER),),
        (
            Client(
                "desktop",
                f"{TYPING_CLIENT} {TARGET} -keylogfile {{work}}/key-update.keys",
                ("before\n", "K\n", "after\n", "k\n", "Q\n"),
            ),
        ),
        ("tls.handshake.type == 24",),
        key_log=True,
    ),
    Scenario(
        "post-handshake-authentication",
        "TLS 1.3 client certificate asked for after the handshake; key log beside it",
        (
            Server(
                "web", f"sh -c '(sleep 1; echo c; sleep 1; echo Q; sleep 1) | {QUIET_SERVER.replace(' -quiet', '')}'"
            ),
        ),
        (
            Client(
                "desktop",
                f"{TYPING_CLIENT} {TARGET} -enable_pha -cert {{pki}}/client.crt -key {{pki}}/client.key "
                "-keylogfile {work}/post-handshake-authentication.keys",
                WAITING,
            ),
        ),
        ("tls.handshake.type == 1 && tls.handshake.extension.type == 49", "tls.handshake.type == 13"),
        key_log=True,
    ),
    build_pair(
        "alpn-http11",
        "ALPN: http/1.1 chosen from two, visible in TLS 1.2",
        f"{RSA_SERVER} -tls1_2 -alpn http/1.1",
        f"{S_CLIENT} {TARGET} -alpn h2,http/1.1",
        'tls.handshake.type == 2 && tls.handshake.extensions_alpn_str == "http/1.1"',
    ),
    build_pair(
        "npn",
        "the abandoned next protocol negotiation, forerunner of ALPN",
        f"{RSA_SERVER} -tls1_2 -nextprotoneg http/1.1,spdy/3",
        f"{S_CLIENT} {TARGET} -nextprotoneg http/1.1",
        "tls.handshake.type == 2 && tls.handshake.extension.type == 13172",
    ),
    build_pair(
        "maximum-fragment-length",
        "records of 512 bytes at most (RFC 6066), so that messages span records",
        f"{RSA_SERVER} -tls1_2",
        f"{S_CLIENT} {TARGET} -maxfraglen 512",
        "tls.handshake.type == 2 && tls.handshake.extension.type == 1",
    ),
    build_pair(
        "small-fragments",
        "TLS 1.3 whose server splits every message into records of 512 bytes",
        f"{EC_SERVER} -max_send_frag 512",
        f"{S_CLIENT} {TARGET}",
        TLS13,
    ),
    build_pair(
        "no-middlebox-mode",
        "TLS 1.3 without the compatibility session id and change_cipher_spec",
        f"{EC_SERVER} -no_middlebox",
        f"{S_CLIENT} {TARGET} -no_middlebox",
        "tls.handshake.type == 1 && tls.handshake.session_id_length == 0",
    ),
    build_pair(
        "no-server-name",
        "a hello without server name",
        EC_SERVER,
        f"{S_CLIENT} -connect www.example:443 -noservername",
        TLS13,
    ),
    Scenario(
        "delegated-credential-offer",
        "a client that would take a delegated credential (RFC 9345), and a server that has none",
        (Server("web", EC_SERVER),),
        (Client("legacy", f"{TLSLITE} client www.example 443 --delegation"),),
        ("tls.handshake.type == 1 && tls.handshake.extension.type == 34",),
    ),
    Scenario(
        "no-extended-master-secret",
        "TLS 1.2 without extended master secret",
        (
            Server(
                "old",
                f"{TLSLITE} server 0.0.0.0 443 --maximum tls1.2 --no-extended-master-secret "
                "--certificate {pki}/old.crt {pki}/old.key",
            ),
        ),
        (Client("legacy", f"{TLSLITE} client old.test 443 --maximum tls1.2 --no-extended-master-secret"),),
        ("tls.handshake.type == 2",),
        ("tls.handshake.extension.type == 23",),
    ),
    Scenario(
        "heartbeat",
        "heartbeat extension negotiated in TLS 1.2 (RFC 6520), and an encrypted heartbeat",
        (
            Server(
                "old",
                "{python} {programs}/tlslite_peer.py server 0.0.0.0 443 --maximum tls1.2 --heartbeat "
                "--certificate {pki}/old.crt {pki}/old.key",
            ),
        ),
        (Client("legacy", "{python} {programs}/tlslite_peer.py client old.test 443 --maximum tls1.2 --heartbeat"),),
        ("tls.handshake.type == 2 && tls.handshake.extension.heartbeat.mode", "tls.record.content_type == 24"),
    ),
)
