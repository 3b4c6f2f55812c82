cimport cython

cdef int HANDSHAKE, MESSAGE_LENGTH_LIMIT, RECORD_LENGTH_LIMIT

@cython.locals(record=Py_ssize_t, message=Py_ssize_t, kind=int)
cpdef bint is_hello(bytes data, Py_ssize_t position) except -1
