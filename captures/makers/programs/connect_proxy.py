"""An HTTP proxy that knows CONNECT and nothing else: connect_proxy.py PORT."""

from __future__ import annotations

import argparse
import socket
import socketserver
import threading


class Tunnel(socketserver.StreamRequestHandler):
    """One tunnel from its CONNECT line to its end."""

    def handle(self) -> None:
        """Read the request, connect, and carry bytes both ways (the name is socketserver's)."""
        host, _, port = self.rfile.readline().split()[1].decode().rpartition(":")
        while self.rfile.readline().strip():
            pass
        with socket.create_connection((host, int(port))) as onward:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=carry, args=(onward, self.connection))
            back.start()
            carry(self.connection, onward)
            back.join()


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Copy bytes until the source ends, then pass the end on."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError as error:
        print("tunnel ended:", error, flush=True)


def main() -> None:
    """Read the command line and serve for ever."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("", parser.parse_args().port), Tunnel) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
