"""Send given bytes over TCP, read what comes back for a while, leave: a client that is no TLS client.

The bytes are one hexadecimal argument each, sent 0.1 s apart.
"""

from __future__ import annotations

import argparse
import socket
import time


def main() -> None:
    """Read the command line, send, read until the peer closes or one second has passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("pieces", nargs="+", type=bytes.fromhex)
    arguments = parser.parse_args()
    with socket.create_connection((arguments.host, arguments.port), timeout=1) as connection:
        for piece in arguments.pieces:
            connection.sendall(piece)
            time.sleep(0.1)
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            print("the peer did not close")


if __name__ == "__main__":
    main()
