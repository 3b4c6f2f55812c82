cimport cython

cdef class Column:
    cdef public Py_ssize_t count
    cdef public list waiting
    cpdef settle(self)
    cpdef take(self)

cdef class Octets(Column):
    cdef public list joined
    cdef public int[::1] lengths
    cdef public unsigned char[::1] missing
    cpdef take(self)

cdef class Texts(Octets):
    cpdef take(self)

cdef class Keys(Column):
    cdef public dict index
    cdef public int[::1] positions
    cpdef take(self)

@cython.locals(place=Py_ssize_t, value=bytes, whole=list)
cpdef bytes pack_octets(list values, int[::1] lengths, unsigned char[::1] missing, Py_ssize_t first=*)
@cython.locals(place=Py_ssize_t)
cpdef bytes pack_chosen(list values, int[::1] positions, int[::1] lengths, unsigned char[::1] missing)
@cython.locals(place=Py_ssize_t, value=str, whole=list, total=Py_ssize_t, octets=bytes)
cpdef bytes pack_texts(list values, int[::1] lengths, unsigned char[::1] missing, Py_ssize_t first=*)
@cython.locals(place=Py_ssize_t)
cpdef bytes pack_runs(list runs, int[::1] positions)
@cython.locals(place=Py_ssize_t, known=int)
cpdef pack_keys(list values, dict index, int[::1] positions, Py_ssize_t first=*)
