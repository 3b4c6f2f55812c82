cimport cython

from tlsinspect.wire.ethernet cimport (
    enter_ethernet, enter_ethertype, enter_ip, enter_llc, enter_nlpid, enter_ppp, note_vlan, require,
)
from tlsinspect.wire.packet cimport Packet

cpdef int enter_serial(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ppp_directed(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ppp_pppd(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_serial_directed(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_slip(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_frame_relay(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_frame_relay_directed(Packet packet, Py_ssize_t at) except? -1
@cython.locals(routed=cython.int)
cpdef int enter_token_ring(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_fddi(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ip_over_fc(Packet packet, Py_ssize_t at) except? -1
@cython.locals(kind=cython.int)
cpdef int enter_sunatm(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_linux_atm(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ieee1394(Packet packet, Py_ssize_t at) except? -1
@cython.locals(control=cython.int, extended=cython.int)
cpdef int enter_docsis(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_mpacket(Packet packet, Py_ssize_t at) except? -1
@cython.locals(protocol=cython.int)
cpdef int enter_arcnet(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_arcnet_linux(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_symantec(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_ipoib(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_netanalyzer(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_netanalyzer_preamble(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_broadcom_tag(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_broadcom_prepended(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_marvell_tag(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_marvell_long_tag(Packet packet, Py_ssize_t at) except? -1
@cython.locals(data=bytes, tag=Py_ssize_t)
cpdef int enter_marvell(Packet packet, Py_ssize_t at, Py_ssize_t length) except? -1
@cython.locals(ethertype=cython.int)
cpdef int enter_tagged(Packet packet, Py_ssize_t at, Py_ssize_t length) except? -1
