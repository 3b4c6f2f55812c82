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
from aioquic.tls import SessionTicket

ALPN = "hq-interop"
TICKET_SECONDS = 3.0  # how long a client waits for the ticket that its next visit needs


class Page(QuicConnectionProtocol):
    """Answer every finished request with one line."""

    def quic_event_received(self, event: QuicEvent) -> None:
        """React to one event (the name is aioquic's)."""
        if isinstance(event, StreamDataReceived) and event.end_stream:
            self._quic.send_stream_data(event.stream_id, b"welcome\n", end_stream=True)
            self.transmit()


def main() -> None:
    """Read the command line and serve for ever, or connect as often as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["server", "client"])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--certificate", nargs=2, metavar=("CHAIN", "KEY"))
    parser.add_argument("--authority", type=Path)
    parser.add_argument("--keys", type=Path, help="key log to write")
    parser.add_argument("--retry", action="store_true", help="make clients prove their address first")
    parser.add_argument("--alpn", default=ALPN, help="the only application protocol")
    parser.add_argument(
        "--versions", nargs="+", type=hexadecimal, help="those that are spoken, the preferred one first"
    )
    parser.add_argument("--begin", type=hexadecimal, help="the version that a client begins with")
    parser.add_argument("--large-hello", action="store_true", help="a ClientHello that takes several packets")
    parser.add_argument("--visits", type=int, default=1, help="later ones resume the session and send early data")
    parser.add_argument("--local-port", type=int, default=0, help="the client's port, the same for every visit")
    arguments = parser.parse_args()
    asyncio.run(listen(arguments) if arguments.role == "server" else visit_all(arguments))


def configure(arguments: argparse.Namespace) -> QuicConfiguration:
    """The settings that both roles take from the command line."""
    configuration = QuicConfiguration(is_client=arguments.role == "client", alpn_protocols=[arguments.alpn])
    if arguments.versions:
        configuration.supported_versions = arguments.versions
    configuration.original_version = arguments.begin
    return configuration


def hexadecimal(text: str) -> int:
    """A version as it is written in registries."""
    return int(text, 16)


async def listen(arguments: argparse.Namespace) -> None:
    """Serve until the program is stopped; sessions may be resumed."""
    configuration = configure(arguments)
    configuration.load_cert_chain(Path(arguments.certificate[0]), Path(arguments.certificate[1]))
    tickets: dict[bytes, SessionTicket] = {}
    await serve(
        arguments.host,
        arguments.port,
        configuration=configuration,
        create_protocol=Page,
        session_ticket_fetcher=tickets.get,
        session_ticket_handler=lambda ticket: tickets.update({ticket.ticket: ticket}),
        retry=arguments.retry,
    )
    await asyncio.Event().wait()


async def visit_all(arguments: argparse.Namespace) -> None:
    """Ask for one page a visit, with the ticket of the visit before."""
    configuration = configure(arguments)
    configuration.server_name = arguments.host
    configuration.quantum_readiness_test = arguments.large_hello
    configuration.load_verify_locations(str(arguments.authority))
    if arguments.keys:
        configuration.secrets_log_file = arguments.keys.open("w")
    for left in reversed(range(arguments.visits)):
        configuration.session_ticket = await visit(arguments, configuration, ticket_wanted=left > 0)


async def visit(
    arguments: argparse.Namespace, configuration: QuicConfiguration, ticket_wanted: bool
) -> SessionTicket | None:
    """Ask for one page; with a ticket the request goes out as early data. Returns the ticket that was wanted."""
    tickets: asyncio.Queue[SessionTicket] = asyncio.Queue()
    async with connect(
        arguments.host,
        arguments.port,
        configuration=configuration,
        session_ticket_handler=tickets.put_nowait,
        wait_connected=configuration.session_ticket is None,
        local_port=arguments.local_port,
    ) as connection:
        reader, writer = await connection.create_stream()
        writer.write(b"GET /\r\n")
        writer.write_eof()
        print(await asyncio.wait_for(reader.read(), 3))
        return await asyncio.wait_for(tickets.get(), TICKET_SECONDS) if ticket_wanted else None


if __name__ == "__main__":
    main()
