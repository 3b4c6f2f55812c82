cimport cython
from .connection cimport Connection

cdef class Tally:
    cdef public dict counts
    @cython.locals(place=tuple)
    cpdef bint count(self, Connection connection) except -1
    @cython.locals(counted=list)
    cpdef note(self, tuple place, long long connections, long long octets)
