"""A TCP server without TLS: sends one line on connecting, if given one, and then only listens.

With no line it is the silent peer that a client hangs on; `--once` closes after the first bytes,
`--reset` does so with a reset.
"""

from __future__ import annotations

import argparse
import socket
import socketserver
import struct


class Peer(socketserver.BaseRequestHandler):
    """Send the banner, then read until the client leaves or, if asked to, only once."""

    banner = b""
    once = False
    reset = False

    def handle(self) -> None:
        """Serve one connection (the name is socketserver's)."""
        if self.banner:
            self.request.sendall(self.banner + b"\r\n")
        while self.request.recv(4096):
            if self.once or self.reset:
                break
        if self.reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection; the port can be taken again at once."""

    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    """Read the command line and serve for ever."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--banner", default="")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--reset", action="store_true")
    arguments = parser.parse_args()
    Peer.banner = arguments.banner.encode()
    Peer.once, Peer.reset = arguments.once, arguments.reset
    with Server(("", arguments.port), Peer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
