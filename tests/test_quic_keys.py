"""Keys of Initial packets, held to the examples that the standards publish."""

from __future__ import annotations

import hmac

import pytest
from quic_traffic import DCID, V1, V2, seal

from tlsinspect.quic_keys import CACHE_LIMIT, CANDIDATES, SALT_V1, SALT_V2, VERSIONS, QuicKeys, expand, pads_of, salts


def test_keys_are_those_of_rfc_9001_appendix_a() -> None:
    secret = hmac.digest(SALT_V1, DCID, "sha256")
    assert secret.hex() == "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44"
    client = expand(pads_of(secret), "client in", 32)
    assert client.hex() == "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"
    assert expand(pads_of(client), "quic key", 16).hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert expand(pads_of(client), "quic iv", 12).hex() == "fa044b2f42a3fd3b46fb255c"
    assert expand(pads_of(client), "quic hp", 16).hex() == "9f50449e04a0e810283a1e9933adedd2"
    server = expand(pads_of(secret), "server in", 32)
    assert server.hex() == "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b"


def test_keys_are_those_of_rfc_9369_appendix_a() -> None:
    secret = hmac.digest(SALT_V2, DCID, "sha256")
    assert secret.hex() == "2062e8b3cd8d52092614b8071d0aa1fb7c2e3ac193f78b280e72d8f5751f6aba"
    client = expand(pads_of(secret), "client in", 32)
    assert expand(pads_of(client), "quicv2 key", 16).hex() == "8b1a0bc121284290a29e0971b5cd045d"
    assert expand(pads_of(client), "quicv2 iv", 12).hex() == "91f73e2351d8fa91660e909f"
    assert expand(pads_of(client), "quicv2 hp", 16).hex() == "45b95e15235d6f45a6b19cbcb0294ba9"


def test_masks_are_those_of_rfc_9001_appendix_a() -> None:
    ((client, server),) = QuicKeys().derive(V1, DCID)
    assert client.mask(bytes.fromhex("d1b1c98dd7689fb8ec11d242b123dc9b"))[:5].hex() == "437b9aec36"
    assert server.mask(bytes.fromhex("2cd0991cd25b0aac406a5816b6394100"))[:5].hex() == "2ec0d8356a"


def test_a_packet_that_is_not_authentic_opens_to_nothing() -> None:
    ((client, server),) = QuicKeys().derive(V2, DCID)
    header = b"\xd1header"
    packet = seal(header, 7, 2, b"payload of a packet", DCID, "client", V2)
    sealed = packet[len(header) + 2 :]
    digits = b"\x00\x07"
    assert client.open(7, header + digits, sealed) == b"payload of a packet"
    assert client.open(8, header + digits, sealed) is None
    assert server.open(7, header + digits, sealed) is None
    assert client.open(7, header + digits, sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert client.open(7, header + digits, b"short") is None


@pytest.mark.parametrize(
    ("version", "same_as"),
    [
        (0xFF000011, 0xFF000014),
        (0xFF000015, 0xFF000016),
        (0xFF000016, 0xFACEB001),
        (0xFF000017, 0xFF00001C),
        (0xFF00001B, 0xFACEB002),
        (0xFF00001D, 0xFF000020),
        (0xFF000021, V1),
        (0xFF000022, V1),
        (0xFF020000, 0x709A50C4),
    ],
)
def test_drafts_share_their_salts(version: int, same_as: int) -> None:
    assert salts(version) == salts(same_as)
    assert len(salts(version)) == 1


def test_each_generation_of_drafts_has_its_own_salt() -> None:
    generations = [0xFF000014, 0xFF000016, 0xFF00001C, 0xFF000020, V1, V2, 0x51303530, 0x54303530, 0x54303531]
    assert len({VERSIONS[version][0] for version in generations}) == len(generations)


@pytest.mark.parametrize("version", [0x1A2A3A4A, 0xFACEB003, 0xABCD000F, 0x12345678])
def test_versions_without_a_published_salt_try_those_that_are(version: int) -> None:
    assert salts(version) == CANDIDATES
    assert len(QuicKeys().derive(version, DCID)) == len(CANDIDATES)


def test_the_keys_of_a_connection_are_derived_once() -> None:
    keys = QuicKeys()
    first = keys.derive(V1, DCID)
    assert keys.derive(V1, DCID) is first
    assert keys.derive(V2, DCID) is not first


def test_the_memory_of_keys_is_bounded_and_the_oldest_go_first() -> None:
    keys = QuicKeys()
    pairs = [keys.derive(V1, number.to_bytes(8, "big")) for number in range(CACHE_LIMIT + 1)]
    assert len(keys.cache) == CACHE_LIMIT
    assert keys.derive(V1, (1).to_bytes(8, "big")) is pairs[1]
    assert keys.derive(V1, bytes(8)) is not pairs[0]
