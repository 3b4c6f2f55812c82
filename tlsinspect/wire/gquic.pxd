cimport cython
from .flow cimport DatagramReader, Flow
from .quic_facts cimport QuicFacts
from .quic_packet cimport is_google_crypto, is_known_version
from .stream cimport Stream

cdef int VERSION_FLAG, CONNECTION_ID_FLAG, VERSION_AT

cdef class GoogleReader(DatagramReader):
    cdef public QuicFacts facts
    cdef public int looked_at
    @cython.locals(side=int, payload=bytes)
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)

@cython.locals(flags=int)
cpdef bint is_public_header(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
@cython.locals(at=Py_ssize_t)
cpdef bint is_public_negotiation(bytes payload) except -1
cpdef long long version_at(bytes data, Py_ssize_t at) except -1
@cython.locals(start=Py_ssize_t, count=int, values=Py_ssize_t, begin=cython.longlong, end=cython.longlong, at=Py_ssize_t)
cpdef bytes find_server_name(bytes data)
