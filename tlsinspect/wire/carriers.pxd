cimport cython
from .carried_dtls cimport open_carried_dtls
from .flow cimport DatagramReader
from .openvpn cimport open_openvpn
from .rdpudp cimport open_rdpudp

@cython.locals(reader=DatagramReader)
cpdef DatagramReader open_carrier(bytes data, Py_ssize_t position, Py_ssize_t end)
