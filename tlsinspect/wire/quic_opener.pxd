cimport cython
from .flow cimport DatagramReader
from .gquic cimport GoogleReader, is_public_header, version_at
from .quic cimport QuicReader
from .quic_packet cimport LongHeader, is_known_version, read_long_header, remove_protection

cdef int QUIC_INITIAL, QUIC_OPAQUE, QUIC_BIT, SHORTEST_HEADER

cdef class QuicOpener:
    cdef public object keys

@cython.locals(version=cython.longlong, known=bint, accepted=bint, datagram=bytes, header=LongHeader)
cpdef DatagramReader open_quic(object keys, bytes data, Py_ssize_t position, Py_ssize_t end)
@cython.locals(length=Py_ssize_t, known=int, at=Py_ssize_t)
cpdef bint is_negotiation(bytes datagram, LongHeader header) except -1
cpdef bint is_whole_initial(bytes datagram, LongHeader header) except -1
cpdef bint opens(object keys, bytes datagram, LongHeader header) except -1
