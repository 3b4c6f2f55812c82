cimport cython
from .cursor cimport Cursor
from .hello cimport is_draft
from .octets cimport cut

cdef int ALPN, CERTIFICATE_WITH_PSK, COMPRESS_CERTIFICATE, EC_POINT_FORMATS, ENCRYPTED_CLIENT_HELLO, ENCRYPTED_SERVER_NAME
cdef int HEARTBEAT, KEY_SHARE, KEY_SHARE_OLD, NAMED_CURVE, PRE_SHARED_KEY, PSK_KEY_EXCHANGE_MODES
cdef int RECORD_SIZE_LIMIT, RENEGOTIATION_INFO, SERVER_NAME, SESSION_TICKET, SIGNATURE_ALGORITHMS
cdef int SIGNED_CERTIFICATE_TIMESTAMP, CLIENT_CERTIFICATE_TYPE, SERVER_CERTIFICATE_TYPE, CONNECTION_ID
cdef int SUPPORTED_GROUPS, SUPPORTED_VERSIONS, QUIC_TRANSPORT_PARAMETERS, QUIC_TRANSPORT_PARAMETERS_DRAFT
cdef int ENCRYPTED_CLIENT_HELLO_DRAFT_8, ENCRYPTED_CLIENT_HELLO_DRAFT_10
cdef unsigned long long FIRST_BIT
cdef int SHORTEST_SHARE, TLS13_SUITES, EXPLICIT_PRIME, EXPLICIT_CHAR2, EXPLICIT_CURVES

cdef class ClientHello:
    cdef public int legacy_version, ticket_length, heartbeat_mode, record_size_limit, ech_config_id
    cdef public int ech_kdf, ech_aead, connection_id_length
    cdef public Py_ssize_t ech_enc_length, ech_payload_length
    cdef public bytes random, session_id, cipher_kinds, cipher_suites, compression_methods, extension_types
    cdef public bint renegotiation_info, complete, whole, session_id_lost
    cdef public unsigned long long seen
    cdef public bytes server_name, alpn, supported_versions, supported_groups, key_share_groups
    cdef public bytes signature_algorithms, ec_point_formats, psk_key_exchange_modes, certificate_compression
    cdef public bytes transport_parameters, key_share
    cdef public str ech_type
    cdef public Py_ssize_t raw_length
    cdef public list problems

cdef class ServerHello:
    cdef public int legacy_version, cipher_suite, compression_method, selected_version, group
    cdef public int client_certificate_type, server_certificate_type, connection_id_length
    cdef public bytes random, session_id, extension_types, alpn, cipher_kinds, key_share, timestamps
    cdef public unsigned long long seen
    cdef public bint psk_selected, retry, session_hit, complete, whole, session_id_lost
    cdef public Py_ssize_t room
    cdef public list problems
    cpdef int version(self) except -2
    @cython.locals(version=int)
    cpdef bint is_tls13(self) except -1
    cpdef bint authenticates_by_psk(self) except -1
    cpdef bint hides_version(self) except -1

cdef class ServerKeyExchange:
    cdef public int group, dh_prime_bits, signature_algorithm
    cdef public bytes prime, public_value, signature

@cython.locals(cursor=Cursor, hello=ClientHello)
cpdef ClientHello parse_client_hello(bytes body, bint dtls=*)
@cython.locals(length=Py_ssize_t, lacking=Py_ssize_t, kind=int, types=bytearray)
cpdef read_client_parameters(Cursor cursor, ClientHello hello)
@cython.locals(outer=Py_ssize_t, begin=Py_ssize_t)
cpdef read_client_extension(Cursor cursor, ClientHello hello, int kind, Py_ssize_t end)
cpdef read_classic_extension(Cursor cursor, ClientHello hello, int kind)
cpdef read_recent_extension(Cursor cursor, ClientHello hello, int kind)
@cython.locals(outer=Py_ssize_t, kind=int)
cpdef read_server_name(Cursor cursor, ClientHello hello)
@cython.locals(outer=Py_ssize_t, groups=list, share=bytes)
cpdef read_key_share_groups(Cursor cursor, ClientHello hello)
cpdef read_encrypted_client_hello(Cursor cursor, ClientHello hello, int kind)
cpdef check_even(Cursor cursor, bytes vector)
@cython.locals(cursor=Cursor, hello=ClientHello, at=Py_ssize_t, kinds=bytes, challenge=bytes)
cpdef ClientHello parse_sslv2_client_hello(bytes body)
@cython.locals(cursor=Cursor, hello=ServerHello, short=bint)
cpdef ServerHello parse_server_hello(bytes body)
@cython.locals(cursor=Cursor, hello=ServerHello)
cpdef ServerHello parse_draft_retry_request(bytes body)
@cython.locals(outer=Py_ssize_t, length=Py_ssize_t, lacking=Py_ssize_t, end=Py_ssize_t, kind=int, types=bytearray)
cpdef read_server_extensions(Cursor cursor, ServerHello hello)
@cython.locals(outer=Py_ssize_t)
cpdef read_server_extension(Cursor cursor, ServerHello hello, int kind)
@cython.locals(cursor=Cursor, exchange=ServerKeyExchange)
cpdef ServerKeyExchange parse_server_key_exchange(bytes body, bint finite_field, bint identity_hint, bint algorithm)
@cython.locals(numbers=int, basis=int)
cpdef skip_explicit_curve(Cursor cursor, int kind)
@cython.locals(names=list, position=Py_ssize_t, end=Py_ssize_t)
cpdef list parse_alpn(bytes vector)
