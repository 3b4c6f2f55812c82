"""Addresses -> addresses of which any two share as many leading bits as before.

Spec: Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization (ICNP 2002), known as Crypto-PAn; the special
blocks of the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), each of which is mapped onto itself.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

SPECIAL_BLOCKS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/96", "2000::/3", "fc00::/7", "fe80::/10", "ff00::/8"),
)
BLOCK = 16  # octets of an AES block
MEMO_LIMIT = 1 << 17


class Addresses:
    """The mapping that a key makes: one to one, and the same for the same key.

    No bit is turned on the way to a special block, so that what is private, multicast, link-local and so on stays so,
    and nothing else becomes it. `special` are these blocks. The key has 32 octets, as Crypto-PAn's.
    """

    def __init__(self, key: bytes, special: tuple[str, ...] = SPECIAL_BLOCKS) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # dear to import

        # ECB is Crypto-PAn's: a block cipher as a pseudorandom function of distinct blocks, not as encryption.
        self.encrypt = Cipher(algorithms.AES(key[:16]), modes.ECB()).encryptor().update
        self.padding = int.from_bytes(self.encrypt(key[16:32]), "big")
        self.fixed = {4: fixed_prefixes(special, 4), 6: fixed_prefixes(special, 6)}
        self.memo: dict[bytes, bytes] = {}

    def text(self, address: str) -> str:
        """The pseudonym of an address in text; raises ValueError for what is none."""
        return str(ip_address(self.octets(ip_address(address).packed)))

    def octets(self, address: bytes) -> bytes:
        """The pseudonym of an address of 4 or 16 octets."""
        known = self.memo.get(address)
        if known is None:
            if len(self.memo) > MEMO_LIMIT:
                self.memo.clear()
            known = self.memo[address] = self.turn(address)
        return known

    def turn(self, address: bytes) -> bytes:
        """Turn each bit, or not, as the bits before it say."""
        bits = 8 * len(address)
        number = int.from_bytes(address, "big")
        wide = number << (128 - bits)
        blocks = bytearray()
        for place in range(bits):
            mask = (1 << (128 - place)) - 1
            blocks += (wide & ~mask | self.padding & mask).to_bytes(BLOCK, "big")
        turned = self.encrypt(bytes(blocks))
        fixed = self.fixed[4 if bits == 32 else 6]
        for place in range(bits):
            if turned[BLOCK * place] & 0x80 and (place, int.from_bytes(address, "big") >> (bits - place)) not in fixed:
                number ^= 1 << (bits - 1 - place)
        return number.to_bytes(len(address), "big")


def fixed_prefixes(blocks: tuple[str, ...], version: int) -> frozenset[tuple[int, int]]:
    """The prefixes (length, bits) behind which the next bit leads to one of these blocks or away from it."""
    fixed = set()
    for network in map(ip_network, blocks):
        if network.version == version:
            number = int(network.network_address)
            fixed |= {(place, number >> (network.max_prefixlen - place)) for place in range(network.prefixlen)}
    return frozenset(fixed)
