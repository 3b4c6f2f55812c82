cimport cython
from .eap cimport EapSession
from .packet cimport Packet

cdef int EAPOL, EAP_RESPONSE, EAP_PACKET
cdef Py_ssize_t AUTHENTICATOR_AT

cdef class EapolTable:
    cdef public object table
    cdef public object sessions
    cdef public dict speakers
    @cython.locals(data=bytes, at=Py_ssize_t, length=Py_ssize_t, source=bytes, destination=bytes, session=EapSession)
    cpdef accept(self, Packet packet)
    @cython.locals(key=bytes, session=EapSession)
    cpdef EapSession find(self, Packet packet, bytes supplicant, bytes authenticator)
    @cython.locals(session=EapSession)
    cpdef forget(self, bytes supplicant)

cpdef bint is_group(bytes mac) except -1
cpdef bytes address(bytes mac)
