cimport cython
from .closed cimport ClosedConnections
from .dtls cimport open_cut_dtls
from .eapol cimport EapolTable
from .flow cimport DatagramReader, Flow
from .flow_cost cimport flow_cost, kept_cost
from .flow_key cimport flow_key, hashed_place, key_place, reverse_key, shard_of
from .limits cimport Limits
from .lone cimport LoneSegment, LoneSegments
from .midstream cimport keep_lone, keep_packet, may_lack_beginning
from .octets cimport cut
from .radius cimport open_radius
from .sctp cimport SctpTable
from .packet cimport Packet, unsigned32
from .stream cimport Stream

cdef int ACK, FIN, RST, SYN, TCP, UDP
cdef long long FLOW_COST, PACKET_COST, GROWTH, LINGER_NS, WHOLE_LINGER_NS, CLOSE_SWEEP_NS, SWEEP_NS, RESET_WINDOW, MASK
cdef int PLACES
cdef Py_ssize_t FIRST_SEGMENTS, BEGINNINGS
cdef long long FIRST_OCTETS

cdef class FlowTable:
    cdef public Limits limits
    cdef public object ports
    cdef public tuple openers, framers
    cdef public EapolTable eapol
    cdef public SctpTable sctp
    cdef public dict streams, datagram_streams, flows, dropped
    cdef public list recent, closing, finished, passed
    cdef public ClosedConnections closed
    cdef public LoneSegments lones
    cdef public bint counting
    cdef public int capture, shard, shards
    cdef public bint keep_messages, last_wins
    cdef public long long connections, evicted, outweighed, next_sweep, next_idle_sweep, idle_ns, growth, allowance
    @cython.locals(data=bytes, at=Py_ssize_t, payload=Py_ssize_t, end=Py_ssize_t, missing=Py_ssize_t,
                   length=Py_ssize_t, flags=int, stream=Stream, other=Stream,
                   flow=Flow, sequence=cython.longlong, acknowledged=cython.longlong)
    cpdef add_segment(self, Packet packet)
    @cython.locals(key=bytes, reverse=bytes, lone=LoneSegment, sequence=cython.longlong, stream=Stream, flow=Flow)
    cpdef Stream begin(self, Packet packet, int flags, Py_ssize_t payload, Py_ssize_t end, long long missing)
    @cython.locals(kept=Packet, sequence=cython.longlong, first=bint, one=Stream, other=Stream)
    cpdef bint begins_anew(self, Flow flow, Stream stream, Packet packet, int flags, Py_ssize_t length) except -1
    @cython.locals(before=cython.longlong)
    cpdef bint is_in_front(self, Stream stream, long long sequence) except -1
    @cython.locals(anew=Flow, old=Stream, stream=Stream, side=int, kept=Packet)
    cpdef read_anew(self, Flow flow, list segments, int side, long long sequence)
    @cython.locals(flow=Flow, stream=Stream)
    cpdef Stream wake(self, LoneSegment lone, int side, int flags)
    @cython.locals(lone=LoneSegment)
    cpdef settle(self)
    @cython.locals(flow=Flow, stream=Stream, other=Stream, sequence=cython.longlong)
    cpdef Flow revive(self, LoneSegment lone)
    @cython.locals(flow=Flow)
    cpdef end_lone(self, LoneSegment lone)
    @cython.locals(at=Py_ssize_t, size=Py_ssize_t, addresses=Py_ssize_t, place=Py_ssize_t, stream=Stream)
    cpdef Stream find_stream(self, Packet packet)
    @cython.locals(data=bytes, key=bytes, at=Py_ssize_t, end=Py_ssize_t, length=Py_ssize_t, stream=Stream, flow=Flow,
                   reader=DatagramReader, held=cython.longlong, lacking=Py_ssize_t)
    cpdef add_datagram(self, Packet packet)
    @cython.locals(reader=DatagramReader)
    cpdef DatagramReader open_datagrams(self, bytes data, Py_ssize_t position, Py_ssize_t end, Py_ssize_t lacking)
    @cython.locals(other=Stream, ahead=cython.longlong)
    cpdef long long take_flags(self, Flow flow, Stream stream, int flags, long long sequence, long long length) except -1
    @cython.locals(flow=Flow, other=Stream, data=bytes, at=Py_ssize_t, sequence=cython.longlong, due=cython.longlong,
                   expected=cython.longlong, overtaken=bint)
    cpdef bint is_reused(self, Stream stream, Packet packet, int flags) except -1
    @cython.locals(flow=Flow, first=Stream)
    cpdef Stream open(self, bytes key, Packet packet, int protocol)
    @cython.locals(first=Stream, second=Stream)
    cpdef equip(self, Flow flow)
    @cython.locals(first=Stream, second=Stream, streams=dict)
    cpdef enter(self, Flow flow)
    cpdef add_frame(self, Packet packet)
    @cython.locals(length=Py_ssize_t)
    cpdef add_association(self, Packet packet)
    cpdef adopt(self, Flow flow)
    cpdef close(self, Flow flow)
    cpdef drop(self, int capture, int port)
    @cython.locals(stream=Stream, streams=dict, place=Py_ssize_t)
    cpdef forget(self, Flow flow)
    @cython.locals(flow=Flow, lone=LoneSegment, time_closed=cython.longlong, place=cython.longlong, count=Py_ssize_t,
                   first=Stream, second=Stream, age=cython.longlong, waiting=list, entry=tuple, jumped=bint)
    cpdef sweep(self, long long now)
    cpdef follow_clock(self, long long now)
    cpdef make_room(self)
    cpdef Py_ssize_t open_count(self) except -1
    @cython.locals(held=cython.longlong)
    cpdef weigh(self)
    @cython.locals(flow=Flow)
    cpdef long long held(self) except -1
    @cython.locals(flow=Flow, lone=LoneSegment, latest=cython.longlong, times=list, lones=list)
    cpdef Py_ssize_t evict(self, Py_ssize_t count) except -1
    @cython.locals(client=Stream, at=Py_ssize_t)
    cpdef end_flow(self, Flow flow)
    @cython.locals(lone=LoneSegment)
    cpdef finish(self)

@cython.locals(kept=Packet, data=bytes, at=Py_ssize_t)
cpdef bint is_answered(Flow flow, Stream stream, long long sequence) except -1
cpdef tuple beginning(Flow flow)
