cimport cython
from ..connection cimport Connection
from ..wire.messages cimport ClientHello, ServerHello

@cython.locals(connection=Connection, place=Py_ssize_t)
cpdef pack_numbers(list records, long long[:, ::1] table)
@cython.locals(connection=Connection, place=Py_ssize_t, count=Py_ssize_t)
cpdef pack_objects(list records, list objects)
@cython.locals(hello=ClientHello, place=Py_ssize_t)
cpdef pack_client_numbers(list records, long long[:, ::1] table)
@cython.locals(hello=ClientHello, place=Py_ssize_t, count=Py_ssize_t)
cpdef pack_client_objects(list records, list objects)
@cython.locals(hello=ServerHello, place=Py_ssize_t)
cpdef pack_server_numbers(list records, long long[:, ::1] table)
@cython.locals(hello=ServerHello, place=Py_ssize_t, count=Py_ssize_t)
cpdef pack_server_objects(list records, list objects)
cpdef long long number_of(object value) except? -1
@cython.locals(place=Py_ssize_t, value=bytes, whole=list)
cpdef bytes pack_octets(list values, int[::1] lengths, unsigned char[::1] missing)
@cython.locals(place=Py_ssize_t, value=str, whole=list, total=Py_ssize_t, octets=bytes)
cpdef bytes pack_texts(list values, int[::1] lengths, unsigned char[::1] missing)
@cython.locals(place=Py_ssize_t, index=dict)
cpdef list pack_keys(list values, int[::1] positions)
