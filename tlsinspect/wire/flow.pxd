cimport cython
from .messages cimport ClientHello, ServerHello
from .packet cimport Packet, unsigned32
from .quic_facts cimport QuicFacts
from .record cimport Listener, RecordReader
from .stream cimport Stream

cdef int ACK, ALERT, APPLICATION_DATA, CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_STATUS
cdef int CHANGE_CIPHER_SPEC, CLIENT_HELLO, CLIENT_KEY_EXCHANGE, DETECTING, FIN, HANDSHAKE, HEARTBEAT_RECORD
cdef int HELLO_RETRY_REQUEST_DRAFT, NEW_SESSION_TICKET, RST, SERVER_HELLO, SERVER_KEY_EXCHANGE, SYN, TCP, UDP
cdef int FINISHED_RECORD_MINIMUM, MESSAGE_LIMIT, FLOW_PROBLEM_LIMIT

cdef class DatagramReader

cdef class Flow(Listener):
    cdef public tuple streams
    cdef public DatagramReader datagrams
    cdef public QuicFacts quic
    cdef public int protocol, capture, syn_side, hello_side, hello_record_version, server_side
    cdef public long long first_packet, time_start, time_end, time_syn, time_syn_ack
    cdef public list vlans, tunnels
    cdef public bint closed, finished, tls13, sslv2, dtls, keep_messages
    cdef public ClientHello client_hello, retried_hello
    cdef public ServerHello server_hello, retry
    cdef public long long client_hello_packet, time_client_hello, server_hello_packet, time_server_hello
    cdef public list chains, chain_packets, cipher_changed, finished_seen, application_seen
    cdef public bytes server_key_exchange
    cdef public bint certificate_requested, client_key_exchange, certificate_status, alert_encrypted
    cdef public long long ticket_lifetime, time_finished, time_application
    cdef public int alert_level, alert_description, alert_side, message_count
    cdef public list alerts, messages, problems
    cdef public str history
    @cython.locals(first=Stream, second=Stream)
    cpdef bint is_tls(self) except -1
    @cython.locals(stream=Stream)
    cpdef note(self, RecordReader reader, int record_type, int kind, Py_ssize_t length, str letter)
    @cython.locals(stream=Stream, retry=bint)
    cpdef handshake(self, RecordReader reader, int kind, bytes body, Py_ssize_t length)
    cpdef sslv2_hello(self, RecordReader reader, bytes body)
    @cython.locals(stream=Stream)
    cpdef take_client_hello(self, RecordReader reader, ClientHello hello, Py_ssize_t length)
    @cython.locals(first=Stream, second=Stream, stream=Stream)
    cpdef take_server_hello(self, RecordReader reader, ServerHello hello)
    cpdef change_cipher_spec(self, RecordReader reader)
    @cython.locals(stream=Stream)
    cpdef encrypted_handshake(self, RecordReader reader, Py_ssize_t length)
    @cython.locals(stream=Stream)
    cpdef alert(self, RecordReader reader, int level, int description)
    @cython.locals(side=int, stream=Stream, other=Stream)
    cpdef application_data(self, RecordReader reader, Py_ssize_t length)
    cpdef heartbeat(self, RecordReader reader, Py_ssize_t length)
    @cython.locals(first=Stream, second=Stream)
    cpdef problem(self, object error)
    @cython.locals(stream=Stream)
    cpdef end(self)

cdef class DatagramReader:
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef bint starts_anew(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    cpdef finish(self)

cdef class FlowTable:
    cdef public object ports
    cdef public tuple openers
    cdef public dict streams, datagram_streams, flows
    cdef public list closing, finished
    cdef public int capture, shard, shards
    cdef public bint keep_messages
    cdef public long long connections, evicted, next_sweep, next_idle_sweep, flow_limit
    @cython.locals(data=bytes, key=bytes, at=Py_ssize_t, payload=Py_ssize_t, end=Py_ssize_t, missing=Py_ssize_t,
                   length=Py_ssize_t, flags=int, stream=Stream, other=Stream,
                   flow=Flow, sequence=cython.longlong)
    cpdef add_segment(self, Packet packet)
    @cython.locals(data=bytes, key=bytes, at=Py_ssize_t, end=Py_ssize_t, length=Py_ssize_t, stream=Stream, flow=Flow,
                   reader=DatagramReader)
    cpdef add_datagram(self, Packet packet)
    @cython.locals(reader=DatagramReader)
    cpdef DatagramReader open_datagrams(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(other=Stream)
    cpdef long long take_flags(self, Flow flow, Stream stream, Packet packet, int flags, long long sequence) except -1
    @cython.locals(flow=Flow, other=Stream, data=bytes, at=Py_ssize_t, sequence=cython.longlong)
    cpdef bint is_reused(self, Stream stream, Packet packet, int flags) except -1
    @cython.locals(size=Py_ssize_t, half=Py_ssize_t, reverse=bytes, flow=Flow, first=Stream, second=Stream, streams=dict)
    cpdef Stream open(self, bytes key, Packet packet, int protocol)
    @cython.locals(stream=Stream, streams=dict)
    cpdef close(self, Flow flow)
    @cython.locals(flow=Flow, time_closed=cython.longlong, count=Py_ssize_t)
    cpdef sweep(self, long long now)
    cpdef evict(self)
    cpdef finish(self)

@cython.locals(addresses=Py_ssize_t, size=Py_ssize_t, at=Py_ssize_t)
cpdef bytes flow_key(Packet packet)
@cython.locals(data=bytes, at=Py_ssize_t, last=Py_ssize_t, mixed=cython.longlong)
cpdef int shard_of(Packet packet, int shards) except -1
