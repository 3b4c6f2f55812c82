cimport cython
from .connection cimport Connection
from .fingerprints cimport ja3_text, ja3s_text, ja4_texts, md5_hex
from .outcome cimport certificate_requested, early_data_accepted, early_data_offered, history, is_before_tls13
from .outcome cimport retry_requested, set_outcome, set_resumption, set_times
from .wire.flow cimport Flow
from .wire.addresses cimport address_text
from .wire.certificate_list cimport parse_certificate_list
from .wire.certificate_status cimport parse_certificate_status, parse_entry_staples
from .wire.lone cimport LoneSegment
from .wire.messages cimport ClientHello, ServerHello, ServerKeyExchange, parse_server_key_exchange
from .wire.octets cimport cut
from .wire.record cimport RecordReader
from .wire.stream cimport Stream

cdef int ACK, DETECTING, STATUS_REQUEST, STATUS_REQUEST_V2, SYN, TCP, SSL2_VERSION, RAW_PUBLIC_KEY
cdef dict PROTOCOL_OCTETS

cdef class ConnectionBuilder:
    cdef public object tls_ports, numbers
    cdef public long long kept_octets, chain_octets, staple_octets, exchange_octets
    cdef public dict certificates, staples, addresses, chains, fingerprints, server_fingerprints
    @cython.locals(connection=Connection)
    cpdef Connection build(self, Flow flow)
    @cython.locals(connection=Connection, side=int, said=cython.longlong, client=Stream, server=Stream, spoken=str)
    cpdef Connection describe(self, Flow flow)
    @cython.locals(letter=str)
    cpdef int client_side(self, Flow flow) except -1
    @cython.locals(size=Py_ssize_t, first=int, second=int)
    cpdef int named_side(self, bytes key) except -1
    @cython.locals(key=bytes, port=int, from_client=bint, at=Py_ssize_t)
    cpdef tuple plain(self, LoneSegment lone)
    @cython.locals(began=bint)
    cpdef set_upgrade(self, Connection connection, Stream client, Stream server)
    @cython.locals(key=bytes, size=Py_ssize_t, source=bytes, destination=bytes, ordered=bytes, protocol=bytes, start=bytes)
    cpdef set_addresses(self, Connection connection, Flow flow, Stream client, Stream server)
    cpdef str address(self, bytes packed)
    cpdef set_traffic(self, Connection connection, Flow flow, Stream client, Stream server)
    cpdef bint begins_unseen(self, Flow flow, Stream client, Stream server) except -1
    @cython.locals(hello=ClientHello, client=Stream, server=Stream)
    cpdef set_client(self, Connection connection, Flow flow)
    @cython.locals(hello=ServerHello)
    cpdef set_server(self, Connection connection, Flow flow)
    @cython.locals(parsed=ServerKeyExchange, nonce=bytes, authentication=str)
    cpdef set_key_exchange(self, Connection connection, Flow flow, ServerHello hello, bytes body)
    @cython.locals(octets=cython.longlong)
    cpdef keep_exchange(self, Connection connection, Flow flow, bytes body)
    @cython.locals(side=int, hello=ServerHello, chain=bytes)
    cpdef set_certificates(self, Connection connection, Flow flow, Stream client, Stream server)
    @cython.locals(names=list, key=bytes, known=tuple, body=bytes)
    cpdef tuple chain(self, Connection connection, Flow flow, RecordReader reader)
    cpdef forget_certificates(self)
    @cython.locals(timestamps=bytes, status=bytes, responses=list)
    cpdef set_staples(self, Connection connection, Flow flow, ServerHello hello, RecordReader server, bytes chain)
    @cython.locals(names=list, octets=bytes, name=str)
    cpdef tuple keep_staples(self, Connection connection, Flow flow, list found, long long packet)
    @cython.locals(stream=Stream, began_before=bint)
    cpdef str missing_reason(self, Connection connection, Flow flow, int side)

cpdef str short_hash(bytes octets)
@cython.locals(at=Py_ssize_t)
cpdef bytes first_integer(bytes signature)
cpdef str answer_of(Flow flow, Stream server, str spoken)
cpdef bint spoke_clear(Connection connection, Flow flow, Stream server) except -1
@cython.locals(stream=Stream, came_on=bint)
cpdef bint status_came_not(Flow flow, ServerHello hello, RecordReader server) except -1
@cython.locals(hello=ServerHello, of_server=bint)
cpdef bint has_raw_key(Flow flow, RecordReader reader) except -1
cpdef bint is_sslv2(Flow flow) except -1
@cython.locals(end=Py_ssize_t)
cpdef bytes chain_key(bytes body)
