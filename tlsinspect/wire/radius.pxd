cimport cython
from .eap cimport EapSession
from .flow cimport DatagramReader, Flow
from .stream cimport Stream

cdef int UDP, ACCESS_REQUEST, ACCESS_CHALLENGE, STATE, CALLING_STATION_ID, EAP_MESSAGE, HEADER, AUTHENTICATOR, CONVERSATION_COST, EARLY_ANSWERS
cdef long long EARLY_NS
cdef tuple CODES

cdef class RadiusPacket:
    cdef public int code, identifier
    cdef public bytes authenticator, message, state, station

cdef class Conversation:
    cdef public EapSession session
    cdef public bytes state

cdef class RadiusReader(DatagramReader):
    cdef public object table
    cdef public object states, stations, early
    cdef public dict requests, answers
    cdef public Flow flow
    @cython.locals(packet=RadiusPacket)
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(conversation=Conversation)
    cpdef read(self, Flow flow, Stream stream, RadiusPacket packet, long long number, long long time_ns)
    cpdef bint is_early(self, RadiusPacket packet) except -1
    @cython.locals(conversation=Conversation)
    cpdef bridge(self, Flow flow, Stream stream, RadiusPacket packet, int identifier)
    @cython.locals(answer=tuple)
    cpdef end_waiting(self, Flow flow, int identifier)
    @cython.locals(identifier=int)
    cpdef read_early(self, Flow flow, Py_ssize_t room, long long before_ns)
    cpdef finish(self)
    @cython.locals(known=tuple, conversation=Conversation)
    cpdef Conversation find(self, Flow flow, Stream stream, RadiusPacket packet)
    cpdef remember(self, object known, bytes key, Conversation conversation)
    @cython.locals(session=EapSession)
    cpdef Conversation begin(self, Flow flow, Stream stream)

@cython.locals(packet=RadiusPacket)
cpdef RadiusReader open_radius(object table, bytes data, Py_ssize_t position, Py_ssize_t end)
@cython.locals(length=Py_ssize_t, packet=RadiusPacket, at=Py_ssize_t, size=Py_ssize_t, kind=int)
cpdef RadiusPacket parse_radius(bytes data, Py_ssize_t position, Py_ssize_t end)

