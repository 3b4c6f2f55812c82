cimport cython

@cython.locals(octets=cython.p_char)
cpdef bytes cut(bytes data, Py_ssize_t start, Py_ssize_t end)
