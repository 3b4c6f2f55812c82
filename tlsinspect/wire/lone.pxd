cimport cython
from .flow cimport Flow
from .limits cimport Limits
from .record cimport RecordReader
from .tds cimport is_prelogin

cdef int ACK, DETECTING, FIN, FOUND, HANDSHAKE, RST, SYN, TCP
cdef Py_ssize_t LONGEST_KEPT
cdef long long LONE_COST

cdef class LoneSegment:
    cdef public bytes key, reverse, payload
    cdef public list vlans, tunnels
    cdef public long long sequence, acknowledged, first_packet, time_ns
    cdef public int capture, flags
    cpdef bint is_half_open(self) except -1
    @cython.locals(at=Py_ssize_t)
    cpdef int answered_port(self) except -1

cdef class LoneSegments:
    cdef public tuple framers
    cdef public Limits limits
    cdef public dict segments
    cdef public long long held
    cdef public Flow probe
    cdef public RecordReader reader
    cpdef bint is_lone(self, int flags, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(reader=RecordReader)
    cpdef bint says_nothing(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(cost=cython.longlong)
    cpdef long long add(self, LoneSegment segment) except -1
    cpdef remove(self, LoneSegment segment)
    @cython.locals(segment=LoneSegment, others=Py_ssize_t)
    cpdef list oldest(self, Py_ssize_t count, list times)
    @cython.locals(segment=LoneSegment)
    cpdef list before(self, long long time_ns)
