cimport cython

from tlsinspect.wire.ethernet cimport enter_llc, require
from tlsinspect.wire.packet cimport Packet, Rest

cdef int SUBFRAME_HEADER, AGGREGATE_LIMIT

@cython.locals(length=Py_ssize_t)
cpdef int enter_radiotap(Packet packet, Py_ssize_t at) except? -1
@cython.locals(field=Py_ssize_t, present=Py_ssize_t)
cpdef int radiotap_flags(Packet packet, Py_ssize_t at, Py_ssize_t length) except? -1
@cython.locals(length=Py_ssize_t)
cpdef int enter_prism(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_avs(Packet packet, Py_ssize_t at) except? -1
cpdef int enter_behind(Packet packet, Py_ssize_t at, Py_ssize_t length, str layer) except? -1
cpdef int enter_ieee80211(Packet packet, Py_ssize_t at) except? -1
@cython.locals(swapped=cython.bint)
cpdef int enter_tunneled(Packet packet, Py_ssize_t at) except? -1
@cython.locals(control=cython.int, flags=cython.int, length=Py_ssize_t, aggregate=cython.bint)
cpdef int enter_frame(Packet packet, Py_ssize_t at, bint padded, bint swapped) except? -1
@cython.locals(more=cython.int)
cpdef int enter_mesh(Packet packet, Py_ssize_t at) except? -1
@cython.locals(version=cython.int, end=Py_ssize_t, behind=Py_ssize_t, following=Py_ssize_t)
cpdef int enter_aggregate(Packet packet, Py_ssize_t at) except? -1
