cimport cython

from tlsinspect.wire.packet cimport Buffer, Packet, PacketReader, unsigned16, unsigned32

cdef int SWAPPED, PERHAPS_SWAPPED
cdef long long MASK


cdef class PcapReader(PacketReader):
    cdef public bint big_endian
    cdef public int link_type, length_order
    cdef public Py_ssize_t record_header_length
    cdef public long long fraction_ns, longest

    @cython.locals(buffer=Buffer, data=bytes, start=Py_ssize_t, length=Py_ssize_t, captured=Py_ssize_t, original=Py_ssize_t,
                   at=cython.p_uchar, seconds=cython.longlong, fraction=cython.longlong)
    cpdef bint read_packet(self, Packet packet) except -1


cpdef int length_order(int major, int minor) except -1
cpdef bint is_pcap(bytes magic) except -1
