cimport cython

cdef tuple DECIMAL, HEXADECIMAL, TWO_DIGITS

@cython.locals(groups=list, run=int, longest=int, end=int, place=int, high=int, low=int)
cpdef str address_text(bytes packed)
