"""Decryption secrets of a capture -> those that belong to some connections.

Spec: draft-ietf-tls-keylogfile: a label, the ClientHello's random and the secret, in hexadecimal, per line.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

TLS_KEY_LOG = 0x544C534B  # pcapng's type of secrets, "TLSK"


def own_secrets(kind: int, octets: bytes, randoms: AbstractSet[str]) -> bytes:
    """The lines of a key log that are about one of these client randoms (in hex).

    Secrets of other kinds, and lines that name no client random (RSA), belong to nobody and are left out.
    """
    if kind != TLS_KEY_LOG:
        return b""
    lines = []
    for line in octets.splitlines():
        words = line.split()
        if len(words) == 3 and words[1].decode("ascii", "replace").lower() in randoms:
            lines.append(b" ".join(words) + b"\n")
    return b"".join(lines)
