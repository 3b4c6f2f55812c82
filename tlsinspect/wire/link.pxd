cimport cython

from tlsinspect.wire.ethernet cimport (
    enter_ethernet, enter_ethertype, enter_ip, enter_llc, enter_ppp, enter_pppoe, enter_version, require,
)
from tlsinspect.wire.ieee80211 cimport enter_avs, enter_ieee80211, enter_prism, enter_radiotap
from tlsinspect.wire.packet cimport Packet

cdef dict LINK_TYPES

cpdef int locate_network(Packet packet) except? -1
cpdef int enter_family(Packet packet, Py_ssize_t at, int family) except? -1
cpdef int enter_null(Packet packet, Py_ssize_t at) except? -1
cpdef int read_either_order(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ipv4(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ipv6(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_sll(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_sll2(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_cooked(Packet packet, Py_ssize_t at, int protocol, int hardware) except? -1
cpdef int enter_pflog(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_enc(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ipnet(Packet packet, Py_ssize_t at) except? -1
