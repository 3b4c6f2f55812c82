cimport cython
from .hello cimport is_hello, may_begin_hello
from .limits cimport Limits
from .octets cimport cut
from .sslv2 cimport Sslv2Reader, begun_hello_end, client_hello_end, find_answer

cdef int ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, DETECTING, HANDSHAKE, HEARTBEAT_RECORD, LOST, OTHER
cdef int CLIENT_HELLO, SERVER_HELLO, READING, RECORD_LENGTH_LIMIT, APPLICATION_LENGTH_LIMIT, SCAN_LIMIT
cdef Py_ssize_t LEAST_LOOKS, OCTETS_OF_LOOK
cdef int HEARTBEAT_HEADER, SEALED_ALERT_MINIMUM, FATAL
cdef int ABSENT, FOUND, WAITING, HELLO_HEADER, TLCP_VERSION

cdef class Listener:
    cpdef handshake(self, RecordReader reader, int kind, bytes body, Py_ssize_t length)
    cpdef sslv2_hello(self, RecordReader reader, bytes body, Py_ssize_t length)
    cpdef sslv2_message(self, RecordReader reader, int kind, bytes body, Py_ssize_t length)
    cpdef change_cipher_spec(self, RecordReader reader)
    cpdef alert(self, RecordReader reader, int level, int description)
    cpdef encrypted_handshake(self, RecordReader reader, Py_ssize_t length)
    cpdef application_data(self, RecordReader reader, Py_ssize_t length)
    cpdef heartbeat(self, RecordReader reader, Py_ssize_t length)
    cpdef heartbeat_message(self, RecordReader reader, int kind, int payload_length)
    cpdef problem(self, object error)

cdef class RecordReader:
    # first what each packet of application data reads, so that it lies together
    cdef public int side, mode
    cdef public Py_ssize_t remaining
    cdef public bytes partial
    cdef public bint collecting, watching
    cdef public long long application_bytes, application_records
    cdef public int record_type, record_version, parts_version
    cdef public Py_ssize_t record_length, alert_length, parts_length, message_length, message_skip, scanned
    cdef public Listener listener
    cdef public RecordReader peer
    cdef public Limits limits
    cdef public bint sealed, encrypted, veiled, looking, readable, muted
    cdef public bytes alert, chain
    cdef public list parts
    cdef public Sslv2Reader sslv2
    cdef public long long chain_packet, finished_packet, finished_ns, again_packet, again_ns
    cdef public bint chain_cut, cipher_changed, finished_seen, application_seen
    cdef public int sslv2_records
    @cython.locals(taken=Py_ssize_t)
    cpdef feed(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(taken=Py_ssize_t)
    cpdef skip(self, Py_ssize_t length)
    cpdef finish(self)
    @cython.locals(taken=Py_ssize_t, header=bytes)
    cpdef Py_ssize_t read_split_header(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(kind=int, length=Py_ssize_t)
    cpdef start_record(self, bytes data, Py_ssize_t position)
    cpdef bint may_be_veiled(self, Py_ssize_t length) except -1
    cpdef await_end(self)
    @cython.locals(octets=bytes)
    cpdef end_sealed(self)
    @cython.locals(taken=Py_ssize_t)
    cpdef collect(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(octets=bytes)
    cpdef look(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(octets=bytes, at=Py_ssize_t)
    cpdef read_alerts(self)
    @cython.locals(kind=int, length=Py_ssize_t)
    cpdef read_messages(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef step_over(self, int kind, Py_ssize_t length, Py_ssize_t available)
    @cython.locals(data=bytes, left=Py_ssize_t)
    cpdef lose_message(self, Py_ssize_t missing)
    @cython.locals(length=Py_ssize_t, found=Py_ssize_t, first=int)
    cpdef Py_ssize_t find_record(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(found=Py_ssize_t)
    cpdef Py_ssize_t find_hello(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(found=Py_ssize_t, start=Py_ssize_t, looks=Py_ssize_t)
    cpdef Py_ssize_t find_boundary(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(length=Py_ssize_t)
    cpdef bint is_tlcp_header(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(after=Py_ssize_t)
    cpdef bint read_sslv2_hello(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    cpdef take_sslv2_hello(self, bytes body, Py_ssize_t length)
    @cython.locals(octets=bytes, after=Py_ssize_t)
    cpdef bint lose_sslv2_hello(self, Py_ssize_t missing) except -1
    @cython.locals(invited=bint, found=int)
    cpdef bint read_sslv2_answer(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    cpdef Sslv2Reader become_sslv2(self)

cpdef bint is_record_header(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
@cython.locals(length=Py_ssize_t, known=bint)
cpdef bint is_hello_message(bytes octets, Py_ssize_t record_length) except -1
cpdef bint is_application_header(bytes data, Py_ssize_t position) except -1
@cython.locals(headers=int, length=Py_ssize_t)
cpdef bint is_record_chain(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
@cython.locals(length=Py_ssize_t, record=Py_ssize_t)
cpdef bint is_begun_chain(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
