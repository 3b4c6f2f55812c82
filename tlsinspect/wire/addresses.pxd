cimport cython

@cython.locals(groups=list, run=int, longest=int, end=int, place=int, group=int)
cpdef str address_text(bytes packed)
