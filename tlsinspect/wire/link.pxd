from tlsinspect.wire.ethernet cimport enter_ethernet, enter_ip, enter_ppp, enter_pppoe, enter_version, require
from tlsinspect.wire.ieee80211 cimport enter_avs, enter_ieee80211, enter_prism, enter_radiotap
from tlsinspect.wire.packet cimport Packet

cdef dict LINK_TYPES

cpdef int locate_network(Packet packet) except? -1
cpdef int enter_ipv4(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ipv6(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ppi(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_pktap(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_user2(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_announced(Packet packet, Py_ssize_t at, Py_ssize_t length, int link_type, str layer) except? -1
