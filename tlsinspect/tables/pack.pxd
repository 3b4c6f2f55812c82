cimport cython
from ..connection cimport Connection

@cython.locals(connection=Connection, place=Py_ssize_t)
cpdef pack_numbers(list batch, long long[:, ::1] table)
cpdef long long number_of(object value) except? -1
@cython.locals(place=Py_ssize_t, value=bytes, whole=list)
cpdef bytes pack_octets(list values, int[::1] lengths, unsigned char[::1] missing)
@cython.locals(place=Py_ssize_t, index=dict)
cpdef list pack_keys(list values, int[::1] positions)
