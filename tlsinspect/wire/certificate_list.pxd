cimport cython
from .cursor cimport Cursor

@cython.locals(cursor=Cursor, length=Py_ssize_t, lacking=Py_ssize_t)
cpdef tuple parse_certificate_list(bytes body, bint tls13)
