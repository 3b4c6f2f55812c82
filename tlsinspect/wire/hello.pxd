cimport cython

cdef int CLIENT_HELLO, HANDSHAKE, RECORD_LENGTH_LIMIT, SERVER_HELLO, SHORTEST_HELLO, LONGEST_HELLO

@cython.locals(record=Py_ssize_t, message=Py_ssize_t, kind=int, tlcp=bint)
cpdef bint is_hello(bytes data, Py_ssize_t position) except -1

@cython.locals(length=Py_ssize_t)
cpdef bint may_begin_hello(bytes data, Py_ssize_t position, Py_ssize_t end) except -1

cpdef bint is_draft(int octet) except -1
