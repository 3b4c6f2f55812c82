"""Whether a clear-text dialogue went over to TLS, and if not, how far it got: the starttls columns.

Goes in: the first octets of each side, and whether TLS began behind them. Comes out:
the protocol and one of STATUSES, or None where no upgrade was spoken of. Of what the
sides said nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable

from ..protocols import name_protocol
from .binary import ldap_status, mysql_status, postgresql_status, rdp_status, tds_status
from .exposure import sent_credentials, sent_to_proxy, spoke_on
from .proxies import PEELERS, peel
from .status import NOT_TAKEN, STATUSES, USED, Status
from .text import (
    asks_for_tls,
    ftp_status,
    http_status,
    imap_status,
    irc_status,
    nntp_status,
    pop3_status,
    sieve_status,
    smtp_status,
    xmpp_status,
)

__all__ = ["NOT_TAKEN", "STATUSES", "USED", "find_exposure", "find_upgrade"]

DIALOGUES: dict[str, Callable[[bytes, bytes], Status]] = {
    "smtp": smtp_status,
    "imap": imap_status,
    "pop3": pop3_status,
    "ftp": ftp_status,
    "nntp": nntp_status,
    "sieve": sieve_status,
    "irc": irc_status,
    "xmpp": xmpp_status,
    "http": http_status,
    "ldap": ldap_status,
    "postgresql": postgresql_status,
    "mysql": mysql_status,
    "tds": tds_status,
    "rdp": rdp_status,
}
UPGRADED = frozenset(DIALOGUES) - {"http"} | frozenset(PEELERS) | {"tpkt", "rfb"}


def find_upgrade(client: bytes, server: bytes, began: bool) -> tuple[str | None, Status]:
    """Say which protocol's upgrade to TLS was spoken of, and what came of it.

    `began` says that a side that had spoken in the clear went on with TLS. A protocol
    behind a proxy counts for itself; of a proxy alone it is only said that TLS began behind it.
    """
    proxy, sides = peel(client, server)
    name = name_protocol(*sides)
    if began:
        carrier = name if is_upgraded(name, *sides) else proxy
        return (carrier, USED) if carrier else (None, None)
    status = DIALOGUES[name](*sides) if name in DIALOGUES else None
    return (None, None) if status is None else (name, status)


def find_exposure(client: bytes, server: bytes, began: bool) -> tuple[str | None, str | None]:
    """By which command the client sent credentials in the clear, and who spoke on between asking for TLS and TLS.

    The latter is known only where it `began`.
    """
    proxy, sides = peel(client, server)
    name = name_protocol(*sides)
    return (
        sent_credentials(name, sides.client) or sent_to_proxy(proxy, client, server),
        spoke_on(name, *sides) if began else None,
    )


def is_upgraded(name: str, client: bytes, server: bytes) -> bool:
    """True where TLS behind the clear text of `name` is an upgrade, and not something that its content brought."""
    return name in UPGRADED or (name == "http" and (asks_for_tls(client) or b" 101 " in server[:13]))
