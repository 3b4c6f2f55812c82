"""Handshake message bodies: bytes in, fields as they stood on the wire out.

Vectors of 2-octet numbers stay the bytes that they were: nothing is lost, and
whoever wants numbers unpacks them. Names are not looked up here. A body that
breaks off or lies about a length keeps what was read before, and the DecodeError
goes to the message's `problems`; only a hello without its random is refused.
Spec: RFC 8446 section 4, RFC 5246 section 7.4, RFC 6066, RFC 8422.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import (
    ALPN,
    CERTIFICATE_WITH_PSK,
    CLIENT_CERTIFICATE_TYPE,
    COMPRESS_CERTIFICATE,
    CONNECTION_ID,
    EC_POINT_FORMATS,
    ENCRYPTED_CLIENT_HELLO,
    ENCRYPTED_CLIENT_HELLO_DRAFT_8,
    ENCRYPTED_CLIENT_HELLO_DRAFT_10,
    ENCRYPTED_SERVER_NAME,
    HEARTBEAT,
    KEY_SHARE,
    KEY_SHARE_OLD,
    NAMED_CURVE,
    PRE_SHARED_KEY,
    PSK_KEY_EXCHANGE_MODES,
    QUIC_TRANSPORT_PARAMETERS,
    QUIC_TRANSPORT_PARAMETERS_DRAFT,
    RECORD_SIZE_LIMIT,
    RENEGOTIATION_INFO,
    SERVER_CERTIFICATE_TYPE,
    SERVER_NAME,
    SESSION_TICKET,
    SIGNATURE_ALGORITHMS,
    SIGNED_CERTIFICATE_TIMESTAMP,
    SUPPORTED_GROUPS,
    SUPPORTED_VERSIONS,
)
from .cursor import Cursor
from .hello import is_draft
from .octets import cut

SHORTEST_SHARE = 32  # octets of a public value: those of X25519
EXPLICIT_PRIME, EXPLICIT_CHAR2 = 1, 2  # ECCurveType of a curve that is spelled out (RFC 4492 section 5.4)
EXPLICIT_CURVES = 0xFF00  # the named groups that stand for them follow (RFC 4492 section 5.1.1)
LEAST_VERSION_OCTETS = 8  # of extensions with a supported_versions: their length, its type, length and version
TLS13_SUITES = 0x13  # first octet of the suites that TLS 1.3 alone has (RFC 8446 appendix B.4)
FIRST_BIT = 1  # of 64: in C the number itself has 32
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446 4.1.3


class ClientHello:
    """A ClientHello as offered; None where an extension is absent.

    `cipher_kinds` are those of an SSL 2.0 ClientHello, 3 octets each, None in any other.
    `cipher_suites`, `extension_types` and the other vectors of 2-octet numbers are
    bytes. `seen` has bit n set for each extension type n below 63. `raw_length` is
    the body's length in octets as announced; `whole` is False when only its beginning is there, `complete` also
    when a part of it could not be read. `connection_id_length` is that of the id asked for in DTLS. `key_share` is the
    first public value that is as long as one of today's, which leaves GREASE out. `session_id_lost` says
    that it breaks off in front of its session id.
    """

    def __init__(self) -> None:
        self.legacy_version = 0
        self.random = b""
        self.session_id = b""
        self.cipher_suites = b""
        self.cipher_kinds: bytes | None = None
        self.compression_methods = b""
        self.extension_types = b""
        self.seen = 0
        self.server_name: bytes | None = None
        self.alpn: bytes | None = None
        self.supported_versions: bytes | None = None
        self.supported_groups: bytes | None = None
        self.key_share_groups: bytes | None = None
        self.key_share: bytes | None = None
        self.signature_algorithms: bytes | None = None
        self.ec_point_formats: bytes | None = None
        self.psk_key_exchange_modes: bytes | None = None
        self.certificate_compression: bytes | None = None
        self.transport_parameters: bytes | None = None
        self.ticket_length = 0
        self.heartbeat_mode = 0
        self.record_size_limit = 0
        self.renegotiation_info = False
        self.ech_type: str | None = None
        self.ech_config_id = -1
        self.ech_kdf = -1
        self.ech_aead = -1
        self.connection_id_length = -1
        self.ech_enc_length = -1
        self.ech_payload_length = -1
        self.raw_length = 0
        self.complete = True
        self.whole = True
        self.session_id_lost = False
        self.problems: list[DecodeError] = []


class ServerHello:
    """A ServerHello or HelloRetryRequest as sent; numbers are -1 where they are absent.

    `session_hit` and `cipher_kinds` (3 octets each) are those of SSL 2.0; see sslv2.py. `timestamps` is the
    SignedCertificateTimestampList of RFC 6962 section 3.3.1, as it stands in the extension. `whole` is False when
    only its beginning is there, `session_id_lost` is True where it ends in front of that. `room` counts the octets
    where the extensions stand. The certificate types are those chosen (RFC 7250), `connection_id_length` is that of the
    id asked for in DTLS.
    """

    def __init__(self) -> None:
        self.legacy_version = 0
        self.random = b""
        self.session_id = b""
        self.cipher_suite = -1
        self.compression_method = -1
        self.extension_types = b""
        self.seen = 0
        self.selected_version = -1
        self.group = -1
        self.client_certificate_type = -1
        self.server_certificate_type = -1
        self.connection_id_length = -1
        self.key_share: bytes | None = None
        self.psk_selected = False
        self.alpn: bytes | None = None
        self.timestamps: bytes | None = None
        self.retry = False
        self.session_hit = False
        self.cipher_kinds: bytes | None = None
        self.complete = True
        self.whole = True
        self.session_id_lost = False
        self.room = 0
        self.problems: list[DecodeError] = []

    def version(self) -> int:
        """The version in force: selected_version where the extension is there (RFC 8446 4.2.1)."""
        return self.selected_version if self.selected_version >= 0 else self.legacy_version

    def is_tls13(self) -> bool:
        """True for TLS 1.3, its drafts and experiments, and DTLS 1.3; a cut hello is known by its suite."""
        version = self.version()
        if version in (0x0304, 0xFEFC) or is_draft(version >> 8):
            return True
        return not self.complete and self.selected_version < 0 and self.cipher_suite >> 8 == TLS13_SUITES

    def authenticates_by_psk(self) -> bool:
        """True where a pre-shared key stands for the server's certificate, and is not beside it. Spec: RFC 8773."""
        return self.psk_selected and not self.seen >> CERTIFICATE_WITH_PSK & 1

    def hides_version(self) -> bool:
        """True where supported_versions, which would say another version, may stand in the part that is missing.

        Who chose a suite of TLS 1.2 and before did not choose TLS 1.3.
        """
        if self.whole and self.room < LEAST_VERSION_OCTETS:
            return False
        if self.complete or self.selected_version >= 0 or self.legacy_version not in (0x0303, 0xFEFD):
            return False
        return self.cipher_suite < 0 or self.cipher_suite >> 8 == TLS13_SUITES


class ServerKeyExchange:
    """What a ServerKeyExchange says in the clear; -1 and None where it says nothing."""

    def __init__(self) -> None:
        self.group = -1
        self.prime: bytes | None = None
        self.public_value: bytes | None = None
        self.signature: bytes | None = None
        self.dh_prime_bits = -1
        self.signature_algorithm = -1


def parse_client_hello(body: bytes, dtls: bool = False) -> ClientHello:
    """Parse a ClientHello body, or its beginning; that of DTLS has a cookie behind the session id.

    Unknown extensions are kept as types in wire order. Raises DecodeError when
    the random is not complete. Spec: RFC 8446 4.1.2, RFC 5246 7.4.1.2, RFC 9147 5.3.
    """
    cursor = Cursor(body, "handshake", 0, len(body))
    hello = ClientHello()
    hello.raw_length = len(body)
    hello.legacy_version = cursor.read_u16()
    hello.random = cursor.read_bytes(32)
    try:
        hello.session_id = cursor.read_vector8()
        if dtls:
            cursor.read_vector8()
        read_client_parameters(cursor, hello)
    except DecodeError as error:
        hello.problems.append(error)
    return hello


def read_client_parameters(cursor: Cursor, hello: ClientHello) -> None:
    """Read cipher_suites, compression_methods and extensions of a ClientHello."""
    length = cursor.read_u16()
    if length > cursor.remaining():
        hello.cipher_suites = cursor.read_bytes(cursor.remaining() & ~1)
        cursor.fail("truncated", f"{length} octets of cipher suites")
    hello.cipher_suites = cursor.read_bytes(length)
    if length & 1:
        hello.problems.append(
            DecodeError(cursor.layer, "bad_length", cursor.position, "an even number of octets of cipher suites")
        )
    hello.compression_methods = cursor.read_vector8()
    if cursor.remaining() == 0:
        return
    length = cursor.read_u16()
    lacking = length - cursor.remaining()
    if lacking < 0:
        hello.problems.append(
            DecodeError(cursor.layer, "trailing_data", cursor.position + length, "the end of the ClientHello")
        )
        cursor.limit = cursor.position + length
    types = bytearray()
    try:
        while cursor.remaining() > 0:
            kind = cursor.read_u16()
            types.append(kind >> 8)
            types.append(kind & 0xFF)
            if kind < 63:
                hello.seen |= FIRST_BIT << kind
            length = cursor.read_u16()
            read_client_extension(cursor, hello, kind, cursor.need(length) + length)
    finally:
        hello.extension_types = bytes(types)
    if lacking > 0:
        cursor.fail("truncated", f"{lacking} more octets of extensions")


def read_client_extension(cursor: Cursor, hello: ClientHello, kind: int, end: int) -> None:
    """Read one extension's data up to `end`; what is malformed in it is noted and stepped over."""
    outer = cursor.limit
    begin = cursor.position
    cursor.limit = end
    try:
        if kind < 40:
            read_classic_extension(cursor, hello, kind)
        else:
            read_recent_extension(cursor, hello, kind)
        if cursor.position > begin:
            cursor.leave(outer)
    except DecodeError as error:
        hello.problems.append(error)
    cursor.limit = outer
    cursor.position = end


def read_classic_extension(cursor: Cursor, hello: ClientHello, kind: int) -> None:
    """The extensions numbered below 40. Spec: RFC 6066, 7301, 7627, 8422, 8446 4.2."""
    if kind == SERVER_NAME:
        if cursor.remaining():
            read_server_name(cursor, hello)
    elif kind == SUPPORTED_GROUPS:
        hello.supported_groups = cursor.read_vector16()
        check_even(cursor, hello.supported_groups)
    elif kind == EC_POINT_FORMATS:
        hello.ec_point_formats = cursor.read_vector8()
    elif kind == SIGNATURE_ALGORITHMS:
        hello.signature_algorithms = cursor.read_vector16()
        check_even(cursor, hello.signature_algorithms)
    elif kind == HEARTBEAT:
        hello.heartbeat_mode = cursor.read_u8()
    elif kind == ALPN:
        hello.alpn = cursor.read_vector16()
    elif kind == COMPRESS_CERTIFICATE:
        hello.certificate_compression = cursor.read_vector8()
    elif kind == RECORD_SIZE_LIMIT:
        hello.record_size_limit = cursor.read_u16()
    elif kind == SESSION_TICKET:
        hello.ticket_length = cursor.remaining()


def read_recent_extension(cursor: Cursor, hello: ClientHello, kind: int) -> None:
    """The extensions numbered from 40. Spec: RFC 8446 4.2, RFC 5746, RFC 9001 8.2, RFC 9146 3, RFC 9849."""
    if kind == SUPPORTED_VERSIONS:
        hello.supported_versions = cursor.read_vector8()
        check_even(cursor, hello.supported_versions)
    elif kind in (KEY_SHARE, KEY_SHARE_OLD):
        read_key_share_groups(cursor, hello)
    elif kind == PSK_KEY_EXCHANGE_MODES:
        hello.psk_key_exchange_modes = cursor.read_vector8()
    elif kind == RENEGOTIATION_INFO:
        hello.renegotiation_info = True
    elif kind == CONNECTION_ID:
        hello.connection_id_length = len(cursor.read_vector8())
    elif kind in (QUIC_TRANSPORT_PARAMETERS, QUIC_TRANSPORT_PARAMETERS_DRAFT):
        hello.transport_parameters = cursor.read_bytes(cursor.remaining())
    elif ENCRYPTED_CLIENT_HELLO_DRAFT_8 <= kind <= ENCRYPTED_CLIENT_HELLO:
        read_encrypted_client_hello(cursor, hello, kind)
    elif kind == ENCRYPTED_SERVER_NAME:
        hello.ech_type = "esni"


def read_server_name(cursor: Cursor, hello: ClientHello) -> None:
    """Read a ServerNameList; the hello's first host_name counts. Spec: RFC 6066 section 3."""
    outer = cursor.enter(cursor.read_u16())
    while cursor.remaining() > 0:
        kind = cursor.read_u8()
        value = cursor.read_vector16()
        if kind == 0 and hello.server_name is None:
            hello.server_name = value
    cursor.leave(outer)


def read_key_share_groups(cursor: Cursor, hello: ClientHello) -> None:
    """Read the groups of the client's key shares, in wire order. Spec: RFC 8446 4.2.8."""
    outer = cursor.enter(cursor.read_u16())
    groups = []
    try:
        while cursor.remaining() > 0:
            groups.append(cursor.read_bytes(2))
            share = cursor.read_vector16()
            if hello.key_share is None and len(share) >= SHORTEST_SHARE:
                hello.key_share = share
    finally:
        hello.key_share_groups = b"".join(groups)
    cursor.leave(outer)


def read_encrypted_client_hello(cursor: Cursor, hello: ClientHello, kind: int) -> None:
    """Which one it is and, of an outer one, what it is sealed with. Spec: RFC 9849 section 5.

    Until draft 10 there is no type octet, and inner hellos have an extension of their own;
    in draft 8 config_id is a vector.
    """
    if kind > ENCRYPTED_CLIENT_HELLO_DRAFT_10 and cursor.read_u8() == 1:
        hello.ech_type = "inner"
        return
    hello.ech_type = "outer"
    hello.ech_kdf = cursor.read_u16()
    hello.ech_aead = cursor.read_u16()
    if kind == ENCRYPTED_CLIENT_HELLO_DRAFT_8:
        cursor.read_vector8()
    else:
        hello.ech_config_id = cursor.read_u8()
    hello.ech_enc_length = len(cursor.read_vector16())
    hello.ech_payload_length = len(cursor.read_vector16())


def check_even(cursor: Cursor, vector: bytes) -> None:
    """Check that a vector of 2-octet numbers has no half of one."""
    if len(vector) & 1:
        cursor.fail("bad_length", "an even number of octets")


def parse_sslv2_client_hello(body: bytes) -> ClientHello:
    """Parse the SSL 2.0 ClientHello that follows the 2-octet header and the message type.

    Cipher kinds are 3 octets; those that stand for SSL 3.0 and later suites (first
    octet zero) are kept as suites, all of them as `cipher_kinds`. A body that breaks off keeps what it has.
    Raises DecodeError when the lengths are not complete.
    Spec: RFC 5246 appendix E.2, the SSL 2.0 specification.
    """
    cursor = Cursor(body, "sslv2", 0, len(body))
    hello = ClientHello()
    hello.raw_length = len(body)
    hello.legacy_version = cursor.read_u16()
    kinds_length = cursor.read_u16()
    session_id_length = cursor.read_u16()
    challenge_length = cursor.read_u16()
    kinds = cursor.read_bytes(min(kinds_length, cursor.remaining() - cursor.remaining() % 3))
    try:
        if len(kinds) < kinds_length:
            cursor.fail("truncated", f"{kinds_length} octets of cipher kinds")
        hello.session_id = cursor.read_bytes(session_id_length)
        challenge = cursor.read_bytes(challenge_length)
        hello.random = bytes(32 - len(challenge)) + challenge if len(challenge) < 32 else challenge[:32]
    except DecodeError as error:
        hello.problems.append(error)
    hello.cipher_kinds = kinds
    hello.cipher_suites = b"".join([kinds[at + 1 : at + 3] for at in range(0, len(kinds) - 2, 3) if kinds[at] == 0])
    hello.compression_methods = b"\x00"
    return hello


def parse_server_hello(body: bytes) -> ServerHello:
    """Parse a ServerHello body; a HelloRetryRequest is one with a fixed random.

    Drafts of TLS 1.3 below 22 leave out the session id and compression. Raises
    DecodeError when the random is not complete.
    Spec: RFC 8446 4.1.3 and 4.1.4, RFC 5246 7.4.1.3.
    """
    cursor = Cursor(body, "handshake", 0, len(body))
    hello = ServerHello()
    hello.legacy_version = cursor.read_u16()
    hello.random = cursor.read_bytes(32)
    hello.retry = hello.random == RETRY_RANDOM
    short = 0x7F00 <= hello.legacy_version < 0x7F16
    try:
        if not short:
            hello.session_id = cursor.read_vector8()
        hello.cipher_suite = cursor.read_u16()
        if not short:
            hello.compression_method = cursor.read_u8()
        hello.room = cursor.remaining()
        if hello.room > 0:
            read_server_extensions(cursor, hello)
    except DecodeError as error:
        hello.problems.append(error)
    return hello


def parse_draft_retry_request(body: bytes) -> ServerHello:
    """Parse the HelloRetryRequest of TLS 1.3 drafts below 22, a message of its own (type 6)."""
    cursor = Cursor(body, "handshake", 0, len(body))
    hello = ServerHello()
    hello.retry = True
    hello.random = RETRY_RANDOM
    hello.legacy_version = cursor.read_u16()
    try:
        if hello.legacy_version >= 0x7F13:
            hello.cipher_suite = cursor.read_u16()
        read_server_extensions(cursor, hello)
    except DecodeError as error:
        hello.problems.append(error)
    return hello


def read_server_extensions(cursor: Cursor, hello: ServerHello) -> None:
    """Read the extensions of a ServerHello or HelloRetryRequest."""
    length = cursor.read_u16()
    lacking = length - cursor.remaining()
    if lacking < 0:
        hello.problems.append(
            DecodeError(cursor.layer, "trailing_data", cursor.position + length, "the end of the ServerHello")
        )
        cursor.limit = cursor.position + length
    outer = cursor.limit
    types = bytearray()
    try:
        while cursor.remaining() > 0:
            kind = cursor.read_u16()
            types.append(kind >> 8)
            types.append(kind & 0xFF)
            if kind < 63:
                hello.seen |= FIRST_BIT << kind
            length = cursor.read_u16()
            end = cursor.need(length) + length
            cursor.limit = end
            try:
                read_server_extension(cursor, hello, kind)
            except DecodeError as error:
                hello.problems.append(error)
            cursor.limit = outer
            cursor.position = end
    finally:
        hello.extension_types = bytes(types)
    if lacking > 0:
        cursor.fail("truncated", f"{lacking} more octets of extensions")


def read_server_extension(cursor: Cursor, hello: ServerHello, kind: int) -> None:
    """Read one extension of the server. Spec: RFC 8446 4.2, RFC 7301, RFC 7250 3, RFC 9146 3."""
    if kind == SUPPORTED_VERSIONS:
        hello.selected_version = cursor.read_u16()
    elif kind in (KEY_SHARE, KEY_SHARE_OLD):
        hello.group = cursor.read_u16()
        if cursor.remaining() >= SHORTEST_SHARE + 2:
            hello.key_share = cut(cursor.data, cursor.position + 2, cursor.limit)
    elif kind == PRE_SHARED_KEY:
        hello.psk_selected = True
    elif kind == ALPN:
        outer = cursor.enter(cursor.read_u16())
        hello.alpn = cursor.read_vector8()
        cursor.leave(outer)
    elif kind == SIGNED_CERTIFICATE_TIMESTAMP:
        hello.timestamps = cursor.read_bytes(cursor.remaining())
    elif kind == SERVER_CERTIFICATE_TYPE:
        hello.server_certificate_type = cursor.read_u8()
    elif kind == CLIENT_CERTIFICATE_TYPE:
        hello.client_certificate_type = cursor.read_u8()
    elif kind == CONNECTION_ID:
        hello.connection_id_length = len(cursor.read_vector8())


def parse_server_key_exchange(
    body: bytes, finite_field: bool, identity_hint: bool, algorithm: bool
) -> ServerKeyExchange:
    """Parse a ServerKeyExchange: the group or the prime's size, and who signed how.

    `finite_field` says DHE, else ECDHE; `identity_hint` that a PSK identity hint comes
    first (RFC 4279, RFC 5489); `algorithm` that the signature names its scheme
    (TLS 1.2). Raises DecodeError when it is cut off. Spec: RFC 5246 7.4.3, RFC 8422 5.4.
    """
    cursor = Cursor(body, "handshake", 0, len(body))
    exchange = ServerKeyExchange()
    if identity_hint:
        cursor.read_vector16()
    if finite_field:
        exchange.prime = cursor.read_vector16()
        exchange.dh_prime_bits = int.from_bytes(exchange.prime, "big").bit_length()
        cursor.read_vector16()
        exchange.public_value = cursor.read_vector16()
    else:
        kind = cursor.read_u8()
        if kind == NAMED_CURVE:
            exchange.group = cursor.read_u16()
        else:
            skip_explicit_curve(cursor, kind)
            exchange.group = EXPLICIT_CURVES + kind
        exchange.public_value = cursor.read_vector8()
    if algorithm and cursor.remaining() > 0:
        exchange.signature_algorithm = cursor.read_u16()
    if cursor.remaining() > 2:
        exchange.signature = cut(cursor.data, cursor.position + 2, cursor.limit)
    return exchange


def skip_explicit_curve(cursor: Cursor, kind: int) -> None:
    """Step over the parameters of a curve that is spelled out. Spec: RFC 4492 section 5.4."""
    numbers = 6  # prime, a, b, base point, order, cofactor
    if kind == EXPLICIT_CHAR2:
        cursor.read_u16()
        basis = cursor.read_u8()
        if basis not in (1, 2):
            cursor.fail("bad_value", "a trinomial or a pentanomial")
        numbers = 6 if basis == 1 else 8  # k, or k1 to k3, in the prime's place
    elif kind != EXPLICIT_PRIME:
        cursor.fail("unsupported", "an explicit or a named curve")
    for _ in range(numbers):
        cursor.read_vector8()


def parse_alpn(vector: bytes) -> list[bytes]:
    """Split a ProtocolNameList; what a wrong length leaves over is one last name. Spec: RFC 7301 3.1."""
    names = []
    position = 0
    while position < len(vector):
        end = position + 1 + vector[position]
        names.append(vector[position + 1 : end])
        position = end
    return names
