cimport cython
from .cursor cimport Cursor
from .limits cimport Limits
from .quic_packet cimport read_varint

cdef int PADDING, PING, ACK_FRAME, ACK_ECN, CRYPTO, CONNECTION_CLOSE, CONNECTION_CLOSE_APPLICATION
cdef int GOOGLE_CLOSE, GOOGLE_PING, GOOGLE_CRYPTO, GOOGLE_ACK, PIECE_COST

cdef class Frames:
    cdef public list crypto
    cdef public long long close_error
    cdef public object problem

@cython.locals(frames=Frames, cursor=Cursor, count=int)
cpdef Frames parse_frames(bytes payload, bint google=*)
@cython.locals(kind=cython.longlong)
cpdef read_frame(Cursor cursor, Frames frames)
@cython.locals(offset=cython.longlong, length=cython.longlong)
cpdef read_crypto(Cursor cursor, Frames frames)
@cython.locals(ranges=cython.longlong)
cpdef read_acknowledgement(Cursor cursor, long long kind)
@cython.locals(kind=int)
cpdef read_google_frame(Cursor cursor, Frames frames)
@cython.locals(largest_size=int, block_size=int, blocks=int, times=int)
cpdef read_google_acknowledgement(Cursor cursor, int kind)
cpdef int google_number_size(int code) except -1

cdef class CryptoStream:
    cdef public Limits limits
    cdef public long long delivered, forgotten, held, cut
    cdef public list pieces
    cdef public Py_ssize_t taken
    cdef public bint conflict, full, exceeded, over
    @cython.locals(end=cython.longlong, position=cython.longlong, at=Py_ssize_t, pieces=list, start=cython.longlong,
                   stop=cython.longlong, known=bytes)
    cpdef add(self, long long offset, bytes octets)
    @cython.locals(end=cython.longlong, start=cython.longlong, known=bytes, low=cython.longlong, high=cython.longlong)
    cpdef bint differs(self, long long offset, bytes octets) except -1
    @cython.locals(parts=list, pieces=list, octets=bytes)
    cpdef bytes take(self)
    @cython.locals(octets=bytes)
    cpdef note_cut(self, Frames frames)
    cpdef bint is_waiting(self) except -1
    cpdef forget(self)

@cython.locals(cursor=Cursor, fixed=bint, ids=list)
cpdef list parse_transport_parameters(bytes data)
