"""A client made of Python's own ssl module: connect, ask for a page, optionally come back resuming.

Prints one line a connection: version, suite, whether the session was resumed, or the error.
"""

from __future__ import annotations

import argparse
import socket
import ssl


def main() -> None:
    """Read the command line and connect as often as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--authority", help="file of trusted certificates; without it nothing is verified")
    parser.add_argument("--maximum", choices=[version.name for version in ssl.TLSVersion], default="MAXIMUM_SUPPORTED")
    parser.add_argument("--minimum", choices=[version.name for version in ssl.TLSVersion], default="MINIMUM_SUPPORTED")
    parser.add_argument("--ciphers")
    parser.add_argument("--alpn", nargs="*", default=[])
    parser.add_argument("--certificate", nargs=2, metavar=("CHAIN", "KEY"))
    parser.add_argument("--nameless", action="store_true", help="send no server name")
    parser.add_argument("--times", type=int, default=1)
    arguments = parser.parse_args()
    context = build_context(arguments)
    session: ssl.SSLSession | None = None
    for _ in range(arguments.times):
        session = visit(context, arguments, session)


def build_context(arguments: argparse.Namespace) -> ssl.SSLContext:
    """The context that the command line describes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if arguments.authority else ssl.CERT_NONE
    if arguments.authority:
        context.load_verify_locations(arguments.authority)
        context.check_hostname = not arguments.nameless
    if arguments.ciphers:
        context.set_ciphers(arguments.ciphers)
    context.minimum_version = ssl.TLSVersion[arguments.minimum]
    context.maximum_version = ssl.TLSVersion[arguments.maximum]
    if arguments.alpn:
        context.set_alpn_protocols(arguments.alpn)
    if arguments.certificate:
        context.load_cert_chain(*arguments.certificate)
    return context


def visit(
    context: ssl.SSLContext, arguments: argparse.Namespace, session: ssl.SSLSession | None
) -> ssl.SSLSession | None:
    """Make one connection and return the session to resume from, if there is one."""
    name = None if arguments.nameless else arguments.host
    try:
        with (
            socket.create_connection((arguments.host, arguments.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name, session=session) as secure,
        ):
            secure.sendall(b"GET / HTTP/1.0\r\nHost: " + arguments.host.encode() + b"\r\n\r\n")
            while secure.recv(4096):
                pass
            print(secure.version(), secure.cipher(), secure.session_reused)
            return secure.session
    except (OSError, ssl.SSLError) as error:
        print(type(error).__name__, error)
        return None


if __name__ == "__main__":
    main()
