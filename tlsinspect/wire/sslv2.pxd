cimport cython
from .cursor cimport Cursor
from .messages cimport ServerHello

cdef int SSLV2_CLIENT_HELLO, SSLV2_CLIENT_MASTER_KEY, SSLV2_ERROR, SSLV2_SERVER_HELLO
cdef int ERROR_LENGTH, HELLO_LIMIT, CLIENT_HELLO_FIXED, SERVER_HELLO_FIXED, CONNECTION_ID_LIMIT, ABSENT, WAITING, FOUND

cdef class Sslv2Reader:
    cdef public object reader
    cdef public bytes header
    cdef public Py_ssize_t length, left, padding, parts_length
    cdef public bint collecting, opened, lost
    cdef public list parts
    @cython.locals(taken=Py_ssize_t)
    cpdef feed(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(header=bytes)
    cpdef start_record(self)
    @cython.locals(first=bint)
    cpdef bint is_clear(self, int kind) except -1
    cpdef skip(self, Py_ssize_t length)
    @cython.locals(data=bytes, body=bytes)
    cpdef finish(self)

@cython.locals(length=Py_ssize_t, version=int, kinds=Py_ssize_t, session_id=Py_ssize_t, challenge=Py_ssize_t)
cpdef Py_ssize_t client_hello_end(bytes data, Py_ssize_t position, Py_ssize_t end) except -1
cpdef Py_ssize_t begun_hello_end(bytes data) except -1
@cython.locals(given=Py_ssize_t, certificate=Py_ssize_t, specs=Py_ssize_t, connection_id=Py_ssize_t, fits=bint)
cpdef int find_answer(bytes data, Py_ssize_t position, Py_ssize_t end, bint invited) except -1
@cython.locals(cursor=Cursor, hello=ServerHello)
cpdef tuple parse_sslv2_server_hello(bytes body)
