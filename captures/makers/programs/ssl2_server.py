"""A server that answers an SSL 2.0 hello with an SSL 2.0 hello, and goes no further.

No installed library negotiates SSL 2.0 any more; the messages are built by tlslite-ng, the answer is
enough for a scanner to call the version supported. ssl2_server.py PORT CHAIN
"""

from __future__ import annotations

import argparse
import os
import socketserver
import struct
from pathlib import Path

from tlslite.api import X509  # type: ignore[import-untyped]
from tlslite.messages import ServerHello2  # type: ignore[import-untyped]

RC4_128_WITH_MD5, TRIPLE_DES_WITH_MD5, RC4_128_EXPORT40 = 0x010080, 0x0700C0, 0x020080


class Peer(socketserver.BaseRequestHandler):
    """One connection: a hello in the two-byte record format, the answer, then the end."""

    certificate = b""

    def handle(self) -> None:
        """Serve one connection (the name is socketserver's)."""
        request = self.request.recv(4096)
        if len(request) < 3 or not request[0] & 0x80 or request[2] != 1:
            return
        hello = ServerHello2()
        hello.create(
            False,
            1,
            (0, 2),
            bytearray(self.certificate),
            [RC4_128_WITH_MD5, TRIPLE_DES_WITH_MD5, RC4_128_EXPORT40],
            bytearray(os.urandom(16)),
        )
        body = bytes(hello.write())
        self.request.sendall(struct.pack("!H", 0x8000 | len(body)) + body)
        self.request.recv(4096)


def main() -> None:
    """Read the command line and serve for ever."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("chain")
    arguments = parser.parse_args()
    leaf = X509()
    leaf.parse(Path(arguments.chain).read_text())
    Peer.certificate = bytes(leaf.bytes)
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("", arguments.port), Peer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
