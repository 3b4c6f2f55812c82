cimport cython
from .flow_key cimport key_place, reverse_key
from .packet cimport Packet, unsigned32
from .stream cimport Stream

cdef long long STRAGGLING_NS, MASK, HALF
cdef int PLACES

cdef class ClosedConnections:
    cdef public bint empty
    cdef public list keys
    cdef public long long[::1] times, first, second
    @cython.locals(place=Py_ssize_t)
    cpdef add(self, Stream first, Stream second)
    @cython.locals(place=Py_ssize_t, due=cython.longlong[::1], sequence=cython.longlong, beyond=cython.longlong)
    cpdef bint has_had(self, bytes key, Packet packet, long long length) except -1
