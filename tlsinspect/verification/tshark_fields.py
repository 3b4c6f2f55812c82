"""What Wireshark's dissectors read in a packet, by way of pyshark, in the terms of the connections frame.

Goes in: packets as pyshark makes them of tshark's JSON. Comes out: columns and their values, by stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from ..registry import alpn_text
from ..tables.hellos import decode_name
from ..wire.messages import RETRY_RANDOM
from .record import Endpoint

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE = 1, 2, 11, 12
SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, ALPN, PSK_MODES, VERSIONS, KEY_SHARE = 0, 10, 11, 13, 16, 45, 43, 51
NO_TEXT = "\N{REPLACEMENT CHARACTER}"  # what is shown of an octet that is no text

Node = dict[str, Any]
Expected = dict[str, Any]


def take_packet(packet: Any, streams: dict[str, Expected]) -> None:
    """Add what a packet's handshake messages say to its stream."""
    names = [layer.layer_name for layer in packet.layers]
    transport = next((name for name in ("tcp", "sctp") if name in names), "udp")
    network = next((name for name in reversed(names) if name in ("ip", "ipv6")), None)
    if network is None:  # TLS in EAP, which has no addresses to find it by
        return
    addresses, ports = innermost(packet, network), innermost(packet, transport)
    source = addresses[f"{network}.src"], int(ports[f"{transport}.srcport"])
    target = addresses[f"{network}.dst"], int(ports[f"{transport}.dstport"])
    stream = ports["sctp.assoc_index" if transport == "sctp" else f"{transport}.stream"]
    expected = streams.setdefault(f"{transport} {stream}", {})
    for layer in packet.layers:
        for part in (layer, *layer.duplicate_layers):
            for node in iter_messages(part._all_fields):
                take_message(Message(node, int(packet.number)), source, target, expected)


def innermost(packet: Any, name: str) -> Node:
    """The fields of the last layer of a name."""
    layer = getattr(packet, name)
    fields: Node = (layer.duplicate_layers or [layer])[-1]._all_fields
    return fields


def iter_messages(value: Any) -> Iterator[Node]:
    """The handshake messages anywhere below a value; DTLS fields under the names that TLS has for them."""
    if isinstance(value, dict):
        if "tls.handshake.type" in value:
            yield value
        elif "dtls.handshake.type" in value:
            yield as_tls(value)
        else:
            for inner in value.values():
                yield from iter_messages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from iter_messages(inner)


def as_tls(value: Any) -> Any:
    """Fields of DTLS under the names that TLS has for them."""
    if isinstance(value, dict):
        return {name.replace("dtls.", "tls.", 1): as_tls(inner) for name, inner in value.items()}
    return [as_tls(inner) for inner in value] if isinstance(value, list) else value


class Message:
    """One handshake message as tshark tells it, and the packet that completes it."""

    def __init__(self, node: Node, packet: int) -> None:
        self.node = node
        self.packet = packet
        self.kind = int(node["tls.handshake.type"])

    def is_first_fragment(self) -> bool:
        """True for a part of a DTLS message that further parts follow."""
        offset, length = self.number("handshake.fragment_offset"), self.number("handshake.fragment_length")
        return offset is not None and length is not None and offset + length != self.number("handshake.length")

    def texts(self, name: str, node: Any = None) -> list[str]:
        """All values of a field, in order."""
        return list(iter_values(self.node if node is None else node, f"tls.{name}"))

    def number(self, name: str) -> int | None:
        """The field's first value as a number."""
        return next((int(text, 0) for text in self.texts(name)), None)

    def octets(self, name: str) -> str:
        """The field's first value as hex; "" where there is none."""
        return next((text.replace(":", "") for text in self.texts(name)), "")

    def extensions(self) -> list[tuple[int, Node]]:
        """Type and fields of each extension, in order."""
        return [(int(node["tls.handshake.extension.type"]), node) for node in iter_extensions(self.node)]

    def offered(self, kind: int, name: str, read: Callable[[str], Any]) -> list[Any] | None:
        """The values of a field within an extension; None where the extension is absent."""
        node = next((node for found, node in self.extensions() if found == kind), None)
        return None if node is None else [read(text) for text in self.texts(name, node)]


def iter_values(value: Any, name: str) -> Iterator[str]:
    """All values of a field below a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield from inner if isinstance(inner, list) else [inner]
            else:
                yield from iter_values(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from iter_values(inner, name)


def iter_extensions(value: Any) -> Iterator[Node]:
    """The extensions below a value, in order."""
    if isinstance(value, dict):
        if "tls.handshake.extension.type" in value:
            yield value
        else:
            for inner in value.values():
                yield from iter_extensions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from iter_extensions(inner)


def take_message(message: Message, source: Endpoint, target: Endpoint, expected: Expected) -> None:
    """Add what one message says; of each kind the first counts, as in the frame."""
    if message.is_first_fragment():
        return
    if message.kind == CLIENT_HELLO and "client_hello_packet" not in expected:
        expected["ends"] = (source, target)
        expected.update(client_hello_columns(message))
    elif message.kind == SERVER_HELLO:
        expected.setdefault("ends", (target, source))
        if message.octets("handshake.random") == RETRY_RANDOM.hex():
            expected["hello_retry_request"] = True
        elif "server_random" not in expected:
            expected.update(server_hello_columns(message))
    elif message.kind == CERTIFICATE:
        client = expected.setdefault("ends", (target, source))[0]
        side = "client_certificate" if source == client else "certificate"
        if f"{side}_sha256s" not in expected:
            hashes = [
                sha256(bytes.fromhex(der.replace(":", ""))).hexdigest()
                for der in message.texts("handshake.certificate")
            ]
            expected[f"{side}_sha256s"] = hashes
            if side == "certificate":
                expected["certificate_packet"] = message.packet
    elif message.kind == SERVER_KEY_EXCHANGE and "server_random" in expected:
        expected.update(key_exchange_columns(message))


def client_hello_columns(message: Message) -> Expected:
    """The columns that follow from a ClientHello; of one in SSL 2.0 format, those that tshark tells."""
    specs = [int(text, 0) for text in message.texts("handshake.cipherspec")]
    if specs:
        return {
            "client_hello_packet": message.packet,
            "client_legacy_version": message.number("handshake.version"),
            "cipher_suites": [spec for spec in specs if spec < 0x10000],
        }
    names = message.offered(SERVER_NAME, "handshake.extensions_server_name", as_name)
    return {
        "client_hello_packet": message.packet,
        "client_legacy_version": message.number("handshake.version"),
        "client_random": message.octets("handshake.random"),
        "session_id": message.octets("handshake.session_id"),
        "cipher_suites": [int(text, 0) for text in message.texts("handshake.ciphersuite")],
        "compression_methods": [int(text, 0) for text in message.texts("handshake.comp_method")],
        "client_extensions": [kind for kind, _ in message.extensions()],
        "server_name": names[0] if names else None,
        "alpn_offered": message.offered(ALPN, "handshake.extensions_alpn_str", as_protocol),
        "supported_groups": message.offered(GROUPS, "handshake.extensions_supported_group", from_number),
        "key_share_groups": message.offered(KEY_SHARE, "handshake.extensions_key_share_group", from_number),
        "signature_algorithms": message.offered(SIGNATURES, "handshake.sig_hash_alg", from_number),
        "supported_versions": message.offered(VERSIONS, "handshake.extensions.supported_version", from_number),
        "ec_point_formats": message.offered(POINT_FORMATS, "handshake.extensions_ec_point_format", from_number),
        "psk_key_exchange_modes": message.offered(PSK_MODES, "extension.psk_ke_mode", from_number),
        "ja3": next(iter(message.texts("handshake.ja3")), None),
        "ja3_string": next(iter(message.texts("handshake.ja3_full")), None),
    }


def server_hello_columns(message: Message) -> Expected:
    """The columns that follow from a ServerHello."""
    selected = message.offered(VERSIONS, "handshake.extensions.supported_version", from_number)
    chosen = message.offered(ALPN, "handshake.extensions_alpn_str", as_protocol)
    share = message.offered(KEY_SHARE, "handshake.extensions_key_share_group", from_number)
    columns = {
        "server_hello_packet": message.packet,
        "server_legacy_version": message.number("handshake.version"),
        "version": selected[0] if selected else message.number("handshake.version"),
        "server_random": message.octets("handshake.random"),
        "server_session_id": message.octets("handshake.session_id"),
        "cipher_suite": message.number("handshake.ciphersuite"),
        "compression_method": message.number("handshake.comp_method"),
        "server_extensions": [kind for kind, _ in message.extensions()],
        "alpn": chosen[0] if chosen else None,
        "ja3s": next(iter(message.texts("handshake.ja3s")), None),
        "ja3s_string": next(iter(message.texts("handshake.ja3s_full")), None),
    }
    return columns | ({"group": share[0]} if share else {})


def key_exchange_columns(message: Message) -> Expected:
    """The columns that follow from a ServerKeyExchange."""
    prime = message.octets("handshake.p")
    columns = {
        "group": message.number("handshake.server_named_curve"),
        "dh_prime_bits": int(prime, 16).bit_length() if prime else None,
        "server_signature_algorithm": message.number("handshake.sig_hash_alg"),
    }
    return {name: value for name, value in columns.items() if value is not None}


def as_name(text: str) -> str | None:
    """A host name as the frame spells it."""
    return spell(text, decode_name)


def as_protocol(text: str) -> str:
    """A protocol of ALPN as the frame spells it."""
    return spell(text, alpn_text)


def spell(text: str, show: Callable[[bytes], Any]) -> str:
    """A text as `show` makes it of its octets, with the marks that stand for octets which tshark does not show."""
    return NO_TEXT.join(show(part.encode()) for part in text.split(NO_TEXT))


def from_number(text: str) -> int:
    """A number as tshark writes it, decimal or with 0x."""
    return int(text, 0)
