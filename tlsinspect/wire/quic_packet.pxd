cimport cython
from .cursor cimport Cursor

cdef int QUIC_INITIAL, QUIC_RETRY, QUIC_NEGOTIATION, QUIC_OPAQUE
cdef int LAYOUT_OPAQUE, LAYOUT_V1, LAYOUT_V2, LAYOUT_NIBBLES, LAYOUT_NIBBLES_OPAQUE
cdef int CONNECTION_ID_LIMIT, SAMPLE_LENGTH
cdef long long V2, V2_DRAFT

cdef class LongHeader:
    cdef public Py_ssize_t start, token_length, number_at, end
    cdef public long long version, missing, number
    cdef public int kind
    cdef public bytes destination, source

@cython.locals(cursor=Cursor, header=LongHeader, first=int, layout=int)
cpdef LongHeader read_long_header(bytes data, Py_ssize_t position)
@cython.locals(lengths=int)
cpdef read_connection_ids(Cursor cursor, LongHeader header, int layout)
cpdef int nibble_length(int code) except -1
@cython.locals(length=cython.longlong)
cpdef read_length(Cursor cursor, LongHeader header)
@cython.locals(value=cython.longlong, left=int)
cpdef long long read_varint(Cursor cursor) except -1
@cython.locals(draft=int)
cpdef int header_layout(long long version) except -1
cpdef bint is_google_crypto(long long version) except -1
cpdef bint is_reserved(long long version) except -1
@cython.locals(first=cython.longlong, last=cython.longlong)
cpdef bint is_known_version(long long version) except -1
@cython.locals(at=Py_ssize_t, mask=bytes, first=int, length=int, digits=bytes, number=cython.longlong, sealed=bytes,
               payload=bytes)
cpdef bytes remove_protection(object protection, bytes data, LongHeader header, long long largest)
@cython.locals(window=cython.longlong, expected=cython.longlong, number=cython.longlong)
cpdef long long whole_number(long long digits, int length, long long largest) except -1
