cimport cython

from tlsinspect.wire.ethernet cimport (
    enter_ethernet, enter_ethertype, enter_ip, enter_mpls, enter_nsh, enter_ppp, enter_version, note_tunnel,
    plausible_ethernet, plausible_ip, require,
)
from tlsinspect.wire.ieee80211 cimport enter_aggregate, enter_avs, enter_ieee80211, enter_prism, enter_tunneled
from tlsinspect.wire.ip cimport FragmentTable, read_network
from tlsinspect.wire.link cimport locate_network
from tlsinspect.wire.packet cimport Packet, Rest

cdef int EAPOL, TCP, UDP
cdef bytes TUNNEL_PORTS
cdef dict TZSP_PROTOCOLS, IP_TUNNELS, UDP_TUNNELS

@cython.locals(version=cython.int)
cpdef int locate_transport(Packet packet, FragmentTable fragments) except? -1
cpdef int locate_rest(Packet packet, Rest rest, FragmentTable fragments) except? -1
@cython.locals(protocol=cython.int)
cpdef int read_layers(Packet packet, FragmentTable fragments) except? -1
@cython.locals(at=Py_ssize_t, network=Py_ssize_t, version=cython.int, end=Py_ssize_t, found=cython.int, vlans=list, tunnels=list)
cpdef int enter_tunnel(Packet packet, int protocol) except? -1
@cython.locals(data=bytes, source=cython.int, destination=cython.int, length=cython.longlong)
cpdef object find_udp_tunnel(Packet packet, Py_ssize_t at)
cpdef bytes build_port_flags(object ports)
cpdef int enter_ipv4_in_ip(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ipv6_in_ip(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ethernet_in_ip(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_srv6_ethernet(Packet packet, Py_ssize_t at) except? -1
@cython.locals(place=Py_ssize_t)
cpdef int enter_l2tpv3(Packet packet, Py_ssize_t at) except? -1
@cython.locals(flags=cython.int, protocol=cython.int, flag=cython.int, behind=Py_ssize_t)
cpdef int enter_gre(Packet packet, Py_ssize_t at) except? -1
@cython.locals(behind=Py_ssize_t)
cpdef int enter_erspan(Packet packet, Py_ssize_t at, bint third, bint numbered) except? -1
@cython.locals(flags=cython.int, protocol=cython.int)
cpdef int enter_vxlan(Packet packet, Py_ssize_t at) except? -1
@cython.locals(behind=Py_ssize_t, protocol=cython.int)
cpdef int enter_geneve(Packet packet, Py_ssize_t at) except? -1
@cython.locals(behind=Py_ssize_t, extension=cython.int, length=Py_ssize_t, version=cython.int)
cpdef int enter_gtp(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_teredo(Packet packet, Py_ssize_t at) except? -1
@cython.locals(behind=Py_ssize_t)
cpdef int enter_capwap(Packet packet, Py_ssize_t at) except? -1
@cython.locals(version=cython.int, behind=Py_ssize_t)
cpdef int enter_l2tp(Packet packet, Py_ssize_t at) except? -1
@cython.locals(behind=Py_ssize_t)
cpdef int enter_gue(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_lisp(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ayiya(Packet packet, Py_ssize_t at) except? -1
@cython.locals(tag=Py_ssize_t, protocol=cython.int)
cpdef int enter_tzsp(Packet packet, Py_ssize_t at) except? -1
