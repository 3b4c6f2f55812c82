cimport cython
from .cursor cimport Cursor

cdef int OCSP, OCSP_MULTI, SIGNED_CERTIFICATE_TIMESTAMP, STATUS_REQUEST

@cython.locals(cursor=Cursor, responses=list)
cpdef tuple parse_certificate_status(bytes body)
@cython.locals(kind=int, outer=Py_ssize_t, response=bytes)
cpdef read_certificate_status(Cursor cursor, list responses)
@cython.locals(cursor=Cursor, kind=int, outer=Py_ssize_t, place=Py_ssize_t, responses=list, timestamps=list, value=bytes)
cpdef tuple parse_entry_staples(bytes body)
@cython.locals(cursor=Cursor, blocks=list)
cpdef list split_entries(bytes body)
