cimport cython

from tlsinspect.wire.ip cimport FragmentTable, read_network
from tlsinspect.wire.link cimport locate_network
from tlsinspect.wire.packet cimport Packet

@cython.locals(version=cython.int)
cpdef int locate_transport(Packet packet, FragmentTable fragments) except? -1
