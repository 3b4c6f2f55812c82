"""Network addresses as text: what nearly every connection with IPv6 needs anew, as clients' addresses are many.

Goes in: the octets of a packet. Comes out: the text that inet_ntop gives, which takes several times as long.
"""

from __future__ import annotations

from socket import AF_INET6, inet_ntop

EMBEDS_IPV4 = bytes(10)  # how IPv6 addresses begin whose end may be written as IPv4 is
DECIMAL = tuple(str(octet) for octet in range(256))  # formatting a number takes several times as long
HEXADECIMAL = tuple(f"{octet:x}" for octet in range(256))
TWO_DIGITS = tuple(f"{octet:02x}" for octet in range(256))


def address_text(packed: bytes) -> str:
    """Return 4 octets as IPv4 text, 16 as IPv6 text. Spec: RFC 5952 sections 4 and 5."""
    if len(packed) == 4:
        return ".".join((DECIMAL[packed[0]], DECIMAL[packed[1]], DECIMAL[packed[2]], DECIMAL[packed[3]]))
    if packed.startswith(EMBEDS_IPV4):
        return inet_ntop(AF_INET6, packed)
    groups = []
    run = longest = end = 0
    for place in range(8):
        high, low = packed[2 * place], packed[2 * place + 1]
        groups.append(HEXADECIMAL[high] + TWO_DIGITS[low] if high else HEXADECIMAL[low])
        run = 0 if high or low else run + 1
        if run > longest:
            longest = run
            end = place + 1
    if longest < 2:
        return ":".join(groups)
    return ":".join(groups[: end - longest]) + "::" + ":".join(groups[end:])
