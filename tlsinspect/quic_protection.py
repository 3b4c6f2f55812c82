"""QUIC packet protection with AES-128, by the cryptography package: keys in, masks and payloads out.

Spec: RFC 9001 sections 5.3 and 5.4.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB

ONE_BLOCK = ECB()


class AesProtection:
    """AES-128-GCM packet protection and AES-ECB header protection; see PacketProtection."""

    def __init__(self, key: bytes, iv: bytes, header_key: bytes) -> None:
        self.key = key
        self.aead = AESGCM(key)
        self.iv = int.from_bytes(iv, "big")
        self.block = Cipher(AES128(header_key), ONE_BLOCK).encryptor()

    def mask(self, sample: bytes) -> bytes:
        """The header protection mask of a sample of 16 octets."""
        return self.block.update(sample)

    def open(self, number: int, header: bytes, payload: bytes) -> bytes | None:
        """The payload in the clear; None where the packet is not authentic."""
        try:
            return self.aead.decrypt((self.iv ^ number).to_bytes(12, "big"), payload, header)
        except InvalidTag:
            return None

    def open_beginning(self, number: int, payload: bytes) -> bytes:
        """The beginning of a payload in the clear, unverified: GCM counts its blocks from 2 (NIST SP 800-38D)."""
        first_block = (self.iv ^ number).to_bytes(12, "big") + (2).to_bytes(4, "big")
        return Cipher(AES128(self.key), CTR(first_block)).decryptor().update(payload)
