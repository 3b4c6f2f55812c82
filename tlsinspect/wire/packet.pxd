cdef class Packet:
    cdef public bytes data
    cdef public Py_ssize_t start, end, network, transport, payload_end
    cdef public long long wire_length, time_ns, number, missing
    cdef public int link_type, ip_version, protocol
    cdef public list vlans, tunnels

cdef class Buffer:
    cdef public object blocks
    cdef public bytes data
    cdef public Py_ssize_t position
    cdef public long long offset
    cpdef bint fill(self, Py_ssize_t length) except -1
