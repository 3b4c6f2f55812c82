from .lone cimport LoneSegment
from .packet cimport Packet

cdef int ACK, SYN
cdef Py_ssize_t IPV4_KEY

cpdef bint may_lack_beginning(int flags) except -1
cpdef Packet keep_packet(bytes key, Packet packet)
cpdef Packet keep_lone(LoneSegment lone)
cpdef Packet make_packet(bytes key, bytes rest)
