cimport cython
from ..connection cimport Connection
from ..wire.messages cimport ClientHello, ServerHello

from .pack cimport Column

cdef int HASH_LENGTH, PROBLEM_LENGTH

cdef class Gathered:
    cdef public Py_ssize_t count
    cdef public ClientHello no_client
    cdef public ServerHello no_server
    cdef public long long[:, ::1] numbers, client_numbers, server_numbers
    cdef public double[:, ::1] durations
    cdef public list columns, client_columns, server_columns, objects, client_objects, server_objects
    cdef public list sessions, circumstances, failed, quic
    cdef public dict known
    @cython.locals(place=Py_ssize_t, client=ClientHello, server=ServerHello)
    cpdef add(self, Connection connection)
    @cython.locals(columns=list, column=Column)
    cpdef settle(self)
    cpdef once(self, value)

cpdef pack_numbers(Connection connection, long long[:, ::1] table, Py_ssize_t place)
cpdef pack_durations(Connection connection, double[:, ::1] table, Py_ssize_t place)
cpdef pack_objects(Connection connection, list objects)
cpdef pack_client_numbers(ClientHello hello, long long[:, ::1] table, Py_ssize_t place)
cpdef pack_client_objects(ClientHello hello, list objects)
cpdef pack_server_numbers(ServerHello hello, long long[:, ::1] table, Py_ssize_t place)
cpdef pack_server_objects(ServerHello hello, list objects)
@cython.locals(length=cython.longlong, client=ClientHello, server=ServerHello)
cpdef long long row_length(Connection connection) except -1
@cython.locals(hello=ServerHello)
cpdef session_of(Connection connection)
@cython.locals(hello=ServerHello)
cpdef tuple circumstances_of(Connection connection)
@cython.locals(hello=ClientHello)
cpdef str client_cut(Connection connection)
@cython.locals(hello=ServerHello)
cpdef str server_cut(Connection connection)
cpdef str incomplete(Connection connection)
cpdef str opening_unseen(Connection connection)
cpdef str cut_reason(Connection connection)
cpdef str lost_reason(Connection connection)
cpdef long long number_of(object value) except? -1
