"""A client on the OpenSSL that the cryptography wheel carries (4.0 at the time), through pyOpenSSL.

It offers the post-quantum groups of that library. Prints one line: version and suite, or the error.
"""

from __future__ import annotations

import argparse
import socket

from OpenSSL import SSL


def main() -> None:
    """Read the command line, connect, ask for a page and say good-bye."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--authority")
    parser.add_argument("--alpn", default="http/1.1")
    arguments = parser.parse_args()
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if arguments.authority:
        context.load_verify_locations(arguments.authority)
        context.set_verify(SSL.VERIFY_PEER)
    context.set_alpn_protos([arguments.alpn.encode()])
    connection = SSL.Connection(context, socket.create_connection((arguments.host, arguments.port), timeout=5))
    connection.setblocking(True)
    connection.set_tlsext_host_name(arguments.host.encode())
    connection.set_connect_state()
    try:
        connection.do_handshake()
        connection.sendall(b"GET / HTTP/1.0\r\nHost: " + arguments.host.encode() + b"\r\n\r\n")
        while connection.recv(4096):
            pass
    except SSL.ZeroReturnError:
        print(connection.get_protocol_version_name(), connection.get_cipher_name())
    except SSL.Error as error:
        print(type(error).__name__, error)
    connection.shutdown()
    connection.close()


if __name__ == "__main__":
    main()
