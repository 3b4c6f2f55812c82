cimport cython
from .flow cimport DatagramReader, Flow
from .record cimport RecordReader
from .stream cimport Stream

cdef int ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, CLIENT_HELLO, HANDSHAKE, HEARTBEAT_RECORD, HELLO_VERIFY_REQUEST
cdef int READING, SERVER_HELLO, RECORD_HEADER, FRAGMENT_HEADER, CONNECTION_ID_RECORD, LONGEST_RECORD
cdef int MESSAGE_LENGTH_LIMIT

cdef class Message:
    cdef public int kind
    cdef public Py_ssize_t length, octets
    cdef public dict pieces
    @cython.locals(known=bytes)
    cpdef add(self, Py_ssize_t offset, bytes fragment)
    @cython.locals(body=bytes, fragment=bytes, offset=Py_ssize_t)
    cpdef bytes beginning(self)

cdef class DtlsReader(DatagramReader):
    cdef public tuple messages, delivered
    cdef public Flow flow
    @cython.locals(reader=RecordReader, length=Py_ssize_t, body=Py_ssize_t)
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(reader=RecordReader, kind=int)
    cpdef read_record(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end, int epoch)
    cpdef count(self, Flow flow, RecordReader reader, Py_ssize_t length)
    @cython.locals(kind=int, length=Py_ssize_t, sequence=int, offset=Py_ssize_t, size=Py_ssize_t)
    cpdef read_fragments(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(message=Message, messages=dict, body=bytes, side=int)
    cpdef take_fragment(self, Flow flow, Stream stream, int kind, Py_ssize_t length, int sequence, Py_ssize_t offset,
                        bytes fragment)
    @cython.locals(message=Message, octets=Py_ssize_t)
    cpdef bint has_room(self, dict messages) except -1
    @cython.locals(message=Message, stream=Stream)
    cpdef finish(self)

@cython.locals(version=int, epoch=int, kind=int, message=int, at=Py_ssize_t)
cpdef DatagramReader open_dtls(bytes data, Py_ssize_t position, Py_ssize_t end)
cpdef bint is_record_type(int octet) except -1
@cython.locals(version=int, length=Py_ssize_t)
cpdef bint is_record(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
