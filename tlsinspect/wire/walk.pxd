cimport cython
from .flow_table cimport FlowTable
from .ip cimport FragmentTable
from .packet cimport Packet, PacketReader, Rest
from .tunnel cimport locate_rest, locate_transport

cdef int EAPOL, SCTP, TCP, UDP, UNKNOWN_LINK, LINKTYPE_RAW

cdef class PacketProblem:
    cdef public object error
    cdef public long long packet, count

cdef class Walk:
    cdef public PacketReader reader
    cdef public FlowTable table
    cdef public FragmentTable fragments
    cdef public object dissector
    cdef public Packet packet
    cdef public long long before, last, packets, octets, truncated, time_first, time_last
    cdef public dict undecoded, problems
    @cython.locals(packet=Packet, protocol=int, _=Py_ssize_t)
    cpdef bint advance(self, Py_ssize_t count) except -1
    cpdef take_rest(self, Packet packet, Rest rest)
    cpdef deliver(self, Packet packet, int protocol)
    @cython.locals(inner=bytes)
    cpdef int dissect(self, Packet packet) except -3
    @cython.locals(problem=PacketProblem)
    cpdef note(self, object error, long long packet)
