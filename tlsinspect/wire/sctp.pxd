cimport cython
from .dtls cimport open_dtls
from .flow cimport DatagramReader, Flow
from .flow_key cimport reverse_key
from .limits cimport Limits
from .octets cimport cut
from .packet cimport Packet, unsigned32
from .stream cimport Stream

cdef int SCTP, HEADER, CHUNK_HEADER, DATA, ABORT, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE, I_DATA, DATA_HEADER
cdef int I_DATA_HEADER, ENDING, BEGINNING, WHOLE, PIECE_COST
cdef tuple CLOSING

cdef class Direction:
    cdef public Stream stream
    cdef public DatagramReader reader
    cdef public dict heard, waiting
    cdef public long long held
    @cython.locals(flow=Flow)
    cpdef note(self, Packet packet)
    @cython.locals(flow=Flow, stream=Stream, limits=Limits, end=Py_ssize_t, message=bytes)
    cpdef take(self, Packet packet, int flags, long long tsn, Py_ssize_t start, Py_ssize_t stop)
    @cython.locals(waiting=dict, first=cython.longlong, last=cython.longlong, parts=list, count=cython.longlong,
                   step=cython.longlong)
    cpdef bytes join(self, long long tsn)
    @cython.locals(flow=Flow)
    cpdef hold(self, long long octets)
    @cython.locals(flow=Flow, stream=Stream)
    cpdef bint end(self, Packet packet, int kind) except -1

cdef class SctpTable:
    cdef public object table
    cdef public dict directions
    @cython.locals(data=bytes, position=Py_ssize_t, end=Py_ssize_t, direction=Direction, kind=int, flags=int,
                   length=Py_ssize_t, stop=Py_ssize_t, start=Py_ssize_t)
    cpdef accept(self, Packet packet, bytes key)
    @cython.locals(reader=DatagramReader, flow=Flow, both=list, each=Direction, direction=Direction)
    cpdef Direction open(self, Packet packet, bytes key, Py_ssize_t start, Py_ssize_t end)

cdef class SctpReader(DatagramReader):
    cdef public SctpTable table
    cdef public list directions
    @cython.locals(direction=Direction)
    cpdef finish(self)
