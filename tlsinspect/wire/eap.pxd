cimport cython
from .flow cimport DatagramReader, Flow
from .flow_key cimport reverse_key
from .limits cimport Limits
from .record cimport is_record_header
from .stream cimport Stream

cdef int EAP_RESPONSE, REQUEST, SUCCESS, FAILURE, TEAP, LENGTH_INCLUDED, MORE_FRAGMENTS, START, OUTER_INCLUDED, PEER, SERVER
cdef int FRAGMENT_COST, FAILURE_LENGTH, BACKWARDS
cdef long long LATE_START_NS
cdef tuple METHODS

cdef class EapSession:
    cdef public object table
    cdef public bytes key
    cdef public int protocol
    cdef public list vlans, tunnels, latest, announced, collected
    cdef public tuple fragments, heard
    cdef public long long started_ns
    cdef public Flow flow
    @cython.locals(code=int, length=Py_ssize_t)
    cpdef read(self, bytes packet, long long number, long long time_ns)
    @cython.locals(flow=Flow, server=Stream)
    cpdef bint is_overtaken(self, bytes packet, long long time_ns) except -1
    cpdef start(self, bytes packet, long long time_ns)
    @cython.locals(heard=dict)
    cpdef note_start(self, bytes packet, long long time_ns)
    @cython.locals(flags=int, repeated=bint, heard=dict, flow=Flow, stream=Stream, known=bytes, at=Py_ssize_t, total=cython.longlong,
                   end=cython.longlong, limits=Limits)
    cpdef read_method(self, bytes packet, int side, long long number, long long time_ns)
    cpdef take(self, Flow flow, Stream stream, tuple fragment, long long total)
    @cython.locals(side=int, fragments=list, total=cython.longlong, missing=cython.longlong, index=Py_ssize_t, octets=bytes, step=int,
                   lacking=bint, hole=cython.longlong)
    cpdef feed(self, Flow flow, Stream stream, bint whole)
    @cython.locals(fragments=list, octets=bytes, step=int, length=cython.longlong)
    cpdef long long hole_before(self, int side, Py_ssize_t index) except -1
    cpdef skip(self, Stream stream, long long length)
    @cython.locals(flow=Flow)
    cpdef Flow open(self, long long number, long long time_ns)
    @cython.locals(peer=Stream, server=Stream)
    cpdef rename(self, bytes key)
    cpdef close(self)
    @cython.locals(flow=Flow, server=Stream)
    cpdef refuse(self, long long number, long long time_ns)
    @cython.locals(flow=Flow, stream=Stream)
    cpdef finish(self)

cdef class EapReader(DatagramReader):
    cdef public EapSession session
    cpdef finish(self)

cpdef long long length_at(bytes packet, Py_ssize_t position) except -1
cpdef bint is_headless(bytes octets) except -1
cpdef int steps(bytes known, bytes packet) except -1
