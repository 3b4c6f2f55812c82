cimport cython
from .stream cimport Stream

cdef int PACKET_COST, UNKNOWN_HOLE

cdef class NumberedPackets:
    cdef public long long mask, first, next
    cdef public dict early
    @cython.locals(ahead=cython.longlong)
    cpdef take(self, Stream stream, long long number, bytes octets)
    @cython.locals(octets=bytes, lacking=Py_ssize_t, number=cython.longlong, time_ns=cython.longlong, own_number=cython.longlong,
                   own_time=cython.longlong)
    cpdef drain(self, Stream stream)
    @cython.locals(number=cython.longlong, time_ns=cython.longlong)
    cpdef give_up_hole(self, Stream stream)
    cpdef finish(self, Stream stream)

cdef feed(Stream stream, bytes octets, Py_ssize_t lacking)
