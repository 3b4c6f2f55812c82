"""A server that speaks just enough of a protocol in the clear to be asked for TLS, and then turns to it.

starttls_server.py PROTOCOL PORT CHAIN KEY. The dialogues are the table below: what the server says
first, and what it answers to a line that begins so. The turning word ends the clear part.
"""

from __future__ import annotations

import argparse
import socket
import socketserver
import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dialogue:
    """The clear part of one protocol; answers are tried in order, by the beginning of what came."""

    greeting: bytes
    answers: dict[bytes, bytes] = field(default_factory=dict)
    turning: bytes = b""
    agreement: bytes = b""


XMPP_STREAM = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
XMPP_FEATURES = b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
DIALOGUES = {
    "smtp": Dialogue(
        b"220 mail.example ESMTP\r\n",
        {b"EHLO": b"250-mail.example\r\n250-SIZE 1000000\r\n250 STARTTLS\r\n", b"QUIT": b"221 bye\r\n"},
        b"STARTTLS",
        b"220 go ahead\r\n",
    ),
    "imap": Dialogue(
        b"* OK mail.example IMAP4rev1\r\n",
        {b". CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n. OK done\r\n"},
        b". STARTTLS",
        b". OK begin\r\n",
    ),
    "pop3": Dialogue(b"+OK mail.example POP3\r\n", {}, b"STLS", b"+OK begin\r\n"),
    "ftp": Dialogue(
        b"220 mail.example FTP\r\n",
        {b"FEAT": b"211-Features\r\n AUTH TLS\r\n211 end\r\n"},
        b"AUTH TLS",
        b"234 begin\r\n",
    ),
    "xmpp": Dialogue(
        b"",
        {b"<stream": XMPP_STREAM + XMPP_FEATURES},
        b"<starttls",
        b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    ),
    "postgres": Dialogue(b"", {}, b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"S"),
}


STRIPPED_SMTP = Dialogue(
    DIALOGUES["smtp"].greeting,
    {b"DATA": b"354 go ahead\r\n", b"QUIT": b"221 bye\r\n", b"STARTTLS": b"502 unknown\r\n", b"": b"250 ok\r\n"},
)


class Peer(socketserver.BaseRequestHandler):
    """One connection: the clear dialogue, then TLS, then whatever the client says until it leaves."""

    dialogue = DIALOGUES["smtp"]
    context: ssl.SSLContext

    def handle(self) -> None:
        """Serve one connection (the name is socketserver's)."""
        plain: socket.socket = self.request
        plain.settimeout(5)
        plain.sendall(self.dialogue.greeting)
        while data := plain.recv(4096):
            if self.dialogue.turning and data.startswith(self.dialogue.turning):
                plain.sendall(self.dialogue.agreement)
                self.serve_tls(plain)
                return
            answer = next((text for start, text in self.dialogue.answers.items() if data.startswith(start)), b"")
            plain.sendall(answer)

    def serve_tls(self, plain: socket.socket) -> None:
        """The part inside TLS."""
        try:
            with self.context.wrap_socket(plain, server_side=True) as secure:
                while secure.recv(4096):
                    secure.sendall(b"ok\r\n")
        except OSError as error:
            print(type(error).__name__, error, flush=True)


def main() -> None:
    """Read the command line and serve for ever."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("protocol", choices=DIALOGUES)
    parser.add_argument("port", type=int)
    parser.add_argument("chain")
    parser.add_argument("key")
    parser.add_argument("--stripped", action="store_true", help="SMTP that does not offer the change to TLS")
    arguments = parser.parse_args()
    Peer.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Peer.context.load_cert_chain(arguments.chain, arguments.key)
    Peer.dialogue = DIALOGUES[arguments.protocol]
    if arguments.stripped:
        Peer.dialogue = STRIPPED_SMTP
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("", arguments.port), Peer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
