cimport cython
from .record cimport RecordReader

cdef int CHANGE_CIPHER_SPEC, DETECTING, HEARTBEAT_RECORD, LOST, OTHER, READING
cdef int HEADER_LENGTH, PRELOGIN, TABULAR_RESULT, VERSION_TOKEN

cdef class TdsReader(RecordReader):
    cdef public bint wrapped
    cdef public Py_ssize_t left
    cdef public bytes header
    @cython.locals(taken=Py_ssize_t)
    cpdef feed(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef skip(self, Py_ssize_t length)
    @cython.locals(taken=Py_ssize_t)
    cpdef Py_ssize_t read_header(self, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(between=bint)
    cpdef feed_content(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef start_record(self, bytes data, Py_ssize_t position)

cpdef bint is_record_type(int octet) except -1
cpdef bint is_prelogin(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
