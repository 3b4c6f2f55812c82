"""What one QUIC connection says of itself outside its TLS handshake.

Goes in: what a reader of datagrams finds. Comes out: plain numbers and octets.
Spec: RFC 8999, RFC 9000 sections 5.1, 6, 8.1 and 17.2.
"""

from __future__ import annotations


class QuicFacts:
    """The facts of one flow; `version` -1 where none was seen, `close_error` -1 where nobody closed in the clear.

    `connection_ids` are, for each side, the (destination, source) connection ids of its
    first long header, Retry and Version Negotiation left out. `sealed` says for each side
    whether packets of its handshake could not be opened, `opened` whether an Initial packet was. `first_destination`
    is the destination connection id of the first packet that the client's own keys open, `begins` whether no Retry can
    precede that one; `versions_differ` says that the client took another version before the server's was heard.
    `google` is True where the handshake is Google's own and not TLS; `server_name` is the name that such a handshake
    asks for.
    """

    def __init__(self) -> None:
        self.version = -1
        self.connection_ids: list[tuple[bytes, bytes] | None] = [None, None]
        self.version_negotiation = False
        self.retry = False
        self.zero_rtt = False
        self.close_error = -1
        self.sealed = [False, False]
        self.opened = [False, False]
        self.first_destination: bytes | None = None
        self.begins = False
        self.versions_differ = False
        self.google = False
        self.server_name: bytes | None = None
