cimport cython
from .connection cimport Connection
from .wire.flow cimport Flow
from .wire.messages cimport ClientHello, ServerHello
from .wire.record cimport RecordReader
from .wire.stream cimport Stream

cdef int COOKIE, EARLY_DATA, TCP, CLOSE_NOTIFY, UNEXPECTED_MESSAGE, DECODE_ERROR
cdef frozenset FULL_HANDSHAKE

@cython.locals(server_hello=ServerHello, hello=ClientHello, same=bint, lost=bint)
cpdef set_resumption(Connection connection, Flow flow, RecordReader server)
cpdef set_outcome(Connection connection, Flow flow, Stream client, Stream server)
@cython.locals(other=Stream)
cpdef set_events(Connection connection, Flow flow)
@cython.locals(both=bint, lost=bint, unheard=bint)
cpdef set_established(Connection connection, Flow flow, Stream client, Stream server)
cpdef bint refused(Flow flow, Stream server) except -1
cpdef bint only_alerts(Flow flow, Stream client, Stream server) except -1
cpdef bint may_have_refused(Flow flow, Stream client, Stream server) except -1
@cython.locals(offer=ClientHello, choice=ServerHello)
cpdef bint is_before_tls13(Flow flow) except -1
cpdef bint data_tells(Flow flow, Stream client, Stream server, bint lost) except -1
@cython.locals(stream=Stream, lost=bint, seen=str, unheard=bint, before=bint)
cpdef str end_unseen(Connection connection, Flow flow, Stream client, Stream server)
@cython.locals(side=int, said=str)
cpdef bint complains_of_end(Connection connection, Flow flow) except -1
@cython.locals(side=int, packet=cython.longlong)
cpdef set_failure(Connection connection, Flow flow, Stream client, Stream server)
cpdef str side_name(Connection connection, int side)
cpdef set_unanswered(Connection connection)
cpdef str history(Flow flow, int side)
cpdef set_times(Connection connection, Flow flow)
cpdef retry_requested(Flow flow, ServerHello hello)
@cython.locals(hello=ServerHello)
cpdef certificate_requested(Connection connection, Flow flow, Stream client, Stream server)
cpdef bint verified(Flow flow, int side) except -1
@cython.locals(offer=ClientHello, answer=ServerHello)
cpdef early_data_accepted(Flow flow)
@cython.locals(offer=ClientHello)
cpdef early_data_offered(Flow flow)
@cython.locals(offer=ClientHello, answer=ServerHello, said=str)
cpdef bint is_first_hello(Flow flow) except -1
