cimport cython


cdef class Rest

cdef class Packet:
    cdef public bytes data
    cdef public Py_ssize_t start, end, network, transport, payload_end, source, destination, source_mac, destination_mac
    cdef public long long wire_length, time_ns, number, missing
    cdef public int link_type, ip_version, protocol
    cdef public list vlans, tunnels
    cdef public Rest rest


cdef class Rest:
    cdef public bytes data
    cdef public list vlans, tunnels


cdef class Buffer:
    cdef public object blocks
    cdef public bytes data, ahead
    cdef public Py_ssize_t position, ahead_position
    cdef public long long offset

    @cython.locals(available=Py_ssize_t, end=Py_ssize_t, pieces=list)
    cpdef bint fill(self, Py_ssize_t length) except -1
    cpdef bint skip(self, Py_ssize_t length) except -1
    cpdef close(self)
    cdef bint advance(self) except -1
    cdef bint pull(self) except -1


cdef class Interface:
    cdef public int link_type, tsresol
    cdef public long long snaplen, tsoffset, multiplier, offset_ns, max_high
    cdef public str name, description


cdef class PacketReader:
    cdef public Buffer buffer
    cdef public str format
    cdef public long long snaplen, packets
    cdef public set link_types
    cdef public list problems, interfaces, secrets

    cpdef bint read_packet(self, Packet packet) except -1
    cpdef damage(self, str kind, long long offset, str expected)
    cpdef note(self, str kind, long long offset, str expected)
    cdef str layer(self)


@cython.locals(octets=cython.p_uchar, value=cython.uint)
cpdef long long unsigned32(bytes data, Py_ssize_t position, bint big_endian) except -1
cpdef int unsigned16(bytes data, Py_ssize_t position, bint big_endian) except -1
