cimport cython

@cython.final
cdef class Draft:
    cdef readonly frozenset wanted
    cdef readonly dict facts
    cdef readonly dict issues
    cdef public bint cut
    cpdef bint wants(self, str part) except -1
    cpdef refuse(self, str part, error)
