cimport cython
from .limits cimport Limits
from .messages cimport (
    ClientHello, ServerHello, parse_client_hello, parse_draft_retry_request, parse_server_hello, parse_sslv2_client_hello
)
from .octets cimport cut
from .quic_facts cimport QuicFacts
from .record cimport Listener, RecordReader
from .stream cimport Stream

cdef int ALERT, APPLICATION_DATA, CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_STATUS, CHANGE_CIPHER_SPEC
cdef int CLIENT_HELLO, CLIENT_KEY_EXCHANGE, DETECTING, EARLY_DATA, HANDSHAKE, HEARTBEAT_RECORD, HELLO_RETRY_REQUEST_DRAFT
cdef int NEW_SESSION_TICKET, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE, TCP, UDP
cdef int FINISHED_RECORD, FINISHED_LEAST
cdef int SEALED_ALERT, PADDED_ALERT, SHA384_SUITE, SHA384_ADDS, SHORT_TAG_SAVES
cdef int AES_CCM_8, MAGMA_L, MAGMA_S
cdef int HEARTBEAT_REQUEST, HEARTBEAT_LEAST, HEARTBEAT_OVERHEAD, TICKET_KEY_NAME
cdef int NEXT_PROTOCOL, CHANNEL_ID
cdef int HEARTBLEED_TRIED, HEARTBLEED_ANSWERED, HEARTBEAT_GREW
cdef int SSLV2_ERROR, SSLV2_SERVER_HELLO, SSLV2_HANDSHAKE_RECORDS, FATAL, HANDSHAKE_FAILURE
cdef dict HISTORY, SECOND_SIDE
cdef bytes RETRY_RANDOM

cdef class DatagramReader

cdef class Flow(Listener):
    cdef public tuple streams
    cdef public Limits limits
    cdef public long long held
    cdef public DatagramReader datagrams
    cdef public QuicFacts quic
    cdef public int unsure, beginnings, protocol, capture, syn_side, hello_side, hello_record_version, server_side
    cdef public long long first_packet, time_start, time_end, time_syn, time_syn_ack
    cdef public list vlans, tunnels, first_segments
    cdef public bint closed, finished, tls13, sslv2, dtls, keep_messages, refused
    cdef public ClientHello client_hello, retried_hello
    cdef public ServerHello server_hello, retry
    cdef public long long client_hello_packet, time_client_hello, server_hello_packet, time_server_hello
    cdef public bytes server_key_exchange, certificate_status
    cdef public bint certificate_requested, asked_all, retry_lost, hello_first, client_key_exchange, alert_encrypted
    cdef public long long ticket_lifetime, time_application
    cdef public int alert_description, alert_side, message_count
    cdef public list alerts, messages, problems
    cdef public str history, carrier
    cdef public bytes ticket_key_name
    cdef public long long fin_packet, fin_ns, reset_packet, sealed_alert_packet, heartbleed_packet, alert_ns
    cdef public long long alert_packet, server_key_exchange_packet, renegotiation_packet, ticket_packet, change_packet
    cdef public long long heartbeat_packet, certificate_status_packet, retry_packet, first_record_packet
    cdef public int fin_side, reset_side, renegotiation_side, announced, heartbeat_side, heartbleed
    cdef public long long ahead_packet, ahead_ns
    cdef public Py_ssize_t first_record_length, heartbeat_length, ahead_length
    @cython.locals(first=Stream, second=Stream)
    cpdef pair(self)
    @cython.locals(first=Stream, second=Stream)
    cpdef bint is_tls(self) except -1
    @cython.locals(first=Stream, second=Stream)
    cpdef bint is_half_open(self) except -1
    @cython.locals(stream=Stream, said=str)
    cpdef note(self, RecordReader reader, int record_type, int kind, Py_ssize_t length, str letter)
    @cython.locals(first=Stream, second=Stream)
    cpdef mute(self)
    @cython.locals(stream=Stream, retry=bint)
    cpdef handshake(self, RecordReader reader, int kind, bytes body, Py_ssize_t length)
    cpdef sslv2_hello(self, RecordReader reader, bytes body, Py_ssize_t length)
    @cython.locals(hello=ServerHello, certificate=bytes, entry=bytes, stream=Stream)
    cpdef sslv2_message(self, RecordReader reader, int kind, bytes body, Py_ssize_t length)
    @cython.locals(stream=Stream)
    cpdef take_client_hello(self, RecordReader reader, ClientHello hello, Py_ssize_t length)
    @cython.locals(first=Stream, second=Stream, stream=Stream, peer=Stream)
    cpdef take_server_hello(self, RecordReader reader, ServerHello hello, bint complete)
    @cython.locals(stream=Stream, server=ServerHello)
    cpdef change_cipher_spec(self, RecordReader reader)
    @cython.locals(types=bytes, at=Py_ssize_t)
    cpdef int announced_messages(self) except -2
    @cython.locals(stream=Stream)
    cpdef encrypted_handshake(self, RecordReader reader, Py_ssize_t length)
    @cython.locals(stream=Stream, reader=RecordReader, peer=RecordReader, first=tuple, again=tuple)
    cpdef find_renegotiation(self)
    @cython.locals(stream=Stream, other=Stream)
    cpdef note_lost_beginnings(self)
    @cython.locals(stream=Stream)
    cpdef alert(self, RecordReader reader, int level, int description)
    @cython.locals(side=int, stream=Stream, other=Stream, finished=Py_ssize_t)
    cpdef application_data(self, RecordReader reader, Py_ssize_t length)
    @cython.locals(length=Py_ssize_t, hello=ClientHello)
    cpdef take_ahead(self, Stream server, RecordReader client)
    @cython.locals(hello=ServerHello)
    cdef Py_ssize_t with_long_tag(self, Py_ssize_t length)
    @cython.locals(hello=ServerHello, length=Py_ssize_t)
    cdef Py_ssize_t finished_length(self)
    @cython.locals(hello=ClientHello)
    cdef bint may_be_alert(self, Stream client, Py_ssize_t length) except -1
    @cython.locals(stream=Stream)
    cpdef heartbeat(self, RecordReader reader, Py_ssize_t length)
    cpdef heartbeat_message(self, RecordReader reader, int kind, int payload_length)
    @cython.locals(stream=Stream)
    cpdef note_heartbleed(self, RecordReader reader, int what)
    @cython.locals(first=Stream, second=Stream, limit=cython.longlong)
    cpdef problem(self, object error)
    @cython.locals(stream=Stream)
    cpdef end(self)
    @cython.locals(stream=Stream)
    cpdef release(self)

cdef class DatagramReader:
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef bint starts_anew(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    cpdef finish(self)
