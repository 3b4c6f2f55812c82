"""Whether a clear-text dialogue went over to TLS, and if not, how far it got: the starttls columns.

Goes in: the first octets of each side, and whether TLS began behind them. Comes out:
the protocol and one of STATUSES, or None where no upgrade was spoken of. Of what the
sides said nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..protocols import name_protocol
from .binary import ldap_status, mysql_status, postgresql_status, rdp_status, tds_status
from .ending import is_decided
from .exposure import Exposure, Heard, sent_credentials, sent_to_proxy, spoke_on
from .places import Place, place_of
from .proxies import PEELERS, peel
from .status import ANSWERED, CAPTURE_END, NOT_TAKEN, REFUSED, SPOKEN_OF, STATUSES, USED, Status
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

__all__ = ["ANSWERED", "NOT_TAKEN", "REFUSED", "SPOKEN_OF", "STATUSES", "USED", "Upgrade", "find_upgrade"]

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


class Upgrade(NamedTuple):
    """What clear text says: whose upgrade to TLS was spoken of, and what came of it; what should have come behind TLS.

    `credentials` is the command by which the client sent any in the clear, `injection` who spoke on between asking for
    TLS and TLS, as far as it began. Their places count in all that the side said,
    and so does `place`, where it shows what came of the upgrade.
    """

    protocol: str | None
    status: Status
    credentials: Exposure | None
    injection: Exposure | None
    place: Place | None


def find_upgrade(client: bytes, server: bytes, began: bool, heard: Heard | None = None) -> Upgrade:
    """Read what both sides said in the clear; `began` says that one of them went on with TLS.

    `heard` are the sides themselves, which know what is missing of them, who spoke first and whether it is over:
    without them nothing is an injection of the server's, and all is over.
    A protocol behind a proxy counts for itself; of a proxy alone it is only said that TLS began behind it.
    """
    proxy, sides = peel(client, server)
    name = name_protocol(*sides)
    taken_off = (len(client) - len(sides.client), len(server) - len(sides.server))
    credentials = moved(sent_credentials(name, sides.client), *taken_off) or sent_to_proxy(proxy, client, server)
    if began:
        upgraded = is_upgraded(name, *sides)
        carrier = name if upgraded else proxy
        said, behind = (sides, taken_off) if upgraded else ((client, server), (0, 0))
        place = place_of(carrier, USED if carrier else None, *said, behind)
        injection = moved(spoke_on(name, *sides, taken_off, heard), *taken_off)
        return Upgrade(carrier or None, USED if carrier else None, credentials, injection, place)
    status = DIALOGUES[name](*sides) if name in DIALOGUES else None
    place = place_of(name, status, *sides, taken_off)
    if credentials is None and not is_decided(name, status, *sides, taken_off, heard):
        status = CAPTURE_END
    return Upgrade(None if status is None else name, status, credentials, None, place)


def moved(found: Exposure | None, client: int, server: int) -> Exposure | None:
    """What was found behind the octets that were taken off both sides, at its place in all of them."""
    return found and found._replace(at=found.at + (server if found.of_server else client))


def is_upgraded(name: str, client: bytes, server: bytes) -> bool:
    """True where TLS behind the clear text of `name` is an upgrade, and not something that its content brought."""
    return name in UPGRADED or (name == "http" and (asks_for_tls(client) or b" 101 " in server[:13]))
