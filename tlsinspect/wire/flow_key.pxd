cimport cython
from .octets cimport cut
from .packet cimport Packet

cdef int PLACES

@cython.locals(data=bytes, addresses=Py_ssize_t, size=Py_ssize_t, at=Py_ssize_t, half=Py_ssize_t, source=Py_ssize_t,
               destination=Py_ssize_t)
cpdef bytes flow_key(Packet packet)
@cython.locals(size=Py_ssize_t, half=Py_ssize_t)
cpdef bytes reverse_key(bytes key)
@cython.locals(mixed=cython.longlong)
cpdef Py_ssize_t hashed_place(bytes data, Py_ssize_t at, Py_ssize_t size) except -1
@cython.locals(size=Py_ssize_t)
cpdef Py_ssize_t key_place(bytes key) except -1
@cython.locals(data=bytes, at=Py_ssize_t, size=Py_ssize_t, source=Py_ssize_t, destination=Py_ssize_t,
               mixed=cython.longlong)
cpdef int shard_of(Packet packet, int shards) except -1
