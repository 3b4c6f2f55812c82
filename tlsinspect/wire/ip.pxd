cimport cython

from tlsinspect.wire.limits cimport Limits
from tlsinspect.wire.packet cimport Packet
from tlsinspect.wire.pieces cimport Pieces

cdef int EAPOL, HOME_ADDRESS, PIECE_COST, REASSEMBLED, REMEMBERED

cdef class Datagram(Pieces):
    cdef public long long time_ns, number
    cdef public int version
    cdef public bytes header
    cdef public Py_ssize_t length
    cdef public bint repeats

cdef class FragmentTable:
    cdef public Limits limits
    cdef public long long age_limit_ns, cost
    cdef public object waiting, whole
    cdef public dict problems
    cpdef list take_problems(self)
    cpdef close(self)
    cpdef drop_oldest(self, str kind, str expected)
    @cython.locals(datagram=Datagram)
    cpdef drop(self, bytes key, str kind, str expected)
    cpdef note(self, Datagram datagram, str kind, str expected)
    @cython.locals(oldest=Datagram, datagram=Datagram)
    cpdef Datagram find(self, Packet packet, bytes key)
    cpdef remember(self, bytes key, long long time_ns, Datagram datagram)
    @cython.locals(since=cython.longlong, pieces=set)
    cpdef bint is_repeat(self, bytes key, long long time_ns, Py_ssize_t offset, bytes payload) except -1
    @cython.locals(payload=bytes, datagram=Datagram, end=Py_ssize_t, last=cython.bint, agreed=cython.bint)
    cpdef bint keep(self, Packet packet, bytes key, Py_ssize_t offset, bytes header, bint more) except -1

@cython.locals(protocol=cython.int)
cpdef int read_network(Packet packet, FragmentTable fragments) except? -1
@cython.locals(data=bytes, at=Py_ssize_t, available=Py_ssize_t, first=cython.int, header=Py_ssize_t, total=Py_ssize_t, protocol=cython.int)
cpdef int read_ipv4(Packet packet, FragmentTable fragments) except? -1
@cython.locals(data=bytes, length=Py_ssize_t)
cpdef Py_ssize_t find_route(Packet packet, Py_ssize_t at, Py_ssize_t end) except? -1
cpdef int bound_payload(Packet packet, Py_ssize_t at, long long length) except -1
@cython.locals(data=bytes, at=Py_ssize_t, offset=Py_ssize_t, more=cython.bint, front=bytes, key=bytes)
cpdef int read_ipv4_fragment(Packet packet, FragmentTable fragments, Py_ssize_t header) except? -1
@cython.locals(length=cython.longlong)
cpdef int check_fragment(Packet packet, str layer, Py_ssize_t place, Py_ssize_t offset, bint more) except -1
@cython.locals(data=bytes, at=Py_ssize_t, available=Py_ssize_t, length=cython.longlong, protocol=cython.int)
cpdef int read_ipv6(Packet packet, FragmentTable fragments) except? -1
@cython.locals(data=bytes, available=cython.longlong, option=Py_ssize_t, end=Py_ssize_t, high=cython.longlong)
cpdef long long jumbo_length(Packet packet, Py_ssize_t at) except -1
@cython.locals(data=bytes, at=Py_ssize_t, room=Py_ssize_t, length=Py_ssize_t)
cpdef int skip_extensions(Packet packet, FragmentTable fragments, int protocol, Py_ssize_t named_at) except? -1
@cython.locals(kind=cython.int)
cpdef note_destination(Packet packet, Py_ssize_t at, Py_ssize_t length)
@cython.locals(data=bytes)
cpdef note_home(Packet packet, Py_ssize_t at, Py_ssize_t end)
@cython.locals(data=bytes, network=Py_ssize_t, offset=Py_ssize_t, more=cython.bint, front=bytes, key=bytes)
cpdef int read_ipv6_fragment(Packet packet, FragmentTable fragments, Py_ssize_t at, Py_ssize_t named_at) except? -1
cpdef bint is_whole(Datagram datagram) except? -1
@cython.locals(front=bytes, payload=bytes, length=Py_ssize_t, place=Py_ssize_t)
cpdef int become_datagram(Packet packet, Datagram datagram) except -1
