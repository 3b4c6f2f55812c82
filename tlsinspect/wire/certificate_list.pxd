cimport cython
from .cursor cimport Cursor

cdef int SEQUENCE

@cython.locals(cursor=Cursor, length=Py_ssize_t, lacking=Py_ssize_t)
cpdef tuple parse_certificate_list(bytes body, bint tls13)
cpdef bint is_raw_public_key(bytes body) except -1
