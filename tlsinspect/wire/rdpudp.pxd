cimport cython
from .flow cimport DatagramReader, Flow
from .numbered cimport NumberedPackets
from .stream cimport Stream

cdef int SYN, ACK, CORRELATION_ID, SYN_EXTENDED, FIRST_HEADER, CORRELATION, MTU_MINIMUM, MTU_MAXIMUM, VERSION_3
cdef int HAS_ACK, HAS_DATA, HAS_VECTOR, HAS_ACK_OF_ACKS, HAS_OVERHEAD, HAS_DELAY, DATA_PACKET

cdef class RdpUdpReader(DatagramReader):
    cdef public int version
    cdef public bint begun
    cdef public tuple channels
    cdef public Flow flow
    @cython.locals(prefix=int, packet=bytes, at=Py_ssize_t, channel=NumberedPackets)
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef bint starts_anew(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(stream=Stream, channel=NumberedPackets)
    cpdef finish(self)

cpdef RdpUdpReader open_rdpudp(bytes data, Py_ssize_t position, Py_ssize_t end)
@cython.locals(answers=bint, at=Py_ssize_t)
cpdef bint is_first(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
@cython.locals(flags=int, at=Py_ssize_t)
cpdef int find_version(bytes data, Py_ssize_t position, Py_ssize_t end) except -2
@cython.locals(flags=int, size=Py_ssize_t, at=Py_ssize_t, coded=int)
cpdef Py_ssize_t find_body(bytes packet) except -1
