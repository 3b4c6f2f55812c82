cimport cython
from .dtls cimport DtlsReader, open_dtls
from .flow cimport Flow
from .stream cimport Stream

cdef int CAPWAP_DTLS, PREAMBLE, CHANNEL_FIRST, CHANNEL_LAST, CHANNEL_HEADER, STUN_HEADER, SEND_INDICATION
cdef int DATA_INDICATION, DATA, ATTRIBUTE_LIMIT
cdef bytes STUN_COOKIE

cdef class CarriedDtlsReader(DtlsReader):
    cdef public str carrier
    @cython.locals(start=Py_ssize_t)
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(start=Py_ssize_t)
    cpdef bint starts_anew(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1

@cython.locals(start=Py_ssize_t)
cpdef DtlsReader open_carried_dtls(bytes data, Py_ssize_t position, Py_ssize_t end)
@cython.locals(first=int, length=Py_ssize_t)
cpdef Py_ssize_t find_inside(bytes data, Py_ssize_t position, Py_ssize_t end) except -2
@cython.locals(at=Py_ssize_t, length=Py_ssize_t, _=int)
cpdef Py_ssize_t find_data(bytes data, Py_ssize_t position, Py_ssize_t end) except -2
cpdef Py_ssize_t inside_end(bytes data, Py_ssize_t position, Py_ssize_t start, Py_ssize_t end) except -2
