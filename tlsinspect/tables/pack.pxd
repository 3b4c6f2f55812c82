cimport cython
from ..connection cimport Connection
from ..wire.messages cimport ClientHello, ServerHello

cdef class Gathered:
    cdef public Py_ssize_t count
    cdef public ClientHello no_client
    cdef public ServerHello no_server
    cdef public long long[:, ::1] numbers, client_numbers, server_numbers
    cdef public list objects, client_objects, server_objects, sessions, circumstances, failed, quic
    cdef public dict known
    @cython.locals(place=Py_ssize_t, client=ClientHello, server=ServerHello)
    cpdef add(self, Connection connection)
    cpdef once(self, value)

cpdef pack_numbers(Connection connection, long long[:, ::1] table, Py_ssize_t place)
cpdef pack_objects(Connection connection, list objects)
cpdef pack_client_numbers(ClientHello hello, long long[:, ::1] table, Py_ssize_t place)
cpdef pack_client_objects(ClientHello hello, list objects)
cpdef pack_server_numbers(ServerHello hello, long long[:, ::1] table, Py_ssize_t place)
cpdef pack_server_objects(ServerHello hello, list objects)
@cython.locals(hello=ServerHello)
cpdef session_of(Connection connection)
@cython.locals(hello=ServerHello)
cpdef tuple circumstances_of(Connection connection)
@cython.locals(hello=ClientHello)
cpdef str client_cut(Connection connection)
@cython.locals(hello=ServerHello)
cpdef str server_cut(Connection connection)
cpdef str cut_reason(Connection connection)
cpdef long long number_of(object value) except? -1
@cython.locals(place=Py_ssize_t, value=bytes, whole=list)
cpdef bytes pack_octets(list values, int[::1] lengths, unsigned char[::1] missing)
@cython.locals(place=Py_ssize_t)
cpdef bytes pack_chosen(list values, int[::1] positions, int[::1] lengths, unsigned char[::1] missing)
@cython.locals(place=Py_ssize_t, value=str, whole=list, total=Py_ssize_t, octets=bytes)
cpdef bytes pack_texts(list values, int[::1] lengths, unsigned char[::1] missing)
@cython.locals(place=Py_ssize_t)
cpdef bytes pack_runs(list runs, int[::1] positions)
@cython.locals(place=Py_ssize_t, index=dict)
cpdef list pack_keys(list values, int[::1] positions)
