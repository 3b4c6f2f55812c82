cimport cython
from .flow cimport DatagramReader, Flow
from .numbered cimport NumberedPackets
from .packet cimport unsigned32
from .hello cimport is_hello
from .stream cimport Framing, Stream

cdef int SHORTEST_HELLO
cdef int CLIENT_RESET_V1, SERVER_RESET_V1, SOFT_RESET, CONTROL, ACKNOWLEDGE, DATA_V1, CLIENT_RESET_V2, SERVER_RESET_V2
cdef int DATA_V2, CLIENT_RESET_V3, CONTROL_WRAPPED, SESSION_ID, SEALED, SEALED_RESET, ACKNOWLEDGED_LIMIT
cdef int SESSION_ZEROS
cdef int CONTROL_LIMIT, RESET_LIMIT
cdef long long SEALED_TIME_MINIMUM, FIRST_ID_LIMIT
cdef tuple WRAPPINGS

cdef class ControlChannel(NumberedPackets):
    cdef public bytes session_id

cdef class OpenVpnReader(DatagramReader):
    cdef public int wrapping, key_id
    cdef public tuple channels
    cdef public Flow flow
    @cython.locals(opcode=int, at=Py_ssize_t, key_id=int, channel=ControlChannel)
    cpdef accept(self, Flow flow, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(opcode=int, known=bytes)
    cpdef bint starts_anew(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    @cython.locals(channel=ControlChannel)
    cpdef finish_side(self, Stream stream)
    @cython.locals(stream=Stream)
    cpdef finish(self)

cdef class OpenVpnFraming(Framing):
    cdef public OpenVpnReader session
    cdef public Flow flow
    cdef public Py_ssize_t skipped
    cdef public bint lost
    @cython.locals(length=Py_ssize_t, opcode=int, taken=Py_ssize_t)
    cpdef feed(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end)
    @cython.locals(taken=Py_ssize_t)
    cpdef skip(self, Stream stream, Py_ssize_t length)
    @cython.locals(channel=ControlChannel, found=Py_ssize_t)
    cpdef Py_ssize_t find_packet(self, Stream stream, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
    cpdef finish(self, Stream stream)

@cython.locals(wrapping=int)
cpdef OpenVpnReader open_openvpn(bytes data, Py_ssize_t position, Py_ssize_t end)
@cython.locals(given=Py_ssize_t, length=Py_ssize_t, opcode=int, reader=OpenVpnReader, stream=Stream, framing=OpenVpnFraming)
cpdef int frame_openvpn(Flow flow, bytes data, Py_ssize_t position, Py_ssize_t end) except -1
cpdef bint is_control(int opcode) except -1
@cython.locals(opcode=int, key_id=int, wrapping=int, at=Py_ssize_t, number=cython.longlong, time=cython.longlong)
cpdef int find_wrapping(bytes data, Py_ssize_t position, Py_ssize_t end) except -3
@cython.locals(at=Py_ssize_t, count=int)
cpdef Py_ssize_t find_payload(bytes data, Py_ssize_t position, Py_ssize_t end, int wrapping) except -2
