cimport cython
from .fingerprints cimport ja3_text, ja3s_text, ja4_texts, md5_hex
from .wire.flow cimport Flow
from .wire.certificate_list cimport parse_certificate_list
from .wire.messages cimport ClientHello, ServerHello, ServerKeyExchange, parse_server_key_exchange
from .wire.octets cimport cut
from .wire.quic_facts cimport QuicFacts
from .wire.stream cimport Stream

cdef int DETECTING, TCP, SSL2_VERSION

cdef class Connection:
    cdef public str connection_id, community_id, client_ip, server_ip, transport, protocol, starttls_protocol
    cdef public str starttls_status
    cdef public int capture, client_port, server_port, client_side
    cdef public long long first_packet, time_start, time_end
    cdef public QuicFacts quic
    cdef public list tunnels, vlans
    cdef public long long client_packets, server_packets, client_bytes, server_bytes, out_of_order, retransmitted
    cdef public object client_application_bytes, server_application_bytes
    cdef public bint gap, overlap_conflict, midstream, one_sided, truncated
    cdef public object client_hello_packet, server_hello_packet, certificate_packet, client_record_version
    cdef public ClientHello client_hello
    cdef public ServerHello server_hello
    cdef public tuple fingerprint, server_fingerprint
    cdef public object version, group, server_signature_algorithm, dh_prime_bits, hello_retry_request
    cdef public object ticket_lifetime_hint, resumed, established, last_alert
    cdef public str resumption, established_evidence, failure, last_alert_sender, handshake_history
    cdef public object tcp_rtt_ms, hello_ms, handshake_ms, client_certificate_requested
    cdef public tuple certificate_sha256s, client_certificate_sha256s
    cdef public str ocsp_status, client_state, server_state, certificate_state
    cdef public list messages, alerts, problems

cdef class ConnectionBuilder:
    cdef public object tls_ports
    cdef public dict certificates, addresses, chains, fingerprints, server_fingerprints
    @cython.locals(connection=Connection, side=int, silent=bint, client=Stream, server=Stream, spoken=str)
    cpdef Connection build(self, Flow flow)
    @cython.locals(key=bytes, size=Py_ssize_t, first=int, second=int)
    cpdef int client_side(self, Flow flow) except -1
    @cython.locals(began=bint)
    cpdef set_upgrade(self, Connection connection, Stream client, Stream server)
    @cython.locals(key=bytes, size=Py_ssize_t, source=bytes, destination=bytes, ordered=bytes, protocol=bytes, start=bytes)
    cpdef set_addresses(self, Connection connection, Flow flow, Stream client, Stream server)
    cpdef str address(self, bytes packed)
    cpdef set_traffic(self, Connection connection, Flow flow, Stream client, Stream server)
    @cython.locals(hello=ClientHello, stream=Stream)
    cpdef set_client(self, Connection connection, Flow flow)
    @cython.locals(hello=ServerHello)
    cpdef set_server(self, Connection connection, Flow flow)
    @cython.locals(parsed=ServerKeyExchange)
    cpdef set_key_exchange(self, Connection connection, Flow flow, ServerHello hello, bytes body)
    @cython.locals(side=int, hello=ServerHello)
    cpdef set_certificates(self, Connection connection, Flow flow)
    @cython.locals(names=list)
    cpdef tuple chain(self, Connection connection, Flow flow, int side)
    @cython.locals(server_hello=ServerHello, hello=ClientHello, same=bint)
    cpdef set_resumption(self, Connection connection, Flow flow, int side)
    @cython.locals(both=bint, either=bint, known=bint)
    cpdef set_outcome(self, Connection connection, Flow flow, Stream client, Stream server)
    cpdef set_unanswered(self, Connection connection)
    cpdef str history(self, Flow flow, int side)
    cpdef set_times(self, Connection connection, Flow flow)
    @cython.locals(stream=Stream)
    cpdef str missing_reason(self, Connection connection, Flow flow, int side)

cpdef bint is_sslv2(Flow flow) except -1
