"""A TCP server without TLS: sends one line on connecting, if given one, and then only listens.

With no line it is the silent peer that a scanner hangs on.
"""

from __future__ import annotations

import argparse
import socketserver


class Peer(socketserver.BaseRequestHandler):
    """Send the banner, then read until the client leaves."""

    banner = b""

    def handle(self) -> None:
        """Serve one connection (the name is socketserver's)."""
        if self.banner:
            self.request.sendall(self.banner + b"\r\n")
        while self.request.recv(4096):
            pass


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection; the port can be taken again at once."""

    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    """Read the command line and serve for ever."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--banner", default="")
    arguments = parser.parse_args()
    Peer.banner = arguments.banner.encode()
    with Server(("", arguments.port), Peer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
