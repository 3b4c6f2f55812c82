cimport cython
from .flow cimport Flow
from .packet cimport Packet
from .record cimport RecordReader
from .stream cimport Stream

cdef long long FLOW_COST, HELLO_COST, SEGMENT_COST, PIECE_COST, MESSAGE_COST, PROBLEM_COST, KEPT_COST

@cython.locals(cost=cython.longlong, octets=cython.longlong, stream=Stream, packet=Packet)
cpdef long long flow_cost(Flow flow) except -1
cpdef long long kept_cost(Packet packet) except -1
@cython.locals(cost=cython.longlong, reader=RecordReader)
cpdef long long stream_cost(Stream stream) except -1
