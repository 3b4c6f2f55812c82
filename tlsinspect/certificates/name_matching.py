"""Says whether a certificate is for a name (RFC 9525)."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address

from .facts import CertificateFacts, LeafFacts
from .names import ip_text

# Underscores are seen in practice; a "*" in what was asked for is no name.
DNS_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


def name_matches(server_name: str, facts: CertificateFacts | LeafFacts) -> bool | None:
    """Say whether the certificate is for `server_name`, a DNS name in A-labels or an IP address.

    A "*" has to be the whole left-most label, with another label after it, and
    stands for exactly one label. Case and one trailing dot of `server_name` do
    not count. The common name is never looked at. None when the certificate's
    names could not be read. Spec: RFC 9525 sections 6.3 and 6.5.
    """
    if facts.san_dns is None or facts.san_ip is None:
        return None
    if ":" in server_name or server_name[-1:].isdigit():  # no other text is an address
        with suppress(ValueError):
            return ip_text(ip_address(server_name).packed) in facts.san_ip
    accepted = accepted_names(server_name)
    if not accepted.isdisjoint(facts.san_dns):  # no Python code for each of many names
        return True
    if accepted.isdisjoint(map(str.lower, facts.san_dns)):
        return False
    return any(presented.isascii() and presented.lower() in accepted for presented in facts.san_dns)


@lru_cache(maxsize=4096)  # clients ask for the same names again and again
def accepted_names(server_name: str) -> frozenset[str]:
    """The names in lower case, of which a certificate for `server_name` has one; none for what is no DNS name."""
    name = server_name.removesuffix(".").lower()
    if not server_name.isascii() or not DNS_NAME.fullmatch(name):
        return frozenset()
    _, dot, parent = name.partition(".")
    return frozenset((name, f"*.{parent}") if dot else (name,))
