cimport cython
from .octets cimport cut

@cython.final
cdef class Cursor:
    cdef public bytes data
    cdef public str layer
    cdef public Py_ssize_t position, limit
    cpdef fail(self, str kind, str expected)
    cpdef Py_ssize_t need(self, Py_ssize_t length) except -1
    @cython.locals(at=Py_ssize_t)
    cpdef Py_ssize_t read_u8(self) except -1
    @cython.locals(at=Py_ssize_t)
    cpdef Py_ssize_t read_u16(self) except -1
    @cython.locals(at=Py_ssize_t)
    cpdef Py_ssize_t read_u24(self) except -1
    @cython.locals(high=Py_ssize_t)
    cpdef Py_ssize_t read_u32(self) except -1
    @cython.locals(at=Py_ssize_t)
    cpdef bytes read_bytes(self, Py_ssize_t length)
    cpdef bytes read_vector8(self)
    cpdef bytes read_vector16(self)
    cpdef bytes read_vector24(self)
    cpdef Py_ssize_t enter(self, Py_ssize_t length) except -1
    cpdef leave(self, Py_ssize_t outer)
    cpdef Py_ssize_t remaining(self) except -1
