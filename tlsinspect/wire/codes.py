"""Code points and limits that the kernel's modules share; names for people are in the registry.

The .pxd beside a module gives those that it uses C types.
Spec: RFC 8446 sections 4, 5.1 and 11, RFC 5246 section 7.4, RFC 9293 section 3.1.
"""

from __future__ import annotations

TCP = 6
UDP = 17
SCTP = 132
EAPOL = 0x888E  # an EtherType, where others have the number of an IP protocol: IEEE 802.1X has no IP

EAP_RESPONSE = 2  # the code of what a peer says

PLACES = 4096  # that a hash of addresses and ports tells apart, a power of two: see flow_key
FLOW_COST = 2600  # octets of memory that a connection takes before it says anything: see flow_cost

FIN = 1
SYN = 2
RST = 4
ACK = 16

CHANGE_CIPHER_SPEC = 20
ALERT = 21
HANDSHAKE = 22
APPLICATION_DATA = 23
HEARTBEAT_RECORD = 24

FATAL = 2  # the higher of the two levels of alerts
CLOSE_NOTIFY = 0
UNEXPECTED_MESSAGE = 10
HANDSHAKE_FAILURE = 40
ILLEGAL_PARAMETER = 47
DECODE_ERROR = 50
PROTOCOL_VERSION = 70
HEARTBEAT_HEADER = 3  # octets: type and payload_length (RFC 6520 section 4)

CLIENT_HELLO = 1
SERVER_HELLO = 2
HELLO_VERIFY_REQUEST = 3
NEW_SESSION_TICKET = 4
HELLO_RETRY_REQUEST_DRAFT = 6
CERTIFICATE = 11
SERVER_KEY_EXCHANGE = 12
CERTIFICATE_REQUEST = 13
SERVER_HELLO_DONE = 14
CLIENT_KEY_EXCHANGE = 16
CERTIFICATE_STATUS = 22
OF_MESSAGE = " of a message of type "  # and its number: what a problem says of one that breaks off

SSLV2_ERROR = 0
SSLV2_CLIENT_HELLO = 1
SSLV2_CLIENT_MASTER_KEY = 2
SSLV2_SERVER_HELLO = 4

# fmt: off
UNENCRYPTED = frozenset({  # the cipher suites of TLS 1.2 and before that protect records by a MAC only
    0x0000, 0x0001, 0x0002, 0x001C, 0x002C, 0x002D, 0x002E, 0x003B, 0x0047, 0x0082, 0x0083, 0x00B0, 0x00B1, 0x00B4,
    0x00B5, 0x00B8, 0x00B9, 0xC001, 0xC006, 0xC00B, 0xC010, 0xC015, 0xC039, 0xC03A, 0xC03B, 0xFF87,
})
# fmt: on

SERVER_NAME = 0
STATUS_REQUEST = 5
SUPPORTED_GROUPS = 10
EC_POINT_FORMATS = 11
SIGNATURE_ALGORITHMS = 13
HEARTBEAT = 15
ALPN = 16
STATUS_REQUEST_V2 = 17
SIGNED_CERTIFICATE_TIMESTAMP = 18
CLIENT_CERTIFICATE_TYPE = 19
SERVER_CERTIFICATE_TYPE = 20
ENCRYPT_THEN_MAC = 22
EXTENDED_MASTER_SECRET = 23
COMPRESS_CERTIFICATE = 27
RECORD_SIZE_LIMIT = 28
CERTIFICATE_WITH_PSK = 33  # tls_cert_with_extern_psk
DELEGATED_CREDENTIAL = 34
SESSION_TICKET = 35
KEY_SHARE_OLD = 40  # key_share until draft 22 of TLS 1.3
PRE_SHARED_KEY = 41
EARLY_DATA = 42
SUPPORTED_VERSIONS = 43
COOKIE = 44
PSK_KEY_EXCHANGE_MODES = 45
KEY_SHARE = 51
CONNECTION_ID = 54
QUIC_TRANSPORT_PARAMETERS = 57
ENCRYPTED_CLIENT_HELLO_DRAFT_8 = 0xFE08
ENCRYPTED_CLIENT_HELLO_DRAFT_10 = 0xFE0A
ENCRYPTED_CLIENT_HELLO = 0xFE0D
NEXT_PROTOCOL = 13172  # with these two the client sends another message before its Finished
CHANNEL_ID = 30032
RENEGOTIATION_INFO = 0xFF01
QUIC_TRANSPORT_PARAMETERS_DRAFT = 0xFFA5  # until draft 32 of QUIC
ENCRYPTED_SERVER_NAME = 0xFFCE

FALLBACK_SCSV = 0x5600
RENEGOTIATION_SCSV = 0x00FF
NAMED_CURVE = 3

RAW_PUBLIC_KEY = 2  # a certificate type (RFC 7250 section 3)

OCSP = 1  # types of certificate status (RFC 6066 section 8, RFC 6961)
OCSP_MULTI = 2

DETECTING = 0  # a stream in which nothing looked like TLS yet
READING = 1  # at a known place in a record
LOST = 2  # TLS, but a hole swallowed a record header
OTHER = 3  # not TLS records any more: SSL 2.0, or clear text behind TLS

ABSENT = 0  # what looking at the octets so far can come to
WAITING = 1
FOUND = 2

TLCP_VERSION = 0x0101  # of records and hellos (GB/T 38636-2020); elsewhere their first octet is 3
RECORD_LENGTH_LIMIT = 0x4800  # 2^14 + 2048, the largest that any version allows
HELLO_HEADER = 11  # record header, message header and legacy_version

QUIC_INITIAL = 0  # packet types of version 1; other versions' are told apart by their header's layout
QUIC_ZERO_RTT = 1
QUIC_HANDSHAKE = 2
QUIC_RETRY = 3
QUIC_NEGOTIATION = 4  # and what has no number on the wire: a list of versions,
QUIC_OPAQUE = 5  # a packet of which only the parts that every version has can be read
