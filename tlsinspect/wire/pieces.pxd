cimport cython

cdef class Pieces:
    cdef public list pieces
    cdef public Py_ssize_t octets
    @cython.locals(pieces=list, agree=bint, end=Py_ssize_t, at=Py_ssize_t, index=Py_ssize_t, start=Py_ssize_t,
                   stop=Py_ssize_t, known=bytes, fresh=list)
    cpdef bint add(self, Py_ssize_t offset, bytes piece) except -1
    @cython.locals(octets=bytes, offset=Py_ssize_t, length=Py_ssize_t, parts=list)
    cpdef bytes beginning(self)
    cpdef Py_ssize_t cost(self, Py_ssize_t of_piece) except -1

cpdef Py_ssize_t first_overlap(list pieces, long long place) except -1
