cimport cython
from .flow cimport DatagramReader, Flow
from .limits cimport Limits
from .octets cimport cut
from .pieces cimport Pieces
from .record cimport RecordReader
from .stream cimport Stream

cdef int ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, CLIENT_HELLO, HANDSHAKE, HEARTBEAT_RECORD, HELLO_VERIFY_REQUEST
cdef int READING, SERVER_HELLO, RECORD_HEADER, FRAGMENT_HEADER, CONNECTION_ID_RECORD, ACK_RECORD, RECORD_LENGTH_LIMIT
cdef int PIECE_COST, HEARTBEAT_HEADER, RANDOM_AT, RANDOM_END, LONGEST_CONNECTION_ID, CHAIN
cdef int CIPHERTEXT, WITH_CONNECTION_ID, LONG_NUMBER, WITH_LENGTH, LOW_EPOCH, HANDSHAKE_EPOCH, RECORD_NUMBER, SHORTEST_ACK
cdef int LONGER_TAG, WINDOW
cdef unsigned long long WINDOW_MASK, NEWEST

cdef class Message(Pieces):
    cdef public int kind
    cdef public Py_ssize_t length
    cdef public long long number, time_ns

cdef class Window:
    cdef public int epoch
    cdef public long long latest
    cdef public unsigned long long seen
    @cython.locals(ahead=cython.longlong, bit=cython.ulonglong, repeated=bint)
    cpdef bint is_repeated(self, int epoch, long long number) except -1

cdef class DtlsReader(DatagramReader):
    cdef public tuple messages, delivered, windows
    cdef public list id_lengths, changed
    cdef public Flow flow
    @cython.locals(reader=RecordReader, length=Py_ssize_t, body=Py_ssize_t, header=Py_ssize_t, epoch=int,
                   lacking=Py_ssize_t, stop=Py_ssize_t)
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(number=cython.longlong, window=Window)
    cpdef bint is_repeated(self, RecordReader reader, bytes data, Py_ssize_t position, int epoch) except -1
    @cython.locals(known=int)
    cpdef int id_length(self, int side, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(reader=RecordReader, kind=int)
    cpdef read_record(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end, int epoch)
    @cython.locals(first=int, at=Py_ssize_t, known=Py_ssize_t, length=Py_ssize_t)
    cpdef Py_ssize_t read_ciphertext(self, Flow flow, RecordReader reader, bytes data, Py_ssize_t position,
                                     Py_ssize_t end) except -1
    cpdef count(self, Flow flow, RecordReader reader, Py_ssize_t length)
    @cython.locals(kind=int, length=Py_ssize_t, sequence=int, offset=Py_ssize_t, size=Py_ssize_t, record_end=Py_ssize_t,
                   stop=Py_ssize_t)
    cpdef read_fragments(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(message=Message, messages=dict, side=int)
    cpdef take_fragment(self, Flow flow, Stream stream, int kind, Py_ssize_t length, int sequence, Py_ssize_t offset,
                        bytes fragment, bint cut)
    cpdef deliver(self, Flow flow, RecordReader reader, int kind, int sequence, bytes body, Py_ssize_t length)
    @cython.locals(limits=Limits, other=Message, octets=Py_ssize_t)
    cpdef bint has_room(self, Flow flow, dict messages, Message message, int sequence) except -1
    @cython.locals(flow=Flow, at=Py_ssize_t, body=Py_ssize_t, epoch=int, sequence=int, offset=int, size=int, random=bytes)
    cpdef bint starts_anew(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(message=Message, stream=Stream)
    cpdef finish(self)

@cython.locals(version=int, epoch=int, kind=int, message=int, at=Py_ssize_t)
cpdef DatagramReader open_dtls(bytes data, Py_ssize_t position, Py_ssize_t end)
cpdef bint is_sealed_ack(Py_ssize_t length) except -1
cpdef bint is_record_type(int octet) except -1
@cython.locals(body=Py_ssize_t, message=Py_ssize_t, length=Py_ssize_t, offset=Py_ssize_t, size=Py_ssize_t, is_cut=bint)
cpdef DatagramReader open_cut_dtls(bytes data, Py_ssize_t position, Py_ssize_t end)
@cython.locals(version=int, length=Py_ssize_t)
cpdef bint is_record(bytes data, Py_ssize_t position, Py_ssize_t end, Py_ssize_t header, Py_ssize_t lacking) except -1
@cython.locals(length=int, at=Py_ssize_t, records=int, header=Py_ssize_t)
cpdef int fit_connection_id(bytes data, Py_ssize_t position, Py_ssize_t end) except -2
