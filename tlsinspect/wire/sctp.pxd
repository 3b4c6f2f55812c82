cimport cython
from .dtls cimport open_dtls
from .flow cimport DatagramReader, Flow, reverse_key
from .limits cimport Limits
from .octets cimport cut
from .packet cimport Packet, unsigned32
from .stream cimport Stream

cdef int SCTP, HEADER, CHUNK_HEADER, DATA, ABORT, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE, I_DATA, DATA_HEADER
cdef int I_DATA_HEADER, ENDING, BEGINNING, PIECE_COST

cdef class Association:
    cdef public Flow flow
    cdef public DatagramReader reader
    cdef public tuple heard, waiting
    cdef public list held

cdef class SctpTable:
    cdef public object table
    cdef public dict associations
    @cython.locals(data=bytes, position=Py_ssize_t, end=Py_ssize_t, association=Association, kind=int, length=Py_ssize_t,
                   stop=Py_ssize_t, start=Py_ssize_t)
    cpdef accept(self, Packet packet, bytes key)
    @cython.locals(stream=Stream)
    cpdef forget(self, Association association)
    @cython.locals(reader=DatagramReader, flow=Flow, association=Association, stream=Stream)
    cpdef Association open(self, Packet packet, bytes key, int flags, Py_ssize_t start, Py_ssize_t end)
    @cython.locals(stream=Stream)
    cpdef count(self, Association association, Packet packet, bytes key)
    @cython.locals(first=Stream, second=Stream)
    cpdef Stream direction(self, Association association, bytes key)
    @cython.locals(flow=Flow, stream=Stream, side=int, heard=dict, limits=Limits, end=Py_ssize_t, waiting=dict,
                   message=bytes)
    cpdef take(self, Association association, Packet packet, bytes key, int flags, long long tsn, Py_ssize_t start,
               Py_ssize_t stop)
    @cython.locals(waiting=dict, first=cython.longlong, last=cython.longlong, parts=list, count=cython.longlong,
                   step=cython.longlong)
    cpdef bytes join(self, Association association, int side, long long tsn)
    cpdef hold(self, Association association, int side, long long octets)
    @cython.locals(flow=Flow, stream=Stream, side=int)
    cpdef end(self, Association association, Packet packet, bytes key, int kind)

cdef class SctpReader(DatagramReader):
    cdef public SctpTable table
    cdef public Association association
    @cython.locals(flow=Flow, stream=Stream)
    cpdef finish(self)
