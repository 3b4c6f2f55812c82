"""A web server with several names, in front of which a proxy may answer for it.

Clients at the addresses of `--proxied` are answered as an interception proxy answers them: with certificates of its
own authority (PKI/gateway-NAME.crt), never better than TLS 1.2. All others get the server's (PKI/NAME.crt), up to the
version that `--maximum` says.
"""

from __future__ import annotations

import argparse
import socket
import ssl
import threading
from pathlib import Path

PAGE = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<p>welcome</p>\n"
PROXY_CIPHERS = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"


def main() -> None:
    """Read the command line and serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("pki", type=Path)
    parser.add_argument("names", nargs="+", help="host names, NAME.example with PKI/NAME.crt")
    parser.add_argument("--maximum", choices=[version.name for version in ssl.TLSVersion], default="TLSv1_3")
    parser.add_argument("--proxied", nargs="*", default=[])
    arguments = parser.parse_args()
    real = build_contexts(arguments.pki, arguments.names, "", ssl.TLSVersion[arguments.maximum])
    proxy = (
        build_contexts(arguments.pki, arguments.names, "gateway-", ssl.TLSVersion.TLSv1_2) if arguments.proxied else {}
    )
    with socket.create_server(("", arguments.port), backlog=64) as listener:
        while True:
            plain, (address, _) = listener.accept()
            contexts = proxy if address in arguments.proxied else real
            threading.Thread(target=answer, args=(plain, contexts), daemon=True).start()


def build_contexts(pki: Path, names: list[str], prefix: str, maximum: ssl.TLSVersion) -> dict[str, ssl.SSLContext]:
    """A context for each name; each hands over to that of the name that is asked for."""
    contexts: dict[str, ssl.SSLContext] = {}

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = contexts.get(name or "", contexts[names[0]])

    for name in names:
        context = contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        stem = pki / f"{prefix}{name.partition('.')[0]}"
        context.load_cert_chain(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        context.maximum_version = maximum
        context.options |= ssl.OP_NO_TICKET
        if prefix:
            context.set_ciphers(PROXY_CIPHERS)
        context.sni_callback = choose
    return contexts


def answer(plain: socket.socket, contexts: dict[str, ssl.SSLContext]) -> None:
    """Answer one request; a client that refuses is no reason to stop."""
    plain.settimeout(5)
    try:
        with next(iter(contexts.values())).wrap_socket(plain, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(PAGE)
    except OSError:
        plain.close()


if __name__ == "__main__":
    main()
