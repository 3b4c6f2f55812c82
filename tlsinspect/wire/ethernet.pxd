cimport cython

from tlsinspect.wire.packet cimport Packet

cdef int EAPOL, LONGEST_LENGTH, LLC
cdef bytes ISL, OTHER_ISL
cdef dict TAG_LENGTHS, ETHERTYPES

cpdef int require(Packet packet, Py_ssize_t at, Py_ssize_t length, str layer) except -1
cpdef int enter_version(Packet packet, Py_ssize_t at, int version) except? -1
@cython.locals(version=cython.int)
cpdef int enter_ip(Packet packet, Py_ssize_t at) except? -1
cpdef int note_tunnel(Packet packet, str name) except -1
cpdef int note_vlan(Packet packet, int identifier) except -1
@cython.locals(ethertype=cython.int)
cpdef int enter_ethernet(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_isl(Packet packet, Py_ssize_t at) except? -1
@cython.locals(length=Py_ssize_t, following=cython.int)
cpdef int enter_ethertype(Packet packet, Py_ssize_t at, int ethertype) except? -1
cpdef int enter_long_llc(Packet packet, Py_ssize_t at) except? -1
@cython.locals(head=cython.int)
cpdef int enter_llc(Packet packet, Py_ssize_t at) except? -1
@cython.locals(organization=cython.int, protocol=cython.int)
cpdef int enter_snap(Packet packet, Py_ssize_t at, Py_ssize_t padding) except? -1
cpdef int enter_nlpid(Packet packet, Py_ssize_t at) except? -1
@cython.locals(protocol=cython.int)
cpdef int enter_ppp(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_pppoe(Packet packet, Py_ssize_t at) except? -1
@cython.locals(data=bytes, macs=bytes)
cpdef int enter_eap(Packet packet, Py_ssize_t at) except? -1
@cython.locals(version=cython.int)
cpdef int enter_mpls(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_backbone(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_trill(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_fabricpath(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_batman(Packet packet, Py_ssize_t at) except? -1
@cython.locals(control=cython.int)
cpdef int enter_macsec(Packet packet, Py_ssize_t at) except? -1
@cython.locals(behind=Py_ssize_t, protocol=cython.int)
cpdef int enter_nsh(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_eapol(Packet packet, Py_ssize_t at) except? -1
@cython.locals(captured=Py_ssize_t, on_wire=cython.longlong, room=cython.longlong, header=Py_ssize_t, total=Py_ssize_t)
cpdef int plausible_ip(Packet packet, Py_ssize_t at) except? -1
@cython.locals(ethertype=cython.int)
cpdef bint plausible_ethernet(Packet packet, Py_ssize_t at) except? -1
