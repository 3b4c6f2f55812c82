cimport cython
from .flow cimport DatagramReader, Flow
from .gquic cimport find_server_name
from .quic_facts cimport QuicFacts
from .quic_frames cimport CryptoStream, Frames, parse_frames
from .quic_packet cimport LongHeader, is_google_crypto, is_reserved, read_long_header, remove_protection
from .record cimport RecordReader
from .stream cimport Stream

cdef int APPLICATION_DATA, HANDSHAKE, READING
cdef int QUIC_HANDSHAKE, QUIC_INITIAL, QUIC_NEGOTIATION, QUIC_RETRY, QUIC_ZERO_RTT
cdef int CRYPTO_ERROR, FATAL, GOOGLE_TLS

cdef class QuicReader(DatagramReader):
    cdef public object keys
    cdef public Flow flow
    cdef public QuicFacts facts
    cdef public int client, initials
    cdef public bytes origin, retried
    cdef public tuple answer
    cdef public list origins, offers, given_up, early, crypto, latest, largest, handshake_seen, id_lengths
    cdef public bint answered, settled, reading_early, with_token, without_token
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(reader=RecordReader)
    cpdef count_short(self, Flow flow, Stream stream, Py_ssize_t length)
    @cython.locals(side=int, crypto=CryptoStream, reader=RecordReader, other=RecordReader)
    cpdef watch(self, Flow flow, Stream stream, Py_ssize_t length)
    @cython.locals(position=Py_ssize_t, destination=bytes, header=LongHeader)
    cpdef read_datagram(self, Flow flow, Stream stream, bytes datagram)
    @cython.locals(side=int, crypto=CryptoStream)
    cpdef take_packet(self, Flow flow, Stream stream, bytes datagram, LongHeader header)
    cpdef know_client(self, Flow flow, int side)
    cpdef take_version(self, LongHeader header, int side)
    @cython.locals(side=int, payload=bytes, frames=Frames, crypto=CryptoStream, within=bint)
    cpdef read_initial(self, Flow flow, Stream stream, bytes datagram, LongHeader header)
    @cython.locals(begins=bint)
    cpdef note_token(self, LongHeader header)
    @cython.locals(datagram=bytes, header=LongHeader, stream=Stream, number=cython.longlong, time_ns=cython.longlong,
                   current=cython.longlong, now=cython.longlong, early=list)
    cpdef read_early(self, Flow flow)
    cpdef bint is_google_framed(self, LongHeader header) except -1
    cpdef seal(self, Flow flow, int side, object error)
    @cython.locals(payload=bytes, limit=cython.longlong, role=int)
    cpdef bytes open_initial(self, Flow flow, int side, bytes datagram, LongHeader header)
    @cython.locals(role=int, payload=bytes, origin=bytes)
    cpdef bytes open_next(self, int side, bytes datagram, LongHeader header)
    @cython.locals(payload=bytes)
    cpdef bytes open_first(self, Flow flow, int side, bytes datagram, LongHeader header)
    @cython.locals(early=LongHeader, stream=Stream, payload=bytes)
    cpdef bytes open_answer(self, Flow flow, int side, bytes datagram, LongHeader header)
    @cython.locals(payload=bytes)
    cpdef bytes open_under(self, bytes origin, int role, bytes datagram, LongHeader header, long long largest)
    cpdef bint is_given_up(self, Flow flow, int side, tuple keys, Frames frames) except -1
    @cython.locals(crypto=CryptoStream)
    cpdef bint is_another_hello(self, int side, Frames frames) except -1
    @cython.locals(stream=Stream, side=int)
    cpdef restart(self, Flow flow)
    @cython.locals(reader=RecordReader, crypto=CryptoStream, other=CryptoStream, ready=bytes)
    cpdef take_crypto(self, Flow flow, Stream stream, long long offset, bytes octets)
    cpdef take_close(self, Flow flow, Stream stream, long long error)
    @cython.locals(flow=Flow, datagram=bytes, header=LongHeader, size=Py_ssize_t, payload=bytes)
    cpdef bint starts_anew(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(same=bint)
    cpdef bint is_expected(self, Flow flow, int side, LongHeader header) except -1
    @cython.locals(side=int, crypto=CryptoStream, stream=Stream, early=Stream)
    cpdef finish(self)
    @cython.locals(number=cython.longlong, time_ns=cython.longlong)
    cpdef end_message(self, Stream stream)

cpdef bint may_be_frames(bytes payload, bint google) except -1
@cython.locals(offset=cython.longlong, octets=bytes)
cpdef bint begins_handshake(bytes payload) except -1
