from tlsinspect.wire.packet cimport Buffer, PacketReader

cpdef PacketReader open_reader(blocks)
cpdef bint is_capture(bytes magic) except -1
