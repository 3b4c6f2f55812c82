"""A QUIC server or client on aioquic that speaks HTTP/0.9 over QUIC, as interoperability tests do.

quic_peer.py server HOST PORT --certificate CHAIN KEY, or client HOST PORT --authority FILE.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent, StreamDataReceived

ALPN = "hq-interop"


class Page(QuicConnectionProtocol):
    """Answer every finished request with one line."""

    def quic_event_received(self, event: QuicEvent) -> None:
        """React to one event (the name is aioquic's)."""
        if isinstance(event, StreamDataReceived) and event.end_stream:
            self._quic.send_stream_data(event.stream_id, b"welcome\n", end_stream=True)
            self.transmit()


def main() -> None:
    """Read the command line and serve for ever, or connect once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["server", "client"])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--certificate", nargs=2, metavar=("CHAIN", "KEY"))
    parser.add_argument("--authority", type=Path)
    parser.add_argument("--keys", type=Path, help="key log to write")
    parser.add_argument("--retry", action="store_true", help="make clients prove their address first")
    arguments = parser.parse_args()
    asyncio.run(listen(arguments) if arguments.role == "server" else visit(arguments))


async def listen(arguments: argparse.Namespace) -> None:
    """Serve until the program is stopped."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=[ALPN])
    configuration.load_cert_chain(Path(arguments.certificate[0]), Path(arguments.certificate[1]))
    await serve(
        arguments.host, arguments.port, configuration=configuration, create_protocol=Page, retry=arguments.retry
    )
    await asyncio.Event().wait()


async def visit(arguments: argparse.Namespace) -> None:
    """Ask for one page."""
    configuration = QuicConfiguration(is_client=True, alpn_protocols=[ALPN], server_name=arguments.host)
    configuration.load_verify_locations(str(arguments.authority))
    if arguments.keys:
        configuration.secrets_log_file = arguments.keys.open("w")
    async with connect(arguments.host, arguments.port, configuration=configuration) as connection:
        reader, writer = await connection.create_stream()
        writer.write(b"GET /\r\n")
        writer.write_eof()
        print(await asyncio.wait_for(reader.read(), 3))


if __name__ == "__main__":
    main()
