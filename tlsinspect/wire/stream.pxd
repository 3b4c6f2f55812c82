cimport cython
from .limits cimport Limits
from .octets cimport cut
from .pieces cimport first_overlap
from .record cimport RecordReader, Listener
from .tds cimport TdsReader, is_prelogin

cdef int ABSENT, CHANGE_CIPHER_SPEC, DETECTING, FOUND, HANDSHAKE, HEARTBEAT_RECORD, WAITING, HEAD_LIMIT, HEAD_PIECES, JOINED_OCTETS, COMPARED_PIECES
cdef long long MASK, HALF, FIN_WINDOW

cdef class Framing

cdef class Stream:
    # first what each packet of application data reads, so that it lies together
    cdef public bytes key
    cdef public object owner
    cdef public RecordReader reader
    cdef public list pending, compared
    cdef public Framing framing
    cdef public tuple framers
    cdef public long long packets, octets, number, time_ns, next_sequence, next_place, alternative
    cdef public bint started, syn, fin, reset, gap, truncated, overlap_conflict, last_wins
    cdef public bytes head
    cdef public list head_packets
    cdef public Limits limits
    cdef public long long last_number, last_time_ns, initial_sequence, fin_sequence, announced, acknowledged, lacking, out_of_order, retransmitted, pending_bytes
    cpdef start(self, long long sequence)
    @cython.locals(ahead=cython.longlong, told=bint)
    cpdef accept(self, bytes data, Py_ssize_t position, Py_ssize_t end, Py_ssize_t missing, long long sequence)
    @cython.locals(first=cython.longlong, second=cython.longlong, renumbered=bint)
    cpdef bint is_renumbered(self, long long sequence) except -1
    cpdef accept_early(self, bytes payload, Py_ssize_t missing, long long ahead)
    @cython.locals(start=cython.longlong, known=bytes, missing=Py_ssize_t)
    cpdef bint ends_early(self, long long place) except -1
    @cython.locals(length=Py_ssize_t)
    cpdef accept_again(self, bytes data, Py_ssize_t position, Py_ssize_t end, Py_ssize_t missing, long long known)
    @cython.locals(length=Py_ssize_t, detecting=bint, framing=Framing)
    cpdef deliver(self, bytes data, Py_ssize_t position, Py_ssize_t end, Py_ssize_t missing)
    @cython.locals(framing=Framing)
    cpdef skip(self, Py_ssize_t length)
    @cython.locals(found=int)
    cpdef look_at_first(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(held=bytes, room=Py_ssize_t)
    cpdef read_first(self, bytes data, Py_ssize_t position, Py_ssize_t end, long long place)
    cpdef bint head_is_full(self) except -1
    @cython.locals(count=Py_ssize_t)
    cpdef keep_head(self, bytes octets)
    @cython.locals(found=cython.longlong, start=Py_ssize_t, number=cython.longlong)
    cpdef long long head_packet(self, Py_ssize_t at) except? -1
    @cython.locals(number=cython.longlong)
    cpdef long long head_packet_after(self, long long packet) except? -1
    cpdef bint is_clear_text(self) except -1
    @cython.locals(compared=list, count=Py_ssize_t, start=cython.longlong, known=bytes)
    cpdef remember(self, bytes octets)
    @cython.locals(end=cython.longlong, at=cython.longlong, start=cython.longlong, stop=cython.longlong,
                   index=Py_ssize_t, known=bytes, fresh=list, segment=tuple, conflict=bint, pending=list)
    cpdef bint keep(self, bytes payload, Py_ssize_t missing, long long place) except -1
    @cython.locals(end=cython.longlong, start=cython.longlong, stop=cython.longlong, known=bytes, kept=list,
                   first=Py_ssize_t, last=Py_ssize_t)
    cpdef overwrite(self, list pending, bytes payload, Py_ssize_t missing, long long place)
    @cython.locals(ahead=cython.longlong)
    cpdef acknowledge(self, long long sequence)
    @cython.locals(hole=cython.longlong, number=cython.longlong, time_ns=cython.longlong)
    cpdef give_up_hole(self)
    cpdef bint lacks_end(self) except -1
    cpdef bint lacks_acknowledged(self) except -1
    cpdef bint has_lost(self) except -1
    cpdef bint has_beginning(self) except -1
    cpdef bint is_whole(self) except -1
    cpdef look_back(self)
    @cython.locals(pending=list, payload=bytes, known=cython.longlong, place=cython.longlong, length=Py_ssize_t, missing=Py_ssize_t,
                   count=Py_ssize_t, number=cython.longlong, time_ns=cython.longlong, own_number=cython.longlong,
                   own_time=cython.longlong)
    cpdef drain(self)
    @cython.locals(known=bytes, low=cython.longlong, high=cython.longlong, start=cython.longlong, end=cython.longlong,
                   index=Py_ssize_t)
    cpdef compare(self, list compared, long long place, bytes payload)
    @cython.locals(number=cython.longlong, time_ns=cython.longlong, framing=Framing)
    cpdef finish(self)
    cpdef release(self)

cdef class Framing:
    cdef public bytes partial
    cpdef feed(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef skip(self, Stream stream, Py_ssize_t length)
    cpdef finish(self, Stream stream)

cdef class FirstOctets(Framing):
    cdef public object framer
    @cython.locals(found=int)
    cpdef feed(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    cpdef skip(self, Stream stream, Py_ssize_t length)
    cpdef finish(self, Stream stream)

cpdef bint may_start_record(int octet) except -1
