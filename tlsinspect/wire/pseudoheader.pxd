cimport cython

from tlsinspect.wire.ethernet cimport enter_ethernet, enter_ethertype, enter_ip, enter_llc, enter_version, require
from tlsinspect.wire.ieee80211 cimport enter_ieee80211, enter_radiotap
from tlsinspect.wire.media cimport enter_serial
from tlsinspect.wire.packet cimport Packet

cpdef int enter_family(Packet packet, Py_ssize_t at, int family) except? -1
cpdef int enter_null(Packet packet, Py_ssize_t at) except? -1
cpdef int read_either_order(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_sll(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_sll2(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_cooked(Packet packet, Py_ssize_t at, int protocol, int hardware) except? -1
cpdef int enter_pflog(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_enc(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ipnet(Packet packet, Py_ssize_t at) except? -1
@cython.locals(family=cython.int, little=cython.bint, length=Py_ssize_t, kind=cython.int)
cpdef int enter_nflog(Packet packet, Py_ssize_t at) except? -1
@cython.locals(kind=cython.int, extended=cython.int)
cpdef int enter_erf(Packet packet, Py_ssize_t at) except? -1
@cython.locals(length=Py_ssize_t, name=bytes)
cpdef int enter_upper_pdu(Packet packet, Py_ssize_t at) except? -1
@cython.locals(flags=cython.int)
cpdef int enter_juniper_ethernet(Packet packet, Py_ssize_t at) except? -1
